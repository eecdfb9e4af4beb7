"""
### Run archived nights again with today's rules

```
plan > [ replay ] for each night, oldest first
```

Every raw page is kept, so any night can be extracted, cleaned, deduplicated and loaded again when the rules have become
better. Nothing is fetched. An article whose text comes out otherwise gets a new version; its older ones stay.
`python -m pipeline replay --since 2026-11-01 --diff` shows what would change without changing anything.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import common
from airflow.sdk import Param, dag, get_current_context, task

from pipeline import replay
from pipeline.config import load_settings


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["copydesk", "replay"],
    params={
        "since": Param(type="string", format="date", title="First night", description="E.g. 2026-11-01."),
        "until": Param(
            None, type=["null", "string"], format="date", title="Last night", description="Empty: the last one archived."
        ),
    },
)
def replay_articles() -> None:
    @task
    def plan() -> list[str]:
        params: dict[str, Any] = get_current_context()["params"]
        return replay.archived_dates(load_settings(), params["since"], params["until"])

    # One at a time: a night is compared with the nights before it, so they are decided in their order.
    @task(map_index_template="{{ night }}", max_active_tis_per_dagrun=1)
    def night(run_date: str) -> None:
        get_current_context()["night"] = run_date  # type: ignore[typeddict-unknown-key]
        replay.replay(load_settings(), [run_date])

    night.expand(run_date=plan())


replay_articles()
