"""How much of each run of a page a candidate text holds: the agreement of the candidates, as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.memo import remember_short

# A word; where words are not spaced (Chinese, Japanese, Thai), a letter.
TOKEN = re.compile(r"[぀-ヿ㐀-鿿豈-﫿ก-๿]|[^\W_぀-ヿ㐀-鿿豈-﫿ก-๿]+")
UNSPACED = re.compile("[぀-ヿ㐀-鿿豈-﫿ก-๿]")
SPACED_TOKEN = re.compile(r"[^\W_]+")
# ASCII letters and digits as they are, all else as a space: most runs are ASCII, and so read in half the time.
ASCII_TOKENS = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))


@remember_short(1024)  # most lines of a candidate are runs of the page
def tokens_of(text: str) -> list[str]:
    """Return the words of a text in lower case, in a list that is not to be changed."""
    text = text.lower()
    if text.isascii():
        return text.translate(ASCII_TOKENS).split()
    return TOKEN.findall(text) if UNSPACED.search(text) else SPACED_TOKEN.findall(text)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate text as what votes need: its 3-word shingles, and its lines for runs that are shorter."""

    shingles: frozenset[tuple[str, str, str]]
    lines: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Candidate:
        """Read a candidate's text, one paragraph a line."""
        lines = [tokens_of(line) for line in text.splitlines()]
        shingles: set[tuple[str, str, str]] = set()
        for line in lines:
            shingles.update(_shingles(line))
        return cls(frozenset(shingles), frozenset(" ".join(line) for line in lines))


def votes(runs: Sequence[list[str]], candidate: Candidate) -> list[float]:
    """Return for each run (its tokens) the share of it that the candidate holds, 0 to 1."""
    return [_vote(tokens, candidate) for tokens in runs]


def _vote(tokens: list[str], candidate: Candidate) -> float:
    if len(tokens) < 3:
        return float(" ".join(tokens) in candidate.lines)
    return sum(map(candidate.shingles.__contains__, _shingles(tokens))) / (len(tokens) - 2)


def _shingles(tokens: list[str]) -> Iterator[tuple[str, str, str]]:
    return zip(tokens, tokens[1:], tokens[2:], strict=False)
