"""Before a night is begun it is known that it can be loaded; after it nothing of a killed attempt is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigError, Fatal
from pipeline.runs import Run
from pipeline.warehouse import open_warehouse, status
from pipeline.workspace import close_workspace, open_workspace


def run_in(folder: Path, **settings: str) -> Run:
    given = {"warehouse_url": f"sqlite:///{folder}/warehouse.db", "store": str(folder / "store")} | settings
    return Run(run_date="2026-11-20", settings=Settings(**given))  # type: ignore[arg-type]


def test_the_schema_is_brought_up_to_date_and_the_store_left_as_it_was(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    open_workspace(run)
    assert all(migration.state == "applied" for migration in status(open_warehouse(run.settings.warehouse_url)))
    assert list(run.store().list("")) == []


def test_a_store_that_is_a_file_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("store").write_text("not a folder")
    with pytest.raises(ConfigError, match=r"COPYDESK_STORE: .*store"):
        open_workspace(run_in(tmp_path))


def test_a_warehouse_that_does_not_answer_stops_the_night_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"127\.0\.0\.1:1/x cannot be reached"):
        open_workspace(run_in(tmp_path, warehouse_url="postgresql://u:s3cret@127.0.0.1:1/x"))


def test_only_this_nights_garbage_is_collected(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    store = run.store()
    mine, other = (f"raw/dt={day}/shard=000/seg-00000-000000000000.warc.gz" for day in ("2026-11-20", "2026-11-19"))
    for key in (mine, other):
        store.put(key, b"left behind")
    for day in ("2026-11-20", "2026-11-19"):
        finished_fetch(run_in(tmp_path), day)
    close_workspace(run)
    assert list(store.list("raw/")) == [other]


def finished_fetch(run: Run, day: str) -> None:
    from pipeline.records import Fetch, StageReport
    from pipeline.store import Partition, PartitionWriter

    writer = PartitionWriter(run.store(), Partition("fetch", day, "000"))
    writer.write("part", Fetch, [])
    writer.commit(StageReport("fetch", day, "000", 0, {}))
