"""Open the warehouse: one SQLAlchemy engine, read by many and written by one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, Pool

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.warehouse.db_errors import RIGHTS, explained, shown_url
from pipeline.warehouse.writer_lock import lift_limits, locked

READ_TIMEOUT = 30.0  # seconds a SQLite reader waits while a checkpoint or a migration holds the file
NO_TEXT_KEYS = ("mariadb", "mssql", "mysql", "oracle")  # databases without keys of text of any length, such as the tables' ids
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
    def reading(self, *, limits: bool = True) -> Iterator[Connection]:
        """Hold a connection in a transaction that sees one committed state.

        A stage that computes on what it reads does without the server's `limits` for the queries of users.
        """
        options = {"isolation_level": "REPEATABLE READ"} if self.dialect == "postgresql" else {}
        with explained(self.engine), self.engine.connect().execution_options(**options) as connection:
            if not limits and self.dialect == "postgresql":
                lift_limits(connection)
            yield connection

    @contextmanager
    def writing(self, who: str) -> Iterator[Connection]:
        """Hold the one transaction that may write; commit at the end, undo it all on an error.

        Raises `Transient` when another writer keeps the lock beyond `lock_timeout`.
        """
        if self.dialect == "sqlite" and _may_only_be_read(Path(self.engine.url.database or "")):
            raise ConfigError(f"COPYDESK_WAREHOUSE_URL: {self.url} may only be read by this user; {RIGHTS}")
        with explained(self.engine, writing=True):
            options: dict[str, Any] = {"copydesk_begin": None, "preserve_rowcount": True}
            if self.dialect == "postgresql":  # whatever its default: what the holder of the lock committed is to be seen
                options["isolation_level"] = "READ COMMITTED"
            with (
                self.engine.connect().execution_options(**options) as connection,
                locked(connection, who, self.lock_timeout) as release,
            ):
                yield connection
                if self.dialect == "postgresql":
                    connection.exec_driver_sql("DISCARD TEMP")  # a pooler gives the session to others
                release()
                connection.commit()
        if self.dialect == "sqlite":
            with explained(self.engine):  # what was written is committed, and a disk that is full changes nothing of that
                checkpoint(self)


def open_warehouse(url: str, *, lock_timeout: float = 600.0, pool: type[Pool] = NullPool) -> Warehouse:
    """Open the warehouse at a SQLAlchemy URL and try the connection; who asks it often keeps connections in a `pool`.

    Raises `ConfigError` for a URL that cannot be used and `Transient` for a database that does not answer or takes no connection.
    """
    parsed = _parse(url)
    shown = shown_url(parsed)
    if parsed.get_backend_name() in NO_TEXT_KEYS:
        raise ConfigError(
            f"COPYDESK_WAREHOUSE_URL: {shown}: {parsed.get_backend_name()} has no keys of text without a length, and the tables do;"
            " use postgresql://user:password@host/database or sqlite:///file.db"
        )
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
    with explained(engine, opening=True), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            _refuse_encoding(shown, str(connection.execute(sa.text("SHOW server_encoding")).scalar()))
        else:
            connection.execute(sa.text("SELECT 1"))
    return warehouse


def configured_warehouse(settings: Settings) -> Warehouse:
    """Open the warehouse that the settings name, as `open_warehouse` does."""
    return open_warehouse(settings.warehouse_url, lock_timeout=settings.lock_timeout)


def is_there(url: str) -> bool:
    """Say whether a warehouse can be opened at the URL without making it: whether SQLite's file is there."""
    parsed = _parse(url)
    file = parsed.database or ""
    return parsed.get_backend_name() != "sqlite" or file.startswith("file:") or _exists(Path(file))  # a URI is not looked into


def _exists(path: Path) -> bool:
    """Say whether there is something; where this user may not look, to open it tells so."""
    try:
        return path.exists()
    except PermissionError:
        return True


def check_made(url: str) -> None:
    """Raise `ConfigError` when the URL names a SQLite file that is not there: to look something up makes no warehouse."""
    if not is_there(url):
        parsed = _parse(url)
        where = Path(parsed.database or "").absolute()
        raise ConfigError(f"there is no warehouse at {where} yet; run a night, or name another with COPYDESK_WAREHOUSE_URL")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigError(
            "COPYDESK_WAREHOUSE_URL: not a database URL; write sqlite:///file.db or postgresql://user:password@host/database"
        ) from error
    if "@" in (parsed.host or ""):  # the last part of the password, which no message may say
        raise ConfigError("COPYDESK_WAREHOUSE_URL: its host has an @ in it; write the @ of a user or password as %40")
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError(f"COPYDESK_WAREHOUSE_URL: {shown_url(parsed)} names no file; write sqlite:///file.db")
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(database=os.path.expanduser(parsed.database or ""))  # noqa: PTH111 - may be a URI
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
    path = path.resolve()  # what SQLite writes beside it is beside the file that a link leads to
    may_look = os.path.isfile(path)  # noqa: PTH113 - pathlib raises where this user may not
    return may_look and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that may only be read. A write-ahead log is read with it; without one nobody writes, and none can be made."""
    how = "mode=ro" if _log_of(path).exists() else "immutable=1"
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

    path = Path(url.database or "")

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _file(path, read_only=read_only)
        connection.isolation_level = None  # we say BEGIN ourselves: the driver would open no transaction for DDL and SELECT
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")  # KiB; a load that sorts an index takes as much again

    @event.listens_for(engine, "checkout")
    def _taken(_: object, record: ConnectionPoolEntry, __: object) -> None:
        """Connect anew where the file is another one: who keeps connections would read the one that was deleted for ever.

        Who may only read it would see no load either: a file that none writes is taken for one that none will ever write.
        """
        if _file(path, read_only=read_only) not in (None, record.info["file"]):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        begin = connection.get_execution_options().get("copydesk_begin", "BEGIN")
        if begin:
            connection.exec_driver_sql(begin)


def _file(path: Path, *, read_only: bool) -> tuple[int, ...] | None:
    """Return what tells a file from another of its name, and for who may only read it, from what it was before a load."""
    try:
        found = path.stat()
    except OSError:
        return None
    written = (found.st_mtime_ns, found.st_size, _log_of(path).exists()) if read_only else ()
    return found.st_dev, found.st_ino, *written


def _log_of(path: Path) -> Path:
    return Path(f"{path.resolve()}-wal")


def checkpoint(warehouse: Warehouse) -> None:
    """Move SQLite's write-ahead log into the database file, as far as readers allow."""
    with warehouse.engine.connect().execution_options(copydesk_begin=None) as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1000")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
