"""Two texts side by side: paragraphs matched to each other, and in each the words that the other does not have.

Paragraphs that are the same part the texts into stretches of those that are not, and of these alone words are compared: so the one
change of a long text is found, wherever it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from pipeline.matching import equal_runs
from pipeline.warehouse.rows import kept_blocks

MOST_WORDS = 4000  # words of each side of a stretch that are compared; what follows counts as changed
MOST_PARAGRAPHS = 300  # of each side of a stretch that are matched to each other
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
    """Return the paragraphs of both texts in their order: the same side by side, others matched by the words that they share."""
    a, b = kept_blocks(left), kept_blocks(right)
    rows: list[Pair] = []
    i = j = 0
    for x, y, size in equal_runs(a, b):
        rows += _changed(a[i:x], b[j:y])
        rows += (Pair(spans, spans) for spans in ((Span(block, True),) for block in a[x : x + size]))
        i, j = x + size, y + size
    return tuple(rows)


def _changed(left: Sequence[str], right: Sequence[str]) -> Iterator[Pair]:
    """Yield the rows of a stretch of paragraphs that are not the same."""
    a, b = _Words.of(left[:MOST_PARAGRAPHS]), _Words.of(right[:MOST_PARAGRAPHS])
    votes: dict[tuple[int, int], int] = {}
    for i, j, size in equal_runs(a.keys, b.keys):
        for offset in range(size):
            a.same[i + offset] = b.same[j + offset] = True
            pair = a.paragraph(i + offset), b.paragraph(j + offset)
            votes[pair] = votes.get(pair, 0) + 1
    yield from _rows(a, b, _matched(votes, len(a.starts), len(b.starts)))
    yield from (Pair((Span(block, False),), None) for block in left[MOST_PARAGRAPHS:])
    yield from (Pair(None, (Span(block, False),)) for block in right[MOST_PARAGRAPHS:])


@dataclass(slots=True)
class _Words:
    """The words of some paragraphs, where each of these begins among them, and which the other text has."""

    words: list[str]
    keys: list[str]
    starts: list[int]
    same: list[bool]

    @classmethod
    def of(cls, blocks: Sequence[str]) -> _Words:
        paragraphs = [_WORDS.findall(block) for block in blocks]
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
