"""Airflow for real: the README's command twice, and the UI's processes from start to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.local import airflow_environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # seconds for a run on a machine that is busy with other things


def environment(folder: Path, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "AIRFLOW"))}
    return {**plain, "PYTHONPATH": str(ROOT), "AIRFLOW_HOME": str(folder / ".airflow"), **more}


def dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "warehouse.db")) as connection:
        return list(connection.iterdump())


def processes_in(folder: Path) -> list[str]:
    """Return the command lines of the processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.joinpath("cwd").readlink() == folder:
                found.append(process.joinpath("cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has ended meanwhile
    return found


def test_the_demo_runs_the_dag_and_a_second_time_changes_no_row(tmp_path: Path) -> None:
    dumps = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "demo", "--date", "2026-11-20"],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        for word in ("seen", "fetched", "extracted", "cleaned", "stories", "copies", "loaded", "Rejected, by reason", "SELECT"):
            assert word in done.stdout
        dumps.append(dump(tmp_path))
    assert dumps[0] == dumps[1]
    assert processes_in(tmp_path) == []


def test_a_dag_that_cannot_load_says_why_in_one_line(tmp_path: Path) -> None:
    tmp_path.joinpath("sources.toml").write_text('[[source]]\nid = "a"\nfiles = ["none/*.html"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "nightly", "--date", "2026-11-20"],
        cwd=tmp_path, env=environment(tmp_path, COPYDESK_WAREHOUSE_URL="postgresql://u:s3cret@127.0.0.1:1/x"),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "127.0.0.1:1/x" in done.stderr
    assert "s3cret" not in done.stderr


def test_airflow_waits_a_minute_for_its_sqlite_database(tmp_path: Path) -> None:
    asks = """
import asyncio
from airflow import settings
from sqlalchemy import text

async def waits():
    async with settings.async_engine.connect() as connection:
        found = (await connection.execute(text("PRAGMA busy_timeout"))).scalar()
    await settings.async_engine.dispose()
    return found

with settings.engine.connect() as connection:
    print(connection.execute(text("PRAGMA busy_timeout")).scalar(), asyncio.run(waits()))
"""
    variables = environment(tmp_path) | airflow_environment("sources.toml", port=8080)
    variables["AIRFLOW_HOME"] = str(tmp_path)
    done = subprocess.run([sys.executable, "-c", asks], env=variables, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["60000", "60000"], done.stderr


def test_another_metadata_database_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://airflow@db/airflow")
    assert not [name for name in airflow_environment("sources.toml", port=8080) if "CONNECT_ARGS" in name]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ui(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "pipeline", "ui"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path, COPYDESK_UI_PORT=str(port)), stdout=subprocess.PIPE, text=True
    )
    with process:  # closes its pipe, too
        yield process
        process.kill()


def call(port: int, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call the REST API as the UI does."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/auth/token") as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/{path}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        content: dict[str, Any] = json.load(answer)
        return content


def test_a_run_is_triggered_in_the_ui_and_everything_ends_with_it(ui: subprocess.Popen[str], port: int, tmp_path: Path) -> None:
    assert ui.stdout is not None
    assert any("is ready" in line for line in ui.stdout)
    day = "2026-11-19"
    conf = {"run_date": day, "page_limit": 2}
    run = call(port, "dags/nightly_articles/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"]
    deadline = time.monotonic() + PATIENCE
    state = "queued"
    while state in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(1)
        state = call(port, f"dags/nightly_articles/dagRuns/{run}")["state"]
    assert state == "success"
    with closing(sqlite3.connect(tmp_path / "data" / "warehouse.db")) as connection:
        ((loaded,),) = connection.execute("SELECT n FROM nightly_funnel WHERE run_date = ? AND stage = 'load'", (day,)).fetchall()
    assert loaded > 0
    ui.send_signal(signal.SIGTERM)
    assert ui.wait(60) == 0
    assert processes_in(tmp_path) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
