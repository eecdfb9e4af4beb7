"""WARC files of others (Common Crawl's CC-NEWS, a crawler's) as a source: their pages are archived again as if fetched."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import mmap
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType
from isal import isal_zlib

from pipeline.config import Settings
from pipeline.errors import ConfigError, Reject
from pipeline.fetch.exchange import REDIRECTS, Exchange, leads_on, media_type
from pipeline.fetch.inflate import ISAL_ERROR
from pipeline.fetch.loose_http import END_OF_HEAD, END_OF_LINE, MAX_HEAD, STATUS, headers_in
from pipeline.fetch.reading import header, is_whole
from pipeline.fetch.rows import clean_url, fetch_row, judge_page, judged, located, page_row
from pipeline.fetch.segments import ArchiveWriter, Location
from pipeline.fetch.verdict import PAGE_TYPES, Outcome
from pipeline.fetch.warc import Headers
from pipeline.records import Discovered, Fetch
from pipeline.store import Store
from pipeline.urls import site_of, url_id

logger = logging.getLogger(__name__)

SOURCE_ID = "import"
PAGE_RECORDS = (WarcRecordType.response, WarcRecordType.resource)
GZIP_START = b"\x1f\x8b\x08"
PLAIN_START = b"WARC/1."
HEAD_STEP = 2**14  # bytes of a record read at a time while its head goes on
STEP = 2**20  # bytes of a member looked at, and inflated, at a time
HEAD_END = b"\r\n\r\n"
PADDING = b"\r\n\0 "
PROBE_BYTES = 512  # of a gzip member, enough to see whether a record begins in it
CHUNK = re.compile(rb"\r?\n?([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")


def import_warcs(paths: Sequence[str], *, settings: Settings, store: Store, archive_prefix: str) -> list[Fetch]:
    """Archive the pages of WARC files again; returns one row a page, a page that repeats in them once.

    A damaged record costs that record. Raises `ConfigError` for a file that holds no record at all.
    """
    results: list[tuple[Fetch, Location | None]] = []
    seen: set[tuple[str, str | None]] = set()
    with ArchiveWriter(store, archive_prefix) as archive:
        for path in paths:
            for row, exchange in read_warc(path, settings):
                if (url_id(row.url), row.digest) in seen:
                    continue
                seen.add((url_id(row.url), row.digest))
                results.append((row, archive.add_response(exchange) if exchange else None))
        archive.finish()
    return [located(row, location) for row, location in results]


def read_warc(path: str, settings: Settings) -> Iterator[tuple[Fetch, Exchange | None]]:
    """Yield the row of each response or resource in a WARC file, and the exchange where there is one to archive."""
    count = pages = 0
    for record in _records(Path(path)):
        count += 1
        if record.record_type not in PAGE_RECORDS:
            continue
        url, moment = clean_url(record.headers.get("WARC-Target-URI", "").strip("<>")), _moment(record)
        if url is None and not record.is_http:
            continue  # an answer of DNS, a crawler's own notes
        if url is None or moment is None:
            logger.warning("%s: a record without an http(s) URL or a date is passed over", path)
            continue
        pages += 1
        try:
            yield _page(record, Discovered(url, SOURCE_ID, site_of(url), "warc"), moment, settings)
        except OSError as error:  # damaged in the middle: `_records` finds the next
            logger.warning("%s: the record of %s is damaged: %s", path, url, error)
    if not count:
        raise ConfigError(f"import: {path!r} holds no WARC record; {_mend(Path(path))}")
    if not pages:
        logger.warning("%s: none of its %d records is a page (a `response` or `resource` of an http(s) URL)", path, count)


def _mend(path: Path) -> str:
    """Return what to do with a file that is no WARC file, by how it begins."""
    with path.open("rb") as handle:
        start = handle.read(PROBE_BYTES)
    if start.startswith(b"PK\x03\x04"):
        return "it is a zip archive: a WACZ has its WARC files in the folder archive, so unpack it and name those"
    if start.startswith(GZIP_START):
        with contextlib.suppress(ISAL_ERROR):
            start = isal_zlib.decompressobj(wbits=31).decompress(start, max_length=16)
    if start.startswith(b"filedesc:"):
        return "it is an ARC file, the format before WARC: `warcio recompress` makes a WARC file of it"
    return "name .warc, .warc.gz or .warc.zst files"


def _moment(record: Any) -> datetime | None:
    """Return when a record was made; FastWARC does not know the dates without a time or a zone that some write."""
    try:
        if record.record_date is not None:
            moment: datetime = record.record_date.astimezone(UTC)
            return moment
        return datetime.fromisoformat(record.headers.get("WARC-Date", "")).replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the first hours of the year 1, in a zone where they are of the year before
        return None


def _page(record: Any, item: Discovered, moment: datetime, settings: Settings) -> tuple[Fetch, Exchange | None]:
    status, reason, headers, size, start = _head(record)
    kind = media_type(next((value for name, value in headers if name.lower() == "content-type"), None))
    if kind and kind not in PAGE_TYPES:
        return fetch_row(item, Outcome("not_html", detail=f"content type {kind}"), moment), None
    if urlsplit(item.url).path == "/robots.txt":  # what every crawler asks for first; it is text, and would be an article
        return fetch_row(item, Outcome("not_html", detail="rules for robots"), moment), None
    announced = record.content_length - size
    body = start + record.reader.read(max(0, settings.max_wire_bytes + 1 - len(start)))
    if len(body) < min(announced, settings.max_wire_bytes + 1):
        raise OSError(f"it ends after {len(body)} of {announced} bytes")  # of a file that was cut off, which FastWARC does not tell
    if len(body) > settings.max_wire_bytes:
        return fetch_row(item, Outcome("too_large", detail=f"more than {settings.max_wire_bytes} bytes"), moment), None
    encodings = [value for name, value in headers if name.lower() == "content-encoding"]
    exchange = Exchange(
        url=item.url,
        status=status,
        version="HTTP/1.1",
        reason=reason,
        headers=headers,
        body=_without_chunks(body, encodings) if any(name.lower() == "transfer-encoding" for name, _ in headers) else body,
        request_headers=(),
        address=record.headers.get("WARC-IP-Address"),
        fetched_at=moment,
        truncated=bool(record.headers.get("WARC-Truncated")),
    )
    exchange = _without_wrong_label(exchange, settings.max_body_bytes)
    to = exchange.header("location") if status in REDIRECTS else leads_on(exchange)
    if status in REDIRECTS or to:  # what it leads to is a record of its own
        return judged(page_row(item, exchange), Outcome("redirect", detail=f"{status} to {to}")), exchange
    return judge_page(page_row(item, exchange), exchange, settings.max_body_bytes), exchange


def _head(record: Any) -> tuple[int, str, Headers, int, bytes]:
    """Return status, reason and headers, how many bytes they take, and what was read behind them.

    Of a record without HTTP (a `resource`) its type is the header. FastWARC takes a head whose lines end in LF for all there is.
    """
    read = bytearray(record.reader.read(HEAD_STEP))
    if not record.is_http and not (record.record_type == WarcRecordType.response and STATUS.match(read)):
        return 200, "OK", (("Content-Type", record.headers.get("Content-Type", "")),), 0, bytes(read)
    while (end := END_OF_HEAD.search(read)) is None and len(read) < MAX_HEAD and (more := record.reader.read(HEAD_STEP)):
        read += more
    size = end.end() if end else len(read)
    first, *lines = END_OF_LINE.split(bytes(read[:size]))
    status = STATUS.match(first)
    if status is None:
        return 0, "", (), size, bytes(read[size:])
    headers = tuple(header(name, value) for name, value in headers_in(lines))
    return int(status["code"]), status["reason"].decode("latin-1").strip(), headers, size, bytes(read[size:])


def _without_chunks(body: bytes, encodings: list[str]) -> bytes:
    """Undo the chunks of a transfer; a body that has none, since its writer has undone them, comes back as it is."""
    parts: list[bytes] = []
    place = 0
    while chunk := CHUNK.match(body, place):
        size, place = int(chunk[1], 16), chunk.end()
        if not size:
            return b"".join(parts)
        parts.append(body[place : place + size])
        place += size
    if not parts:
        return body
    undone = b"".join(parts)
    if body[place:].strip() or not is_whole(undone, encodings):  # of a whole page only the last chunk, of nothing, is missing
        raise OSError("its chunks end before they should")
    return undone


def _without_wrong_label(exchange: Exchange, limit: int) -> Exchange:
    """Return the exchange without the content encoding that it names and its writer has undone, as recorders of browsers do."""
    if not MARKUP.match(exchange.body):
        return exchange
    try:
        exchange.inflated(limit)
    except Reject as reject:
        if reject.code != "too_large":
            names = {"content-encoding": "X-Crawl-Content-Encoding"}  # Common Crawl's name for it
            headers = tuple((names.get(name.lower(), name), value) for name, value in exchange.headers)
            return dataclasses.replace(exchange, headers=headers)
    return exchange


def _records(path: Path) -> Iterator[Any]:
    """Yield the records of a file; after a damaged one go on with the next that begins like a record."""
    if path.stat().st_size == 0:
        return
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start: int | None = 0
        while start is not None:
            last, length = start, ""
            try:
                handle.seek(start)
                for record in ArchiveIterator(handle, record_types=WarcRecordType.any_type, parse_http=False):
                    last = max(last, start + record.stream_pos)
                    length = record.headers.get("Content-Length") or ""
                    yield record
                if _breaks_off(content, last, length):  # which FastWARC takes for the end
                    logger.warning("%s: breaks off in a record, at byte %d or later: get the whole file", path, last)
                return
            except (OSError, ValueError) as error:
                logger.warning("%s: damaged after byte %d: %s", path, last, error)
            start = _next_record(content, last + 1)


def _breaks_off(content: mmap.mmap, last: int, length: str) -> bool:
    """Say whether a file ends in the midst of a record; `last` is where the last one that was read begins, `length` that of it."""
    if content[: len(GZIP_START)] == GZIP_START:
        return _ends_in_member(content, last if last < len(content) else 0)  # one member of all records has its end for their place
    if content[: len(PLAIN_START)] != PLAIN_START:
        return False  # Zstandard, of which FastWARC tells it
    head = content.find(HEAD_END, last)
    if head < 0 or not length.isdigit():
        return head < 0
    end = head + len(HEAD_END) + int(length)
    return len(content) < end or bool(content[end:].strip(PADDING))


def _ends_in_member(content: mmap.mmap, place: int) -> bool:
    """Say whether gzip members that follow each other from a place end with the file, all but the last of them whole."""
    while content[place : place + len(GZIP_START)].startswith(GZIP_START[: len(content) - place]) and place < len(content):
        decoder = isal_zlib.decompressobj(wbits=31)
        while not decoder.eof:
            data = decoder.unconsumed_tail
            if not data:
                data = content[place : place + STEP]
                place += len(data)
            if not data:
                return True
            try:
                decoder.decompress(data, max_length=STEP)
            except ISAL_ERROR:
                return False  # damage, which was told
        place -= len(decoder.unused_data)
    return False


def _next_record(content: mmap.mmap, position: int) -> int | None:
    """Return where the next record begins at or after a position."""
    mark = GZIP_START if content[: len(GZIP_START)] == GZIP_START else PLAIN_START
    while (position := content.find(mark, position)) >= 0:
        if mark == PLAIN_START or _begins_record(content[position : position + PROBE_BYTES]):
            return position
        position += 1
    return None


def _begins_record(member: bytes) -> bool:
    try:
        return bool(isal_zlib.decompressobj(wbits=31).decompress(member, max_length=16).startswith(b"WARC/"))
    except ISAL_ERROR:
        return False
