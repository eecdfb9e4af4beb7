"""Passages that a document took from other stories, with their offsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.dedup.boilerplate import Holders, mark_common
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import PARAGRAPH, SENTENCE
from pipeline.dedup.shared import CommonRows, Mask, Shared, is_stitched, share, units_in
from pipeline.dedup.shelf import Reading
from pipeline.dedup.took import Standing, before, holdings, took
from pipeline.dedup.words import Words

if TYPE_CHECKING:
    from pipeline.dedup.verify import Verified

_SENTENCE_IN, _SENTENCE_OUT = 0.5, 0.2  # covered share that takes a whole sentence in, or leaves it out
_PIECE = 5  # words of the shortest piece of a passage, after the cut into paragraphs
_HELD = 0.8  # of what the text of a story that has most of a passage has of it: then another has it too


@dataclass(frozen=True, slots=True)
class Passage:
    """Words `start` to `end` (code points) of document number `document` were taken from document number `source` of `story`."""

    document: int
    source: int
    story: int
    start: int
    end: int
    words: int


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
    hot = holders.common(story, (), params.bucket)  # whoever took them: too common to be anybody's
    shared = share(found.pairs, found.zones, found.verdicts, story, found.units, CommonRows(reading, hot, params), params)
    stitched = {d for d, partners in shared.items() if is_stitched(partners, story, int(found.sizes[d]))}
    common = holders.common(story, stitched, params.common)
    members: dict[int, int] = defaultdict(int)
    for number in story:
        members[number] += 1
    held = holdings(shared, story, canonical, times)

    def standing(text: int, other: int) -> Standing:
        own = story[text]
        words = int(found.sizes[text])
        return Standing(held[own, other], own, canonical[own], members[own], times[text], text in stitched, words)

    passages: list[Passage] = []
    for block in reading.blocks(np.array(list(shared), np.int64)):
        words = reading.words(block)
        marks = mark_common(words, common, params)
        for place, document in enumerate(block.tolist()):
            sides = [(s, standing(document, s.other), standing(s.other, document)) for s in shared[document]]
            passages += taken(document, sides, text_words(words, place, marks), params)
    return sorted(passages, key=lambda p: (p.document, p.start, p.source)), stitched


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
        if not _from(partner, mine, theirs):
            continue
        held = np.zeros(size, np.bool_)
        for start, end in partner.ranges:
            if not _common(text.marks[start:end]):
                held[start:end] = True
        stories[theirs.story] = theirs
        holders[theirs.story].append((partner.other, held))
        masks[theirs.story] = held | masks.get(theirs.story, False)
    free = np.ones(size, np.bool_)
    unit = float(units_in(text.flags, np.array([0]), np.array([size]))[0])
    found: list[Passage] = []
    for source in sorted(masks, key=lambda story: _rank(stories[story], int(masks[story].sum()))):
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


def _rank(source: Standing, words: int) -> tuple[bool, bool, float, int, int]:
    """Return what the sources of one passage are ordered by: before one that put it in comes one that has it from the start."""
    alone = source.members < 2
    return alone, source.stitched if alone else source.held.insert, _or_never(source.held.since), -words, source.story


def _from(partner: Shared, mine: Standing, theirs: Standing) -> bool:
    """Say whether what a text shares with its partner can be from that, or from another text of that one's story."""
    if partner.slight and not mine.stitched:
        return False
    return took(mine, theirs) and (partner.other == theirs.canonical or not before(mine.time, theirs.time))


def _holder(holders: Sequence[tuple[int, Mask]], canonical: int, start: int, end: int) -> int:
    """Return the text of a story that a passage is said to be from: the canonical where it has it, else the first that has."""
    held = {text: int(mask[start:end].sum()) for text, mask in holders}
    most = max(held.values())
    return min((text for text, words in held.items() if words >= _HELD * most), key=lambda text: (text != canonical, text))


def _or_never(time: float | None) -> float:
    return float("inf") if time is None else time


def _common(marks: npt.NDArray[np.int8]) -> bool:
    """Say whether a passage is common to many stories, as far as its shingles were kept."""
    return bool((marks > 0).sum() > (marks < 0).sum())


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
