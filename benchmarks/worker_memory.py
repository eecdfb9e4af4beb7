"""Memory of one extraction worker over many pages: does it stay flat, and how high is it?

    python -m benchmarks.worker_memory --data EVAL/extraction [--pages 5000]

Extracts and labels the pages of the sets over and over in one process that is settled as a worker is, and never recycled; prints
its resident memory every 500 pages and its peak. The pages come over a pipe and are not part of what a worker holds.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from pipeline.clean import label
from pipeline.errors import Reject
from pipeline.extract.page import PageInput, extract, warm_up
from pipeline.extract.worker import settle

SETS = ("n4k", "wcxb", "l3s", "dragnet", "big9")
STEP = 500  # pages


def pages(data: Path) -> Iterator[tuple[str, str]]:
    """Yield the pages of all sets, again and again."""
    while True:
        for name in SETS:
            with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8", newline="\n") as file:
                for line in file:
                    page = json.loads(line)
                    yield page["url"], page["html"]


def work(requests: Connection) -> None:
    """Extract what comes, until nothing does; say how much memory is held when asked."""
    warm_up()
    settle()
    while (page := requests.recv()) is not None:
        if page == "memory":
            requests.send((*memory(), time.process_time()))
            continue
        try:
            label(extract(PageInput(page[0], "bench", "", page[1], kind="html")))
        except Reject:
            continue


def memory() -> tuple[int, int]:
    """Return resident and peak memory of this process in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) // 1024, int(status["VmHWM"].split()[0]) // 1024


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the sets")
    parser.add_argument("--pages", type=int, default=5000)
    arguments = parser.parse_args()
    if arguments.data is None:
        print("no --data: the labelled sets are not part of the repository; nothing to measure")
        return
    here, there = multiprocessing.Pipe()
    worker = multiprocessing.get_context("spawn").Process(target=work, args=(there,))
    worker.start()
    print("| pages | resident, MiB | peak, MiB | CPU-s |\n|---|---|---|---|")
    for number, page in enumerate(itertools.islice(pages(arguments.data), arguments.pages), 1):
        here.send(page)
        if number % STEP == 0:
            here.send("memory")
            resident, peak, seconds = here.recv()
            print(f"| {number} | {resident} | {peak} | {seconds:.0f} |", flush=True)
    here.send(None)
    worker.join()


if __name__ == "__main__":
    main()
