"""Airflow's REST API as the rehearsals use it; the standard library is enough."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

PARTS = ("metadatabase", "scheduler", "dag_processor")
UNFINISHED = ("queued", "running")


def name_of(task: Mapping[str, Any]) -> str:
    """Return what names a task within its run; its `id` is another one at each attempt."""
    return f"{task['task_id']}[{task['map_index']}]"


class ApiError(Exception):
    """The API answered that it does not do what was asked."""


class Api:
    """One Airflow; log in before anything but `healthy`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""

    def log_in(self, user: str = "", password: str = "") -> None:
        """Get a token: of a user, or of anyone where everyone is an administrator."""
        body = {"username": user, "password": password} if user else None
        self.token = self.call("POST" if user else "GET", "auth/token", body)["access_token"]

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the API; raises `ApiError` with its answer, or `OSError` when there is none."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ApiError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}") from error

    def healthy(self) -> bool:
        """Say whether every part that a run needs gives signs of life."""
        try:
            parts = self.call("GET", "api/v2/monitor/health")
        except (OSError, ApiError, ValueError):
            return False
        return all((parts.get(name) or {}).get("status") == "healthy" for name in PARTS)

    def knows(self, dag: str) -> bool:
        """Say whether the DAG's file has been read."""
        try:
            return bool(self.call("GET", f"api/v2/dags/{dag}"))
        except ApiError:
            return False

    def unpause(self, dag: str, patience: float) -> None:
        """Let the DAG run. Its schedule then starts the last night at once: that run is ended, so that it delays no other."""
        self.call("PATCH", f"api/v2/dags/{dag}", {"is_paused": False})
        (run,) = wait_for("the scheduled run", lambda: list(self.runs(dag)), patience)
        wait_for("the end of the scheduled run", lambda: self._fail(dag, run), patience)

    def _fail(self, dag: str, run: str) -> bool:
        try:
            self.call("PATCH", f"api/v2/dags/{dag}/dagRuns/{urllib.parse.quote(run)}", {"state": "failed"})
        except ApiError:
            return False  # the scheduler was writing to the same rows
        return True

    def trigger(self, dag: str, conf: Mapping[str, Any]) -> str:
        """Start a run and return its id."""
        return str(self.call("POST", f"api/v2/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])

    def runs(self, dag: str) -> dict[str, str]:
        """Return the state of each run of a DAG."""
        return {run["dag_run_id"]: run["state"] for run in self.call("GET", f"api/v2/dags/{dag}/dagRuns?limit=100")["dag_runs"]}

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Return the tasks of a run with their state, their host and the number of their attempt."""
        tasks: list[dict[str, Any]] = self.call("GET", f"api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
        return tasks

    def at_work(self, dag: str, run: str, tasks: str) -> dict[str, list[str]]:
        """Return the hosts that work on a run now, each with those of its tasks whose name begins with `tasks`.

        Raises `ApiError` when the run has ended.
        """
        if self.runs(dag)[run] not in UNFINISHED:
            raise ApiError(f"the run has ended as {self.runs(dag)[run]}")
        found: dict[str, list[str]] = {}
        for task in self.tasks(dag, run):
            if task["state"] == "running" and task["task_id"].startswith(tasks):
                found.setdefault(task["hostname"], []).append(name_of(task))
        return found

    def ended(self, dag: str, run: str) -> str | None:
        """Return the state in which a run ended; None while it goes on or nobody answers."""
        try:
            state = self.runs(dag)[run]
        except OSError:
            return None
        return None if state in UNFINISHED else state


def wait_for(what: str, ready: Callable[[], T], patience: float, pause: float = 1.0) -> T:
    """Return the first true answer of `ready`; raises `TimeoutError` when there is none within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (answer := ready()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        time.sleep(pause)
    return answer
