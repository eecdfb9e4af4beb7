"""What the two roles may do, seen by connecting as each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline.errors import Fatal
from pipeline.records import IndexPart
from pipeline.warehouse import load, open_warehouse, set_search, upgrade
from pipeline.warehouse.sqlfiles import sql_files, sql_folder
from pipeline.warehouse.tables import metadata
from tests.warehouse.conftest import admin
from tests.warehouse.make import full_night

pytestmark = pytest.mark.slow

LOGINS = {"copydesk_test_ada": "copydesk_analyst", "copydesk_test_nightly": "copydesk_loader"}


@pytest.fixture(scope="module")
def as_role(new_database: Callable[[], str]) -> Any:
    """A function from a role, or `owner`, to the URL of a loaded warehouse for a user who has it."""
    url = new_database()
    with open_warehouse(url) as owner:
        upgrade(owner)
        load(owner, full_night(0))
    script = (sql_folder() / "roles" / "postgresql.sql").read_text()
    admin(url, script, script)  # a second time does no harm
    for login, role in LOGINS.items():
        admin(url, f"DROP ROLE IF EXISTS {login}", f"CREATE ROLE {login} LOGIN PASSWORD 'word' IN ROLE {role}")
    given: dict[str, Any] = {role: {"username": login, "password": "word"} for login, role in LOGINS.items()} | {"owner": {}}
    yield lambda role: make_url(url).set(**given[role]).render_as_string(hide_password=False)
    admin(url, *(f"DROP ROLE {login}" for login in LOGINS))


def test_an_analyst_reads_every_table_and_view_and_runs_the_cookbook(as_role: Any) -> None:
    with open_warehouse(as_role("copydesk_analyst")) as warehouse, warehouse.reading() as connection:
        inspector = sa.inspect(connection)
        for name in (*inspector.get_table_names(), *inspector.get_view_names()):
            connection.execute(sa.text(f"SELECT COUNT(*) FROM {name}"))
        for file in sql_files("queries", "postgresql"):
            (statement,) = file.statements()
            connection.execute(sa.text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO stories SELECT * FROM stories",
        "UPDATE articles SET text = ''",
        "DELETE FROM rejects",
        "CREATE TABLE mine (x TEXT)",
        "CREATE TEMPORARY TABLE mine (x TEXT)",
        "DROP VIEW clean_articles",
    ],
)
def test_an_analyst_changes_nothing(as_role: Any, statement: str) -> None:
    with (
        open_warehouse(as_role("copydesk_analyst")) as warehouse,
        pytest.raises(Fatal, match=r"permission denied|must be owner"),
        warehouse.reading() as connection,
    ):
        connection.execute(sa.text(statement))


def test_a_loader_loads_nights(as_role: Any) -> None:
    given = replace(full_night(1), index=[IndexPart("sketches", 0, "1", 1, b"part")])
    with open_warehouse(as_role("copydesk_loader")) as warehouse:
        assert upgrade(warehouse) == []
        assert load(warehouse, given).changed
        assert not load(warehouse, given).changed
        assert load(warehouse, replace(given, index=[])).counts["dedup_index"]["updated"] == 1


def test_a_loader_leaves_the_full_text_index_to_its_owner(as_role: Any, caplog: pytest.LogCaptureFixture) -> None:
    with open_warehouse(as_role("owner")) as owner, open_warehouse(as_role("copydesk_loader")) as loader:
        with pytest.raises(Fatal, match=r"permission denied .* as the owner of the tables run `copydesk db upgrade`"):
            set_search(loader, on=True)
        set_search(owner, on=True)
        assert not set_search(loader, on=False)  # and the night goes on
        assert "disable.sql as the owner" in caplog.text
        assert set_search(owner, on=False)


def test_a_loader_counts_the_tables_that_it_fills(as_role: Any) -> None:
    with open_warehouse(as_role("copydesk_loader")) as warehouse:
        load(warehouse, full_night(2))
        with warehouse.reading() as connection:
            stored = connection.execute(sa.text("SELECT COUNT(*) FROM articles")).scalar_one()
            assert connection.execute(sa.text("SELECT reltuples FROM pg_class WHERE relname = 'articles'")).scalar_one() == stored


def test_a_loader_may_write_every_table_of_the_warehouse(as_role: Any) -> None:
    with open_warehouse(as_role("copydesk_loader")) as warehouse, warehouse.reading() as connection:
        may = sa.text("SELECT has_table_privilege(:name, 'INSERT') AND has_table_privilege(:name, 'UPDATE')")
        barred = [name for name in metadata.tables if not connection.execute(may, {"name": name}).scalar_one()]
    assert barred == ["schema_migrations"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM articles",
        "TRUNCATE articles",
        "DROP TABLE articles",
        "ALTER TABLE articles ADD COLUMN x TEXT",
        "CREATE TABLE mine (x TEXT)",
    ],
)
def test_a_loader_neither_deletes_articles_nor_changes_the_schema(as_role: Any, statement: str) -> None:
    with (
        open_warehouse(as_role("copydesk_loader")) as warehouse,
        pytest.raises(Fatal, match=r"permission denied|must be owner"),
        warehouse.writing("a test") as connection,
    ):
        connection.execute(sa.text(statement))


def test_rights_are_given_in_the_schema_that_holds_the_tables(new_database: Callable[[], str]) -> None:
    base = make_url(new_database())
    admin(base.render_as_string(hide_password=False), "CREATE SCHEMA news")

    def seen_by(role: str) -> str:
        options = f"-csearch_path=news -crole={role}"
        return base.update_query_dict({"options": options}).render_as_string(hide_password=False)

    with open_warehouse(seen_by(str(base.username))) as owner:
        upgrade(owner)
    script = (sql_folder() / "roles" / "postgresql.sql").read_text()
    admin(base.render_as_string(hide_password=False), "SET search_path = news", script)
    with open_warehouse(seen_by("copydesk_loader")) as warehouse:
        assert load(warehouse, full_night(0)).changed
    with open_warehouse(seen_by("copydesk_analyst")) as warehouse, warehouse.reading() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM clean_articles")).scalar_one()


def test_a_superuser_gives_the_rights_in_place_of_an_owner_who_may_make_no_roles(new_database: Callable[[], str]) -> None:
    base = make_url(new_database())
    plain = base.render_as_string(hide_password=False)
    admin(plain, "DROP ROLE IF EXISTS copydesk_test_owner", "CREATE ROLE copydesk_test_owner")
    admin(plain, f"ALTER DATABASE {base.database} OWNER TO copydesk_test_owner", "ALTER SCHEMA public OWNER TO copydesk_test_owner")

    def seen_by(role: str) -> str:
        return base.update_query_dict({"options": f"-crole={role}"}).render_as_string(hide_password=False)

    script = (sql_folder() / "roles" / "postgresql.sql").read_text()
    with open_warehouse(seen_by("copydesk_test_owner")) as owner:
        upgrade(owner)
        admin(plain, script, script)
        with owner.writing("an upgrade") as connection:
            connection.exec_driver_sql("CREATE VIEW made_later AS SELECT COUNT(*) AS n FROM articles")
    with open_warehouse(seen_by("copydesk_loader")) as warehouse:
        assert load(warehouse, full_night(0)).changed
    with open_warehouse(seen_by("copydesk_analyst")) as warehouse, warehouse.reading() as connection:
        assert connection.execute(sa.text("SELECT n FROM made_later")).scalar_one()
    admin(plain, "DROP OWNED BY copydesk_analyst, copydesk_loader")
    admin(plain, f"REASSIGN OWNED BY copydesk_test_owner TO {base.username}", "DROP ROLE copydesk_test_owner")


def test_roles_for_a_database_without_tables_are_refused_with_the_mend(new_database: Callable[[], str]) -> None:
    import psycopg

    url, script = new_database(), (sql_folder() / "roles" / "postgresql.sql").read_text()
    with pytest.raises(
        psycopg.errors.RaiseException, match=r'no table "articles" in the search_path (?s:.*)Run copydesk db upgrade first'
    ):
        admin(url, script)
