"""What the stages read back: URLs already known, quarantine, one article."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.batched import batched
from pipeline.captures import NOT_MODIFIED, SUCCEEDED
from pipeline.records import Article, Block, Discovered, Rejected, Relation, StoryMember
from pipeline.warehouse.bulk import KEYS_AT_ONCE
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.rows import in_page_order
from pipeline.warehouse.tables import articles, dropped_blocks, fetches, passages, story_members
from pipeline.warehouse.tables import url_state as url_state_table

ROWS_AT_ONCE = 1000  # rows a server-side cursor hands over together: some 5 MB of articles


@dataclass(frozen=True, slots=True)
class UrlState:
    """What is known of a URL. `etag`, `last_modified`, `digest` and `raw_ref` are of the last fetch that succeeded."""

    url_id: str
    url: str
    site: str
    first_seen_date: date
    last_fetch_date: date
    last_outcome: str
    last_success_date: date | None
    etag: str | None
    last_modified: str | None
    digest: str | None
    raw_ref: str | None
    fail_count: int


@dataclass(frozen=True, slots=True)
class Copy:
    """One article of a story."""

    article_id: str
    site: str
    url: str | None
    published_at: datetime | None
    published_precision: str | None
    relation: Relation
    score: float | None
    proof: Any


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the article that comes from another; `start` and `end` are characters of the clean text."""

    start: int
    end: int
    words: int
    source_article_id: str
    source_url: str | None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article and where it stands among others. Kept blocks come back as paragraphs, dropped ones as they were."""

    article: Article
    story_id: str | None
    canonical_reason: str | None
    copies: tuple[Copy, ...]
    passages: tuple[Passage, ...]


def known_urls(warehouse: Warehouse, before: date, url_ids: Iterable[str]) -> dict[str, UrlState]:
    """Return those of the URLs that were fetched on a date before `before`, by url_id, in the state they had then.

    The answer is the same however often the night is run: what it fetched itself is left out. Each URL is looked up by its key.
    """
    state = url_state_table.c
    columns = [state[name] for name in UrlState.__slots__]
    known: dict[str, UrlState] = {}
    with warehouse.reading() as connection:
        for keys in batched(sorted(set(url_ids)), KEYS_AT_ONCE):
            states = [UrlState(*row) for row in connection.execute(sa.select(*columns).where(state.url_id.in_(keys)))]
            known |= {s.url_id: s for s in states if s.last_fetch_date < before}
            later = [s.url_id for s in states if s.last_fetch_date >= before]
            if not later:
                continue
            known |= states_after(connection, later, fetches.c.run_date < before)
    return known


def states_after(connection: Connection, url_ids: Sequence[str], *which: sa.ColumnElement[bool]) -> dict[str, UrlState]:
    """Return by url_id the state in which fetches left URLs, all or those `which` names; of two at one time the first counts."""
    states: dict[str, UrlState] = {}
    last: tuple[str, datetime] | None = None
    for keys in batched(url_ids, KEYS_AT_ONCE):
        order = (fetches.c.url_id, fetches.c.fetched_at, fetches.c.run_date, fetches.c.run_id)
        for row in connection.execute(sa.select(fetches).where(fetches.c.url_id.in_(keys), *which).order_by(*order)):
            if (row.url_id, row.fetched_at) != last:
                states[row.url_id] = _after_fetch(states.get(row.url_id), row)
            last = row.url_id, row.fetched_at
    return states


def failed_finds(warehouse: Warehouse, since: date, before: date) -> list[tuple[date, Discovered]]:
    """Return what feeds and sitemaps brought from `since` to before `before` and what last failed then for a reason that may pass.

    Each with the night in which it failed last. A page that was blocked is left out: who asks again unbidden will be blocked again.
    """
    failed, later = fetches.c, fetches.alias().c
    asked_later = sa.exists().where(later.url_id == failed.url_id, later.run_date > failed.run_date, later.run_date < before)
    query = sa.select(failed.run_date, failed.url, failed.source_id, failed.site, failed.via, failed.language).where(
        failed.run_date >= since, failed.run_date < before, failed.retryable, failed.via.in_(("feed", "sitemap"))
    )
    with warehouse.reading(limits=False) as connection:
        rows = connection.execute(query.where(failed.outcome != "blocked", ~asked_later).order_by(failed.run_date, failed.url))
        return [(night, Discovered(*item)) for night, *item in rows]


def _after_fetch(state: UrlState | None, fetch: Any) -> UrlState:
    """Return the state of a URL after one more fetch of it; the load does the same in SQL."""
    if state is None:
        state = UrlState(
            fetch.url_id, fetch.url, fetch.site, fetch.run_date, fetch.run_date, fetch.outcome, None, None, None, None, None, 0
        )
    if fetch.outcome not in SUCCEEDED:
        return replace(state, last_fetch_date=fetch.run_date, last_outcome=fetch.outcome, fail_count=state.fail_count + 1)
    raw_ref = f"{fetch.warc_filename}#{fetch.warc_offset}+{fetch.warc_length}" if fetch.warc_filename else None
    found = {"etag": fetch.etag, "last_modified": fetch.last_modified, "digest": fetch.digest, "raw_ref": raw_ref}
    if fetch.outcome == NOT_MODIFIED:
        found = {name: value if value is not None else getattr(state, name) for name, value in found.items()}
    when = {"last_fetch_date": fetch.run_date, "last_success_date": fetch.run_date}
    return replace(state, last_outcome=fetch.outcome, fail_count=0, **when, **found)


def open_rejects(warehouse: Warehouse) -> Iterator[tuple[date, Rejected]]:
    """Yield the inputs in quarantine, each with its newest reason and the night of that, newest night first."""
    reject = sa.table("open_rejects", *(sa.column(name) for name in Rejected.__slots__), sa.column("run_date", sa.Date()))
    query = sa.select(reject.c.run_date, *(reject.c[name] for name in Rejected.__slots__))
    with warehouse.reading() as connection:
        for row in _stream(connection, query.order_by(reject.c.run_date.desc(), reject.c.stage, reject.c.reason, reject.c.url)):
            values = row._asdict()
            yield values.pop("run_date"), Rejected(**values | {"retryable": bool(row.retryable)})


def members_of(warehouse: Warehouse, article_ids: Iterable[str]) -> dict[str, StoryMember]:
    """Return where each of the articles stands among the stories, by article_id, without the proof."""
    member = story_members.c
    columns = (member[name] for name in StoryMember.__slots__ if name != "proof")
    found = _by_key(warehouse, sa.select(*columns), member.article_id, article_ids)
    return {row.article_id: StoryMember(**row._asdict()) for row in found}


def urls_of(warehouse: Warehouse, article_ids: Iterable[str]) -> dict[str, str]:
    """Return the URLs of those of the articles that have one, by article_id."""
    article = articles.c
    query = sa.select(article.article_id, article.url).where(article.url.is_not(None))
    return {row.article_id: row.url for row in _by_key(warehouse, query, article.article_id, article_ids)}


def _by_key(warehouse: Warehouse, query: sa.Select[Any], key: sa.ColumnElement[str], values: Iterable[str]) -> Iterator[Any]:
    with warehouse.reading() as connection:
        for keys in batched(sorted(set(values)), KEYS_AT_ONCE):
            yield from connection.execute(query.where(key.in_(keys)))


def article(warehouse: Warehouse, article_id: str) -> StoredArticle | None:
    """Return an article by its id, with dropped blocks, story and passages; None when it is not there."""
    with warehouse.reading() as connection:
        row = connection.execute(sa.select(articles).where(articles.c.article_id == article_id)).first()
        if row is None:
            return None
        member = connection.execute(sa.select(story_members).where(story_members.c.article_id == row.article_id)).first()
        return StoredArticle(
            article=_article(row, connection),
            story_id=member.story_id if member else None,
            canonical_reason=member.canonical_reason if member else None,
            copies=_copies(connection, member.story_id) if member else (),
            passages=_passages(connection, row.article_id),
        )


def _article(row: Any, connection: Connection) -> Article:
    values: dict[str, Any] = {name: getattr(row, name, None) for name in Article.__slots__}
    values |= {"published_at": row.published_text, "authors": tuple(row.authors), "page_kind": "article", "kind_reason": None}
    values["modified_at"] = row.modified_at.isoformat() if row.modified_at else None
    dropped = sa.select(dropped_blocks).where(dropped_blocks.c.article_id == row.article_id).order_by(dropped_blocks.c.block_index)
    return Article(**values | {"blocks": _blocks(row.text, connection.execute(dropped).all())})


def _blocks(text: str, dropped: Collection[Any]) -> tuple[Block, ...]:
    """Put the dropped blocks back to their places among the kept paragraphs."""
    return tuple(
        Block(place, "paragraph", block) if isinstance(block, str) else Block(place, block.kind, block.text, block.rule)
        for place, block in enumerate(in_page_order(text, dropped))
    )


def _copies(connection: Connection, story_id: str) -> tuple[Copy, ...]:
    a, m = articles.c, story_members.c
    query = (
        sa.select(a.article_id, a.site, a.url, a.published_at, a.published_precision, m.relation, m.score, m.proof)
        .join_from(story_members, articles, a.article_id == m.article_id)
        .where(m.story_id == story_id)
        .order_by(m.relation, a.published_at, a.article_id)
    )
    return tuple(Copy(*row) for row in connection.execute(query))


def _passages(connection: Connection, article_id: str) -> tuple[Passage, ...]:
    p = passages.c
    query = (
        sa.select(p.start_offset, p.end_offset, p.words, p.source_article_id, articles.c.url)
        .join_from(passages, articles, articles.c.article_id == p.source_article_id, isouter=True)
        .where(p.article_id == article_id)
        .order_by(p.start_offset, p.end_offset, p.source_article_id)
    )
    return tuple(Passage(*row) for row in connection.execute(query))


def _stream(connection: Connection, query: sa.Select[Any]) -> Iterator[Any]:
    return iter(connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(query))
