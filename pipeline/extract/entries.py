"""Pages that are made of entries: the beginnings of several stories, each below a headline that leads to the story."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from urllib.parse import urljoin, urlsplit

import lxml.html

from pipeline.extract.page_text import count_words
from pipeline.extract.strings import fold, one_line
from pipeline.extract.textlines import text_nodes
from pipeline.urls import site_of

HEADINGS = ("h1", "h2", "h3", "h4", "h5")
HEADLINE_CHARS = 300
MAX_HEADINGS = 400  # of a page that are looked at; no list of stories has so many
HELD = 0.85  # of the words that must stand in entries
LARGEST = 0.6  # of the words that one entry may hold: more is an article, with a headline of another in it
BESIDE = 4  # entries side by side: then it does not matter of which the text was kept

YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)|(?<!\d)199\d(?!\d)")
PROGRAM = re.compile(r"^/?$|\.(?:php|aspx?|jsp|cgi|cfm|do|pl)$")  # whose queries name pages
MAX_LINE = 2000  # characters
DATE_WORDS = 14  # "Written by Jane Doe on Tuesday, 12 March 2024 at 10:05" has 11


def entries_of(tree: lxml.html.HtmlElement, text: str, title: str | None, url: str | None, least: int) -> tuple[int, bool]:
    """Return how many entries hold the text of a page between them, and whether each is dated; 0 when fewer than `least` do.

    An entry is what stands around a headline and around none of its series: a brief, a card, an item of a list. One that is headed
    as the page is, or leads to the page, is the page's own article.
    """
    lines = [(folded, count_words(line)) for line in text.split("\n") if (folded := fold(line))]
    words = sum(count for _, count in lines)
    headings = _series(tree)
    for series in (*headings, list(chain.from_iterable(headings))):
        entries = _entries(series, fold(title or ""), url) if len(series) >= least else []
        if len(entries) < least:
            continue
        shares = _shares(lines, entries)
        if sum(shares) >= HELD * words > 0 and (max(shares) <= LARGEST * words or _are_beside(entries)):
            return len(entries), all(map(_is_dated, entries))
    return 0, False


def begins_elsewhere(tree: lxml.html.HtmlElement, text: str, title: str | None, url: str | None) -> bool:
    """Say whether the heading right above a text is a link to another page of the site, and not the page's own title."""
    first = fold(text.partition("\n")[0])
    above: lxml.html.HtmlElement | None = None
    for element in tree.iter(*HEADINGS, "p", "div"):
        if element.tag in HEADINGS:
            above = element
        elif above is not None and fold(element.text_content()[: 2 * MAX_LINE]) == first:
            headline = fold(one_line(above.text_content(), HEADLINE_CHARS))
            links = (*above.iter("a"), *above.iterancestors("a"))
            return headline != fold(title or "") and any(_story(link, url) for link in links)
    return False


def is_headed(tree: lxml.html.HtmlElement, title: str) -> bool:
    """Say whether the page shows its title: a heading that says it, or the better half of it, or a line; a link does not count."""
    whole = fold(title)
    for heading in islice(tree.iter(*HEADINGS), MAX_HEADINGS) if whole else ():
        text = fold(one_line(heading.text_content(), HEADLINE_CHARS))
        is_said = whole in text or (text in whole and 2 * len(text) >= len(whole))
        if is_said and heading.find(".//a") is None:
            return True
    return any(fold(text) == whole and element.tag != "a" for element, text in text_nodes(tree)) if whole else False


def _series(tree: lxml.html.HtmlElement) -> list[list[lxml.html.HtmlElement]]:
    """Return the headings of one rank and class, together."""
    found: dict[tuple[str, str], list[lxml.html.HtmlElement]] = defaultdict(list)
    for number, heading in enumerate(tree.iter(*HEADINGS)):
        if number == MAX_HEADINGS:
            return []
        found[heading.tag, heading.get("class", "")].append(heading)
    return list(found.values())


def _entries(series: Sequence[lxml.html.HtmlElement], title: str, url: str | None) -> list[lxml.html.HtmlElement]:
    """Return the elements around each headline of a series that leads to a story of its own on the page's site."""
    holds = Counter(ancestor for heading in series for ancestor in heading.iterancestors())
    found: dict[str, lxml.html.HtmlElement] = {}
    for heading in series:
        headline = fold(one_line(heading.text_content(), HEADLINE_CHARS))
        if not headline or headline == title:
            continue
        entry = heading
        for ancestor in heading.iterancestors():
            if holds[ancestor] > 1:
                break
            entry = ancestor
        address = next((joined for link in _links(heading, headline, entry) if (joined := _story(link, url))), None)
        if address:
            found.setdefault(address, entry)
    return list(found.values())


def _links(heading: lxml.html.HtmlElement, headline: str, entry: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    """Yield the links that a headline may be: in it, around it, or laid over its entry without a text of their own."""
    yield from heading.iter("a")
    yield from heading.iterancestors("a")
    for link in entry.iter("a"):
        if headline in fold(link.get("aria-label") or link.get("title") or "") and not fold(link.text_content()):
            yield link


def _story(link: lxml.html.HtmlElement, url: str | None) -> str | None:
    """Return where a link leads when that is another page of the same site."""
    try:
        target = urljoin(url or "", link.get("href", ""))
        if url and (site_of(target) != site_of(url) or _place(target) == _place(url)):
            return None
    except ValueError:  # brackets that are no address
        return None
    return target.partition("#")[0] or None


def _place(url: str) -> tuple[str, str, str]:
    """Return what two spellings of a page's address share, and those of the parts of a live blog: `/live/ferry?post=12`."""
    parts = urlsplit(url)
    query = parts.query if PROGRAM.search(parts.path) else ""
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/"), query


def _shares(lines: Iterable[tuple[str, int]], entries: Iterable[lxml.html.HtmlElement]) -> list[int]:
    """Return how many words stand in each entry; of a line that several have, in the first."""
    texts = [fold(entry.text_content()) for entry in entries]
    shares = [0] * len(texts)
    for line, words in lines:
        place = next((place for place, text in enumerate(texts) if line in text), None)
        if place is not None:
            shares[place] += words
    return shares


def _are_beside(entries: Sequence[lxml.html.HtmlElement]) -> bool:
    """Say whether entries stand side by side."""
    return len(entries) >= BESIDE and len({(entry.getparent(), entry.tag) for entry in entries}) == 1


def _is_dated(entry: lxml.html.HtmlElement) -> bool:
    """Say whether an entry has a line of a few words with a year in it."""
    return any(YEAR.search(line) and len(line.split()) <= DATE_WORDS for line in entry.itertext())
