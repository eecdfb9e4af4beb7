"""Pages that only lead on: `<meta http-equiv="refresh" content="0; url=…">`, and the header that says the same."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import lxml.html
from lxml import etree

from pipeline.extract.decode import decode
from pipeline.urls import WEB

MAX_BYTES = 8 * 1024  # of a page that only leads on, over the wire; larger ones are not looked into
MAX_SECONDS = 1  # what is shown for longer may be there to be read: a slide of a show, a page that reloads itself
VALUE = re.compile(
    r"\s*(?P<seconds>\d{1,9})(?:\.[\d.]*)?(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(?:\"(?P<double>[^\"]*)|'(?P<single>[^']*)|(?P<bare>.*))",
    re.IGNORECASE | re.DOTALL,
)
# What is text to a browser that runs scripts, and elements to lxml.
HIDDEN = ("iframe", "noembed", "noframes", "noscript", "template", "textarea", "xmp")


def leads_on(url: str, header: str | None, body: bytes, content_type: str | None) -> str | None:
    """Return the URL of another page that a browser goes to at once; None for a page to be read. `header` is `Refresh`."""
    for value in (header, *_declared(body, content_type)):
        found = VALUE.match(value or "")
        if found and int(found["seconds"]) <= MAX_SECONDS:
            target = _absolute(url, (found["double"] or found["single"] or found["bare"] or "").strip())
            return target if target != url else None
    return None


def _declared(body: bytes, content_type: str | None) -> list[str]:
    if b"refresh" not in body.lower():
        return []
    parser = lxml.html.HTMLParser(encoding="utf-8")
    try:
        root = lxml.html.document_fromstring(decode(body, content_type).encode(), parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    metas = (meta for meta in root.iter("meta") if next(meta.iterancestors(*HIDDEN), None) is None)
    return [meta.get("content", "") for meta in metas if meta.get("http-equiv", "").strip().lower() == "refresh"]


def _absolute(base: str, link: str) -> str:
    """Return where a link leads, without fragment; the base itself for what is no page of the web."""
    try:
        target = urljoin(base, link).partition("#")[0]
    except ValueError:
        return base
    return target if target.startswith(WEB) else base
