from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.dedup import DedupResult, Document, find_duplicates
from pipeline.dedup.candidates import candidate_pairs
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import encode, sketch_all
from pipeline.dedup.spark.candidates import find_candidates
from pipeline.dedup.spark.components import components
from pipeline.dedup.spark.documents import DOCUMENT
from pipeline.dedup.spark.engine import detect
from pipeline.dedup.spark.frames import batch, pack
from tests.spark.corpus import corpus

NAMES = ("id", "url", "site", "title", "text", "published_at", "canonical_url", "wire_credit")


def frame(spark: Any, columns: str, values: list[Any]) -> Any:
    return spark.createDataFrame(pa.Table.from_batches([batch(columns, values)]))


def rows_of(spark: Any, documents: list[Document]) -> Any:
    return frame(spark, DOCUMENT, [[pack(getattr(document, name)) for document in documents] for name in NAMES])


def test_spark_answers_what_one_process_answers(spark: Any) -> None:
    documents = corpus(1)
    expected = find_duplicates(documents)
    assert {member.relation for member in expected.members} == {"unique", "canonical", "copy"}
    assert any('"composite"' in (member.proof or "") for member in expected.members)
    assert len(expected.reuse) > 5
    result = detect(rows_of(spark, documents), DedupParams())
    assert DedupResult(tuple(result.each_member()), tuple(result.each_reuse())) == expected


def test_hot_buckets_and_crowded_families_are_cut_alike(spark: Any) -> None:
    params = DedupParams(bucket=4, hubs=2, partners=2)
    texts = [document.text for document in corpus(2, families=5) if any(map(str.isalnum, document.text))]
    found = find_candidates(
        frame(spark, "text long, content binary", [list(range(len(texts))), list(map(pack, texts))]), 10**7, params
    )
    pairs = sorted((row.a, row.b) for row in found.pairs(params).collect())
    assert pairs == sorted(map(tuple, candidate_pairs(sketch_all([encode(texts)], params), params).tolist()))
    assert pairs != sorted(map(tuple, candidate_pairs(sketch_all([encode(texts)], DedupParams()), DedupParams()).tolist()))


def test_components_are_those_of_the_graph(spark: Any) -> None:
    rng = random.Random(5)
    chain = [(n, n + 1) for n in range(100, 140)]
    edges = {(a, b) for a, b in (sorted(rng.sample(range(80), 2)) for _ in range(50))} | set(chain)
    root = {n: n for edge in edges for n in edge}
    for _ in root:
        for a, b in edges:
            root[a] = root[b] = min(root[a], root[b])
    a, b = np.array(sorted(edges), np.int64).T
    found = {row.text: row.component for row in components(frame(spark, "a long, b long", [a, b])).collect()}
    assert found == root
