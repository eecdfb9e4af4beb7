"""What two sequences have in common, in bounded time: of a few words again and again difflib takes the cube of their number."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

CELLS = 90_000  # pairs of places that difflib is given at a time: a quarter of a second at worst


def equal_runs(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield the runs that are the same in both, in their order: where each begins in `a` and in `b`, and its length.

    What stands once in both parts them; between two such places difflib looks for the longest runs, if that is not too much.
    """
    head = _equal(zip(a, b, strict=False))
    tail = _equal(zip(reversed(a[head:]), reversed(b[head:]), strict=False))
    ends = len(a) - tail, len(b) - tail
    yield 0, 0, head
    i = j = head
    for left, right in [*_anchors(a[: ends[0]], b[: ends[1]], head), ends]:
        if 0 < (left - i) * (right - j) <= CELLS:
            for x, y, size in SequenceMatcher(None, a[i:left], b[j:right], autojunk=False).get_matching_blocks():
                yield i + x, j + y, size
        yield left, right, tail if (left, right) == ends else 1
        i, j = left + 1, right + 1


def _equal(pairs: Iterator[tuple[str, str]]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _anchors(a: Sequence[str], b: Sequence[str], start: int) -> list[tuple[int, int]]:
    """Return the places from `start` on of what stands once in both, as many as come in the same order."""
    in_a, in_b = Counter(a[start:]), Counter(b[start:])
    places = {word: place for place, word in enumerate(b[start:], start) if in_b[word] == 1 == in_a[word]}
    pairs = [(place, places[word]) for place, word in enumerate(a[start:], start) if word in places]
    least: list[int] = []  # the least end of a chain of each length, and which pair that is
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(least, place)
        before.append(ends[length - 1] if length else -1)
        least[length : length + 1] = [place]
        ends[length : length + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]
