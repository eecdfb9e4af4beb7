"""What the documents of other nights hold of tonight's hashes: candidates among them, and shingles that many stories have."""

from __future__ import annotations

from collections.abc import Collection as Numbers
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.dedup.collection import TextNumbers, contains, with_others
from pipeline.dedup.graph import Graph
from pipeline.dedup.jit import kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.parts import unpack, unpack_segment
from pipeline.dedup.probe import NOTHING_FOUND, Found, Probe, Table
from pipeline.dedup.stack import Room, at_once, stacked

U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]
_ROW = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_STITCHED = np.uint64(1)
_PART = np.uint64(24)  # bits of a kept shingle in its part
_IN_PART = np.uint32((1 << 24) - 1)


@dataclass(slots=True)
class Candidates:
    """Documents of other nights by number, and pairs (number << 32 | text of tonight) of those that may be relatives.

    The first are of the window, so many as `within` says, the others from beyond it.
    """

    ids: list[str] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    bands: list[U64] = field(default_factory=list)
    counts: list[Integers] = field(default_factory=list)
    shared: list[U64] = field(default_factory=list)
    within: int = 0
    _known: set[int] = field(default_factory=set)

    def add(self, ids: Sequence[pa.Array], keys: U64, bands: Found, shared: Found, enough: int) -> None:
        """Take in what segments have in common with tonight (row << 32 | text): bands, and `enough` shingles.

        Rows are counted through the segments. Those that stood in a segment before are left out.
        """
        passages = shared.pairs[shared.counts >= enough]
        hit = np.zeros(len(keys), np.bool_)
        hit[(np.concatenate([bands.pairs, passages]) >> _ROW).astype(np.int64)] = True
        rows = np.flatnonzero(hit)
        names = pa.chunked_array(ids, pa.large_string()).take(pa.array(rows)).to_pylist()
        numbers = np.full(len(keys), -1, np.int64)
        for row, key, identity in zip(rows.tolist(), keys[rows].tolist(), names, strict=True):
            if key in self._known:
                continue
            self._known.add(key)
            numbers[row] = len(self.ids)
            self.ids.append(identity)
            self.keys.append(key)
        renumbered, kept = _renumbered(bands.pairs, numbers)
        self.bands.append(renumbered)
        self.counts.append(bands.counts[kept])
        self.shared.append(_renumbered(passages, numbers)[0])


def _renumbered(pairs: U64, numbers: Integers) -> tuple[U64, npt.NDArray[np.bool_]]:
    found = numbers[(pairs >> _ROW).astype(np.int64)]
    kept = found >= 0
    return (found[kept].astype(np.uint64) << _ROW) | (pairs[kept] & _LOW), kept


@dataclass(frozen=True, slots=True)
class Holdings:
    """Which of tonight's shingles (places in the probe's table) other documents hold, and what was said of their stories.

    `holders` are numbers of documents in `keys` and `stories`.
    """

    places: U32
    holders: U32
    keys: U64
    stories: U64

    def without(self, gone: Numbers[int], others: Mapping[int, int]) -> Holdings:
        """Return what documents hold but for those that are `gone`; what one held whose text another has, that one holds."""
        if not gone and not others:
            return self
        kept = ~contains(np.sort(np.fromiter(gone, np.uint64)), self.keys)[self.holders]
        return Holdings(self.places[kept], self.holders[kept], with_others(self.keys, others), self.stories)


def probe_nights(probe: Probe, segments: Iterable[bytes], far: Iterable[bytes]) -> tuple[Candidates, Holdings]:
    """Hold tonight against the segments of the window and what is kept of the nights beyond it."""
    candidates = Candidates()
    places, owners = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
    keys, stories = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    room, count = (Room(), Room()), 0
    for many in at_once((len(segment.keys), segment) for segment in map(unpack_segment, segments)):
        stack = stacked([segment.sketches for segment in many], *room)
        shared, holders = probe.shared(stack)
        own, said = (np.concatenate([getattr(segment, name) for segment in many]) for name in ("keys", "stories"))
        candidates.add([segment.ids for segment in many], own, probe.bands(stack.bands), shared, probe.params.shared)
        row = (holders & _LOW).astype(np.int64)
        hit = np.zeros(len(own), np.bool_)
        hit[row] = True
        rows = np.flatnonzero(hit)
        places.append((holders >> _ROW).astype(np.uint32))
        owners.append((np.cumsum(hit)[row] + (count - 1)).astype(np.uint32))
        keys.append(own[rows])
        stories.append(said[rows])
        count += len(rows)
    candidates.within = len(candidates.ids)
    for parts in at_once((len(part["keys"]), part) for part in map(unpack, far)):
        bands = np.concatenate([part["bands"].reshape(probe.params.far, len(part["keys"])) for part in parts], axis=1)
        own = np.concatenate([part["keys"] for part in parts])
        candidates.add([part["ids"] for part in parts], own, probe.far(bands), NOTHING_FOUND, probe.params.shared)
    return candidates, Holdings(np.concatenate(places), np.concatenate(owners), np.concatenate(keys), np.concatenate(stories))


def _distinct(places: Integers, stories: U64) -> Integers:
    """Return the place of each distinct pair."""
    order = np.lexsort((stories, places))
    places, stories = places[order], stories[order]
    kept = np.ones(len(places), np.bool_)
    kept[1:] = (places[1:] != places[:-1]) | (stories[1:] != stories[:-1])
    return places[kept]


class NightHolders:
    """Which kept shingles too many stories hold: of tonight's all holders are known, of others what was counted on their night."""

    def __init__(
        self, table: Table, texts: Integers, held: Holdings, text_of: TextNumbers, marks: U64, graph: Graph, params: DedupParams
    ) -> None:
        """`texts` are the numbers of the table's texts, `marks` what is said of the story that begins with each text."""
        self._table, self._held, self._graph, self._params = table, held, graph, params
        self._texts, self._held_texts, self._marks = texts, text_of(held.keys), marks
        few = min(params.common, params.bucket)  # only of the shingles that more texts may hold the stories are counted
        self._firsts, self._sizes, self._most = _held_by_more(table.hashes, table.bounds, table.seen, few)
        self.found: dict[int, npt.NDArray[np.uint32]] = {}  # by limit, tonight's alone

    def common(self, story: Sequence[int], stitched: Numbers[int], limit: int) -> npt.NDArray[np.uint32]:
        likely = self._most > limit
        firsts, sizes = self._firsts[likely], self._sizes[likely]
        out = np.zeros(len(story), np.bool_)
        out[np.array(list(stitched), np.intp)] = True  # of an empty list numpy would make floats
        marks = self._marks[np.asarray(story, np.intp)]
        text = self._texts[self._table.texts[_ranges(firsts, sizes)]]
        mine, my_text = np.repeat(firsts, sizes)[~out[text]], text[~out[text]]
        wanted = np.zeros(len(self._table.hashes), np.bool_)
        wanted[firsts] = True
        theirs = np.flatnonzero(wanted[self._held.places])
        holders = self._held.holders[theirs]
        their_text, said = self._held_texts[holders], self._held.stories[holders]
        here = their_text >= 0  # decided on again: what was said of its story may be out of date
        their_marks = np.where(here, marks[their_text], said & ~_STITCHED)
        gone = np.where(here, out[their_text], (said & _STITCHED) != 0) if stitched else np.zeros(len(theirs), np.bool_)
        rows = _distinct(
            np.concatenate([mine, self._held.places[theirs[~gone]].astype(np.int64)]),
            np.concatenate([marks[my_text], their_marks[~gone]]),
        )
        place, counts = np.unique(rows, return_counts=True)
        self.found[limit] = self._shingles(place[counts > limit])
        before = self._graph.hot if limit == self._params.bucket else self._graph.common
        return np.union1d(self.found[limit], self._others(np.sort(before)))

    def _others(self, shingles: U32) -> U32:
        """Return those of sorted shingles that none of tonight's texts holds."""
        hashes, bounds = self._table.hashes, self._table.bounds
        edges = np.searchsorted(shingles, np.arange(len(bounds), dtype=np.uint64) << _PART).tolist()
        parts = [
            own[~contains(hashes[bounds[part] : bounds[part + 1]], own & _IN_PART)]
            for part, (low, high) in enumerate(pairwise(edges))
            if len(own := shingles[low:high])
        ]
        return np.concatenate([shingles[:0], *parts])

    def _shingles(self, places: Integers) -> npt.NDArray[np.uint32]:
        part = np.searchsorted(self._table.bounds, places, side="right") - 1
        return (part.astype(np.uint32) << np.uint32(_PART)) | self._table.hashes[places]


@kernel
def _held_by_more(hashes: Any, bounds: Any, seen: Any, few: int) -> Any:
    """Return the first place, the number of tonight's texts and that of all texts of each shingle that more than `few` may hold."""
    found = np.empty((3, 0), np.int64)
    for writing in range(2):
        size = 0
        for part in range(len(bounds) - 1):
            low = bounds[part]
            while low < bounds[part + 1]:
                high = low + 1
                while high < bounds[part + 1] and hashes[high] == hashes[low]:
                    high += 1
                if high - low + seen[low] > few:
                    if writing:
                        found[0, size], found[1, size], found[2, size] = low, high - low, high - low + seen[low]
                    size += 1
                low = high
        if not writing:
            found = np.empty((3, size), np.int64)
    return found


def _ranges(starts: Integers, sizes: Integers) -> Integers:
    """Return start, start + 1 … for each start and size, one range after another."""
    ends = np.cumsum(sizes)
    result: Integers = np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)
    return result
