"""Discovery: every source is read as far as it can be, every URL is found once, and nothing a source does ends the run."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gzip
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.fetch.discover import Discovery, discover
from pipeline.fetch.feeds import parse_feed
from pipeline.fetch.rows import clean_url, iso_date, record_url
from pipeline.fetch.sitemaps import Sitemap, parse_sitemap
from pipeline.sources import Source
from tests.fetch.conftest import Reply, Request, Web, redirect

TODAY = date(2026, 11, 23)
XML = {"Content-Type": "application/xml"}

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>First &amp; best</title><link>{base}/1?utm_source=rss</link><pubDate>Mon, 23 Nov 2026 08:30:00 +0100</pubDate></item>
<item><title>Second</title><link>/2#top</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
<entry><title type="html">A &lt;b&gt;bold&lt;/b&gt; line</title>
<link rel="alternate" href="{base}/3"/><published>2026-11-21</published></entry></feed>"""
SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>{base}/4</loc><lastmod>2026-11-20</lastmod><news:news><news:publication><news:name>N</news:name><news:language>de</news:language>
</news:publication><news:publication_date>2026-11-22T10:00:00Z</news:publication_date><news:title>Vierte</news:title></news:news></url>
<url><loc>{base}/5</loc><lastmod>2020-01-01</lastmod></url></urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{children}</sitemapindex>"""


def index(*urls: str) -> Reply:
    children = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return Reply(INDEX.format(children=children).encode(), headers=XML)


def feed(web: Web, path: str, text: str, **headers: str) -> str:
    web.add(path, Reply(text.format(base=web.url("")).encode(), headers=XML | headers))
    return web.url(path)


def find(settings: Settings, *sources: Source) -> Discovery:
    return discover(sources, settings, today=TODAY)


def short(web: Web, found: Discovery) -> list[str]:
    return [item.url.removeprefix(web.url("")) for item in found.items]


def test_feeds_say_what_they_know_of_a_page(web: Web, settings: Settings) -> None:
    source = Source(id="s", feeds=(feed(web, "/rss", RSS), feed(web, "/atom", ATOM)), language="en")
    found = find(settings, source)
    assert found.rejected == ()
    assert short(web, found) == ["/1?utm_source=rss", "/2", "/3"]
    first, second, third = found.items
    assert (first.title, first.published_at, first.via, first.site) == (
        "First & best",
        "2026-11-23T08:30:00+01:00",
        "feed",
        "news.localhost",
    )
    assert (second.title, second.published_at, second.language) == ("Second", None, "en")
    assert (third.title, third.published_at) == ("A bold line", "2026-11-21")


def test_news_sitemaps_and_their_indexes(web: Web, settings: Settings) -> None:
    packed = gzip.compress(SITEMAP.format(base=web.url("")).encode())
    web.add("/map.xml.gz", Reply(packed, headers={"Content-Type": "application/gzip"}))
    web.add("/index.xml", index(web.url("/map.xml.gz"), web.url("/list.txt")))
    web.add("/list.txt", Reply(f"{web.url('/6')}\n{web.url('/7')}\n".encode(), headers={"Content-Type": "text/plain"}))
    found = find(settings, Source(id="s", sitemaps=(web.url("/index.xml"),)))
    assert short(web, found) == ["/4", "/5", "/6", "/7"]
    news = found.items[0]
    assert (news.title, news.published_at, news.language, news.via) == ("Vierte", "2026-11-22T10:00:00Z", "de", "sitemap")
    assert found.items[1].published_at is None  # lastmod is no date of publication


def test_what_is_too_old_is_left_out(web: Web, settings: Settings) -> None:
    sitemap = feed(web, "/map.xml", SITEMAP)
    found = find(settings, Source(id="s", sitemaps=(sitemap,), feeds=(feed(web, "/rss", RSS),), max_age_days=7))
    assert short(web, found) == ["/1?utm_source=rss", "/2", "/4"]


def test_include_and_exclude_decide(web: Web, settings: Settings) -> None:
    urls = tuple(web.url(p) for p in ("/politics/a", "/politics/live", "/sport/b"))
    found = find(settings, Source(id="s", urls=urls, include=("/politics/",), exclude=("live$",)))
    assert short(web, found) == ["/politics/a"]


def test_patterns_that_let_nothing_in_are_told(web: Web, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    urls = tuple(web.url(p) for p in ("/politics/a", "/sport/b"))
    find(settings, Source(id="some", urls=urls, include=("/politics/",)), Source(id="none", urls=urls, include=("/politic/",)))
    assert [record.getMessage() for record in caplog.records if "leave out" in record.getMessage()] == [
        "source none: include and exclude leave out all of the 2 pages that it lists"
    ]


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("url", ["/спорт/1", "/%D1%81%D0%BF%D0%BE%D1%80%D1%82/1", "/%d1%81%d0%bf%d0%be%d1%80%d1%82/1"])
@pytest.mark.parametrize("pattern", ["/спорт/", "/%D1%81%D0%BF%D0%BE%D1%80%D1%82/", "/%d1%81%d0%bf%d0%be%d1%80%d1%82/", "/с.{4}/"])
def test_a_pattern_lets_a_url_in_however_each_is_spelled(url: str, pattern: str) -> None:
    assert Source(id="s", include=(pattern,)).wants(f"http://e.example{url}")
    assert not Source(id="s", exclude=(pattern,)).wants(f"http://e.example{url}")
    assert not Source(id="s", include=(pattern,)).wants("http://e.example/%F1%EF%EE%F0%F2/1")
    assert Source(id="s", include=("%3Fa",), exclude=(r"\?a",)).wants("http://e.example/%3Fa")


def test_a_url_is_found_once_for_the_source_of_the_highest_priority(web: Web, settings: Settings) -> None:
    rss = feed(web, "/rss", RSS)
    low = Source(id="low", urls=(web.url("/1"), web.url("/2"), web.url("/9")))
    first = Source(id="first", feeds=(rss,), priority=5)
    second = Source(id="second", urls=(web.url("/2?fbclid=x"), web.url("/8")), priority=5)
    found = find(settings, low, first, second)
    assert [(i.source_id, i.url.removeprefix(web.url(""))) for i in found.items] == [
        ("first", "/1?utm_source=rss"),
        ("first", "/2"),
        ("second", "/8"),
        ("low", "/9"),
    ]
    assert found == find(settings, low, first, second)


def test_a_feed_tells_more_of_a_page_than_a_list(web: Web, settings: Settings) -> None:
    found = find(settings, Source(id="s", urls=(web.url("/1"),), feeds=(feed(web, "/rss", RSS),)))
    assert found.items[0].title == "First & best"


BOMB = """<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<rss version="2.0"><channel><item><title>&b;</title><link>/x</link></item></channel></rss>"""
STEAL = '<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>http://a.example/&x;</loc></url></urlset>'


@pytest.mark.parametrize(
    ("kind", "reply", "reason", "retryable"),
    [
        ("feeds", Reply(b"", 404), "http_404", False),
        ("feeds", Reply(b"", 403), "blocked", True),
        ("feeds", Reply(b"", 500), "http_500", True),
        ("feeds", Reply(b"", 200, XML), "empty_feed", False),
        ("feeds", Reply(b'<rss version="2.0"><channel></channel></rss>', 200, XML), "empty_feed", False),
        ("feeds", Reply(), "bad_feed", False),
        ("feeds", Reply(b"\x00\xff\xfe noise", 200, XML), "bad_feed", False),
        ("feeds", Reply(BOMB.encode(), 200, XML), "bad_feed", False),
        ("feeds", Reply(BOMB.encode("utf-16"), 200, XML), "bad_feed", False),
        ("feeds", Reply(gzip.compress(b" " * 30_000_000), 200, XML | {"Content-Encoding": "gzip"}), "too_large", False),
        ("feeds", redirect("/input"), "redirect_loop", False),
        ("sitemaps", Reply(b"", 200, XML), "empty_sitemap", False),
        ("sitemaps", Reply(b"<urlset></urlset>", 200, XML), "empty_sitemap", False),
        ("sitemaps", Reply(), "bad_sitemap", False),
        ("sitemaps", Reply(b"noise", 200, XML), "bad_sitemap", False),
        ("sitemaps", Reply(STEAL.encode(), 200, XML), "bad_sitemap", False),
        ("sitemaps", Reply(gzip.compress(b" " * 60_000_000), 200, XML), "too_large", False),
        ("sitemaps", Reply(b"\x1f\x8bno gzip at all", 200, XML), "bad_encoding", False),
        ("sitemaps", Reply(gzip.compress(SITEMAP.encode(), mtime=0)[:-20], 200, XML), "cut_off", True),
    ],
)
def test_an_input_that_cannot_be_read_is_told_and_ends_nothing(
    web: Web, settings: Settings, kind: str, reply: Reply, reason: str, retryable: bool
) -> None:
    web.add("/input", reply)
    bad = Source(id="bad", **{kind: (web.url("/input"),)})  # type: ignore[arg-type]
    found = find(settings, bad, Source(id="good", urls=(web.url("/ok"),)))
    assert short(web, found) == ["/ok"]
    (rejected,) = found.rejected
    assert (rejected.stage, rejected.reason, rejected.retryable, rejected.source_id) == ("discover", reason, retryable, "bad")
    assert (rejected.url, rejected.site) == (web.url("/input"), "news.localhost")


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (
            "feeds",
            '<!-- 2 --> <!DOCTYPE html><title>Nyheter\n i dag</title><link rel="alternate" type="application/rss+xml" href="/rss">'
            '<link rel="alternate" type="application/atom+xml" href="https://feeds.example/a"><a href="/1">En</a>',
            'a page of HTML ("Nyheter i dag") and no feed; the feeds that it names: {home}rss, https://feeds.example/a',
        ),
        ("feeds", "<html><p>Wir schätzen Ihre Privatsphäre", "a page of HTML and no feed"),
        (
            "feeds",
            "<?xml version='1.0'?><urlset><url/></urlset>",
            "a sitemap and no feed; it belongs under sitemaps",
        ),
        ("sitemaps", "<!doctype html><title>404</title>", 'a page of HTML ("404") and no sitemap'),
        ("sitemaps", "<rss><channel/></rss>", "the first element is <rss>, not <urlset> or <sitemapindex>; it belongs under feeds"),
    ],
)
def test_what_stands_in_place_of_a_feed_or_sitemap_is_named(web: Web, settings: Settings, kind: str, body: str, told: str) -> None:
    web.add("/input", Reply(body.encode()))
    (rejected,) = find(settings, Source(id="bad", **{kind: (web.url("/input"),)})).rejected  # type: ignore[arg-type]
    assert rejected.detail == told.format(home=web.url("/"))


def test_a_page_of_very_many_comments_in_place_of_a_feed_is_told_at_once(web: Web, settings: Settings) -> None:
    web.add("/input", Reply(b"<!-- -->" * 100_000 + b"<"))
    (rejected,) = find(settings, Source(id="bad", feeds=(web.url("/input"),))).rejected
    assert rejected.reason == "bad_feed"


def test_feeds_and_sitemaps_go_through_robots_and_the_guard(web: Web, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    web.add("/robots.txt", Reply(b"User-agent: *\nDisallow: /rss\n", headers={"Content-Type": "text/plain"}))
    closed = find(settings, Source(id="s", feeds=(web.url("/rss"),)))
    inside = find(dataclasses.replace(settings, allow_private_hosts=False), Source(id="s", feeds=("http://localhost/rss",)))
    assert [r.reason for r in (*closed.rejected, *inside.rejected)] == ["robots", "forbidden_address"]
    assert "set COPYDESK_ALLOW_PRIVATE_HOSTS=1" in caplog.messages[-1]


def test_an_unreachable_host_is_told(settings: Settings, tmp_path: Path) -> None:
    found = find(dataclasses.replace(settings, attempts=1), Source(id="s", feeds=("http://dead.localhost:1/rss",)))
    assert [(r.reason, r.retryable) for r in found.rejected] == [("unreachable", True)]


def test_indexes_that_nest_without_end_are_cut(web: Web, settings: Settings) -> None:
    for n in range(8):
        web.add(f"/{n}.xml", index(web.url(f"/{n + 1}.xml"), web.url("/0.xml")))
    found = find(settings, Source(id="s", sitemaps=(web.url("/0.xml"),)))
    assert [(r.reason, r.url) for r in found.rejected] == [("bad_sitemap", web.url("/4.xml"))]
    assert web.paths() == ["/robots.txt", "/0.xml", "/1.xml", "/2.xml", "/3.xml"]


def test_of_too_many_sitemaps_the_newest_are_read(web: Web, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.fetch.discover.MAX_SITEMAPS", 3)
    for n in range(4):
        feed(web, f"/{n}.xml", f"<urlset><url><loc>/page{n}</loc></url></urlset>")
    changes = ("2024-01-01", "2026-11-20", "2025-01-01", "")
    children = "".join(f"<sitemap><loc>/{n}.xml</loc><lastmod>{day}</lastmod></sitemap>" for n, day in enumerate(changes))
    found = find(settings, Source(id="s", sitemaps=(feed(web, "/all.xml", f"<sitemapindex>{children}</sitemapindex>"),)))
    assert short(web, found) == ["/page1", "/page2"]
    assert [(r.url, r.detail) for r in found.rejected] == [(web.url("/0.xml"), "more than 3 sitemaps")]


async def never(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize("line", ["<url><loc>{}</loc></url>", "{}\n"])
def test_a_sitemap_with_more_than_may_be_read_is_told(
    web: Web, settings: Settings, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr("pipeline.fetch.sitemaps.MAX_URLS", 3)
    for count in (3, 4):
        urls = "".join(line.format(web.url(f"/{n}")) for n in range(count))
        web.add("/map", Reply((f"<urlset>{urls}</urlset>" if "<" in line else urls).encode(), headers=XML))
        found = find(settings, Source(id="s", sitemaps=(web.url("/map"),)))
        assert short(web, found) == ["/0", "/1", "/2"]
        assert [(r.reason, r.detail) for r in found.rejected] == [
            ("bad_sitemap", "more than 3 URLs in one file; what follows them is not read")
        ] * (count - 3)


def test_the_deadline_ends_a_source_and_keeps_what_it_found(web: Web, settings: Settings) -> None:
    web.add("/index.xml", index(feed(web, "/map.xml", SITEMAP), web.url("/late.xml")))
    web.add("/late.xml", never)
    slow = dataclasses.replace(settings, read_timeout=30.0, total_timeout=30.0, fetch_deadline=1.0)
    found = find(slow, Source(id="s", sitemaps=(web.url("/index.xml"),)))
    assert short(web, found) == ["/4", "/5"]
    assert [(r.reason, r.retryable) for r in found.rejected] == [("deadline", True)]


def test_a_broken_feed_is_read_as_far_as_it_goes() -> None:
    broken = '<rss version="2.0"><channel><item><title>A & B</title><link>http://e.example/1</link></item><item><title>cut'
    assert parse_feed(broken.encode(), "http://e.example/").entries[0].url == "http://e.example/1"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("?a=1&b=2", "?a=1&b=2"),
        ("?a=1&amp;b=2", "?a=1&b=2"),
        ("?a=1&#38;b=2", "?a=1&b=2"),
        ("<![CDATA[http://e.example/?a=1&b=2]]>", "?a=1&b=2"),
        ("?copy=1&copy=2", "?copy=1&copy=2"),
        ("caf&eacute;", "café"),
    ],
)
def test_ampersands_of_all_kinds_leave_a_url_whole(written: str, read: str) -> None:
    link = written if written.startswith("<") else f"http://e.example/{written}"
    feed = f"<rss><channel><item><title>A & B&nbsp;C</title><link>{link}</link></item></channel></rss>"
    sitemap = f"<urlset><url><loc>{link}</loc></url></urlset>"
    (entry,) = parse_feed(feed.encode(), "http://e.example/feed").entries
    assert (entry.url, entry.title) == (f"http://e.example/{read}", "A & B C")
    assert [e.url for e in parse_sitemap(sitemap.encode(), "http://e.example/").entries] == [entry.url]


@pytest.mark.parametrize("fault", ["\n", "<!-- cached -->", "\x08", "\ud800", "&#55357;&#56832;", "5 < 6", "&#1114112;"])
def test_no_fault_of_a_document_takes_ampersands_out_of_its_urls(fault: str) -> None:
    head = '<?xml version="1.0"?>'
    before, inside = (fault, "") if fault in ("\n", "<!-- cached -->") else ("", fault)
    news = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    entries = (
        "<title>{1}</title><link>http://e.example/?a=1&amp;b={0}</link>",
        "<loc>http://e.example/?a=1&amp;b={0}</loc><news:title>{1}</news:title>",
    )
    item, url = (text.format(1, inside) + "</{0}><{0}>" + text.format(2, "") for text in entries)
    feed = f"{before}{head}<rss version='2.0'><channel><item>{item.format('item')}</item></channel></rss>"
    sitemap = f"{before}{head}<urlset {news}><url>{url.format('url')}</url></urlset>"
    urls = ["http://e.example/?a=1&b=1", "http://e.example/?a=1&b=2"]
    for parse, text in ((parse_feed, feed), (parse_sitemap, sitemap)):
        found = parse(text.encode("utf-8", "surrogatepass"), "http://e.example/")  # type: ignore[operator]
        assert ([entry.url for entry in found.entries], found.unread) == (urls, None)


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("utf-16", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-16"),
        ("gb2312", "gb18030"),
        ("utf-8", "cp1252"),
        ("x-odd", "utf-8"),
    ],
)
def test_a_document_is_read_in_the_charset_that_it_is_in(named: str, codec: str) -> None:
    name = "镕" if codec == "gb18030" else "é"
    head = f'<?xml version="1.0" encoding="{named}"?>'
    feed = f"{head}<rss version='2.0'><channel><item><title>{name}</title><link>/{name}?a=1&amp;b</link></item></channel></rss>"
    sitemap = f"{head}<urlset><url><loc>/{name}?a=1&amp;b</loc></url></urlset>"
    (entry,) = parse_feed(feed.encode(codec), "http://e.example/").entries
    assert (entry.url, entry.title) == (f"http://e.example/{name}?a=1&b", name)
    assert [e.url for e in parse_sitemap(sitemap.encode(codec), "http://e.example/").entries] == [entry.url]


def test_a_json_feed_is_no_xml() -> None:
    feed = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "url": "/?a=1&b=2", "title": "A & B <!ENTITY"}]}
    (entry,) = parse_feed(json.dumps(feed).encode(), "http://e.example/").entries
    assert (entry.url, entry.title) == ("http://e.example/?a=1&b=2", "A & B <!ENTITY")


@pytest.mark.parametrize("fault", ["a <br> b", "<b>a", "a</b>", "<a href=b>c</a>", "<img src='a'>", "a</description>"])
def test_a_broken_entry_costs_none_of_the_others(fault: str) -> None:
    items = "".join(f"<item><description>{fault if n == 1 else 'a'}</description><link>/{n}</link></item>" for n in range(4))
    found = parse_feed(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), "http://e.example/")
    assert ([e.url for e in found.entries], found.unread) == ([f"http://e.example/{n}" for n in range(4)], None)


def test_a_broken_document_of_which_not_all_is_read_is_told(web: Web, settings: Settings) -> None:
    rss = "<rss version='2.0'><channel><item><link>/1</link></item>"
    urls = "<urlset><url><loc>/1</loc></url><url></loc><loc>/2</loc></url><url><loc>/3</loc></url></urlset>"
    source = Source(id="s", feeds=(feed(web, "/feed.xml", rss),), sitemaps=(feed(web, "/map.xml", urls),))
    found = find(settings, source)
    assert short(web, found) == ["/1"]
    assert {(r.url.rpartition("/")[2], r.reason) for r in found.rejected} == {("feed.xml", "bad_feed"), ("map.xml", "bad_sitemap")}
    assert [re.findall(r"\d of \d entries are read.*", r.detail or "") for r in found.rejected] == [
        ["1 of 1 entries are read, and it breaks off"],
        ["1 of 3 entries are read"],
    ]


@pytest.mark.parametrize(
    "before", ["<br />\n<b>Warning</b>: flush() in <b>/a.php</b> on line <b>3</b><br />\n", "Notice: a\n", "\ufeff\ufeff"]
)
def test_what_a_script_says_before_a_document_is_passed_over(before: str) -> None:
    text = f'{before}<?xml version="1.0"?><urlset><url><loc>http://e.example/1</loc></url></urlset>'
    assert [e.url for e in parse_sitemap(text.encode(), "http://e.example/").entries] == ["http://e.example/1"]
    item = "<item><link>1</link><pubDate>05/11/2026</pubDate></item>"
    text = f'{before}<?xml version="1.0"?><rss xml:base="/x/"><channel>{item}</channel></rss>'
    found = parse_feed(text.encode(), "http://e.example/").entries
    assert [(e.url, e.published_at) for e in found] == [("http://e.example/x/1", None)]


@pytest.mark.parametrize(("date", "read"), [("", None), ("<pubDate/>", None), ("<dc:date>2026-11-20</dc:date>", "2026-11-20")])
def test_the_number_of_an_entry_is_no_date(date: str, read: str | None) -> None:
    item = f"<item><link>/a</link><guid isPermaLink='false'>1.1234567</guid>{date}</item>"
    (entry,) = parse_feed(f"<rss version='2.0'><channel>{item}</channel></rss>".encode(), "http://e.example/").entries
    assert entry.published_at == read


@pytest.mark.parametrize(
    ("language", "said", "read"),
    [
        ("en", "Fri, 20 Nov 2026 08:30:00 EST", "2026-11-20T13:30:00+00:00"),
        ("en", "20 Nov 26 08:30:00 +0100", "2026-11-20T07:30:00+00:00"),
        ("en", "Fri Nov 20 08:30:00 2026", "2026-11-20T08:30:00+00:00"),
        ("en", "Nov 20, 2026 8:30 PM", "2026-11-20T20:30:00"),
        ("en", "Fri, 20 Nov 2026 08:30:00 +05:30", "2026-11-20T08:30:00+05:30"),
        ("en", "Fri, 20 Nov 2026 08:30:00 GMT+0100", "2026-11-20T08:30:00+01:00"),
        ("en", "Fri, 20 Nov 2026 08:30:00 PM -0500", "2026-11-20T20:30:00-05:00"),
        ("en", "Fri Nov 20 08:30:00 +0100 2026", "2026-11-20T08:30:00+01:00"),
        ("en", "Fri Nov 20 08:30:00 CET 2026", "2026-11-20T08:30:00+01:00"),
        ("de", "So, 20 Dez 2026 08:30:00 +0100", "2026-12-20T08:30:00+01:00"),
        ("ru", "Пт, 20 ноя 2026 08:30:00 +0300", "2026-11-20T08:30:00+03:00"),
        ("ja", "2026年11月20日 8:30", "2026-11-20T08:30:00"),
        ("", "05.11.2026 08:30", "2026-11-05T08:30:00"),
        ("fr", "05/11/2026 08:30", "2026-11-05T08:30:00"),
        ("en-us", "11/05/2026 08:30", "2026-11-05T08:30:00+00:00"),
        *[("", "05/11/2026 08:30", None), ("en", "today", None), ("en", "2026-11", None), ("en", "Fri, 20 Nov 08:30:00 GMT", None)],
        *[("en", "Thu, 01 Jan 1970 00:00:00 +0000", None), ("en", "-0001-11-30T00:00:00+00:00", None)],
    ],
)
def test_the_date_of_an_entry_is_read_in_one_way_or_none(language: str, said: str, read: str | None) -> None:
    item = f"<language>{language}</language><item><link>/a</link><pubDate>{said}</pubDate></item>"
    (entry,) = parse_feed(f"<rss version='2.0'><channel>{item}</channel></rss>".encode(), "http://e.example/").entries
    assert entry.published_at == read


def test_a_change_is_no_publication_and_still_says_how_old_an_entry_is(web: Web, settings: Settings) -> None:
    entries = "".join(f"<entry><link href='/{day}'/><updated>2026-11-{day}T08:00:00Z</updated></entry>" for day in (10, 22))
    url = feed(web, "/atom", f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>')
    (item,) = find(settings, Source(id="s", feeds=(url,), max_age_days=3)).items
    assert (item.url, item.published_at) == (web.url("/22"), None)


@pytest.mark.parametrize(
    ("dated", "kept"),
    [
        *[("2026-11-22T08:00+01:00", True), ("2026-11", True), ("2026", True), ("Sun, 22 Nov 2026 08:00:00 GMT", True)],
        *[("22.11.2026", True), ("05/11/2026", True), ("soon", True)],  # of what can be read in two ways, nothing is left out
        *[("2026-10", False), ("2025", False), ("Sat, 21 Nov 2020 08:00:00 GMT", False), ("22.11.2020 08:00", False)],
    ],
)
def test_any_form_of_a_date_says_how_old_a_page_is(web: Web, settings: Settings, dated: str, kept: bool) -> None:
    urls = f"<url><loc>/page</loc><lastmod>{dated}</lastmod></url>"
    url = feed(web, "/map.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>')
    found = find(settings, Source(id="s", sitemaps=(url,), max_age_days=3))
    assert (len(found.items) == 1) == kept


def test_links_are_relative_to_what_the_feed_says() -> None:
    feed = '<?xml version="1.0"?><!-- a > b --><rss {0}><channel><item><link>/a</link></item></channel></rss>'
    bases = ("xml:base='https://b.example/x/'", 'version="2.0" xml:base="/y/"', "")
    found = [parse_feed(feed.format(base).encode(), "http://e.example/f/rss").entries[0].url for base in bases]
    assert found == ["https://b.example/a", "http://e.example/a", "http://e.example/a"]


@pytest.mark.parametrize("inside", ["<link>{0}</link>", "<link href='{0}'/>", "<link xml:base='c/' href='{0}'/>"])
def test_a_long_base_is_not_copied_into_each_link(inside: str) -> None:
    """Of a feed of 10 MB, half of it its base, the links would take 50 GB."""
    long, deep = "a" * 20_000, "".join(f"<x xml:base='{'b' * 1000}/'>" for _ in range(100))
    links = ("page", "/page", "http://e.example/page")
    entries = "".join(f"<item>{inside.format(link)}</item>" for link in links)
    for base, start in ((f"xml:base='http://e.example/{long}/'", ""), ("", deep)):
        found = parse_feed(f"<rss {base}><channel>{start}{entries}".encode(), "http://e.example/rss").entries
        assert found[-1].url == "http://e.example/page"
        assert max(len(entry.url) for entry in found) < 3000
    text = '{"items": [{"url": "page"}, {"url": "/page"}]}'
    url = f"http://e.example/{long}/feed"
    assert [entry.url for entry in parse_feed(text.encode(), url).entries] == ["page", "http://e.example/page"]
    urls = "".join(f"<url><loc>{link}</loc></url>" for link in links)
    mapped = parse_sitemap(f"<urlset>{urls}</urlset>".encode(), url).entries
    assert [entry.url for entry in mapped] == ["page", "http://e.example/page", "http://e.example/page"]


@pytest.mark.parametrize("inside", ["{0}", "<x>{0}</x>", "<url>{0}</url>", "<url><loc>http://e.example/a</loc>{0}</url>"])
def test_a_sitemap_of_nothing_takes_little_memory(inside: str) -> None:
    """Elements that list no page were kept, each in fifty times its bytes: 50 MB, which gzip packs in 50 kB, took almost 3 GB."""
    script = f"""
import resource
from pipeline.fetch.sitemaps import parse_sitemap
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
body = "<urlset><url><loc>http://e.example/page</loc></url>" + {inside!r}.format("x<a/><?b?>" * 1_000_000) + "</urlset>"
found = parse_sitemap(body.encode(), "http://e.example/sitemap.xml")
assert [entry.url for entry in found.entries] == ["http://e.example/page"], found
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kB
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("before", "entry", "after"),
    [
        ("<rss><channel>", "<item/>", ""),
        ("<rss><channel>", "<a:entry />", ""),
        ('{"items": [', "{},", '{"url": "http://e.example/"}]}'),
    ],
)
def test_a_flood_of_entries_is_no_feed(before: str, entry: str, after: str) -> None:
    """Of 10 MB of them the parsers made more than a gigabyte."""
    with pytest.raises(Reject, match="bad_feed: more than 100000 entries"):
        parse_feed(f"{before}{entry * 1_000_000}{after}".encode(), "http://e.example/feed")


def test_a_page_with_a_thousand_images_is_listed() -> None:
    image = "<image:image><image:loc>http://e.example/{0}.jpg</image:loc><image:title>a</image:title></image:image>"
    images = "".join(image.format(n) for n in range(1000))
    names = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    style = '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="/main.xsl"?>'
    body = f"{style}<urlset {names}><x/><url>{images}<loc>http://e.example/page</loc></url></urlset>"
    assert [entry.url for entry in parse_sitemap(body.encode(), "http://e.example/").entries] == ["http://e.example/page"]


ATOM_LINKS = "xmlns:atom='http://www.w3.org/2005/Atom'"
FEEDBURNER = "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("<item><atom:link rel='self' href='/self'/><link>/page</link></item>", "http://e.example/page"),
        ("<item><link>/page</link><atom:link rel='alternate' href='/amp'/></item>", "http://e.example/page"),
        ("<item><atom:link href='/page'/></item>", "http://e.example/page"),
        ("<item><link><!-- from here -->/pa<!-- to here -->ge</link></item>", "http://e.example/page"),
        ("<item><guid isPermaLink='true'>http://e.example/page</guid></item>", "http://e.example/page"),
        ("<item><guid isPermaLink='true'> /page </guid></item>", "http://e.example/page"),
        (
            "<item><link>/~r/1</link><feedburner:origLink>http://o.example/page</feedburner:origLink></item>",
            "http://o.example/page",
        ),
        ("<item><link>/page</link><feedburner:origLink>tag:1</feedburner:origLink></item>", "http://e.example/page"),
        ("<item xml:base='/x/'><link>page</link></item>", "http://e.example/x/page"),
        ("<entry><link rel='enclosure' href='/a.mp3'/><link href='/page'/></entry>", "http://e.example/page"),
        ("<entry><link rel='alternate' type='application/json' href='/j'/><link href='/page'/></entry>", "http://e.example/page"),
        ("<entry xml:base='/x/'><link href='page'/></entry>", "http://e.example/x/page"),
        ("<entry><content src='/page' type='text/html'/></entry>", "http://e.example/page"),
        ("<entry><id>http://e.example/page</id></entry>", "http://e.example/page"),
        ("<entry><link rel='self' href='/page'/></entry>", "http://e.example/page"),
        ("<entry><link xml:base='//[x' href='http://e.example/page'/></entry>", "http://e.example/page"),
    ],
)
def test_an_entry_leads_to_its_page(entry: str, expected: str) -> None:
    rss = f"<rss version='2.0' {ATOM_LINKS} {FEEDBURNER}><channel>{entry}</channel></rss>"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title>{entry}</feed>"
    (found,) = parse_feed((atom if "<entry" in entry else rss).encode(), "http://e.example/feed").entries
    assert found.url == expected


def test_a_robots_txt_stands_for_the_sitemaps_that_it_names(web: Web, settings: Settings) -> None:
    feed(web, "/map.xml", SITEMAP)
    feed(web, "/late.xml", SITEMAP.replace("{base}/4", "{base}/6"))
    rules = f"User-agent: *\r\nDisallow: /x\r\nSitemap: {web.url('/map.xml')} # news\r\nsitemap:/late.xml\r\nSitemap: http://[\r\n"
    web.add("/robots.txt", Reply(rules.encode(), headers={"Content-Type": "text/plain"}))
    found = find(settings, Source(id="s", sitemaps=(web.url("/robots.txt"),)))
    assert short(web, found) == ["/4", "/5", "/6"]
    assert [reject.reason for reject in found.rejected] == ["bad_url"]


@pytest.mark.parametrize(
    ("body", "reason", "told"),
    [
        ('[{"id": 1, "link": "/1"}]', "bad_feed", "JSON, but no JSON Feed"),
        ('{"posts": []}', "bad_feed", "JSON, but no JSON Feed"),
        ('{"items": [}', "bad_feed", "JSON that cannot be read: Expecting value: line 1"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": []}', "empty_feed", "a feed without entries"),
    ],
)
def test_json_that_is_no_feed_is_told_as_that(body: str, reason: str, told: str) -> None:
    with pytest.raises(Reject) as caught:
        parse_feed(body.encode(), "http://e.example/")
    assert (caught.value.code, caught.value.detail[: len(told)]) == (reason, told)


def test_an_item_that_is_none_costs_none_of_the_others() -> None:
    body = '{"version": "https://jsonfeed.org/version/1.1", "items": [null, {"url": "/1", "title": "é"}, 7]}'
    assert [(e.url, e.title) for e in parse_feed(body.encode(), "http://e.example/").entries] == [("http://e.example/1", "é")]


@pytest.mark.parametrize(
    "odd",
    [{"date_published": 1796047500.5}, {"date_published": True}, {"authors": ["Ann"]}, {"author": "Ann"}, {"title": 7}, {"url": 7}],
)
def test_an_odd_value_costs_a_json_feed_nothing_else(odd: dict[str, object]) -> None:
    items = [{"id": "https://e.example/1", "date_published": "2026-11-30T14:05:00Z"}, {"id": "https://e.example/2"} | odd]
    found = parse_feed(json.dumps({"items": items, "authors": ["Ann"]}).encode(), "http://e.example/").entries
    assert [e.url for e in found] == ["https://e.example/1", "https://e.example/2"]


def test_a_json_feed_says_when_and_in_which_language_its_pages_are() -> None:
    items: list[dict[str, object]] = [
        {"date_published": "2026-11-30T14:05:00+01:00", "language": "nl"},
        {"date_published": 1796047500, "date_modified": "2026-12-01T08:00:00Z"},
        {"date_published": "05/11/2026"},  # by its language
        {"date_published": "05/11/2026", "language": "en"},
    ]
    feed = {"language": "fr", "items": [item | {"url": f"/{n}"} for n, item in enumerate(items)]}
    found = parse_feed(json.dumps(feed).encode(), "http://e.example/").entries
    assert [(e.published_at, e.modified, e.language) for e in found] == [
        ("2026-11-30T14:05:00+01:00", None, "nl"),
        ("2026-11-30T14:05:00+00:00", "2026-12-01T08:00:00Z", None),
        ("2026-11-05", None, None),
        (None, None, "en"),
    ]


def test_items_of_other_vocabularies_inside_of_an_entry_take_no_date_from_it() -> None:
    inner = "<r:related><r:item><r:link>/z</r:link></r:item></r:related>"
    dated = ("<pubDate>05/11/2026</pubDate>", "<pubDate>20.11.2026</pubDate>")
    items = "".join(f"<item><link>/{n}</link>{date}{inner}</item>" for n, date in enumerate(dated))
    feed = f"<rss version='2.0' xmlns:r='http://r.example/'><channel>{items}</channel></rss>"
    found = parse_feed(feed.encode(), "http://e.example/").entries
    assert [(e.url, e.published_at) for e in found] == [("http://e.example/0", None), ("http://e.example/1", "2026-11-20")]


def test_an_item_of_rss_1_is_named_by_its_page() -> None:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
    feed = f'<rdf:RDF {rdf}><channel><title>A</title></channel><item rdf:about="/page"><title>B</title></item></rdf:RDF>'
    assert [e.url for e in parse_feed(feed.encode(), "http://e.example/feed").entries] == ["http://e.example/page"]


def test_an_address_that_ends_in_an_ampersand_is_whole() -> None:
    assert [e.url for e in parse_feed(b'{"items": [{"url": "http://e.example/?a=1&"}]}', "http://e.example/").entries] == [
        "http://e.example/?a=1&"
    ]


def test_a_json_feed_may_relate_an_entry_to_its_page() -> None:
    items = [{"id": "1", "external_url": "http://o.example/1"}, {"id": "http://e.example/2"}, {"id": "3", "title": "none"}]
    found = parse_feed(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode(), "http://e.example/")
    assert [e.url for e in found.entries] == ["http://o.example/1", "http://e.example/2"]
    assert found.unread == "1 of 3 entries do not say where their pages are"


def test_a_feed_may_be_a_gzipped_file() -> None:
    feed = gzip.compress(b"<rss version='2.0'><channel><item><link>http://e.example/1</link></item></channel></rss>")
    assert [e.url for e in parse_feed(feed, "http://e.example/").entries] == ["http://e.example/1"]


def test_what_of_a_feed_is_not_read_is_told(web: Web, settings: Settings) -> None:
    items = "".join(f"<item><link>/{n}</link></item>" for n in range(10_001))
    found = find(settings, Source(id="s", feeds=(feed(web, "/feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>"),)))
    assert len(found.items) == 10_000
    assert [(r.reason, r.detail) for r in found.rejected] == [
        ("bad_feed", "it has 10001 entries, of which the first 10000 are read")
    ]


def test_byte_order_marks_are_passed_over() -> None:
    feed = b'\xef\xbb\xbf{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "/1"}]}'
    assert [e.url for e in parse_feed(feed, "http://e.example/").entries] == ["http://e.example/1"]
    urls = "\ufeffHTTP://e.example/1\r\nhttp://e.example/2"
    for codec in ("utf-8", "utf-16-le"):
        found = parse_sitemap(urls.encode(codec), "http://e.example/").entries
        assert [e.url for e in found] == ["HTTP://e.example/1", "http://e.example/2"]


def test_a_url_that_is_cut_off_is_no_url() -> None:
    feed = b"<rss><channel><item><link>http://e.example/1</link></item><item><title>2</title><link>http://e.exa"
    sitemap = b"<urlset><url><loc>http://e.example/1</loc></url><url><loc>http://e.exa\n"
    assert [e.url for e in parse_feed(feed, "http://e.example/").entries] == ["http://e.example/1"]
    assert [e.url for e in parse_sitemap(sitemap, "http://e.example/").entries] == ["http://e.example/1"]


def test_a_robots_txt_that_names_no_sitemap_is_told_as_that() -> None:
    with pytest.raises(Reject, match=r"empty_sitemap: a robots\.txt that names no sitemap"):
        parse_sitemap(b"User-agent: *\nDisallow: /x\n", "http://e.example/robots.txt")


def test_a_comment_ends_no_address_of_a_sitemap() -> None:
    sitemap = b"<urlset><url><loc><!-- page -->http://e.example/<!-- number -->1</loc></url></urlset>"
    assert [e.url for e in parse_sitemap(sitemap, "http://e.example/").entries] == ["http://e.example/1"]


def test_a_broken_sitemap_is_read_as_far_as_it_goes() -> None:
    broken = "<urlset><url><loc>http://e.example/1</loc></url><url><loc>http://e.example/2</loc></url><url><lo"
    assert [e.url for e in parse_sitemap(broken.encode(), "http://e.example/").entries] == [
        "http://e.example/1",
        "http://e.example/2",
    ]


@pytest.mark.parametrize("parse", [parse_feed, parse_sitemap])
@example(body=b"<:")
@example(body=b"<urlset><url><loc>http://e.example/&#xD800;</loc></url></urlset>")
@given(
    body=st.binary(max_size=400)
    | st.text(alphabet='<>/="&;!?[]abc rss feed urlset loc url item link http:', max_size=300).map(str.encode)
)
@hypothesis_settings(max_examples=120)
def test_any_bytes_are_read_or_rejected(parse: Callable[[bytes, str], object], body: bytes) -> None:
    with contextlib.suppress(Reject):
        parse(body, "http://example.org/")


def test_urls_that_cannot_be_fetched_are_told(web: Web, settings: Settings) -> None:
    hostile = [
        "javascript:alert(1)",
        "mailto:a@b.example",
        "http://a:b/",
        "http://[::1",
        "ftp://a.example/",
        "http://a.example/" + "x" * 3000,
    ]
    links = "".join(f"<item><title>t</title><link>{url}</link></item>" for url in hostile)
    url = feed(web, "/rss", f'<rss version="2.0"><channel>{links}<item><title>ok</title><link>/fine</link></item></channel></rss>')
    found = find(settings, Source(id="s", feeds=(url,)))
    assert short(web, found) == ["/fine"]
    assert {r.reason for r in found.rejected} == {"bad_url"}
    assert len(found.rejected) == len(hostile)


@pytest.mark.parametrize("written", ["&amp;", "&#038;", "&#x26;", "&amp;amp;", "&"])
def test_a_url_that_was_escaped_once_too_often_is_that_of_its_page(written: str) -> None:
    assert clean_url(f"http://e.example/?option=a{written}id=5&copy=1#top") == "http://e.example/?option=a&id=5&copy=1"


def test_spaces_inside_of_a_url_are_escaped_and_all_others_left_out() -> None:
    assert clean_url(" http://a.example/two words#part ") == "http://a.example/two%20words"
    assert clean_url("http://a.example/x\u2008\x02y\u2008#part") == "http://a.example/xy"


@pytest.mark.parametrize("host", ["a" * 254, "ab." * 90 + "example", "\u4e2d" * 3000])
def test_a_host_longer_than_a_name_can_be_is_none(host: str) -> None:
    """The warehouse has an index by site, of which PostgreSQL takes 2,704 bytes a row: nothing of the night was loaded."""
    assert clean_url(f"http://{host}/a") is None
    assert record_url(f"http://{host}/a") is None


@given(st.text(max_size=80).map(lambda t: "http://" + t) | st.text(max_size=80))
@hypothesis_settings(max_examples=200)
def test_a_clean_url_is_one_that_can_be_stored_and_sent(text: str) -> None:
    url = clean_url(text)
    if url is not None:
        assert url.encode()
        assert not any(c.isspace() or c in "#\0" for c in url)
        assert clean_url(url) == url


def test_names_and_passwords_are_neither_sent_on_nor_told(web: Web, settings: Settings) -> None:
    assert clean_url("http://me:secret@example.org/a") == "http://example.org/a"
    assert clean_url("http://me:secret@//other.example/a") is None  # no host; what follows is a path
    page = "<html><link rel=alternate type=application/rss+xml href=/rss><p>In place of a feed</html>"
    feed_url = feed(web, "/none", page).replace("http://", "http://me:secret@")
    (rejected,) = find(settings, Source(id="s", feeds=(feed_url,))).rejected
    assert rejected.url == web.url("/none")
    assert (rejected.detail or "").endswith(f"the feeds that it names: {web.url('/rss')}")
    assert [r.headers.get("authorization") for r in web.log] == [None, "Basic bWU6c2VjcmV0"]  # to the feed that asks for it


def test_a_feed_behind_a_password_may_move_on_its_server_and_tells_it_to_no_other(web: Web, settings: Settings) -> None:
    feed(web, "/feed/", '<rss version="2.0"><channel><item><link>/1</link></item></channel></rss>')
    web.add("/feed", redirect("/feed/", 301))
    web.add("/away", redirect(web.url("/feed/", "other.localhost")))
    web.add("/round", redirect("/round"))
    feeds = [web.url(path).replace("http://", "http://me:secret@") for path in ("/feed", "/away", "/round")]
    found = find(settings, *(Source(id=f"s{n}", feeds=(url,)) for n, url in enumerate(feeds)))
    assert [item.url for item in found.items] == [web.url("/1"), web.url("/1", "other.localhost")]
    assert [(r.reason, r.detail) for r in found.rejected] == [("redirect_loop", f"1 redirects come back to {web.url('/round')}")]
    sent = {(r.host.partition(".")[0], r.path): r.headers.get("authorization") for r in web.log}
    basic = "Basic bWU6c2VjcmV0"
    assert [sent["news", "/feed"], sent["news", "/feed/"], sent["news", "/away"], sent["other", "/feed/"]] == [basic] * 3 + [None]


def test_local_folders_globs_and_records(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a page.html").write_text("<p>page</p>")
    (folder / "deep" / "b.txt").write_text("text")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.txt").write_text("no")
    records = [{"id": "1", "url": "https://www.example.org/x", "html": "<p>x</p>", "title": "X"}, {"id": "2", "text": "y"}]
    lines = [json.dumps(records[0]), "", json.dumps(records[1]), "{broken"]
    (folder / "more.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    found = find(settings, Source(id="mine", files=(str(folder),)))
    base = folder.as_uri()
    assert [(i.url, i.site) for i in found.items] == [
        (f"{base}/a%20page.html", "mine"),
        (f"{base}/deep/b.txt", "mine"),
        (f"{base}/more.jsonl.gz#1", "example.org"),
        (f"{base}/more.jsonl.gz#3", "mine"),
        (f"{base}/more.jsonl.gz#4", "mine"),
    ]
    assert {i.via for i in found.items} == {"file"}
    assert found.items[2].title == "X"
    only = find(settings, Source(id="mine", files=(f"{folder}/**/*.txt",)))
    assert [i.url for i in only.items] == [f"{base}/deep/b.txt"]
    (folder / "deep" / "c.HTML.gz").write_bytes(gzip.compress(b"<p>packed</p>"))
    (folder / "deep" / "d.txt.zst").write_bytes(zstandard.compress(b"packed text"))
    packed = find(settings, Source(id="mine", files=(f"{folder}/deep",)))
    assert [i.url.removeprefix(f"{base}/deep/") for i in packed.items] == ["b.txt", "c.HTML.gz", "d.txt.zst"]
    nothing = find(settings, Source(id="mine", files=(f"{folder}/*.xml", str(tmp_path / "none"))))
    assert [r.reason for r in nothing.rejected] == ["no_such_file", "no_such_file"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-11-22", True),
        ("2026-11-22T10:00:00Z", True),
        ("2026-11-22 10:00 +01:00", True),
        ("yesterday", False),
        ("٢٠٢٦-11-22", False),
    ],
)
def test_a_date_is_iso_or_nothing(text: str, kept: bool) -> None:
    assert iso_date(text) == (text if kept else None)


def test_a_feed_that_fails_once_is_asked_again(web: Web, settings: Settings) -> None:
    feed(web, "/rss", RSS)
    replies = [Reply(b"", 500), Reply(RSS.format(base=web.url("")).encode(), headers=XML)]
    web.add("/rss", lambda request: replies.pop(0))
    assert short(web, find(settings, Source(id="s", feeds=(web.url("/rss"),)))) == ["/1?utm_source=rss", "/2"]


def test_sources_are_read_side_by_side(web: Web, settings: Settings) -> None:
    waiting: list[Request] = []

    async def together(request: Request, writer: asyncio.StreamWriter) -> None:
        waiting.append(request)
        while len(waiting) < 5:  # answers only when all five have asked
            await asyncio.sleep(0.01)
        writer.write(Reply(RSS.format(base=web.url("")).encode(), headers=XML).raw())

    web.add("/rss", together)
    sources = [Source(id=f"s{n}", feeds=(web.url("/rss", f"h{n}.localhost"),)) for n in range(5)]
    assert find(settings, *sources).rejected == ()


def test_a_document_that_is_parsed_keeps_no_answer_waiting(web: Web, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def after_the_feed(body: bytes, url: str) -> Sitemap:
        assert asked.wait(10), "the feed was not asked for while a sitemap was parsed"
        return parse_sitemap(body, url)

    def moved(request: Request) -> Reply:
        asked.set()
        return Reply(RSS.format(base=web.url("")).encode(), headers=XML)

    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)  # the sitemap is being parsed by then
        writer.write(redirect("/moved").raw())

    monkeypatch.setattr("pipeline.fetch.discover.parse_sitemap", after_the_feed)
    web.add("/rss", late)
    web.add("/moved", moved)
    feed(web, "/map.xml", SITEMAP)
    sources = (
        Source(id="a", feeds=(web.url("/rss", "a.localhost"),)),
        Source(id="b", sitemaps=(web.url("/map.xml", "b.localhost"),)),
    )
    found = find(dataclasses.replace(settings, total_timeout=30.0, read_timeout=30.0), *sources)
    assert found.rejected == ()
    assert len(found.items) == 4


def test_to_wait_for_a_connection_takes_no_time_from_a_host(web: Web, settings: Settings) -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.8)
        writer.write(Reply(RSS.format(base=web.url("")).encode(), headers=XML).raw())

    web.add("/rss", slow)
    web.add("/robots.txt", Reply(b"", 404, {"Connection": "close"}))  # or each host has a connection already
    busy = dataclasses.replace(settings, connections=1, attempts=1, read_timeout=4.0, total_timeout=4.0)
    sources = [Source(id=f"s{n}", feeds=(web.url("/rss", f"h{n}.localhost"),)) for n in range(6)]
    assert find(busy, *sources).rejected == ()
