"""CPU time of extraction and cleaning beside trafilatura, page by page in turn, so that a busy machine slows both alike.

    python -m benchmarks.cleaning_speed --data EVAL/extraction [--step 7]

One process, settled as a worker is; its start is not counted. Takes each `step`th page of the sets; prints milliseconds a page, and
beside trafilatura's text alone what it takes to bring title, authors and date too, as ours does.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cleaning import SETS, read_lines, trafilatura, trafilatura_metadata
from pipeline.clean import label
from pipeline.errors import Reject
from pipeline.extract.page import PageInput, extract, warm_up
from pipeline.extract.worker import settle
from pipeline.urls import site_of


def copydesk(page: dict[str, str]) -> object:
    """Extract and label a page, alone."""
    try:
        site = site_of(page["url"]) if page["url"] else ""
        return label(extract(PageInput(page["url"] if site else None, "", site, page["html"], kind="html")))
    except Reject as reject:
        return reject


def seconds(function: Callable[[dict[str, str]], object], page: dict[str, str]) -> float:
    """Return the CPU seconds of a call."""
    started = time.process_time()
    function(page)
    return time.process_time() - started


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the sets")
    parser.add_argument("--step", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.data is None:
        print("no --data: the labelled sets are not part of the repository; nothing to measure")
        return
    logging.disable(logging.CRITICAL)
    warm_up()
    for peer in (trafilatura, trafilatura_metadata):
        peer({"url": "", "html": "<html><body><p>Warm up.</p></body></html>"})
    settle()
    spent = dict.fromkeys(("copydesk", "trafilatura", "trafilatura with metadata"), 0.0)
    count = 0
    for name in SETS:
        for line in read_lines(arguments.data / f"{name}.jsonl.gz", None)[arguments.step // 2 :: arguments.step]:
            page = json.loads(line)
            for tool, function in zip(spent, (copydesk, trafilatura, trafilatura_metadata), strict=True):
                spent[tool] += seconds(function, page)
            count += 1
    for tool, total in spent.items():
        print(f"{tool:26s} {1000 * total / count:5.1f} ms a page, {total / spent['copydesk']:.2f} of ours ({count} pages)")


if __name__ == "__main__":
    main()
