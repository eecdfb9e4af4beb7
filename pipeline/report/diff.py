"""Two texts side by side: paragraphs matched to each other, and in each the words that the other does not have."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, groupby

from pipeline.matching import equal_runs
from pipeline.warehouse.rows import kept_blocks

MOST_WORDS = 4000  # words of each text that are compared; what follows is shown as it is
MOST_PARAGRAPHS = 300
LONGEST_WORD = 200  # characters; only the head of a longer one is compared
_WORDS = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a paragraph that the other text has too (`same`), or has not."""

    text: str
    same: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A paragraph of the left text and the one that answers it in the right; either may be missing."""

    left: tuple[Span, ...] | None
    right: tuple[Span, ...] | None

    @property
    def same(self) -> bool:
        """Whether both sides are there and word for word the same."""
        return self.left is not None and self.right is not None and all(span.same for span in (*self.left, *self.right))


def side_by_side(left: str, right: str) -> tuple[Pair, ...]:
    """Return the paragraphs of both texts in their order, matched by the words that they share."""
    a, b = _Words.of(left), _Words.of(right)
    votes: dict[tuple[int, int], int] = {}
    for i, j, size in equal_runs(a.keys, b.keys):
        for offset in range(size):
            a.same[i + offset] = b.same[j + offset] = True
            pair = a.paragraph(i + offset), b.paragraph(j + offset)
            votes[pair] = votes.get(pair, 0) + 1
    return tuple(_rows(a, b, _matched(votes, len(a.starts), len(b.starts))))


@dataclass(slots=True)
class _Words:
    """The words of a text, where each paragraph begins among them, and which the other text has."""

    words: list[str]
    keys: list[str]
    starts: list[int]
    same: list[bool]

    @classmethod
    def of(cls, text: str) -> _Words:
        paragraphs = [_WORDS.findall(block) for block in kept_blocks(text)[:MOST_PARAGRAPHS]]
        starts = [0, *accumulate(map(len, paragraphs))][:-1]
        words = [word for paragraph in paragraphs for word in paragraph]
        keys = [word.strip()[:LONGEST_WORD] for word in words[:MOST_WORDS]]
        return cls(words, keys, starts, [False] * len(words))

    def paragraph(self, word: int) -> int:
        return bisect_right(self.starts, word) - 1

    def spans(self, paragraph: int) -> tuple[Span, ...]:
        end = self.starts[paragraph + 1] if paragraph + 1 < len(self.starts) else len(self.words)
        places = range(self.starts[paragraph], end)
        runs = groupby(places, key=lambda place: self.same[place])
        return tuple(Span("".join(self.words[place] for place in run), same) for same, run in runs)


def _matched(votes: dict[tuple[int, int], int], rows: int, columns: int) -> list[tuple[int, int]]:
    """Return the pairs of paragraphs, none crossing another, that share the most words."""
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        line, below = best[i], best[i + 1]
        for j in range(columns - 1, -1, -1):
            line[j] = max(below[j], line[j + 1], below[j + 1] + votes.get((i, j), 0))
    pairs, i, j = [], 0, 0
    while i < rows and j < columns:
        shared = votes.get((i, j), 0)
        if shared and best[i][j] == best[i + 1][j + 1] + shared:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _rows(a: _Words, b: _Words, pairs: list[tuple[int, int]]) -> list[Pair]:
    rows: list[Pair] = []
    i = j = 0
    for left, right in [*pairs, (len(a.starts), len(b.starts))]:
        rows += [Pair(a.spans(place), None) for place in range(i, left)]
        rows += [Pair(None, b.spans(place)) for place in range(j, right)]
        if left < len(a.starts):
            rows.append(Pair(a.spans(left), b.spans(right)))
        i, j = left + 1, right + 1
    return rows
