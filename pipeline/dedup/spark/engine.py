"""The whole detection on Spark, in the order of the single process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from pipeline.dedup.collection import story_id
from pipeline.dedup.params import DedupParams
from pipeline.dedup.spark.candidates import find_candidates
from pipeline.dedup.spark.documents import read_corpus
from pipeline.dedup.spark.frames import batch, kept, mapped, pack, unpack
from pipeline.dedup.spark.passages import find_passages
from pipeline.dedup.spark.stories import count_sites, find_members, find_stories
from pipeline.dedup.spark.verify import verify
from pipeline.records import Relation, Reuse, StoryMember

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


_TEXTS_A_BIN = 4000  # with their words some 100 MB in a Python worker
_MEMBER = (
    "id binary, story_id binary, canonical_id binary, relation binary, score double, reason binary, matched binary, proof binary"
)

_SAID = ("id", "story_id", "canonical_id", "relation", "reason")


@dataclass(frozen=True, slots=True)
class SparkResult:
    """Members (one row a document) and reuse (one a passage and document), as Spark has them."""

    members: DataFrame
    reuse: DataFrame

    def each_member(self) -> Iterator[StoryMember]:
        """Yield the members by document id; the driver holds one partition at a time."""
        for row in self.members.sort("id").toLocalIterator():
            identity, story, canonical, relation, reason = (unpack(row[name]) or "" for name in _SAID)
            yield StoryMember(
                identity, story, canonical, cast(Relation, relation), row.score, reason, unpack(row.matched), unpack(row.proof)
            )

    def each_reuse(self) -> Iterator[Reuse]:
        """Yield the passages by document, offset and source."""
        for row in self.reuse.sort("id", "start", "source_id").toLocalIterator():
            yield Reuse(unpack(row.id) or "", unpack(row.source_id) or "", row.start, row.stop, row.words)


def detect(documents: DataFrame, params: DedupParams, beyond: DataFrame | None = None) -> SparkResult:
    """Return what `find_duplicates` returns, of documents in the columns of `documents.DOCUMENT`, with distinct ids.

    The dates of those (by `id`) that are from `beyond` the nights in question are believed, and say nothing of others.
    """
    spark = documents.sparkSession
    corpus = read_corpus(documents, beyond)
    bins = max(2 * spark.sparkContext.defaultParallelism, -(-corpus.count // _TEXTS_A_BIN))
    spark.conf.set("spark.sql.shuffle.partitions", str(bins))
    found = find_candidates(corpus.texts, corpus.count, params)
    verified = verify(found.pairs(params), corpus.texts, bins, params)
    stories = kept(find_stories(verified, corpus.texts, bins, params))
    documents = kept(corpus.documents.join(stories, "text", "left").withColumn("story", _story()))
    sites = count_sites(verified, corpus)
    shared = kept(find_members(documents, corpus.texts, verified.tallies, sites, bins, params))
    heads = documents.filter("number = text").select("number", "story").join(shared.selectExpr("number", "head_text"), "number")
    heads = heads.select("story", "head_text").distinct()
    passages = kept(find_passages(verified.pairs, corpus.texts, stories, heads, found.shared_shingles(), bins, params))
    return SparkResult(_members(documents, shared, passages), _reuse(documents, passages))


def _story() -> Column:
    """A text without a word is nobody's copy, not even of another such text."""
    from pyspark.sql.functions import expr

    return expr("CASE WHEN blank THEN -1 - number ELSE coalesce(story, text) END")


def _members(documents: DataFrame, shared: DataFrame, passages: DataFrame) -> DataFrame:
    composites = passages.filter("composite IS NOT NULL").select("text", "composite")
    every = documents.select("number", "text", "id").join(shared, "number", "left").join(composites, "text", "left")

    def finish(part: pa.RecordBatch) -> pa.RecordBatch:
        return batch(_MEMBER, list(zip(*map(_member, part.to_pylist()), strict=True)))

    return mapped(every, finish, _MEMBER)


def _member(row: dict[str, object]) -> tuple[object, ...]:
    """Return the columns of one member: of a story of its own where the row says nothing else."""
    identity, composite = row["id"], row["composite"]
    if row["story_id"] is None:
        story = pack(story_id(unpack(identity) or ""))  # type: ignore[arg-type]
        return identity, story, identity, b"unique", None, b"only document", None, composite
    proof = row["proof"]
    if composite:
        proof = pack(json.dumps(json.loads(composite) | json.loads(proof or b"{}")))  # type: ignore[arg-type]
    matched = row["canonical_id"] if row["relation"] == b"copy" else None
    return identity, row["story_id"], row["canonical_id"], row["relation"], row["score"], row["reason"], matched, proof


def _reuse(documents: DataFrame, passages: DataFrame) -> DataFrame:
    """Return the passages of texts as passages of every document with that text, from the first with the source's."""
    sources = documents.selectExpr("number AS source", "id AS source_id")
    holders = documents.select("text", "id")
    found = passages.filter("source IS NOT NULL").join(holders, "text").join(sources, "source")
    return found.select("id", "source_id", "start", "stop", "words")
