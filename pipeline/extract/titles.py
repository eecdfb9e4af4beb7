"""The headline: what stands on the page as its heading, checked against what the page calls itself, without the site's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import lxml.html
from lxml import etree

from pipeline.clean.date_lines import is_date_line
from pipeline.clean.lines import count_words, has_unspaced
from pipeline.extract.cjk_bylines import WIDE
from pipeline.extract.headings import MAX_TITLE, heading_text, link_of
from pipeline.extract.headline import own_headings
from pipeline.extract.likeness import likeness
from pipeline.extract.markup import Markup
from pipeline.extract.site_names import SiteNames
from pipeline.extract.strings import cut_at_word, fold, one_line, words
from pipeline.extract.textlines import Lines

SEPARATOR = re.compile(
    r"(\s+[|¦·•:»«›‹~/\\–—―−-]{1,3}\s+|\s*[|｜»«‖]+\s*|\s+::\s+|\s*_\s*(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\s*_\s*"
    rf"|(?<={WIDE.pattern})\s*[-–—－]{{1,2}}\s*(?={WIDE.pattern}))"
)
PREFIX = re.compile(r"(?<=\S\S)\s*[:：]\s+(?=\S)")
STRONG_SEPARATOR = re.compile(r"[|｜»«‖¦]")
META_TITLES = (
    "og:title",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "headline",
    "title",
    "citation_title",
)
TRIMMED = " |¦·•:»«›‹~/\\_–—-"  # around a line that is the headline
AGREEMENT = 0.5  # of words in common (Dice); headings of other stories stay below .3
SOME_AGREEMENT = 0.2  # an only h1 with less is not this page's headline
BRACKETS = re.compile(r"\s*[\[(（【]([^\[\]()]{1,30})[\])）】]$")
# What software calls a page by in its <title>: "news:ferry", "press_2024.pdf", "car-seats-test-autumn-2018".
PAGE_ID = re.compile(r"[a-z0-9]+(?:[:_/.-]+[a-z0-9]+)*[:_/.][a-z0-9]+(?:[:_/.-]+[a-z0-9]+)*|[a-z0-9]+(?:-[a-z0-9]+){3,}")
# What editors of pages write into a <title> until somebody gives one.
UNTITLED = re.compile(r"untitled(?:[ -](?:document|page|\d+))?|new page \d+|document|index|default", re.IGNORECASE)
DATE_IN_FRONT = re.compile(
    r"^\W*(?:\w{3,9}\.?\s+\d{1,2},?\s+\d{4}|\d{1,2}\.?\s+\w{3,9}\.?\s+\d{4}|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4})\W*"
)
WORD_IN_FRONT = re.compile(r"^\w+\s?[:：]\s*")
MAX_HEADINGS = 40
MAX_PIECES = 12  # between separators
MIN_WORDS = 4  # of a headline behind which the site's name, and more, may stand
MIN_LINE_WORDS = 3  # of a line that is the headline because the <title> holds it; without spaces, half of the <title> says as much
MIN_LESSER = 8  # letters of an h2 or h3 that is the headline
CUT = ("...", "…")
MIN_BEGUN = 20  # letters of a title that is cut off
# Between pieces of a <title>, with or without space around: a piece counts only when it stands on the page as a line.
LOOSE_SEPARATOR = re.compile(r"\s*[|¦·•:»«›‹~/\\–—―−_()\[\]-]+\s*")


def read_title(tree: lxml.html.HtmlElement, markup: Markup, lines: Callable[[], Lines], names: SiteNames) -> str | None:
    """Return the page's headline, or None when all that it has is the site's name."""
    declared = _declared_titles(markup, names)
    headings = [heading_text(heading) for heading in own_headings(markup.headings) or markup.headings]
    heading, agrees = _best_heading(headings, [title for title in declared if not PAGE_ID.fullmatch(title)], names)
    if heading and (rest := _behind_link(heading, markup)):
        return _lesser_heading(tree, [rest]) or heading
    if heading and agrees:
        return _without_label(_with_colon(_not_in_capitals(_without_part(heading, markup, declared), declared), declared))
    if lesser := _lesser_heading(tree, declared):
        return _with_colon(lesser, declared)
    piece = _visible_piece(lines, markup.title, names)
    if heading and (piece is None or set(words(piece)) & set(words(heading))):
        return heading
    said = next((title for title in declared if not PAGE_ID.fullmatch(title)), next(iter(declared), None))
    return piece or said or _only_heading(tree, names)


def _only_heading(tree: lxml.html.HtmlElement, names: SiteNames) -> str | None:
    """Return the only h2, or where there is none the only h3, of a page that calls itself nothing but its site's name."""
    for rank in ("h2", "h3"):
        headings = own_headings(list(islice(tree.iter(rank), MAX_HEADINGS)))
        texts = [
            text for heading in headings if (text := heading_text(heading)) and len(text) <= MAX_TITLE and not is_date_line(text)
        ]
        if texts:
            return texts[0] if len(texts) == 1 and len(words(texts[0])) >= MIN_LINE_WORDS and not names.open(texts[0]) else None
    return None


def _declared_titles(markup: Markup, names: SiteNames) -> list[str]:
    """Return what JSON-LD, <meta> and <title> give as the headline, site names stripped, best first."""
    given = [
        one_line(markup.jsonld.get("headline")),
        *markup.every(*META_TITLES),
        markup.title,
        one_line(markup.jsonld.get("name")),
    ]
    stripped = (strip_site(cut_at_word(title, MAX_TITLE), names) for title in given if title)
    return list(dict.fromkeys(title for title in stripped if title and not names.match(title) and not UNTITLED.fullmatch(title)))


def strip_site(title: str, names: SiteNames) -> str:
    """Return a title without the site's name before or behind it, as far as there is evidence that it is the site's."""
    behind = BRACKETS.search(title)
    if behind and names.match(behind[1]) and behind.start():
        title = title[: behind.start()]
    rest = _without_site_pieces(title, names)
    prefix = next((colon for colon in PREFIX.finditer(rest) if names.match(rest[: colon.start()])), None)
    return rest[prefix.end() :] if prefix else rest


def _without_site_pieces(title: str, names: SiteNames) -> str:
    """Return a title without the site's name, the slogan behind it, and the sections that bars part from the rest."""
    pieces = SEPARATOR.split(title)  # segment, separator, segment, …
    end = next((at for at in range(2, len(pieces), 2) if _ends_headline(pieces, at, names)), len(pieces) + 1)
    # "Headline | Politics | The Site": what stands between bars before the site is a section.
    behind = end < len(pieces)
    pieces = pieces[: end - 1]
    while behind and len(pieces) > 2 and STRONG_SEPARATOR.search(pieces[-2]) and _is_section(pieces[-1], pieces[:-2]):
        pieces = pieces[:-2]
    before = False
    while len(pieces) > 2 and names.match(pieces[0]):
        pieces, before = pieces[2:], True
    while before and len(pieces) > 2 and STRONG_SEPARATOR.search(pieces[1]) and _is_section(pieces[0], pieces[2:]):
        pieces = pieces[2:]
    return "".join(pieces).strip()


def _ends_headline(pieces: list[str], at: int, names: SiteNames) -> bool:
    """Tell whether a piece behind the headline is the site's name, at the end or with a slogan behind it, or a date before it."""
    if all(names.match(piece) for piece in pieces[at::2]) or (at == len(pieces) - 1 and names.open(pieces[at])):
        return True
    is_middle = at < len(pieces) - 1 and _length("".join(pieces[: at - 1])) >= MIN_WORDS
    return is_middle and (names.match(pieces[at]) or DATE_IN_FRONT.fullmatch(pieces[at]) is not None)


def _is_section(piece: str, rest: list[str]) -> bool:
    return _length(piece) <= 3 < _length("".join(rest))


def _length(text: str) -> int:
    """Return the number of words, signs left out."""
    return count_words(" ".join(words(text)))


def _best_heading(headings: Iterable[str], declared: list[str], names: SiteNames) -> tuple[str | None, bool]:
    """Return the h1 most like the declared titles, an only one also when not very like them, and whether it agrees with one."""
    usable = [text for text in dict.fromkeys(headings) if text and len(text) <= MAX_TITLE and not names.match(text)]
    if not usable:
        return None, False
    scored = [(max((likeness(text, title) for title in declared), default=0.0), text) for text in usable]
    best, text = max(scored, key=lambda item: (item[0], len(words(item[1]))))  # of equals the longest, then the first
    if best >= AGREEMENT:
        return _without_extras(text, declared, names), True
    if declared and (len(usable) > 1 or best < SOME_AGREEMENT):
        return None, False
    if any(fold(SEPARATOR.split(title)[0]) == fold(usable[0]) for title in declared):
        return usable[0], False
    return usable[0] if (len(words(usable[0])) > 2 or not declared) and not names.open(usable[0]) else None, not declared


def _behind_link(heading: str, markup: Markup) -> str | None:
    """Return the rest of the <title> when the h1 is one link and the <title> begins or ends with it: a blog and its post."""
    element = next(element for element in markup.headings if heading in heading_text(element))
    link = link_of(element, heading)
    if link is None or len([part for part in link.get("href", "").partition("://")[2].split("/")[1:] if part]) > 1:
        return None
    pieces = SEPARATOR.split(PREFIX.sub(" | ", markup.title))
    rests = ("".join(pieces[2:]), "".join(pieces[:-2])) if len(pieces) > 2 else ()
    folded = fold(markup.title)
    return next((rest for rest in rests if fold(rest) and folded in (fold(rest + heading), fold(heading + rest))), None)


def _lesser_heading(tree: lxml.html.HtmlElement, declared: list[str]) -> str | None:
    """Return the h2 or h3 that is a declared title, or the better half of one, or goes on where one is cut off."""
    folded = [fold(title) for title in declared]
    begun = tuple(cut for title in declared if title.endswith(CUT) and len(cut := fold(title)) >= MIN_BEGUN)
    for element in list(tree.iter("h2", "h3"))[:MAX_HEADINGS]:
        text = heading_text(element)
        own = fold(text)
        is_said = any(own in title and 2 * len(own) >= len(title) for title in folded)
        if len(own) >= MIN_LESSER and (is_said or (begun and own.startswith(begun))):
            return text
    return None


def _visible_piece(page_lines: Callable[[], Lines], title: str, names: SiteNames) -> str | None:
    """Return the longest line of the page that is a piece of its <title>: the rest is the site's and the section's."""
    pieces = LOOSE_SEPARATOR.split(title)
    if len(pieces) > MAX_PIECES:
        return None
    cuts = {fold("".join(pieces[start:end])) for start in range(len(pieces)) for end in range(start + 1, len(pieces) + 1)}
    lines = (text for _, text in page_lines() if len(text) <= MAX_TITLE and fold(text) in cuts)
    half = max(MIN_LESSER, len(fold(title)) / 2)
    long = (text for text in lines if len(words(text)) >= MIN_LINE_WORDS or (has_unspaced(text) and len(fold(text)) >= half))
    found = max((text.strip(TRIMMED) for text in long if not names.match(text)), key=len, default=None)
    return _without_site_pieces(found, names) if found else None


def _without_extras(heading: str, declared: list[str], names: SiteNames) -> str:
    """Return a heading without the kicker before it or the label behind it, where the page itself gives the rest as its title."""
    for title in declared:
        folded = fold(title)
        if len(folded) < 10 or len(title) >= len(heading):
            continue
        if heading.startswith(title) and names.match(heading[len(title) :]):
            return title
        for piece in _cuts(heading):
            if fold(piece) == folded:
                return piece
    return heading


def _without_part(heading: str, markup: Markup, declared: list[str]) -> str:
    """Return a heading without an element before or behind, such as a link to its topic or a sign that it is for subscribers, where
    the rest is a title that the page gives, or the beginning of one.
    """
    element = next(element for element in markup.headings if heading in heading_text(element))
    given = [fold(title) for title in declared]
    begun = {fold(SEPARATOR.split(title)[0]) for title in declared}
    for part in islice(element.iterdescendants(etree.Element), MAX_PIECES):
        text = one_line(part.text_content(), MAX_TITLE)
        for rest in (heading.removeprefix(text).strip(), heading.removesuffix(text).strip()):
            is_title = fold(rest) in given or (fold(rest) in begun and not any(fold(text) in title for title in given))
            if len(rest) < len(heading) and len(words(rest)) >= MIN_LINE_WORDS and is_title:
                return rest
    return heading


def _with_colon(heading: str, declared: list[str]) -> str:
    """Return a heading whose kicker style alone sets apart as the page itself writes it: "Harbour: Ferry sails again"."""
    if PREFIX.search(heading):
        return heading
    return next((title for title in declared if PREFIX.search(title) and fold(title) == fold(heading)), heading)


def _not_in_capitals(heading: str, declared: list[str]) -> str:
    """Return a heading that a page shows in capitals as the page itself gives it as its title."""
    if not heading.isupper():
        return heading
    return next((piece for title in declared for piece in _cuts(title) if fold(piece) == fold(heading)), heading)


def _without_label(heading: str) -> str:
    """Return a heading without the section behind its last bar, one word: "| Opinion"."""
    pieces = SEPARATOR.split(heading)
    is_label = len(pieces) > 2 and STRONG_SEPARATOR.search(pieces[-2]) and _length(pieces[-1]) == 1
    return "".join(pieces[:-2]) if is_label and _length("".join(pieces[:-2])) >= MIN_WORDS else heading


def _cuts(heading: str) -> Iterator[str]:
    """Yield what is left of a heading when a label is cut off: at a bar, in brackets at the end, or a date or "Word:" before it."""
    pieces = SEPARATOR.split(heading)
    for start in range(0, len(pieces), 2):
        for end in range(len(pieces), start, -2):
            yield "".join(pieces[start:end]).strip()
    yield BRACKETS.sub("", heading)
    yield DATE_IN_FRONT.sub("", heading)
    yield WORD_IN_FRONT.sub("", heading)
