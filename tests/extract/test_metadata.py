"""What a page says of itself beside headline, people and dates; and whatever it says, reading it never fails."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Reject
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.extract.parse import parse_html

URL = "https://www.example.com/news/ferry-17?utm_source=x"


def read(head: str, url: str | None = URL, body: str = "<h1>Ferry sails again</h1>") -> Metadata:
    html = f"<html><head>{head}</head><body>{body}</body></html>"
    return read_metadata(parse_html(html), url, html)


def jsonld(**fields: object) -> str:
    node = {"@type": "NewsArticle", "headline": "Ferry sails again", **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ('<link rel="canonical" href="https://www.example.com/news/ferry-17">', "https://www.example.com/news/ferry-17"),
        ('<link rel="canonical" href="/news/ferry-17">', "https://www.example.com/news/ferry-17"),
        ('<link rel="CANONICAL" href="//amp.example.com/ferry-17">', "https://amp.example.com/ferry-17"),
        ('<meta property="og:url" content="https://example.com/news/ferry-17">', "https://example.com/news/ferry-17"),
        (
            '<link rel="canonical" href="https://desk:hunter2@www.example.com/news/ferry-17">',
            "https://www.example.com/news/ferry-17",
        ),
        ('<link rel="canonical" href="https://www.example.com/">', None),
        ('<link rel="canonical" href="https://www.example.com/index.html">', None),
        ('<link rel="canonical" href="javascript:void(0)">', None),
        ('<link rel="canonical" href="http://[::1">', None),
        ('<link rel="canonical" href="https://other.example/x">', None),
        (
            '<link rel="canonical" href="/"><meta property="og:url" content="/news/ferry-17">',
            "https://www.example.com/news/ferry-17",
        ),
        ("", None),
    ],
)
def test_the_canonical_address_is_the_page_s_own(head: str, canonical: str | None) -> None:
    assert read(head).canonical_url == canonical


@pytest.mark.parametrize(
    ("url", "canonical", "believed"),
    [
        ("/news/the-ferry-sails-again", "/news/", False),
        ("/en/news/2026/03/the-ferry-sails-again.html", "/en/news", False),
        ("/news/the-ferry-sails-again", "/news/the-ferry-sails-again", True),
        ("/news/the-ferry-sails-again/print", "/news/the-ferry-sails-again", True),
        ("/the-ferry-sails-again/all-on-one-page", "/the-ferry-sails-again", True),
        ("/news/the-ferry-sails-again", "/sport/the-ferry-sails-again", True),
        ("/news/the-ferry-sails-again", "/news?id=17", True),
        ("/article/17", "/article", True),
    ],
)
def test_a_folder_above_a_page_that_is_called_by_its_headline_is_not_the_page(url: str, canonical: str, believed: bool) -> None:
    found = read(f'<link rel="canonical" href="{canonical}">', f"https://www.example.com{url}").canonical_url
    assert found == (f"https://www.example.com{canonical}" if believed else None)


def test_without_an_address_a_relative_canonical_says_nothing() -> None:
    assert read('<link rel="canonical" href="/news/ferry-17">', None).canonical_url is None
    assert read('<link rel="canonical" href="https://a.example/x">', None).canonical_url == "https://a.example/x"


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="https://wire.example/story/1">',
        '<meta name="syndication-source" content="https://wire.example/story/1">',
        '<meta name="original-source" content="https://wire.example/story/1">',
    ],
)
def test_a_copy_names_its_original(head: str) -> None:
    assert read(head).source_link == "https://wire.example/story/1"


@pytest.mark.parametrize(
    ("head", "paywalled"),
    [
        (jsonld(isAccessibleForFree=False), True),
        (jsonld(isAccessibleForFree="False"), True),
        (jsonld(isAccessibleForFree="https://schema.org/False"), True),
        (jsonld(isAccessibleForFree=True), False),
        (jsonld(isAccessibleForFree="true"), False),
        (jsonld(hasPart={"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".rest"}), True),
        (jsonld(isAccessibleForFree=True, hasPart=[{"isAccessibleForFree": "False"}]), False),
        (jsonld(hasPart=[{"@type": "VideoObject"}, None, "x"]), False),
        ('<meta itemprop="isAccessibleForFree" content="false">', True),
        (jsonld(isAccessibleForFree=True) + '<meta itemprop="isAccessibleForFree" content="false">', False),
        ('<meta property="article:content_tier" content="locked">', True),
        ('<meta property="article:content_tier" content="free">', False),
        ("", False),
    ],
)
def test_the_page_says_whether_it_is_free(head: str, paywalled: bool) -> None:
    assert read(head).paywalled is paywalled


def test_section_image_description_and_word_count() -> None:
    metadata = read(
        jsonld(articleSection=["Harbour", "News"], wordCount="412")
        + '<meta property="og:image" content="/ferry.jpg"><meta name="description" content="It sails &amp; sails.">'
    )
    assert metadata.section == "Harbour"
    assert metadata.image == "https://www.example.com/ferry.jpg"
    assert metadata.description == "It sails & sails."
    assert metadata.word_count == 412


def test_section_and_image_of_microdata() -> None:
    metadata = read('<meta itemprop="articleSection" content="Harbour"><meta itemprop="image" content="/ferry.jpg">')
    assert (metadata.section, metadata.image) == ("Harbour", "https://www.example.com/ferry.jpg")


@pytest.mark.parametrize("image", ["https://a.example/i.png", ["https://a.example/i.png"], {"url": "https://a.example/i.png"}])
def test_images_of_json_ld(image: object) -> None:
    assert read(jsonld(image=image)).image == "https://a.example/i.png"


def test_an_object_in_a_field_of_parsely_is_read_as_its_fields() -> None:
    page = {
        "title": "Ferry sails again",
        "pub_date": "2024-03-04T10:05:00Z",
        "authors": ["Jane Doe", "John Roe"],
        "section": "Harbour",
    }
    metadata = read(f"<meta name='parsely-page' content='{json.dumps(page)}'>")
    assert (metadata.title, metadata.published_at) == ("Ferry sails again", "2024-03-04T10:05:00+00:00")
    assert (metadata.authors, metadata.section) == (("Jane Doe", "John Roe"), "Harbour")
    for broken in ("{", "[1]", '{"author": {"name": "Jane Doe"}}'):
        assert read(f"<meta name='parsely-page' content='{broken}'>").authors == ()


def test_an_image_may_be_named_by_its_id_as_a_thumbnail_or_by_a_link() -> None:
    graph = [
        {"@type": "NewsArticle", "headline": "Ferry sails again", "image": {"@id": "#i"}},
        {"@type": "ImageObject", "@id": "#i", "url": "https://a.example/i.png"},
    ]
    assert read(f'<script type="application/ld+json">{json.dumps({"@graph": graph})}</script>').image == "https://a.example/i.png"
    assert read(jsonld(thumbnailUrl="https://a.example/i.png")).image == "https://a.example/i.png"
    assert read('<link rel="image_src" href="/i.png">').image == "https://www.example.com/i.png"


def test_the_article_body_is_plain_text() -> None:
    body = "<p>One &amp; two.</p><p>Three<br>four</p>\n\n  five\u0000"
    assert read(jsonld(articleBody=body)).article_body == "One & two.\nThree\nfour\nfive"
    assert read(jsonld(articleBody="")).article_body is None
    assert read(jsonld(articleBody={"no": "text"})).article_body is None


def test_an_empty_page_gives_empty_metadata() -> None:
    assert read("", None, "<p>x</p>") == Metadata()


FRAGMENTS = [
    '<meta property="og:title" content="', '<meta name="author" content="', '<meta property="article:published_time" content="',
    '<script type="application/ld+json">', '{"@type":"NewsArticle","headline":"', '"author":[{"@id":"#a"}],', "</script>",
    '<time datetime="', '">', '<div class="byline">', "</div>", "<h1>", "</h1>", '<link rel="canonical" href="', "By Jane Doe",
    "2024-03-01", "\\ud800", "&#0;", "\u0000", "]}", "{", "99/99/9999",
]  # fmt: skip


@settings(max_examples=250)
@given(
    st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=25).map("".join),
    st.sampled_from([None, URL, "http://[bad", "file:///x#1"]),
)
def test_reading_never_fails_and_is_always_storable(markup: str, url: str | None) -> None:
    not_after = datetime(2025, 1, 1, tzinfo=UTC)
    try:
        tree = parse_html(f"<html><body>{markup}")
    except Reject:
        return
    metadata = read_metadata(tree, url, markup, not_after=not_after)
    for value in json.loads(json.dumps(dataclasses.asdict(metadata), default=sorted)).values():
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
        assert "\\u0000" not in text
    assert metadata == read_metadata(tree, url, markup, not_after=not_after)
