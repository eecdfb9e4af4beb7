"""The warehouse as the pages see it: its views alone, with the types that SQLite does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from pipeline.warehouse.sqlfiles import sql_files
from pipeline.warehouse.tables import JSON, UtcDateTime

DATES = ("run_date", "first_seen", "last_seen")
FLAGS = ("retryable", "passed", "paywalled")
LISTS = ("authors", "proof", "found")

Row = Any  # a row of a view: its columns by name


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list that is read in pieces: `after` is the key of the last one, None when no more follow."""

    rows: tuple[Row, ...]
    after: Any = None


@cache
def view(name: str) -> sa.TableClause:
    """Return a view of `sql/views` with the columns that its file describes."""
    (file,) = (file for file in sql_files("views", "postgresql") if file.name == name)
    return sa.table(name, *(sa.column(column, _type(column)) for column in file.columns))


def _type(column: str) -> TypeEngine[Any]:
    if column.endswith("_at"):
        return UtcDateTime()
    if column in DATES:
        return sa.Date()
    if column in FLAGS:
        return sa.Boolean()
    return JSON if column in LISTS else sa.types.NULLTYPE


def page_of(connection: Connection, query: sa.Select[Any], size: int, *key: str) -> Page:
    """Return the first `size` rows of a query that is ordered by the columns of `key`."""
    rows = tuple(connection.execute(query.limit(size + 1)))
    more = len(rows) > size
    return Page(rows[:size], tuple(getattr(rows[size - 1], name) for name in key) if more else None)
