"""Publishing: checked, whole, swapped in one step, and readable by whoever reads Parquet or DuckDB."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds
import pytest
import sqlalchemy as sa

from pipeline.errors import ConfigError, Fatal
from pipeline.locks import locked
from pipeline.records import Reuse
from pipeline.warehouse import Warehouse, load, publish
from pipeline.warehouse.tables import articles, dropped_blocks, runs, schema_migrations, stories, story_members
from tests.warehouse import make
from tests.warehouse.make import DAY, full_night, night, story

VIEWS = ("clean_articles", "article_copies", "dropped_lines", "passage_reuse", "nightly_funnel", "source_quality")
AHEAD = datetime.now(UTC) + timedelta(days=30)

# Found, found elsewhere, and one of them no more.
PASSAGES = ([(4, 11)], [(12, 15)], [(4, 11), (12, 15)], [(4, 11)])
SHOWN = (
    "SELECT article_id, text, copies FROM clean_articles ORDER BY article_id",
    "SELECT article_id, relation, score, lag_hours FROM article_copies ORDER BY article_id",
    "SELECT article_id, text FROM dropped_lines ORDER BY article_id",
    'SELECT article_id, "start", passage FROM passage_reuse ORDER BY "start"',
)


def _duckdb(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "copydesk.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _files(folder: Path) -> dict[str, int]:
    root = folder / "current"
    return {str(p.relative_to(root)): p.stat().st_ino for p in sorted(root.rglob("*.parquet"))}


def test_what_is_published_is_what_the_views_say(warehouse: Warehouse, rows: Any, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    load(warehouse, full_night(1, 14))
    assert publish(warehouse, tmp_path / "out", "2026-03-02") == 7
    for view in VIEWS:
        published = _duckdb(tmp_path / "out", f"SELECT COUNT(*) FROM {view}")
        assert published == [(len(rows(f"SELECT * FROM {view}")),)], view
    ((title, authors, zone),) = _duckdb(
        tmp_path / "out", "SELECT title, authors, typeof(published_at) FROM clean_articles WHERE title = 'About a0'"
    )
    assert (title, authors, zone) == ("About a0", ["Ada Reporter", "Bo Writer"], "TIMESTAMP WITH TIME ZONE")
    dataset = ds.dataset(tmp_path / "out" / "current" / "clean_articles", partitioning="hive")
    assert dataset.count_rows() == 7
    assert {str(d) for d in dataset.to_table(columns=["date"]).column("date").to_pylist()} == {"2026-03-01", "2026-03-02"}


def test_a_folder_may_have_letters_in_its_name_that_stand_for_others(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    assert publish(warehouse, tmp_path / "news [1] * it's", "2026-03-01") == 6
    assert _duckdb(tmp_path / "news [1] * it's", "SELECT COUNT(*) FROM clean_articles") == [(6,)]


def test_a_folder_above_is_no_column(warehouse: Warehouse, rows: Any, tmp_path: Path) -> None:
    """DuckDB makes one of every folder on the way that is named as Hive names parts."""
    load(warehouse, full_night(0))
    folder = tmp_path / "env=prod" / "site=one"
    publish(warehouse, folder, "2026-03-01")
    for view in VIEWS:
        columns = [name for name, *_ in _duckdb(folder, f"DESCRIBE {view}")]
        assert columns == [*rows(f"SELECT * FROM {view}")[0], *(["date"] if view in VIEWS[:4] else [])], view
    assert _duckdb(folder, "SELECT COUNT(DISTINCT site) FROM clean_articles") == [(2,)]


def test_the_duckdb_file_is_for_every_duckdb_since_1_2(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    header = (tmp_path / "copydesk.duckdb").read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:], "little") == 65  # its version of the storage: 1.5 reads up to 68, 2.0 writes 69


def test_a_night_is_asked_of_each_view_by_key(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0, 1200))
    asked: list[str] = []

    @sa.event.listens_for(warehouse.engine, "before_cursor_execute")
    def _asked(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.extend(view for view in VIEWS[:4] if f" FROM {view} v WHERE v.article_id IN (" in statement)

    publish(warehouse, tmp_path, "2026-03-01")
    assert asked == [view for view in VIEWS[:4] for _ in range(3)]
    lines = _duckdb(tmp_path, "SELECT COUNT(*), COUNT(DISTINCT article_id) FROM dropped_lines")
    assert lines == [(1200, 1200)]


def test_publishing_again_changes_no_file(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    before = _files(tmp_path)
    load(warehouse, full_night(0))
    (tmp_path / "copydesk.duckdb").unlink()  # as a run that was killed leaves it
    publish(warehouse, tmp_path, "2026-03-01")
    assert _files(tmp_path) == before
    assert _duckdb(tmp_path, "SELECT COUNT(*) FROM clean_articles") == [(6,)]


def test_a_version_is_on_the_disk_before_anyone_is_pointed_to_it(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        assert not (tmp_path / "current").exists()
        with (tmp_path / ".lock").open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # as another one that publishes there
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    written = [*_files(tmp_path).values(), (tmp_path / "current" / "manifest.json").stat().st_ino]
    assert synced.issuperset(written)


def test_nights_that_no_load_touched_are_linked_not_written(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, night(0, [make.article("a")]))
    publish(warehouse, tmp_path, "2026-03-01")
    first = _files(tmp_path)
    load(warehouse, night(1, [make.article("b", day=1)]))
    publish(warehouse, tmp_path, "2026-03-02")
    second = _files(tmp_path)
    assert {name: inode for name, inode in second.items() if "date=2026-03-01" in name} == {
        name: inode for name, inode in first.items() if "date=" in name
    }
    assert any("date=2026-03-02" in name for name in second)


def test_a_file_system_without_hard_links_gets_copies(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(new: Path, old: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(old), None, str(new))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for day in range(3):
        load(warehouse, night(day, [make.article(f"a{day}", day=day)]))
        publish(warehouse, tmp_path, str(DAY + timedelta(days=day)))
    assert _duckdb(tmp_path, "SELECT COUNT(*) FROM clean_articles") == [(3,)]


def test_what_is_loaded_after_the_clock_is_put_right_reaches_the_files(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, night(0, [make.article("a"), make.article("b")]))
    with warehouse.writing("a clock that is ahead") as connection:
        connection.execute(runs.update().values(first_loaded_at=AHEAD, loaded_at=AHEAD))
    publish(warehouse, tmp_path, "2026-03-01")
    load(warehouse, night(1, [make.article("a", "The council met again.", day=1)], []))
    publish(warehouse, tmp_path, "2026-03-02")
    assert _duckdb(tmp_path, "SELECT text FROM clean_articles WHERE title = 'About a'") == [("The council met again.",)]


def test_whatever_a_later_load_touches_reaches_the_files_of_the_night_that_brought_it(
    warehouse: Warehouse, rows: Any, tmp_path: Path
) -> None:
    times = ("2026-03-01T05:00:00Z", "2026-03-01T04:00:00Z", "2026-03-02T08:00:00Z")
    lead, early, late = (make.article(name, published_at=time) for name, time in zip("abc", times, strict=True))
    other = make.article("other")
    first = [lead, early, other]
    recut = replace(early, blocks=(early.blocks[0], replace(early.blocks[1], text="Ad"), *early.blocks[2:]))
    members = story(lead, early, late)
    decided = [members[0], replace(members[1], score=0.5), members[2]]
    mended = replace(lead, published_at="2026-03-01T06:00:00Z")  # neither the first nor the last of its story
    taken = [[Reuse(other.article_id, lead.article_id, start, end, 1) for start, end in found] for found in PASSAGES]
    steps: list[dict[str, Any]] = [
        {"articles": first, "members": [*story(lead, early), *story(other)]},
        {"articles": [late], "members": members},  # one more in its story
        {"members": decided},  # a copy, decided anew
        {"articles": [recut], "members": []},  # a copy, of which another line is dropped
        *({"members": story(other), "reuse": found} for found in taken),
        {"articles": [mended], "members": []},  # the article that the lags of its copies are counted from
    ]
    held: list[list[Any]] = []
    for day, step in enumerate(steps):
        pages = [replace(page, fetched_at=make.fetched(day)) for page in step.pop("articles", [])]
        load(warehouse, night(day, pages, **step))
        publish(warehouse, tmp_path, str(DAY + timedelta(days=day)))
        held.append([[tuple(row.values()) for row in rows(query)] for query in SHOWN])
        assert [_duckdb(tmp_path, query) for query in SHOWN] == held[-1], step
    assert all(one != other for one, other in pairwise(held)), "each step is seen"


def test_an_article_that_was_deleted_by_hand_leaves_the_files(warehouse: Warehouse, tmp_path: Path) -> None:
    one, other = make.article("a"), make.article("b")
    load(warehouse, night(0, [one, other]))
    publish(warehouse, tmp_path, "2026-03-01")
    with warehouse.writing("a court's order") as connection:
        for table in (story_members, dropped_blocks, articles):
            connection.execute(table.delete().where(table.c.article_id == one.article_id))
        connection.execute(stories.delete().where(stories.c.canonical_article_id == one.article_id))
    publish(warehouse, tmp_path, "2026-03-01")
    assert _duckdb(tmp_path, "SELECT title FROM clean_articles") == [("About b",)]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_view_that_is_another_one_is_written_again(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    before = _files(tmp_path)
    with warehouse.writing("an upgrade") as connection:
        connection.execute(schema_migrations.update().values(checksum="x").where(schema_migrations.c.name == "view dropped_lines"))
    load(warehouse, night(1, [make.article("b", day=1)]))
    publish(warehouse, tmp_path, "2026-03-02")
    again = {name for name, inode in _files(tmp_path).items() if before.get(name, inode) != inode}
    assert {name.split("/")[0] for name in again if "date=" in name} == {"dropped_lines"}


def test_a_reader_keeps_the_version_it_has_open(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    with duckdb.connect(str(tmp_path / "copydesk.duckdb"), read_only=True) as reader:
        load(warehouse, night(1, [make.article("b", day=1)]))
        publish(warehouse, tmp_path, "2026-03-02")
        assert reader.execute("SELECT COUNT(*) FROM clean_articles").fetchall() == [(6,)]
    assert _duckdb(tmp_path, "SELECT COUNT(*) FROM clean_articles") == [(7,)]
    load(warehouse, night(2, [make.article("c", day=2)]))
    publish(warehouse, tmp_path, "2026-03-03")
    assert len(list((tmp_path / "versions").iterdir())) == 2


def test_a_folder_behind_a_link_keeps_the_version_before_too(warehouse: Warehouse, tmp_path: Path) -> None:
    """It was taken for another and deleted under its readers."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    for day in range(3):
        load(warehouse, night(day, [make.article(f"a{day}", day=day)]))
        publish(warehouse, tmp_path / "data" / "out", f"2026-03-0{day + 1}")
    kept = sorted(path.name[:10] for path in (tmp_path / "data" / "out" / "versions").iterdir())
    assert kept == ["2026-03-02", "2026-03-03"]


def test_a_failed_check_names_its_rows_and_leaves_what_was_published(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    before = _files(tmp_path)
    a, b = make.article("x"), make.article("y")
    lead, copy = story(a, b)
    load(warehouse, night(1, [a, b], [lead, replace(copy, score=None, proof=None)]))
    told = rf"(?s)copies_have_proof: Every copy says.*What to do: .*copydesk run.*It found: .*{b.article_id}"
    with pytest.raises(Fatal, match=told):
        publish(warehouse, tmp_path, "2026-03-02")
    assert _files(tmp_path) == before
    assert _duckdb(tmp_path, "SELECT COUNT(*) FROM clean_articles") == [(6,)]


def test_a_second_process_waits_for_the_first_and_says_so(
    warehouse: Warehouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish(warehouse, tmp_path, str(DAY))
    with (tmp_path / ".lock").open("a+") as handle, ThreadPoolExecutor() as pool:
        with locked(handle, "the test"):
            second = pool.submit(publish, warehouse, tmp_path, str(DAY))
            told = f"{tmp_path} is being worked on by process {os.getpid()}: waiting for it"
            while told not in caplog.messages and not second.done():
                time.sleep(0.01)
            assert not second.done()
        assert second.result() == 0


def test_an_empty_warehouse_can_be_published(warehouse: Warehouse, tmp_path: Path) -> None:
    assert publish(warehouse, tmp_path, "2026-03-01") == 0


def test_a_copied_folder_whose_links_became_folders_is_named_with_the_mend(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path / "out", "2026-03-01")
    copied = Path(shutil.copytree(tmp_path / "out", tmp_path / "copied"))  # as `cp -rL` does
    load(warehouse, full_night(1))
    with pytest.raises(ConfigError, match=r"copied/current' is a folder and should be a link.*remove it"):
        publish(warehouse, copied, "2026-03-02")
    shutil.rmtree(copied / "current")
    publish(warehouse, copied, "2026-03-02")
    assert (copied / "current").is_symlink()
    assert not list(copied.glob(".current*"))


def test_a_folder_that_was_moved_is_published_again(warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path / "here", "2026-03-01")
    there = (tmp_path / "here").rename(tmp_path / "there")
    publish(warehouse, there, "2026-03-01")  # nothing else is new
    assert _duckdb(there, "SELECT COUNT(*) FROM clean_articles") == [(6,)]


@pytest.mark.parametrize("more", [0, 1])
def test_a_version_that_lost_files_is_written_again(more: int, warehouse: Warehouse, tmp_path: Path) -> None:
    load(warehouse, full_night(0))
    publish(warehouse, tmp_path, "2026-03-01")
    for path in (tmp_path / "current").resolve().glob("clean_articles/*/*.parquet"):
        path.unlink()
    load(warehouse, night(1, [make.article(f"more{n}", day=1) for n in range(more)]))
    publish(warehouse, tmp_path, "2026-03-01")
    assert _duckdb(tmp_path, "SELECT COUNT(*) FROM clean_articles") == [(6 + more,)]


@pytest.mark.parametrize(
    ("code", "said"), [(errno.EPERM, "file system without symbolic links"), (errno.EACCES, "give this user the right to write")]
)
def test_a_folder_that_takes_no_links_is_named_with_the_mend(
    code: int, said: str, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(link: Path, target: str) -> None:
        raise OSError(code, os.strerror(code), target, None, str(link))

    load(warehouse, full_night())
    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(ConfigError, match=rf"COPYDESK_PUBLISH: '{tmp_path}'.*{said}"):
        publish(warehouse, tmp_path, "2026-03-01")


def test_a_bucket_is_no_folder(warehouse: Warehouse) -> None:
    with pytest.raises(ConfigError, match="COPYDESK_PUBLISH"):
        publish(warehouse, "s3://bucket/published", "2026-03-01")
