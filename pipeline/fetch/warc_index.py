"""The Parquet index beside the segments: Common Crawl's column names, so that its tools and queries work on ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pipeline.urls import DEFAULT_PORTS, site_of_host

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 1000  # as many dicts of 20 values are in memory at a time


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index says of a record, but for its place."""

    kind: str
    url: str
    fetched_at: datetime
    status: int
    digest: str | None = None  # of a page that is unchanged, there may be none, nor a type
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    truncated: bool = False


@cache
def schema() -> pa.Schema:
    """Return the columns of the index."""
    import pyarrow as pa

    return pa.schema(
        [
            ("url_surtkey", pa.string()),
            ("url", pa.string()),
            ("url_host_name", pa.string()),
            ("url_host_registered_domain", pa.string()),
            ("url_protocol", pa.string()),
            ("url_port", pa.int32()),
            ("url_path", pa.string()),
            ("url_query", pa.string()),
            ("fetch_time", pa.timestamp("us", tz="UTC")),
            ("fetch_status", pa.int16()),
            ("content_digest", pa.string()),
            ("content_mime_type", pa.string()),
            ("content_charset", pa.string()),
            ("content_truncated", pa.string()),
            ("warc_filename", pa.string()),
            ("warc_record_offset", pa.int64()),
            ("warc_record_length", pa.int64()),
            # Not Common Crawl's: what a conditional request needs, and which rows have a body.
            ("warc_record_type", pa.string()),
            ("etag", pa.string()),
            ("last_modified", pa.string()),
        ]
    )


def surt_key(url: str) -> str:
    """Return the sort-friendly form of a URL: host reversed, no scheme, lower case (`com,example)/a?b=1`)."""
    parts = urlsplit(url)
    host = _host(parts.scheme, parts.netloc)
    if not host.name:
        return url
    query = f"?{'&'.join(sorted(parts.query.split('&')))}" if parts.query else ""
    return f"{host.surt}){parts.path or '/'}{query}".lower()


class _Host(NamedTuple):
    name: str
    port: int | None
    surt: str
    site: str | None


@lru_cache(maxsize=4096)  # an index has many rows of few hosts
def _host(scheme: str, netloc: str) -> _Host:
    parts = SplitResult(scheme, netloc, "", "", "")
    name, port = parts.hostname or "", parts.port
    is_address = ":" in name or name.replace(".", "").isdigit()
    reversed_name = name if is_address else ",".join(reversed(name.removeprefix("www.").split(".")))
    suffix = f":{port}" if port and port not in DEFAULT_PORTS.values() else ""
    return _Host(name, port, reversed_name + suffix, site_of_host(name) if name else None)


def index_bytes(rows: Iterable[tuple[str, int, int, IndexRow]]) -> bytes:
    """Return the index as a Parquet file, sorted by its key as Common Crawl's is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ordered = sorted(rows, key=lambda row: (surt_key(row[3].url), row[3].fetched_at, row[0], row[1]))
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema(), compression="zstd") as writer:
        for start in range(0, len(ordered), ROWS_PER_GROUP):
            group = [_columns(*row) for row in ordered[start : start + ROWS_PER_GROUP]]
            writer.write_batch(pa.RecordBatch.from_pylist(group, schema=schema()))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def segments_in(index: bytes) -> set[str]:
    """Return the segments that an index names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Unlike `read_table`, this starts no threads: one that lets go of these bytes while Python ends would end it with an abort.
    with pq.ParquetFile(pa.BufferReader(index)) as table:
        column = table.read(["warc_filename"], use_threads=False)["warc_filename"]
    return set(column.unique().to_pylist())


def _columns(filename: str, offset: int, length: int, row: IndexRow) -> dict[str, Any]:
    parts = urlsplit(row.url)
    mime, _, parameters = (row.content_type or "").partition(";")
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    host = _host(parts.scheme, parts.netloc)
    return {
        "url_surtkey": surt_key(row.url),
        "url": row.url,
        "url_host_name": host.name or None,
        "url_host_registered_domain": host.site,
        "url_protocol": parts.scheme,
        "url_port": host.port,
        "url_path": parts.path,
        "url_query": parts.query or None,
        "fetch_time": row.fetched_at.astimezone(UTC),
        "fetch_status": row.status,
        "content_digest": row.digest,
        "content_mime_type": mime.strip().lower() or None,
        "content_charset": charset or None,
        "content_truncated": "length" if row.truncated else None,
        "warc_filename": filename,
        "warc_record_offset": offset,
        "warc_record_length": length,
        "warc_record_type": row.kind,
        "etag": row.etag,
        "last_modified": row.last_modified,
    }
