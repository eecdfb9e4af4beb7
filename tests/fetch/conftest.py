"""A web of our own on loopback: real sockets, any host under `.localhost`, answers as good or as bad as a test wants."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.fetch.archive import RawPage, read_each
from pipeline.records import Discovered, Fetch
from pipeline.store import LocalStore, Store
from pipeline.urls import site_of

PAGE = b"<!doctype html><html><head><title>A page</title></head><body><p>Some text of a page.</p></body></html>"


@dataclass(frozen=True)
class Request:
    time: float
    host: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    body: bytes = PAGE
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})

    def raw(self) -> bytes:
        fields = {"Content-Length": str(len(self.body))} | self.headers
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"HTTP/1.1 {self.status} Status\r\n{head}\r\n".encode() + self.body


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
Answer = Reply | Handler | Callable[[Request], Reply]


def read_pages(store: Store, fetches: Iterable[Fetch]) -> Iterator[RawPage]:
    """Yield the page of each row; raises the `Reject` of the first that cannot be read."""
    for _, page in read_each(store, fetches):
        if isinstance(page, Reject):
            raise page
        yield page


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(b"", status, {"Location": to})


class Web:
    """The server: answers by path, or by host and path; keeps a log."""

    def __init__(self) -> None:
        self.log: list[Request] = []
        self.open_now: dict[str, int] = {}
        self.most_open: dict[str, int] = {}
        self._routes: dict[tuple[str, str], Answer] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait()

    def add(self, path: str, answer: Answer, host: str = "*") -> None:
        self._routes[host, path] = answer

    def url(self, path: str = "/", host: str = "news.localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def item(self, path: str = "/", host: str = "news.localhost") -> Discovered:
        return Discovered(self.url(path, host), "source", site_of(self.url(path, host)), "list")

    def paths(self, host: str | None = None) -> list[str]:
        return [r.path for r in self.log if host is None or r.host == host]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._main())
        self._loop.close()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            while not writer.is_closing() and await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = await reader.readexactly(1)
        if first == b"\x16":  # the start of TLS, to which a plain server has only one answer
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return False
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        host = headers["host"].partition(":")[0]
        request = Request(time.monotonic(), host, head[0].split()[1], headers)
        self.log.append(request)
        self.open_now[host] = self.open_now.get(host, 0) + 1
        self.most_open[host] = max(self.most_open.get(host, 0), self.open_now[host])
        try:
            await self._answer(request, writer)
        finally:
            self.open_now[host] -= 1
        return True

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        path = request.path.partition("?")[0]
        default: Answer = Reply(b"no such page", 404)
        answer = self._routes.get((request.host, path)) or self._routes.get(("*", path)) or default
        if not isinstance(answer, Reply):
            result = answer(request, writer) if asyncio.iscoroutinefunction(answer) else answer(request)  # type: ignore[call-arg, arg-type]
            if not isinstance(result, Reply):
                await result
                return
            answer = result
        writer.write(answer.raw())
        await writer.drain()


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    server.add("/", Reply())
    yield server
    server.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(
        allow_private_hosts=True,
        delay=0.0,
        attempts=2,
        read_timeout=9.0,
        connect_timeout=9.0,
        total_timeout=18.0,
        contact="mailto:desk@example.org",
    )


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")
