"""Sketches of texts in one pass over an Arrow buffer: MinHash bands for whole texts, FracMinHash for shared passages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.dedup.characters import tables
from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import mix, scan, sextuple, triple

Texts = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
"""UTF-8 bytes of many texts one after another, and the n + 1 offsets between them."""

_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_ROUND = np.uint64(0xA0761D6478BD642F)
CHUNK = 8192  # texts that are sketched at once
BLOCK = 256
PARTS = 128
_PART_SHIFT = np.uint32(24)
_REPEATS = 1 << 13  # places of a table of one text's kept shingles; of more than half as many they are sorted
KEY = np.uint64(0x7FFFFFFF)  # the bits of a kept shingle's hash that are stored: 7 number its part
_STEP = np.uint64(0xE7037ED1A0B428DB)


def encode(texts: Sequence[str]) -> Texts:
    """Return the texts as Arrow keeps them; a lone surrogate becomes one question mark, so that offsets stay."""
    try:
        array = pa.array(texts, pa.large_string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        array = pa.array([text.encode("utf-8", "replace") for text in texts], pa.large_binary())
    return buffers(array)


def buffers(array: pa.Array) -> Texts:
    """Return the bytes and offsets of an Arrow array of strings without copying them."""
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8) if len(array) else np.zeros(1, np.int64)
    return (np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)), bounds


def longest(bounds: npt.NDArray[np.int64]) -> int:
    """Return the number of words that the longest text can have: one a byte, where numbers and their units are written together."""
    return int(np.diff(bounds).max(initial=0)) + 1


def scratch(words: int) -> tuple[Any, Any, Any, Any]:
    """Return room for so many words, as `scan` writes them."""
    return np.empty(words, np.uint64), np.empty(words, np.uint32), np.empty(words, np.uint32), np.empty(words, np.uint8)


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of one chunk of texts.

    `bands` is bands x n. `shingles` are the kept 6-word shingles sorted by part (the highest 7 of their 31 bits) and text;
    each holds the other 24 bits and the low byte of its text's number, and `blocks` (parts x blocks + 1) says where in a
    part each 256 texts begin: four bytes a shingle, which is what a million texts need most.
    """

    bands: npt.NDArray[np.uint32]
    shingles: npt.NDArray[np.uint32]
    blocks: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        """The number of texts."""
        return int(self.bands.shape[1])

    def part(self, number: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
        """Return the kept shingles of one part (24 bits) and the numbers of their texts in the chunk."""
        blocks = self.blocks[number]
        own = slice(int(blocks[0]), int(blocks[-1]))
        owners: npt.NDArray[np.uint32] = np.repeat(np.arange(0, (len(blocks) - 1) * BLOCK, BLOCK, dtype=np.uint32), np.diff(blocks))
        owners += self.shingles[own] & np.uint32(BLOCK - 1)
        return self.shingles[own] >> np.uint32(8), owners


def sketch_all(chunks: Iterable[Texts], params: DedupParams) -> list[Sketches]:
    """Sketch chunks of texts, of which one at a time is held."""
    return [sketch(chunk, params) for chunk in chunks]


def sketch(texts: Texts, params: DedupParams) -> Sketches:
    """Sketch a chunk of texts: each text's sketch depends on that text alone."""
    data, bounds = texts
    count = len(bounds) - 1
    room = longest(bounds)
    bands = np.zeros((count, params.bands), np.uint32)
    kept = np.empty((int(bounds[-1] - bounds[0]) // 4) // params.fraction + room, np.uint32)
    kept_bounds = np.zeros(count + 1, np.int64)
    signature = np.empty(params.bands * params.rows, np.uint64)
    spare = (scratch(room), np.empty(room, np.uint64), signature)
    start = 0
    while start < count:  # the room for kept shingles is an estimate; hashes could gather
        start = _sketch(data, bounds, start, tables(), *spare, params.rows, np.uint64(params.limit), bands, kept, kept_bounds)
        if start < count:
            kept = np.concatenate([kept, np.empty(len(kept) + room, np.uint32)])
    _keep_once(kept, kept_bounds)
    return Sketches(np.ascontiguousarray(bands.T), *_partition(kept, kept_bounds))


@kernel
def _keep_once(kept: Any, kept_bounds: Any) -> None:
    """Leave each kept shingle of a text once, in place: what a text repeats says no more than once what it has with another."""
    table = np.zeros(_REPEATS, np.uint64)  # shingles by hash, each below the number of its text: nothing is cleared for the next
    size = high = 0
    for text in range(len(kept_bounds) - 1):
        low, high = high, kept_bounds[text + 1]
        crowded = high - low > _REPEATS // 2
        mark, previous = np.uint64(text + 1), np.uint32(0)
        if crowded:
            kept[low:high].sort()
        for i in range(low, high):
            entry = (mark << np.uint64(32)) | np.uint64(kept[i])
            if crowded:
                again = i > low and kept[i] == previous
            else:
                place = np.uint64(kept[i]) & np.uint64(_REPEATS - 1)
                while table[place] >> np.uint64(32) == mark and table[place] != entry:
                    place = (place + np.uint64(1)) & np.uint64(_REPEATS - 1)
                again = table[place] == entry
                table[place] = entry
            previous = kept[i]
            kept[size] = previous
            size += not again
        kept_bounds[text + 1] = size


@kernel
def _partition(kept: Any, kept_bounds: Any) -> Any:
    """Sort kept shingles by part, stably; return them packed with the low bytes of their texts, and the beginnings of blocks."""
    count = len(kept_bounds) - 1
    blocks = np.zeros((PARTS, (count + BLOCK - 1) // BLOCK + 1), np.int64)
    for text in range(count):
        for i in range(kept_bounds[text], kept_bounds[text + 1]):
            blocks[kept[i] >> _PART_SHIFT, text // BLOCK + 1] += 1
    total = 0
    for part in range(PARTS):
        for block in range(blocks.shape[1]):
            total += blocks[part, block]
            blocks[part, block] = total
    shingles = np.empty(total, np.uint32)
    following = blocks[:, 0].copy()
    for text in range(count):
        for i in range(kept_bounds[text], kept_bounds[text + 1]):
            part = kept[i] >> _PART_SHIFT
            shingles[following[part]] = (kept[i] << np.uint32(8)) | np.uint32(text % BLOCK)
            following[part] += 1
    return shingles, blocks


@kernel
def _sketch(
    data: Any, bounds: Any, start: int, tables: Any, words: Any, shingles: Any, signature: Any, rows: int, limit: Any, bands: Any,
    kept: Any, kept_bounds: Any,
) -> int:  # fmt: skip
    size = kept_bounds[start]
    for document in range(start, len(bounds) - 1):
        n = scan(data, bounds[document], bounds[document + 1], tables, words, 0, False)
        if size + n > len(kept):
            return document
        hashes = words[0]
        count = max(n - 2, 1 if n else 0)
        if n < 3:
            shingles[0] = mix(hashes[0] + (hashes[1] if n == 2 else np.uint64(0))) if n else np.uint64(0)
        for i in range(n - 2):
            shingles[i] = triple(hashes[i], hashes[i + 1], hashes[i + 2])
        for i in range(3, n - 2):
            six = sextuple(shingles[i - 3], shingles[i])
            kept[size] = np.uint32(six & KEY)
            size += six <= limit
        kept_bounds[document + 1] = size
        if count:
            _fill(shingles, count, signature)
        for band in range(bands.shape[1]):
            value = np.uint64(band + 1)
            for row in range(rows):
                value = mix(value * _STEP + signature[band * rows + row])
            # An empty text has a hash of its own in every band: it is nobody's copy.
            bands[document, band] = np.uint32(value >> np.uint64(32)) if count else np.uint32(document)
    return len(bounds) - 1


@inner
def _fill(shingles: Any, count: int, signature: Any) -> None:
    """Fill the signature with minima over all shingles (fast similarity sketching, Dahlgaard et al. 2017).

    In each round every shingle goes to one place; a value of an earlier round is the smaller one. So a text of a few
    hundred words costs two or three rounds in place of one pass for each of the values, with the same expectation.
    """
    size = len(signature)
    for place in range(size):
        signature[place] = _EMPTY
    for turn in range(size):
        for i in range(count):
            value = mix(shingles[i] + np.uint64(turn) * _ROUND)
            place = ((value >> np.uint64(32)) * np.uint64(size)) >> np.uint64(32)
            value = (np.uint64(turn) << np.uint64(32)) | (value & np.uint64(0xFFFFFFFF))
            signature[place] = min(signature[place], value)  # without a branch: which is less cannot be foreseen
        empty = 0
        for place in range(size):
            empty += signature[place] == _EMPTY
        if empty == 0:
            return
    for place in range(size):  # still empty: all shingles compete for it
        if signature[place] == _EMPTY:
            for i in range(count):
                value = mix(shingles[i] ^ (np.uint64(place) * _ROUND))
                value = (np.uint64(size) << np.uint64(32)) | (value & np.uint64(0xFFFFFFFF))
                if value < signature[place]:
                    signature[place] = value
