"""The whole night on the sample newsroom at several sizes: CPU seconds, pages a CPU-second and peak memory of each stage.

    python -m benchmarks.night [--pages 2000 20000] [--warehouse URL] [--folder DIR] [--output night.json]

Each stage runs in a process of its own, as an Airflow task does, on one day of a newsroom with about so many pages, which a
server in another process serves. CPU is user + system of the stage's process and its children; memory is the largest sum of
resident memory over the stage's processes, and of the largest of them. The warehouse is embedded unless --warehouse names an
empty one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.ports import free_port
from pipeline.runs import STAGES

DAY = "2026-11-20"
PAGES_PER_STORY = 1.94  # of a newsroom with many outlets
STORIES_PER_OUTLET = 50
MB = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stage cost at one size. Memory in MB; `rows` is what its reports say it saw."""

    pages: int
    stage: str
    rows: int
    cpu: float
    wall: float
    tree_mb: int
    process_mb: int
    store_mb: int


def main() -> None:
    """Run the nights and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=[2000, 20_000], help="sizes, smallest first")
    parser.add_argument("--warehouse", help="SQLAlchemy URL of an empty warehouse (default: embedded); for one size only")
    parser.add_argument("--folder", help="where to keep what the nights make (default: a temporary folder)")
    parser.add_argument("--output", help="write the figures to a JSON file as well")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="copydesk-night-"))
    costs: list[Cost] = []
    for pages in options.pages:
        costs += night(pages, folder / str(pages), options.warehouse)
    print(table(costs))
    if options.output:
        Path(options.output).write_text(json.dumps([asdict(cost) for cost in costs], indent=1))
    if not options.folder:
        shutil.rmtree(folder)


def night(pages: int, folder: Path, warehouse: str | None) -> list[Cost]:
    """Run a night of about `pages` pages, a process a stage, and return what each cost."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "COPYDESK_STORE": str(folder / "store"),
        "COPYDESK_WAREHOUSE_URL": warehouse or f"sqlite:///{folder}/warehouse.db",
        "COPYDESK_PUBLISH": str(folder / "published"),
        "COPYDESK_ALLOW_PRIVATE_HOSTS": "1",
        "COPYDESK_TOTAL_TIMEOUT": "30",
        "COPYDESK_READ_TIMEOUT": "30",
    }
    stories = round(pages / PAGES_PER_STORY)
    costs = []
    with _newsroom(stories, folder) as sources:
        for stage in STAGES:
            command = [sys.executable, "-m", "pipeline", "run", "--date", DAY, "--sources", str(sources)]
            cost = _measured([*command, "--from", stage, "--to", stage], environment, folder)
            costs.append(Cost(pages, stage, _seen(folder / "store", stage), *cost, _size(folder)))
            print(costs[-1], file=sys.stderr, flush=True)
    return costs


@contextmanager
def _newsroom(stories: int, folder: Path) -> Iterator[Path]:
    port = free_port()
    sources = folder / "sources.toml"
    shape = ["--stories", str(stories), "--outlets", str(max(8, stories // STORIES_PER_OUTLET)), "--day", DAY]
    command = [sys.executable, "-m", "pipeline", "newsroom", "serve", "--port", str(port), *shape, "--write-sources", str(sources)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if server.poll() is not None:
                raise SystemExit(f"the newsroom did not start: {' '.join(command)}")
            time.sleep(0.25)
        yield sources
    finally:
        server.terminate()
        server.wait()


def _measured(command: list[str], environment: dict[str, str], folder: Path) -> tuple[float, float, int, int]:
    """Run a command; return its CPU and wall seconds, and the peaks of its tree's and its largest process's memory."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    peaks = [0, 0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks))
    watcher.start()
    _, errors = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{errors}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(cpu, 2), round(time.monotonic() - start, 1), peaks[0] // MB, peaks[1] // MB


def _watch(pid: int, peaks: list[int]) -> None:
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            sizes = []
            for process in [parent, *parent.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    sizes.append(process.memory_info().rss)
            if sizes:
                peaks[0], peaks[1] = max(peaks[0], sum(sizes)), max(peaks[1], *sizes)
            time.sleep(0.1)


def _seen(store: Path, stage: str) -> int:
    """Return the rows that a stage reported, over all its shards."""
    if stage in ("load", "publish"):
        stage = "dedup"
    reports = [json.loads(path.read_bytes())["report"] for path in store.glob(f"stage={stage}/date=*/shard=*/MANIFEST.json")]
    return sum(report["seen"] for report in reports if stage != "discover" or report["shard"] == "all")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // MB


def table(costs: list[Cost]) -> str:
    """Return the costs as a Markdown table, with the growth of CPU a row between the sizes."""
    sizes = sorted({cost.pages for cost in costs})
    lines = [
        "| stage | " + " | ".join(f"{n:,} pages: rows, CPU s, rows/CPU-s, tree MB" for n in sizes) + " | CPU a row, last : first |"
    ]
    lines.append("|---" * (len(sizes) + 2) + "|")
    for stage in STAGES:
        row = {cost.pages: cost for cost in costs if cost.stage == stage}
        cells = [f"{c.rows:,}, {c.cpu:.1f}, {c.rows / c.cpu:,.0f}, {c.tree_mb}" for n in sizes for c in [row[n]]]
        first, last = row[sizes[0]], row[sizes[-1]]
        growth = (last.cpu / max(1, last.rows)) / (first.cpu / max(1, first.rows))
        lines.append(f"| {stage} | {' | '.join(cells)} | {growth:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
