"""
### Take CC-NEWS and other WARC files in

```
                          for each shard of sites
plan ─► file ─┬─► extract ─► clean ─┬─► dedup ─► load ─► publish ─► summary
              └─► extract ─► clean ─┘
```

The pages of the files are **filed** in the archive under the run date as if they had been fetched that night; what follows is
the rest of a night. A damaged record costs that record, and importing a file twice changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import common
from airflow.sdk import Param, dag, get_current_context, task

from pipeline import nights, runs, scheduling
from pipeline.scheduling import run_of


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULT_ARGS,
    on_failure_callback=common.RUN_FAILED,
    description="WARC files as the pages of a night",
    doc_md=__doc__,
    tags=["copydesk", "import"],
    params={
        "files": Param(
            type="array",
            items={"type": "string", "minLength": 1},
            minItems=1,
            title="WARC files",
            description="Paths on the worker, one a line, for example /data/CC-NEWS-20261120020000-00001.warc.gz.",
        ),
        "run_date": common.date_param(
            "The night that the pages are filed as, for example 2026-11-20. Empty: the date of the run itself."
        ),
    },
)
def import_archive() -> None:
    @task(execution_timeout=10 * common.MINUTES)
    def plan() -> dict[str, Any]:
        """Read the form."""
        return scheduling.plan_of_import(common.run_date())

    @task(execution_timeout=12 * common.HOURS)
    def file(plan: dict[str, Any]) -> list[str]:
        """File the pages of the WARC files in the archive."""
        run = run_of(plan)
        nights.file_warcs(run, get_current_context()["params"]["files"])
        return runs.shards_to_do(run, "extract")

    planned: Any = plan()
    opened, shards = common.open_workspace(planned), file(planned)
    night = common.pages(("extract", "clean"), planned, shards) >> common.dedup(planned)
    opened >> shards
    common.finish(planned, night)


import_archive()
