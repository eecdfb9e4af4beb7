"""The agency that an article credits by its own text, or by lines above and below that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.clean.edges import BYLINE, HEADLINE
from pipeline.clean.rules import match_line
from pipeline.extract.agencies import agency_in, is_agency
from pipeline.extract.datelines import agency_of_text
from pipeline.records import Block

CREDIT_RULES = frozenset({"agency-credit", "wire-credit"})
LABELS = CREDIT_RULES | {BYLINE, "byline"}  # the last is the extractor's
LINES_ABOVE = 6  # blocks above the text that may say where it is from
MAX_CREDIT = 160  # of a line that names who it is from
NAME_WORDS = 4  # of the longest name of an agency
# What parts a line of credits into who did what: signs, and labels with a colon.
_PARTS = re.compile(r"\s*[|·•;；,，、،:：()（）\[\]【】/.。–—-]+\s*")
_LABELLED = re.compile(r"\s+(?=[^\W\d_]{1,8}\s?[:：])")


def credited_agency(blocks: Sequence[Block]) -> str | None:
    """Return the agency that an article credits by its text, or by lines above and below that; `blocks` are labelled."""
    kept = [i for i, block in enumerate(blocks) if block.dropped_by is None and block.kind == "paragraph"]
    if not kept:
        return None
    agency = agency_of_text([blocks[i].text for i in kept])
    return agency or next(filter(None, (_of_line(block.text) for block in _credits(blocks, kept[0]))), None)


def _credits(blocks: Sequence[Block], first: int) -> Iterator[Block]:
    """Yield the lines that may credit the article: those dropped between headline and text, and what is labelled as such below."""
    for place in range(first - 1, max(-1, first - 1 - LINES_ABOVE), -1):
        if blocks[place].dropped_by == HEADLINE:
            break
        yield blocks[place]
    yield from (block for block in blocks[first:] if block.dropped_by in LABELS)


def _of_line(text: str) -> str | None:
    """Return the agency that a line of credits names, or a piece of one: "2024-05-03 10:05 来源：新华社"."""
    for line in (text, *_LABELLED.split(text)) if len(text) <= MAX_CREDIT else ():
        if (match := match_line(line)) is not None and match.rule.id in CREDIT_RULES:
            return next(filter(None, map(_among_words, _PARTS.split(line))), None)
    return None


def _among_words(piece: str) -> str | None:
    """Return the agency among the words of a piece of a credit: "Mit Material der dpa"; "Hina Khan" is a person."""
    if agency := agency_in(piece):
        return agency
    words = piece.split()
    for start, end in _stretches(len(words)):
        before, after = words[:start][1:][-1:], words[end : end + 1]  # the first word is a label, with a capital
        if not any(word[0].isupper() for word in (*before, *after)) and is_agency(name := " ".join(words[start:end])):
            return agency_in(name)
    return None


def _stretches(count: int) -> Iterator[tuple[int, int]]:
    return ((start, end) for start in range(count) for end in range(min(count, start + NAME_WORDS), start, -1))
