"""What somebody should be told of a night: what it is, since when, and where to look. `notify` sends it through Airflow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from statistics import median
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.errors import BudgetSpent, CheckFailed, CopydeskError
from pipeline.records import Rejected
from pipeline.runs import WHOLE, Run, dates_of
from pipeline.store import Partition, Store, read_manifest, read_records

if TYPE_CHECKING:
    from pipeline.warehouse import Warehouse

USUAL_NIGHTS = 7  # a night is compared with the median of so many before it
JUMP = 3.0  # times the usual, or its third; the check that gates publishing stops at a fifth
LONGEST_CAUSE = 1000  # characters; a failed check lists its rows
LISTED = 50  # silent sources in one message; when a line to the Internet is half broken it may be all of them
LEAST_USUAL = 10  # articles; below, a factor says nothing


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell. `kind` is stable: run_failed, budget_spent, check_failed, source_silent or volume_jump."""

    kind: str
    what: str
    since: str
    link: str

    @property
    def title(self) -> str:
        """One line: the kind in words, and the first line of what it is."""
        return f"Copydesk: {self.kind.replace('_', ' ')}: {self.what.splitlines()[0][:120]}"

    def text(self) -> str:
        """Return the message as plain text."""
        return f"{self.what}\nSince: {self.since}\nLook at: {self.link}"

    def html(self) -> str:
        """Return the message as HTML; what it quotes comes from outside, so all of it is escaped."""
        link = escape(self.link, quote=True)
        return f'<pre>{escape(self.what)}</pre><p>Since: {escape(self.since)}</p><p><a href="{link}">{link}</a></p>'


def cause_of(error: BaseException | str | None) -> str:
    """Return in few words what a task failed of: our errors say all in their message, of others the type is needed."""
    text = str(error or "").strip()
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
    """Yield what is odd about a night that went through: sources gone silent, far more or fewer articles than usual."""
    from pipeline.warehouse import latest_run_date

    silent = _silent_sources(run, link)
    if silent is not None:
        yield silent
    if run.page_limit is not None:  # few were asked for
        return
    warehouse = _warehouse(run)
    if latest_run_date(warehouse) != run.day:  # a dry run, which loads nothing, or a night made up for when sources have moved on
        return
    counts = articles_by_night(warehouse, run.day)
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


def articles_by_night(warehouse: Warehouse, last: date) -> dict[date, int]:
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


def _silent_sources(run: Run, link: str) -> Alert | None:
    """Return one alert for all sources that went silent, with what each of them last brought and when."""
    store = run.store()
    rejects = read_records(store, Partition("discover", run.run_date, WHOLE), Rejected, "rejects")
    silent = [reject for reject in rejects if reject.reason == "silent"]
    if not silent:
        return None
    last = _last_news(store, run, {reject.source_id for reject in silent})
    lines = [f"the source {reject.source_id} {reject.detail} ({reject.url})" for reject in silent]
    since = [f"it last brought something on {last.get(reject.source_id, 'no night that is remembered')}" for reject in silent]
    if len(silent) == 1:
        return Alert("source_silent", lines[0], since[0], link)
    listed = [f"{line}; {when}" for line, when in zip(lines, since, strict=True)]
    more = [f"and {len(silent) - LISTED} more: copydesk quarantine list --reason silent"] if len(silent) > LISTED else []
    head = f"{len(silent)} sources: {', '.join(reject.source_id for reject in silent[:LISTED])}"
    return Alert("source_silent", "\n".join([head, *listed[:LISTED], *more]), f"the night of {run.run_date}", link)


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
    from pipeline.warehouse import open_warehouse

    return open_warehouse(run.settings.warehouse_url, lock_timeout=run.settings.lock_timeout)
