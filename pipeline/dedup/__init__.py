"""Near-duplicates and reused passages: who copied whom, how much, and how we know.

The numba kernels are imported on the first call only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.dedup.params import DedupParams
from pipeline.records import Reuse, StoryMember

__all__ = ["DedupParams", "DedupResult", "Document", "find_duplicates"]


@dataclass(frozen=True, slots=True)
class Document:
    """One article as far as duplicates are concerned. `published_at` is ISO 8601 text."""

    id: str
    url: str | None
    site: str | None
    title: str | None
    text: str
    published_at: str | None
    canonical_url: str | None = None
    wire_credit: str | None = None


@dataclass(frozen=True, slots=True)
class DedupResult:
    """One member a document, by id, and the passages taken from other stories, by document and offset."""

    members: tuple[StoryMember, ...]
    reuse: tuple[Reuse, ...]


def find_duplicates(documents: Sequence[Document], *, params: DedupParams | None = None) -> DedupResult:
    """Group documents into stories and find reused passages; the answer does not depend on their order.

    Ids must be distinct.
    """
    from pipeline.dedup.detect import detect  # numba takes a third of a second to import

    return detect(documents, params or DedupParams())
