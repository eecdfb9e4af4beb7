"""Which document stands for its story, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.dedup import Document

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()  # news on the web is not older: a placeholder
_DAY = 86400.0
_SLACK = 45 * _DAY  # a date so far outside of the bulk of a collection is a mistake, such as last year's number
NO_ORIGIN = 0.2  # of a site that nothing is known of
_USUALLY_FIRST = 0.5
_AHEAD = 3 * _DAY  # a first date so long before all others is doubted, unless the others are spread as widely
_CUT = 0.85  # of the longest member: shorter ones were probably cut

# Weights of what speaks for a member being the original, as logits: fitted on generated stories of which the original is
# known, rounded. With one known date in two the earliest wins by far; among
# members without a date the site's record and the completeness of the text decide.
EARLIEST, UNDATED, ORIGIN, LOSSES, ADDITIONS, LENGTH, SHORT = 2.0, 2.4, 1.2, -1.5, -0.8, 0.9, -0.5

_WORD = re.compile(r"\w+")


def parse_time(text: str | None) -> float | None:
    """Return an ISO 8601 time as seconds since 1970 (UTC where no zone is given), None when it is not one or a placeholder."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = moment.timestamp()
    except (OverflowError, ValueError):
        return None
    return seconds if seconds >= _OLDEST else None


def trusted_times(times: Sequence[float | None]) -> list[float | None]:
    """Return the times with those set to None that lie far outside of the bulk of the collection."""
    known = sorted(time for time in times if time is not None)
    if len(known) < 20:
        return list(times)
    low, high = known[len(known) // 20] - _SLACK, known[-1 - len(known) // 20] + _SLACK
    return [time if time is not None and low <= time <= high else None for time in times]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of a story with what its canonical is chosen by."""

    number: int  # of the document
    time: float | None
    origin: float  # how often its site was first among copies, 0 to 1
    losses: float  # share of what other members have in common that it lacks
    additions: float  # share of it that no other member has
    length: int  # of the text, in characters


def choose_canonical(documents: Sequence[Document], members: Sequence[Candidate]) -> tuple[int, str]:
    """Return the number of the document that stands for the story, and the reason."""
    named = _linked(documents, members)
    if named is not None:
        return named, "canonical link"
    agencies = _agencies(documents, members)
    agency = [m for m in members if agencies and _label(documents[m.number].site) in agencies]
    if agency:
        return min(agency, key=lambda m: (m.time if m.time is not None else math.inf, m.number)).number, "wire credit"
    times = sorted(m.time for m in members if m.time is not None)
    first, doubted = _first_time(times)
    longest = max(m.length for m in members)
    best = min(members, key=lambda m: (-_standing(m, first, doubted, len(times), longest), m.number))
    return best.number, _reason(best, first, doubted)


def _first_time(times: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the earliest time that can be believed, and one that stands so far before all others that it cannot."""
    if len(times) < 2:
        return (times[0] if times else None), None
    ahead, spread = times[1] - times[0], times[-1] - times[1]
    if ahead <= _AHEAD or (len(times) > 2 and ahead <= spread):
        return times[0], None
    return (times[1] if len(times) > 2 else None), times[0]


def _standing(member: Candidate, first: float | None, doubted: float | None, dated: int, longest: int) -> float:
    """Return how likely a member is the original, as a logit: see the weights."""
    completeness = math.log(max(1, member.length) / max(1, longest))
    score = (
        ORIGIN * math.log(member.origin / NO_ORIGIN) + LOSSES * member.losses + ADDITIONS * member.additions + LENGTH * completeness
    )
    if member.length < _CUT * longest:
        score += SHORT
    if member.time is None or member.time == doubted:
        return score + UNDATED
    return score + EARLIEST + math.log(dated + 0.5) if member.time == first else score


def _reason(best: Candidate, first: float | None, doubted: float | None) -> str:
    if best.time is not None and best.time == first:
        return "earliest publication"
    if best.origin >= _USUALLY_FIRST:
        return "site is usually first"
    return "most complete text, date doubted" if best.time is not None and best.time == doubted else "most complete text"


def _linked(documents: Sequence[Document], members: Sequence[Candidate]) -> int | None:
    """Return the member that other members' canonical URLs name most often."""
    by_url = {documents[m.number].url: m.number for m in reversed(members) if documents[m.number].url}
    votes: dict[int, int] = {}
    for member in members:
        target = by_url.get(documents[member.number].canonical_url)
        if target is not None and target != member.number:
            votes[target] = votes.get(target, 0) + 1
    return min(votes, key=lambda number: (-votes[number], number)) if votes else None


def _agencies(documents: Sequence[Document], members: Sequence[Candidate]) -> set[str]:
    """Return the site names that the agencies have which some member credits."""
    names = {"".join(_WORD.findall((documents[m.number].wire_credit or "").lower())) for m in members} - {""}
    return names | {form for name in names if len(name) > 1 for form in (f"{name}news", f"the{name}", f"{name}online")}


def _label(site: str | None) -> str:
    return (site or "").removeprefix("www.").split(".")[0].lower()


def site_origins(
    stories: Sequence[Sequence[int]], sites: Sequence[str | None], times: Sequence[float | None]
) -> Mapping[str, float]:
    """Return for each site how often it was first among those of its stories that have copies elsewhere (0 to 1, prior .2)."""
    first: dict[str, float] = {}
    seen: dict[str, float] = {}
    for members in stories:
        dated = sorted((time, number) for number in members if (time := times[number]) is not None)
        if len(dated) < 2:
            continue
        for rank, (_, number) in enumerate(dated):
            site = sites[number] or ""
            seen[site] = seen.get(site, 0.0) + 1
            first[site] = first.get(site, 0.0) + (rank == 0)
    return {site: (first[site] + 0.4) / (seen[site] + 2) for site in seen}
