"""Tonight's sketches held against those of other nights: each stored hash is looked up in a filter that fits the cache.

The work is one pass over what is stored of the window, whatever it holds, and no index of it has to be kept up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.candidates import shingles_of_part
from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import mix
from pipeline.dedup.sketch import BLOCK, PARTS, Sketches

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
_BITS_A_HASH = 16  # of the filter: one stored hash in sixteen passes it by chance
_HOLDERS = 255  # of a shingle that are remembered


@dataclass(frozen=True, slots=True)
class Table:
    """Hashes of tonight's texts by part: sorted, with their texts, behind a filter; `seen` counts what was found of each."""

    hashes: U32
    texts: U32
    bounds: npt.NDArray[np.int64]
    filter: U64  # parts x words
    seen: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Found:
    """What one segment has in common with tonight: pairs (row << 32 | text) with the number of equal hashes of each."""

    pairs: U64
    counts: npt.NDArray[np.int64]


class Probe:
    """Tonight's bands and kept shingles, by text number."""

    def __init__(self, chunks: Sequence[Sketches], params: DedupParams) -> None:
        texts = np.arange(sum(chunk.count for chunk in chunks), dtype=np.uint32)
        bands = [np.concatenate([np.zeros(0, np.uint32), *(chunk.bands[band] for chunk in chunks)]) for band in range(params.bands)]
        self._params = params
        self._bands = _table([(hashes, texts) for hashes in bands])
        self._far = _table([(hashes, texts) for hashes in bands[: params.far]])
        self.shingles = _table([shingles_of_part(chunks, part) for part in range(PARTS)])

    def bands(self, bands: U32) -> Found:
        """Return the pairs that agree in bands (bands x n)."""
        return _counted(_probe_bands(_fields(self._bands), bands, self._params.bucket, self._params.hubs))

    def far(self, bands: U32) -> Found:
        """Return the pairs that agree in two or more of the bands that are kept beyond the window."""
        found = _counted(_probe_bands(_fields(self._far), bands, self._params.bucket, self._params.hubs))
        enough = found.counts >= self._params.far_shared
        return Found(found.pairs[enough], found.counts[enough])

    def passages(self, sketches: Sketches) -> tuple[Found, U64]:
        """Return the pairs with enough common kept shingles, and who holds which of tonight's (place in the table << 32 | row)."""
        table, params = _fields(self.shingles), self._params
        pairs, holders = _probe_shingles(table, sketches.shingles, sketches.blocks, params.bucket, params.hubs)
        found = _counted(pairs)
        enough = found.counts >= self._params.shared
        return Found(found.pairs[enough], found.counts[enough]), holders


def _fields(table: Table) -> tuple[Any, ...]:
    return table.hashes, table.texts, table.bounds, table.filter, table.seen


def _table(parts: Sequence[tuple[U32, U32]]) -> Table:
    bounds = np.cumsum([0, *(len(hashes) for hashes, _ in parts)])
    hashes, texts = np.empty(bounds[-1], np.uint32), np.empty(bounds[-1], np.uint32)
    for part, (own, holders) in enumerate(parts):
        keys = (own.astype(np.uint64) << np.uint64(32)) | holders
        keys.sort()
        hashes[bounds[part] : bounds[part + 1]] = keys >> np.uint64(32)
        texts[bounds[part] : bounds[part + 1]] = keys & np.uint64(0xFFFFFFFF)
    most = int(np.diff(bounds).max(initial=1))
    words = max(1, 1 << (most * _BITS_A_HASH // 64).bit_length())
    table = Table(hashes, texts, bounds, np.zeros((len(parts), words), np.uint64), np.zeros(len(hashes), np.uint8))
    _fill(table.hashes, table.bounds, table.filter)
    return table


def _counted(pairs: U64) -> Found:
    pairs.sort()
    firsts = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])) if len(pairs) else np.zeros(0, np.int64)
    return Found(pairs[firsts], np.diff(firsts, append=len(pairs)))


@inner
def _slot(value: Any, bits: Any) -> Any:
    # Shingles of a part are the lowest of all hashes: mixed again, so that they spread over the filter.
    return mix(value) & bits


@kernel
def _fill(hashes: Any, bounds: Any, filters: Any) -> None:
    bits = np.uint64(filters.shape[1] * 64 - 1)
    for part in range(len(bounds) - 1):
        for i in range(bounds[part], bounds[part + 1]):
            slot = _slot(np.uint64(hashes[i]), bits)
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
def _probe_bands(table: Any, bands: Any, bucket: int, hubs: int) -> Any:
    hashes, texts, bounds, filters, seen = table
    bits = np.uint64(filters.shape[1] * 64 - 1)
    pairs = np.empty(1024, np.uint64)
    size = 0
    for part in range(len(bounds) - 1):
        for row in range(bands.shape[1]):
            value = bands[part, row]
            slot = _slot(np.uint64(value), bits)
            if filters[part, slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1):
                place = _find(value, bounds[part], bounds[part + 1], hashes)
                if place >= 0 and seen[place] < bucket:
                    seen[place] += 1
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
                        pairs[size] = (np.uint64(row) << np.uint64(32)) | np.uint64(texts[i])
                        size += 1
    return pairs[:size].copy()


@kernel
def _probe_shingles(table: Any, shingles: Any, blocks: Any, bucket: int, hubs: int) -> Any:
    hashes, texts, bounds, filters, seen = table
    bits = np.uint64(filters.shape[1] * 64 - 1)
    pairs, holders = np.empty(1024, np.uint64), np.empty(1024, np.uint64)
    size = count = 0
    for part in range(len(bounds) - 1):
        for block in range(blocks.shape[1] - 1):
            for at in range(blocks[part, block], blocks[part, block + 1]):
                value = shingles[at] >> np.uint32(8)
                slot = _slot(np.uint64(value), bits)
                if filters[part, slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1):
                    place = _find(value, bounds[part], bounds[part + 1], hashes)
                    if place < 0 or seen[place] >= _HOLDERS:
                        continue
                    seen[place] += 1
                    row = np.uint64(block * BLOCK) + np.uint64(shingles[at] & np.uint32(BLOCK - 1))
                    if count == len(holders):
                        more = np.empty(2 * count, np.uint64)
                        more[:count] = holders
                        holders = more
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
