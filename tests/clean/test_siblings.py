"""Ten stitched documents come out exactly, as text and in two kinds of markup."""

from __future__ import annotations

import html
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.clean import label
from pipeline.extract.page import PageInput, extract
from pipeline.records import Article


@dataclass(frozen=True, slots=True)
class Sibling:
    name: str
    language: str
    lines: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        return next(text for verdict, text in self.lines if verdict == "title")

    @property
    def body(self) -> str:
        return "\n\n".join(text for verdict, text in self.lines if verdict == "keep")

    @property
    def dropped(self) -> list[tuple[str, str]]:
        return [(text, verdict) for verdict, text in self.lines if verdict not in ("title", "keep")]


def _siblings() -> list[Sibling]:
    documents = tomllib.loads(Path(__file__).with_name("siblings.toml").read_text(encoding="utf-8"))["document"]
    return [Sibling(d["name"], d["language"], tuple((verdict, text) for verdict, text in d["lines"])) for d in documents]


SIBLINGS = _siblings()
each_sibling = pytest.mark.parametrize("sibling", SIBLINGS, ids=[s.name for s in SIBLINGS])


def _cleaned(body: str, kind: str) -> Article:
    return label(extract(PageInput(None, "test", "", body, kind=kind)))


def _dropped(article: Article) -> list[tuple[str, str | None]]:
    return [(block.text, block.dropped_by) for block in article.blocks if block.dropped_by not in (None, "headline")]


def _nothing_made_up(article: Article) -> bool:
    return article.published_at is None and article.url is None and article.canonical_url is None


@each_sibling
@pytest.mark.parametrize("separator", ["\n\n", "\r\n\r\n", "\n"], ids=["blank-lines", "crlf", "line-a-paragraph"])
def test_a_stitched_text_comes_out_exactly(sibling: Sibling, separator: str) -> None:
    article = _cleaned(separator.join(text for _, text in sibling.lines), "text")
    assert article.title == sibling.title
    assert article.text == sibling.body
    assert _dropped(article) == sibling.dropped
    assert _nothing_made_up(article)
    assert article.authors == ()
    assert label(article) == article


@each_sibling
def test_a_stitched_page_of_paragraphs_comes_out_exactly(sibling: Sibling) -> None:
    paragraphs = "\n".join(f"<p>{html.escape(text)}</p>" for _, text in sibling.lines)
    article = _cleaned(f'<!doctype html><html lang="{sibling.language}"><body>{paragraphs}</body></html>', "html")
    assert article.title == sibling.title
    assert article.text == sibling.body
    assert _nothing_made_up(article)
    assert label(article) == article


@each_sibling
def test_a_stitched_page_with_share_bars_and_ad_slots_comes_out_exactly(sibling: Sibling) -> None:
    markup = "\n".join(_marked_up(verdict, text) for verdict, text in sibling.lines)
    title = html.escape(sibling.title)
    head = f'<!doctype html><html lang="{sibling.language}"><head><title>{title}</title></head>'
    page = f'{head}<body><div class="story">{markup}</div></body></html>'
    article = _cleaned(page, "html")
    assert article.title == sibling.title
    assert article.text == sibling.body
    assert label(article) == article


def _marked_up(verdict: str, text: str) -> str:
    escaped = html.escape(text)
    match verdict:
        case "title":
            return f"<h1>{escaped}</h1>"
        case "keep":
            return f"<p>{escaped}</p>"
        case "share":
            return f'<div class="share-bar"><span>{escaped}</span></div>'
        case "advertisement":
            return f'<div class="ad-wrapper">{escaped}</div>'
        case "related-headline" | "read-more":
            return f'<div class="related-link"><a href="/other-story">{escaped}</a></div>'
        case _:
            return f'<div class="{verdict}">{escaped}</div>'
