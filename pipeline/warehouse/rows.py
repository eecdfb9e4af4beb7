"""Records as rows of the warehouse: tuples in the order of a table's columns, of plain text, numbers and None.

Instants are ISO 8601 text in UTC and JSON is text here: every database takes these as they are. No text has NUL or lone
surrogates, which no database takes; each becomes U+FFFD, one for one, so that offsets into a text stay right.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np

from pipeline.records import BLOCK_SEPARATOR, Article, Fetch, Rejected, Reuse, SiteLine, StageReport, StoryMember
from pipeline.urls import url_id as _url_id

Row = tuple[Any, ...]

SPACE = 32  # the code of a space: below it stand tab, line feed and the other control characters

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOTHING = "\x1e"  # stands for None in what is hashed
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Claim(NamedTuple):
    """A time that a page claims, as an instant in UTC with its precision: day, time or local."""

    at: str | None
    precision: str | None


class ArticleRow(NamedTuple):
    """An article on its way in: what the load compares, and the rest to make its rows from when they are needed."""

    article_id: str
    row_hash: str
    content_hash: str
    fetched_at: str | None
    url: str | None
    raw_ref: str | None
    text: str
    article: Article

    @property
    def order(self) -> tuple[str, str, str]:
        """What makes one fetch of an article newer than another, the same on every run."""
        return fetch_order(self.fetched_at, self.url, self.raw_ref)


def fetch_order(fetched_at: str | None, url: str | None, raw_ref: str | None) -> tuple[str, str, str]:
    """Return the key by which the fetches of one article are put in order of time; ties go by URL, then by place."""
    return (fetched_at or "", url or "", raw_ref or "")


def storable(text: str) -> str:
    """Return the text with NUL and lone surrogates replaced, one for one."""
    return _UNSTORABLE.sub("\ufffd", text)


def url_key(url: str) -> str:
    """Return the url_id; a URL that cannot be taken apart is its own normal form."""
    try:
        return _url_id(url)
    except ValueError:
        return hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()[:32]


def instant(moment: datetime | None) -> str | None:
    """Return a measured time as ISO 8601 text in UTC; naive times are UTC already."""
    if moment is None:
        return None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()


def claim(text: str | None) -> Claim:
    """Read a time that a page claims; what is no date of the years 1 to 9999 is no time at all."""
    if not text:
        return Claim(None, None)
    try:
        if _DAY.fullmatch(text):
            return Claim(f"{date.fromisoformat(text)}T00:00:00+00:00", "day")
        moment = datetime.fromisoformat(text)
        return Claim(instant(moment), "time" if moment.tzinfo else "local")
    except (ValueError, OverflowError):
        return Claim(None, None)


def article_row(article: Article) -> ArticleRow:
    """Prepare an article for comparison with what is stored."""
    text = article.text
    try:
        content = f"{article.title or ''}\n{text}".encode()
    except UnicodeEncodeError:
        content = b"\0"
    if b"\0" in content:
        text = storable(text)
        content = f"{storable(article.title or '')}\n{text}".encode()
    content_hash = hashlib.sha256(content).hexdigest()
    parts: list[str | None] = [content_hash, article.source_id, article.site, article.url, article.canonical_url, article.title]
    parts += [article.published_at, article.published_basis, article.modified_at, article.language, article.section]
    parts += [article.image, article.wire_credit, article.source_link, article.extractor, "1" if article.paywalled else "0"]
    parts += article.authors
    for place, block in enumerate(article.blocks):
        if block.dropped_by is not None:
            parts += (str(place), block.kind, block.dropped_by, block.text)
    joined = "\x1f".join([_NOTHING if part is None else part for part in parts])
    row_hash = hashlib.sha256(joined.encode(errors="surrogatepass")).hexdigest()[:32]
    fetched_at = instant(article.fetched_at)
    return ArticleRow(article.article_id, row_hash, content_hash, fetched_at, article.url, article.raw_ref, text, article)


def page_id(article: Article) -> str | None:
    """Return the url_id of an article's page; None for a document without a URL."""
    if article.url is None:
        return None
    if article.canonical_url is None or article.canonical_url == article.url:
        return article.article_id  # it was made of this URL
    return url_key(article.url)


def article_values(row: ArticleRow, run_id: str, run_date: str) -> Row:
    """Return the values of one `articles` row."""
    article = row.article
    published = claim(article.published_at)
    return (
        row.article_id,
        page_id(article),
        article.source_id,
        article.site,
        _clean(article.url),
        _clean(article.canonical_url),
        _clean(article.title),
        as_json(article.authors),
        published.at,
        published.precision,
        article.published_basis,
        _clean(article.published_at),
        claim(article.modified_at).at,
        _clean(article.language),
        _clean(article.section),
        _clean(article.image),
        article.paywalled,
        _clean(article.wire_credit),
        _clean(article.source_link),
        row.text,
        word_count(row.text),
        row.content_hash,
        row.row_hash,
        article.extractor,
        row.raw_ref,
        row.fetched_at,
        run_id,
        run_date,
        run_id,
    )


def dropped_values(article: Article) -> Iterable[Row]:
    """Yield the `dropped_blocks` rows of an article; a block's place is its position, which is unique whatever its index."""
    for place, block in enumerate(article.blocks):
        if block.dropped_by is not None:
            yield (article.article_id, place, block.kind, storable(block.text), block.dropped_by)


def fetch_values(fetch: Fetch, run_id: str, run_date: str) -> Row:
    """Return the values of one `fetches` row."""
    return (
        run_id,
        url_key(fetch.url),
        run_date,
        storable(fetch.url),
        storable(fetch.final_url),
        fetch.source_id,
        fetch.site,
        fetch.via,
        fetch.outcome,
        instant(fetch.fetched_at),
        fetch.language,
        fetch.status,
        _clean(fetch.content_type),
        _clean(fetch.etag),
        _clean(fetch.last_modified),
        fetch.digest,
        fetch.body_bytes,
        as_json(fetch.redirects),
        fetch.attempts,
        fetch.retryable,
        _clean(fetch.detail),
        fetch.warc_filename,
        fetch.warc_offset,
        fetch.warc_length,
    )


def member_values(member: StoryMember, run_id: str) -> Row:
    """Return the values of one `story_members` row."""
    return (
        member.article_id,
        member.story_id,
        member.canonical_article_id,
        member.relation,
        member.score,
        storable(member.canonical_reason),
        member.matched_article_id,
        _proof(member.proof),
        run_id,
    )


def passage_values(reuse: Reuse, run_id: str) -> Row:
    """Return the values of one `passages` row."""
    return (reuse.article_id, reuse.start, reuse.end, reuse.source_article_id, reuse.words, run_id)


def reject_values(reject: Rejected, run_id: str, run_date: str) -> Row:
    """Return the values of one `rejects` row, still open."""
    key = (run_id, url_key(reject.url), reject.stage, run_date, storable(reject.url), reject.site, reject.source_id)
    return (*key, reject.reason, _clean(reject.detail), reject.retryable, _clean(reject.raw_ref), None)


def site_line_values(line: SiteLine) -> Row:
    """Return the values of one `site_lines` row; what was before is filled in by the load."""
    return (line.site, line.line_hash, storable(line.text), line.pages, line.first_seen, line.last_seen, None, None)


def report_values(report: StageReport, run_id: str) -> Iterable[Row]:
    """Yield the `stage_reports` rows of a report; a stage that saw nothing says so."""
    for outcome, n in sorted(report.outcomes.items()) or (("nothing", 0),):
        yield (run_id, report.stage, report.shard, outcome, report.run_date, n)


def as_json(texts: Iterable[str]) -> str:
    """Return a list as JSON text that every database takes."""
    return json.dumps([storable(text) for text in texts], ensure_ascii=False)


def word_count(text: str) -> int:
    """Return the number of words divided by ASCII white space.

    `len(text.split())` costs as much as all the rest of the row; it also takes the no-break spaces inside « … » and 10 000
    for the ends of words.
    """
    if not text:
        return 0
    space = np.frombuffer(text.encode(), np.uint8) <= SPACE
    return int(np.count_nonzero(space[:-1] > space[1:])) + int(not space[0])


def kept_blocks(text: str) -> list[str]:
    """Return the paragraphs of a clean text."""
    return text.split(BLOCK_SEPARATOR) if text else []


def _clean(text: str | None) -> str | None:
    return None if text is None else text if text.isascii() and "\0" not in text else storable(text)


def _proof(text: str | None) -> str | None:
    """Return the proof as JSON that every database takes; what is not JSON becomes a JSON string."""
    if text is None:
        return None
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        text = json.dumps(text)
    return storable(text).replace("\\u0000", "\ufffd")


def _refuse(constant: str) -> None:
    raise ValueError(constant)
