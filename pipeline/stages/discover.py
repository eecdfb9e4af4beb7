"""Find tonight's new URLs and documents, and divide them among the shards by site."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.captures import LEFT_OVER
from pipeline.errors import Transient
from pipeline.records import Discovered, Rejected, StageReport
from pipeline.runs import WHOLE, Run, dates_of, shard_count
from pipeline.stages.common import logged, url_states, warehouse_of, with_dates
from pipeline.store import Partition, PartitionWriter, Store, read_manifest, read_records
from pipeline.urls import shard_of, url_id

if TYPE_CHECKING:
    from pipeline.fetch.discover import Discovery
    from pipeline.sources import Source
    from pipeline.warehouse import UrlState

logger = logging.getLogger(__name__)

# A page that changes does so within hours of its publication; afterwards a rare look is enough.
REFETCH_AFTER_DAYS = (1, 3, 7, 30)
# Feeds move on within hours: what failed for a reason that may pass is tried again for so long, though nothing lists it any more.
AGAIN_DAYS = 3


def discover(run: Run) -> StageReport:
    """Find tonight's new URLs and documents, and divide them among the shards by site."""
    from pipeline.fetch.discover import discover as read_sources
    from pipeline.fetch.freshness import silent_sources

    earlier, later = _nights_around(run)
    whole = run.sources
    if later:
        run = dataclasses.replace(run, sources=_still_to_read(run))
    found = read_sources(run.sources, run.settings, today=run.day)
    _refuse_silence(whole, found)  # what a night has of the others, read before, is no silence
    items = [*found.items, *_failed_before(run, found.items)]
    states = url_states(run, items)
    news = {source.id: 0 for source in run.sources}
    fresh: list[Discovered] = []
    per_source: Counter[str] = Counter()
    outcomes: dict[str, Counter[str]] = {source.id: Counter() for source in run.sources}
    for item in items:
        state = states.get(url_id(item.url))
        news[item.source_id] += state is None
        outcome = _wanted(item, state, run, per_source)
        outcomes[item.source_id][outcome] += 1
        if outcome == "new":
            fresh.append(item)
    # What a source lists now says nothing of whether it was silent in a night that is made up for after others.
    silent = [] if later else silent_sources(run.sources, news, _news_of(run, earlier), found.rejected)
    rejected = [*found.rejected, *silent]
    for reject in rejected:
        outcomes[reject.source_id][reject.reason] += 1
    return _commit_discovered(run, fresh, rejected, outcomes, {"news": news, "answered": _answered(run.sources, found)})


def _answered(sources: Sequence[Source], found: Discovery) -> dict[str, bool]:
    """Return of each source whether a feed or sitemap of it could be asked; never so where it has none."""
    from pipeline.fetch.rows import shown_url

    failed = {reject.url for reject in found.rejected if reject.retryable}
    return {source.id: not failed.issuperset(map(shown_url, (*source.feeds, *source.sitemaps))) for source in sources}


def _failed_before(run: Run, listed: Iterable[Discovered]) -> list[Discovered]:
    """Return what failed in the last nights, is due again and is not listed any more by the sources of this run."""
    from pipeline.warehouse import failed_finds

    sources = {source.id: source for source in run.sources}
    failed = failed_finds(warehouse_of(run), run.day - timedelta(days=AGAIN_DAYS), run.day)
    if not failed:
        return []
    here = {url_id(item.url) for item in listed}
    gone = [(night, item) for night, item in failed if url_id(item.url) not in here and item.source_id in sources]
    states = url_states(run, (item for _, item in gone))
    due = (
        (night, item)
        for night, item in gone
        if (state := states.get(url_id(item.url))) and not state.last_success_date and _due(state, run.day)
    )
    return with_dates(run, ((night, item) for night, item in due if sources[item.source_id].wants(item.url)))


def _refuse_silence(sources: Sequence[Source], found: Discovery) -> None:
    """Raise `Transient` when nothing was found because no source could be read just now.

    It is this side then that cannot be reached or cannot reach anybody: a night that goes on would be empty, and a success.
    """
    failed = {reject.source_id for reject in found.rejected if reject.retryable}
    if found.items or not failed or {source.id for source in sources} != failed:
        return
    reasons = Counter(reject.reason for reject in found.rejected)
    first = found.rejected[0]
    raise Transient(
        "nothing_read",
        f"none of the {len(failed)} sources could be read ({', '.join(f'{n} {reason}' for reason, n in reasons.most_common(5))}), "
        f"as {first.url}: {first.detail}. Look at this machine's network, DNS and proxy, then run the night again",
    )


def _still_to_read(run: Run) -> tuple[Source, ...]:
    """Return the sources of a night that others followed which it has still to read, and tell the log of the rest.

    What was found then stands: what a source lists by now is the news of another night. One that failed then is asked once more,
    and so is one with files, since a folder may be filled whenever.
    """
    store, partition = run.store(), Partition("discover", run.run_date, WHOLE)
    manifest = read_manifest(store, partition)
    read = manifest.extra.get("news", {}) if manifest is not None else {}
    rejects = read_records(store, partition, Rejected, "rejects")
    failed = {reject.source_id for reject in rejects if reject.reason not in ("silent", "bad_url")}
    chosen = tuple(source for source in run.sources if source.files or source.id in failed or source.id not in read)
    if left_out := len(run.sources) - len(chosen):
        logger.warning(
            "the night of %s was read before, and others followed it: %d of %d sources are not asked again for what they list now",
            run.run_date, left_out, len(run.sources),
        )  # fmt: skip
    if unread := sum(1 for source in chosen if source.id not in read and (source.feeds or source.sitemaps)):
        logger.warning(
            "the night of %s comes after others that followed it, and %d of its sources were not read then:"
            " what they list now is filed under its date",
            run.run_date, unread,
        )  # fmt: skip
    return chosen


def _nights_around(run: Run) -> tuple[list[str], list[str]]:
    """Return the nights before and those after this one whose sources were read."""
    dates = dates_of(run.store(), "discover")
    return [day for day in dates if day < run.run_date], [day for day in dates if day > run.run_date]


def _news_of(run: Run, earlier: Sequence[str]) -> list[Mapping[str, int]]:
    """Return how many new pages each source brought in the earlier runs, the latest first."""
    from pipeline.fetch.freshness import REMEMBERED_RUNS

    store = run.store()
    dates = earlier[-REMEMBERED_RUNS:]
    manifests = (read_manifest(store, Partition("discover", day, WHOLE)) for day in reversed(dates))
    return [manifest.extra.get("news", {}) for manifest in manifests if manifest is not None]


def _wanted(item: Discovered, state: UrlState | None, run: Run, per_source: Counter[str]) -> str:
    if state is not None and item.via != "file" and not _due(state, run.day):
        return "known"
    if run.page_limit is not None and per_source[item.source_id] >= run.page_limit:
        return "over_limit"
    per_source[item.source_id] += 1
    return "new"


def _due(state: UrlState, today: date) -> bool:
    """Say whether a URL known from an earlier night is to be looked at again; what a night had no time for, in the next one."""
    if state.last_outcome == LEFT_OVER:
        return state.last_fetch_date < today
    ages = (state.first_seen_date + timedelta(days=age) for age in REFETCH_AFTER_DAYS)
    return any(state.last_fetch_date < due <= today for due in ages)


def _commit_discovered(
    run: Run,
    fresh: Sequence[Discovered],
    rejected: Sequence[Rejected],
    outcomes: Mapping[str, Counter[str]],
    told: Mapping[str, Mapping[str, Any]],
) -> StageReport:
    """Commit what was found, beside what the date holds of sources that this run leaves out; returns the report of this run.

    `told` is for the manifest: by name, something of each source.
    """
    store = run.store()
    shards = shard_count(run, store)
    asked = {source.id: source for source in run.sources}
    by_shard = sorted(fresh, key=lambda item: (shard_of(item.site, shards), item.url))
    for shard, items in groupby(by_shard, key=lambda item: shard_of(item.site, shards)):
        commit_shard(run, store, shard, items, asked)
    partition = Partition("discover", run.run_date, WHOLE)
    with store.lock(partition.prefix):
        manifest = read_manifest(store, partition)
        before = manifest.extra if manifest else {}
        kept = [reject for reject in read_records(store, partition, Rejected, "rejects") if reject.source_id not in asked]
        told = {**told, "outcomes": {name: dict(counts) for name, counts in outcomes.items()}}
        merged = {name: before.get(name, {}) | dict(by_source) for name, by_source in told.items()}
        writer = PartitionWriter(store, partition)
        writer.write("rejects", Rejected, [*kept, *rejected])
        writer.commit(_report(run, merged["outcomes"]), {"shards": shards, **merged})
    return logged(_report(run, outcomes))


def _report(run: Run, outcomes: Mapping[str, Mapping[str, int]]) -> StageReport:
    total: Counter[str] = Counter()
    for counts in outcomes.values():
        total.update(counts)
    return StageReport("discover", run.run_date, WHOLE, total.total(), dict(total))


def commit_shard(
    run: Run, store: Store, shard: str, items: Iterable[Discovered], asked: Mapping[str, Source] = MappingProxyType({})
) -> None:
    """Write a shard's part of the discovered beside what is there already.

    A source that is `asked` again may list other pages by now; those that it had then and still wants are yet to be fetched, where
    the night was killed. What its folders held is read anew.
    """
    partition = Partition("discover", run.run_date, shard)
    with store.lock(partition.prefix):
        before = list(read_records(store, partition, Discovered))
        own = (item for item in before if item.via != "file" and item.source_id in asked and asked[item.source_id].wants(item.url))
        others = (item for item in before if item.source_id not in asked)
        merged = {url_id(item.url): item for item in (*own, *items, *others)}
        writer = PartitionWriter(store, partition)
        rows = writer.write("part", Discovered, sorted(merged.values(), key=lambda item: item.url))
        writer.commit(StageReport("discover", run.run_date, shard, rows, {"new": rows}))
