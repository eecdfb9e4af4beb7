"""The short lines around a headline, where bylines and dates stand that nothing marks as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import lxml.html

from pipeline.extract.strings import one_line
from pipeline.extract.surroundings import TOP_TAGS, Surroundings, around_headline, class_and_id, mastheads

HIDDEN_TAGS = frozenset(
    {"script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "select", "button", "iframe", "form"}
)
LINES_AFTER = 60  # between the headline and the story: kickers, bylines, share bars
LINES_BEFORE = 15
PROSE_LINE = 150  # characters; the second line so long is the story
TEXT_LIMIT = 400


Lines = Iterable[tuple[lxml.html.HtmlElement, str]]


def lines_near_headline(page_lines: Lines, headline: lxml.html.HtmlElement | None) -> list[str]:
    """Return the lines after the headline until the story begins, then those before it, nearest first, the masthead's left out."""
    inside = frozenset(headline.iter()) if headline is not None else frozenset()
    lines: list[tuple[lxml.html.HtmlElement, str]] = []
    start, found = 0, False
    for element, text in page_lines:
        if not found and element in inside:
            start, found = len(lines), True
        lines.append((element, text))
        if found and len(lines) > start + LINES_AFTER:
            break
    after = [text for _, text in lines[start : start + LINES_AFTER]]
    prose = [n for n, line in enumerate(after) if len(line) > PROSE_LINE]
    end = prose[1] if len(prose) > 1 else len(after)
    heads = mastheads(headline) if start else frozenset()
    before = lines[max(0, start - LINES_BEFORE) : start]
    return after[:end] + [text for element, text in reversed(before) if heads.isdisjoint((element, *element.iterancestors()))]


def _is_about_others(element: lxml.html.HtmlElement, around: Surroundings) -> bool:
    label = class_and_id(element)
    return len(label) > 1 and element.tag not in TOP_TAGS and element not in around.own and around.names_others(label)


def text_nodes(tree: lxml.html.HtmlElement) -> Iterator[tuple[lxml.html.HtmlElement, str]]:
    """Yield every visible run of text with the element that holds it, in order; that of navigation and footers is left out."""
    body = tree.find("body")
    hidden: set[lxml.html.HtmlElement] = set()
    around = around_headline(tree)
    open_elements: list[lxml.html.HtmlElement] = []
    for element in (tree if body is None else body).iter():
        parent = element.getparent()
        while open_elements and open_elements[-1] is not parent:
            yield from _text_behind(open_elements.pop(), hidden)
        open_elements.append(element)
        if parent in hidden or element.tag in HIDDEN_TAGS or not isinstance(element.tag, str) or _is_about_others(element, around):
            hidden.add(element)
        elif (inside := element.text) and not inside.isspace() and (text := one_line(inside, TEXT_LIMIT)):
            yield element, text
    while open_elements:
        yield from _text_behind(open_elements.pop(), hidden)


def _text_behind(element: lxml.html.HtmlElement, hidden: set[lxml.html.HtmlElement]) -> Iterator[tuple[lxml.html.HtmlElement, str]]:
    """Yield the run of text behind an element, which is its parent's."""
    parent, behind = element.getparent(), element.tail
    if behind and parent is not None and parent not in hidden and not behind.isspace() and (text := one_line(behind, TEXT_LIMIT)):
        yield parent, text
