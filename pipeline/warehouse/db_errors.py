"""Database errors in words a user can act on."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError

from pipeline.errors import ConfigError, Fatal, Transient

# The last is what PgBouncer says.
_UNKNOWN_OPTION = re.compile(
    "invalid connection option|unrecognized configuration parameter|permission denied to set parameter"
    "|unsupported startup parameter"
)
_ENCRYPTION = re.compile("does not support SSL|certificate verify|root certificate")
# How a server that is there says that it takes no connection now; the fourth is PgBouncer.
_NOT_NOW = re.compile(
    "too many clients|too many connections|connection slots are reserved|no more connections allowed|starting up|shutting down"
    "|recovery mode|not yet accepting connections"
)
_REFUSED = re.compile(
    'password authentication failed|no password supplied|role ".*" does not exist|no pg_hba.conf entry|not permitted to log in'
    "|permission denied for database"
)

# What a PostgreSQL server may limit its users to, by the SQLSTATE of who is over it; the last is new in version 17.
LIMITS = {"57014": "statement_timeout", "25P03": "idle_in_transaction_session_timeout", "25P04": "transaction_timeout"}

# What SQLite needs; it says no more than that it cannot open or write the file.
RIGHTS = (
    "give this user the right to read and write the file, those beside it that begin with its name, and its folder, or name another"
)


def shown_url(url: URL) -> str:
    """Return a database URL without its secrets, wherever they stand in it."""
    query = {key: "***" if "password" in key or key == "passfile" else value for key, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


@contextmanager
def explained(engine: Engine, *, opening: bool = False, writing: bool = False) -> Iterator[None]:
    """Turn a database's errors into ours: each names the warehouse, what happened and the mend."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(shown_url(engine.url), error.orig or error, opening, writing) from error
    except engine.dialect.loaded_dbapi.Error as error:  # COPY speaks to the driver itself
        raise _explain(shown_url(engine.url), error, opening, writing) from error


def _explain(url: str, error: BaseException, opening: bool, writing: bool) -> Fatal | Transient:
    said = str(error).strip().split("\n")[0]
    state = getattr(error, "sqlstate", None) or ""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if state.startswith("28") or _REFUSED.search(said):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url} refuses the user or password ({said}); mend the URL")
    if _UNKNOWN_OPTION.search(said):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url}: {said}; take it out of what follows the ? in the URL")
    if _ENCRYPTION.search(said):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url}: {said}; mend sslmode or sslrootcert in the URL")
    if state == "3D000" or ("does not exist" in said and "database" in said):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url}: {said}; create the database or mend the URL")
    if state == "53100" or code == sqlite3.SQLITE_FULL:
        return Fatal(f"{url}: the disk is full ({said}); {'nothing was loaded: ' if writing else ''}free space and run again")
    if code == sqlite3.SQLITE_BUSY or state in ("40001", "40P01"):
        return Transient("warehouse_busy", f"{url}: {said}: another process is in the way; wait for it to end and try again")
    if state.startswith(("57P", "08")):  # the server, or the line to it, ended the connection
        return _lost(url, said, writing)
    if known := _of_postgresql(url, said, state, str(error)) or _of_sqlite(url, said, code):
        return known
    if "no such table" in said or "no such column" in said or state in ("42P01", "42703"):
        return Fatal(f"{url}: {said}; the schema is missing or old: run `copydesk db upgrade`")
    unreachable = not state and not code and type(error).__name__ == "OperationalError"  # as every driver calls it
    if unreachable and not opening:
        return _lost(url, said, writing)
    return (_of_opening(url, said, unreachable=unreachable) if opening else None) or Fatal(f"{url}: {said}")


def _of_postgresql(url: str, said: str, state: str, whole: str) -> Fatal | Transient | None:
    """Explain an error that only PostgreSQL has, by its SQLSTATE; `whole` is all that it says."""
    if state == "42501" and "for schema" in said:
        return Fatal(
            f"{url}: {said}; this user may make no tables there: as the owner of the tables run `copydesk db upgrade`; where there"
            " are none yet, have the owner of the database GRANT CREATE ON SCHEMA … TO this user"
        )
    if state == "42501":  # insufficient_privilege
        return Fatal(
            f"{url}: {said}; this user may not do it: as the owner of the tables run `copydesk db upgrade`, then"
            " sql/roles/postgresql.sql for whoever loads"
        )
    if state == "25006":  # read_only_sql_transaction
        return Fatal(
            f"{url}: {said}: this server or user may only read, as a replica or by default_transaction_read_only; name in"
            " COPYDESK_WAREHOUSE_URL the server that is written to"
        )
    if state == "2BP01":  # dependent_objects_still_exist
        depends = " ".join(whole.split("\nHINT")[0].split())
        return Fatal(f"{url}: {depends}; drop these, which are not Copydesk's, run `copydesk db upgrade` and make them again")
    if state == "55P03":  # lock_not_available
        return Transient(
            "warehouse_busy", f"{url}: {said}: another session holds a table; end it (pg_stat_activity lists them) or wait"
        )
    if state == "53400":  # configuration_limit_exceeded
        return Fatal(f"{url}: {said}; have a superuser raise it for this user: ALTER ROLE … SET temp_file_limit = …")
    if state in LIMITS:
        return Fatal(f"{url}: {said}; if that was the server's limit, raise it for this user: ALTER ROLE … SET {LIMITS[state]} = 0")
    return None


def _of_sqlite(url: str, said: str, code: int) -> Fatal | None:
    """Explain an error that only SQLite has, by its primary code."""
    if code == sqlite3.SQLITE_IOERR:  # which SQLite also says when it is the file beside it that finds no room
        return Fatal(f"{url}: {said}: the disk it is on is full or fails: make room or mend it, then run again")
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url} is a file, but no SQLite database; name another")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return ConfigError(f"COPYDESK_WAREHOUSE_URL: {url}: {said}; {RIGHTS}")
    if code == sqlite3.SQLITE_CORRUPT:
        return Fatal(f"{url} is damaged ({said}); restore it, or load it again from the archive with replay")
    return None


def _of_opening(url: str, said: str, *, unreachable: bool) -> Transient | None:
    """Explain that a database lets nobody in."""
    if "conflicting lock" in said.lower():  # DuckDB lets one process in
        return Transient("warehouse_locked", f"{url} is open in another process ({said}); wait for it to end")
    if unreachable and _NOT_NOW.search(said):
        return Transient("warehouse_busy", f"{url} takes no connection now ({said}); wait for it, or let it have more of them")
    if unreachable:
        return Transient(
            "warehouse_unreachable", f"{url} cannot be reached ({said}); start the database or mend COPYDESK_WAREHOUSE_URL"
        )
    return None


def _lost(url: str, said: str, writing: bool) -> Transient:
    mend = "nothing was loaded, run again" if writing else "try again"
    return Transient("warehouse_lost", f"{url}: the connection was lost ({said}); {mend}")
