"""The checks that gate publishing: each file of `sql/checks` is a SELECT that returns no rows when all is well."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.errors import CheckFailed
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.migrate import written_for
from pipeline.warehouse.sqlfiles import SqlFile, as_text, sql_files
from pipeline.warehouse.tables import run_checks

SAMPLE = 5  # rows shown of a check that failed


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A check that returned rows, and the first of them. `mend` says what to do."""

    name: str
    meaning: str
    mend: str
    rows: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        found = "; ".join(_row(row) for row in self.rows)
        return " ".join(filter(None, (f"{self.name}: {self.meaning}", self.mend, f"It found: {found}")))  # an alert may be cut


def failed_checks(connection: Connection, left_out: Collection[str] = ()) -> list[CheckFailure]:
    """Run every check but those left out; returns those that failed."""
    files = _checks(connection.dialect.name, left_out)
    return [failure for file in files if (failure := _failure(connection, file))]


def record_checks(warehouse: Warehouse, run_date: str, failures: list[CheckFailure], left_out: Collection[str] = ()) -> None:
    """Keep what the checks found for a night, in place of what they found before; writes nothing when it is the same."""
    day = date.fromisoformat(run_date)
    failed = {failure.name: failure for failure in failures}
    rows = [
        {
            "run_date": day,
            "name": file.name,
            "passed": file.name not in failed,
            "meaning": f"{file.comment} {file.mend}".strip() if file.name in failed else file.comment,
            "found": [_plain(row) for row in failed[file.name].rows] if file.name in failed else [],
        }
        for file in _checks(warehouse.dialect, left_out)
    ]
    stored = sa.select(run_checks).where(run_checks.c.run_date == day).order_by(run_checks.c.name)
    with warehouse.reading() as connection:
        if [dict(row) for row in connection.execute(stored).mappings()] == rows:
            return
    with warehouse.writing(f"checks of {run_date}") as connection:
        connection.execute(run_checks.delete().where(run_checks.c.run_date == day))
        connection.execute(run_checks.insert(), rows)


def _checks(dialect: str, left_out: Collection[str]) -> list[SqlFile]:
    return [file for file in sql_files("checks", written_for(dialect)) if file.name not in left_out]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as JSON can hold it: numbers as they are, all else as text."""
    return {name: value if isinstance(value, (int, float, str)) or value is None else str(value) for name, value in row.items()}


def refuse_failures(url: str, failures: list[CheckFailure]) -> None:
    """Raise `CheckFailed` that names every failed check in its first line, which is all that some see, and below with its rows."""
    if failures:
        names = ", ".join(failure.name for failure in failures)
        told = "\n".join(f"  {failure}" for failure in failures)
        kept = "nothing is published, and what was published before stays as it is"
        raise CheckFailed(f"{names} of sql/checks failed in {url}: {kept}\n{told}")


def _failure(connection: Connection, file: SqlFile) -> CheckFailure | None:
    (statement,) = file.statements()
    rows = connection.execute(as_text(statement)).mappings().fetchmany(SAMPLE)
    return CheckFailure(file.name, file.comment, file.mend, tuple(dict(row) for row in rows)) if rows else None


def _row(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
