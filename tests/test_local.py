"""What a run of the DAG in this process says when it fails."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import errors, local

ROOT = Path(__file__).parents[1]
TOLD = [*(f"signal.raise_signal(signal.{name})" for name in ("SIGINT", "SIGTERM", "SIGHUP")), "on_sigterm()"]
OURS = [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.CopydeskError)]


@pytest.mark.parametrize("name", OURS)
def test_the_reason_is_found_in_the_log_whatever_its_kind(tmp_path: Path, name: str) -> None:
    log = tmp_path / "run.log"
    log.write_text(
        f"KeyError: 'of Airflow'\nTraceback (most recent call last):\npipeline.errors.{name}: 30 of 30\nValueError: later\n"
    )
    assert local._last_error(log) == "30 of 30"


def test_of_other_errors_the_last_one_is_told(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text("KeyError: 'first'\nsqlalchemy.exc.OperationalError: (sqlite3.OperationalError) locked\nno error: here\n")
    assert local._last_error(log).startswith("sqlalchemy.exc.OperationalError")


def test_what_an_alert_failed_of_is_not_what_the_run_failed_of(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text(
        "pipeline.errors.BudgetSpent: 30 of 30\n2026-11-20 [error] the alert could not be sent by apprise [pipeline.notify]\n"
        'pipeline.errors.ConfigError: connection "chat": its extra must be another\n'
    )
    assert local._last_error(log) == "30 of 30"


def test_the_terminal_is_told_of_an_error_without_its_trace(tmp_path: Path) -> None:
    script = """
import logging, sys
from pathlib import Path
from pipeline import local
with local._output_to(Path(sys.argv[1])):
    logging.basicConfig()  # as Airflow's log
    try:
        raise OSError("Connection refused")
    except OSError:
        logging.getLogger("pipeline.notify").exception("the alert could not be sent by %s", "email")
"""
    log = tmp_path / "run.log"
    command = [sys.executable, "-c", script, str(log)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)
    assert (done.stdout, done.stderr) == ("", "  the alert could not be sent by email: Connection refused\n")
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize("name", ["50%off", "$HOME"])
def test_a_folder_that_airflow_cannot_be_run_in_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / name))
    with pytest.raises(errors.ConfigError, match=rf"Airflow cannot be run in .*{re.escape(name)}: .* rename or move the folder"):
        local.airflow_environment("sources.toml", port=8080)


def test_what_airflow_itself_fails_of_is_told_in_words_and_kept_in_the_log(tmp_path: Path) -> None:
    script = """
from pipeline import local
def run(run_date, on_sigterm):
    raise RuntimeError("database or disk is full\\n[SQL: CREATE INDEX]")
local._test_dag = run
try:
    local.run_dag("2026-11-20", "sources.toml")
except local.Fatal as error:
    print(error)
"""
    variables = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False, timeout=50)
    log = tmp_path / "logs" / "nightly_articles-2026-11-20.log"
    assert (done.stdout, done.stderr) == (
        f"Airflow could not run the DAG nightly_articles: database or disk is full; its own database is {tmp_path}/runs.db: see"
        f" that it can be written, then run again. The whole log is {log}\n",
        "",
    )
    assert "Traceback" in log.read_text()


@pytest.mark.parametrize("named", [None, "postgresql+psycopg://airflow@db/airflow"])
def test_no_scheduler_works_on_the_database_of_a_run_in_one_process(named: str | None, tmp_path: Path) -> None:
    """That of the UI took its tasks as well; and a run that was killed went on there for ever, and no night began beside it."""
    script = """
from pipeline import local
def run(run_date, on_sigterm):
    from airflow.configuration import conf
    names = ("sql_alchemy_conn", "sql_alchemy_conn_async", "sql_alchemy_connect_args")
    raise local.Fatal(" ".join(conf.get("database", name) for name in names))
local._test_dag = run
try:
    local.run_dag("2026-11-20", "sources.toml")
except local.Fatal as error:
    print(error)
"""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    variables |= {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)} | ({local.CONNECTION: named} if named else {})
    done = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=False, timeout=300)
    database, patience = f"{tmp_path}/runs.db", "pipeline.local.SQLITE_CONNECT_ARGS"
    assert done.stdout.split() == [f"sqlite:///{database}", f"sqlite+aiosqlite:///{database}", patience], done.stderr


def test_a_folder_of_airflow_that_was_moved_is_used_where_it_is(tmp_path: Path) -> None:
    before, home = tmp_path / "desk" / ".airflow", tmp_path / "desk" / ".airflow-2"
    written = f"plugins_folder = {before}/plugins\nsql_alchemy_conn = sqlite:///{before}/airflow.db\nkey = {before}s\n"
    home.mkdir(parents=True)
    local.follow(home)
    (home / "airflow.cfg").write_text(written)
    for _ in range(2):
        local.follow(home)
        moved = f"plugins_folder = {home}/plugins\nsql_alchemy_conn = sqlite:///{home}/airflow.db\nkey = {before}s\n"
        assert (home / "airflow.cfg").read_text() == moved
    own = "plugins_folder = plugins\nsql_alchemy_conn = sqlite:////fast/airflow.db\n"
    (home / "airflow.cfg").write_text(own)
    local.follow(home)
    assert (home / "airflow.cfg").read_text() == own


def test_a_second_ui_in_one_folder_is_refused(tmp_path: Path) -> None:
    with (
        local.served(tmp_path),
        pytest.raises(errors.ConfigError, match=rf"is open already on {tmp_path}: stop it, or set AIRFLOW_HOME"),
        local.served(tmp_path),
    ):
        pass
    with local.served(tmp_path):
        pass


@pytest.mark.parametrize("told", TOLD)
def test_an_interrupted_run_does_not_wait_for_what_airflow_does_at_the_end_of_python(told: str) -> None:
    script = f"""
import atexit, signal, time
from pipeline import local
atexit.register(time.sleep, 60)
with local._ending_on_signal() as on_sigterm:
    {told}
"""
    assert_interrupted(script, told)


@pytest.mark.parametrize("told", TOLD)
def test_a_signal_ends_the_run_though_airflow_takes_it_for_the_failure_of_a_task(told: str) -> None:
    script = f"""
import signal, time
from pipeline import local
local.UNWIND_WITHIN = 0.1
with local._ending_on_signal() as on_sigterm:
    try:
        {told}
    except BaseException:
        time.sleep(60)
"""
    assert_interrupted(script, told)


def assert_interrupted(script: str, told: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=50)
    number = next((number for number in (signal.SIGINT, signal.SIGHUP) if number.name in told), signal.SIGTERM)
    assert (done.returncode, done.stderr) == (128 + number, "interrupted; run the command again to go on\n")
