"""What the alignment of two texts amounts to: shares, runs, names and figures, slots and fills."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.dedup.jit import inner
from pipeline.dedup.scan import FIGURE, NAME, PIECE, QUOTED, REPEATED, SENTENCE, SHORT

_PARTNERS = 2  # aligned texts it takes to tell whether a stretch is a text's own
_SAY = 3  # aligned texts it takes to tell whether a word is a text's own
_LEAD = 40  # words: where news says what it is about
_BESIDE = 24  # words of the longest stretches between two passages, one of either text, that can say the same with other figures
_FORM = 400  # words: a form is short

# Weights of a word by kind. Rarity in a corpus would change from night to night and verdicts with it; the kind does not.
_WEIGHT_SHORT, _WEIGHT_WORD, WEIGHT_FIGURE, _WEIGHT_PIECE = 0.4, 1.0, 1.5, 0.6

MEASURES = (
    "words_a", "words_b", "zone_a", "zone_b", "match_a", "match_b", "run", "run_a", "run_b",
    "figures_a", "figures_hit_a", "figures_b", "figures_hit_b", "names_a", "names_hit_a", "names_b", "names_hit_b",
    "plain_a", "plain_hit_a", "lead_a", "lead_b", "gap_a", "gap_b", "quoted", "order", "slots", "fills", "zones",
    "weight_a", "weight_b", "alone_a", "alone_b", "listed_a", "listed_b", "beside", "beside_hit", "beside_weight",
    "named", "framed",
)  # fmt: skip


def _weight(flag: int) -> float:
    if flag & REPEATED:  # what a text says twice is no more of it than what it says once
        return 0.0
    if flag & PIECE:
        return _WEIGHT_PIECE
    if flag & (FIGURE | NAME):
        return WEIGHT_FIGURE
    return _WEIGHT_SHORT if flag & SHORT else _WEIGHT_WORD


_WEIGHTS = np.array([_weight(flag) for flag in range(256)])


@inner
def count_words(image: Any, zone: Any, size: int, tally: Any) -> None:
    """Tally the words of a text inside its zones, and of these the ones that the other text has too."""
    for i in range(size):
        if zone[i]:
            tally[0, i] += 1
            if image[i] >= 0:
                tally[1, i] += 1


@inner
def fills(image: Any, zone: Any, flags_a: Any, flags_b: Any, tally_a: Any, tally_b: Any) -> int:
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


@inner
def alone(flags: Any, tally: Any) -> float:
    """Return the weight of what no text aligned with this one as a whole has a passage of, if there are enough of these.

    A word that was replaced within a passage is none of it: an editor was there.
    """
    partners = 0
    weight = 0.0
    for i in range(len(flags)):
        partners = max(partners, tally[0, i])
        if tally[0, i] == 0:
            weight += _WEIGHTS[flags[i]]
    return weight if partners >= _PARTNERS else 0.0


@inner
def _own(low: int, high: int, flags: Any, tally: Any) -> bool:
    own = False
    for i in range(low, high):
        own = own or (not flags[i] & SHORT and tally[0, i] >= _SAY and tally[1, i] * 5 <= tally[0, i])
    return own


@inner
def _side(flags: Any, image: Any, zone: Any, out: Any) -> None:
    """Sum one text up into `out`: 0 weight, 1 in zones, 2 matched, 3-8 figures, names and plain words with their hits,
    9 words of the lead, 10 longest stretch outside of zones, 11 quoted words, 12 words in exact runs of 8, 13 figures outside.
    """
    weights = inside = matched = gap = widest = 0.0
    figures = figure_hits = names = name_hits = plain = plain_hits = lead = quoted = runs = run = listed = 0
    for i in range(len(flags)):  # hardly a branch: kinds of words follow on each other as they like
        flag, here, hit = np.int64(flags[i]), int(zone[i] != 0), int(image[i] >= 0)
        weight = _WEIGHTS[flag]
        weights += weight
        inside += weight * here
        matched += weight * (hit & here)
        gap = 0.0 if here else gap + weight
        widest = max(widest, gap)
        figure = int(flag & (FIGURE | REPEATED) == FIGURE) & here
        listed += int(flag & (FIGURE | REPEATED) == FIGURE) & (1 - here)
        name = int(flag & (FIGURE | NAME | REPEATED) == NAME) & here
        word = int(flag & (FIGURE | NAME | SHORT | SENTENCE | REPEATED) == 0) & here
        figures += figure
        names += name
        plain += word
        figure_hits += figure & hit
        name_hits += name & hit
        plain_hits += word & hit
        lead += here & int(i < _LEAD)
        quoted += here & int(flag & QUOTED != 0)
        run = run + 1 if hit and i and image[i - 1] == image[i] - 1 else hit
        runs += 8 if run == 8 else int(run > 8)
    out[0], out[1], out[2], out[3], out[4], out[5], out[6] = weights, inside, matched, figures, figure_hits, names, name_hits
    out[7], out[8], out[9], out[10], out[11], out[12] = plain, plain_hits, lead, widest, quoted, runs
    out[13] = listed


@inner
def measure_pair(
    hashes_a: Any, hashes_b: Any, flags_a: Any, flags_b: Any, image: Any, back: Any, zone_a: Any, zone_b: Any, zones: Any, out: Any
) -> None:  # fmt: skip
    """Write the measures of one aligned pair into `out`, in the order of `MEASURES`."""
    size_a, size_b = len(flags_a), len(flags_b)
    out[0], out[1] = size_a, size_b
    if not size_a or not size_b:
        return
    side = np.empty(14)
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
        out[32 + k] = side[13]
    _sequence(hashes_a, flags_a, flags_b, image, back, zone_a, zones, out)
    _beside(hashes_a, hashes_b, flags_a, flags_b, zones, out)


@inner
def _sequence(hashes_a: Any, flags_a: Any, flags_b: Any, image: Any, back: Any, zone_a: Any, zones: Any, out: Any) -> None:
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
            left = _kinds(flags_a, previous + 1, i)
            right = _kinds(flags_b, image[previous] + 1, image[i])
            if left and right:
                out[25] += 1
            if i < _FORM and left == NAME and right == NAME and _first_named(hashes_a, flags_a, previous + 1, i):
                out[37] += 1
        previous = i
    out[6] = longest_run
    in_order = count = 0
    end = -1
    for k in range(len(zones)):
        if not zones[k, 1]:
            break
        if back[zones[k, 2]] != zones[k, 0]:  # a phrase that the first text has once more says nothing of order
            continue
        count += 1
        if zones[k, 2] >= end:
            in_order += 1
        end = zones[k, 3]
    out[24] = in_order / count if count else 0.0
    out[27] = count


@inner
def _kinds(flags: Any, low: int, high: int) -> int:
    kinds = 0
    for i in range(low, high):
        kinds |= flags[i] & (FIGURE | NAME)
    return kinds


@inner
def _first_named(hashes: Any, flags: Any, low: int, high: int) -> bool:
    """Say whether none of the names there stood in the text before: one that is spelled in another way is so all through a text."""
    for i in range(low, high):
        for j in range(low):
            if flags[i] & NAME and hashes[j] == hashes[i]:
                return False
    return True


@inner
def _beside(hashes_a: Any, hashes_b: Any, flags_a: Any, flags_b: Any, zones: Any, out: Any) -> None:
    """Count the figures before, between and after passages, where both texts have a short stretch: those that agree, and others.

    A form that is filled densely is aligned where it is not; what it is filled with stands beside that.
    """
    end_a = end_b = 0
    for k in range(len(zones) + 1):
        last = k == len(zones) or not zones[k, 1]
        start_a, start_b = (len(flags_a), len(flags_b)) if last else (zones[k, 0], zones[k, 2])
        if k and not last:  # where passages are turned around, no stretch of one text stands for one of the other
            out[38] = max(out[38], min(_stretch(flags_a[end_a:start_a]) / out[28], _stretch(flags_b[end_b:start_b]) / out[29]))
        if 0 < start_a - end_a <= _BESIDE and 0 < start_b - end_b <= _BESIDE:
            figures = hits = 0
            for i in range(end_a, start_a):
                if flags_a[i] & (FIGURE | REPEATED) == FIGURE:
                    figures += 1
                    found = False
                    for j in range(end_b, start_b):
                        found = found or hashes_a[i] == hashes_b[j]
                    hits += found
            others = -hits
            for j in range(end_b, start_b):
                others += flags_b[j] & (FIGURE | REPEATED) == FIGURE
            out[34] += max(0, min(figures - hits, others))
            out[35] += hits
            for i in range(end_a, start_a):
                out[36] += _WEIGHTS[flags_a[i]]
            inside = k and not last and (flags_a[end_a] | flags_b[end_b]) & SENTENCE == 0
            if inside:
                out[37] += _other_names(
                    hashes_a[end_a:start_a], hashes_b[end_b:start_b], flags_a[end_a:start_a], flags_b[end_b:start_b]
                )
        if last:
            return
        end_a, end_b = zones[k, 1], zones[k, 3]


@inner
def _stretch(flags: Any) -> float:
    weight = 0.0
    for flag in flags:
        weight += _WEIGHTS[flag]
    return weight


@inner
def _other_names(hashes_a: Any, hashes_b: Any, flags_a: Any, flags_b: Any) -> int:
    """Return how many names two stretches have, the one with fewer of them, if none of them agrees."""
    left = right = 0
    for i in range(len(hashes_a)):
        if flags_a[i] & (NAME | FIGURE) == NAME:
            left += 1
            for j in range(len(hashes_b)):
                if hashes_a[i] == hashes_b[j]:
                    return 0
    for j in range(len(hashes_b)):
        right += flags_b[j] & (NAME | FIGURE) == NAME
    return min(left, right)
