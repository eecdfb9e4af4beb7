"""What a night costs at sizes that no machine here can run, from one that it can.

    python -m benchmarks.night --pages 2000 10000 20000 --output night.json
    python -m benchmarks.scale_model night.json [--window 6] [--index-days 30] [--largest-host 20000]

A stage is a line, CPU = start + cost a page x pages, drawn through the smallest and the largest size that were measured. How far to
trust it is printed first: what a line through the other sizes says of the largest. Storage is the measured bytes a page.
Prices are list prices of one public cloud; put your own in their place.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
PUTS_A_MILLION = 296  # benchmarks/s3.py: segments of 64-100 MB; index, rows and manifest of each shard
STAGE_PUTS_A_SHARD = 6  # extract, clean: one part and one manifest a shard; dedup, load and publish are one each
PAGES_A_SHARD = 25_000  # about what a task ends in half an hour
RAW_KB = 28.4  # a news page with gzip, as benchmarks/pages.py makes it; the newsroom's pages are smaller
ARTICLE_SHARE = 0.85  # of the pages fetched; the rest are rejects
WAREHOUSE_KB = 17.0  # an article with its dropped lines, versions and indexes on PostgreSQL (docs/operations.md)
INDEX_BYTES = 1.1 * 1024  # a document of 600 words in the index of nights (docs/decisions/0005-the-index-of-nights.md)
SERIAL = ("dedup", "load", "publish")  # stages that see the whole night in one task


@dataclass(frozen=True, slots=True)
class Line:
    """CPU seconds of a stage: `start` + `page` x pages; memory in MB of its largest process, likewise."""

    stage: str
    start: float
    page: float
    memory: float
    memory_page: float

    def cpu(self, pages: float) -> float:
        return self.start + self.page * pages

    def megabytes(self, pages: float) -> float:
        return self.memory + self.memory_page * pages


def line(stage: str, measured: Sequence[dict[str, Any]]) -> Line:
    """Draw a stage's line through its smallest and its largest measured size."""
    first, last = measured[0], measured[-1]
    between = last["rows"] - first["rows"]
    page = max(0.0, (last["cpu"] - first["cpu"]) / between)
    grows = max(0.0, (last["process_mb"] - first["process_mb"]) / between)
    start = max(0.0, first["cpu"] - page * first["rows"])
    return Line(stage, start, page, first["process_mb"] - grows * first["rows"], grows)


def validation(costs: dict[str, list[dict[str, Any]]]) -> str:
    """Return a table of what the smaller nights say of the largest."""
    rows = ["| stage | rows | foretold CPU s | measured | error |", "|---|---|---|---|---|"]
    total = [0.0, 0.0]
    for stage, (*smaller, largest) in costs.items():
        said, was = line(stage, smaller).cpu(largest["rows"]), largest["cpu"]
        total = [total[0] + said, total[1] + was]
        rows.append(f"| {stage} | {largest['rows']:,} | {said:.1f} | {was:.1f} | {said / was - 1:+.0%} |")
    rows.append(f"| whole night | | {total[0]:.1f} | {total[1]:.1f} | {total[0] / total[1] - 1:+.0%} |")
    return "\n".join(rows)


def plan(lines: Sequence[Line], pages: int, options: argparse.Namespace) -> list[str]:
    """Return the cells of one size: what a night of so many pages takes."""
    cpu = sum(each.cpu(pages) for each in lines)
    serial = sum(each.cpu(pages) for each in lines if each.stage in SERIAL)
    shards = -(-pages // PAGES_A_SHARD)
    puts = pages / 1e6 * PUTS_A_MILLION + shards * STAGE_PUTS_A_SHARD
    raw, warehouse = pages * RAW_KB / 2**20, pages * ARTICLE_SHARE * WAREHOUSE_KB / 2**20
    index = pages * ARTICLE_SHARE * options.index_days * INDEX_BYTES / 2**30
    dedup = next(each for each in lines if each.stage == "dedup").megabytes(pages) / 1024
    hours = serial / 3600
    workers = max(1, -(-int(cpu - serial) // int(max(1.0, options.window - hours) * 3600)))
    dollars = cpu / 3600 * options.vcpu_hour + puts * options.put / 1000
    return [
        f"{pages:,}",
        f"{cpu / 3600:,.1f}",
        f"{workers:,}",
        f"{hours:,.1f}",
        f"{puts:,.0f}",
        f"{raw:,.1f}",
        f"{warehouse:,.1f}",
        f"{index:,.1f}",
        f"{dedup:,.1f}",
        f"{dollars:,.2f}",
        f"{(raw + warehouse) * 30 * options.gb_month:,.0f}",
    ]


def main() -> None:
    """Print the validation and the plan as Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("night", type=Path, help="what benchmarks/night.py wrote with --output: three sizes or more")
    parser.add_argument("--window", type=float, default=6.0, help="hours that a night may take (default: %(default)s)")
    parser.add_argument("--index-days", type=int, default=30, help="days of the duplicates' window (default: %(default)s)")
    parser.add_argument(
        "--extract-seconds", type=float, help="CPU seconds to extract a page (default: as measured, on small pages)"
    )
    parser.add_argument("--largest-host", type=int, default=20_000, help="pages of the largest host (default: %(default)s)")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between two requests to a host (default: %(default)s)")
    parser.add_argument("--vcpu-hour", type=float, default=0.045, help="dollars (default: %(default)s)")
    parser.add_argument("--gb-month", type=float, default=0.023, help="dollars (default: %(default)s)")
    parser.add_argument("--put", type=float, default=0.005, help="dollars a thousand (default: %(default)s)")
    options = parser.parse_args()
    costs: dict[str, list[dict[str, Any]]] = {}
    for cost in json.loads(options.night.read_text()):
        costs.setdefault(cost["stage"], []).append(cost)
    if any(len(measured) < 3 for measured in costs.values()):
        made = f"python -m benchmarks.night --pages 2000 10000 20000 --output {options.night}"
        parser.error(f"{options.night} needs three sizes: {made}")
    print(validation(costs))
    head = (
        "pages a night | CPU hours | cores for the sharded stages | hours in one task | PUTs | raw GB | warehouse GB"
        f" | index GB, {options.index_days} days | dedup task GB | $ a night | $ a month to keep a month"
    )
    print(f"\n| {head} |\n{'|---' * (head.count('|') + 1)}|")
    lines = [line(stage, measured) for stage, measured in costs.items()]
    if options.extract_seconds:
        lines = [replace(each, page=options.extract_seconds) if each.stage == "extract" else each for each in lines]
    for pages in SIZES:
        print(f"| {' | '.join(plan(lines, pages, options))} |")
    hours = options.largest_host * options.delay / 3600
    print(
        f"\nA host of {options.largest_host:,} new pages at one each {options.delay:g} s takes {hours:.1f} hours with any machine."
    )


if __name__ == "__main__":
    main()
