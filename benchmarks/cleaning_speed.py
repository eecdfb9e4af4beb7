"""CPU time of extraction and cleaning beside trafilatura, page by page in turn, so that a busy machine slows both alike.

    python benchmarks/cleaning_speed.py --data ../shared/eval/extraction [--step 7]

One process, settled as a worker is; its start is not counted. Takes each `step`th page of the sets; prints milliseconds a page.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cleaning import SETS, read_lines, trafilatura
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
    trafilatura({"html": "<html><body><p>Warm up.</p></body></html>"})
    settle()
    count, ours, theirs = 0, 0.0, 0.0
    for name in SETS:
        for line in read_lines(arguments.data / f"{name}.jsonl.gz", None)[arguments.step // 2 :: arguments.step]:
            page = json.loads(line)
            ours += seconds(copydesk, page)
            theirs += seconds(trafilatura, page)
            count += 1
    print(f"{count} pages: {1000 * ours / count:.1f} ms a page, trafilatura {1000 * theirs / count:.1f}, ratio {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
