"""Align the words of two texts: the passages they share, tolerant of small substitutions, and what differs inside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.characters import tables
from pipeline.dedup.jit import kernel
from pipeline.dedup.scan import FIGURE, IDEOGRAPH, NAME, QUOTED, SENTENCE, SHORT, scan, triple
from pipeline.dedup.sketch import Texts, scratch

_CHOICES = 4  # places of the other text that a repeated 3-word shingle may match
_GAP = 12  # unmatched words that a passage may bridge, on either side
_ISLAND = 5  # matched words below which a passage is chance
_WHOLE = 0.6  # share of one text in zones, and half of it of the other, with which they are aligned as wholes
_PARTNERS = 2  # aligned texts it takes to tell whether a stretch is a text's own
_SAY = 3  # aligned texts it takes to tell whether a word is a text's own
_LEAD = 40  # words: where news says what it is about

# Weights of a word by kind. Rarity in a corpus would change from night to night and verdicts with it; the kind does not.
_WEIGHT_SHORT, _WEIGHT_WORD, _WEIGHT_NAME, _WEIGHT_IDEOGRAPH = 0.4, 1.0, 1.5, 0.6

MEASURES = (
    "words_a", "words_b", "zone_a", "zone_b", "match_a", "match_b", "run", "run_a", "run_b",
    "figures_a", "figures_hit_a", "figures_b", "figures_hit_b", "names_a", "names_hit_a", "names_b", "names_hit_b",
    "plain_a", "plain_hit_a", "lead_a", "lead_b", "gap_a", "gap_b", "quoted", "order", "slots", "fills", "zones",
    "weight_a", "weight_b", "alone_a", "alone_b",
)  # fmt: skip
ZONES = 48  # passages that are kept for a pair, in the order of the first text


@dataclass(frozen=True, slots=True)
class Words:
    """The words of many texts, one text after another: text t has the words `bounds[t]` to `bounds[t + 1]`."""

    bounds: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint8]
    shingles: npt.NDArray[np.uint64]  # 3-word shingles, sorted within each text
    order: npt.NDArray[np.int32]  # position of each sorted shingle's first word in its text
    tally: npt.NDArray[np.int32]  # for each word: aligned texts that had a say on it, and those that have it too


def read_words(texts: Texts) -> Words:
    """Cut the texts into words and sort the 3-word shingles of each."""
    data, bounds = texts
    room = int(bounds[-1] - bounds[0]) // 2 + 2 * len(bounds)
    out = scratch(room)
    word_bounds = np.zeros(len(bounds), np.int64)
    size = _read(data, bounds, *tables(), out, word_bounds)
    hashes, starts, ends, flags = (array[:size].copy() for array in out)
    shingles, order = _sorted_shingles(hashes, word_bounds)
    return Words(word_bounds, hashes, starts, ends, flags, shingles, order, np.zeros((2, size), np.int32))


def compare(
    words: Words, pairs: npt.NDArray[np.int64], *, learn: bool = False
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Return for each pair (n x 2 text numbers) its measures (n x MEASURES) and its passages.

    A passage is (first word, last + 1) in the first text, the same in the second, matched words, names and figures matched,
    names and figures in all, quoted words; rows of zeros follow the last.
    With `learn`, the words of texts that are aligned as wholes are tallied: `fills` is known in later calls only.
    """
    measures = np.zeros((len(pairs), len(MEASURES)))
    zones = np.zeros((len(pairs), ZONES, 8), np.int32)
    size = int(np.diff(words.bounds).max(initial=0)) + 1
    room = (np.empty((4, size), np.int32), np.empty((size, _CHOICES), np.int32), np.empty(size, np.int32))
    _compare(
        words.bounds,
        words.hashes,
        words.flags,
        words.shingles,
        words.order,
        words.tally,
        learn,
        np.ascontiguousarray(pairs),
        *room,
        measures,
        zones,
    )
    return measures, zones


@kernel
def _read(data: Any, bounds: Any, kinds: Any, folded: Any, capital: Any, quick: Any, out: Any, word_bounds: Any) -> int:
    size = 0
    for text in range(len(bounds) - 1):
        size = scan(data, bounds[text], bounds[text + 1], kinds, folded, capital, quick, out, size, True)
        word_bounds[text + 1] = size
    return size


@kernel
def _sorted_shingles(hashes: Any, bounds: Any) -> Any:
    shingles = np.zeros(len(hashes), np.uint64)
    order = np.zeros(len(hashes), np.int32)
    for text in range(len(bounds) - 1):
        low = bounds[text]
        count = bounds[text + 1] - low - 2
        if count > 0:
            own = np.empty(count, np.uint64)
            for i in range(count):
                own[i] = triple(hashes[low + i], hashes[low + i + 1], hashes[low + i + 2])
            places = np.argsort(own, kind="mergesort")
            for i in range(count):
                shingles[low + i] = own[places[i]]
                order[low + i] = places[i]
    return shingles, order


@kernel
def _weight(flag: int) -> float:
    if flag & IDEOGRAPH:
        return _WEIGHT_IDEOGRAPH
    if flag & (FIGURE | NAME):
        return _WEIGHT_NAME
    return _WEIGHT_SHORT if flag & SHORT else _WEIGHT_WORD


@kernel
def _compare(
    bounds: Any, hashes: Any, flags: Any, shingles: Any, order: Any, tally: Any, learn: bool, pairs: Any, room: Any, choices: Any,
    chosen: Any, measures: Any, zones: Any,
) -> None:  # fmt: skip
    image, back, zone_a, zone_b = room[0], room[1], room[2], room[3]
    for p in range(len(pairs)):
        a, b = bounds[pairs[p, 0]], bounds[pairs[p, 1]]
        size_a, size_b = bounds[pairs[p, 0] + 1] - a, bounds[pairs[p, 1] + 1] - b
        _common_shingles(
            shingles[a : a + size_a], order[a : a + size_a], shingles[b : b + size_b], order[b : b + size_b], choices, chosen
        )
        _map_words(hashes[a : a + size_a], hashes[b : b + size_b], choices, chosen, image, back)
        _find_zones(hashes[a : a + size_a], hashes[b : b + size_b], flags[a : a + size_a], image, back, zone_a, zone_b, zones[p])
        out = measures[p]
        _measure(flags[a : a + size_a], flags[b : b + size_b], image, back, zone_a, zone_b, zones[p], out)
        if max(out[2], out[3]) < _WHOLE or min(out[2], out[3]) < _WHOLE / 2:
            continue
        if learn:
            _count(image, zone_a, size_a, tally[:, a : a + size_a])
            _count(back, zone_b, size_b, tally[:, b : b + size_b])
        else:
            flags_a, flags_b = flags[a : a + size_a], flags[b : b + size_b]
            tally_a, tally_b = tally[:, a : a + size_a], tally[:, b : b + size_b]
            out[26] = _fills(image, zone_a, flags_a, flags_b, tally_a, tally_b)
            out[30], out[31] = _alone(flags_a, tally_a), _alone(flags_b, tally_b)


@kernel
def _count(image: Any, zone: Any, size: int, tally: Any) -> None:
    for i in range(size):
        if zone[i]:
            tally[0, i] += 1
            if image[i] >= 0:
                tally[1, i] += 1


@kernel
def _fills(image: Any, zone: Any, flags_a: Any, flags_b: Any, tally_a: Any, tally_b: Any) -> int:
    """Count the gaps that both texts fill with words of their own, as a form is filled: hardly any other text has them.

    In a family of edited copies the word that one editor replaced still stands in the original and in other copies.
    """
    count = 0
    previous = -1
    for i in range(len(flags_a)):
        if image[i] < 0:
            continue
        gap = previous >= 0 and zone[previous] == zone[i] and i - previous > 1 and image[i] - image[previous] > 1
        if gap and _own(previous + 1, i, flags_a, tally_a) and _own(image[previous] + 1, image[i], flags_b, tally_b):
            count += 1
        previous = i
    return count


@kernel
def _alone(flags: Any, tally: Any) -> float:
    """Return the weight of the words that no text aligned with this one as a whole has, if there are enough of these."""
    partners = 0
    weight = 0.0
    for i in range(len(flags)):
        partners = max(partners, tally[0, i])
        if tally[1, i] == 0:
            weight += _weight(flags[i])
    return weight if partners >= _PARTNERS else 0.0


@kernel
def _own(low: int, high: int, flags: Any, tally: Any) -> bool:
    own = False
    for i in range(low, high):
        own = own or (not flags[i] & SHORT and tally[0, i] >= _SAY and tally[1, i] * 5 <= tally[0, i])
    return own


@kernel
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


@kernel
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


@kernel
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


@kernel
def _side(flags: Any, image: Any, zone: Any, out: Any) -> None:
    """Sum one text up into `out`: 0 weight, 1 in zones, 2 matched, 3-8 figures, names and plain words with their hits,
    9 words of the lead, 10 longest stretch outside of zones, 11 quoted words, 12 words in exact runs of 8.
    """
    for k in range(13):
        out[k] = 0.0
    gap = 0.0
    run = 0
    for i in range(len(flags)):
        flag = flags[i]
        weight = _weight(flag)
        out[0] += weight
        if zone[i]:
            gap = 0.0
            hit = 1 if image[i] >= 0 else 0
            out[1] += weight
            out[2] += weight * hit
            if flag & FIGURE:
                out[3] += 1
                out[4] += hit
            elif flag & NAME:
                out[5] += 1
                out[6] += hit
            elif not flag & (SHORT | SENTENCE):
                out[7] += 1
                out[8] += hit
            if i < _LEAD:
                out[9] += 1
            if flag & QUOTED:
                out[11] += 1
        else:
            gap += weight
            out[10] = max(out[10], gap)
        if image[i] >= 0 and i and image[i - 1] == image[i] - 1:
            run += 1
        else:
            run = 1 if image[i] >= 0 else 0
        if run == 8:
            out[12] += 8
        elif run > 8:
            out[12] += 1


@kernel
def _measure(flags_a: Any, flags_b: Any, image: Any, back: Any, zone_a: Any, zone_b: Any, zones: Any, out: Any) -> None:
    size_a, size_b = len(flags_a), len(flags_b)
    out[0], out[1] = size_a, size_b
    if not size_a or not size_b:
        return
    side = np.empty(13)
    for k in range(2):
        if k == 0:
            _side(flags_a, image, zone_a, side)
        else:
            _side(flags_b, back, zone_b, side)
        total = max(side[0], 1e-9)
        words = size_a if k == 0 else size_b
        out[2 + k] = side[1] / total
        out[4 + k] = side[2] / total
        out[7 + k] = side[12] / words
        out[9 + 2 * k], out[10 + 2 * k] = side[3], side[4]
        out[13 + 2 * k], out[14 + 2 * k] = side[5], side[6]
        if k == 0:
            out[17], out[18] = side[7], side[8]
            out[23] = side[11]
        out[19 + k] = side[9] / min(words, _LEAD)
        out[21 + k] = side[10] / total
        out[28 + k] = side[0]
    _sequence(flags_a, flags_b, image, zone_a, zones, out)


@kernel
def _sequence(flags_a: Any, flags_b: Any, image: Any, zone_a: Any, zones: Any, out: Any) -> None:
    """Measure the longest exact run, the share of zones in order, and the slots: gaps with other names or figures in both texts."""
    run = longest_run = 0
    previous = -1
    for i in range(len(flags_a)):
        if image[i] < 0:
            run = 0
            continue
        run = run + 1 if i and image[i - 1] >= 0 and image[i - 1] == image[i] - 1 else 1
        longest_run = max(longest_run, run)
        if previous >= 0 and zone_a[previous] == zone_a[i] and i - previous > 1 and image[i] - image[previous] > 1:
            left = right = False
            for x in range(previous + 1, i):
                left = left or flags_a[x] & (FIGURE | NAME) != 0
            for y in range(image[previous] + 1, image[i]):
                right = right or flags_b[y] & (FIGURE | NAME) != 0
            if left and right:
                out[25] += 1
        previous = i
    out[6] = longest_run
    in_order = count = 0
    end = -1
    for k in range(len(zones)):
        if not zones[k, 1]:
            break
        count += 1
        if zones[k, 2] >= end:
            in_order += 1
        end = zones[k, 3]
    out[24] = in_order / count if count else 0.0
    out[27] = count
