"""The words of texts and their sorted 3-word shingles: what verdicts are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.characters import tables
from pipeline.dedup.jit import kernel
from pipeline.dedup.scan import REPEATED, scan, triple
from pipeline.dedup.sketch import Texts, scratch

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
_SHORT = 4096  # words of a text whose shingles are sorted by their highest bits; numpy's sort is the faster one for longer texts
_HIGH = 10  # of these bits
_PHRASE = 6  # words of the shortest phrase that is told when it comes again
_PLACE_BITS = 24  # of a word's position: 16 million words a text


@dataclass(frozen=True, slots=True)
class Words:
    """The words of many texts: text t has the words `low[t]` to `high[t]` of the `size` that there are.

    The arrays have room for more words; what of it was never written takes no memory.
    """

    low: Places
    high: Places
    size: int
    hashes: Hashes
    starts: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint8]
    shingles: Hashes  # 3-word shingles, sorted within each text
    order: npt.NDArray[np.int32]  # position of each sorted shingle's first word in its text
    tally: npt.NDArray[np.int32]  # for each word: aligned texts that had a say on it, and those that have it too

    @property
    def longest(self) -> int:
        """The number of words of the longest text."""
        return int((self.high - self.low).max(initial=0))

    def of(self, texts: Places) -> Words:
        """Return the words of these texts, by their place in `texts`."""
        return replace(self, low=self.low[texts], high=self.high[texts])

    def emptied(self) -> Words:
        """Return the room of these words without a text in it; they are used up."""
        self.tally[:, : self.size] = 0
        return replace(self, low=self.low[:0], high=self.high[:0], size=0)


def read_words(texts: Texts, after: Words | None = None, *, spare: int = 0) -> Words:
    """Cut texts into words and sort the 3-word shingles of each; they follow on the texts of `after`, which is used up.

    `spare` is how many times the room is left for texts that follow: where it is enough, nothing is copied.
    """
    data, bounds = texts
    used = _room_for(int(_most_words(data, bounds)), after, spare)
    ends = np.empty(len(bounds), np.int64)
    ends[0] = used.size
    out = (used.hashes, used.starts, used.ends, used.flags)
    size: int = _read(data, bounds, tables(), out, ends)
    _sort_shingles(used.hashes, ends, used.shingles, used.order)
    _flag_repeats(used.shingles, used.order, ends, used.flags)
    return replace(used, low=np.concatenate([used.low, ends[:-1]]), high=np.concatenate([used.high, ends[1:]]), size=size)


def _room_for(words: int, after: Words | None, spare: int) -> Words:
    """Return `after`, or nothing, with room for so many words more; where it has none yet, with `spare` times as much besides."""
    if after is not None and len(after.hashes) - after.size >= words:
        return after
    size = 0 if after is None else after.size
    room = size + words * (1 + spare)
    none = np.zeros(0, np.int64)
    larger = Words(
        none, none, 0, *scratch(room), np.empty(room, np.uint64), np.empty(room, np.int32), np.zeros((2, room), np.int32)
    )  # fmt: skip
    if after is None:
        return larger
    for name in ("hashes", "starts", "ends", "flags", "shingles", "order"):
        getattr(larger, name)[:size] = getattr(after, name)[:size]
    larger.tally[:, :size] = after.tally[:, :size]
    return replace(larger, low=after.low, high=after.high, size=size)


@kernel
def _most_words(data: Any, bounds: Any) -> Any:
    """Return how many words texts have at most.

    One after each ASCII character that is no letter and two for each other character, or one for two bytes; and what stands right
    before and behind numbers.
    """
    total = 0
    for text in range(len(bounds) - 1):
        count, parts = 1, 2
        for i in range(bounds[text], bounds[text + 1]):
            byte, before = data[i], data[i - 1]  # before a text's first byte any may stand: two parts are there for it
            letter = np.uint8((byte | np.uint8(32)) - np.uint8(97)) < 26
            digit, digit_before = np.uint8(byte - np.uint8(48)) < 10, np.uint8(before - np.uint8(48)) < 10
            count += 0 if letter | digit | (byte & 0xC0 == 0x80) else 1 + (byte >> 7)
            parts += (2 if digit & (not digit_before) else 0) + (1 if (byte < 0x80) & (before >= 0x80) else 0)
        total += parts + min(count, (bounds[text + 1] - bounds[text]) // 2 + 2)
    return total


@kernel
def _read(data: Any, bounds: Any, tables: Any, out: Any, word_bounds: Any) -> Any:
    size = word_bounds[0]
    for text in range(len(bounds) - 1):
        size = scan(data, bounds[text], bounds[text + 1], tables, out, size, True)
        word_bounds[text + 1] = size
    return size


def _sort_shingles(hashes: Hashes, bounds: Places, keys: Hashes, order: npt.NDArray[np.int32]) -> None:
    """Write the 3-word shingles (40 bits) sorted within each text, equal ones by position, and the positions."""
    _place_shingles(hashes, bounds, keys)
    _sort_short(keys, bounds)
    for text in np.flatnonzero(np.diff(bounds) - 2 > _SHORT).tolist():
        keys[bounds[text] : bounds[text + 1] - 2].sort()
    _part_shingles(keys, bounds, order)


@kernel
def _place_shingles(hashes: Any, bounds: Any, keys: Any) -> None:
    """Write each 3-word shingle with its position in the text in place of the lower bits of its hash."""
    for text in range(len(bounds) - 1):
        for i in range(bounds[text], bounds[text + 1] - 2):
            shingle = triple(hashes[i], hashes[i + 1], hashes[i + 2])
            keys[i] = (shingle >> np.uint64(_PLACE_BITS) << np.uint64(_PLACE_BITS)) | np.uint64(i - bounds[text])
        for i in range(max(bounds[text], bounds[text + 1] - 2), bounds[text + 1]):
            keys[i] = np.uint64(0)


@kernel
def _sort_short(keys: Any, bounds: Any) -> None:
    """Sort the keys of each text with no more than `_SHORT`: by their highest bits, then among the few that share these."""
    spare, places = np.empty(_SHORT, np.uint64), np.empty((1 << _HIGH) + 1, np.int64)
    for text in range(len(bounds) - 1):
        own = keys[bounds[text] : max(bounds[text], bounds[text + 1] - 2)]
        if len(own) > _SHORT:
            continue
        places[:] = 0
        for key in own:
            places[(key >> np.uint64(64 - _HIGH)) + np.uint64(1)] += 1
        for high in range(1 << _HIGH):
            places[high + 1] += places[high]
        for key in own:
            high = key >> np.uint64(64 - _HIGH)
            spare[places[high]] = key
            places[high] += 1
        for i in range(len(own)):
            place = i
            while place and own[place - 1] > spare[i]:
                own[place] = own[place - 1]
                place -= 1
            own[place] = spare[i]


@kernel
def _part_shingles(keys: Any, bounds: Any, order: Any) -> None:
    """Take the positions out of the keys."""
    for i in range(bounds[0], bounds[-1]):
        order[i] = np.int32(keys[i] & np.uint64((1 << _PLACE_BITS) - 1))
        keys[i] >>= np.uint64(_PLACE_BITS)


@kernel
def _flag_repeats(shingles: Any, order: Any, bounds: Any, flags: Any) -> None:
    """Flag the words of phrases that stood in their text before, as in the captions of one event or the rows of a table."""
    longest = 0
    for text in range(len(bounds) - 1):
        longest = max(longest, bounds[text + 1] - bounds[text])
    again = np.zeros(longest + 1, np.bool_)  # the 3-word shingle that begins here stood before
    for text in range(len(bounds) - 1):
        low, count = bounds[text], bounds[text + 1] - bounds[text] - 2
        repeats = 0
        for i in range(low + 1, low + count):
            if shingles[i] == shingles[i - 1]:
                again[order[i]] = True
                repeats += 1
        if not repeats:
            continue
        run = 0
        for i in range(count + 1):
            if again[i]:
                run += 1
                again[i] = False
                continue
            if run + 2 >= _PHRASE:
                for k in range(low + i - run, low + i + 2):
                    flags[k] |= REPEATED
            run = 0
