"""The newsroom over HTTP/1.1, on loopback unless told otherwise: one server for all hosts, bad manners included."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from newsroom import feeds
from newsroom.records import DEFAULT_PORT, Gold, Outlet, Page, digest
from newsroom.room import Newsroom

ADDRESS = "127.0.0.1"
HUGE_BYTES = 40 * 2**20
HUGE_CHUNK = 2**16
TRICKLE_SECONDS = 0.1  # between two bytes of the page that never ends
SHUTDOWN_SECONDS = 0.2  # no client of a test server deserves a longer goodbye
ANSWER_SECONDS = 5
GZIP_LEVEL = 1
KEPT_BODIES = 8192  # rendered pages, some 6 kB each when compressed


@dataclass(frozen=True, slots=True)
class Access:
    """One request: when it came (monotonic seconds), what for, and how it was answered."""

    time: float
    host: str
    path: str
    status: int


@dataclass(slots=True)
class Handler:
    """Answers requests. `accesses` is kept for tests; a path that fails once is remembered for the server's life.

    `late` holds the seconds that a host makes every reader wait, for whoever plays a slow or a dead one.
    """

    newsroom: Newsroom
    port: int = 0
    accesses: list[Access] | None = None
    late: dict[str, float] = field(default_factory=dict)
    failed_once: set[str] = field(default_factory=set)
    body_of: Callable[[Page, bool], bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.body_of = lru_cache(maxsize=KEPT_BODIES)(self._body)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        host = (request.headers.get("Host") or "").rsplit(":", 1)[0].lower()
        target = (
            request.raw_path
            if request.raw_path.startswith("/")
            else urlsplit(request.raw_path)._replace(scheme="", netloc="").geturl()
        )
        came = time.monotonic()
        if seconds := self.late.get(host):
            await asyncio.sleep(seconds)
        answer = self._answer(request, host, target)
        if self.accesses is not None:
            self.accesses.append(Access(came, host, target, answer.status))
        if isinstance(answer, web.Response):
            return answer
        with contextlib.suppress(ConnectionError):
            await self._stream(request, answer, endless=answer.content_length is None)
        return answer

    def _answer(self, request: web.BaseRequest, host: str, target: str) -> web.StreamResponse:
        outlet = self.newsroom.by_host.get(host)
        if outlet is None:
            return web.Response(text=self._kiosk(), content_type="text/html", charset="utf-8")
        path, _, query = target.partition("?")
        if path in feeds.FILES:
            return self._file(request, outlet, path, query)
        if path.startswith("/media/"):
            return web.Response(text=_picture(path, outlet), content_type="image/svg+xml")
        if path == "/" or (path.startswith("/section/") and path.count("/") == 3 and path.split("/")[2].isdigit()):
            section = None if path == "/" else int(path.split("/")[2])
            headers = {"Content-Type": f"text/html; charset={outlet.charset}"}
            return _compressed(request, self.newsroom.front_page(outlet, self.port, section), headers)
        found = self.newsroom.find(host, target)
        if isinstance(found, str):
            return web.Response(status=302 if found.endswith("-b") else 301, headers={"Location": found})
        if found is None:
            return web.Response(
                status=404, body=b"<html><head><title>404</title></head><body><h1>404</h1></body></html>", content_type="text/html"
            )
        return self._page(request, found)

    def _page(self, request: web.BaseRequest, page: Page) -> web.StreamResponse:
        key = page.outlet.host + page.path
        match page.serve:
            case "failing":
                return web.Response(status=500, text="Internal Server Error")
            case "flaky" if key not in self.failed_once:
                self.failed_once.add(key)
                return web.Response(status=500, text="Internal Server Error")
            case "empty":
                return web.Response(body=b"", content_type="text/html")
            case "huge":
                return web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8", "Content-Length": str(HUGE_BYTES)})
            case "endless":
                return web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8"})
            case "broken_gzip":
                body = gzip.compress(self.newsroom.render(page, self.port), mtime=0)
                headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip"}
                return web.Response(body=body[:200] + bytes(400) + body[600:], headers=headers)
        return self._story(request, page)

    def _story(self, request: web.BaseRequest, page: Page) -> web.Response:
        newsroom = self.newsroom
        etag = f'"{digest(newsroom.seed, newsroom.stories, len(newsroom.outlets), page.outlet.host, page.path, self.port)}"'
        modified = format_datetime(page.published.astimezone(UTC), usegmt=True)
        headers = {"ETag": etag, "Last-Modified": modified, "Vary": "Accept-Encoding"}
        status = 404 if page.serve == "not_found" else 200
        if status == 200 and _unchanged(request, etag, modified):
            return web.Response(status=304, headers=headers)
        zipped = _takes_gzip(request)
        headers |= {"Content-Encoding": "gzip"} if zipped else {}
        charset = _claimed_charset(page)
        headers["Content-Type"] = f"text/html; charset={charset}" if charset else "text/html"
        return web.Response(status=status, headers=headers, body=self.body_of(page, zipped))

    def _body(self, page: Page, zipped: bool) -> bytes:
        body = self.newsroom.render(page, self.port)
        return gzip.compress(body, GZIP_LEVEL, mtime=0) if zipped else body

    def _file(self, request: web.BaseRequest, outlet: Outlet, path: str, query: str) -> web.Response:
        try:
            day = date.fromisoformat(parse_qs(query).get("day", [str(self.newsroom.day)])[0])
        except ValueError:
            return web.Response(status=400, text="day: not a date\n")
        body, content_type = feeds.FILES[path](self.newsroom, outlet, day, self.port)
        return _compressed(request, body, {"Content-Type": content_type})

    async def _stream(self, request: web.BaseRequest, response: web.StreamResponse, *, endless: bool) -> None:
        """Send a page that is too large, or one that never ends."""
        line = b"<p>And so the minutes of the meeting went on, item after item, with no end in sight.</p>\n"
        await response.prepare(request)
        if request.method == "HEAD":
            return
        if endless:
            await response.write(b"<!DOCTYPE html><html><head><title>Minutes</title></head><body>")
            while True:
                await response.write(line)
                await asyncio.sleep(TRICKLE_SECONDS)
        chunk = (line * (HUGE_CHUNK // len(line) + 1))[:HUGE_CHUNK]
        for _ in range(HUGE_BYTES // HUGE_CHUNK):
            await response.write(chunk)

    def _kiosk(self) -> str:
        """Return the page for a visitor who names no outlet: where each of them is."""
        row = '<li style="border-color:{}"><a href="{}/">{}</a> {}</li>'
        homes = [(o, self.newsroom.home(o, self.port)) for o in self.newsroom.outlets]
        rows = "".join(row.format(o.colour, home, escape(o.name), escape(o.tagline)) for o, home in homes)
        return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Newsroom</title><style>
body{{font:18px/1.7 Georgia,serif;max-width:640px;margin:4rem auto}}
li{{list-style:none;padding:.4rem 1rem;margin:.5rem 0;background:#f6f6f6;border-left:8px solid}}</style></head>
<body><h1>Newsstand, {self.newsroom.day:%d %B %Y}</h1><ul>{rows}</ul></body></html>"""


def _claimed_charset(page: Page) -> str | None:
    """Return the charset that the header names: wrong on the pages that are served so."""
    if page.serve != "wrong_charset":
        return page.outlet.header_charset
    return "iso-8859-1" if page.outlet.charset == "utf-8" else "utf-8"


def _unchanged(request: web.BaseRequest, etag: str, modified: str) -> bool:
    known = request.headers.get("If-None-Match")
    return etag in known if known else request.headers.get("If-Modified-Since") == modified


def _takes_gzip(request: web.BaseRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


def _compressed(request: web.BaseRequest, body: bytes, headers: dict[str, str]) -> web.Response:
    if _takes_gzip(request):
        headers = headers | {"Content-Encoding": "gzip"}
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return web.Response(body=body, headers=headers)


def _picture(path: str, outlet: Outlet) -> str:
    """Return a landscape for a photo: a sky, a hill and a sun that depend on its name."""
    n = int(digest(path), 16)
    sun, hill = 80 + n % 480, 230 + n // 7 % 80
    ridge = f"M0 {hill}Q{n % 300} {hill - 120} 330 {hill - 20}T640 {hill - 50}V390H0z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 390" fill="{outlet.colour}">'
        f'<rect width="640" height="390" opacity=".25"/><circle cx="{sun}" cy="110" r="46" fill="#ffd27f"/>'
        f'<path d="{ridge}"/></svg>'
    )


@dataclass(frozen=True, slots=True)
class RunningNewsroom:
    """A newsroom being served from a background thread."""

    newsroom: Newsroom
    port: int
    accesses: list[Access]
    late: dict[str, float] = field(default_factory=dict)

    @property
    def urls(self) -> dict[str, str]:
        """Host -> address of the outlet, without a slash at the end."""
        return {outlet.host: self.newsroom.home(outlet, self.port) for outlet in self.newsroom.outlets}

    def gold(self, day: date | None = None) -> Iterator[Gold]:
        """Yield the right answer for every page of a day."""
        return self.newsroom.gold(self.port, day)

    def sources_toml(self, day: date | None = None) -> str:
        """Return the sources.toml that reads this server."""
        return feeds.sources_toml(self.newsroom, self.port, day)


async def _start(handler: Handler, port: int, address: str = ADDRESS) -> web.ServerRunner:
    """Start answering; the handler learns the port, which may be any when it was 0."""
    runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, address, port)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    handler.port = runner.addresses[0][1]
    return runner


async def _serve(handler: Handler, port: int, address: str, ready: Callable[[], None]) -> None:
    runner = await _start(handler, port, address)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    ready()
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


def serve(newsroom: Newsroom, ready: Callable[[], None], port: int = DEFAULT_PORT, address: str = ADDRESS) -> None:
    """Serve until interrupted; `ready` is called when it answers."""
    asyncio.run(_serve(Handler(newsroom), port, address, ready))


def is_served(newsroom: Newsroom, port: int) -> bool:
    """Say whether it is this newsroom, with the same stories, that answers on a port of loopback; it has those of any day."""
    outlet = newsroom.outlets[0]
    request = urllib.request.Request(
        f"http://{ADDRESS}:{port}{feeds.RSS}?day={newsroom.day}", headers={"Host": f"{outlet.host}:{port}"}
    )
    expected, _ = feeds.rss(newsroom, outlet, newsroom.day, port)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            return bool(answer.read(len(expected) + 1) == expected)
    except (OSError, http.client.HTTPException):  # nobody there, or something else
        return False


@contextlib.contextmanager
def running(newsroom: Newsroom, port: int = 0) -> Iterator[RunningNewsroom]:
    """Serve from a background thread while the block runs; port 0 takes a free one."""
    accesses: list[Access] = []
    handler = Handler(newsroom, accesses=accesses)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="newsroom", daemon=True)
    thread.start()
    try:
        runner = asyncio.run_coroutine_threadsafe(_start(handler, port), loop).result()
        try:
            yield RunningNewsroom(newsroom, handler.port, accesses, handler.late)
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
