"""The archive: what we write, everybody reads; what we read back is what came."""

from __future__ import annotations

import dataclasses
import gzip
import io
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.fetch.archive import archive_order, gc, index_segments, read_each, read_page, segments_under
from pipeline.fetch.exchange import Exchange
from pipeline.fetch.fetch import fetch
from pipeline.fetch.notes import PLACE_BYTES, read_notes, rows_noted
from pipeline.fetch.segments import ArchiveWriter, remove_stale
from pipeline.fetch.verdict import Validator
from pipeline.fetch.warc import http_head, parse_http, parse_record, record
from pipeline.fetch.warc_index import schema, surt_key
from pipeline.records import Fetch
from pipeline.store import LocalStore
from pipeline.urls import url_id
from tests.fetch.conftest import PAGE, Reply, Web, read_pages

PREFIX = "raw/dt=2026-11-23/shard=000"
HTML = {"Content-Type": "text/html"}
NOW = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)


def exchange(url: str = "http://example.org/a", body: bytes = PAGE, *headers: tuple[str, str]) -> Exchange:
    request = (("Host", "example.org"), ("User-Agent", "Copydesk"))
    return Exchange(url, 200, "HTTP/1.1", "OK", (("Content-Type", "text/html"), *headers), body, request, "192.0.2.7", NOW)


def row(url: str, key: str, offset: int, length: int) -> Fetch:
    return Fetch(url, url, "s", "example.org", "list", "fetched", NOW, warc_filename=key, warc_offset=offset, warc_length=length)


@pytest.fixture
def archived(web: Web, settings: Settings, store: LocalStore) -> list[Fetch]:
    """A run with a plain page, a packed one, a chunked one, an error, and a revisit."""
    web.add("/packed", Reply(gzip.compress(PAGE), headers={"Content-Encoding": "gzip", "ETag": '"e"', **HTML}))
    web.add("/chunked", chunked)
    paths = ("/", "/packed", "/chunked", "/gone")
    rows = fetch([web.item(path) for path in paths], settings=settings, store=store, archive_prefix=PREFIX)
    first = rows[0]
    known = {url_id(first.url): Validator(None, None, first.digest, first.raw_ref)}
    rows += fetch([web.item("/")], settings=settings, store=store, archive_prefix=PREFIX, validators=known)
    index_segments(store, PREFIX, segments_under(store, PREFIX))
    return rows


async def chunked(request: object, writer: object) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head + b"%x\r\n" % len(PAGE) + PAGE + b"\r\n0\r\n\r\n")  # type: ignore[attr-defined]


def segments(store: LocalStore) -> list[bytes]:
    return [store.get(key) for key in store.list("raw/") if key.endswith(".warc.gz")]


@pytest.mark.usefixtures("archived")
def test_warcio_reads_what_we_write(store: LocalStore) -> None:
    found = []
    for data in segments(store):
        for entry in WarcioIterator(io.BytesIO(data), check_digests="raise"):
            content = entry.content_stream().read()
            found.append((entry.rec_type, entry.http_headers and entry.http_headers.get_statuscode(), content == PAGE))
            assert entry.rec_headers.get_header("WARC-Date")
    assert [kind for kind, _, _ in found].count("request") == 5
    responses = [(status, whole) for kind, status, whole in found if kind == "response"]
    assert sorted(responses) == [("200", True), ("200", True), ("200", True), ("404", False)]
    assert [kind for kind, _, _ in found].count("revisit") == 1


@pytest.mark.usefixtures("archived")
def test_fastwarc_reads_what_we_write(store: LocalStore) -> None:
    bodies, kinds = [], []
    for data in segments(store):
        for entry in FastIterator(io.BytesIO(data), record_types=WarcRecordType.any_type, auto_decode="all"):
            kinds.append(entry.record_type)
            if entry.record_type == WarcRecordType.response:
                bodies.append(entry.reader.read())
    assert bodies.count(PAGE) == 3
    assert kinds.count(WarcRecordType.warcinfo) == 2
    assert kinds.count(WarcRecordType.revisit) == 1


def test_a_page_is_one_ranged_read(archived: list[Fetch], store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = count_reads(store, monkeypatch)
    assert read_page(store, archived[1]).body == PAGE
    assert reads == [archived[1].warc_length]


def count_reads(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    reads: list[int] = []
    real = store.get_range

    def counting(key: str, offset: int, length: int) -> bytes:
        reads.append(length)
        return real(key, offset, length)

    monkeypatch.setattr(store, "get_range", counting)
    return reads


def test_pages_come_in_the_order_asked_for(store: LocalStore) -> None:
    rows = write(store, [exchange(f"http://example.org/{n}", b"%d" % n) for n in range(4)])
    order = (2, 0, 3, 1)
    assert [page.body for page in read_pages(store, [rows[n] for n in order])] == [b"%d" % n for n in order]


def test_neighbours_are_read_together(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = write(store, [exchange(f"http://example.org/{n}", b"%d " % n * 2000) for n in range(300)])
    reads = count_reads(store, monkeypatch)
    pages = list(read_pages(store, sorted(rows, key=archive_order)))
    assert [page.body for page in pages] == [b"%d " % n * 2000 for n in range(300)]
    assert len(reads) == 1


def write(store: LocalStore, exchanges: list[Exchange], **options: float) -> list[Fetch]:
    with ArchiveWriter(store, PREFIX, **options) as archive:  # type: ignore[arg-type]
        places = [(e, archive.add_response(e)) for e in exchanges]
        index_segments(store, PREFIX, archive.finish())
    return [row(e.url, place.segment.key, place.offset, place.length) for e, place in places]


def test_segments_are_rolled_and_named_by_their_content(store: LocalStore) -> None:
    rows = write(store, [exchange(f"http://example.org/{n}", bytes(range(256)) * 40) for n in range(40)], segment_bytes=4000)
    names = list(dict.fromkeys(r.warc_filename for r in rows))
    assert len(names) > 3
    assert [name.split("/seg-")[1][:5] for name in names if name] == [f"{n:05d}" for n in range(len(names))]
    assert all(page.body == bytes(range(256)) * 40 for page in read_pages(store, rows))
    assert sorted(k for k in store.list("raw/") if k.endswith(".warc.gz")) == names


def test_the_index_says_where_everything_is(archived: list[Fetch], store: LocalStore) -> None:
    tables = [pq.read_table(pa.BufferReader(store.get(key))) for key in store.list("raw/") if key.endswith(".parquet")]
    assert all(table.schema == schema() for table in tables)
    entries = {e["url"]: e for table in tables for e in table.to_pylist() if e["warc_record_type"] == "response"}
    assert len(entries) == 4
    for fetched in archived[:4]:
        entry = entries[fetched.final_url]
        assert (entry["warc_filename"], entry["warc_record_offset"]) == (fetched.warc_filename, fetched.warc_offset)
        assert entry["url_host_registered_domain"] == fetched.site
    assert entries[archived[1].final_url]["etag"] == '"e"'


def test_a_damaged_record_costs_that_record(store: LocalStore) -> None:
    rows = write(store, [exchange(f"http://example.org/{n}", b"%d " % n * 3000) for n in range(5)])
    key = rows[0].warc_filename
    assert key is not None
    data = bytearray(store.get(key))
    middle = (rows[2].warc_offset or 0) + (rows[2].warc_length or 0) // 2
    data[middle : middle + 8] = b"\xff" * 8
    store.put(key, bytes(data))
    results = [page for _, page in read_each(store, rows)]
    assert [isinstance(page, Reject) for page in results] == [False, False, True, False, False]


def test_what_is_not_there_is_told(store: LocalStore) -> None:
    missing = row("http://example.org/", "raw/none.warc.gz", 0, 100)
    unarchived = dataclasses.replace(missing, warc_filename=None, outcome="timeout")
    for fetched in (missing, unarchived):
        with pytest.raises(Reject, match="not_archived"):
            read_page(store, fetched)


def test_gc_removes_what_no_row_names(store: LocalStore) -> None:
    kept = write(store, [exchange("http://example.org/kept")])
    lost = write(store, [exchange("http://example.org/lost")])
    deleted = gc(store, {str(r.warc_filename) for r in kept})
    assert lost[0].warc_filename in deleted
    assert len(deleted) == 2  # the segment and its index
    assert read_page(store, kept[0]).body == PAGE
    assert len(list(store.list("raw/"))) == 2


def test_a_segment_says_which_rows_it_holds(archived: list[Fetch], store: LocalStore) -> None:
    noted = [row for key in sorted(segments_under(store, PREFIX)) for row in rows_noted(store, key)]
    assert sorted(noted, key=lambda row: row.fetched_at) == sorted(archived, key=lambda row: row.fetched_at)


def test_an_answer_that_says_little_costs_a_segment_none_of_its_notes(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/untyped", Reply(headers={}))
    web.add("/same", Reply(b"", 304, {}))
    (before,) = fetch([web.item("/")], settings=settings, store=store, archive_prefix="raw/before")
    known = {url_id(web.url("/same")): Validator('"e"', None, before.digest, before.raw_ref)}
    items = [web.item(path) for path in ("/untyped", "/same", "/")]
    rows = fetch(items, settings=settings, store=store, archive_prefix=PREFIX, validators=known)
    (key,) = segments_under(store, PREFIX)
    assert ([row.outcome for row in rows], rows_noted(store, key)) == (["fetched", "not_modified", "fetched"], rows)
    index_segments(store, PREFIX, [key])
    (index,) = (store.get(name) for name in store.list(PREFIX) if name.endswith(".parquet"))
    assert pq.read_table(io.BytesIO(index))["url"].to_pylist() == [web.url(path) for path in ("/", "/same", "/untyped")]


def test_a_segment_without_notes_says_nothing(store: LocalStore) -> None:
    for key, data in (
        ("raw/a.warc.gz", b""),
        ("raw/b.warc.gz", record("warcinfo", [], b"x" * 9000)),
        ("raw/c.warc.gz", b"x" * 400),
    ):
        store.put(key, data)
        assert read_notes(store, key) == []
    with pytest.raises(KeyError):
        read_notes(store, "raw/none.warc.gz")


def test_notes_that_cannot_be_read_are_told(archived: list[Fetch], store: LocalStore, caplog: pytest.LogCaptureFixture) -> None:
    key = archived[0].warc_filename or ""
    data = bytearray(store.get(key))
    data[-PLACE_BYTES - 20] ^= 0xFF  # in what stands before the place of the notes: the notes
    store.put(key, bytes(data))
    assert read_notes(store, key) == []
    assert f"{key}: its notes cannot be read" in caplog.text


def test_an_old_segment_is_closed_though_it_is_small(store: LocalStore) -> None:
    rows = write(store, [exchange(f"http://example.org/{n}") for n in range(3)], segment_seconds=0.0)
    assert len({r.warc_filename for r in rows}) == 3


def test_nothing_is_visible_before_the_segment_is_whole(store: LocalStore) -> None:
    def killed() -> None:
        with ArchiveWriter(store, PREFIX, segment_bytes=10**6) as archive:
            archive.add_response(exchange())
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        killed()
    assert list(store.list("raw/")) == []


def test_what_a_killed_run_left_behind_is_removed_and_nothing_of_one_that_lives_however_old(
    tmp_path: Path, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    with_old_times = ("copydesk-warc-dead", "of-another")
    for name in (*with_old_times, "copydesk-warc-new"):
        (tmp_path / "scratch" / name).mkdir(parents=True)
        (tmp_path / "scratch" / name / "00000.warc.gz").write_bytes(b"x")
    with ArchiveWriter(store, "raw") as archive:  # on a machine that sleeps meanwhile
        location = archive.add_response(exchange())
        live = {path.name for path in (tmp_path / "scratch").iterdir()} - {*with_old_times, "copydesk-warc-new"}
        for name in (*with_old_times, *live):
            os.utime(tmp_path / "scratch" / name / "00000.warc.gz", (time.time() - 100_000,) * 2)
            os.utime(tmp_path / "scratch" / name, (time.time() - 100_000,) * 2)
        remove_stale()
        assert {path.name for path in (tmp_path / "scratch").iterdir()} == {"of-another", "copydesk-warc-new", *live}
        assert len(live) == 1
        archive.finish()
    assert list(store.list("raw/")) == [location.segment.key]


header_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.lists(st.tuples(st.from_regex(r"[A-Za-z-]{1,20}", fullmatch=True), header_text), max_size=8), st.binary(max_size=300))
@hypothesis_settings(max_examples=100)
def test_a_header_never_breaks_the_framing(headers: list[tuple[str, str]], body: bytes) -> None:
    block = http_head("HTTP/1.1 200 OK", headers) + body
    fields, read = parse_record(record("response", [("WARC-Target-URI", "http://example.org/")], block))
    status, got, payload = parse_http(read)
    assert (fields["warc-type"], status, payload, len(got)) == ("response", 200, body, len(headers))


@given(st.binary(max_size=300), st.integers(0, 3), st.integers(0, 300))
@hypothesis_settings(max_examples=50, deadline=None)
def test_a_packed_block_is_kept_as_it_is_in_a_member_that_gzip_reads(block: bytes, blocks: int, clear: int) -> None:
    block += bytes(65535 * blocks)
    member = record("resource", [("WARC-Target-URI", "file:///a")], block, packed=max(0, len(block) - clear))
    whole = gzip.decompress(member)
    assert whole.endswith(block + b"\r\n\r\n")
    assert parse_record(member)[1] == block


def test_surt_keys() -> None:
    assert surt_key("https://www.News.example.org/a/B?z=1&a=2") == "org,example,news)/a/b?a=2&z=1"
    assert surt_key("http://127.0.0.1:8080/x") == "127.0.0.1:8080)/x"
