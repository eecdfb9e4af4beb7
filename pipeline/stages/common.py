"""What several stages share."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from pipeline.records import Article, Discovered, Fetch, StageReport
from pipeline.runs import Run, shard_count
from pipeline.store import Partition, read_records
from pipeline.urls import shard_of, url_id

if TYPE_CHECKING:
    from pipeline.warehouse import UrlState, Warehouse

logger = logging.getLogger("pipeline.stages")
T = TypeVar("T")
K = TypeVar("K")
Freshness = tuple[str, str, str]  # greater for what was fetched later


def warehouse_of(run: Run) -> Warehouse:
    """Return the run's warehouse, with the schema of this version."""
    from pipeline.warehouse import current_warehouse

    return current_warehouse(run.settings)


def url_states(run: Run, items: Iterable[Discovered]) -> dict[str, UrlState]:
    """Return what was known of the items' URLs before this night, by URL id."""
    from pipeline.warehouse import known_urls

    return known_urls(warehouse_of(run), run.day, (url_id(item.url) for item in items))


def with_dates(run: Run, tried: Iterable[tuple[date, Discovered]]) -> list[Discovered]:
    """Return items that were tried in earlier nights, each with the date that its source gave it then."""
    store, items = run.store(), list(tried)
    nights = {night for night, _ in items}
    shards = {night: shard_count(dataclasses.replace(run, run_date=night.isoformat()), store) for night in nights}
    said: dict[str, str] = {}
    for (night, shard), members in grouped(items, lambda pair: (pair[0], shard_of(pair[1].site, shards[pair[0]]))).items():
        urls = {item.url for _, item in members}
        rows = read_records(store, Partition("fetch", night.isoformat(), shard), Fetch)
        said |= {row.url: row.published_at for row in rows if row.published_at and row.url in urls}
    return [dataclasses.replace(item, published_at=said.get(item.url)) for _, item in items]


def freshness_of(article: Article) -> Freshness:
    """Return what says which of two copies of an article is the later one."""
    return (article.fetched_at.isoformat() if article.fetched_at else "", article.url or "", article.raw_ref or "")


def grouped(records: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Return records by key, each group in the order of the records."""
    groups: dict[K, list[T]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def logged(report: StageReport) -> StageReport:
    """Write a report to the log and return it."""
    counts = ", ".join(f"{n} {name}" for name, n in sorted(report.outcomes.items(), key=lambda item: (-item[1], item[0])))
    logger.info("%s %s %s: %d seen: %s", report.stage, report.run_date, report.shard, report.seen, counts or "nothing")
    return report
