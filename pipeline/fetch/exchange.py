"""One request and its answer, as they came over the wire or out of an archive, and what the answer says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import Reject
from pipeline.fetch import refresh
from pipeline.fetch.inflate import inflate_all
from pipeline.fetch.warc import Headers, values_of

REDIRECTS = (301, 302, 303, 307, 308)
HTML_TYPES = ("", "text/html", "application/xhtml+xml")
INFLATED = 16  # times the size over the wire, for a page that is no bomb
MEDIA_TYPE = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", re.ASCII)
UNKNOWN_TYPES = ("*/*", "unknown/unknown", "application/unknown")  # which browsers do not believe either


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. `body` is as it came over the wire, with the content encoding in place."""

    url: str
    status: int
    version: str
    reason: str
    headers: Headers
    body: bytes
    request_headers: Headers
    address: str | None
    fetched_at: datetime
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next(values_of(self.headers, name), None)

    def inflated(self, limit: int) -> bytes:
        """Return the body with its content encoding undone; raises `Reject` `bad_encoding` or `too_large`."""
        return inflate_all(self.body, values_of(self.headers, "content-encoding"), limit)


@dataclass(frozen=True, slots=True)
class Answer:
    """The last exchange of a chain, and the URLs that led to it (empty without a redirect)."""

    exchange: Exchange
    redirects: tuple[str, ...] = ()


def is_retryable(status: int) -> bool:
    """Say whether a later request may get another status."""
    return status in (408, 425, 429) or (status >= 500 and status not in (501, 505))


def media_type(content_type: str | None) -> str:
    """Return the media type that a header names, in lower case; empty where it names none, as in `text/html charset=utf-8`.

    Of several, which servers and proxies join with commas, the last counts (WHATWG Fetch, "extract a MIME type").
    """
    kinds = (part.partition(";")[0].strip().lower() for part in (content_type or "").split(","))
    named = [kind for kind in kinds if MEDIA_TYPE.fullmatch(kind) and kind not in UNKNOWN_TYPES]
    return named[-1] if named else ""


def leads_on(exchange: Exchange) -> str | None:
    """Return the URL of the page that a page leads on to at once, which says no more than a redirect; None for any other."""
    if not 200 <= exchange.status < 300 or len(exchange.body) > refresh.MAX_BYTES:
        return None
    kind = exchange.header("content-type")
    if media_type(kind) not in HTML_TYPES:
        return None
    try:
        body = exchange.inflated(INFLATED * refresh.MAX_BYTES)
    except Reject:
        return None
    return refresh.leads_on(exchange.url, exchange.header("refresh"), body, kind)
