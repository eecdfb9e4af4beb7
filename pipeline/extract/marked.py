"""Elements that a page's own class names, ids and microdata mark as a byline or a date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import lxml.html

from pipeline.extract.class_words import OWN_NAMES
from pipeline.memo import remember_short
from pipeline.urls import site_of

# Class names are compared with CamelCase split and underscores as hyphens: `ArticleByline__name` is `article-byline-name`.
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# What writers and dates are called in the languages that class names are written in, English apart.
WRITERS = r"auteurs?|autor(?:e|en|es|i|in)?|verfasser(?:in)?|forfattare|forfatter|skribent|kirjoittaja|yazar"
DATES = r"datum|fecha|tarih|(?<![a-z])dat[ao](?![a-z])"
QUICK = re.compile(rf"author|byline|by-line|contributor|date|time|publish|posted|created|meta|pub|{WRITERS}|{DATES}")
BYLINE = re.compile(
    r"(?:^|[\s-])(?:(?:post|article|entry|story|content|news|page|blog|single|headline|artikel|beitrags?|articulo|articolo|noticia)?-{0,3}"
    rf"(?:authors?|bylines?|by-line|contributor-name|{WRITERS})"
    r"(?:-{1,3}(?:name|names|link|title|fn|vcard|text|list|info|by|item|container|wrapper))?)(?:$|[\s-])"
)
DATE = re.compile(rf"date|time|publish|posted|created|pub-|byline|meta|{DATES}")
ENTRY_TITLE = re.compile(r"(?<![\w-])(?:entry|post)-title(?![\w-])")  # as weblogs mark a headline, of whatever rank

NAMING = ("class", "id", *OWN_NAMES)
AUTHOR_PROPERTIES = frozenset({"author", "creator"})
AUTHOR_PATH = re.compile(
    r"/(?:authors?|writers?|people|person|staff|staff-writers?|by|journalists?|reporters?|contributors?|columnists?|profiles?|autore?n?|auteurs?|autore[si]?|redakteure?)/[^/?#]{3,}",
    re.IGNORECASE,
)
DATE_PROPERTIES = frozenset({"datepublished", "datecreated", "datemodified"})

# Parts of a page that speak of other stories, of readers, or of the writer at length.
ELSEWHERE = re.compile(
    r"comment|related|recommend|sidebar|widget|footer|promo|teaser|popular|trending|most-?read|recirc|latest|newsletter|more-?from|reply|carousel|next-?post|prev-?post|upcoming"
)
# What a class says of the layout around a story, or of its own state: `has-sidebar`, `comments-open`, Drupal's `node--promoted`.
LAYOUT = re.compile(r"(?:^|(?<=\s))(?:has|no|with|without|is)-\S+|(?<!\S)\S+-(?:open|closed|enabled|disabled|promoted)(?=\s|$)")
MAX_ARTICLES = 100  # of a page that are measured
MAX_HEADINGS = 40
STORY = 1000  # characters
CACHED_LABELS = 16_384  # a page's class names come again and again, on it and on the site's other pages
ARTICLE_ITEM = re.compile(r"(?:Article|Posting|Report|Review)\b")
ELSEWHERE_TAGS = frozenset({"footer", "aside", "nav", "blockquote", "figure", "figcaption"})
TOP_TAGS = frozenset({"body", "main", "html"})  # their classes speak of the whole page
ENTRY_FOOTER = re.compile(r"(?<![\w-])(?:entry|post|article|story)-footer(?![\w-])")


@dataclass(frozen=True, slots=True)
class Marked:
    """Elements in document order: `author_items` are marked so by rel or itemprop, `bylines` by class or id."""

    author_items: list[lxml.html.HtmlElement] = field(default_factory=list)
    bylines: list[lxml.html.HtmlElement] = field(default_factory=list)
    dates: list[lxml.html.HtmlElement] = field(default_factory=list)


def read_marked(tree: lxml.html.HtmlElement) -> Marked:
    """Return the elements that are marked as byline or date, those about other stories left out."""
    items, bylines, dates, stated_dates = [], [], [], []
    for element in tree.iter("*"):
        given = [name for name in map(element.get, NAMING) if name]
        if given:
            meaning = _meaning(" ".join(given))
            if "byline" in meaning:
                bylines.append(element)
            if "date" in meaning:
                dates.append(element)
        relation, stated = element.get("rel"), element.get("itemprop")
        properties = stated.lower().split() if stated else ()
        if (relation and "author" in relation) or not AUTHOR_PROPERTIES.isdisjoint(properties):
            items.append(element)
        if not DATE_PROPERTIES.isdisjoint(properties):
            stated_dates.append(element)
    held = around_headline(tree).with_footer(tree)
    return Marked(_here(items, held), _here(bylines, held), _here([*dates, *stated_dates], held))


@remember_short(CACHED_LABELS)
def _meaning(label: str) -> str:
    """Return what a class or id speaks of: `byline`, `date`, both or nothing."""
    if not QUICK.search(label.lower()):
        return ""
    label = CAMEL.sub("-", label.replace("_", "-")).lower()
    return ("byline" if BYLINE.search(label) else "") + ("date" if DATE.search(label) else "")


@dataclass(frozen=True, slots=True)
class Around:
    """What holds the headline of a page, its story's own footer included: the story is in it, whatever its names say.

    `words` of them speak of other stories elsewhere: here every part is called so, as by makers of pages that call all a widget.
    """

    elements: frozenset[lxml.html.HtmlElement] = frozenset()
    words: frozenset[str] = frozenset()

    def __contains__(self, element: lxml.html.HtmlElement) -> bool:
        return element in self.elements

    def with_footer(self, tree: lxml.html.HtmlElement) -> Around:
        return Around(self.elements | own_footer(tree), self.words)

    def speaks_of_others(self, label: str) -> bool:
        """Tell whether a class or id names a part of the page that is not about its own story."""
        return not _words_of_others(label) <= self.words


@remember_short(CACHED_LABELS)
def _words_of_others(label: str) -> frozenset[str]:
    return frozenset(ELSEWHERE.findall(LAYOUT.sub("", label.lower())))


def author_links(tree: lxml.html.HtmlElement, page: str | None) -> list[lxml.html.HtmlElement]:
    """Return links to the pages of the site's authors, by their addresses; `/staff/…` of another site are people the text names.

    `page`: the page's own address, absolute.
    """
    links = [link for link in tree.iter("a") if AUTHOR_PATH.search(address := link.get("href", "")) and _on_site(address, page)]
    return _here(links, around_headline(tree).with_footer(tree))


def _on_site(address: str, page: str | None) -> bool:
    return page is None or site_of(address) in ("", site_of(page))


def _label(element: lxml.html.HtmlElement) -> str:
    return f"{element.get('class', '')} {element.get('id', '')}".lower()


def _here(elements: Iterable[lxml.html.HtmlElement], around: Around) -> list[lxml.html.HtmlElement]:
    return [
        element for element in dict.fromkeys(elements) if element.tag not in ("meta", "link") and not is_elsewhere(element, around)
    ]


def around_headline(tree: lxml.html.HtmlElement) -> Around:
    """Return what holds a heading of the first rank, or the one marked as an entry's. Blogger calls all of it a widget."""
    headings = list(tree.iter("h1"))
    entries = [heading for heading in tree.iter("h1", "h2", "h3", "h4") if ENTRY_TITLE.search(heading.get("class", ""))]
    if len(entries) == 1:
        headings += entries
    return around(headings)


def around(headings: Sequence[lxml.html.HtmlElement]) -> Around:
    """Return what holds some headings."""
    chains = [
        [element for element in heading.iterancestors() if element.tag not in TOP_TAGS] for heading in headings[:MAX_HEADINGS]
    ]
    words = [frozenset().union(*(_words_of_others(_label(element)) for element in chain)) for chain in chains]
    held = frozenset(ancestor for heading in headings for ancestor in heading.iterancestors())
    return Around(held, frozenset.intersection(*words) if words else frozenset())


def own_footer(tree: lxml.html.HtmlElement) -> frozenset[lxml.html.HtmlElement]:
    """Return the footer of the article itself, if it has one: HTML names it as the place of who wrote the article and when.

    The article is the one with the first heading of the first rank that stands in any, else the one that is longer than all others.
    Of several footers, those of quotations and comments left out, none is known to be its own.
    """
    heading = next((heading for heading in tree.iter("h1") if next(heading.iterancestors("article"), None) is not None), None)
    articles = _longest_article(tree) if heading is None else list(heading.iterancestors("article"))
    if not articles:
        return _entry_footer(tree)
    own = Around(frozenset(articles))
    footers = [
        footer
        for footer in articles[-1].iter("footer")
        if next(footer.iterancestors("article")) in own
        and not is_elsewhere(footer.getparent(), own)
        and not own.speaks_of_others(_label(footer).replace("footer", ""))
    ]
    return frozenset(footers) if len(footers) == 1 else frozenset()


def _entry_footer(tree: lxml.html.HtmlElement) -> frozenset[lxml.html.HtmlElement]:
    """Return what stands for a footer on weblogs that know no such element: the one marked so beside or around their headline."""
    held = around_headline(tree)
    footers = [
        block for block in tree.iter("div", "p") if block.getparent() in held and ENTRY_FOOTER.search(block.get("class", ""))
    ]
    return frozenset(footers) if len(footers) == 1 else frozenset()


def _longest_article(tree: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Return the article that is a story and longer than all others of a page together, which are teasers; none when no one is."""
    articles = [article for article in tree.iter("article") if next(article.iterancestors("article"), None) is None]
    if len(articles) < 2:
        return articles
    lengths = [sum(map(len, article.itertext())) for article in articles[:MAX_ARTICLES]]
    longest = max(lengths)
    return [articles[lengths.index(longest)]] if longest > max(STORY, sum(lengths) - longest) else []


def is_elsewhere(element: lxml.html.HtmlElement, around: Around) -> bool:
    """Tell whether an element belongs to a comment, a teaser of another story, the footer."""
    for ancestor in (element, *element.iterancestors()):
        if ancestor in around or ancestor.tag in TOP_TAGS:
            return False
        if ancestor.tag in ELSEWHERE_TAGS or around.speaks_of_others(_label(ancestor)):
            is_footer = ancestor.tag not in ELSEWHERE_TAGS and not around.speaks_of_others(_label(ancestor).replace("footer", ""))
            if not (is_footer and _is_of_article(element, around)):
                return True
    return False


def _is_of_article(element: lxml.html.HtmlElement, around: Around) -> bool:
    """Tell whether microdata states the element of the article that bears the headline: it is that one's in any part of it."""
    if element.get("itemprop") is None:
        return False
    item = next((ancestor for ancestor in element.iterancestors() if ancestor.get("itemscope") is not None), None)
    return item is not None and item in around and ARTICLE_ITEM.search(item.get("itemtype", "")) is not None
