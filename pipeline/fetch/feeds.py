"""RSS and Atom feeds, and what they say of each entry."""

from __future__ import annotations

import io
import json
import logging
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urljoin

import fastfeedparser
import lxml.html
from lxml import etree

from pipeline.errors import Reject
from pipeline.extract.dates import parse_date
from pipeline.fetch.inflate import inflate
from pipeline.fetch.loose_xml import Fault, as_utf8, begun, ends_in, fault_in, left_out, refuse_entities, with_references
from pipeline.fetch.other_document import in_place_of_feed
from pipeline.fetch.rows import MAX_DATE

logger = logging.getLogger(__name__)

NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what lxml refuses
MIDNIGHT = re.compile(r"T00:00:00(?:Z|[+-]00:00)$")
ORIGINAL = "{http://rssnamespace.org/feedburner/ext/1.0}origLink"  # where FeedBurner's own link of an entry leads
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
ENTRY_TAG = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]")
PUBLISHED = frozenset(("pubdate", "published", "issued", "date"))
CHANGED = frozenset(("lastbuilddate", "updated", "modified"))
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
# "30 Nov 26" of RFC 822 and "Nov 30 14:05:00 2026" of C.
OLD_DATE = re.compile(rf"\d[ -]{_MONTH}[ -]\d\d(?![\d:])|\b{_MONTH} +\d\d? .*\b\d{{4}}\Z", re.IGNORECASE)
HALF_DAY = re.compile(r"\d\s*[ap]\.?\s?m\b", re.IGNORECASE)
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
PAGE_KINDS = (None, "", "text/html", "application/xhtml+xml")
MARK = b"\xef\xbb\xbf"
MAX_BYTES = 50 * 2**20  # of a gzipped feed, undone
MAX_ENTRIES = 10_000
MAX_LENIENT_BYTES = 2 * 2**20  # the lenient parser takes a second or two for so much


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a feed or sitemap points to. `modified` is only good for leaving out what is old."""

    url: str
    title: str | None = None
    published_at: str | None = None
    language: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed points to, at least one page; `unread` says what of it could not be taken, None when all was."""

    entries: list[Entry]
    unread: str | None = None


class _Said(NamedTuple):
    """What an entry says itself: where its page is, and when that was published and changed; None where it was not read."""

    page: str | None = None
    published: str | None = None
    changed: str | None = None


def parse_feed(body: bytes, url: str) -> Feed:
    """Return what a feed (XML or JSON, gzipped too) points to; raises `Reject` `bad_feed` or `empty_feed`."""
    if body.startswith(b"\x1f\x8b"):  # a file that the server has as it is, and says nothing of
        body = inflate(body, "gzip", MAX_BYTES)
    if body.removeprefix(MARK).lstrip()[:1] in (b"{", b"["):
        body = _json_feed(body.removeprefix(MARK))  # of XML the mark says the encoding
    else:
        body = as_utf8(body)
        refuse_entities(body, "bad_feed")
        body = with_references(body)
    if not body.strip():
        raise Reject("empty_feed", "the answer has no body")
    if not ENTRY_TAG.search(body) and (other := in_place_of_feed(body, url)):
        raise Reject("bad_feed", other)
    base, language, said, fault = _said(body, url)
    listed = begun(body, ENTRY_TAG) if fault else 0
    entries = _entries(body, listed)
    if len(said) != len(entries):  # XML that is read in different ways
        said = [_Said()] * len(entries)
    found = [_entry(entry, own, base, language) for entry, own in zip(entries[:MAX_ENTRIES], said, strict=False)]
    kept = [entry for entry in found if entry is not None and not ends_in(body, entry.url)]
    nameless = sum(entry is None for entry in found)
    if not kept:
        why = f"none of the {nameless} entries says where its page is" if nameless else "a feed without entries"
        raise Reject("empty_feed", why)
    return Feed(kept, _unread(nameless, len(entries), left_out(fault, len(entries), listed)))


def _json_feed(body: bytes) -> bytes:
    """Return a JSON Feed with those of its items that are any; raises `Reject` `bad_feed` for other JSON, `empty_feed`."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Reject("bad_feed", f"JSON that cannot be read: {error}"[:300]) from error
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise Reject("bad_feed", "JSON, but no JSON Feed: it is no object with a list of items")
    if not items:
        raise Reject("empty_feed", "a feed without entries")
    return json.dumps(value | {"items": [item for item in items if isinstance(item, dict)]}).encode()


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
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:  # JSON, or beyond repair
        return url, None, [], None
    said = [_Said(_page_of(entry), *_times_of(entry)) for entry in root.iter("{*}item", "{*}entry")]
    language = root.get(XML_LANGUAGE) or root.findtext("{*}channel/{*}language") or root.findtext("{*}channel/language")
    return root.base or url, language, said, fault_in(parser.error_log)


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


def _page_of(entry: Any) -> str | None:
    """Return the page of an entry: FeedBurner's original, else the text of `<link>` (RSS), the alternate of Atom, its address."""
    original = (entry.findtext(ORIGINAL) or "").strip()
    if original.startswith(("http://", "https://")):
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
    return _absolute(named[0][0].base or "", named[0][1]) if named else None


def _absolute(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link


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
        _absolute(base, link.strip()), title=_title(entry.get("title")), published_at=published, modified=own.changed or None
    )


def _address(entry: Any) -> str | None:
    """Return where an entry without a link leads: to the page that a JSON Feed relates it to, or to the address that is its id."""
    given = [*(link.get("href") for link in entry.get("links") or ()), entry.get("id")]
    return next((address for address in given if isinstance(address, str) and address.startswith(("http://", "https://"))), None)


def _title(value: object) -> str | None:
    """Return a title as plain text on one line; feeds may have markup in it."""
    if not isinstance(value, str):
        return None
    if "<" in value and "</" in value:
        value = lxml.html.fragment_fromstring(NOT_XML.sub("", value), create_parent="div").text_content()
    return " ".join(str(value).replace("\0", "").split()) or None


def _published(entry: Any, said: str, language: str | None) -> str | None:
    """Return when an entry was published in ISO 8601: read as the dates of pages are, never guessed; zones as parsers know them."""
    parsed, stated = _parsed_time(entry), parse_date(said[:MAX_DATE], language)
    if stated is None:
        return parsed if parsed and OLD_DATE.search(said[:MAX_DATE]) and parse_date(parsed) else None
    if parsed and not HALF_DAY.search(said) and abs((date.fromisoformat(parsed[:10]) - stated.day).days) <= 1:
        return parsed
    return stated.iso()


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
