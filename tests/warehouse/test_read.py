"""What the stages read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from pipeline.config import Settings
from pipeline.explain import explain
from pipeline.records import Fetch, Rejected, Reuse
from pipeline.urls import url_id
from pipeline.warehouse import (
    Warehouse,
    article,
    failed_finds,
    known_urls,
    latest_run_date,
    load,
    open_rejects,
    run_report,
)
from tests.warehouse import make
from tests.warehouse.make import DAY, fetch, full_night, night, story


def _day(days: int) -> date:
    return DAY + timedelta(days=days)


def test_known_urls_are_those_of_earlier_dates_as_they_were_then(warehouse: Warehouse) -> None:
    url, other = "https://herald.example/a", "https://herald.example/b"
    ids = [url_id(url), url_id(other)]
    outcomes = ("fetched", "timeout", "not_modified", "fetched")
    for day, outcome in enumerate(outcomes):
        load(warehouse, night(day, [], fetches=[fetch(url, outcome, day), *([fetch(other, day=2)] if day == 2 else [])]))
    assert known_urls(warehouse, _day(0), ids) == {}
    seen = [known_urls(warehouse, _day(day), ids)[url_id(url)] for day in range(1, 5)]
    assert [(s.last_outcome, s.etag, s.fail_count, s.last_success_date) for s in seen] == [
        ("fetched", "e0", 0, _day(0)),
        ("timeout", "e0", 1, _day(0)),
        ("not_modified", "e0", 0, _day(2)),
        ("fetched", "e3", 0, _day(3)),
    ]
    assert set(known_urls(warehouse, _day(2), ids)) == {url_id(url)}
    assert set(known_urls(warehouse, _day(3), ids)) == set(ids)


def test_failed_finds_are_what_last_failed_for_a_reason_that_may_pass(warehouse: Warehouse) -> None:
    def of(name: str, outcome: str, day: int, **changes: Any) -> Fetch:
        return fetch(f"https://herald.example/{name}", outcome, day, **{"retryable": outcome != "fetched"} | changes)

    first = [of(name, "timeout", 0) for name in ("still", "mended", "later")]
    first += [of("gone", "http_404", 0, retryable=False), of("blocked", "blocked", 0), of("listed", "timeout", 0, via="list")]
    load(warehouse, night(0, [], fetches=first))
    load(warehouse, night(1, [], fetches=[of("still", "http_503", 1), of("mended", "fetched", 1)]))
    load(warehouse, night(2, [], fetches=[of("later", "fetched", 2)]))

    def names(since: int, before: int) -> list[str]:
        return [item.url.rpartition("/")[2] for _, item in failed_finds(warehouse, _day(since), _day(before))]

    assert names(0, 1) == ["later", "mended", "still"]
    assert names(0, 2) == ["later", "still"]
    assert names(0, 3) == names(1, 3) == ["still"]
    assert names(2, 3) == names(0, 0) == []


def test_known_urls_are_looked_up_by_key(warehouse: Warehouse) -> None:
    urls = [f"https://herald.example/{n}" for n in range(1200)]
    load(warehouse, night(0, [], fetches=[fetch(url) for url in urls]))
    asked = [*urls[:1100], "https://herald.example/never-seen"]
    statements: list[str] = []
    listener = partial(_record_statement, statements)
    sa.event.listen(warehouse.engine, "before_cursor_execute", listener)
    known = known_urls(warehouse, _day(1), map(url_id, asked))
    sa.event.remove(warehouse.engine, "before_cursor_execute", listener)
    assert {state.url for state in known.values()} == set(urls[:1100])
    assert len(statements) == 3
    assert all("WHERE url_state.url_id IN (" in statement for statement in statements)


def _record_statement(seen: list[str], connection: object, cursor: object, statement: str, *rest: object) -> None:
    if statement.startswith("SELECT url_state"):
        seen.append(statement)


def test_what_sql_makes_of_the_fetches_is_what_python_does(warehouse: Warehouse) -> None:
    url = "https://herald.example/a"
    for day, outcome in enumerate(("timeout", "fetched", "http_503", "not_modified", "timeout")):
        load(warehouse, night(day, [], fetches=[fetch(url, outcome, day)]))
        stored = known_urls(warehouse, _day(day + 1), [url_id(url)])
        load(warehouse, night(20 + day, [], run_id="later", fetches=[fetch("https://herald.example/other", day=20)]))
        assert known_urls(warehouse, _day(day + 1), [url_id(url)]) == stored


def test_an_explanation_tells_no_midnight_and_calls_no_copy_equal_that_is_not(warehouse: Warehouse, url: str) -> None:
    lead, copy = make.article("a", published_at="2026-03-01"), make.article("a", site="post.example")
    head, follower = story(lead, copy)
    load(warehouse, night(0, [lead, copy], [head, replace(follower, score=0.9984)]))
    warehouse.close()  # one of DuckDB is open once
    told = [line.split()[:4] for line in explain(lead.article_id, Settings(warehouse_url=url)).splitlines()]
    assert ["canonical", "2026-03-01", "herald.example", lead.url] in told
    assert ["copy", "99", "%", "2026-03-01"] in told


def test_an_article_comes_back_with_every_block_in_its_place(warehouse: Warehouse) -> None:
    one = make.article("a", "First.\n\nSecond.\n\nThird.")
    copy = make.article("b", "First.\n\nSecond.", site="post.example")
    load(warehouse, night(0, [one, copy], story(one, copy), reuse=[Reuse(copy.article_id, one.article_id, 0, 6, 1)]))
    stored = article(warehouse, one.article_id)
    assert stored is not None
    assert [(b.text, b.dropped_by) for b in stored.article.blocks] == [(b.text, b.dropped_by) for b in one.blocks]
    assert stored.article.text == one.text
    assert [(c.site, c.relation) for c in stored.copies] == [("herald.example", "canonical"), ("post.example", "copy")]
    assert stored.copies[1].proof == {"run": 40}
    other = article(warehouse, copy.article_id)
    assert other is not None
    assert other.story_id == one.article_id
    assert [(p.start, p.end, p.source_url) for p in other.passages] == [(0, 6, one.url)]
    assert article(warehouse, "f" * 32) is None


def test_open_rejects_are_the_records_that_were_rejected(warehouse: Warehouse) -> None:
    rejects = [
        Rejected("https://a.example/1", "a", "a.example", "fetch", "timeout", "no answer", True, None),
        Rejected("https://a.example/2", "a", "a.example", "extract", "consent", None, False, "w#1+2"),
    ]
    load(warehouse, night(0, rejected=rejects))
    assert sorted((reject for _, reject in open_rejects(warehouse)), key=lambda r: r.url) == rejects


def test_an_article_that_copies_a_story_of_before_is_no_story_of_the_night(warehouse: Warehouse, rows: Any) -> None:
    first, late, own = make.article("a"), make.article("late", day=1, site="echo.example"), make.article("own", "Own.", day=1)
    load(warehouse, night(0, [first]))
    load(warehouse, night(1, [late, own], [*story(first, late), *story(own)]))
    report = run_report(warehouse, _day(1))
    assert (report.stories, report.copies) == (1, 1)
    (counted,) = rows("SELECT SUM(articles) AS n, SUM(copies) AS copies FROM nightly_sources WHERE run_date = '2026-03-02'")
    assert (counted["n"] - counted["copies"], counted["copies"]) == (report.stories, report.copies), "as the pages show them"


def test_the_report_of_a_night(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, full_night(0))
    load(warehouse, night(1, [make.article("late", day=1)]))
    report = run_report(warehouse, _day(0))
    assert (report.stories, report.copies, report.passages) == (6, 6, 1)
    assert [(f.stage, f.outcome, f.n) for f in report.funnel] == [("fetch", "fetched", 12), ("fetch", "timeout", 1)]
    assert [(r.reason, r.n) for r in report.rejects] == [("timeout", 1)]
    assert [(r.rule, r.times, r.sample) for r in report.rules] == [("line.advertisement", 12, "Advertisement")]
    assert {(s.copies, s.sites) for s in report.biggest_stories} == {(1, 2)}
    assert latest_run_date(warehouse) == _day(1)
    assert run_report(warehouse, _day(9)).stories == 0
