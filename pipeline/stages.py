"""The stages of a night: discover > fetch > extract > clean > dedup > load > publish.

Each is a function of a `Run` (and a shard, where the work is divided): it reads the partitions of the stage before it and
commits its own, so it can be killed at any moment and run again. Airflow and the command line call the same functions.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TypeVar

import pipeline
from pipeline.config import Settings, Source, config_hash
from pipeline.errors import Fatal, Reject
from pipeline.records import Article, Discovered, Fetch, Rejected, Reuse, SiteLine, StageReport, StoryMember
from pipeline.store import Partition, PartitionWriter, Store, open_store, read_manifest, read_records, shards_of
from pipeline.urls import shard_of, url_id

logger = logging.getLogger(__name__)

STAGES = ("discover", "fetch", "extract", "clean", "dedup", "load", "publish")
SHARDED = ("fetch", "extract", "clean")
LABEL_SITES = 3
FETCHED = ("fetched", "not_modified")

# A page that changes does so within hours of its publication; afterwards a rare look is enough.
REFETCH_AFTER_DAYS = (1, 3, 7, 30)

# Below this many pages a share of failures says nothing.
BUDGET_FLOOR = 20

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
    def day(self) -> date:
        """The run's date."""
        return date.fromisoformat(self.run_date)

    def store(self) -> Store:
        """Open the run's store."""
        return self.scratch or open_store(self.settings.store)


def discover(run: Run) -> StageReport:
    """Find tonight's new URLs and documents, and divide them among the shards by site."""
    from pipeline.fetch.discover import discover as read_sources

    found = read_sources(run.sources, run.settings)
    states = _url_states(run)
    outcomes: Counter[str] = Counter(rejected.reason for rejected in found.rejected)
    fresh: list[Discovered] = []
    per_source: Counter[str] = Counter()
    for item in found.items:
        outcome = _wanted(item, states, run, per_source)
        outcomes[outcome] += 1
        if outcome == "new":
            fresh.append(item)
    return _commit_discovered(run, fresh, found.rejected, outcomes)


def _wanted(item: Discovered, states: Mapping[str, object], run: Run, per_source: Counter[str]) -> str:
    state = states.get(url_id(item.url))
    if state is not None and not _due(state, run.day):
        return "known"
    if run.page_limit is not None and per_source[item.source_id] >= run.page_limit:
        return "over_limit"
    per_source[item.source_id] += 1
    return "new"


def _due(state: object, today: date) -> bool:
    """Say whether a URL known from an earlier night is to be looked at again."""
    first, last = date.fromisoformat(state.first_seen_date), date.fromisoformat(state.last_fetch_date)  # type: ignore[attr-defined]
    return any(last < first + timedelta(days=age) <= today for age in REFETCH_AFTER_DAYS)


def _commit_discovered(run: Run, fresh: Sequence[Discovered], rejected: Sequence[Rejected], outcomes: Counter[str]) -> StageReport:
    store = run.store()
    shards = _shard_count(run, store)
    by_shard = sorted(fresh, key=lambda item: (shard_of(item.site, shards), item.url))
    for shard, items in groupby(by_shard, key=lambda item: shard_of(item.site, shards)):
        partition = Partition("discover", run.run_date, shard)
        with store.lock(partition.prefix):
            writer = PartitionWriter(store, partition)
            rows = writer.write("part", Discovered, items)
            writer.commit(StageReport("discover", run.run_date, shard, rows, {"new": rows}))
    partition = Partition("discover", run.run_date)
    with store.lock(partition.prefix):
        writer = PartitionWriter(store, partition)
        writer.write("rejects", Rejected, rejected)
        report = StageReport("discover", run.run_date, partition.shard, sum(outcomes.values()), outcomes)
        writer.commit(report, {"shards": shards})
    _log(report)
    return report


def _shard_count(run: Run, store: Store) -> int:
    """Return the number of shards of the date: once begun it stays, so that a page never gets two owners."""
    manifest = read_manifest(store, Partition("discover", run.run_date))
    return int(manifest.extra["shards"]) if manifest else run.settings.shards


def fetch(run: Run, shard: str, again: Collection[str] = ()) -> StageReport:
    """Fetch what the shard lacks. Pages archived for this date stay; `again` names URL ids to fetch once more all the same."""
    from pipeline.fetch.fetch import fetch as fetch_pages

    store, partition = run.store(), Partition("fetch", run.run_date, shard)
    with store.lock(partition.prefix):
        kept = {url_id(row.url): row for row in read_records(store, partition, Fetch)}
        wanted = list(read_records(store, Partition("discover", run.run_date, shard), Discovered))
        todo = [item for item in wanted if _to_fetch(kept.get(url_id(item.url)), again, url_id(item.url))]
        rows = fetch_pages(
            todo,
            settings=run.settings,
            store=store,
            archive_prefix=f"raw/dt={run.run_date}/shard={shard}",
            validators=_validators(run, todo),
            delays={source.id: source.delay for source in run.sources if source.delay is not None},
        )
        kept |= {url_id(row.url): row for row in rows}
        return _commit_fetches(store, partition, list(kept.values()))


def fetch_again(run: Run, rejects: Iterable[Rejected]) -> None:
    """Fetch rejected pages once more as part of this night, whatever became of them before."""
    shards = _shard_count(run, run.store())
    by_shard = _grouped(rejects, lambda reject: shard_of(reject.site, shards))
    for shard, members in sorted(by_shard.items()):
        items = [Discovered(r.url, r.source_id, r.site, "file" if r.url.startswith("file:") else "list") for r in members]
        _add_to_discovered(run, shard, items)
        fetch(run, shard, again={url_id(item.url) for item in items})


def _add_to_discovered(run: Run, shard: str, items: Iterable[Discovered]) -> None:
    store, partition = run.store(), Partition("discover", run.run_date, shard)
    with store.lock(partition.prefix):
        known = {url_id(item.url): item for item in read_records(store, partition, Discovered)}
        merged = {url_id(item.url): item for item in items} | known
        writer = PartitionWriter(store, partition)
        rows = writer.write("part", Discovered, sorted(merged.values(), key=lambda item: item.url))
        writer.commit(StageReport("discover", run.run_date, shard, rows, {"new": rows}))


def add_fetches(run: Run, rows: Iterable[Fetch]) -> None:
    """File pages that were fetched elsewhere (an imported archive) under this night."""
    store = run.store()
    shards = _shard_count(run, store)
    for shard, members in sorted(_grouped(rows, lambda row: shard_of(row.site, shards)).items()):
        partition = Partition("fetch", run.run_date, shard)
        with store.lock(partition.prefix):
            kept = {url_id(row.url): row for row in read_records(store, partition, Fetch)}
            kept |= {url_id(row.url): row for row in members}
            _commit_fetches(store, partition, kept.values())


def _to_fetch(row: Fetch | None, again: Collection[str], identity: str) -> bool:
    return row is None or row.retryable or identity in again


def _commit_fetches(store: Store, partition: Partition, rows: Iterable[Fetch]) -> StageReport:
    ordered = sorted(rows, key=lambda row: row.url)
    writer = PartitionWriter(store, partition)
    writer.write("part", Fetch, ordered)
    writer.write("rejects", Rejected, (_rejected_fetch(row) for row in ordered if row.outcome not in FETCHED))
    report = StageReport("fetch", partition.run_date, partition.shard, len(ordered), Counter(row.outcome for row in ordered))
    writer.commit(report, {"sites": sorted({row.site for row in ordered})})
    _log(report)
    return report


def _rejected_fetch(row: Fetch) -> Rejected:
    return Rejected(row.url, row.source_id, row.site, "fetch", row.outcome, row.detail, row.retryable, row.raw_ref)


def extract(run: Run, shard: str) -> StageReport:
    """Take the article out of each fetched page; what is no article goes to the quarantine with its reason and raw page."""
    from pipeline.extract.pool import ExtractPool

    store, partition = run.store(), Partition("extract", run.run_date, shard)
    with store.lock(partition.prefix):
        fetches = [f for f in read_records(store, Partition("fetch", run.run_date, shard), Fetch) if f.outcome == "fetched"]
        articles: dict[str, Article] = {}
        rejected: list[Rejected] = []
        outcomes: Counter[str] = Counter()
        with ExtractPool.from_settings(run.settings) as pool:
            for row, result in zip(fetches, pool.map(_pages(store, fetches)), strict=True):
                outcome = _sort_out(row, result, articles, rejected)
                outcomes[outcome] += 1
        writer = PartitionWriter(store, partition)
        writer.write("part", Article, sorted(articles.values(), key=lambda article: article.article_id))
        writer.write("rejects", Rejected, rejected)
        report = StageReport("extract", run.run_date, shard, len(fetches), outcomes)
        writer.commit(report)
    _log(report)
    return report


def _sort_out(row: Fetch, result: Article | Reject, articles: dict[str, Article], rejected: list[Rejected]) -> str:
    """File one result of extraction and return its outcome."""
    if isinstance(result, Reject) or result.page_kind != "article":
        reason, detail = (result.code, result.detail) if isinstance(result, Reject) else (result.page_kind, result.kind_reason)
        rejected.append(Rejected(row.url, row.source_id, row.site, "extract", reason, detail, False, row.raw_ref))
        return reason
    known = articles.get(result.article_id)
    if known is None or _freshness(result) > _freshness(known):
        articles[result.article_id] = result
    return "article" if known is None else "same_article"


def _freshness(article: Article) -> tuple[str, str]:
    return (article.fetched_at.isoformat() if article.fetched_at else "", article.url or "")


def clean(run: Run, shard: str) -> StageReport:
    """Label what is not the article's own: by line rules, by the site's recurring lines, at the edges."""
    from pipeline.clean import clean_site

    store, partition = run.store(), Partition("clean", run.run_date, shard)
    with store.lock(partition.prefix):
        by_site = _grouped(read_records(store, Partition("extract", run.run_date, shard), Article), lambda article: article.site)
        lines = _grouped(_site_lines_before(store, run.run_date, shard), lambda line: line.site)
        cleaned: list[Article] = []
        learned: list[SiteLine] = []
        for site in sorted(by_site.keys() | lines.keys()):
            articles, site_lines = clean_site(by_site.get(site, []), lines.get(site, []), run.run_date)
            cleaned += articles
            learned += site_lines
        kept = [article for article in cleaned if article.text]
        empty = [_emptied(article) for article in cleaned if not article.text]
        writer = PartitionWriter(store, partition)
        writer.write("part", Article, sorted(kept, key=lambda article: article.article_id))
        writer.write("site_lines", SiteLine, learned)
        writer.write("rejects", Rejected, empty)
        outcomes = Counter(kept=len(kept), no_text=len(empty))
        report = StageReport("clean", run.run_date, shard, len(cleaned), +outcomes)
        writer.commit(report)
    _log(report)
    return report


def _emptied(article: Article) -> Rejected:
    detail = "no line of the page was left after cleaning"
    return Rejected(article.url or "", article.source_id, article.site, "clean", "no_text", detail, False, article.raw_ref)


def _site_lines_before(store: Store, run_date: str, shard: str) -> Iterator[SiteLine]:
    """Yield what the shard had learned by the last night before `run_date`: the same answer however often a night is run."""
    prefix = "stage=clean/date="
    dates = sorted({key[len(prefix) :].split("/")[0] for key in store.list(prefix)})
    for earlier in reversed([d for d in dates if d < run_date]):
        partition = Partition("clean", earlier, shard)
        if read_manifest(store, partition) is not None:
            return read_records(store, partition, SiteLine, "site_lines")
    return iter(())


def dedup(run: Run) -> StageReport:
    """Group tonight's articles with the copies of the nights around it, and name where each passage came from."""
    from pipeline.dedup import Document, find_duplicates

    store, partition = run.store(), Partition("dedup", run.run_date)
    with store.lock(partition.prefix):
        tonight = {article.article_id: _document(article) for article in _articles(store, run.run_date)}
        window = {row.article_id: row for row in _window(run, tonight)}
        earlier = [Document(*(getattr(row, f) for f in _DOCUMENT_FIELDS)) for row in window.values()]
        result = find_duplicates([*tonight.values(), *earlier])
        touched = {member.story_id for member in result.members if member.article_id in tonight}
        members = [m for m in result.members if m.story_id in touched or _moved(m, window.get(m.article_id))]
        concerned = {member.article_id for member in members}
        writer = PartitionWriter(store, partition)
        writer.write("part", StoryMember, sorted(members, key=lambda member: member.article_id))
        writer.write("reuse", Reuse, (reuse for reuse in result.reuse if reuse.article_id in concerned))
        outcomes = Counter(member.relation for member in members if member.article_id in tonight)
        report = StageReport("dedup", run.run_date, partition.shard, len(tonight), outcomes)
        writer.commit(report, {"window": len(window)})
    _log(report)
    return report


_DOCUMENT_FIELDS = ("article_id", "url", "site", "title", "text", "published_at", "canonical_url", "wire_credit")


def load(run: Run) -> StageReport:
    """Load the night into the warehouse in one transaction; stops before it when too much of the night has failed."""
    from pipeline.warehouse import Night, open_warehouse, upgrade
    from pipeline.warehouse import load as load_night

    store = run.store()
    shards = shards_of(store, "clean", run.run_date)
    reports = list(_reports(store, run.run_date))
    check_error_budget(reports, run.settings.error_budget)
    loaded = sum(r.seen for r in reports if r.stage == "dedup")
    report = StageReport("load", run.run_date, "all", loaded, Counter(loaded=loaded))
    warehouse = open_warehouse(run.settings.warehouse_url, lock_timeout=run.settings.lock_timeout)
    upgrade(warehouse)
    result = load_night(
        warehouse,
        Night(
            run_id=run.run_id,
            run_date=run.run_date,
            code_version=pipeline.__version__,
            config_hash=config_hash(run.settings, run.sources),
            fetches=_all(store, "fetch", run.run_date, Fetch),
            articles=_articles(store, run.run_date),
            members=read_records(store, Partition("dedup", run.run_date), StoryMember),
            reuse=read_records(store, Partition("dedup", run.run_date), Reuse, "reuse"),
            rejected=_rejects(store, run.run_date),
            site_lines=(
                line for s in shards for line in read_records(store, Partition("clean", run.run_date, s), SiteLine, "site_lines")
            ),
            reports=[*reports, report],
        ),
    )
    logger.info("load %s: %s", run.run_date, result.counts)
    _log(report)
    return report


def check_error_budget(reports: Iterable[StageReport], budget: float) -> None:
    """Raise `Fatal` when more than `budget` of the night's pages failed; pages that are honestly no articles do not count."""
    not_failed = {*FETCHED, "article", "same_article", "index", "consent", "paywall", "other", "robots"}
    counts: Counter[str] = Counter()
    seen = 0
    for report in reports:
        if report.stage == "fetch":
            seen += report.seen
        if report.stage in ("fetch", "extract"):
            counts += Counter({k: n for k, n in report.outcomes.items() if k not in not_failed})
    failed = counts.total()
    if seen >= BUDGET_FLOOR and failed > budget * seen:
        worst = ", ".join(f"{n} {reason}" for reason, n in counts.most_common(5))
        raise Fatal(
            f"{failed} of {seen} pages failed ({worst}), more than the error budget of {budget:.0%}: nothing was loaded. "
            "Mend the source or raise COPYDESK_ERROR_BUDGET, then run the night again"
        )


def publish(run: Run) -> StageReport:
    """Check the warehouse, then write the files for analysts; a failed check leaves yesterday's files in place."""
    from pipeline.warehouse import open_warehouse
    from pipeline.warehouse import publish as publish_files

    warehouse = open_warehouse(run.settings.warehouse_url, lock_timeout=run.settings.lock_timeout)
    rows = publish_files(warehouse, run.settings.publish, run.run_date)
    report = StageReport("publish", run.run_date, "all", rows, Counter(published=rows))
    _log(report)
    return report


def run_stages(run: Run, first: str = STAGES[0], last: str = STAGES[-1], on_stage: Callable[[str], None] | None = None) -> None:
    """Run the stages from `first` to `last` in this process, shard after shard."""
    steps: dict[str, Callable[[], object]] = {
        "discover": lambda: discover(run),
        "dedup": lambda: dedup(run),
        "load": lambda: load(run),
        "publish": lambda: publish(run),
    }
    sharded: dict[str, Callable[[Run, str], object]] = {"fetch": fetch, "extract": extract, "clean": clean}
    for stage in STAGES[STAGES.index(first) : STAGES.index(last) + 1]:
        if on_stage:
            on_stage(stage)
        if stage in sharded:
            for shard in shards_to_do(run, stage):
                sharded[stage](run, shard)
        else:
            steps[stage]()


def shards_to_do(run: Run, stage: str = "fetch") -> list[str]:
    """Return the shards that have work for a stage: those discovered tonight, and those that hold pages of the date already."""
    store = run.store()
    before = {"fetch": ("discover", "fetch"), "extract": ("fetch",), "clean": ("extract",)}[stage]
    return sorted({s for earlier in before for s in shards_of(store, earlier, run.run_date)} - {"all"})


def shard_label(run: Run, shard: str) -> str:
    """Return the sites of a shard in words: the label of its tasks in the Airflow UI."""
    sites = sorted({item.site for item in read_records(run.store(), Partition("discover", run.run_date, shard), Discovered)})
    named = ", ".join(sites[:LABEL_SITES])
    return f"{shard}: {named} and {len(sites) - LABEL_SITES} more" if len(sites) > LABEL_SITES else f"{shard}: {named}"


def funnel(run: Run) -> dict[str, dict[str, int]]:
    """Return the outcomes of each stage of the night, summed over its shards."""
    total: dict[str, Counter[str]] = {}
    for report in _reports(run.store(), run.run_date):
        total.setdefault(report.stage, Counter()).update(report.outcomes)
    return {stage: dict(outcomes) for stage, outcomes in total.items()}


def _url_states(run: Run) -> Mapping[str, object]:
    from pipeline.warehouse import known_urls, open_warehouse, upgrade

    warehouse = open_warehouse(run.settings.warehouse_url, lock_timeout=run.settings.lock_timeout)
    upgrade(warehouse)
    return known_urls(warehouse, before=run.day)


def _validators(run: Run, items: Iterable[Discovered]) -> Mapping[str, object]:
    from pipeline.fetch.fetch import Validator

    states = _url_states(run)
    found = ((identity, states.get(identity)) for identity in (url_id(item.url) for item in items))
    return {i: Validator(s.etag, s.last_modified, s.digest, s.raw_ref) for i, s in found if s is not None}  # type: ignore[attr-defined]


def _pages(store: Store, fetches: Sequence[Fetch]) -> Iterator[object]:
    from pipeline.extract.page import PageInput
    from pipeline.fetch.archive import read_pages

    for row, page in zip(fetches, read_pages(store, fetches), strict=True):
        yield PageInput(
            url=page.final_url,
            source_id=row.source_id,
            site=row.site,
            body=page.body,
            content_type=row.content_type,
            language=row.language,
            raw_ref=row.raw_ref,
            fetched_at=row.fetched_at,
        )


def _document(article: Article) -> object:
    from pipeline.dedup import Document

    return Document(
        article.article_id,
        article.url,
        article.site,
        article.title,
        article.text,
        article.published_at,
        article.source_link or article.canonical_url,
        article.wire_credit,
    )


def _window(run: Run, tonight: Collection[str]) -> Iterator[object]:
    from pipeline.warehouse import open_warehouse, upgrade, window

    warehouse = open_warehouse(run.settings.warehouse_url, lock_timeout=run.settings.lock_timeout)
    upgrade(warehouse)
    days = timedelta(days=run.settings.window_days)
    return window(warehouse, run.day - days, run.day + days, exclude_ids=tonight)


def _moved(member: StoryMember, stored: object) -> bool:
    """Say whether an article of an earlier night stands elsewhere than the warehouse says."""
    if stored is None:
        return False
    now = (member.story_id, member.canonical_article_id, member.relation)
    return now != (stored.story_id, stored.canonical_article_id, stored.relation)  # type: ignore[attr-defined]


def _articles(store: Store, run_date: str) -> Iterator[Article]:
    return _all(store, "clean", run_date, Article)


def _rejects(store: Store, run_date: str) -> Iterator[Rejected]:
    for stage in ("discover", "fetch", "extract", "clean"):
        yield from _all(store, stage, run_date, Rejected, "rejects")


def _reports(store: Store, run_date: str) -> Iterator[StageReport]:
    for stage in ("discover", "fetch", "extract", "clean", "dedup"):
        for shard in shards_of(store, stage, run_date):
            if stage == "discover" and shard != "all":
                continue  # the shards' rows are those that the report of the whole counts as new
            manifest = read_manifest(store, Partition(stage, run_date, shard))
            if manifest:
                yield manifest.report


def _all(store: Store, stage: str, run_date: str, record: type[R], name: str = "part") -> Iterator[R]:
    for shard in shards_of(store, stage, run_date):
        yield from read_records(store, Partition(stage, run_date, shard), record, name)


def _grouped(records: Iterable[R], key: Callable[[R], str]) -> dict[str, list[R]]:
    groups: dict[str, list[R]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def _log(report: StageReport) -> None:
    counts = ", ".join(f"{n} {name}" for name, n in sorted(report.outcomes.items(), key=lambda item: -item[1]))
    logger.info("%s %s %s: %d seen: %s", report.stage, report.run_date, report.shard, report.seen, counts or "nothing")
