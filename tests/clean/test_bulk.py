"""The `clean` command: one line out for each line in, whatever the lines are."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipeline.clean.bulk import clean_file
from pipeline.config import Settings
from pipeline.errors import ConfigError
from tests.clean.articles import PROSE

SETTINGS = Settings(workers=1)
KEYS = ["id", "url", "title", "text", "authors", "published_at", "published_basis", "language", "page_kind", "dropped", "error"]
TEXT = "\n\n".join(("Share", "Council raises the harbour wall", *PROSE))
STORIES = ("boat", "crane", "pilot", "storm")


def _page(word: str) -> str:
    prose = "".join(
        f"<p>The {word} came {n} times to the {word} quay, as the {word} master had told the council in {2000 + n}.</p>"
        for n in range(6)
    )
    title = f"Why the {word} came back"
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>{prose}"
        "<p>All the harbour there is, every single day</p></article></body></html>"
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().stream_reader(data).read()
    return [json.loads(line) for line in data.splitlines()]


def _written(path: Path, *lines: object) -> str:
    data = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    if path.suffix == ".gz":
        data = gzip.compress(data)
    if path.suffix == ".zst":
        data = zstandard.ZstdCompressor().compress(data)
    path.write_bytes(data)
    return str(path)


def test_each_line_gives_one_line_in_order_and_bad_ones_say_why(tmp_path: Path) -> None:
    source = _written(
        tmp_path / "in.jsonl",
        {"id": "a", "text": TEXT},
        b"{not json",
        b"",
        b"\xff\xfe",
        [1],
        {"id": None, "text": TEXT},
        {"id": "b"},
        {"id": "c", "text": TEXT, "html": "<p>x</p>"},
        {"id": "d", "url": 3, "text": TEXT},
        {"id": "e", "html": ""},
        {"id": "f", "url": "https://[bad", "text": TEXT},
        {"id": "g", "text": "Nul \0 and lone \ud800 surrogate, a sentence of its own."},
    )
    report = clean_file(source, str(tmp_path / "out.jsonl"), SETTINGS)
    out = _lines(tmp_path / "out.jsonl")
    assert [line["id"] for line in out] == ["a", None, None, None, None, None, "b", "c", "d", "e", "f", "g"]
    assert all(list(line) == KEYS for line in out)
    assert [line["error"] and line["error"]["code"] for line in out] == [None, *["malformed"] * 8, "empty", None, None]
    assert out[1]["error"]["message"].startswith("line 2: not JSON")
    assert all(line["text"] == "" for line in out if line["error"])
    assert report.seen == 12
    assert report.outcomes == {"article": 3, "empty": 1, "malformed": 8}


def test_a_byte_order_mark_is_not_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "a", "text": TEXT}) + "\r\n", encoding="utf-8-sig")
    report = clean_file(str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), SETTINGS)
    assert report.outcomes == {"article": 1}


def test_lines_that_are_no_documents_are_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = _written(tmp_path / "in.jsonl", b"[", {"id": "a", "text": TEXT}, b"]")
    clean_file(source, str(tmp_path / "out.jsonl"), SETTINGS)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        '2 of 3 lines are no documents; "error" in the output says what is wrong'
    ]


def test_a_text_document_comes_out_whole(tmp_path: Path) -> None:
    clean_file(_written(tmp_path / "in.jsonl", {"id": "a", "text": TEXT}), str(tmp_path / "out.jsonl"), SETTINGS)
    (line,) = _lines(tmp_path / "out.jsonl")
    assert line["title"] == "Council raises the harbour wall"
    assert line["text"] == "\n\n".join(PROSE)
    assert line["dropped"] == [{"index": 0, "text": "Share", "rule": "share"}]
    assert (line["url"], line["authors"], line["published_at"], line["published_basis"]) == (None, [], None, None)


@pytest.mark.parametrize(("read", "written"), [(".jsonl.gz", ".jsonl.zst"), (".jsonl.zst", ".jsonl.gz")])
def test_packed_files_are_read_and_written_by_their_suffix(tmp_path: Path, read: str, written: str) -> None:
    source = _written(tmp_path / f"in{read}", *({"id": str(n), "text": TEXT} for n in range(3)))
    clean_file(source, str(tmp_path / f"out{written}"), SETTINGS)
    clean_file(source, str(tmp_path / f"again{written}"), SETTINGS)
    assert [line["id"] for line in _lines(tmp_path / f"out{written}")] == ["0", "1", "2"]
    assert (tmp_path / f"out{written}").read_bytes() == (tmp_path / f"again{written}").read_bytes()


def test_pages_of_one_site_teach_each_other_and_a_lone_page_learns_nothing(tmp_path: Path) -> None:
    records = [{"id": word, "url": f"https://www.example.org/{word}", "html": _page(word)} for word in STORIES]
    alone = {"id": "alone", "url": "https://other.example.com/x", "html": _page("gull")}
    clean_file(_written(tmp_path / "in.jsonl", *records, alone), str(tmp_path / "out.jsonl"), SETTINGS)
    out = _lines(tmp_path / "out.jsonl")
    assert all("All the harbour there is" not in line["text"] for line in out[:4])
    assert [d["rule"] for line in out[:4] for d in line["dropped"] if d["text"].startswith("All the harbour")] in (
        ["site-line"] * 4,
        [],
    )


def test_the_answer_does_not_depend_on_order_or_workers(tmp_path: Path) -> None:
    records = [{"id": word, "url": f"https://www.example.org/{word}", "html": _page(word)} for word in STORIES]
    clean_file(_written(tmp_path / "one.jsonl", *records), str(tmp_path / "one.out.jsonl"), SETTINGS)
    clean_file(_written(tmp_path / "two.jsonl", *reversed(records)), str(tmp_path / "two.out.jsonl"), Settings(workers=2))
    assert _lines(tmp_path / "one.out.jsonl") == list(reversed(_lines(tmp_path / "two.out.jsonl")))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("missing.jsonl", "out.jsonl", "input .*missing.jsonl.* cannot be read .*name a JSON Lines file"),
        ("in.parquet", "out.jsonl", "cannot tell what '.parquet' holds; use .jsonl"),
        ("page.html", "out.jsonl", "page.html': .html holds no JSON Lines; `copydesk explain`"),
        ("news.warc.gz", "out.jsonl", "news.warc.gz': .warc holds no JSON Lines; `copydesk import` takes it"),
        ("in.jsonl", "out.bz2", "cannot tell what '.bz2' holds"),
        ("in.jsonl", "no/such/folder/out.jsonl", "output .* cannot be written .*name a file in a folder"),
        ("in.jsonl", "", "output .* cannot be written"),
        ("broken.jsonl.gz", "out.jsonl", "broken.jsonl.gz.* cannot be read on"),
        ("broken.jsonl.zst", "out.jsonl", "broken.jsonl.zst.* cannot be read on"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_mend(tmp_path: Path, source: str, target: str, message: str) -> None:
    _written(tmp_path / "in.jsonl", {"id": "a", "text": TEXT})
    (tmp_path / "broken.jsonl.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    (tmp_path / "broken.jsonl.zst").write_bytes(b"not zstandard at all")
    with pytest.raises(ConfigError, match=message):
        clean_file(str(tmp_path / source), str(tmp_path / target), SETTINGS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.jsonl.gz", "broken.jsonl.zst", "in.jsonl"]


def test_a_failed_run_leaves_the_old_output_alone(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("old")
    (tmp_path / "in.jsonl.gz").write_bytes(gzip.compress(json.dumps({"id": "a", "text": TEXT}).encode())[:-9])
    with pytest.raises(ConfigError):
        clean_file(str(tmp_path / "in.jsonl.gz"), str(tmp_path / "out.jsonl"), SETTINGS)
    assert (tmp_path / "out.jsonl").read_text() == "old"


def test_an_empty_input_gives_an_empty_output(tmp_path: Path) -> None:
    report = clean_file(_written(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), SETTINGS)
    assert report.seen == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_the_output_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": "a", "text": "A line."}\n')
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(0 if target.exists() else os.fstat(descriptor).st_ino))
    clean_file(str(source), str(target), Settings(workers=1))
    assert synced == [target.stat().st_ino]
