"""Passages that a document took from other stories, with their offsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.boilerplate import Holders, mark_common
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import IDEOGRAPH, PARAGRAPH, SENTENCE
from pipeline.dedup.shelf import Reading
from pipeline.dedup.verdict import Verdicts
from pipeline.dedup.words import Places, Words

if TYPE_CHECKING:
    from pipeline.dedup.verify import Verified

_IDEOGRAPH = 0.6  # of a word of an alphabetic language
_SIDE_WORDS = 8  # words of the shortest passage that counts beside a longer one from the same text
_OWN_WORDS = 10  # words outside of quotation marks that two texts must share: a quote alone may come from the event itself
_SENTENCE_IN, _SENTENCE_OUT = 0.5, 0.2  # covered share that takes a whole sentence in, or leaves it out
_PIECE = 5  # words of the shortest piece of a passage, after the cut into paragraphs
STITCHED = 0.6  # share of a text that several other stories cover
_MINOR = 0.08

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words `start` to `end` (code points) of document number `document` were taken from document number `source`."""

    document: int
    source: int
    start: int
    end: int
    words: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What two documents of different stories share: the word ranges in the first."""

    other: int
    ranges: tuple[tuple[int, int], ...]


def find_passages(
    found: Verified,
    reading: Reading,
    holders: Holders,
    story: Sequence[int],
    canonical: Sequence[int],
    times: Sequence[float | None],
    params: DedupParams,
) -> tuple[list[Passage], set[int]]:
    """Return the passages taken, in the order of documents and offsets, and the documents that are stitched.

    `canonical` and `story` are by document number.
    """
    story_time = _story_times(story, times)
    hot = holders.common(story, (), params.bucket)  # whoever took them: too common to be anybody's
    shared = share(found.pairs, found.zones, found.verdicts, story, found.units, _CommonRows(reading, hot, params), params)
    stitched = {d for d, partners in shared.items() if is_stitched(partners, story, int(found.sizes[d]))}
    common = holders.common(story, stitched, params.common)
    members: dict[int, int] = defaultdict(int)
    for number in story:
        members[number] += 1

    def standing(text: int) -> Standing:
        own = story[text]
        earliest = story_time.get(own)
        return Standing(own, canonical[own], members[own], times[text], earliest, text in stitched, int(found.sizes[text]))

    passages: list[Passage] = []
    for block in reading.blocks(np.array(list(shared), np.int64)):
        words = reading.words(block)
        marks = mark_common(words, common, params)
        for place, document in enumerate(block.tolist()):
            inserted = {story[s.other] for s in shared.get(canonical[story[document]], ())}
            sides = [(partner, standing(partner.other)) for partner in shared[document]]
            passages += taken(document, standing(document), sides, inserted, text_words(words, place, marks), params)
    return sorted(passages, key=lambda p: (p.document, p.start, p.source)), stitched


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a text and its story when it is decided who took from whom."""

    story: int
    canonical: int  # text of the story's canonical
    members: int  # texts of the story
    time: float | None
    story_time: float | None
    stitched: bool
    words: int


@dataclass(frozen=True, slots=True)
class TextWords:
    """The words of one text: where they start and end, what they are, and which are common to many stories."""

    starts: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint8]
    marks: npt.NDArray[np.int8]


def text_words(words: Words, text: int, marks: npt.NDArray[np.int8]) -> TextWords:
    """Return the words of one of many texts; `marks` are of all their words."""
    own = slice(int(words.low[text]), int(words.high[text]))
    return TextWords(words.starts[own], words.ends[own], words.flags[own], marks[own])


def taken(
    document: int, mine: Standing, partners: Sequence[tuple[Shared, Standing]], inserted: Collection[int], text: TextWords,
    params: DedupParams,
) -> list[Passage]:  # fmt: skip
    """Return the passages that a text took from the stories of its partners; `inserted`: stories its canonical shares with."""
    size = len(text.flags)
    masks: dict[int, Mask] = {}
    stories: dict[int, Standing] = {}
    for partner, theirs in partners:
        if not _took(mine, theirs, own_insert=mine.members > 1 and theirs.story not in inserted):
            continue
        stories[theirs.story] = theirs
        mask = masks.setdefault(theirs.story, np.zeros(size, np.bool_))
        for start, end in partner.ranges:
            if not _common(text.marks[start:end]):
                mask[start:end] = True
    free = np.ones(size, np.bool_)
    unit = float(_units(text.flags, np.array([0]), np.array([size]))[0])
    found: list[Passage] = []
    for source in sorted(masks, key=lambda s: (stories[s].members < 2, _or_never(stories[s].story_time), -int(masks[s].sum()), s)):
        mask = _whole_sentences(masks[source] & free, text.flags)
        mask &= free
        if mask.sum() * unit < params.passage:
            continue
        free &= ~mask
        found += [
            Passage(document, stories[source].canonical, int(text.starts[start]), int(text.ends[end - 1]), end - start)
            for start, end in _pieces(mask, text.flags)
        ]
    return found


def _or_never(time: float | None) -> float:
    return float("inf") if time is None else time


def units_of(words: Words) -> npt.NDArray[np.float64]:
    """Return for each text how much one of its words counts for: less where the words are ideographs."""
    return _units(words.flags[: words.size], words.low, words.high)


def _units(flags: npt.NDArray[np.uint8], low: Places, high: Places) -> npt.NDArray[np.float64]:
    places = np.flatnonzero(flags & IDEOGRAPH)
    ideographs = np.searchsorted(places, high) - np.searchsorted(places, low)
    units: npt.NDArray[np.float64] = 1 - (1 - _IDEOGRAPH) * ideographs / np.maximum(high - low, 1)
    return units


def _common(marks: npt.NDArray[np.int8]) -> bool:
    """Say whether a passage is common to many stories, as far as its shingles were kept."""
    return bool((marks > 0).sum() > (marks < 0).sum())


def share(
    pairs: npt.NDArray[np.int64],
    zones: Zones,
    verdicts: Verdicts,
    story: Sequence[int],
    units: npt.NDArray[np.float64],
    common: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int32]], Mask],
    params: DedupParams,
) -> dict[int, list[Shared]]:
    """Return for each document what it shares with documents of other stories; `units` is by document.

    `common` says of passages (first documents, rows of zones) which most words are common to many stories.
    """
    numbers = np.asarray(story)
    foreign = np.flatnonzero((numbers[pairs[:, 0]] != numbers[pairs[:, 1]]) & ~verdicts.form)
    counts = np.diff(zones.bounds)[foreign]
    places = np.repeat(zones.bounds[foreign] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    rows, owner = zones.rows[places], np.repeat(foreign, counts)
    unit = units[pairs].max(axis=1)
    fit = (rows[:, 5] + 1 >= params.passage_names * (rows[:, 6] + 1)) & (rows[:, 4] * unit[owner] >= _SIDE_WORDS)
    rows, owner = rows[fit], owner[fit]
    fit = ~common(pairs[owner, 0], rows)
    rows, owner = rows[fit], owner[fit]
    longest, own = np.zeros(len(pairs)), np.zeros(len(pairs))
    np.maximum.at(longest, owner, rows[:, 4])
    np.add.at(own, owner, rows[:, 1] - rows[:, 0] - rows[:, 7])
    enough = (longest * unit >= params.passage) & (own * unit >= _OWN_WORDS)
    rows, owner = rows[enough[owner]], owner[enough[owner]]
    firsts = np.flatnonzero(np.diff(owner, prepend=-1)).tolist()
    shared: dict[int, list[Shared]] = defaultdict(list)
    for low, high in pairwise([*firsts, len(owner)]):
        a, b = pairs[owner[low]].tolist()
        shared[a].append(Shared(b, tuple((r[0], r[1]) for r in rows[low:high].tolist())))
        shared[b].append(Shared(a, tuple((r[2], r[3]) for r in rows[low:high].tolist())))
    return shared


class _CommonRows:
    """Says of passages whether most of their words are common, reading the texts a block at a time."""

    def __init__(self, reading: Reading, common: npt.NDArray[np.uint32], params: DedupParams) -> None:
        self._reading, self._common, self._params = reading, common, params

    def __call__(self, texts: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> Mask:
        result = np.zeros(len(rows), np.bool_)
        for block in self._reading.blocks(np.unique(texts)):
            words = self._reading.words(block)
            own = np.flatnonzero((texts >= block[0]) & (texts <= block[-1]))
            starts = words.low[np.searchsorted(block, texts[own])]
            result[own] = common_rows(rows[own], starts, mark_common(words, self._common, self._params))
        return result


def common_rows(rows: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], marks: npt.NDArray[np.int8]) -> Mask:
    """Say of which passages most words are marked as common; `starts` are the first words of their texts."""
    sums = np.zeros(len(marks) + 1, np.int32)
    np.cumsum(marks, out=sums[1:])
    common: Mask = sums[starts + rows[:, 1]] > sums[starts + rows[:, 0]]
    return common


def _story_times(story: Sequence[int], times: Sequence[float | None]) -> dict[int, float]:
    earliest: dict[int, float] = {}
    for number, time in zip(story, times, strict=True):
        if time is not None and time < earliest.get(number, float("inf")):
            earliest[number] = time
    return earliest


def is_stitched(partners: Sequence[Shared], story: Sequence[int], words: int) -> bool:
    """Say whether several stories, none of them most of it, cover most of a text."""
    masks: dict[int, Mask] = {}
    for partner in partners:
        mask = masks.setdefault(story[partner.other], np.zeros(words, np.bool_))
        for start, end in partner.ranges:
            mask[start:end] = True
    total = np.zeros(words, np.bool_)
    groups = 0
    for mask in sorted(masks.values(), key=lambda m: -int(m.sum())):
        fresh = int((mask & ~total).sum())
        if fresh >= _MINOR * words and fresh >= 0.5 * mask.sum():
            groups += 1
        total |= mask
    return groups >= 2 and bool(total.sum() >= STITCHED * words)


def _took(mine: Standing, theirs: Standing, *, own_insert: bool) -> bool:
    """Say whether a text took from the other's story, rather than the other way round.

    `own_insert`: the text is a copy, and its story's canonical has nothing of the other story.
    """
    here = mine.time if own_insert or mine.members == 1 else mine.story_time
    there = theirs.story_time
    if not own_insert and mine.stitched != theirs.stitched and (mine if mine.stitched else theirs).members == 1:
        return mine.stitched
    if here is not None and there is not None and here != there:
        return here > there
    if (mine.members > 1) != (theirs.members > 1):
        return theirs.members > 1
    return (mine.words, mine.story) < (theirs.words, theirs.story)


def _whole_sentences(mask: Mask, flags: npt.NDArray[np.uint8]) -> Mask:
    """Return the mask with each sentence taken whole, left out, or as it is when it was taken in part."""
    starts = np.flatnonzero(flags & SENTENCE)
    if not len(starts) or starts[0] != 0:
        starts = np.concatenate([[0], starts])
    ends = np.append(starts[1:], len(mask))
    covered = np.add.reduceat(mask.astype(np.int64), starts)
    share = covered / (ends - starts)
    result = mask.copy()
    for number in np.flatnonzero((covered > 0) & (share < 1)).tolist():
        if share[number] >= _SENTENCE_IN:
            result[starts[number] : ends[number]] = True
        elif share[number] < _SENTENCE_OUT or covered[number] < _PIECE:
            result[starts[number] : ends[number]] = False
    return result


def _pieces(mask: Mask, flags: npt.NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return the runs of a mask, cut where a paragraph begins."""
    cuts = mask & (np.concatenate([[True], ~mask[:-1]]) | ((flags & PARAGRAPH) != 0))
    pieces: list[tuple[int, int]] = []
    starts = np.flatnonzero(cuts).tolist()
    for number, start in enumerate(starts):
        limit = starts[number + 1] if number + 1 < len(starts) else len(mask)
        stop = np.flatnonzero(~mask[start:limit])
        end = start + int(stop[0]) if len(stop) else limit
        if end - start >= _PIECE:
            pieces.append((start, end))
    return pieces
