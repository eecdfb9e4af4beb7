"""Plain-text documents: paragraphs from lines, whatever way they were wrapped, and the title where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.clean.date_lines import is_date_line
from pipeline.clean.title import find_title, is_kicker
from pipeline.records import Block

SECTION = "navigation"  # the label of the name of a section above the title
LINE_END = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
BULLET = re.compile(r"(?:[-*•·‣▪–]|\d{1,2}[.)])\s+\S")
# Text that people or mail programs wrapped has lines of at most so many characters. Longer ones were never wrapped.
MIN_WIDTH, MAX_WIDTH = 38, 132
WRAPPED = 0.7  # share of a document's line ends at which the next word would not have fitted
UNSPACED_END = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u3000-\u303f]$")


def read_text(text: str) -> tuple[str | None, tuple[Block, ...]]:
    """Return the title of a plain-text document, None when it has none, and its paragraphs in order, the title not among them.

    Names of sections above it are labelled.
    """
    paragraphs = list(_paragraphs(_lines(text)))
    place = find_title(paragraphs)
    title = paragraphs.pop(place) if place is not None else None
    above = {i for i in range(place or 0) if is_kicker(paragraphs[i])}
    return title, tuple(_block(i, p, SECTION if i in above else None) for i, p in enumerate(paragraphs))


def _block(index: int, paragraph: str, label: str | None) -> Block:
    return Block(index, "list_item" if _is_item(paragraph) else "paragraph", paragraph, label)


def _is_item(paragraph: str) -> bool:
    """Say whether a paragraph is an item of a list: "3. März 2023" is a date."""
    return BULLET.match(paragraph) is not None and not is_date_line(paragraph)


def _lines(text: str) -> list[str]:
    return [line.expandtabs(4).rstrip() for line in LINE_END.split(text.removeprefix("\ufeff").replace("\0", ""))]


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Yield the paragraphs: groups between blank lines, cut where the wrapping or an indent says that one ended."""
    width = _wrapped_at(lines)
    current: list[str] = []
    indent = _common_indent(lines)
    for line in lines:
        if current and (not line.strip() or _starts_new(current[-1], line, width, indent)):
            yield _joined(current)
            current = []
        if line.strip():
            current.append(line)
    if current:
        yield _joined(current)


def _wrapped_at(lines: list[str]) -> int | None:
    """Return the width at which the document was wrapped, None when each of its lines is a paragraph."""
    # A line that is set in further than the one before begins a paragraph, however full that one is.
    pairs = [(a, b.strip()) for a, b in pairwise(lines) if a.strip() and b.strip() and _indent(b) <= _indent(a)]
    if not pairs:
        return None
    width = max(len(line) for line in lines)
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        return None
    full = sum(_is_full(a, b, width) for a, b in pairs)
    return width if full >= WRAPPED * len(pairs) else None


def _is_full(line: str, following: str, width: int) -> bool:
    """Say whether the next line's first word would not have fitted behind this line."""
    word = following[:1] if UNSPACED_END.search(line) else following.split(maxsplit=1)[0]
    return len(line) + 1 + len(word) > width or len(line) >= 0.9 * width


def _starts_new(before: str, line: str, width: int | None, indent: int) -> bool:
    if width is None or BULLET.match(line.strip()):
        return True
    deeper = _indent(line) > max(indent, _indent(before))
    return deeper or not _is_full(before, line.strip(), width)


def _common_indent(lines: list[str]) -> int:
    return min((_indent(line) for line in lines if line.strip()), default=0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _joined(lines: list[str]) -> str:
    text = ""
    for line in (line.strip() for line in lines):
        glue = "" if not text or UNSPACED_END.match(text[-1]) or (text[-1] in "-‐" and text[-2:-1].isalpha()) else " "
        text += glue + line
    return text
