"""Candidate pairs from sketches: equal band hashes, or enough common kept shingles. Linear where buckets are hot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.dedup.jit import kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import PARTS, Sketches

Pairs = npt.NDArray[np.uint64]
"""Pairs of document numbers, the smaller in the high half; sorted, each once."""
Counted = npt.NDArray[np.uint64]
"""Pairs with 28 bits for each number and, in the lowest byte, how often the two agree: 255 stands for more."""

Number = TypeVar("Number", bound=np.integer[Any])

_NONE = np.zeros(0, np.uint64)
_NO_HASH = np.zeros(0, np.uint32)
_COUNT = np.uint64(0xFF)
_PILE = 1 << 20  # pairs that wait to be counted
_SLOT_BITS = 24  # 2 MB of bits: fits the second-level cache; a kept shingle has just so many in its part


def candidate_pairs(chunks: Sequence[Sketches], params: DedupParams) -> npt.NDArray[np.int64]:
    """Return the pairs of documents (n x 2 numbers, counted through the chunks) that may be copies or share a passage."""
    documents = sum(chunk.count for chunk in chunks)
    packed = likely_pairs(counted_pairs(chunks, params), sharing_pairs(chunks, params), documents, params)
    return np.stack([packed >> np.uint64(32), packed & np.uint64(0xFFFFFFFF)], axis=1).astype(np.int64)


def likely_pairs(counted: Counted, sharing: Pairs, documents: int, params: DedupParams) -> Pairs:
    """Return the pairs that are worth a look, from those that agree in bands (sorted) and those with common kept shingles.

    Of a document with very many partners those that agree in most bands are taken, ties by lower number.
    """
    return distinct(np.concatenate([_nearest(counted, documents, params.partners), sharing]))


def counted_pairs(chunks: Sequence[Sketches], params: DedupParams) -> Counted:
    """Return the pairs that agree in at least one band, sorted, with the number of such bands."""
    documents = np.arange(sum(chunk.count for chunk in chunks), dtype=np.uint32)
    bands = (np.concatenate([_NO_HASH, *(chunk.bands[band] for chunk in chunks)]) for band in range(params.bands))
    return _counted(pairs_of(hashes, documents, params) for hashes in bands)


def sharing_pairs(chunks: Sequence[Sketches], params: DedupParams) -> Pairs:
    """Return the pairs with enough common kept shingles."""
    counted = _counted(pairs_of(*shingles_of_part(chunks, part), params) for part in range(PARTS))
    return _uncounted(counted[counted & _COUNT >= params.shared])


def _counted(many: Iterable[Pairs]) -> Counted:
    """Return the pairs, sorted, with how often each is there; the same pair comes many times, so the pile is kept low."""
    counted = _NONE
    waiting: list[Counted] = []
    for pairs in many:
        waiting.append(count_pairs(pairs, 1))
        if sum(map(len, waiting)) > max(_PILE, len(counted)):
            counted, waiting = _piled(counted, waiting), []
    return _piled(counted, waiting)


def _piled(counted: Counted, waiting: Sequence[Counted]) -> Counted:
    piled = np.concatenate([counted, *waiting])
    piled.sort()
    return piled[: _merge(piled)].copy()


def shingles_of_part(chunks: Sequence[Sketches], part: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return the kept shingles of one part and the numbers of their documents, counted through the chunks."""
    starts = np.cumsum([0, *(chunk.count for chunk in chunks)])
    parts = [chunk.part(part) for chunk in chunks]
    hashes = np.concatenate([_NO_HASH, *(hashes for hashes, _ in parts)])
    owners = [own + np.uint32(start) for start, (_, own) in zip(starts, parts, strict=False)]
    return hashes, np.concatenate([_NO_HASH, *owners])


def pairs_of(hashes: npt.NDArray[np.uint32], documents: npt.NDArray[np.uint32], params: DedupParams) -> Pairs:
    """Return the pairs of documents that have a hash in common, once for each such hash; hot hashes are joined to their hubs."""
    marks = np.zeros((2, 1 << (_SLOT_BITS - 6)), np.uint64)
    keys = _twice(hashes, documents, marks)
    pairs: Pairs = _join(distinct(keys), params.bucket, params.hubs)
    return pairs


def count_pairs(pairs: Pairs, counts: Pairs | int) -> Counted:
    """Return pairs with their counts; numbers above 28 bits would need a second machine long before."""
    first, second = pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)
    return np.bitwise_or((first << np.uint64(36)) | (second << np.uint64(8)), np.asarray(counts, np.uint64))


def _uncounted(counted: Counted) -> Pairs:
    pairs: Pairs = (counted >> np.uint64(36) << np.uint64(32)) | (counted >> np.uint64(8) & np.uint64(0xFFFFFFF))
    return pairs


def distinct(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return the values sorted, each once; the array is sorted in place. numpy's `unique` takes 17 times as long for a million."""
    values.sort()
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


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


@kernel
def _merge(counted: Any) -> int:
    """Add the counts of equal pairs that stand together, in place; return how many pairs there are."""
    size = 0
    for i in range(len(counted)):
        if size and counted[size - 1] >> np.uint64(8) == counted[i] >> np.uint64(8):
            counted[size - 1] += min(counted[i] & np.uint64(0xFF), np.uint64(0xFF) - (counted[size - 1] & np.uint64(0xFF)))
        else:
            counted[size] = counted[i]
            size += 1
    return size


@kernel
def _nearest(counted: Any, documents: int, partners: int) -> Any:
    """Return the pairs that are among the `partners` with the highest counts of either document, ties by lower number."""
    degree = np.zeros(documents, np.int64)
    for pair in counted:
        degree[pair >> np.uint64(36)] += 1
        degree[(pair >> np.uint64(8)) & np.uint64(0xFFFFFFF)] += 1
    hot = np.full(documents, -1, np.int64)  # row in the histogram
    rows = 0
    for document in range(documents):
        if degree[document] > partners:
            hot[document] = rows
            rows += 1
    histogram = np.zeros((rows, 65), np.uint16)
    for pair in counted:
        for document in (pair >> np.uint64(36), (pair >> np.uint64(8)) & np.uint64(0xFFFFFFF)):
            if hot[document] >= 0:
                row = histogram[hot[document]]
                count = pair & np.uint64(0xFF)
                row[count] = min(row[count] + 1, 0xFFFF)
    least = np.zeros(rows, np.uint64)  # count of the last partner that is taken
    left = np.zeros(rows, np.int64)  # partners with just that count that are taken
    for number in range(rows):
        left[number] = partners
        for count in range(64, 0, -1):
            if histogram[number, count] >= left[number]:
                least[number] = count
                break
            left[number] -= histogram[number, count]
    pairs = np.empty(len(counted), np.uint64)
    size = 0
    for pair in counted:
        taken = False
        count = pair & np.uint64(0xFF)
        first, second = pair >> np.uint64(36), (pair >> np.uint64(8)) & np.uint64(0xFFFFFFF)
        for document in (first, second):
            number = hot[document]
            if number < 0 or count > least[number]:
                taken = True
            elif count == least[number] and left[number]:
                left[number] -= 1
                taken = True
        if taken:
            pairs[size] = (first << np.uint64(32)) | second
            size += 1
    return pairs[:size].copy()
