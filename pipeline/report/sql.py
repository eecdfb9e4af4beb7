"""Ask the warehouse from the command line: one SELECT, read-only, as a table or CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any
from unicodedata import combining, east_asian_width

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.report import finding
from pipeline.terminal import cut
from pipeline.warehouse import made_warehouse
from pipeline.warehouse.search import is_on
from pipeline.warehouse.sqlfiles import as_text

FOUND = ("article_id", "site", "title", "published_at", "url")
ONLY_READ = "only queries that return rows are run; the warehouse is written by the nightly load alone"
REFUSED_WRITE = re.compile("readonly database|read-only transaction")
# Behind the comments that a query of the cookbook begins with.
ROWS_ONE_BY_ONE = re.compile(r"(?:\s|--.*\n|/\*(?s:.*?)\*/)*+(?:select|with|values|table)\b", re.IGNORECASE)
COLUMN_WIDTH = 60  # characters; longer values are cut in a table, never in CSV


def ask(settings: Settings, query: str, *, as_csv: bool = False) -> Iterator[str]:
    """Yield the lines of the answer; raises `ConfigError` for a query that the database refuses or that would write.

    CSV is yielded as its rows come, so that a whole view fits; a table needs them all for its widths.
    """
    warehouse = made_warehouse(settings)
    with warehouse.reading() as connection:
        _let_nothing_be_written(connection)
        # PostgreSQL's driver takes all rows at once but of a cursor, and that is for these queries alone.
        options = {"stream_results": as_csv and ROWS_ONE_BY_ONE.match(query) is not None}
        try:
            result = connection.execute(as_text(query), execution_options=options)
        except DBAPIError as error:
            said = str(error.orig)
            raise ConfigError(f"sql: {ONLY_READ if REFUSED_WRITE.search(said) else said}") from error
        if not result.returns_rows:
            raise ConfigError(f"sql: {ONLY_READ}")
        yield from _csv(list(result.keys()), result) if as_csv else _table(list(result.keys()), result.fetchall())


def _let_nothing_be_written(connection: Connection) -> None:
    """Have the database refuse a write in this transaction: it would be undone at the end, and the rows it returns look like done.

    On PostgreSQL a COMMIT within the query ends that: whoever must not write has a role of `sql/roles`.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def find(settings: Settings, words: str) -> Iterator[str]:
    """Yield the newest articles that have the words, as the report finds them; `ConfigError` while there is no full-text index."""
    with made_warehouse(settings).reading() as connection:
        if connection.dialect.name not in finding.FULL_TEXT:
            raise ConfigError(f"search: {connection.dialect.name} has no full-text index; use PostgreSQL or SQLite")
        if not is_on(connection):
            raise ConfigError("search: there is no full-text index; set COPYDESK_FULL_TEXT=1 and run `copydesk db upgrade`")
        found = finding.find(connection, words)
        while not found.hits and found.after:  # of a phrase none among those that were looked at first
            found = finding.find(connection, words, found.after)
    rows = [[getattr(hit.row, name) for name in FOUND] for hit in found.hits]
    nothing = f"{'no article' if found.all_read else 'none of the newest articles'} has these words"
    if not found.asked:
        nothing = "name a word that the articles must have"
    yield from _table(FOUND, rows, more=found.after is not None) if rows else (nothing,)


def _csv(names: Sequence[str], rows: Iterable[Any]) -> Iterator[str]:
    for row in chain([names], rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(map(_plain, row))
        yield line.getvalue()


def _table(names: Sequence[str], rows: Sequence[Any], *, more: bool = False) -> Iterator[str]:
    cells = [[_cell(value) for value in row] for row in (names, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        yield "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)
    yield f"({len(rows)} row{'' if len(rows) == 1 else 's'}{', and there may be more' if more else ''})"


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese letter is two wide, a mark above another letter none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _plain(value: object) -> object:
    """Return a value as it is shown: JSON, of which PostgreSQL's driver makes lists and objects, as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else value


def _cell(value: object) -> str:
    return cut("" if value is None else str(_plain(value)), COLUMN_WIDTH)
