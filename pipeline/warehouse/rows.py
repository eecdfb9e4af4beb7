"""Records as rows of the warehouse: tuples in the order of a table's columns, of plain text, numbers and None.

Instants are ISO 8601 text in UTC and JSON is text here: every database takes these as they are. No text has NUL or lone
surrogates, which no database takes; each becomes U+FFFD, one for one, so that offsets into a text stay right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.records import BLOCK_SEPARATOR, Rejected, Reuse, SiteLine, StageReport
from pipeline.urls import url_id

Row = tuple[Any, ...]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Claim(NamedTuple):
    """A time that a page claims, as an instant in UTC with its precision: day, time or local."""

    at: datetime | None
    precision: str | None


def storable(text: str) -> str:
    """Return the text with NUL and lone surrogates replaced, one for one."""
    return _UNSTORABLE.sub("\ufffd", text)


def claim(text: str | None) -> Claim:
    """Read a time that a page claims; what is no date of the years 1 to 9999 is no time at all."""
    if not text:
        return Claim(None, None)
    try:
        moment = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            return Claim(moment.replace(tzinfo=UTC), "day")
        if moment.tzinfo is None:
            return Claim(moment.replace(tzinfo=UTC), "local")
        return Claim(moment.astimezone(UTC), "time")
    except (ValueError, OverflowError):
        return Claim(None, None)


def passage_values(reuse: Reuse, run_id: str) -> Row:
    """Return the values of one `passages` row."""
    return (reuse.article_id, reuse.start, reuse.end, reuse.source_article_id, reuse.words, run_id)


def reject_values(reject: Rejected, run_id: str, run_date: str) -> Row:
    """Return the values of one `rejects` row, still open."""
    key = (run_id, url_id(reject.url), reject.stage, run_date, storable(reject.url), reject.site, reject.source_id)
    return (*key, reject.reason, _clean(reject.detail), reject.retryable, _clean(reject.raw_ref), None)


def site_line_values(line: SiteLine) -> Row:
    """Return the values of one `site_lines` row; what was before is filled in by the load."""
    return (line.site, line.line_hash, storable(line.text), line.pages, line.first_seen, line.last_seen, None, None)


def report_values(report: StageReport, run_id: str) -> Iterable[Row]:
    """Yield the `stage_reports` rows of a report; a stage that saw nothing says so."""
    for outcome, n in sorted(report.outcomes.items()) or (("nothing", 0),):
        yield (run_id, report.stage, report.shard, outcome, report.run_date, n)


def kept_blocks(text: str) -> list[str]:
    """Return the paragraphs of a clean text."""
    return text.split(BLOCK_SEPARATOR) if text else []


def in_page_order(text: str, dropped: Iterable[Any]) -> Iterator[Any]:
    """Yield the paragraphs of a clean text and among them, each in its place, the rows of the dropped blocks, given in order.

    What was dropped behind the last paragraph comes last, however far behind it stood.
    """
    kept, done = kept_blocks(text), 0
    for number, row in enumerate(dropped):
        before = row.block_index - number  # so many of the blocks before it were kept
        yield from kept[done:before]
        yield row
        done = before
    yield from kept[done:]


def _clean(text: str | None) -> str | None:
    return None if text is None else text if text.isascii() and "\0" not in text else storable(text)


def as_proof(text: str | None) -> str | None:
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
