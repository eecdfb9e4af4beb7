"""Passages that a document took from other stories, with their offsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.boilerplate import Holders, mark_common
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import IDEOGRAPH, PARAGRAPH, SENTENCE
from pipeline.dedup.verdict import Verdicts
from pipeline.dedup.words import Words

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
    pairs: npt.NDArray[np.int64],
    zones: Zones,
    verdicts: Verdicts,
    words: Words,
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
    sizes = np.diff(words.bounds)
    units = _units(words)
    hot = mark_common(words, holders.common(story, (), params.bucket), params)  # whoever took them: too common to be anybody's
    shared = _shared(pairs, zones, verdicts, story, words, hot, params)
    stitched = {d for d, partners in shared.items() if _is_stitched(partners, story, int(sizes[d]))}
    marks = mark_common(words, holders.common(story, stitched, params.common), params)
    members: dict[int, int] = defaultdict(int)
    for number in story:
        members[number] += 1
    found: list[Passage] = []
    for document in sorted(shared):
        low, high = int(words.bounds[document]), int(words.bounds[document + 1])
        masks: dict[int, Mask] = {}
        for partner in shared[document]:
            if not _took(document, partner.other, story, canonical, times, story_time, stitched, members, sizes, shared):
                continue
            mask = masks.setdefault(story[partner.other], np.zeros(high - low, np.bool_))
            for start, end in partner.ranges:
                if not _common(marks[low + start : low + end]):
                    mask[start:end] = True
        free = np.ones(high - low, np.bool_)
        by_age = sorted(masks, key=lambda s: (-members[s] > -2, story_time.get(s, float("inf")), -int(masks[s].sum()), s))
        flags = words.flags[low:high]
        for source in by_age:
            mask = _whole_sentences(masks[source] & free, flags)
            mask &= free
            if mask.sum() * units[document] < params.passage:
                continue
            free &= ~mask
            for start, end in _pieces(mask, flags):
                found.append(
                    Passage(
                        document, canonical[source], int(words.starts[low + start]), int(words.ends[low + end - 1]), end - start
                    )
                )
    return sorted(found, key=lambda p: (p.document, p.start, p.source)), stitched


def _units(words: Words) -> npt.NDArray[np.float64]:
    """Return for each text how much one of its words counts for: less where the words are ideographs."""
    ideographs = np.concatenate([[0], np.cumsum((words.flags & IDEOGRAPH) != 0)])[words.bounds]
    sizes = np.maximum(np.diff(words.bounds), 1)
    units: npt.NDArray[np.float64] = 1 - (1 - _IDEOGRAPH) * np.diff(ideographs) / sizes
    return units


def _common(marks: npt.NDArray[np.int8]) -> bool:
    """Say whether a passage is common to many stories, as far as its shingles were kept."""
    return bool((marks > 0).sum() > (marks < 0).sum())


def _shared(
    pairs: npt.NDArray[np.int64],
    zones: Zones,
    verdicts: Verdicts,
    story: Sequence[int],
    words: Words,
    hot: npt.NDArray[np.int8],
    params: DedupParams,
) -> dict[int, list[Shared]]:
    """Return for each document what it shares with documents of other stories, `hot` words aside."""
    units = _units(words)
    numbers = np.asarray(story)
    foreign = np.flatnonzero((numbers[pairs[:, 0]] != numbers[pairs[:, 1]]) & ~verdicts.form)
    counts = np.diff(zones.bounds)[foreign]
    places = np.repeat(zones.bounds[foreign] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    rows, owner = zones.rows[places], np.repeat(foreign, counts)
    unit = units[pairs].max(axis=1)
    fit = (rows[:, 5] + 1 >= params.passage_names * (rows[:, 6] + 1)) & (rows[:, 4] * unit[owner] >= _SIDE_WORDS)
    fit &= ~_common_rows(rows, words.bounds[pairs[owner, 0]], hot)
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


def _common_rows(rows: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], marks: npt.NDArray[np.int8]) -> Mask:
    """Say of which passages most words are marked as common; `starts` are the first words of their texts."""
    sums = np.concatenate([[0], np.cumsum(marks, dtype=np.int64)])
    common: Mask = sums[starts + rows[:, 1]] > sums[starts + rows[:, 0]]
    return common


def _story_times(story: Sequence[int], times: Sequence[float | None]) -> dict[int, float]:
    earliest: dict[int, float] = {}
    for number, time in zip(story, times, strict=True):
        if time is not None and time < earliest.get(number, float("inf")):
            earliest[number] = time
    return earliest


def _is_stitched(partners: Sequence[Shared], story: Sequence[int], words: int) -> bool:
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


def _took(
    document: int,
    other: int,
    story: Sequence[int],
    canonical: Sequence[int],
    times: Sequence[float | None],
    story_time: dict[int, float],
    stitched: set[int],
    members: dict[int, int],
    sizes: npt.NDArray[np.int64],
    shared: dict[int, list[Shared]],
) -> bool:
    """Say whether `document` took from the story of `other`, rather than the other way round."""
    mine, theirs = story[document], story[other]
    own_insert = members[mine] > 1 and not any(story[s.other] == theirs for s in shared.get(canonical[mine], ()))
    here = times[document] if own_insert or members[mine] == 1 else story_time.get(mine)
    there = story_time.get(theirs)
    is_stitched = document in stitched
    if not own_insert and is_stitched != (other in stitched) and members[mine if is_stitched else theirs] == 1:
        return is_stitched
    if here is not None and there is not None and here != there:
        return here > there
    if (members[mine] > 1) != (members[theirs] > 1):
        return members[theirs] > 1
    return (int(sizes[document]), mine) < (int(sizes[other]), theirs)


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
