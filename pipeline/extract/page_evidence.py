"""What a page's kind is decided on, gathered once, and how little text each kind has."""

from __future__ import annotations

from dataclasses import dataclass

import lxml.html

from pipeline.extract.metadata import Metadata
from pipeline.records import PageKind

STORY = 150  # words; with so many of them a page is an article unless it is made of links or of consent text
BRIEF = 40  # words; a news in brief has more
WALL_TEXT = 120  # words; what stands on a bot check, an error page or before a paywall stays below
TEASER = 250  # words shown before a paywall

Verdict = tuple[PageKind, str] | None  # and the evidence in words; None: not of that kind


@dataclass(frozen=True, slots=True)
class Page:
    """What the tests of each kind look at."""

    tree: lxml.html.HtmlElement
    metadata: Metadata
    text: str
    words: int
    link_density: float
    url: str | None
    teased: bool
    is_article_by_markup: bool
