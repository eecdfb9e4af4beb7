"""Headings of the first ranks: their text as one line, and the link that one is."""

from __future__ import annotations

import lxml.html
from lxml import etree

from pipeline.extract.blocks import BLOCK_TAGS
from pipeline.extract.strings import fold, one_line

UNREAD = frozenset({"script", "style", "svg", "template"})  # what they hold is no text
MAX_TITLE = 400  # characters; a longer heading is a wrapper around half the page


def heading_text(element: lxml.html.HtmlElement) -> str:
    """Return a heading as one line: lines, blocks and neighbours apart, without the sign that links to the heading itself: "¶"."""
    if not len(element):
        return one_line(element.text, MAX_TITLE + 1)
    parts: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start" and node.tag in UNREAD:
            walk.skip_subtree()
        elif event == "start":
            parts += [" " if _stands_apart(node) else "", node.text or ""]
        elif node is not element:
            parts += [" " if node.tag in BLOCK_TAGS or _ends_apart(node) else "", node.tail or ""]
    text = one_line("".join(parts), MAX_TITLE + 1)
    for link in element.iterdescendants("a"):
        if (link.get("href") or "").startswith("#") and (sign := one_line(link.text_content(), MAX_TITLE)) and not fold(sign):
            text = text.removeprefix(sign).removesuffix(sign).strip()
    return text


def _ends_apart(node: lxml.html.HtmlElement) -> bool:
    """Tell whether an element of a heading is a phrase, and a capital right behind it begins another: kicker, name of the site."""
    if not isinstance(node.tag, str) or len(node) or not node.text or " " not in node.text.strip():
        return False
    behind = node.getnext()
    following = node.tail or ("" if behind is None or not isinstance(behind.tag, str) else behind.text) or ""
    last = node.text[-1]
    return following[:1].isupper() and (last.islower() or last in ".!?:")


def _stands_apart(node: lxml.html.HtmlElement) -> bool:
    """Tell whether an element of a heading begins a line or stands right behind one of its kind; single letters are one word.

    So are characters with their readings.
    """
    if node.tag == "br" or node.tag in BLOCK_TAGS:
        return True
    before = node.getprevious()
    if before is None or before.tag != node.tag or before.tail or node.tag == "ruby":
        return False
    return all(len(fold(one_line(part.text_content(), MAX_TITLE))) > 1 for part in (before, node))


def link_of(heading: lxml.html.HtmlElement, text: str) -> lxml.html.HtmlElement | None:
    """Return the link that a heading is, whole."""
    parent = heading.getparent()
    link = parent if parent is not None and parent.tag == "a" else heading.find(".//a")
    return link if link is not None and fold(one_line(link.text_content(), MAX_TITLE + 1)) == fold(text) else None
