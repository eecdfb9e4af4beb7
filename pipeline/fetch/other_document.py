"""What stands at the address of a feed or sitemap that is neither: said so that a person knows what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

from pipeline.fetch.entries import absolute

_BEFORE = rb"\A(?>\s+|<!--.*?-->|<\?.*?\?>)*+"  # the first element
_PAGE = re.compile(_BEFORE + rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_SITEMAP = re.compile(_BEFORE + rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.DOTALL)
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
READ = 2**18  # bytes; what a page says of itself stands in its head
NAMED = 3  # feeds; a page may name one for each of its sections
TITLE = 80  # characters


def in_place_of_feed(body: bytes, url: str) -> str | None:
    """Return what a body in UTF-8 is that should have been a feed; None for what tells nothing."""
    if _SITEMAP.match(body):
        return "a sitemap and no feed; it belongs under sitemaps"
    page = _page(body)
    if page is None:
        return None
    named = list(dict.fromkeys(_feeds(page, url)))
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return f"{_shown(page)} and no feed" + (f"; the feeds that it names: {', '.join(named[:NAMED])}{more}" if named else "")


def in_place_of_sitemap(body: bytes) -> str | None:
    """Return what a body in UTF-8 is that should have been a sitemap; None for what tells nothing."""
    page = _page(body)
    return None if page is None else f"{_shown(page)} and no sitemap"


def _page(body: bytes) -> Any:
    if not _PAGE.match(body):
        return None
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        return lxml.html.document_fromstring(body[:READ], parser)
    except (etree.ParserError, ValueError):  # of nothing but comments
        return None


def _shown(page: Any) -> str:
    title = " ".join((page.findtext(".//title") or "").split())
    return f'a page of HTML ("{title[:TITLE]}")' if title else "a page of HTML"


def _feeds(page: Any, url: str) -> Iterator[str]:
    for link in page.iter("link"):
        relations, kind = (link.get("rel") or "").lower().split(), (link.get("type") or "").strip().lower()
        if "alternate" in relations and kind in FEED_TYPES and link.get("href"):
            yield absolute(url, link.get("href").strip())
