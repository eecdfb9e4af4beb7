"""The server answers each page as its gold says, bad manners included."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
import zlib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from newsroom import Gold, Newsroom, Page
from newsroom.server import HUGE_BYTES, RunningNewsroom, running
from pipeline.cli import main
from tests.newsroom.conftest import DAY

ROOT = Path(__file__).parents[2]


def get(server: RunningNewsroom, url: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", target, headers={"Host": parts.netloc} | {k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def expecting(server: RunningNewsroom, reason: str) -> Gold:
    return next(gold for gold in server.gold() if gold.expected == reason)


def page_with(server: RunningNewsroom, serve: str) -> Page:
    return next(page for page in server.newsroom.edition(DAY).all_pages() if page.serve == serve)


def url_of(server: RunningNewsroom, page: Page) -> str:
    return server.urls[page.outlet.host] + page.path


def test_articles_come_as_they_are_rendered(served: RunningNewsroom) -> None:
    for page in list(served.newsroom.edition(DAY).all_pages())[:12]:
        if page.serve == "page":
            response, body = get(served, url_of(served, page))
            assert response.status == 200
            assert body == served.newsroom.render(page, served.port)


def test_gzip_when_accepted(served: RunningNewsroom) -> None:
    url = url_of(served, page_with(served, "page"))
    plain, body = get(served, url)
    packed, small = get(served, url, Accept_Encoding="gzip, deflate")
    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small) == body
    assert len(small) < len(body) / 2


def test_unchanged_pages_are_304(served: RunningNewsroom) -> None:
    url = url_of(served, page_with(served, "page"))
    first, _ = get(served, url)
    by_tag, body = get(served, url, If_None_Match=first.headers["ETag"])
    by_time, _ = get(served, url, If_Modified_Since=first.headers["Last-Modified"])
    changed, _ = get(served, url, If_None_Match='"other"')
    assert (by_tag.status, by_time.status, changed.status, body) == (304, 304, 200, b"")


@pytest.mark.parametrize(
    ("reason", "status"), [("http_404", 404), ("http_500", 500), ("empty", 200), ("consent", 200), ("blocked", 200)]
)
def test_bad_pages_have_their_status(served: RunningNewsroom, reason: str, status: int) -> None:
    response, body = get(served, expecting(served, reason).listed_url)
    assert response.status == status
    assert bool(body) == (reason != "empty")


def test_failing_page_always_fails(served: RunningNewsroom) -> None:
    url = expecting(served, "http_500").listed_url
    assert [get(served, url)[0].status for _ in range(3)] == [500, 500, 500]


def test_flaky_page_fails_once_in_a_servers_life(newsroom: Newsroom) -> None:
    with running(newsroom) as server:
        url = url_of(server, page_with(server, "flaky"))
        assert [get(server, url)[0].status for _ in range(3)] == [500, 200, 200]


def test_redirects_lead_to_the_article(served: RunningNewsroom) -> None:
    gold = next(g for g in served.gold() if g.listed_url != g.url and g.expected == "article")
    url, hops = gold.listed_url, 0
    while (response := get(served, url)[0]).status in (301, 302):
        url, hops = served.urls[gold.site] + response.headers["Location"], hops + 1
    assert (url, hops, response.status) == (gold.url, 3, 200)


def test_loop_never_ends(served: RunningNewsroom) -> None:
    gold = expecting(served, "redirect_loop")
    seen, url = [], gold.listed_url
    for _ in range(6):
        response, _ = get(served, url)
        assert response.status in (301, 302)
        url = served.urls[gold.site] + response.headers["Location"]
        seen.append(url)
    assert len(set(seen)) == 2


def test_wrong_charset_headers(served: RunningNewsroom) -> None:
    pages = [page for page in served.newsroom.edition(DAY).all_pages() if page.serve == "wrong_charset"]
    assert {page.outlet.charset for page in pages} == {"utf-8", "iso-8859-2"}
    for page in pages:
        response, body = get(served, url_of(served, page))
        claimed = response.headers.get_content_charset()
        assert claimed != page.outlet.charset
        assert page.title in body.decode(page.outlet.charset).replace("&#8217;", "’").replace("&#8216;", "‘")


def test_right_charset_header(served: RunningNewsroom) -> None:
    page = next(p for p in served.newsroom.edition(DAY).all_pages() if p.outlet.charset == "iso-8859-2" and p.serve == "page")
    response, body = get(served, url_of(served, page))
    assert response.headers.get_content_charset() == "iso-8859-2"
    assert not body.isascii()


def test_broken_gzip_cannot_be_inflated(served: RunningNewsroom) -> None:
    response, body = get(served, expecting(served, "bad_encoding").listed_url)
    assert response.headers["Content-Encoding"] == "gzip"
    with pytest.raises((zlib.error, gzip.BadGzipFile, EOFError)):
        gzip.decompress(body)


def test_huge_page_is_forty_megabytes(served: RunningNewsroom) -> None:
    _, body = get(served, expecting(served, "too_large").listed_url)
    assert len(body) == HUGE_BYTES == 40 * 2**20


def test_endless_page_trickles(served: RunningNewsroom) -> None:
    parts = urlsplit(expecting(served, "timeout").listed_url)
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as client:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        received = [client.recv(4096) for _ in range(5)]
    assert all(received)
    assert b"Transfer-Encoding: chunked" in received[0]


def test_deep_page_holds_a_real_article(served: RunningNewsroom) -> None:
    page = page_with(served, "deep")
    _, body = get(served, url_of(served, page))
    assert body.count(b"<div>") >= 3000
    gold = next(g for g in served.gold() if g.url == url_of(served, page))
    assert gold.expected == "article"
    assert gold.text


def test_accesses_are_kept_for_tests(newsroom: Newsroom) -> None:
    with running(newsroom) as server:
        get(server, server.urls["quickline.localhost"] + "/robots.txt")
        get(server, server.urls["quickline.localhost"] + "/nowhere")
        assert [(a.host, a.path, a.status) for a in server.accesses] == [
            ("quickline.localhost", "/robots.txt", 200),
            ("quickline.localhost", "/nowhere", 404),
        ]
        assert server.accesses[0].time <= server.accesses[1].time


def test_a_late_host_keeps_its_readers_waiting_and_no_others(newsroom: Newsroom) -> None:
    with running(newsroom) as server:
        server.late["quickline.localhost"] = 3600.0
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/robots.txt", headers={"Host": "quickline.localhost"})
        with pytest.raises(TimeoutError):
            urllib.request.urlopen(request, timeout=0.3)
        others = [host for host in server.urls if host != "quickline.localhost"]
        assert [get(server, server.urls[host] + "/robots.txt")[0].status for host in others] == [200] * len(others)
        server.late.clear()
        assert get(server, server.urls["quickline.localhost"] + "/robots.txt")[0].status == 200


def test_pages_of_other_days_are_served(served: RunningNewsroom) -> None:
    before = DAY - timedelta(days=40)
    gold = next(g for g in served.gold(before) if g.expected == "article")
    assert str(before.year) in gold.url
    assert get(served, gold.url)[0].status == 200


@pytest.mark.parametrize("path", ["/", "/section/2/", "/media/1.jpg", "/sitemap-news.xml?day=2020-02-02", "/feed/?day=nonsense"])
def test_the_rest_of_a_site(served: RunningNewsroom, path: str) -> None:
    response, body = get(served, served.urls["harbour-courier.localhost"] + path)
    assert response.status == (400 if "nonsense" in path else 200)
    assert body


def test_stranger_is_shown_the_newsstand(served: RunningNewsroom) -> None:
    response, body = get(served, f"http://127.0.0.1:{served.port}/")
    assert response.status == 200
    assert all(url.encode() in body for url in served.urls.values())


def test_gold_is_served_nowhere(served: RunningNewsroom) -> None:
    for path in ("/gold", "/gold.json", "/answers", "/../gold"):
        response, body = get(served, served.urls["quickline.localhost"] + path)
        assert response.status == 404
        assert b"story_id" not in body


def test_all_interfaces_but_loopback_are_closed(served: RunningNewsroom) -> None:
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", served.port), timeout=2):
        pass


def test_many_clients_at_once(newsroom: Newsroom) -> None:
    async def fetch_all(server: RunningNewsroom, pages: list[Page]) -> list[int]:
        async with aiohttp.ClientSession(base_url=f"http://127.0.0.1:{server.port}") as session:

            async def fetch(page: Page) -> int:
                host = {"Host": f"{page.outlet.host}:{server.port}"}
                async with session.get(page.path.partition("?")[0], params=page.path.partition("?")[2], headers=host) as response:
                    await response.read()
                    return response.status

            return await asyncio.gather(*map(fetch, pages))

    with running(newsroom) as server:
        pages = [page for page in newsroom.edition(DAY).all_pages() if page.serve == "page"]
        assert set(asyncio.run(fetch_all(server, pages))) == {200}
        assert len(server.accesses) == len(pages)


def test_command_writes_the_sources(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:  # so that it ends when they are written
        port = taken.getsockname()[1]
        command = ["newsroom", "serve", "--day", str(DAY), "--stories", "12", "--port", str(port)]
        assert main([*command, "--write-sources", str(tmp_path / "sources.toml")]) == 2
    sources = tomllib.loads((tmp_path / "sources.toml").read_text())["source"]
    assert len(sources) == 8
    assert f":{port}/" in json.dumps(sources)


def test_command_says_that_it_serves_when_it_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "pipeline", "newsroom", "serve", "--stories", "6", "--outlets", "3", "--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 2
        assert done.stderr.startswith(f"copydesk: newsroom: --listen 127.0.0.1 --port {port} cannot be used (")
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert f"the sample newsroom is on http://127.0.0.1:{port} " in process.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_command_names_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["newsroom", "serve", "--outlets", "1"]) == 2
    assert "copydesk: newsroom: outlets: the newsroom needs at least 3, got 1" in capsys.readouterr().err
