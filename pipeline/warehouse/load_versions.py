"""Keep texts of articles as versions: of one that has changed the text that was stored, and the one that came."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import sqlalchemy as sa

from pipeline.warehouse.article_batches import version_rows
from pipeline.warehouse.bulk import Bulk, as_batch
from pipeline.warehouse.tables import article_versions, articles

# Stored articles whose text is to be kept as a version of this number.
kept_articles = sa.Table(
    "kept_articles",
    sa.MetaData(),
    sa.Column("article_id", sa.Text()),
    sa.Column("version_no", sa.Integer()),
    prefixes=["TEMPORARY"],
)


def keep_versions(bulk: Bulk, rows: pa.RecordBatch, current: Mapping[str, str]) -> int:
    """Keep as versions the texts of the rows that differ from the current ones, and before each the current one.

    `current` is the content hash of each article as stored. A text that is a version already stays the one it is. Returns how
    many versions that made.
    """
    given = zip(rows["article_id"].to_pylist(), rows["content_hash"].to_pylist(), strict=True)
    other = [(place, name, content) for place, (name, content) in enumerate(given) if content != current[name]]
    known: dict[str, set[str]] = {name: set() for _, name, _ in other}
    last = dict.fromkeys(known, 0)
    for name, content, number in bulk.select_by_key(article_versions, ("article_id", "content_hash", "version_no"), list(known)):
        known[name].add(content)
        last[name] = max(last[name], number)
    stored: list[tuple[str, int]] = []
    brought: list[tuple[int, int]] = []
    for place, name, content in other:
        if current[name] not in known[name]:
            last[name] += 1
            stored.append((name, last[name]))
        if content not in known[name]:
            last[name] += 1
            brought.append((place, last[name]))
        known[name] |= {current[name], content}
    _copy_stored(bulk, stored)
    if brought:
        bulk.insert_batch(article_versions, version_rows(rows, *map(list, zip(*brought, strict=True))))
    return len(stored) + len(brought)


def _copy_stored(bulk: Bulk, numbered: list[tuple[str, int]]) -> None:
    """Keep the stored text of articles as the version of the number given with each."""
    if not numbered:
        return
    bulk.empty(kept_articles)
    bulk.insert_batch(kept_articles, as_batch(kept_articles, list(map(list, zip(*numbered, strict=True)))))
    a = articles.c
    values = (a.article_id, a.content_hash, kept_articles.c.version_no, a.fetched_at, a.last_run_id, a.raw_ref)
    rows = sa.select(*values, a.title, a.text, a.extractor).join(kept_articles, kept_articles.c.article_id == a.article_id)
    names = [column.name for column in article_versions.columns]
    bulk.connection.execute(article_versions.insert().from_select(names, rows))
