"""Load the night into the warehouse and publish it for analysts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pipeline
from pipeline.captures import LEFT_OVER, SUCCEEDED
from pipeline.errors import BudgetSpent
from pipeline.progress import progress_log
from pipeline.records import IndexPart, Reuse, SiteLine, StageReport
from pipeline.runs import WHOLE, Run, batches_of, is_whole, records_of, rejects_of, reports_of, sources_read
from pipeline.stages.common import logged, logger, warehouse_of
from pipeline.store import Partition, Store, read_batches, read_manifest, read_records, read_with_keys, shards_of

if TYPE_CHECKING:
    from pipeline.warehouse import KeyedBatch

# Outcomes of a page that says honestly that it is no article, or that we may not have it.
NOT_FAILED = frozenset(
    {*SUCCEEDED, LEFT_OVER, "article", "same_article", "index", "consent", "paywall", "other", "robots", "not_html", "redirect"}
)

OF_WHOLE_NIGHTS = "volume_is_usual"  # the check that says nothing of a night of which there is only a part

# Below this many pages a share of failures says nothing.
BUDGET_FLOOR = 20

# Outcomes of a page whose server could not be reached. Where a night has no others it is most likely this side that is cut off.
UNREACHED = frozenset({"dns", "unreachable", "timeout", "tls", "cut_off"})


def load(run: Run) -> StageReport:
    """Load the night into the warehouse in one transaction; stops before it when too much of the night has failed."""
    from pipeline.warehouse import Night, set_search
    from pipeline.warehouse import load as load_night

    store = run.store()
    reports = list(reports_of(store, run.run_date))
    check_error_budget(reports, run.settings.error_budget)
    _check_reached(store, run.run_date, reports)
    loaded = sum(report.seen for report in reports if report.stage == "dedup")
    report = StageReport("load", run.run_date, WHOLE, loaded, +Counter(loaded=loaded))
    partition = Partition("dedup", run.run_date, WHOLE)
    night = Night(
        run_id=run.run_id,
        run_date=run.run_date,
        code_version=pipeline.__version__,
        config_hash=run.config_hash,
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
    warehouse = warehouse_of(run)
    set_search(warehouse, on=run.settings.full_text)
    load_night(warehouse, night)
    return logged(report)


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
        for keys, read in read_with_keys(store, partition):
            yield KeyedBatch(keys, read)


def check_error_budget(reports: Iterable[StageReport], budget: float) -> None:
    """Raise `BudgetSpent` when more than `budget` of the pages that were asked for failed; honestly to be no article is no failure.

    What the time of the run left over was not asked for. Were it a failure, a source with more pages than a night has time for
    would keep every night from being loaded, and each would begin with the same pages.
    """
    counts: Counter[str] = Counter()
    seen = 0
    for report in reports:
        if report.stage == "fetch":
            seen += report.seen - report.outcomes.get(LEFT_OVER, 0)
        if report.stage in ("fetch", "extract"):
            counts += Counter({reason: n for reason, n in report.outcomes.items() if reason not in NOT_FAILED})
    failed = counts.total()
    if seen >= BUDGET_FLOOR and failed > budget * seen:
        worst = ", ".join(f"{n} {reason}" for reason, n in counts.most_common(5))
        raise BudgetSpent(
            f"{failed} of {seen} pages failed ({worst}), more than the error budget of {budget:.0%}: nothing was loaded. "
            "Mend the source or raise COPYDESK_ERROR_BUDGET, then run the night again"
        )


def _check_reached(store: Store, run_date: str, reports: Iterable[StageReport]) -> None:
    """Raise `BudgetSpent` when of all feeds, sitemaps and pages of a night none answered, however few they are.

    It would be empty otherwise, and a success. Nights of before this was noted and imported ones are let through.
    """
    manifest = read_manifest(store, Partition("discover", run_date, WHOLE))
    answered = manifest.extra.get("answered") if manifest else None
    counts: Counter[str] = Counter()
    for report in reports:
        if report.stage == "fetch":
            counts += Counter(report.outcomes)
    if answered is None or any(answered.values()) or not counts or not UNREACHED.issuperset(counts):
        return
    reasons = ", ".join(f"{n} {reason}" for reason, n in counts.most_common())
    raise BudgetSpent(
        f"none of the {counts.total()} pages could be reached ({reasons}): nothing was loaded. "
        "Look at this machine's network, DNS and proxy, then run the night again"
    )


def publish(run: Run) -> StageReport:
    """Check the warehouse, then write the files for analysts; a failed check leaves yesterday's files in place."""
    from pipeline.warehouse import latest_run_date
    from pipeline.warehouse import publish as publish_files

    warehouse = warehouse_of(run)
    newest = latest_run_date(warehouse)
    left_out = () if newest is None or is_whole(run, newest.isoformat()) else (OF_WHOLE_NIGHTS,)
    if left_out:
        logger.info("the night of %s is not whole, so its volume is not held against that of others", newest)
    rows = publish_files(warehouse, run.settings.publish, run.run_date, left_out=left_out)
    return logged(StageReport("publish", run.run_date, WHOLE, rows, +Counter(published=rows)))
