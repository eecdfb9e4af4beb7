"""`dedup` in one process and on Spark, on the same documents: equal answers, and what each costs.

    python -m benchmarks.dedup_spark [FILE…] [--documents 10000 100000] [--master local[2]]

FILE is JSON Lines as the command takes it. --documents makes synthetic ones, 600 words each, every tenth an edited copy. Each
engine runs as the command does, in processes of its own: CPU seconds are of all of them, with the start of the JVM, memory is the
highest sum of what they held at one moment, each shared page counted for its share. Both are looked at four times a second. The
lines are compared byte for byte after sorting.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.dedup_speed import texts

EVERY = 0.25  # seconds between two looks at the memory


def made(count: int, folder: Path) -> Path:
    """Write so many synthetic documents to a file."""
    path = folder / f"{count}.jsonl"
    rows = (data[low:high].tobytes().decode() for data, ends in texts(count) for low, high in pairwise(ends))
    with path.open("w", encoding="utf-8") as out:
        for number, text in enumerate(rows):
            moment = f"2030-01-{number % 28 + 1:02d}T{number % 24:02d}:00:00+00:00"
            site = f"site{number % 97}.example"
            row = {"id": f"{number:08d}", "url": f"https://{site}/{number}", "site": site, "title": None, "text": text}
            out.write(json.dumps(row | {"published_at": moment}) + "\n")
    return path


def descendants(process: int) -> Iterator[int]:
    """Yield a process and all that came from it."""
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue
        for child in found:
            yield from descendants(int(child))


def look(process: int, spent: dict[int, float]) -> float:
    """Return the megabytes that a process and all that came from it hold; note the CPU seconds of each."""
    total = 0
    for number in descendants(process):
        folder = Path(f"/proc/{number}")
        try:
            lines = (folder / "smaps_rollup").read_text().splitlines()
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        spent[number] = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return total / 1024


def run(source: Path, target: Path, *options: str) -> tuple[float, float, float]:
    """Run the command; return CPU seconds, seconds by the wall, and the highest megabytes."""
    command = [sys.executable, "-m", "pipeline", "dedup", str(source), "--output", str(target), *options]
    highest, spent, start = 0.0, dict[int, float](), time.monotonic()
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as process:
        while process.poll() is None:
            highest = max(highest, look(process.pid, spent))
            time.sleep(EVERY)
        if process.returncode:
            said.seek(0)
            told = said.read()[-2000:].decode(errors="replace")
            raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}\n{told}")
    return sum(spent.values()), time.monotonic() - start, highest


def compare(source: Path, master: str, folder: Path) -> bool:
    """Run both engines on a file and print what they cost; say whether their answers are the same."""
    answers: list[list[bytes]] = []
    for engine in ("process", "spark"):
        target = folder / f"{engine}.jsonl"
        options = ("--engine", engine, *(("--master", master) if engine == "spark" else ()))
        spent, wall, highest = run(source, target, *options)
        answers.append(sorted(target.read_bytes().splitlines()))
        cost = f"CPU s {spent:7.1f}  wall s {wall:6.1f}  MB {highest:7,.0f}"
        print(f"{source.name:20s} {engine:7s} {len(answers[-1]):>9,} lines  {cost}", flush=True)
    same = answers[0] == answers[1]
    print(f"{source.name:20s} answers {'are the same byte for byte' if same else 'DIFFER'}", flush=True)
    return same


def main() -> int:
    """Print the lines; the exit status is 1 where answers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--documents", type=int, nargs="+", default=[])
    parser.add_argument("--master", default="local[2]")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        same = [compare(source, arguments.master, folder) for source in arguments.files]
        for count in arguments.documents:
            source = made(count, folder)
            same.append(compare(source, arguments.master, folder))
            source.unlink()
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
