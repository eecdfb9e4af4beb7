"""Feeds, sitemaps and robots files are what standard parsers expect, and between them name every page."""

from __future__ import annotations

import gzip
import tomllib
from datetime import timedelta

import feedparser
from lxml import etree
from protego import Protego

from newsroom import DEFAULT_PORT, Newsroom, Outlet
from newsroom.feeds import FILES, sources_toml
from newsroom.room import without_trackers
from tests.newsroom.conftest import DAY

NAMESPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "news": "http://www.google.com/schemas/sitemap-news/0.9"}


def locations(body: bytes) -> list[str]:
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return [str(x) for x in etree.fromstring(body).xpath("//s:loc/text()", namespaces=NAMESPACES)]


def read(newsroom: Newsroom, outlet: Outlet, url: str) -> bytes:
    path = url.removeprefix(newsroom.home(outlet, DEFAULT_PORT)).partition("?")[0]
    return FILES[path](newsroom, outlet, newsroom.day, DEFAULT_PORT)[0]


def test_feeds_parse_and_date_every_entry(large: Newsroom) -> None:
    for outlet in large.outlets:
        for path in ("/feed/", "/atom.xml"):
            body, content_type = FILES[path](large, outlet, large.day, DEFAULT_PORT)
            feed = feedparser.parse(body, response_headers={"content-type": content_type})
            assert not feed.bozo, feed.get("bozo_exception")
            assert feed.feed.title == outlet.name
            assert len(feed.entries) == sum(not p.hidden for p in large.edition(DAY).pages[outlet.host].values())
            assert all(entry.title and entry.published_parsed and entry.link.startswith("http://") for entry in feed.entries)


def test_sources_reach_every_page(large: Newsroom) -> None:
    sources = {s["id"]: s for s in tomllib.loads(sources_toml(large))["source"]}
    for outlet in large.outlets:
        source = sources[outlet.host.removesuffix(".localhost")]
        assert source["language"] == outlet.language
        found = set(source.get("urls", []))
        for url in source.get("feeds", []):
            found |= {entry.link for entry in feedparser.parse(read(large, outlet, url)).entries}
        for url in source.get("sitemaps", []):
            for location in locations(read(large, outlet, url)):
                is_child = location.removeprefix(large.home(outlet, DEFAULT_PORT)) in FILES
                found |= set(locations(read(large, outlet, location))) if is_child else {location}
        wanted = {gold.listed_url for gold in large.gold() if gold.site == outlet.host}
        assert {without_trackers(url) for url in found} == wanted


def test_there_is_every_kind_of_announcement(newsroom: Newsroom) -> None:
    assert {o.feed for o in newsroom.outlets} >= {"rss", "atom"}
    assert {o.sitemap for o in newsroom.outlets} >= {"news", "index", "index_gz"}
    assert any(o.trackers for o in newsroom.outlets)


def test_robots_forbid_a_folder_and_ask_for_a_delay(newsroom: Newsroom) -> None:
    rules = {o.host: Protego.parse(FILES["/robots.txt"](newsroom, o, DAY, DEFAULT_PORT)[0].decode()) for o in newsroom.outlets}
    assert any(r.crawl_delay("copydesk") for r in rules.values())
    for gold in newsroom.gold():
        assert rules[gold.site].can_fetch(gold.listed_url, "copydesk") == (gold.expected != "robots")


def test_feeds_of_another_day_are_asked_for_by_date(newsroom: Newsroom) -> None:
    before = DAY - timedelta(days=3)
    sources = tomllib.loads(sources_toml(newsroom, day=before))["source"]
    assert all(url.endswith(f"?day={before}") for s in sources for url in s.get("feeds", []) + s.get("sitemaps", []))
    body, _ = FILES["/feed/"](newsroom, newsroom.outlets[1], before, DEFAULT_PORT)
    assert all(
        f"/{before:%Y/%m/%d}/" in e.link or f"/{before:%Y%m%d}/" in e.link or str(before) in e.link
        for e in feedparser.parse(body).entries
    )
