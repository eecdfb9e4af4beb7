"""A night on Spark: tonight's documents and all texts of the window in one batch, and what that changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pipeline.dedup.nights import beside
from pipeline.dedup.params import DedupParams
from pipeline.dedup.spark.documents import DOCUMENT
from pipeline.dedup.spark.engine import SparkResult, detect
from pipeline.dedup.spark.frames import kept, pack, staged, unpack
from pipeline.dedup.spark.session import session
from pipeline.records import Reuse, StoryMember

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pipeline.dedup import Document

_PLACED = "id binary, old_story binary, old_canonical binary, old_relation binary, beyond boolean"


class Window(Protocol):
    """The documents of other nights, and those beyond the window that are in stories with them."""

    def placed(self) -> Iterable[tuple[str, str | None, str | None, str | None, bool]]:
        """Return (id, story, canonical, relation) of each as it is stored, and whether it is from beyond the window."""

    def documents(self, ids: Sequence[str]) -> Iterator[Document]:
        """Return the documents with these ids, as they are now."""

    def reuse(self, ids: Collection[str]) -> Iterator[Reuse]:
        """Return the passages that are stored of these documents."""

    def takers(self, ids: Collection[str]) -> Iterator[str]:
        """Return the documents of which passages are stored that they took from these."""


@contextmanager
def decided(
    tonight: Sequence[Document], window: Window, master: str | None
) -> Iterator[tuple[Iterator[StoryMember], Iterator[Reuse]]]:
    """Give the members of the stories that tonight's documents are in, those that have moved or took from tonight's, and the
    passages of all of these: where a source lies beyond the window, what is stored.

    The documents of the window are as many as fit Spark; of them only ids are held here.
    """
    ids = {document.id for document in tonight}
    with session(master) as spark:
        stored = kept(staged(spark, _PLACED, ((*map(pack, row), far) for *row, far in window.placed() if row[0] not in ids)))
        others = [row[0] for row in window.placed() if row[0] not in ids]
        documents = staged(spark, DOCUMENT, _rows(tonight)).union(staged(spark, DOCUMENT, _rows(window.documents(others))))
        mine, takers = (staged(spark, "id binary", ((pack(one),) for one in sorted(some))) for some in (ids, {*window.takers(ids)}))
        result = _concerning(detect(documents, DedupParams(), stored.filter("beyond").select("id")), mine, takers, stored)
        told = {unpack(row.id) or "" for row in result.members.select("id").toLocalIterator()} - ids
        seen = ids.union(others)
        beyond = (passage for passage in window.reuse(told) if passage.source_article_id not in seen)
        yield result.each_member(), beside(result.each_reuse(), beyond)


def _rows(documents: Iterable[Document]) -> Iterator[tuple[bytes | None, ...]]:
    for d in documents:
        fields = (d.id, d.url, d.site, d.title, d.text, d.published_at, d.canonical_url, d.wire_credit)
        yield tuple(map(pack, fields))


def _concerning(result: SparkResult, tonight: DataFrame, takers: DataFrame, stored: DataFrame) -> SparkResult:
    members, reuse = kept(result.members), kept(result.reuse)
    touched = members.join(tonight, "id", "left_semi").select("story_id").distinct()
    moved = members.join(stored, "id").filter(
        "NOT (old_story <=> story_id AND old_canonical <=> canonical_id AND old_relation <=> relation)"
    )
    took = reuse.join(tonight.selectExpr("id AS source_id"), "source_id", "left_semi").select("id")
    ids = members.join(touched, "story_id", "left_semi").select("id").union(moved.select("id")).union(took).union(takers)
    ids = kept(ids.distinct())
    return SparkResult(members.join(ids, "id", "left_semi"), reuse.join(ids, "id", "left_semi"))
