"""
### Take CC-NEWS and other WARC files in

```
import
```

The pages of the files are filed in the archive under the run date as if they had been fetched that night; what follows is
the rest of the night: extract, clean, dedup, load, publish. A damaged record costs that record.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import common
from airflow.sdk import Param, dag, get_current_context, task

from pipeline import nights
from pipeline.config import load_settings


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=common.DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["copydesk", "import"],
    params={
        "files": Param(type="array", items={"type": "string"}, title="WARC files", description="Paths on the worker, one a line."),
        "run_date": common.RUN_DATE,
    },
)
def import_archive() -> None:
    @task(task_id="import")
    def import_files() -> None:
        params: dict[str, Any] = get_current_context()["params"]
        nights.import_warcs(load_settings(), common.run_date(), params["files"])

    import_files()


import_archive()
