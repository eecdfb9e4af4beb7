"""Titles as evidence against a copy: both texts share much, but what each is about stands in the part of its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.scan import SHORT
from pipeline.dedup.sketch import encode
from pipeline.dedup.words import Words, read_words

_OWN = 8  # words outside of the shared passages from which on a title can be about them
_ABOUT = 0.5  # share of a title's words that stand in those words only
_TELLING = 2  # words a title must have, short ones not counted


def about_own_parts(
    pairs: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], zones: Zones, words: Words, titles: Sequence[str | None]
) -> npt.NDArray[np.bool_]:
    """Mark the pairs in `rows` of which both titles speak of what the two texts do not share, as where only a sidebar is common."""
    heads = read_words(encode([title or "" for title in titles]))
    telling = [heads.hashes[low:high][(heads.flags[low:high] & SHORT) == 0] for low, high in pairwise(heads.bounds.tolist())]
    result = np.zeros(len(rows), np.bool_)
    for place, row in enumerate(rows.tolist()):
        a, b = pairs[row].tolist()
        if min(len(telling[a]), len(telling[b])) < _TELLING:
            continue
        passages = zones.of(row)
        result[place] = _about_own(a, passages[:, 0:2], words, telling[a]) and _about_own(b, passages[:, 2:4], words, telling[b])
    return result


def _about_own(text: int, ranges: npt.NDArray[np.int32], words: Words, title: npt.NDArray[np.uint64]) -> bool:
    low, high = int(words.bounds[text]), int(words.bounds[text + 1])
    shared = np.zeros(high - low, np.bool_)
    for start, end in ranges.tolist():
        shared[start:end] = True
    if (~shared).sum() < _OWN:
        return False
    hashes = words.hashes[low:high]
    own = np.isin(title, hashes[~shared]) & ~np.isin(title, hashes[shared])
    return bool(own.mean() >= _ABOUT)
