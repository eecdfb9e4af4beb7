"""WARC files that others wrote, shaped like Common Crawl's CC-NEWS."""

from __future__ import annotations

import gzip
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.fetch.archive import index_segments, read_page, segments_under
from pipeline.fetch.importer import import_warcs, read_warc
from pipeline.fetch.notes import entries_noted
from pipeline.records import Fetch, StageReport
from pipeline.stages.load import check_error_budget
from pipeline.store import LocalStore
from tests.fetch.conftest import PAGE, read_pages

# warcio leaves its spool files for the collector to close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

DATE = "2026-11-20T06:00:00Z"


def body(n: int) -> bytes:
    return PAGE + f"<!-- {n} -->".encode() + bytes(f"{n * 7919 % 1000:03} ", "ascii") * 300


def add(writer: WARCWriter, url: str, payload: bytes, status: str = "200 OK", **headers: str) -> None:
    fields = {"Content-Type": "text/html; charset=utf-8"} | {k.replace("_", "-"): v for k, v in headers.items()}
    head = StatusAndHeaders(status, list(fields.items()), protocol="HTTP/1.1")
    record = writer.create_warc_record(
        url, "response", payload=io.BytesIO(payload), http_headers=head, warc_headers_dict={"WARC-Date": DATE}
    )
    writer.write_record(record)


def make(path: Path, count: int = 6, packed: bool = True) -> list[int]:
    """Write a file of `count` pages; returns where each record begins."""
    places = []
    with path.open("wb") as handle:
        writer = WARCWriter(handle, gzip=packed)
        writer.write_record(writer.create_warcinfo_record("test.warc", {"software": "test"}))
        for n in range(count):
            places.append(handle.tell())
            add(writer, f"http://www.site{n}.example/{n}", body(n))
    return places


def load(path: Path, settings: Settings, store: LocalStore) -> list[Fetch]:
    return import_warcs([str(path)], settings=settings, store=store, archive_prefix="raw/dt=2026-11-23/shard=import")


@pytest.mark.parametrize("packed", [True, False])
def test_pages_become_fetches_of_their_own_date(tmp_path: Path, settings: Settings, store: LocalStore, packed: bool) -> None:
    make(tmp_path / "a.warc", packed=packed)
    rows = load(tmp_path / "a.warc", settings, store)
    assert [row.url for row in rows] == [f"http://www.site{n}.example/{n}" for n in range(6)]
    assert {(row.outcome, row.via, row.status, row.fetched_at.isoformat()) for row in rows} == {
        ("fetched", "warc", 200, "2026-11-20T06:00:00+00:00")
    }
    assert [page.body for page in read_pages(store, rows)] == [body(n) for n in range(6)]


def test_what_is_no_page_has_its_outcome(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    with (tmp_path / "a.warc.gz").open("wb") as handle:
        writer = WARCWriter(handle, gzip=True)
        add(writer, "http://e.example/gone", b"gone", "404 Not Found")
        add(writer, "http://e.example/pdf", b"%PDF-", Content_Type="application/pdf")
        add(writer, "http://e.example/packed", gzip.compress(PAGE), Content_Encoding="gzip")
        add(writer, "http://e.example/broken", b"no gzip at all", Content_Encoding="gzip")
        add(writer, "http://e.example/chunked", b"5\r\nhello\r\n0\r\n\r\n", Transfer_Encoding="chunked")
        add(writer, "http://e.example/packed", gzip.compress(PAGE), Content_Encoding="gzip")
        add(writer, "dns:e.example", b"x")
    rows = load(tmp_path / "a.warc.gz", settings, store)
    assert [(row.url.rpartition("/")[2], row.outcome) for row in rows] == [
        ("gone", "http_404"),
        ("pdf", "not_html"),
        ("packed", "fetched"),
        ("broken", "bad_encoding"),
        ("chunked", "fetched"),
    ]
    assert read_page(store, rows[2]).body == PAGE
    assert read_page(store, rows[4]).body == b"hello"


@pytest.mark.parametrize("label", ["Transfer-Encoding: chunked", "Content-Encoding: gzip", "Content-Encoding: br"])
def test_a_page_whose_encoding_its_writer_has_undone_is_read(
    tmp_path: Path, settings: Settings, store: LocalStore, label: str
) -> None:
    name, _, value = label.partition(": ")
    with (tmp_path / "a.warc.gz").open("wb") as handle:
        add(WARCWriter(handle, gzip=True), "http://e.example/1", PAGE, **{name.replace("-", "_"): value})
    (row,) = load(tmp_path / "a.warc.gz", settings, store)
    assert (row.outcome, read_page(store, row).body) == ("fetched", PAGE)


@pytest.mark.parametrize(
    ("chunks", "body"),
    [
        (b"3\r\n<p>\r\nA;name=1\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n", b"<p>0123456789"),
        (b"3  \r\n<p>\r\n00\r\n\r\n", b"<p>"),
        (b"3\r\n<p>\r\nA\r\n0123", None),
        (b"%x\r\n%s\r\n" % (len(PAGE), PAGE), PAGE),  # whole but for the last chunk, of nothing
    ],
)
def test_chunks_are_undone_and_a_cut_one_is_damage(
    tmp_path: Path, settings: Settings, store: LocalStore, chunks: bytes, body: bytes | None
) -> None:
    with (tmp_path / "a.warc.gz").open("wb") as handle:
        writer = WARCWriter(handle, gzip=True)
        add(writer, "http://e.example/1", chunks, Transfer_Encoding="chunked")
        add(writer, "http://e.example/2", PAGE)
    rows = load(tmp_path / "a.warc.gz", settings, store)
    assert [page.body for page in read_pages(store, rows)] == ([PAGE] if body is None else [body, PAGE])


def test_a_crawl_is_pages_among_much_else(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    def resource(url: str, kind: str) -> None:
        writer.write_record(writer.create_warc_record(url, "resource", io.BytesIO(PAGE), warc_content_type=kind))

    with (tmp_path / "a.warc.gz").open("wb") as handle:
        writer = WARCWriter(handle, gzip=True)
        resource("http://e.example/page", "text/html; charset=utf-8")
        resource("http://e.example/image", "image/png")
        resource("urn:pageinfo:http://e.example/page", "application/json")
        add(writer, "http://e.example/moved", b"", "301 Moved Permanently", Location="/page", Content_Type="text/html")
        add(writer, "http://e.example/style", b"", Content_Type="text/css")
        add(writer, "http://e.example/robots.txt", b"User-agent: *", Content_Type="text/plain")
        add(writer, "http://e.example/old", b'<meta http-equiv="refresh" content="0;url=/page">')
    rows = load(tmp_path / "a.warc.gz", settings, store)
    assert [(row.url.rpartition("/")[2], row.outcome, row.detail) for row in rows] == [
        ("page", "fetched", None),
        ("image", "not_html", "content type image/png"),
        ("moved", "redirect", "301 to /page"),
        ("style", "not_html", "content type text/css"),
        ("robots.txt", "not_html", "rules for robots"),
        ("old", "redirect", "200 to http://e.example/page"),
    ]
    assert read_page(store, rows[0]).body == PAGE
    check_error_budget([StageReport("fetch", "2026-11-23", "000", 40, {"fetched": 2, "not_html": 30, "redirect": 8})], 0.5)


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("application/http; msgtype=response", b"HTTP/1.1 200 OK\nContent-Type: text/html\nX-Odd: 1\n\n"),
        ("application/http", b"HTTP/1.1 200 OK\r\nX-Odd: 1\nContent-Type: text/html\r\n\n"),
        ("Application/HTTP;msgtype=response", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
        ("application/https; msgtype=response", b"HTTP/2 200\r\ncontent-type: text/html\r\n\r\n"),
        ("application/http", b"HTTP/1.1 200 OK\r\nContent-Type:\r\n text/html\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n"),
    ],
)
def test_a_head_is_read_however_its_lines_end(
    tmp_path: Path, settings: Settings, store: LocalStore, kind: str, head: bytes
) -> None:
    fields = f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{'0' * 32}>\r\nWARC-Date: {DATE}\r\n"
    fields += f"WARC-Target-URI: http://e.example/1\r\nContent-Type: {kind}\r\nContent-Length: {len(head + PAGE)}\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(fields.encode() + head + PAGE + b"\r\n\r\n")
    (row,) = load(tmp_path / "a.warc", settings, store)
    assert (row.outcome, row.content_type, read_page(store, row).body) == ("fetched", "text/html", PAGE)


def test_a_page_that_its_crawler_cut_stays_marked_as_cut(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    make(tmp_path / "a.warc", 2, packed=False)
    content, kind = (tmp_path / "a.warc").read_bytes(), b"WARC-Type: response\r\n"
    (tmp_path / "a.warc").write_bytes(content.replace(kind, kind + b"WARC-Truncated: length\r\n", 1))
    load(tmp_path / "a.warc", settings, store)
    (key,) = segments_under(store, "raw/dt=2026-11-23/shard=import")
    assert [entry.truncated for _, _, _, entry in entries_noted(store, key)] == [True, False]


@pytest.mark.parametrize("date", ["2026-11-20T06:00:00", "2026-11-20T06:00:00.123456", "2026-11-20"])
def test_a_date_without_a_time_or_a_zone_is_in_utc(tmp_path: Path, settings: Settings, store: LocalStore, date: str) -> None:
    make(tmp_path / "a.warc", 1, packed=False)
    (tmp_path / "a.warc").write_bytes((tmp_path / "a.warc").read_bytes().replace(DATE.encode(), date.encode()))
    (row,) = load(tmp_path / "a.warc", settings, store)
    assert row.fetched_at == datetime.fromisoformat(date).replace(tzinfo=UTC)


def test_a_date_that_no_calendar_has_costs_its_record(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    places = make(tmp_path / "a.warc", 3, packed=False)
    content = (tmp_path / "a.warc").read_bytes()
    damaged = content[places[1] : places[2]].replace(DATE.encode(), b"0001-01-01T00:00:00+02:00")
    (tmp_path / "a.warc").write_bytes(content[: places[1]] + damaged + content[places[2] :])
    assert [row.site for row in load(tmp_path / "a.warc", settings, store)] == ["www.site0.example", "www.site2.example"]


def test_a_status_that_is_none_costs_its_record(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    with (tmp_path / "a.warc.gz").open("wb") as handle:
        writer = WARCWriter(handle)
        add(writer, "http://www.site0.example/0", body(0), "40000 Odd")
        add(writer, "http://www.site1.example/1", body(1))
    rows = load(tmp_path / "a.warc.gz", settings, store)
    assert [(row.outcome, row.status) for row in rows] == [("http_0", 0), ("fetched", 200)]
    prefix = "raw/dt=2026-11-23/shard=import"
    index_segments(store, prefix, segments_under(store, prefix))
    assert any(key.endswith(".parquet") for key in store.list(prefix))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("damage", ["start", "header", "middle", "cut"])
def test_a_damaged_record_costs_that_record(
    tmp_path: Path, settings: Settings, store: LocalStore, damage: str, packed: bool
) -> None:
    path = tmp_path / "a.warc"
    places = make(path, packed=packed)
    data = bytearray(path.read_bytes())
    begin, end = places[3], places[4]
    if damage == "cut":
        del data[begin + 60 : end - 20]
    else:
        at = {"start": begin, "header": begin + 12, "middle": (begin + end) // 2}[damage]
        data[at : at + 10] = b"\xff" * 10
    path.write_bytes(data)
    rows = load(path, settings, store)
    kept = {row.url.rpartition("/")[2] for row in rows}
    assert kept | {"3"} == {"0", "1", "2", "3", "4", "5"}
    whole = [row for row in rows if not row.url.endswith("/3")]
    assert [page.body for page in read_pages(store, whole)] == [body(n) for n in (0, 1, 2, 4, 5)]


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_that_is_cut_off_costs_its_last_record_and_says_so(
    tmp_path: Path, settings: Settings, store: LocalStore, caplog: pytest.LogCaptureFixture, packed: bool
) -> None:
    path = tmp_path / "a.warc"
    places = make(path, packed=packed)
    path.write_bytes(path.read_bytes()[: places[4] - 40])
    assert {row.url.rpartition("/")[2] for row in load(path, settings, store)} == {"0", "1", "2"}
    assert re.search(r"the record of https?://\S+/3 is damaged: it ends after \d+ of \d+ bytes", caplog.text)


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_that_breaks_off_anywhere_says_so(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture, packed: bool
) -> None:
    path = tmp_path / "a.warc"
    places = make(path, packed=packed)
    whole = path.read_bytes()
    assert [row.url.rpartition("/")[2] for row, _ in read_warc(str(path), settings)] == ["0", "1", "2", "3", "4", "5"]
    assert not caplog.records
    for end in range(places[4] + 1, places[5] - 8, 9):
        caplog.clear()
        path.write_bytes(whole[:end])
        kept = [row.url.rpartition("/")[2] for row, _ in read_warc(str(path), settings)]
        assert kept[:4] == ["0", "1", "2", "3"]
        assert re.search("breaks off in a record|damaged after byte", caplog.text), end


@pytest.mark.parametrize("padding", [b"\r\n\r\n", b"\0" * 100])
def test_what_fills_the_end_of_a_file_is_no_record(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture, padding: bytes
) -> None:
    path, one = tmp_path / "a.warc", tmp_path / "one.warc.gz"
    make(path, packed=False)
    one.write_bytes(gzip.compress(path.read_bytes()))  # all records in one member
    path.write_bytes(path.read_bytes() + padding)
    assert [len(list(read_warc(str(file), settings))) for file in (path, one)] == [6, 6]
    assert "breaks off" not in caplog.text


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (b"PK\x03\x04" + bytes(60), "a WACZ has its WARC files in the folder archive"),
        (b"filedesc://a.arc 0.0.0.0 20260101000000 text/plain 77\n1 0 x\n" * 3, "`warcio recompress` makes a WARC file of it"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20260101000000 text/plain 77\n1 0 x\n" * 3, mtime=0), "it is an ARC file"),
    ],
)
def test_archives_of_other_kinds_are_told_with_their_mend(tmp_path: Path, settings: Settings, content: bytes, mend: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(mend)):
        list(read_warc(str(tmp_path / "a"), settings))


def test_an_archive_without_pages_is_named(
    tmp_path: Path, settings: Settings, store: LocalStore, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "texts.warc.wet"
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=False)
        for n in range(2):
            text = io.BytesIO(b"The text alone.")
            writer.write_record(writer.create_warc_record(f"https://news.example/{n}", "conversion", text))
    assert load(path, settings, store) == []
    assert "texts.warc.wet: none of its 2 records is a page" in caplog.text


@pytest.mark.parametrize(
    "content", [b"", b"this is no archive\n" * 50, gzip.compress(b"nor this" * 100, mtime=0)]
)  # one id for all workers
def test_a_file_without_records_is_the_users_mistake(tmp_path: Path, settings: Settings, store: LocalStore, content: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(content)
    with pytest.raises(ConfigError, match="holds no WARC record"):
        load(tmp_path / "a.warc.gz", settings, store)
