"""A story: the article that stands for it, its copies in the order of time, and what a publisher changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.report.diff import Pair, side_by_side
from pipeline.report.views import Row, view

MEMBERS = 200


class Moment(NamedTuple):
    """A time of publication, and how precise it is."""

    at: datetime
    precision: str | None


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
    after: str  # the last article of the page before
    more_after: str | None
    began: Moment | None
    ended: Moment | None
    comparison: Comparison | None


def story_head(connection: Connection, story_id: str) -> Row | None:
    """Return the row of a story, None when there is none."""
    stories = view("story_heads")
    return connection.execute(sa.select(stories).where(stories.c.story_id == story_id)).first()


def story_page(connection: Connection, head: Row, *, compare: str | None = None, after: str = "") -> StoryPage:
    """Return a story for its page: its articles in the order of time, those behind the article `after`.

    `compare` names the copy to lay beside the canonical, else the closest of those shown is.
    """
    member = view("story_articles")
    of_story = member.c.story_id == head.story_id
    found = connection.execute(sa.select(member.c.article_id, member.c.published_at, member.c.published_precision).where(of_story))
    moments = {row.article_id: Moment(row.published_at, row.published_precision) for row in found}
    times = {identity: moment.at for identity, moment in moments.items()}
    lead = head.canonical_article_id
    ordered = sorted(times, key=lambda identity: _order(times[identity], identity, lead))
    start = ordered.index(after) + 1 if after in times else 0
    shown = ordered[start : start + MEMBERS]
    compared = compare if compare in times and compare != lead else None
    asked = sa.select(member).where(member.c.article_id.in_({*shown, lead, compared} - {None}))
    rows = {row.article_id: row for row in connection.execute(asked)}
    canonical = rows.get(lead)
    known = [moment for moment in moments.values() if moment.at is not None]
    began, ended = min(known, key=_at, default=None), max(known, key=_at, default=None)
    copies = [identity for identity in shown if identity != lead]
    closest = min(copies, key=lambda identity: (-(rows[identity].score or 0), identity), default=None)
    chosen = rows.get(compared or closest)
    return StoryPage(
        head=head,
        canonical=canonical,
        members=tuple(_member(rows[identity], canonical, began, ended) for identity in shown),
        after=after if start else "",
        more_after=shown[-1] if len(ordered) > start + MEMBERS else None,
        began=began,
        ended=ended,
        comparison=_compare(connection, canonical, chosen) if canonical is not None and chosen is not None else None,
    )


def _at(moment: Moment) -> datetime:
    return moment.at


def _order(moment: datetime | None, identity: str, lead: str) -> tuple[bool, float, bool, str]:
    """Return what articles are sorted by: time, those without one last; the canonical one before what came at the same time."""
    return moment is None, moment.timestamp() if moment else 0.0, identity != lead, identity


def _member(row: Row, lead: Row | None, began: Moment | None, ended: Moment | None) -> Member:
    place = lag = None
    if row.published_at and began and ended:
        place = (row.published_at - began.at) / (ended.at - began.at) if ended.at > began.at else 0.0
    if (
        lead is not None
        and row.published_at
        and lead.published_at
        and "day" not in (row.published_precision, lead.published_precision)
    ):
        lag = (row.published_at - lead.published_at).total_seconds() / 3600
    return Member(row, place, lag)


def _compare(connection: Connection, lead: Row, copy: Row) -> Comparison:
    articles = view("article_pages").c
    query = sa.select(articles.article_id, articles.text).where(articles.article_id.in_((lead.article_id, copy.article_id)))
    texts = {row.article_id: row.text for row in connection.execute(query)}
    return Comparison(lead, copy, side_by_side(texts[lead.article_id], texts[copy.article_id]))
