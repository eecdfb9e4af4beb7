"""Tonight's sketches held against those of other nights: each stored hash is looked up in a filter that fits the cache.

The work is one pass over what is stored of the window, whatever it holds, and no index of it has to be kept up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.candidates import shingles_of_part
from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import BLOCK, PARTS, Sketches

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
_BITS_A_HASH = 32  # of the filter: one stored hash in thirty-two passes it by chance
_STARTS = 12  # highest bits of a hash by which its place is looked up
_WORDS = 1 << 18  # of a filter at most: a shingle has 24 bits in its part
_HOLDERS = 255  # of a shingle that are remembered


@dataclass(frozen=True, slots=True)
class Table:
    """Hashes of tonight's texts by part: sorted, with their texts, behind a filter; `seen` counts what was found of each."""

    hashes: U32
    texts: U32
    bounds: npt.NDArray[np.int64]
    filter: U64  # parts x words
    starts: npt.NDArray[np.int64]  # parts x (2 ** _STARTS + 1): where hashes with the same highest bits begin
    shift: int
    seen: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Found:
    """What one segment has in common with tonight: pairs (row << 32 | text) with the number of equal hashes of each."""

    pairs: U64
    counts: npt.NDArray[np.int64]


NOTHING_FOUND = Found(np.zeros(0, np.uint64), np.zeros(0, np.int64))


class Probe:
    """Tonight's bands and kept shingles, by text number."""

    def __init__(self, chunks: Sequence[Sketches], params: DedupParams) -> None:
        texts = np.arange(sum(chunk.count for chunk in chunks), dtype=np.uint32)
        bands = [np.concatenate([np.zeros(0, np.uint32), *(chunk.bands[band] for chunk in chunks)]) for band in range(params.bands)]
        self.params = params
        self._bands = _table([(hashes, texts) for hashes in bands], 32)
        self._far = _table([(hashes, texts) for hashes in bands[: params.far]], 32)
        self.shingles = _table([shingles_of_part(chunks, part) for part in range(PARTS)], 24)

    def bands(self, bands: U32) -> Found:
        """Return the pairs that agree in bands (bands x n)."""
        return _counted(self._match(self._bands, _pass_bands(self._bands.filter, bands))[0])

    def far(self, bands: U32) -> Found:
        """Return the pairs that agree in two or more of the bands that are kept beyond the window."""
        found = _counted(self._match(self._far, _pass_bands(self._far.filter, bands))[0])
        enough = found.counts >= self.params.far_shared
        return Found(found.pairs[enough], found.counts[enough])

    def shared(self, sketches: Sketches) -> tuple[Found, U64]:
        """Return the pairs with common kept shingles, and who holds which of tonight's (place in the table << 32 | row)."""
        passed = _pass_shingles(self.shingles.filter, sketches.shingles, sketches.blocks)
        pairs, holders = self._match(self.shingles, passed)
        return _counted(pairs), holders

    def _match(self, table: Table, passed: tuple[U32, U32, U32]) -> tuple[U64, U64]:
        fields = (table.hashes, table.texts, table.bounds, table.starts, table.shift, table.seen)
        pairs: U64
        holders: U64
        pairs, holders = _match(fields, *passed, self.params.bucket, self.params.hubs)
        return pairs, holders


def _table(parts: Sequence[tuple[U32, U32]], bits: int) -> Table:
    bounds = np.cumsum([0, *(len(hashes) for hashes, _ in parts)])
    hashes, texts = np.empty(bounds[-1], np.uint32), np.empty(bounds[-1], np.uint32)
    for part, (own, holders) in enumerate(parts):
        keys = (own.astype(np.uint64) << np.uint64(32)) | holders
        keys.sort()
        hashes[bounds[part] : bounds[part + 1]] = keys >> np.uint64(32)
        texts[bounds[part] : bounds[part + 1]] = keys & np.uint64(0xFFFFFFFF)
    most = int(np.diff(bounds).max(initial=1))
    words = min(_WORDS, 1 << (most * _BITS_A_HASH // 64).bit_length())
    shift = bits - _STARTS
    edges = np.arange((1 << _STARTS) + 1, dtype=np.int64) << shift
    starts = [low + np.searchsorted(hashes[low:high], edges) for low, high in pairwise(bounds.tolist())]
    filters = np.zeros((len(parts), words), np.uint64)
    table = Table(hashes, texts, bounds, filters, np.stack(starts), shift, np.zeros(len(hashes), np.uint8))
    _fill(table.hashes, table.bounds, table.filter)
    return table


def _counted(pairs: U64) -> Found:
    pairs.sort()
    firsts = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])) if len(pairs) else np.zeros(0, np.int64)
    return Found(pairs[firsts], np.diff(firsts, append=len(pairs)))


@kernel
def _fill(hashes: Any, bounds: Any, filters: Any) -> None:
    bits = np.uint64(filters.shape[1] * 64 - 1)
    for part in range(len(bounds) - 1):
        for i in range(bounds[part], bounds[part + 1]):
            slot = np.uint64(hashes[i]) & bits
            filters[part, slot >> np.uint64(6)] |= np.uint64(1) << (slot & np.uint64(63))


@inner
def _find(value: Any, low: int, high: int, hashes: Any) -> int:
    """Return the first place of a value in a sorted range, -1 where it is not."""
    end = high
    while low < high:
        middle = (low + high) // 2
        if hashes[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low if low < end and hashes[low] == value else -1


@kernel
def _pass_bands(filters: Any, bands: Any) -> Any:
    """Return part, row and value of the hashes that pass the filter. Nothing else is in this loop: it sees all that is stored."""
    bits = np.uint64(filters.shape[1] * 64 - 1)
    parts, rows, values = np.empty(bands.size, np.uint32), np.empty(bands.size, np.uint32), np.empty(bands.size, np.uint32)
    size = 0
    for part in range(len(filters)):
        words = filters[part]
        for row in range(bands.shape[1]):
            slot = np.uint64(bands[part, row]) & bits
            if words[slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1):
                parts[size], rows[size], values[size] = part, row, bands[part, row]
                size += 1
    return parts[:size].copy(), rows[:size].copy(), values[:size].copy()


@kernel
def _pass_shingles(filters: Any, shingles: Any, blocks: Any) -> Any:
    """Do the same for kept shingles."""
    bits = np.uint64(filters.shape[1] * 64 - 1)
    count = len(shingles)
    parts, rows, values = np.empty(count, np.uint32), np.empty(count, np.uint32), np.empty(count, np.uint32)
    size = 0
    for part in range(len(filters)):
        words = filters[part]
        for block in range(blocks.shape[1] - 1):
            for at in range(blocks[part, block], blocks[part, block + 1]):
                value = shingles[at] >> np.uint32(8)
                slot = np.uint64(value) & bits
                if words[slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1):
                    parts[size], values[size] = part, value
                    rows[size] = block * BLOCK + (shingles[at] & np.uint32(BLOCK - 1))
                    size += 1
    return parts[:size].copy(), rows[:size].copy(), values[:size].copy()


@kernel
def _match(table: Any, parts: Any, rows: Any, values: Any, bucket: int, hubs: int) -> Any:
    """Return pairs (row << 32 | text), and holders (place << 32 | row) of the hashes that the table has."""
    hashes, texts, bounds, starts, shift, seen = table
    pairs, holders = np.empty(1024, np.uint64), np.empty(len(rows), np.uint64)
    size = count = 0
    for k in range(len(rows)):
        part, value = parts[k], values[k]
        place = _find(value, starts[part, value >> shift], starts[part, (value >> shift) + 1], hashes)
        if place < 0 or seen[place] >= _HOLDERS:
            continue
        seen[place] += 1
        row = np.uint64(rows[k])
        holders[count] = (np.uint64(place) << np.uint64(32)) | row
        count += 1
        if seen[place] > bucket:
            continue
        end = bounds[part + 1]
        high = place
        while high < end and hashes[high] == value:
            high += 1
        if high - place > bucket:
            high = place + hubs
        if size + high - place > len(pairs):
            more = np.empty(2 * len(pairs) + high - place, np.uint64)
            more[:size] = pairs[:size]
            pairs = more
        for i in range(place, high):
            pairs[size] = (row << np.uint64(32)) | np.uint64(texts[i])
            size += 1
    return pairs[:size].copy(), holders[:count].copy()
