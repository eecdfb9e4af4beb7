"""
### From news pages to clean, deduplicated articles in the warehouse

```
                         for each shard of sites
plan ─► discover ─┬─► fetch ─► extract ─► clean ─┬─► dedup ─► load ─► publish ─► summary
                  ├─► fetch ─► extract ─► clean ─┤              │         │
                  └─► fetch ─► extract ─► clean ─┘              ▼         ▼
                        │         │         │              articles   Parquet and DuckDB
                        ▼         ▼         ▼              (asset)    for analysts
                     archive   rejects   dropped lines,
                                         each with its rule
```

| task | does |
|---|---|
| **plan** | reads the form, and waits for the nights before this one in a backfill |
| **discover** | reads feeds, sitemaps, lists and folders of the sources, and finds what is new |
| **fetch** | fetches the pages politely and keeps every one of them, as it came, in the archive |
| **extract** | takes the article out of each page; what is no article goes to the quarantine with its reason |
| **clean** | labels what is not the article's own: advertisements, share bars, related headlines, the site's own lines |
| **dedup** | groups the copies of a story, names the one that stands for it, and where each passage was taken from |
| **load** | loads the night in one transaction; refuses when more pages failed than the error budget allows |
| **publish** | checks the warehouse, then swaps in the Parquet and DuckDB files for analysts |
| **summary** | shows what became of every page; its counts are the result of the run |

A shard owns its sites, so one task talks to a host. Any task can be cleared and run again: the tables come out the same.
A run from the form may name its date, sources, stages and a page limit; a *dry run* does everything but load and publish.
A backfill runs its nights in their order, whatever its *max active runs*: a night is compared with those before it.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import common
from airflow.sdk import CronDataIntervalTimetable, Param, PokeReturnValue, dag, get_current_context, task

from pipeline import runs, scheduling, stages
from pipeline.scheduling import run_of
from pipeline.sources import source_names

logger = logging.getLogger(__name__)

SETTINGS = scheduling.settings_of_dags()


@dag(
    schedule=CronDataIntervalTimetable(SETTINGS.schedule, timezone=SETTINGS.timezone),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULT_ARGS,
    on_failure_callback=common.RUN_FAILED,
    description="News pages, fetched, cleaned, deduplicated and loaded into the warehouse every night",
    doc_md=__doc__,
    tags=["copydesk", "nightly"],
    params={
        "run_date": common.date_param(
            "The night to run, for example 2026-11-20. Empty, as it must be in a backfill: the date of the run itself."
        ),
        "sources": Param(
            None,
            type=["null", "array"],
            examples=list(source_names()),
            values_display=source_names(),
            items={"type": "string"},
            title="Sources",
            description="Which sources to read, for example only one that was mended. Empty: all of them.",
        ),
        "stages": common.STAGE_CHOICE,
        "page_limit": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            maximum=1_000_000,  # of an integer that has more than 64 bits Airflow's DAG processor dies, again and again
            title="Page limit",
            description="At most so many pages of each source, new or due to be looked at again, for example 50. Empty: no limit.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Do everything but load and publish, for example to see what a new source brings.",
        ),
    },
)
def nightly_articles() -> None:
    # Not a plain task: while it waits in a backfill it takes no slot. Nine nights wait when nothing is said, and each look is a
    # process of some seconds: every quarter of a minute they would take most places of a small installation.
    @task.sensor(
        mode="reschedule",
        poke_interval=15,
        exponential_backoff=True,
        max_wait=common.MINUTES,
        timeout=common.PATIENCE,
        execution_timeout=10 * common.MINUTES,
    )
    def plan() -> PokeReturnValue:
        """Read the form, and wait for the nights before this one in a backfill."""
        context = get_current_context()
        if earlier := common.earlier_night(context):
            logger.info("waiting for %s: a night is compared with those before it", earlier)
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(is_done=True, xcom_value=scheduling.plan_of(common.form(), common.run_date()))

    @task(execution_timeout=common.time_of("discover"))
    def discover(plan: dict[str, Any]) -> list[str]:
        """Find what is new at the sources, and divide it among the shards by site."""
        run = run_of(plan)
        if "discover" in plan["stages"]:
            common.count(stages.discover(run))
        return runs.shards_to_do(run)

    planned: Any = plan()
    opened, shards = common.open_workspace(planned), discover(planned)
    night = common.pages(runs.SHARDED, planned, shards) >> common.dedup(planned)
    opened >> shards
    common.finish(planned, night)


nightly_articles()
