"""Elements that a page's own class names, ids and microdata mark as a byline or a date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import lxml.html

from pipeline.extract.markup import items_around, stated_properties
from pipeline.extract.surroundings import (
    CACHED_LABELS,
    Surroundings,
    around_headline,
    hyphened,
    is_elsewhere,
    mastheads,
    own_footer,
)
from pipeline.memo import remember_short
from pipeline.urls import site_of

# What writers and dates are called in the languages that class names are written in, English apart.
WRITERS = (
    r"writers?|reporters?|journalists?|contributors?|redacteurs?|redattor[ei]|szerzok?|auteurs?|autor(?:e|en|es|i|in)?"
    r"|verfasser(?:in)?|forfattare|forfatter|skribent|kirjoittaja|yazar"
)
DATES = r"datum|fecha|tarih|(?<![a-z])dat[ao](?![a-z])"
QUICK = re.compile(
    rf"author|byline|by-line|contributor|signature|date|time|publish|posted|created|submitted|meta|pub|{WRITERS}|{DATES}"
)
BYLINE = re.compile(
    r"(?:^|[\s-])(?:(?:info|post|article|entry|story|content|news|page|blog|single|headline|artikel|beitrags?|articulo|articolo|noticia)?-{0,3}"
    rf"(?:authors?|bylines?|by-line|contributor-name|signature|{WRITERS})"
    r"(?:-{1,3}(?:name|names|link|title|fn|vcard|text|list|info|zone|by|item|container|wrapper))?)(?:$|[\s-])"
)
DATE = re.compile(rf"date|time|publish|posted|created|submitted|pub-|byline|meta|{DATES}")

AUTHOR_PROPERTIES = frozenset({"author", "creator"})
AUTHOR_PATH = re.compile(
    r"/(?:authors?|writers?|people|person|staff|staff-writers?|by|journalists?|reporters?|contributors?|columnists?|profiles?"
    r"|autore?n?|auteurs?|autore[si]?|autorzy|redakteure?|redaktion|signataires?|journalistes?|redacteurs?|firmas|periodistas?"
    r"|columnistas|colunistas?|jornalistas?|giornalisti|szerzok?|yazar(?:lar)?|skribent(?:er)?|penulis|tac-gia)/[^/?#]{3,}",
    re.IGNORECASE,
)
MODIFIED_PROPERTIES = frozenset({"datemodified", "modified"})
DATE_PROPERTIES = MODIFIED_PROPERTIES | {"datepublished", "datecreated", "created", "issued"}


@dataclass(frozen=True, slots=True)
class Marked:
    """Elements in document order: `author_items` are marked so by rel or itemprop, `bylines` by class or id."""

    author_items: list[lxml.html.HtmlElement] = field(default_factory=list)
    bylines: list[lxml.html.HtmlElement] = field(default_factory=list)
    dates: list[lxml.html.HtmlElement] = field(default_factory=list)


def read_marked(tree: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None, own: Sequence[str]) -> Marked:
    """Return the elements that are marked as byline or date, those about other stories left out; `own` names are read besides."""
    items, bylines, dates, stated_dates = [], [], [], []
    for element in tree.iter("*"):
        name, identity = element.get("class"), element.get("id")
        label = f"{name or ''} {identity or ''}" if name or identity else ""
        for key in own:
            label += f" {element.get(key, '')}"
        if label:
            meaning = _meaning(label)
            if "byline" in meaning:
                bylines.append(element)
            if "date" in meaning:
                dates.append(element)
        relation, properties = element.get("rel"), stated_properties(element)
        if (relation and "author" in relation) or not AUTHOR_PROPERTIES.isdisjoint(properties):
            items.append(element)
        if not DATE_PROPERTIES.isdisjoint(properties):
            stated_dates.append(element)
    around = around_headline(tree, headline).with_own(own_footer(tree, headline))
    below = around.without(mastheads(headline))
    return Marked(_here(items, around), _here(bylines, around), _here([*dates, *stated_dates], below))


@remember_short(CACHED_LABELS)
def _meaning(label: str) -> str:
    """Return what a class or id speaks of: `byline`, `date`, both or nothing."""
    if not QUICK.search(label.lower()):
        return ""
    label = hyphened(label)
    return ("byline" if BYLINE.search(label) else "") + ("date" if DATE.search(label) else "")


def author_links(
    tree: lxml.html.HtmlElement, page: str | None, headline: lxml.html.HtmlElement | None
) -> list[lxml.html.HtmlElement]:
    """Return links to the pages of the site's authors, by their addresses; `/staff/…` of another site are people the text names.

    `page`: the page's own address, absolute.
    """
    links = [link for link in tree.iter("a") if AUTHOR_PATH.search(address := link.get("href", "")) and _on_site(address, page)]
    return _here(links, around_headline(tree, headline).with_own(own_footer(tree, headline)))


def _on_site(address: str, page: str | None) -> bool:
    return page is None or site_of(address) in ("", site_of(page))


def _here(elements: Iterable[lxml.html.HtmlElement], around: Surroundings) -> list[lxml.html.HtmlElement]:
    return [
        element
        for element in dict.fromkeys(elements)
        if element.tag not in ("meta", "link") and not is_elsewhere(element, around) and not _is_of_a_comment(element)
    ]


def _is_of_a_comment(element: lxml.html.HtmlElement) -> bool:
    """Say whether microdata or RDFa calls an item around an element a comment."""
    stated = (item.get(name, "") for item in items_around(element) for name in ("itemprop", "itemtype", "property", "typeof"))
    return any("comment" in names.lower() for names in stated)
