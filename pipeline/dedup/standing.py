"""What the texts of one story have of each other: the common part that a text lacks, and what only it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.words import Words

_FREE = np.uint64(0xFFFFFFFFFFFFFFFF)  # a place in the table that holds no shingle: those have 40 bits


def standings(stories: Sequence[Sequence[int]], words: Words) -> npt.NDArray[np.float64]:
    """Return for the texts of each story, in order (n x 2), what each lacks of what others have in common, and adds to it.

    Both are shares: of the 3-word shingles that at least two other texts of the story have (one, where there is only one), and of
    the text's own shingles.
    """
    bounds = np.cumsum([0, *map(len, stories)])
    texts = np.fromiter((text for story in stories for text in story), np.int64, int(bounds[-1]))
    result: npt.NDArray[np.float64] = _standings(words.low, words.high, words.shingles, texts, bounds)
    return result


@kernel
def _standings(low: Any, high: Any, shingles: Any, texts: Any, stories: Any) -> Any:
    result = np.zeros((len(texts), 2))
    room = 1024
    keys, counts = np.empty(room, np.uint64), np.empty(room, np.int32)
    for story in range(len(stories) - 1):
        own = texts[stories[story] : stories[story + 1]]
        most = 0
        for text in own:
            most += high[text] - low[text]
        size = 16
        while size < 2 * most:
            size *= 2
        if size > room:
            room = size
            keys, counts = np.empty(room, np.uint64), np.empty(room, np.int32)
        for place in range(size):
            keys[place] = _FREE
            counts[place] = 0
        for text in own:
            for i in range(low[text], high[text] - 2):
                if i == low[text] or shingles[i] != shingles[i - 1]:
                    place = _place(shingles[i], keys, size)
                    keys[place] = shingles[i]
                    counts[place] += 1
        _compare(own, low, high, shingles, keys, counts, size, result[stories[story] : stories[story + 1]])
    return result


@inner
def _place(shingle: Any, keys: Any, size: int) -> Any:
    """Return where a shingle stands in the table, or belongs."""
    mask = size - 1
    place = np.int64(shingle) & mask
    while keys[place] != shingle and keys[place] != _FREE:
        place = (place + 1) & mask
    return place


@inner
def _compare(own: Any, low: Any, high: Any, shingles: Any, keys: Any, counts: Any, size: int, result: Any) -> None:
    enough = min(2, len(own) - 1)
    everywhere = 0
    for place in range(size):
        everywhere += keys[place] != _FREE and counts[place] >= enough
    for row in range(len(own)):
        text = own[row]
        distinct = held = more = alone = 0
        for i in range(low[text], high[text] - 2):
            if i == low[text] or shingles[i] != shingles[i - 1]:
                count = counts[_place(shingles[i], keys, size)]
                distinct += 1
                held += count >= enough
                more += count > enough
                alone += count == 1
        lacks = everywhere - held
        result[row, 0] = lacks / max(1, lacks + more)
        result[row, 1] = alone / max(1, distinct)
