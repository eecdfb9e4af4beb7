"""Full-text search over the articles: a GIN index in PostgreSQL, FTS5 in SQLite. Off until it is asked for."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.errors import ConfigError
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.migrate import WRITTEN_FOR
from pipeline.warehouse.sqlfiles import SqlFile, as_text, sql_files

logger = logging.getLogger(__name__)

PRESENT = {
    "postgresql": "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('articles_search')",
    "sqlite": "SELECT COUNT(*) FROM sqlite_master WHERE name = 'article_search'",
}
OWNED = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('articles_search')"


def set_search(warehouse: Warehouse, *, on: bool) -> bool:
    """Make the full-text index over what is loaded, or take it away; returns whether anything had to be done.

    From then on every load keeps it. Raises `ConfigError` for a database that it is not written for. A user who does not own
    the index leaves it with a warning: a night does not fail of too much.
    """
    if warehouse.dialect not in WRITTEN_FOR:
        if on:
            raise ConfigError(f"{warehouse.url}: full-text search is for PostgreSQL and SQLite; turn the setting off")
        return False
    with warehouse.reading() as connection:
        if is_on(connection) == on:
            return False
        if not on and warehouse.dialect == "postgresql" and not connection.execute(sa.text(OWNED)).scalar():
            logger.warning(
                "%s: COPYDESK_FULL_TEXT is off, but the full-text index stays: this user does not own it;"
                " run sql/search/postgresql/disable.sql as the owner",
                warehouse.url,
            )
            return False
    with warehouse.writing("full-text index") as connection:
        if is_on(connection) == on:
            return False
        for statement in _files(warehouse.dialect)["enable" if on else "disable"].statements():
            connection.execute(as_text(statement))
    logger.info("%s: full-text search is %s", warehouse.url, "on" if on else "off")
    return True


def is_on(connection: Connection) -> bool:
    """Say whether the full-text index is there; never in a database that it is not written for."""
    if connection.dialect.name not in PRESENT:
        return False
    return bool(connection.execute(sa.text(PRESENT[connection.dialect.name])).scalar())


def _files(dialect: str) -> dict[str, SqlFile]:
    return {file.name: file for file in sql_files(f"search/{dialect}")}
