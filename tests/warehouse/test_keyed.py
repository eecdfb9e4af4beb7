"""Articles come as records, as Arrow batches, or with their keys beside them: what is loaded is the same."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import Fatal, Transient
from pipeline.records import Article, StageReport, to_batch
from pipeline.stages.load import keyed_articles
from pipeline.store import LocalStore, Partition, PartitionWriter
from pipeline.warehouse import ArticleKey, KeyedBatch, Night, Warehouse, article_keys, load
from pipeline.warehouse.bulk import CoreBulk
from pipeline.warehouse.tables import metadata
from tests.warehouse import make
from tests.warehouse.make import contents, everything, full_night, night


def _keyed(articles: list[Article], read: list[int] | None = None, size: int = 3) -> Iterator[KeyedBatch]:
    for start in range(0, len(articles), size):
        chunk = articles[start : start + size]

        def batch(chunk: list[Article] = chunk, start: int = start) -> pa.RecordBatch:
            if read is not None:
                read.append(start)
            return to_batch(chunk, Article)

        yield KeyedBatch(to_batch(article_keys(chunk), ArticleKey), batch)


def _ways(given: Night) -> Iterator[Night]:
    articles = list(given.articles)
    yield replace(given, articles=articles)
    yield replace(given, articles=[to_batch(articles, Article)])
    yield replace(given, articles=_keyed(articles))


def test_a_night_is_the_same_whatever_its_articles_come_as(warehouse: Warehouse) -> None:
    odd = make.article("odd", "Nul \x00 here.", url="https://herald.example/odd?x=1", canonical_url="https://herald.example/odd")
    given = full_night()
    given = replace(given, articles=[*given.articles, odd])
    first, *others = _ways(given)
    load(warehouse, first)
    before = everything(warehouse)
    for other in others:
        assert not load(warehouse, other).changed
        assert everything(warehouse) == before


def test_batches_without_anything_new_are_not_read(warehouse: Warehouse) -> None:
    articles = [make.article(f"a{i}", f"Text {i}.") for i in range(9)]
    read: list[int] = []
    load(warehouse, night(0, articles))
    load(warehouse, replace(night(0, articles), articles=_keyed(articles, read)))
    assert read == []
    articles[4] = make.article("a4", "Another text.", 1)
    load(warehouse, replace(night(1, articles), articles=_keyed(articles, read)))
    assert read == [3]
    done = contents(warehouse)
    assert [row["text"] for row in done["articles"] if row["title"] == "About a4"] == ["Another text."]
    assert len(done["article_versions"]) == 2


def test_the_path_for_any_other_database_makes_the_same_rows(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(full_night(1), articles=[make.article("a1", "Another text.", 1, site="s1.example")])
    for given in (full_night(), changed):
        load(warehouse, given)
    before = contents(warehouse)
    with warehouse.writing("test") as connection:
        for table in metadata.sorted_tables:
            if table.name != "schema_migrations":
                connection.execute(table.delete())
    monkeypatch.setattr(sys.modules["pipeline.warehouse.load"], "bulk_for", CoreBulk)  # `load` is the function, too
    for given in (full_night(), changed):
        load(warehouse, given)
        assert not load(warehouse, given).changed
    assert contents(warehouse) == before


def _committed(tmp_path: Path, *tables: tuple[str, type, Iterable[Any]]) -> Iterator[KeyedBatch]:
    store = LocalStore(tmp_path / "store")
    writer = PartitionWriter(store, Partition("clean", "2026-03-01", "000"))
    for name, record, rows in tables:
        writer.write(name, record, rows)
    writer.commit(StageReport("clean", "2026-03-01", "000", 0))
    return keyed_articles(store, "2026-03-01")


def test_a_partition_without_keys_is_loaded_all_the_same(warehouse: Warehouse, tmp_path: Path) -> None:
    given = full_night()
    load(warehouse, given)
    before = everything(warehouse)
    articles = list(full_night().articles)
    assert not load(warehouse, replace(full_night(), articles=_committed(tmp_path, ("part", Article, articles)))).changed
    assert everything(warehouse) == before


def test_small_row_groups_are_read_together_and_great_ones_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.ROWS_PER_GROUP", 1)
    monkeypatch.setattr("pipeline.store.AT_ONCE", 20_000)  # bytes; an article without text has some 2,000
    lengths = (10, 10, 10, 40_000, 10, 9_000, 9_000, 10)
    articles = [make.article(f"a{n}", f"{n} " + "x" * length) for n, length in enumerate(lengths)]
    batches = list(_committed(tmp_path, ("part", Article, articles), ("keys", ArticleKey, list(article_keys(articles)))))
    ids = [batch.keys["article_id"].to_pylist() for batch in batches]
    assert [article_id for batch in ids for article_id in batch] == [article.article_id for article in articles]
    assert [len(batch) for batch in ids] == [3, 1, 2, 2]


def test_keys_that_are_not_of_the_articles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="keys are not of these articles; run"):
        list(_committed(tmp_path, ("part", Article, [make.article("a")]), ("keys", ArticleKey, [])))


def test_articles_written_again_meanwhile_are_not_loaded(warehouse: Warehouse) -> None:
    one, other = make.article("a"), make.article("b")
    wrong = KeyedBatch(to_batch(article_keys([one]), ArticleKey), lambda: to_batch([other], Article))
    with pytest.raises(Transient, match="run again"):
        load(warehouse, replace(night(0, [one]), articles=[wrong]))
    assert contents(warehouse)["articles"] == []
