"""A run, and what its store holds: which shards have work, what each stage did, the records of all shards of a date."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pipeline.captures import SUCCEEDED
from pipeline.config import NOT_HASHED, Settings
from pipeline.errors import ConfigError
from pipeline.records import Discovered, Fetch, Rejected, StageReport
from pipeline.sources import Source
from pipeline.store import Partition, Store, open_store, read_batches, read_manifest, read_records, shards_of

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

STAGES = ("discover", "fetch", "extract", "clean", "dedup", "load", "publish")
SHARDED = ("fetch", "extract", "clean")
WHOLE = "all"  # the shard of what is not divided
LABEL_SITES = 3
LONGEST_LABEL = 250  # characters that Airflow has room for; PostgreSQL takes no longer one, and the task never succeeds
DAYS_AHEAD = 2  # the check `night_is_fresh` lets the pages of a night be so much older than it

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One night's work: what is read, for which date, and with which settings.

    `page_limit` is per source. `scratch` stands in for the store where a run is only tried.
    """

    run_date: str
    settings: Settings
    sources: tuple[Source, ...] = ()
    page_limit: int | None = None
    scratch: Store | None = None

    @property
    def run_id(self) -> str:
        """The id in the warehouse: made of the date alone, so that a second run of a night is the same run."""
        return f"nightly-{self.run_date}"

    @property
    def config_hash(self) -> str:
        """12 hex digits that change when anything changes that can change what the run makes. No secret goes in."""
        kept = {k: v for k, v in dataclasses.asdict(self.settings).items() if k not in NOT_HASHED}
        text = repr((sorted(kept.items()), sorted(map(repr, self.sources))))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def day(self) -> date:
        """The run's date."""
        return date.fromisoformat(self.run_date)

    def store(self) -> Store:
        """Open the run's store."""
        return self.scratch or open_store(self.settings.store)


def shard_count(run: Run, store: Store) -> int:
    """Return the number of shards of the date: once begun it stays, so that a page never gets two owners."""
    manifest = read_manifest(store, Partition("discover", run.run_date, WHOLE))
    return int(manifest.extra["shards"]) if manifest else run.settings.shards


def shards_to_do(run: Run, stage: str = "fetch") -> list[str]:
    """Return the shards that have work for a stage: those discovered tonight, and those that hold pages of the date already."""
    store = run.store()
    before = {"fetch": ("discover", "fetch"), "extract": ("fetch",), "clean": ("extract",)}[stage]
    return sorted({shard for earlier in before for shard in shards_of(store, earlier, run.run_date)} - {WHOLE})


def check_begun(settings: Settings, run_date: str, first: str) -> None:
    """Raise `ConfigError` when a run is to begin with a stage for which the date has nothing: it would load an empty night."""
    earlier = STAGES[: STAGES.index(first)]
    if not earlier:
        return
    store = open_store(settings.store)
    if any(shards_of(store, stage, run_date) for stage in earlier):
        return
    begun = sorted({day for stage in earlier for day in dates_of(store, stage)})
    held = f"the store holds {begun[0]} to {begun[-1]}" if begun else "the store holds no night yet"
    raise ConfigError(f"no night of {run_date} was begun, so it cannot go on from {first}: {held}; name one of these, or begin it")


def check_not_ahead(run_date: str, sources: Sequence[Source], first: str) -> None:
    """Raise `ConfigError` when pages of the web would be fetched for a night that lies ahead.

    It would be the newest one for as long, and nothing would be published meanwhile.
    """
    last = datetime.now(UTC).date() + timedelta(days=DAYS_AHEAD)
    of_the_web = any(source.feeds or source.sitemaps or source.urls for source in sources)
    if first in ("discover", "fetch") and of_the_web and date.fromisoformat(run_date) > last:
        raise ConfigError(
            f"run_date: the night of {run_date} lies ahead, and what is fetched now is none of its pages;"
            f" name one up to {last}, or none"
        )


def shard_label(run: Run, shard: str) -> str:
    """Return the sites of a shard in words: the label of its tasks in the Airflow UI."""
    store = run.store()
    sites = sorted({item.site for item in read_records(store, Partition("discover", run.run_date, shard), Discovered)})
    if not sites:  # of an imported archive
        sites = sorted({row.site for row in read_records(store, Partition("fetch", run.run_date, shard), Fetch)})
    named = ", ".join(sites[:LABEL_SITES])
    label = f"{shard}: {named} and {len(sites) - LABEL_SITES} more" if len(sites) > LABEL_SITES else f"{shard}: {named}"
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def dates_of(store: Store, stage: str) -> list[str]:
    """Return the dates for which a stage was committed, sorted."""
    prefix = f"stage={stage}/date="
    return sorted({key[len(prefix) :].split("/")[0] for key in store.list(prefix)})


def records_of(store: Store, stage: str, run_date: str, record: type[R], name: str = "part") -> Iterator[R]:
    """Yield one table of a stage over all its shards of a date."""
    for shard in shards_of(store, stage, run_date):
        yield from read_records(store, Partition(stage, run_date, shard), record, name)


def batches_of(store: Store, stage: str, run_date: str) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a stage over all its shards of a date, as Arrow batches."""
    for shard in shards_of(store, stage, run_date):
        yield from read_batches(store, Partition(stage, run_date, shard))


def rejects_of(store: Store, run_date: str) -> Iterator[Rejected]:
    """Yield everything that the stages of a date put into the quarantine."""
    for stage in ("discover", "extract", "clean"):
        yield from records_of(store, stage, run_date, Rejected, "rejects")
    for row in records_of(store, "fetch", run_date, Fetch):
        if row.outcome not in SUCCEEDED:
            yield Rejected(row.url, row.source_id, row.site, "fetch", row.outcome, row.detail, row.retryable, row.raw_ref)


def sources_read(store: Store, run_date: str) -> list[str]:
    """Return the ids of the sources that were asked for news on a date."""
    manifest = read_manifest(store, Partition("discover", run_date, WHOLE))
    return sorted(manifest.extra.get("news", {})) if manifest else []


def is_whole(run: Run, night: str) -> bool:
    """Say whether what a night brought can be held against other nights.

    Not while runs of it are to come, nor where a page limit cut it short, nor where it did not ask every source that the last night
    before it asked: it is one of pages that were tried again, of an imported archive or of some sources.
    """
    store = run.store()
    found = read_manifest(store, Partition("discover", night, WHOLE))
    if is_growing(run.settings, night) or (found is not None and "over_limit" in found.report.outcomes):
        return False
    earlier = (sources_read(store, day) for day in reversed(dates_of(store, "discover")) if day < night)
    return set(next(filter(None, earlier), ())) <= set(sources_read(store, night))


def is_growing(settings: Settings, night: str, now: datetime | None = None) -> bool:
    """Say whether the schedule has several runs for a night and the last of them is not due yet.

    A run has the day on which its interval begins, and is due when that ends, as the next one begins.
    """
    from croniter import croniter

    day = date.fromisoformat(night)
    times = croniter(settings.schedule, datetime.combine(day, time(), ZoneInfo(settings.timezone)) - timedelta(seconds=1))
    runs, due = 0, times.get_next(datetime)
    while due.date() == day:
        runs, due = runs + 1, times.get_next(datetime)
    return runs > 1 and (now or datetime.now(UTC)) < due


def reports_of(store: Store, run_date: str) -> Iterator[StageReport]:
    """Yield the reports of a date's stages before the load."""
    for stage in ("discover", *SHARDED, "dedup"):
        for shard in shards_of(store, stage, run_date):
            if stage == "discover" and shard != WHOLE:
                continue  # the report of the whole counts the shards' rows, as new
            manifest = read_manifest(store, Partition(stage, run_date, shard))
            if manifest:
                yield manifest.report


def funnel(run: Run) -> dict[str, dict[str, int]]:
    """Return the outcomes of each stage of the night, summed over its shards."""
    total: dict[str, Counter[str]] = {}
    for report in reports_of(run.store(), run.run_date):
        total.setdefault(report.stage, Counter()).update(report.outcomes)
    return {stage: dict(outcomes.most_common()) for stage, outcomes in total.items()}


def counts(run: Run) -> dict[str, Any]:
    """Return what came of a night in five numbers, for those who wait for it."""
    stages = {stage: Counter(outcomes) for stage, outcomes in funnel(run).items()}
    dedup = stages.get("dedup", Counter())
    return {
        "run_date": run.run_date,
        "pages": stages.get("fetch", Counter()).total(),
        "articles": stages.get("clean", Counter())["kept"],
        "stories": dedup["unique"] + dedup["canonical"],
        "copies": dedup["copy"],
        "rejects": sum(1 for _ in rejects_of(run.store(), run.run_date)),
    }


def log_funnel(run: Run) -> dict[str, dict[str, int]]:
    """Log what each stage of the night made of what it saw, a line a stage, and return it."""
    stages = funnel(run)
    for stage, outcomes in stages.items():
        logger.info("%-9s %6d seen: %s", stage, sum(outcomes.values()), ", ".join(f"{n} {name}" for name, n in outcomes.items()))
    return stages
