"""What a page says about itself, gathered in one pass: <meta>, <link>, titles, headings, times and JSON-LD."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice

import lxml.html

from pipeline.extract.dates import ISO
from pipeline.extract.jsonld import JsonLd, read_jsonld
from pipeline.extract.strings import one_line

WANTED = ("meta", "link", "title", "h1", "time", "abbr", "script")
META_NAMES = ("property", "name", "itemprop", "http-equiv")
STATING = ("itemprop", "property")  # attributes by which microdata and RDFa say what an element states of its item
# How RDFa names a vocabulary before a property.
VOCABULARY = re.compile(r"(?:schema:|https?://schema\.org/)")
DUBLIN_CORE = re.compile(r"(dc|dcterms):(?=\w)")  # with a dot in a <meta> elsewhere
PARSELY = "parsely-page"
PARSELY_FIELDS = {
    **{"title": "title", "pub_date": "pub-date", "author": "author", "authors": "author", "section": "section"},
    "image_url": "image-url",
}
JSONLD_TYPE = re.compile(r"application/(?:ld\+json|json\+ld)", re.IGNORECASE)
# What an item of a page holds that is the article, and not a part of it.
MAIN_ITEMS = frozenset({"mainentity", "mainentityofpage", "blogpost", "blogposts"})
MAX_DEPTH = 50  # steps up from a property to its item
MAX_VALUES = 50  # of one kind; a page with more <time> or article:tag than this is a list or hostile
VALUE_LIMIT = 2000  # characters


@dataclass(frozen=True, slots=True)
class Markup:
    """A page's own account of itself. Keys of `meta` and `links` are in lower case, values in document order."""

    meta: dict[str, list[str]]
    links: dict[str, list[str]]
    title: str
    headings: tuple[lxml.html.HtmlElement, ...]
    times: tuple[lxml.html.HtmlElement, ...]
    jsonld: JsonLd
    language: str | None

    def first(self, *names: str) -> str:
        """Return the first value of the first of these <meta> names that the page has; empty if none."""
        return next((values[0] for name in names if (values := self.meta.get(name))), "")

    def every(self, *names: str) -> list[str]:
        """Return the values of all these <meta> names, in the order of the names."""
        return [value for name in names for value in self.meta.get(name, ())]


def read_markup(tree: lxml.html.HtmlElement, url: str | None) -> Markup:
    """Return what the page says about itself."""
    meta: dict[str, list[str]] = {}
    links: dict[str, list[str]] = {}
    found: dict[str, list[lxml.html.HtmlElement]] = {"title": [], "h1": [], "time": []}
    scripts: list[str] = []
    of_items: dict[str, list[lxml.html.HtmlElement]] = {}  # what microdata and RDFa state of items, by name
    for element in tree.iter(*WANTED):
        match element.tag:
            case "meta":
                _add_meta(meta, of_items, element)
            case "link":
                _add_link(links, element)
            case "script":
                if element.text and JSONLD_TYPE.search(element.get("type", "")):
                    scripts.append(element.text)
            case "abbr":
                # Microformats state a time in the title of its short form: <abbr title="2016-12-23T05:11:00-05:00">5:11 AM</abbr>.
                if (time := ISO.match(element.get("title", ""))) and time[4] and len(found["time"]) < MAX_VALUES:
                    found["time"].append(element)
            case tag if len(found[tag]) < MAX_VALUES:
                found[tag].append(element)
    _add_items(meta, of_items, found["h1"])
    title = one_line(next((text for element in found["title"] if (text := element.text) and not _in_svg(element)), ""))
    headings = [one_line(element.text_content()) for element in found["h1"]]
    return Markup(
        meta=meta,
        links=links,
        title=title,
        headings=tuple(found["h1"]),
        times=tuple(found["time"]),
        jsonld=read_jsonld(scripts, url, [*headings, *meta.get("og:title", ()), title]),
        language=tree.get("lang") or tree.get("xml:lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
    )


def _in_svg(element: lxml.html.HtmlElement) -> bool:
    return next(element.iterancestors("svg"), None) is not None


def _add_meta(meta: dict[str, list[str]], of_items: dict[str, list[lxml.html.HtmlElement]], element: lxml.html.HtmlElement) -> None:
    if not element.get("content"):
        return
    is_of_item = items_around(element) != []
    for attribute in META_NAMES:
        if attribute in STATING and element.get(attribute) and _is_of_another_item(element):
            continue
        for name in (element.get(attribute) or "").lower().split():
            name = DUBLIN_CORE.sub(r"\1.", VOCABULARY.sub("", name, count=1), count=1)
            if is_of_item and attribute in STATING:
                of_items.setdefault(name, []).append(element)
            elif name == PARSELY:
                for field, value in _parsely_values(element.get("content", "")):
                    _add_value(meta, field, value)
            else:
                _add_value(meta, name, element.get("content"))


def _parsely_values(text: str) -> list[tuple[str, str]]:
    """Return what Parse.ly's older field holds, an object, as its newer ones name it."""
    try:
        page = json.loads(text)
    except (ValueError, RecursionError):
        return []
    given = [(f"parsely-{name}", page.get(key)) for key, name in PARSELY_FIELDS.items()] if isinstance(page, dict) else []
    return [(name, one) for name, value in given for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _add_value(meta: dict[str, list[str]], name: str, content: str | None) -> None:
    value, values = one_line(content, VALUE_LIMIT), meta.setdefault(name, [])
    if value and value not in values and len(values) < MAX_VALUES:
        values.append(value)


def _add_items(
    meta: dict[str, list[str]], of_items: dict[str, list[lxml.html.HtmlElement]], headings: list[lxml.html.HtmlElement]
) -> None:
    """Add what is stated of items.

    Where some of it is of the item that a heading of the first rank stands in, of what that holds or what holds it, only this: the
    others are the stories of a sidebar.
    """
    main = {items[0] for heading in headings if (items := items_around(heading))}
    around = {item for own in main for item in items_around(own)}
    for name, elements in of_items.items():
        items = [items_around(element) for element in elements]
        own = [element for element, held in zip(elements, items, strict=True) if held[0] in around or not main.isdisjoint(held)]
        for element in own or elements:
            _add_value(meta, name, element.get("content"))


def items_around(element: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Return the items of microdata and RDFa that hold an element, the innermost first."""
    around = islice(element.iterancestors(), MAX_DEPTH)
    return [ancestor for ancestor in around if ancestor.get("itemscope") is not None or ancestor.get("typeof") is not None]


def _is_of_another_item(element: lxml.html.HtmlElement) -> bool:
    """Tell whether microdata or RDFa states something of a part of the page's item: an entry of a list, a picture, a comment."""
    for ancestor in islice(element.iterancestors(), MAX_DEPTH):
        properties = stated_properties(ancestor)
        is_item = ancestor.get("itemscope") is not None or ancestor.get("typeof") is not None
        if properties and (is_item or "itemlistelement" in properties):
            return MAIN_ITEMS.isdisjoint(properties)
        if is_item:
            return False
    return False


def stated_properties(element: lxml.html.HtmlElement) -> list[str]:
    """Return what an element states of its item by microdata or RDFa, in lower case, without the names of vocabularies."""
    microdata, rdfa = map(element.get, STATING)
    if not microdata and not rdfa:  # as nearly every element
        return []
    return [name.rpartition(":")[2].rpartition("/")[2] for name in f"{microdata or ''} {rdfa or ''}".lower().split()]


def _add_link(links: dict[str, list[str]], element: lxml.html.HtmlElement) -> None:
    target = (element.get("href") or "").strip()
    for relation in (element.get("rel") or "").lower().split() if target else ():
        values = links.setdefault(relation, [])
        if len(values) < MAX_VALUES:
            values.append(target)
