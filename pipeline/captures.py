"""Which capture of a URL stands for a night when there are several: a second run, a retry, an imported archive."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.records import Fetch
from pipeline.urls import url_id

FETCHED, NOT_MODIFIED = "fetched", "not_modified"  # outcomes of a fetch that brought a page, or word that it is as it was
SUCCEEDED = (FETCHED, NOT_MODIFIED)
LEFT_OVER = "deadline"  # nobody was asked for the page: the time of the run was over
# What this machine's settings forbid today says nothing of a page that failed otherwise.
OUR_REFUSALS = ("forbidden_address",)


def merge(known: Iterable[Fetch], new: Iterable[Fetch]) -> tuple[list[Fetch], list[Fetch]]:
    """Return one row a URL, by URL, and the captures that lost their place to another text: these stay in the archive."""
    rows = {url_id(row.url): row for row in known}
    superseded: list[Fetch] = []
    for row in new:
        before = rows.get(url_id(row.url))
        if before is None or _supersedes(row, before):
            rows[url_id(row.url)] = row
            loser = before
        else:
            loser = row
        if loser is not None and loser.outcome == FETCHED and before is not None and loser.digest != rows[url_id(row.url)].digest:
            superseded.append(loser)
    return sorted(rows.values(), key=lambda row: row.url), superseded


def _supersedes(now: Fetch, before: Fetch) -> bool:
    """Say whether a capture takes the place of an earlier row.

    A page is never given up for a failure, nor a newer text for an older one; and a try that ends as the one before
    leaves no trace, so that a second run of a night changes nothing.
    """
    if now.outcome not in SUCCEEDED:
        return before.outcome not in SUCCEEDED and now.outcome not in (before.outcome, *OUR_REFUSALS)
    if before.outcome not in SUCCEEDED:
        return True
    return now.outcome == FETCHED and now.digest != before.digest and now.fetched_at > before.fetched_at
