"""How much of each run of a page a candidate text holds: the agreement of the candidates, as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# A word; where words are not spaced (Chinese, Japanese, Thai), a letter.
TOKEN = re.compile(r"[぀-ヿ㐀-鿿豈-﫿ก-๿]|[^\W_぀-ヿ㐀-鿿豈-﫿ก-๿]+")


def tokens_of(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return TOKEN.findall(text.lower())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate text as what votes need: its 3-word shingles, and its lines for runs that are shorter."""

    shingles: frozenset[tuple[str, str, str]]
    lines: frozenset[str]
    words: int

    @classmethod
    def of(cls, text: str) -> Candidate:
        """Read a candidate's text, one paragraph a line."""
        lines = [tokens_of(line) for line in text.splitlines()]
        shingles: set[tuple[str, str, str]] = set()
        for line in lines:
            shingles.update(_shingles(line))
        return cls(frozenset(shingles), frozenset(" ".join(line) for line in lines), sum(map(len, lines)))


def votes(runs: Sequence[list[str]], candidate: Candidate) -> list[float]:
    """Return for each run (its tokens) the share of it that the candidate holds, 0 to 1."""
    return [_vote(tokens, candidate) for tokens in runs]


def _vote(tokens: list[str], candidate: Candidate) -> float:
    if len(tokens) < 3:
        return float(" ".join(tokens) in candidate.lines)
    return sum(map(candidate.shingles.__contains__, _shingles(tokens))) / (len(tokens) - 2)


def _shingles(tokens: list[str]) -> Iterator[tuple[str, str, str]]:
    return zip(tokens, tokens[1:], tokens[2:], strict=False)
