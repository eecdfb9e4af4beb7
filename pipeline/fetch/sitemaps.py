"""Sitemaps, sitemap indexes and news sitemaps, read as a stream: the largest allowed has 50,000 URLs in 50 MB."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from pipeline.errors import Reject
from pipeline.fetch.entries import Entry, absolute
from pipeline.fetch.inflate import inflate
from pipeline.fetch.loose_xml import as_utf8, begun, ends_in, fault_in, left_out, refuse_entities, with_references
from pipeline.fetch.other_document import in_place_of_sitemap
from pipeline.urls import WEB

MAX_BYTES = 50 * 2**20  # sitemaps.org: of one file, inflated
MAX_URLS = 50_000  # sitemaps.org: in one file
MAX_NAME = 4096  # characters of a text that we keep
MAX_PARTS = 20_000  # elements of one entry: it may have a thousand images
ENTRIES = ("url", "sitemap")
START = re.compile(rb"<\?xml\s|<(?:[\w.-]+:)?(?:urlset|sitemapindex)[\s>]")
NAMED = re.compile(rb"^[ \t]*sitemap[ \t]*:[ \t]*([^\s#]{1,2048})", re.IGNORECASE | re.MULTILINE)  # by a robots.txt
ENTRY_TAG = re.compile(rb"<(?:[\w.-]+:)?(?:url|sitemap)[\s>]")


@dataclass(slots=True)
class Sitemap:
    """What one file lists: pages, and further sitemaps with the date of their last change. `unread`: what could not be taken."""

    entries: list[Entry] = field(default_factory=list)
    children: list[tuple[str, str | None]] = field(default_factory=list)
    unread: str | None = None


def parse_sitemap(body: bytes, url: str) -> Sitemap:
    """Return what a sitemap (XML, gzipped XML, or a text of URLs) lists, or which sitemaps a robots.txt names; raises `Reject`."""
    if body.startswith(b"\x1f\x8b"):
        body = inflate(body, "gzip", MAX_BYTES)
    body = as_utf8(body)
    if not body.strip():
        raise Reject("empty_sitemap", "the answer has no body")
    if body.lstrip()[:4].lower() == b"http":
        sitemap = _text_sitemap(body)
    elif not body.lstrip().startswith(b"<") and (named := NAMED.findall(body)):
        sitemap = Sitemap(children=[(_absolute(url, name.decode()), None) for name in named])
    elif urlsplit(url).path == "/robots.txt" and not body.lstrip().startswith(b"<"):
        raise Reject("empty_sitemap", "a robots.txt that names no sitemap")
    else:
        refuse_entities(body, "bad_sitemap")
        start = START.search(body)  # a script's warnings and blank lines may stand before it
        if start is None and (other := in_place_of_sitemap(body)):
            raise Reject("bad_sitemap", other)
        sitemap = _xml_sitemap(with_references(body[start.start() if start else 0 :]), url)
    if not sitemap.entries and not sitemap.children:
        raise Reject("empty_sitemap", "a sitemap without URLs")
    return sitemap


def _text_sitemap(body: bytes) -> Sitemap:
    words = body.decode().split()
    urls = [word for word in words if word.lower().startswith(WEB)]
    return Sitemap([Entry(url) for url in urls[:MAX_URLS]], unread=_too_many() if len(urls) > MAX_URLS else None)


def _too_many() -> str:
    return f"more than {MAX_URLS} URLs in one file; what follows them is not read"


def _xml_sitemap(body: bytes, base: str) -> Sitemap:
    sitemap = Sitemap()
    root = None
    entries = parts = 0  # that are open, and the elements of the last one
    events = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        recover=True,
        remove_comments=True,
        remove_pis=True,
        no_network=True,
        resolve_entities=False,
        huge_tree=False,
    )
    try:
        for event, element in events:
            name = _local(element)
            if root is None:
                root = name
                if root not in ("urlset", "sitemapindex"):
                    a_feed = "; it belongs under feeds" if root in ("rss", "feed", "RDF") else ""
                    raise Reject("bad_sitemap", f"the first element is <{root}>, not <urlset> or <sitemapindex>{a_feed}")
            elif event == "start":
                entries, parts = (entries + 1, 0) if name in ENTRIES else (entries, parts + 1)
            elif name in ENTRIES:
                entries -= 1
                if len(sitemap.entries) + len(sitemap.children) >= MAX_URLS:
                    sitemap.unread = _too_many()
                    break
                texts = _texts(element)
                if not ends_in(body, texts.get("loc", "")):
                    _add(sitemap, name, texts, base)
                _forget(element)
            elif (not entries or parts > MAX_PARTS) and element.getparent() is not None:
                _forget(element)  # or the tree takes fifty times the memory of the file
    except etree.XMLSyntaxError as error:
        if not sitemap.entries and not sitemap.children:
            raise Reject("bad_sitemap", str(error)[:300]) from error
    if root is None:
        raise Reject("bad_sitemap", "no XML element in it")
    fault = None if sitemap.unread else fault_in(events.error_log)
    if fault is not None:
        sitemap.unread = left_out(fault, len(sitemap.entries) + len(sitemap.children), begun(body, ENTRY_TAG))
    return sitemap


def _add(sitemap: Sitemap, name: str, texts: dict[str, str], base: str) -> None:
    location = texts.get("loc")
    if not location:
        return
    target = _absolute(base, location)
    if name == "sitemap":
        sitemap.children.append((target, texts.get("lastmod")))
        return
    entry = Entry(
        target,
        title=texts.get("news:title"),
        published_at=texts.get("news:publication_date"),
        language=texts.get("news:language"),
        modified=texts.get("lastmod"),
    )
    sitemap.entries.append(entry)


def _absolute(base: str, location: str) -> str:
    # Of 50,000 all are absolute, as a rule, and to join them takes a fifth of the time.
    return location if location.startswith(WEB) else absolute(base, location)


def _texts(element: Any) -> dict[str, str]:
    """Return the texts below an entry by local name, those of the news namespace with their prefix; the first of a name counts."""
    found: dict[str, str] = {}
    for child in element.iter(etree.Element):
        namespace = child.tag.rpartition("}")[0]
        prefix = "news:" if "sitemap-news" in namespace else ""
        if "sitemap-image" in namespace or "sitemap-video" in namespace:
            continue
        text = " ".join((child.text or "").split())[:MAX_NAME]
        if text:
            found.setdefault(prefix + _local(child), text)
    return found


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""  # not QName: it raises on `<:`


def _forget(element: Any) -> None:
    """Free an element that was read, and those before it, which the tree would otherwise keep."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
