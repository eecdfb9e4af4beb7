"""Tonight's sketches held against those of other nights: each stored hash is looked up in a filter that fits the cache.

The work is one pass over what is stored of the window, whatever it holds, and no index of it has to be kept up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.candidates import shingles_of_part
from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import BLOCK, PARTS, Sketches
from pipeline.dedup.stack import Stack

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
# Bits of the filter for each hash, of which three are set, all in one word: one stored hash in 100 has them by chance.
_BITS_A_HASH = 16
_SIEVE = 1 << 12  # words of the sieve
_STEP = np.uint64(0x9E3779B97F4A7C15)
_DIGIT = 12  # bits of a hash that are sorted by at once
_LOWEST = np.uint64((1 << _DIGIT) - 1)
_STARTS = 12  # highest bits of a hash by which its place is looked up
_WORDS = 1 << 17  # of a filter at most: a shingle has 24 bits in its part
_NONE: U64 = np.zeros(0, np.uint64)
_HOLDERS = 255  # of a shingle that are remembered


@dataclass(frozen=True, slots=True)
class Table:
    """Hashes of tonight's texts by part: sorted, with their texts, behind a filter; `seen` counts what was found of each.

    The `sieve` is a coarser filter for the smallest cache, which lets one stored hash in five pass.
    """

    hashes: U32
    texts: U32
    bounds: Integers  # of the parts
    sieve: U64  # parts x words
    filter: U64
    starts: Integers  # parts x (2 ** _STARTS + 1): where hashes with the same highest bits begin
    shift: int
    seen: npt.NDArray[np.uint8]

    def bare(self) -> Table:
        """Return the hashes without what they are looked up with."""
        return replace(self, sieve=_NONE, filter=_NONE, starts=_NONE.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Found:
    """What other nights have in common with tonight: pairs (row << 32 | text) with the number of equal hashes of each."""

    pairs: U64
    counts: Integers


NOTHING_FOUND = Found(np.zeros(0, np.uint64), np.zeros(0, np.int64))


class Probe:
    """Tonight's bands and kept shingles, by text number."""

    def __init__(self, chunks: Sequence[Sketches], params: DedupParams) -> None:
        self.params = params
        self._chunks = chunks
        self._texts = np.arange(sum(chunk.count for chunk in chunks), dtype=np.uint32)
        sizes = [sum(int(chunk.blocks[part, -1] - chunk.blocks[part, 0]) for chunk in chunks) for part in range(PARTS)]
        self.shingles = _table(sizes, (shingles_of_part(chunks, part) for part in range(PARTS)), 24)

    @cached_property
    def _bands(self) -> Table:  # of a first night nobody asks for it
        return self._table_of(self.params.bands)

    @cached_property
    def _far(self) -> Table:
        return self._table_of(self.params.far)

    def _table_of(self, bands: int) -> Table:
        hashes = (np.concatenate([np.zeros(0, np.uint32), *(chunk.bands[band] for chunk in self._chunks)]) for band in range(bands))
        return _table([len(self._texts)] * bands, ((each, self._texts) for each in hashes), 32)

    def bands(self, bands: U32) -> Found:
        """Return the pairs that agree in bands (bands x n)."""
        return _counted(self._match(self._bands, _pass_bands(self._bands, bands))[0])

    def far(self, bands: U32) -> Found:
        """Return the pairs that agree in two or more of the bands that are kept beyond the window."""
        found = _counted(self._match(self._far, _pass_bands(self._far, bands))[0])
        enough = found.counts >= self.params.far_shared
        return Found(found.pairs[enough], found.counts[enough])

    def shared(self, stack: Stack) -> tuple[Found, U64]:
        """Return the pairs with common kept shingles, and who holds which of tonight's (place in the table << 32 | row)."""
        pairs, holders = self._match(self.shingles, _pass_shingles(self.shingles, stack))
        return _counted(pairs), holders

    def _match(self, table: Table, passed: Passed) -> tuple[U64, U64]:
        fields = (table.hashes, table.texts, table.bounds, table.starts, table.shift, table.seen)
        pairs: U64
        holders: U64
        pairs, holders = _match(fields, *passed, self.params.bucket, self.params.hubs)
        return pairs, holders


def _table(sizes: Sequence[int], parts: Iterable[tuple[U32, U32]], bits: int) -> Table:
    """Make a table of parts: hashes of so many bits and their texts, in ascending order."""
    bounds = np.cumsum([0, *sizes])
    most = int(np.diff(bounds).max(initial=1))
    words = min(_WORDS, 1 << (most * _BITS_A_HASH // 64).bit_length())
    size = int(bounds[-1])
    table = Table(
        np.empty(size, np.uint32),
        np.empty(size, np.uint32),
        bounds,
        np.zeros((len(sizes), min(words, _SIEVE)), np.uint64),
        np.zeros((len(sizes), words), np.uint64),
        np.zeros((len(sizes), (1 << _STARTS) + 1), np.int64),
        bits - _STARTS,
        np.zeros(size, np.uint8),
    )
    for part, (hashes, texts) in enumerate(parts):
        keys = _sorted((hashes.astype(np.uint64) << np.uint64(32)) | texts, 32, 32 + bits)
        own = slice(int(bounds[part]), int(bounds[part + 1]))
        filters = (table.sieve[part], table.filter[part])
        _fill(keys, table.hashes[own], table.texts[own], *filters, table.starts[part], own.start, table.shift)
    return table


Passed = tuple[npt.NDArray[np.uint8], U32, U32]
"""Part, row and value of the hashes that a table may have."""


def _pass_bands(table: Table, bands: U32) -> Passed:
    count = bands.shape[1]
    values = bands.reshape(-1)
    parts, places = _pass(table.sieve, table.filter, values, np.uint64(0), np.arange(len(bands) + 1) * count)
    return parts, places - parts * np.uint32(count), values[places]


def _pass_shingles(table: Table, stack: Stack) -> Passed:
    shingles, blocks = stack.shingles, stack.blocks
    bounds = np.append(blocks[:, 0], blocks[-1, -1])
    parts, places = _pass(table.sieve, table.filter, shingles, np.uint64(8), bounds)
    return parts, _rows(parts, places, shingles, blocks, stack.firsts), shingles[places] >> np.uint32(8)


def _counted(pairs: U64) -> Found:
    pairs.sort()
    firsts = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]])) if len(pairs) else np.zeros(0, np.int64)
    return Found(pairs[firsts], np.diff(firsts, append=len(pairs)))


@kernel
def _sorted(keys: Any, low: int, high: int) -> Any:
    """Sort keys by the bits from `low` to below `high`, equal ones as they stand: from the lowest digit to the highest."""
    other = np.empty_like(keys)
    for shift in range(low, high, _DIGIT):
        places = np.zeros((1 << _DIGIT) + 1, np.int64)
        for key in keys:
            places[(key >> np.uint64(shift) & _LOWEST) + np.uint64(1)] += 1
        for digit in range(1 << _DIGIT):
            places[digit + 1] += places[digit]
        for key in keys:
            digit = key >> np.uint64(shift) & _LOWEST
            other[places[digit]] = key
            places[digit] += 1
        keys, other = other, keys
    return keys


@kernel
def _fill(keys: Any, hashes: Any, texts: Any, sieve: Any, words: Any, starts: Any, first: int, shift: int) -> None:
    """Divide sorted keys (hash << 32 | text), note the hashes in the filters, and where those with the same highest bits begin."""
    last, coarse = np.uint64(len(words) - 1), np.uint64(len(sieve) * 64 - 1)
    for i in range(len(keys)):
        value = keys[i] >> np.uint64(32)
        hashes[i], texts[i] = np.uint32(value), np.uint32(keys[i])
        slot = value & coarse
        sieve[slot >> np.uint64(6)] |= np.uint64(1) << (slot & np.uint64(63))
        word, three = _three(value)
        words[word & last] |= three
        starts[(value >> np.uint64(shift)) + np.uint64(1)] += 1
    starts[0] = first
    for i in range(1, len(starts)):
        starts[i] += starts[i - 1]


@inner
def _three(value: Any) -> Any:
    """Return a number whose lowest bits are the word of a hash in the filter, and the three bits that are set there."""
    mixed = np.uint64(value) * _STEP
    three = np.uint64(1) << (mixed >> np.uint64(40) & np.uint64(63))
    three |= np.uint64(1) << (mixed >> np.uint64(34) & np.uint64(63))
    return mixed >> np.uint64(46), three | np.uint64(1) << (mixed >> np.uint64(28) & np.uint64(63))


@inner
def _has(words: Any, slot: Any) -> Any:
    return words[slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1)


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
def _pass(sieve: Any, filters: Any, hashes: Any, shift: Any, bounds: Any) -> Any:
    """Return part and place of the hashes (`shift` bits further up) that pass sieve and filter; `bounds` are those of the parts.

    The first loop sees all that is stored. It reads the smallest cache and has no branch: which hash passes cannot be foreseen.
    """
    places, parts = np.empty(len(hashes) + 1, np.uint32), np.empty(len(hashes), np.uint8)
    bits, last = np.uint64(sieve.shape[1] * 64 - 1), np.uint64(filters.shape[1] - 1)
    kept = np.uint64(0)
    for part in range(len(sieve)):
        words, size = sieve[part], kept
        for at in range(np.uint64(bounds[part]), np.uint64(bounds[part + 1])):
            places[size] = np.uint32(at)
            size += _has(words, (np.uint64(hashes[at]) >> shift) & bits)
        words = filters[part]
        for at in range(kept, size):
            word, three = _three(np.uint64(hashes[places[at]]) >> shift)
            places[kept], parts[kept] = places[at], part
            kept += np.uint64(words[word & last] & three == three)
    return parts[:kept].copy(), places[:kept].copy()


@kernel
def _rows(parts: Any, places: Any, shingles: Any, blocks: Any, firsts: Any) -> Any:
    """Return the texts of kept shingles at places that ascend in each part."""
    rows = np.empty(len(places), np.uint32)
    block = 0
    for i in range(len(places)):
        if i == 0 or parts[i] != parts[i - 1]:
            block = 0
        while blocks[parts[i], block + 1] <= places[i]:
            block += 1
        rows[i] = firsts[block] + (shingles[places[i]] & np.uint32(BLOCK - 1))
    return rows


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
