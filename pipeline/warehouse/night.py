"""What one run brings to the warehouse, and what the load made of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.records import Article, Fetch, IndexPart, Rejected, Reuse, SiteLine, StageReport, StoryMember

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ArticleKey:
    """What the load compares of an article: `page_id` is the url_id of its page, `row_hash` covers all that is stored of it."""

    article_id: str
    page_id: str | None
    content_hash: str
    row_hash: str
    fetched_at: datetime | None
    url: str | None
    raw_ref: str | None


@dataclass(frozen=True, slots=True)
class KeyedBatch:
    """The keys of a batch of articles (`ArticleKey` in Arrow), and how to read the articles, in the same order."""

    keys: pa.RecordBatch
    read: Callable[[], pa.RecordBatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Everything a run has to load. Each iterable is read once, in batches: a night need not fit in memory.

    Fetches, articles and members may come as Arrow batches (`to_batch`), which spares an object for each; of articles with
    their keys beside them only the batches that bring something new are read.
    """

    run_id: str
    run_date: str
    code_version: str
    config_hash: str
    fetches: Iterable[Fetch] | Iterable[pa.RecordBatch] = ()
    articles: Iterable[Article] | Iterable[pa.RecordBatch] | Iterable[KeyedBatch] = ()
    members: Iterable[StoryMember] | Iterable[pa.RecordBatch] = ()
    reuse: Iterable[Reuse] = ()
    rejected: Iterable[Rejected] = ()
    site_lines: Iterable[SiteLine] = ()
    index: Iterable[IndexPart] = ()
    reports: Iterable[StageReport] = ()
    sources_read: Collection[str] = ()  # ids: what could not be read of them on an earlier night, and was tonight, is closed


@dataclass(frozen=True, slots=True)
class LoadResult:
    """For each table, how many rows were inserted, updated and unchanged.

    `articles` has more: `seen_again` (the same content, fetched later), `older` (a back-fill that lost to a newer
    text, kept as a version) and `not_article` (pages of another kind, passed over).
    """

    counts: Mapping[str, Mapping[str, int]]

    @property
    def changed(self) -> bool:
        """Whether any row was written."""
        return any(n for table in self.counts.values() for what, n in table.items() if what not in ("unchanged", "not_article"))
