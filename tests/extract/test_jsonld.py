"""JSON-LD is read as publishers write it, broken or nested, and the page's own article is found in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.jsonld import parse_script, read_jsonld

URL = "https://courier.example/news/ferry-17"
ARTICLE = {"@type": "NewsArticle", "headline": "Ferry sails again", "datePublished": "2024-03-01"}


def headline_in(script: str) -> object:
    return read_jsonld([script], URL, ["Ferry sails again"]).get("headline")


@pytest.mark.parametrize(
    "script",
    [
        json.dumps(ARTICLE),
        f"<!-- {json.dumps(ARTICLE)} -->",
        f"//<![CDATA[\n{json.dumps(ARTICLE)}\n//]]>",
        f"/*<![CDATA[*/ {json.dumps(ARTICLE)} /*]]>*/",
        f"{json.dumps(ARTICLE)};",
        f"{json.dumps({'@type': 'WebSite'})}{json.dumps(ARTICLE)}",
        json.dumps([{"@type": "BreadcrumbList"}, [ARTICLE]]),
        json.dumps({"@graph": [{"@type": "WebPage", "name": "x"}, ARTICLE]}),
        json.dumps({"@type": "WebPage", "mainEntity": ARTICLE}),
        json.dumps(ARTICLE).replace("&", "&amp;").replace('"', "&quot;"),
        '{"@type": "NewsArticle", "headline": "Ferry sails again",}',
        '{"@type": ["NewsArticle", "Article"], "headline": "Ferry sails again", "keywords": ["a", "b",],}',
        '{"@type": "NewsArticle"\n "headline": "Ferry sails again"}',
        '{"@type": "NewsArticle", "author": {"name": "Jane Doe"}"headline": "Ferry sails again"}',
        '{"@type": "http://schema.org/ReportageNewsArticle", "headline": "Ferry sails again"}',
        '{"@type": "Article", "headline": "Ferry sails again", "description": "two\nlines\tand a tab"}',
        '{"@type": "Article", "headline": "Ferry sails again", "description": "it\\\'s"}',
        '// made by a plug-in\n{"@type": "Article", "headline": "Ferry sails again"}',
        '{"@type": "Article", "headline": "Ferry sails again", "description": "a "quoted" word", "x": [}',
    ],
)
def test_an_article_is_found_in_whatever_form(script: str) -> None:
    assert headline_in(script) == "Ferry sails again"


@pytest.mark.parametrize(
    "author",
    [
        [{"name": "Jane Doe"}, {"name": "John Roe"}],
        {"0": {"name": "Jane Doe"}, "1": {"name": "John Roe"}},  # as PHP writes a list from which it took something
        {"@list": [{"name": {"@value": "Jane Doe"}}, {"schema:name": "John Roe"}]},
    ],
)
@pytest.mark.parametrize("rest", ["", ', "description": "a "quoted" word", "x": [', "\ufeff"])
def test_authors_are_found_in_whatever_form(author: object, rest: str) -> None:
    script = json.dumps({**ARTICLE, "author": author})
    script = rest + script if rest == "\ufeff" else script[:-1] + rest + "}"
    assert read_jsonld([script], URL, []).get("author") == [{"name": "Jane Doe"}, {"name": "John Roe"}]


def test_what_follows_a_quotation_in_broken_json_is_not_taken_for_the_whole() -> None:
    script = '{"@type": "NewsArticle", "headline": "He said "no" to it", "author": {"name": "Jane Doe"'
    found = read_jsonld([script], URL, [])
    assert (found.get("headline"), found.get("author")) == (None, None)


def test_news_wins_over_the_page_and_other_works() -> None:
    nodes = [{"@type": "WebPage", "name": "Courier"}, {"@type": "VideoObject", "name": "Ferry sails again"}, ARTICLE]
    assert read_jsonld([json.dumps(nodes)], URL, []).get("headline") == "Ferry sails again"


def test_of_several_articles_the_one_of_this_address_is_taken() -> None:
    other = {"@type": "NewsArticle", "headline": "Pier closed", "url": "https://courier.example/news/pier-3"}
    mine = {**ARTICLE, "mainEntityOfPage": {"@id": URL + "?utm_source=x"}}
    assert read_jsonld([json.dumps([other, mine])], URL, []).get("headline") == "Ferry sails again"


def test_of_several_articles_the_one_headed_like_the_page_is_taken() -> None:
    other = {"@type": "NewsArticle", "headline": "Pier closed for the winter"}
    assert headline_in(json.dumps([other, ARTICLE])) == "Ferry sails again"


def test_of_several_articles_at_other_addresses_one_headed_otherwise_is_a_teaser() -> None:
    others = [{**ARTICLE, "headline": f"Pier {n} closed", "url": f"https://courier.example/news/pier-{n}"} for n in (1, 2)]
    assert read_jsonld([json.dumps(others)], URL, ["Winter ends"]).article == {}
    assert read_jsonld([json.dumps(others)], URL, ["Pier 2 closed"]).get("headline") == "Pier 2 closed"
    assert read_jsonld([json.dumps(others[:1])], URL, ["Winter ends"]).get("headline") == "Pier 1 closed"


@pytest.mark.parametrize("key", ["hasPart", "mentions", "itemListElement", "review", "liveBlogUpdate", "isPartOf"])
def test_what_a_page_only_mentions_is_not_its_article(key: str) -> None:
    assert read_jsonld([json.dumps({"@type": "CollectionPage", key: [ARTICLE]})], URL, []).get("headline") is None


def test_references_are_followed() -> None:
    graph = {"@graph": [{**ARTICLE, "author": {"@id": "#jane"}}, {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}]}
    found = read_jsonld([json.dumps(graph)], URL, [])
    assert found.resolve(found.get("author")) == {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}


def test_deep_and_endless_nesting_is_survived() -> None:
    assert parse_script("[" * 100_000) == []
    assert read_jsonld(["[" * 400 + json.dumps(ARTICLE) + "]" * 400], URL, []).get("headline") == "Ferry sails again"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["@type", "@id", "@graph", "author", "headline", "name", "publisher", "url"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@settings(max_examples=150)
@given(json_values, st.text(max_size=10))
def test_any_json_is_survived(value: object, junk: str) -> None:
    read_jsonld([json.dumps(value), json.dumps(value) + junk, junk], URL, [junk])
