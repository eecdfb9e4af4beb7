"""Writing pages into WARC files and reading them back, beside warcio: pages per CPU-second and peak memory.

    python -m benchmarks.warc [--pages 3000] [--repeat 3]

The pages are made up (103 KB of HTML, 31 KB with gzip). Each contender runs in a process of its own; the median of the repeats is
shown. "plain": sent without gzip; "wire": read with the content encoding left in place.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.contenders import HEAD, Cost, cost, medians, row
from benchmarks.pages import VARIANTS, make_pages
from pipeline.fetch.archive import RawPage, read_each
from pipeline.fetch.exchange import Exchange
from pipeline.fetch.segments import ArchiveWriter
from pipeline.fetch.warc import parse_http, parse_record
from pipeline.records import Fetch
from pipeline.store import LocalStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _wire(packed: bool) -> tuple[list[bytes], tuple[tuple[str, str], ...]]:
    """Return pages as a server sends them, with gzip or without, and their headers."""
    pages = make_pages()
    if not packed:
        return pages, (("Content-Type", "text/html"),)
    return [gzip.compress(page, 6) for page in pages], (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))


def write_ours(count: int, packed: bool) -> Iterator[None]:
    """Write response and request records; yields between preparing and writing, and after writing."""
    import pyarrow.parquet  # noqa: F401  imports are not what is measured

    from pipeline.store import LocalStore

    bodies, headers = _wire(packed)
    asked = (("Host", "example.org"),)
    exchanges = [
        Exchange(f"http://example.org/{n}", 200, "HTTP/1.1", "OK", headers, bodies[n % VARIANTS], asked, None, NOW)
        for n in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder, ArchiveWriter(LocalStore(Path(folder)), "raw/bench") as archive:
        yield
        for exchange in exchanges:
            archive.add_response(exchange)
        archive.finish()
        yield


def write_warcio(count: int, packed: bool) -> Iterator[None]:
    """Write the same records with warcio."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    bodies, headers = _wire(packed)
    with tempfile.TemporaryFile() as handle:
        writer = WARCWriter(handle, gzip=True)
        yield
        for n in range(count):
            url = f"http://example.org/{n}"
            head = StatusAndHeaders("200 OK", list(headers), protocol="HTTP/1.1")
            body = io.BytesIO(bodies[n % VARIANTS])
            response = writer.create_warc_record(url, "response", payload=body, http_headers=head)
            asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True)
            writer.write_request_response_pair(writer.create_warc_record(url, "request", http_headers=asked), response)
        yield


def read_ours(count: int, packed: bool) -> Iterator[None]:
    """Read pages back, decoded."""
    from pipeline.store import LocalStore

    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        places = _archive(store, count, packed)
        rows = [
            Fetch("u", "u", "s", "e", "list", "fetched", NOW, warc_filename=key, warc_offset=at, warc_length=size)
            for key, at, size in places
        ]
        yield
        assert sum(isinstance(page, RawPage) and len(page.body) > 0 for _, page in read_each(store, rows)) == count
        yield


def read_warcio(count: int, packed: bool) -> Iterator[None]:
    """Read the same file with warcio, decoded."""
    from warcio.archiveiterator import ArchiveIterator

    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        names = sorted({key for key, _, _ in _archive(store, count, packed)})
        yield
        found = 0
        for name in names:
            with (Path(folder) / name).open("rb") as handle:
                for record in ArchiveIterator(handle):
                    found += record.rec_type == "response" and len(record.content_stream().read()) > 0
        assert found == count
        yield


def _archive(store: object, count: int, packed: bool) -> list[tuple[str, int, int]]:

    bodies, headers = _wire(packed)
    with ArchiveWriter(store, "raw/bench") as archive:  # type: ignore[arg-type]
        places = [
            archive.add_response(
                Exchange(f"http://example.org/{n}", 200, "HTTP/1.1", "OK", headers, bodies[n % VARIANTS], (), None, NOW)
            )
            for n in range(count)
        ]
        archive.finish()
    return [(place.segment.key, place.offset, place.length) for place in places]


def read_raw(count: int, packed: bool) -> Iterator[None]:
    """Read the wire bytes of pages back, their content encoding left in place."""
    from pipeline.store import LocalStore

    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        places = _archive(store, count, packed)
        yield
        found = 0
        for key, at, size in places:
            _, block = parse_record(store.get_range(key, at, size))
            found += len(parse_http(block)[2]) > 0
        assert found == count
        yield


WARCS: dict[str, Callable[[int], Iterator[None]]] = {
    "write ours": partial(write_ours, packed=True),
    "write warcio": partial(write_warcio, packed=True),
    "write-plain ours": partial(write_ours, packed=False),
    "write-plain warcio": partial(write_warcio, packed=False),
    "read ours, decoded": partial(read_ours, packed=True),
    "read warcio, decoded": partial(read_warcio, packed=True),
    "read-plain ours": partial(read_ours, packed=False),
    "read-plain warcio": partial(read_warcio, packed=False),
    "read-wire ours, gzip left in place": partial(read_raw, packed=True),
}


def measure(name: str, count: int) -> Cost:
    """Run one contender in this process."""
    stages = WARCS[name](count)
    next(stages)
    return cost(lambda: next(stages))


def main() -> None:
    """Run every contender in processes of its own and print the table; the ratio is that of ours of its kind to it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.pages)))
        return
    print(HEAD)
    base: dict[str, float] = {}
    for name in WARCS:
        command = [sys.executable, "-m", "benchmarks.warc", "--only", name, "--pages", str(options.pages)]
        spent = medians(command, options.repeat)
        ours = base.setdefault(name.split()[0], options.pages / spent["cpu"])
        print(row(name, options.pages, spent, ours), flush=True)


if __name__ == "__main__":
    main()
