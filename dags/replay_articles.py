"""
### Run archived nights again with today's rules

```
plan ─► night 1 ─► night 2 ─► … ─► night n      each: extract, clean, dedup, load, publish
```

Every raw page is kept, so any night can be extracted, cleaned, deduplicated and loaded again when the rules have become
better. Nothing is fetched. An article whose text comes out otherwise gets a new version; its older ones stay.

The nights run in their order, one at a time, each a mapped task of its own: one that failed is cleared alone, and those after
it have waited. A check that fails after a night is a warning, since the nights after it may mend what it found; after the last
night it fails the task. With **only compare** nothing is changed, and the log shows what would be.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import common
from airflow.sdk import Param, dag, get_current_context, task

from pipeline import replay
from pipeline.config import load_settings
from pipeline.scheduling import parse_date

logger = logging.getLogger(__name__)


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULT_ARGS,
    on_failure_callback=common.RUN_FAILED,
    description="Archived nights, extracted, cleaned, deduplicated and loaded again with today's rules",
    doc_md=__doc__,
    tags=["copydesk", "replay"],
    params={
        "since": Param(type="string", format="date", title="First night", description="The first night, for example 2026-11-01."),
        "until": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Last night",
            description="The last night, for example 2026-11-07. Empty: the last one archived.",
        ),
        "only_compare": Param(
            False,
            type="boolean",
            title="Only compare",
            description="Change nothing, and show in the log what would change, for example before a new rule is used.",
        ),
    },
)
def replay_articles() -> None:
    @task(execution_timeout=10 * common.MINUTES)
    def plan() -> list[list[str]]:
        """Name the nights: each on its own, but all of them together to be compared, since they build on each other."""
        params = common.form()
        since, until = parse_date(params["since"], "since"), params["until"] and parse_date(params["until"], "until")
        dates = replay.archived_dates(load_settings(), since, until)
        return [dates] if params["only_compare"] else replay.portions(dates)

    # A sensor, since it waits for the night before it without taking a slot.
    @task.sensor(
        mode="reschedule",
        poke_interval=10,
        map_index_template="{{ nights }}",
        timeout=common.PATIENCE,
        max_active_tis_per_dagrun=1,
        execution_timeout=24 * common.HOURS,
        doc_md="Run everything after fetch again for a night, when those before it are done.",
    )
    def night(dates: list[str]) -> bool:
        context: Any = get_current_context()
        context["nights"] = " – ".join(dict.fromkeys((dates[0], dates[-1])))
        if context["params"]["only_compare"]:
            for line in replay.diff(load_settings(), dates):
                logger.info("%s", line)
        elif not common.earlier_are_done(context):
            return False
        else:
            replay.replay(load_settings(), dates, last=context["ti"].xcom_pull(task_ids="plan")[-1][-1])
        return True

    night.expand(dates=plan())


replay_articles()
