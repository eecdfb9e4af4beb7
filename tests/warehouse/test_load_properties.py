"""Whatever the nights and their order: loading again changes nothing, and the newest fetch of an article is what is shown."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.records import StoryMember
from pipeline.warehouse import Night, Warehouse, load, open_warehouse
from pipeline.warehouse.checks import failed_checks
from tests.warehouse.make import article, everything, night

# Each example loads real databases: shrinking a failure would take minutes.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
NAMES = ("a", "b", "c", "d")


@contextmanager
def _fresh(sqlite_template: Path) -> Iterator[Warehouse]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "warehouse.db")
        shutil.copyfile(sqlite_template, path)
        with open_warehouse(f"sqlite:///{path}") as warehouse:
            yield warehouse


@st.composite
def nights(draw: st.DrawFn) -> Night:
    """A night of some of four articles, in one of three texts each, grouped into stories in any way."""
    day = draw(st.integers(0, 5))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    articles = [article(name, draw(st.sampled_from(("One.", "Two.", "Three."))), day) for name in names]
    members: list[StoryMember] = []
    for group in draw(st.lists(st.sets(st.integers(0, 3), min_size=1), max_size=2)):
        told = [articles[i] for i in sorted(group) if i < len(articles)]
        told = [a for a in told if a.article_id not in {m.article_id for m in members}]
        for place, one in enumerate(told):
            lead = told[0].article_id
            relation: Any = "unique" if len(told) == 1 else "copy" if place else "canonical"
            members.append(StoryMember(one.article_id, lead, lead, relation, 0.9 if place else None, "first"))
    return night(day, articles, members)


@settings(max_examples=8, phases=UNSHRUNK)
@given(brought=st.lists(nights(), min_size=1, max_size=5))
def test_loading_again_changes_nothing_and_the_newest_text_stands(sqlite_template: Path, brought: list[Night]) -> None:
    with _fresh(sqlite_template) as warehouse:
        newest: dict[str, tuple[Any, str]] = {}
        for one in brought:
            load(warehouse, one)
            after = everything(warehouse)
            assert not load(warehouse, one).changed
            assert everything(warehouse) == after
            for a in one.articles:
                newest[a.article_id] = max(
                    newest.get(a.article_id, (a.fetched_at, a.text)), (a.fetched_at, a.text), key=lambda v: v[0]
                )
                if newest[a.article_id][0] == a.fetched_at:
                    newest[a.article_id] = (a.fetched_at, a.text)
        with warehouse.reading() as connection:
            stored = {row.article_id: row.text for row in connection.execute(sa.text("SELECT article_id, text FROM articles"))}
            counts = "SELECT COUNT(*), COUNT(story_id), COUNT(DISTINCT story_id) FROM clean_articles"
            shown, stories, distinct = connection.execute(sa.text(counts)).one()
            leads = connection.execute(sa.text("SELECT COUNT(*) FROM stories WHERE members > 0")).scalar_one()
            alone = "SELECT COUNT(*) FROM articles WHERE article_id NOT IN (SELECT article_id FROM story_members)"
            without = connection.execute(sa.text(alone)).scalar_one()
            assert failed_checks(connection) == []
        assert stored == {identity: text for identity, (_, text) in newest.items()}
        assert shown == leads + without
        assert stories == distinct == leads


@settings(max_examples=5, phases=UNSHRUNK)
@given(texts=st.lists(st.sampled_from(("One.", "Two.", "Three.")), min_size=1, max_size=4), data=st.data())
def test_the_order_in_which_nights_are_loaded_does_not_decide_the_text(
    sqlite_template: Path, texts: list[str], data: st.DataObject
) -> None:
    in_order = [night(day, [article("a", text, day)], []) for day, text in enumerate(texts)]
    shuffled = data.draw(st.permutations(in_order))
    with _fresh(sqlite_template) as warehouse:
        for one in shuffled:
            load(warehouse, one)
        found = everything(warehouse)
    assert [row["text"] for row in found["articles"]] == [texts[-1]]
    assert {row["text"] for row in found["article_versions"]} == (set(texts) if len(set(texts)) > 1 else set())


@pytest.mark.parametrize("count", [0, 1])
def test_a_night_may_have_no_articles(sqlite_template: Path, count: int) -> None:
    with _fresh(sqlite_template) as warehouse:
        load(warehouse, night(0, [article("a")][:count]))
        assert len(everything(warehouse)["articles"]) == count
