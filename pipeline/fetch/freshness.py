"""Freshness: a source that brings nothing new for longer than it usually does is told, though nothing has failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median

from pipeline.fetch.rows import shown_url
from pipeline.records import Rejected
from pipeline.sources import Source
from pipeline.urls import site_of

REMEMBERED_RUNS = 28  # four weeks: enough to see that a source comes out weekly
RHYTHM_GAPS = 7  # the usual gap is the median of so many, so that one holiday does not move it
LEAST_GAPS = 2  # fewer are no rhythm


def overdue(earlier: Sequence[int]) -> tuple[int, float] | None:
    """Return for how many runs a source without news tonight is silent, and its usual gap in runs; None while that is usual.

    `earlier` counts the new pages of the runs before tonight, the latest first.
    """
    brought = [place for place, new in enumerate(earlier, start=1) if new]
    gaps = [older - newer for newer, older in pairwise(brought)][:RHYTHM_GAPS]
    if len(gaps) < LEAST_GAPS:
        return None
    usual = median(gaps)
    return (brought[0], usual) if brought[0] >= usual else None


def silent_sources(
    sources: Iterable[Source], tonight: Mapping[str, int], earlier: Sequence[Mapping[str, int]], rejected: Iterable[Rejected]
) -> list[Rejected]:
    """Return a `silent` reject for each source that answered and is overdue.

    `tonight` and `earlier` (the latest run first) count the new pages by source id; a run that left a source out says nothing
    of it. What was blocked or failed is in `rejected` by its own reason, and so is not called silent.
    """
    failed = {reject.source_id for reject in rejected if reject.reason != "bad_url"}
    quiet = (source for source in sources if not tonight.get(source.id) and source.id not in failed)
    found = ((source, overdue([run[source.id] for run in earlier if source.id in run])) for source in quiet)
    return [_silent(source, *state) for source, state in found if state is not None]


def _silent(source: Source, runs: int, usual: float) -> Rejected:
    place = next(iter((*source.feeds, *source.sitemaps, *source.urls, *source.files)), source.id)
    last = "in the run before" if runs == 1 else f"{runs} runs ago"
    usually = "in every run" if usual == 1 else f"every {usual:g} runs"
    detail = f"answers with nothing new; something came last {last}, and usually comes {usually}"
    return Rejected(shown_url(place), source.id, site_of(place) or source.id, "discover", "silent", detail, retryable=True)
