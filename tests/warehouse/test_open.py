"""Opening a warehouse: what works, and what is said when it does not. One writer at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from pipeline.errors import ConfigError, Fatal, Transient
from pipeline.warehouse import Warehouse, load, night_index, open_warehouse, upgrade
from pipeline.warehouse.engine import check_made
from pipeline.warehouse.night import LoadResult
from pipeline.warehouse.tables import runs
from tests.warehouse.conftest import admin, emptied
from tests.warehouse.make import full_night, night


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    with open_warehouse(f"sqlite:///{tmp_path}/a/b/warehouse.db") as warehouse:
        assert warehouse.dialect == "sqlite"


def test_a_tilde_in_the_name_of_a_sqlite_file_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with open_warehouse("sqlite:///~/warehouse.db"):
        assert (tmp_path / "warehouse.db").is_file()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "not a database URL"),
        ("sqlite://", "names no file"),
        ("oracel://host/db", "no SQLAlchemy dialect 'oracel'"),
        ("cockroachdb+nothing://host/db", "no SQLAlchemy dialect 'cockroachdb"),
        ("postgresql+pg8000://host/db", "the driver 'pg8000' is not installed"),
        ("mysql+pymysql://host/db", "use postgresql://"),
        ("mariadb://host/db", "has no keys of text"),
        ("sqlite:////proc/nowhere/warehouse.db", "cannot make the folder '/proc/nowhere'"),
        ("postgresql://nightly:se@cret@host/db", "write the @ of a user or password as %40"),
        ("postgresql://127.0.0.1/db?sslmodus=require", "take it out of what follows the ? in the URL"),
    ],
)
def test_a_url_that_cannot_be_used_is_named_with_its_mend(url: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_warehouse(url)
    assert said in str(caught.value)
    assert "COPYDESK_WAREHOUSE_URL" in str(caught.value)
    assert "cret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("These are notes, not a database. " * 100)
    with pytest.raises(ConfigError, match="no SQLite database"):
        open_warehouse(f"sqlite:///{path}")


def test_a_file_in_a_folder_that_may_not_be_entered_is_told_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_rights: Callable[[], AbstractContextManager[None]]
) -> None:
    folder = tmp_path / "private"
    with open_warehouse(f"sqlite:///{folder}/warehouse.db") as warehouse:
        upgrade(warehouse)
    tmp_path.chmod(0o755)
    folder.chmod(0)
    monkeypatch.chdir(tmp_path)
    url = "sqlite:///private/warehouse.db"
    with without_rights():
        check_made(url)
        with pytest.raises(ConfigError, match=r"URL: sqlite:.*: unable to open database file; give this user the right"):
            open_warehouse(url)
    folder.chmod(0o700)


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("written", ["closed", "being written"])
def test_a_file_that_may_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, linked: bool) -> None:
    url = f"sqlite:///{tmp_path}/warehouse.db"
    if linked:
        (tmp_path / "disk").mkdir()
        (tmp_path / "warehouse.db").symlink_to(tmp_path / "disk" / "warehouse.db")
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        load(warehouse, full_night())
        writer = warehouse.engine.connect() if written == "being written" else nullcontext()
        with writer as connected:
            if connected is not None:
                connected.execute(sa.text("UPDATE articles SET section = 'now'"))  # which is in the log alone
                connected.commit()
            monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # root may write everywhere
            with open_warehouse(url) as reader:
                with reader.reading() as connection:
                    section = connection.execute(sa.text("SELECT MIN(section) FROM articles")).scalar()
                    assert section == (None if connected is None else "now")
                with pytest.raises(ConfigError, match="readonly database"), reader.reading() as connection:
                    connection.execute(sa.text("DELETE FROM articles"))
                with pytest.raises(ConfigError, match="may only be read by this user; give this user the right to"):
                    load(reader, full_night(1))


def test_who_may_only_read_a_file_and_keeps_connections_sees_each_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report of such a user showed the night of its start until it was started again."""
    url = f"sqlite:///{tmp_path}/warehouse.db"
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # root may write everywhere
        reader = open_warehouse(url, pool=QueuePool)
    with reader:
        for day in range(3):
            with open_warehouse(url) as warehouse:
                load(warehouse, full_night(day))
                with reader.reading() as connection:
                    assert connection.execute(sa.text("SELECT count(*) FROM runs")).scalar_one() == day + 1
            with reader.reading() as connection:
                assert connection.execute(sa.text("SELECT count(*) FROM runs")).scalar_one() == day + 1


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_dead_server_is_named_without_the_password(scheme: str) -> None:
    with pytest.raises(Transient) as caught:
        open_warehouse(f"{scheme}://desk:secret@127.0.0.1:9/news")
    assert caught.value.code == "warehouse_unreachable"
    assert "postgresql+psycopg://desk:***@127.0.0.1:9/news cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_a_missing_database_is_named(postgres_url: str) -> None:
    with pytest.raises(ConfigError, match="create the database or mend the URL"):
        open_warehouse(sa.make_url(postgres_url).set(database="no_such_database").render_as_string(hide_password=False))


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text_is_refused(postgres_url: str, encoding: str) -> None:
    name = f"copydesk_test_{encoding.lower()}"
    wanted = f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    admin(postgres_url, f"DROP DATABASE IF EXISTS {name}", wanted)
    with pytest.raises(ConfigError, match=rf"{name}.* has the encoding {encoding}.*ENCODING 'UTF8'"):
        open_warehouse(sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
    admin(postgres_url, f"DROP DATABASE {name}")


@pytest.mark.slow
@pytest.mark.parametrize("style", ["German, DMY", "SQL, MDY", "Postgres, DMY"])
def test_a_database_that_writes_dates_in_another_style_is_read_and_written(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    url = new_database()
    name = sa.make_url(url).database
    admin(url, f"ALTER DATABASE {name} SET datestyle = '{style}'", f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        given = full_night()
        assert load(warehouse, given).changed
        assert not load(warehouse, given).changed
        with warehouse.reading() as connection:
            moments = connection.execute(sa.select(runs.c.run_date, runs.c.loaded_at)).one()
    assert (str(moments.run_date), moments.loaded_at.utcoffset()) == (given.run_date, timedelta(0))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("user", "password"), [("copydesk_guarded", "wrong-secret"), ("copydesk_guarded", None), ("nobody", "secret")]
)
def test_a_user_or_password_that_is_refused_is_named_with_the_mend(guarded_url: sa.URL, user: str, password: str | None) -> None:
    with pytest.raises(ConfigError, match=r"refuses the user or password .*mend the URL") as caught:
        open_warehouse(guarded_url.set(username=user, password=password).render_as_string(hide_password=False))
    assert "secret" not in str(caught.value)


@pytest.fixture(scope="module")
def guarded_url(postgres_url: str) -> sa.URL:
    """A server that asks the user copydesk_guarded for a password; the one that tests start trusts everybody else."""
    admin(
        postgres_url,
        "DROP ROLE IF EXISTS copydesk_guarded",
        "CREATE ROLE copydesk_guarded LOGIN PASSWORD 'right-secret'",
    )
    if "COPYDESK_TEST_POSTGRES_URL" not in os.environ:
        path, read = _asked(postgres_url)
        rules = Path(path)
        asked = "".join(f"{kind} scram-sha-256\n" for kind in ("local all copydesk_guarded", "host all copydesk_guarded all"))
        rules.write_text(asked + rules.read_text())
        admin(postgres_url, "SELECT pg_reload_conf()")
        while _asked(postgres_url)[1] == read:
            time.sleep(0.02)
    return sa.make_url(postgres_url)


@pytest.mark.slow
def test_a_server_that_takes_no_connection_now_is_worth_another_try(guarded_url: sa.URL) -> None:
    url = guarded_url.render_as_string(hide_password=False)
    given = guarded_url.set(username="copydesk_guarded", password="right-secret").render_as_string(hide_password=False)
    admin(url, "ALTER ROLE copydesk_guarded CONNECTION LIMIT 0")
    with pytest.raises(Transient, match=r"takes no connection now .*too many connections for role") as caught:
        open_warehouse(given)
    admin(url, "ALTER ROLE copydesk_guarded CONNECTION LIMIT -1")
    assert caught.value.code == "warehouse_busy"
    open_warehouse(given).close()


def _asked(url: str) -> tuple[str, datetime]:
    """Where the server's rules of access are, and when it read them."""
    with open_warehouse(url) as warehouse, warehouse.reading() as connection:
        path, read = connection.execute(sa.text("SELECT current_setting('hba_file'), pg_conf_load_time()")).one()
        return path, read


def test_a_warehouse_without_schema_says_what_to_run(empty_url: str) -> None:
    with open_warehouse(empty_url) as warehouse, pytest.raises(Fatal, match="copydesk db upgrade"):
        load(warehouse, night())


def _who(warehouse: Warehouse, name: str) -> str:
    """What is said of a writer: its name, where the database can tell it."""
    return "another loader" if warehouse.dialect == "duckdb" else name


def test_a_second_loader_waits_and_says_for_whom(url: str, caplog: pytest.LogCaptureFixture) -> None:
    inside, finish = threading.Event(), threading.Event()

    def hold() -> None:
        with open_warehouse(url) as first, first.writing("load of the first"):
            inside.set()
            finish.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(30)
    with open_warehouse(url, lock_timeout=30) as second:
        loader = threading.Thread(target=load, args=(second, full_night()))
        loader.start()
        while not caplog.records and loader.is_alive():
            loader.join(0.05)
        finish.set()
        loader.join()
        holder.join()
        assert _who(second, "load of the first") in caplog.text
        assert not load(second, full_night()).changed


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_a_loader_that_waited_sees_what_was_loaded_whatever_isolation_is_the_default(
    new_database: Callable[[], str], isolation: str, caplog: pytest.LogCaptureFixture
) -> None:
    url, given, results = new_database(), full_night(), list[LoadResult]()
    admin(url, f"ALTER DATABASE {sa.make_url(url).database} SET default_transaction_isolation = '{isolation}'")
    with open_warehouse(url) as first, open_warehouse(url, lock_timeout=30) as second:
        upgrade(first)
        loader = threading.Thread(target=lambda: results.append(load(second, given)))
        with first.writing("load of the first") as connection:
            loader.start()
            while not caplog.records and loader.is_alive():
                loader.join(0.05)
            now = datetime.now(UTC)
            row = {"run_id": given.run_id, "run_date": date.fromisoformat(given.run_date), "code_version": "1", "config_hash": "c"}
            connection.execute(runs.insert(), row | {"first_loaded_at": now, "loaded_at": now})
        loader.join()
    assert [result.counts["runs"]["updated"] for result in results] == [1]


def test_a_loader_that_waited_too_long_gives_up(url: str, warehouse: Warehouse) -> None:
    with open_warehouse(url, lock_timeout=0.3) as second, warehouse.writing("the first"), pytest.raises(Transient) as caught:
        load(second, night())
    assert caught.value.code == "warehouse_locked"
    assert _who(warehouse, "the first") in str(caught.value)


@pytest.mark.slow
def test_a_table_that_a_user_has_locked_is_not_waited_for_without_end(shared_database: str) -> None:
    url = emptied(shared_database)
    with open_warehouse(url) as user, user.reading() as reader, open_warehouse(url, lock_timeout=0.3) as warehouse:
        reader.execute(sa.text("LOCK TABLE articles IN SHARE MODE"))
        with pytest.raises(Transient, match="another session holds a table") as caught:
            load(warehouse, full_night())
    assert caught.value.code == "warehouse_busy"


@pytest.mark.slow
def test_a_limit_for_the_queries_of_users_does_not_end_a_load(new_database: Callable[[], str]) -> None:
    url = new_database()
    limits = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
    admin(url, *(f"ALTER DATABASE {sa.make_url(url).database} SET {limit} = '300ms'" for limit in limits))
    with open_warehouse(url) as warehouse:
        with warehouse.writing("a long load") as connection:
            connection.execute(sa.text("SELECT pg_sleep(0.4)"))
            time.sleep(0.4)
            connection.execute(sa.text("SELECT 1"))
        with pytest.raises(Fatal, match=r"for this user: .* SET statement_timeout = 0"), warehouse.reading() as connection:
            connection.execute(sa.text("SELECT pg_sleep(0.4)"))


@pytest.mark.slow
def test_nor_does_it_end_a_stage_that_works_on_what_it_has_read(new_database: Callable[[], str]) -> None:
    url = new_database()
    admin(url, f"ALTER DATABASE {sa.make_url(url).database} SET idle_in_transaction_session_timeout = '300ms'")
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        load(warehouse, full_night())
        with night_index(warehouse, date(2026, 3, 3), 30) as index:
            time.sleep(0.5)
            assert list(index.placed())
        with pytest.raises(Fatal, match="SET idle_in_transaction_session_timeout = 0"), warehouse.reading() as user:
            _wait_between(user)


def _wait_between(connection: sa.Connection) -> None:
    connection.execute(sa.text("SELECT 1"))
    time.sleep(0.5)
    connection.execute(sa.text("SELECT 1"))


@pytest.mark.slow
def test_a_user_who_may_make_no_tables_is_told_how_to(new_database: Callable[[], str]) -> None:
    url = new_database()
    admin(url, "DROP ROLE IF EXISTS copydesk_guest", "CREATE ROLE copydesk_guest", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    guest = sa.make_url(url).update_query_dict({"options": "-crole=copydesk_guest"}).render_as_string(hide_password=False)
    with open_warehouse(guest) as warehouse, pytest.raises(Fatal, match="GRANT CREATE ON SCHEMA"):
        upgrade(warehouse)
    admin(url, "DROP ROLE copydesk_guest")


@pytest.mark.slow
def test_a_server_that_may_only_be_read_is_read_and_named_by_a_load(new_database: Callable[[], str]) -> None:
    url = new_database()
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
    admin(url, f"ALTER DATABASE {sa.make_url(url).database} SET default_transaction_read_only = on")
    with open_warehouse(url) as warehouse:
        assert upgrade(warehouse) == []
        with warehouse.reading() as connection:
            assert connection.execute(sa.text("SELECT * FROM clean_articles")).all() == []
        with pytest.raises(Fatal, match=r"only read, as a replica.*the server that is written to"):
            load(warehouse, full_night())


def test_an_error_inside_undoes_everything(warehouse: Warehouse) -> None:
    def broken() -> object:
        yield from full_night().articles
        raise Fatal("the store is gone")

    from dataclasses import replace

    from tests.warehouse.make import everything

    before = everything(warehouse)
    with pytest.raises(Fatal, match="the store is gone"):
        load(warehouse, replace(full_night(), articles=broken()))  # type: ignore[arg-type]
    assert everything(warehouse) == before
