"""Copies of earlier nights are found from what those nights left in the warehouse, on each database."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipeline.dedup import DedupParams, Document
from pipeline.dedup.nights import NightResult, decide_night
from pipeline.records import Article
from pipeline.warehouse import Warehouse, load, night_index, open_warehouse, with_keys
from pipeline.warehouse.batches import as_batches
from pipeline.warehouse.tables import dedup_index, passages, story_members
from tests.dedup.articles import article as text_of
from tests.warehouse import make
from tests.warehouse.make import DAY, everything, night


def decide(warehouse: Warehouse, day: int, articles: Sequence[Article]) -> NightResult:
    with night_index(warehouse, DAY + timedelta(days=day), 30) as index:
        overtaken = index.overtaken(map(with_keys, as_batches(articles, Article)))
        tonight = [a for a in articles if (a.article_id, a.url, a.raw_ref) not in overtaken]
        documents = [Document(a.article_id, a.url, a.site, a.title, a.text, a.published_at) for a in tonight]
        result = decide_night(documents, index, DedupParams())
        reuse = result.reuse_beside(index.reuse(result.partial), {document.id for document in documents})
        return dataclasses.replace(result, reuse=tuple(reuse))


def run(warehouse: Warehouse, day: int, articles: Sequence[Article], *, forget: bool = False) -> NightResult:
    """Decide on a night and load it; with `forget` as an earlier version did, which left no index."""
    result = decide(warehouse, day, articles)
    parts = () if forget else result.parts
    assert load(warehouse, night(day, articles, result.members, reuse=result.reuse, index=parts)).changed
    return result


def wire(name: str, seed: int, day: int, share: int = 8) -> Article:
    """An article `name` with the first paragraphs of the text `seed`."""
    return make.article(name, "\n\n".join(text_of(seed).split("\n\n")[:share]), day, site=f"{name}.example")


def standing(warehouse: Warehouse) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What is stored of the members of stories and of passages, but for the run that decided it."""
    m, p = story_members.c, passages.c
    with warehouse.reading() as connection:
        members = connection.execute(sa.select(m.article_id, m.story_id, m.canonical_article_id, m.relation).order_by(m.article_id))
        taken = connection.execute(
            sa.select(p.article_id, p.start_offset, p.end_offset, p.source_article_id).order_by(p.article_id, p.start_offset)
        )
        return [tuple(row) for row in members], [tuple(row) for row in taken]


def stories(result: NightResult) -> dict[str, tuple[str, str]]:
    return {m.article_id: (m.story_id, m.relation) for m in result.members}


def test_a_copy_joins_the_story_of_an_earlier_night_and_the_night_can_be_run_again(warehouse: Warehouse) -> None:
    first, copy, other = wire("a", 1, 0), wire("b", 1, 3, 5), wire("c", 2, 3)
    before = run(warehouse, 0, [first])
    after = run(warehouse, 3, [copy, other])
    assert stories(after)[copy.article_id] == (stories(before)[first.article_id][0], "copy")
    assert stories(after)[first.article_id][1] == "canonical"
    assert decide(warehouse, 3, [copy, other]) == after
    stored = everything(warehouse)
    assert not load(warehouse, night(3, [copy, other], after.members, reuse=after.reuse, index=after.parts)).changed
    assert everything(warehouse) == stored


def test_nights_loaded_without_an_index_are_sketched_from_their_texts(warehouse: Warehouse) -> None:
    first, middle, copy = wire("a", 1, 0), wire("b", 1, 0, 6), wire("c", 1, 4, 5)
    before = run(warehouse, 0, [first, middle], forget=True)
    after = run(warehouse, 4, [copy])
    assert {story for story, _ in stories(after).values()} == {stories(before)[first.article_id][0]}
    assert stories(after)[copy.article_id][1] == "copy"


def test_beyond_the_window_the_canonical_of_a_story_is_still_seen(warehouse: Warehouse) -> None:
    first, middle, copy = wire("a", 1, 0), wire("b", 1, 0, 5), wire("c", 1, 80, 7)
    before = run(warehouse, 0, [first, middle])
    run(warehouse, 40, [wire("d", 2, 40)])
    after = run(warehouse, 80, [copy])
    assert stories(after)[copy.article_id] == (stories(before)[first.article_id][0], "copy")


def test_a_night_that_is_made_up_for_finds_the_copies_of_nights_beyond_its_window(warehouse: Warehouse) -> None:
    first, copy = wire("a", 1, 0), wire("c", 1, 80, 7)
    run(warehouse, 80, [copy])
    after = stories(run(warehouse, 0, [first]))
    assert after[first.article_id][0] == after[copy.article_id][0]


def test_a_story_over_nights_far_apart_stays_one_however_often_they_are_run(sqlite_template: Path, tmp_path: Path) -> None:
    nights = {0: [wire("a", 1, 0)], 80: [wire("c", 1, 80, 7), wire("e", 1, 80, 6)]}
    for order in ((0, 80), (80, 0)):
        with open_warehouse(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / f'{order[0]}.db')}") as warehouse:
            for day in (*order, 80, 0, 80, 0):
                result = decide(warehouse, day, nights[day])
                load(warehouse, night(day, nights[day], result.members, reuse=result.reuse, index=result.parts))
            assert len({story for _, story, *_ in standing(warehouse)[0]}) == 1


def test_beyond_the_window_an_article_that_gets_a_copy_keeps_the_sources_it_had(warehouse: Warehouse) -> None:
    source = wire("a", 1, 0)
    text = "\n\n".join([text_of(2), *source.text.split("\n\n")[2:4]])
    taker, copy = (
        make.article("b", f"{text}\n\n{text_of(5, 1)}", 1, site="b.example"),
        make.article("e", text, 80, site="e.example"),
    )
    before = run(warehouse, 1, [source, taker])
    assert {(r.article_id, r.source_article_id) for r in before.reuse} == {(taker.article_id, source.article_id)}
    run(warehouse, 40, [wire("d", 4, 40)])
    after = run(warehouse, 80, [copy])
    assert stories(after)[copy.article_id] == (stories(before)[taker.article_id][0], "copy")
    assert [r for r in after.reuse if r.article_id == taker.article_id] == list(before.reuse)
    assert decide(warehouse, 80, [copy]) == after


def test_what_spark_reads_of_the_nights_around_are_whole_stories(warehouse: Warehouse) -> None:
    first, copy, other = wire("a", 1, 0), wire("b", 1, 20, 6), wire("c", 2, 0)
    taker = make.article("t", parts((3, 0, 5), (2, 2, 5)), 20, site="t.example")
    run(warehouse, 0, [first, other])
    run(warehouse, 20, [copy, taker])
    with night_index(warehouse, DAY + timedelta(days=40), 30) as index:
        found = {identity: (canonical, beyond) for identity, _, canonical, _, beyond in index.placed()}
        assert list(index.takers([other.article_id, first.article_id])) == [taker.article_id]
    assert found == {
        first.article_id: (first.article_id, True),
        copy.article_id: (first.article_id, False),
        taker.article_id: (taker.article_id, False),
    }
    with night_index(warehouse, DAY, 30) as index:
        assert {identity for identity, *_ in index.placed()} == {copy.article_id, taker.article_id}


def test_a_text_that_has_changed_since_is_not_taken_for_what_it_was(warehouse: Warehouse) -> None:
    first = wire("a", 1, 0)
    run(warehouse, 0, [first])
    run(warehouse, 1, [dataclasses.replace(wire("a", 2, 1), article_id=first.article_id)])
    after = decide(warehouse, 2, [wire("b", 1, 2)])
    assert [m.relation for m in after.members] == ["unique"]
    assert [m.relation for m in decide(warehouse, 2, [wire("b", 2, 2, 6)]).members if m.article_id != first.article_id] == ["copy"]


def test_a_night_that_is_run_again_with_fewer_articles_leaves_only_these(warehouse: Warehouse) -> None:
    one, two = wire("a", 1, 0), wire("b", 2, 0)
    run(warehouse, 0, [one, two])
    result = decide(warehouse, 0, [one])
    load(warehouse, night(0, [one], result.members, index=result.parts))
    with warehouse.reading() as connection:
        kinds = connection.execute(sa.select(dedup_index.c.kind, dedup_index.c.documents).order_by(dedup_index.c.kind)).all()
    assert [tuple(row) for row in kinds] == [("far", 1), ("sketches", 1), ("ties", 0)]


def parts(*chosen: tuple[int, int, int]) -> str:
    """Paragraphs from the first to before the second of each of these texts, by seed."""
    return "\n\n".join("\n\n".join(text_of(seed).split("\n\n")[first:last]) for seed, first, last in chosen)


def updated() -> list[list[Article]]:
    """Three nights. One article is copied and taken from, and rewritten; another takes its new text; one comes as a copy of it."""

    def version(name: str, text: str, day: int, published: int) -> Article:
        return make.article(name, text, day, site=f"{name}.example", published_at=f"{DAY + timedelta(days=published)}T08:00:00Z")

    return [
        [
            version("a", parts((1, 0, 7)), 0, 0),
            version("b", parts((1, 0, 8)), 0, 1),
            version("taker", parts((2, 0, 4), (1, 2, 4)), 0, 1),
        ],
        [version("a", parts((3, 0, 4), (4, 2, 4)), 1, 0), version("c", parts((4, 0, 8)), 1, 1)],
        [version("d", parts((1, 0, 8)), 2, 2), version("taker", parts((2, 0, 4), (4, 4, 6)), 2, 1)],
    ]


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_the_order_in_which_nights_are_run_changes_nothing_nor_does_one_that_is_run_again(
    sqlite_template: Path, tmp_path: Path, order: tuple[int, ...]
) -> None:
    nights = updated()
    in_order, warehouse = (
        open_warehouse(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / name)}") for name in ("in-order.db", "any-order.db")
    )
    with in_order, warehouse:
        for day in range(3):
            run(in_order, day, nights[day])
        for day in order:
            run(warehouse, day, nights[day])
        assert standing(warehouse) == standing(in_order)
        for day in (0, 1, 0):
            result = decide(warehouse, day, nights[day])
            load(warehouse, night(day, nights[day], result.members, reuse=result.reuse, index=result.parts))
            assert standing(warehouse) == standing(in_order)


def test_of_two_articles_neither_is_said_to_have_taken_from_the_other_when_one_turns_out_to_be_stitched(
    warehouse: Warehouse,
) -> None:
    stitched, taker = (
        make.article("s", parts((1, 1, 4), (2, 2, 5)), 0, site="s.example"),
        make.article("t", parts((2, 0, 7)), 0, site="t.example", published_at="2026-03-02T08:00:00Z"),
    )
    before = run(warehouse, 0, [stitched, taker])
    assert {(r.article_id, r.source_article_id) for r in before.reuse} == {(taker.article_id, stitched.article_id)}
    source = make.article("o", parts((1, 0, 4), (5, 0, 4)), 1, site="o.example")
    run(warehouse, 1, [source])
    pairs = {(taker, source) for taker, *_, source in standing(warehouse)[1]}
    assert pairs == {(stitched.article_id, taker.article_id), (stitched.article_id, source.article_id)}
