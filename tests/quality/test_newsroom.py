"""The floor under cleaning: the newsroom's pages, extracted and cleaned site by site, against what the generator knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pytest

import newsroom
from newsroom.records import Gold, Page
from newsroom.room import Newsroom
from pipeline.clean import clean_site
from pipeline.extract.page import PageInput, extract
from pipeline.records import Article

DAY = date(2026, 3, 2)
READABLE = ("page", "deep", "wrong_charset", "flaky")
EXACT = 0.98  # measured: 1.0


@pytest.fixture(scope="module", params=[3, 11])
def cleaned(request: pytest.FixtureRequest) -> list[tuple[Gold, Article]]:
    """Return the right answer and the cleaned article of every page that can be read."""
    room = newsroom.build(day=DAY, stories=14, outlets=12, seed=request.param)
    extracted = [(room.gold_of(page, 8799), _extracted(room, page)) for page in _readable(room)]
    sites: dict[str, list[Article]] = defaultdict(list)
    for _, article in extracted:
        if article.page_kind == "article":
            sites[article.site].append(article)
    done = {a.article_id: a for articles in sites.values() for a in clean_site(articles, (), DAY.isoformat())[0]}
    return [(gold, done.get(article.article_id, article)) for gold, article in extracted]


def _readable(room: Newsroom) -> Iterator[Page]:
    return (page for page in room.edition(DAY).all_pages() if page.serve in READABLE)


def _extracted(room: Newsroom, page: Page) -> Article:
    charset = f"; charset={page.outlet.header_charset}" if page.outlet.header_charset else ""
    url = room.gold_of(page, 8799).url
    return extract(PageInput(url, "newsroom", page.outlet.host, room.render(page, 8799), f"text/html{charset}"))


def test_every_page_is_told_for_what_it_is(cleaned: list[tuple[Gold, Article]]) -> None:
    wrong = [(gold.url, gold.kind, a.page_kind, a.kind_reason) for gold, a in cleaned if a.page_kind != gold.kind]
    assert wrong == []


def test_the_clean_text_is_the_right_one(cleaned: list[tuple[Gold, Article]]) -> None:
    articles = [(gold, a) for gold, a in cleaned if gold.expected == "article"]
    wrong = [gold.url for gold, a in articles if a.text != gold.text]
    assert len(wrong) <= (1 - EXACT) * len(articles), wrong


def test_no_line_of_the_pages_furniture_is_left(cleaned: list[tuple[Gold, Article]]) -> None:
    left = [
        (gold.url, line) for gold, a in cleaned for line in gold.dropped if line in a.text.split("\n\n") and line not in gold.text
    ]
    assert left == []


def test_the_title_is_the_headline(cleaned: list[tuple[Gold, Article]]) -> None:
    assert [(gold.title, a.title) for gold, a in cleaned if gold.expected == "article" and a.title != gold.title] == []
