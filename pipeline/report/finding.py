"""Find articles by words in title and text: by the full-text index, or among the newest articles where it is of no help.

An article is also found by its address, or by its id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.clean.lines import UNSPACED
from pipeline.report.views import Page, Row, page_of, view
from pipeline.urls import normalise_url, url_id
from pipeline.warehouse.search import is_on
from pipeline.warehouse.sqlfiles import sql_files

FOUND = 20
SAMPLE = 2000  # articles that PostgreSQL takes out of its index at random when more have a word
RARE = 0.01  # share of the articles that have the words: of so few the index is asked at once, in PostgreSQL
NEWEST_FIRST = 500  # articles that are looked at before the index is asked for more
LOOKED = 500  # articles that are looked at for a page with a phrase, in PostgreSQL
READ_AT_ONCE = 100
FREQUENT = 50_000  # articles that have the words of a phrase: it costs less to look at the newest than to read the dates of so many
NEWEST = 2000  # articles that are read through without the index, and as many that have no date
UNDATED = "-infinity"  # when an article without a date was published, for PostgreSQL: they come last
BEFORE, BEHIND = 80, 160  # characters of the text shown around the first word found
LONGEST_QUERY = 300  # characters in which words are looked for
LONGEST_ASKED = 2000  # with those of a long address
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_IDENTITY = re.compile("[0-9a-f]{32}")
_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_PLACE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) [0-9a-f]{32}")  # as PostgreSQL writes it


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found, and the place in its text; every other piece of `extract` is a word that was looked for."""

    row: Row
    extract: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a query.

    `all_read` says whether every article was looked at, or the newest alone; `sampled`, whether so many have the word that
    these are out of some of them; `unspaced`, whether a word is of a script that puts no space between words, of which an index has
    whole sentences; `asked`, whether the query has a word at all that an article must have; `indexable`, whether the database can
    have an index.
    """

    hits: tuple[Hit, ...]
    after: str | None
    all_read: bool
    sampled: bool = False
    unspaced: bool = False
    asked: bool = True
    indexable: bool = True


def terms(query: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words and "phrases" that an article must have, and those behind a minus that it must not have."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in _TERM.findall(query[:LONGEST_QUERY]):
        term = " ".join((phrase or word).replace('"', " ").split())
        if any(c.isalnum() for c in term):
            (unwanted if minus else wanted).append(term)
    return tuple(wanted), tuple(unwanted)


def find(connection: Connection, query: str, after: str = "") -> Found:
    """Return the newest articles that have the words; `after` is the key of the last one seen."""
    wanted, unwanted = terms(query)
    if not wanted:
        return Found((), None, all_read=True, asked=False)
    if _index_has(connection, query):
        page, sampled = _by_index(connection, wanted, unwanted, after)
        return Found(_hits(connection, page.rows, wanted), page.after, all_read=True, sampled=sampled)
    page = _by_reading(connection, wanted, unwanted, after)
    return Found(
        _hits(connection, page.rows, wanted),
        page.after,
        all_read=not _has_more_than_are_read(connection),
        unspaced=_is_unspaced(query),
        indexable=connection.dialect.name in FULL_TEXT,
    )


def _index_has(connection: Connection, query: str) -> bool:
    """Say whether there is an index, and whether it has words such as those of a query."""
    return is_on(connection) and not _is_unspaced(query)


def _is_unspaced(query: str) -> bool:
    return any(UNSPACED.search(term) for side in terms(query) for term in side)


@dataclass(frozen=True, slots=True)
class Named:
    """What there is of an address or id that was asked for: its article, else why its page was rejected when it was last read."""

    article_id: str | None
    reject: Row | None


def named(connection: Connection, query: str) -> Named | None:
    """Return what there is of the address or id that a query consists of; None for words.

    An article's id is made of its canonical address, so an address is mostly found by its key.
    """
    asked = query.strip()
    if _IDENTITY.fullmatch(asked):
        identity = _article(connection, "article_id", asked)
        return Named(identity, None) if identity else None  # it may be a word, too
    if not _ADDRESS.fullmatch(asked):
        return None
    spellings = {asked, normalise_url(asked)}
    identity = _article(connection, "article_id", url_id(asked)) or _article(connection, "url", *spellings)
    reject = view("nightly_rejects")
    of_it = sa.select(reject).where(reject.c.url_id == url_id(asked)).order_by(reject.c.run_date.desc(), reject.c.stage)
    return Named(identity, None if identity else connection.execute(of_it).first())


def _article(connection: Connection, column: str, *values: str) -> str | None:
    """Return the id of the article that has one of these values, the one fetched last where there are several."""
    articles = view("article_pages").c
    query = sa.select(articles.article_id).where(articles[column].in_(values)).order_by(articles.fetched_at.desc())
    return connection.scalars(query).first()


def is_place(connection: Connection, query: str, after: str) -> bool:
    """Say whether `after` is what `find` gave for a query as the key of a last article, or empty."""
    if not after:
        return True
    if not _index_has(connection, query):
        return _IDENTITY.fullmatch(after) is not None
    if connection.dialect.name == "sqlite":
        return after.isdecimal() and after.isascii() and int(after) < 2**63
    if (dated := _PLACE.fullmatch(after)) is None:
        return re.fullmatch(rf"{UNDATED} {_IDENTITY.pattern}", after) is not None
    try:
        datetime.fromisoformat(dated[1])
    except ValueError:
        return False
    return True


def newest(connection: Connection, site: str, after: tuple[datetime, str] | None) -> Page:
    """Return articles, the last published first; of one site when it is given."""
    listed = view("article_list")
    at, identity = listed.c.published_at, listed.c.article_id
    query = sa.select(listed).where(at.is_not(None)).order_by(at.desc(), identity.desc())
    if site:
        query = query.where(listed.c.site == site)
    if after:
        moment = sa.literal(after[0], at.type)
        query = query.where(at <= moment, sa.or_(at < moment, identity < after[1]))
    return page_of(connection, query, FOUND, "published_at", "article_id")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Ids of articles in the order of a page, where the next page begins (None: nowhere), and whether they are a sample."""

    ids: list[str]
    after: str | None
    sampled: bool = False


def _by_index(connection: Connection, wanted: tuple[str, ...], unwanted: tuple[str, ...], after: str) -> tuple[Page, bool]:
    """Return a page of articles by the index, and whether it is out of a sample of those that have the word."""
    dialect = connection.dialect.name
    values = {"words": FULL_TEXT[dialect](wanted, unwanted), "after": after}
    if dialect == "postgresql":
        piece = _in_postgresql(connection, values, wanted, single=len(wanted) == 1 and not unwanted and wanted[0].isalnum())
    else:
        piece = _matching(connection, values)
    listed = view("article_list")
    by_id = {r.article_id: r for r in connection.execute(sa.select(listed).where(listed.c.article_id.in_(piece.ids)))}
    return Page(tuple(by_id[i] for i in piece.ids if i in by_id), piece.after), piece.sampled


def _in_postgresql(connection: Connection, values: dict[str, Any], wanted: tuple[str, ...], *, single: bool) -> _Piece:
    """Return the next articles; of a phrase it may be none while others are behind them."""
    apart = [word for term in wanted for word in term.split() if word.isalnum()]
    values = values | {
        "shapes": "\n".join(map(_shape, wanted)),
        "apart": _postgresql(tuple(apart), ()),
    }
    ((plan,),), ((total,),) = _ask(connection, "estimate", values), _ask(connection, "total", {})
    expected = plan[0]["Plan"]["Plan Rows"]
    newest = _Piece([], values["after"])
    if expected > RARE * total:
        newest = _fitting(connection, "newest", values, NEWEST_FIRST)
        if len(newest.ids) == FOUND or newest.after is None:
            return newest
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it would take every text apart again
    connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")  # with less, all rows of a page that holds one are taken apart
    if single:
        connection.exec_driver_sql(f"SET LOCAL gin_fuzzy_search_limit = {SAMPLE}")
        return _matching(connection, values, sampled=True)
    if not apart or all(term.isalnum() for term in wanted):
        return _matching(connection, values)
    if expected <= FREQUENT:
        return _fitting(connection, "apart", values, LOOKED)
    further = _fitting(connection, "newest", values | {"after": newest.after}, LOOKED)
    return _Piece(newest.ids + further.ids, further.after)


def _shape(term: str) -> str:
    """Return a regular expression of a term: its letters with their marks, and whatever else there is between them.

    A mark is a letter for one server and none for another, by the locale of the database; most words of Hindi or Bengali have some.
    """
    parted = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in term)
    return "[^[:alnum:]]+".join(parted.split())


def _matching(connection: Connection, values: dict[str, Any], *, sampled: bool = False) -> _Piece:
    """Return the next articles that the index has under the words; it may give a part of very many where it was told to."""
    found = _ask(connection, "page", values | {"size": FOUND + 1})
    page = found[:FOUND]
    return _Piece(
        [row.article_id for row in page],
        page[-1].place if len(found) > FOUND else None,
        sampled=sampled and bool(found) and found[0].matches > SAMPLE / 2,
    )


def _fitting(connection: Connection, name: str, values: dict[str, Any], looked: int) -> _Piece:
    """Return those of the next so many articles, as a statement gives them, that have the words, up to what fills a page."""
    looked_at = [*_ask(connection, name, values | {"looked": looked})]
    if name == "newest" and len(looked_at) < looked:
        looked_at += _ask(connection, "undated", values | {"looked": looked - len(looked_at)})
    found: list[Row] = []
    for start in range(0, len(looked_at), READ_AT_ONCE):
        rows = looked_at[start : start + READ_AT_ONCE]
        ids = {row.article_id for row in _ask(connection, "fitting", values | {"ids": [row.article_id for row in rows]})}
        found += (row for row in rows if row.article_id in ids)
        if len(found) > FOUND:
            return _Piece([row.article_id for row in found[:FOUND]], found[FOUND - 1].place)
    return _Piece([row.article_id for row in found], looked_at[-1].place if len(looked_at) == looked else None)


def _ask(connection: Connection, name: str, values: dict[str, Any]) -> Sequence[Row]:
    """Ask one of the statements of `sql/search`."""
    (statement,) = (next(f.statements()) for f in sql_files(f"search/{connection.dialect.name}") if f.name == name)
    return connection.execute(sa.text(statement), values).all()


def _postgresql(wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> str:
    return " ".join([*(f'"{term}"' for term in wanted), *(f'-"{term}"' for term in unwanted)])


def _fts5(wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> str:
    must = " AND ".join(f'"{term}"' for term in wanted)
    return f"({must})" + "".join(f' NOT "{term}"' for term in unwanted)


FULL_TEXT = {"postgresql": _postgresql, "sqlite": _fts5}


def _by_reading(connection: Connection, wanted: tuple[str, ...], unwanted: tuple[str, ...], after: str) -> Page:
    """Return a page of those that have the words among the newest articles: they are read once more for each page."""
    articles = view("article_pages").c
    at = articles.published_at
    any_of = sa.select(articles.article_id, articles.title, articles.text, at)
    dated = any_of.where(at.is_not(None)).order_by(at.desc()).limit(NEWEST).subquery()
    undated = any_of.where(at.is_(None)).limit(NEWEST).subquery()
    read = sa.union_all(sa.select(dated), sa.select(undated)).subquery()
    words = _caseless(connection, sa.func.coalesce(read.c.title, "") + " " + read.c.text)
    has = [words.like(_within(connection, term), escape="/") for term in wanted]
    has_not = [words.not_like(_within(connection, term), escape="/") for term in unwanted]
    matching = sa.select(read.c.article_id).where(*has, *has_not).order_by(*_newest_first(read.c))
    ids = connection.scalars(matching).all()
    start = ids.index(after) + 1 if after in ids else 0
    shown = ids[start : start + FOUND]
    listed = view("article_list")
    rows = connection.execute(sa.select(listed).where(listed.c.article_id.in_(shown)).order_by(*_newest_first(listed.c)))
    return Page(tuple(rows), shown[-1] if len(ids) > start + FOUND else None)


def _has_more_than_are_read(connection: Connection) -> bool:
    """Say whether there are articles that `_by_reading` leaves out."""
    articles = view("article_list").c
    kinds = (articles.published_at.is_not(None), articles.published_at.is_(None))
    return any(connection.scalar(sa.select(articles.article_id).where(kind).offset(NEWEST).limit(1)) for kind in kinds)


def _within(connection: Connection, term: str) -> sa.ColumnElement[str]:
    """Return the pattern of a text that has a term somewhere."""
    return _caseless(connection, sa.literal("%" + re.sub("[/%_]", r"/\g<0>", term) + "%"))


def _caseless(connection: Connection, text: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return a text in lower case; SQLite's own function knows the letters of English alone.

    Of a capital İ some leave the dot behind, and some end a Greek word with another sigma: a term and a text must come out alike.
    """
    lower = sa.func.lower
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function("lower_unicode", 1, str.lower, deterministic=True)
        lower = sa.func.lower_unicode
    return sa.func.replace(sa.func.replace(lower(text), "i\u0307", "i"), "ς", "σ", type_=sa.Text())


def _newest_first(columns: Any) -> tuple[Any, ...]:
    return columns.published_at.is_(None), columns.published_at.desc(), columns.article_id


def _hits(connection: Connection, rows: tuple[Row, ...], wanted: tuple[str, ...]) -> tuple[Hit, ...]:
    articles = view("article_pages").c
    query = sa.select(articles.article_id, sa.func.substr(articles.text, 1, 20000).label("text"))
    texts = {
        row.article_id: row.text for row in connection.execute(query.where(articles.article_id.in_([r.article_id for r in rows])))
    }
    return tuple(Hit(row, extract(texts.get(row.article_id, ""), wanted)) for row in rows)


def extract(text: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the text around the first of the words, cut so that every other piece is one of the words."""
    whole = (re.escape(term) if UNSPACED.search(term) else rf"\b{re.escape(term)}\b" for term in wanted)
    parts = map(re.escape, wanted)  # without an index an article is found by them, too
    ways = [re.compile("|".join(shapes), re.IGNORECASE) for shapes in (whole, parts)]
    looked_for = next((way for way in ways if way.search(text)), ways[0])
    first = looked_for.search(text)
    start = max(0, first.start() - BEFORE) if first else 0
    start = text.rfind(" ", max(0, start - BEFORE), start) + 1 or start  # a script without spaces is cut anywhere
    cut = text[start : start + BEFORE + BEHIND].replace("\n\n", " · ")
    pieces: list[str] = []
    at = 0
    for match in looked_for.finditer(cut):
        pieces += [cut[at : match.start()], match[0]]
        at = match.end()
    pieces.append(cut[at:] + ("…" if start + BEFORE + BEHIND < len(text) else ""))
    if start:
        pieces[0] = "…" + pieces[0]
    return tuple(pieces)
