"""Find the pages to fetch: feeds, sitemaps, lists of URLs and local files of every source, each URL once."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeVar

from aiohttp.abc import AbstractResolver

from pipeline.captures import LEFT_OVER
from pipeline.config import Settings
from pipeline.errors import Reject, Transient
from pipeline.fetch.client import Client
from pipeline.fetch.entries import Entry, Feed
from pipeline.fetch.exchange import Exchange
from pipeline.fetch.feeds import parse_feed
from pipeline.fetch.guard import MEND
from pipeline.fetch.inflate import CUT_OFF
from pipeline.fetch.local import find_files, holds_records, parse_record, read_documents
from pipeline.fetch.rows import clean, clean_url, language_tag, record_url, shown_url, stated_date
from pipeline.fetch.sitemaps import MAX_BYTES, Sitemap, parse_sitemap
from pipeline.fetch.verdict import status_outcome
from pipeline.records import Discovered, Rejected
from pipeline.sources import Source
from pipeline.urls import normalise_url, site_of, without_userinfo

logger = logging.getLogger(__name__)

Via = Literal["feed", "sitemap", "list", "file"]
Parsed = TypeVar("Parsed", Feed, Sitemap)

MAX_FEED_BYTES = 10 * 2**20
MAX_DEPTH = 3  # of sitemap indexes inside each other; the standard allows one
MAX_SITEMAPS = 500  # files of one source
PART_OF_DATE = re.compile(r"([12]\d{3})(?:-(0[1-9]|1[0-2]))?", re.ASCII)
VIA_ORDER = {"feed": 0, "sitemap": 1, "list": 2, "file": 3}  # which finding of a URL knows most of it


@dataclass(frozen=True, slots=True)
class Discovery:
    """What there is to fetch, in the order to fetch it, and which inputs could not be read."""

    items: tuple[Discovered, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class _Finding:
    """A URL as found, with what decides which finding of it stands."""

    rank: tuple[int, int]  # minus the priority of the source, its place in the file
    item: Discovered

    @property
    def order(self) -> tuple[tuple[int, int], int, str, str]:
        return self.rank, VIA_ORDER[self.item.via], self.item.url, repr(self.item)


def discover(
    sources: Sequence[Source], settings: Settings, *, today: date | None = None, resolver: AbstractResolver | None = None
) -> Discovery:
    """Read every source; one that cannot be read is told in `rejected` and ends nothing.

    `today` is the day that `max_age_days` counts back from.
    """
    run = _Run(settings, today or datetime.now(UTC).date())
    asyncio.run(run.read(sources, resolver))
    for source in sources:
        if run.left_out[source.id] and not run.let_in[source.id]:
            told = "source %s: include and exclude leave out all of the %d pages that it lists"
            logger.warning(told, source.id, run.left_out[source.id])
    items = _unique(run.findings)
    logger.info("discovered %d URLs of %d sources, %d inputs failed", len(items), len(sources), len(run.rejected))
    return Discovery(items, tuple(sorted(run.rejected, key=lambda r: (r.source_id, r.url, r.reason, r.detail or ""))))


def _unique(findings: Iterable[_Finding]) -> tuple[Discovered, ...]:
    kept: dict[str, _Finding] = {}
    for finding in findings:
        other = kept.setdefault(normalise_url(finding.item.url), finding)
        if finding is not other and finding.order < other.order:
            kept[normalise_url(finding.item.url)] = finding
    return tuple(f.item for f in sorted(kept.values(), key=lambda f: (f.rank, f.item.url)))


class _Run:
    """The state of one call of `discover`."""

    def __init__(self, settings: Settings, today: date) -> None:
        self._settings = settings
        self._today = today
        self.findings: list[_Finding] = []
        self.rejected: set[Rejected] = set()
        self.left_out: Counter[str] = Counter()  # by the patterns of a source, by its id
        self.let_in: Counter[str] = Counter()

    async def read(self, sources: Sequence[Source], resolver: AbstractResolver | None) -> None:
        """Read all sources, side by side but for those on one host."""
        # What is parsed here would keep answers that are coming in waiting, until their time is over.
        with ThreadPoolExecutor(1, "parse") as self._parsing:
            await self._read(sources, resolver)

    async def _read(self, sources: Sequence[Source], resolver: AbstractResolver | None) -> None:
        async with Client(self._settings, resolver) as client:
            self._client = client
            client.pacer.set_delays(_delays(sources, self._settings.delay))
            jobs = [job for place, source in enumerate(sources) for job in self._jobs(source, (-source.priority, place))]
            await asyncio.gather(*jobs)

    def _jobs(self, source: Source, rank: tuple[int, int]) -> Iterator[asyncio.Task[None]]:
        for url in source.urls:
            self._found(source, rank, "list", Entry(url))
        for pattern in source.files:
            self._read_files(source, rank, pattern)
        for url in source.feeds:
            yield asyncio.create_task(self._in_time(source, url, self._read_feed(source, rank, url)))
        if source.sitemaps:
            work = self._read_sitemaps(source, rank)
            yield asyncio.create_task(self._in_time(source, source.sitemaps[0], work))

    async def _in_time(self, source: Source, url: str, work: Coroutine[None, None, None]) -> None:
        """Do the work within the deadline of a run; what was found by then stays found."""
        try:
            async with asyncio.timeout(self._settings.fetch_deadline):
                await work
        except TimeoutError:
            self._reject(source, url, Transient(LEFT_OVER, "the time for this run was over"))

    async def _read_feed(self, source: Source, rank: tuple[int, int], url: str) -> None:
        try:
            exchange = await self._download(url, MAX_FEED_BYTES)
            feed = await self._parsed(lambda: self._take_feed(source, rank, exchange))
        except (Reject, Transient) as error:
            self._reject(source, url, error)
            return
        if feed.unread:
            self._reject(source, url, Reject("bad_feed", feed.unread))

    def _take_feed(self, source: Source, rank: tuple[int, int], exchange: Exchange) -> Feed:
        feed = parse_feed(exchange.inflated(MAX_FEED_BYTES), without_userinfo(exchange.url))
        for entry in feed.entries:
            self._found(source, rank, "feed", entry)
        return feed

    async def _read_sitemaps(self, source: Source, rank: tuple[int, int]) -> None:
        """Read the sitemaps of a source and those that they list, level by level."""
        level: list[str] = list(dict.fromkeys(source.sitemaps))
        seen: set[str] = set(level)
        for depth in range(MAX_DEPTH + 1):
            below: dict[str, str] = {}  # when each changed
            for url in level:
                sitemap = await self._read_sitemap(source, rank, url)
                below |= {child: changed or "" for child, changed in sitemap.children if not self._too_old(source, changed)}
            level = [url for url in below if url not in seen]
            if level and (depth == MAX_DEPTH or len(seen) + len(level) > MAX_SITEMAPS):
                why = f"indexes nested deeper than {MAX_DEPTH}" if depth == MAX_DEPTH else f"more than {MAX_SITEMAPS} sitemaps"
                level.sort(key=lambda url: below[url], reverse=True)  # archives list the oldest first
                level, left = level[: max(0, MAX_SITEMAPS - len(seen))], level[max(0, MAX_SITEMAPS - len(seen)) :]
                self._reject(source, (left or level)[0], Reject("bad_sitemap", why))
            seen.update(level)

    async def _read_sitemap(self, source: Source, rank: tuple[int, int], url: str) -> Sitemap:
        try:
            target = clean_url(url)
            if target is None:
                raise Reject("bad_url", "not an http(s) URL")
            exchange = await self._download(target, MAX_BYTES)
            sitemap = await self._parsed(lambda: self._take_sitemap(source, rank, exchange))
        except (Reject, Transient) as error:
            self._reject(source, url, error)
            return Sitemap()
        if sitemap.unread:
            self._reject(source, url, Reject("bad_sitemap", sitemap.unread))
        return sitemap

    def _take_sitemap(self, source: Source, rank: tuple[int, int], exchange: Exchange) -> Sitemap:
        sitemap = parse_sitemap(exchange.inflated(MAX_BYTES), exchange.url)
        for entry in sitemap.entries:
            self._found(source, rank, "sitemap", entry)
        return sitemap

    async def _parsed(self, work: Callable[[], Parsed]) -> Parsed:
        """Do the work of a parser in the thread for it, one document at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._parsing, work)

    async def _download(self, url: str, limit: int) -> Exchange:
        """Return the exchange with a good answer; raises `Reject` or `Transient` for any other."""
        answer = await self._client.get_retrying(url, limit=limit)
        if outcome := status_outcome(answer.exchange):
            failure = Transient if outcome.retryable else Reject
            raise failure(outcome.code, outcome.detail or "")
        return answer.exchange

    def _read_files(self, source: Source, rank: tuple[int, int], pattern: str) -> None:
        try:
            found = find_files(pattern)
        except (Reject, Transient) as error:
            self._reject(source, pattern, error)
            return
        if found.passed_over:
            told = clean(f"{pattern}: of no kind that can be read, and passed over, are {found.told()}")
            logger.warning("source %s: %s", source.id, told)
        for url in found.urls:
            try:
                self._read_file(source, rank, url)
            except (Reject, Transient) as error:
                self._reject(source, url, error)

    def _read_file(self, source: Source, rank: tuple[int, int], url: str) -> None:
        if not holds_records(url):
            self._keep(source, rank, Discovered(url, source.id, source.id, "file", source.language))
            return
        for document in read_documents(url, self._settings.max_body_bytes):
            self._keep(source, rank, _record_item(source, document.url, document.content or b""))

    def _found(self, source: Source, rank: tuple[int, int], via: Via, entry: Entry) -> None:
        url = clean_url(entry.url)
        if url is None:
            self._reject(source, entry.url, Reject("bad_url", f"found by {via}: not a URL that can be fetched"))
            return
        language = language_tag(entry.language) or source.language
        published = stated_date(entry.published_at, language)
        if self._too_old(source, published or entry.modified):
            return
        item = Discovered(url, source.id, site_of(url), via, language, clean(entry.title), published)
        self._keep(source, rank, item)

    def _keep(self, source: Source, rank: tuple[int, int], item: Discovered) -> None:
        if not source.wants(item.url):
            self.left_out[source.id] += 1
            return
        self.let_in[source.id] += 1
        if not self._too_old(source, item.published_at):
            self.findings.append(_Finding(rank, item))

    def _too_old(self, source: Source, when: str | None) -> bool:
        if source.max_age_days is None or not when:
            return False
        day = _last_day(when)
        return day is not None and day < self._today - timedelta(days=source.max_age_days)

    def _reject(self, source: Source, url: str, error: Reject | Transient) -> None:
        shown = shown_url(url)
        if error.code != "bad_url":  # a page can have thousands of these
            mend = f" ({MEND})" if error.code == "forbidden_address" else ""
            logger.warning("source %s: %.200s cannot be read: %s%s", source.id, shown, error, mend)
        retryable = isinstance(error, Transient) or error.code == CUT_OFF
        site = clean(site_of(url)) or source.id
        self.rejected.add(Rejected(shown, source.id, site, "discover", error.code, clean(error.detail), retryable))


def _last_day(when: str) -> date | None:
    """Return the last day that a time can mean: W3C's `2026-05` and `2026` are a month and a year; None for what is no time."""
    part = PART_OF_DATE.fullmatch(when)
    if part is not None:
        after = date(int(part[1]), int(part[2] or 12), 28) + timedelta(days=4)
        return after - timedelta(days=after.day)
    try:
        return date.fromisoformat(when[:10])
    except ValueError:
        stated = stated_date(when)
        return date.fromisoformat(stated[:10]) if stated else None


def _record_item(source: Source, url: str, content: bytes) -> Discovered:
    """Return the item of a JSON Lines record; one that cannot be read is found all the same, and fails where it is archived."""
    try:
        record = parse_record(content)
    except Reject:
        record = {}
    web = record_url(record.get("url"))
    title = record.get("title")
    language = language_tag(record.get("language")) or source.language
    return Discovered(
        url,
        source.id,
        site_of(web) if web else source.id,
        "file",
        language,
        clean(title) if isinstance(title, str) else None,
        stated_date(record.get("published_at"), language),
    )


def _delays(sources: Iterable[Source], default: float) -> Iterator[tuple[str, float]]:
    """Yield the addresses that are asked for news, each with the delay of its source."""
    for source in sources:
        for url in (*source.feeds, *source.sitemaps):
            yield url, default if source.delay is None else source.delay
