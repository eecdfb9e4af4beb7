"""Airflow for real: the README's command twice, and the UI's processes from start to end."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.local import DAG_ID, airflow_environment
from tests.dags.serving import PATIENCE, environment, free_port, processes_in, serving

pytestmark = pytest.mark.slow


def dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "data" / "warehouse.db")) as connection:
        return list(connection.iterdump())


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


def test_a_stop_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    variables = environment(tmp_path, COPYDESK_UI_PORT=str(free_port()))
    command = [sys.executable, "-m", "pipeline", "ui"]
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert "preparing" in process.stdout.readline()
            process.send_signal(number)
            assert process.wait(PATIENCE) == 0
        assert processes_in(tmp_path) == []


def test_a_run_is_triggered_in_the_ui_and_everything_ends_with_it(tmp_path: Path) -> None:
    day = "2026-11-19"
    with serving(tmp_path, AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE="False") as airflow:  # the night that is due stays out of it
        assert airflow.wait(DAG_ID, airflow.trigger(DAG_ID, {"run_date": day, "page_limit": 2})) == "success"
        with closing(sqlite3.connect(tmp_path / "data" / "warehouse.db")) as connection:
            query = "SELECT n FROM nightly_funnel WHERE run_date = ? AND stage = 'load'"
            ((loaded,),) = connection.execute(query, (day,)).fetchall()
        assert loaded > 0
        airflow.process.send_signal(signal.SIGTERM)
        assert airflow.process.wait(60) == 0
        assert processes_in(tmp_path) == []
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", airflow.port)) != 0
