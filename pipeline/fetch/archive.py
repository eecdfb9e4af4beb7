"""The raw archive: WARC segments that hold every page for ever, and the way back to a page.

A segment is a `.warc.gz` of about 100 MB, written to a temporary file and moved into the store whole, under a name that
carries the hash of its content. A Parquet index with the column names of Common Crawl is made from the notes of segments. What
no fetch row names does not exist for a reader; `gc` removes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from pipeline.errors import Reject
from pipeline.fetch.inflate import inflate_all
from pipeline.fetch.notes import entries_noted
from pipeline.fetch.warc import Headers, parse_http, parse_record, values_of
from pipeline.fetch.warc_index import index_bytes, segments_in
from pipeline.records import Fetch
from pipeline.store import Store

RAW_PREFIX = "raw/"
SPAN_BYTES = 4 * 2**20  # neighbours are read together up to so much
SPAN_GAP = 64 * 1024  # bytes between two records that are cheaper to read over than to ask anew
MAX_BODY = 64 * 2**20  # what was let in under a larger limit than today's must still be readable


@dataclass(frozen=True, slots=True)
class RawPage:
    """An archived page: its headers, and its body with transfer and content encodings undone."""

    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next(values_of(self.headers, name), None)


def read_page(store: Store, fetch: Fetch, *, limit: int = MAX_BODY) -> RawPage:
    """Read the page of a fetch row by one ranged read; raises `Reject` `not_archived`, `bad_record` or of its encoding."""
    _, page = next(read_each(store, [fetch], limit=limit))
    if isinstance(page, Reject):
        raise page
    return page


def read_each(store: Store, fetches: Iterable[Fetch], *, limit: int = MAX_BODY) -> Iterator[tuple[Fetch, RawPage | Reject]]:
    """Yield each fetch row with its page, or with why it cannot be read, in the order given.

    Rows that follow each other in the archive are read together: sorted by `archive_order` they cost the fewest reads.
    """
    for span in _spans(fetches):
        yield from _read_span(store, span, limit)


def archive_order(fetch: Fetch) -> tuple[str, int, str]:
    """Return the key that sorts fetch rows as their records stand in the archive."""
    return fetch.warc_filename or "", fetch.warc_offset or 0, fetch.url


def _read_span(store: Store, span: Sequence[Fetch], limit: int) -> Iterator[tuple[Fetch, RawPage | Reject]]:
    key, start = span[0].warc_filename, span[0].warc_offset or 0
    try:
        data = store.get_range(key, start, _end(span[-1]) - start) if key else b""
    except KeyError:
        data = b""
    view = memoryview(data)
    for fetch in span:
        offset = (fetch.warc_offset or 0) - start
        try:
            if not data:
                raise Reject(
                    "not_archived", f"{key} is not in the store" if key else f"{fetch.url} was not archived: {fetch.outcome}"
                )
            yield fetch, _page(view[offset : offset + (fetch.warc_length or 0)], limit)
        except Reject as error:
            yield fetch, error


def _end(fetch: Fetch) -> int:
    return (fetch.warc_offset or 0) + (fetch.warc_length or 0)


def _spans(fetches: Iterable[Fetch]) -> Iterator[list[Fetch]]:
    """Cut the rows into runs that are read together: of one file, in ascending order, near each other."""
    span: list[Fetch] = []
    for fetch in fetches:
        if span and not _joins(span[0], span[-1], fetch):
            yield span
            span = []
        span.append(fetch)
    if span:
        yield span


def _joins(first: Fetch, last: Fetch, fetch: Fetch) -> bool:
    if fetch.warc_filename is None or fetch.warc_filename != first.warc_filename:
        return False
    gap = (fetch.warc_offset or 0) - _end(last)
    return 0 <= gap <= SPAN_GAP and _end(fetch) - (first.warc_offset or 0) <= SPAN_BYTES


def _page(member: bytes | memoryview, limit: int) -> RawPage:
    fields, block = parse_record(member)
    if fields.get("warc-type") in ("resource", "conversion"):
        return RawPage((("Content-Type", fields.get("content-type", "")),), block)
    _, headers, payload = parse_http(block)
    return RawPage(headers, inflate_all(payload, values_of(headers, "content-encoding"), limit))


def segments_under(store: Store, prefix: str) -> set[str]:
    """Return the keys of the segments below a prefix."""
    return {key for key in store.list(f"{prefix}/") if key.endswith(".warc.gz")}


def index_segments(store: Store, prefix: str, segments: Iterable[str]) -> None:
    """Write the index of segments beside them; nothing when they hold no page."""
    entries = [entry for key in sorted(segments) for entry in entries_noted(store, key)]
    if entries:
        data = index_bytes(entries)
        store.put(f"{prefix}/index-{hashlib.sha256(data).hexdigest()[:12]}.parquet", data)


def gc(store: Store, keep: Set[str], prefix: str = RAW_PREFIX) -> list[str]:
    """Delete what is below `prefix`: segments not in `keep`, indexes of which no segment is left; returns the keys deleted."""
    keys = list(store.list(prefix))
    doomed = [key for key in keys if key.endswith(".warc.gz") and key not in keep]
    indexes = [key for key in keys if key.endswith(".parquet") and key not in keep]
    doomed += [key for key in indexes if segments_in(store.get(key)).isdisjoint(keep)]
    for key in doomed:
        store.delete(key)
    return sorted(doomed)
