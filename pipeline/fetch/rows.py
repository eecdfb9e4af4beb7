"""The rows of the `fetch` stage, and text made fit for them."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.captures import FETCHED, NOT_MODIFIED
from pipeline.errors import Reject, hidden_userinfo
from pipeline.extract.dates import parse_date
from pipeline.fetch.exchange import Exchange
from pipeline.fetch.inflate import CUT_OFF
from pipeline.fetch.segments import Location
from pipeline.fetch.verdict import Outcome, Validator, body_outcome, status_outcome
from pipeline.records import Discovered, Fetch
from pipeline.urls import WEB, ascii_host, without_userinfo

MAX_URL = 2048  # characters; longer ones are traps, not articles
MAX_HOST = 253  # characters, RFC 1035; the warehouse has an index by site, in which PostgreSQL takes 2,700 bytes
CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# An ampersand as HTML has it, in a URL that was escaped once too often: no parameter of the address is called `amp;page`.
ESCAPED_TWICE = re.compile(r"&(?:(?:amp|#0{0,5}38|#x0{0,4}26);)+", re.IGNORECASE)
TERMINAL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")  # commands of the terminal that shows a listing, but for tab and line feed
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?)?", re.ASCII)
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,2}")
MAX_DATE = 100  # characters
MAX_TEXT = 2048  # characters of a header, a title or the words that go with an outcome


def iso_date(text: object) -> str | None:
    """Return a time that a page claims when it is ISO 8601, with a day at least; None for anything else."""
    return text.strip() if isinstance(text, str) and ISO_DATE.fullmatch(text.strip()) else None


def stated_date(text: object, language: str | None = None) -> str | None:
    """Return a time that a source claims, in ISO 8601: as it is, or read as dates are read on pages; None for what is no date."""
    if (iso := iso_date(text)) is not None or not isinstance(text, str):
        return iso
    stated = parse_date(text[:MAX_DATE], language)
    return stated.iso() if stated else None


def language_tag(text: object) -> str | None:
    """Return a language tag such as `de` or `pt-BR`; None for anything else."""
    return text.strip() if isinstance(text, str) and LANGUAGE_TAG.fullmatch(text.strip()) else None


def clean(text: str | None) -> str | None:
    """Return text that Parquet, a database and a terminal take: no control character, no lone surrogate, not endless."""
    if text is None:
        return None
    return TERMINAL.sub("\ufffd", text.replace("\0", "")).encode("utf-8", "replace").decode()[:MAX_TEXT]


def clean_url(url: str) -> str | None:
    """Return a URL fit to be fetched, without fragment and white space; None when it is none."""
    text = ESCAPED_TWICE.sub("&", CONTROL.sub("", url.strip().replace(" ", "%20"))).partition("#")[0]
    if len(text) > MAX_URL or not text.lower().startswith(WEB):
        return None
    try:
        text = without_userinfo(text)  # first: what stands before an @ may hold half of a bracket
        parts = urlsplit(text)
        host = parts.hostname or ""
        return text if host and len(ascii_host(host)) <= MAX_HOST and parts.port != 0 else None
    except ValueError:  # a port that is no number, a host that is no name; UnicodeError is one too
        return None


def shown_url(url: str) -> str:
    """Return the URL of a source as it is told and stored: without name and password, whatever else it is."""
    try:
        return clean(without_userinfo(url)) or "?"
    except ValueError:
        return clean(hidden_userinfo(url)) or "?"


def record_url(value: object) -> str | None:
    """Return the URL of a JSON Lines record when it is one of the web."""
    return clean_url(value) if isinstance(value, str) else None


def fetch_row(
    item: Discovered,
    outcome: Outcome,
    moment: datetime,
    *,
    final_url: str | None = None,
    status: int | None = None,
    content_type: str | None = None,
    etag: str | None = None,
    last_modified: str | None = None,
    digest: str | None = None,
    body_bytes: int | None = None,
    redirects: tuple[str, ...] = (),
    attempts: int = 1,
) -> Fetch:
    """Return the row of an item."""
    return Fetch(
        url=item.url,
        final_url=final_url or item.url,
        source_id=item.source_id,
        site=item.site,
        via=item.via,
        outcome=outcome.code,
        fetched_at=moment,
        language=item.language,
        published_at=item.published_at,
        status=status,
        content_type=clean(content_type),
        etag=clean(etag),
        last_modified=clean(last_modified),
        digest=digest,
        body_bytes=body_bytes,
        redirects=redirects,
        attempts=attempts,
        retryable=outcome.retryable,
        detail=clean(outcome.detail),
    )


def page_row(item: Discovered, exchange: Exchange, *, redirects: tuple[str, ...] = (), attempts: int = 1) -> Fetch:
    """Return the row of an item that was answered, as if its page were kept."""
    return fetch_row(
        item,
        Outcome(FETCHED),
        exchange.fetched_at,
        final_url=exchange.url,
        status=exchange.status,
        content_type=exchange.header("content-type"),
        etag=exchange.header("etag"),
        last_modified=exchange.header("last-modified"),
        redirects=redirects,
        attempts=attempts,
    )


def judge_page(row: Fetch, exchange: Exchange, max_body: int) -> Fetch:
    """Return the row with what status, encoding and body of the answer decide: outcome, digest and size."""
    outcome = status_outcome(exchange)
    if outcome is not None:
        return judged(row, outcome)
    try:
        body = exchange.inflated(max_body)
    except Reject as error:
        return judged(row, Outcome(error.code, error.code == CUT_OFF, error.detail))
    row = dataclasses.replace(row, digest=hashlib.sha256(body).hexdigest(), body_bytes=len(body))
    outcome = body_outcome(body, row.content_type)
    return row if outcome is None else judged(row, outcome)


def judged(row: Fetch, outcome: Outcome) -> Fetch:
    """Return the row with another outcome."""
    return dataclasses.replace(row, outcome=outcome.code, retryable=outcome.retryable, detail=clean(outcome.detail))


def as_before(row: Fetch, validator: Validator) -> Fetch:
    """Return the row of a page that has not changed: it points to where the page was archived the first time."""
    key, _, place = (validator.raw_ref or "").rpartition("#")
    offset, _, length = place.partition("+")
    return dataclasses.replace(
        row,
        outcome=NOT_MODIFIED,
        digest=validator.digest,
        etag=row.etag or validator.etag,
        last_modified=row.last_modified or validator.last_modified,
        warc_filename=key,
        warc_offset=int(offset),
        warc_length=int(length),
    )


def located(row: Fetch, location: Location | None) -> Fetch:
    """Return the row with the place of its record; the segment must be closed."""
    if location is None:
        return row
    return dataclasses.replace(row, warc_filename=location.segment.key, warc_offset=location.offset, warc_length=location.length)
