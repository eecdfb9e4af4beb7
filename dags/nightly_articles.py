"""
### From news pages to clean, deduplicated articles in the warehouse

```
plan > discover > [ fetch > extract > clean ] for each shard > dedup > load > publish > summary
```

| task | does |
|---|---|
| **discover** | reads feeds, sitemaps, lists and folders of the sources, and finds what is new |
| **fetch** | fetches the pages politely and keeps every one of them, as it came, in the archive |
| **extract** | takes the article out of each page; what is no article goes to the quarantine with its reason |
| **clean** | labels what is not the article's own: advertisements, share bars, related headlines, the site's own lines |
| **dedup** | groups the copies of a story, names the one that stands for it, and where each passage was taken from |
| **load** | loads the night in one transaction; refuses when more pages failed than the error budget allows |
| **publish** | checks the warehouse, then swaps in the Parquet and DuckDB files for analysts |

A shard owns its sites, so one task talks to a host. Any task can be cleared and run again: the tables come out the same.
A run from the form may name its date, sources, stages and a page limit; a *dry run* does everything but load and publish.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import common
from airflow.sdk import Asset, CronDataIntervalTimetable, Metadata, Param, TriggerRule, dag, result, task, task_group

from pipeline import runs, stages
from pipeline.config import source_choices
from pipeline.scheduling import run_of

ARTICLES = Asset("copydesk://articles")


@dag(
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["copydesk", "nightly"],
    params={
        "run_date": common.RUN_DATE,
        "sources": Param(
            None,
            type=["null", "array"],
            examples=source_choices(),
            items={"type": "string"},
            title="Sources",
            description="Which of the sources to read. Empty: all of them.",
        ),
        "stages": common.STAGE_CHOICE,
        "page_limit": Param(
            None, type=["null", "integer"], minimum=1, title="Page limit", description="At most so many pages a source, e.g. 50."
        ),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Do everything but load and publish."),
    },
)
def nightly_articles() -> None:
    @task(multiple_outputs=False)
    def plan() -> dict[str, Any]:
        return common.plan()

    @task
    def discover(plan: dict[str, Any]) -> list[str]:
        run = run_of(plan)
        if "discover" in plan["stages"]:
            stages.discover(run)
        return runs.shards_to_do(run)

    @task_group
    def pages(plan: dict[str, Any], shard: str) -> None:
        fetch, extract, clean = (common.shard_task(stage) for stage in runs.SHARDED)
        fetch(plan, shard) >> extract(plan, shard) >> clean(plan, shard)

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def dedup(plan: dict[str, Any]) -> None:
        common.unless_left_out("dedup", plan)
        stages.dedup(run_of(plan))

    @task(trigger_rule=TriggerRule.NONE_FAILED, outlets=[ARTICLES])
    def load(plan: dict[str, Any]) -> Any:
        common.unless_left_out("load", plan)
        report = stages.load(run_of(plan))
        yield Metadata(ARTICLES, {"run_date": report.run_date, "articles": report.seen})

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def publish(plan: dict[str, Any]) -> None:
        common.unless_left_out("publish", plan)
        stages.publish(run_of(plan))

    @result
    @task(trigger_rule=TriggerRule.NONE_FAILED, multiple_outputs=False)
    def summary(plan: dict[str, Any]) -> dict[str, dict[str, int]]:
        return runs.log_funnel(run_of(plan))

    planned: Any = plan()
    shards = discover(planned)
    pages.partial(plan=planned).expand(shard=shards) >> dedup(planned) >> load(planned) >> publish(planned) >> summary(planned)


nightly_articles()
