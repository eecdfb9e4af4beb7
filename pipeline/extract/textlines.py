"""The short lines around a headline, where bylines and dates stand that nothing marks as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import lxml.html

from pipeline.extract.marked import TOP_TAGS, Around, around_headline
from pipeline.extract.markup import Markup
from pipeline.extract.strings import one_line

HIDDEN_TAGS = frozenset(
    {"script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "select", "button", "iframe", "form"}
)
LINES_AFTER = 60  # between the headline and the story: kickers, bylines, share bars
LINES_BEFORE = 15
PROSE_LINE = 150  # characters; the second line so long is the story
TEXT_LIMIT = 400


Lines = Iterable[tuple[lxml.html.HtmlElement, str]]


def lines_near_headline(page_lines: Lines, markup: Markup) -> list[str]:
    """Return the lines after the headline until the story begins, then those before it, nearest first."""
    lines: list[str] = []
    start = 0
    for element, text in page_lines:
        if start == 0 and element.tag == "h1" and element in markup.headings:
            start = len(lines)
        lines.append(text)
        if len(lines) > start + LINES_AFTER and start:
            break
    after = lines[start : start + LINES_AFTER]
    prose = [n for n, line in enumerate(after) if len(line) > PROSE_LINE]
    end = prose[1] if len(prose) > 1 else len(after)
    return after[:end] + lines[max(0, start - LINES_BEFORE) : start][::-1]


def _is_about_others(element: lxml.html.HtmlElement, around: Around) -> bool:
    label = f"{element.get('class', '')} {element.get('id', '')}"
    return len(label) > 1 and element.tag not in TOP_TAGS and element not in around and around.speaks_of_others(label)


def text_nodes(tree: lxml.html.HtmlElement) -> Iterator[tuple[lxml.html.HtmlElement, str]]:
    """Yield every visible run of text with the element that holds it; what stands in navigation or footers is left out."""
    body = tree.find("body")
    hidden: set[lxml.html.HtmlElement] = set()
    around = around_headline(tree)
    for element in (tree if body is None else body).iter():
        parent = element.getparent()
        if parent in hidden or element.tag in HIDDEN_TAGS or not isinstance(element.tag, str) or _is_about_others(element, around):
            hidden.add(element)
        elif (inside := element.text) and not inside.isspace() and (text := one_line(inside, TEXT_LIMIT)):
            yield element, text
        behind = element.tail
        if (
            behind
            and parent is not None
            and parent not in hidden
            and not behind.isspace()
            and (tail := one_line(behind, TEXT_LIMIT))
        ):
            yield parent, tail
