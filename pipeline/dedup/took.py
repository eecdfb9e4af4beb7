"""Who took from whom: a text from the story of another one, or the other way round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.dedup.shared import Shared

_MANY = 3  # times as many texts of one story have a passage as of another, where it is an insert


@dataclass(frozen=True, slots=True)
class Holding:
    """What a story shares with a text of another one: how many of its texts have it, and since when.

    `insert`: it stands in copies only, not in the story's canonical.
    """

    insert: bool
    since: float | None
    texts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a text and its story when it is decided who took from whom, it or a text of another story."""

    held: Holding
    story: int
    canonical: int  # text of the story's canonical
    members: int  # texts of the story
    time: float | None
    stitched: bool
    words: int


def holdings(
    shared: Mapping[int, Sequence[Shared]], story: Sequence[int], canonical: Sequence[int], times: Sequence[float | None]
) -> dict[tuple[int, int], Holding]:
    """Return what each story holds of each text of another one that it shares something with.

    Not of the other story: each of two may have taken from the other, in texts of their own.
    """
    story_time = _story_times(story, times)
    texts: dict[tuple[int, int], set[int]] = defaultdict(set)
    for text, partners in shared.items():
        for partner in partners:
            texts[story[text], partner.other].add(text)
    held: dict[tuple[int, int], Holding] = {}
    for (own, other), sharing in texts.items():
        insert = canonical[own] not in sharing
        known = [time for text in sharing if (time := times[text]) is not None]
        held[own, other] = Holding(insert, min(known, default=None) if insert else story_time.get(own), len(sharing))
    return held


def _story_times(story: Sequence[int], times: Sequence[float | None]) -> dict[int, float]:
    earliest: dict[int, float] = {}
    for number, time in zip(story, times, strict=True):
        if time is not None and time < earliest.get(number, float("inf")):
            earliest[number] = time
    return earliest


def took(mine: Standing, theirs: Standing) -> bool:
    """Say whether a text took from the other's story, rather than the other way round.

    What is an insert in both stories is from somewhere else.
    """
    if mine.held.insert and theirs.held.insert:
        return False
    if mine.held.insert or theirs.held.insert:
        return _inserted(mine, theirs) if mine.held.insert else not _inserted(theirs, mine)
    if mine.stitched != theirs.stitched:
        stitched, other = (mine, theirs) if mine.stitched else (theirs, mine)
        # One with copies may be a wire of which others took all: then dates say so, or that more have the passage there.
        if stitched.members == 1 or (not _dated(mine, theirs) and other.held.texts >= stitched.held.texts):
            return mine.stitched
    if _dated(mine, theirs):
        return _later(mine, theirs)
    if (mine.members > 1) != (theirs.members > 1):
        return theirs.members > 1
    return (mine.words, mine.story) < (theirs.words, theirs.story)


def _inserted(mine: Standing, theirs: Standing) -> bool:
    """Say whether an insert is from the other's story, where it is none: a date that is missing or wrong does not change that."""
    if theirs.held.texts >= _MANY * mine.held.texts:
        return True
    return _later(mine, theirs) if _dated(mine, theirs) else not theirs.stitched


def _dated(mine: Standing, theirs: Standing) -> bool:
    return mine.held.since is not None and theirs.held.since is not None and mine.held.since != theirs.held.since


def _later(mine: Standing, theirs: Standing) -> bool:
    return before(theirs.held.since, mine.held.since)


def before(one: float | None, other: float | None) -> bool:
    """Say whether both times are known and the first is the earlier."""
    return one is not None and other is not None and one < other
