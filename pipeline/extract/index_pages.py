"""Pages that list stories instead of telling one: a home page, a section, a tag, a search, the posts of a month."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

import lxml.html
from lxml import etree

from pipeline.extract.entries import begins_elsewhere, entries_of, is_headed
from pipeline.extract.metadata import HOME_PATHS
from pipeline.extract.page_evidence import BRIEF, STORY, TEASER, WALL_TEXT, Page, Verdict
from pipeline.extract.page_text import count_words, has_sentence, prose_words
from pipeline.extract.strings import fold, one_line

MANY_TEASERS = 8  # headlines that are links: fewer stand below an article
SERIES = 4  # stories whose beginnings make a page a list of them
BEGINNING = 120  # words that blogs show of each, on average
HEADLINE_WORDS = 4  # a link with so many words is a headline, not a label
LINKED_TEXT = 0.5  # share of characters in links: short stories under long menus have it too, so it never decides alone

STATED = ("jsonld", "meta")  # where a date is the page's; one beside a headline may be that story's
INDEX_TYPES = frozenset({"collectionpage", "searchresultspage"})
INDEX_PATH = re.compile(
    r"/(?:tags?|category|categories|topics?|authors?|autore?n?|auteurs?|search|suche|recherche|buscar|sections?|archives?|archiv|page|"
    r"thema|themen|kategorie|rubri(?:k|que)|etiqueta|temat|tagi|tema|label|keyword)/[^/]+(?:/(?:page/)?\d*)?/?$",
    re.IGNORECASE,
)
LISTS_PATH = re.compile(
    r"/(?:(?:tags?|categories|topics|authors|sections|archives?|archiv)(?:\.\w{2,5})?|(?:19|20)\d\d(?:/\d\d?){0,2})/?(?:index\.\w{2,5})?$",
    re.IGNORECASE,
)  # a list of such lists, or the stories of a year, a month, a day
STORY_PATH = re.compile(r"/[^/]*(?:(?:[-_+][^-_+/]+){3}|\d{5})[^/]*/?$|\.\w{3,5}$")  # a headline, a number, a file name
HEADLINE_PATH = re.compile(r"/[^/]*(?:[-_+][^-_+/]+){3}[^/]*/?$")
SECTION_PATH = re.compile(
    r"(?:/[^\W\d][^/\d.-]{0,24}(?:-[^/\d.-]{1,15})?){1,3}/?(?:index\.\w{2,5})?"
)  # short words, no number, no file name: /sport/football

TEASER_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "article", "li", "ul", "div", "section"})
STORY_PARENTS = ("div", "article", "section", "main", "body", "td", "blockquote", "p")
BLOCK_TAGS = frozenset({"p", "div", "blockquote"})
INLINE_TAGS = frozenset(
    {"b", "strong", "i", "em", "span", "font", "u", "abbr", "q", "cite", "small", "sup", "sub", "mark", "time", "code"}
)

_links = etree.XPath("//a[@href]")


def index(page: Page) -> Verdict:
    """Return that a page is an index, and what says so; None for one that is not.

    A list may be marked up as an article; then nothing on it shows its title.
    """
    headed = is_headed(page.tree, page.metadata.title or "")
    if headed and page.is_article_by_markup and page.metadata.published_at and page.words >= BRIEF:
        return None
    if made := _made_of_entries(page, headed=headed):
        return "index", made
    if prose_words(page.text) >= STORY:
        return None
    teasers = len({link.get("href") for link in _links(page.tree) if _is_headline(link)})
    if (teasers or not has_sentence(page.text)) and (short := _short_list(page)):
        return "index", short
    sign, is_strong = _index_sign(page, headed=headed)
    if sign is None or teasers < (MANY_TEASERS // 2 if is_strong else MANY_TEASERS):
        return None
    story = _longest_story(page.tree)
    if story >= (STORY if is_strong else WALL_TEXT):
        return None
    return "index", f"{sign}, {teasers} headlines that are links, no story longer than {story} words"


def _made_of_entries(page: Page, *, headed: bool) -> str | None:
    """Return what makes a page a list of several stories: their beginnings, or, each with its date, all of them.

    At a list's address two stories will do, and need no date. Their dates are not the page's, only one that its head gives is.
    A front page may stand at the address of a story that is gone.
    """
    if not page.words or (headed and (page.is_article_by_markup or page.metadata.published_basis in STATED)):
        return None
    path = _path(page)
    listed = _is_listing(path)
    is_round_up = headed or any(heading.find(".//a") is None for heading in page.tree.iter("h1"))
    if is_round_up and path is not None and not listed and HEADLINE_PATH.search(path):  # "/2024/03/our-best-stories-of-the-week/"
        return None
    entries, dated = entries_of(page.tree, page.text, page.metadata.title, page.url, 2 if listed else SERIES)
    if not entries or not (listed or dated or page.words <= BEGINNING * entries):
        return None
    return f"{page.words} words of {entries} stories, whose headlines are links"


def _is_listing(path: str | None) -> bool:
    """Tell whether an address is that of the home page, of a list of stories, or of a list of such lists."""
    return path is not None and any((HOME_PATHS.fullmatch(path), INDEX_PATH.search(path), LISTS_PATH.search(path)))


def _short_list(page: Page) -> str | None:
    """Return what makes a page a list of so few stories that their number says nothing: its address, and no story on it.

    A date that stands beside the link to a story is that story's, so only one that the page's head gives speaks against it.
    """
    path = _path(page)
    if not _is_listing(path):
        return None
    if page.is_article_by_markup or page.metadata.published_basis in STATED or page.words >= WALL_TEXT:
        return None
    if not page.words and not _links(page.tree):
        return None
    story = _longest_story(page.tree)
    if story < BRIEF:
        return f"a list by its address ({path}), no story longer than {story} words"
    if begins_elsewhere(page.tree, page.text, page.metadata.title, page.url):
        return f"a list by its address ({path}), with the beginning of one story"
    return None


def _path(page: Page) -> str | None:
    """Return the path of a page's address; None where it has none, or a query names the page."""
    return urlsplit(page.url).path if page.url and not _names_a_document(page.url) else None


def _index_sign(page: Page, *, headed: bool) -> tuple[str | None, bool]:
    """Return what makes a page look like an index, if anything does, and whether it is a strong sign."""
    path = _path(page)
    if path is not None and HOME_PATHS.fullmatch(path):
        return "the home page", True
    if page.metadata.page_types & INDEX_TYPES:
        return "marked up as a collection", True
    # A day in the address dates an archive's list as well as a story.
    dated = page.metadata.published_at is not None and page.metadata.published_basis != "url"
    if path is not None and INDEX_PATH.search(path) and not dated:
        return f"a list by its address ({path})", True
    if page.is_article_by_markup or page.metadata.published_basis in STATED:
        return None, False
    is_story = path is not None and STORY_PATH.search(path) is not None
    if not is_story and page.link_density >= LINKED_TEXT and page.words < TEASER and _says_nothing(page, dated=dated):
        return f"not a sentence, {page.link_density:.0%} in links", True
    if not (is_story or headed or prose_words(page.text)) and page.teased and _longest_story(page.tree) < BRIEF:
        return "nothing shows its title", False
    if page.metadata.published_at:
        return None, False
    if is_story and (page.words >= BRIEF or _longest_story(page.tree) >= BRIEF):
        return None, False
    # Where a story stands on its own, the menus around it say nothing.
    alone = not page.teased and page.words >= BRIEF and has_sentence(page.text)
    if page.link_density >= LINKED_TEXT and page.words < TEASER and not alone:
        return f"no date, {page.link_density:.0%} in links", False
    if alone and prose_words(page.text):
        return None, False
    if path is not None and SECTION_PATH.fullmatch(path) and not urlsplit(page.url or "").query:
        return f"no date, and a section's address ({path})", False
    return None, False


def _says_nothing(page: Page, *, dated: bool) -> bool:
    """Tell whether the text has no sentence, or, with a date, is mostly headlines that are links: the date is then one of theirs.

    A headline with its date may look like a sentence: "10. Januar 2025." ends in a stop.
    """
    if not dated and not has_sentence(page.text):
        return True
    headlines = {fold(one_line(link.text_content(), 300)) for link in _links(page.tree) if _is_headline(link)}
    rest = [line for line in page.text.split("\n") if not _holds_most(fold(line), headlines)]
    return 4 * sum(map(count_words, rest)) <= page.words and not has_sentence("\n".join(rest))


def _holds_most(line: str, headlines: Collection[str]) -> bool:
    return any(headline in line and 2 * len(headline) >= len(line) for headline in headlines)


def _names_a_document(url: str) -> bool:
    """Tell whether a query names the page, as `/?p=123` does."""
    return any(value.isdigit() or len(value) > 15 for values in parse_qs(urlsplit(url).query).values() for value in values)


def _is_headline(link: lxml.html.HtmlElement) -> bool:
    return not link.get("href", "#").startswith("#") and count_words(one_line(link.text_content(), 300)) >= HEADLINE_WORDS


def _longest_story(tree: lxml.html.HtmlElement) -> int:
    """Return the words, links left out, of the longest run of text: of blocks side by side that no linked headline parts."""
    longest = 0
    for parent in tree.iter(*STORY_PARENTS):
        run = 0
        for child in parent.iterchildren():
            if child.tag in TEASER_TAGS and any(_is_headline(link) for link in child.iter("a")):
                run = 0
            elif child.tag in BLOCK_TAGS:
                run += count_words(_own_text(child))
            longest = max(longest, run)
        longest = max(longest, count_words(_own_text(parent)))
    return longest


def _own_text(block: lxml.html.HtmlElement) -> str:
    """Return the text that stands in a block itself or in what is inline there, without links and blocks inside."""
    parts = [block.text or ""]
    for child in block.iterchildren():
        if child.tag in INLINE_TAGS:
            parts.append(child.text_content())
        parts.append(child.tail or "")
    return " ".join(parts)
