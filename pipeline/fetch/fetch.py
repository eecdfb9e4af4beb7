"""Fetch what was discovered and archive what came: one `Fetch` row for every item, whatever happens to it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from aiohttp.abc import AbstractResolver

from pipeline.captures import FETCHED
from pipeline.config import Settings
from pipeline.errors import Reject, Transient
from pipeline.fetch.client import Client, jitter, user_agent
from pipeline.fetch.exchange import Answer, Exchange, is_retryable
from pipeline.fetch.failures import UNANSWERED, TooSlow
from pipeline.fetch.local import Document, is_local, parse_record, read_documents
from pipeline.fetch.rows import as_before, clean_url, fetch_row, judge_page, located, page_row, record_url
from pipeline.fetch.schedule import Job, Schedule
from pipeline.fetch.segments import ArchiveWriter, Location
from pipeline.fetch.verdict import PAGE_TYPES, Outcome, Validator, body_outcome
from pipeline.records import Discovered, Fetch
from pipeline.store import Store
from pipeline.urls import url_id

Progress = Callable[[int, int], None]


def fetch(
    items: Sequence[Discovered],
    *,
    settings: Settings,
    store: Store,
    archive_prefix: str,
    validators: Mapping[str, Validator] | None = None,
    progress: Progress | None = None,
    delays: Mapping[str, float] | None = None,
    resolver: AbstractResolver | None = None,
) -> list[Fetch]:
    """Fetch and archive every item; returns one row an item, in their order.

    `validators` by `url_id` make requests conditional, `delays` by source id are in seconds, `progress` is called with the
    number of items done and of all. `resolver` stands in for the system's DNS.
    """
    with ArchiveWriter(store, archive_prefix, software=user_agent(settings)) as archive:
        run = _Run(items, settings, archive, validators or {}, progress)
        run.read_local()
        asyncio.run(run.fetch_remote(delays or {}, resolver))
        archive.finish()
        return run.rows()


class _Run:
    """The state of one call of `fetch`."""

    def __init__(
        self,
        items: Sequence[Discovered],
        settings: Settings,
        archive: ArchiveWriter,
        validators: Mapping[str, Validator],
        progress: Progress | None,
    ) -> None:
        self._items = items
        self._settings = settings
        self._archive = archive
        self._validators = validators
        self._progress = progress
        self._results: dict[int, tuple[Fetch, Location | None]] = {}

    def rows(self) -> list[Fetch]:
        """Return the finished rows, with the names that the archive's files have by now."""
        return [located(*self._results[number]) for number in range(len(self._items))]

    async def fetch_remote(self, delays: Mapping[str, float], resolver: AbstractResolver | None) -> None:
        jobs = []
        for number, item in enumerate(self._items):
            if number in self._results:
                continue
            if clean_url(item.url) is None:
                self._keep_unarchived(number, fetch_row(item, Outcome("bad_url", detail="not an http(s) URL"), datetime.now(UTC)))
            else:
                jobs.append(Job(number, item))
        if not jobs:
            return
        async with Client(self._settings, resolver) as client:
            client.pacer.set_delays((job.item.url, delays.get(job.item.source_id, self._settings.delay)) for job in jobs)
            self._client = client
            schedule = Schedule(jobs, client.pacer, self._settings.connections)
            await schedule.run(self._attempt, self._give_up, self._settings.fetch_deadline)

    async def _attempt(self, job: Job) -> float | None:
        """Try one item once; returns None when its row is made, or the seconds to wait before it is tried again."""
        job.attempts += 1
        last = job.attempts >= self._settings.attempts
        try:
            answer = await self._client.get(job.item.url, headers=self._conditions(job.item), types=PAGE_TYPES)
            if is_retryable(answer.exchange.status) and not last:
                return jitter(job.item.url, job.attempts)
            self._answered(job, answer)
        except Transient as error:
            if error.code in UNANSWERED and not isinstance(error, TooSlow) and not last:
                return jitter(job.item.url, job.attempts)
            self._give_up(job, error)
        except Reject as error:
            self._failed(job, Outcome(error.code, False, error.detail))
        return None

    def _conditions(self, item: Discovered) -> tuple[tuple[str, str], ...]:
        validator = self._validator(item)
        return validator.headers if validator else ()

    def _validator(self, item: Discovered) -> Validator | None:
        return self._validators.get(url_id(item.url)) if self._validators else None

    def _give_up(self, job: Job, error: Transient) -> None:
        self._failed(job, Outcome(error.code, True, error.detail))

    def _failed(self, job: Job, outcome: Outcome) -> None:
        self._keep_unarchived(job.number, fetch_row(job.item, outcome, datetime.now(UTC), attempts=max(1, job.attempts)))

    def _answered(self, job: Job, answer: Answer) -> None:
        """Judge the answer, archive it and keep its row."""
        exchange, validator = answer.exchange, self._validator(job.item)
        row = page_row(job.item, exchange, redirects=answer.redirects, attempts=job.attempts)
        known = validator is not None and validator.raw_ref is not None
        if known and exchange.status == 304:
            self._unchanged(job.number, row, exchange, same_digest=False)
            return
        row = judge_page(row, exchange, self._settings.max_body_bytes)
        if known and row.outcome == FETCHED and validator is not None and row.digest == validator.digest:
            self._unchanged(job.number, row, exchange, same_digest=True)
            return
        self._keep(job.number, row, self._archive.add_response(exchange, row))

    def _unchanged(self, number: int, row: Fetch, exchange: Exchange, *, same_digest: bool) -> None:
        """Archive a revisit; the row keeps pointing to the page as it was archived the first time."""
        validator = self._validator(self._items[number])
        assert validator is not None
        row = as_before(row, validator)
        self._archive.add_revisit(exchange, row, same_digest=same_digest)
        self._keep(number, row, None)

    def _keep_unarchived(self, number: int, row: Fetch) -> None:
        self._archive.add_row(row)
        self._keep(number, row, None)

    def _keep(self, number: int, row: Fetch, location: Location | None) -> None:
        self._results[number] = (row, location)
        if self._progress is not None:
            self._progress(len(self._results), len(self._items))

    def read_local(self) -> None:
        """Archive the local documents, each file opened once."""
        numbered = [(item.url.partition("#")[0], number) for number, item in enumerate(self._items) if is_local(item.url)]
        for url, group in groupby(sorted(numbered), key=lambda pair: pair[0]):
            self._read_file(url, [number for _, number in group])

    def _read_file(self, url: str, numbers: list[int]) -> None:
        waiting: dict[str, list[int]] = {}
        for number in numbers:
            waiting.setdefault(self._items[number].url, []).append(number)
        lines = [int(name.rpartition("#")[2]) for name in waiting if name.rpartition("#")[2].isdigit()]
        missing = Outcome("no_such_file", detail=f"{url} has no such record")
        try:
            for document in read_documents(url, self._settings.max_body_bytes, lines or None):
                for number in waiting.pop(document.url, ()):
                    self._keep_document(number, document)
        except (Reject, Transient) as error:
            missing = Outcome(error.code, isinstance(error, Transient), error.detail)
        for left in waiting.values():
            for number in left:
                self._keep_unarchived(number, fetch_row(self._items[number], missing, datetime.now(UTC)))

    def _keep_document(self, number: int, document: Document) -> None:
        item, now = self._items[number], datetime.now(UTC)
        if document.content is None:
            limit = self._settings.max_body_bytes
            self._keep_unarchived(number, fetch_row(item, Outcome("too_large", detail=f"more than {limit} bytes"), now))
            return
        outcome, final_url = _judge_document(item, document)
        digest = hashlib.sha256(document.content).hexdigest()
        base = fetch_row(
            item,
            outcome or Outcome(FETCHED),
            now,
            final_url=final_url,
            content_type=document.content_type,
            digest=digest,
            body_bytes=len(document.content),
        )
        validator = self._validator(item)
        if outcome is None and validator and validator.raw_ref and validator.digest == digest:
            self._keep_unarchived(number, as_before(base, validator))
            return
        location = self._archive.add_resource(document.url, document.content, document.content_type, now, base)
        self._keep(number, base, location)


def _judge_document(item: Discovered, document: Document) -> tuple[Outcome | None, str]:
    """Return why a local document cannot be used, or None, and the URL that it stands for."""
    content = document.content or b""
    if document.content_type != "application/json":
        return body_outcome(content, document.content_type), item.url
    try:
        record = parse_record(content)
    except Reject as error:
        return Outcome(error.code, False, error.detail), item.url
    return None, record_url(record.get("url")) or item.url
