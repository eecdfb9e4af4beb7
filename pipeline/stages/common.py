"""What several stages share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from pipeline.records import Article, Discovered, StageReport
from pipeline.runs import Run
from pipeline.urls import url_id

if TYPE_CHECKING:
    from pipeline.warehouse import UrlState, Warehouse

logger = logging.getLogger("pipeline.stages")
T = TypeVar("T")
Freshness = tuple[str, str, str]  # greater for what was fetched later


def warehouse_of(run: Run) -> Warehouse:
    """Return the run's warehouse, with the schema of this version."""
    from pipeline.warehouse import current_warehouse

    return current_warehouse(run.settings)


def url_states(run: Run, items: Iterable[Discovered]) -> dict[str, UrlState]:
    """Return what was known of the items' URLs before this night, by URL id."""
    from pipeline.warehouse import known_urls

    return known_urls(warehouse_of(run), run.day, (url_id(item.url) for item in items))


def freshness_of(article: Article) -> Freshness:
    """Return what says which of two copies of an article is the later one."""
    return (article.fetched_at.isoformat() if article.fetched_at else "", article.url or "", article.raw_ref or "")


def grouped(records: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    """Return records by key, each group in the order of the records."""
    groups: dict[str, list[T]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def logged(report: StageReport) -> StageReport:
    """Write a report to the log and return it."""
    counts = ", ".join(f"{n} {name}" for name, n in sorted(report.outcomes.items(), key=lambda item: (-item[1], item[0])))
    logger.info("%s %s %s: %d seen: %s", report.stage, report.run_date, report.shard, report.seen, counts or "nothing")
    return report
