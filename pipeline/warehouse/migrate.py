"""Bring a database to the schema of `sql/`: numbered migrations once each, views whenever their file changed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from pipeline.config import Settings
from pipeline.errors import Fatal
from pipeline.warehouse.engine import Warehouse, check_made, configured_warehouse
from pipeline.warehouse.sqlfiles import SqlFile, as_text, sql_files
from pipeline.warehouse.tables import metadata, schema_migrations

logger = logging.getLogger(__name__)

WRITTEN_FOR = ("postgresql", "sqlite")  # any other dialect gets its tables from the Core definitions
VIEW = "view "
# What PostgreSQL says of a view that would lose or change a column, and of a column that a view reads.
VIEWS_IN_THE_WAY = ("42P16", "0A000", "2BP01")
LOCK_NOT_AVAILABLE = "55P03"
LOCK_WAIT_MS = 1000  # how long readers may be held up by an upgrade that waits for one of them
READERS_PASS = 2.0  # seconds in which they are not


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """One file of the schema and where it stands in this database."""

    name: str
    state: Literal["applied", "pending", "edited", "unknown"]
    applied_at: datetime | None = None

    def __str__(self) -> str:
        when = f"  {self.applied_at:%Y-%m-%d %H:%M} UTC" if self.applied_at else ""
        return f"{self.state:8} {self.name}{when}"


def status(warehouse: Warehouse, *, root: Path | None = None) -> list[MigrationStatus]:
    """Return where each migration and view stands; changes nothing."""
    with warehouse.reading() as connection:
        done = _applied(connection)
    found: list[MigrationStatus] = []
    for name, file in _wanted(warehouse.dialect, root).items():
        checksum, applied_at = done.pop(name, (None, None))
        changed: Literal["pending", "edited"] = "pending" if name.startswith(VIEW) or checksum is None else "edited"
        found.append(MigrationStatus(name, "applied" if checksum == file.checksum else changed, applied_at))
    return found + [MigrationStatus(name, "unknown", applied_at) for name, (_, applied_at) in sorted(done.items())]


def written_for(dialect: str) -> str:
    """Return whose files of `sql/` a database of a dialect gets: PostgreSQL's where none are written for it."""
    return dialect if dialect in WRITTEN_FOR else "postgresql"


def is_made(connection: Connection) -> bool:
    """Say whether the warehouse has its tables, of whatever version."""
    return sa.inspect(connection).has_table(schema_migrations.name)


def upgrade(warehouse: Warehouse, *, root: Path | None = None) -> list[str]:
    """Apply what is pending, in one transaction; returns the names applied.

    Raises `Fatal` for a migration that was edited after it was applied, and for a database that a later version made.
    """
    wanted = _wanted(warehouse.dialect, root)
    # A view that only another version has is in nobody's way: whoever looks something up would wait for the load that is under way.
    if all(entry.state == "applied" or _is_of_another(entry) for entry in status(warehouse, root=root)):
        return []
    with warehouse.writing("db upgrade") as connection:
        schema_migrations.create(connection, checkfirst=True)
        done = _applied(connection)
        _refuse_edited(warehouse, wanted, {name: checksum for name, (checksum, _) in done.items()})
        pending = [name for name, file in wanted.items() if name not in done or done[name][0] != file.checksum]
        if pending:
            if warehouse.dialect == "postgresql":
                _between_readers(warehouse, connection, lambda: _replace(connection, pending, wanted, done))
            else:
                _make_again(connection, pending, wanted, done)
            _record(connection, pending, wanted, gone=[name for name in done if name.startswith(VIEW) and name not in wanted])
    if pending:
        logger.info("%s: applied %s", warehouse.url, ", ".join(pending))
    return pending


def made_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse to look something up, its schema up to date; raises `ConfigError` when there is none yet."""
    check_made(settings.warehouse_url)
    return current_warehouse(settings)


def current_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse with the schema of this version, and make it where there is none."""
    warehouse = configured_warehouse(settings)
    upgrade(warehouse)
    return warehouse


def _is_of_another(entry: MigrationStatus) -> bool:
    return entry.state == "unknown" and entry.name.startswith(VIEW)


def _wanted(dialect: str, root: Path | None) -> dict[str, SqlFile]:
    migrations = {file.name: file for file in sql_files(f"migrations/{written_for(dialect)}", root=root)}
    return migrations | {VIEW + file.name: file for file in sql_files("views", written_for(dialect), root=root)}


def _applied(connection: Connection) -> dict[str, tuple[str | None, datetime | None]]:
    if not is_made(connection):
        return {}
    rows = connection.execute(sa.select(schema_migrations).order_by(schema_migrations.c.name))
    return {row.name: (row.checksum, row.applied_at) for row in rows}


def _refuse_edited(warehouse: Warehouse, wanted: dict[str, SqlFile], done: dict[str, str | None]) -> None:
    for name, checksum in done.items():
        if name.startswith(VIEW):
            continue
        if name not in wanted:
            raise Fatal(
                f"{warehouse.url} has the migration {name}, which this version does not know: upgrade Copydesk or, if you went back"
                " to this version, restore the warehouse's backup of before"
            )
        if wanted[name].checksum != checksum:
            raise Fatal(
                f"{wanted[name].path} was edited after it was applied to {warehouse.url};"
                " restore the file and put the change into a new migration"
            )


def _between_readers(warehouse: Warehouse, connection: Connection, work: Callable[[], None]) -> None:
    """Do work on the schema of PostgreSQL, again while other sessions hold a table or view that it needs.

    Who waits for such a lock keeps all waiting who come after: one transaction that an analyst leaves open would hold every reader
    up. So it is waited for shortly, and the others pass in between.
    """
    deadline = time.monotonic() + warehouse.lock_timeout
    while True:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}")
                return work()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE or time.monotonic() > deadline:
                raise
        logger.info("%s: another session holds a table or view that the upgrade needs: it is tried again", warehouse.url)
        time.sleep(READERS_PASS)


def _make_again(connection: Connection, pending: Sequence[str], wanted: dict[str, SqlFile], done: Collection[str]) -> None:
    """Apply what is pending with every view dropped before and made again."""
    views = [name for name in wanted if name.startswith(VIEW)]
    _drop_views(connection, [*views, *(name for name in done if name.startswith(VIEW))])
    for name in dict.fromkeys([*(n for n in pending if not n.startswith(VIEW)), *views]):
        _apply(connection, name, wanted[name])


def _replace(connection: Connection, pending: Sequence[str], wanted: dict[str, SqlFile], done: Collection[str]) -> None:
    """Apply what is pending without dropping a view that stays, as users have rights on it and views of their own that read it.

    PostgreSQL cannot do that where columns of a view are gone or others: then all of them are made again.
    """
    try:
        with connection.begin_nested():
            _drop_views(connection, [name for name in done if name.startswith(VIEW) and name not in wanted])
            for name in pending:
                _apply(connection, name, wanted[name], replace=True)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in VIEWS_IN_THE_WAY:
            raise
        _make_again(connection, pending, wanted, done)


def _drop_views(connection: Connection, names: Sequence[str]) -> None:
    for name in dict.fromkeys(names):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name.removeprefix(VIEW)}")


def _apply(connection: Connection, name: str, file: SqlFile, *, replace: bool = False) -> None:
    if connection.dialect.name not in WRITTEN_FOR and not name.startswith(VIEW):
        _complete_tables(connection)
        return
    for statement in file.statements():
        if replace and name.startswith(VIEW):
            statement = statement.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
        connection.execute(as_text(statement))
    if name.startswith(VIEW) and connection.dialect.name == "postgresql":
        _comment_view(connection, file)


def _complete_tables(connection: Connection) -> None:
    """Make the tables and columns that are missing, as the Core definitions say.

    No reflection, which fewer dialects have than a SELECT. A column that is added to a table with rows may be null there.
    """
    metadata.create_all(connection)
    quoted = connection.dialect.identifier_preparer
    for table in metadata.sorted_tables:
        known = set(connection.execute(sa.select(sa.text("*")).select_from(table).where(sa.false())).keys())
        for column in table.columns:
            if column.name not in known:
                kind = column.type.compile(connection.dialect)
                added = f"{quoted.format_column(column)} {kind}"
                connection.execute(sa.text(f"ALTER TABLE {quoted.format_table(table)} ADD COLUMN {added}"))


def _comment_view(connection: Connection, file: SqlFile) -> None:
    comments = {f"VIEW {file.name}": file.comment}
    comments |= {f'COLUMN {file.name}."{column}"': meaning for column, meaning in file.columns.items()}
    for target, comment in comments.items():
        literal = sa.literal(comment).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        connection.execute(as_text(f"COMMENT ON {target} IS {literal!s}"))


def _record(connection: Connection, names: Sequence[str], wanted: dict[str, SqlFile], gone: Sequence[str]) -> None:
    now = datetime.now(UTC)
    connection.execute(schema_migrations.delete().where(schema_migrations.c.name.in_([*names, *gone])))
    rows = [{"name": name, "checksum": wanted[name].checksum, "applied_at": now} for name in names]
    connection.execute(schema_migrations.insert(), rows)
