"""Titles as evidence against a copy: both texts share much, but what each is about stands in what is its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.scan import FIGURE, NAME, SHORT
from pipeline.dedup.sketch import encode
from pipeline.dedup.words import Words, read_words

_OWN = 8  # words outside of the shared passages from which on a title can be about them
# Share of a title's words that stand in those words only, or are names or figures that the other text has nowhere. The other words
# of a headline differ between two versions of one report, too, or stand there with another ending.
_ABOUT = 0.5
_TELLING = 2  # words a title must have, short ones not counted


def about_own_parts(
    pairs: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], zones: Zones, words: Words, titles: Sequence[str | None]
) -> npt.NDArray[np.bool_]:
    """Mark the pairs in `rows` of which both titles speak of what the two texts do not share.

    So it is where only a sidebar is common, and in a form: each title says what the form was filled with.
    """
    texts, places = np.unique(pairs[rows], return_inverse=True)
    heads = read_words(encode([titles[text] or "" for text in texts.tolist()]))
    telling = (heads.flags[: heads.size] & SHORT) == 0
    before = np.concatenate([[0], np.cumsum(telling)])
    result: npt.NDArray[np.bool_] = _about_own_parts(
        pairs[rows], rows, zones.rows, zones.bounds, words.low, words.high, words.hashes, words.flags, places.reshape(-1, 2),
        heads.hashes[: heads.size][telling], before[heads.low], before[heads.high], np.empty(words.longest, np.bool_),
    )  # fmt: skip
    return result


@kernel
def _about_own_parts(
    pairs: Any, rows: Any, zones: Any, zone_bounds: Any, low: Any, high: Any, hashes: Any, flags: Any, heads: Any, title_words: Any,
    title_low: Any, title_high: Any, shared: Any,
) -> Any:  # fmt: skip
    result = np.zeros(len(rows), np.bool_)
    for place in range(len(rows)):
        passages = zones[zone_bounds[rows[place]] : zone_bounds[rows[place] + 1]]
        own = True
        for side in range(2):
            text, other, head = pairs[place, side], pairs[place, 1 - side], heads[place, side]
            title = title_words[title_low[head] : title_high[head]]
            words, others = hashes[low[text] : high[text]], hashes[low[other] : high[other]]
            kinds = flags[low[text] : high[text]]
            own = own and _about_own(words, kinds, others, passages, 2 * side, title, shared)
        result[place] = own
    return result


@inner
def _about_own(hashes: Any, flags: Any, others: Any, passages: Any, side: int, title: Any, shared: Any) -> bool:
    if len(title) < _TELLING:
        return False
    for i in range(len(hashes)):
        shared[i] = False
    for number in range(len(passages)):
        for i in range(passages[number, side], passages[number, side + 1]):
            shared[i] = True
    outside = 0
    cased = False
    for i in range(len(hashes)):
        outside += not shared[i]
        cased = cased or flags[i] & NAME != 0
    count = 0
    for word in title:
        in_own = in_shared = filled = False
        for i in range(len(hashes)):
            if hashes[i] == word:
                filled = filled or not cased or flags[i] & (FIGURE | NAME) != 0
                in_shared = in_shared or shared[i]
                in_own = in_own or not shared[i]
        if in_own and not in_shared and outside >= _OWN:
            count += 1
        elif in_own or in_shared:
            count += filled and not _holds(others, word)
    return bool(count >= _ABOUT * len(title))


@inner
def _holds(hashes: Any, word: Any) -> bool:
    held = False
    for other in hashes:
        held = held or other == word
    return held
