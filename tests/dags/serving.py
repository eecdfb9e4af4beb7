"""Airflow as `make ui` starts it, for tests that need its scheduler, and its REST API as the UI calls it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from pipeline.warehouse import open_warehouse

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0  # seconds for a run on a machine that is busy with other things
# When something was fetched, and where in which archive file it stands, is the only thing that differs between equal nights.
BY_THE_CLOCK = {
    *("fetched_at", "first_fetched_at", "last_fetched_at", "seen_at", "loaded_at", "first_loaded_at"),
    *("raw_ref", "warc_filename", "warc_offset", "warc_length"),
}


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return this process's variables without a developer's own settings, for a Copydesk in a folder."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "AIRFLOW"))}
    return {**plain, "PYTHONPATH": str(ROOT), "AIRFLOW_HOME": str(folder / ".airflow"), **more}


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


def metadata_in(url: str) -> dict[str, str]:
    """Return the variables that put Airflow's own database on PostgreSQL: on SQLite it refuses backfills while it is busy."""
    conn = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    plain = url.partition("://")[2]
    return {conn: f"postgresql+psycopg://{plain}", f"{conn}_ASYNC": f"postgresql+psycopg_async://{plain}"}


def tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of a warehouse, without what the clock decides."""
    warehouse = open_warehouse(url)
    found = {}
    inspector = sa.inspect(warehouse.engine)
    with warehouse.reading() as connection:
        for name in sorted(set(inspector.get_table_names()) - {"schema_migrations"}):
            columns = [f'"{c["name"]}"' for c in inspector.get_columns(name) if c["name"] not in BY_THE_CLOCK]
            rows = connection.execute(sa.text(f'SELECT {", ".join(columns)} FROM "{name}"'))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Airflow:
    """A running Airflow: its process, its port and the folder it works in."""

    process: subprocess.Popen[str]
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def warehouse(self) -> str:
        """The URL of the embedded warehouse."""
        return f"sqlite:///{self.folder}/data/warehouse.db"

    def headers(self) -> dict[str, str]:
        """Return what a request of somebody who is logged in has."""
        with urllib.request.urlopen(f"{self.url}/auth/token", timeout=PATIENCE) as answer:
            token = json.load(answer)["access_token"]
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def tab(self, dag: str, run: str) -> str:
        """Return the report as the tab of a run shows it."""
        address = f"{self.url}/copydesk/dag-run?dag_id={dag}&run_id={quote(run)}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, headers=self.headers()), timeout=PATIENCE) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:  # of a night that is not there
            return error.read().decode()

    def call(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> dict[str, Any]:
        """Call the REST API; raises with what it answered when that is an error."""
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers=self.headers(),
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                content: dict[str, Any] = json.load(answer)
                return content
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error

    def trigger(self, dag: str, conf: dict[str, Any] | None = None, logical_date: str | None = None) -> str:
        run: str = self.call(f"dags/{dag}/dagRuns", {"logical_date": logical_date, "conf": conf or {}})["dag_run_id"]
        return run

    def runs(self, dag: str) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = self.call(f"dags/{dag}/dagRuns?limit=100")["dag_runs"]
        return runs

    def wait(self, dag: str, run: str) -> str:
        """Wait for a run to end and return its state."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state: str = self.call(f"dags/{dag}/dagRuns/{quote(run)}")["state"]
            if state in ("success", "failed"):
                return state
            time.sleep(1)
        return f"{state} after {PATIENCE:.0f} s: {self.tasks(dag, run)}"

    def result(self, dag: str, run: str) -> dict[str, Any]:
        """Return the result of a finished run."""
        path = f"dags/{dag}/dagRuns/{quote(run)}/taskInstances/summary/xcomEntries/return_value?deserialize=true"
        value: dict[str, Any] = self.call(path)["value"]
        return value

    def tasks(self, dag: str, run: str) -> dict[str, str]:
        """Return the state of each task of a run; mapped ones by their id and label."""
        found = self.call(f"dags/{dag}/dagRuns/{quote(run)}/taskInstances?limit=100")["task_instances"]
        return {" ".join(filter(None, (t["task_id"], t["rendered_map_index"]))): t["state"] for t in found}


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[Airflow]:
    """Serve Airflow's UI in a folder while the block runs; yields when it is ready."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "ui"],
        cwd=folder,
        env=environment(folder, COPYDESK_UI_PORT=str(port), **variables),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:  # closes its pipe, too
        try:
            assert process.stdout is not None
            assert any("is ready" in line for line in process.stdout)
            yield Airflow(process, port, folder)
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
