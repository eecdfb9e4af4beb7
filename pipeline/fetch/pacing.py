"""When a host may be asked again: one request at a time, a delay between two, longer when the host is busy or does not answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from pipeline.errors import Transient
from pipeline.urls import DEFAULT_PORTS, ascii_host

logger = logging.getLogger(__name__)

BUSY = (429, 503)
FIRST_PENALTY = 1.0  # seconds that a busy host gets on top, doubled each time, halved by each good answer
LEAST_PENALTY = 0.05  # below this a penalty is over
MAX_RETRY_AFTER = 300.0  # a host that asks for a longer rest is left alone for the whole run
MAX_FAILURES = 5  # requests in a row without an answer before a host rests; the next one without leaves it alone for the run


def host_key(url: str) -> str:
    """Return what is paced together: the host name, with the port where it is not the scheme's own."""
    parts = urlsplit(url)
    return _host_key(parts.scheme, parts.netloc)


@lru_cache(maxsize=4096)  # a run asks several times for every URL, and has few hosts
def _host_key(scheme: str, netloc: str) -> str:
    parts = SplitResult(scheme, netloc, "", "", "")
    name = parts.hostname or ""
    with suppress(ValueError):  # IDNA refuses it
        name = ascii_host(name)
    name = name.rstrip(".")
    return name if parts.port in (None, DEFAULT_PORTS.get(scheme)) else f"{name}:{parts.port}"


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, a number or a date; None when there is none to read."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):  # the last of a day or year of many digits
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


@dataclass(slots=True)
class Host:
    """What is known of a host in this run. Times are seconds of the pacer's clock; `failures` are unanswered requests in a row."""

    delay: float
    next_allowed: float = 0.0
    penalty: float = 0.0
    failures: int = 0
    left_alone: Transient | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def wait(self) -> float:
        """Seconds between two requests."""
        return max(self.delay, self.penalty)


class Pacer:
    """Holds every host to its delay and to one request at a time; `rest` is what one that does not answer gets, in seconds."""

    def __init__(self, delay: float, max_delay: float, rest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._delay = delay
        self._max_delay = max_delay
        self._rest = rest
        self._clock = clock
        self._hosts: dict[str, Host] = {}

    def host(self, key: str) -> Host:
        """Return the state of a host."""
        return self._hosts.setdefault(key, Host(self._delay))

    def set_delays(self, delays: Iterable[tuple[str, float]]) -> None:
        """Set the delays of hosts, given by URL; the longest where sources share a host."""
        by_host: dict[str, float] = {}
        for url, delay in delays:
            key = host_key(url)
            by_host[key] = max(by_host.get(key, 0.0), delay)
        for key, delay in by_host.items():
            self.host(key).delay = delay

    def require(self, key: str, delay: float) -> None:
        """Raise a host's delay to what its robots.txt asks for, as far as the limit."""
        host = self.host(key)
        host.delay = max(host.delay, min(delay, self._max_delay))

    @asynccontextmanager
    async def slot(self, key: str) -> AsyncIterator[Host]:
        """Wait for the host's turn and hold it. The next turn comes a delay after the answer began, or after the failure."""
        host = self.host(key)
        async with host.lock:
            while (seconds := host.next_allowed - self._clock()) > 0:
                await asyncio.sleep(seconds)
            before = host.next_allowed
            try:
                yield host
            finally:
                if host.next_allowed == before:
                    self.answered(host)

    def answered(self, host: Host) -> None:
        """Start the delay. Called when the answer begins: the server has the request by then, so its own log shows the delay."""
        host.next_allowed = self._clock() + host.wait

    def unanswered(self, key: str, failure: Transient) -> None:
        """Count a request without an answer. A host rests once, as one that restarts comes back; then it costs no more timeouts."""
        host = self.host(key)
        host.failures += 1
        if host.failures == MAX_FAILURES and failure.code != "dns":
            logger.info("%s: %d requests in a row had no answer (%s); it rests for %g s", key, host.failures, failure, self._rest)
            host.next_allowed = self._clock() + self._rest
        elif host.failures >= MAX_FAILURES:
            detail = f"given up after {host.failures} requests in a row without an answer: {failure.detail}"
            host.left_alone = Transient(failure.code, detail)

    def judge(self, host: Host, status: int, asked: float | None) -> None:
        """Slow down for a host that says it is busy (`asked`: its Retry-After in seconds), speed up again when it is not."""
        host.failures = 0
        if status not in BUSY:
            host.penalty = host.penalty / 2 if host.penalty > LEAST_PENALTY else 0.0
            return
        host.penalty = min(max(host.penalty * 2, host.delay, FIRST_PENALTY), self._max_delay)
        if asked is not None and asked > MAX_RETRY_AFTER:
            host.left_alone = Transient("retry_later", f"the host answered {status} and asked for {asked:.0f} seconds of rest")
        elif asked is not None:
            host.next_allowed = max(host.next_allowed, self._clock() + max(asked, host.delay))
        else:
            host.next_allowed = max(host.next_allowed, self._clock() + host.penalty)
