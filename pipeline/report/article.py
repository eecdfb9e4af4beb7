"""One article with all its decisions: its blocks in the order of the page, its texts over time, its passages."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.clean.lines import UNSPACED, words_of
from pipeline.records import BLOCK_SEPARATOR
from pipeline.report.diff import Pair, side_by_side
from pipeline.report.views import Row, view
from pipeline.warehouse.rows import in_page_order

LONGEST_BLOCK = 20_000  # characters of a block that are shown
MOST_BLOCKS = 2_000
REUSED = 20
VERSIONS = 50
NOT_ASKED = "robots"  # the reason of a page that its site forbids to ask for: it may be there


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a block; `source` is the number of the source it comes from, None when it is the article's own."""

    text: str
    source: int | None = None


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block as it is shown: in pieces when it was kept, with its rule when it was dropped. `more` characters are left out."""

    pieces: tuple[Piece, ...]
    rule: str | None = None
    more: int = 0


@dataclass(frozen=True, slots=True)
class SourceOf:
    """An article that passages were taken from, by its number in the legend."""

    number: int
    article_id: str
    title: str | None
    site: str | None
    words: int
    passages: int


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article for its page."""

    row: Row
    blocks: tuple[ShownBlock, ...]
    hidden: int
    rules: tuple[tuple[str, int], ...]
    sources: tuple[SourceOf, ...]
    words: int  # counted as those of passages are
    own_words: int
    reused: tuple[Row, ...]  # who took most from it: article_id, title, site, words and passages
    takers: int  # of whom there are so many
    versions: tuple[Row, ...]
    older: int  # versions that are not shown
    current: int | None  # number of the version that stands: an earlier one where the article went back to it
    members: int
    gone: Row | None  # why its page gave no article any more when it was last asked for


@dataclass(frozen=True, slots=True)
class Change:
    """Two versions of an article and how they differ."""

    old: Row
    new: Row
    pairs: tuple[Pair, ...]


def article_row(connection: Connection, article_id: str) -> Row | None:
    """Return the row of an article, None when there is none."""
    articles = view("article_pages")
    return connection.execute(sa.select(articles).where(articles.c.article_id == article_id)).first()


def article_page(connection: Connection, row: Row) -> ArticlePage:
    """Return an article for its page."""
    dropped, rules, passages = _dropped(connection, row), _rules(connection, row), _passages(connection, row)
    sources = _sources(passages)
    taken = _claimed(passages, {source.article_id: source.number for source in sources})
    blocks = shown_blocks(row.text, dropped, taken)
    reused, takers = _reused(connection, row)
    versions, older = _versions(connection, row)
    story = view("story_heads").c
    return ArticlePage(
        row=row,
        blocks=blocks[:MOST_BLOCKS],
        hidden=max(0, len(blocks) - len(dropped) + sum(times for _, times in rules) - MOST_BLOCKS),
        rules=rules,
        sources=sources,
        words=number_of_words(row.text),
        own_words=sum(number_of_words(text) for text in own_texts(row.text, taken)),
        reused=reused,
        takers=takers,
        versions=versions,
        older=older,
        current=_current(connection, row),
        members=connection.execute(sa.select(story.members).where(story.story_id == row.story_id)).scalar() or 1,
        gone=_gone(connection, row),
    )


def _dropped(connection: Connection, row: Row) -> Sequence[Row]:
    block = view("article_blocks")
    query = sa.select(block).where(block.c.article_id == row.article_id).order_by(block.c.block_index)
    return connection.execute(query.limit(MOST_BLOCKS)).all()


def _rules(connection: Connection, row: Row) -> tuple[tuple[str, int], ...]:
    """Return how many blocks each rule dropped, in all of the page."""
    block = view("article_blocks").c
    n, first = sa.func.count(), sa.func.min(block.block_index)
    query = sa.select(block.rule, n).where(block.article_id == row.article_id).group_by(block.rule)
    return tuple((rule, times) for rule, times in connection.execute(query.order_by(n.desc(), first)))


def _passages(connection: Connection, row: Row) -> Sequence[Row]:
    passage = view("article_passages")
    query = sa.select(passage).where(passage.c.article_id == row.article_id)
    return connection.execute(query.order_by(passage.c.start_offset, passage.c.source_article_id)).all()


def _reused(connection: Connection, row: Row) -> tuple[tuple[Row, ...], int]:
    """Return who took most from an article, and how many took something."""
    passage = view("article_passages").c
    of_this = passage.source_article_id == row.article_id
    taker, words = (passage.article_id, passage.title, passage.site), sa.func.sum(passage.words).label("words")
    query = sa.select(*taker, words, sa.func.count().label("passages")).where(of_this).group_by(*taker)
    most = tuple(connection.execute(query.order_by(words.desc(), passage.article_id).limit(REUSED)))
    return most, connection.execute(sa.select(sa.func.count(sa.distinct(passage.article_id))).where(of_this)).scalar_one()


def _versions(connection: Connection, row: Row) -> tuple[tuple[Row, ...], int]:
    """Return the latest versions of an article without their texts, and how many there are besides."""
    text = view("article_texts")
    own = text.c.article_id == row.article_id
    latest = (text.c.seen_at.is_(None), text.c.seen_at.desc(), text.c.version_no.desc())  # numbers are in the order of loads
    listed = [column for column in text.c if column.name != "text"]
    shown = tuple(connection.execute(sa.select(*listed).where(own).order_by(*latest).limit(VERSIONS)))
    count = connection.execute(sa.select(sa.func.count()).select_from(text).where(own)).scalar_one()
    return shown, max(0, count - VERSIONS)


def _current(connection: Connection, row: Row) -> int | None:
    """Return the number of the version that an article is as it stands."""
    text = view("article_texts").c
    is_this = (text.article_id == row.article_id, text.text == row.text, text.title.is_not_distinct_from(row.title))
    return connection.execute(sa.select(text.version_no).where(*is_this)).scalar()


def _gone(connection: Connection, row: Row) -> Row | None:
    """Return why an article's page gave none any more when it was last asked for."""
    reject = view("nightly_rejects").c
    for_good = (reject.resolved_run_id.is_(None), reject.retryable.is_(sa.false()), reject.reason != NOT_ASKED)
    query = sa.select(reject.run_date, reject.reason, reject.detail).where(reject.url_id == row.url_id, *for_good)
    return connection.execute(query.order_by(reject.run_date.desc())).first()


def change(connection: Connection, article_id: str, old: int, new: int) -> Change | None:
    """Return how two versions of an article differ, None when there are not both."""
    text = view("article_texts")
    query = sa.select(text).where(text.c.article_id == article_id, text.c.version_no.in_((old, new)))
    found = {row.version_no: row for row in connection.execute(query)}
    if old not in found or new not in found:
        return None
    pairs = side_by_side(found[old].text, found[new].text)
    return Change(found[old], found[new], pairs)


def own_texts(text: str, taken: Sequence[tuple[int, int, int]]) -> list[str]:
    """Return what of a text no passage covers; `taken` do not overlap and are in order."""
    starts = [0, *(end for _, end, _ in taken)]
    ends = [*(begin for begin, _, _ in taken), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def number_of_words(text: str) -> int:
    """Return the number of words; where no space parts them each letter counts, as it does in a passage."""
    letters = 0 if text.isascii() else len(UNSPACED.findall(text))
    return letters + len(words_of(UNSPACED.sub(" ", text)) if letters else text.split())


def shown_blocks(text: str, dropped: Sequence[Row], taken: Sequence[tuple[int, int, int]] = ()) -> tuple[ShownBlock, ...]:
    """Put the dropped blocks back among the paragraphs of the clean text.

    `taken` are (start, end, source) in that text, in order and apart from each other.
    """
    blocks: list[ShownBlock] = []
    begins, ends = ([span[side] for span in taken] for side in (0, 1))
    start = 0
    for block in in_page_order(text, dropped):
        if isinstance(block, str):
            shown = block[:LONGEST_BLOCK]
            in_it = taken[bisect_right(ends, start) : bisect_left(begins, start + len(shown))]
            blocks.append(ShownBlock(tuple(_pieces(shown, start, in_it)), more=len(block) - len(shown)))
            start += len(block) + len(BLOCK_SEPARATOR)
        else:
            more = max(0, len(block.text) - LONGEST_BLOCK)
            blocks.append(ShownBlock((Piece(block.text[:LONGEST_BLOCK]),), block.rule, more))
    return tuple(blocks)


def _pieces(paragraph: str, start: int, taken: Sequence[tuple[int, int, int]]) -> Iterable[Piece]:
    """Cut a paragraph that begins at `start` of the text where passages begin and end."""
    at = 0
    for begin, end, source in taken:
        low, high = max(begin - start, at), min(end - start, len(paragraph))
        if low > at:
            yield Piece(paragraph[at:low])
        yield Piece(paragraph[low:high], source)
        at = high
    if at < len(paragraph) or not paragraph:
        yield Piece(paragraph[at:])


def _sources(passages: Sequence[Row]) -> tuple[SourceOf, ...]:
    """Number the sources in the order in which the article uses them."""
    by_source: dict[str, list[Row]] = {}
    for row in passages:
        by_source.setdefault(row.source_article_id, []).append(row)
    return tuple(
        SourceOf(number, source, rows[0].source_title, rows[0].source_site, sum(row.words for row in rows), len(rows))
        for number, (source, rows) in enumerate(by_source.items(), 1)
    )


def _claimed(passages: Sequence[Row], numbers: dict[str, int]) -> list[tuple[int, int, int]]:
    """Give every character that more than one passage covers to the longest of them."""
    taken: list[tuple[int, int, int]] = []  # in order and apart from each other
    for row in sorted(passages, key=lambda r: (r.start_offset - r.end_offset, r.start_offset, r.source_article_id)):
        first = bisect_right(taken, row.start_offset, key=itemgetter(1))
        last = bisect_left(taken, row.end_offset, lo=first, key=itemgetter(0))
        held, number = taken[first:last], numbers[row.source_article_id]
        gaps = zip(
            [row.start_offset, *(end for _, end, _ in held)], [*(begin for begin, _, _ in held), row.end_offset], strict=True
        )
        taken[first:last] = sorted(held + [(low, high, number) for low, high in gaps if low < high])
    return taken
