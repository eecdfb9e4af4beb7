"""The stages of a night: discover > fetch > extract > clean > dedup > load > publish.

Each is a function of a `Run` (and a shard, where the work is divided): it reads the partitions of the stage before it and
commits its own, so it can be killed at any moment and run again. Airflow and the command line call the same functions.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.records import StageReport
from pipeline.runs import STAGES, Run, shards_to_do
from pipeline.stages.clean import clean
from pipeline.stages.dedup import dedup
from pipeline.stages.discover import discover
from pipeline.stages.extract import extract, extractor, fetched_pages
from pipeline.stages.fetch import add_fetches, fetch, fetch_again
from pipeline.stages.load import load, publish

__all__ = [
    "add_fetches",
    "clean",
    "dedup",
    "discover",
    "extract",
    "extractor",
    "fetch",
    "fetch_again",
    "fetched_pages",
    "load",
    "publish",
    "run_stages",
]


def run_stages(run: Run, first: str = STAGES[0], last: str = STAGES[-1], on_stage: Callable[[str], None] | None = None) -> None:
    """Run the stages from `first` to `last` in this process, shard after shard."""
    sharded: dict[str, Callable[[Run, str], StageReport]] = {"fetch": fetch, "clean": clean}
    whole: dict[str, Callable[[Run], StageReport]] = {"discover": discover, "dedup": dedup, "load": load, "publish": publish}
    for stage in STAGES[STAGES.index(first) : STAGES.index(last) + 1]:
        if on_stage:
            on_stage(stage)
        if stage == "extract":
            _extract_all(run)
        elif stage in whole:
            whole[stage](run)
        else:
            for shard in shards_to_do(run, stage):
                sharded[stage](run, shard)


def _extract_all(run: Run) -> None:
    """Extract shard after shard with the same workers: to start them takes as long as some fifty pages."""
    with extractor(run.settings, run.store()) as results:
        for shard in shards_to_do(run, "extract"):
            extract(run, shard, results)
