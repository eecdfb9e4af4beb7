"""A night on two Celery workers, S3 and PostgreSQL, with a worker and the scheduler killed in its midst."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import newsroom
from deploy.airflow_api import name_of, wait_for
from newsroom.server import RunningNewsroom, running
from pipeline.warehouse import open_warehouse
from tests.scale import services
from tests.scale.airflow_parts import ROOT, WORKERS, Airflow, airflow
from tests.scale.services import PATIENCE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"),
]

DAG = "nightly_articles"
DAY = "2026-11-20"
SETTINGS = {"COPYDESK_ALLOW_PRIVATE_HOSTS": "1", "COPYDESK_TOTAL_TIMEOUT": "8", "COPYDESK_SHARDS": "4", "COPYDESK_WORKERS": "1"}
VIEWS = ("clean_articles", "article_copies", "dropped_lines", "passage_reuse", "nightly_funnel")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket and that PostgreSQL's user can reach; pytest's own is neither."""
    with tempfile.TemporaryDirectory(prefix="copydesk-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[RunningNewsroom]:
    with running(newsroom.build(day=date.fromisoformat(DAY), stories=16)) as server:
        # Slow enough that a worker is killed in the midst of a fetch, not just after it.
        folder.joinpath("sources.toml").write_text(re.sub(r"delay = [\d.]+", "delay = 0.4", server.sources_toml()))
        yield server


@pytest.fixture(scope="module")
def stack(folder: Path, web: RunningNewsroom) -> Iterator[Airflow]:
    with services.postgres(folder / "postgres") as database, services.redis(folder / "redis") as broker, services.s3() as s3:
        for name in ("airflow", "warehouse"):
            database.create(name)
        ours = {
            **SETTINGS,
            **s3,
            "COPYDESK_WAREHOUSE_URL": database.url("warehouse"),
            "COPYDESK_SOURCES": str(folder / "sources.toml"),
            "COPYDESK_PUBLISH": str(folder / "published"),
        }
        with airflow(folder / "airflow", broker, database, ours) as parts:
            yield parts


def tables(url: str) -> dict[str, Counter[str]]:
    """Return what an analyst sees of a warehouse, rows as text in any order."""
    with open_warehouse(url) as warehouse, warehouse.reading() as connection:
        return {view: Counter(map(_plain, connection.execute(sa.text(f"SELECT * FROM {view}")).mappings())) for view in VIEWS}


def _plain(row: Mapping[str, Any]) -> str:
    """Return a row as text that is the same whatever the database: SQLite has no dates and no lists."""
    values = {name: str(value)[:10] if name.endswith(("_at", "_date")) else value for name, value in row.items()}
    values.pop("authors", None)
    return repr(sorted((name, round(v, 9) if isinstance(v, float) else v) for name, v in values.items()))


def in_one_process(folder: Path) -> str:
    """Run the same night by the command line, on a folder and SQLite; returns the warehouse's URL."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "AIRFLOW"))}
    alone = folder / "alone"
    alone.mkdir()
    command = [sys.executable, "-m", "pipeline", "run", "--date", DAY, "--sources", str(folder / "sources.toml")]
    done = subprocess.run(
        command, cwd=alone, env={**plain, **SETTINGS, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return f"sqlite:///{alone}/data/warehouse.db"


def test_a_night_outlives_a_worker_and_the_scheduler(stack: Airflow, folder: Path) -> None:
    api = stack.api
    wait_for(DAG, lambda: api.knows(DAG), PATIENCE)
    api.unpause(DAG, PATIENCE)
    run = api.trigger(DAG, {"run_date": DAY})
    wait_for("both workers at work", lambda: api.at_work(DAG, run, "pages.fetch").keys() >= set(WORKERS), PATIENCE, pause=0.2)
    stack.kill("worker-2")
    lost = api.at_work(DAG, run, "pages.fetch")["worker-2"]
    stack.kill("scheduler")
    stack.start_scheduler()
    state = wait_for("the end of the run", lambda: api.ended(DAG, run), PATIENCE)

    tasks = api.tasks(DAG, run)
    assert state == "success", tasks
    assert lost
    assert {task["hostname"] for task in tasks if name_of(task) in lost and task["try_number"] > 1} == {"worker-1"}
    assert tables(stack.environment["COPYDESK_WAREHOUSE_URL"]) == tables(in_one_process(folder))
    assert any((folder / "published" / "current").glob("clean_articles/*/*.parquet"))
