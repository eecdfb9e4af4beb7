"""Inline elements that are more, or less, than words of their line, by what they are and what stands beside them."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.extract.class_words import NAMES, mask_of
from pipeline.extract.strings import begins_small

ROW_TAGS = ("span", "a")
MIN_APART = 3  # characters of each of two of them that style sets apart; letters that move one by one are a word
CAPTION = 1 << NAMES.index("caption")
EDITS = re.compile(r"[?&](?:action|veaction|do)=edit\b")  # of wikis


def is_behind_heading(element: HtmlElement) -> bool:
    """Say whether an element behind the words of a heading is none of them: a sign that links to it, links that edit a section."""
    links = [element] if element.tag == "a" else list(element.iterdescendants("a"))
    if links and all(EDITS.search(link.get("href") or "") for link in links):
        return sum(map(_letters, links)) == _letters(element)
    return _letters(element) == 0 and any((link.get("href") or "").startswith("#") for link in links)


def is_number_of_note(element: HtmlElement) -> bool:
    """Say whether a superscript behind a number is that of a note, a link to it: 1951 and note 2 are not 19512."""
    parent = element.getparent()
    link = parent if parent is not None and parent.tag == "a" else element.find(".//a")
    return link is not None and "#" in (link.get("href") or "")


def is_apart(element: HtmlElement, before: str) -> bool:
    """Say whether a span or link stands right behind another in a row that style sets apart: "9:42 am" and "Updated".

    `before` is the text that ends there. What goes on in lower case may be the rest of a word, and spans with a style of their own
    come from a text that was pasted.
    """
    previous, parent = element.getprevious(), element.getparent()
    if previous is None or previous.tag not in ROW_TAGS or previous.tail or (parent.text and not parent.text.isspace()):
        return False
    if element.get("style") or previous.get("style"):
        return False
    behind = next(filter(str.strip, element.itertext()), "")
    is_long = min(len(before.strip()), len(behind.strip())) >= MIN_APART
    return is_long and before[-1].isalnum() and behind[0].isalnum() and not begins_small(behind)


def is_captioned(element: HtmlElement) -> bool:
    """Say whether an element behind a picture is named a caption, and no text stands right behind it."""
    name = element.get("class")
    return bool(name) and bool(mask_of("span", name, None, None) & CAPTION) and not (element.tail or "").strip()


def _letters(element: HtmlElement) -> int:
    return sum(c.isalnum() for text in element.itertext() for c in text)
