"""The figures of one night, for the summary table and the report pages: data only, whoever asks prints it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.tables import articles, dropped_blocks, passages, rejects, runs, stage_reports, stories, story_members

TOP = 10  # rules and stories that are listed


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Items of a stage with one outcome."""

    stage: str
    outcome: str
    n: int


@dataclass(frozen=True, slots=True)
class RejectRow:
    """Inputs rejected for one reason that are still open."""

    stage: str
    reason: str
    n: int
    sample_url: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule, how many blocks of the night it dropped, and one of them."""

    rule: str
    times: int
    sample: str


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story that the night's articles are in."""

    title: str | None
    site: str
    copies: int
    sites: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """One night. `stories` to `passages` count what came new with it; `stories` are those of the articles that copy none."""

    run_date: date
    run_ids: tuple[str, ...]
    stories: int
    copies: int
    passages: int
    funnel: tuple[FunnelRow, ...]
    rejects: tuple[RejectRow, ...]
    rules: tuple[RuleRow, ...]
    biggest_stories: tuple[StoryRow, ...]


def run_report(warehouse: Warehouse, run_date: date) -> RunReport:
    """Return the figures of a night, all of one committed state; the lists of rules and stories hold at most `TOP` rows."""
    tonight = articles.c.first_run_date == run_date
    with warehouse.reading() as connection:
        brought = _count(connection, sa.select(articles.c.article_id).where(tonight))
        copies = _count(connection, _of_members(story_members.c.article_id).where(tonight, story_members.c.relation == "copy"))
        return RunReport(
            run_date=run_date,
            run_ids=tuple(connection.scalars(sa.select(runs.c.run_id).where(runs.c.run_date == run_date).order_by(runs.c.run_id))),
            stories=brought - copies,
            copies=copies,
            passages=_count(
                connection,
                sa.select(passages.c.article_id).join(articles, articles.c.article_id == passages.c.article_id).where(tonight),
            ),
            funnel=_funnel(connection, run_date),
            rejects=_rejects(connection, run_date),
            rules=_rules(connection, tonight),
            biggest_stories=_biggest(connection, tonight),
        )


def latest_run_date(warehouse: Warehouse) -> date | None:
    """Return the newest night that was loaded; None for an empty warehouse."""
    with warehouse.reading() as connection:
        return connection.execute(sa.select(sa.func.max(runs.c.run_date))).scalar()


def _count(connection: Connection, query: sa.Select[Any]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()


def _of_members(column: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(column).join_from(story_members, articles, articles.c.article_id == story_members.c.article_id)


def _funnel(connection: Connection, run_date: date) -> tuple[FunnelRow, ...]:
    report = stage_reports.c
    n = sa.func.sum(report.n)
    query = sa.select(report.stage, report.outcome, n).where(report.run_date == run_date).group_by(report.stage, report.outcome)
    rows = connection.execute(query.order_by(report.stage, n.desc(), report.outcome))
    return tuple(FunnelRow(stage, outcome, int(total)) for stage, outcome, total in rows)


def _rejects(connection: Connection, run_date: date) -> tuple[RejectRow, ...]:
    reject = rejects.c
    query = (
        sa.select(reject.stage, reject.reason, sa.func.count(), sa.func.min(reject.url))
        .where(reject.run_date == run_date, reject.resolved_run_id.is_(None))
        .group_by(reject.stage, reject.reason)
        .order_by(sa.func.count().desc(), reject.stage, reject.reason)
    )
    return tuple(RejectRow(*row) for row in connection.execute(query))


def _rules(connection: Connection, tonight: sa.ColumnElement[bool]) -> tuple[RuleRow, ...]:
    block = dropped_blocks.c
    query = (
        sa.select(block.rule, sa.func.count(), sa.func.min(block.text))
        .join_from(dropped_blocks, articles, articles.c.article_id == block.article_id)
        .where(tonight)
        .group_by(block.rule)
        .order_by(sa.func.count().desc(), block.rule)
        .limit(TOP)
    )
    return tuple(RuleRow(*row) for row in connection.execute(query))


def _biggest(connection: Connection, tonight: sa.ColumnElement[bool]) -> tuple[StoryRow, ...]:
    lead = articles.alias("lead")
    query = (
        sa.select(lead.c.title, lead.c.site, stories.c.members - 1, stories.c.sites)
        .join_from(stories, lead, lead.c.article_id == stories.c.canonical_article_id)
        .where(stories.c.members > 1, stories.c.story_id.in_(_of_members(story_members.c.story_id).where(tonight)))
        .order_by(stories.c.members.desc(), lead.c.title, stories.c.story_id)
        .limit(TOP)
    )
    return tuple(StoryRow(*row) for row in connection.execute(query))
