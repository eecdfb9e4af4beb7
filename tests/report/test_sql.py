"""What the command line finds in the warehouse."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigError, Fatal
from pipeline.report import finding
from pipeline.report.sql import ask, find
from pipeline.warehouse import Warehouse, load, set_search
from tests.warehouse.make import article, night


def test_articles_are_found_by_words_and_phrases(filled: Warehouse, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="COPYDESK_FULL_TEXT=1"):
        list(find(settings, "dam"))
    set_search(filled, on=True)
    head, _, *rows, count = find(settings, "dam")
    assert head.split() == ["article_id", "site", "title", "published_at", "url"]
    assert sorted(title for row in rows for title in ("About copy", "About lead") if title in row) == ["About copy", "About lead"]
    assert count == "(2 rows)"
    assert list(find(settings, "nowhere")) == ["no article has these words"]
    monkeypatch.setattr(finding, "LOOKED", 1)
    monkeypatch.setattr(finding, "NEWEST_FIRST", 1)
    assert list(find(settings, '"dam broke" "at one"'))[-1].startswith("(1 row")
    set_search(filled, on=False)


def test_a_database_that_has_no_full_text_index_is_named(tmp_path: Path) -> None:
    settings = Settings(warehouse_url=f"duckdb:///{tmp_path / 'warehouse.duckdb'}")
    with pytest.raises(ConfigError, match="duckdb has no full-text index; use PostgreSQL or SQLite"):
        list(find(settings, "dam"))


@pytest.mark.parametrize(
    "query", ["UPDATE articles SET title = 'x' RETURNING title", "DELETE FROM articles", "CREATE TABLE t (n INT)"]
)
def test_a_query_that_would_write_is_refused(filled: Warehouse, settings: Settings, query: str) -> None:
    """Undone when it has ended it would look done: the rows that it returns are shown."""
    with pytest.raises(ConfigError, match="only queries that return rows"):
        list(ask(settings, query))


def test_json_is_shown_as_json(filled: Warehouse, settings: Settings) -> None:
    """PostgreSQL's driver makes lists and objects of it."""
    query = "SELECT DISTINCT authors FROM clean_articles WHERE site = 'echo.example' OR site = 's0.example'"
    assert list(ask(settings, query, as_csv=True)) == ["authors", '"[""Ada Reporter"", ""Bo Writer""]"']
    assert next(islice(ask(settings, query), 2, None)) == '["Ada Reporter", "Bo Writer"]'


def test_columns_stand_below_each_other_in_every_script(filled: Warehouse, settings: Settings) -> None:
    query = "SELECT '渡船復航' AS title, 1 AS n UNION ALL SELECT 'ferry', 2 UNION ALL SELECT 'e\u0301te\u0301', 3 ORDER BY n"
    assert list(ask(settings, query))[2:-1] == ["渡船復航  1", "ferry     2", "e\u0301te\u0301       3"]


def test_more_than_a_page_of_finds_is_told(filled: Warehouse, settings: Settings) -> None:
    load(filled, night(5, [article(f"n{n}", "A rare zebra.", 5) for n in range(21)]))
    set_search(filled, on=True)
    assert list(find(settings, "zebra"))[-1] == "(20 rows, and there may be more)"
    set_search(filled, on=False)


def test_csv_comes_row_by_row(filled: Warehouse, settings: Settings) -> None:
    """So a whole view need not fit into memory; here a row far down cannot be computed."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
    faulty = "abs(CASE WHEN i = 2000 THEN -9223372036854775807 - 1 ELSE i END)"
    for comment in ("", "-- What it asks, as a file of sql/queries says it.\n-- More of it.\n", "/* What\nit */ -- asks\n\n"):
        lines = ask(settings, f"{comment}{numbers} SELECT {faulty} AS n FROM n", as_csv=True)
        assert list(islice(lines, 3)) == ["n", "1", "2"]
        with pytest.raises(Fatal, match=r"overflow|out of range"):
            list(lines)
