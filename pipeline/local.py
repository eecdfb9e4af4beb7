"""Airflow on one machine: its settings, and a DAG run in this process."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline.errors import ConfigError, CopydeskError, Fatal
from pipeline.terminal import visible

logger = logging.getLogger(__name__)

AIRFLOW_HOME = Path(".airflow")
DAG_ID = "nightly_articles"
UNWIND_WITHIN = 2.0  # seconds
SERVED, RUNS = "ui.lock", "runs.db"  # in Airflow's folder
CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

# Airflow's parts share one SQLite file on a laptop. The driver gives up on a lock after 5 seconds, which a busy machine needs to
# let a writer finish; Airflow reads these by their names, and adds to them, so each engine has its own.
SQLITE_CONNECT_ARGS: dict[str, Any] = {"timeout": 60.0}
SQLITE_CONNECT_ARGS_ASYNC: dict[str, Any] = {"timeout": 60.0}
PATIENCE = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": f"{__name__}.SQLITE_CONNECT_ARGS",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": f"{__name__}.SQLITE_CONNECT_ARGS_ASYNC",
}


def _dags_folder() -> Path:
    """Return the folder of the DAG files: beside the package in a clone, inside it when installed."""
    package = Path(__file__).parent
    return next(folder for folder in (package.parent / "dags", package / "dags") if folder.is_dir())


def airflow_environment(sources: str, port: int) -> dict[str, str]:
    """Return the variables that make Airflow a private, local installation under `.airflow`.

    What decides where it is and who reaches it is ours; the rest is as the user has set it. Raises `ConfigError` for a folder that
    Airflow cannot be run in.
    """
    home = Path(os.environ.get("AIRFLOW_HOME", AIRFLOW_HOME)).resolve()
    for folder in map(str, (home, Path(sys.prefix), _dags_folder())):
        if "%" in folder or os.path.expandvars(folder) != folder:
            raise ConfigError(f"Airflow cannot be run in {folder}: its settings read more into % and $; rename or move the folder")
    defaults = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(_dags_folder()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": str(2 * (os.cpu_count() or 1)),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__DEFAULT_WRAP": "True",  # or most of what a task failed of is off the page of its log
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        # A scheduler that was killed is started again at once, and takes over what it had under way; Airflow looks after 5 minutes.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        # The parts start together: a task that is due at once must wait for the API server, whose first answer takes long.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "30",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "5",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    } | (PATIENCE if os.environ.get(CONNECTION, "sqlite").startswith("sqlite") else {})
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


@contextmanager
def served(home: Path) -> Iterator[None]:
    """Keep the database in `home` for the scheduler of this UI while the block runs; raises `ConfigError` where another has it.

    Two would take each other's tasks, and lock each other out of SQLite.
    """
    with (home / SERVED).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"Airflow's UI is open already on {home}: stop it, or set AIRFLOW_HOME to another folder") from None
        yield


def follow(home: Path) -> None:
    """Let the settings that Airflow has written into its folder name the place where that is now: it writes whole paths, once.

    Moved with its clone it made the old place anew, with an empty database, and a copy worked on that of the first one.
    """
    file = home / "airflow.cfg"
    if not file.is_file():
        return
    text = file.read_text(encoding="utf-8")
    written = re.search(r"^plugins_folder = (/.+)/plugins$", text, re.MULTILINE)
    if written and written[1] != str(home):
        file.write_text(re.sub(rf"{re.escape(written[1])}(?=/|$)", lambda _: str(home), text, flags=re.MULTILINE), encoding="utf-8")


def _own_database(path: Path) -> dict[str, str]:
    """Return the variables that give runs in one process a database of their own, which no scheduler works on.

    That of a `make ui` would take the tasks of a run as well: each is done twice, and fails where the other one was faster. A run
    that was killed is never done there: its scheduler waits for the task that it was at, and begins no other night.
    """
    return {CONNECTION: f"sqlite:///{path}", f"{CONNECTION}_ASYNC": f"sqlite+aiosqlite:///{path}"} | PATIENCE


def run_dag(run_date: str, sources: str) -> None:
    """Run the nightly DAG to its end in this process, telling its progress on stderr; raises `Fatal` when it fails.

    What Airflow itself has to say goes to a log file, which the error names.
    """
    environment = airflow_environment(sources, port=8080)
    database = Path(environment["AIRFLOW_HOME"], RUNS)
    follow(database.parent)
    os.environ.update(environment | _own_database(database), AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING")
    log = Path(environment["AIRFLOW_HOME"], "logs", f"{DAG_ID}-{run_date}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with _output_to(log), _ending_on_signal() as on_sigterm:
        try:
            failed = _test_dag(run_date, on_sigterm)
        except CopydeskError:
            raise
        except Exception as error:  # of Airflow itself, as where its database finds no room
            traceback.print_exc()
            said = str(error).partition("\n")[0] or type(error).__name__
            raise Fatal(
                f"Airflow could not run the DAG {DAG_ID}: {said}; its own database is {database}: see that it can be written, then"
                f" run again. The whole log is {log}"
            ) from error
    if failed is not None:
        raise Fatal(f"the DAG {DAG_ID} failed in {', '.join(failed) or 'no task'}: {_last_error(log)}; the whole log is {log}")


def _test_dag(run_date: str, on_sigterm: Callable[[], None]) -> list[str] | None:
    """Run the DAG and return the tasks that failed, or None when it succeeded."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk import BaseOperator
    from airflow.utils.db import initdb
    from airflow.utils.state import DagRunState

    # With its first task Airflow takes SIGTERM for itself, and hands it to this method of the task, which does nothing.
    BaseOperator.on_kill = lambda self: on_sigterm()  # type: ignore[method-assign]
    initdb()
    sys.path.append(str(_dags_folder()))  # Airflow's own processes do this; a DagBag made by hand does not
    bag = DagBag(str(_dags_folder() / f"{DAG_ID}.py"))
    for file, error in bag.import_errors.items():
        raise Fatal(f"{file} cannot be imported: {error}")
    dag = bag.dags[DAG_ID]
    for task in dag.tasks:
        task.retries = 0  # whoever waits for this run is told at once what failed, and runs it again
    run = dag.test(run_conf={"run_date": run_date})
    if run.state == DagRunState.SUCCESS:
        return None
    return sorted(instance.task_id for instance in run.get_task_instances() if instance.state == "failed")


class _Told(logging.Formatter):
    """A record for the terminal; the trace of an error, as of an alert that cannot be sent, is in the log file."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        return visible(f"  {record.getMessage()}: {error}" if error else f"  {record.getMessage()}")


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what this process and its children print to a file, but the pipeline's own progress to the terminal as before."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    progress = logging.StreamHandler(os.fdopen(os.dup(2), "w"))
    progress.setFormatter(_Told())
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
def _ending_on_signal() -> Iterator[Callable[[], None]]:
    """End this process on Ctrl-C, SIGTERM or SIGHUP: Airflow takes what interrupts a task for a failure, and waits to try it again.

    What is at work has `UNWIND_WITHIN` seconds to tidy up, which no stage depends on. Yields what is to be called on a SIGTERM that
    somebody else has caught.
    """
    timers: list[threading.Timer] = []

    def leave(number: int) -> None:
        logger.warning("interrupted; run the command again to go on")
        os._exit(128 + number)

    def note(number: int, frame: FrameType | None = None) -> None:
        if timers:
            leave(number)
        timers.append(threading.Timer(UNWIND_WITHIN, leave, [number]))
        timers[0].daemon = True
        timers[0].start()
        handler = before[number]
        if callable(handler):
            handler(number, frame)
        raise KeyboardInterrupt

    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as in the background of a script
            signal.signal(number, note)
    try:
        yield partial(note, signal.SIGTERM)
    except KeyboardInterrupt:
        for timer in timers:  # everything has unwound; Airflow's own end would wait for ten seconds, and show a trace
            leave(*timer.args)
        raise
    finally:
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _last_error(log: Path) -> str:
    """Return the last line of a log that names one of our errors or, failing that, any; none of an alert that was told of it."""
    from pipeline.alerts import UNSENT

    lines = [line.strip() for line in log.read_text(errors="replace").partition(UNSENT)[0].splitlines()]
    ours = [line.partition(": ")[2] for line in lines if line.startswith("pipeline.errors.")]
    others = [line for line in lines if re.match(r"(?:\w+\.)*\w*(?:Error|Exception)\b.*:", line)]
    return next(reversed(ours or others), "no reason was logged")
