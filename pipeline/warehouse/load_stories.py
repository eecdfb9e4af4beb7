"""Load stories, their members and the passages shared between articles, as sets of rows inside the database.

What tonight says of an article replaces what is stored of it, but for one case: when an old night is loaded again and nothing
of a story or of what it took from others has changed, what later nights decided since stands. A story is computed from its
members; one that lost them all stays, with 0 members and the story that took them over, so that old links lead on.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from pipeline.records import StoryMember
from pipeline.warehouse.batches import as_batches, member_rows
from pipeline.warehouse.bulk import Bulk
from pipeline.warehouse.merge import Merged, merge, stage
from pipeline.warehouse.night import Night
from pipeline.warehouse.rows import passage_values
from pipeline.warehouse.tables import JSON, articles, passages, runs, stories, story_members

ALONE = {"relation": "unique", "canonical_reason": "only document"}

_overruled = sa.Table("overruled_members", sa.MetaData(), sa.Column("article_id", sa.Text()), prefixes=["TEMPORARY"])
_touched = sa.Table("touched_stories", sa.MetaData(), sa.Column("story_id", sa.Text()), prefixes=["TEMPORARY"])


def load_stories(bulk: Bulk, night: Night, seen: sa.Table) -> dict[str, dict[str, int]]:
    """Load members and passages, then compute the stories that they touch; `seen` are the articles of the night."""
    rows = (member_rows(batch, night.run_id) for batch in as_batches(night.members, StoryMember))
    staged, total = stage(bulk, story_members, rows)
    taken = stage(bulk, passages, (passage_values(reuse, night.run_id) for reuse in night.reuse))
    _touched.create(bulk.connection)
    total -= _drop_overruled(bulk, night, staged, taken[0], seen)
    _lead_those_left(bulk, staged)
    _find_touched(bulk, staged, seen)
    members = merge(bulk, story_members, staged, total, not_compared=("run_id",))
    told = _load_stories(bulk, night, staged)
    aligned = _align_members(bulk, night)
    return {
        "stories": told._asdict(),
        "story_members": members._replace(updated=members.updated + aligned)._asdict(),
        "passages": _load_passages(bulk, *taken, staged, seen)._asdict(),
    }


def _drop_overruled(bulk: Bulk, night: Night, staged: sa.Table, taken: sa.Table, seen: sa.Table) -> int:
    """Take out of the staged members whose place a later night decided.

    Unless an article is new or changed that is in the story or was, or that a passage in the story is from or was.
    """
    _overruled.create(bulk.connection)
    stored, ids = story_members.c, _overruled.c.article_id
    later = (
        sa.select(staged.c.article_id)
        .join(story_members, stored.article_id == staged.c.article_id)
        .join(runs, runs.c.run_id == stored.run_id)
        .where(runs.c.run_date > date.fromisoformat(night.run_date))
    )
    if not bulk.connection.execute(_overruled.insert().from_select(["article_id"], later)).rowcount:
        return 0
    other, beside = staged.alias("other"), story_members.alias("beside")
    joined = sa.select(other.c.story_id).join(seen, seen.c.article_id == other.c.article_id).where(seen.c.changed)
    gained = sa.select(other.c.story_id).join(taken, taken.c.article_id == other.c.article_id)
    gained = gained.join(seen, seen.c.article_id == taken.c.source_article_id).where(seen.c.changed)
    brought = sa.select(staged.c.article_id).where(staged.c.story_id.in_(sa.union(joined, gained)))
    left = sa.select(stored.article_id).join(beside, beside.c.story_id == stored.story_id)
    left = left.join(seen, seen.c.article_id == beside.c.article_id).where(seen.c.changed)
    lost = sa.select(passages.c.article_id).join(seen, seen.c.article_id == passages.c.source_article_id).where(seen.c.changed)
    bulk.connection.execute(_overruled.delete().where(ids.in_(sa.union(brought, left, lost))))
    return bulk.connection.execute(staged.delete().where(staged.c.article_id.in_(sa.select(ids)))).rowcount


def _lead_those_left(bulk: Bulk, staged: sa.Table) -> None:
    """Take for canonical what tonight calls unique, where an article that tonight does not mention is a copy of it.

    And for unique what tonight calls canonical, where no copy of it is left.
    """
    other = story_members.alias("other")
    left = sa.exists().where(
        other.c.story_id == staged.c.story_id,
        other.c.article_id != staged.c.article_id,
        other.c.article_id.not_in(sa.select(staged.alias("mentioned").c.article_id)),
    )
    led = {"relation": "canonical", "canonical_reason": sa.func.coalesce(_reason_of_story(staged), staged.c.canonical_reason)}
    bulk.connection.execute(staged.update().values(led).where(staged.c.relation == "unique", left))
    beside = staged.alias("beside")
    several = sa.select(beside.c.story_id).group_by(beside.c.story_id).having(sa.func.count() > 1)
    alone = sa.and_(staged.c.relation == "canonical", ~left, staged.c.story_id.not_in(several))
    bulk.connection.execute(staged.update().values(ALONE).where(alone))


def _reason_of_story(member: sa.Table) -> sa.ScalarSelect[Any]:
    """Return why an article stands for its story, as its copies say: where it stood alone, it was the only document."""
    copy = story_members.alias("copy")
    of_story = sa.select(sa.func.min(copy.c.canonical_reason)).where(
        copy.c.story_id == member.c.story_id, copy.c.article_id != member.c.article_id
    )
    return of_story.where(copy.c.canonical_reason != ALONE["canonical_reason"]).correlate(member).scalar_subquery()


def _find_touched(bulk: Bulk, staged: sa.Table, seen: sa.Table) -> None:
    """Note every story that gains, loses or changes a member, or has a member that changed."""
    old, new = story_members.c, staged.c
    compared = [c.name for c in story_members.columns if c.name not in ("article_id", "run_id")]
    same = sa.exists().where(old.article_id == new.article_id, *(old[c].is_not_distinct_from(new[c]) for c in compared))
    gains = sa.select(new.story_id).where(~same)
    loses = sa.select(old.story_id).join(staged, new.article_id == old.article_id).where(old.story_id != new.story_id)
    changed = sa.select(old.story_id).join(seen, seen.c.article_id == old.article_id).where(seen.c.changed)
    brought = sa.select(new.story_id).join(seen, seen.c.article_id == new.article_id).where(seen.c.changed)
    bulk.connection.execute(_touched.insert().from_select(["story_id"], sa.union(gains, loses, changed, brought)))
    bulk.analyse(_touched)


def _load_stories(bulk: Bulk, night: Night, staged_members: sa.Table) -> Merged:
    """Compute the touched stories from their members that are loaded."""
    alive = _alive(staged_members)
    heir = story_members.alias("heir")
    rows = (
        sa.select(
            _touched.c.story_id,
            sa.func.coalesce(alive.c.canonical, stories.c.canonical_article_id, _touched.c.story_id),
            sa.func.coalesce(alive.c.members, 0),
            sa.func.coalesce(alive.c.sites, 0),
            sa.case((alive.c.members.is_(None), stories.c.first_published_at), else_=alive.c.first),
            sa.case((alive.c.members.is_(None), stories.c.last_published_at), else_=alive.c.last),
            sa.case((alive.c.members.is_(None), heir.c.story_id)),
            sa.literal(night.run_id),
            sa.literal(night.run_id),
            sa.func.row_number().over(order_by=_touched.c.story_id),
        )
        .join_from(_touched, alive, alive.c.story_id == _touched.c.story_id, isouter=True)
        .join(stories, stories.c.story_id == _touched.c.story_id, isouter=True)
        .join(heir, heir.c.article_id == stories.c.canonical_article_id, isouter=True)
        .where(sa.or_(alive.c.story_id.is_not(None), stories.c.story_id.is_not(None)))
    )
    staged, _ = stage(bulk, stories, ())
    total = bulk.connection.execute(staged.insert().from_select([c.name for c in staged.columns], rows)).rowcount
    return merge(bulk, stories, staged, total, not_compared=("last_run_id",), kept=("first_run_id",))


def _alive(staged_members: sa.Table) -> sa.Subquery:
    """Return of the touched stories with members the canonical, which tonight may name, how many members, and their times."""
    given = (
        sa.select(staged_members.c.story_id, sa.func.min(staged_members.c.canonical_article_id).label("canonical"))
        .group_by(staged_members.c.story_id)
        .subquery("given")
    )
    m, a = story_members.c, articles.c
    leads = m.relation.in_(("canonical", "unique"))
    canonical = sa.func.coalesce(
        sa.func.min(sa.case((m.article_id == given.c.canonical, m.article_id))),
        sa.func.min(sa.case((leads, m.article_id))),
        sa.func.min(m.article_id),
    )
    return (
        sa.select(
            m.story_id,
            canonical.label("canonical"),
            sa.func.count().label("members"),
            sa.func.count(sa.distinct(a.site)).label("sites"),
            sa.func.min(a.published_at).label("first"),
            sa.func.max(a.published_at).label("last"),
        )
        .join_from(_touched, story_members, m.story_id == _touched.c.story_id)
        .join(articles, a.article_id == m.article_id)
        .join(given, given.c.story_id == m.story_id, isouter=True)
        .group_by(m.story_id)
        .subquery("alive")
    )


def _align_members(bulk: Bulk, night: Night) -> int:
    """Make members that tonight does not mention agree with their story; returns how many changed.

    They follow its canonical article; one that the others have left stands alone. Where a later night put them into the story, that
    stays so: it is what keeps tonight from deciding otherwise when it is loaded again.
    """
    m, s = story_members.c, stories.c
    touched = sa.and_(m.story_id == s.story_id, s.story_id.in_(sa.select(_touched.c.story_id)))
    later = sa.exists().where(runs.c.run_id == m.run_id, runs.c.run_date > date.fromisoformat(night.run_date))
    new = {"canonical_article_id": s.canonical_article_id, "run_id": sa.case((later, m.run_id), else_=night.run_id)}
    copy = new | {"relation": "copy"}
    by_story = sa.literal({"follows": "its story's canonical article"}, JSON)
    follows = copy | {"proof": sa.func.coalesce(m.proof, by_story)}
    # What it was found to copy is in another story now, and no proof of its place in this one.
    left = copy | {"score": None, "matched_article_id": None, "proof": by_story}
    other = story_members.alias("other")
    matched = sa.exists().where(other.c.article_id == m.matched_article_id, other.c.story_id == m.story_id)
    # The proof of a copy is what it shared with the article that it followed; any other is of the article itself.
    heads = new | {"score": None, "matched_article_id": None, "proof": sa.case((m.relation != "copy", m.proof))}
    reason = sa.case((m.relation == "unique", sa.func.coalesce(_reason_of_story(story_members), m.canonical_reason)))
    leads = heads | {"relation": "canonical", "canonical_reason": sa.func.coalesce(reason, m.canonical_reason)}
    alone = heads | ALONE
    is_head = m.article_id == s.canonical_article_id
    behind = sa.and_(s.members > 1, ~is_head, m.canonical_article_id != s.canonical_article_id)
    statements = (
        (left, sa.and_(behind, m.matched_article_id.is_not(None), ~matched)),
        (follows, behind),
        (leads, sa.and_(s.members > 1, is_head, m.relation != "canonical")),
        (alone, sa.and_(s.members == 1, sa.or_(m.relation != "unique", m.canonical_article_id != m.article_id))),
    )
    return sum(
        bulk.connection.execute(story_members.update().values(values).where(touched, condition)).rowcount
        for values, condition in statements
    )


def _load_passages(bulk: Bulk, staged: sa.Table, total: int, staged_members: sa.Table, seen: sa.Table) -> Merged:
    """Replace the passages of every article that tonight decides on or changes.

    Of two articles one took from the other: what is stored the other way round of articles that tonight did not decide on goes.
    """
    overruled = staged.c.article_id.in_(sa.select(_overruled.c.article_id))
    total -= bulk.connection.execute(staged.delete().where(overruled)).rowcount
    old, new = passages.c, staged.c
    decided = sa.union_all(
        sa.select(staged_members.c.article_id), sa.select(new.article_id), sa.select(seen.c.article_id).where(seen.c.changed)
    ).subquery("decided")
    stored = passages.alias("stored")
    theirs = sa.select(stored.c.article_id).join_from(decided, stored, stored.c.article_id == decided.c.article_id)
    key = [column.name for column in passages.primary_key.columns]
    same = sa.exists().where(*(old[name] == new[name] for name in key))
    gone = bulk.connection.execute(passages.delete().where(old.article_id.in_(theirs), ~same)).rowcount
    turned = sa.and_(stored.c.article_id == new.source_article_id, stored.c.source_article_id == new.article_id)
    both = sa.exists().where(old.article_id == new.source_article_id, old.source_article_id == new.article_id)
    takers = sa.select(stored.c.article_id).join_from(staged, stored, turned)
    gone += bulk.connection.execute(passages.delete().where(old.article_id.in_(takers), both, ~same)).rowcount
    merged = merge(bulk, passages, staged, total, not_compared=("run_id",))
    return merged._replace(updated=merged.updated + gone)
