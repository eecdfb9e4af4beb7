"""An answer as it comes in: its headers as text, its body within a limit, and whether all of it is there."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote_from_bytes

import aiohttp

from pipeline.errors import Reject
from pipeline.fetch.exchange import media_type
from pipeline.fetch.inflate import inflate_all

ASCII = bytes(range(128))
MAX_WHOLE = 10 * 2**20  # of a page whose length was announced wrongly, inflated
TAIL = 2**14  # bytes from the end in which a page ends
# Behind it caches write when they made the page.
END_OF_PAGE = re.compile(rb"</(?:html|rss|feed|rdf:RDF|urlset|sitemapindex)\s*>(?>\s+|<!--.*?-->)*+\Z", re.IGNORECASE | re.DOTALL)


def peer_of(response: aiohttp.ClientResponse) -> str | None:
    """Return the address that answered; None when the whole answer is in already and the connection given back."""
    transport = response.connection.transport if response.connection is not None else None
    peer = transport.get_extra_info("peername") if transport is not None else None
    return str(peer[0]) if peer else None


def check_type(value: str | None, types: Collection[str]) -> None:
    """Raise `Reject` `not_html` for a content type of which the body is not worth reading."""
    kind = media_type(value)
    if kind and kind not in types:
        raise Reject("not_html", f"content type {kind[:100]}")


async def read(response: aiohttp.ClientResponse, limit: int, truncate: bool) -> tuple[bytes, bool]:
    """Return the body and whether it was cut at `limit`; raises `Reject` `too_large` where a cut body is of no use."""
    if not truncate and (response.content_length or 0) > limit:
        raise Reject("too_large", f"Content-Length {response.content_length}, the limit is {limit}")
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > limit:
                if truncate:
                    return bytes(body[:limit]), True
                raise Reject("too_large", f"more than {limit} bytes over the wire")
    except aiohttp.ClientPayloadError:  # the connection was closed before the length that was announced
        if not is_whole(bytes(body), response.headers.getall("Content-Encoding", [])):
            raise
    return bytes(body), False


def is_whole(body: bytes, encodings: list[str]) -> bool:
    """Say whether a page or feed is all there, whatever length was announced: a script may have counted it wrongly."""
    try:
        return END_OF_PAGE.search(inflate_all(body, encodings, MAX_WHOLE)[-TAIL:]) is not None
    except Reject:
        return False


def header(name: bytes, value: bytes) -> tuple[str, str]:
    """Return a header as text: UTF-8, else Latin-1; of a URL in an older charset the server wants its own bytes back."""
    if name.lower() == b"location" and not _is_utf8(value):
        value = quote_from_bytes(value, safe=ASCII).encode()
    return _header_text(name), _header_text(value)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _header_text(raw: bytes) -> str:
    return raw.decode("utf-8" if _is_utf8(raw) else "latin-1").replace("\0", "")
