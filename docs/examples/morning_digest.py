"""
### An example: what to do when the night is in

This DAG has no clock. It runs each time `nightly_articles` or `import_archive` has loaded a night, since these tell Airflow that
the asset *articles* is new. The event says which night and how much came of it; the articles are asked of the
warehouse. Copy the file to your `dags/` folder and write your own task.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, dag, get_current_context, task

logger = logging.getLogger(__name__)

ARTICLES = Asset("articles", uri="copydesk://articles")


@dag(schedule=[ARTICLES], start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, doc_md=__doc__, tags=["copydesk", "example"])
def morning_digest() -> None:
    @task
    def most_copied() -> list[str]:
        """Name the five stories of the night that most publishers ran."""
        from pipeline.config import load_settings
        from pipeline.report.sql import ask

        events: Any = get_current_context()["triggering_asset_events"]
        night = events[ARTICLES][-1].extra
        logger.info("%(articles)d articles of %(run_date)s, %(copies)d of them copies", night)
        query = (
            f"SELECT title, sites, copies FROM nightly_stories WHERE run_date = '{night['run_date']}'"  # noqa: S608
            " ORDER BY sites DESC, copies DESC, title LIMIT 5"
        )
        return list(ask(load_settings(), query))

    most_copied()


morning_digest()
