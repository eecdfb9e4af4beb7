"""One loader or migration at a time: the lock that every writer of a warehouse takes, and who holds it."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DBAPIError, OperationalError

from pipeline.errors import Transient
from pipeline.warehouse.db_errors import LIMITS, shown_url
from pipeline.warehouse.tables import schema_migrations

logger = logging.getLogger(__name__)

LOCK_KEY = 0x636F7079  # "copy": the advisory lock that every loader and migration of a PostgreSQL database takes
FIRST_TRY = 0.2  # seconds to wait for a lock before saying so, or before trying again
_CONTENDED = re.compile("conflict|lock|seriali[sz]", re.IGNORECASE)  # how databases say that another one writes
# Of a writer's transaction: a table that a user has locked is not waited for without end, as it is by default.
WRITER_SETTINGS = ("set_config('application_name', :name, true)", "set_config('lock_timeout', :ms, true)")


@contextmanager
def locked(connection: Connection, who: str, timeout: float) -> Iterator[Callable[[], None]]:
    """Take the writer's lock inside the connection's transaction, with which it ends; yields what to call before the commit.

    Raises `Transient` when another writer keeps the lock beyond `timeout` seconds.
    """
    if connection.dialect.name == "sqlite":
        _lock_sqlite(connection, timeout)
        note = _holder_file(connection)
        note.write_text(json.dumps({"pid": os.getpid(), "who": who}))
        try:
            yield _nothing
        finally:
            note.unlink(missing_ok=True)
        return
    if connection.dialect.name == "postgresql":
        _lock_postgresql(connection, who, timeout)
        yield _nothing
        return
    row = _lock_row(connection, timeout)
    yield _nothing if row is None else partial(_set_applied_at, connection, row.name, row.applied_at)


def lift_limits(connection: Connection) -> None:
    """Free a transaction of PostgreSQL of the limits for users' queries: a load, or what a stage reads, may take many minutes."""
    lifted = sa.text("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = ANY(:names)")
    connection.execute(lifted, {"names": list(LIMITS.values())})


def _nothing() -> None:
    """No lock to put back."""


def _lock_sqlite(connection: Connection, timeout: float) -> None:
    if _begin_immediate(connection, FIRST_TRY):
        return
    _say_waiting(connection, _holder(connection), timeout)
    if not _begin_immediate(connection, timeout):
        raise _gave_up(connection, _holder(connection), timeout)


def _begin_immediate(connection: Connection, timeout: float) -> bool:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(timeout * 1000)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _holder_file(connection: Connection) -> Path:
    return Path(f"{connection.engine.url.database}-loader")


def _holder(connection: Connection) -> str:
    try:
        note = json.loads(_holder_file(connection).read_text())
        return f"process {note['pid']} ({note['who']})"
    except (OSError, ValueError, KeyError):
        return "another process"


def _lock_postgresql(connection: Connection, who: str, timeout: float) -> None:
    mine = {"name": f"copydesk {who}"[:63], "ms": f"{max(1, int(timeout * 1000))}ms"}
    connection.execute(sa.text(f"SELECT {', '.join(WRITER_SETTINGS)}"), mine)
    lift_limits(connection)
    if connection.execute(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK_KEY}).scalar():
        return
    holder = _postgresql_holder(connection)
    _say_waiting(connection, holder, timeout)
    try:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == "55P03":  # lock_not_available
            raise _gave_up(connection, holder, timeout) from error
        raise


def _postgresql_holder(connection: Connection) -> str:
    query = sa.text(
        "SELECT a.application_name, a.pid, a.usename FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.objid = :key AND l.granted AND l.database = (SELECT oid FROM pg_database"
        " WHERE datname = current_database())"
    )
    row = connection.execute(query, {"key": LOCK_KEY}).first()
    return f"{row.application_name!r} (backend {row.pid}, user {row.usename})" if row else "another loader"


def _lock_row(connection: Connection, timeout: float) -> Row[Any] | None:
    """Change a row that every writer changes first: a second one waits for it, or is refused and tries again.

    Returns the row as it was, to be put back before the commit; None where the first `db upgrade` has yet to make it.
    """
    if not sa.inspect(connection).has_table(schema_migrations.name):
        return None
    deadline = time.monotonic() + timeout
    waits = False
    while True:
        row = connection.execute(sa.select(schema_migrations).order_by(schema_migrations.c.name)).first()
        try:
            if row is not None:
                _set_applied_at(connection, row.name, datetime.now(UTC))
            return row
        except DBAPIError as error:
            connection.rollback()
            if not _CONTENDED.search(str(error.orig)):
                raise
            if time.monotonic() > deadline:
                raise _gave_up(connection, "another loader", timeout) from error
            if not waits:
                _say_waiting(connection, "another loader", timeout)
            waits = True
            time.sleep(FIRST_TRY)


def _set_applied_at(connection: Connection, name: str, moment: datetime) -> None:
    connection.execute(schema_migrations.update().values(applied_at=moment).where(schema_migrations.c.name == name))


def _say_waiting(connection: Connection, holder: str, timeout: float) -> None:
    shown = shown_url(connection.engine.url)
    logger.warning("%s is being written by %s: waiting for it, up to %.0f s", shown, holder, timeout)


def _gave_up(connection: Connection, holder: str, timeout: float) -> Transient:
    return Transient(
        "warehouse_locked",
        f"{shown_url(connection.engine.url)} was still being written by {holder} after {timeout:.0f} s;"
        " wait for that load to end, or raise COPYDESK_LOCK_TIMEOUT",
    )
