"""Load articles: new ones straight in, changed ones with a version of each text, unchanged ones not touched.

A batch is compared with what is stored by key and hash alone. Newer is decided by the time of the fetch, so a back-fill
of an older page never overwrites a newer text: it goes to `article_versions` only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from pipeline.warehouse.bulk import Bulk, batches, staging_table
from pipeline.warehouse.night import Night
from pipeline.warehouse.rows import ArticleRow, Row, article_row, article_values, dropped_values, fetch_order, instant, page_id
from pipeline.warehouse.tables import article_versions, articles, dropped_blocks

logger = logging.getLogger(__name__)

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


class _Stored(NamedTuple):
    row_hash: str
    content_hash: str
    order: tuple[str, str, str]


@dataclass(slots=True)
class _Sorted:
    """A batch by what has to be done with it."""

    new: list[ArticleRow] = field(default_factory=list)
    changed: list[ArticleRow] = field(default_factory=list)
    seen_again: list[ArticleRow] = field(default_factory=list)
    older: list[ArticleRow] = field(default_factory=list)
    unchanged: list[ArticleRow] = field(default_factory=list)


def load_articles(bulk: Bulk, night: Night) -> tuple[dict[str, int], sa.Table, dict[str, dict[str, int]]]:
    """Load the night's articles; returns their counts, the temporary table of all of them, and the other tables' counts."""
    staged = staging_table(articles)
    for table in (staged, seen_articles):
        table.create(bulk.connection)
    counts = dict.fromkeys(("inserted", "updated", "unchanged", "seen_again", "older", "not_article"), 0)
    versions = {"inserted": 0, "updated": 0, "unchanged": 0}
    blocks = {"inserted": 0, "updated": 0, "unchanged": 0}
    for batch in batches(night.articles):
        rows = [article_row(article) for article in batch if article.page_kind == "article"]
        counts["not_article"] += len(batch) - len(rows)
        work = _sort(rows, _stored(bulk, rows))
        _insert_new(bulk, night, work.new, blocks)
        _update_changed(bulk, night, staged, work.changed, versions, blocks)
        counts["seen_again"] += _touch(bulk, night, staged, work.seen_again)
        added = _keep_older(bulk, night, staged, work.older)
        versions["inserted"] += added
        counts["older"] += len(work.older) if added else 0
        counts["unchanged"] += len(work.unchanged) + (0 if added else len(work.older))
        counts["inserted"] += len(work.new)
        counts["updated"] += len(work.changed)
        _remember(bulk, work)
    if counts["not_article"]:
        logger.warning("%s: %d pages that are no articles were not loaded", night.run_id, counts["not_article"])
    bulk.analyse(seen_articles)
    return counts, seen_articles, {"article_versions": versions, "dropped_blocks": blocks}


def _stored(bulk: Bulk, rows: list[ArticleRow]) -> dict[str, _Stored]:
    found = bulk.select_by_key(articles, COMPARED, [row.article_id for row in rows]) if rows else ()
    return {
        article_id: _Stored(row_hash, content_hash, fetch_order(_text(fetched_at), url, raw_ref))
        for article_id, row_hash, content_hash, fetched_at, url, raw_ref in found
    }


def _text(moment: Any) -> str | None:
    return moment if isinstance(moment, str) else instant(moment)


def _sort(rows: list[ArticleRow], stored: dict[str, _Stored]) -> _Sorted:
    """Decide what to do with each row. Of two rows of one article in a batch the newer counts, the other is a back-fill."""
    work = _Sorted()
    newest: dict[str, ArticleRow] = {}
    for row in rows:
        rival = newest.get(row.article_id)
        if rival is None:
            newest[row.article_id] = row
            continue
        winner, loser = (row, rival) if (row.order, row.row_hash) > (rival.order, rival.row_hash) else (rival, row)
        newest[row.article_id] = winner
        if loser.content_hash != winner.content_hash:
            work.older.append(loser)
    for row in newest.values():
        old = stored.get(row.article_id)
        if old is None:
            work.new.append(row)
        elif row.order < old.order:
            (work.unchanged if row.content_hash == old.content_hash else work.older).append(row)
        elif row.row_hash != old.row_hash:
            work.changed.append(row)
        else:
            (work.unchanged if row.order == old.order else work.seen_again).append(row)
    return work


def _insert_new(bulk: Bulk, night: Night, rows: list[ArticleRow], blocks: dict[str, int]) -> None:
    if rows:
        bulk.insert(articles, (article_values(row, night.run_id, night.run_date) for row in rows))
        blocks["inserted"] += bulk.insert(dropped_blocks, _dropped(rows))


def _update_changed(
    bulk: Bulk, night: Night, staged: sa.Table, rows: list[ArticleRow], versions: dict[str, int], blocks: dict[str, int]
) -> None:
    if not rows:
        return
    _refill(bulk, night, staged, rows)
    versions["inserted"] += _keep_stored_versions(bulk, staged)
    names = [column.name for column in articles.columns if column.name not in ("article_id", *KEPT)]
    update = articles.update().values({name: staged.c[name] for name in names})
    bulk.connection.execute(update.where(articles.c.article_id == staged.c.article_id))
    versions["inserted"] += _keep_new_versions(bulk, staged)
    chosen = dropped_blocks.c.article_id.in_(sa.select(staged.c.article_id))
    bulk.connection.execute(dropped_blocks.delete().where(chosen))
    blocks["updated"] += bulk.insert(dropped_blocks, _dropped(rows))


def _touch(bulk: Bulk, night: Night, staged: sa.Table, rows: list[ArticleRow]) -> int:
    """Note where and when the same content was fetched last: what is older than that must not overwrite it."""
    if rows:
        _refill(bulk, night, staged, rows)
        update = articles.update().values({name: staged.c[name] for name in ("fetched_at", "raw_ref")})
        bulk.connection.execute(update.where(articles.c.article_id == staged.c.article_id))
    return len(rows)


def _keep_older(bulk: Bulk, night: Night, staged: sa.Table, rows: list[ArticleRow]) -> int:
    """Keep the texts of a back-fill as versions; returns how many versions that made."""
    if not rows:
        return 0
    _refill(bulk, night, staged, rows)
    made = _keep_stored_versions(bulk, staged)
    return made + _add_versions(bulk, staged, staged)


def _refill(bulk: Bulk, night: Night, staged: sa.Table, rows: list[ArticleRow]) -> None:
    bulk.connection.execute(staged.delete())
    values = (article_values(row, night.run_id, night.run_date) for row in rows)
    bulk.insert(staged, ((*row, place) for place, row in enumerate(values)))
    bulk.analyse(staged)


def _keep_stored_versions(bulk: Bulk, staged: sa.Table) -> int:
    """Keep as a version what is stored of the staged articles, where the staged text is another."""
    other = sa.and_(staged.c.article_id == articles.c.article_id, staged.c.content_hash != articles.c.content_hash)
    return _add_versions(bulk, articles, sa.join(staged, articles, other))


def _keep_new_versions(bulk: Bulk, staged: sa.Table) -> int:
    """Keep as a version the staged text of every article that has versions."""
    versioned = sa.select(article_versions.c.article_id).where(article_versions.c.version_no == 1).subquery("versioned")
    return _add_versions(bulk, staged, sa.join(staged, versioned, staged.c.article_id == versioned.c.article_id))


def _add_versions(bulk: Bulk, source: sa.Table, chosen: sa.FromClause) -> int:
    """Add a version of each row of `source` in `chosen` that has none with its content."""
    kept = article_versions.alias("kept")
    number = sa.select(sa.func.coalesce(sa.func.max(kept.c.version_no), 0) + 1).where(kept.c.article_id == source.c.article_id)
    known = sa.exists().where(kept.c.article_id == source.c.article_id, kept.c.content_hash == source.c.content_hash)
    columns = ("fetched_at", "last_run_id", "raw_ref", "title", "text", "extractor")
    values = (source.c.article_id, source.c.content_hash, number.scalar_subquery(), *(source.c[name] for name in columns))
    rows = sa.select(*values).select_from(chosen).where(~known)
    names = [column.name for column in article_versions.columns]
    return bulk.connection.execute(article_versions.insert().from_select(names, rows)).rowcount


def _dropped(rows: Iterable[ArticleRow]) -> Iterator[Row]:
    for row in rows:
        yield from dropped_values(row.article)


def _remember(bulk: Bulk, work: _Sorted) -> None:
    changed = {row.article_id for row in (*work.new, *work.changed)}
    every = (*work.new, *work.changed, *work.seen_again, *work.unchanged, *work.older)
    bulk.insert(seen_articles, ((row.article_id, page_id(row.article), row.raw_ref, row.article_id in changed) for row in every))
