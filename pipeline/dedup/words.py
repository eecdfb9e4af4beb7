"""The words of texts and their sorted 3-word shingles: what verdicts are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.characters import tables
from pipeline.dedup.jit import kernel
from pipeline.dedup.scan import scan, triple
from pipeline.dedup.sketch import Texts, scratch

_PLACE_BITS = 24  # of a word's position: 16 million words a text


@dataclass(frozen=True, slots=True)
class Words:
    """The words of many texts, one text after another: text t has the words `bounds[t]` to `bounds[t + 1]`."""

    bounds: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint8]
    shingles: npt.NDArray[np.uint64]  # 3-word shingles, sorted within each text
    order: npt.NDArray[np.int32]  # position of each sorted shingle's first word in its text
    tally: npt.NDArray[np.int32]  # for each word: aligned texts that had a say on it, and those that have it too


def read_words(texts: Texts) -> Words:
    """Cut the texts into words and sort the 3-word shingles of each."""
    data, bounds = texts
    room = int(bounds[-1] - bounds[0]) // 2 + 2 * len(bounds)
    out = scratch(room)
    word_bounds = np.zeros(len(bounds), np.int64)
    size = _read(data, bounds, *tables(), out, word_bounds)
    hashes, starts, ends, flags = (array[:size] for array in out)  # what of the room was not written takes no memory
    shingles, order = _sorted_shingles(hashes, word_bounds)
    return Words(word_bounds, hashes, starts, ends, flags, shingles, order, np.zeros((2, size), np.int32))


def join_words(parts: Sequence[Words], texts: npt.NDArray[np.int64]) -> Words:
    """Return the words of the given texts (numbers through all parts), as if these had been read together."""
    sizes = np.concatenate([np.diff(part.bounds) for part in parts])[texts]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    size = int(bounds[-1])
    joined = Words(bounds, *scratch(size), np.empty(size, np.uint64), np.empty(size, np.int32), np.zeros((2, size), np.int32))
    first = 0
    for part in parts:
        count = len(part.bounds) - 1
        places = np.flatnonzero((texts >= first) & (texts < first + count))
        for name in ("hashes", "starts", "ends", "flags", "shingles", "order"):
            _copy_texts(getattr(part, name), part.bounds, texts[places] - first, getattr(joined, name), bounds[places])
        first += count
    return joined


@kernel
def _copy_texts(source: Any, bounds: Any, texts: Any, target: Any, starts: Any) -> None:
    for number in range(len(texts)):
        at = starts[number]
        for i in range(bounds[texts[number]], bounds[texts[number] + 1]):
            target[at] = source[i]
            at += 1


@kernel
def _read(data: Any, bounds: Any, kinds: Any, folded: Any, capital: Any, quick: Any, out: Any, word_bounds: Any) -> int:
    size = 0
    for text in range(len(bounds) - 1):
        size = scan(data, bounds[text], bounds[text + 1], kinds, folded, capital, quick, out, size, True)
        word_bounds[text + 1] = size
    return size


def _sorted_shingles(
    hashes: npt.NDArray[np.uint64], bounds: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """Return the 3-word shingles (40 bits) sorted within each text, equal ones by position, and the positions."""
    keys: npt.NDArray[np.uint64] = _placed_shingles(hashes, bounds)
    for low, high in pairwise(bounds.tolist()):
        keys[low : max(low, high - 2)].sort()  # numpy's sort is the faster one, and a compiled one takes seconds to compile
    return keys, _parted(keys)


@kernel
def _parted(keys: Any) -> Any:
    """Take the positions out of the keys, which are the shingles' hashes then, and return them."""
    order = np.empty(len(keys), np.int32)
    for i in range(len(keys)):
        order[i] = np.int32(keys[i] & np.uint64((1 << _PLACE_BITS) - 1))
        keys[i] >>= np.uint64(_PLACE_BITS)
    return order


@kernel
def _placed_shingles(hashes: Any, bounds: Any) -> Any:
    """Return each 3-word shingle with its position in the text in place of the lower bits of its hash."""
    keys = np.zeros(len(hashes), np.uint64)
    for text in range(len(bounds) - 1):
        for i in range(bounds[text], bounds[text + 1] - 2):
            shingle = triple(hashes[i], hashes[i + 1], hashes[i + 2])
            keys[i] = (shingle >> np.uint64(_PLACE_BITS) << np.uint64(_PLACE_BITS)) | np.uint64(i - bounds[text])
    return keys
