"""Load the quarantine: tonight's rejects in, those closed whose input got through."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from pipeline.captures import FETCHED, SUCCEEDED
from pipeline.warehouse.bulk import Bulk
from pipeline.warehouse.merge import merge, stage
from pipeline.warehouse.night import Night
from pipeline.warehouse.rows import reject_values
from pipeline.warehouse.tables import fetches, rejects, runs


def load_rejects(bulk: Bulk, night: Night, staged_fetches: sa.Table, seen: sa.Table) -> dict[str, int]:
    """Quarantine tonight's rejects; close those whose input got through their stage, and those of this run that are no more.

    Newer is decided by the time of the fetch here too: an old night that is loaded again neither opens what a later fetch got
    through nor closes what a later one failed of.
    """
    staged, total = stage(bulk, rejects, (reject_values(r, night.run_id, night.run_date) for r in night.rejected))
    if total:
        _close_overtaken(bulk, night, staged)
    merged = merge(bulk, rejects, staged, total)
    # A join and no NOT EXISTS: SQLite would go through all of tonight's rejects for each that is open.
    open_ = rejects.alias("open_rejects")
    key = [column.name for column in rejects.primary_key.columns]
    again = sa.and_(staged.c.url_id == open_.c.url_id, staged.c.stage == open_.c.stage)
    gone = sa.select(*(open_.c[name] for name in key)).join(staged, again, isouter=True)
    gone = gone.where(open_.c.resolved_run_id.is_(None), staged.c.url_id.is_(None))
    loaded = sa.or_(
        rejects.c.url_id.in_(sa.select(seen.c.url_id).where(seen.c.url_id.is_not(None))),
        rejects.c.raw_ref.in_(sa.select(seen.c.raw_ref).where(seen.c.raw_ref.is_not(None))),
    )
    fetched = sa.or_(
        *(
            sa.and_(
                condition, rejects.c.url_id.in_(sa.select(staged_fetches.c.url_id).where(staged_fetches.c.outcome.in_(outcomes)))
            )
            for condition, outcomes in _got_through(rejects)
        )
    )
    own, tonight = fetches.alias("own"), fetches.alias("tonight")
    newer = sa.exists().where(
        *(own.c.run_id == rejects.c.run_id, own.c.url_id == rejects.c.url_id),
        *(tonight.c.run_id == night.run_id, tonight.c.url_id == rejects.c.url_id),
        own.c.fetched_at > tonight.c.fetched_at,
    )
    read = sa.and_(
        *(rejects.c.stage == "discover", rejects.c.source_id.in_(sorted(night.sources_read))),
        rejects.c.run_date <= date.fromisoformat(night.run_date),
    )
    of_this_run = rejects.c.run_id == night.run_id
    is_gone = sa.tuple_(*(rejects.c[name] for name in key)).in_(gone)
    close = rejects.update().values(resolved_run_id=night.run_id).where(rejects.c.resolved_run_id.is_(None), is_gone)
    through = sa.and_(sa.or_(loaded, fetched), ~newer)
    resolved = bulk.connection.execute(close.where(sa.or_(through, read, of_this_run))).rowcount
    return merged._asdict() | {"resolved": resolved}


def _got_through(reject: sa.FromClause) -> tuple[tuple[sa.ColumnElement[bool], tuple[str, ...]], ...]:
    """Return, for a failed fetch and for a page that was rejected, which outcomes of another fetch of the URL are its end."""
    stage_of = reject.c.stage
    return (stage_of == "fetch", SUCCEEDED), (stage_of.not_in(("discover", "fetch")), (FETCHED,))


def _close_overtaken(bulk: Bulk, night: Night, staged: sa.Table) -> None:
    """Name in the staged rejects the run that has got their input through since, where there is one."""
    stored, own, later, again = rejects.alias("stored"), fetches.alias("own"), fetches.alias("later"), rejects.alias("again")
    known = (
        sa.select(stored.c.resolved_run_id)
        .where(*(stored.c[key.name] == staged.c[key.name] for key in rejects.primary_key.columns))
        .where(stored.c.resolved_run_id != night.run_id)
    )
    rejected_again = sa.exists().where(
        *(again.c.run_id == later.c.run_id, again.c.url_id == later.c.url_id, again.c.stage == staged.c.stage),
        again.c.resolved_run_id.is_distinct_from(again.c.run_id),  # not of an earlier try of that run
    )
    since = sa.select(sa.func.min(later.c.run_id)).where(
        *(own.c.run_id == staged.c.run_id, own.c.url_id == staged.c.url_id),
        *(later.c.url_id == staged.c.url_id, later.c.fetched_at > own.c.fetched_at, ~rejected_again),
        sa.or_(*(sa.and_(condition, later.c.outcome.in_(outcomes)) for condition, outcomes in _got_through(staged))),
    )
    since_then = since.correlate(staged).scalar_subquery()
    overtaken = staged.update().where(since_then.is_not(None))
    bulk.connection.execute(overtaken.values(resolved_run_id=sa.func.coalesce(known.scalar_subquery(), since_then)))
    read = known.join(runs, runs.c.run_id == stored.c.resolved_run_id).where(runs.c.run_date > date.fromisoformat(night.run_date))
    of_feeds = staged.update().where(staged.c.stage == "discover")
    bulk.connection.execute(of_feeds.values(resolved_run_id=read.scalar_subquery()))
