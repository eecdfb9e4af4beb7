"""Behind a pooler such as PgBouncer a session goes from one transaction to the next, whoever asks."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from pipeline.warehouse import load, open_warehouse
from tests.warehouse.conftest import emptied
from tests.warehouse.make import full_night

LEFT = "SELECT (SELECT COUNT(*) FROM pg_prepared_statements), (SELECT COUNT(*) FROM pg_class WHERE relpersistence = 't')"


@pytest.mark.slow
def test_a_load_leaves_nothing_in_its_session(shared_database: str) -> None:
    with open_warehouse(emptied(shared_database), pool=QueuePool) as warehouse:
        for day in range(8):  # psycopg prepares what it is asked five times
            assert load(warehouse, full_night(day)).changed
        with warehouse.reading() as connection:
            assert connection.execute(sa.text(LEFT)).one() == (0, 0)
