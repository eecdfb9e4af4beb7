"""Take the article out of each fetched page."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pipeline.captures import FETCHED
from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.progress import progress_log
from pipeline.records import Article, Fetch, Rejected, StageReport
from pipeline.runs import Run
from pipeline.stages.common import freshness_of, grouped, logged
from pipeline.store import Partition, PartitionWriter, Store, read_records
from pipeline.urls import article_id

if TYPE_CHECKING:
    from pipeline.extract.page import PageInput
    from pipeline.extract.pool import ExtractPool

Extracted = Iterable[tuple[Fetch, Article | Reject]]  # archived pages, and what came of them


def extract(run: Run, shard: str, results: Callable[[Collection[Fetch]], Extracted] | None = None) -> StageReport:
    """Take the article out of each fetched page; what is no article goes to the quarantine with its reason and raw page.

    `results` gives what comes of pages that are not extracted by workers of this shard's own.
    """
    from pipeline.clean.rules import check_rules
    from pipeline.fetch.archive import archive_order

    check_rules()
    store, partition = run.store(), Partition("extract", run.run_date, shard)
    with ExitStack() as stack:
        stack.enter_context(store.lock(partition.prefix))
        results = results or stack.enter_context(extractor(run.settings, store))
        # In the order of the archive, which is the cheapest to read.
        fetches = sorted(fetched_pages(store, run.run_date, shard), key=archive_order)
        found: list[Article] = []
        rejected: list[Rejected] = []
        outcomes: Counter[str] = Counter()
        progress = progress_log(f"extract {run.run_date} {shard}")
        for row, result in results(fetches):
            outcomes[_sort_out(row, result, found, rejected)] += 1
            progress(outcomes.total(), len(fetches))
        articles = _one_each(found)
        if again := len(found) - len(articles):
            outcomes["article"] -= again
            outcomes["same_article"] += again
        writer = PartitionWriter(store, partition)
        writer.write("part", Article, sorted(articles, key=lambda article: article.article_id))
        writer.write("rejects", Rejected, sorted(rejected, key=lambda reject: reject.url))
        report = StageReport("extract", run.run_date, shard, len(fetches), outcomes)
        writer.commit(report)
    return logged(report)


def fetched_pages(store: Store, run_date: str, shard: str) -> Iterator[Fetch]:
    """Yield the rows of a shard's pages that are to be extracted."""
    rows = read_records(store, Partition("fetch", run_date, shard), Fetch)
    yield from (row for row in rows if row.outcome == FETCHED)


@contextmanager
def extractor(settings: Settings, store: Store) -> Iterator[Callable[[Iterable[Fetch]], Extracted]]:
    """Give a function that extracts archived pages, call after call with the same workers."""
    from pipeline.extract.pool import ExtractPool

    with ExtractPool(settings.worker_count, settings.extract_timeout, settings.extract_memory, settings.extract_recycle) as pool:
        yield partial(_extracted, pool, settings, store)


def _extracted(pool: ExtractPool, settings: Settings, store: Store, fetches: Iterable[Fetch]) -> Extracted:
    """Yield what came of archived pages; those that cannot be read come last."""
    from pipeline.fetch.archive import read_each
    from pipeline.pages import page_input

    under_way: deque[Fetch] = deque()
    unreadable: list[tuple[Fetch, Reject]] = []

    def pages() -> Iterator[PageInput]:
        for row, page in read_each(store, fetches, limit=settings.max_body_bytes):
            try:
                if isinstance(page, Reject):
                    raise page
                ready = page_input(row, page)
            except Reject as reject:
                unreadable.append((row, reject))
                continue
            under_way.append(row)
            yield ready

    for result in pool.map(pages()):
        yield under_way.popleft(), result
    yield from unreadable


def _sort_out(row: Fetch, result: Article | Reject, found: list[Article], rejected: list[Rejected]) -> str:
    """File one result of extraction and return its outcome."""
    if isinstance(result, Reject) or result.page_kind != "article":
        reason, detail = (result.code, result.detail) if isinstance(result, Reject) else (result.page_kind, result.kind_reason)
        rejected.append(Rejected(row.url, row.source_id, row.site, "extract", reason, detail, False, row.raw_ref))
        return reason
    found.append(result)
    return "article"


def _one_each(found: Iterable[Article]) -> list[Article]:
    """Return the newest page of each article, whatever the order of the pages.

    Pages that name one canonical address and have little text in common are articles of their own, each under its own address: what
    they name is their section, or an address that a template gives to all pages of the site.
    """
    by_id = grouped(found, lambda article: article.article_id)
    believed = [page if _is_one(pages) else _under_own_address(page) for pages in by_id.values() for page in pages]
    return [max(pages, key=freshness_of) for pages in grouped(believed, lambda article: article.article_id).values()]


def _is_one(pages: list[Article]) -> bool:
    """Tell whether pages are one article: those at other addresses than the newest share half of the shorter text with it."""
    newest = max(pages, key=freshness_of)
    text = _texts(newest)
    others = (_texts(page) for page in pages if page.url != newest.url)
    return all(2 * sum(map(len, text & other)) >= min(sum(map(len, text)), sum(map(len, other))) for other in others)


def _texts(article: Article) -> set[str]:
    return {block.text for block in article.blocks if block.dropped_by is None}


def _under_own_address(page: Article) -> Article:
    return replace(page, article_id=article_id(page.url), canonical_url=None) if page.url else page
