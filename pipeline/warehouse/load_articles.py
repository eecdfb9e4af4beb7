"""Load articles: new ones straight in, changed ones with a version of each text, unchanged ones not touched.

A batch is compared with what is stored by key and hash alone. Newer is decided by the time of the fetch, so a back-fill
of an older page never overwrites a newer text: it goes to `article_versions` only.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import sqlalchemy as sa

from pipeline.warehouse.article_batches import ArticleBatch, Keys, Order, article_rows, dropped_rows, order, sources
from pipeline.warehouse.bulk import Bulk, arrow_schema, staging_table
from pipeline.warehouse.night import Night
from pipeline.warehouse.tables import UtcDateTime, article_versions, articles, dropped_blocks

logger = logging.getLogger(__name__)

SAME = ("article_id", "row_hash", "raw_ref", "fetched_at")  # enough to know an article as unchanged
COMPARED = ("article_id", "row_hash", "content_hash", "fetched_at", "url", "raw_ref")
KEPT = ("first_run_id", "first_run_date")  # of the run that brought the article

# Every article of the night, for the statements that come after: which rejects are resolved, which stories change.
seen_articles = sa.Table(
    "seen_articles",
    sa.MetaData(),
    sa.Column("article_id", sa.Text()),
    sa.Column("url_id", sa.Text()),
    sa.Column("raw_ref", sa.Text()),
    sa.Column("changed", sa.Boolean()),
    prefixes=["TEMPORARY"],
)

# Articles of the batch that were fetched again with the same content.
touched = sa.Table(
    "touched_articles",
    sa.MetaData(),
    sa.Column("article_id", sa.Text()),
    sa.Column("fetched_at", UtcDateTime()),
    sa.Column("raw_ref", sa.Text()),
    prefixes=["TEMPORARY"],
)


class _Stored(NamedTuple):
    row_hash: str
    content_hash: str
    order: Order


@dataclass(slots=True)
class _Sorted:
    """The places in a batch, by what has to be done with the article there."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    seen_again: list[int] = field(default_factory=list)
    older: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)


def load_articles(bulk: Bulk, night: Night) -> tuple[dict[str, int], sa.Table, dict[str, dict[str, int]]]:
    """Load the night's articles; returns their counts, the temporary table of all of them, and the other tables' counts."""
    staged = staging_table(articles)
    for table in (staged, touched, seen_articles):
        table.create(bulk.connection)
    counts = dict.fromkeys(("inserted", "updated", "unchanged", "seen_again", "older", "not_article"), 0)
    versions = {"inserted": 0, "updated": 0, "unchanged": 0}
    blocks = {"inserted": 0, "updated": 0, "unchanged": 0}
    for keys, others, read in sources(night.articles):
        work = _sort(keys, *_stored(bulk, keys))
        counts["not_article"] += others
        counts["seen_again"] += _touch(bulk, touched, keys, work.seen_again)
        added = 0
        if work.new or work.changed or work.older:
            batch = read()
            _insert_new(bulk, night, batch, work.new, blocks)
            _update_changed(bulk, night, staged, batch, work.changed, versions, blocks)
            added = _keep_older(bulk, night, staged, batch, work.older)
            versions["inserted"] += added
        counts["older"] += len(work.older) if added else 0
        counts["unchanged"] += len(work.unchanged) + (0 if added else len(work.older))
        counts["inserted"] += len(work.new)
        counts["updated"] += len(work.changed)
        _remember(bulk, keys, work)
    if counts["not_article"]:
        logger.warning("%s: %d pages that are no articles were not loaded", night.run_id, counts["not_article"])
    bulk.analyse(seen_articles)
    return counts, seen_articles, {"article_versions": versions, "dropped_blocks": blocks}


def _stored(bulk: Bulk, keys: Keys) -> tuple[set[int], dict[str, _Stored]]:
    """Return the places of the articles that are stored as they are, and what is stored of the others."""
    known = {row[0]: row for row in bulk.select_by_key(articles, SAME, keys.article_ids)} if len(keys) else {}
    same: set[int] = set()
    for place, (article_id, row_hash, raw_ref) in enumerate(zip(keys.article_ids, keys.row_hashes, keys.raw_refs, strict=True)):
        row = known.get(article_id)
        if row is not None and row[1] == row_hash and row[2] == raw_ref and _utc(row[3]) == keys.fetched[place]:
            same.add(place)
    rest = [article_id for place, article_id in enumerate(keys.article_ids) if place not in same and article_id in known]
    found = bulk.select_by_key(articles, COMPARED, rest) if rest else ()
    return same, {
        article_id: _Stored(row_hash, content_hash, order(_utc(fetched_at), url, raw_ref))
        for article_id, row_hash, content_hash, fetched_at, url, raw_ref in found
    }


def _utc(moment: Any) -> datetime | None:
    """Return a stored instant, which SQLite hands over as text, as naive UTC."""
    if moment is None:
        return None
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC).replace(tzinfo=None)


def _sort(keys: Keys, same: set[int], stored: dict[str, _Stored]) -> _Sorted:
    """Decide what to do with each article. Of two pages of one in a batch the newer counts, the other is a back-fill."""
    work = _Sorted()
    newest: dict[str, int] = {}
    for place, article_id in enumerate(keys.article_ids):
        rival = newest.setdefault(article_id, place)
        if rival != place:
            loser, winner = sorted((rival, place), key=lambda p: (keys.order(p), keys.row_hashes[p]))
            newest[article_id] = winner
            if keys.content_hashes[loser] != keys.content_hashes[winner]:
                work.older.append(loser)
    for article_id, place in newest.items():
        if place in same:
            work.unchanged.append(place)
            continue
        old = stored.get(article_id)
        if old is None:
            work.new.append(place)
        elif keys.order(place) < old.order:
            (work.unchanged if keys.content_hashes[place] == old.content_hash else work.older).append(place)
        elif keys.row_hashes[place] != old.row_hash:
            work.changed.append(place)
        else:
            (work.unchanged if keys.order(place) == old.order else work.seen_again).append(place)
    return work


def _insert_new(bulk: Bulk, night: Night, batch: ArticleBatch, places: list[int], blocks: dict[str, int]) -> None:
    if places:
        bulk.insert_batch(articles, article_rows(batch, places, night.run_id, night.run_date))
        blocks["inserted"] += bulk.insert_batch(dropped_blocks, dropped_rows(batch, places))


def _update_changed(
    bulk: Bulk,
    night: Night,
    staged: sa.Table,
    batch: ArticleBatch,
    places: list[int],
    versions: dict[str, int],
    blocks: dict[str, int],
) -> None:
    if not places:
        return
    _refill(bulk, night, staged, batch, places)
    versions["inserted"] += _keep_stored_versions(bulk, staged)
    names = [column.name for column in articles.columns if column.name not in ("article_id", *KEPT)]
    update = articles.update().values({name: staged.c[name] for name in names})
    bulk.connection.execute(update.where(articles.c.article_id == staged.c.article_id))
    versions["inserted"] += _keep_new_versions(bulk, staged)
    chosen = dropped_blocks.c.article_id.in_(sa.select(staged.c.article_id))
    bulk.connection.execute(dropped_blocks.delete().where(chosen))
    blocks["updated"] += bulk.insert_batch(dropped_blocks, dropped_rows(batch, places))


def _touch(bulk: Bulk, touched: sa.Table, keys: Keys, places: list[int]) -> int:
    """Note where and when the same content was fetched last: what is older than that must not overwrite it."""
    if places:
        bulk.connection.execute(touched.delete())
        moments = (keys.fetched[place] for place in places)
        columns: list[list[Any]] = [
            [keys.article_ids[place] for place in places],
            [moment and moment.replace(tzinfo=UTC) for moment in moments],
            [keys.raw_refs[place] for place in places],
        ]
        _insert_columns(bulk, touched, columns)
        bulk.analyse(touched)
        update = articles.update().values({name: touched.c[name] for name in ("fetched_at", "raw_ref")})
        bulk.connection.execute(update.where(articles.c.article_id == touched.c.article_id))
    return len(places)


def _keep_older(bulk: Bulk, night: Night, staged: sa.Table, batch: ArticleBatch, places: list[int]) -> int:
    """Keep the texts of a back-fill as versions; returns how many versions that made."""
    if not places:
        return 0
    _refill(bulk, night, staged, batch, places)
    made = _keep_stored_versions(bulk, staged)
    return made + _add_versions(bulk, staged, staged)


def _refill(bulk: Bulk, night: Night, staged: sa.Table, batch: ArticleBatch, places: list[int]) -> None:
    bulk.connection.execute(staged.delete())
    rows = article_rows(batch, places, night.run_id, night.run_date)
    bulk.insert_batch(staged, rows.append_column("place", pa.array(range(len(places)), pa.int32())))
    bulk.analyse(staged)


def _keep_stored_versions(bulk: Bulk, staged: sa.Table) -> int:
    """Keep as a version what is stored of the staged articles, where the staged text is another."""
    other = sa.and_(staged.c.article_id == articles.c.article_id, staged.c.content_hash != articles.c.content_hash)
    return _add_versions(bulk, articles, sa.join(staged, articles, other))


def _keep_new_versions(bulk: Bulk, staged: sa.Table) -> int:
    """Keep as a version the staged text of every article that has versions."""
    versioned = sa.exists().where(article_versions.c.article_id == staged.c.article_id)
    return _add_versions(bulk, staged, staged, versioned)


def _add_versions(bulk: Bulk, source: sa.Table, chosen: sa.FromClause, *which: sa.ColumnElement[bool]) -> int:
    """Add a version of each row of `source` in `chosen` that has none with its content."""
    kept = article_versions.alias("kept")
    number = sa.select(sa.func.coalesce(sa.func.max(kept.c.version_no), 0) + 1).where(kept.c.article_id == source.c.article_id)
    known = sa.exists().where(kept.c.article_id == source.c.article_id, kept.c.content_hash == source.c.content_hash)
    columns = ("fetched_at", "last_run_id", "raw_ref", "title", "text", "extractor")
    values = (source.c.article_id, source.c.content_hash, number.scalar_subquery(), *(source.c[name] for name in columns))
    rows = sa.select(*values).select_from(chosen).where(~known, *which)
    names = [column.name for column in article_versions.columns]
    return bulk.connection.execute(article_versions.insert().from_select(names, rows)).rowcount


def _remember(bulk: Bulk, keys: Keys, work: _Sorted) -> None:
    places: Sequence[int] = (*work.new, *work.changed, *work.seen_again, *work.unchanged, *work.older)
    changed = len(work.new) + len(work.changed)
    columns: list[list[Any]] = [[column[place] for place in places] for column in (keys.article_ids, keys.page_ids, keys.raw_refs)]
    _insert_columns(bulk, seen_articles, [*columns, [number < changed for number in range(len(places))]])


def _insert_columns(bulk: Bulk, table: sa.Table, columns: list[list[Any]]) -> None:
    schema = arrow_schema(table)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    bulk.insert_batch(table, pa.record_batch(arrays, schema=schema))
