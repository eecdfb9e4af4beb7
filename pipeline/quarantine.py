"""The quarantine: what was rejected and why, and another try."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pipeline import stages
from pipeline.config import Settings
from pipeline.records import Rejected
from pipeline.runs import Run, check_not_ahead
from pipeline.sources import sources_if_any
from pipeline.warehouse import made_warehouse, open_rejects

NOTHING_MATCHES = "nothing in the quarantine matches"
NO_PAGE_MATCHES = "no page in the quarantine matches; feeds and sitemaps are read again by the next night"


def listing(settings: Settings, *, reason: str | None = None, source: str | None = None) -> Iterator[str]:
    """Yield one line for each open reject, then their sum by reason."""
    counts: dict[str, int] = {}
    for _, reject in _matching(settings, reason, source):
        counts[reject.reason] = counts.get(reject.reason, 0) + 1
        again = " (may work later)" if reject.retryable else ""
        yield f"{reject.stage:9} {reject.reason:18} {reject.source_id:20} {reject.url}{again}{_detail(reject)}"
    for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{number:6} {name}"
    if not counts:
        yield "the quarantine is empty" if reason is source is None else NOTHING_MATCHES


class Retried(NamedTuple):
    """The night in which rejects were tried again, how many these were, and how many of them are rejects still."""

    run: Run
    tried: int
    left: int


def retry(settings: Settings, run_date: str, *, reason: str | None = None, source: str | None = None) -> Retried | None:
    """Fetch the matching rejects once more as part of a night and run that night to its end; None when nothing matches."""
    rejects = [(night, reject) for night, reject in _matching(settings, reason, source) if reject.stage != "discover"]
    if not rejects:
        return None
    run = Run(run_date=run_date, settings=settings, sources=sources_if_any(Path(settings.sources)))
    check_not_ahead(run_date, run.sources, "fetch")
    stages.fetch_again(run, rejects)
    stages.run_stages(run, first="extract")
    tried = {reject.url for _, reject in rejects}
    return Retried(run, len(tried), len(tried & {reject.url for _, reject in _matching(settings, None, None)}))


def _matching(settings: Settings, reason: str | None, source: str | None) -> Iterator[tuple[date, Rejected]]:
    for night, reject in open_rejects(made_warehouse(settings)):
        if reason in (None, reject.reason) and source in (None, reject.source_id):
            yield night, reject


def _detail(reject: Rejected) -> str:
    return f" [{' '.join(reject.detail.split())[:120]}]" if reject.detail else ""
