"""Ask the warehouse from the command line: one SELECT, read-only, as a table or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.report import finding
from pipeline.warehouse import made_warehouse
from pipeline.warehouse.search import is_on

FOUND = ("article_id", "site", "title", "published_at", "url")
COLUMN_WIDTH = 60  # characters; longer values are cut in a table, never in CSV


def ask(settings: Settings, query: str, *, as_csv: bool = False) -> Iterator[str]:
    """Yield the lines of the answer; raises `ConfigError` for a query that the database refuses or that would write."""
    warehouse = made_warehouse(settings)
    with warehouse.reading() as connection:  # nothing is committed here, so a query that would write leaves no trace
        try:
            result = connection.execute(sa.text(query.replace(":", r"\:")))
        except DBAPIError as error:
            raise ConfigError(f"sql: {error.orig}") from error
        if not result.returns_rows:
            raise ConfigError("sql: only queries that return rows are run; the warehouse is written by the nightly load alone")
        names, rows = list(result.keys()), result.fetchall()
    yield from _csv(names, rows) if as_csv else _table(names, rows)


def find(settings: Settings, words: str) -> Iterator[str]:
    """Yield the newest articles that have the words, as the report finds them; `ConfigError` while there is no full-text index."""
    with made_warehouse(settings).reading() as connection:
        if not is_on(connection):
            raise ConfigError("search: there is no full-text index; set COPYDESK_FULL_TEXT=1 and run `copydesk db upgrade`")
        found = finding.find(connection, words)
        while not found.hits and found.after:  # of a phrase none among those that were looked at first
            found = finding.find(connection, words, found.after)
    rows = [[getattr(hit.row, name) for name in FOUND] for hit in found.hits]
    nothing = f"{'no article' if found.indexed else 'none of the newest articles'} has these words"
    yield from _table(FOUND, rows) if rows else (nothing,)


def _csv(names: Sequence[str], rows: Sequence[Any]) -> Iterator[str]:
    for row in (names, *rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        yield line.getvalue()


def _table(names: Sequence[str], rows: Sequence[Any]) -> Iterator[str]:
    cells = [[_cell(value) for value in row] for row in (names, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)
    yield f"({len(rows)} row{'' if len(rows) == 1 else 's'})"


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= COLUMN_WIDTH else text[: COLUMN_WIDTH - 1] + "…"
