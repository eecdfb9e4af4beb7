"""How alike two headlines are: by their words, or where no space parts these, by pairs of letters."""

from __future__ import annotations

from itertools import pairwise

from pipeline.clean.lines import UNSPACED
from pipeline.extract.strings import fold, words


def likeness(a: str, b: str) -> float:
    """Return how much two titles agree, 0 to 1: what they have in common, or one being the beginning of the other."""
    left, right = pieces(a), pieces(b)
    if not left or not right:
        return 0.0
    if UNSPACED.search(a) or UNSPACED.search(b):
        return agreement(left, right)
    if min(len(left), len(right)) == 1:
        short, long = sorted((fold(a), fold(b)), key=len)
        return len(short) / len(long) if short in long and len(short) > 3 else 0.0
    shared = len(left & right)
    contained = shared / min(len(left), len(right))
    return max(agreement(left, right), 0.9 * contained) if shared > 2 else agreement(left, right)


def pieces(text: str) -> frozenset[str]:
    """Return the words of a headline, or the pairs of letters of one that has letters of a script without spaces."""
    if not UNSPACED.search(text):
        return frozenset(words(text))
    letters = fold(text)
    return frozenset(map("".join, pairwise(letters))) or frozenset((letters,))


def agreement(a: frozenset[str], b: frozenset[str]) -> float:
    """Return how much of two headlines is common to both, 0 to 1 (Dice)."""
    shared = len(a & b)
    return 2 * shared / (len(a) + len(b)) if shared else 0.0
