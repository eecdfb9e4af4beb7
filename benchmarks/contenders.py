"""Contenders of a benchmark, each in a process of its own: what one costs, the median of some runs, and a row of the table."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence

HEAD = f"| {'contender':<34} | pages/CPU-s | ms CPU/page | wall s | peak MB | ratio |"

Cost = dict[str, float]  # "cpu" and "wall" in seconds, "rss" in MB


def cost(run: Callable[[], object]) -> Cost:
    """Return what a call costs this process: CPU and wall seconds, and the peak of its memory until then in MB."""
    before, begin = _cpu(), time.monotonic()
    run()
    used, wall = _cpu() - before, time.monotonic() - begin
    return {"cpu": used, "wall": wall, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def medians(command: Sequence[str], repeat: int) -> Cost:
    """Run a command, which prints its cost as JSON, some times; returns the medians."""
    results: list[Cost] = [json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout) for _ in range(repeat)]
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def row(label: str, pages: int, spent: Cost, base: float) -> str:
    """Return a contender's row; the ratio is that of `base`, in pages per CPU-second, to it."""
    rate = pages / spent["cpu"]
    figures = f"{rate:11,.0f} | {1000 / rate:11.2f} | {spent['wall']:6.1f} | {spent['rss']:7.0f} | {base / rate:4.1f}x"
    return f"| {label:<34} | {figures} |"
