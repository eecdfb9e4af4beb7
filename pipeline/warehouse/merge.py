"""Bring many rows into a table that has some of them already: staged in a temporary table, then merged by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from pipeline.warehouse.bulk import Bulk
from pipeline.warehouse.rows import Row


class Merged(NamedTuple):
    """What a merge did, in rows."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


@cache  # one object a table, so that SQLAlchemy finds its compiled statements again
def _staging_table(table: sa.Table) -> sa.Table:
    """Return the temporary table `staged_<name>`: the same columns, no key, and the place of each row in the input."""
    columns = [sa.Column(column.name, column.type) for column in table.columns]
    place = sa.Column("place", sa.Integer(), nullable=False)
    return sa.Table(f"staged_{table.name}", sa.MetaData(), *columns, place, prefixes=["TEMPORARY"])


def stage(bulk: Bulk, table: sa.Table, rows: Iterable[Row] | Iterable[pa.RecordBatch]) -> tuple[sa.Table, int]:
    """Put rows into a new staging table of `table`; of rows with one key the last stays. Returns it and their number."""
    staged = _staging_table(table)
    staged.create(bulk.connection)
    iterator = iter(rows)
    first = list(islice(iterator, 1))
    if first and isinstance(first[0], pa.RecordBatch):
        total = sum(_insert_placed(bulk, staged, chain(first, iterator)))
    else:
        total = bulk.insert(staged, ((*row, place) for place, row in enumerate(chain(first, iterator))))
    if total:
        bulk.analyse(staged)
        keys = [staged.c[column.name] for column in table.primary_key.columns]
        last = sa.select(sa.func.max(staged.c.place)).group_by(*keys)
        total -= bulk.connection.execute(staged.delete().where(staged.c.place.not_in(last))).rowcount
    return staged, total


def _insert_placed(bulk: Bulk, staged: sa.Table, given: Iterable[Any]) -> Iterator[int]:
    """Insert batches, each row with its place in the input; yield the number of rows of each."""
    start = 0
    for batch in given:
        places = pa.array(range(start, start + len(batch)), pa.int32())
        yield bulk.insert_batch(staged, batch.append_column("place", places))
        start += len(batch)


def merge(
    bulk: Bulk,
    table: sa.Table,
    staged: sa.FromClause,
    total: int,
    *,
    not_compared: Sequence[str] = (),
    kept: Sequence[str] = (),
    assigned: Mapping[str, sa.ColumnElement[Any]] | None = None,
    only: sa.ColumnElement[bool] | None = None,
) -> Merged:
    """Update the rows that differ from the staged ones, insert those that are missing.

    `not_compared` are written but do not make a row different; `kept` stay as stored; `assigned` are computed from the
    stored and the staged row; `only` bars updates (of a newer row by an older, say).
    """
    if total == 0:
        return Merged()
    keys = [column.name for column in table.primary_key.columns]
    match = sa.and_(*(table.c[k] == staged.c[k] for k in keys))
    assigned = assigned or {}
    plain = [c.name for c in table.columns if c.name not in {*keys, *kept, *assigned}]
    differs = sa.or_(*(table.c[c].is_distinct_from(staged.c[c]) for c in plain if c not in not_compared))
    updated = 0
    if plain:
        condition = sa.and_(match, differs, only) if only is not None else sa.and_(match, differs)
        values = {c: staged.c[c] for c in plain} | dict(assigned)
        updated = bulk.connection.execute(table.update().values(values).where(condition)).rowcount
    names = [column.name for column in table.columns]
    # In order of the key: the index grows in one place, and the rows that are missing are found before the first is inserted.
    missing = sa.select(*(staged.c[c] for c in names)).where(~sa.exists().where(match)).order_by(*(staged.c[k] for k in keys))
    inserted = bulk.connection.execute(table.insert().from_select(names, missing)).rowcount
    if inserted:
        bulk.analyse(table, inserted)
    return Merged(inserted, updated, total - inserted - updated)
