"""Align the words of two texts: the passages they share, tolerant of small substitutions, and what differs inside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.jit import inner, kernel
from pipeline.dedup.measures import MEASURES, alone, count_words, fills, measure_pair
from pipeline.dedup.scan import FIGURE, NAME, QUOTED
from pipeline.dedup.words import Words

_CHOICES = 4  # places of the other text that a repeated 3-word shingle may match
WHOLE = 0.6  # share of one text in zones, and half of it of the other, with which they are aligned as wholes
_GAP = 12  # unmatched words that a passage may bridge, on either side
_ISLAND = 5  # matched words below which a passage is chance

_BATCH = 16384  # pairs whose passages are held with room to spare
_KEPT = 3 << 20  # words whose alignments are kept: more than the first texts of a block's pairs have, where families are small
LEARNT = ("fills", "alone_a", "alone_b")  # measures that hang on what other texts have
ZONES = 48  # passages that are kept for a pair, in the order of the first text


@dataclass(frozen=True, slots=True)
class Zones:
    """The passages that pairs of texts share: those of pair p are the rows `bounds[p]` to `bounds[p + 1]`.

    A row is (first word, last + 1) in the first text, the same in the second, matched words, names and figures matched,
    names and figures in all, quoted words.
    """

    rows: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int64]

    def of(self, pair: int) -> npt.NDArray[np.int32]:
        """Return the passages of one pair."""
        return self.rows[self.bounds[pair] : self.bounds[pair + 1]]

    def take(self, pairs: npt.NDArray[np.int64]) -> Zones:
        """Return the passages of these pairs, in their order."""
        counts = np.diff(self.bounds)[pairs]
        ends = np.cumsum(counts)
        places = np.repeat(self.bounds[pairs] - ends + counts, counts) + np.arange(counts.sum())
        return Zones(self.rows[places], np.concatenate([[0], ends]))


def compare(
    words: Words, pairs: npt.NDArray[np.int64], *, learn: bool = False, tallied: bool = True
) -> tuple[npt.NDArray[np.float32], Zones]:
    """Return for each pair (n x 2 text numbers) its measures (n x MEASURES) and its passages.

    With `learn`, the words of texts that are aligned as wholes are tallied. Where none were `tallied` before, the measures `LEARNT`
    are not known yet: 0.
    """
    measures = np.zeros((len(pairs), len(MEASURES)), np.float32)  # in a hot family there are millions of pairs
    size = words.longest + 1
    room = (np.empty((4, size), np.int32), np.empty((size, _CHOICES), np.int32), np.empty(size, np.int32))
    texts = (words.low, words.high, words.hashes, words.flags, words.shingles, words.order, words.tally)
    rows, counts = [np.zeros((0, 8), np.int32)], [np.zeros(1, np.int64)]
    for start in range(0, len(pairs), _BATCH):
        batch = np.ascontiguousarray(pairs[start : start + _BATCH])
        zones = np.zeros((len(batch), ZONES, 8), np.int32)
        _compare(*texts, learn, tallied, batch, *room, measures[start : start + _BATCH], zones)
        used = zones[:, :, 1] > 0
        rows.append(zones[used])
        counts.append(used.sum(axis=1))
    return measures, Zones(np.concatenate(rows), np.cumsum(np.concatenate(counts)))


def learn(words: Words, pairs: npt.NDArray[np.int64], asked: npt.NDArray[np.bool_], *, tallied: bool) -> npt.NDArray[np.float32]:
    """Tally the words of pairs of texts that are aligned as wholes, unless that was done, as `compare` would.

    Returns (n x 3) what then can be said of the pairs that are `asked` for: their measures `LEARNT`.
    """
    size = words.longest + 1
    room = (np.empty((4, size), np.int32), np.empty((size, _CHOICES), np.int32), np.empty(size, np.int32))
    texts = (words.low, words.high, words.hashes, words.flags, words.shingles, words.order, words.tally)
    kept = (np.empty(_KEPT, np.int32), np.empty(_KEPT, np.uint8))
    learnt = np.zeros((len(pairs), len(LEARNT)), np.float32)
    _learn(*texts, tallied, np.ascontiguousarray(pairs), asked, *room, np.empty((ZONES, 8), np.int32), *kept, learnt)
    return learnt


@kernel
def _learn(
    low: Any, high: Any, hashes: Any, flags: Any, shingles: Any, order: Any, tally: Any, tallied: bool, pairs: Any, asked: Any,
    room: Any, choices: Any, chosen: Any, zones: Any, kept_images: Any, kept_zones: Any, learnt: Any,
) -> None:  # fmt: skip
    image, back, zone_a, zone_b = room[0], room[1], room[2], room[3]
    kept = np.full(len(pairs), -1)  # where the alignment of a pair is kept, if there was room
    used = 0
    for p in range(0 if tallied else len(pairs)):
        a, b = low[pairs[p, 0]], low[pairs[p, 1]]
        size_a, size_b = high[pairs[p, 0]] - a, high[pairs[p, 1]] - b
        _align(hashes, flags, shingles, order, a, b, size_a, size_b, choices, chosen, room, zones)
        count_words(image, zone_a, size_a, tally[:, a : a + size_a])
        count_words(back, zone_b, size_b, tally[:, b : b + size_b])
        if asked[p] and used + size_a <= len(kept_images):
            kept[p] = used
            for i in range(size_a):
                kept_images[used + i], kept_zones[used + i] = image[i], zone_a[i]
            used += size_a
    for p in range(len(pairs)):
        if not asked[p]:
            continue
        a, b = low[pairs[p, 0]], low[pairs[p, 1]]
        size_a, size_b = high[pairs[p, 0]] - a, high[pairs[p, 1]] - b
        flags_a, flags_b = flags[a : a + size_a], flags[b : b + size_b]
        tally_a, tally_b = tally[:, a : a + size_a], tally[:, b : b + size_b]
        at = kept[p]
        if at >= 0:
            learnt[p, 0] = fills(kept_images[at : at + size_a], kept_zones[at : at + size_a], flags_a, flags_b, tally_a, tally_b)
        else:
            _align(hashes, flags, shingles, order, a, b, size_a, size_b, choices, chosen, room, zones)
            learnt[p, 0] = fills(image, zone_a, flags_a, flags_b, tally_a, tally_b)
        learnt[p, 1], learnt[p, 2] = alone(flags_a, tally_a), alone(flags_b, tally_b)


@kernel
def _compare(
    low: Any, high: Any, hashes: Any, flags: Any, shingles: Any, order: Any, tally: Any, learn: bool, tallied: bool, pairs: Any,
    room: Any, choices: Any, chosen: Any, measures: Any, zones: Any,
) -> None:  # fmt: skip
    image, back, zone_a, zone_b = room[0], room[1], room[2], room[3]
    for p in range(len(pairs)):
        a, b = low[pairs[p, 0]], low[pairs[p, 1]]
        size_a, size_b = high[pairs[p, 0]] - a, high[pairs[p, 1]] - b
        _align(hashes, flags, shingles, order, a, b, size_a, size_b, choices, chosen, room, zones[p])
        out = measures[p]
        measure_pair(
            hashes[a : a + size_a], hashes[b : b + size_b], flags[a : a + size_a], flags[b : b + size_b], image, back, zone_a,
            zone_b, zones[p], out,
        )  # fmt: skip
        if max(out[2], out[3]) < WHOLE or min(out[2], out[3]) < WHOLE / 2:
            continue
        if learn:
            count_words(image, zone_a, size_a, tally[:, a : a + size_a])
            count_words(back, zone_b, size_b, tally[:, b : b + size_b])
        elif tallied:
            flags_a, flags_b = flags[a : a + size_a], flags[b : b + size_b]
            tally_a, tally_b = tally[:, a : a + size_a], tally[:, b : b + size_b]
            out[26] = fills(image, zone_a, flags_a, flags_b, tally_a, tally_b)
            out[30], out[31] = alone(flags_a, tally_a), alone(flags_b, tally_b)


@inner
def _align(
    hashes: Any, flags: Any, shingles: Any, order: Any, a: int, b: int, size_a: int, size_b: int, choices: Any, chosen: Any,
    room: Any, zones: Any,
) -> None:  # fmt: skip
    """Map the words of two texts, which begin at `a` and `b`, onto each other and cut the map into passages."""
    image, back, zone_a, zone_b = room[0], room[1], room[2], room[3]
    _common_shingles(
        shingles[a : a + size_a], order[a : a + size_a], shingles[b : b + size_b], order[b : b + size_b], choices, chosen
    )
    _map_words(hashes[a : a + size_a], hashes[b : b + size_b], choices, chosen, image, back)
    _find_zones(hashes[a : a + size_a], hashes[b : b + size_b], flags[a : a + size_a], image, back, zone_a, zone_b, zones)


@inner
def _common_shingles(shingles_a: Any, order_a: Any, shingles_b: Any, order_b: Any, choices: Any, chosen: Any) -> None:
    """Note for each position of A the positions of B that hold the same 3-word shingle."""
    for i in range(len(shingles_a)):
        chosen[i] = 0
    count_a, count_b = len(shingles_a) - 2, len(shingles_b) - 2
    i = j = 0
    while i < count_a and j < count_b:
        if shingles_a[i] < shingles_b[j]:
            i += 1
        elif shingles_a[i] > shingles_b[j]:
            j += 1
        else:
            value = shingles_a[i]
            high = j
            while high < count_b and shingles_b[high] == value:
                high += 1
            while i < count_a and shingles_a[i] == value:
                place = order_a[i]
                chosen[place] = min(high - j, _CHOICES)
                for k in range(chosen[place]):
                    choices[place, k] = order_b[j + k]
                i += 1
            j = high


@inner
def _map_words(hashes_a: Any, hashes_b: Any, choices: Any, chosen: Any, image: Any, back: Any) -> None:
    """Map each word of A that lies in a common 3-word shingle to its place in B, the longest run first come."""
    size_a, size_b = len(hashes_a), len(hashes_b)
    for i in range(size_a):
        image[i] = -1
    for j in range(size_b):
        back[j] = -1
    i = 0
    while i < size_a:
        best, best_length = -1, 0
        for k in range(chosen[i]):
            j = choices[i, k]
            length = 0
            while i + length < size_a and j + length < size_b and hashes_a[i + length] == hashes_b[j + length] and length < 256:
                length += 1
            if back[j] >= 0:
                length //= 4  # already taken: a repeated line goes to its next place
            if length > best_length:
                best, best_length = j, length
        if best < 0:
            i += 1
            continue
        j = best
        while i < size_a and j < size_b and hashes_a[i] == hashes_b[j]:
            image[i] = j
            if back[j] < 0:
                back[j] = i
            i += 1
            j += 1


@inner
def _find_zones(hashes_a: Any, hashes_b: Any, flags_a: Any, image: Any, back: Any, zone_a: Any, zone_b: Any, zones: Any) -> None:
    """Join runs over short gaps, match equal words inside the gaps, drop islands, number the zones of both texts."""
    size_a, size_b = len(hashes_a), len(hashes_b)
    for i in range(size_a):
        zone_a[i] = 0
    for j in range(size_b):
        zone_b[j] = 0
    count = 0
    i = 0
    while i < size_a:
        if image[i] < 0:
            i += 1
            continue
        first, last, matched = i, i, 1
        i += 1
        while True:
            following = i
            while following < size_a and image[following] < 0 and following - last <= _GAP:
                following += 1
            if following >= size_a or image[following] < 0:
                break
            step = image[following] - image[last]
            if step < 1 or step - 1 > _GAP:
                break
            j = image[last] + 1
            for x in range(last + 1, following):
                for y in range(j, image[following]):
                    if hashes_a[x] == hashes_b[y] and back[y] < 0:
                        image[x] = y
                        back[y] = x
                        j = y + 1
                        matched += 1
                        break
            last = following
            matched += 1
            i = following + 1
        if matched < _ISLAND:
            for x in range(first, last + 1):
                if image[x] >= 0:
                    if back[image[x]] == x:
                        back[image[x]] = -1
                    image[x] = -1
            continue
        number = min(count + 1, ZONES)
        for x in range(first, last + 1):
            zone_a[x] = number
        for y in range(image[first], image[last] + 1):
            zone_b[y] = number
        if count < ZONES:
            row = zones[count]
            row[0], row[1], row[2], row[3], row[4] = first, last + 1, image[first], image[last] + 1, matched
            for x in range(first, last + 1):
                if flags_a[x] & (FIGURE | NAME):
                    row[6] += 1
                    if image[x] >= 0:
                        row[5] += 1
                if flags_a[x] & QUOTED:
                    row[7] += 1
            count += 1
