"""Feeds, and what they say of each entry: RSS and Atom; those of JSON are read by `json_feed`."""

from __future__ import annotations

import io
import logging
import re
from datetime import date
from functools import partial, reduce
from typing import Any, NamedTuple

import fastfeedparser
from lxml import etree

from pipeline.errors import Reject
from pipeline.extract.dates import HALF_DAY, parse_date
from pipeline.fetch.entries import Entry, Feed, Unread, absolute, plain_title, refuse_flood
from pipeline.fetch.inflate import inflate
from pipeline.fetch.json_feed import json_entries
from pipeline.fetch.loose_xml import Fault, as_utf8, begun, ends_in, fault_in, left_out, refuse_entities, with_references
from pipeline.fetch.other_document import in_place_of_feed
from pipeline.fetch.rows import MAX_DATE, MAX_URL
from pipeline.urls import WEB

logger = logging.getLogger(__name__)

MIDNIGHT = re.compile(r"T00:00:00(?:Z|[+-]00:00)$")
ORIGINAL = "{http://rssnamespace.org/feedburner/ext/1.0}origLink"  # where FeedBurner's own link of an entry leads
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
START = re.compile(rb"<\?xml\s|<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)
ENTRY_TAG = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s/>]")
PUBLISHED = frozenset(("pubdate", "published", "issued", "date"))
CHANGED = frozenset(("lastbuilddate", "updated", "modified"))
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
# "30 Nov 26" of RFC 822 and "Nov 30 14:05:00 2026" of C.
OLD_DATE = re.compile(rf"\d[ -]{_MONTH}[ -]\d\d(?![\d:])|\b{_MONTH} +\d\d? .*\b\d{{4}}\Z", re.IGNORECASE)
# "Nov 30 14:05:00 CET 2026", as Java and Unix write it.
ZONE_BEFORE_YEAR = re.compile(rf"\b({_MONTH}) +(\d\d?) +(\d\d?:\d\d:\d\d +[A-Z+-][\w:+-]*) +(\d{{4}})\Z", re.IGNORECASE)
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
LONG_BASES = etree.XPath(f"//*[string-length(@xml:base) > {MAX_URL}]")
PAGE_KINDS = (None, "", "text/html", "application/xhtml+xml")
MAX_BYTES = 50 * 2**20  # of a gzipped feed, undone
MAX_ENTRIES = 10_000
MAX_LENIENT_BYTES = 2 * 2**20  # the lenient parser takes a second or two for so much


class _Said(NamedTuple):
    """What an entry says itself: where its page is, and when that was published and changed; None where it was not read."""

    page: str | None = None
    published: str | None = None
    changed: str | None = None


def parse_feed(body: bytes, url: str) -> Feed:
    """Return what a feed (XML or JSON, gzipped too) points to; raises `Reject` `bad_feed` or `empty_feed`."""
    if body.startswith(b"\x1f\x8b"):  # a file that the server has as it is, and says nothing of
        body = inflate(body, "gzip", MAX_BYTES)
    body = as_utf8(body)
    if not body.strip():
        raise Reject("empty_feed", "the answer has no body")
    if body.lstrip()[:1] in (b"{", b"["):
        listed, broken = json_entries(body, url), None
    else:
        listed, broken = _xml_entries(body, url)
    found = [read() for read in listed[:MAX_ENTRIES]]
    kept = [entry for entry in found if entry is not None and not ends_in(body, entry.url)]
    nameless = sum(entry is None for entry in found)
    if not kept:
        why = f"none of the {nameless} entries says where its page is" if nameless else "a feed without entries"
        raise Reject("empty_feed", why)
    return Feed(kept, _unread(nameless, len(listed), broken))


def _xml_entries(body: bytes, url: str) -> tuple[list[Unread], str | None]:
    """Return the entries of RSS or Atom, to be read, and what of broken XML cannot be."""
    refuse_entities(body, "bad_feed")
    refuse_flood(ENTRY_TAG.finditer(body))
    if not ENTRY_TAG.search(body) and (other := in_place_of_feed(body, url)):
        raise Reject("bad_feed", other)
    start = START.search(body)  # a script's warnings and blank lines may stand before it
    body = with_references(body[start.start() if start else 0 :])
    base, language, said, fault = _said(body, url)
    listed = begun(body, ENTRY_TAG) if fault else 0
    entries = _entries(body, listed)
    if len(said) != len(entries):  # XML that is read in different ways
        said = [_Said()] * len(entries)
    unread: list[Unread] = [partial(_entry, entry, own, base, language) for entry, own in zip(entries, said, strict=True)]
    return unread, left_out(fault, len(entries), listed)


def _unread(nameless: int, count: int, broken: str | None) -> str | None:
    parts = [f"{nameless} of {count} entries do not say where their pages are"] if nameless else []
    parts += [f"it has {count} entries, of which the first {MAX_ENTRIES} are read"] if count > MAX_ENTRIES else []
    parts += [broken] if broken else []
    return "; ".join(parts) or None


def _entries(body: bytes, listed: int) -> list[Any]:
    """Return the entries of a feed; a lenient parser's where the quick one has none, or of a broken feed fewer than it lists."""
    quick = _fast(body)
    if quick and (len(quick) >= listed or len(body) > MAX_LENIENT_BYTES):
        return quick
    try:
        return max(quick, _lenient(body), key=len)
    except Reject:
        if not quick:
            raise
        return quick


def _said(body: bytes, url: str) -> tuple[str, str | None, list[_Said], Fault | None]:
    """Return what the links of a feed are relative to, its language, what each entry says, and what is wrong with its XML.

    The parsers of feeds pass over `xml:base`, take what comes first for the link (an enclosure, or another vocabulary's link),
    where there is no date read one into the number of an entry, and of 5/11/2026 make the 11th of May.
    """
    parser = etree.XMLParser(recover=True, remove_comments=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:  # beyond repair
        return url, None, [], None
    for element in LONG_BASES(root):  # with which nothing is an address; each entry would have a copy of it
        del element.attrib[XML_BASE]
    listed = (entry for entry in root.iter("{*}item", "{*}entry") if next(entry.iterancestors("{*}item", "{*}entry"), None) is None)
    said = [_Said(_page_of(entry, url), *_times_of(entry)) for entry in listed]
    language = root.get(XML_LANGUAGE) or root.findtext("{*}channel/{*}language") or root.findtext("{*}channel/language")
    return _base_of(root, url), language, said, fault_in(parser.error_log)


def _times_of(entry: Any) -> tuple[str, str]:
    """Return when an entry says that it was published, and changed; empty for what it does not say."""
    published = changed = ""
    for child in entry.iterchildren(etree.Element):
        name = re.split("[}:]", child.tag)[-1].lower()
        if name in PUBLISHED:
            published = published or (child.text or "").strip()
        elif name in CHANGED:
            changed = changed or (child.text or "").strip()
    return published, changed


def _base_of(element: Any, url: str) -> str:
    """Return what the links of an element are relative to: `xml:base`, of which each is relative to the one around it."""
    bases = [base for each in (element, *element.iterancestors()) if (base := each.get(XML_BASE))]
    return reduce(absolute, reversed(bases), url)


def _page_of(entry: Any, url: str) -> str | None:
    """Return the page of an entry: FeedBurner's original, else the text of `<link>` (RSS), the alternate of Atom, its address."""
    original = (entry.findtext(ORIGINAL) or "").strip()
    if original.startswith(WEB):
        return original
    links = entry.findall("{*}link")
    pages = [link for link in links if link.get("href") and link.get("rel", "alternate") == "alternate"]
    pages.sort(key=lambda link: link.get("type") not in PAGE_KINDS)
    own = entry.tag.rpartition("}")[0]
    texts = [(link, (link.text or "").strip()) for link in links if link.tag.rpartition("}")[0] == own]
    named = [(link, text) for link, text in texts if text]
    named += [(link, link.get("href").strip()) for link in pages]
    if not named:  # RSS 1.0 names an item by its address; Atom may keep the text elsewhere
        content = entry.find("{*}content")
        named = [(entry, address) for address in (entry.get(ABOUT), content.get("src") if content is not None else None) if address]
        named += [(guid, guid.text.strip()) for guid in entry.findall("{*}guid[@isPermaLink='true']") if (guid.text or "").strip()]
    return absolute(_base_of(named[0][0], url), named[0][1]) if named else None


def _fast(body: bytes) -> list[Any]:
    try:
        parsed = fastfeedparser.parse(
            body, include_content=False, include_tags=False, include_media=False, include_enclosures=False
        )
    except Exception as error:  # its own mix of errors; what it cannot read is for the lenient parser to judge
        logger.debug("fastfeedparser: %s", error)
        return []
    return list(parsed.entries)


def _lenient(body: bytes) -> list[Any]:
    if len(body) > MAX_LENIENT_BYTES:
        raise Reject("bad_feed", f"{len(body)} bytes that are neither sound RSS nor Atom")
    import feedparser  # 60 times slower, and reads what is broken

    try:
        parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # it takes most of what is broken; for the rest it has errors of every kind
        raise Reject("bad_feed", f"feedparser: {error!r}"[:300]) from error
    if not parsed.entries and not parsed.version:
        raise Reject("bad_feed", f"neither RSS nor Atom: {parsed.get('bozo_exception', 'no feed element')}"[:300])
    return list(parsed.entries)


def _entry(entry: Any, own: _Said, base: str, language: str | None) -> Entry | None:
    link = own.page or entry.get("link") or _address(entry)
    if not isinstance(link, str) or not link.strip():
        return None
    published = _parsed_time(entry) if own.published is None else _published(entry, own.published, language)
    return Entry(
        absolute(base, link.strip()), title=plain_title(entry.get("title")), published_at=published, modified=own.changed or None
    )


def _address(entry: Any) -> str | None:
    """Return where an entry without a link leads: to the first of its other links or its id that is an address."""
    given = [*(link.get("href") for link in entry.get("links") or ()), entry.get("id")]
    return next((address for address in given if isinstance(address, str) and address.startswith(WEB)), None)


def _published(entry: Any, said: str, language: str | None) -> str | None:
    """Return when an entry was published in ISO 8601: read as the dates of pages are, never guessed.

    The parsers know zones by name, and pass over what RFC 822 has not: `+05:30`, `GMT+1`, a zone before the year.
    """
    said = said[:MAX_DATE]
    parsed, ordered = _parsed_time(entry), ZONE_BEFORE_YEAR.sub(r"\2 \1 \4 \3", said)
    stated = parse_date(ordered, language)
    if stated is None:
        return parsed if parsed and OLD_DATE.search(said) and parse_date(parsed) else None
    is_known = stated.offset is not None or ordered != said or HALF_DAY.search(said) is not None
    if parsed and not is_known and abs((date.fromisoformat(parsed[:10]) - stated.day).days) <= 1:
        return parsed
    return MIDNIGHT.sub("", stated.iso())


def _parsed_time(entry: Any) -> str | None:
    """Return the time that a parser found in ISO 8601; midnight sharp is what parsers make of a day, so it is one."""
    value = entry.get("published")
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        return MIDNIGHT.sub("", value)
    parsed = entry.get("published_parsed")  # feedparser's: a struct_time in UTC
    if parsed is None:
        return None
    year, month, day, hour, minute, second = parsed[:6]
    return MIDNIGHT.sub("", f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
