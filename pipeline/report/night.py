"""What there is to say about one night: the funnel, the sources, the rules, the rejects, the checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.report.views import Page, Row, page_of, view

NIGHTS_BACK = 30  # nights in a sparkline
SOURCES = 50  # rows of the table of sources
SAMPLES = 3  # lines shown of a rule, pages of a reason for rejection
COUNTED = ("fetches", "fetched", "not_modified", "articles", "copies", "words", "dropped_blocks", "rejects")
LONGEST_SAMPLE = 300  # characters
HOSTS = 8
LINES = 40  # site lines
ARTICLES = 100
REJECTS = 100


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source tonight (`now` is None when it brought nothing at all) and its articles on each of the last nights."""

    source_id: str
    now: Row | None
    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Inputs rejected for one reason, and the first of them."""

    stage: str
    reason: str
    n: int
    samples: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """A rule of the night and lines that it dropped."""

    rule: str
    blocks: int
    articles: int
    samples: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Night:
    """One night, all of one committed state."""

    run: Row
    earlier: date | None
    later: date | None
    funnel: tuple[Row, ...]
    totals: Row
    nights: tuple[date, ...]
    sources: tuple[SourceRow, ...]
    sources_after: str | None
    hosts: tuple[Row, ...]
    rules: tuple[RuleCount, ...]
    rejects: tuple[Rejection, ...]
    stories: tuple[Row, ...]
    lines: tuple[Row, ...]
    checks: tuple[Row, ...]
    published_with: date | None  # the first night after its load that was published, where it was not by itself


def newest(connection: Connection) -> date | None:
    """Return the newest night that was loaded."""
    runs = view("nightly_runs").c
    return connection.execute(sa.select(sa.func.max(runs.run_date).label("run_date"))).scalar()


def days_until(connection: Connection, day: date) -> tuple[date, ...]:
    """Return the last nights that were loaded, up to this one."""
    run_date = view("nightly_runs").c.run_date
    query = sa.select(run_date).where(run_date <= day).distinct().order_by(run_date.desc()).limit(NIGHTS_BACK)
    return tuple(connection.scalars(query))[::-1]


def night(connection: Connection, day: date, *, sources_after: str = "") -> Night | None:
    """Return a night, None when none of that date was loaded."""
    runs = view("nightly_runs")
    run = connection.execute(sa.select(runs).where(runs.c.run_date == day).order_by(runs.c.run_id)).first()
    if run is None:
        return None
    days = days_until(connection, day)
    rows, after = _sources(connection, days, sources_after)
    checks = _checks(connection, day)
    passed = bool(checks) and all(check.passed for check in checks)
    return Night(
        run=run,
        earlier=days[-2] if len(days) > 1 else None,
        later=connection.execute(sa.select(sa.func.min(runs.c.run_date)).where(runs.c.run_date > day)).scalar(),
        funnel=_funnel(connection, day),
        totals=_totals(connection, day),
        nights=days,
        sources=rows,
        sources_after=after,
        hosts=_slowest(connection, day),
        rules=_rules(connection, run.run_id),
        rejects=_rejects(connection, run.run_id),
        stories=_stories(connection, run.run_id),
        lines=_learned(connection, day),
        checks=checks,
        published_with=None if passed else connection.scalar(_published(since=run.loaded_at)),
    )


def figures(connection: Connection, day: date) -> dict[str, str | int]:
    """Return the figures of a night that fit in one line."""
    totals = _totals(connection, day)
    names = ("fetches", "articles", "copies", "dropped_blocks", "rejects")
    failed = sum(not check.passed for check in _checks(connection, day))
    return {"run_date": day.isoformat(), "failed_checks": failed, **{name: int(getattr(totals, name)) for name in names}}


def nights(connection: Connection, before: date | None) -> Page:
    """Return the nights up to and without `before`, the newest first.

    Each with what it brought, how many of its checks failed, and whether a night that was loaded later has been published.
    """
    runs, sources = view("nightly_runs"), view("nightly_sources").c
    query = sa.select(runs).order_by(runs.c.run_date.desc(), runs.c.run_id)
    if before:
        query = query.where(runs.c.run_date < before)
    page = page_of(connection, query, NIGHTS_BACK, "run_date")
    if not page.rows:
        return page
    sums = [sa.func.sum(sources[name]).label(name) for name in ("fetches", "fetched", "articles", "copies", "rejects")]
    newest_day, oldest_day = page.rows[0].run_date, page.rows[-1].run_date
    within = sources.run_date.between(oldest_day, newest_day)
    counted = {
        row.run_id: row for row in connection.execute(sa.select(sources.run_id, *sums).where(within).group_by(sources.run_id))
    }
    checks = view("nightly_checks").c
    failures = sa.func.sum(sa.case((checks.passed, 0), else_=1)).label("failed")
    within = checks.run_date.between(oldest_day, newest_day)
    checked = dict(connection.execute(sa.select(checks.run_date, failures).where(within).group_by(checks.run_date)).all())
    later = {row.run_id: connection.scalar(_published(since=row.loaded_at)) for row in page.rows if checked.get(row.run_date) != 0}
    rows = ((row, counted.get(row.run_id), checked.get(row.run_date), later.get(row.run_id)) for row in page.rows)
    return Page(tuple(rows), page.after)


def _published(*, since: datetime) -> sa.Select[Any]:
    """Return the query of the first night that was loaded after `since` and published: with it all was that was loaded by then."""
    runs, checks = view("nightly_runs"), view("nightly_checks")
    failures = sa.func.sum(sa.case((checks.c.passed, 0), else_=1))
    query = sa.select(runs.c.run_date).join_from(runs, checks, checks.c.run_date == runs.c.run_date)
    query = query.where(runs.c.loaded_at > since).group_by(runs.c.run_date, runs.c.loaded_at).having(failures == 0)
    return query.order_by(runs.c.loaded_at).limit(1)


def articles_of(connection: Connection, day: date, site: str, source: str, after: tuple[str, str] | None) -> Page:
    """Return articles that came with a night, by site; of one site or source when it is given.

    `after` is the (site, article_id) of the last one seen.
    """
    listed, counted = view("article_list"), view("nightly_sources").c
    query = sa.select(listed).where(listed.c.run_date == day).order_by(listed.c.site, listed.c.article_id)
    if site:
        query = query.where(listed.c.site == site)
    if source:  # by the sites that it has: the articles of a night are indexed by these
        of_source = sa.select(counted.site).where(counted.run_date == day, counted.source_id == source)
        query = query.where(listed.c.site.in_(of_source), listed.c.source_id == source)
    if after:
        query = query.where(sa.tuple_(listed.c.site, listed.c.article_id) > sa.tuple_(*map(sa.literal, after)))
    return page_of(connection, query, ARTICLES, "site", "article_id")


def rejects_of(connection: Connection, day: date, stage: str, reason: str, source: str, after: tuple[str, str] | None) -> Page:
    """Return what a night put into quarantine; of one stage, reason and source when they are given; after a (url_id, stage)."""
    reject = view("nightly_rejects")
    runs = view("nightly_runs").c
    of_night = reject.c.run_id.in_(sa.select(runs.run_id).where(runs.run_date == day))
    query = sa.select(reject).where(of_night).order_by(reject.c.url_id, reject.c.stage)
    for column, value in ((reject.c.stage, stage), (reject.c.reason, reason), (reject.c.source_id, source)):
        if value:
            query = query.where(column == value)
    if after:
        query = query.where(sa.tuple_(reject.c.url_id, reject.c.stage) > sa.tuple_(*map(sa.literal, after)))
    return page_of(connection, query, REJECTS, "url_id", "stage")


def reject(connection: Connection, day: date, url_id: str, stage: str) -> Row | None:
    """Return one input that a night put into quarantine."""
    rejects, runs = view("nightly_rejects"), view("nightly_runs").c
    query = sa.select(rejects).where(
        rejects.c.run_id.in_(sa.select(runs.run_id).where(runs.run_date == day)), rejects.c.url_id == url_id
    )
    return connection.execute(query.where(rejects.c.stage == stage) if stage else query).first()


def _funnel(connection: Connection, day: date) -> tuple[Row, ...]:
    counted = view("nightly_funnel").c
    n = sa.func.sum(counted.n)
    query = sa.select(counted.stage, counted.outcome, n.label("n")).where(counted.run_date == day)
    return tuple(connection.execute(query.group_by(counted.stage, counted.outcome).order_by(n.desc(), counted.outcome)))


def _totals(connection: Connection, day: date) -> Row:
    sources = view("nightly_sources").c
    names = ("fetches", "fetched", "not_modified", "body_bytes", "articles", "copies", "words", "dropped_blocks", "rejects")
    sums = [sa.func.coalesce(sa.func.sum(sources[name]), 0).label(name) for name in names]
    times = [sa.func.min(sources.first_fetched_at).label("began"), sa.func.max(sources.last_fetched_at).label("ended")]
    return connection.execute(sa.select(*sums, *times).where(sources.run_date == day)).one()


def _sources(connection: Connection, days: Sequence[date], after: str) -> tuple[tuple[SourceRow, ...], str | None]:
    source = view("nightly_sources").c
    within = source.run_date.between(days[0], days[-1])
    known = sa.select(source.source_id).where(within, source.source_id > after).distinct().order_by(source.source_id)
    ids = connection.scalars(known.limit(SOURCES + 1)).all()
    shown = ids[:SOURCES]
    counted = sa.func.sum(source.articles).label("articles")
    history = sa.select(source.source_id, source.run_date, counted).where(within, source.source_id.in_(shown))
    articles = {(name, day): int(n) for name, day, n in connection.execute(history.group_by(source.source_id, source.run_date))}
    sums = [sa.func.sum(source[name]).label(name) for name in COUNTED]
    tonight = sa.select(source.source_id, *sums).where(source.run_date == days[-1], source.source_id.in_(shown))
    now = {row.source_id: row for row in connection.execute(tonight.group_by(source.source_id))}
    rows = tuple(SourceRow(name, now.get(name), tuple(articles.get((name, day), 0) for day in days)) for name in shown)
    return rows, shown[-1] if len(ids) > SOURCES else None


def _slowest(connection: Connection, day: date) -> tuple[Row, ...]:
    """Return the sites that took longest from their first page to their last: they decide how long the night is."""
    source = view("nightly_sources").c
    names = [sa.func.sum(source[name]).label(name) for name in ("fetches", "fetched", "body_bytes")]
    times = [sa.func.min(source.first_fetched_at).label("began"), sa.func.max(source.last_fetched_at).label("ended")]
    query = sa.select(source.site, *names, *times).where(source.run_date == day, source.fetches > 0).group_by(source.site)
    rows = [row for row in connection.execute(query) if row.began and row.ended]
    return tuple(sorted(rows, key=lambda row: (row.began - row.ended, row.site))[:HOSTS])


def _rules(connection: Connection, run_id: str) -> tuple[RuleCount, ...]:
    rule, example = view("nightly_rules"), view("rule_examples")
    counted = connection.execute(sa.select(rule).where(rule.c.run_id == run_id).order_by(rule.c.blocks.desc(), rule.c.rule)).all()
    shown = [column for column in example.c if column.name != "text"]
    text = sa.func.substr(example.c.text, 1, LONGEST_SAMPLE).label("text")
    samples: dict[str, dict[str, Row]] = {}
    for row in connection.execute(sa.select(*shown, text).where(example.c.run_id == run_id).order_by(example.c.article_id)):
        of_rule = samples.setdefault(row.rule, {})
        if len(of_rule) < SAMPLES:
            of_rule.setdefault(row.text, row)
    return tuple(RuleCount(row.rule, row.blocks, row.articles, tuple(samples.get(row.rule, {}).values())) for row in counted)


def _rejects(connection: Connection, run_id: str) -> tuple[Rejection, ...]:
    reject = view("nightly_rejects")
    of_run = sa.and_(reject.c.run_id == run_id, reject.c.resolved_run_id.is_(None))
    over: dict[str, Any] = {"partition_by": (reject.c.stage, reject.c.reason)}
    place = sa.func.row_number().over(**over, order_by=reject.c.url_id).label("place")
    numbered = sa.select(reject, place, sa.func.count().over(**over).label("n")).where(of_run).subquery()
    found: dict[tuple[int, str, str], list[Row]] = {}
    for row in connection.execute(sa.select(numbered).where(numbered.c.place <= SAMPLES).order_by(numbered.c.place)):
        found.setdefault((-row.n, row.stage, row.reason), []).append(row)
    return tuple(Rejection(stage, reason, -n, tuple(rows)) for (n, stage, reason), rows in sorted(found.items()))


def _learned(connection: Connection, day: date) -> tuple[Row, ...]:
    line = view("learned_lines")
    query = sa.select(line).where(line.c.first_seen == day).order_by(line.c.pages.desc(), line.c.site, line.c.line_hash)
    return tuple(connection.execute(query.limit(LINES)))


def _stories(connection: Connection, run_id: str) -> tuple[Row, ...]:
    story = view("nightly_stories")
    return tuple(connection.execute(sa.select(story).where(story.c.run_id == run_id).order_by(story.c.place)))


def _checks(connection: Connection, day: date) -> tuple[Row, ...]:
    check = view("nightly_checks")
    return tuple(connection.execute(sa.select(check).where(check.c.run_date == day).order_by(check.c.passed, check.c.name)))
