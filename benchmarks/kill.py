"""kill -9 of the loader and of the PostgreSQL server at random moments: no partial night, and the end is as if undisturbed.

    python -m benchmarks.kill [--sqlite N] [--postgres N --data FOLDER --user NAME] [--server N] [--articles 2000]

`--data` is a fresh folder for a PostgreSQL cluster that is made, killed and removed here, by `--user` (initdb refuses root).
After each kill every row of every table is compared with the night before and with both nights loaded without disturbance.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from benchmarks.ports import free_port
from pipeline.warehouse import load, open_warehouse, upgrade
from pipeline.warehouse.tables import metadata
from tests.warehouse.make import contents, full_night

ROOT = Path(__file__).parents[1]
SEED = 20260301


class Cluster:
    """A PostgreSQL cluster of our own that may be killed."""

    def __init__(self, folder: Path, user: str) -> None:
        self.folder, self.user, self.port = folder, user, free_port()
        self.url = f"postgresql://{user}@127.0.0.1:{self.port}/postgres"
        self._run(f"initdb -D {shlex.quote(str(folder))} -A trust -E UTF8 --locale=C.UTF-8 >/dev/null")

    def start(self) -> None:
        options = shlex.quote(f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=")
        self._run(f"pg_ctl -D {self.folder} -l {self.folder}/log -o {options} -w start >/dev/null")

    def kill(self) -> None:
        """Kill the postmaster and every backend at once, as a machine that stops does."""
        master = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in (master, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() for pid in (master, *children)):
            time.sleep(0.02)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        self._run(f"pg_ctl -D {self.folder} -m immediate stop >/dev/null")

    def _run(self, command: str) -> None:
        line = ["su", self.user, "-s", "/bin/sh", "-c", command] if os.getuid() == 0 else ["/bin/sh", "-c", command]
        subprocess.run(line, check=True)


def emptied(url: str) -> None:
    """Bring the warehouse to the state before the second night."""
    with open_warehouse(url) as warehouse, warehouse.writing("bench") as connection:
        for table in metadata.sorted_tables:
            if table.name != "schema_migrations":
                connection.execute(sa.delete(table))


def rounds(url: str, count: int, size: int, cluster: Cluster | None) -> str:
    """Kill `count` loads of a second night (or the server under them) and return what was seen."""
    moments = random.Random(SEED)
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
    emptied(url)
    with open_warehouse(url) as warehouse:
        load(warehouse, full_night(0, size))
        old = contents(warehouse)
        start = time.perf_counter()
        load(warehouse, full_night(1, size))
        length = time.perf_counter() - start
        new = contents(warehouse)
    whole, before = 0, 0
    for _ in range(count):
        emptied(url)
        with open_warehouse(url) as warehouse:
            load(warehouse, full_night(0, size))
        command = [sys.executable, "-m", "tests.warehouse.loader", url, "1", str(size)]
        loader = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert loader.stdout is not None
        loader.stdout.readline()
        time.sleep(moments.uniform(0.01, 1.5 * length))
        if cluster is not None:
            cluster.kill()
            cluster.start()
        loader.kill()
        loader.communicate()
        with open_warehouse(url) as warehouse:
            found = contents(warehouse)
            assert found in (old, new), "a partial night is visible"
            before, whole = before + (found == old), whole + (found == new)
            load(warehouse, full_night(1, size))
            assert contents(warehouse) == new, "the next run does not come to the same rows"
    return f"{count} kills: {before} left the old night, {whole} the new one, 0 a partial one; every next run ended the same"


def main() -> None:
    """Print one line a database and victim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sqlite", type=int, default=30)
    parser.add_argument("--postgres", type=int, default=0)
    parser.add_argument("--server", type=int, default=0)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--articles", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.sqlite:
            print("sqlite, loader:", rounds(f"sqlite:///{folder}/w.db", options.sqlite, options.articles, None), flush=True)
    if options.data:
        cluster = Cluster(options.data, options.user)
        cluster.start()
        try:
            if options.postgres:
                print("postgresql, loader:", rounds(cluster.url, options.postgres, options.articles, None), flush=True)
            if options.server:
                print("postgresql, server:", rounds(cluster.url, options.server, options.articles, cluster), flush=True)
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
