"""Migrations: applied once, in order, under a lock; never edited; and the tables are what the code thinks they are."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.errors import Fatal
from pipeline.warehouse import Warehouse, load, open_warehouse, set_search, status, upgrade
from pipeline.warehouse.sqlfiles import sql_files, sql_folder
from pipeline.warehouse.tables import UtcDateTime, metadata
from tests.warehouse.make import DAY, everything, full_night

LOADED = {"run_date": DAY, "first_loaded_at": datetime(2026, 2, 1, tzinfo=UTC), "loaded_at": datetime(2026, 2, 1, tzinfo=UTC)}


@pytest.fixture
def url(empty_url: str) -> str:
    """A warehouse of its own: these tests change the schema."""
    with open_warehouse(empty_url) as opened:
        upgrade(opened)
    return empty_url


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of sql/ that may be edited."""
    return Path(shutil.copytree(sql_folder(), tmp_path / "sql"))


def _add(root: Path, name: str, text: str) -> None:
    for dialect in ("sqlite", "postgresql"):
        (root / "migrations" / dialect / name).write_text(text)


def test_upgrade_makes_the_schema_once(empty_url: str) -> None:
    with open_warehouse(empty_url) as warehouse:
        assert {entry.state for entry in status(warehouse)} == {"pending"}
        applied = upgrade(warehouse)
        assert applied[0] == "001_tables"
        assert "view clean_articles" in applied
        assert upgrade(warehouse) == []
        assert {entry.state for entry in status(warehouse)} == {"applied"}
        assert load(warehouse, full_night()).changed


def test_two_upgrades_at_once_apply_each_file_once(empty_url: str) -> None:
    applied: list[str] = []

    def run() -> None:
        with open_warehouse(empty_url, lock_timeout=30) as warehouse:
            applied.extend(upgrade(warehouse))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == sorted(set(applied))
    assert "001_tables" in applied


def test_an_edited_migration_is_refused_by_name(warehouse: Warehouse, root: Path) -> None:
    for path in root.glob("migrations/*/001_tables.sql"):
        path.write_text(path.read_text() + "\n-- a harmless remark\n")
    assert {entry.name for entry in status(warehouse, root=root) if entry.state == "edited"} == {"001_tables"}
    with pytest.raises(Fatal, match=r"001_tables\.sql was edited after it was applied"):
        upgrade(warehouse, root=root)


def test_a_database_of_a_later_version_is_refused(warehouse: Warehouse, root: Path) -> None:
    _add(root, "002_more.sql", "CREATE TABLE more (id TEXT PRIMARY KEY);\n")
    upgrade(warehouse, root=root)
    with pytest.raises(Fatal, match="002_more, which this version does not know"):
        upgrade(warehouse)


def test_a_new_migration_keeps_the_data_and_the_views(warehouse: Warehouse, root: Path, rows: Any) -> None:
    load(warehouse, full_night())
    before = everything(warehouse)
    _add(
        root,
        "002_more.sql",
        "ALTER TABLE articles ADD COLUMN desk TEXT;\nUPDATE articles SET desk = 'a;b' WHERE site = 's1.example';\n",
    )
    assert upgrade(warehouse, root=root) == ["002_more"]
    assert len(rows("SELECT * FROM clean_articles")) == 6
    after = everything(warehouse)
    assert {k: v for k, v in after.items() if k != "schema_migrations"} == {
        k: v for k, v in before.items() if k != "schema_migrations"
    }


def test_a_migration_that_fails_leaves_nothing_behind(warehouse: Warehouse, root: Path) -> None:
    _add(root, "002_more.sql", "CREATE TABLE more (id TEXT);\n")
    _add(root, "003_wrong.sql", "ALTER TABLE no_such_table ADD COLUMN x TEXT;\n")
    with pytest.raises(Fatal, match="no_such_table"):
        upgrade(warehouse, root=root)
    with warehouse.reading() as connection:
        assert "more" not in sa.inspect(connection).get_table_names()
        assert "clean_articles" in sa.inspect(connection).get_view_names()


def test_an_edited_view_is_made_again(warehouse: Warehouse, root: Path, rows: Any) -> None:
    path = root / "views" / "nightly_funnel.sql"
    path.write_text(path.read_text().replace("GROUP BY", "WHERE n > 1000000\nGROUP BY"))
    assert upgrade(warehouse, root=root) == ["view nightly_funnel"]
    load(warehouse, full_night())
    assert rows("SELECT * FROM nightly_funnel") == []


def test_a_view_that_another_version_has_is_in_nobody_s_way(empty_url: str, root: Path) -> None:
    """Whoever looked something up waited for the load that was under way, each time."""
    view = root / "views" / "of_another.sql"
    view.write_text("-- What another version shows.\n--   run_id  Run\nCREATE VIEW of_another AS\nSELECT run_id\nFROM runs;\n")
    with open_warehouse(empty_url, lock_timeout=0.1) as warehouse:
        upgrade(warehouse, root=root)
        with warehouse.writing("a load"), open_warehouse(empty_url, lock_timeout=0.1) as reader:
            assert upgrade(reader) == []
        view.unlink()
        path = root / "views" / "nightly_funnel.sql"
        path.write_text(path.read_text() + "-- a harmless remark\n")
        assert upgrade(warehouse, root=root) == ["view nightly_funnel"]
        assert {entry.state for entry in status(warehouse, root=root)} == {"applied"}, "it is gone with the next upgrade"
        with warehouse.reading() as connection:
            assert "of_another" not in sa.inspect(connection).get_view_names()


@pytest.mark.slow
def test_an_upgrade_keeps_what_users_have_made_of_a_view(new_database: Callable[[], str], root: Path) -> None:
    path = root / "views" / "clean_articles.sql"
    with open_warehouse(new_database()) as warehouse:
        upgrade(warehouse, root=root)
        with warehouse.writing("a user") as connection:
            connection.execute(sa.text("GRANT SELECT ON clean_articles TO pg_monitor"))
            connection.execute(sa.text("CREATE VIEW my_sites AS SELECT site, COUNT(*) AS n FROM clean_articles GROUP BY site"))
        path.write_text(path.read_text().replace("COALESCE(s.sites, 1)", "COALESCE(s.sites, 0)"))
        _add(root, "006_more.sql", "ALTER TABLE articles ADD COLUMN desk TEXT;\n")
        assert upgrade(warehouse, root=root) == ["006_more", "view clean_articles"]
        with warehouse.reading() as connection:
            assert connection.execute(sa.text("SELECT has_table_privilege('pg_monitor', 'clean_articles', 'SELECT')")).scalar()
            assert connection.execute(sa.text("SELECT * FROM my_sites")).all() == []
        path.write_text(path.read_text().replace("a.title,", "a.title AS headline,").replace("--   title", "--   headline"))
        with pytest.raises(Fatal, match="view my_sites depends on view clean_articles; drop these"):
            upgrade(warehouse, root=root)
        with warehouse.writing("a user") as connection:
            connection.execute(sa.text("DROP VIEW my_sites"))
        assert upgrade(warehouse, root=root) == ["view clean_articles"]


@pytest.mark.slow
def test_readers_pass_while_an_upgrade_waits_for_one_that_stays(new_database: Callable[[], str], root: Path) -> None:
    url, view = new_database(), sa.text("SELECT COUNT(*) FROM clean_articles")
    path = root / "views" / "clean_articles.sql"
    with open_warehouse(url) as warehouse, open_warehouse(url) as upgraded:
        upgrade(warehouse, root=root)
        path.write_text(path.read_text().replace("COALESCE(s.sites, 1)", "COALESCE(s.sites, 0)"))
        applied: list[str] = []
        thread = threading.Thread(target=lambda: applied.extend(upgrade(upgraded, root=root)))
        with warehouse.reading() as stays:
            stays.execute(view)
            thread.start()
            waiting = sa.text("SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted")
            with warehouse.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
                while watcher.execute(waiting).scalar() == 0:
                    assert thread.is_alive()
            with warehouse.reading() as passes:
                passes.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
                assert passes.execute(view).scalar() == 0
            assert applied == [], "it waits for the one that stays"
        thread.join()
        assert applied == ["view clean_articles"]


def test_every_statement_ends_with_a_semicolon(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "a.sql").write_text("SELECT ';' AS a;\n-- a remark; with a semicolon;\nSELECT 2")
    (file,) = sql_files("views", root=tmp_path)
    with pytest.raises(Fatal, match=r"a\.sql: the last statement"):
        list(file.statements())


def test_an_older_warehouse_on_any_other_database_gains_what_is_new(tmp_path: Path) -> None:
    older = sa.MetaData()
    for table in metadata.sorted_tables:
        if table.name != "run_rules":
            columns = [
                sa.Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable)
                for c in table.columns
                if (table.name, c.name) not in (("articles", "section"), ("fetches", "detail"))
            ]
            sa.Table(table.name, older, *columns)
    with open_warehouse(f"duckdb:///{tmp_path / 'older.duckdb'}?threads=1") as warehouse:
        with warehouse.writing("the version before") as connection:
            older.create_all(connection)
            connection.execute(
                older.tables["runs"].insert(), [dict.fromkeys(("run_id", "code_version", "config_hash"), "x") | LOADED]
            )
        assert "001_tables" in upgrade(warehouse)
        assert load(warehouse, full_night()).changed
        assert not load(warehouse, full_night()).changed
        assert len(everything(warehouse)["runs"]) == 2


@pytest.mark.parametrize("version", [file.name for file in sql_files("migrations/postgresql")][:-1])
def test_every_older_version_with_data_in_it_comes_to_what_the_newest_holds(
    empty_url: str, root: Path, sqlite_template: Path, tmp_path: Path, version: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "newest.db")
    with open_warehouse(f"sqlite:///{tmp_path / 'newest.db'}") as newest:
        load(newest, full_night())
        held = everything(newest)
    shutil.rmtree(root / "views")  # they are the newest tables' own
    for path in root.glob("migrations/*/*.sql"):
        if path.stem > version:
            path.unlink()
    with open_warehouse(empty_url) as older:
        upgrade(older, root=root)
        with older.writing("a night of then") as connection:
            known = set(sa.inspect(connection).get_table_names()) - {"schema_migrations"}
            for name in known:
                if held[name]:
                    connection.execute(metadata.tables[name].insert(), held[name])
        assert upgrade(older)
        assert not load(older, full_night()).changed
        assert {**everything(older), "schema_migrations": []} == {**held, "schema_migrations": []}


def test_an_older_sqlite_file_with_full_text_search_is_indexed_again_by_the_next_load(tmp_path: Path, root: Path) -> None:
    newest = root / "migrations" / "sqlite" / "004_text_last.sql"
    later = newest.read_text()
    newest.unlink()
    with open_warehouse(f"sqlite:///{tmp_path / 'older.db'}") as warehouse:
        upgrade(warehouse, root=root)
        load(warehouse, full_night())
        assert set_search(warehouse, on=True)
        newest.write_text(later)
        assert "004_text_last" in upgrade(warehouse, root=root)
        assert set_search(warehouse, on=True)
        with warehouse.reading() as connection:
            found = connection.execute(sa.text("SELECT COUNT(*) FROM article_search WHERE article_search MATCH 'story'")).scalar()
        assert found == 12


def _kind(column_type: Any, dialect: str) -> str:
    """The type's family: what differs within one is spelling."""
    if isinstance(column_type, UtcDateTime):
        return "text" if dialect == "sqlite" else "timestamptz"
    if isinstance(column_type, sa.LargeBinary):
        return "bytes"
    if isinstance(column_type, sa.JSON):
        return "text" if dialect == "sqlite" else "json"
    for kind in (sa.Boolean, sa.Date, sa.BigInteger, sa.Integer, sa.Float, sa.Text):
        if isinstance(column_type, kind):
            wide = kind is sa.BigInteger and dialect == "sqlite"
            return "integer" if wide else kind.__name__.lower()
    if isinstance(column_type, sa.DateTime):
        return "timestamptz" if getattr(column_type, "timezone", False) else "naive"
    return str(column_type).lower()


def test_the_tables_of_the_code_are_those_of_the_migrations(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection:
        inspector = sa.inspect(connection)
        assert set(inspector.get_table_names()) == set(metadata.tables)
        for table in metadata.sorted_tables:
            found = [(c["name"], _kind(c["type"], warehouse.dialect), c["nullable"]) for c in inspector.get_columns(table.name)]
            wanted = [(c.name, _kind(c.type, warehouse.dialect), c.nullable) for c in table.columns]
            if (table.name, warehouse.dialect) == ("articles", "sqlite"):  # the text stands last there
                assert found[-1][0] == "text"
                found, wanted = sorted(found), sorted(wanted)
            assert found == wanted, table.name
            key = inspector.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [c.name for c in table.primary_key.columns], table.name
            indexes = {i["name"]: i["column_names"] for i in inspector.get_indexes(table.name)}
            assert indexes == {i.name: [c.name for c in i.columns] for i in table.indexes}, table.name


def test_comments_are_in_the_database_where_it_has_them(warehouse: Warehouse) -> None:
    if warehouse.dialect == "sqlite":
        text = "".join(f.text for f in sql_files("migrations/sqlite"))
        for table in metadata.sorted_tables:
            if table.name != "schema_migrations":
                assert all(f"-- {column.comment}" in text for column in table.columns), table.name
        return
    with warehouse.reading() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            assert inspector.get_table_comment(table.name)["text"] == table.comment
            assert {c["name"]: c["comment"] for c in inspector.get_columns(table.name)} == {
                c.name: c.comment for c in table.columns
            }


def test_every_view_describes_exactly_its_columns(warehouse: Warehouse) -> None:
    with warehouse.reading() as connection:
        inspector = sa.inspect(connection)
        for file in sql_files("views", warehouse.dialect):
            assert [c["name"] for c in inspector.get_columns(file.name)] == list(file.columns), file.name
            assert file.comment, file.name
