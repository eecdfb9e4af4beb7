"""What somebody should be told of a night: what it is, since when, and where to look. `notify` sends it through Airflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from statistics import median
from textwrap import shorten
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.errors import BudgetSpent, CheckFailed, CopydeskError, of_os_error
from pipeline.records import Rejected
from pipeline.runs import WHOLE, Run, dates_of, is_growing, is_whole, rejects_of
from pipeline.store import Partition, Store, read_manifest, read_records

if TYPE_CHECKING:
    from pipeline.warehouse import Warehouse

UNSENT = "the alert could not be sent"  # begins a line of the log, which has what it failed of behind it
USUAL_NIGHTS = 7  # a night is compared with the median of so many before it
JUMP = 3.0  # times the usual, or its third; the check that gates publishing stops at a fifth
LONGEST_CAUSE = 1000  # characters; a failed check lists its rows
FAILING_NIGHTS = 2  # a source may fail in one night of what has passed by the next
LISTED = 50  # sources in one message; when a line to the Internet is half broken it may be all of them
LEAST_USUAL = 10  # articles; below, a factor says nothing


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell.

    `kind` is stable: run_failed, budget_spent, check_failed, source_silent, source_failing or volume_jump.
    """

    kind: str
    what: str
    since: str
    link: str

    @property
    def title(self) -> str:
        """One line: the kind in words, and the first line of what it is."""
        return f"Copydesk: {self.kind.replace('_', ' ')}: {shorten(self.what.splitlines()[0], 120, placeholder=' …')}"

    def text(self) -> str:
        """Return the message as plain text."""
        return f"{self.what}\nSince: {self.since}\nLook at: {self.link}"

    def html(self) -> str:
        """Return the message as HTML; what it quotes comes from outside, so all of it is escaped."""
        link = escape(self.link, quote=True)
        return f'<pre>{escape(self.what)}</pre><p>Since: {escape(self.since)}</p><p><a href="{link}">{link}</a></p>'


def cause_of(error: BaseException | str | None) -> str:
    """Return in few words what a task failed of: our errors say all in their message, of others the type is needed."""
    text = of_os_error(error) if isinstance(error, OSError) else str(error or "").strip()
    if isinstance(error, BaseException) and not isinstance(error, CopydeskError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= LONGEST_CAUSE else text[: LONGEST_CAUSE - 1] + "…"


def of_failed_run(
    run_id: str, task: str | None, *, cause: str = "", night: str = "", started: str = "", last_success: str = "", link: str
) -> Alert:
    """Return the alert of a run that failed as a whole."""
    where = f" in {task}" if task else ""
    why = f"\n{cause}" if cause else ""
    since = [
        f"the night of {night}" if night else "",
        f"it began at {started}" if started else "",
        f"the last run that succeeded began at {last_success}" if last_success else "",
    ]
    return Alert("run_failed", f"{run_id} failed{where}{why}", "; ".join(filter(None, since)) or "now", link)


def of_error(error: BaseException, run: Run, link: str) -> Alert | None:
    """Return the alert of a task's error, when it is of a kind that says more than that the run failed."""
    kinds = {BudgetSpent: "budget_spent", CheckFailed: "check_failed"}
    kind = next((kind for error_type, kind in kinds.items() if isinstance(error, error_type)), None)
    if kind is None:
        return None
    before = _last_loaded(run)
    state = "what was published before stays" if kind == "check_failed" else "nothing of it was loaded"
    since = f"the night of {run.run_date}; {state}; the night loaded before it is {before or 'none'}"
    return Alert(kind, str(error), since, link)


def of_night(run: Run, link: str) -> Iterator[Alert]:
    """Yield what is odd about a night that went through: sources that bring nothing any more, a jump in the number of articles.

    Nothing of a night that others followed: it told of its time, or is made up for when sources have moved on. Of a night of
    several runs the last one tells.
    """
    from pipeline.warehouse import latest_run_date

    warehouse = _warehouse(run)
    latest = latest_run_date(warehouse)
    if (latest is not None and latest > run.day) or is_growing(run.settings, run.run_date):
        return
    silent = _silent_sources(run, link)
    if silent is not None:
        yield silent
    if run.page_limit is not None or latest != run.day:  # few were asked for, or it is a dry run, which loads nothing
        return
    failing = _failing_sources(run, warehouse, link)
    if failing is not None:
        yield failing
    if not is_whole(run, run.run_date):
        return
    counts = _articles_by_night(warehouse, run.day)
    jump = volume_jump(counts, run.day)
    if jump is not None:
        usual = f"usually {jump:g}, the median of the {USUAL_NIGHTS} nights before"
        yield Alert(
            "volume_jump", f"{counts[run.day]} new articles on {run.run_date}, {usual}", f"the night of {run.run_date}", link
        )


def volume_jump(counts: Mapping[date, int], night: date) -> float | None:
    """Return the usual number of articles when the night's is `JUMP` times as many, or as few; else None.

    Says nothing before there are `USUAL_NIGHTS` nights, nor while fewer than `LEAST_USUAL` are usual.
    """
    before = [n for day, n in sorted(counts.items()) if day < night][-USUAL_NIGHTS:]
    if len(before) < USUAL_NIGHTS or (usual := median(before)) < LEAST_USUAL:
        return None
    return usual if not usual < counts.get(night, 0) * JUMP < usual * JUMP**2 else None


def _articles_by_night(warehouse: Warehouse, last: date) -> dict[date, int]:
    """Return how many new articles each of the last nights brought, up to `last`."""
    from pipeline.warehouse.tables import articles, runs

    nights = sa.select(runs.c.run_date).where(runs.c.run_date <= last).distinct().order_by(runs.c.run_date.desc())
    recent = nights.limit(USUAL_NIGHTS + 1).subquery()
    query = (
        sa.select(recent.c.run_date, sa.func.count(articles.c.article_id).label("n"))
        .join_from(recent, articles, articles.c.first_run_date == recent.c.run_date, isouter=True)
        .group_by(recent.c.run_date)
    )
    with warehouse.reading() as connection:
        return {row.run_date: row.n for row in connection.execute(query)}


def _articles_by_source(warehouse: Warehouse, last: date, nights: int) -> dict[str, list[tuple[date, int]]]:
    """Return by source id how many articles each of the last nights that asked it brought, up to `last`, the latest first."""
    from pipeline.warehouse.tables import run_sources, runs

    recent = sa.select(runs.c.run_date).where(runs.c.run_date <= last).distinct().order_by(runs.c.run_date.desc()).limit(nights)
    earliest = sa.select(sa.func.min(recent.subquery().c.run_date)).scalar_subquery()
    row = run_sources.c
    query = (
        sa.select(row.source_id, row.run_date, sa.func.sum(row.articles).label("n"))
        .where(row.run_date.between(earliest, last))
        .group_by(row.source_id, row.run_date)
        .order_by(row.run_date.desc())
    )
    found: dict[str, list[tuple[date, int]]] = {}
    with warehouse.reading() as connection:
        for source_id, run_date, n in connection.execute(query):
            found.setdefault(source_id, []).append((run_date, int(n)))
    return found


def _silent_sources(run: Run, link: str) -> Alert | None:
    """Return one alert for all sources that went silent, with what each of them last brought and when."""
    store = run.store()
    rejects = read_records(store, Partition("discover", run.run_date, WHOLE), Rejected, "rejects")
    silent = [reject for reject in rejects if reject.reason == "silent"]
    last = _last_news(store, run, {reject.source_id for reject in silent})
    lines = {reject.source_id: f"{reject.detail} ({reject.url})" for reject in silent}
    since = {name: f"it last brought something on {last.get(name, 'no night that is remembered')}" for name in lines}
    return _of_sources("source_silent", lines, since, "copydesk quarantine list --reason silent", run, link)


def _failing_sources(run: Run, warehouse: Warehouse, link: str) -> Alert | None:
    """Return one alert for all sources of which everything failed or was no article, for longer than they bring none usually."""
    from pipeline.fetch.freshness import REMEMBERED_RUNS, overdue

    brought = _articles_by_source(warehouse, run.day, REMEMBERED_RUNS + 1)
    since: dict[str, str] = {}
    for source in run.sources:
        nights = brought.get(source.id, [])
        state = overdue([n for _, n in nights[1:]]) if nights and nights[0] == (run.day, 0) else None
        if state is not None and state[0] >= FAILING_NIGHTS:
            since[source.id] = f"it last brought an article on {nights[state[0]][0]}"
    failed: dict[str, Counter[str]] = {}
    first: dict[tuple[str, str], Rejected] = {}
    for reject in rejects_of(run.store(), run.run_date):
        if reject.source_id in since:
            failed.setdefault(reject.source_id, Counter())[reject.reason] += 1
            first.setdefault((reject.source_id, reject.reason), reject)
    lines = {
        name: f"brought no article: {_worst(reasons, first[name, reasons.most_common(1)[0][0]])}"
        for name, reasons in sorted(failed.items())
        if "silent" not in reasons  # told already
    }
    return _of_sources("source_failing", lines, since, f"copydesk report --date {run.run_date}", run, link)


def _worst(reasons: Counter[str], example: Rejected) -> str:
    counted = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common(3))
    return f"{counted}, such as {example.url}" + (f": {example.detail}" if example.detail else "")


def _of_sources(
    kind: str, lines: Mapping[str, str], since: Mapping[str, str], all_of_them: str, run: Run, link: str
) -> Alert | None:
    """Return one alert for all sources, by id what is told of each and since when; the command shows those that find no room."""
    if not lines:
        return None
    if len(lines) == 1:
        ((name, line),) = lines.items()
        return Alert(kind, f"the source {name} {line}", since[name], link)
    names = list(lines)[:LISTED]
    listed = [f"the source {name} {lines[name]}; {since[name]}" for name in names]
    more = [f"and {len(lines) - LISTED} more: {all_of_them}"] if len(lines) > LISTED else []
    head = f"{len(lines)} sources: {', '.join(names)}"
    return Alert(kind, "\n".join([head, *listed, *more]), f"the night of {run.run_date}", link)


def _last_news(store: Store, run: Run, source_ids: Collection[str]) -> dict[str, str]:
    """Return the last night before this one in which each source brought something, where one is remembered."""
    found: dict[str, str] = {}
    for day in reversed([day for day in dates_of(store, "discover") if day < run.run_date]):
        manifest = read_manifest(store, Partition("discover", day, WHOLE))
        news = manifest.extra.get("news", {}) if manifest is not None else {}
        found = {source_id: day for source_id in source_ids if news.get(source_id)} | found
        if len(found) == len(source_ids):
            break
    return found


def _last_loaded(run: Run) -> date | None:
    from pipeline.warehouse.tables import runs

    query = sa.select(sa.func.max(runs.c.run_date)).where(runs.c.run_date < run.day)
    with _warehouse(run).reading() as connection:
        found: date | None = connection.execute(query).scalar()
        return found


def _warehouse(run: Run) -> Warehouse:
    from pipeline.warehouse import configured_warehouse

    return configured_warehouse(run.settings)
