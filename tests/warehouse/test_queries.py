"""Every query of the cookbook runs on both databases and answers its question."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.records import Block, Rejected, Reuse, StageReport
from pipeline.urls import article_id
from pipeline.warehouse import Warehouse, load, open_warehouse, upgrade
from pipeline.warehouse.sqlfiles import sql_files
from tests.warehouse.conftest import ANY_DATABASE, DATABASES
from tests.warehouse.make import article, fetch, fetched, night, story

QUERIES = {file.name: file for file in sql_files("queries")}
EXPECTED = {
    "stories_of_last_night": [("Quake", 0, 1)],
    "who_ran_this_wire": [
        ("Newswire", "wire.example", 0.0),
        ("Newswire", "post.example", 3.0),
        ("Newswire", "herald.example", None),
        *((None, site, 0.0) for _ in range(5) for site in ("herald.example", "post.example")),
        *((None, site, 0.0) for site in ("metro.example", "tribune.example")),
    ],
    "copies_of_an_article": [("herald.example", "copy"), ("wire.example", "canonical"), ("post.example", "copy")],
    "most_syndicated_stories": [
        ("Floods, corrected", "wire.example", 3),
        *((f"Own {i}", "herald.example", 2) for i in range(5)),
        ("Strike", "metro.example", 2),
    ],
    "sites_that_mostly_copy": [("post.example", 12, 6)],
    "what_each_rule_drops": [("line.advertisement", 28, "Advertisement"), ("line.share", 1, "Share")],
    "changed_after_publication": [("Floods", None), ("Floods, corrected", "Floods")],
    "sources_gone_silent": [("wire", 1)],
    "passages_taken_from_a_site": [("wire.example", "post.example", 1, "rose overnight")],
    "quarantine_by_reason": [("fetch", "http_410", 1), ("fetch", "http_503", 1), ("fetch", "timeout", 1)],
    "funnel_of_last_night": [("fetch", "fetched", 1), ("fetch", "timeout", 1)],
    "gone_after_publication": [("About n3", "http_410")],
    "stories_that_a_site_missed": [("Strike", "metro.example", 2)],
}
SHOWN = {
    "stories_of_last_night": ("title", "copies", "sites"),
    "who_ran_this_wire": ("wire_credit", "site", "lag_hours"),
    "copies_of_an_article": ("site", "relation"),
    "most_syndicated_stories": ("title", "original", "sites"),
    "sites_that_mostly_copy": ("site", "articles", "copies"),
    "what_each_rule_drops": ("rule", "lines", "sample"),
    "changed_after_publication": ("title", "title_before"),
    "sources_gone_silent": ("source_id", "articles"),
    "passages_taken_from_a_site": ("taken_from", "site", "passages", "longest"),
    "quarantine_by_reason": ("stage", "reason", "inputs"),
    "funnel_of_last_night": ("stage", "outcome", "n"),
    "gone_after_publication": ("title", "reason"),
    "stories_that_a_site_missed": ("title", "original", "sites"),
}


@pytest.fixture(scope="module", params=ANY_DATABASE)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A filled warehouse on each database in turn."""
    if request.param in ("sqlite", "duckdb"):
        url = f"{request.param}:///{tmp_path_factory.mktemp('queries') / 'warehouse.db'}"
    else:
        url = request.getfixturevalue("new_database")()
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        _fill(warehouse)
        yield warehouse


def _fill(warehouse: Warehouse) -> None:
    """Load an agency's story that two papers ran and that it corrected, a paper that mostly copies, and then a week of silence.

    Two others run a story in it that these papers do not have.
    """
    flood = "The river rose overnight."
    wire = article("w", flood, site="wire.example", title="Floods", wire_credit="Newswire", published_at="2026-03-01T05:00Z")
    post = article("p", flood, site="post.example", published_at="2026-03-01T08:00:00Z")
    herald = article("h", flood, published_at="2026-03-01")
    own = [article(f"own{i}", f"Own report {i}.", title=f"Own {i}") for i in range(5)]
    own[0] = replace(own[0], blocks=(*own[0].blocks, Block(9, "paragraph", "Share", "line.share")))
    taken = [article(f"own{i}", f"Own report {i}.", site="post.example") for i in range(5)]
    members = [*story(wire, post, herald), *(m for mine, theirs in zip(own, taken, strict=True) for m in story(mine, theirs))]
    reuse = [Reuse(post.article_id, wire.article_id, 10, 24, 2)]
    load(warehouse, night(0, [wire, post, herald, *own, *taken], members, reuse=reuse))
    corrected = replace(wire, title="Floods, corrected", fetched_at=fetched(1), raw_ref="day1.warc.gz#1+2")
    load(warehouse, night(1, [corrected], [], reuse=reuse))
    metro, tribune = (article("s", "No train ran.", 2, site=site, title="Strike") for site in ("metro.example", "tribune.example"))
    for day in range(2, 8):
        both = [article(f"n{day}", f"News {day}.", day), article(f"n{day}", f"Post {day}.", day, site="post.example")]
        others = [metro, tribune] if day == 2 else []
        load(warehouse, night(day, [*both, *others], [*story(both[0]), *story(both[1]), *(story(*others) if others else [])]))
    quake, bad = article("q", "The earth shook.", 8, title="Quake"), "https://post.example/broken"
    report = StageReport("fetch", "2026-03-09", "000", 2, {"fetched": 1, "timeout": 1})
    rejected = [
        Rejected(bad, "post", "post.example", "fetch", "timeout"),
        Rejected("https://herald.example/n3", "herald", "herald.example", "fetch", "http_410", "Gone"),
        Rejected("https://herald.example/n4", "herald", "herald.example", "fetch", "http_503", retryable=True),
    ]
    load(warehouse, night(8, [quake], fetches=[fetch(quake, day=8), fetch(bad, "timeout", 8)], rejected=rejected, reports=[report]))


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_the_query_answers_its_question(filled: Warehouse, name: str) -> None:
    (statement,) = QUERIES[name].statements()
    with filled.reading() as connection:
        rows = connection.execute(sa.text(statement)).mappings().all()
    found = [tuple(row[column] for column in SHOWN[name]) for row in rows]
    assert sorted(found, key=repr) == sorted(EXPECTED[name], key=repr)
    assert found[0] == EXPECTED[name][0]


def test_the_copies_of_both_articles_are_found_that_a_page_has_been(warehouse: Warehouse, rows: Any) -> None:
    first, copy = article("a"), article("a", site="post.example")
    moved = replace(article("a", "Other words.\n\nOf another story.", 1), article_id=article_id("https://herald.example/b", ""))
    load(warehouse, night(0, [first, copy], story(first, copy)))
    load(warehouse, night(1, [moved]))
    (statement,) = QUERIES["copies_of_an_article"].statements()
    found = sorted((row["url"], row["relation"]) for row in rows(statement))
    page = "https://herald.example/a"
    assert found == [(page, "canonical"), (page, "unique"), ("https://post.example/a", "copy")]


def test_an_address_is_that_of_a_page_where_the_largest_story_is_of_documents_without_one(warehouse: Warehouse, rows: Any) -> None:
    documents = [article(f"d{n}", "Of no address.", url=None, article_id=f"{n}" * 32) for n in range(3)]
    pages = [article("a"), article("a", site="post.example")]
    load(warehouse, night(0, [*documents, *pages], [*story(*documents), *story(*pages)]))
    (statement,) = QUERIES["copies_of_an_article"].statements()
    assert [row["relation"] for row in rows(statement)] == ["canonical", "copy"]


def test_versions_stand_beside_the_one_before_also_of_documents_without_a_url(warehouse: Warehouse) -> None:
    for day in range(2):
        documents = [article(name, name, day, url=None, title="") for name in ("one", "two")]
        changed = [replace(a, blocks=(Block(0, "paragraph", f"{a.blocks[0].text} {day}"),)) for a in documents]
        load(warehouse, night(day, changed, []))
    (statement,) = QUERIES["changed_after_publication"].statements()
    with warehouse.reading() as connection:
        texts = [row.text_before for row in connection.execute(sa.text(statement))]
    assert [text is None for text in texts] == [True, False, True, False]


def test_the_text_that_stands_is_named_where_an_article_went_back_to_it(warehouse: Warehouse, rows: Any) -> None:
    for day, body in enumerate(("As it was.", "Otherwise.", "As it was.")):
        load(warehouse, night(day, [article("back", body, day)]))
    (statement,) = QUERIES["changed_after_publication"].statements()
    assert [(row["text"], bool(row["is_current"])) for row in rows(statement)] == [("As it was.", True), ("Otherwise.", False)]


def test_what_newer_rules_make_of_the_same_pages_is_no_change(warehouse: Warehouse, rows: Any) -> None:
    pages = (
        [article("still", "It stood. Share.", day) for day in range(2)],
        [article("one", "One. Share."), article("one", "Two. Share.", 1)],
    )
    nights = [[series[day] for series in pages] for day in range(2)]
    for day, brought in enumerate(nights):
        load(warehouse, night(day, brought))
    for day, brought in enumerate(nights):
        cut = [replace(a, blocks=(replace(a.blocks[0], text=a.blocks[0].text.removesuffix(" Share.")),)) for a in brought]
        load(warehouse, night(day, cut))
    (statement,) = QUERIES["changed_after_publication"].statements()
    assert [(row["text"], row["text_before"]) for row in rows(statement)] == [("One.", None), ("Two.", "One.")]


def test_a_site_that_runs_its_articles_at_two_addresses_copies_nobody(warehouse: Warehouse, rows: Any) -> None:
    pairs = [[article(f"{way}{i}", f"Report {i}.") for way in ("", "amp/")] for i in range(5)]
    load(warehouse, night(0, [a for pair in pairs for a in pair], [m for pair in pairs for m in story(*pair)]))
    (statement,) = QUERIES["sites_that_mostly_copy"].statements()
    assert rows(statement) == []


def test_a_page_that_is_gone_stays_so_when_it_cannot_be_reached_later(warehouse: Warehouse, rows: Any) -> None:
    load(warehouse, night(0, [article("a"), article("b"), article("c")]))
    gone = [Rejected(f"https://herald.example/{name}", "herald", "herald.example", "fetch", "http_410") for name in "ab"]
    load(warehouse, night(1, [], rejected=[*gone, replace(gone[0], url="https://herald.example/c", reason="robots")]))
    load(warehouse, night(2, [], rejected=[gone[1], replace(gone[0], reason="timeout", retryable=True)]))
    (statement,) = QUERIES["gone_after_publication"].statements()
    found = [(row["title"], str(row["gone"]), row["reason"]) for row in rows(statement)]
    assert found == [("About b", "2026-03-03", "http_410"), ("About a", "2026-03-02", "http_410")]


def test_a_source_is_measured_by_each_article_once(warehouse: Warehouse) -> None:
    several = article("a", "A.")
    several = replace(several, blocks=(*several.blocks, Block(2, "paragraph", "Share", "line.share")))
    bare = replace(article("b", "B. C."), blocks=(Block(0, "paragraph", "B. C."),))
    load(warehouse, night(0, [several, bare, article("c", "D.", site="other.example")]))
    query = "SELECT articles, mean_words, dropped_per_article FROM source_quality WHERE site = 'herald.example'"
    with warehouse.reading() as connection:
        assert connection.execute(sa.text(query)).all() == [(2, 1.5, 1.0)]


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_half_a_hundredth_of_an_hour_is_rounded_alike_everywhere(warehouse: Warehouse) -> None:
    lead, copy = (article(n, published_at=f"2026-03-01T06:{at}") for n, at in (("lead", "30:00Z"), ("copy", "28:30Z")))
    load(warehouse, night(0, [lead, copy], story(lead, copy)))
    with warehouse.reading() as connection:
        lags = connection.scalars(sa.text("SELECT lag_hours FROM article_copies ORDER BY lag_hours")).all()
    assert lags == [-0.03, 0.0]


@pytest.fixture
def counted(url: str) -> Iterator[sa.Connection]:
    """A connection to a warehouse of 200 articles from 20 sites that the database has statistics of."""
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        load(warehouse, night(0, [article(f"a{n}", site=f"s{n % 20}.example") for n in range(200)]))
        with warehouse.engine.begin() as connection:
            connection.execute(sa.text("ANALYZE"))
            yield connection


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_a_site_is_measured_by_its_own_articles(counted: sa.Connection) -> None:
    """The dropped blocks of every article were counted for one site."""
    query = "SELECT * FROM source_quality WHERE site = 's1.example'"
    if counted.dialect.name == "sqlite":
        steps = [row[3] for row in counted.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"))]
        assert not [step for step in steps if re.match(r"SCAN (d|dropped_blocks)\b", step)]
        return
    for way in ("seqscan", "hashjoin", "mergejoin", "bitmapscan"):
        counted.execute(sa.text(f"SET LOCAL enable_{way} = off"))
    steps = [row[0].strip() for row in counted.execute(sa.text(f"EXPLAIN {query}"))]
    place = next(i for i, step in enumerate(steps) if "dropped_blocks" in step)
    assert steps[place + 1].startswith("Index Cond: (article_id = ")


@pytest.mark.slow
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_database_knows_about_how_many_articles_stand_for_a_story(counted: sa.Connection) -> None:
    """Taken for next to none, all of them were read for the newest ten."""
    ((plan,),) = counted.execute(sa.text("EXPLAIN (FORMAT JSON) SELECT title FROM clean_articles")).all()
    assert plan[0]["Plan"]["Plan Rows"] >= 50


def test_dropped_lines_are_counted_for_the_articles_that_are_asked_for(warehouse: Warehouse) -> None:
    odd = 'Share "this" \\ \u2028 \n 🏛'
    lines = [Block(i, "paragraph", odd if i < 4 else "Share", "line.share") for i in range(1, 6)]
    load(
        warehouse,
        night(0, [replace(article("a"), blocks=(Block(0, "paragraph", "A."), *lines)), article("b", site="other.example")]),
    )
    query = (
        "FROM clean_articles c JOIN dropped_lines d ON d.article_id = c.article_id WHERE c.site = 'herald.example' ORDER BY times"
    )
    with warehouse.reading() as connection:
        found = connection.execute(sa.text(f"SELECT d.site, d.text, d.rule, d.times {query}")).all()
        if warehouse.dialect == "sqlite":
            plan = [row[3] for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN SELECT 1, 2, 3, d.times {query}"))]
            assert [step for step in plan if step.startswith("SCAN") and "VIRTUAL" not in step and "(subquery" not in step] == []
    assert found == [("herald.example", "Share", "line.share", 2), ("herald.example", odd, "line.share", 3)]


@pytest.mark.parametrize("name", ["clean_articles", "article_copies", "article_pages"])
@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_an_article_is_found_by_its_address_without_reading_all(counted: sa.Connection, name: str) -> None:
    query = f"SELECT article_id FROM {name} WHERE url = 'https://herald.example/a1'"
    if counted.dialect.name == "postgresql":
        counted.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = [row[0].strip() for row in counted.execute(sa.text(f"EXPLAIN (COSTS off) {query}"))]
        assert any("Index Scan" in step and "articles_url" in step for step in plan), plan
    else:
        plan = [row[3] for row in counted.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"))]
        assert any("articles_url" in step for step in plan), plan


def test_an_address_may_be_as_long_as_a_page_has_it(warehouse: Warehouse) -> None:
    """An index has no room for it where it keeps more than a hash."""
    long = "https://herald.example/" + "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(200))
    load(warehouse, night(0, [article("a", url=long)]))
    with warehouse.reading() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM articles WHERE url = :url"), {"url": long}).scalar() == 1


def test_a_site_that_brings_nothing_but_rejects_is_measured_too(warehouse: Warehouse) -> None:
    urls = [f"https://shut.example/{n}" for n in range(3)]
    fetches = [fetch(article("a")), *(fetch(url, "http_403") for url in urls)]
    rejected = [Rejected(url, "shut", "shut.example", "fetch", "http_403", None, True) for url in urls]
    load(warehouse, night(0, [article("a")], fetches=fetches, rejected=rejected))
    with warehouse.reading() as connection:
        rows = connection.execute(sa.text("SELECT * FROM source_quality ORDER BY open_rejects DESC")).mappings().all()
    assert [(row["site"], row["articles"], row["open_rejects"]) for row in rows] == [
        ("shut.example", 0, 3),
        ("herald.example", 1, 0),
    ]
    assert (rows[0]["copy_share"], rows[0]["mean_words"], rows[0]["last_fetched_at"]) == (0, None, None)


def test_every_query_says_what_it_asks() -> None:
    assert QUERIES.keys() == EXPECTED.keys()
    assert all(file.comment.endswith(".") for file in QUERIES.values())
