"""
### Run archived nights again with today's rules

```
replay the nights, oldest first
```

Every raw page is kept, so any night can be extracted, cleaned, deduplicated and loaded again when the rules have become
better. Nothing is fetched. An article whose text comes out otherwise gets a new version; its older ones stay.
`python -m pipeline replay --since 2026-11-01 --diff` shows what would change without changing anything.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import Any

import common
from airflow.sdk import Param, dag, get_current_context, task

from pipeline import replay
from pipeline.config import load_settings

logger = logging.getLogger(__name__)


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
    # One task, since a night is compared with the nights before it: they are decided in their order, whatever is retried.
    @task
    def nights() -> list[str]:
        params: dict[str, Any] = get_current_context()["params"]
        settings = load_settings()
        dates = replay.archived_dates(settings, params["since"], params["until"])
        replay.replay(settings, dates, on_date=partial(logger.info, "replaying %s"))
        return dates

    nights()


replay_articles()
