"""Airflow's UI on one machine, whose every process ends with it.

`airflow standalone` is not used: it binds its log servers to every interface and leaves processes behind when it is told
to stop, so the parts are started here one by one.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline.errors import ConfigError, Fatal
from pipeline.local import airflow_environment, follow, served

READY_WITHIN = 180.0  # seconds; 20-30 on two idle cores
STOP_WITHIN = 15.0
LIVES = 60.0  # seconds; a part that ends sooner would end again


def serve_ui(sources: str, port: int) -> None:
    """Run the Airflow UI on loopback until Ctrl-C or SIGTERM."""
    environment = {**os.environ, **airflow_environment(sources, port)}
    airflow = [sys.executable, "-m", "airflow"]
    _check_port_free(port)
    log_folder = Path(environment["AIRFLOW_HOME"], "logs", "services")
    log_folder.mkdir(parents=True, exist_ok=True)
    parts = [
        [*airflow, "api-server", "--host", "127.0.0.1", "--port", str(port)],
        [*airflow, "scheduler", "--skip-serve-logs"],
        [*airflow, "dag-processor"],
        [*airflow, "triggerer", "--skip-serve-logs"],
    ]
    with _stopping_on_signal() as stopping, served(Path(environment["AIRFLOW_HOME"])):
        follow(Path(environment["AIRFLOW_HOME"]))
        _say("preparing Airflow's own database …")
        _run_to_end([*airflow, "db", "migrate"], environment, log_folder)
        if stopping():
            return
        with _processes(parts, environment, log_folder, hurried=lambda: stopping() > 1) as processes:
            _wait_until_healthy(port, processes, log_folder, stopping)
            if not stopping():
                _say(f"Airflow is ready: http://127.0.0.1:{port} (Ctrl-C stops it)")
            began = dict.fromkeys(range(len(processes)), time.monotonic())
            while not stopping():
                _revive(processes, began, environment, log_folder)
                time.sleep(0.5)
            _say("stopping … (Ctrl-C once more stops it at once)")


def _say(text: str) -> None:
    print(text, flush=True)  # at once, into a pipe as well


def _run_to_end(command: Sequence[str], environment: Mapping[str, str], log_folder: Path) -> None:
    """Run a command to its end, whatever this process is told meanwhile: half a migration is worse than to wait for it.

    Raises `Fatal` when it fails.
    """
    with _processes([command], environment, log_folder) as (process,):
        if process.wait() != 0:
            raise Fatal(_ended(process, log_folder))


@contextmanager
def _stopping_on_signal() -> Iterator[Callable[[], int]]:
    """Yield a function that says how often this process was told to end."""
    told: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)

    hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)  # nohup ignores it
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, *hangup)}
    try:
        yield lambda: len(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _processes(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str], log_folder: Path, hurried: Callable[[], bool] = lambda: False
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the commands, each the leader of its own session, and end them with all that they started, at once when `hurried`."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            _log_of(command, log_folder).unlink(missing_ok=True)
            processes.append(_start(command, environment, log_folder))
        yield processes
    finally:
        _stop(processes, hurried)


def _start(command: Sequence[str], environment: Mapping[str, str], log_folder: Path) -> subprocess.Popen[bytes]:
    with _log_of(command, log_folder).open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def _revive(
    processes: list[subprocess.Popen[bytes]], began: dict[int, float], environment: Mapping[str, str], log_folder: Path
) -> None:
    """Start again, in its place, what has ended; raises `Fatal` when that was soon after its start.

    On SQLite Airflow takes a backfill back that meets another writer, and the scheduler may end with what it had read of it.
    """
    for number, process in enumerate(processes):
        if process.poll() is None:
            continue
        if time.monotonic() - began[number] < LIVES:
            raise Fatal(_ended(process, log_folder))
        _kill_session(process)  # what it has left
        command = _command_of(process)
        log = _log_of(command, log_folder)
        _say(f"{log.stem} ended with status {process.returncode} and is started again; why is in its log, {log}")
        processes[number], began[number] = _start(command, environment, log_folder), time.monotonic()


def _stop(processes: Sequence[subprocess.Popen[bytes]], hurried: Callable[[], bool]) -> None:
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN  # the scheduler waits for the tasks that it is at
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline and not hurried():
        time.sleep(0.1)
    for process in processes:
        _kill_session(process)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):  # it and all that it started have ended already
        os.killpg(process.pid, number)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a part and all that it started: a task has a group of its own, ignores SIGTERM and would work on without a scheduler."""
    import psutil

    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):  # it has ended meanwhile, or is another user's
            if os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)


def _command_of(process: subprocess.Popen[bytes]) -> list[str]:
    return list(map(str, process.args))  # type: ignore[arg-type]


def _log_of(command: Sequence[str], log_folder: Path) -> Path:
    return log_folder / f"{command[3]}.log"


def _check_alive(processes: Sequence[subprocess.Popen[bytes]], log_folder: Path) -> None:
    for process in processes:
        if process.poll() is not None:
            raise Fatal(_ended(process, log_folder))


def _ended(process: subprocess.Popen[bytes], log_folder: Path) -> str:
    log = _log_of(_command_of(process), log_folder)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    return f"{log.stem} ended with status {process.returncode}; its log, {log}, ends with:\n{tail}"


def _wait_until_healthy(
    port: int, processes: Sequence[subprocess.Popen[bytes]], log_folder: Path, stopping: Callable[[], int]
) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not stopping() and not _healthy(port):
        _check_alive(processes, log_folder)
        if time.monotonic() > deadline:
            raise Fatal(f"Airflow was not ready after {READY_WITHIN:.0f} s; the logs of its parts are in {log_folder}")
        time.sleep(0.5)


def _healthy(port: int) -> bool:
    """Say whether every part reports in; the answer is read, since another server could sit on the port."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as response:
            parts: dict[str, Any] = json.load(response)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return all((parts.get(name) or {}).get("status") == "healthy" for name in names)


def _check_port_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigError(
                f"COPYDESK_UI_PORT: port {port} is taken; stop what uses it or set COPYDESK_UI_PORT to another"
            ) from None
