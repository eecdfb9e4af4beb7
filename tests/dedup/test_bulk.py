from __future__ import annotations

import gzip
import json
import os
import random
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import Settings
from pipeline.dedup.bulk import dedup_file
from pipeline.errors import ConfigError
from tests.dedup.articles import article

KEYS = ["id", "story_id", "canonical_id", "relation", "score", "reuse"]


def row(identity: str, text: str, day: int = 1) -> dict[str, Any]:
    return {"id": identity, "url": None, "site": "a.example", "title": None, "text": text, "published_at": f"2024-03-{day:02d}"}


def run(folder: Path, lines: list[Any], index: Path | None = None, suffix: str = "") -> list[dict[str, Any]]:
    source, target = folder / "in.jsonl", folder / f"out.jsonl{suffix}"
    source.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    report = dedup_file(str(source), str(target), str(index) if index else None, Settings())
    content = gzip.decompress(target.read_bytes()) if suffix == ".gz" else target.read_bytes()
    answers = [json.loads(line, parse_constant=pytest.fail) for line in content.splitlines()]  # NaN is no JSON
    assert report.seen == len(answers)
    return answers


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_line_is_answered_in_order(tmp_path: Path, suffix: str) -> None:
    answers = run(tmp_path, [row("b", article(1), 2), row("x", article(2)), row("a", article(1), 1)], suffix=suffix)
    assert [list(answer) for answer in answers] == [KEYS] * 3
    assert [answer["id"] for answer in answers] == ["b", "x", "a"]
    assert [answer["relation"] for answer in answers] == ["copy", "unique", "canonical"]
    assert {answer["canonical_id"] for answer in answers if answer["relation"] != "unique"} == {"a"}


@pytest.mark.parametrize(
    "line",
    [
        "not json", "[1]", '{"text": "no id"}', '{"id": 7.5, "text": "x"}', '{"id": "q", "text": 7}', '{"id": NaN, "text": "x"}',
        '{"id": [1e400], "text": "x"}',
    ],
)  # fmt: skip
def test_a_malformed_line_is_answered_too_and_says_why(tmp_path: Path, line: str) -> None:
    answers = run(tmp_path, [row("a", article(1)), line, row("b", article(1))])
    assert [answer["id"] for answer in answers][::2] == ["a", "b"]
    assert answers[1]["error"]["code"] == "malformed"
    assert (answers[1]["relation"], answers[1]["reuse"]) == ("unique", [])


def test_ids_that_are_numbers_are_answered_as_numbers_also_of_earlier_calls(tmp_path: Path) -> None:
    source, other = article(1), article(2)
    index = tmp_path / "index"
    first = run(tmp_path, [row("1", source) | {"id": 1}, row("x", other)], index)
    assert [(answer["id"], answer["canonical_id"]) for answer in first] == [(1, 1), ("x", "x")]
    stitched = "\n\n".join([*article(3).split("\n\n"), *source.split("\n\n")[2:4]])
    lines = [
        row("2", source, 2) | {"id": 2},
        row("3", other, 2) | {"id": 3},
        row("007", source, 3),
        row("4", stitched, 4) | {"id": 4},
    ]
    answers = run(tmp_path, lines, index)
    assert [(answer["id"], answer["canonical_id"]) for answer in answers] == [(2, 1), (3, "x"), ("007", "1"), (4, 4)]
    assert {passage["source_id"] for passage in answers[3]["reuse"]} == {1}


def test_ids_with_lone_surrogates_are_kept_apart_and_given_back_over_nights(tmp_path: Path) -> None:
    """JSON can write them, UTF-8 cannot, and the file of the index is in UTF-8."""
    index = tmp_path / "index"
    first = run(tmp_path, [row("\ud800", article(1)), row("\udfff", article(2)), row("?", article(3))], index)
    assert [(answer["id"], answer["canonical_id"]) for answer in first] == [(name, name) for name in ("\ud800", "\udfff", "?")]
    stitched = "\n\n".join([*article(4).split("\n\n"), *article(2).split("\n\n")[2:4]])
    later = run(tmp_path, [row("copy", article(1), 2), row("\ud801", stitched, 2)], index)
    assert [(answer["id"], answer["canonical_id"]) for answer in later] == [("copy", "\ud800"), ("\ud801", "\ud801")]
    assert {passage["source_id"] for passage in later[1]["reuse"]} == {"\udfff"}
    assert run(tmp_path, [row("copy", article(1), 2), row("\ud801", stitched, 2)], index) == later


def test_the_latest_version_is_known_by_its_time_however_it_is_written(tmp_path: Path) -> None:
    new, old = row("a", article(1)) | {"published_at": "Mon, 23 Nov 2026 09:30:00 GMT"}, row("a", article(2))
    for date in ("Wed, 18 Nov 2026 09:30:00 GMT", "2026-11-23T10:00:00+01:00"):
        answers = run(tmp_path, [new, old | {"published_at": date}, row("b", article(1), 1)])
        assert answers[0]["story_id"] == answers[2]["story_id"]


def test_a_repeated_id_is_one_document_the_latest_version(tmp_path: Path) -> None:
    lines = [row("a", article(1), 1), row("a", article(2), 2), row("b", article(2), 3)]
    first = run(tmp_path, lines)
    assert first[0] == first[1]
    assert first[2]["story_id"] == first[0]["story_id"]
    assert sorted(map(json.dumps, run(tmp_path, lines[::-1]))) == sorted(map(json.dumps, first))


def test_the_agency_of_a_dateline_is_canonical_where_its_own_page_is_later(tmp_path: Path) -> None:
    agency = row("a", article(1), 2) | {"site": "reuters.com"}
    for lead, canonical in (("OSLO (Reuters) - ", "a"), ("", "p")):
        answers = run(tmp_path, [row("p", lead + article(1)), agency])
        assert {answer["canonical_id"] for answer in answers} == {canonical}


def test_the_old_output_stays_when_the_input_cannot_be_read(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    with pytest.raises(ConfigError, match=r"missing\.jsonl' cannot be read"):
        dedup_file(str(tmp_path / "missing.jsonl"), str(target), None, Settings())
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_a_target_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name a file in a folder"):
        dedup_file(str(tmp_path / "missing.jsonl"), str(tmp_path / "no" / "out.jsonl"), None, Settings())


def test_an_input_without_any_text_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As pages that were not cleaned: all of them would be unique."""
    (tmp_path / "pages.jsonl").write_text(json.dumps({"id": "a", "html": "<p>A page</p>"}) + "\n")
    dedup_file(str(tmp_path / "pages.jsonl"), str(tmp_path / "out.jsonl"), None, Settings())
    assert 'no line has a "text"' in caplog.text


def test_a_descriptor_is_written_to(tmp_path: Path) -> None:
    """As for bash's `--output >(…)`, and for `--output /dev/stdout` into a pipe or behind what a file has already."""
    (tmp_path / "in.jsonl").write_text(json.dumps(row("a", article(1))) + "\n")
    reading, writing = os.pipe()
    dedup_file(str(tmp_path / "in.jsonl"), f"/dev/fd/{writing}", None, Settings())
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert json.loads(pipe.read())["id"] == "a"
    with (tmp_path / "out.jsonl").open("w") as file:
        print("before", file=file, flush=True)
        dedup_file(str(tmp_path / "in.jsonl"), f"/dev/fd/{file.fileno()}", None, Settings())
    assert [line[:6] for line in (tmp_path / "out.jsonl").read_text().splitlines()] == ["before", '{"id":']


def test_a_pipe_is_written_to_and_a_link_is_followed(tmp_path: Path) -> None:
    """As root `--output /dev/null` would otherwise put a file in the place of the device."""
    source, pipe, link = (tmp_path / name for name in ("in.jsonl", "pipe", "link.jsonl"))
    source.write_text(json.dumps(row("a", article(1))) + "\n")
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "real.jsonl")
    with ThreadPoolExecutor(1) as reader:
        got = reader.submit(pipe.read_bytes)
        dedup_file(str(source), str(pipe), None, Settings())
        assert json.loads(got.result(timeout=60))["id"] == "a"
    dedup_file(str(source), str(link), None, Settings())
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert json.loads((tmp_path / "real.jsonl").read_text())["id"] == "a"


def damaged(packed: bytes) -> bytes:
    return packed[:40] + b"\0\xff" + packed[42:]


def cut_off(packed: bytes) -> bytes:
    return packed[:-6]


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("zst", zstandard.compress)])
@pytest.mark.parametrize("spoil", [damaged, cut_off])
def test_a_file_that_is_not_whole_is_told(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], spoil: Callable[[bytes], bytes]
) -> None:
    source = tmp_path / f"in.jsonl.{suffix}"
    source.write_bytes(spoil(pack(b"".join(json.dumps(row(str(n), article(n))).encode() + b"\n" for n in range(3)))))
    with pytest.raises(ConfigError, match=rf"in\.jsonl\.{suffix}' cannot be read on: .*; is it whole"):
        dedup_file(str(source), str(tmp_path / "out.jsonl"), None, Settings())
    assert not (tmp_path / "out.jsonl").exists()


def test_lines_that_are_no_documents_are_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(tmp_path, ["[", json.dumps(row("a", article(1))), "]"])
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        '2 of 3 lines are no documents; "error" in the output says what is wrong'
    ]


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), nights=st.integers(2, 4))
def test_the_last_night_is_answered_alike_however_the_documents_were_split(
    tmp_path_factory: pytest.TempPathFactory, seed: int, nights: int
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    rng = random.Random(seed)
    lines = [row(f"o{n}", article(n), n + 1) for n in range(4)] + [row(f"c{n}", article(n)[:-200], n + 6) for n in range(4)]
    rng.shuffle(lines)
    together = {answer["id"]: answer for answer in run(folder, lines)}
    size = -(-len(lines) // nights)
    for start in range(0, len(lines), size):
        answers = run(folder, lines[start : start + size], folder / "index")
    assert all(answer == together[answer["id"]] for answer in answers)


def test_the_same_night_again_changes_nothing(tmp_path: Path) -> None:
    lines = [row("a", article(1)), row("b", article(1), 2)]
    index = tmp_path / "index"
    assert run(tmp_path, lines, index) == run(tmp_path, lines, index)
    with closing(sqlite3.connect(index / "index.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM nights").fetchone() == (1,)


def test_a_copy_of_an_earlier_night_names_the_original_of_that_night(tmp_path: Path) -> None:
    run(tmp_path, [row("a", article(1), 1)], tmp_path / "index")
    (answer,) = run(tmp_path, [row("b", article(1), 2)], tmp_path / "index")
    assert (answer["canonical_id"], answer["relation"]) == ("a", "copy")
