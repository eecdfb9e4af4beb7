"""Analysts' queries in a loop while nights are loaded: errors, the longest wait, and whether each saw a whole night.

    python -m benchmarks.readers [--postgres URL] [--articles 10000]

Three processes ask by key, by site and for the newest stories, each over a connection that it keeps, as the report's pages, pandas
and a shell do. The same loop without a load stands beside it. A wait is the time from the question to the last row without the time
that the reader, and the process of PostgreSQL that answers it, stood in the queue for a processor, as the kernel counts: on a busy
machine that is most of it, and no database's doing. The server must run here.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

import sqlalchemy as sa

from pipeline.warehouse import load, open_warehouse, upgrade
from pipeline.warehouse.tables import metadata
from tests.warehouse.make import full_night

ROOT = Path(__file__).parents[1]
QUERIES = (
    "SELECT title, text FROM articles WHERE article_id = (SELECT MIN(article_id) FROM articles)",
    "SELECT title, published_at FROM clean_articles WHERE site = 's1.example' ORDER BY published_at DESC LIMIT 20",
    "SELECT stage, outcome, n FROM nightly_funnel WHERE run_date = (SELECT MAX(run_date) FROM runs)",
)
WHOLE = "SELECT (SELECT COUNT(*) FROM runs) AS runs, (SELECT COUNT(DISTINCT last_run_id) FROM articles) AS seen"


def queued(processes: Iterable[int]) -> float:
    """Return the seconds that these processes have stood in the queue for a processor."""
    return sum(int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) for process in processes) / 1e9


def ask(url: str, done: Event, answer: Connection) -> None:
    """Ask until it is done; tell each wait, each error and each state that is no whole night."""
    waits, faults = list[tuple[float, float]](), list[str]()
    with open_warehouse(url, pool=sa.QueuePool) as warehouse:
        processes = [os.getpid()]
        if warehouse.dialect == "postgresql":
            with warehouse.reading() as connection:
                processes.append(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())
        while not done.is_set():
            for query in QUERIES:
                start, before = time.perf_counter(), queued(processes)
                try:
                    with warehouse.reading() as connection:
                        connection.execute(sa.text(query)).all()
                except Exception as error:
                    faults.append(str(error))
                wall = time.perf_counter() - start
                waits.append((wall - (queued(processes) - before), wall))
            with warehouse.reading() as connection:
                if connection.execute(sa.text(WHOLE)).one().seen != 1:
                    faults.append("half a night")
    answer.send((waits, faults))


def watched(url: str, seconds: float, command: list[str] | None) -> str:
    """Return what three readers saw while the command ran, or for some seconds."""
    spawn = multiprocessing.get_context("spawn")
    done, pipes = spawn.Event(), [spawn.Pipe(duplex=False) for _ in range(3)]
    readers = [spawn.Process(target=ask, args=(url, done, send)) for _, send in pipes]
    for reader in readers:
        reader.start()
    time.sleep(3)  # until they are up
    if command is None:
        time.sleep(seconds)
    else:
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    done.set()
    told = [receive.recv() for receive, _ in pipes]
    for reader in readers:
        reader.join()
    faults = [fault for _, found in told for fault in found]
    waits = sorted(wait for found, _ in told for wait, _ in found)
    wall = max(wall for found, _ in told for _, wall in found)
    mid, high = (1000 * waits[int(len(waits) * share)] for share in (0.5, 0.99))
    said = f"{len(waits):6} queries {mid:6.1f} ms median {high:6.1f} ms 99 % {1000 * waits[-1]:6.1f} ms longest"
    return f"{said} ({1000 * wall:.1f} ms with the queue), faults: {faults[:3] or 0}"


def main() -> None:
    """Print two lines a database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres")
    parser.add_argument("--articles", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for url in [f"sqlite:///{folder}/w.db", *([options.postgres] if options.postgres else [])]:
            with open_warehouse(url) as warehouse:
                upgrade(warehouse)
                with warehouse.writing("bench") as connection:
                    for table in metadata.sorted_tables:
                        if table.name != "schema_migrations":
                            connection.execute(table.delete())
                load(warehouse, full_night(0, options.articles))
            command = [sys.executable, "-m", "tests.warehouse.loader", url, "1", str(options.articles)]
            print(url.split(":")[0], "alone  ", watched(url, 5, None), flush=True)
            print(url.split(":")[0], "loading", watched(url, 0, command), flush=True)


if __name__ == "__main__":
    main()
