"""Loads one night in a process of its own: `python -m tests.warehouse.loader URL DAY SIZE`. Tests kill it."""

from __future__ import annotations

import sys

from pipeline.warehouse import load, open_warehouse
from tests.warehouse.make import full_night


def main() -> None:
    url, day, size = sys.argv[1:]
    with open_warehouse(url) as warehouse:
        print("open", flush=True)
        load(warehouse, full_night(int(day), int(size)))
    print("loaded", flush=True)


if __name__ == "__main__":
    main()
