"""PostgreSQL plans a load by what it knows of the tables, which may be that they are empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.records import StageReport
from pipeline.warehouse import Night, Warehouse, load, open_warehouse, upgrade
from tests.warehouse.conftest import admin
from tests.warehouse.make import article, fetch, night, story

WITHOUT_ROWS = """
SELECT relname FROM pg_class
WHERE relname IN ('articles', 'fetches', 'url_state', 'story_members', 'stories') AND reltuples = 0 AND relpages > 0
"""
COUNTING = ("ANALYZE", "\nSELECT reltuples")  # which mend it, and come after the rows


class Killed(Exception):
    """The load ends here."""


def pairs(number: int) -> Night:
    """A night of stories of two, with the fetch of each article."""
    stories = [[article(f"{n}/{of}", f"Report {n}.\n\nIt is long.") for of in range(2)] for n in range(number)]
    every = [a for of in stories for a in of]
    return replace(night(0, every), fetches=[fetch(a) for a in every], members=[m for of in stories for m in story(*of)])


def killed(warehouse: Warehouse, given: Night) -> None:
    """Load a night up to its last tables; none of its rows is committed."""

    def reports() -> Iterator[StageReport]:
        raise Killed
        yield

    with pytest.raises(Killed):
        load(warehouse, replace(given, reports=reports()))


def taken_for_empty(cursor: Any) -> set[str]:
    """Return the tables that have rows, and none for the planner, who goes by rows per page."""
    names = [name for (name,) in cursor.execute(WITHOUT_ROWS).fetchall()]
    return {name for name in names if cursor.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()}


@pytest.mark.slow
def test_after_a_load_that_was_killed_no_table_is_taken_for_empty(new_database: Callable[[], str]) -> None:
    url, given = new_database(), pairs(100)
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        killed(warehouse, given)
    # As autovacuum leaves it where it cannot cut the files short, because the next load is at work in them: pages without rows.
    admin(url, "VACUUM (ANALYZE, TRUNCATE off)")
    found: set[str] = set()
    with open_warehouse(url) as warehouse:

        @sa.event.listens_for(warehouse.engine, "before_cursor_execute")
        def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(COUNTING):
                with cursor.connection.cursor() as other:
                    found.update(taken_for_empty(other))

        with warehouse.reading() as connection:
            assert len(connection.execute(sa.text(WITHOUT_ROWS)).all()) == 5
        assert load(warehouse, given).counts["articles"]["inserted"] == 200
    assert not found
