"""Where a page's own story stands: what holds its headline, and what speaks of other stories, of readers, or of the site."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile

import lxml.html

from pipeline.memo import remember_short

# Class names are compared with CamelCase split and underscores as hyphens: `ArticleByline__name` is `article-byline-name`.
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
ENTRY_TITLE = re.compile(r"(?<![\w-])(?:entry|post)-title(?![\w-])")  # as weblogs mark a headline, of whatever rank
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
ENTRY_FOOTER = re.compile(r"(?<![\w-])(?:entry|post|article|story|asset|node)-footer(?![\w-])")
MASTHEAD = re.compile(r"(?<![\w-])(?:masthead|site-?header|top-?bar)(?![\w-])")
HEAD_TAGS = ("header", "div", "section", "table", "td")  # that mastheads are made of
MAX_MASTHEADS = 20
MAX_DEPTH = 50  # steps up from a property to its item, and from a heading


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`own`: what holds the headline, or is the article's footer. `others`: what is another's whatever it is called.

    `words` of `ELSEWHERE` tell nothing here: beside a headline named "TeaserArticle__headline" a "TeaserArticle__date" is no
    teaser's, and there are makers of pages that call every part a widget.
    """

    own: frozenset[lxml.html.HtmlElement] = frozenset()
    others: frozenset[lxml.html.HtmlElement] = frozenset()
    words: frozenset[str] = frozenset()
    known: dict[lxml.html.HtmlElement, tuple[bool, bool]] = field(default_factory=dict, compare=False, repr=False)

    def with_own(self, elements: frozenset[lxml.html.HtmlElement]) -> Surroundings:
        """Return these surroundings with more elements that are the story's own."""
        return replace(self, own=self.own | elements, known={})

    def without(self, elements: frozenset[lxml.html.HtmlElement]) -> Surroundings:
        """Return these surroundings with elements that are not the story's."""
        return replace(self, own=self.own - elements, others=self.others | elements, known={})

    def names_others(self, label: str) -> bool:
        """Tell whether a class or id names a part of the page that is not about its own story."""
        return not _words_of_others(label) <= self.words


def around_headline(tree: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None = None) -> Surroundings:
    """Return the elements that hold the headline or a heading of the first rank, or the one marked as an entry's: whatever their
    names say, the story is in them. Blogger calls all of it a widget.
    """
    headings = list(tree.iter("h1"))
    entries = [heading for heading in tree.iter("h1", "h2", "h3", "h4") if ENTRY_TITLE.search(heading.get("class", ""))]
    if len(entries) == 1:
        headings += entries
    if headline is not None:
        headings.append(headline)
    own: set[lxml.html.HtmlElement] = set()
    for heading in headings:
        own.update(takewhile(lambda ancestor: ancestor not in own, heading.iterancestors()))
    shared = [_words_around(heading) for heading in headings[-MAX_HEADINGS:]]
    words = frozenset.intersection(*shared) if shared else frozenset()
    return Surroundings(frozenset(own), words=words if headline is None else words | _words_of_others(_label(headline)))


def _words_around(heading: lxml.html.HtmlElement) -> frozenset[str]:
    """Return the words of `ELSEWHERE` in the names of what holds a heading."""
    held = (element for element in islice(heading.iterancestors(), MAX_DEPTH) if element.tag not in TOP_TAGS)
    return frozenset().union(*map(_words_of_others, map(_label, held)))


def is_elsewhere(element: lxml.html.HtmlElement, around: Surroundings) -> bool:
    """Tell whether an element belongs to a comment, a teaser of another story, the footer."""
    in_footer, in_other = _elsewhere(element, around)
    return in_other or (in_footer and not _is_of_article(element, around.own))


def _elsewhere(element: lxml.html.HtmlElement, around: Surroundings) -> tuple[bool, bool]:
    """Return whether an element is in something that is a footer by its name, and whether it is in another part about others.

    Each container is looked at once: a page may hold thousands of dates in a thousand nested elements.
    """
    chain: list[lxml.html.HtmlElement] = []
    found = (False, False)
    for ancestor in (element, *element.iterancestors()):
        if ancestor in around.known:
            found = around.known[ancestor]
            break
        if ancestor in around.own or ancestor.tag in TOP_TAGS:
            break
        chain.append(ancestor)
    for ancestor in reversed(chain):
        in_footer, in_other = _speaks_itself(ancestor, around)
        found = (found[0] or in_footer, found[1] or in_other)
        around.known[ancestor] = found
    return found


def _speaks_itself(element: lxml.html.HtmlElement, around: Surroundings) -> tuple[bool, bool]:
    """Return whether an element is a footer by nothing but its name, and whether it is another part about others."""
    if element.tag in ELSEWHERE_TAGS or element in around.others:
        return False, True
    label = _label(element)
    if not around.names_others(label):
        return False, False
    in_other = around.names_others(label.replace("footer", ""))
    return not in_other, in_other


@remember_short(CACHED_LABELS)
def _words_of_others(label: str) -> frozenset[str]:
    return frozenset(ELSEWHERE.findall(LAYOUT.sub("", label.lower())))


def hyphened(label: str) -> str:
    """Return class names as they are compared."""
    return CAMEL.sub("-", label.replace("_", "-")).lower()


def class_and_id(element: lxml.html.HtmlElement) -> str:
    """Return what a page itself calls an element."""
    return f"{element.get('class', '')} {element.get('id', '')}"


def _label(element: lxml.html.HtmlElement) -> str:
    return class_and_id(element).lower()


def _is_named(element: lxml.html.HtmlElement, name: re.Pattern[str]) -> bool:
    return name.search(hyphened(class_and_id(element))) is not None


def _is_of_article(element: lxml.html.HtmlElement, own: frozenset[lxml.html.HtmlElement]) -> bool:
    """Tell whether microdata states the element of the article that bears the headline: it is that one's in any part of it."""
    if element.get("itemprop") is None:
        return False
    item = next(
        (ancestor for ancestor in islice(element.iterancestors(), MAX_DEPTH) if ancestor.get("itemscope") is not None), None
    )
    return item is not None and item in own and ARTICLE_ITEM.search(item.get("itemtype", "")) is not None


def mastheads(headline: lxml.html.HtmlElement | None) -> frozenset[lxml.html.HtmlElement]:
    """Return the page's own headers before the headline, which say what day it is: none that holds it, or is in an article."""
    if headline is None:
        return frozenset()
    before = takewhile(lambda element: element is not headline, headline.getroottree().getroot().iter(*HEAD_TAGS, headline.tag))
    inside = frozenset(headline.iterancestors())
    found = (element for element in before if _is_masthead(element) and element not in inside)
    return frozenset(islice((head for head in found if next(head.iterancestors("article", "main"), None) is None), MAX_MASTHEADS))


def _is_masthead(element: lxml.html.HtmlElement) -> bool:
    if element.tag == "header" or element.get("role") == "banner":
        return True
    name, identity = element.get("class"), element.get("id")
    return bool(name or identity) and _names_masthead(f"{name or ''} {identity or ''}")


@remember_short(CACHED_LABELS)
def _names_masthead(label: str) -> bool:
    return MASTHEAD.search(hyphened(label)) is not None


def own_footer(tree: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None) -> frozenset[lxml.html.HtmlElement]:
    """Return the footer of the article itself, if it has one: HTML names it as the place of who wrote the article and when.

    The article is the one with the first heading of the first rank that stands in any, else the one that is longer than all others.
    Of several footers, those of quotations and comments left out, none is known to be its own.
    """
    heading = next((heading for heading in tree.iter("h1") if next(heading.iterancestors("article"), None) is not None), None)
    articles = _longest_article(tree) if heading is None else list(heading.iterancestors("article"))
    if not articles:
        return _entry_footer(tree, headline)
    around = Surroundings(frozenset(articles))
    footers = [
        footer
        for footer in articles[-1].iter("footer")
        if next(footer.iterancestors("article")) in around.own
        and not is_elsewhere(footer.getparent(), around)
        and not around.names_others(_label(footer).replace("footer", ""))
    ]
    return frozenset(footers) if len(footers) == 1 else frozenset()


def _entry_footer(tree: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None) -> frozenset[lxml.html.HtmlElement]:
    """Return what stands for a footer on weblogs that know no such element: the one marked so beside or around their headline."""
    own = around_headline(tree, headline).own
    footers = [block for block in tree.iter("div", "p") if block.getparent() in own and _is_named(block, ENTRY_FOOTER)]
    return frozenset(footers) if len(footers) == 1 else frozenset()


def _longest_article(tree: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Return the article that is a story and longer than all others of a page together, which are teasers; none when no one is."""
    articles = [article for article in tree.iter("article") if next(article.iterancestors("article"), None) is None]
    if len(articles) < 2:
        return articles
    lengths = [sum(map(len, article.itertext())) for article in articles[:MAX_ARTICLES]]
    longest = max(lengths)
    return [articles[lengths.index(longest)]] if longest > max(STORY, sum(lengths) - longest) else []
