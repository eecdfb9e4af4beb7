"""The checks that gate publishing: each file of `sql/checks` is a SELECT that returns no rows when all is well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.errors import CheckFailed
from pipeline.warehouse.migrate import WRITTEN_FOR
from pipeline.warehouse.sqlfiles import SqlFile, sql_files

SAMPLE = 5  # rows shown of a check that failed


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A check that returned rows, and the first of them."""

    name: str
    meaning: str
    rows: tuple[dict[str, Any], ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.meaning} It found: " + "; ".join(_row(row) for row in self.rows)


def failed_checks(connection: Connection, *, root: Path | None = None) -> list[CheckFailure]:
    """Run every check; returns those that failed."""
    dialect = connection.dialect.name if connection.dialect.name in WRITTEN_FOR else "postgresql"
    return [failure for file in sql_files("checks", dialect, root=root) if (failure := _failure(connection, file))]


def refuse_failures(url: str, failures: list[CheckFailure]) -> None:
    """Raise `CheckFailed` that names every failed check with its rows."""
    if failures:
        told = "\n".join(f"  {failure}" for failure in failures)
        raise CheckFailed(
            f"{url}: not published, what was published before stays as it is; the checks of sql/checks failed:\n{told}"
        )


def _failure(connection: Connection, file: SqlFile) -> CheckFailure | None:
    (statement,) = file.statements()
    rows = connection.execute(sa.text(statement.replace(":", r"\:"))).mappings().fetchmany(SAMPLE)
    return CheckFailure(file.name, file.comment, tuple(dict(row) for row in rows)) if rows else None


def _row(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
