"""Which document stands for its story, and why."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.extract.agencies import SITES, agency_in, names_of
from pipeline.urls import normalise_url, site_of_host

if TYPE_CHECKING:
    from pipeline.dedup import Document

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()  # news on the web is not older: a placeholder
_DAY = 86400.0
_DAY_LENGTH = len("2026-11-20")
_LAST_SECOND = _DAY - 1
_FEW = 20  # dates below which none is doubted for lying outside
_SLACK = 45 * _DAY  # a date so far outside of the bulk of a collection is a mistake, such as last year's number
NO_ORIGIN = 0.2  # of a site that nothing is known of
_USUALLY_FIRST = 0.5
_AHEAD = 3 * _DAY  # a first date so long before all others is doubted, unless the others are spread as widely
_CUT = 0.85  # of the longest member: shorter ones were probably cut
_MAX_LINKS = 8  # of a chain of pages that each name another as the original
FEATURES = ("earliest", "undated", "dated", "origin", "losses", "additions", "length", "short")
WEIGHTS_FILE = Path(__file__).with_name("canonical.toml")

_WORD = re.compile(r"\w+")
_MAIL_DATE = re.compile(r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}")
_SPELLING = re.compile(r"^https?://(?:www\.)?")
_BESIDE = re.compile(r"[/,;&+]")  # between agencies that are credited together


def parse_time(text: str | None) -> float | None:
    """Return an ISO 8601 time, or one of RFC 822 as feeds have it, as seconds since 1970 (UTC where no zone is given).

    None when it is neither or a placeholder. A day without a time is its last second: it came before no time of that day for
    all that is known.
    """
    if not text:
        return None
    text = text.strip()
    try:
        moment = parsedate_to_datetime(text) if _MAIL_DATE.match(text) else datetime.fromisoformat(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if len(text) <= _DAY_LENGTH:
        moment += timedelta(seconds=_LAST_SECOND)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = moment.timestamp()
    except (OverflowError, ValueError):
        return None
    return seconds if seconds >= _OLDEST else None


def trusted_times(times: Sequence[float | None], among: npt.NDArray[np.float64]) -> list[float | None]:
    """Return the times with those set to None that lie far outside of the bulk of those `among` which they are."""
    known = np.sort(among)
    low, high = trusted_span(lambda place: float(known[place]), len(known))
    return [time if time is not None and low <= time <= high else None for time in times]


def trusted_span(at: Callable[[int], float], count: int) -> tuple[float, float]:
    """Return between which times a date can be believed; `at` gives the time at a place of the `count` sorted ones."""
    if count < _FEW:
        return -math.inf, math.inf
    return at(count // 20) - _SLACK, at(count - 1 - count // 20) + _SLACK


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
    agency = [m for m in members if agencies and _of_agency(documents[m.number].site, agencies)]
    if agency:
        return min(agency, key=lambda m: (m.time if m.time is not None else math.inf, m.number)).number, "wire credit"
    weights = read_weights().values()
    logits = [sum(map(mul, weights, row)) for row in features(members)]
    best = min(zip(members, logits, strict=True), key=lambda pair: (-pair[1], pair[0].number))[0]
    first, doubted = _first_time(members)
    if best.time is None and first is not None:
        # Of equals, the one that is known to be the first: a missing date alone is no evidence against a date that is there.
        best = min((m for m in members if m.time == first and _is_equal(m, best)), key=lambda m: m.number, default=best)
    return best.number, _reason(best, members, first, doubted)


@cache
def read_weights() -> dict[str, float]:
    """Return the weight of each feature from the file that stands beside this module."""
    table = tomllib.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    return {name: float(table[name]) for name in FEATURES}


def features(members: Sequence[Candidate]) -> list[tuple[float, ...]]:
    """Return for each member of a story what speaks for and against it, in the order of `FEATURES`."""
    first, doubted = _first_time(members)
    dated = math.log(sum(m.time is not None for m in members) + 0.5)
    longest = max(1, *(m.length for m in members))
    rows: list[tuple[float, ...]] = []
    for m in members:
        earliest = m.time is not None and m.time == first
        rows.append(
            (
                float(earliest),
                float(m.time is None or m.time == doubted),
                dated if earliest else 0.0,
                math.log(m.origin / NO_ORIGIN),
                m.losses,
                m.additions,
                math.log(max(1, m.length) / longest),
                float(m.length < _CUT * longest),
            )
        )
    return rows


def _first_time(members: Sequence[Candidate]) -> tuple[float | None, float | None]:
    """Return the earliest time that can be believed, and one that stands so far before all others that it cannot."""
    times = sorted(m.time for m in members if m.time is not None)
    if len(times) < 2:
        return (times[0] if times else None), None
    ahead, spread = times[1] - times[0], times[-1] - times[1]
    if ahead <= _AHEAD or (len(times) > 2 and ahead <= spread):
        return times[0], None
    return (times[1] if len(times) > 2 else None), times[0]


def _is_equal(member: Candidate, other: Candidate) -> bool:
    """Say whether neither the texts of two members nor their sites speak for either one."""
    return _content(member) == _content(other) and member.origin >= other.origin


def _content(member: Candidate) -> tuple[float, float, int]:
    return member.losses, member.additions, member.length


def _reason(best: Candidate, members: Sequence[Candidate], first: float | None, doubted: float | None) -> str:
    if best.time is None or best.time != first:
        return _lesser_reason(best, members) + (", date doubted" if best.time is not None and best.time == doubted else "")
    same = [m for m in members if m.time == first]
    beside = f", dates tie: {_lesser_reason(best, same)}" if len(same) > 1 else ""
    return "earliest publication" + beside + (", an earlier date doubted" if doubted is not None else "")


def _lesser_reason(best: Candidate, members: Sequence[Candidate]) -> str:
    """Return what speaks for a member beside its date."""
    if best.origin >= _USUALLY_FIRST:
        return "site is usually first"
    if all(_content(m) == _content(best) for m in members):
        return "equal texts"
    return "most complete text" if best.losses <= min(m.losses for m in members) else "all evidence together"


def _linked(documents: Sequence[Document], members: Sequence[Candidate]) -> int | None:
    """Return the member that other members' canonical URLs lead to most often.

    A page that was read under two spellings of its address, as before and after a move to https, names itself in either.
    """
    if not any(documents[m.number].canonical_url for m in members):
        return None
    urls = {m.number: url for m in reversed(members) if (url := documents[m.number].url)}
    by_url = {normalise_url(url): number for number, url in urls.items()}
    by_spelling = {_address(url): number for number, url in urls.items()}
    targets: dict[int, int] = {}
    for member in members:
        link = documents[member.number].canonical_url or ""
        target = by_url.get(normalise_url(link))
        if target is None and (address := _address(link)) != _address(documents[member.number].url or ""):
            target = by_spelling.get(address)
        if target is not None and target != member.number:
            targets[member.number] = target
    votes = Counter(_last(number, targets) for number in targets)
    return min(votes, key=lambda number: (-votes[number], number)) if votes else None


def _last(number: int, targets: Mapping[int, int]) -> int:
    """Return where a chain of links ends: a page that names another is not what others mean by it.

    Of a circle, or a chain without end, its first link.
    """
    page = number
    for _ in range(_MAX_LINKS + 1):
        following = targets.get(page)
        if following is None:
            return page
        page = following
    return targets[number]


def _address(url: str) -> str:
    """Return a URL as two spellings of one address have it: links to a page differ in scheme, `www.` and last slash."""
    return _SPELLING.sub("", normalise_url(url)).rstrip("/")


def _agencies(documents: Sequence[Document], members: Sequence[Candidate]) -> frozenset[str]:
    """Return the sites and site names that the agencies have which some member credits."""
    given = {credit for m in members if (credit := documents[m.number].wire_credit)}
    return frozenset().union(*map(_sites_of_credit, given))


@cache
def _sites_of_credit(credit: str) -> frozenset[str]:
    """Return where the agencies of a credit ("dpa/AFP") publish: sites, and what the name of a site may be."""
    found: set[str] = set()
    for part in _BESIDE.split(credit):
        agency = agency_in(part) or part.strip()
        names = {"".join(_WORD.findall(_plain(name))) for name in names_of(agency)} - {""}
        found |= names.union(*({f"{name}news", f"{name}net", f"the{name}", f"{name}online"} for name in names if len(name) > 1))
        found.update(SITES.get(agency, ()))
    return frozenset(found)


def _plain(name: str) -> str:
    """Return a name in lower case without accents, as hosts write it."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))


def _of_agency(site: str | None, agencies: frozenset[str]) -> bool:
    own = site_of_host(site or "")
    return own in agencies or own.split(".")[0] in agencies


def _is_same(time: float, other: float) -> bool:
    """Say whether two times are equal, or the later one is a day without a time, and the other one of that day."""
    later = max(time, other)
    return time == other or (later % _DAY == _LAST_SECOND and min(time, other) > later - _DAY)


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """How often each site was the earlier or the later one of two copies with dates: what is known of nights adds up."""

    first: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, site: str | None, time: float | None, other_site: str | None, other_time: float | None) -> None:
        """Count one pair of copies; it says nothing where a date is missing, or either the dates or the sites are the same.

        Nor where the dates lie so far apart that one is a mistake: which dates can be believed hangs on what other nights hold.
        """
        if time is None or other_time is None or site == other_site or _is_same(time, other_time):
            return
        if abs(time - other_time) > _SLACK:
            return
        self.seen[site or ""] += 1
        self.seen[other_site or ""] += 1
        self.first[(site if time < other_time else other_site) or ""] += 1

    def plus(self, other: SiteCounts) -> SiteCounts:
        """Return both counts together."""
        return SiteCounts(self.first + other.first, self.seen + other.seen)

    def origin(self, site: str | None) -> float:
        """Return how often a site was first among copies (0 to 1, prior .2)."""
        seen = self.seen[site or ""]
        return (self.first[site or ""] + 0.4) / (seen + 2) if seen else NO_ORIGIN
