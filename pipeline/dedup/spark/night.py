"""A night on Spark: tonight's documents and all texts of the window in one batch, and what that changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from pipeline.dedup.params import DedupParams
from pipeline.dedup.spark.documents import DOCUMENT
from pipeline.dedup.spark.engine import SparkResult, detect
from pipeline.dedup.spark.frames import kept, pack, staged
from pipeline.dedup.spark.session import session
from pipeline.records import Reuse, StoryMember

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pipeline.dedup import Document

_PLACED = "id binary, old_story binary, old_canonical binary, old_relation binary"


class Window(Protocol):
    """The documents of other nights."""

    def placed(self) -> Iterable[tuple[str, str | None, str | None, str | None]]:
        """Return (id, story, canonical, relation) of each as it is stored."""

    def documents(self, ids: Sequence[str]) -> Iterator[Document]:
        """Return the documents with these ids, as they are now."""


@contextmanager
def decided(
    tonight: Sequence[Document], window: Window, master: str | None
) -> Iterator[tuple[Iterator[StoryMember], Iterator[Reuse]]]:
    """Give the members of the stories that tonight's documents are in, those that have moved, and the passages of all of these.

    The documents of the window are as many as fit Spark; of them only ids are held here.
    """
    ids = {document.id for document in tonight}
    with session(master) as spark:
        stored = kept(staged(spark, _PLACED, (tuple(map(pack, row)) for row in window.placed() if row[0] not in ids)))
        around = window.documents([row[0] for row in window.placed() if row[0] not in ids])
        documents = staged(spark, DOCUMENT, _rows(tonight)).union(staged(spark, DOCUMENT, _rows(around)))
        mine = staged(spark, "id binary", ((pack(identity),) for identity in sorted(ids)))
        result = _concerning(detect(documents, DedupParams()), mine, stored)
        yield result.each_member(), result.each_reuse()


def _rows(documents: Iterable[Document]) -> Iterator[tuple[bytes | None, ...]]:
    for d in documents:
        fields = (d.id, d.url, d.site, d.title, d.text, d.published_at, d.canonical_url, d.wire_credit)
        yield tuple(map(pack, fields))


def _concerning(result: SparkResult, tonight: DataFrame, stored: DataFrame) -> SparkResult:
    members = kept(result.members)
    touched = members.join(tonight, "id", "left_semi").select("story_id").distinct()
    moved = members.join(stored, "id").filter(
        "NOT (old_story <=> story_id AND old_canonical <=> canonical_id AND old_relation <=> relation)"
    )
    ids = members.join(touched, "story_id", "left_semi").select("id").union(moved.select("id")).distinct()
    ids = kept(ids)
    return SparkResult(members.join(ids, "id", "left_semi"), result.reuse.join(ids, "id", "left_semi"))
