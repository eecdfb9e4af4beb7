"""Rehearse docker-compose.yml for real, from an empty machine to a restored backup: `make compose-check`; exit 0 when all holds.

The stack runs under a project name, a port and secrets of its own, on the sample newsroom, and is removed at the end:

1. build, start, log in, run the nightly DAG by REST: both workers take part, the warehouse answers
2. back everything up
3. start again from nothing; kill a worker and the scheduler in mid-run: the run ends with the same tables
4. start again from nothing, restore the backup: the same tables, and running the night once more changes no row

Not across 02:00 UTC: the schedule would start a night of its own in the midst.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.airflow_api import Api, ApiError, name_of, wait_for
from deploy.make_env import content

ROOT = Path(__file__).parents[1]
PROJECT = "copydesk-check"
DAG = "nightly_articles"
DAY = "2026-11-20"
PATIENCE = 1200.0  # seconds; never reached but when something is wrong
VIEWS = ("clean_articles", "article_copies", "dropped_lines", "passage_reuse", "nightly_funnel")
DATABASES = ("airflow", "warehouse")
ANALYST = "CREATE ROLE ada LOGIN IN ROLE copydesk_analyst"  # a role of which the databases of the stack know nothing
ANEW = ("--exit-on-error", "--clean", "--if-exists", "--create", "--dbname", "postgres")  # with their owners and rights
# What a crash costs in production is minutes of waiting; here they are seconds.
HASTE = {"NEWSROOM_DAY": DAY, "TASK_RETRY_DELAY": "5", "TASK_HEARTBEAT_TIMEOUT": "60", "TASK_QUEUED_TIMEOUT": "60"}

started = time.monotonic()


class Failed(Exception):
    """The rehearsal showed something other than it should."""


def say(text: str) -> None:
    """Print a line with the seconds since the start."""
    print(f"[{time.monotonic() - started:5.0f} s] {text}", flush=True)


def check(holds: bool, text: str) -> None:
    """Say that something holds; raises `Failed` when it does not."""
    if not holds:
        raise Failed(text)
    say(f"ok: {text}")


class Stack:
    """The stack of docker-compose.yml, of this rehearsal alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        text = (
            content(demo=True).replace("UI_PORT=8080", f"UI_PORT={self.port}").replace("localhost:8080", f"localhost:{self.port}")
        )
        lines = [*text.splitlines(), *(f"{name}={value}" for name, value in HASTE.items())]
        self.env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        self.env_file = folder / "env"
        self.env_file.write_text("\n".join(lines) + "\n")
        self.env_file.chmod(0o600)
        self.api = Api(f"http://127.0.0.1:{self.port}")
        # What is set in the shell would win over the file.
        self._shell = {k: v for k, v in os.environ.items() if k not in self.env and not k.startswith("COPYDESK_")}
        self._docker = _program("docker")
        self._command = [
            *_compose_command(self._docker),
            "--project-name",
            PROJECT,
            "--env-file",
            str(self.env_file),
            "--profile",
            "demo",
        ]

    def compose(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run Compose; raises `Failed` with what it said."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        done = subprocess.run([*self._command, *arguments], cwd=ROOT, env=self._shell, check=False, **options)
        if done.returncode:
            said = ((done.stdout or b"") + (done.stderr or b"")).decode(errors="replace")
            raise Failed(f"compose {' '.join(arguments[:4])} ended with {done.returncode}:\n{said[-3000:]}")
        return done

    def docker(self, *arguments: str) -> str:
        """Run docker and return what it printed."""
        return subprocess.run([self._docker, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers."""
        return self.compose("ps", "-q", service).stdout.decode().split()

    def start(self) -> None:
        """Start everything and wait until Airflow is well and knows the DAG."""
        self.compose("up", "-d", stdout=None, stderr=None)
        wait_for("Airflow", self.api.healthy, PATIENCE)
        self.api.log_in(self.env["ADMIN_USER"], self.env["ADMIN_PASSWORD"])
        wait_for(DAG, lambda: self.api.knows(DAG), PATIENCE)
        say("the stack is up")

    def destroy(self) -> None:
        """Remove every container, network and volume."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "10")
        say("the stack and its volumes are gone")

    def tables(self) -> dict[str, str]:
        """Return for each view of the warehouse its number of rows and a hash over them."""
        hashed = "SELECT count(*) || ' rows ' || md5(string_agg(v::text, E'\\n' ORDER BY v::text)) FROM {} v"
        return {view: self.psql("warehouse", hashed.format(view)) for view in VIEWS}

    def psql(self, database: str, query: str) -> str:
        """Ask a database as its own role, over TCP, as the stack does."""
        role, password = {"warehouse": ("copydesk", "WAREHOUSE_DB_PASSWORD"), "airflow": ("airflow", "AIRFLOW_DB_PASSWORD")}[
            database
        ]
        url = f"postgresql://{role}:{self.env[password]}@127.0.0.1/{database}"
        return self.compose("exec", "-T", "postgres", "psql", "-At", url, "-c", query).stdout.decode().strip()

    def kill(self, container: str) -> None:
        """End the main process of a container with SIGKILL, as the kernel does when memory runs out; it takes all others along."""
        self.docker("exec", container, "sh", "-c", "kill -9 $(cat /proc/1/task/1/children)")

    def restarts(self, container: str) -> int:
        """Return how often Docker has started a container again."""
        return int(self.docker("inspect", "--format", "{{.RestartCount}}", container))


def rehearse(stack: Stack) -> None:
    """Take the four steps."""
    say("building")
    stack.compose("build", stdout=None, stderr=None)
    stack.start()
    check_isolation(stack)
    stack.api.unpause(DAG, PATIENCE)
    first = run_night(stack)
    back_up(stack)
    stack.destroy()

    stack.start()
    stack.api.unpause(DAG, PATIENCE)
    check(run_night(stack, killing=True) == first, "the tables are the same as without the crashes")
    stack.destroy()

    restore(stack)
    stack.start()
    check(stack.tables() == first, "the tables are the same as before the backup")
    check(run_night(stack) == first, "running the restored night again changes no row")


def check_isolation(stack: Stack) -> None:
    """See that only the UI is published, on loopback, that nothing runs as root, and that a role opens its own database only."""
    ports = stack.docker("ps", "--filter", f"label=com.docker.compose.project={PROJECT}", "--format", "{{.Ports}}")
    published = [port for port in ports.replace(",", "\n").split("\n") if "->" in port]
    check(published == [f"127.0.0.1:{stack.port}->8080/tcp"], f"only the UI is published: {published}")
    users = {
        stack.docker("inspect", "--format", "{{.Config.User}}", c)
        for part in ("worker", "postgres", "broker")
        for c in stack.containers(part)
    }
    check(users == {"50000:0", "999:999"}, f"the containers run as {sorted(users)}")
    url = f"postgresql://copydesk:{stack.env['WAREHOUSE_DB_PASSWORD']}@127.0.0.1/airflow"
    try:
        stack.compose("exec", "-T", "postgres", "psql", url, "-c", "SELECT 1")
    except Failed as error:
        check("permission denied" in str(error), "the warehouse's role cannot open Airflow's database")
    else:
        raise Failed("the warehouse's role can open Airflow's database")


def run_night(stack: Stack, *, killing: bool = False) -> dict[str, str]:
    """Run the night of `DAY` and return the tables that it leaves."""
    run = stack.api.trigger(DAG, {"run_date": DAY})
    lost = crash(stack, run) if killing else []
    state = wait_for("the end of the run", lambda: stack.api.ended(DAG, run), PATIENCE)
    tasks = stack.api.tasks(DAG, run)
    check(state == "success", f"the run ended as {state}, {len(tasks)} tasks")
    workers = {task["hostname"] for task in tasks if task["hostname"]}
    known = {container[:12] for container in stack.containers("worker")}
    check(workers == known and len(workers) == 2, f"both workers took part: {', '.join(sorted(workers))}")
    if killing:
        again = {name_of(task) for task in tasks if task["try_number"] > 1}
        check(again >= set(lost), f"the {len(lost)} tasks that the dead worker was at were done again")
    asked = stack.compose(
        "exec", "-T", "worker", "copydesk", "sql", "SELECT count(*) AS stories FROM clean_articles"
    ).stdout.decode()
    tables = stack.tables()
    check(not any(rows.startswith("0 ") for rows in tables.values()), f"the warehouse answers: {' '.join(asked.split())}; {tables}")
    return tables


def crash(stack: Stack, run: str) -> list[str]:
    """Kill a worker that is at work, then the scheduler; both must come back by themselves. Returns the tasks that were lost."""
    lost: list[str] = []
    while not lost:  # a task may end in the moment before the kill: then the next one
        victim = min(wait_for("a worker at work", lambda: stack.api.at_work(DAG, run, "pages."), PATIENCE, pause=0.2))
        stack.kill(victim)
        lost = stack.api.at_work(DAG, run, "pages.").get(victim, [])
    say(f"killed worker {victim}, which was at {len(lost)} tasks")
    (scheduler,) = stack.containers("scheduler")
    stack.kill(scheduler)
    say("killed the scheduler")
    wait_for("the restarts", lambda: stack.restarts(victim) > 0 and stack.restarts(scheduler) > 0, PATIENCE)
    say("ok: Docker has started both again")
    return lost


def back_up(stack: Stack) -> None:
    """Write the databases, their roles and the store to files, as docs/operations.md says."""
    with (ROOT / "sql" / "roles" / "postgresql.sql").open("rb") as script:
        stack.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "warehouse", stdin=script)
    stack.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-c", ANALYST)
    with (stack.folder / "roles.dump").open("wb") as file:
        stack.compose("exec", "-T", "postgres", "pg_dumpall", "-U", "postgres", "--roles-only", stdout=file)
    for database in DATABASES:
        with (stack.folder / f"{database}.dump").open("wb") as file:
            stack.compose("exec", "-T", "postgres", "pg_dump", "-U", "postgres", "--format=custom", database, stdout=file)
    with (stack.folder / "store.tar").open("wb") as file:
        stack.compose("exec", "-T", "worker", "copydesk", "store", "dump", "-", stdout=file)
    sizes = ", ".join(f"{file.name} {file.stat().st_size:,} bytes" for file in sorted(stack.folder.iterdir()))
    say(f"backed up: {sizes}")


def restore(stack: Stack) -> None:
    """Bring the files back into an empty stack, as docs/operations.md says."""
    stack.compose("up", "-d", "postgres", "broker", "s3", stdout=None, stderr=None)
    wait_for("PostgreSQL", lambda: _databases_are_there(stack), PATIENCE)
    with (stack.folder / "roles.dump").open("rb") as file:
        stack.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "--quiet", stdin=file)
    for database in DATABASES:
        with (stack.folder / f"{database}.dump").open("rb") as file:
            stack.compose("exec", "-T", "postgres", "pg_restore", "-U", "postgres", *ANEW, stdin=file)
    stack.compose("run", "--rm", "-T", "init", stdin=subprocess.DEVNULL)
    with (stack.folder / "store.tar").open("rb") as file:
        stack.compose("run", "--rm", "--no-deps", "-T", "worker", "copydesk", "store", "restore", "-", stdin=file)
    asked = "SET ROLE ada; SELECT count(*) > 0 FROM clean_articles"
    found = (
        stack.compose("exec", "-T", "postgres", "psql", "-qAt", "-U", "postgres", "warehouse", "-c", asked).stdout.decode().strip()
    )
    check(found == "t", "an analyst's role is back with its rights")
    say("restored")


def _databases_are_there(stack: Stack) -> bool:
    try:
        return all(stack.psql(database, "SELECT 1") == "1" for database in DATABASES)
    except Failed:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _compose_command(docker: str) -> list[str]:
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    return [_program("docker-compose")]


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        sys.exit(f"compose-check: {name} is not installed")
    return found


@contextmanager
def removed_at_the_end(stack: Stack, keep: bool) -> Iterator[None]:
    """Remove the stack whatever happens; show its logs when something went wrong."""
    try:
        yield
    except (Failed, ApiError, TimeoutError, OSError, KeyboardInterrupt):
        logs = stack.compose("logs", "--no-color", "--tail", "40").stdout.decode(errors="replace")
        print(logs, file=sys.stderr)
        raise
    finally:
        if not keep:
            stack.destroy()


def main() -> int:
    """Rehearse; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave the stack running at the end, to look at it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copydesk-check-") as folder:
        stack = Stack(Path(folder))
        try:
            with removed_at_the_end(stack, options.keep):
                rehearse(stack)
        except (Failed, ApiError, TimeoutError, OSError) as error:
            print(f"compose-check: {error}", file=sys.stderr)
            return 1
    say("compose-check: all of it holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
