"""The polite client: robots.txt, pacing, the address guard and every limit stand between a URL and its bytes.

`Client.get` follows redirects by hand, so each hop passes the same gates. What comes back is the wire: the content
encoding is undone elsewhere. No cookie outlives the redirects of a page, no proxy is read from the environment.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from pipeline import __version__
from pipeline.config import Settings
from pipeline.errors import Reject, Transient
from pipeline.fetch.cookies import Cookies
from pipeline.fetch.exchange import REDIRECTS, Answer, Exchange, is_retryable, leads_on
from pipeline.fetch.failures import NETWORK_ERRORS, UNANSWERED, TooSlow, explained
from pipeline.fetch.guard import Resolver, check_target, socket_factory
from pipeline.fetch.inflate import ACCEPT_ENCODING
from pipeline.fetch.loose_http import Answers
from pipeline.fetch.open_files import room_for
from pipeline.fetch.pacing import Host, Pacer, host_key, retry_after
from pipeline.fetch.reading import check_type, header, peer_of, read
from pipeline.fetch.robots import MAX_ROBOTS_BYTES, Rules, origin_of, rules_from
from pipeline.fetch.warc import Headers
from pipeline.urls import without_userinfo

MAX_ERROR_BYTES = 256 * 1024  # of the body of a redirect or an error page; enough to tell why
MAX_HEADER_BYTES = 32 * 1024  # of one header: real Content-Security-Policy headers pass the usual 8 KiB
MAX_HEADERS = 256
RETRY_BASE, RETRY_CAP = 0.5, 10.0  # seconds: the jitter's range doubles from the base to the cap
SESSION_DEFAULTS = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8,*/*;q=0.5"}


def user_agent(settings: Settings) -> str:
    """Return who we are, and where to complain."""
    return f"Copydesk/{__version__} (+{settings.contact})"


def jitter(url: str, attempt: int) -> float:
    """Return seconds to wait before attempt 2, 3, …: full jitter, seeded by the URL so that a run can be repeated."""
    bound = min(RETRY_CAP, RETRY_BASE * 2 ** (attempt - 1))
    return random.Random(f"{url} {attempt}").uniform(0, bound)  # noqa: S311  not a secret


class _Connector(aiohttp.TCPConnector):
    """Takes answers as servers write them.

    No connection is used again on which a server has said something unasked: it would stand for the answer to the next request.
    Of those that wait to be used again no more than `idle` are kept.
    """

    def __init__(self, idle: int, **given: Any) -> None:
        super().__init__(**given)
        self._idle = idle
        self._factory = cast("functools.partial[ResponseHandler]", functools.partial(Answers, loop=self._loop))

    async def _get(self, key: Any, traces: Any) -> Any:
        for protocol, _ in self._conns.get(key, ()):
            if protocol.should_close:
                protocol.close()  # what is closed is passed over
        return await super()._get(key, traces)

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        while len(self._conns) > self._idle:  # a host has one, since it is asked one thing at a time
            for longest, _ in self._conns.pop(next(iter(self._conns))):
                longest.close()


class Client:
    """An HTTP client for one event loop; an async context manager."""

    def __init__(self, settings: Settings, resolver: AbstractResolver | None = None) -> None:
        self.settings = settings
        self.pacer = Pacer(settings.delay, settings.max_delay, rest=settings.total_timeout)
        self._resolver = Resolver(resolver)
        self._rules: dict[str, asyncio.Task[Rules]] = {}

    async def __aenter__(self) -> Client:
        settings = self.settings
        # The system looks names up in threads, by default four and one a core: a few names without an answer would hold up all.
        room = room_for(settings.connections)
        self._connections = asyncio.Semaphore(room.busy)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(room.busy, "dns"))
        connector = _Connector(
            room.idle,
            limit=0,  # to wait in the pool for another's connection would take from the time that a host has to answer
            limit_per_host=0,  # the pacer holds a host to one request at a time
            resolver=self._resolver,
            ttl_dns_cache=300,
            socket_factory=None if settings.allow_private_hosts else socket_factory,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=SESSION_DEFAULTS | {"User-Agent": user_agent(settings), "Accept-Encoding": ACCEPT_ENCODING},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            max_headers=MAX_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=settings.total_timeout, sock_connect=settings.connect_timeout, sock_read=settings.read_timeout
            ),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for task in self._rules.values():
            task.cancel()
        await asyncio.gather(*self._rules.values(), return_exceptions=True)
        await self._session.close()
        await self._resolver.close()

    async def get(
        self, url: str, *, headers: Headers = (), types: Collection[str] | None = None, limit: int | None = None
    ) -> Answer:
        """Fetch a URL through its redirects, once. Any final status is an answer; what gives none raises `Reject` or `Transient`.

        `types` are the content types whose body is worth reading; `limit` bounds the body in wire bytes.
        """
        chain: list[str] = []
        cookies = Cookies()
        while True:
            await self._permit(url)
            exchange = await self._hop(url, (*headers, *cookies.sent_to(url)), types, limit or self.settings.max_wire_bytes)
            refreshed = leads_on(exchange)
            if exchange.status not in REDIRECTS and refreshed is None:
                return Answer(exchange, tuple(chain))
            chain.append(url)
            cookies.take(exchange)
            url = self._redirected(exchange, chain, refreshed, cookies)

    async def get_retrying(self, url: str, *, limit: int) -> Answer:
        """`get`, tried again after failures and statuses that may pass; used where no queue does it (feeds, sitemaps)."""
        attempt = 1
        while True:
            try:
                answer = await self.get(url, limit=limit)
                if not is_retryable(answer.exchange.status) or attempt >= self.settings.attempts:
                    return answer
            except Transient as error:
                if attempt >= self.settings.attempts or isinstance(error, TooSlow) or error.code == "robots_unavailable":
                    raise
            await asyncio.sleep(jitter(url, attempt))
            attempt += 1

    def _redirected(
        self, exchange: Exchange, chain: list[str], refreshed: str | None = None, cookies: Cookies | None = None
    ) -> str:
        """Return where a redirect leads; raises `Reject` when it leads nowhere, in a circle or too far."""
        location = refreshed or exchange.header("location")
        if not location:
            raise Reject("bad_redirect", f"{exchange.status} without a Location")
        try:
            target = without_userinfo(urljoin(chain[-1], location.strip()).partition("#")[0])
            parts = urlsplit(target)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError as error:
            raise Reject("bad_redirect", f"{exchange.status} to {location[:200]!r}: {error}") from error
        if not usable:
            raise Reject("bad_redirect", f"{exchange.status} to {location[:200]!r}")
        again = _as_asked(chain[-1], target)
        if again in chain and not (cookies and cookies.are_new_to(again)):
            raise Reject("redirect_loop", f"{len(chain)} redirects come back to {target}")
        if len(chain) > self.settings.max_redirects:
            raise Reject("too_many_redirects", f"more than {self.settings.max_redirects}, the last to {target}")
        return again

    async def _permit(self, url: str) -> None:
        """Ask robots.txt for the URL as it will be sent: of /a/../b that is /b."""
        url = str(_target(url))
        origin = origin_of(url)
        task = self._rules.get(origin)
        if task is None:
            task = self._rules[origin] = asyncio.create_task(self._read_robots(origin))
        (await asyncio.shield(task)).check(url)

    async def _read_robots(self, origin: str) -> Rules:
        attempt, host = 1, self.pacer.host(host_key(origin))
        while True:
            try:
                rules = await self._fetch_robots(f"{origin}/robots.txt")
            except (Reject, Transient) as error:
                rules = Rules(failure=type(error)(error.code, f"robots.txt: {error.detail}"))
            # How often a host is asked that does not answer at all is the pacer's to say.
            enough = host.left_alone is not None if host.failures else attempt >= self.settings.attempts
            if not isinstance(rules.failure, Transient) or enough:
                break
            await asyncio.sleep(jitter(origin, min(attempt, self.settings.attempts)))
            attempt += 1
        if rules.crawl_delay:
            self.pacer.require(host_key(origin), rules.crawl_delay)
        return rules

    async def _fetch_robots(self, url: str) -> Rules:
        chain: list[str] = []
        while True:
            exchange = await self._hop(url, (), None, MAX_ROBOTS_BYTES, truncate=True)
            if exchange.status not in REDIRECTS:
                break
            chain.append(url)
            try:
                url = self._redirected(exchange, chain)
            except Reject:
                return Rules()  # RFC 9309 2.3.1.2: a chain too long may be taken as not there
        if not 200 <= exchange.status < 300:
            return rules_from(exchange.status, b"")
        try:
            return rules_from(exchange.status, exchange.inflated(4 * MAX_ROBOTS_BYTES))
        except Reject as error:
            raise Transient("robots_unavailable", error.detail) from error

    async def _hop(self, url: str, headers: Headers, types: Collection[str] | None, limit: int, truncate: bool = False) -> Exchange:
        """Make one request when the host's turn comes."""
        target = _target(url)
        try:
            key = host_key(url)
            if not self.settings.allow_private_hosts:
                check_target(target.host or "", target.port or 0)
        except ValueError as error:
            raise Reject("bad_url", str(error)) from error
        except OSError as error:
            raise Reject("forbidden_address", error.strerror or str(error)) from error
        async with self.pacer.slot(key) as host, self._connections:
            if host.left_alone:
                raise Transient(host.left_alone.code, host.left_alone.detail)
            turn = host.next_allowed
            try:
                async with asyncio.timeout(self.settings.total_timeout):
                    return await self._exchange(target, host, headers, types, limit, truncate)
            except NETWORK_ERRORS as error:
                begun = host.next_allowed != turn
                failure = explained(error, begun=begun)
                if not begun and isinstance(failure, Transient) and failure.code in UNANSWERED:
                    self.pacer.unanswered(key, failure)
                raise failure from error

    async def _exchange(
        self, url: URL, host: Host, headers: Headers, types: Collection[str] | None, limit: int, truncate: bool
    ) -> Exchange:
        async with self._session.get(url, headers=dict(headers), allow_redirects=False) as response:
            self.pacer.answered(host)
            peer = peer_of(response)
            self.pacer.judge(host, response.status, retry_after(response.headers.get("Retry-After")))
            ok = 200 <= response.status < 300
            if ok and types is not None:
                check_type(response.headers.get("Content-Type"), types)
            body, cut = await read(response, limit if ok else min(limit, MAX_ERROR_BYTES), truncate or not ok)
            version = response.version or aiohttp.HttpVersion11
            return Exchange(
                url=str(url),
                status=response.status,
                version=f"HTTP/{version.major}.{version.minor}",
                reason=response.reason or "",
                headers=tuple(header(name, value) for name, value in response.raw_headers),
                body=body,
                request_headers=tuple(response.request_info.headers.items()),
                address=peer,
                fetched_at=datetime.now(UTC),
                truncated=cut,
            )


def _as_asked(url: str, target: str) -> str:
    """Return where a redirect leads, on the same server with the name and password that were sent: /feed is often /feed/."""
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at or origin_of(url) != origin_of(target):
        return target
    parts = urlsplit(target)
    return parts._replace(netloc=f"{user}@{parts.netloc}").geturl()


def _target(url: str) -> URL:
    """Return a URL in the form in which it is sent; raises `Reject` `bad_url`."""
    try:
        return URL(url)
    except ValueError as error:
        raise Reject("bad_url", str(error)) from error
