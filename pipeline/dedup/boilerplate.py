"""Words that too many stories have in common to be anybody's: adverts, notices, the stock phrases of a trade."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.dedup.candidates import distinct, shingles_of_part
from pipeline.dedup.jit import kernel
from pipeline.dedup.params import DedupParams
from pipeline.dedup.scan import sextuple, triple
from pipeline.dedup.sketch import KEY, PARTS, Sketches
from pipeline.dedup.words import Words

_SIX = 6


class Holders(Protocol):
    """Says which kept shingles too many stories hold."""

    def common(self, story: Sequence[int], stitched: Collection[int], limit: int) -> npt.NDArray[np.uint32]:
        """Return the kept shingles (31 bits, sorted) that more than `limit` stories hold; `story` is by text number.

        Stitched texts (by number) are not counted: what they have, they took.
        """


@dataclass(frozen=True, slots=True)
class SketchHolders:
    """Holders among texts that were all sketched."""

    sketches: Sequence[Sketches]

    def common(self, story: Sequence[int], stitched: Collection[int], limit: int) -> npt.NDArray[np.uint32]:
        stories = np.asarray(story, np.uint64)
        counted = np.ones(len(stories), np.bool_)
        counted[list(stitched)] = False
        common = [
            _common_shingles(*shingles_of_part(self.sketches, part), stories, counted, limit) + np.uint32(part << 24)
            for part in range(PARTS)
        ]
        return np.concatenate(common)  # sorted: each part is, and so are the parts


def mark_common(words: Words, common: npt.NDArray[np.uint32], params: DedupParams) -> npt.NDArray[np.int8]:
    """Return for each word 1 where kept shingles around it are `common`, -1 where not, 0 where none is kept."""
    marks: npt.NDArray[np.int8] = _mark(words.hashes[: words.size], words.low, words.high, np.uint64(params.limit), common)
    return marks


def _common_shingles(
    hashes: npt.NDArray[np.uint32], owners: npt.NDArray[np.uint32], stories: npt.NDArray[np.uint64], counted: npt.NDArray[np.bool_],
    limit: int,
) -> npt.NDArray[np.uint32]:  # fmt: skip
    """Return the shingles that more stories than `limit` have."""
    hit = counted[owners]
    keys = distinct((hashes[hit].astype(np.uint64) << np.uint64(32)) | stories[owners[hit]])
    values, counts = np.unique(keys >> np.uint64(32), return_counts=True)
    common: npt.NDArray[np.uint32] = values[counts > limit].astype(np.uint32)
    return common


@kernel
def _mark(hashes: Any, low: Any, high: Any, limit: Any, common: Any) -> Any:
    marks = np.zeros(len(hashes), np.int8)
    for text in range(len(low)):
        for i in range(low[text], high[text] - _SIX + 1):
            left = triple(hashes[i], hashes[i + 1], hashes[i + 2])
            six = sextuple(left, triple(hashes[i + 3], hashes[i + 4], hashes[i + 5]))
            if six <= limit:
                key = np.uint32(six & KEY)
                place = np.searchsorted(common, key)
                found = place < len(common) and common[place] == key
                for k in range(i, i + _SIX):
                    if found:
                        marks[k] = 1
                    elif marks[k] == 0:
                        marks[k] = -1
    return marks
