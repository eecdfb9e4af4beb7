"""What texts of different stories share, and which texts are stitched from several stories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.boilerplate import mark_common
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import PIECE
from pipeline.dedup.shelf import Reading
from pipeline.dedup.verdict import Verdicts
from pipeline.dedup.words import Places, Words

_PIECE_UNIT = 0.6  # of a word where words are divided by spaces
_SIDE_WORDS = 8  # words of the shortest passage that counts beside a longer one from the same text
_OWN_WORDS = 10  # words outside of quotation marks that two texts must share: a quote alone may come from the event itself
STITCHED = 0.6  # share of a text that several other stories cover
_MINOR = 0.08

Mask = npt.NDArray[np.bool_]
Pairs = npt.NDArray[np.int64]
Units = npt.NDArray[np.float64]
Common = Callable[[Pairs, npt.NDArray[np.int32]], Mask]


@dataclass(frozen=True, slots=True)
class Shared:
    """What two documents of different stories share: the word ranges in the first.

    `slight`: so little, or only what somebody said, that it counts for a text alone of which more is known to be taken.
    """

    other: int
    ranges: tuple[tuple[int, int], ...]
    slight: bool


def units_of(words: Words) -> Units:
    """Return for each text how much one of its words counts for: less where no spaces divide words."""
    return units_in(words.flags[: words.size], words.low, words.high)


def units_in(flags: npt.NDArray[np.uint8], low: Places, high: Places) -> Units:
    """Return the same of texts whose words begin and end at these places."""
    places = np.flatnonzero(flags & PIECE)
    pieces = np.searchsorted(places, high) - np.searchsorted(places, low)
    units: Units = 1 - (1 - _PIECE_UNIT) * pieces / np.maximum(high - low, 1)
    return units


def share(
    pairs: Pairs, zones: Zones, verdicts: Verdicts, story: Sequence[int], units: Units, common: Common, params: DedupParams
) -> dict[int, list[Shared]]:
    """Return for each document what it shares with documents of other stories; `units` is by document.

    `common` says of passages (first documents, rows of zones) which most words are common to many stories.
    """
    rows, owner = _passages(pairs, zones, verdicts, story, units, common, params)
    slight = _slight(rows, owner, units[pairs].max(axis=1), params)
    firsts = np.flatnonzero(np.diff(owner, prepend=-1)).tolist()
    shared: dict[int, list[Shared]] = defaultdict(list)
    for low, high in pairwise([*firsts, len(owner)]):
        (a, b), own = pairs[owner[low]].tolist(), bool(slight[owner[low]])
        shared[a].append(Shared(b, tuple((r[0], r[1]) for r in rows[low:high].tolist()), own))
        shared[b].append(Shared(a, tuple((r[2], r[3]) for r in rows[low:high].tolist()), own))
    return shared


def _passages(
    pairs: Pairs, zones: Zones, verdicts: Verdicts, story: Sequence[int], units: Units, common: Common, params: DedupParams
) -> tuple[npt.NDArray[np.int32], Pairs]:
    """Return the passages that count between documents of different stories (rows of zones), and the pair of each, in order."""
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
    enough = _longest(rows, owner, len(pairs)) * unit >= params.passage
    return rows[enough[owner]], owner[enough[owner]]


def _longest(rows: npt.NDArray[np.int32], owner: Pairs, count: int) -> npt.NDArray[np.float64]:
    """Return for each of so many pairs the matched words of its longest passage."""
    longest = np.zeros(count)
    np.maximum.at(longest, owner, rows[:, 4])
    return longest


def _slight(rows: npt.NDArray[np.int32], owner: Pairs, unit: Units, params: DedupParams) -> Mask:
    """Say which pairs share no long passage, or hardly a word that nobody is quoted with."""
    own = np.zeros(len(unit))
    np.add.at(own, owner, rows[:, 1] - rows[:, 0] - rows[:, 7])
    slight: Mask = (_longest(rows, owner, len(unit)) * unit < params.passage_alone) | (own * unit < _OWN_WORDS)
    return slight


class CommonRows:
    """Says of passages whether most of their words are common to many stories, reading the texts a block at a time."""

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


def is_stitched(partners: Sequence[Shared], story: Sequence[int], words: int) -> bool:
    """Say whether several stories, none of them most of it, cover most of a text."""
    masks: dict[int, Mask] = {}
    for partner in partners:
        mask = masks.setdefault(story[partner.other], np.zeros(words, np.bool_))
        for start, end in () if partner.slight else partner.ranges:
            mask[start:end] = True
    total = np.zeros(words, np.bool_)
    groups = 0
    for mask in sorted(masks.values(), key=lambda m: -int(m.sum())):
        fresh = int((mask & ~total).sum())
        if fresh >= _MINOR * words and fresh >= 0.5 * mask.sum():
            groups += 1
        total |= mask
    return groups >= 2 and bool(total.sum() >= STITCHED * words)
