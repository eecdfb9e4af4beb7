"""The index of near-duplicates in the warehouse: written with the night that left it, read by the nights around it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.batched import batched
from pipeline.records import IndexPart, Reuse
from pipeline.warehouse.article_batches import order, sources
from pipeline.warehouse.bulk import KEYS_AT_ONCE, Bulk, bulk_for
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.merge import Merged
from pipeline.warehouse.night import KeyedBatch
from pipeline.warehouse.tables import articles, dedup_index, passages, runs, story_members

if TYPE_CHECKING:
    from pipeline.dedup import Document
    from pipeline.dedup.parts import Kind

DOCUMENTS_AT_ONCE = 2000  # whose texts are in memory together
_NEWEST = ("article_id", "content_hash", "fetched_at", "url", "raw_ref")
_COLUMNS = ("article_id", "url", "site", "title", "text", "published_text", "source_link", "canonical_url", "wire_credit")

PageOf = tuple[str, str | None, str | None]
"""The id of an article, and the URL and the place in the archive of one of its pages."""


def load_index(bulk: Bulk, run_date: date, parts: Iterable[IndexPart]) -> Merged:
    """Replace what the night left behind; a part with the same bytes is not touched."""
    table, connection = dedup_index, bulk.connection
    night = table.c.run_date == run_date
    query = sa.select(table.c.kind, table.c.part, table.c.digest, table.c.version).where(night)
    stored = {(row.kind, row.part): (row.digest, row.version) for row in connection.execute(query)}
    counts = {"inserted": 0, "updated": 0, "unchanged": 0}
    for part in parts:
        before = stored.pop((part.kind, part.part), None)
        what = "inserted" if before is None else "unchanged" if before == (part.digest, part.version) else "updated"
        counts[what] += 1
        if what == "unchanged":
            continue
        key = sa.and_(night, table.c.kind == part.kind, table.c.part == part.part)
        if before is not None:
            connection.execute(table.delete().where(key))
        values = {"kind": part.kind, "run_date": run_date, "part": part.part, "version": part.version}
        connection.execute(table.insert(), values | {"documents": part.documents, "digest": part.digest, "data": part.data})
    for kind, number in stored:  # the night left more before it was run again
        connection.execute(table.delete().where(night, table.c.kind == kind, table.c.part == number))
        counts["updated"] += 1
    return Merged(**counts)


@dataclass(frozen=True, slots=True)
class NightIndex:
    """What the nights around one night left behind, seen in one committed state. Nothing of that night itself is read."""

    connection: Connection
    night: date
    window_days: int

    def parts(self, kind: Kind, version: str) -> Iterator[bytes]:
        """Yield the parts of the window's other nights, of kind `far` those of all nights beyond it.

        Nights that left none, because an earlier version of Copydesk loaded them, are sketched from their texts.
        """
        table = dedup_index.c
        window = timedelta(days=self.window_days)
        around = table.run_date.between(self.night - window, self.night + window)
        nights = ~around if kind == "far" else sa.and_(around, table.run_date != self.night)
        place: sa.ColumnElement[int] = sa.literal_column("rowid" if self._by_place else "0")
        query = sa.select(table.run_date, table.part, place).where(table.kind == kind, table.version == version, nights)
        keys = self.connection.execute(query.order_by(table.run_date, table.part)).all()
        for run_date, part, row in keys:
            yield self._data_at(row) if self._by_place else self._data(kind, run_date, part)
        if kind == "sketches":
            yield from self._sketched({run_date for run_date, *_ in keys})

    @property
    def _by_place(self) -> bool:
        return self.connection.dialect.driver == "pysqlite"

    def _data_at(self, row: int) -> bytes:
        """Return the data of a row of SQLite: by a query it would be held twice on its way, which costs more than reading it."""
        connection: sqlite3.Connection = self.connection.connection.dbapi_connection  # type: ignore[assignment]
        with connection.blobopen(dedup_index.name, dedup_index.c.data.name, row, readonly=True) as blob:
            return blob.read()

    def _data(self, kind: str, run_date: date, part: int) -> bytes:
        table = dedup_index.c
        key = (table.kind == kind, table.run_date == run_date, table.part == part)
        if self.connection.dialect.driver != "psycopg":
            return bytes(self.connection.execute(sa.select(table.data).where(*key)).scalar_one())
        cursor = self.connection.connection.cursor()  # in PostgreSQL's binary format: its text format is twice as long
        statement = "SELECT data FROM dedup_index WHERE kind = %s AND run_date = %s AND part = %s"
        data: bytes = cursor.execute(statement, (kind, run_date, part), binary=True).fetchone()[0]  # type: ignore[call-arg]
        cursor.close()
        return data

    def _sketched(self, known: Collection[date]) -> Iterator[bytes]:
        from pipeline.dedup.parts import sketch_documents

        window = timedelta(days=self.window_days)
        loaded = sa.select(runs.c.run_date).distinct().where(runs.c.run_date.between(self.night - window, self.night + window))
        for (run_date,) in self.connection.execute(loaded.order_by(runs.c.run_date)).all():
            if run_date not in known and run_date != self.night:
                query = sa.select(articles.c.article_id).where(articles.c.first_run_date == run_date)
                ids = [row.article_id for row in self.connection.execute(query.order_by(articles.c.article_id))]
                yield from sketch_documents(self.documents(ids))

    def placed(self) -> Iterator[tuple[str, str | None, str | None, str | None, bool]]:
        """Yield (id, story, canonical, relation, whether from beyond) of the window's other articles and of all in their stories.

        A story may begin before the window: without its first articles the others would be parted from it.
        """
        window = timedelta(days=self.window_days)
        a, m = articles.c, story_members.c
        nights = a.first_run_date.between(self.night - window, self.night + window)
        joined = articles.outerjoin(story_members, m.article_id == a.article_id)
        of_these = sa.select(m.story_id).join(articles, a.article_id == m.article_id).where(nights, a.first_run_date != self.night)
        columns = (a.article_id, m.story_id, m.canonical_article_id, m.relation, (~nights).label("beyond"))
        query = sa.select(*columns).select_from(joined)
        query = query.where(a.first_run_date != self.night, sa.or_(nights, m.story_id.in_(of_these)))
        for row in self.connection.execute(query.order_by(a.article_id)):
            yield row.article_id, row.story_id, row.canonical_article_id, row.relation, bool(row.beyond)

    def documents(self, ids: Sequence[str]) -> Iterator[Document]:
        """Return the articles with these ids, as they are now."""
        from pipeline.dedup import Document

        bulk = bulk_for(self.connection)
        for chunk in batched(ids, DOCUMENTS_AT_ONCE):
            for identity, url, site, title, text, published, source, canonical, credit in bulk.select_by_key(
                articles, _COLUMNS, chunk
            ):
                yield Document(identity, url, site, title, text, published, source or canonical, credit)

    def overtaken(self, tonight: Iterable[KeyedBatch]) -> set[PageOf]:
        """Return the pages of tonight's articles that have another text by now, from a page that was fetched later.

        The load keeps the text of such a page as a version: where its words stand in it says nothing of the article.
        """
        bulk = bulk_for(self.connection)
        found: set[PageOf] = set()
        for keys, *_ in sources(tonight):
            stored = {row[0]: (row[1], order(*row[2:])) for row in bulk.select_by_key(articles, _NEWEST, keys.article_ids)}
            for place, (identity, content) in enumerate(zip(keys.article_ids, keys.content_hashes, strict=True)):
                text, newest = stored.get(identity, (content, None))
                if newest is not None and text != content and keys.order(place) < newest:
                    found.add((identity, keys.urls[place], keys.raw_refs[place]))
        return found

    def stories(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Return (story, id) of every article in the story of one of these, in this order."""
        m, one = story_members.c, story_members.alias("one")
        for chunk in batched(ids, KEYS_AT_ONCE):
            of_these = sa.select(one.c.story_id).where(one.c.article_id.in_(chunk))
            query = sa.select(m.story_id, m.article_id).where(m.story_id.in_(of_these)).order_by(m.story_id, m.article_id)
            yield from ((row.story_id, row.article_id) for row in self.connection.execute(query))

    def reuse(self, ids: Collection[str]) -> Iterator[Reuse]:
        """Yield the passages that are stored of these articles."""
        p = passages.c
        columns: tuple[sa.ColumnElement[Any], ...] = (p.article_id, p.source_article_id, p.start_offset, p.end_offset, p.words)
        for chunk in batched(sorted(ids), KEYS_AT_ONCE):
            for row in self.connection.execute(sa.select(*columns).where(p.article_id.in_(chunk))):
                yield Reuse(*row)

    def takers(self, ids: Collection[str]) -> Iterator[str]:
        """Yield the articles of which passages are stored that they took from these."""
        p = passages.c
        for chunk in batched(sorted(ids), KEYS_AT_ONCE):
            yield from self.connection.execute(sa.select(p.article_id).where(p.source_article_id.in_(chunk)).distinct()).scalars()


@contextmanager
def night_index(warehouse: Warehouse, night: date, window_days: int) -> Iterator[NightIndex]:
    """Open the index as the night `night` may see it: the same however often that night was loaded."""
    with warehouse.reading(limits=False) as connection:
        if warehouse.dialect == "sqlite":  # parts are read once, one after another: in a large cache they only take room
            connection.exec_driver_sql("PRAGMA cache_size = -2048")
        yield NightIndex(connection, night, window_days)
