"""A story: the article that stands for it, its copies in the order of time, and what a publisher changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.report.diff import Pair, side_by_side
from pipeline.report.views import Row, view

MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Member:
    """An article of the story. `place` is where it stands between the first (0) and the last (1) publication."""

    row: Row
    place: float | None
    lag: float | None  # hours after the canonical article


@dataclass(frozen=True, slots=True)
class Comparison:
    """The canonical article and one copy, side by side."""

    canonical: Row
    copy: Row
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A story for its page."""

    head: Row
    canonical: Row | None
    members: tuple[Member, ...]
    more_after: str | None
    began: datetime | None
    ended: datetime | None
    comparison: Comparison | None


def story_head(connection: Connection, story_id: str) -> Row | None:
    """Return the row of a story, None when there is none."""
    stories = view("story_heads")
    return connection.execute(sa.select(stories).where(stories.c.story_id == story_id)).first()


def story_page(connection: Connection, head: Row, *, compare: str | None = None, after: str = "") -> StoryPage:
    """Return a story for its page; `compare` names the copy to lay beside the canonical, else the closest is."""
    member = view("story_articles")
    query = sa.select(member).where(member.c.story_id == head.story_id, member.c.article_id > after)
    rows = connection.execute(query.order_by(member.c.article_id).limit(MEMBERS + 1)).all()
    shown = rows[:MEMBERS]
    lead = connection.execute(sa.select(member).where(member.c.article_id == head.canonical_article_id)).first()
    times = [row.published_at for row in (*shown, lead) if row is not None and row.published_at]
    began, ended = (min(times), max(times)) if times else (None, None)
    copies = [row for row in shown if row.article_id != head.canonical_article_id]
    chosen = next((row for row in copies if row.article_id == compare), None) or min(
        copies, key=lambda row: (-(row.score or 0), row.article_id), default=None
    )
    return StoryPage(
        head=head,
        canonical=lead,
        members=tuple(sorted((_member(row, lead, began, ended) for row in shown), key=_order)),
        more_after=shown[-1].article_id if len(rows) > MEMBERS else None,
        began=began,
        ended=ended,
        comparison=_compare(connection, lead, chosen) if lead is not None and chosen is not None else None,
    )


def _member(row: Row, lead: Row | None, began: datetime | None, ended: datetime | None) -> Member:
    place = lag = None
    if row.published_at and began and ended:
        place = (row.published_at - began) / (ended - began) if ended > began else 0.0
    if (
        lead is not None
        and row.published_at
        and lead.published_at
        and "day" not in (row.published_precision, lead.published_precision)
    ):
        lag = (row.published_at - lead.published_at).total_seconds() / 3600
    return Member(row, place, lag)


def _order(member: Member) -> tuple[bool, bool, float, str]:
    row = member.row
    moment = row.published_at.timestamp() if row.published_at else 0.0
    return row.published_at is None, row.relation == "copy" and member.lag == 0, moment, row.article_id


def _compare(connection: Connection, lead: Row, copy: Row) -> Comparison:
    articles = view("article_pages").c
    query = sa.select(articles.article_id, articles.text).where(articles.article_id.in_((lead.article_id, copy.article_id)))
    texts = {row.article_id: row.text for row in connection.execute(query)}
    return Comparison(lead, copy, side_by_side(texts[lead.article_id], texts[copy.article_id]))
