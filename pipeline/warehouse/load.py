"""Load a night: one transaction under one lock, by key and content. Loading the same night again changes no row."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from pipeline.captures import FETCHED, NOT_MODIFIED, SUCCEEDED
from pipeline.records import Fetch
from pipeline.warehouse.batches import as_batches, fetch_rows
from pipeline.warehouse.bulk import Bulk, as_batch, bulk_for
from pipeline.warehouse.dedup_index import load_index
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.figures import count_runs
from pipeline.warehouse.load_articles import load_articles
from pipeline.warehouse.load_rejects import load_rejects
from pipeline.warehouse.load_stories import load_stories
from pipeline.warehouse.merge import Merged, merge, stage
from pipeline.warehouse.night import LoadResult, Night
from pipeline.warehouse.read import states_after
from pipeline.warehouse.rows import report_values, site_line_values
from pipeline.warehouse.tables import articles, dropped_blocks, fetches, runs, site_lines, stage_reports, url_state

logger = logging.getLogger(__name__)


def load(warehouse: Warehouse, night: Night) -> LoadResult:
    """Load a night whole or not at all; returns what became of the rows of each table.

    Raises `Transient` when another load holds the warehouse too long or the connection is lost, `Fatal` when the
    database cannot take the night. Either way nothing of it was loaded.
    """
    counts: dict[str, Mapping[str, int]] = {}
    with warehouse.writing(f"load {night.run_id}") as connection:
        bulk = bulk_for(connection)
        rows = (fetch_rows(batch, night.run_id, night.run_date) for batch in as_batches(night.fetches, Fetch))
        staged_fetches, total = stage(bulk, fetches, rows)
        merged = merge(bulk, fetches, staged_fetches, total)
        counts["fetches"] = _counts(merged)
        counts["url_state"] = _counts(_load_url_state(bulk, staged_fetches, total, late=merged.inserted + merged.updated > 0))
        counts["articles"], seen, tables = load_articles(bulk, night)
        counts |= tables
        counts |= load_stories(bulk, night, seen)
        counts["dedup_index"] = _counts(load_index(bulk, date.fromisoformat(night.run_date), night.index))
        counts["site_lines"] = _counts(_load_site_lines(bulk, night))
        counts["rejects"] = load_rejects(bulk, night, staged_fetches, seen)
        counts["stage_reports"] = _counts(_load_reports(bulk, night))
        counts["runs"] = _counts(_load_run(bulk, night, changed=LoadResult(counts).changed))
        changed = LoadResult(counts).changed
        if changed:
            for table in (articles, dropped_blocks):
                bulk.analyse(table, counts[table.name]["inserted"])
        count_runs(connection, night.run_id if changed else None)
    result = LoadResult(counts)
    logger.info("%s: loaded %s: %s", warehouse.url, night.run_id, _said(result))
    return result


def _load_url_state(bulk: Bulk, staged: sa.Table, total: int, *, late: bool) -> Merged:
    """Move each URL's state on by its fetch.

    A state that is of a later fetch already is told anew from all its fetches, where there are other ones now (`late`).
    """
    source = staged.c
    good = source.outcome.in_(SUCCEEDED)
    raw_ref = source.warc_filename + "#" + sa.cast(source.warc_offset, sa.Text) + "+" + sa.cast(source.warc_length, sa.Text)
    values = (
        *(source.url_id, source.url, source.site, source.run_date, source.run_date, source.fetched_at, source.outcome),
        sa.case((good, source.run_date)),
        *(sa.case((good, value)) for value in (source.etag, source.last_modified, source.digest, raw_ref)),
        sa.case((good, 0), else_=1),
    )
    named = (value.label(column.name) for value, column in zip(values, url_state.columns, strict=True))
    states = sa.select(*named).subquery("states")
    old, new = url_state.c, states.c
    assigned: dict[str, sa.ColumnElement[Any]] = {
        name: sa.case(
            (new.last_outcome == FETCHED, new[name]),
            (new.last_outcome == NOT_MODIFIED, sa.func.coalesce(new[name], old[name])),
            else_=old[name],
        )
        for name in ("etag", "last_modified", "digest", "raw_ref")
    }
    assigned["last_success_date"] = sa.func.coalesce(new.last_success_date, old.last_success_date)
    assigned["fail_count"] = sa.case((new.fail_count == 0, 0), else_=old.fail_count + 1)
    later = new.last_fetched_at > old.last_fetched_at
    moved = merge(bulk, url_state, states, total, kept=("url", "site", "first_seen_date"), assigned=assigned, only=later)
    if not late:
        return moved
    overtaken = sa.select(new.url_id).join(url_state, old.url_id == new.url_id).where(old.last_fetched_at > new.last_fetched_at)
    told = [*states_after(bulk.connection, bulk.connection.scalars(overtaken).all()).values()]
    columns = [[getattr(state, column.name, None) for state in told] for column in url_state.columns]
    again, count = stage(bulk, url_state, [as_batch(url_state, columns)] if told else ())
    retold = merge(bulk, url_state, again, count, kept=("last_fetched_at",))
    return moved._replace(updated=moved.updated + retold.updated, unchanged=moved.unchanged - retold.updated)


def _load_site_lines(bulk: Bulk, night: Night) -> Merged:
    """Bring in the lines learned tonight, keeping what was known before the night beside them."""
    staged, total = stage(bulk, site_lines, map(site_line_values, night.site_lines))
    old, new = site_lines.c, staged.c
    moves_on = new.last_seen > old.last_seen
    assigned: dict[str, sa.ColumnElement[Any]] = {
        "pages_before": sa.case((moves_on, old.pages), else_=old.pages_before),
        "last_seen_before": sa.case((moves_on, old.last_seen), else_=old.last_seen_before),
    }
    return merge(bulk, site_lines, staged, total, assigned=assigned, only=new.last_seen >= old.last_seen)


def _load_reports(bulk: Bulk, night: Night) -> Merged:
    """Replace the run's reports of the stages that report tonight."""
    rows = (row for report in night.reports for row in report_values(report, night.run_id))
    staged, total = stage(bulk, stage_reports, rows)
    old, new = stage_reports.c, staged.c
    same = sa.exists().where(*(old[k] == new[k] for k in ("run_id", "stage", "shard", "outcome")))
    stale = stage_reports.delete().where(old.run_id == night.run_id, old.stage.in_(sa.select(new.stage)), ~same)
    gone = bulk.connection.execute(stale).rowcount
    merged = merge(bulk, stage_reports, staged, total)
    return merged._replace(updated=merged.updated + gone)


def _load_run(bulk: Bulk, night: Night, *, changed: bool) -> Merged:
    """Write the run's row; a load that brought nothing new leaves it as it is."""
    now = datetime.now(UTC)
    known = bulk.connection.execute(sa.select(runs.c.run_id).where(runs.c.run_id == night.run_id)).first()
    values = {"code_version": night.code_version, "config_hash": night.config_hash, "loaded_at": now}
    if known is None:
        row = {"run_id": night.run_id, "run_date": date.fromisoformat(night.run_date), "first_loaded_at": now}
        bulk.connection.execute(runs.insert(), row | values)
        return Merged(inserted=1)
    if not changed:
        return Merged(unchanged=1)
    bulk.connection.execute(runs.update().values(values).where(runs.c.run_id == night.run_id))
    return Merged(updated=1)


def _counts(merged: Merged) -> dict[str, int]:
    return merged._asdict()


def _said(result: LoadResult) -> str:
    parts = (
        f"{table} {' '.join(f'{n} {what}' for what, n in outcome.items() if n)}"
        for table, outcome in result.counts.items()
        if any(outcome.values())
    )
    return ", ".join(parts) or "nothing to load"
