"""Candidate pairs from sketches: equal band hashes, or enough common kept shingles. Linear where buckets are hot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.jit import kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import PARTS, Sketches

Pairs = npt.NDArray[np.uint64]
"""Pairs of document numbers, the smaller in the high half; sorted, each once."""

_NONE = np.zeros(0, np.uint64)
_NO_HASH = np.zeros(0, np.uint32)
_SLOT_BITS = 24  # 2 MB of bits: fits the second-level cache; a kept shingle has just so many in its part


def candidate_pairs(chunks: Sequence[Sketches], params: DedupParams) -> npt.NDArray[np.int64]:
    """Return the pairs of documents (n x 2 numbers, counted through the chunks) that may be copies or share a passage."""
    packed = _distinct(np.concatenate([band_pairs(chunks, params), passage_pairs(chunks, params)]))
    return np.stack([packed >> np.uint64(32), packed & np.uint64(0xFFFFFFFF)], axis=1).astype(np.int64)


def band_pairs(chunks: Sequence[Sketches], params: DedupParams) -> Pairs:
    """Return the pairs that agree in at least one band."""
    documents = np.arange(sum(chunk.count for chunk in chunks), dtype=np.uint32)
    pairs = _NONE
    waiting: list[Pairs] = []
    for band in range(params.bands):
        hashes = np.concatenate([_NO_HASH, *(chunk.bands[band] for chunk in chunks)])
        waiting.append(_pairs_of(hashes, documents, params))
        if band % 8 == 7:  # the same pair comes from many bands: keep the pile low
            pairs, waiting = _distinct(np.concatenate([pairs, *waiting])), []
    return _distinct(np.concatenate([pairs, *waiting]))


def passage_pairs(chunks: Sequence[Sketches], params: DedupParams) -> Pairs:
    """Return the pairs that have at least `params.shared` kept shingles in common."""
    every = np.concatenate([_NONE, *(_pairs_of(*shingles_of_part(chunks, part), params) for part in range(PARTS))])
    every.sort()
    return _repeated(every, params.shared)


def shingles_of_part(chunks: Sequence[Sketches], part: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the kept shingles of one part and the numbers of their documents, counted through the chunks."""
    starts = np.cumsum([0, *(chunk.count for chunk in chunks)])
    parts = [chunk.part(part) for chunk in chunks]
    hashes = np.concatenate([_NO_HASH, *(hashes for hashes, _ in parts)])
    owners = [own + np.uint32(start) for start, (_, own) in zip(starts, parts, strict=False)]
    return hashes, np.concatenate([_NO_HASH, *owners])


def _pairs_of(hashes: npt.NDArray[np.uint32], documents: npt.NDArray[np.uint32], params: DedupParams) -> Pairs:
    marks = np.zeros((2, 1 << (_SLOT_BITS - 6)), np.uint64)
    keys = _twice(hashes, documents, marks)
    pairs: Pairs = _join(_distinct(keys), params.bucket, params.hubs)
    return pairs


def _distinct(values: Pairs) -> Pairs:
    """Return the values sorted, each once; the array is sorted in place (numpy's own `unique` hashes, which takes longer)."""
    values.sort()
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


def _repeated(pairs: Pairs, times: int) -> Pairs:
    """Return each pair that stands at least so often in the sorted pairs, once."""
    if times > len(pairs):
        return pairs[:0]
    hits = pairs[: len(pairs) - times + 1] == pairs[times - 1 :]
    return _distinct(pairs[: len(pairs) - times + 1][hits])


@kernel
def _twice(hashes: Any, documents: Any, marks: Any) -> Any:
    """Return (hash, document) as one number each, for the hashes whose slot was hit more than once."""
    mask = np.uint64((1 << _SLOT_BITS) - 1)
    for i in range(len(hashes)):
        slot = np.uint64(hashes[i]) & mask
        bit = np.uint64(1) << (slot & np.uint64(63))
        word = slot >> np.uint64(6)
        marks[1, word] |= marks[0, word] & bit
        marks[0, word] |= bit
    size = 0
    for i in range(len(hashes)):
        slot = np.uint64(hashes[i]) & mask
        if marks[1, slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1):
            size += 1
    keys = np.empty(size, np.uint64)
    at = 0
    for i in range(len(hashes)):
        slot = np.uint64(hashes[i]) & mask
        if marks[1, slot >> np.uint64(6)] >> (slot & np.uint64(63)) & np.uint64(1):
            keys[at] = (np.uint64(hashes[i]) << np.uint64(32)) | np.uint64(documents[i])
            at += 1
    return keys


@kernel
def _join(keys: Any, bucket: int, hubs: int) -> Any:
    """Return the pairs inside each run of equal hashes; in a run longer than `bucket`: with its hubs and the neighbour."""
    pairs = np.empty(0, np.uint64)
    for writing in range(2):
        size = 0
        low = 0
        while low < len(keys):
            high = low + 1
            value = keys[low] >> np.uint64(32)
            while high < len(keys) and keys[high] >> np.uint64(32) == value:
                high += 1
            reach = high if high - low <= bucket else low + hubs
            for i in range(low, high):
                first = keys[i] & np.uint64(0xFFFFFFFF)
                for j in range(i + 1, high if i < reach else min(i + 2, high)):
                    second = keys[j] & np.uint64(0xFFFFFFFF)
                    if first != second:
                        if writing:
                            pairs[size] = (first << np.uint64(32)) | second
                        size += 1
            low = high
        if not writing:
            pairs = np.empty(size, np.uint64)
    return pairs
