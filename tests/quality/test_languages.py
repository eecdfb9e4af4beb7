"""The floor under cleaning in languages other than English: eight news pages, each laid out in three ways, come out exactly."""

from __future__ import annotations

import html
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline.clean import label
from pipeline.extract.page import PageInput, extract
from pipeline.records import Article

PAGES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("languages.toml").read_text(encoding="utf-8"))["page"]
each_page = pytest.mark.parametrize("page", PAGES, ids=[page["language"] for page in PAGES])


def tag(name: str, text: str, **attributes: str) -> str:
    given = "".join(f' {key.rstrip("_")}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{html.escape(text)}</{name}>"


def links(texts: list[str]) -> str:
    return "".join(f'<li><a href="/story/{number}">{html.escape(text)}</a></li>' for number, text in enumerate(texts))


def modern(page: dict[str, Any]) -> str:
    """Semantic tags, speaking class names, JSON-LD."""
    data = {"@type": "NewsArticle", "headline": page["title"], "datePublished": page["date"]}
    data |= {"author": {"@type": "Person", "name": page["author"]}}
    inside = "".join(
        tag("p", text) + (f'<div class="inline">{html.escape(page["inside"][n])}</div>' if n < 2 else "")
        for n, text in enumerate(page["paragraphs"])
    )
    return f"""<!doctype html><html lang="{page["language"]}"><head><title>{html.escape(page["title"])}</title>
        <script type="application/ld+json">{json.dumps(data)}</script></head><body><nav><ul>{links(page["related"])}</ul></nav>
        <main><article><header>{tag("h1", page["title"])}{tag("p", page["by"], class_="byline")}
        {tag("time", page["date_line"], datetime=page["date"])}</header>
        <div class="share-bar">{"".join(tag("button", text) for text in page["top"])}</div>
        <div class="article-body">{inside}</div></article>
        <section class="related">{tag("h3", page["tail"][2])}<ul>{links(page["related"])}</ul></section></main></body></html>"""


def plain(page: dict[str, Any]) -> str:
    """Everything a <p> in one <div>, no class names, no metadata beyond the title."""
    lines = [page["by"], page["date_line"], *page["top"]]
    body = list(page["paragraphs"])
    body.insert(2, page["inside"][0])
    body.insert(4, page["inside"][1])
    text = "".join(tag("p", line) for line in [*lines, *body, *page["tail"][:2]])
    return f"""<html lang="{page["language"]}"><head><title>{html.escape(page["title"])}</title></head>
        <body><div>{tag("h1", page["title"])}{text}</div></body></html>"""


def old(page: dict[str, Any]) -> str:
    """A table lays the page out, lines end in <br>."""
    text = "<br><br>".join(html.escape(line) for line in page["paragraphs"])
    menu = "<br>".join(f'<a href="/story/{n}">{html.escape(line)}</a>' for n, line in enumerate(page["related"]))
    return f"""<html><head><title>{html.escape(page["title"])}</title></head><body><table><tr><td>{menu}</td><td>
        <font size="5"><b>{html.escape(page["title"])}</b></font><br><br>{text}<br><br>{html.escape(page["inside"][0])}<br>
        {html.escape(page["top"][0])}</td></tr></table></body></html>"""


def cleaned(source: str) -> Article:
    return label(extract(PageInput("https://news.example/2024/03/12/story-118273", "s", "news.example", source, kind="html")))


@each_page
@pytest.mark.parametrize("layout", [modern, plain, old], ids=["modern", "plain", "old"])
def test_a_page_comes_out_exactly(page: dict[str, Any], layout: Any) -> None:
    article = cleaned(layout(page))
    assert article.page_kind == "article"
    assert article.title == page["title"]
    assert article.text.split("\n\n") == page["paragraphs"]
    assert article.language == page["language"]


@each_page
def test_author_and_date_are_read(page: dict[str, Any]) -> None:
    article = cleaned(modern(page))
    assert article.authors == (page["author"],)
    assert article.published_at is not None
    assert (article.published_at[:10], article.published_basis) == ("2024-03-12", "jsonld")
