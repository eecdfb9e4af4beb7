"""Cuts of a night into blocks whose texts fit in memory together: of pairs, and of families that hang together by pairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.jit import inner, kernel

Numbers = npt.NDArray[np.int64]
BLOCK = 1 << 24  # bytes of the texts that are read at once: their words take six times as much
_CLUSTER = 4  # a cluster of texts that are kept together takes at most this part of a block


def text_blocks(texts: Numbers, sizes: Numbers) -> Iterator[Numbers]:
    """Yield texts in blocks; `sizes` are the bytes of all texts by number."""
    ends: list[int] = _cuts(np.arange(len(texts)), sizes[texts], BLOCK)
    yield from (texts[low:high] for low, high in pairwise([0, *ends]) if low < high)


def pair_blocks(pairs: Numbers, sizes: Numbers) -> list[Numbers]:
    """Return the rows of pairs (n x 2 texts) in blocks, so that a text comes in few of them."""
    texts = np.zeros(len(sizes), np.bool_)
    texts[pairs] = True
    if sizes[texts].sum() <= BLOCK:
        return [np.arange(len(pairs))]
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(_clusters(pairs, sizes, BLOCK // _CLUSTER), kind="stable")] = np.arange(len(sizes))
    sides = np.sort(rank[pairs], axis=1)
    order = np.lexsort((sides[:, 1], sides[:, 0]))
    ends = _pair_cuts(pairs[order], sizes, BLOCK)
    return [order[low:high] for low, high in pairwise([0, *ends])]


def family_blocks(pairs: Numbers, texts: Numbers, sizes: Numbers) -> Iterator[Numbers]:
    """Yield texts (sorted within each block), those that hang together by pairs in one block, whatever it takes."""
    label = _clusters(pairs, sizes, np.iinfo(np.int64).max)[texts]
    order = np.argsort(label, kind="stable")
    for low, high in pairwise([0, *_cuts(label[order], sizes[texts[order]], BLOCK)]):
        if low < high:
            yield np.sort(texts[order[low:high]])


@kernel
def _clusters(pairs: Any, sizes: Any, most: int) -> Any:
    """Return for each text the smallest of its cluster: texts joined by pairs, as long as all take no more than `most` bytes."""
    parent = np.arange(len(sizes))
    total = sizes.copy()
    for row in range(len(pairs)):
        one, other = _root(parent, pairs[row, 0]), _root(parent, pairs[row, 1])
        if one != other and total[one] + total[other] <= most:
            small, large = min(one, other), max(one, other)
            parent[large] = small
            total[small] += total[large]
    for text in range(len(parent)):
        parent[text] = _root(parent, text)
    return parent


@inner
def _root(parent: Any, text: Any) -> Any:
    while parent[text] != text:
        parent[text] = parent[parent[text]]
        text = parent[text]
    return text


@kernel
def _cuts(labels: Any, sizes: Any, most: int) -> Any:
    """Return where blocks end, of texts of which those with the same label stand together and are not parted."""
    ends = [0 for _ in range(0)]
    held = 0
    start = low = 0
    while low < len(labels):
        high = low
        size = 0
        while high < len(labels) and labels[high] == labels[low]:
            size += sizes[high]
            high += 1
        if low > start and held + size > most:
            ends.append(low)
            start, held = low, 0
        held += size
        low = high
    ends.append(len(labels))
    return ends


@kernel
def _pair_cuts(pairs: Any, sizes: Any, most: int) -> Any:
    """Return where blocks of pairs end of which the texts take no more than `most` bytes."""
    block_of = np.zeros(len(sizes), np.int64)
    ends = [0 for _ in range(0)]
    held = 0
    for row in range(len(pairs)):
        number = len(ends) + 1
        more = 0
        for side in range(2):
            if block_of[pairs[row, side]] != number:
                more += sizes[pairs[row, side]]
        if held and held + more > most:
            ends.append(row)
            number += 1
            held = 0
            more = sizes[pairs[row, 0]] + sizes[pairs[row, 1]]
        held += more
        block_of[pairs[row, 0]] = block_of[pairs[row, 1]] = number
    ends.append(len(pairs))
    return ends
