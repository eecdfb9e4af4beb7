"""What an answer is worth: a page to keep, unchanged since last time, or an outcome with its code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.fetch.exchange import Exchange, is_retryable, media_type

PAGE_TYPES = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "application/xml",
        "text/xml",
        "application/octet-stream",  # looked into, like a missing type
        "binary/octet-stream",
    }
)
SNIFFED_TYPES = ("", "application/octet-stream", "binary/octet-stream")
SNIFF_BYTES = 1024
# Files that servers send as text/html or without a type.
MAGIC = (b"%PDF-", b"\x89PNG", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
CONTENT_RANGE = re.compile(r"bytes (?P<first>\d{1,15})-(?P<last>\d{1,15})/(?P<size>\d{1,15})", re.ASCII)
# Headers by which the big protection services say that this answer is a challenge and not the page.
CHALLENGES = (("cf-mitigated", "challenge"), ("x-amzn-waf-action", "challenge"), ("x-amzn-waf-action", "captcha"))


@dataclass(frozen=True, slots=True)
class Validator:
    """What is known of a URL from an earlier run, so that an unchanged page costs no transfer."""

    etag: str | None
    last_modified: str | None
    digest: str | None
    raw_ref: str | None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of a conditional request."""
        if self.raw_ref is None:
            return ()
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return tuple((name, value) for name, value in pairs if value and value.isprintable() and value.isascii())


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome other than a kept page: its code, whether a later run may do better, and a word on why."""

    code: str
    retryable: bool = False
    detail: str | None = None


def status_outcome(exchange: Exchange) -> Outcome | None:
    """Return the outcome that status and headers decide; None for a page."""
    status = exchange.status
    for name, value in CHALLENGES:
        if (exchange.header(name) or "").lower() == value:
            return Outcome("blocked", True, f"{status} with {name}: {value}")
    if status in (401, 403):
        return Outcome("blocked", True, f"status {status}")
    if status == 206 and _is_a_part(exchange.header("content-range") or ""):
        return Outcome("cut_off", True, f"status 206 with {exchange.header('content-range')}, which was not asked for")
    if 200 <= status < 300:
        return None
    return Outcome(f"http_{status}", is_retryable(status), exchange.reason[:200] or None)


def _is_a_part(content_range: str) -> bool:
    """Say whether the bytes are fewer than the page has, as when a cache on the way has no more of it."""
    sent = CONTENT_RANGE.fullmatch(content_range.strip())
    return sent is not None and int(sent["last"]) - int(sent["first"]) + 1 < int(sent["size"])


def body_outcome(body: bytes, content_type: str | None) -> Outcome | None:
    """Return the outcome that an inflated body decides; None for a page."""
    start = body[:SNIFF_BYTES].lstrip() or body.lstrip()[:SNIFF_BYTES]  # templates leave kilobytes of blank lines before a page
    if not start:
        return Outcome("empty", detail="the body is empty" if not body else "the body is white space")
    if start.startswith(MAGIC):
        return Outcome("not_html", detail="the body is a file of another kind")
    if media_type(content_type) in SNIFFED_TYPES and b"\0" in start and not start.startswith(UTF16_MARKS):
        return Outcome("not_html", detail="the body is not text")
    return None
