"""Passages that a document took from other stories, with their offsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
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
_HELD = 0.8  # of what the text of a story that has most of a passage has of it: then another has it too

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words `start` to `end` (code points) of document number `document` were taken from document number `source` of `story`."""

    document: int
    source: int
    story: int
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

    since = _since(shared, story, canonical, times, story_time)

    def standing(text: int, other: int) -> Standing:
        own = story[text]
        return Standing(
            own, canonical[own], members[own], times[text], *since[own, other], text in stitched, int(found.sizes[text])
        )

    passages: list[Passage] = []
    for block in reading.blocks(np.array(list(shared), np.int64)):
        words = reading.words(block)
        marks = mark_common(words, common, params)
        for place, document in enumerate(block.tolist()):
            sides = [(s, standing(document, s.other), standing(s.other, document)) for s in shared[document]]
            passages += taken(document, sides, text_words(words, place, marks), params)
    return sorted(passages, key=lambda p: (p.document, p.start, p.source)), stitched


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a text and its story when it is decided who took from whom, it or a text of another story.

    `insert`: what the story shares with the other text stands in copies only, not in its canonical. `since`: when it first had it.
    """

    story: int
    canonical: int  # text of the story's canonical
    members: int  # texts of the story
    time: float | None
    insert: bool
    since: float | None
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
    document: int, partners: Sequence[tuple[Shared, Standing, Standing]], text: TextWords, params: DedupParams
) -> list[Passage]:
    """Return the passages that a text took from the stories of its partners: what is shared, and how it and the partner stand."""
    size = len(text.flags)
    masks: dict[int, Mask] = {}
    stories: dict[int, Standing] = {}
    holders: dict[int, list[tuple[int, Mask]]] = defaultdict(list)
    for partner, mine, theirs in partners:
        if not _took(mine, theirs) or (partner.other != theirs.canonical and _before(mine.time, theirs.time)):
            continue
        held = np.zeros(size, np.bool_)
        for start, end in partner.ranges:
            if not _common(text.marks[start:end]):
                held[start:end] = True
        stories[theirs.story] = theirs
        holders[theirs.story].append((partner.other, held))
        masks[theirs.story] = held | masks.get(theirs.story, False)
    free = np.ones(size, np.bool_)
    unit = float(_units(text.flags, np.array([0]), np.array([size]))[0])
    found: list[Passage] = []
    for source in sorted(masks, key=lambda s: (stories[s].members < 2, _or_never(stories[s].since), -int(masks[s].sum()), s)):
        mask = _whole_sentences(masks[source] & free, text.flags)
        mask &= free
        if mask.sum() * unit < params.passage:
            continue
        free &= ~mask
        for start, end in _pieces(mask, text.flags):
            holder = _holder(holders[source], stories[source].canonical, start, end)
            first, last = int(text.starts[start]), int(text.ends[end - 1])
            found.append(Passage(document, holder, source, first, last, end - start))
    return found


def _holder(holders: Sequence[tuple[int, Mask]], canonical: int, start: int, end: int) -> int:
    """Return the text of a story that a passage is said to be from: the canonical where it has it, else the first that has."""
    held = {text: int(mask[start:end].sum()) for text, mask in holders}
    most = max(held.values())
    return min((text for text, words in held.items() if words >= _HELD * most), key=lambda text: (text != canonical, text))


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


def _since(
    shared: Mapping[int, Sequence[Shared]], story: Sequence[int], canonical: Sequence[int], times: Sequence[float | None],
    story_time: Mapping[int, float],
) -> dict[tuple[int, int], tuple[bool, float | None]]:  # fmt: skip
    """Return `insert` and `since` of each story against each text of another one that it shares something with.

    Not against the other story: each of two may have taken from the other, in texts of their own.
    """
    texts: dict[tuple[int, int], set[int]] = defaultdict(set)
    for text, partners in shared.items():
        for partner in partners:
            texts[story[text], partner.other].add(text)
    since: dict[tuple[int, int], tuple[bool, float | None]] = {}
    for (own, other), sharing in texts.items():
        insert = canonical[own] not in sharing
        known = [time for text in sharing if (time := times[text]) is not None]
        since[own, other] = insert, min(known, default=None) if insert else story_time.get(own)
    return since


def _took(mine: Standing, theirs: Standing) -> bool:
    """Say whether a text took from the other's story, rather than the other way round."""
    if not (mine.insert or theirs.insert) and mine.stitched != theirs.stitched and (mine if mine.stitched else theirs).members == 1:
        return mine.stitched
    if mine.since is not None and theirs.since is not None and mine.since != theirs.since:
        return mine.since > theirs.since
    if (mine.members > 1) != (theirs.members > 1):
        return theirs.members > 1
    return (mine.words, mine.story) < (theirs.words, theirs.story)


def _before(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one < other


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
