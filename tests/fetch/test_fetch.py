"""Fetch against a real server: every item ends in one row with the right outcome, and every page in the archive."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import hashlib
import random
import socket
import threading
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipeline.config import Settings
from pipeline.fetch.archive import RawPage, read_each, read_page
from pipeline.fetch.fetch import fetch
from pipeline.fetch.reading import is_whole
from pipeline.fetch.verdict import Validator
from pipeline.records import Discovered, Fetch
from pipeline.store import LocalStore
from pipeline.urls import url_id
from tests.fetch.conftest import PAGE, Reply, Request, Web, read_pages, redirect

PREFIX = "raw/dt=2026-11-23/shard=000"
HTML = {"Content-Type": "text/html"}


def run(web: Web, settings: Settings, store: LocalStore, *paths: str, **options: object) -> list[Fetch]:
    items = [web.item(path) for path in paths]
    return fetch(items, settings=settings, store=store, archive_prefix=PREFIX, **options)  # type: ignore[arg-type]


def test_a_page_is_fetched_archived_and_read_back(web: Web, settings: Settings, store: LocalStore) -> None:
    (row,) = run(web, settings, store, "/")
    assert (row.outcome, row.status, row.attempts, row.body_bytes) == ("fetched", 200, 1, len(PAGE))
    assert row.digest == hashlib.sha256(PAGE).hexdigest()
    assert row.warc_filename is not None
    assert row.warc_filename.startswith(f"{PREFIX}/seg-00000-")
    page = read_page(store, row)
    assert (page.body, page.header("content-type")) == (PAGE, "text/html; charset=utf-8")


def test_we_say_who_we_are_and_keep_no_cookies(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/", Reply(headers={"Set-Cookie": "id=1", **HTML}))
    run(web, settings, store, "/", "/?again")
    headers = [request.headers for request in web.log]
    assert all(h["user-agent"].startswith("Copydesk/") and "mailto:desk@example.org" in h["user-agent"] for h in headers)
    assert not any("cookie" in h for h in headers)


def zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.compress(data)


def brotli(data: bytes) -> bytes:
    import brotli as library

    compressed: bytes = library.compress(data)
    return compressed


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli), ("zstd", zstd)])
def test_the_wire_is_kept_and_undone_on_reading(
    web: Web, settings: Settings, store: LocalStore, name: str, pack: Callable[[bytes], bytes]
) -> None:
    web.add("/packed", Reply(pack(PAGE), headers={"Content-Encoding": name, **HTML}))
    (row,) = run(web, settings, store, "/packed")
    assert (row.outcome, row.body_bytes) == ("fetched", len(PAGE))
    assert read_page(store, row).body == PAGE


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(b"gone", 404), "http_404"),
        (Reply(b"gone", 410), "http_410"),
        (Reply(b"no", 403), "blocked"),
        (Reply(b"no", 401), "blocked"),
        (Reply(PAGE, 202, {"x-amzn-waf-action": "challenge", **HTML}), "blocked"),
        (Reply(b"", 200, HTML), "empty"),
        (Reply(b" \n\t ", 200, HTML), "empty"),
        (Reply(b"%PDF-1.7", 200, {"Content-Type": "application/pdf"}), "not_html"),
        (Reply(b"{}", 200, {"Content-Type": "application/json"}), "not_html"),
        (Reply(b"%PDF-1.7 sold as a page", 200, HTML), "not_html"),
        (Reply(b"\x7fELF\0\0\0", 200, {"Content-Type": "application/octet-stream"}), "not_html"),
        (Reply(PAGE, 200, {"Content-Type": "application/octet-stream"}), "fetched"),
        (Reply(b"\r\n" * 5000 + PAGE, 200, HTML), "fetched"),
        (Reply(b"\n" * 5000 + b"%PDF-1.7", 200, HTML), "not_html"),
        (Reply(PAGE, 200, {}), "fetched"),
        (Reply(PAGE, 200, {"Content-Type": "text/html, text/html; charset=utf-8"}), "fetched"),
        (Reply(PAGE, 200, {"Content-Type": "text/html charset=utf-8"}), "fetched"),
        (Reply(PAGE, 200, {"Content-Type": "charset=utf-8"}), "fetched"),
        (Reply(PAGE, 200, {"Content-Type": "*/*"}), "fetched"),
        (Reply(b"\x7fELF\0\0\0", 200, {"Content-Type": "unknown/unknown"}), "not_html"),
        (Reply(PAGE, 200, {"Content-Encoding": "UTF-8", **HTML}), "fetched"),
        (Reply(PAGE, 200, {"Content-Encoding": "iso-8859-1", **HTML}), "fetched"),
        (Reply(b"plain words", 200, {"Content-Type": "text/plain"}), "fetched"),
        (Reply(gzip.compress(PAGE * 50, mtime=0)[:-30], 200, {"Content-Encoding": "gzip", **HTML}), "cut_off"),
        (Reply(b"no gzip at all", 200, {"Content-Encoding": "gzip", **HTML}), "bad_encoding"),
        (Reply(PAGE, 200, {"Content-Encoding": "aws-chunked", **HTML}), "fetched"),
        (Reply(PAGE, 200, {"Content-Encoding": "compress", **HTML}), "bad_encoding"),
        (Reply(b"", 302, {}), "bad_redirect"),
        (redirect("ftp://example.org/"), "bad_redirect"),
        (redirect("http://name@//127.0.0.1/"), "bad_redirect"),
        (redirect("http://[::1/"), "bad_redirect"),
        (redirect("/page"), "redirect_loop"),
    ],
)
def test_outcomes_that_are_final(web: Web, settings: Settings, store: LocalStore, reply: Reply, outcome: str) -> None:
    web.add("/page", reply)
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, web.paths().count("/page")) == (outcome, 1)
    assert row.retryable == (outcome in ("blocked", "cut_off"))


def test_what_came_is_kept_even_when_it_cannot_be_used(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/broken", Reply(b"no gzip at all", 200, {"Content-Encoding": "gzip", **HTML}))
    web.add("/gone", Reply(b"gone for good", 404))
    broken, gone = run(web, settings, store, "/broken", "/gone")
    assert broken.raw_ref is not None
    assert read_page(store, gone).body == b"gone for good"
    assert [type(page).__name__ for _, page in read_each(store, [broken, gone])] == ["Reject", "RawPage"]


def test_a_bomb_is_refused_and_a_long_body_costs_its_limit(web: Web, settings: Settings, store: LocalStore) -> None:
    small = dataclasses.replace(settings, max_wire_bytes=50_000, max_body_bytes=100_000)
    web.add("/bomb", Reply(gzip.compress(b"\0" * 10_000_000), headers={"Content-Encoding": "gzip", **HTML}))
    web.add("/long", Reply(b"x" * 60_000, headers=HTML))
    web.add("/lie", raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10000000000\r\n\r\nhello"))
    web.add("/endless", endless)
    rows = run(web, small, store, "/bomb", "/long", "/lie", "/endless")
    assert [row.outcome for row in rows] == ["too_large"] * 4
    assert rows[0].raw_ref is not None


def raw(data: bytes, then_close: bool = False) -> Callable[[Request, asyncio.StreamWriter], object]:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if then_close:
            writer.close()
        else:
            await asyncio.sleep(30)

    return answer


async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
        await writer.drain()


async def trickle(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


def test_slow_and_broken_servers_cost_their_time_and_no_more(web: Web, settings: Settings, store: LocalStore) -> None:
    quick = dataclasses.replace(settings, attempts=1, read_timeout=1.5, total_timeout=3.0)
    web.add("/silent", raw(b""))
    web.add("/trickle", trickle)
    web.add("/cut", raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nhalf", then_close=True))
    web.add("/closed", raw(b"", then_close=True))
    web.add("/noise", raw(b"\x00\x01\x02 this is no HTTP\r\n\r\n", then_close=True))
    web.add("/headers", raw(b"HTTP/1.1 200 OK\r\nX-Bomb: " + b"a" * 1_000_000))
    hosts = [f"h{n}.localhost" for n in range(6)]
    items = [web.item(p, h) for p, h in zip(("/silent", "/trickle", "/cut", "/closed", "/noise", "/headers"), hosts, strict=True)]
    rows = fetch(items, settings=quick, store=store, archive_prefix=PREFIX)
    assert [row.outcome for row in rows] == ["timeout", "timeout", "cut_off", "unreachable", "bad_http", "bad_http"]
    assert [row.retryable for row in rows] == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("headers", "body", "outcome"),
    [
        (b"Content-Length: 5000", PAGE, "fetched"),
        (b"Content-Length: 5000", PAGE[:-9], "cut_off"),
        (b"Content-Length: 5000\r\nContent-Encoding: gzip", gzip.compress(PAGE, mtime=0), "fetched"),
        (b"Content-Length: 5000\r\nContent-Encoding: gzip", gzip.compress(PAGE, mtime=0)[:-9], "cut_off"),
        (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(PAGE), PAGE), "fetched"),
        (b"Transfer-Encoding: chunked", b"20\r\n%s\r\n" % PAGE[:32], "cut_off"),
    ],
)
def test_a_page_that_is_whole_needs_no_right_length(
    web: Web, settings: Settings, store: LocalStore, headers: bytes, body: bytes, outcome: str
) -> None:
    web.add("/page", raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n\r\n" + body, then_close=True))
    (row,) = run(web, settings, store, "/page")
    assert row.outcome == outcome
    assert outcome == "cut_off" or read_page(store, row).body == PAGE


@pytest.mark.parametrize(
    ("end", "whole"),
    [
        (b"", True),
        (b"\n<!-- made in 0.2 s -->\n<!--\n served by a cache\n-->\n", True),
        (b"<!-- made in", False),
        (b"<!-- a --> more", False),
        (b"</html><!--" * 200_000, False),
    ],
)
def test_what_a_cache_writes_behind_a_page_is_no_more_of_it(end: bytes, whole: bool) -> None:
    assert is_whole(PAGE + end, []) == whole


LENGTH = b"Content-Length: %d" % len(PAGE)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (LENGTH + b"\r\n" + LENGTH, PAGE),
        (b"Content-Length: %d, %d" % (len(PAGE), len(PAGE)), PAGE),
        (LENGTH + b"\r\nTransfer-Encoding: chunked", CHUNKS),
        (b"Content-Length: 7\r\ntransfer-encoding:Chunked", CHUNKS),
        (LENGTH + b"\r\nTransfer-Encoding: identity", PAGE),
        (b"Transfer-Encoding: binary\r\n" + LENGTH, PAGE),
        (b"Content-Length: -1\r\n" + LENGTH, PAGE),
        (LENGTH, PAGE + b"<!-- counted without this -->"),
        (LENGTH + b"\r\nPHP Warning: a module is not there, in Unknown on line 0", PAGE),
        (b"a line that is no header\r\n that goes on\r\n" + LENGTH, PAGE),
        (b": a header without a name\r\n" + LENGTH, PAGE),
        (b"X-Powered-By : a space before the colon\r\n" + LENGTH, PAGE),
        (b"X-Cache: a\0b\r\n" + LENGTH, PAGE),
        (b"X-Long: a\r\n value\r\n\tof three lines\r\n" + LENGTH, PAGE),
        (LENGTH.replace(b"\r", b""), PAGE),
    ],
)
@pytest.mark.parametrize("pieces", [1, 7])
def test_a_head_is_read_as_browsers_read_it(
    web: Web, settings: Settings, store: LocalStore, headers: bytes, body: bytes, pieces: int
) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        data = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + headers + b"\r\n\r\n" + body
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            await asyncio.sleep(0.01)

    web.add("/page", answer)
    rows = run(web, settings, store, "/page", "/")
    assert [read_page(store, row).body for row in rows] == [PAGE, PAGE]
    assert read_page(store, rows[0]).header("content-type") == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "first", [b"HTTP/2 200", b"HTTP/1.2 200 OK", b"HTTP/1 200 OK", b"http/1.1 200 ok", b"HTTP/1.1  200  OK", b"HTTP/1.1 200OK"]
)
@pytest.mark.parametrize("length", [LENGTH, b"Content-Length: -1", b"Content-Length: unknown"])
def test_a_status_is_read_however_it_is_written(
    web: Web, settings: Settings, store: LocalStore, first: bytes, length: bytes
) -> None:
    web.add("/page", raw(first + b"\r\nContent-Type: text/html\r\n" + length + b"\r\n\r\n" + PAGE, then_close=True))
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.status, row.attempts, read_page(store, row).body) == ("fetched", 200, 1, PAGE)


def test_interim_answers_without_end_are_none(web: Web, settings: Settings, store: LocalStore) -> None:
    """They were read until the time of the request was over, and nothing else meanwhile."""

    async def without_end(request: Request, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 100 \r\n\r\n" * 1000)
            await writer.drain()

    web.add("/page", without_end)
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 16
    web.add("/hints", raw(hints + Reply().raw()))
    endless, hinted = fetch([web.item("/page"), web.item("/hints")], settings=settings, store=store, archive_prefix=PREFIX)
    assert (endless.outcome, endless.retryable) == ("bad_http", False)
    assert "more than 16 interim answers" in (endless.detail or "")
    assert hinted.outcome == "fetched"


def test_what_an_interim_answer_says_is_passed_over(web: Web, settings: Settings, store: LocalStore) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 5\r\n\r\n"
    web.add("/page", raw(hints + b"HTTP/1.1 100 Continue\r\n\r\n" + Reply().raw()))
    (row,) = run(web, settings, store, "/page")
    assert read_page(store, row).body == PAGE


def test_an_answer_that_is_no_http_is_told_in_one_line(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/page", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello"))
    (row,) = run(web, settings, store, "/page")
    told = "the answer is no sound HTTP: Duplicate Content-Length: b'Content-Length: 7'"
    assert (row.outcome, row.status, row.detail) == ("bad_http", None, told)


def test_a_host_that_closes_its_connections_is_asked_as_often_as_there_are_attempts(
    web: Web, settings: Settings, store: LocalStore
) -> None:
    web.add("/robots.txt", Reply(b"", 404, {"Connection": "close"}))
    web.add("/page", raw(b"", then_close=True))
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.attempts, web.paths().count("/page")) == ("unreachable", 2, 2)


def test_a_connection_that_was_closed_for_its_age_costs_no_attempt(web: Web, settings: Settings, store: LocalStore) -> None:
    asked: list[Request] = []

    async def first_time_closed(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        if len(asked) > 1:
            writer.write(Reply().raw())
        writer.close()

    web.add("/page", first_time_closed)  # on the connection of robots.txt
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.attempts, len(asked)) == ("fetched", 1, 2)


def test_a_cookie_lasts_as_long_as_the_redirects_of_a_page(web: Web, settings: Settings, store: LocalStore) -> None:
    def asks_for_a_cookie(request: Request) -> Reply:
        if "seen=1" in request.headers.get("cookie", ""):
            return Reply()
        return Reply(b"", 302, {"Location": request.path, "Set-Cookie": "seen=1; Path=/; HttpOnly", **HTML})

    web.add("/1", asks_for_a_cookie)
    web.add("/2", Reply(b"", 302, {"Location": web.url("/there", "b.localhost"), "Set-Cookie": "seen=1", **HTML}))
    web.add("/there", asks_for_a_cookie)
    web.add("/3", Reply(b"", 302, {"Location": "/3", "Set-Cookie": "seen=1; Path=/elsewhere", **HTML}))
    rows = run(web, settings, store, "/1", "/2", "/3")
    assert [row.outcome for row in rows] == ["fetched", "fetched", "redirect_loop"]
    assert rows[0].redirects == (web.url("/1"),)
    sent = [(request.path, request.headers.get("cookie")) for request in web.log if request.path != "/robots.txt"]
    assert sorted(sent, key=str) == [
        *[("/1", "seen=1"), ("/1", None), ("/2", None), ("/3", None)],
        *[("/there", "seen=1"), ("/there", None)],  # what another host had set is not sent there
    ]


def test_redirects_are_followed_and_remembered(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/a", redirect("/b", 301))
    web.add("/b", redirect(web.url("/c#part", "other.localhost"), 307))
    web.add("/c", Reply())
    (row,) = run(web, settings, store, "/a")
    assert (row.outcome, row.final_url) == ("fetched", web.url("/c", "other.localhost"))
    assert row.redirects == (web.url("/a"), web.url("/b"))


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        (b"/caf\xe9?q=\xe9&a=%41#top", "/caf%E9?q=%E9&a=A"),
        ("/café".encode(), "/caf%C3%A9"),
        (b"/a b", "/a%20b"),
    ],
)
def test_a_redirect_leads_to_the_bytes_that_the_server_wrote(
    web: Web, settings: Settings, store: LocalStore, location: bytes, asked: str
) -> None:
    web.add("/a", raw(b"HTTP/1.1 301 Moved\r\nLocation: " + location + b"\r\n\r\n", then_close=True))
    run(web, settings, store, "/a")
    assert web.paths()[-1] == asked


@pytest.mark.parametrize(
    ("head", "refresh"),
    [
        ('<meta http-equiv="refresh" content="0; url=/page">', None),
        ("<meta http-equiv=Refresh content=\"0;URL='/page'\">", None),
        ("<META CONTENT='1, /page' HTTP-EQUIV='REFRESH'>", None),
        ("<title>moved</title>", "0;url=/page"),
    ],
)
def test_a_page_that_only_leads_on_is_a_redirect(
    web: Web, settings: Settings, store: LocalStore, head: str, refresh: str | None
) -> None:
    body = f'<html><head>{head}</head><body><a href="/page">Click here if you are not redirected.</a></body></html>'
    web.add("/old", Reply(gzip.compress(body.encode()), headers={"Content-Encoding": "gzip", "Refresh": refresh or "", **HTML}))
    web.add("/page", Reply())
    (row,) = run(web, settings, store, "/old")
    assert (row.outcome, row.final_url, row.redirects) == ("fetched", web.url("/page"), (web.url("/old"),))
    assert read_page(store, row).body == PAGE


@pytest.mark.parametrize(
    "page",
    [
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="0">',
        '<meta http-equiv="refresh" content="0;url=/old#top">',
        '<meta http-equiv="refresh" content="7;url=/next-slide">',
        '<meta http-equiv="refresh" content="0;url=javascript:go()">',
        '<noscript><meta http-equiv="refresh" content="0;url=/page"></noscript>',
        '<p>So a page moves:<textarea><meta http-equiv="refresh" content="0;url=/page"></textarea>',
        '<!--[if IE]><meta http-equiv="refresh" content="0;url=/page"><![endif]-->',
        '<script>document.write(\'<meta http-equiv="refresh" content="0;url=/page">\')</script>',
        '<meta http-equiv="refresh" content="0;url=/page">' + "".join(f"<p>{n * 7919:x} {n}" for n in range(9000)),
    ],
)
def test_a_page_to_be_read_is_no_redirect(web: Web, settings: Settings, store: LocalStore, page: str) -> None:
    web.add("/old", Reply(page.encode(), headers=HTML))
    (row,) = run(web, settings, store, "/old")
    assert (row.outcome, row.redirects, web.paths()[1:]) == ("fetched", (), ["/old"])


def test_too_many_redirects(web: Web, settings: Settings, store: LocalStore) -> None:
    for n in range(9):
        web.add(f"/{n}", redirect(f"/{n + 1}"))
    web.add("/5", Reply())
    near, far = run(web, settings, store, "/0", "/6")
    assert near.outcome == "fetched"
    web.add("/5", redirect("/6"))
    (far,) = run(web, settings, store, "/0")
    assert (far.outcome, far.retryable) == ("too_many_redirects", False)


def failing(times: int, reply: Reply) -> Callable[[Request], Reply]:
    left = [reply] * times

    def answer(request: Request) -> Reply:
        return left.pop() if left else Reply()

    return answer


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(web: Web, settings: Settings, store: LocalStore, status: int) -> None:
    web.add("/page", failing(1, Reply(b"", status, {"Retry-After": "0"})))
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.attempts) == ("fetched", 2)


@pytest.mark.parametrize(
    ("content_range", "outcome"), [("bytes 0-{last}/{size}", "fetched"), ("bytes 0-{last}/90000", "cut_off"), ("pages", "fetched")]
)
def test_a_part_that_nobody_asked_for_is_no_page(
    web: Web, settings: Settings, store: LocalStore, content_range: str, outcome: str
) -> None:
    said = content_range.format(last=len(PAGE) - 1, size=len(PAGE))
    web.add("/page", Reply(PAGE, 206, HTML | {"Content-Range": said}))
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.retryable) == (outcome, outcome == "cut_off")


def test_attempts_end(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/page", Reply(b"sorry", 500))
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.attempts, row.retryable) == ("http_500", 2, True)
    assert read_page(store, row).body == b"sorry"


def test_retry_after_is_obeyed_in_seconds(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/page", failing(1, Reply(b"", 503, {"Retry-After": "1"})))
    (row,) = run(web, settings, store, "/page")
    first, second = (request.time for request in web.log if request.path == "/page")
    assert row.outcome == "fetched"
    assert second - first >= 0.95


def test_retry_after_is_obeyed_as_a_date(web: Web, settings: Settings, store: LocalStore) -> None:
    promised = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    web.add("/page", failing(1, Reply(b"", 503, {"Retry-After": format_datetime(promised, usegmt=True)})))
    (row,) = run(web, settings, store, "/page")
    assert (row.outcome, row.attempts) == ("fetched", 2)
    assert datetime.now(UTC) >= promised


def test_a_nonsense_retry_after_costs_nothing(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/page", Reply(PAGE, 200, {"Retry-After": "Mon, 23 Nov 20261123080000 08:01:00 GMT"}))
    assert [row.outcome for row in run(web, settings, store, "/page")] == ["fetched"]


def test_a_host_that_asks_for_a_long_rest_gets_it(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/1", Reply(b"", 429, {"Retry-After": "86400"}))
    rows = run(web, settings, store, "/1", "/2", "/3")
    assert {row.outcome for row in rows} == {"retry_later"}
    assert all(row.retryable for row in rows)
    assert web.paths() == ["/robots.txt", "/1"]


def test_a_dead_host_is_given_up_after_some_items(settings: Settings, store: LocalStore, free_port: int) -> None:
    items = [Discovered(f"http://dead.localhost:{free_port}/{n}", "s", "dead.localhost", "list") for n in range(50)]
    rows = fetch(items, settings=dataclasses.replace(settings, attempts=1, total_timeout=1.0), store=store, archive_prefix=PREFIX)
    assert {(row.outcome, row.retryable) for row in rows} == {("unreachable", True)}


def silent_after(count: int, back: float = float("inf")) -> Callable[[Request, asyncio.StreamWriter], Awaitable[None]]:
    """Return a handler of all pages that answers `count` times, then not at all until so many seconds after the first silence."""
    seen, began = 0, float("inf")

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal seen, began
        seen += 1
        if seen > count and request.time < began + back:
            began = min(began, request.time)
            await asyncio.sleep(3600)
        writer.write(Reply().raw() if request.path != "/robots.txt" else Reply(b"", 404).raw())
        await writer.drain()

    return answer


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    return dataclasses.replace(settings, attempts=3, read_timeout=0.4, total_timeout=1.5)


def pages_of(web: Web, answer: Callable[[Request, asyncio.StreamWriter], Awaitable[None]]) -> list[str]:
    paths = [f"/{n}" for n in range(40)]
    for path in (*paths, "/robots.txt"):
        web.add(path, answer)
    return paths


@pytest.mark.parametrize("answers", [0, 4])
def test_a_host_that_dies_is_asked_for_few_of_its_pages(web: Web, impatient: Settings, store: LocalStore, answers: int) -> None:
    rows = run(web, impatient, store, *pages_of(web, silent_after(answers)))
    good = max(0, answers - 1)  # the first answer is of robots.txt
    assert [row.outcome for row in rows] == ["fetched"] * good + ["timeout"] * (40 - good)
    assert all(row.retryable for row in rows[good:])
    assert "given up after 6 requests in a row" in (rows[-1].detail or "")
    assert len(web.paths()) == answers + 6


@pytest.mark.parametrize("answers", [0, 4])
def test_no_page_is_lost_to_a_host_that_is_away_for_a_moment(
    web: Web, impatient: Settings, store: LocalStore, answers: int
) -> None:
    rows = run(web, impatient, store, *pages_of(web, silent_after(answers, back=2.4)))
    assert {row.outcome for row in rows} == {"fetched"}


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_names_that_no_server_answers_for_keep_no_other_name_waiting(
    web: Web, settings: Settings, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host: str, *given: object, **more: object) -> object:
        if host == "live.example":
            asked.set()
            return real("127.0.0.1", *given, **more)  # type: ignore[arg-type]
        if host.endswith(".example"):
            asked.wait(3 * settings.total_timeout)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return real(host, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    hosts = [*(f"dead{n}.example" for n in range(60)), "live.example"]
    rows = fetch([web.item("/", host) for host in hosts], settings=settings, store=store, archive_prefix=PREFIX)
    assert [row.outcome for row in rows] == ["dns"] * 60 + ["fetched"]


def test_an_item_that_is_no_url_of_the_web_is_told(settings: Settings, store: LocalStore) -> None:
    items = [Discovered(url, "s", "s", "list") for url in ("javascript:x", "http://a:b/", "http://[::1", "ftp://a.example/", "")]
    rows = fetch(items, settings=settings, store=store, archive_prefix=PREFIX)
    assert {row.outcome for row in rows} == {"bad_url"}


def test_whatever_a_server_sends_an_item_gets_its_row(web: Web, settings: Settings, store: LocalStore) -> None:
    rng = random.Random(1)
    headers = b"Content-Type: text/html\r\nContent-Encoding: gzip\r\nLocation: //x:y/\r\nRetry-After: 0\r\nETag: W/\xff\r\n"
    for n in range(60):
        noise = bytearray(b"HTTP/1.1 %d OK\r\n%s\r\n" % (rng.choice([200, 301, 404, 999]), headers) + gzip.compress(PAGE))
        for _ in range(rng.randrange(8)):
            noise[rng.randrange(len(noise))] = rng.randrange(256)
        web.add(f"/{n}", raw(bytes(noise), then_close=True))
    items = [web.item(f"/{n}", f"h{n}.localhost") for n in range(60)]
    rows = fetch(items, settings=dataclasses.replace(settings, attempts=1), store=store, archive_prefix=PREFIX)
    assert len(rows) == 60
    assert {row.outcome for row in rows} >= {"fetched", "bad_redirect", "http_404", "bad_encoding"}
    for _, page in read_each(store, [row for row in rows if row.raw_ref]):
        assert isinstance(page, RawPage) or page.code in ("bad_encoding", "cut_off")


def test_what_a_server_says_unasked_is_no_answer_to_the_next_request(web: Web, settings: Settings, store: LocalStore) -> None:
    async def twice(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Reply(b"<p>the first page").raw())
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(Reply(b"<p>408 too long without a request").raw())

    web.add("/1", twice)
    web.add("/2", Reply(b"<p>the second page"))
    rows = run(web, dataclasses.replace(settings, delay=0.1), store, "/1", "/2")
    assert [read_page(store, row).body for row in rows] == [b"<p>the first page", b"<p>the second page"]


def test_half_a_head_is_no_answer(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/half", raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", then_close=True))
    (row,) = run(web, settings, store, "/half")
    assert (row.outcome, row.detail) == ("unreachable", "the server closed the connection without an answer")


def test_a_server_without_tls_is_told_from_one_that_is_away(web: Web, settings: Settings, store: LocalStore) -> None:
    secure = dataclasses.replace(web.item("/"), url=web.url("/").replace("http:", "https:"))
    (row,) = fetch([secure], settings=settings, store=store, archive_prefix=PREFIX)
    assert (row.outcome, row.retryable) == ("tls", True)


def test_an_answer_that_was_too_slow_is_not_asked_for_again(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/trickle", trickle)
    (row,) = run(web, dataclasses.replace(settings, total_timeout=1.5), store, "/trickle")
    assert (row.outcome, row.attempts, row.retryable) == ("timeout", 1, True)


def test_every_item_gets_one_row_in_order_even_when_it_repeats(web: Web, settings: Settings, store: LocalStore) -> None:
    rows = run(web, settings, store, "/", "/gone", "/")
    assert [row.outcome for row in rows] == ["fetched", "http_404", "fetched"]
    assert [row.url for row in rows] == [web.url("/"), web.url("/gone"), web.url("/")]


def test_the_deadline_leaves_the_rest_for_the_next_run(web: Web, settings: Settings, store: LocalStore) -> None:
    slow = dataclasses.replace(settings, delay=0.4, fetch_deadline=1.0)
    rows = run(web, slow, store, *(f"/?{n}" for n in range(8)))
    outcomes = [row.outcome for row in rows]
    assert outcomes[0] == "fetched"
    assert outcomes[-1] == "deadline"
    assert all(row.retryable == (row.outcome == "deadline") for row in rows)


def test_progress_counts_every_item(web: Web, settings: Settings, store: LocalStore) -> None:
    seen: list[tuple[int, int]] = []
    run(web, settings, store, "/", "/a", "/b", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def validator_of(row: Fetch) -> Validator:
    return Validator(row.etag, row.last_modified, row.digest, row.raw_ref)


def test_an_unchanged_page_is_not_sent_again(web: Web, settings: Settings, store: LocalStore) -> None:
    def conditional(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"v1"':
            return Reply(b"", 304, {"ETag": '"v1"'})
        return Reply(headers={"ETag": '"v1"', **HTML})

    web.add("/page", conditional)
    (first,) = run(web, settings, store, "/page")
    (second,) = run(web, settings, store, "/page", validators={url_id(first.url): validator_of(first)})
    assert (second.outcome, second.status) == ("not_modified", 304)
    assert (second.raw_ref, second.etag, second.digest) == (first.raw_ref, '"v1"', first.digest)
    assert next(read_pages(store, [second])).body == PAGE


def test_the_same_bytes_again_are_archived_as_a_revisit(web: Web, settings: Settings, store: LocalStore) -> None:
    (first,) = run(web, settings, store, "/")
    (second,) = run(web, settings, store, "/", validators={url_id(first.url): validator_of(first)})
    assert (second.outcome, second.status, second.raw_ref) == ("not_modified", 200, first.raw_ref)
    web.add("/", Reply(PAGE + b"<!-- changed -->"))
    (third,) = run(web, settings, store, "/", validators={url_id(first.url): validator_of(first)})
    assert third.outcome == "fetched"
    assert third.raw_ref != first.raw_ref
