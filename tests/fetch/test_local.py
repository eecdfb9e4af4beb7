"""Local documents are fetched too: archived, so that a replay needs the folder no more."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import zstandard

from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.fetch.archive import read_page
from pipeline.fetch.discover import discover
from pipeline.fetch.fetch import fetch
from pipeline.fetch.local import find_files, read_documents
from pipeline.fetch.verdict import Validator
from pipeline.records import Discovered, Fetch
from pipeline.sources import Source
from pipeline.store import LocalStore
from pipeline.urls import url_id
from tests.fetch.conftest import PAGE

PREFIX = "raw/dt=2026-11-23/shard=000"


def read(folder: Path, settings: Settings, store: LocalStore, known: dict[str, Validator] | None = None) -> list[Fetch]:
    items = discover([Source(id="mine", files=(str(folder),))], settings).items
    return fetch(items, settings=settings, store=store, archive_prefix=PREFIX, validators=known)


def test_documents_are_archived_and_outlive_their_folder(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "page.htm").write_bytes(b"<p>p\xe4ge</p>")
    (folder / "text.txt").write_text("a text")
    record = {"id": "1", "url": "https://www.example.org/x", "html": "<p>x</p>"}
    (folder / "rows.jsonl").write_text(json.dumps(record) + "\n\n" + json.dumps({"id": "2", "text": "two"}))
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": "g"}).encode()))
    (folder / "rows.jsonl.zst").write_bytes(zstandard.compress(json.dumps({"text": "z"}).encode() + b"\n"))
    rows = read(folder, settings, store)
    shutil.rmtree(folder)
    assert {row.outcome for row in rows} == {"fetched"}
    pages = {row.url.rpartition("/")[2]: (row, read_page(store, row)) for row in rows}
    assert {name: (row.content_type, page.header("content-type")) for name, (row, page) in pages.items()} == {
        "page.htm": ("text/html", "text/html"),
        "text.txt": ("text/plain", "text/plain"),
        "rows.jsonl#1": ("application/json", "application/json"),
        "rows.jsonl#3": ("application/json", "application/json"),
        "rows.jsonl.gz#1": ("application/json", "application/json"),
        "rows.jsonl.zst#1": ("application/json", "application/json"),
    }
    assert pages["page.htm"][1].body == b"<p>p\xe4ge</p>"
    row, page = pages["rows.jsonl#1"]
    assert json.loads(page.body) == record
    assert (row.final_url, row.site) == ("https://www.example.org/x", "example.org")
    assert pages["rows.jsonl#3"][0].final_url.startswith("file://")


def test_what_cannot_be_used_has_its_reason(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.txt").write_text("")
    (folder / "large.html").write_bytes(b"x" * 2000)
    (folder / "pdf.html").write_bytes(b"%PDF-1.7")
    (folder / "rows.jsonl").write_text(
        "{broken\n[1]\n{}\n" + json.dumps({"text": "y" * 2000}) + "\n" + json.dumps({"text": "last"})
    )
    small = dataclasses.replace(settings, max_body_bytes=1000)
    rows = {row.url.rpartition("/")[2]: row for row in read(folder, small, store)}
    assert {name: row.outcome for name, row in rows.items()} == {
        "empty.txt": "empty",
        "large.html": "too_large",
        "pdf.html": "not_html",
        "rows.jsonl#1": "bad_json",
        "rows.jsonl#2": "bad_json",
        "rows.jsonl#3": "bad_json",
        "rows.jsonl#4": "too_large",
        "rows.jsonl#5": "fetched",
    }
    assert read_page(store, rows["rows.jsonl#1"]).body == b"{broken"


def test_a_name_in_any_charset_is_found_again(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    names = [b"caf\xe9.html", "café.html".encode(), b"100% #1?.html", b"a+b c.txt"]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(b"<p>" + name)
    rows = read(folder, settings, store)
    assert sorted(read_page(store, row).body for row in rows) == sorted(b"<p>" + name for name in names)


def test_a_warc_file_is_not_taken_for_a_page(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "crawl.warc.gz").write_bytes(gzip.compress(b"WARC/1.0\r\n"))
    found = discover([Source(id="mine", files=(str(tmp_path / "crawl.warc.gz"),))], settings)
    assert (found.items, [reject.detail for reject in found.rejected]) == (
        (),
        [f"{tmp_path}/crawl.warc.gz is a WARC file: `copydesk import` takes it"],
    )


def test_the_address_of_a_record_is_as_fit_as_that_of_a_page(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    urls = [
        "https://desk:hunter2@www.example.org/a b?x=1&amp;y=2#top",
        "ftp://www.example.org/b",
        "https://www.example.org/" + "x" * 3000,
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps({"url": url, "text": "a"}) for url in urls))
    rows = read(tmp_path / "rows.jsonl", settings, store)
    assert [row.final_url.replace(row.url, "own") for row in rows] == ["https://www.example.org/a%20b?x=1&y=2", "own", "own"]
    assert [row.site for row in rows] == ["example.org", "mine", "mine"]


def test_a_name_that_no_file_system_takes_costs_its_source(settings: Settings) -> None:
    found = discover([Source(id="mine", files=("x" * 300,))], settings)
    assert [(reject.reason, (reject.detail or "").partition(": ")[2]) for reject in found.rejected] == [
        ("unreadable", "File name too long")
    ]


def test_a_folder_that_may_not_be_listed_is_no_empty_one(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, without_rights: Callable[[], AbstractContextManager[None]]
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "page.html").write_bytes(PAGE)
    tmp_path.chmod(0o755)
    drop.chmod(0)
    monkeypatch.chdir(tmp_path)
    with without_rights():
        found = discover([Source(id="mine", files=("drop",))], settings)
    drop.chmod(0o700)
    assert [(reject.reason, reject.detail) for reject in found.rejected] == [("unreadable", "drop: Permission denied")]


def test_a_file_that_went_away_or_is_damaged_is_told(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    damaged = tmp_path / "rows.jsonl.gz"
    damaged.write_bytes(gzip.compress(b'{"text": "one"}\n' * 500)[:40])
    cut_off = tmp_path / "rows.jsonl.zst"
    cut_off.write_bytes(zstandard.compress(b'{"text": "one"}\n') + zstandard.compress(b'{"text": "two"}\n')[:-1])
    items = [
        Discovered(f"{cut_off.as_uri()}#1", "mine", "mine", "file"),
        Discovered(f"{cut_off.as_uri()}#3", "mine", "mine", "file"),
        Discovered((tmp_path / "gone.html").as_uri(), "mine", "mine", "file"),
        Discovered(f"{damaged.as_uri()}#400", "mine", "mine", "file"),
    ]
    rows = fetch(items, settings=settings, store=store, archive_prefix=PREFIX)
    assert [row.outcome for row in rows] == ["fetched", "bad_encoding", "no_such_file", "bad_encoding"]


def test_an_unchanged_document_keeps_its_place(tmp_path: Path, settings: Settings, store: LocalStore) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("the same")
    (first,) = read(folder, settings, store)
    known = {url_id(first.url): Validator(None, None, first.digest, first.raw_ref)}
    (second,) = read(folder, settings, store, known)
    assert (second.outcome, second.raw_ref) == ("not_modified", first.raw_ref)
    (folder / "a.txt").write_text("another")
    (third,) = read(folder, settings, store, known)
    assert third.outcome == "fetched"


def test_what_has_not_come_whole_yet_is_no_document(tmp_path: Path) -> None:
    for name in ("a.html", "deep/b.html", ".rsync-partial/c.html", "deep/.~tmp~/d.html", "deep/.e.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(PAGE)
    found = [url.partition(f"{tmp_path.name}/")[2] for url in find_files(str(tmp_path)).urls]
    assert found == ["a.html", "deep/b.html"]
    assert find_files(str(tmp_path / ".rsync-partial")).urls == [(tmp_path / ".rsync-partial/c.html").as_uri()]  # asked for by name


def test_packed_documents_are_read_as_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(PAGE))
    (tmp_path / "b.txt.zst").write_bytes(zstandard.compress(b"plain words"))
    documents = [next(read_documents(url, 1000)) for url in find_files(str(tmp_path)).urls]
    assert [(d.content, d.content_type) for d in documents] == [(PAGE, "text/html"), (b"plain words", "text/plain")]


def test_files_that_nobody_reads_are_counted_by_kind(
    tmp_path: Path, settings: Settings, store: LocalStore, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.MHTML", "b.mhtml", "c.webarchive", "news.warc.gz", ".DS_Store", "notes"):
        (tmp_path / name).write_text("x")
    with pytest.raises(Reject, match=r"there are 2 \.mhtml, 1 \.warc\.gz, 1 \.webarchive, 1 without a suffix"):
        find_files(str(tmp_path))
    (tmp_path / "page.html").write_bytes(PAGE)
    assert [row.outcome for row in read(tmp_path, settings, store)] == ["fetched"]
    assert f"source mine: {tmp_path}: of no kind that can be read, and passed over, are 2 .mhtml, 1 .warc.gz" in caplog.text
