"""Article or not: index, consent wall, paywall teaser, bot check, error page, and what is left over.

A false "no" costs an article, so every "no" needs two witnesses: what the page is made of, and how little story it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from pipeline.extract.entries import is_headed
from pipeline.extract.index_pages import index
from pipeline.extract.metadata import Metadata
from pipeline.extract.page_evidence import BRIEF, STORY, TEASER, WALL_TEXT, Page, Verdict
from pipeline.extract.page_text import count_words, visible_text
from pipeline.extract.strings import fold, one_line
from pipeline.extract.surroundings import class_and_id
from pipeline.extract.titles import SEPARATOR
from pipeline.extract.walls import (
    CHALLENGE,
    CHALLENGE_MARKUP,
    CONSENT,
    CONSENT_DENSITY,
    PAYWALL,
    PAYWALL_MARKUP,
    consent_density,
    is_consent_button,
    is_heading_of,
    normal,
)
from pipeline.records import PageKind

CONSENT_TEXT = 900  # words; a long consent dialogue
TEASER_SHARE = 0.4  # of the length that the page itself states
STUB = 30  # words under a video or a gallery
SCRAP = 8  # words: a caption, a label

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

_buttons = etree.XPath(
    "//button | //input[@type='submit' or @type='button'] | //*[@role='button']"
    " | //a[contains(@class, 'btn') or contains(@class, 'button')]"
)
_passwords = etree.XPath("boolean(//input[@type='password'])")
_headings = etree.XPath("//h1 | //title")


def page_kind(
    tree: lxml.html.HtmlElement, metadata: Metadata, text: str, link_density: float, url: str | None, *, teased: bool = True
) -> tuple[PageKind, str]:
    """Return what a page is, and the evidence in words.

    `text` is the main text found in it, `link_density` the share of the page's text that is in links (0 to 1, by characters),
    `teased` says whether links to other stories stand in that text.
    """
    by_markup = any(ARTICLE_TYPES.search(kind) for kind in metadata.page_types) and metadata.title is not None
    page = Page(tree, metadata, text, count_words(text), link_density, url, teased, by_markup)
    told = page.words >= STORY and page.is_article_by_markup and not metadata.paywalled
    if told and (not teased or is_headed(tree, metadata.title or "")):
        return "article", f"{page.words} words, marked up as an article"
    for test in (_blocked, _error, _consent, _paywall, index, _login, _stub):
        verdict = test(page)
        if verdict:
            return verdict
    return "article", f"{page.words} words"


def _blocked(page: Page) -> Verdict:
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


def _error(page: Page) -> Verdict:
    if page.words >= WALL_TEXT or _has_article_evidence(page):
        return None
    line = next((line for line in _title_lines(page) if is_heading_of("error", line)), None)
    return ("error", f'headed "{line}", {page.words} words') if line else None


def _consent(page: Page) -> Verdict:
    text = page.text if page.words >= BRIEF else visible_text(page.tree)
    words = count_words(text)
    if not words or words >= CONSENT_TEXT:
        return None
    density = consent_density(text, words)
    needed = CONSENT_DENSITY * (2 if _has_article_evidence(page) or words > TEASER else 1)
    if density < needed or (_has_article_evidence(page) and CONSENT.search(normal(page.metadata.title or ""))):
        return None
    button = next((label for element in _buttons(page.tree) if is_consent_button(label := _label(element))), None)
    if button is None:
        return None
    return "consent", f'{density:.0%} of {words} words are about consent, with a button "{button}"'


def _label(element: lxml.html.HtmlElement) -> str:
    return one_line(element.text_content() or element.get("value") or element.get("aria-label"), 100)


def _paywall(page: Page) -> Verdict:
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
        # Words of neighbours stand apart on the screen, though not in the source of a page without white space.
        invitation = PAYWALL.search(normal(one_line(" ".join(element.itertext()), 1000)))
        if invitation and (page.words < WALL_TEXT or page.metadata.paywalled or _is_cut(page.text)):
            return "paywall", f'{page.words} words, then "{invitation.group()}"'
    if page.words < WALL_TEXT and _is_cut(page.text) and (invitation := PAYWALL.search(normal(visible_text(page.tree)))):
        return "paywall", f'breaks off after {page.words} words, "{invitation.group()}"'
    return None


def _paywall_elements(tree: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    for element in tree.iter("div", "section", "aside", "p", "form", "article"):
        if PAYWALL_MARKUP.search(class_and_id(element).replace("_", "-").lower()):
            yield element


def _is_cut(text: str) -> bool:
    """Tell whether a text stops in mid-sentence."""
    return bool(text) and CUT.search(text[-40:]) is not None


def _login(page: Page) -> Verdict:
    if page.words >= WALL_TEXT or _has_article_evidence(page) or not _passwords(page.tree):
        return None
    line = next((line for line in _title_lines(page) if is_heading_of("login", line)), None)
    if line:
        return "other", f'login form, headed "{line}"'
    return ("other", f"login form, {page.words} words") if page.words < SCRAP else None


def _stub(page: Page) -> Verdict:
    if page.words == 0:
        return "other", "no text"
    if page.words >= STUB:
        return None
    if MEDIA_TYPES & page.metadata.page_types:
        return "other", f"video or gallery with {page.words} words"
    if page.words < SCRAP and not page.is_article_by_markup:
        return "other", f"{page.words} words, and nothing says that it is an article"
    return None


def _has_article_evidence(page: Page) -> bool:
    """Tell whether the page's own markup presents an article: its type, and a date given by machine."""
    return page.is_article_by_markup and page.metadata.published_basis in ("jsonld", "meta", "time")


def _title_lines(page: Page) -> list[str]:
    """Return what heads the page: title, <title> and h1, whole and in the pieces that separators make."""
    lines = [page.metadata.title or ""] + [one_line(element.text_content(), 300) for element in _headings(page.tree)[:10]]
    pieces = [piece for line in lines for piece in (line, *SEPARATOR.split(line)[::2])]
    return [piece for piece in dict.fromkeys(map(str.strip, pieces)) if fold(piece)]
