"""Loading: whole, idempotent, never older over newer, nothing lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.records import Article, Block, Rejected, Reuse, SiteLine, StageReport
from pipeline.urls import url_id
from pipeline.warehouse import Warehouse, load, open_warehouse, upgrade
from pipeline.warehouse.load_articles import MANY_REJECTS
from tests.warehouse.conftest import DATABASES, SERVE_MANY
from tests.warehouse.make import DAY, article, contents, everything, fetch, fetched, full_night, night, story

GOT_THROUGH = "SELECT resolved_run_id FROM rejects"


def test_the_same_night_loaded_twice_changes_no_row(warehouse: Warehouse) -> None:
    first = load(warehouse, full_night())
    before = everything(warehouse)
    assert all(before.values()) or not before["article_versions"]
    second = load(warehouse, full_night())
    assert everything(warehouse) == before
    assert first.changed
    assert not second.changed
    assert {table: c["unchanged"] for table, c in second.counts.items() if c["unchanged"]} == {
        "fetches": 13,
        "url_state": 13,
        "articles": 12,
        "story_members": 12,
        "passages": 1,
        "site_lines": 1,
        "rejects": 1,
        "stage_reports": 2,
        "runs": 1,
    }


def test_counts_say_what_became_of_the_rows(warehouse: Warehouse) -> None:
    counts = load(warehouse, full_night()).counts
    assert counts["articles"] == {"inserted": 12, "updated": 0, "unchanged": 0, "seen_again": 0, "older": 0, "not_article": 0}
    assert counts["dropped_blocks"]["inserted"] == 12
    assert counts["stories"] == {"inserted": 6, "updated": 0, "unchanged": 0}
    assert counts["runs"]["inserted"] == 1


def test_articles_of_which_nothing_was_dropped_and_little_is_known_are_loaded(warehouse: Warehouse, rows: Any) -> None:
    bare = dict.fromkeys(("canonical_url", "title", "published_at", "published_basis", "language"))
    whole = replace(article("a", **bare), blocks=(Block(0, "paragraph", "The council met."),), authors=())
    assert load(warehouse, night(0, [whole])).counts["dropped_blocks"]["inserted"] == 0
    assert rows("SELECT title, text, language FROM articles") == [{"title": None, "text": "The council met.", "language": None}]


def test_a_changed_article_keeps_every_text(warehouse: Warehouse, rows: Any) -> None:
    for day, text in enumerate(("First text.", "Second text.", "First text.")):
        load(warehouse, night(day, [article("a", text, day)]))
    assert rows("SELECT text FROM articles") == [{"text": "First text."}]
    assert rows("SELECT version_no, text FROM article_versions ORDER BY version_no") == [
        {"version_no": 1, "text": "First text."},
        {"version_no": 2, "text": "Second text."},
    ]


def test_an_article_that_never_changed_has_no_version_row(warehouse: Warehouse, rows: Any) -> None:
    for day in range(3):
        load(warehouse, night(day, [article("a", day=0, fetched_at=article("a", day=day).fetched_at)]))
    assert rows("SELECT COUNT(*) AS n FROM article_versions") == [{"n": 0}]


def test_a_change_of_metadata_alone_updates_the_row_and_makes_no_version(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a")]))
    result = load(warehouse, night(0, [article("a", authors=("Cy Editor",))]))
    assert result.counts["articles"]["updated"] == 1
    assert "Cy Editor" in str(rows("SELECT authors FROM articles"))
    assert rows("SELECT COUNT(*) AS n FROM article_versions") == [{"n": 0}]


def test_better_rules_on_the_same_page_replace_its_text_and_dropped_blocks(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a", "Kept.\n\nShare this.")]))
    better = article("a", "Kept.")
    better = replace(better, blocks=(*better.blocks, Block(2, "paragraph", "Share this.", "line.share")))
    load(warehouse, night(0, [better]))
    assert rows("SELECT text FROM articles") == [{"text": "Kept."}]
    assert [row["rule"] for row in rows("SELECT rule FROM dropped_lines ORDER BY rule")] == ["line.advertisement", "line.share"]


def test_a_back_fill_never_overwrites_a_newer_text(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(5, [article("a", "New text.", 5)]))
    counts = load(warehouse, night(1, [article("a", "Old text.", 1)])).counts
    assert counts["articles"]["older"] == 1
    assert rows("SELECT text, raw_ref FROM articles") == [{"text": "New text.", "raw_ref": "day5.warc.gz#1+2"}]
    assert [row["text"] for row in rows("SELECT text FROM article_versions ORDER BY seen_at")] == ["Old text.", "New text."]
    before = everything(warehouse)
    assert not load(warehouse, night(1, [article("a", "Old text.", 1)])).changed
    assert everything(warehouse) == before


def test_a_back_fill_loses_to_the_last_fetch_of_an_unchanged_text(warehouse: Warehouse, rows: Any) -> None:
    same = article("a", "Standing text.")
    load(warehouse, night(0, [same]))
    again = replace(same, fetched_at=article("a", day=4).fetched_at)
    assert load(warehouse, night(4, [again])).counts["articles"]["seen_again"] == 1
    load(warehouse, night(2, [article("a", "A text in between.", 2)]))
    assert rows("SELECT text FROM articles") == [{"text": "Standing text."}]


def test_of_two_pages_of_one_article_in_a_night_the_newer_counts_in_any_order(warehouse: Warehouse, rows: Any) -> None:
    one, two = article("a", "Earlier.", 0), article("a", "Later.", 0, raw_ref="z", fetched_at=article("a", day=1).fetched_at)
    for pages in ([one, two], [two, one]):
        load(warehouse, night(0, pages, story(one)))
        assert rows("SELECT text FROM articles") == [{"text": "Later."}]


def test_pages_of_another_kind_are_passed_over(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a", "A good text.")]))
    wall = article("a", "Please consent.", 1, page_kind="consent")
    assert load(warehouse, night(1, [wall], [])).counts["articles"]["not_article"] == 1
    assert rows("SELECT text FROM clean_articles") == [{"text": "A good text."}]


def test_articles_without_a_story_stand_for_themselves(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a")], members=[]))
    assert [(r["copies"], r["sites"], r["story_id"]) for r in rows("SELECT * FROM clean_articles")] == [(0, 1, None)]


@pytest.mark.parametrize("url", DATABASES, indirect=True)
@pytest.mark.parametrize("view", ["clean_articles", "article_copies"])
def test_a_story_is_looked_up_by_index(warehouse: Warehouse, view: str) -> None:
    """An expression for its id, as COALESCE, made each database read every article for one story."""
    explain = "EXPLAIN QUERY PLAN" if warehouse.dialect == "sqlite" else "EXPLAIN"
    with warehouse.engine.begin() as connection:
        if warehouse.dialect == "postgresql":
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = " ".join(map(str, connection.execute(sa.text(f"{explain} SELECT * FROM {view} WHERE story_id = 'x'")).all()))
    assert "story_members_story_id" in plan


def test_a_story_that_lost_its_members_leads_on_and_leaves_the_views(warehouse: Warehouse, rows: Any) -> None:
    a, b = article("a"), article("b", site="post.example")
    load(warehouse, night(0, [a, b]))
    load(warehouse, night(1, [], story(a, b)))
    assert [r["story_id"] for r in rows("SELECT story_id FROM clean_articles")] == [a.article_id]
    merged = rows("SELECT members, sites, merged_into FROM stories WHERE story_id = :id", id=b.article_id)
    assert merged == [{"members": 0, "sites": 0, "merged_into": a.article_id}]
    assert rows("SELECT members, sites FROM stories WHERE story_id = :id", id=a.article_id) == [{"members": 2, "sites": 2}]
    load(warehouse, night(2, [], [*story(a), *story(b)]))
    back = rows("SELECT members, merged_into FROM stories ORDER BY members")
    assert back == [{"members": 1, "merged_into": None}] * 2


def test_a_story_that_lost_its_members_stays_what_it_was(warehouse: Warehouse, rows: Any) -> None:
    heir, lead, copy = (article(name) for name in "abc")
    load(warehouse, night(0, [heir, lead, copy], [*story(heir), *story(lead, copy, story_id=copy.article_id)]))
    kept = "SELECT canonical_article_id, first_published_at, last_published_at, first_run_id FROM stories ORDER BY story_id"
    before = rows(kept)
    load(warehouse, night(1, [], story(heir, lead, copy)))
    assert rows(kept) == before


def test_a_copy_that_changed_leaves_its_story_to_the_article_that_leads_it(warehouse: Warehouse, rows: Any) -> None:
    copy, lead = sorted((article("a"), article("b")), key=lambda one: one.article_id)
    load(warehouse, night(0, [lead, copy], story(lead, copy)))
    load(warehouse, night(1, [replace(copy, title="Another title", fetched_at=fetched(1))], members=[]))
    assert rows("SELECT canonical_article_id FROM stories") == [{"canonical_article_id": lead.article_id}]


def test_earlier_members_follow_a_new_canonical(warehouse: Warehouse, rows: Any) -> None:
    a, b, c = article("a"), article("b"), article("c")
    load(warehouse, night(0, [a, b], story(a, b)))
    lead, copy = story(c, a, story_id=a.article_id)
    load(warehouse, night(1, [c], [lead, copy]))
    found = {r["article_id"]: (r["canonical_article_id"], r["relation"]) for r in rows("SELECT * FROM article_copies")}
    assert found == {
        a.article_id: (c.article_id, "copy"),
        b.article_id: (c.article_id, "copy"),
        c.article_id: (c.article_id, "canonical"),
    }
    assert len(rows("SELECT * FROM clean_articles")) == 1


def test_a_lone_article_becomes_canonical_when_copies_of_it_come(warehouse: Warehouse, rows: Any) -> None:
    a, b = article("a"), article("b", day=1)
    load(warehouse, night(0, [a]))
    load(warehouse, night(1, [b], story(a, b)[1:]))
    assert [r["relation"] for r in rows("SELECT relation FROM article_copies ORDER BY relation")] == ["canonical", "copy"]


@pytest.mark.parametrize("left", [0, 1])
def test_an_article_that_its_copies_or_its_canonical_left_stands_alone(warehouse: Warehouse, rows: Any, left: int) -> None:
    a, b, c = article("a"), article("b", site="post.example"), article("c")
    load(warehouse, night(0, [a, b, c], [*story(a, b), *story(c)]))
    stays, moves = ((a, b), (b, a))[left]
    load(warehouse, night(1, [], story(c, moves)))
    both = "SELECT {0} FROM {1} WHERE article_id = :id"
    member = rows(
        both.format("relation, canonical_article_id, score, matched_article_id, proof", "story_members"), id=stays.article_id
    )
    assert [tuple(row.values()) for row in member] == [("unique", stays.article_id, None, None, None)]
    assert rows(both.format("relation", "article_copies"), id=stays.article_id) == [{"relation": "unique"}]
    copies = {row["site"]: row["copies"] for row in rows("SELECT site, copies FROM source_quality")}
    assert copies == {moves.site: 1, stays.site: 0}
    before = everything(warehouse)
    assert not load(warehouse, night(1, [], story(c, moves))).changed
    assert everything(warehouse) == before


def test_copies_whose_canonical_left_for_another_story_are_not_proven_by_it(warehouse: Warehouse, rows: Any) -> None:
    a, b, c, d = (article(name, site=f"{name}.example") for name in "abcd")
    load(warehouse, night(0, [a, b, c, d], [*story(a, b, c), *story(d)]))
    load(warehouse, night(1, [], story(d, a)))
    head, copy = sorted((b.article_id, c.article_id))
    place = "SELECT relation, canonical_article_id, score, matched_article_id, proof FROM story_members WHERE article_id = :id"
    assert [tuple(row.values()) for row in rows(place, id=head)] == [("canonical", head, None, None, None)]
    (row,) = rows(place, id=copy)
    assert "follows" in str(row.pop("proof"))
    assert tuple(row.values()) == ("copy", head, None, None)
    assert not load(warehouse, night(1, [], story(d, a))).changed


def test_a_canonical_article_without_a_copy_is_unique(warehouse: Warehouse, rows: Any) -> None:
    a = article("a")
    alone = story(a, article("b"))[:1]  # its copy went to another story meanwhile
    load(warehouse, night(0, [a], alone))
    assert rows("SELECT relation, canonical_reason FROM story_members") == [
        {"relation": "unique", "canonical_reason": "only document"}
    ]
    assert not load(warehouse, night(0, [a], alone)).changed


@pytest.mark.parametrize("first", ["alone", "copied"])
def test_an_article_that_others_make_canonical_says_why(warehouse: Warehouse, rows: Any, first: str) -> None:
    a, b = article("a"), article("b", site="post.example")
    alone = story(a, canonical_reason="only document")
    nights = {
        "alone": [night(0, [a], alone), night(1, [b], story(a, b)[1:])],
        "copied": [night(0, [a, b], story(a, b)), night(1, [], alone)],
    }
    for one in nights[first]:
        load(warehouse, one)
    members = rows("SELECT relation, canonical_reason FROM story_members ORDER BY relation")
    assert [tuple(row.values()) for row in members] == [("canonical", "earliest"), ("copy", "earliest")]
    before = everything(warehouse)
    assert not load(warehouse, nights[first][1]).changed
    assert everything(warehouse) == before


def test_every_article_stands_once_among_the_copies(warehouse: Warehouse, rows: Any) -> None:
    a, b, c, d = article("a"), article("b", site="post.example"), article("c"), article("d")
    load(warehouse, night(0, [a, b, c, d], [*story(a, b), *story(c)]))
    found = {r["article_id"]: (r["relation"], r["story_id"]) for r in rows("SELECT * FROM article_copies")}
    assert found == {
        a.article_id: ("canonical", a.article_id),
        b.article_id: ("copy", a.article_id),
        c.article_id: ("unique", c.article_id),
        d.article_id: ("unique", None),
    }
    assert len(rows("SELECT * FROM article_copies")) == 4


def test_an_old_night_loaded_again_leaves_what_later_nights_decided(warehouse: Warehouse) -> None:
    a, b = article("a"), article("b", site="post.example")
    old = night(0, [a, b], [*story(a), *story(b)])
    load(warehouse, old)
    load(warehouse, night(1, [article("c", day=1)], story(a, b), reuse=[Reuse(b.article_id, a.article_id, 0, 11, 2)]))
    before = everything(warehouse)
    assert not load(warehouse, old).changed
    assert everything(warehouse) == before


def test_a_back_fill_whose_original_moves_a_story_decides_no_more_of_it_when_loaded_again(warehouse: Warehouse, rows: Any) -> None:
    lead, copy = article("lead", day=2), article("copy", day=2)
    load(warehouse, night(2, [lead, copy], story(lead, copy)))
    original, early = article("original"), article("copy", "Another text of that page, which was alone.")
    back_fill = night(0, [original, early], [*story(original, lead, story_id=lead.article_id), *story(early)])
    load(warehouse, back_fill)
    after = everything(warehouse)
    assert not load(warehouse, back_fill).changed
    assert everything(warehouse) == after
    (moved,) = rows("SELECT canonical_article_id, relation FROM article_copies WHERE article_id = :id", id=copy.article_id)
    assert moved == {"canonical_article_id": original.article_id, "relation": "copy"}


def test_a_back_fill_that_brings_the_original_decides_the_story_again(warehouse: Warehouse, rows: Any) -> None:
    later, original = article("b", day=2, site="post.example"), article("a")
    load(warehouse, night(2, [later]))
    load(warehouse, night(0, [original], story(original, later)))
    found = {r["article_id"]: r["relation"] for r in rows("SELECT * FROM article_copies")}
    assert found == {original.article_id: "canonical", later.article_id: "copy"}


def test_a_back_fill_that_brings_a_source_is_named_by_what_took_from_it(warehouse: Warehouse, rows: Any) -> None:
    taker, source, other = article("taker", day=2), article("source"), article("other", day=2)
    passage = Reuse(taker.article_id, other.article_id, 17, 26, 2)
    load(warehouse, night(2, [taker, other], reuse=[passage]))
    stitched = replace(story(taker)[0], proof='{"composite": true}')
    found = [Reuse(taker.article_id, source.article_id, 0, 16, 3), passage]
    back_fill = night(0, [source], [*story(source), stitched], reuse=found)
    load(warehouse, back_fill)
    sources = rows("SELECT source_article_id FROM passages ORDER BY start_offset")
    assert [row["source_article_id"] for row in sources] == [source.article_id, other.article_id]
    assert "composite" in str(rows("SELECT proof FROM story_members WHERE article_id = :id", id=taker.article_id))
    after = everything(warehouse)
    assert not load(warehouse, back_fill).changed
    assert everything(warehouse) == after


def test_a_story_follows_the_dates_of_its_articles(warehouse: Warehouse, rows: Any) -> None:
    a = article("a", published_at="2026-03-01")
    load(warehouse, night(0, [a]))
    load(warehouse, night(1, [article("a", day=1, published_at="2026-02-27T10:00:00Z")], members=[]))
    assert str(rows("SELECT first_published_at FROM stories")[0]["first_published_at"]).startswith("2026-02-27")


def test_a_story_whose_articles_have_no_date_any_more_has_none(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a")]))
    load(warehouse, night(1, [article("a", day=1, published_at=None)], members=[]))
    dates = {"first_published_at": None, "last_published_at": None}
    assert rows("SELECT first_published_at, last_published_at FROM stories") == [dates]


def test_passages_of_an_article_are_replaced(warehouse: Warehouse, rows: Any) -> None:
    a, b = article("a"), article("b")
    for start, end in ((0, 3), (4, 11)):
        load(warehouse, night(0, [a, b], reuse=[Reuse(b.article_id, a.article_id, start, end, 1)]))
    assert rows('SELECT "start", "end", passage FROM passage_reuse') == [{"start": 4, "end": 11, "passage": "council"}]
    load(warehouse, night(0, [a, b]))
    assert rows("SELECT * FROM passage_reuse") == []


def test_passages_of_a_changed_text_do_not_outlive_it(warehouse: Warehouse, rows: Any) -> None:
    a, b = article("a"), article("b")
    load(warehouse, night(0, [a, b], reuse=[Reuse(b.article_id, a.article_id, 0, 20, 4)]))
    load(warehouse, night(1, [article("b", "Short.", 1)], members=[]))
    assert rows("SELECT * FROM passage_reuse") == []


def test_offsets_count_characters_not_bytes(warehouse: Warehouse, rows: Any) -> None:
    a = article("a", "Zürich – 🗳 gewählt.")
    load(warehouse, night(0, [a], reuse=[Reuse(a.article_id, a.article_id, 11, 18, 1)]))
    assert rows("SELECT passage FROM passage_reuse") == [{"passage": "gewählt"}]


@pytest.mark.parametrize("many", [MANY_REJECTS, 0])
def test_a_reject_is_resolved_when_its_page_gets_through(
    warehouse: Warehouse, rows: Any, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.warehouse.load_articles.MANY_REJECTS", many)
    a = article("a", day=1)
    reject = Rejected(str(a.url), "herald", a.site, "extract", "consent", None, False, "day0.warc.gz#9+9")
    load(warehouse, night(0, [], fetches=[fetch(a)], rejected=[reject]))
    assert rows(GOT_THROUGH) == [{"resolved_run_id": None}]
    assert len(rows("SELECT * FROM open_rejects")) == 1
    load(warehouse, night(1, [a]))
    assert rows(GOT_THROUGH) == [{"resolved_run_id": "nightly 2026-03-02"}]
    assert rows("SELECT * FROM open_rejects") == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_page_that_answers_that_nothing_changed_ends_a_failed_fetch_and_no_wall(
    warehouse: Warehouse, rows: Any, order: tuple[int, int]
) -> None:
    failed, walled = (f"https://herald.example/{name}" for name in "ab")
    rejected = [
        Rejected(failed, "h", "herald.example", "fetch", "timeout", None, True),
        Rejected(walled, "h", "herald.example", "extract", "paywall"),
    ]
    nights = [
        night(0, [], fetches=[fetch(failed, "timeout"), fetch(walled)], rejected=rejected),
        night(1, [], fetches=[fetch(url, "not_modified", 1) for url in (failed, walled)]),
    ]
    for day in order:
        load(warehouse, nights[day])
    found = [tuple(row.values()) for row in rows("SELECT stage, resolved_run_id FROM rejects ORDER BY stage")]
    assert found == [("extract", None), ("fetch", "nightly 2026-03-02")]


def test_a_page_rejected_on_three_nights_is_one_open_reject(warehouse: Warehouse, rows: Any) -> None:
    url = "https://herald.example/a"
    for day in range(3):
        reject = Rejected(url, "h", "herald.example", "fetch", "timeout", f"try {day}", True)
        load(warehouse, night(day, [], fetches=[fetch(url, "timeout", day)], rejected=[reject]))
    assert rows("SELECT url, detail, nights FROM open_rejects") == [{"url": url, "detail": "try 2", "nights": 3}]


def test_a_feed_that_is_read_again_is_no_open_reject(warehouse: Warehouse, rows: Any) -> None:
    feeds = [Rejected(f"https://{s}.example/feed", s, f"{s}.example", "discover", "http_500", None, True) for s in ("a", "b", "c")]
    load(warehouse, night(0, rejected=feeds))
    load(warehouse, night(2, rejected=feeds[2:]))
    load(warehouse, night(1, rejected=feeds[1:2], sources_read=["a", "b", "c"]))
    still_open = "SELECT source_id, run_date FROM open_rejects ORDER BY source_id"
    assert [(row["source_id"], str(row["run_date"])) for row in rows(still_open)] == [
        ("b", str(DAY + timedelta(days=1))),  # read in vain on the second night
        ("c", str(DAY + timedelta(days=2))),  # what is known of a later night stays
    ]


def test_rejects_that_a_second_run_of_the_night_no_longer_has_are_closed(warehouse: Warehouse, rows: Any) -> None:
    reject = Rejected("https://herald.example/a", "h", "herald.example", "extract", "consent")
    load(warehouse, night(0, rejected=[reject]))
    load(warehouse, night(0))
    assert rows(GOT_THROUGH) == [{"resolved_run_id": "nightly 2026-03-01"}]


def test_an_old_night_loaded_again_opens_and_closes_no_reject_of_a_later_one(warehouse: Warehouse, rows: Any) -> None:
    a, b, c, d = (f"https://herald.example/{name}" for name in "abcd")

    def rejected(of: str, stage: str, day: int) -> Rejected:
        return Rejected(of, "h", "herald.example", stage, "timeout" if stage == "fetch" else "consent", None, True, f"{of} {day}")

    feed = Rejected("https://herald.example/feed", "h", "herald.example", "discover", "http_500", None, True)
    loads: list[dict[str, Any]] = [
        {
            "day": 0,
            "fetches": [fetch(a, "timeout"), *map(fetch, (b, c, d))],
            "rejected": [rejected(a, "fetch", 0), rejected(b, "extract", 0), feed],
        },
        {
            "day": 1,
            "fetches": [*(fetch(url, day=1) for url in (a, b, d)), fetch(c, "timeout", 1)],
            "rejected": [rejected(c, "fetch", 1), rejected(d, "extract", 1)],
            "sources_read": ["h"],
        },
    ]
    for parts in loads:
        load(warehouse, night(**parts, articles=[article(url[-1], day=parts["day"]) for url in (c, d)] if not parts["day"] else []))
    before = everything(warehouse)
    assert [row["url"] for row in rows("SELECT url FROM open_rejects ORDER BY url")] == [c, d]
    again = load(warehouse, night(**loads[0], articles=[article(url[-1]) for url in (c, d)]))
    assert (everything(warehouse), again.changed) == (before, False)


@pytest.mark.parametrize("days", [(0, 1), (1, 0), (0, 0)])
def test_a_page_that_came_in_the_end_and_is_no_article_is_open_for_that_alone(
    warehouse: Warehouse, rows: Any, days: tuple[int, int]
) -> None:
    url = "https://herald.example/a"
    early, late = min(days), max(days)
    failed = Rejected(url, "h", "herald.example", "fetch", "timeout", None, True)
    wall = Rejected(url, "h", "herald.example", "extract", "paywall", None, False, "a.warc.gz#1+2")
    came = fetch(url, day=late, fetched_at=fetched(late) + timedelta(hours=1))
    first = night(early, fetches=[fetch(url, "timeout", early)], rejected=[failed])
    second = night(late, fetches=[came], rejected=[wall])
    in_order = [first, second] if days != (1, 0) else [second, first]
    for one in in_order:
        load(warehouse, one)
    assert rows("SELECT stage, reason, nights FROM open_rejects") == [{"stage": "extract", "reason": "paywall", "nights": 1}]
    if early != late:
        before = everything(warehouse)
        assert not load(warehouse, first).changed
        assert not load(warehouse, second).changed
        assert everything(warehouse) == before


def test_an_open_reject_has_the_newest_reason_whatever_stage_it_is_of(warehouse: Warehouse, rows: Any) -> None:
    url = "https://herald.example/a"
    wall = Rejected(url, "h", "herald.example", "extract", "paywall", None, False, "a.warc.gz#1+2")
    gone = Rejected(url, "h", "herald.example", "fetch", "http_404", None, False)
    load(warehouse, night(0, fetches=[fetch(url)], rejected=[wall]))
    load(warehouse, night(1, fetches=[fetch(url, "http_404", 1)], rejected=[gone]))
    assert rows("SELECT stage, reason, nights FROM open_rejects") == [{"stage": "fetch", "reason": "http_404", "nights": 2}]


def test_a_run_that_rejects_an_address_in_two_stages_counts_once(warehouse: Warehouse, rows: Any) -> None:
    url = "https://herald.example/live"  # given as a feed, and linked as a page
    for day in range(2):
        rejected = [Rejected(url, "h", "herald.example", stage, "http_500", None, True) for stage in ("discover", "fetch")]
        load(warehouse, night(day, fetches=[fetch(url, "http_500", day)], rejected=rejected))
    assert rows("SELECT url, nights FROM open_rejects") == [{"url": url, "nights": 2}]


def test_a_night_loaded_after_a_later_one_opens_no_reject_of_what_that_got_through(warehouse: Warehouse, rows: Any) -> None:
    url = "https://herald.example/a"
    load(warehouse, night(1, fetches=[fetch(url, day=1)]))
    load(warehouse, night(0, fetches=[fetch(url, "timeout")], rejected=[Rejected(url, "h", "herald.example", "fetch", "timeout")]))
    assert rows(GOT_THROUGH) == [{"resolved_run_id": "nightly 2026-03-02"}]


def test_a_mended_file_closes_its_reject(warehouse: Warehouse, rows: Any) -> None:
    file = "file:///drop/pages.jsonl#1"
    load(warehouse, night(0, fetches=[fetch(file)], rejected=[Rejected(file, "h", "herald.example", "extract", "other")]))
    load(warehouse, night(1, [article("a", day=1)], fetches=[fetch(file, day=1)]))  # its record names another URL
    assert rows("SELECT * FROM open_rejects") == []


@pytest.mark.parametrize("order", [(2, 0, 1, 3), (3, 2, 1, 0)])
def test_state_of_a_url_does_not_depend_on_the_order_of_the_nights(warehouse: Warehouse, rows: Any, order: tuple[int, ...]) -> None:
    url = "https://herald.example/a"
    outcomes = ("timeout", "fetched", "http_500", "timeout")
    for day in order:
        load(warehouse, night(day, [], fetches=[fetch(url, outcomes[day], day)]))
    (state,) = rows("SELECT first_seen_date, last_fetch_date, last_success_date, etag, fail_count, last_outcome FROM url_state")
    assert [str(value) for value in state.values()] == ["2026-03-01", "2026-03-04", "2026-03-02", "e1", "2", "timeout"]
    before = everything(warehouse)
    assert not load(warehouse, night(0, [], fetches=[fetch(url, outcomes[0])])).changed
    assert everything(warehouse) == before


def test_state_of_a_url_follows_its_fetches(warehouse: Warehouse, rows: Any) -> None:
    url = "https://herald.example/a"
    outcomes = ("fetched", "timeout", "timeout", "not_modified", "http_500")
    for day, outcome in enumerate(outcomes):
        load(warehouse, night(day, [], fetches=[fetch(url, outcome, day)]))
    state = rows("SELECT etag, digest, raw_ref, fail_count, last_outcome FROM url_state")
    assert state == [{"etag": "e0", "digest": "d0", "raw_ref": "day0.warc.gz#1+2", "fail_count": 1, "last_outcome": "http_500"}]
    before = everything(warehouse)
    load(warehouse, night(1, [], fetches=[fetch(url, "timeout", 1)]))
    assert everything(warehouse) == before


def test_a_url_fetched_under_two_spellings_is_one_fetch(warehouse: Warehouse, rows: Any) -> None:
    spellings = ("https://Herald.example/a?utm_source=x", "https://herald.example/a")
    load(warehouse, night(0, fetches=[fetch(s) for s in spellings], reports=[]))
    assert [row["url_id"] for row in rows("SELECT url_id FROM fetches")] == [url_id(spellings[0])]


def test_site_lines_remember_what_was_known_before_the_night(warehouse: Warehouse, rows: Any) -> None:
    for day, pages in ((0, 3.0), (1, 5.0), (1, 6.0)):
        line = SiteLine("s.example", "h", "Follow us", pages, str(DAY), f"2026-03-0{day + 1}")
        load(warehouse, night(day, site_lines=[line]))
    assert rows("SELECT pages, pages_before FROM site_lines") == [{"pages": 6.0, "pages_before": 3.0}]
    load(warehouse, night(0, site_lines=[SiteLine("s.example", "h", "Follow us", 2.0, str(DAY), str(DAY))]))
    assert rows("SELECT pages, pages_before FROM site_lines") == [{"pages": 6.0, "pages_before": 3.0}]


def test_reports_of_a_second_run_replace_those_of_the_first(warehouse: Warehouse, rows: Any) -> None:
    def reports(shards: int, **outcomes: int) -> list[StageReport]:
        return [StageReport("extract", str(DAY), f"{i:03d}", sum(outcomes.values()), outcomes) for i in range(shards)]

    load(warehouse, night(0, reports=reports(3, article=5, consent=1)))
    load(warehouse, night(0, reports=reports(2, article=6)))
    assert rows("SELECT stage, outcome, n FROM nightly_funnel") == [{"stage": "extract", "outcome": "article", "n": 12}]


def test_a_night_of_nothing_loads(warehouse: Warehouse, rows: Any) -> None:
    assert load(warehouse, night(0, fetches=[], reports=[])).counts["runs"]["inserted"] == 1
    assert not load(warehouse, night(0, fetches=[], reports=[])).changed


@pytest.mark.parametrize("url", SERVE_MANY, indirect=True)
@pytest.mark.parametrize("size", [1, 2000, 2001])
def test_nights_of_any_size_are_cut_into_batches(warehouse: Warehouse, rows: Any, size: int) -> None:
    articles = [article(f"a{i}", f"Text {i}.") for i in range(size)]
    load(warehouse, night(0, iter(articles), []))
    assert rows("SELECT COUNT(*) AS n FROM clean_articles") == [{"n": size}]


@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_an_article_that_is_seen_again_stays_on_its_page_so_that_no_index_grows(warehouse: Warehouse, rows: Any) -> None:
    pages = "SELECT article_id, (ctid::text::point)[0] AS page, (ctid::text::point)[1] AS line FROM articles ORDER BY article_id"
    first = [article(f"a{i}") for i in range(100)]
    load(warehouse, night(0, first, []))
    before = rows(pages)
    again = [replace(a, fetched_at=article("a", day=1).fetched_at) for a in first[::10]]
    assert load(warehouse, night(1, again, [])).counts["articles"]["seen_again"] == 10
    after = rows(pages)
    assert [row["page"] for row in after] == [row["page"] for row in before]
    assert sum(one["line"] != other["line"] for one, other in zip(before, after, strict=True)) == 10


def _indexes(warehouse: Warehouse) -> set[str]:
    with warehouse.reading() as connection:
        return {str(index["name"]) for index in sa.inspect(connection).get_indexes("articles")}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_load_that_makes_the_indexes_after_the_rows_leaves_what_any_other_does(
    warehouse: Warehouse, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = [full_night(0, 50), full_night(1, 4500), full_night(2, 4500)]
    shutil.copyfile(sqlite_template, tmp_path / "usual.db")
    with open_warehouse(f"sqlite:///{tmp_path / 'usual.db'}") as usual:
        for one in nights:
            load(usual, one)
        expected, indexes = contents(usual), _indexes(usual)
    dropped: list[str] = []
    sa.event.listen(warehouse.engine, "before_cursor_execute", lambda *told: dropped.append(told[2]))
    monkeypatch.setattr("pipeline.warehouse.bulk.MANY", 1000)
    for one in nights:
        load(warehouse, one)
    assert sum(statement.startswith("DROP INDEX") for statement in dropped) == len(indexes)
    assert _indexes(warehouse) == indexes
    assert contents(warehouse) == expected


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_load_that_fails_without_its_indexes_leaves_them(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.warehouse.bulk.MANY", 1000)
    load(warehouse, full_night())
    before, indexes = everything(warehouse), _indexes(warehouse)

    def breaking() -> Iterator[Article]:
        yield from (article(f"b{i}") for i in range(4500))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        load(warehouse, replace(night(1, ()), articles=breaking()))
    assert _indexes(warehouse) == indexes
    assert everything(warehouse) == before


def test_many_open_rejects_cost_a_load_in_proportion(tmp_path: Path) -> None:
    """What the deadline left over of a large source is rejected night for night, and open until it is fetched."""

    def steps(number: int) -> int:
        """Return how many thousand steps SQLite takes to load a night of so many rejects beside as many that are open."""
        done: list[int] = []
        with open_warehouse(f"sqlite:///{tmp_path}/{number}.db") as warehouse:
            upgrade(warehouse)
            for day in range(2):
                urls = [f"https://s1.example/{day}/{n}" for n in range(number)]
                left = [Rejected(url, "s1", "s1.example", "fetch", "deadline", "the time was over", True) for url in urls]
                if day:
                    counted = sa.event.listens_for(warehouse.engine, "connect")
                    counted(lambda connection, _: connection.set_progress_handler(lambda: done.append(1), 1000))
                load(warehouse, night(day, fetches=[fetch(url, "deadline", day) for url in urls], rejected=left))
        return len(done)

    few, many = steps(500), steps(2000)
    assert 0 < many < 8 * few
