"""Airflow on one machine: a DAG run in this process, and a UI whose every process ends with it.

`airflow standalone` is not used: it binds its log servers to every interface and leaves processes behind when it is told
to stop, so the parts are started here one by one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline.errors import ConfigError, Fatal

logger = logging.getLogger(__name__)

AIRFLOW_HOME = Path(".airflow")
DAG_ID = "nightly_articles"
READY_WITHIN = 180.0  # seconds; 20-30 on two idle cores
STOP_WITHIN = 15.0
UNWIND_WITHIN = 2.0
LIVES = 60.0  # seconds; a part that ends sooner would end again

# Airflow's parts share one SQLite file on a laptop. The driver gives up on a lock after 5 seconds, which a busy machine needs to
# let a writer finish; Airflow reads these by their names, and adds to them, so each engine has its own.
SQLITE_CONNECT_ARGS: dict[str, Any] = {"timeout": 60.0}
SQLITE_CONNECT_ARGS_ASYNC: dict[str, Any] = {"timeout": 60.0}


def dags_folder() -> Path:
    """Return the folder of the DAG files: beside the package in a clone, inside it when installed."""
    package = Path(__file__).parent
    return next(folder for folder in (package.parent / "dags", package / "dags") if folder.is_dir())


def airflow_environment(sources: str, port: int) -> dict[str, str]:
    """Return the variables that make Airflow a private, local installation under `.airflow`.

    What decides where it is and who reaches it is ours; the rest is as the user has set it. Raises `ConfigError` for a folder that
    Airflow cannot be run in.
    """
    home = Path(os.environ.get("AIRFLOW_HOME", AIRFLOW_HOME)).resolve()
    if folder := next((folder for folder in (home, Path(sys.prefix), dags_folder()) if "%" in str(folder)), None):
        raise ConfigError(f"Airflow cannot be run in {folder}: its settings cannot hold the %; rename or move the folder")
    defaults = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": str(2 * (os.cpu_count() or 1)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        # The parts start together: a task that is due at once must wait for the API server, whose first answer takes long.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "30",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "5",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    } | _patience_with_sqlite()
    return {name: os.environ.get(name, value) for name, value in defaults.items()} | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "COPYDESK_SOURCES": str(Path(sources).resolve()),
        "PYTHONWARNINGS": "ignore",
    }


def _patience_with_sqlite() -> dict[str, str]:
    """Return the variables that make Airflow wait for its own database while that is SQLite, as it is when nothing is said."""
    if not os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite").startswith("sqlite"):
        return {}
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS"
    return {name: f"{__name__}.SQLITE_CONNECT_ARGS", f"{name}_ASYNC": f"{__name__}.SQLITE_CONNECT_ARGS_ASYNC"}


def run_dag(run_date: str, sources: str) -> None:
    """Run the nightly DAG to its end in this process, telling its progress on stderr; raises `Fatal` when it fails.

    What Airflow itself has to say goes to a log file, which the error names.
    """
    environment = airflow_environment(sources, port=8080)
    os.environ.update(environment, AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING")
    log = Path(environment["AIRFLOW_HOME"], "logs", f"{DAG_ID}-{run_date}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with _output_to(log), _ending_on_interrupt():
        failed = _test_dag(run_date)
    if failed is not None:
        raise Fatal(f"the DAG {DAG_ID} failed in {', '.join(failed) or 'no task'}: {_last_error(log)}; the whole log is {log}")


def _test_dag(run_date: str) -> list[str] | None:
    """Run the DAG and return the tasks that failed, or None when it succeeded."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb
    from airflow.utils.state import DagRunState

    initdb()
    sys.path.append(str(dags_folder()))  # Airflow's own processes do this; a DagBag made by hand does not
    bag = DagBag(str(dags_folder() / f"{DAG_ID}.py"))
    for file, error in bag.import_errors.items():
        raise Fatal(f"{file} cannot be imported: {error}")
    run = bag.dags[DAG_ID].test(run_conf={"run_date": run_date})
    if run.state == DagRunState.SUCCESS:
        return None
    return sorted(instance.task_id for instance in run.get_task_instances() if instance.state == "failed")


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what this process and its children print to a file, but the pipeline's own progress to the terminal as before."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    progress = logging.StreamHandler(os.fdopen(os.dup(2), "w"))
    progress.setFormatter(logging.Formatter("  %(message)s"))
    ours = logging.getLogger("pipeline")
    level = ours.level
    ours.addHandler(progress)
    ours.setLevel(logging.INFO)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in kept:
            os.close(descriptor)
        ours.removeHandler(progress)
        ours.setLevel(level)
        progress.close()


@contextmanager
def _ending_on_interrupt() -> Iterator[None]:
    """End this process on Ctrl-C: Airflow takes what interrupts a task for its failure, and waits to try it again.

    What is at work has `UNWIND_WITHIN` seconds to tidy up, which no stage depends on.
    """
    before = signal.getsignal(signal.SIGINT)
    timers: list[threading.Timer] = []

    def leave() -> None:
        logger.warning("interrupted; run the command again to go on")
        os._exit(128 + signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        if timers:
            leave()
        timers.append(threading.Timer(UNWIND_WITHIN, leave))
        timers[0].daemon = True
        timers[0].start()
        raise KeyboardInterrupt

    if before is not signal.SIG_IGN:  # as in the background of a script
        signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
        signal.signal(signal.SIGINT, before)


def _last_error(log: Path) -> str:
    """Return the last line of a log that names one of our errors or, failing that, any."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    ours = [line.partition(": ")[2] for line in lines if line.startswith("pipeline.errors.")]
    others = [line for line in lines if re.match(r"(?:\w+\.)*\w*(?:Error|Exception)\b.*:", line)]
    return next(reversed(ours or others), "no reason was logged")


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
    with _stopping_on_signal() as stopping:
        _say("preparing Airflow's own database …")
        _run_to_end([*airflow, "db", "migrate"], environment, log_folder)
        if stopping():
            return
        with _processes(parts, environment, log_folder) as processes:
            _wait_until_healthy(port, processes, log_folder, stopping)
            if not stopping():
                _say(f"Airflow is ready: http://127.0.0.1:{port} (Ctrl-C stops it)")
            began = dict.fromkeys(range(len(processes)), time.monotonic())
            while not stopping():
                _revive(processes, began, environment, log_folder)
                time.sleep(0.5)
            _say("stopping …")


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
def _stopping_on_signal() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether this process was told to end."""
    told: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _processes(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str], log_folder: Path
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the commands, each the leader of its own session, and end them with all that they started."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            _log_of(command, log_folder).unlink(missing_ok=True)
            processes.append(_start(command, environment, log_folder))
        yield processes
    finally:
        _stop(processes)


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
        _signal_group(process, signal.SIGKILL)  # what it has left
        command = _command_of(process)
        log = _log_of(command, log_folder)
        _say(f"{log.stem} ended with status {process.returncode} and is started again; why is in its log, {log}")
        processes[number], began[number] = _start(command, environment, log_folder), time.monotonic()


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.info("process %d did not end in %.0f s: killed", process.pid, STOP_WITHIN)
    for process in processes:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):  # it and all that it started have ended already
        os.killpg(process.pid, number)


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
    port: int, processes: Sequence[subprocess.Popen[bytes]], log_folder: Path, stopping: Callable[[], bool]
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
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigError(
                f"COPYDESK_UI_PORT: port {port} is taken; stop what uses it or set COPYDESK_UI_PORT to another"
            ) from None
