"""URL identity: spellings of one page agree, different pages do not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.urls import article_id, ascii_host, normalise_url, readable_host, shard_of, site_of, url_id


@pytest.mark.parametrize(
    ("spelling", "normal"),
    [
        ("HTTP://News.Example:80/a/../b/./c?utm_source=x&b=2&a=1#top", "http://news.example/b/c?a=1&b=2"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example/a;jsessionid=0A1B.node1/b;x=1?PHPSESSID=7&id=2", "https://news.example/a/b;x=1?id=2"),
        ("https://news.example:8443/a//b/", "https://news.example:8443/a//b/"),
        ("https://news.example/%7Ejo/caf%c3%a9?q=a+b", "https://news.example/~jo/caf%C3%A9?q=a%20b"),
        ("https://news.example/café", "https://news.example/caf%C3%A9"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://news.example/a?fbclid=1&id=7&empty=", "https://news.example/a?empty=&id=7"),
        ("https://straße.example/x", "https://xn--strae-oqa.example/x"),  # and not strasse.example
        ("https://νέος.example/x", "https://xn--ixa5ahm.example/x"),
        ("https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"),
        ("file:///folder/a.jsonl#4", "file:///folder/a.jsonl#4"),
        ("http://a:b/", "http://a:b/"),
        ("http://[::1", "http://[::1"),
    ],
)
def test_spellings_of_one_page_have_one_normal_form(spelling: str, normal: str) -> None:
    assert normalise_url(spelling) == normal
    assert url_id(spelling) == url_id(normal)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@example("a%3bjsessionid=1/..;jsessionid=2/b")
def test_the_normal_form_is_its_own(path: str) -> None:
    once = normalise_url("https://news.example/" + path)
    assert normalise_url(once) == once


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://edition.news.example.com/", "example.com"),
        ("http://courier.localhost:8799/x", "courier.localhost"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("file:///folder/a.txt", ""),
        ("https://www.bücher.de/", "xn--bcher-kva.de"),
        ("https://www.xn--bcher-kva.de/", "xn--bcher-kva.de"),
        ("https://www.Straße.de/", "xn--strae-oqa.de"),
        ("https://Новости.пример.рф/x", "xn--e1afmkfd.xn--p1ai"),
        (f"https://{'a' * 70}é.example/", f"{'a' * 70}é.example"),  # no name that DNS knows
    ],
)
def test_the_site_is_the_registered_domain_or_the_host(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize("host", ["straße.example", "bücher.example", "νέος.example", "news.example", "xn--.example"])
def test_a_host_is_shown_as_people_write_it(host: str) -> None:
    assert readable_host(ascii_host(host)) == host


@pytest.mark.parametrize(
    ("one", "other"), [("?q=%E9", "?q=%E8"), ("a%2Fb", "a/b"), ("?a=1%26b=2", "?a=1&b=2"), ("?a=%2B", "?a=+"), ("A", "a")]
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert url_id(f"https://news.example/{one}") != url_id(f"https://news.example/{other}")


@given(st.text("aZ0/.-_~!$&'()*+,;=:@", max_size=12), st.text("bY9-._~", min_size=1, max_size=4))
def test_an_escape_that_nobody_needs_makes_no_other_page(path: str, end: str) -> None:
    escaped = "".join(f"%{ord(character):02x}" for character in end)
    assert normalise_url(f"https://news.example/{path}x{end}") == normalise_url(f"https://news.example/{path}x{escaped}")


def test_a_document_without_a_url_is_known_by_its_content() -> None:
    assert article_id(None, "text") == article_id(None, "text") != article_id(None, "other")
    assert article_id("https://x.example/a?utm_source=y") == article_id("https://x.example/a")


def test_a_site_always_goes_to_the_same_shard() -> None:
    assert shard_of("bbc.co.uk", 8) == "000"  # on every machine, and in every version: a date goes on with the shards it has
    assert {shard_of(f"site{i}.example", 4) for i in range(100)} == {"000", "001", "002", "003"}
