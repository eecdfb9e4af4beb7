"""Airflow with the CeleryExecutor: its parts as processes of their own, two of them workers, and its REST API."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.airflow_api import Api, wait_for
from tests.scale.services import PATIENCE, Postgres, free_port, kill, process

ROOT = Path(__file__).parents[2]
AIRFLOW = (sys.executable, "-m", "airflow")
WORKERS = ("worker-1", "worker-2")


def environment(home: Path, port: int, broker: str, database: Postgres, more: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of every part, as docker-compose.yml sets them but for where things are."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "AIRFLOW", "AWS_"))}
    return {
        **plain,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.scale.hostname.hostname",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-of-the-tests-that-is-long-enough-for-hs512-and-guards-nothing-at-all",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.url("airflow", "postgresql+psycopg"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database.url("airflow", "postgresql+psycopg_async"),
        "AIRFLOW__CELERY__BROKER_URL": broker,
        "AIRFLOW__CELERY__RESULT_BACKEND": database.url("airflow", "db+postgresql+psycopg"),
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "3600",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "45",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "45",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
        **more,
    }


@dataclass
class Airflow:
    """A running Airflow; `parts` are its processes by name."""

    api: Api
    home: Path
    environment: Mapping[str, str]
    stack: ExitStack
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *arguments: str, **more: str) -> None:
        log = self.home / f"{name}.log"
        running = process([*AIRFLOW, *arguments], log, env={**self.environment, **more}, cwd=self.home)
        self.parts[name] = self.stack.enter_context(running)

    def start_scheduler(self) -> None:
        self.start("scheduler", "scheduler", "--skip-serve-logs")

    def kill(self, name: str) -> None:
        kill(self.parts.pop(name))

    def logs(self) -> str:
        """Return the end of each part's log, for a failure's message."""
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(self.home.glob("*.log")))


@contextmanager
def airflow(home: Path, broker: str, database: Postgres, more: Mapping[str, str]) -> Iterator[Airflow]:
    """Start every part and wait until all are well."""
    home.mkdir()
    port = free_port()
    variables = environment(home, port, broker, database, more)
    subprocess.run([*AIRFLOW, "db", "migrate"], env=variables, check=True, stdout=subprocess.DEVNULL)
    with ExitStack() as stack:
        running = Airflow(Api(f"http://127.0.0.1:{port}"), home, variables, stack)
        running.start("api-server", "api-server", "--host", "127.0.0.1", "--port", str(port))
        running.start_scheduler()
        running.start("dag-processor", "dag-processor")
        for name in WORKERS:
            options = ("--concurrency", "2", "--celery-hostname", name, "--skip-serve-logs")
            running.start(name, "celery", "worker", *options, COPYDESK_TEST_WORKER=name)
        try:
            wait_for("Airflow", running.api.healthy, PATIENCE)
            running.api.log_in()
            yield running
        except BaseException:
            print(running.logs())
            raise
