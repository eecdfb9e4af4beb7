"""Load articles: new ones straight in, changed ones with a version of each text, unchanged ones not touched.

A batch is compared with what is stored by key and hash alone. Newer is decided by the time of the fetch, so a back-fill
of an older page never overwrites a newer text: it goes to `article_versions` only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from pipeline.warehouse.article_batches import (
    ArticleBatch,
    Keys,
    Order,
    article_rows,
    chosen,
    dropped_rows,
    joined,
    order,
    sources,
)
from pipeline.warehouse.bulk import BATCH, Bulk, as_batch
from pipeline.warehouse.load_versions import keep_versions, kept_articles
from pipeline.warehouse.night import Night
from pipeline.warehouse.tables import UtcDateTime, article_versions, articles, dropped_blocks, rejects

logger = logging.getLogger(__name__)

SAME = ("article_id", "row_hash", "raw_ref", "fetched_at")  # enough to know an article as unchanged
COMPARED = ("article_id", "row_hash", "content_hash", "fetched_at", "url", "raw_ref")
INDEXED = ("site", "published_at")  # which hardly ever change
KEPT = ("first_run_id", "first_run_date")  # of the run that brought the article
AT_ONCE = 20_000  # short rows in one statement
BLOCKS = 200_000  # dropped blocks that wait to be inserted together, some 20 MB
MANY_REJECTS = 100_000  # that are held in memory; years of nights may leave more open

# The temporary tables have no key: without one no planner is tempted to read all articles and look each up here.

# Changed articles. Their new texts are in `article_versions` already: none is written or compressed twice.
changed_articles = sa.Table(
    "changed_articles",
    sa.MetaData(),
    *(sa.Column(column.name, column.type) for column in articles.columns if column.name not in ("text", *KEPT)),
    sa.Column("cut_otherwise", sa.Boolean()),  # whether other blocks were dropped than are stored
    prefixes=["TEMPORARY"],
)

# Articles of the night that the statements which come after must know of: those that are new or changed, for their stories,
# and those that may close a reject.
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
    """Load the night's articles; returns their counts, the temporary table `seen_articles`, and the other tables' counts."""
    for table in (changed_articles, kept_articles, touched, seen_articles):
        table.create(bulk.connection)
    counts = dict.fromkeys(("inserted", "updated", "unchanged", "seen_again", "older", "not_article"), 0)
    versions = {"inserted": 0, "updated": 0, "unchanged": 0}
    blocks = {"inserted": 0, "updated": 0, "unchanged": 0}
    new_blocks = _Waiting(bulk, dropped_blocks, BLOCKS, "article_id")
    seen = _Waiting(bulk, seen_articles, AT_ONCE)
    changes = _Changes(bulk, night, versions, blocks, new_blocks)
    rejected = _rejected(bulk)
    indexes: list[str] = []
    for keys, others, read in sources(night.articles):
        if not changes.waiting.isdisjoint(keys.article_ids):
            changes.write()
        same, stored = _stored(bulk, keys)
        work = _sort(keys, same, stored)
        counts["not_article"] += others
        counts["seen_again"] += _touch(bulk, keys, work.seen_again)
        added = 0
        if work.new or work.changed or work.older:
            batch = read()
            if work.new:
                fresh = chosen(batch, work.new)
                bulk.insert_batch(articles, article_rows(fresh, night.run_id, night.run_date))
                if not counts["inserted"]:
                    bulk.analyse(articles, len(work.new))
                blocks["inserted"] += new_blocks.add(dropped_rows(fresh))
            current = {article_id: row.content_hash for article_id, row in stored.items()}
            changes.add(batch, work.changed, current)
            if work.older:
                changes.write()
                added = _keep_older(bulk, night, batch, work, current)
                versions["inserted"] += added
        counts["older"] += len(work.older) if added else 0
        counts["unchanged"] += len(work.unchanged) + (0 if added else len(work.older))
        counts["inserted"] += len(work.new)
        indexes = indexes or bulk.index_later(articles, counts["inserted"])
        counts["updated"] += len(work.changed)
        _remember(seen, keys, work, rejected)
    changes.write()
    new_blocks.write()
    seen.write()
    for statement in indexes:
        bulk.connection.exec_driver_sql(statement)
    if counts["not_article"]:
        logger.warning("%s: %d pages that are no articles were not loaded", night.run_id, counts["not_article"])
    bulk.analyse(seen_articles)
    return counts, seen_articles, {"article_versions": versions, "dropped_blocks": blocks}


def _rejected(bulk: Bulk) -> set[str] | None:
    """Return the url_id and the place in the archive of each reject that is open; None where they are too many to hold."""
    still_open = sa.select(rejects.c.url_id, rejects.c.raw_ref).where(rejects.c.resolved_run_id.is_(None)).limit(MANY_REJECTS + 1)
    found = bulk.connection.execute(still_open).all()
    return {name for row in found for name in row if name is not None} if len(found) <= MANY_REJECTS else None


def _stored(bulk: Bulk, keys: Keys) -> tuple[set[int], dict[str, _Stored]]:
    """Return the places of the articles that are stored as they are, and what is stored of the others."""
    known = {row[0]: row for row in bulk.select_by_key(articles, SAME, keys.article_ids)} if len(keys) else {}
    given = zip(keys.article_ids, keys.row_hashes, keys.raw_refs, keys.fetched, strict=True)
    same = {place for place, row in enumerate(given) if known.get(row[0]) == row}
    rest = [article_id for place, article_id in enumerate(keys.article_ids) if place not in same and article_id in known]
    found = bulk.select_by_key(articles, COMPARED, rest) if rest else ()
    return same, {
        article_id: _Stored(row_hash, content_hash, order(fetched_at, url, raw_ref))
        for article_id, row_hash, content_hash, fetched_at, url, raw_ref in found
    }


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


@dataclass(slots=True)
class _Waiting:
    """Rows that wait until they are many: each statement has its price. By their key, each page of its index is met once."""

    bulk: Bulk
    table: sa.Table
    limit: int
    key: str | None = None
    parts: list[pa.RecordBatch] = field(default_factory=list)
    rows: int = 0

    def add(self, rows: pa.RecordBatch) -> int:
        """Take rows; returns their number."""
        self.parts.append(rows)
        self.rows += len(rows)
        if self.rows >= self.limit:
            self.write()
        return len(rows)

    def write(self) -> None:
        """Insert all that wait."""
        if self.rows:
            rows = pa.concat_batches(self.parts)
            rows = rows.sort_by(self.key) if self.key else rows
            for start in range(0, len(rows), AT_ONCE):
                self.bulk.insert_batch(self.table, rows.slice(start, AT_ONCE))
        self.parts, self.rows = [], 0


@dataclass(slots=True)
class _Changes:
    """Changed articles of several batches, which wait until they are enough: each statement has its price, however few its rows."""

    bulk: Bulk
    night: Night
    versions: dict[str, int]
    blocks: dict[str, int]
    new_blocks: _Waiting
    waiting: set[str] = field(default_factory=set)
    current: dict[str, str] = field(default_factory=dict)
    parts: list[ArticleBatch] = field(default_factory=list)

    def add(self, batch: ArticleBatch, places: list[int], current: Mapping[str, str]) -> None:
        """Take the articles at `places`; `current` has the content hash of each as stored."""
        if self.parts and self.parts[-1].columns.schema != batch.columns.schema:  # of another version
            self.write()
        if places:
            self.parts.append(chosen(batch, places))
            self.waiting.update(self.parts[-1].keys.article_ids)
            self.current |= current
        if len(self.waiting) >= BATCH:
            self.write()

    def write(self) -> None:
        """Bring all that wait into the tables."""
        if self.parts:
            self.new_blocks.write()  # of an article that came twice
            _update_changed(self.bulk, self.night, joined(self.parts), self.current, self.versions, self.blocks)
            self.waiting, self.current, self.parts = set(), {}, []


def _update_changed(
    bulk: Bulk, night: Night, batch: ArticleBatch, current: Mapping[str, str], versions: dict[str, int], blocks: dict[str, int]
) -> None:
    rows = article_rows(batch, night.run_id, night.run_date)
    versions["inserted"] += keep_versions(bulk, rows, current)
    dropped = dropped_rows(batch)
    recut = _cut_otherwise(bulk, batch.keys.article_ids, dropped)
    bulk.empty(changed_articles)
    staged = rows.append_column("cut_otherwise", pa.array([name in recut for name in batch.keys.article_ids], pa.bool_()))
    bulk.insert_batch(changed_articles, staged.select(changed_articles.columns.keys()))
    new, kept = changed_articles.c, article_versions.c
    its_text = sa.select(kept.text).where(kept.article_id == new.article_id, kept.content_hash == new.content_hash)
    # A join with the versions would be planned by what is known of them, which is nothing yet; this looks each up by its key.
    text = sa.case((articles.c.content_hash == new.content_hash, articles.c.text), else_=its_text.scalar_subquery())
    # SQLite writes the index of each column that is set, PostgreSQL that of each that differs.
    apart = INDEXED if bulk.connection.dialect.name == "sqlite" else ()
    values = {column.name: column for column in new if column.name not in ("article_id", "cut_otherwise", *apart)} | {"text": text}
    found = articles.update().where(articles.c.article_id == new.article_id)
    bulk.connection.execute(found.values(values))
    if apart:
        moved = sa.or_(*(articles.c[name].is_distinct_from(new[name]) for name in apart))
        bulk.connection.execute(found.values({name: new[name] for name in apart}).where(moved))
    if recut:
        of_these = dropped_blocks.c.article_id.in_(sa.select(new.article_id).where(new.cut_otherwise))
        bulk.connection.execute(dropped_blocks.delete().where(of_these))
        new_cut = dropped.filter(pc.is_in(dropped["article_id"], pa.array(list(recut), pa.string())))
        blocks["updated"] += bulk.insert_batch(dropped_blocks, new_cut)


def _cut_otherwise(bulk: Bulk, article_ids: list[str], dropped: pa.RecordBatch) -> set[str]:
    """Return the articles whose dropped blocks are not those that are stored."""
    stored = set(bulk.select_by_key(dropped_blocks, dropped_blocks.columns.keys(), article_ids))
    given = zip(*(column.to_pylist() for column in dropped.columns), strict=True)
    return {row[0] for row in stored.symmetric_difference(given)}


def _touch(bulk: Bulk, keys: Keys, places: list[int]) -> int:
    """Note where and when the same content was fetched last: what is older than that must not overwrite it."""
    if places:
        bulk.empty(touched)
        moments = (keys.fetched[place] for place in places)
        columns: list[list[Any]] = [
            [keys.article_ids[place] for place in places],
            [moment and moment.replace(tzinfo=UTC) for moment in moments],
            [keys.raw_refs[place] for place in places],
        ]
        bulk.insert_batch(touched, as_batch(touched, columns))
        update = articles.update().values({name: touched.c[name] for name in ("fetched_at", "raw_ref")})
        bulk.connection.execute(update.where(articles.c.article_id == touched.c.article_id))
    return len(places)


def _keep_older(bulk: Bulk, night: Night, batch: ArticleBatch, work: _Sorted, stored: Mapping[str, str]) -> int:
    """Keep the texts of a back-fill as versions; returns how many versions that made."""
    brought = {batch.keys.article_ids[place]: batch.keys.content_hashes[place] for place in (*work.new, *work.changed)}
    return keep_versions(bulk, article_rows(chosen(batch, work.older), night.run_id, night.run_date), {**stored, **brought})


def _remember(seen: _Waiting, keys: Keys, work: _Sorted, rejected: set[str] | None) -> None:
    """Note the articles that are new or changed, and those whose page is among the rejected."""
    changed = {*work.new, *work.changed}
    both = zip(keys.page_ids, keys.raw_refs, strict=True)
    places = [place for place, names in enumerate(both) if place in changed or rejected is None or not rejected.isdisjoint(names)]
    if places:
        columns = ([values[place] for place in places] for values in (keys.article_ids, keys.page_ids, keys.raw_refs))
        seen.add(as_batch(seen_articles, [*columns, [place in changed for place in places]]))
