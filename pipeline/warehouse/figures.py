"""Count each run once, when it is loaded, so that whoever looks at a night does not count it again."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.sqlfiles import sql_files
from pipeline.warehouse.tables import run_sources, runs

# What cleaning took out of the run's articles, a row for each article and rule.
_dropped = sa.Table(
    "run_dropped",
    sa.MetaData(),
    *(sa.Column(name, sa.Text()) for name in ("article_id", "source_id", "site", "rule")),
    *(sa.Column(name, sa.Integer()) for name in ("blocks", "block_index")),
    prefixes=["TEMPORARY"],
)


def count_runs(connection: Connection, changed: str | None) -> None:
    """Count the run that a load has changed, and every run that was loaded before there were figures."""
    uncounted = ~sa.exists().where(run_sources.c.run_id == runs.c.run_id)
    todo = sa.select(runs.c.run_id, runs.c.run_date).where(sa.or_(runs.c.run_id == changed, uncounted)).order_by(runs.c.run_id)
    wanted = connection.execute(todo).all()
    if not wanted:
        return
    _dropped.create(connection)
    for run_id, run_date in wanted:
        _count(connection, run_id, run_date)
    _dropped.drop(connection)


def _count(connection: Connection, run_id: str, run_date: date) -> None:
    connection.execute(_dropped.delete())
    (file,) = sql_files("figures")
    known: dict[str, sa.BindParameter[Any]] = {"run_id": sa.bindparam("run_id", run_id, sa.Text())}
    known["run_date"] = sa.bindparam("run_date", run_date, sa.Date())
    for statement in file.statements():
        text = sa.text(statement)
        connection.execute(text.bindparams(*(known[name] for name in known if f":{name}" in statement)))
