"""WARC segments being written: about 100 MB each, one gzip member a record, named by their content when they are whole.

A segment is closed when it is full or ten minutes old, and from then on its pages are safe: it carries the notes by which
another run files them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pipeline import __version__
from pipeline.fetch.exchange import Exchange
from pipeline.fetch.notes import Note, notes_members
from pipeline.fetch.warc import (
    REVISIT_NOT_MODIFIED,
    REVISIT_SAME_DIGEST,
    http_head,
    payload_digest,
    record,
    record_id,
    warc_date,
)
from pipeline.fetch.warc_index import IndexRow
from pipeline.records import Fetch
from pipeline.store import Store

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 100 * 2**20  # some 270 objects per million pages
SEGMENT_SECONDS = 600.0  # a slow shard loses no more than this to a kill
TEMPORARY = "copydesk-warc-"
SETTLED_SECONDS = 60.0  # a folder that was just made is not held yet
PENDING_UPLOADS = 2  # segments on disk that wait for the store before writing waits too


def remove_stale() -> None:
    """Remove the unfinished segments of runs that were killed: folders that no process holds.

    The clock does not tell: a machine that slept for a weekend finds the segments that it is writing two days old.
    """
    settled = time.time() - SETTLED_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*"):
        with contextlib.suppress(OSError), _held(folder):  # by its run; or another user's, or being removed
            if folder.stat().st_mtime < settled:
                logger.info("removing %s, left behind by a run that was killed", folder)
                shutil.rmtree(folder)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder while the block runs, as its writer does as long as it lives; raises `OSError` when somebody else does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


@dataclass(slots=True)
class Segment:
    """A segment being written; its key is known when it is closed."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record stands. The key of its segment is empty until that is closed."""

    segment: Segment
    offset: int
    length: int


class ArchiveWriter:
    """Writes records under one prefix; a context manager. After `finish` every location has its key.

    The row of an item, where one is given, goes into the notes of the segment that holds its record.
    """

    def __init__(
        self,
        store: Store,
        prefix: str,
        *,
        software: str = "",
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
    ) -> None:
        self._store = store
        self._prefix = prefix.rstrip("/")
        self._software = software or f"Copydesk/{__version__}"
        self._segment_bytes = segment_bytes
        self._segment_seconds = segment_seconds
        self._notes: list[Note] = []
        self._file: BinaryIO | None = None
        self._keys: list[str] = []
        self._records = 0
        self._uploads: list[Future[None]] = []

    def __enter__(self) -> ArchiveWriter:
        remove_stale()
        self._folder = tempfile.TemporaryDirectory(prefix=TEMPORARY)
        self._hold = contextlib.ExitStack()
        with contextlib.suppress(OSError):  # a file system without locks: then nobody's folders are removed there
            self._hold.enter_context(_held(Path(self._folder.name)))
        self._uploader = ThreadPoolExecutor(1, "warc-upload")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
        self._uploader.shutdown(wait=True, cancel_futures=True)
        self._folder.cleanup()
        self._hold.close()

    def add_response(self, exchange: Exchange, row: Fetch | None = None) -> Location:
        """Archive a request and its response; returns where the response stands."""
        return self._add_exchange(exchange, "response", exchange.body, _response_fields(exchange), row)

    def add_revisit(self, exchange: Exchange, row: Fetch, *, same_digest: bool) -> Location:
        """Archive that a page was seen again unchanged, without its body."""
        fields = [("WARC-Profile", REVISIT_SAME_DIGEST if same_digest else REVISIT_NOT_MODIFIED)]
        fields.append(("WARC-Refers-To-Target-URI", exchange.url))
        if same_digest:
            fields.append(("WARC-Payload-Digest", payload_digest(exchange.body)))
        return self._add_exchange(exchange, "revisit", b"", fields, row)

    def add_resource(self, url: str, content: bytes, content_type: str, moment: datetime, row: Fetch | None = None) -> Location:
        """Archive a document that did not come over HTTP."""
        digest = payload_digest(content)
        date = warc_date(moment)
        fields = [("WARC-Record-ID", record_id("resource", url, date, digest)), ("WARC-Date", date), ("WARC-Target-URI", url)]
        fields += [("WARC-Payload-Digest", digest), ("Content-Type", content_type)]
        location = self._begin(record("resource", fields, content))
        self._note(location, IndexRow("resource", url, moment, 200, digest, content_type), row)
        return location

    def add_row(self, row: Fetch) -> None:
        """Note an item of which there is nothing to archive."""
        self._notes.append(Note(row=row))

    def finish(self) -> list[str]:
        """Close the last segment and wait until all are in the store; returns their keys."""
        self._close_segment()
        for upload in self._uploads:
            upload.result()
        logger.info("archived %d records in %d segments under %s", self._records, len(self._keys), self._prefix)
        return self._keys

    def _add_exchange(
        self, exchange: Exchange, kind: str, payload: bytes, fields: list[tuple[str, str]], row: Fetch | None
    ) -> Location:
        date = warc_date(exchange.fetched_at)
        identity = record_id(kind, exchange.url, date)
        common = [("WARC-Date", date), ("WARC-Target-URI", exchange.url)]
        if exchange.address:
            common.append(("WARC-IP-Address", exchange.address))
        head = http_head(f"{exchange.version} {exchange.status} {exchange.reason}".rstrip(), exchange.headers)
        block_type = ("Content-Type", "application/http; msgtype=response")
        named = [("WARC-Record-ID", identity), *common, *fields, block_type]
        packed = len(payload) if exchange.header("content-encoding") else 0
        location = self._begin(record(kind, named, head + payload, packed=packed))
        digest = next((value for name, value in fields if name == "WARC-Payload-Digest"), None)
        entry = IndexRow(
            kind,
            exchange.url,
            exchange.fetched_at,
            exchange.status,
            digest,
            exchange.header("content-type"),
            exchange.header("etag"),
            exchange.header("last-modified"),
            exchange.truncated,
        )
        self._note(location, entry, row)
        self._add_request(exchange, identity, common)
        return location

    def _note(self, location: Location, entry: IndexRow, row: Fetch | None) -> None:
        self._notes.append(Note(location.offset, location.length, entry, row))
        self._records += 1

    def _add_request(self, exchange: Exchange, response_id: str, common: list[tuple[str, str]]) -> None:
        if not exchange.request_headers:
            return
        path = exchange.url.partition("://")[2].partition("/")[2]
        head = http_head(f"GET /{path} HTTP/1.1", exchange.request_headers)
        fields = [("WARC-Record-ID", record_id("request", response_id)), *common, ("WARC-Concurrent-To", response_id)]
        fields.append(("Content-Type", "application/http; msgtype=request"))
        self._write(record("request", fields, head))

    def _begin(self, member: bytes) -> Location:
        """Write a record that may begin a new segment; a request stays with its response."""
        if self._file is not None and (
            self._offset + len(member) > self._segment_bytes or time.monotonic() - self._opened > self._segment_seconds
        ):
            self._close_segment()
        if self._file is None:
            self._open_segment()
        return self._write(member)

    def _write(self, member: bytes) -> Location:
        assert self._file is not None
        location = Location(self._segment, self._offset, len(member))
        self._file.write(member)
        self._hash.update(member)
        self._offset += len(member)
        return location

    def _open_segment(self) -> None:
        self._segment = Segment()
        self._name = f"{self._prefix}/{len(self._keys)}"
        self._path = Path(self._folder.name, f"{len(self._keys):05d}.warc.gz")
        self._file = self._path.open("wb", buffering=1 << 20)
        self._hash = hashlib.sha256()
        self._offset = 0
        self._opened = time.monotonic()
        info = f"software: {self._software}\r\nformat: WARC File Format 1.1\r\nrobots: rfc9309\r\n".encode()
        date = warc_date(datetime.now(UTC))
        fields = [("WARC-Record-ID", record_id("warcinfo", self._name, date)), ("WARC-Date", date)]
        self._write(record("warcinfo", [*fields, ("Content-Type", "application/warc-fields")], info))

    def _close_segment(self) -> None:
        if self._file is None:
            return
        for member in notes_members(self._notes, self._name, datetime.now(UTC), self._offset):
            self._write(member)
        self._notes = []
        self._file.close()
        self._file = None
        self._segment.key = f"{self._prefix}/seg-{len(self._keys):05d}-{self._hash.hexdigest()[:12]}.warc.gz"
        self._keys.append(self._segment.key)
        self._uploads.append(self._uploader.submit(self._store.put_file, self._segment.key, self._path))
        if len(self._uploads) > PENDING_UPLOADS:
            self._uploads[-1 - PENDING_UPLOADS].result()


def _response_fields(exchange: Exchange) -> list[tuple[str, str]]:
    fields = [("WARC-Payload-Digest", payload_digest(exchange.body))]
    if exchange.truncated:
        fields.append(("WARC-Truncated", "length"))
    return fields
