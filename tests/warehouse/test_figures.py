"""What the load counts of a run is what the tables hold of it."""

from __future__ import annotations

from typing import Any

from pipeline.records import Block, Rejected
from pipeline.warehouse import Warehouse, load
from tests.warehouse.make import article, fetch, full_night, night, story


def test_sources_rules_and_stories_are_counted(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, full_night(0))
    load(warehouse, full_night(1))
    for day in ("2026-03-01", "2026-03-02"):
        (counted,) = rows(
            "SELECT SUM(fetches) AS fetches, SUM(fetched) AS fetched, SUM(articles) AS articles, SUM(copies) AS copies,"
            " SUM(words) AS words, SUM(dropped_blocks) AS blocks, SUM(rejects) AS rejects"
            f" FROM nightly_sources WHERE run_date = '{day}'"
        )
        (held,) = rows(
            f"SELECT (SELECT COUNT(*) FROM fetches WHERE run_date = '{day}') AS fetches,"
            f" (SELECT COUNT(*) FROM fetches WHERE run_date = '{day}' AND outcome = 'fetched') AS fetched,"
            " COUNT(*) AS articles, SUM(CASE WHEN m.relation = 'copy' THEN 1 ELSE 0 END) AS copies, SUM(a.word_count) AS words,"
            " (SELECT COUNT(*) FROM dropped_blocks d JOIN articles b ON b.article_id = d.article_id"
            f"  WHERE b.first_run_date = '{day}') AS blocks,"
            f" (SELECT COUNT(*) FROM rejects WHERE run_date = '{day}' AND resolved_run_id IS NULL) AS rejects"
            f" FROM articles a JOIN story_members m ON m.article_id = a.article_id WHERE a.first_run_date = '{day}'"
        )
        assert {k: int(v or 0) for k, v in counted.items()} == {k: int(v or 0) for k, v in held.items()}
    assert [dict(row) for row in rows("SELECT rule, blocks, articles FROM nightly_rules WHERE run_date = '2026-03-01'")] == [
        {"rule": "line.advertisement", "blocks": 12, "articles": 12}
    ]


def test_samples_are_lines_that_the_rule_dropped(warehouse: Warehouse, rows: Any) -> None:
    many = [
        article(f"a{i}", day=0, blocks=(Block(0, "paragraph", f"Text {i}."), Block(1, "paragraph", f"Ad {i}", "advertisement")))
        for i in range(60)
    ]
    load(warehouse, night(0, many))
    found = rows("SELECT * FROM rule_examples")
    assert 10 <= len(found) <= 16
    assert {row["rule"] for row in found} == {"advertisement"}
    assert all(row["text"].startswith("Ad ") for row in found)


def test_the_most_copied_stories_come_first(warehouse: Warehouse, rows: Any) -> None:
    a = [article(f"a{i}", f"Text {i}.", site=f"s{i}.example") for i in range(6)]
    load(warehouse, night(0, a, [*story(a[0], a[1]), *story(a[2], a[3], a[4]), *story(a[5])]))
    assert [(row["place"], row["copies"]) for row in rows("SELECT * FROM nightly_stories ORDER BY place")] == [(1, 2), (2, 1)]


def test_a_story_that_became_part_of_another_is_among_those_of_its_night_as_that(warehouse: Warehouse, rows: Any) -> None:
    """Its row led to no story any more, and the night's most copied one was missing."""
    a = [article(f"a{i}", f"Text {i}.", site=f"s{i}.example") for i in range(8)]
    load(warehouse, night(0, a, [*story(a[0], a[1]), *story(a[2], a[3], a[4]), *story(a[5], a[6]), *story(a[7])]))
    late = article("late", "Text.", 1)
    load(warehouse, night(1, [late], story(late, *a[:5])))
    load(warehouse, night(2, [], story(a[7], late, *a[:5])))  # once more
    load(warehouse, night(3, [], [*story(a[5]), *story(a[6])]))
    found = rows("SELECT run_date, place, story_id, copies FROM nightly_stories ORDER BY run_date, place")
    assert [(str(row["run_date"]), row["place"], row["story_id"], row["copies"]) for row in found] == [
        ("2026-03-01", 1, a[7].article_id, 6),
        ("2026-03-02", 1, a[7].article_id, 6),
    ]


def test_a_night_that_is_loaded_again_is_counted_anew(warehouse: Warehouse, rows: Any) -> None:
    bad = "https://herald.example/bad"
    rejected = [Rejected(bad, "herald", "herald.example", "fetch", "timeout", None, True)]
    load(warehouse, night(0, [article("a")], fetches=[fetch(bad, "timeout")], rejected=rejected))
    load(warehouse, night(0, [article("a"), article("b")], fetches=[fetch(bad)]))
    (row,) = rows("SELECT SUM(fetched) AS fetched, SUM(articles) AS articles, SUM(rejects) AS rejects FROM nightly_sources")
    assert (row["fetched"], row["articles"], row["rejects"]) == (1, 2, 0)


def test_what_got_through_later_is_counted_also_when_its_night_is_loaded_again(warehouse: Warehouse, rows: Any) -> None:
    late = article("late", day=1)
    rejected = [Rejected(str(late.url), "herald", "herald.example", "fetch", "timeout", None, True)]
    failed = fetch(late, "timeout")
    load(warehouse, night(0, [], fetches=[failed], rejected=rejected))
    load(warehouse, night(1, [late]))
    load(warehouse, night(0, [article("a")], fetches=[failed, fetch(article("a"))], rejected=rejected))
    found = rows("SELECT run_date, SUM(rejects) AS rejects FROM nightly_sources GROUP BY run_date ORDER BY run_date")
    assert [int(row["rejects"]) for row in found] == [1, 0]
    assert rows("SELECT * FROM open_rejects") == []


def test_nights_from_before_there_were_figures_are_counted_by_the_next_load(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a")]))
    with warehouse.writing("test") as connection:
        connection.exec_driver_sql("DELETE FROM run_sources")
    load(warehouse, night(1, [article("b", day=1)]))
    assert len(rows("SELECT DISTINCT run_id FROM nightly_sources")) == 2
