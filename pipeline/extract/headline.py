"""The element that is the headline: bylines and dates are looked for from it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, islice

import lxml.html

from pipeline.extract.headings import heading_text
from pipeline.extract.strings import fold
from pipeline.extract.surroundings import Surroundings, is_elsewhere
from pipeline.extract.textlines import Lines

MAX_LESSER = 40  # headings of lower ranks that are looked at


def own_headings(headings: Sequence[lxml.html.HtmlElement]) -> list[lxml.html.HtmlElement]:
    """Return the headings outside of teasers, comments and footers; a picture may bear the headline."""
    return [heading for heading in headings if not is_elsewhere(heading, Surroundings(frozenset(heading.iterancestors("figure"))))]


def headline_of(
    tree: lxml.html.HtmlElement,
    headings: Sequence[lxml.html.HtmlElement],
    declared: str,
    title: str | None,
    lines: Callable[[], Lines],
) -> lxml.html.HtmlElement | None:
    """Return the heading that says the title, of the first rank (`headings`) if there is one; else the one of the first rank that
    stands in the <title> (`declared`) or holds the title; else the line that says the title; else the first of the first rank.
    """
    wanted, whole = fold(title or ""), fold(declared)
    texts = [(heading, fold(heading_text(heading))) for heading in headings]
    if not wanted:
        return next((heading for heading, text in texts if text and text in whole), next(iter(own_headings(headings)), None))
    lesser = ((heading, fold(heading_text(heading))) for heading in islice(tree.iter("h2", "h3", "h4"), MAX_LESSER))
    said = (element for element, text in chain(texts, lesser) if text == wanted)
    held = (element for element, text in texts if text and (text in whole or wanted in text))
    line = (element for element, text in lines() if len(text) >= len(wanted) and fold(text) == wanted)
    return next(chain(said, held, line, own_headings(headings)), None)
