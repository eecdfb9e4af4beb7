"""Article or not: index, consent wall, paywall teaser, bot check, error page, and what is left over.

A false "no" costs an article, so every "no" needs two witnesses: what the page is made of, and how little story it holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import lxml.html
from lxml import etree

from pipeline.extract.entries import begins_elsewhere, entries_of
from pipeline.extract.metadata import HOME_PATHS, Metadata
from pipeline.extract.page_text import count_words, has_sentence, prose_words, visible_text
from pipeline.extract.strings import fold, one_line
from pipeline.extract.titles import SEPARATOR
from pipeline.extract.walls import (
    CHALLENGE,
    CHALLENGE_MARKUP,
    CONSENT,
    PAYWALL,
    PAYWALL_MARKUP,
    is_consent_button,
    is_heading_of,
    normal,
)
from pipeline.records import PageKind

STORY = 150  # words; with so many of them a page is an article unless it is made of links or of consent text
BRIEF = 40  # words; a news in brief has more
WALL_TEXT = 120  # words; what stands on a bot check, an error page or before a paywall stays below
CONSENT_TEXT = 900  # words; a long consent dialogue
CONSENT_DENSITY = 0.05  # of words; articles about cookies measured below .03
TEASER = 250  # words shown before a paywall
TEASER_SHARE = 0.4  # of the length that the page itself states
MANY_TEASERS = 8  # headlines that are links: fewer stand below an article
SERIES = 4  # stories whose beginnings make a page a list of them
BEGINNING = 120  # words that blogs show of each, on average
STUB = 30  # words under a video or a gallery
SCRAP = 8  # words: a caption, a label
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
ARTICLE_TYPES = re.compile(r"(?:article|posting|report|review|recipe|howto)$")

MEDIA_TYPES = frozenset(
    {
        "videoobject",
        "imagegallery",
        "mediagallery",
        "audioobject",
        "og:video",
        "og:video.other",
        "og:video.movie",
        "og:video.episode",
    }
)
CUT = re.compile(r"(?:…|\.\.\.|\[…\]|[^\W\d_]|,)[\s\])]*$")
TEASER_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "article", "li", "ul", "div", "section"})
STORY_PARENTS = ("div", "article", "section", "main", "body", "td", "blockquote", "p")
BLOCK_TAGS = frozenset({"p", "div", "blockquote"})
INLINE_TAGS = frozenset(
    {"b", "strong", "i", "em", "span", "font", "u", "abbr", "q", "cite", "small", "sup", "sub", "mark", "time", "code"}
)

_links = etree.XPath("//a[@href]")
_buttons = etree.XPath(
    "//button | //input[@type='submit' or @type='button'] | //*[@role='button']"
    " | //a[contains(@class, 'btn') or contains(@class, 'button')]"
)
_passwords = etree.XPath("boolean(//input[@type='password'])")
_headings = etree.XPath("//h1 | //title")


@dataclass(frozen=True, slots=True)
class _Page:
    """What the tests below look at, gathered once."""

    tree: lxml.html.HtmlElement
    metadata: Metadata
    text: str
    words: int
    link_density: float
    url: str | None
    teased: bool
    is_article_by_markup: bool


def page_kind(
    tree: lxml.html.HtmlElement, metadata: Metadata, text: str, link_density: float, url: str | None, *, teased: bool = True
) -> tuple[PageKind, str]:
    """Return what a page is, and the evidence in words.

    `text` is the main text found in it, `link_density` the share of the page's text that is in links (0 to 1, by characters),
    `teased` says whether links to other stories stand in that text.
    """
    by_markup = any(ARTICLE_TYPES.search(kind) for kind in metadata.page_types) and metadata.title is not None
    page = _Page(tree, metadata, text, count_words(text), link_density, url, teased, by_markup)
    if page.words >= STORY and page.is_article_by_markup and not metadata.paywalled:
        return "article", f"{page.words} words, marked up as an article"
    for test in (_blocked, _error, _consent, _paywall, _index, _login, _stub):
        verdict = test(page)
        if verdict:
            return verdict
    return "article", f"{page.words} words"


Verdict = tuple[PageKind, str] | None


def _blocked(page: _Page) -> Verdict:
    if page.words >= WALL_TEXT or _has_article_evidence(page):
        return None
    for line in _title_lines(page):
        if is_heading_of("blocked", line):
            return "blocked", f'headed "{line}", {page.words} words'
    markup = next((match.group() for value in _blocking_values(page.tree) if (match := CHALLENGE_MARKUP.search(value))), None)
    if markup and page.words < BRIEF and (said := CHALLENGE.search(normal(visible_text(page.tree)))):
        return "blocked", f'bot check ({markup}) that says "{said.group()}"'
    return None


def _blocking_values(tree: lxml.html.HtmlElement) -> Iterator[str]:
    """Yield where bot checks leave their names: ids, classes, sources of scripts and the scripts themselves."""
    for element in tree.iter("script", "form", "div", "iframe", "main", "body"):
        yield f"{element.get('id', '')} {element.get('class', '')} {element.get('src', '')}"
        if element.tag == "script" and element.text:
            yield element.text[:2000]


def _error(page: _Page) -> Verdict:
    if page.words >= WALL_TEXT or _has_article_evidence(page):
        return None
    line = next((line for line in _title_lines(page) if is_heading_of("error", line)), None)
    return ("error", f'headed "{line}", {page.words} words') if line else None


def _consent(page: _Page) -> Verdict:
    text = page.text if page.words >= BRIEF else visible_text(page.tree)
    words = count_words(text)
    if not words or words >= CONSENT_TEXT:
        return None
    density = _consent_density(text, words)
    needed = CONSENT_DENSITY * (2 if _has_article_evidence(page) or words > TEASER else 1)
    if density < needed or (_has_article_evidence(page) and CONSENT.search(normal(page.metadata.title or ""))):
        return None
    button = next((label for element in _buttons(page.tree) if is_consent_button(label := _label(element))), None)
    if button is None:
        return None
    return "consent", f'{density:.0%} of {words} words are about consent, with a button "{button}"'


def _consent_density(text: str, words: int) -> float:
    return len(CONSENT.findall(normal(text))) / words


def _label(element: lxml.html.HtmlElement) -> str:
    return one_line(element.text_content() or element.get("value") or element.get("aria-label"), 100)


def _paywall(page: _Page) -> Verdict:
    stated = page.metadata.word_count or 0
    if page.metadata.paywalled:
        if page.words < min(TEASER_SHARE * stated, TEASER):
            return "paywall", f"not free, {page.words} of {stated} words"
        if page.words < WALL_TEXT and not stated:
            return "paywall", f"not free, {page.words} words"
        if page.words < TEASER and _is_cut(page.text):
            return "paywall", f"not free, breaks off after {page.words} words"
    if page.words >= TEASER:
        return None
    for element in _paywall_elements(page.tree):
        invitation = PAYWALL.search(normal(one_line(element.text_content(), 1000)))
        if invitation and (page.words < WALL_TEXT or page.metadata.paywalled or _is_cut(page.text)):
            return "paywall", f'{page.words} words, then "{invitation.group()}"'
    if page.words < WALL_TEXT and _is_cut(page.text) and (invitation := PAYWALL.search(normal(visible_text(page.tree)))):
        return "paywall", f'breaks off after {page.words} words, "{invitation.group()}"'
    return None


def _paywall_elements(tree: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    for element in tree.iter("div", "section", "aside", "p", "form", "article"):
        if PAYWALL_MARKUP.search(f"{element.get('class', '')} {element.get('id', '')}".replace("_", "-").lower()):
            yield element


def _is_cut(text: str) -> bool:
    """Tell whether a text stops in mid-sentence."""
    return bool(text) and CUT.search(text[-40:]) is not None


def _index(page: _Page) -> Verdict:
    if page.is_article_by_markup and page.metadata.published_at and page.words >= BRIEF:
        return None
    if made := _made_of_entries(page):
        return "index", made
    if prose_words(page.text) >= STORY:
        return None
    teasers = len({link.get("href") for link in _links(page.tree) if _is_headline(link)})
    if (teasers or not has_sentence(page.text)) and (short := _short_list(page)):
        return "index", short
    sign, is_strong = _index_sign(page)
    if sign is None or teasers < (MANY_TEASERS // 2 if is_strong else MANY_TEASERS):
        return None
    story = _longest_story(page.tree)
    if story >= (STORY if is_strong else WALL_TEXT):
        return None
    return "index", f"{sign}, {teasers} headlines that are links, no story longer than {story} words"


def _made_of_entries(page: _Page) -> str | None:
    """Return what makes a page a list of several stories: their beginnings, or, each with its date, all of them.

    At a list's address two stories will do, and need no date. Their dates are not the page's, only one that its head gives is.
    """
    if page.is_article_by_markup or page.metadata.published_basis in STATED or not page.words:
        return None
    path = _path(page)
    listed = _is_listing(path)
    if path is not None and not listed and HEADLINE_PATH.search(path):  # "/2024/03/our-best-stories-of-the-week/"
        return None
    entries, dated = entries_of(page.tree, page.text, page.metadata.title, page.url, 2 if listed else SERIES)
    if not entries or not (listed or dated or page.words <= BEGINNING * entries):
        return None
    return f"{page.words} words of {entries} stories, whose headlines are links"


def _is_listing(path: str | None) -> bool:
    """Tell whether an address is that of the home page, of a list of stories, or of a list of such lists."""
    return path is not None and any((HOME_PATHS.fullmatch(path), INDEX_PATH.search(path), LISTS_PATH.search(path)))


def _short_list(page: _Page) -> str | None:
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


def _path(page: _Page) -> str | None:
    """Return the path of a page's address; None where it has none, or a query names the page."""
    return urlsplit(page.url).path if page.url and not _names_a_document(page.url) else None


def _index_sign(page: _Page) -> tuple[str | None, bool]:
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


def _says_nothing(page: _Page, *, dated: bool) -> bool:
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


def _login(page: _Page) -> Verdict:
    if page.words >= WALL_TEXT or _has_article_evidence(page) or not _passwords(page.tree):
        return None
    line = next((line for line in _title_lines(page) if is_heading_of("login", line)), None)
    if line:
        return "other", f'login form, headed "{line}"'
    return ("other", f"login form, {page.words} words") if page.words < SCRAP else None


def _stub(page: _Page) -> Verdict:
    if page.words == 0:
        return "other", "no text"
    if page.words >= STUB:
        return None
    if MEDIA_TYPES & page.metadata.page_types:
        return "other", f"video or gallery with {page.words} words"
    if page.words < SCRAP and not page.is_article_by_markup:
        return "other", f"{page.words} words, and nothing says that it is an article"
    return None


def _has_article_evidence(page: _Page) -> bool:
    """Tell whether the page's own markup presents an article: its type, and a date given by machine."""
    return page.is_article_by_markup and page.metadata.published_basis in ("jsonld", "meta", "time")


def _title_lines(page: _Page) -> list[str]:
    """Return what heads the page: title, <title> and h1, whole and in the pieces that separators make."""
    lines = [page.metadata.title or ""] + [one_line(element.text_content(), 300) for element in _headings(page.tree)[:10]]
    pieces = [piece for line in lines for piece in (line, *SEPARATOR.split(line)[::2])]
    return [piece for piece in dict.fromkeys(map(str.strip, pieces)) if fold(piece)]
