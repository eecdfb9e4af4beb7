"""Open the warehouse: one SQLAlchemy engine, one loader at a time, and database errors in words a user can act on."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, Row, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool, Pool

from pipeline.errors import ConfigError, Fatal, Transient
from pipeline.warehouse.tables import schema_migrations

logger = logging.getLogger(__name__)

LOCK_KEY = 0x636F7079  # "copy": the advisory lock that every loader and migration of a PostgreSQL database takes
FIRST_TRY = 0.2  # seconds to wait for a lock before saying so, or before trying again
READ_TIMEOUT = 30.0  # seconds a SQLite reader waits while a checkpoint or a migration holds the file
_CONTENDED = re.compile("conflict|lock|seriali[sz]", re.IGNORECASE)  # how databases say that another one writes
_REFUSED = re.compile('password authentication failed|no password supplied|role ".*" does not exist|no pg_hba.conf entry')
# Of a writer's transaction. What a server says for its users' queries is not for a load of many minutes; and a table that a user
# has locked is not waited for without end, as it is by default.
WRITER_SETTINGS = (
    "set_config('application_name', :name, true)",
    "set_config('lock_timeout', :ms, true)",
    "set_config('statement_timeout', '0', true)",
    "set_config('idle_in_transaction_session_timeout', '0', true)",
)
CONNECT_TIMEOUT = 10  # seconds; the driver's own default is to wait for ever


@dataclass(frozen=True, slots=True)
class Warehouse:
    """An open warehouse. Use it as a context manager, or `close` it."""

    engine: Engine
    lock_timeout: float = 600.0

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    @property
    def url(self) -> str:
        """The URL with its password hidden: fit for logs and messages."""
        return shown_url(self.engine.url)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Hold a connection in a transaction that sees one committed state."""
        options = {"isolation_level": "REPEATABLE READ"} if self.dialect == "postgresql" else {}
        with explained(self), self.engine.connect().execution_options(**options) as connection:
            yield connection

    @contextmanager
    def writing(self, who: str) -> Iterator[Connection]:
        """Hold the one transaction that may write; commit at the end, undo it all on an error.

        Raises `Transient` when another writer keeps the lock beyond `lock_timeout`.
        """
        with explained(self):
            options = {"copydesk_begin": None, "preserve_rowcount": True}
            with self.engine.connect().execution_options(**options) as connection, _locked(self, connection, who) as release:
                yield connection
                if self.dialect == "postgresql":
                    connection.exec_driver_sql("DISCARD TEMP")  # a pooler gives the session to others
                release()
                connection.commit()
            if self.dialect == "sqlite":
                checkpoint(self)


def shown_url(url: URL) -> str:
    """Return a database URL without its secrets, wherever they stand in it."""
    query = {key: "***" if "password" in key or key == "passfile" else value for key, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def open_warehouse(url: str, *, lock_timeout: float = 600.0, pool: type[Pool] = NullPool) -> Warehouse:
    """Open the warehouse at a SQLAlchemy URL and try the connection; who asks it often keeps connections in a `pool`.

    Raises `ConfigError` for a URL that cannot be used and `Fatal` for a database that does not answer.
    """
    parsed = _parse(url)
    shown = shown_url(parsed)
    read_only = parsed.get_backend_name() == "sqlite" and _may_only_be_read(Path(parsed.database or ""))
    options: dict[str, Any] = {"creator": partial(_connect_read_only, Path(parsed.database or ""))} if read_only else {}
    try:
        engine = sa.create_engine(
            parsed, poolclass=pool, pool_pre_ping=pool is not NullPool, connect_args=_connect_args(parsed), **options
        )
    except NoSuchModuleError as error:
        raise ConfigError(
            f"COPYDESK_WAREHOUSE_URL: {shown}: there is no SQLAlchemy dialect {parsed.drivername!r};"
            " use sqlite:///file.db or postgresql://user:password@host/database"
        ) from error
    except ModuleNotFoundError as error:
        mend = "pip install 'copydesk[postgres]'" if parsed.drivername == "postgresql+psycopg" else f"install {error.name}"
        raise ConfigError(f"COPYDESK_WAREHOUSE_URL: {shown}: the driver {error.name!r} is not installed; {mend}") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, parsed, shown, read_only=read_only)
    if parsed.drivername == "postgresql+psycopg":
        event.listen(engine, "connect", _say_dates_as_iso)
    warehouse = Warehouse(engine, lock_timeout)
    with explained(warehouse, opening=True), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            _refuse_encoding(shown, str(connection.execute(sa.text("SHOW server_encoding")).scalar()))
        else:
            connection.execute(sa.text("SELECT 1"))
    return warehouse


def check_made(url: str) -> None:
    """Raise `ConfigError` when the URL names a SQLite file that is not there: to look something up makes no warehouse."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        where = Path(parsed.database or "").absolute()
        raise ConfigError(f"there is no warehouse at {where} yet; run a night, or name another with COPYDESK_WAREHOUSE_URL")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(
            "COPYDESK_WAREHOUSE_URL: not a database URL; write sqlite:///file.db or postgresql://user:password@host/database"
        ) from error
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError(f"COPYDESK_WAREHOUSE_URL: {shown_url(parsed)} names no file; write sqlite:///file.db")
    return parsed


def _connect_args(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": READ_TIMEOUT}
    if url.drivername == "postgresql+psycopg":
        defaults = {"connect_timeout": CONNECT_TIMEOUT, "application_name": "copydesk"}
        own = {key: value for key, value in defaults.items() if key not in url.query}
        # Texts come as UTF-8 whatever the server, the role or PGCLIENTENCODING would take.
        # Nothing is prepared: a pooler gives each transaction another session, and a plan made for a small table would stay.
        return own | {"client_encoding": "utf8", "prepare_threshold": None}
    return {}


def _say_dates_as_iso(connection: Any, _: object) -> None:
    """Have times written as the driver can read them, where the database or the role says another style."""
    if not (connection.info.parameter_status("DateStyle") or "").startswith("ISO"):
        connection.execute("SET datestyle = ISO")
        connection.commit()


def _refuse_encoding(shown: str, encoding: str) -> None:
    if encoding != "UTF8":
        raise ConfigError(
            f"COPYDESK_WAREHOUSE_URL: {shown} has the encoding {encoding}, which cannot hold every text;"
            " make the database with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


def _may_only_be_read(path: Path) -> bool:
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that may only be read. A write-ahead log is read with it; without one nobody writes, and none can be made."""
    how = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    uri = f"{path.absolute().as_uri()}?{how}"
    return sqlite3.connect(uri, uri=True, timeout=READ_TIMEOUT, check_same_thread=False)


def _prepare_sqlite(engine: Engine, url: URL, shown: str, *, read_only: bool) -> None:
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"COPYDESK_WAREHOUSE_URL: {shown}: cannot make the folder {str(folder)!r} ({error.strerror});"
            " name one that can be written"
        ) from error

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver would open no transaction for DDL and SELECT
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")  # KiB; a load that sorts an index takes as much again

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        begin = connection.get_execution_options().get("copydesk_begin", "BEGIN")
        if begin:
            connection.exec_driver_sql(begin)


def checkpoint(warehouse: Warehouse) -> None:
    """Move SQLite's write-ahead log into the database file, as far as readers allow."""
    with warehouse.engine.connect().execution_options(copydesk_begin=None) as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1000")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _locked(warehouse: Warehouse, connection: Connection, who: str) -> Iterator[Callable[[], None]]:
    """Take the writer's lock inside the connection's transaction, with which it ends; yields what to call before the commit."""
    if warehouse.dialect == "sqlite":
        _lock_sqlite(warehouse, connection)
        note = _holder_file(warehouse)
        note.write_text(json.dumps({"pid": os.getpid(), "who": who}))
        try:
            yield _nothing
        finally:
            note.unlink(missing_ok=True)
        return
    if warehouse.dialect == "postgresql":
        _lock_postgresql(warehouse, connection, who)
        yield _nothing
        return
    row = _lock_row(warehouse, connection)
    yield _nothing if row is None else partial(_set_applied_at, connection, row.name, row.applied_at)


def _nothing() -> None:
    """No lock to put back."""


def _lock_sqlite(warehouse: Warehouse, connection: Connection) -> None:
    if _begin_immediate(connection, FIRST_TRY):
        return
    logger.warning(
        "%s is being written by %s: waiting for it, up to %.0f s", warehouse.url, _holder(warehouse), warehouse.lock_timeout
    )
    if not _begin_immediate(connection, warehouse.lock_timeout):
        raise _gave_up(warehouse, _holder(warehouse))


def _begin_immediate(connection: Connection, timeout: float) -> bool:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(timeout * 1000)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _holder_file(warehouse: Warehouse) -> Path:
    return Path(f"{warehouse.engine.url.database}-loader")


def _holder(warehouse: Warehouse) -> str:
    try:
        note = json.loads(_holder_file(warehouse).read_text())
        return f"process {note['pid']} ({note['who']})"
    except (OSError, ValueError, KeyError):
        return "another process"


def _lock_postgresql(warehouse: Warehouse, connection: Connection, who: str) -> None:
    mine = {"name": f"copydesk {who}"[:63], "ms": f"{max(1, int(warehouse.lock_timeout * 1000))}ms"}
    connection.execute(sa.text(f"SELECT {', '.join(WRITER_SETTINGS)}"), mine)
    if connection.execute(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK_KEY}).scalar():
        return
    holder = _postgresql_holder(connection)
    logger.warning("%s is being written by %s: waiting for it, up to %.0f s", warehouse.url, holder, warehouse.lock_timeout)
    try:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == "55P03":  # lock_not_available
            raise _gave_up(warehouse, holder) from error
        raise


def _postgresql_holder(connection: Connection) -> str:
    query = sa.text(
        "SELECT a.application_name, a.pid, a.usename FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.objid = :key AND l.granted AND l.database = (SELECT oid FROM pg_database"
        " WHERE datname = current_database())"
    )
    row = connection.execute(query, {"key": LOCK_KEY}).first()
    return f"{row.application_name!r} (backend {row.pid}, user {row.usename})" if row else "another loader"


def _lock_row(warehouse: Warehouse, connection: Connection) -> Row[Any] | None:
    """Change a row that every writer changes first: a second one waits for it, or is refused and tries again.

    Returns the row as it was, to be put back before the commit; None where the first `db upgrade` has yet to make it.
    """
    if not sa.inspect(connection).has_table(schema_migrations.name):
        return None
    deadline = time.monotonic() + warehouse.lock_timeout
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
                raise _gave_up(warehouse, "another loader") from error
            if not waits:
                logger.warning("%s is being written by another loader: waiting up to %.0f s", warehouse.url, warehouse.lock_timeout)
            waits = True
            time.sleep(FIRST_TRY)


def _set_applied_at(connection: Connection, name: str, moment: datetime) -> None:
    connection.execute(schema_migrations.update().values(applied_at=moment).where(schema_migrations.c.name == name))


def _gave_up(warehouse: Warehouse, holder: str) -> Transient:
    return Transient(
        "warehouse_locked",
        f"{warehouse.url} was still being written by {holder} after {warehouse.lock_timeout:.0f} s;"
        " wait for that load to end, or raise COPYDESK_LOCK_TIMEOUT",
    )


@contextmanager
def explained(warehouse: Warehouse, *, opening: bool = False) -> Iterator[None]:
    """Turn a database's errors into ours: each names the warehouse, what happened and the mend."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(warehouse.url, error.orig or error, opening) from error
    except warehouse.engine.dialect.loaded_dbapi.Error as error:  # COPY speaks to the driver itself
        raise _explain(warehouse.url, error, opening) from error


def _explain(url: str, error: BaseException, opening: bool) -> Fatal | Transient:
    said = str(error).strip().split("\n")[0]
    state = getattr(error, "sqlstate", None) or ""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if state.startswith("28") or _REFUSED.search(said):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url} refuses the user or password ({said}); mend the URL")
    if state == "3D000" or ("does not exist" in said and "database" in said):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url}: {said}; create the database or mend the URL")
    if state == "53100" or code == sqlite3.SQLITE_FULL:
        return Fatal(f"{url}: the disk is full ({said}); nothing was loaded: free space and run again")
    if state == "42501":  # insufficient_privilege
        return Fatal(
            f"{url}: {said}; this user may not do it: as the owner of the tables run `copydesk db upgrade`, then"
            " sql/roles/postgresql.sql for whoever loads"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url} is a file, but no SQLite database; name another")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url}: {said}; name a file in a folder that can be written")
    if code == sqlite3.SQLITE_CORRUPT:
        return Fatal(f"{url} is damaged ({said}); restore it, or load it again from the archive with replay")
    if state == "55P03":  # lock_not_available
        return Transient(
            "warehouse_busy", f"{url}: {said}: another session holds a table; end it (pg_stat_activity lists them) or wait"
        )
    if state in ("57014", "25P03", "25P04"):  # query_canceled, idle_in_transaction_session_timeout, transaction_timeout
        return Fatal(
            f"{url}: {said}; if that was the server's limit, raise it for this user: ALTER ROLE … SET statement_timeout = 0"
        )
    if code == sqlite3.SQLITE_BUSY or state in ("40001", "40P01"):
        return Transient("warehouse_busy", f"{url}: {said}")
    if "no such table" in said or "no such column" in said or state in ("42P01", "42703"):
        return Fatal(f"{url}: {said}; the schema is missing or old: run `copydesk db upgrade`")
    if opening and "conflicting lock" in said.lower():  # DuckDB lets one process in
        return Transient("warehouse_locked", f"{url} is open in another process ({said}); wait for it to end")
    unreachable = not state and not code and type(error).__name__ == "OperationalError"  # as every driver calls it
    if unreachable and opening:
        return Fatal(f"{url} cannot be reached ({said}); start the database or mend COPYDESK_WAREHOUSE_URL")
    if unreachable or state.startswith(("57P", "08")):
        return Transient("warehouse_lost", f"{url}: the connection was lost ({said}); nothing was loaded, run again")
    return Fatal(f"{url}: {said}")
