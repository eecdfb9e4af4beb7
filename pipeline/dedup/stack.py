"""Segments of other nights laid on each other, so that they are looked up together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.batched import batched_within
from pipeline.dedup.sketch import BLOCK, PARTS, Sketches

Item = TypeVar("Item")

_AT_ONCE = 1 << 16  # documents


@dataclass(frozen=True, slots=True)
class Stack:
    """The sketches of several segments as if they were one: rows are counted through them. `firsts` are the rows of the blocks."""

    bands: npt.NDArray[np.uint32]
    shingles: npt.NDArray[np.uint32]
    blocks: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.uint32]


class Room:
    """Memory for one stack after another: new memory is cleared by the system before, which takes longer than to copy into it."""

    def __init__(self) -> None:
        self._hashes = np.empty(0, np.uint32)

    def joined(self, arrays: Sequence[npt.NDArray[np.uint32]], rows: int = 1) -> npt.NDArray[np.uint32]:
        """Return arrays of so many rows side by side, until the next are wanted."""
        size = sum(array.size for array in arrays)
        if size > len(self._hashes):
            self._hashes = np.empty(size * 5 // 4, np.uint32)
        result = self._hashes[:size].reshape(rows, -1)
        return np.concatenate([array.reshape(rows, -1) for array in arrays], axis=1, out=result)


def stacked(many: Sequence[Sketches], bands: Room, shingles: Room) -> Stack:
    """Lay sketches on each other part by part, so that what a part is looked up in stays in the cache for all of them."""
    edges = [(each.shingles, np.append(each.blocks[:, 0], each.blocks[-1, -1]).tolist()) for each in many]
    slices = [own[bounds[part] : bounds[part + 1]] for part in range(PARTS) for own, bounds in edges]
    ends = np.cumsum(np.concatenate([np.diff(each.blocks, axis=1) for each in many], axis=1)).reshape(PARTS, -1)
    starts = np.concatenate([[0], ends[:-1, -1]])
    rows = pairwise(accumulate((each.count for each in many), initial=0))
    return Stack(
        bands.joined([each.bands for each in many], len(many[0].bands)),
        shingles.joined(slices)[0],
        np.concatenate([starts[:, None], ends], axis=1),
        np.concatenate([np.arange(low, high, BLOCK, dtype=np.uint32) for low, high in rows]),
    )


def at_once(items: Iterable[tuple[int, Item]]) -> Iterator[list[Item]]:
    """Yield items in lists of which the documents, whose number stands before each, are looked up together."""
    return batched_within(items, _AT_ONCE)
