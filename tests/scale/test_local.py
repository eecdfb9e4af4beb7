"""Airflow for real: the README's command twice, errors in words, and a UI that is stopped while it starts."""

from __future__ import annotations

import gzip
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.local import airflow_environment
from tests.dags.serving import PATIENCE, environment, free_port, processes_in

pytestmark = pytest.mark.slow


@contextmanager
def collector() -> Iterator[tuple[str, set[bytes]]]:
    """Serve a collector that speaks OpenTelemetry's protocol; yields its URL and the names of ours that it was sent."""
    names: set[bytes] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names.update(re.findall(rb"[\w.]*copydesk[\w.]*", gzip.decompress(body) if self.headers["Content-Encoding"] else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", names
        finally:
            server.shutdown()
            thread.join()


def demo(folder: Path, **variables: str) -> list[str]:
    """Run the demo in a folder, check what it says, and return the warehouse as SQL."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "demo", "--date", "2026-11-20"],
        cwd=folder, env=environment(folder, **variables), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for word in ("seen", "fetched", "extracted", "cleaned", "stories", "copies", "loaded", "Rejected, by reason", "SELECT"):
        assert word in done.stdout
    assert processes_in(folder) == []
    with closing(sqlite3.connect(folder / "data" / "warehouse.db")) as connection:
        return list(connection.iterdump())


def test_the_demo_tells_its_counts_by_airflows_switches_and_a_second_time_changes_no_row(tmp_path: Path) -> None:
    with collector() as (url, names):
        first = demo(
            tmp_path,
            AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=url,
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        )
    assert {b"airflow.copydesk.fetch.fetched", b"airflow.copydesk.clean.kept", b"airflow.copydesk.dedup.unique"} <= names
    assert demo(tmp_path) == first


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


def test_a_night_that_reaches_nobody_ends_and_waits_for_no_second_attempt(tmp_path: Path) -> None:
    """It sat there for ten minutes, and said nothing."""
    tmp_path.joinpath("sources.toml").write_text('[[source]]\nid = "a"\nfeeds = ["http://127.0.0.1:1/rss"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "nightly", "--date", "2026-11-20"],
        cwd=tmp_path, env=environment(tmp_path, COPYDESK_ALLOW_PRIVATE_HOSTS="1"),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "copydesk: the DAG nightly_articles failed in discover: nothing_read: none of the 1 sources could be read" in done.stderr
    assert done.stderr.count("discovered 0 URLs") == 1


def test_sigterm_ends_a_night_whose_tasks_airflow_has_under_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # which never answers
        server.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/rss"
        tmp_path.joinpath("sources.toml").write_text(f'[[source]]\nid = "a"\nfeeds = ["{url}"]\n')
        variables = environment(tmp_path, COPYDESK_ALLOW_PRIVATE_HOSTS="1")
        command = [sys.executable, "-m", "pipeline", "nightly", "--date", "2026-11-20"]
        with subprocess.Popen(command, cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = server.accept()
            with connection:
                process.send_signal(signal.SIGTERM)
                _, stderr = process.communicate(timeout=15)
    assert process.returncode == 128 + signal.SIGTERM
    assert "interrupted; run the command again to go on" in stderr


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
    with subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "preparing" in process.stdout.readline()
        process.send_signal(signal.SIGINT)  # Ctrl-C; SIGTERM is sent to one that is ready, in test_scheduler.py
        assert process.wait(PATIENCE) == 0
    assert processes_in(tmp_path) == []
