from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline.dedup import DedupResult, Document, find_duplicates
from pipeline.dedup.params import DedupParams
from pipeline.dedup.spark.documents import DOCUMENT
from pipeline.dedup.spark.engine import detect
from pipeline.dedup.spark.frames import batch, pack
from tests.spark.corpus import corpus

NAMES = ("id", "url", "site", "title", "text", "published_at", "canonical_url", "wire_credit")


def on_spark(spark: Any, documents: Sequence[Document], params: DedupParams | None = None) -> DedupResult:
    columns = [[pack(getattr(document, name)) for document in documents] for name in NAMES]
    result = detect(spark.createDataFrame(pa.Table.from_batches([batch(DOCUMENT, columns)])), params or DedupParams())
    return DedupResult(tuple(result.each_member()), tuple(result.each_reuse()))


def test_spark_answers_what_one_process_answers(spark: Any) -> None:
    documents = corpus(1)
    expected = find_duplicates(documents)
    assert {member.relation for member in expected.members} == {"unique", "canonical", "copy"}
    assert any('"composite"' in (member.proof or "") for member in expected.members)
    assert len(expected.reuse) > 5
    assert on_spark(spark, documents) == expected


def test_hot_buckets_and_crowded_families_are_cut_alike(spark: Any) -> None:
    params = DedupParams(bucket=4, hubs=2, partners=2, common=1)
    documents = corpus(2, families=5)
    random.Random(3).shuffle(documents)
    assert on_spark(spark, documents, params) == find_duplicates(documents, params=params)
