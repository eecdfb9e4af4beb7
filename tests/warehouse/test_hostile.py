"""Outside text and times of every kind have a defined answer, the same on both databases, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import Block, Rejected, StoryMember
from pipeline.urls import url_id
from pipeline.warehouse import Warehouse, article, load
from pipeline.warehouse.article_batches import AT_ONCE, word_counts
from pipeline.warehouse.rows import claim
from tests.warehouse import make
from tests.warehouse.make import everything, fetch, night

PUBLISHED = "SELECT published_at, published_precision, published_text FROM articles"


def test_nul_and_lone_surrogates_become_replacement_characters(warehouse: Warehouse, rows: Any) -> None:
    odd = make.article("a", "A\x00B \ud83d C \ud83d\ude00.", title="T\x00\udfff", authors=("N\x00", "\ud800"))
    load(warehouse, night(0, [odd]))
    assert rows("SELECT title, text FROM clean_articles") == [{"title": "T��", "text": "A�B � C ��."}]
    before = everything(warehouse)
    assert not load(warehouse, night(0, [odd])).changed
    assert everything(warehouse) == before
    stored = article(warehouse, odd.article_id)
    assert stored is not None
    assert stored.article.authors == ("N�", "�")


@pytest.mark.parametrize(
    "text",
    ['"quoted", ""twice""', "\\N", "\\.", "back\\slash \\n", "tab\there\rand there", "'; DROP TABLE articles; --", "%s %(x)s :y"],
)
def test_no_text_is_read_as_syntax(warehouse: Warehouse, rows: Any, text: str) -> None:
    odd = make.article("a", text, title=text, authors=(text,), section=text)
    odd = replace(odd, blocks=(*odd.blocks, Block(9, "paragraph", text, "rule.of.it")))
    load(warehouse, night(0, [odd], rejected=[Rejected("https://x.example/", "s", "x.example", "extract", "r", text)]))
    assert rows("SELECT title, text FROM clean_articles") == [{"title": text, "text": text}]
    assert rows("SELECT text FROM dropped_lines WHERE rule = 'rule.of.it'") == [{"text": text}]
    assert rows("SELECT detail FROM open_rejects") == [{"detail": text}]
    stored = article(warehouse, odd.article_id)
    assert stored is not None
    assert stored.article.authors == (text,)


def test_five_megabytes_of_text_and_ten_thousand_authors(warehouse: Warehouse, rows: Any) -> None:
    huge = make.article("a", "Wörter " * 750_000 + "end.", authors=tuple(f"Author {i}" for i in range(10_000)))
    load(warehouse, night(0, [huge]))
    assert rows("SELECT word_count, LENGTH(text) AS n FROM clean_articles") == [{"word_count": 750_001, "n": 5_250_004}]
    stored = article(warehouse, huge.article_id)
    assert stored is not None
    assert len(stored.article.authors) == 10_000


def test_a_url_of_ten_thousand_characters(warehouse: Warehouse, rows: Any) -> None:
    long = make.article("a" * 10_000)
    load(warehouse, night(0, [long]))
    assert len(rows("SELECT url FROM clean_articles")[0]["url"]) > 10_000


def test_urls_that_cannot_be_taken_apart(warehouse: Warehouse, rows: Any) -> None:
    for url in ("http://[broken/", "http://host:port/", "file:///data/a.jsonl#3", ""):
        assert len(url_id(url)) == 32
    load(
        warehouse,
        night(
            0, fetches=[fetch("http://[broken/", "bad_url")], rejected=[Rejected("http://[broken/", "s", "", "fetch", "bad_url")]
        ),
    )
    assert rows("SELECT url FROM open_rejects") == [{"url": "http://[broken/"}]


@pytest.mark.parametrize(
    ("said", "at", "precision"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+00:00", "day"),
        ("2026-03-01T10:30:00+02:00", "2026-03-01T08:30:00+00:00", "time"),
        ("2026-03-01T10:30:00Z", "2026-03-01T10:30:00+00:00", "time"),
        ("2026-03-01T10:30", "2026-03-01T10:30:00+00:00", "local"),
        ("9999-12-31", "9999-12-31T00:00:00+00:00", "day"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00", "day"),
        ("9999-12-31T23:00:00-05:00", None, None),
        ("0000-00-00", None, None),
        ("0000-01-01T00:00:00Z", None, None),
        ("2026-02-30", None, None),
        ("yesterday", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_times_that_pages_claim(said: str | None, at: str | None, precision: str | None) -> None:
    assert claim(said) == (at and datetime.fromisoformat(at), precision)


@pytest.mark.parametrize("said", ["0001-01-01", "9999-12-31", "0000-00-00", "2026-03-01T10:30:00.123456+05:45"])
def test_times_of_any_year_load_and_read_back_as_they_were(warehouse: Warehouse, rows: Any, said: str) -> None:
    one = make.article("a", published_at=said)
    load(warehouse, night(0, [one]))
    assert rows(PUBLISHED)[0]["published_text"] == said
    stored = article(warehouse, one.article_id)
    assert stored is not None
    assert stored.article.published_at == said
    assert len(rows("SELECT * FROM clean_articles")) == 1


def test_measured_times_come_back_in_utc(warehouse: Warehouse) -> None:
    one = make.article("a", fetched_at=datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC))
    load(warehouse, night(0, [one]))
    stored = article(warehouse, one.article_id)
    assert stored is not None
    assert stored.article.fetched_at == one.fetched_at
    assert stored.article.fetched_at is not None
    assert stored.article.fetched_at.tzinfo is UTC


@pytest.mark.parametrize("proof", ["not json", '{"c": NaN}', '"\\u0000"', "[1, 2]", None])
def test_any_proof_is_stored_as_json(warehouse: Warehouse, rows: Any, proof: str | None) -> None:
    one = make.article("a")
    member = StoryMember(one.article_id, one.article_id, one.article_id, "unique", None, "alone", None, proof)
    load(warehouse, night(0, [one], [member]))
    assert not load(warehouse, night(0, [one], [member])).changed


@given(st.lists(st.text(alphabet=" \n\tabcé–“д한", max_size=20), max_size=4))
def test_words_are_counted_between_white_space(texts: list[str]) -> None:
    assert word_counts(pa.array(texts, pa.string())).to_pylist() == [len(text.split()) for text in texts]


def test_a_no_break_space_does_not_end_a_word() -> None:
    assert word_counts(pa.array(["Les 10\u00a0000 habitants"])).to_pylist() == [3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("今日は雨です。", 6),
        ("港务局长周二表示，“项目”将于2026年 完成。", 16),
        ("The word 新闻 means news", 6),
        ("วันนี้ฝนตก", 10),
        ("“Oui”, dit-il — et voilà", 5),
        ("오늘 비가 온다 👍", 4),
    ],
)
def test_of_scripts_without_spaces_each_letter_counts(text: str, words: int) -> None:
    assert word_counts(pa.array([text])).to_pylist() == [words]


def test_words_are_counted_alike_alone_and_among_many_texts() -> None:
    texts = [
        "",
        "one two",
        " three",
        "Zwölf – “Boxkämpfer”\n\njagen ",
        *("Länger " * n + "今日" * (n % 3) for n in range(0, 900, 30)),
        "x" * AT_ONCE,
        "",
        " ",
        "end",
    ]
    alone = [word_counts(pa.array([text]))[0].as_py() for text in texts]
    assert word_counts(pa.array(texts)).to_pylist() == alone
    assert word_counts(pa.array(["left out", *texts]).slice(1)).to_pylist() == alone


def test_documents_without_a_url(warehouse: Warehouse, rows: Any) -> None:
    note = make.article("a", "A note.", url=None, canonical_url=None, article_id="0" * 32, fetched_at=None, raw_ref=None)
    load(warehouse, night(0, [note]))
    assert rows("SELECT url, text FROM clean_articles") == [{"url": None, "text": "A note."}]
    assert not load(warehouse, night(0, [note])).changed
