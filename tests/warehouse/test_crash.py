"""kill -9, readers during a load, and a server that goes away: always a whole night or none."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.errors import Fatal, Transient
from pipeline.records import Article
from pipeline.warehouse import Warehouse, load, open_warehouse
from tests.warehouse.conftest import SERVE_MANY, admin
from tests.warehouse.make import contents, full_night

ROOT = Path(__file__).parents[2]
SIZE = 400  # articles: enough that a kill falls into any part of the load
KILLS = 1  # benchmarks/kill.py does it thirty times, and ten times to the server


def _loader(url: str, day: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.warehouse.loader", url, str(day), str(SIZE)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    time.sleep(seconds)
    process.kill()
    process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("url", SERVE_MANY, indirect=True)
def test_a_load_killed_at_any_moment_leaves_the_old_night_whole_and_the_next_one_completes(warehouse: Warehouse, url: str) -> None:
    load(warehouse, full_night(0, SIZE))
    old = contents(warehouse)
    start = time.perf_counter()
    load(warehouse, full_night(0, SIZE))
    moments = random.Random(20260301)
    length = 2 * (time.perf_counter() - start)
    for _ in range(KILLS):
        _kill_after(_loader(url, 1), moments.uniform(0.01, length))
        found = contents(warehouse)
        assert found == old or {row["run_id"] for row in found["runs"]} == {"nightly 2026-03-01", "nightly 2026-03-02"}
    load(warehouse, full_night(1, SIZE))
    done = contents(warehouse)
    assert not load(warehouse, full_night(1, SIZE)).changed
    assert contents(warehouse) == done
    assert len(done["articles"]) == SIZE
    assert len(done["article_versions"]) == 0
    assert {row["last_run_id"] for row in done["articles"]} == {"nightly 2026-03-02"}


@pytest.mark.slow
@pytest.mark.parametrize("url", SERVE_MANY, indirect=True)
def test_two_loaders_at_once_both_complete(warehouse: Warehouse, url: str) -> None:
    loaders = [_loader(url, 0), _loader(url, 1)]
    assert [process.communicate()[0] for process in loaders] == ["open\nloaded\n"] * 2
    found = contents(warehouse)
    assert len(found["articles"]) == SIZE
    assert {row["run_id"] for row in found["runs"]} == {"nightly 2026-03-01", "nightly 2026-03-02"}
    assert {str(row["published_at"]) for row in found["articles"]} == {"2026-03-02 04:00:00+00:00"}


@pytest.mark.slow
@pytest.mark.parametrize("url", SERVE_MANY, indirect=True)
def test_readers_during_a_load_see_a_whole_night_or_none(warehouse: Warehouse, url: str) -> None:
    counts: set[tuple[int, int]] = set()
    done = threading.Event()

    def read() -> None:
        with open_warehouse(url) as reader:
            while not done.is_set():
                with reader.reading() as connection:
                    stories = connection.execute(sa.text("SELECT COUNT(*) FROM clean_articles")).scalar_one()
                    blocks = connection.execute(sa.text("SELECT COUNT(*) FROM dropped_lines")).scalar_one()
                counts.add((stories, blocks))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    load(warehouse, full_night(0, SIZE))
    done.set()
    for reader in readers:
        reader.join()
    assert counts <= {(0, 0), (SIZE // 2, SIZE)}


@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_connection_cut_during_a_load_is_worth_another_try(warehouse: Warehouse) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    def cut() -> Iterator[Article]:
        yield from full_night(0, 10).articles
        with warehouse.engine.connect() as other:
            other.execute(sa.text(others))

    before = contents(warehouse)
    with pytest.raises(Transient) as caught:
        load(warehouse, replace(full_night(), articles=cut()))
    assert caught.value.code == "warehouse_lost"
    assert contents(warehouse) == before


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_connection_that_is_lost_says_nothing_of_a_load_where_it_was_only_read(warehouse: Warehouse) -> None:
    with pytest.raises(Transient, match=r"the connection was lost \(gone\); try again$"), warehouse.reading():
        raise sqlite3.OperationalError("gone")
    with (
        pytest.raises(Transient, match=r"the connection was lost \(gone\); nothing was loaded, run again$"),
        warehouse.writing("a load"),
    ):
        raise sqlite3.OperationalError("gone")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_full_disk_is_named_and_leaves_the_old_night_whole(warehouse: Warehouse) -> None:
    load(warehouse, full_night(0))
    before = contents(warehouse)
    with warehouse.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    @sa.event.listens_for(warehouse.engine, "connect")
    def _fill(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")  # what SQLite then says is what a full disk makes it say

    with pytest.raises(Fatal, match=r"the disk is full .*nothing was loaded: free space and run again"):
        load(warehouse, full_night(1, SIZE))
    assert contents(warehouse) == before
    sa.event.remove(warehouse.engine, "connect", _fill)
    assert load(warehouse, full_night(1, SIZE)).changed


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_disk_that_is_full_after_the_load_unmakes_nothing_and_says_nothing_of_it(warehouse: Warehouse) -> None:
    """What is committed is moved into the file itself then, which may have to grow for it."""

    @sa.event.listens_for(warehouse.engine, "before_cursor_execute")
    def _fill(_: object, __: object, statement: str, *___: object) -> None:
        if "wal_checkpoint" in statement:
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise full

    with pytest.raises(Fatal, match=r"the disk is full \(database or disk is full\); free space and run again"):
        load(warehouse, full_night(0))
    sa.event.remove(warehouse.engine, "before_cursor_execute", _fill)
    assert not load(warehouse, full_night(0)).changed


@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_full_disk_of_the_server_in_the_middle_of_a_copy_is_named_too(warehouse: Warehouse, url: str) -> None:
    load(warehouse, full_night(0))
    before = contents(warehouse)
    body = "BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END"
    try:
        admin(
            url,
            f"CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
            "CREATE TRIGGER no_space BEFORE INSERT ON articles FOR EACH ROW WHEN (NEW.title = 'About a13')"
            " EXECUTE FUNCTION no_space()",
        )
        with pytest.raises(Fatal, match=r"the disk is full .*nothing was loaded: free space and run again"):
            load(warehouse, full_night(1, 20))
        assert contents(warehouse) == before
    finally:
        admin(url, "DROP FUNCTION no_space CASCADE")
    assert load(warehouse, full_night(1, 20)).changed
