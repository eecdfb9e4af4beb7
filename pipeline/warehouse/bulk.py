"""Bulk writing in the way each database does best: PostgreSQL by COPY, SQLite by its driver's executemany, others by Core.

Rows are the tuples of `rows`; articles come as Arrow batches instead (`insert_batch`). Rows of which some are stored already
go by way of `merge`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.batched import batched
from pipeline.warehouse.pgcopy import HEADER, TRAILER, encoded
from pipeline.warehouse.rows import Row
from pipeline.warehouse.tables import UtcDateTime

BATCH = 2000  # rows in memory at a time: an article with its blocks is some 10 KB
LONG = 500  # bytes of a text, in the mean of a column
COPY_BYTES = 1 << 20  # text collected before it is handed to the driver
WORK_MEM = "64MB"  # of the one connection that loads
GROWN = 0.1  # of a table's rows are many new ones: from there on the server's own autovacuum would count them too
STATISTICS = 25  # of the default 100: what a load is planned with; autovacuum counts a table that has grown with its own
MANY = 200_000  # new articles, whose indexes no longer fit into SQLite's cache: each row would read and write a page of each
KEYS_AT_ONCE = 500  # keys of one look-up: every database takes so many bound values


_COUNTED = sa.text("""
SELECT reltuples, pg_has_role(relowner, 'USAGE') OR to_regproc('copydesk_analyze') IS NULL
FROM pg_class WHERE oid = to_regclass(:name)
""")
_ARROW_TYPES: tuple[tuple[Any, pa.DataType], ...] = (
    (sa.BigInteger, pa.int64()),
    (sa.Integer, pa.int32()),
    (sa.Float, pa.float64()),
    (sa.Boolean, pa.bool_()),
    (sa.Date, pa.date32()),
)


class Bulk(Protocol):
    """Writes many rows over one connection."""

    @property
    def connection(self) -> Connection:
        """The connection, inside the transaction of the load."""

    def insert(self, table: sa.Table, rows: Iterable[Row]) -> int:
        """Insert rows given in the order of the table's columns; return their number."""

    def insert_batch(self, table: sa.Table, batch: pa.RecordBatch) -> int:
        """Insert an Arrow batch with the schema of the table; return its number of rows."""

    def select_by_key(self, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Iterator[Row]:
        """Yield the columns of the rows whose first key column is in `keys` (no spaces in them); instants are naive UTC."""

    def empty(self, table: sa.Table) -> None:
        """Remove all rows of a temporary table."""

    def analyse(self, table: sa.Table, new: int | None = None) -> None:
        """Let the planner know what a table holds; with the number of its `new` rows only when they are many for it.

        PostgreSQL's own autovacuum counts only committed rows: a table that it meets during its first load, or after a load that
        was killed, has pages and no rows for it. Such a table is joined row by row, and read through whatever index: 300 s
        and more were seen where three do. What is counted here stays until the load ends.
        """

    def index_later(self, table: sa.Table, new: int) -> list[str]:
        """Take the indexes of a table away that has most of its rows from this load, the `new` ones, and many; its key stays.

        Returns the statements that make them again; none where readers would miss them.
        """


@cache
def arrow_schema(table: sa.Table) -> pa.Schema:
    """Return the schema of the Arrow batches that `insert_batch` takes for a table; JSON is text in them."""
    return pa.schema([pa.field(column.name, _arrow_type(column.type)) for column in table.columns])


def as_batch(table: sa.Table, columns: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """Return a batch that `insert_batch` takes for a table, of its columns in their order."""
    schema = arrow_schema(table)
    return pa.record_batch([pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema)


def _arrow_type(kind: Any) -> pa.DataType:
    if isinstance(kind, UtcDateTime):
        return pa.timestamp("us", tz="UTC")
    for family, found in _ARROW_TYPES:
        if isinstance(kind, family):
            return found
    return pa.string()


@dataclass(frozen=True, slots=True)
class CoreBulk:
    """Any database SQLAlchemy speaks to: slower, by Core statements alone."""

    connection: Connection

    def insert(self, table: sa.Table, rows: Iterable[Row]) -> int:
        decode = [(column.name, _decoder(column)) for column in table.columns]
        total = 0
        for chunk in batched(rows, BATCH):
            values = [{name: f(v) for (name, f), v in zip(decode, row, strict=True)} for row in chunk]
            self.connection.execute(table.insert(), values)
            total += len(chunk)
        return total

    def insert_batch(self, table: sa.Table, batch: pa.RecordBatch) -> int:
        return self.insert(table, zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def select_by_key(self, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Iterator[Row]:
        key = next(iter(table.primary_key.columns))
        for chunk in batched(keys, KEYS_AT_ONCE):
            found = self.connection.execute(sa.select(*(table.c[c] for c in columns)).where(key.in_(chunk)))
            yield from _naive(table, columns, map(tuple, found), lambda v: v.astimezone(UTC).replace(tzinfo=None))

    def empty(self, table: sa.Table) -> None:
        self.connection.execute(table.delete())

    def analyse(self, table: sa.Table, new: int | None = None) -> None:
        return

    def index_later(self, table: sa.Table, new: int) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class SqliteBulk:
    """SQLite: the driver takes our tuples as they are."""

    connection: Connection

    def insert(self, table: sa.Table, rows: Iterable[Row]) -> int:
        return self._insert(table, rows, ["?"] * len(table.columns))

    def insert_batch(self, table: sa.Table, batch: pa.RecordBatch) -> int:
        # Long texts go as the UTF-8 they are in Arrow and in the file: as Python's they would be read and written once more.
        long = [pa.types.is_string(column.type) and column.nbytes > LONG * len(column) for column in batch.columns]
        columns = [column.cast(pa.binary()) if is_long else column for column, is_long in zip(batch.columns, long, strict=True)]
        marks = ["CAST(? AS TEXT)" if is_long else "?" for is_long in long]
        return self._insert(table, zip(*map(_plain, columns), strict=True), marks)

    def _insert(self, table: sa.Table, rows: Iterable[Row], marks: Sequence[str]) -> int:
        names = ", ".join(column.name for column in table.columns)
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(marks)})"  # noqa: S608 (names are our own)
        total = 0
        for chunk in batched(rows, BATCH):
            self.connection.exec_driver_sql(statement, chunk)
            total += len(chunk)
        return total

    def select_by_key(self, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Iterator[Row]:
        key = next(iter(table.primary_key.columns)).name
        statement = f"SELECT {', '.join(columns)} FROM {table.name} WHERE {key} IN (SELECT value FROM json_each(?))"  # noqa: S608
        cursor = self.connection.connection.cursor()  # SQLAlchemy's rows would cost as much as the query
        cursor.execute(statement, (json.dumps(list(keys)),))
        yield from _naive(table, columns, cursor.fetchall(), lambda v: datetime.fromisoformat(v[:-6]))  # it ends in +00:00
        cursor.close()

    def empty(self, table: sa.Table) -> None:
        self.connection.execute(table.delete())

    def analyse(self, table: sa.Table, new: int | None = None) -> None:
        return

    def index_later(self, table: sa.Table, new: int) -> list[str]:
        if new < MANY:
            return []
        # No row is ever deleted from the tables that this is asked for: the greatest number is about how many there are.
        if 2 * new < self.connection.exec_driver_sql(f"SELECT MAX(rowid) FROM {table.name}").scalar_one():  # noqa: S608
            return []
        named = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
        indexes = self.connection.exec_driver_sql(named, (table.name,)).all()
        for name, _ in indexes:
            self.connection.exec_driver_sql(f"DROP INDEX {name}")
        return [statement for _, statement in indexes]


@dataclass(frozen=True, slots=True)
class PostgresBulk:
    """PostgreSQL by psycopg: COPY inside the connection's transaction."""

    connection: Connection

    def insert(self, table: sa.Table, rows: Iterable[Row]) -> int:
        names = ", ".join(column.name for column in table.columns)
        cells = [_csv_cell(column) for column in table.columns]
        total, size, pending = 0, 0, list[str]()
        cursor = self.connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT csv)") as copy:
            for row in rows:
                line = ",".join(["" if v is None else cell(v) for cell, v in zip(cells, row, strict=True)])
                pending.append(line)
                total += 1
                size += len(line)
                if size > COPY_BYTES:
                    copy.write(_csv(pending))
                    size, pending = 0, []
            if pending:
                copy.write(_csv(pending))
        cursor.close()
        return total

    def insert_batch(self, table: sa.Table, batch: pa.RecordBatch) -> int:
        names = ", ".join(column.name for column in table.columns)
        cursor = self.connection.connection.cursor()
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT binary)") as copy:
            copy.write(HEADER)
            for piece in encoded(batch, table):
                for start in range(0, len(piece), COPY_BYTES):
                    copy.write(piece[start : start + COPY_BYTES])
            copy.write(TRAILER)
        cursor.close()
        return len(batch)

    def select_by_key(self, table: sa.Table, columns: Sequence[str], keys: Sequence[str]) -> Iterator[Row]:
        key = next(iter(table.primary_key.columns)).name
        # Instants without their zone, which is UTC: the driver reads these several times as fast.
        chosen = (f"{c} AT TIME ZONE 'UTC'" if isinstance(table.c[c].type, UtcDateTime) else c for c in columns)
        statement = f"SELECT {', '.join(chosen)} FROM {table.name} WHERE {key} = ANY(string_to_array(%s, ' '))"  # noqa: S608
        cursor = self.connection.connection.cursor()  # as in SqliteBulk
        cursor.execute(statement, (" ".join(keys),))
        yield from cursor.fetchall()
        cursor.close()

    def empty(self, table: sa.Table) -> None:
        self.connection.exec_driver_sql(f"TRUNCATE {table.name}")  # deleted rows would be read again with every batch

    def analyse(self, table: sa.Table, new: int | None = None) -> None:
        rows, own = self.connection.execute(_COUNTED, {"name": table.name}).one()
        if new is not None and new <= GROWN * rows:
            return
        if own:
            self.connection.exec_driver_sql(f"ANALYZE {table.name}")
        else:  # a loader of sql/roles, who must ask for it
            self.connection.execute(sa.select(sa.func.copydesk_analyze(table.name)))

    def index_later(self, table: sa.Table, new: int) -> list[str]:
        return []


def bulk_for(connection: Connection) -> Bulk:
    """Return the bulk writer of the connection's database."""
    if connection.dialect.name == "sqlite":
        return SqliteBulk(connection)
    if (connection.dialect.name, connection.dialect.driver) == ("postgresql", "psycopg"):
        _prefer_lz4(connection)
        _work_in_memory(connection)
        connection.exec_driver_sql("SET LOCAL timezone = 'UTC'")
        connection.exec_driver_sql("SET LOCAL jit = off")  # compiling a night's statements took longer than it saved
        connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")  # some thousand rows are found by key, not by reading all
        connection.exec_driver_sql(f"SET LOCAL default_statistics_target = {STATISTICS}")
        return PostgresBulk(connection)
    return CoreBulk(connection)


def _naive(table: sa.Table, columns: Sequence[str], rows: Iterable[Row], naive: Callable[[Any], datetime]) -> Iterable[Row]:
    """Return the rows with each instant made naive."""
    places = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, UtcDateTime)]
    for place in places:
        rows = [(*row[:place], row[place] and naive(row[place]), *row[place + 1 :]) for row in rows]
    return rows


def _prefer_lz4(connection: Connection) -> None:
    """Compress long texts by lz4, which halves the server's work, where the server was built with it."""
    query = sa.text("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
    if connection.execute(query).scalar():
        connection.exec_driver_sql("SET LOCAL default_toast_compression = 'lz4'")


def _work_in_memory(connection: Connection) -> None:
    """Let the server sort and join a night's rows in memory, if it is not allowed more than that already."""
    connection.execute(
        sa.text("SELECT set_config('work_mem', :mem, true) WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(:mem)"),
        {"mem": WORK_MEM},
    )


def _csv(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _quoted(value: str) -> str:
    return f'"{value}"' if '"' not in value else '"' + value.replace('"', '""') + '"'


def _csv_cell(column: sa.Column[Any]) -> Callable[[Any], str]:
    return str if isinstance(column.type, (sa.Integer, sa.Float, sa.Boolean, sa.Date)) else _quoted


def _plain(column: pa.Array) -> list[Any]:
    """Return the values of a column as SQLite stores them: times and dates as ISO 8601 text, as `isoformat` writes it."""
    if pa.types.is_timestamp(column.type):
        moments = column.cast(pa.timestamp("us"))
        exact = moments.cast(pa.string())  # 2026-03-01 02:30:00.000000
        whole = pc.utf8_slice_codeunits(exact, 0, 19)
        text = pc.if_else(pc.ends_with(exact, ".000000"), whole, exact)
        column = pc.binary_join_element_wise(pc.utf8_replace_slice(text, 10, 11, "T"), "+00:00", "")
    elif pa.types.is_date32(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def _decoder(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """Return how a value of our rows becomes what Core expects for the column."""
    if isinstance(column.type, UtcDateTime):
        return lambda v: datetime.fromisoformat(v) if isinstance(v, str) else v
    if isinstance(column.type, sa.Date):
        return lambda v: date.fromisoformat(v) if isinstance(v, str) else v
    if isinstance(column.type, sa.JSON):
        return lambda v: json.loads(v) if isinstance(v, str) else v
    return lambda v: v
