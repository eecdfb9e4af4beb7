"""Each check of `sql/checks` finds all that its first lines say, and nothing in a night as it should be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.records import Article, Reuse, StageReport
from pipeline.warehouse import Night, Warehouse, load
from pipeline.warehouse.checks import failed_checks
from pipeline.warehouse.sqlfiles import sql_files
from tests.warehouse.make import DAY, article, fetch, full_night, night, story

FUNNEL: Mapping[str, Mapping[str, int]] = {
    "fetch": {"fetched": 12, "timeout": 1},
    "extract": {"article": 9, "index": 3},
    "clean": {"kept": 8, "no_text": 1},
    "dedup": {"unique": 5, "copy": 2, "same_article": 1},
    "load": {"loaded": 8},
}

# One member of a story that nothing is told of but that: no passage is from it, and it took none.
_OF_STORY = "(SELECT MAX(article_id) FROM story_members WHERE relation = '{}' AND {} NOT IN (SELECT {} FROM passages))"
COPY = f"article_id = {_OF_STORY.format('copy', 'article_id', 'article_id')}"
LEAD = f"article_id = {_OF_STORY.format('canonical', 'article_id', 'source_article_id')}"


def _whole_night() -> Night:
    """A night with something in every table, of which each stage has told."""
    articles: list[Any] = [*(whole := full_night()).articles]
    reports = [StageReport(stage, str(DAY), "000", sum(told.values()), told) for stage, told in FUNNEL.items()]
    return replace(
        whole, reports=reports, reuse=[Reuse(articles[1].article_id, articles[0].article_id, 0, len(articles[1].text), 2)]
    )


def _found(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    with warehouse.reading() as connection:
        return {failure.name: [*failure.rows] for failure in failed_checks(connection)}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_check_says_what_to_do_when_it_fails(dialect: str) -> None:
    files = sql_files("checks", dialect)
    for file in files:
        assert file.comment, file.name
        assert "What to do" not in file.comment, file.name
        assert re.fullmatch(r"What to do: .+\.", file.mend), file.name
        assert not any(other.name in file.mend for other in files), "an alert holds no other check to look it up in"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"DELETE FROM articles WHERE {COPY}", {"member without article", "dropped block without article"}),
        (
            f"DELETE FROM articles WHERE {LEAD}",
            {
                "member without article",
                "copy of an unknown article",
                "dropped block without article",
                "story without its canonical article",
            },
        ),
        ("UPDATE article_versions SET article_id = 'x'", {"version without article"}),
        ("UPDATE passages SET source_article_id = 'x'", {"passage without source"}),
        *(
            (f"UPDATE passages SET {wrong}", {"passage outside of the text"})
            for wrong in ("article_id = 'x'", "start_offset = -1", "start_offset = 5, end_offset = 5", "end_offset = 9999")
        ),
        ("UPDATE articles SET last_run_id = 'x'", {"article of an unknown run"}),
        ("UPDATE articles SET first_run_id = 'x'", {"article of an unknown run"}),
        ("UPDATE stories SET first_run_id = 'x'", {"story of an unknown run"}),
        (f"UPDATE story_members SET matched_article_id = 'x' WHERE {COPY}", {"copy of an unknown article"}),
        ("DELETE FROM stories", {"member without story", "story twice"}),
        (
            f"UPDATE story_members SET story_id = (SELECT MIN(story_id) FROM stories) WHERE {LEAD}",
            {"story without its canonical article"},
        ),
        ("UPDATE story_members SET proof = NULL, score = NULL", {"copies_have_proof"}),
        *(
            (f"UPDATE stage_reports SET n = n {more} WHERE stage = '{stage}' AND outcome = '{outcome}'", stages)
            for more in ("+ 1", "- 1")
            for stage, outcome, stages in (
                ("extract", "article", {"extract", "clean"}),
                ("clean", "kept", {"clean", "dedup"}),
                ("dedup", "same_article", {"dedup", "load"}),
                ("load", "loaded", {"load"}),
            )
        ),
        ("UPDATE stage_reports SET n = n - 1 WHERE stage = 'fetch' AND outcome = 'fetched'", {"extract"}),
        ("UPDATE stage_reports SET n = n + 1 WHERE stage = 'fetch' AND outcome = 'timeout'", {"fetches"}),
        ("DELETE FROM fetches", {"fetches"}),
    ],
)
def test_what_was_broken_by_hand_is_found(warehouse: Warehouse, statement: str, expected: set[str]) -> None:
    one, moved = article("changed", "One text."), article("moved", "One text.")
    whole = _whole_night()
    load(warehouse, replace(whole, articles=[*whole.articles, one, moved], members=[*whole.members, *story(one), *story(moved)]))
    load(warehouse, night(1, [article("changed", "Another text.", 1)], story(moved, one)))
    assert _found(warehouse) == {}
    with warehouse.writing("break") as connection:
        connection.execute(sa.text(statement))
    told = {str(row.get("problem", row.get("stage", name))) for name, rows in _found(warehouse).items() for row in rows}
    assert told == expected


def _ad(count: int, *labels: str) -> list[Article]:
    lines = labels or ("Read more", "End.")
    return [article(f"ad{i}", "\n\n".join([f"Text {i}.", *lines])) for i in range(count)]


def _plain(count: int, day: int = 0) -> list[Article]:
    return [article(f"d{day}n{i}", f"Text {day} {i}.", day) for i in range(count)]


@pytest.mark.parametrize(
    ("nights", "kept_back"),
    [
        ([_ad(5)], True),
        ([_ad(4)], False),
        ([_ad(5, "SHARE THIS ARTICLE")], True),
        ([_ad(9, "Share this article with whom you like.", "Read more books!")], False),
        ([[*_ad(5), *_plain(245)]], True),
        ([[*_ad(5), *_plain(246)]], False),
        ([_ad(5), _plain(1, 1)], False),
    ],
)
def test_one_article_in_fifty_with_lines_that_are_a_label_is_too_many(
    warehouse: Warehouse, nights: Iterable[list[Article]], *, kept_back: bool
) -> None:
    for day, articles in enumerate(nights):
        load(warehouse, night(day, articles))
    assert [*_found(warehouse)] == ["no_label_lines"] * kept_back


@pytest.mark.parametrize(
    ("volumes", "usual"),
    [
        ((10, 10, 10, 10, 10, 10, 10, 1), 10),
        ((10, 10, 10, 10, 10, 10, 10, 2), None),
        ((1, 1, 90, 1, 10, 90, 10, 10, 1), 10),
        ((10, 10, 10, 10, 10, 10, 0), None),
        ((9, 9, 9, 9, 9, 9, 9, 0), None),
        ((10, 10, 10, 10, 10, 10, 10, 0, 10), None),
    ],
)
def test_a_night_below_a_fifth_of_the_usual_volume_is_found(
    warehouse: Warehouse, volumes: tuple[int, ...], usual: int | None
) -> None:
    for day, count in enumerate(volumes):
        load(warehouse, night(day, _plain(count, day)))
    expected = {} if usual is None else {"volume_is_usual": [(volumes[-1], usual)]}
    assert {name: [(row["articles"], row["usual"]) for row in rows] for name, rows in _found(warehouse).items()} == expected


@pytest.mark.parametrize(
    ("days", "via", "expected"),
    [((2,), "feed", []), ((3,), "feed", [1]), ((3,), "list", [1]), ((3,), "file", []), ((3, 4), "sitemap", [])],
)
def test_pages_more_than_two_days_older_than_the_newest_night_are_found(
    warehouse: Warehouse, days: tuple[int, ...], via: str, expected: list[int]
) -> None:
    one = article("a")
    for day in days:
        load(warehouse, night(day, [one] if day == days[0] else [], fetches=[fetch(one, day=day if day == 4 else 0, via=via)]))
    assert [row["fetches"] for rows in _found(warehouse).values() for row in rows] == expected
