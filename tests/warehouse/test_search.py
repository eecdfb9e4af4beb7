"""Full-text search: off until it is asked for, and then kept by every load."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline.warehouse import Warehouse, load, open_warehouse, upgrade
from pipeline.warehouse.search import set_search
from pipeline.warehouse.sqlfiles import sql_files
from tests.warehouse.conftest import admin
from tests.warehouse.make import article, everything, full_night, night


@pytest.fixture
def url(empty_url: str) -> str:
    """A warehouse of its own: these tests change the schema."""
    with open_warehouse(empty_url) as opened:
        upgrade(opened)
    return empty_url


def _titles(warehouse: Warehouse, words: str) -> list[object]:
    (query,) = next(file for file in sql_files(f"search/{warehouse.dialect}") if file.name == "query").statements()
    with warehouse.reading() as connection:
        return [row.title for row in connection.execute(sa.text(query), {"words": words})]


def test_what_is_loaded_before_and_after_is_found(warehouse: Warehouse) -> None:
    load(warehouse, night(0, [article("flood", "The river rose.")]))
    assert set_search(warehouse, on=True)
    assert not set_search(warehouse, on=True)
    load(warehouse, night(1, [article("relief", "The river fell again.", 1), article("vote", "Zürich wählt.", 1)]))
    assert _titles(warehouse, "river") == ["About relief", "About flood"]
    assert _titles(warehouse, "river fell") == ["About relief"]
    assert _titles(warehouse, "Zürich") == ["About vote"]
    assert _titles(warehouse, "flood") == ["About flood"]


def test_the_index_follows_a_changed_text(warehouse: Warehouse) -> None:
    set_search(warehouse, on=True)
    load(warehouse, night(0, [article("a", "The river rose.")]))
    load(warehouse, night(1, [article("a", "The lake rose.", 1)]))
    assert _titles(warehouse, "river") == []
    assert _titles(warehouse, "lake") == ["About a"]
    if warehouse.dialect == "sqlite":
        with warehouse.writing("check") as connection:
            connection.execute(sa.text("INSERT INTO article_search (article_search) VALUES ('integrity-check')"))


def test_loading_again_still_changes_nothing(warehouse: Warehouse) -> None:
    set_search(warehouse, on=True)
    load(warehouse, full_night())
    before = everything(warehouse)
    assert not load(warehouse, full_night()).changed
    assert everything(warehouse) == before


def test_five_megabytes_of_text_can_be_indexed(warehouse: Warehouse) -> None:
    set_search(warehouse, on=True)
    load(warehouse, night(0, [article("a", "Flood " + " ".join(f"w{i}" for i in range(700_000)))]))
    assert _titles(warehouse, "flood") == ["About a"]


def test_it_can_be_turned_off_again(warehouse: Warehouse) -> None:
    set_search(warehouse, on=True)
    assert set_search(warehouse, on=False)
    assert not set_search(warehouse, on=False)
    assert load(warehouse, full_night()).changed
    assert set_search(warehouse, on=True)


@pytest.mark.slow
def test_an_index_is_seen_from_a_schema_of_ones_own(new_database: Callable[[], str]) -> None:
    base = make_url(new_database())
    plain = base.render_as_string(hide_password=False)
    with open_warehouse(plain) as owner:
        upgrade(owner)
        assert set_search(owner, on=True)
    admin(plain, "CREATE SCHEMA ada")
    with open_warehouse(
        base.update_query_dict({"options": "-csearch_path=ada,public"}).render_as_string(hide_password=False)
    ) as own:
        assert set_search(own, on=True) is False
