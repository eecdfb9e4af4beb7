"""Count each run once, when it is loaded, so that whoever looks at a night does not count it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.sqlfiles import sql_files
from pipeline.warehouse.tables import BIG, run_sources, runs


def _temporary(name: str, texts: Sequence[str], numbers: Sequence[str]) -> sa.Table:
    columns: list[sa.Column[Any]] = [sa.Column(text, sa.Text()) for text in texts]
    return sa.Table(name, sa.MetaData(), *columns, *(sa.Column(number, BIG) for number in numbers), prefixes=["TEMPORARY"])


_articles = _temporary("run_articles", ("article_id", "source_id", "site"), ("words",))
# What cleaning took out of them, by source, site, rule and first digit of the article, with the least article of each.
_dropped = _temporary("run_dropped", ("source_id", "site", "rule", "digit", "article_id"), ("blocks", "articles"))


def count_runs(connection: Connection, changed: str | None) -> None:
    """Count the run that a load has changed, and every run that was loaded before there were figures."""
    uncounted = ~sa.exists().where(run_sources.c.run_id == runs.c.run_id)
    todo = sa.select(runs.c.run_id, runs.c.run_date).where(sa.or_(runs.c.run_id == changed, uncounted)).order_by(runs.c.run_id)
    wanted = connection.execute(todo).all()
    if not wanted:
        return
    for table in (_articles, _dropped):
        table.create(connection)
    for run_id, run_date in wanted:
        _count(connection, run_id, run_date)
    for table in (_articles, _dropped):
        table.drop(connection)


def _count(connection: Connection, run_id: str, run_date: date) -> None:
    for table in (_articles, _dropped):
        connection.execute(table.delete())
    known: dict[str, sa.BindParameter[Any]] = {"run_id": sa.bindparam("run_id", run_id, sa.Text())}
    known["run_date"] = sa.bindparam("run_date", run_date, sa.Date())
    for file in sql_files("figures", connection.dialect.name):  # articles, then run
        for statement in file.statements():
            text = sa.text(statement)
            connection.execute(text.bindparams(*(known[name] for name in known if f":{name}" in statement)))
