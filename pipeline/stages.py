"""The stages of a night: discover > fetch > extract > clean > dedup > load > publish.

Each is a function of a `Run` (and a shard, where the work is divided): it reads the partitions of the stage before it and
commits its own, so it can be killed at any moment and run again. Airflow and the command line call the same functions.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, TypeVar

import pipeline
from pipeline.captures import FETCHED
from pipeline.config import Settings, config_hash
from pipeline.errors import BudgetSpent, Fatal, Reject
from pipeline.filing import file_rows, raw_prefix, recover
from pipeline.progress import progress_log
from pipeline.records import Article, Discovered, Fetch, IndexPart, Rejected, Reuse, SiteLine, StageReport, StoryMember
from pipeline.runs import (
    STAGES,
    WHOLE,
    Run,
    batches_of,
    dates_of,
    records_of,
    rejects_of,
    reports_of,
    shard_count,
    shards_to_do,
    sources_read,
)
from pipeline.store import Partition, PartitionWriter, Store, read_batches, read_manifest, read_records, read_row_groups, shards_of
from pipeline.urls import shard_of, url_id

if TYPE_CHECKING:
    from pipeline.dedup import Document
    from pipeline.extract.page import PageInput
    from pipeline.fetch.fetch import Validator
    from pipeline.warehouse import KeyedBatch, UrlState, Warehouse

logger = logging.getLogger(__name__)

# Outcomes of a page that says honestly that it is no article, or that we may not have it.
NOT_FAILED = frozenset({*FETCHED, "article", "same_article", "index", "consent", "paywall", "other", "robots"})

# A page that changes does so within hours of its publication; afterwards a rare look is enough.
REFETCH_AFTER_DAYS = (1, 3, 7, 30)

# Below this many pages a share of failures says nothing.
BUDGET_FLOOR = 20

# A line that was not seen for two months has decayed to a quarter and is no evidence any more.
REMEMBERED_NIGHTS = 60

# Starting a worker costs about as much as extracting so many pages.
PAGES_PER_WORKER = 50

T = TypeVar("T")


def discover(run: Run) -> StageReport:
    """Find tonight's new URLs and documents, and divide them among the shards by site."""
    from pipeline.fetch.discover import discover as read_sources
    from pipeline.fetch.freshness import silent_sources

    found = read_sources(run.sources, run.settings, today=run.day)
    states = _url_states(run, found.items)
    news = {source.id: 0 for source in run.sources}
    fresh: list[Discovered] = []
    per_source: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for item in found.items:
        news[item.source_id] += url_id(item.url) not in states
        outcome = _wanted(item, states, run, per_source)
        outcomes[outcome] += 1
        if outcome == "new":
            fresh.append(item)
    rejected = [*found.rejected, *silent_sources(run.sources, news, _news_before(run), found.rejected)]
    outcomes.update(reject.reason for reject in rejected)
    return _commit_discovered(run, fresh, rejected, outcomes, news)


def _news_before(run: Run) -> list[Mapping[str, int]]:
    """Return how many new pages each source brought in the runs before, the latest first."""
    from pipeline.fetch.freshness import REMEMBERED_RUNS

    store = run.store()
    dates = [day for day in dates_of(store, "discover") if day < run.run_date][-REMEMBERED_RUNS:]
    manifests = (read_manifest(store, Partition("discover", day, WHOLE)) for day in reversed(dates))
    return [manifest.extra.get("news", {}) for manifest in manifests if manifest is not None]


def _wanted(item: Discovered, states: Mapping[str, UrlState], run: Run, per_source: Counter[str]) -> str:
    state = states.get(url_id(item.url))
    if state is not None and item.via != "file" and not _due(state, run.day):
        return "known"
    if run.page_limit is not None and per_source[item.source_id] >= run.page_limit:
        return "over_limit"
    per_source[item.source_id] += 1
    return "new"


def _due(state: UrlState, today: date) -> bool:
    """Say whether a URL known from an earlier night is to be looked at again."""
    ages = (state.first_seen_date + timedelta(days=age) for age in REFETCH_AFTER_DAYS)
    return any(state.last_fetch_date < due <= today for due in ages)


def _commit_discovered(
    run: Run, fresh: Sequence[Discovered], rejected: Sequence[Rejected], outcomes: Counter[str], news: Mapping[str, int]
) -> StageReport:
    store = run.store()
    shards = shard_count(run, store)
    by_shard = sorted(fresh, key=lambda item: (shard_of(item.site, shards), item.url))
    for shard, items in groupby(by_shard, key=lambda item: shard_of(item.site, shards)):
        _commit_shard(run, store, shard, items)
    partition = Partition("discover", run.run_date, WHOLE)
    with store.lock(partition.prefix):
        writer = PartitionWriter(store, partition)
        writer.write("rejects", Rejected, rejected)
        report = StageReport("discover", run.run_date, WHOLE, outcomes.total(), outcomes)
        writer.commit(report, {"shards": shards, "news": dict(news)})
    return _logged(report)


def _commit_shard(run: Run, store: Store, shard: str, items: Iterable[Discovered], *, keep: bool = False) -> None:
    """Write a shard's part of the discovered; with `keep`, beside what is there already."""
    partition = Partition("discover", run.run_date, shard)
    with store.lock(partition.prefix):
        merged = {url_id(item.url): item for item in items}
        if keep:
            merged |= {url_id(item.url): item for item in read_records(store, partition, Discovered)}
        writer = PartitionWriter(store, partition)
        rows = writer.write("part", Discovered, sorted(merged.values(), key=lambda item: item.url))
        writer.commit(StageReport("discover", run.run_date, shard, rows, {"new": rows}))


def fetch(run: Run, shard: str, again: Collection[str] = ()) -> StageReport:
    """Fetch what the shard lacks. Pages archived for this date stay; `again` names URL ids to fetch once more all the same."""
    from pipeline.fetch.archive import index_segments, segments_under
    from pipeline.fetch.fetch import fetch as fetch_pages

    store, partition = run.store(), Partition("fetch", run.run_date, shard)
    prefix = raw_prefix(partition)
    with store.lock(partition.prefix):
        recover(store, partition)
        before = segments_under(store, prefix)
        known = {url_id(row.url): row for row in read_records(store, partition, Fetch)}
        wanted = read_records(store, Partition("discover", run.run_date, shard), Discovered)
        todo = [item for item in wanted if _to_fetch(item, known.get(url_id(item.url)), again)]
        rows = fetch_pages(
            todo,
            settings=run.settings,
            store=store,
            archive_prefix=prefix,
            validators=_validators(run, [item for item in todo if url_id(item.url) not in again], known),
            delays={source.id: source.delay for source in run.sources if source.delay is not None},
            progress=progress_log(f"fetch {run.run_date} {shard}"),
        )
        index_segments(store, prefix, segments_under(store, prefix) - before)
        return _logged(file_rows(store, partition, rows))


def _to_fetch(item: Discovered, known: Fetch | None, again: Collection[str]) -> bool:
    """Say whether an item is fetched in this run; a local file costs no more than a look, and may have been replaced."""
    return known is None or known.retryable or item.via == "file" or url_id(item.url) in again


def fetch_again(run: Run, rejects: Iterable[Rejected]) -> None:
    """Fetch rejected pages once more as part of this night, whatever became of them before."""
    store = run.store()
    shards = shard_count(run, store)
    for shard, members in sorted(_grouped(rejects, lambda reject: shard_of(reject.site, shards)).items()):
        items = [Discovered(r.url, r.source_id, r.site, "file" if r.url.startswith("file:") else "list") for r in members]
        _commit_shard(run, store, shard, items, keep=True)
        fetch(run, shard, again={url_id(item.url) for item in items})


def add_fetches(run: Run, rows: Iterable[Fetch]) -> None:
    """File pages that were fetched elsewhere (an imported archive) under this night."""
    store = run.store()
    shards = shard_count(run, store)
    for shard, members in sorted(_grouped(rows, lambda row: shard_of(row.site, shards)).items()):
        partition = Partition("fetch", run.run_date, shard)
        with store.lock(partition.prefix):
            _logged(file_rows(store, partition, members))


Extracted = Iterable[tuple[Fetch, Article | Reject]]
Freshness = tuple[str, str, str]  # greater for what was fetched later


def extract(run: Run, shard: str, results: Callable[[Collection[Fetch]], Extracted] | None = None) -> StageReport:
    """Take the article out of each fetched page; what is no article goes to the quarantine with its reason and raw page.

    `results` gives what was extracted from the pages of fetch rows elsewhere.
    """
    store, partition = run.store(), Partition("extract", run.run_date, shard)
    with store.lock(partition.prefix):
        fetches = list(fetched_pages(store, run.run_date, shard))
        articles: dict[str, Article] = {}
        rejected: list[Rejected] = []
        outcomes: Counter[str] = Counter()
        progress = progress_log(f"extract {run.run_date} {shard}")
        for row, result in results(fetches) if results else _extracted(run.settings, store, fetches):
            outcomes[_sort_out(row, result, articles, rejected)] += 1
            progress(outcomes.total(), len(fetches))
        writer = PartitionWriter(store, partition)
        writer.write("part", Article, sorted(articles.values(), key=lambda article: article.article_id))
        writer.write("rejects", Rejected, sorted(rejected, key=lambda reject: reject.url))
        report = StageReport("extract", run.run_date, shard, len(fetches), outcomes)
        writer.commit(report)
    return _logged(report)


def fetched_pages(store: Store, run_date: str, shard: str) -> Iterator[Fetch]:
    """Yield the rows of a shard's pages that are to be extracted."""
    rows = read_records(store, Partition("fetch", run_date, shard), Fetch)
    yield from (row for row in rows if row.outcome == "fetched")


def _extracted(settings: Settings, store: Store, fetches: Collection[Fetch]) -> Extracted:
    """Yield what came of each archived page, in the order of the archive, which is the cheapest to read."""
    from pipeline.fetch.archive import archive_order

    workers = min(settings.worker_count, 1 + len(fetches) // PAGES_PER_WORKER)
    return extract_pages(settings, store, sorted(fetches, key=archive_order), workers)


def extract_pages(
    settings: Settings, store: Store, fetches: Iterable[Fetch], workers: int
) -> Iterator[tuple[Fetch, Article | Reject]]:
    """Yield what came of archived pages; those that cannot be read come last."""
    from pipeline.extract.pool import ExtractPool
    from pipeline.fetch.archive import read_each
    from pipeline.pages import page_input

    under_way: deque[Fetch] = deque()
    unreadable: list[tuple[Fetch, Reject]] = []

    def pages() -> Iterator[PageInput]:
        for row, page in read_each(store, fetches, limit=settings.max_body_bytes):
            try:
                if isinstance(page, Reject):
                    raise page
                ready = page_input(row, page)
            except Reject as reject:
                unreadable.append((row, reject))
                continue
            under_way.append(row)
            yield ready

    with ExtractPool(workers, settings.extract_timeout, settings.extract_memory, settings.extract_recycle) as pool:
        for result in pool.map(pages()):
            yield under_way.popleft(), result
    yield from unreadable


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


def _freshness(article: Article) -> Freshness:
    return (article.fetched_at.isoformat() if article.fetched_at else "", article.url or "", article.raw_ref or "")


def clean(run: Run, shard: str) -> StageReport:
    """Label what is not the article's own: by line rules, by the site's recurring lines, at the edges."""
    from pipeline.clean import clean_site
    from pipeline.warehouse import ArticleKey, article_keys

    store, partition = run.store(), Partition("clean", run.run_date, shard)
    with store.lock(partition.prefix):
        by_site = _grouped(read_records(store, Partition("extract", run.run_date, shard), Article), lambda article: article.site)
        lines = _grouped(_site_lines_before(run, store, shard), lambda line: line.site)
        total = sum(map(len, by_site.values()))
        progress = progress_log(f"clean {run.run_date} {shard}")
        cleaned: list[Article] = []
        learned: list[SiteLine] = []
        for site in sorted(by_site.keys() | lines.keys()):
            articles, site_lines = clean_site(by_site.get(site, []), lines.get(site, []), run.run_date)
            cleaned += articles
            learned += site_lines
            progress(len(cleaned), total)
        kept = sorted((article for article in cleaned if article.text), key=lambda article: article.article_id)
        urls = {row.raw_ref: row.url for row in read_records(store, Partition("fetch", run.run_date, shard), Fetch)}
        writer = PartitionWriter(store, partition)
        writer.write("part", Article, kept)
        writer.write("keys", ArticleKey, article_keys(kept))  # row group by row group beside the articles
        writer.write("site_lines", SiteLine, learned)
        writer.write("rejects", Rejected, (_emptied(a, urls.get(a.raw_ref)) for a in cleaned if not a.text))
        outcomes = +Counter(kept=len(kept), no_text=len(cleaned) - len(kept))
        report = StageReport("clean", run.run_date, shard, len(cleaned), outcomes)
        writer.commit(report)
    return _logged(report)


def _emptied(article: Article, fetched_url: str | None) -> Rejected:
    detail = "no line of the page was left after cleaning"
    return Rejected(
        article.url or article.article_id, article.source_id, article.site, "clean", "no_text", detail, raw_ref=article.raw_ref
    )


def _site_lines_before(run: Run, store: Store, shard: str) -> Iterator[SiteLine]:
    """Yield what earlier nights had learned of the shard's sites: the same answer however often a night is run.

    A shard hands on what it knew, so its own last night is enough; nights with another number of shards are read whole.
    """
    shards = shard_count(run, store)
    seen: set[str] = set()
    earlier = [day for day in dates_of(store, "clean") if day < run.run_date][-REMEMBERED_NIGHTS:]
    for day in reversed(earlier):
        lines = [line for line in records_of(store, "clean", day, SiteLine, "site_lines") if shard_of(line.site, shards) == shard]
        yield from (line for line in lines if line.site not in seen)
        seen.update(line.site for line in lines)
        same_division = shard_count(dataclasses.replace(run, run_date=day), store) == shards
        if same_division and read_manifest(store, Partition("clean", day, shard)) is not None:
            return


def dedup(run: Run) -> StageReport:
    """Group tonight's articles with the copies of the nights around it, and name where each passage came from."""
    from pipeline.dedup import DedupParams
    from pipeline.dedup.nights import decide_night
    from pipeline.warehouse import night_index

    store, partition = run.store(), Partition("dedup", run.run_date, WHOLE)
    with store.lock(partition.prefix):
        seen = Counter[str]()
        ids: dict[str, Freshness] = {}
        tonight = _freshest(records_of(store, "clean", run.run_date, Article), seen, ids)
        if run.settings.dedup_engine == "spark":
            newest = {document.id: document for document in tonight}
            return _logged(_dedup_on_spark(run, PartitionWriter(store, partition), [*newest.values()], seen.total()))
        with night_index(_warehouse(run), run.day, run.settings.window_days) as index:
            result = decide_night(tonight, index, DedupParams())
            # Of these no sources were looked for: what is stored of them stands.
            stored = list(index.reuse(result.partial))
        writer = PartitionWriter(store, partition)
        writer.write("part", StoryMember, sorted(result.members, key=lambda member: member.article_id))
        reuse = [*stored, *(passage for passage in result.reuse if passage.article_id not in result.partial)]
        writer.write("reuse", Reuse, sorted(reuse, key=lambda r: (r.article_id, r.start, r.source_article_id)))
        writer.write("index", IndexPart, result.parts)
        outcomes: Counter[str] = Counter(member.relation for member in result.members if member.article_id in ids)
        outcomes["same_article"] = seen["same_article"]
        report = StageReport("dedup", run.run_date, WHOLE, seen.total(), +outcomes)
        writer.commit(report, {"touched": len(result.members) - len(ids)})
    return _logged(report)


def _dedup_on_spark(run: Run, writer: PartitionWriter, tonight: Sequence[Document], seen: int) -> StageReport:
    """Decide on tonight and the whole window in one batch on Spark; the night leaves no index behind, only texts."""
    from pipeline.dedup.spark.night import decided
    from pipeline.warehouse import night_index

    ids = {document.id for document in tonight}
    outcomes: Counter[str] = Counter()

    def counted(members: Iterable[StoryMember]) -> Iterator[StoryMember]:
        for member in members:
            outcomes[member.relation if member.article_id in ids else "touched"] += 1
            yield member

    with (
        night_index(_warehouse(run), run.day, run.settings.window_days) as index,
        decided(tonight, index, run.settings.spark_master or None) as (members, reuse),
    ):
        writer.write("part", StoryMember, counted(members))
        writer.write("reuse", Reuse, reuse)
        writer.write("index", IndexPart, ())
    touched = outcomes.pop("touched", 0)
    outcomes["same_article"] = seen - len(tonight)
    report = StageReport("dedup", run.run_date, WHOLE, seen, +outcomes)
    writer.commit(report, {"touched": touched})
    return report


def _freshest(articles: Iterable[Article], seen: Counter[str], ids: dict[str, Freshness]) -> Iterator[Document]:
    """Yield documents, after one that is there already only a fresher one: a page that two shards came to is one article.

    What was read is counted in `seen`, and put into `ids` with its freshness. Articles are let go as they are read: their blocks
    would take several times the memory of the texts.
    """
    for article in articles:
        freshness, known = _freshness(article), ids.get(article.article_id)
        seen["article" if known is None else "same_article"] += 1
        if known is None or freshness > known:
            ids[article.article_id] = freshness
            yield _document(article)


def _document(article: Article) -> Document:
    from pipeline.dedup import Document

    return Document(
        id=article.article_id,
        url=article.url,
        site=article.site,
        title=article.title,
        text=article.text,
        published_at=article.published_at,
        canonical_url=article.source_link or article.canonical_url,
        wire_credit=article.wire_credit,
    )


def load(run: Run) -> StageReport:
    """Load the night into the warehouse in one transaction; stops before it when too much of the night has failed."""
    from pipeline.warehouse import Night, set_search
    from pipeline.warehouse import load as load_night

    store = run.store()
    reports = list(reports_of(store, run.run_date))
    check_error_budget(reports, run.settings.error_budget)
    loaded = sum(report.seen for report in reports if report.stage == "dedup")
    report = StageReport("load", run.run_date, WHOLE, loaded, +Counter(loaded=loaded))
    partition = Partition("dedup", run.run_date, WHOLE)
    night = Night(
        run_id=run.run_id,
        run_date=run.run_date,
        code_version=pipeline.__version__,
        config_hash=config_hash(run.settings, run.sources),
        fetches=batches_of(store, "fetch", run.run_date),
        articles=_told(keyed_articles(store, run.run_date), loaded, f"load {run.run_date}"),
        members=read_batches(store, partition),
        reuse=read_records(store, partition, Reuse, "reuse"),
        rejected=rejects_of(store, run.run_date),
        site_lines=records_of(store, "clean", run.run_date, SiteLine, "site_lines"),
        index=read_records(store, partition, IndexPart, "index"),
        reports=[*reports, report],
        sources_read=sources_read(store, run.run_date),
    )
    warehouse = _warehouse(run)
    set_search(warehouse, on=run.settings.full_text)
    load_night(warehouse, night)
    return _logged(report)


def _told(batches: Iterable[KeyedBatch], total: int, what: str) -> Iterator[KeyedBatch]:
    """Yield the batches and tell the log how many articles of how many are done with."""
    progress, done = progress_log(what), 0
    for batch in batches:
        yield batch
        done += batch.keys.num_rows
        progress(done, total)


def keyed_articles(store: Store, run_date: str) -> Iterator[KeyedBatch]:
    """Yield a night's clean articles with their keys; keys that no stage stored are made here, from the articles.

    Raises `Fatal` for keys that cannot be of these articles.
    """
    from pipeline.warehouse import KeyedBatch, with_keys

    for shard in shards_of(store, "clean", run_date):
        partition = Partition("clean", run_date, shard)
        manifest = read_manifest(store, partition)
        if manifest is not None and "keys" not in manifest.files:
            yield from map(with_keys, read_batches(store, partition))
            continue
        for keys, articles in zip_longest(*(read_row_groups(store, partition, name) for name in ("keys", "part"))):
            if keys is None or articles is None:
                raise Fatal(f"{partition.prefix}: the keys are not of these articles; run the night again `--from clean`")
            yield KeyedBatch(keys(), articles)


def check_error_budget(reports: Iterable[StageReport], budget: float) -> None:
    """Raise `BudgetSpent` when more than `budget` of the night's pages failed; pages that are honestly no articles do not count."""
    counts: Counter[str] = Counter()
    seen = 0
    for report in reports:
        if report.stage == "fetch":
            seen += report.seen
        if report.stage in ("fetch", "extract"):
            counts += Counter({reason: n for reason, n in report.outcomes.items() if reason not in NOT_FAILED})
    failed = counts.total()
    if seen >= BUDGET_FLOOR and failed > budget * seen:
        worst = ", ".join(f"{n} {reason}" for reason, n in counts.most_common(5))
        raise BudgetSpent(
            f"{failed} of {seen} pages failed ({worst}), more than the error budget of {budget:.0%}: nothing was loaded. "
            "Mend the source or raise COPYDESK_ERROR_BUDGET, then run the night again"
        )


def publish(run: Run) -> StageReport:
    """Check the warehouse, then write the files for analysts; a failed check leaves yesterday's files in place."""
    from pipeline.warehouse import publish as publish_files

    rows = publish_files(_warehouse(run), run.settings.publish, run.run_date)
    return _logged(StageReport("publish", run.run_date, WHOLE, rows, +Counter(published=rows)))


def run_stages(run: Run, first: str = STAGES[0], last: str = STAGES[-1], on_stage: Callable[[str], None] | None = None) -> None:
    """Run the stages from `first` to `last` in this process, shard after shard."""
    sharded: dict[str, Callable[[Run, str], StageReport]] = {"fetch": fetch, "extract": extract, "clean": clean}
    whole: dict[str, Callable[[Run], StageReport]] = {"discover": discover, "dedup": dedup, "load": load, "publish": publish}
    for stage in STAGES[STAGES.index(first) : STAGES.index(last) + 1]:
        if on_stage:
            on_stage(stage)
        if stage in whole:
            whole[stage](run)
            continue
        for shard in shards_to_do(run, stage):
            sharded[stage](run, shard)


def _warehouse(run: Run) -> Warehouse:
    from pipeline.warehouse import open_warehouse, upgrade

    warehouse = open_warehouse(run.settings.warehouse_url, lock_timeout=run.settings.lock_timeout)
    upgrade(warehouse)
    return warehouse


def _url_states(run: Run, items: Iterable[Discovered]) -> dict[str, UrlState]:
    """Return what was known of the items' URLs before this night, by URL id."""
    from pipeline.warehouse import known_urls

    return known_urls(_warehouse(run), run.day, (url_id(item.url) for item in items))


def _validators(run: Run, items: Sequence[Discovered], tonight: Mapping[str, Fetch]) -> dict[str, Validator]:
    """Return what makes the requests conditional: the last capture of each URL, of this night or of an earlier one."""
    from pipeline.fetch.fetch import Validator

    known = {i: Validator(s.etag, s.last_modified, s.digest, s.raw_ref) for i, s in _url_states(run, items).items()}
    rows = (tonight[url_id(item.url)] for item in items if item.via == "file" and url_id(item.url) in tonight)
    return known | {url_id(r.url): Validator(r.etag, r.last_modified, r.digest, r.raw_ref) for r in rows if r.raw_ref}


def _grouped(records: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for record in records:
        groups.setdefault(key(record), []).append(record)
    return groups


def _logged(report: StageReport) -> StageReport:
    counts = ", ".join(f"{n} {name}" for name, n in sorted(report.outcomes.items(), key=lambda item: (-item[1], item[0])))
    logger.info("%s %s %s: %d seen: %s", report.stage, report.run_date, report.shard, report.seen, counts or "nothing")
    return report
