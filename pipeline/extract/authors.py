"""Who wrote an article: a list of people, agencies apart, nothing else that stands in a byline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

import lxml.html

from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.lines import has_digit
from pipeline.extract.agencies import agency_in, is_agency, without_agency
from pipeline.extract.bylines import (
    AND,
    BY,
    CREDITED,
    MAX_NAME,
    NOT_A_NAME,
    OTHERS_BY,
    after_by,
    begins_with_particle,
    is_occupation,
    is_person,
    split_names,
    stands_behind_and,
    without_by,
    without_place,
)
from pipeline.extract.cjk_bylines import REPORTERS, signed_by
from pipeline.extract.jsonld import is_organisation
from pipeline.extract.marked import AUTHOR_PATH, Marked, author_links
from pipeline.extract.markup import Markup, stated_properties
from pipeline.extract.months import WIDE_SCRIPT
from pipeline.extract.parse import INLINE
from pipeline.extract.site_names import SiteNames
from pipeline.extract.strings import begins_small, fold, one_line
from pipeline.extract.surroundings import class_and_id, own_footer
from pipeline.extract.textlines import Lines, lines_near_headline

META_AUTHORS = (
    "author", "article:author", "parsely-author", "sailthru.author", "article:author_name", "dc.creator", "dc.creator.author",
    "dcterms.creator", "byl", "byline", "article.author", "authors", "og:article:author", "og:author", "citation_author",
    "cxenseparse:author", "vr:author", "shareaholic:article_author_name", "creator",
)  # fmt: skip
ADDRESS = re.compile(r"//|^\S*/\S*$")  # of the author's page
# WordPress's SEO plug-in labels its preview fields: label 1 says "Written by" in the site's language, data 1 names the writer.
LABELLED = (("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2"))

BY_INSIDE = re.compile(rf"(?<=\W){BY.pattern}", re.IGNORECASE)

# As libraries and journals write it: "Doe, Jane"; where some list their writers, only with a surname of one word.
SURNAME_FIRST = {
    "citation_author": re.compile(r"^([^,]+),\s*([^,]+)$"),
    **dict.fromkeys(("dc.creator", "dcterms.creator"), re.compile(r"^([^,\s]+),\s*([^,]+)$")),
}
MAX_AUTHORS = 20
MAX_ELEMENTS = 60
MAX_INNER = 50  # elements in or around a byline in which another is looked for
MAX_BYLINE = 300  # characters; more is a biography or half the page
MAX_BLOCK = 1000  # characters of a block of bylines; in a longer one stand articles, each with its own
NOBODY = SiteNames(frozenset(), "")
GROUP = re.compile(
    r"\s*(?:[|•\n]|·(?![\u3400-\u9fff\uac00-\ud7af]))\s*"
)  # what stands after a bar is a role or a date, if a name stood before it
OPEN_END = re.compile(rf"(?:,|\s{AND}|^{AND})$", re.IGNORECASE)
OPEN_LENGTH = 10  # characters, more than any match of it has
OPEN_START = re.compile(rf"(?:,|{AND}\s|{AND}$)", re.IGNORECASE)
PHRASES = INLINE - {"a"}
MIN_CAPITALS = 3  # letters of half a name in capitals; fewer are the initials of all of it


def read_authors(
    tree: lxml.html.HtmlElement,
    url: str | None,
    markup: Markup,
    marked: Callable[[], Marked],
    lines: Callable[[], Lines],
    names: SiteNames,
    headline: lxml.html.HtmlElement | None,
) -> tuple[tuple[str, ...], str | None]:
    """Return the people who wrote the article, and the agency credited; from the first source that names a person."""
    house, agency = _people(_from_jsonld(markup, houses=True), names)  # where no person is named
    sources: tuple[Callable[[], tuple[tuple[str, ...], str | None]], ...] = (
        lambda: _owner(markup, names),
        lambda: _people(_from_jsonld(markup, houses=False), names),
        lambda: _people(_from_meta(markup), names),
        lambda: _people(_from_labels(markup), names),
        lambda: _people_of_elements(marked().author_items, names),
        lambda: _people_of_elements(marked().bylines, names, full_names=True),
        lambda: _people_of_elements(author_links(tree, url, headline), names, full_names=True),
        lambda: _people_of_lines(_by_lines(lines(), headline, names), names),
        lambda: _people(_in_footer(tree, headline), names, full_names=True),
    )
    for source in sources:
        people, credit = source()
        agency = agency or credit
        if people:
            return _writers(people, lambda: lines_near_headline(lines(), headline)), agency
    return house, agency


def _writers(people: tuple[str, ...], near: Callable[[], list[str]]) -> tuple[str, ...]:
    """Return the people without those of whom the page says nothing but that they did something else: edited it, took pictures."""
    if len(people) < 2:
        return people
    writers, others = [], []
    is_label = False
    for line in near():
        found = OTHERS_BY.search(line)
        before, behind = (line[: found.start()], line[found.end() :]) if found else ("", line) if is_label else (line, "")
        writers.append(fold(before))
        others.append(fold(behind))
        is_label = found is not None and not behind
    others = [text for text in others if text]
    named = [name for name in people if any(fold(name) in text for text in writers)]
    elsewhere = {name for name in people if any(fold(name) in text for text in others)}.difference(named)
    # Where the headline has no byline beside it, it may stand below the text, and a caption says who took the picture as well.
    return tuple(name for name in people if name not in elsewhere) if named else people


def _owner(markup: Markup, names: SiteNames) -> tuple[tuple[str, ...], str | None]:
    """Return the author whose own name the site bears: stated to be a person, and no organisation of the page."""
    item = markup.jsonld.resolve(markup.jsonld.get("author"))
    item = markup.jsonld.resolve(item[0]) if isinstance(item, list) and len(item) == 1 else item
    if isinstance(item, dict) and not item.get("@type"):
        item = markup.jsonld.by_id.get(str(item.get("@id")), item)
    if not isinstance(item, dict) or "person" not in str(item.get("@type")).lower():
        return (), None
    name = one_line(item.get("name"), MAX_NAME)
    is_owner = names.bears(name) and fold(name) not in markup.jsonld.organisations and 2 <= len(name.split()) <= 3
    return ((name,), None) if is_owner and is_person(name, NOBODY) else ((), None)


def _from_jsonld(markup: Markup, *, houses: bool) -> list[str]:
    """Return the names of the article's authors: of persons, or of the organisations where these are all that it gives."""
    for key in ("author", "creator"):
        value = markup.jsonld.get(key)
        items = [markup.jsonld.resolve(item) for item in (value if isinstance(value, list) else [value])[:MAX_AUTHORS]]
        persons = [item for item in items if not (isinstance(item, dict) and is_organisation(item))]
        found = [_given_name_first(name) for item in persons or items for name in _names_of(item)]
        found = found if persons else [name for name in found if not _joins_words(name)]
        if found:
            return found if houses is not bool(persons) else []
    return []


def _given_name_first(name: str) -> str:
    """Return the name of one person that is stated surname first, in two words: "Doe, Jane"."""
    parts = [part.strip() for part in name.split(",")]
    are_words = len(parts) == 2 and all(part and " " not in part and part.casefold() not in NOT_A_NAME for part in parts)
    return f"{parts[1]} {parts[0]}" if are_words and not any(map(is_agency, parts)) else name


def _joins_words(name: str) -> bool:
    """Tell whether the name of an organisation is words joined by "and": "Morgan & Morgan" is no two people."""
    names = split_names(name)
    return len(names) > 1 and any(" " not in one for one in names)


def _names_of(item: object) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        name = item.get("name") or " ".join(one_line(item.get(key)) for key in ("givenName", "familyName"))
        for one in name[:MAX_AUTHORS] if isinstance(name, list) else [name]:
            if isinstance(one, str):
                yield one


def _from_meta(markup: Markup) -> list[str]:
    for name in META_AUTHORS:
        values = markup.meta.get(name, [])
        if any(not ADDRESS.search(value) for value in values):
            order = SURNAME_FIRST.get(name)
            return (
                [value if is_agency(value.partition(",")[0]) else order.sub(r"\2 \1", value) for value in values]
                if order
                else [_given_name_first(value) for value in values]
            )
    return []


def _from_labels(markup: Markup) -> list[str]:
    """Return the preview field that is labelled as the author's; its neighbour, the reading time, holds digits."""
    pairs = [(markup.first(label), markup.first(data)) for label, data in LABELLED]
    return [data for label, data in pairs if label and after_by(label + " x") == "x"]


def _people_of_lines(lines: Iterable[str], names: SiteNames) -> tuple[tuple[str, ...], str | None]:
    """Return the people of the first line that names any, or the agency that one before it credits: then nobody else is looked for.

    A sentence may open with "By" as well: "Por primera vez …", and the byline stands below it.
    """
    found = (_people([line], names, full_names=True) for line in lines)
    return next((credited for credited in found if any(credited)), ((), None))


def _by_lines(page_lines: Lines, headline: lxml.html.HtmlElement | None, names: SiteNames) -> Iterator[str]:
    """Yield lines near the headline that open with "By" and a name, or what follows a line that says "By" alone.

    The date may stand before the "By". A line by the house itself is none: "Written by" and a name may follow.

    In Chinese, Japanese and Korean what stands for "By" may follow the name.
    """
    lines = [line for line in lines_near_headline(page_lines, headline) if len(line) <= MAX_BYLINE]
    for n, (line, following) in enumerate(pairwise([*lines, ""])):
        line = f"{line} {following}" if following in REPORTERS else line  # set apart from the name before it
        signed = next((signed for piece in GROUP.split(line) if (signed := signed_by(piece)) is not None), None)
        rest = after_by(line) if signed is None else signed
        rest = _after_date(line) if rest is None else rest
        if rest is not None and (signed is not None or not names.match(rest or following)):
            yield _with_others(rest or following, lines[n + 1 if rest else n + 2 :])


def _with_others(names: str, lines: Iterable[str]) -> str:
    """Return the names of a byline with those that lines of their own join to them: "Jane Doe", "and", "John Roe"."""
    for line in lines:
        is_joined = begins_small(line) or not line[0].isalpha() or (line.isupper() and names.isupper())
        if len(names) + len(line) > MAX_BYLINE or not (OPEN_END.search(names) or (is_joined and OPEN_START.match(line))):
            break
        names += " " + line
    return names


def _in_footer(tree: lxml.html.HtmlElement, headline: lxml.html.HtmlElement | None) -> list[str]:
    """Return what stands behind a "Written by" in the article's own footer, or the name set apart behind it."""
    texts = [one_line(text, MAX_BYLINE) for footer in own_footer(tree, headline) for text in footer.itertext()]
    texts = [text for text in texts if text]
    return next(([name or following] for by, following in pairwise([*texts, ""]) if (name := after_by(by)) is not None), [])


def _after_date(line: str) -> str | None:
    """Return what follows "By" behind the date in a line: "Posted on 12 March 2024 by Jane Doe"; None in any other line."""
    if not has_digit(line):
        return None
    for match in reversed(list(BY_INSIDE.finditer(line))):
        before, rest = line[: match.start()], line[match.end() :].strip()
        if not rest[:1].isdigit() and (is_date_line(before) or is_time_stamp(before)):  # "12 de mayo de 2026" is a date
            return rest
    return None


def _people(values: Iterable[str], names: SiteNames, full_names: bool = False) -> tuple[tuple[str, ...], str | None]:
    """Return the people and the agency among some bylines; `full_names` where a lone word is rather a label than a pen name."""
    people: dict[str, str] = {}
    agency = None
    for value in values:
        groups = GROUP.split(without_place(one_line(value, MAX_BYLINE)))
        for group in [signed for group in groups if (signed := signed_by(group)) is not None] or groups:
            if names.match(without_by(group)):  # "Wind & Tide" is no two people
                continue
            found: list[str] = []
            is_first, at_house = True, False  # behind a role stands the house, up to the next person
            is_listed = True  # what stands before the name is one: "and" is a list's then
            for name in split_names(group):
                if found and is_occupation(name):
                    at_house = True
                    continue
                if at_house and not stands_behind_and(name, group):
                    continue
                at_house = False
                credit = agency_in(name)
                agency = agency or credit
                name = _without_house(without_agency(name) if credit else name, names)
                is_alone = " " not in name and WIDE_SCRIPT.search(name) is None
                is_named = is_person(name, names) and not (is_alone and (full_names or credit))
                # A lone word behind a desk is the rest of its name, and one behind a whole name where that person is.
                is_place = any(" " in other for other in found) and not (is_listed and stands_behind_and(name, group))
                is_named = is_named and not (is_place and begins_with_particle(name))
                is_listed = is_named
                if is_named and (not is_alone or is_first or (found and not is_place)):
                    found.append(name)
                is_first = False
            for name in found:
                people.setdefault(fold(name), name)
            if found:
                break
        agency = agency or next((credit for group in groups if (credit := _credited(group))), None)
    return tuple(people.values())[:MAX_AUTHORS], agency


def _without_house(name: str, names: SiteNames) -> str:
    """Return a name of two words or more without the site's behind it, with no sign between: "Jane Doe The Courier"."""
    parts = name.split()
    count = next((n for n in range(2, len(parts) - 1) if names.match(" ".join(parts[n:]))), len(parts))
    return " ".join(parts[:count])


def _credited(group: str) -> str | None:
    """Return the agency that a part of a byline is, or ends with: "Reuters", "Jane Doe (AP)", "Jane Doe/dpa"."""
    behind = CREDITED.search(group)
    texts = [group] if behind is None else split_names(behind[1])
    return next((agency_in(text) for text in texts if is_agency(text)), None)


def _people_of_elements(
    elements: list[lxml.html.HtmlElement], names: SiteNames, full_names: bool = False
) -> tuple[tuple[str, ...], str | None]:
    """Return the people of the first byline, and of those that stand beside it in the same block."""
    people: dict[str, str] = {}
    agency = None
    first: lxml.html.HtmlElement | None = None
    block: lxml.html.HtmlElement | None = None
    for element in _of_one_each(elements[:MAX_ELEMENTS]):
        near = list(islice(element.iterancestors(), 2))
        if first is not None and (block not in near or first in near):
            continue
        found, credit = _people(_byline_texts(element), names, full_names)
        agency = agency or credit
        for name in found:
            people.setdefault(fold(name), name)
        if people and first is None:
            first, block = element, next(filter(_is_short, reversed(near)), element)
    return tuple(people.values()), agency


def _of_one_each(elements: list[lxml.html.HtmlElement]) -> list[lxml.html.HtmlElement]:
    """Return elements without those that hold several others of one name: each of these is the byline of one."""
    known = frozenset(elements)
    inner = Counter(
        (next((node for node in islice(element.iterancestors(), MAX_INNER) if node in known), None), class_and_id(element))
        for element in elements
    )
    holders = {holder for (holder, _), count in inner.items() if count > 1}
    return [element for element in elements if element not in holders]


def _is_short(block: lxml.html.HtmlElement) -> bool:
    """Say whether a block holds little more than bylines: not the articles of an endless page."""
    left = MAX_BLOCK
    for text in block.itertext():
        left -= len(text)
        if left < 0:
            return False
    return True


def _byline_texts(element: lxml.html.HtmlElement) -> list[str]:
    """Return the byline as its marked names or its links to authors give it, or as its text."""
    marked = [node for node in element.iterdescendants() if stated_properties(node) == ["name"]]
    marked = marked or [
        node for node in element.iterdescendants("a") if AUTHOR_PATH.search(node.get("href", "")) or "author" in node.get("rel", "")
    ]
    texts = [text for node in marked[:MAX_AUTHORS] if (text := one_line(node.text_content(), MAX_BYLINE))]
    if texts:
        return texts
    joined = _join_nodes(_texts(element))
    return [joined] if len(joined) <= MAX_BYLINE else []


def _texts(element: lxml.html.HtmlElement) -> Iterator[tuple[str, lxml.html.HtmlElement]]:
    """Yield the runs of text of an element, each with the innermost block or link that holds it."""
    for event, node in lxml.etree.iterwalk(element, events=("start", "end")):
        if event == "end" and node is element:
            return
        text, place = (node.text, node) if event == "start" else (node.tail, node.getparent())
        if text and (line := one_line(text, MAX_BYLINE)):
            while place is not element and place.tag in PHRASES:
                place = place.getparent()
            yield line, place


def _join_nodes(nodes: Iterable[tuple[str, lxml.html.HtmlElement]]) -> str:
    """Join runs of text of different elements: with a space where a list or a name goes on, else with a bar, as before a role.

    The rest of what is no byline, for it is too long, is not read.
    """
    joined, last, at = "", "", None
    for node, place in nodes:
        begun = joined.rsplit("|", 1)[-1]
        is_open = OPEN_END.search(joined[-OPEN_LENGTH:]) or OPEN_START.match(node)
        is_name = place is at and _is_half_a_name(without_by(last)) and _is_half_a_name(node)
        goes_on = not joined or is_open or is_name or after_by(begun) == ""
        joined += (" " if goes_on else " | ") + node
        last, at = node, place
        if len(joined) > MAX_BYLINE + 1:
            break
    return joined.strip()


def _is_half_a_name(text: str) -> bool:
    """Tell whether a text is one word written as a name: "Jane", and in an element of its own "Doe"."""
    is_word = text.isalpha() and text[0].isupper() and not (text.isupper() and len(text) < MIN_CAPITALS)
    return is_word and text.casefold() not in NOT_A_NAME
