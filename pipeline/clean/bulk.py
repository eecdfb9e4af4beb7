"""The `clean` command: JSON Lines of pages and texts in, one cleaned document a line out, in the same order.

The input is read once. Articles wait in a temporary file while the lines of each site are learned from them, so memory
holds the pages that are being extracted and the lines of one site, however long the input is.
"""

from __future__ import annotations

import json
import logging
import pickle
import tempfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from pipeline.clean import label_with, learn_site_lines, template_lines
from pipeline.clean.edges import HEADLINE
from pipeline.clean.rules import check_rules
from pipeline.clean.site import MIN_STORIES
from pipeline.clean.title import repeats_title
from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.extract.page import PageInput
from pipeline.extract.pool import ExtractPool
from pipeline.json_lines import Line, Progress, open_lines, open_output, tell_malformed
from pipeline.records import Article, StageReport
from pipeline.urls import site_of

logger = logging.getLogger(__name__)

SOURCE = "clean"


@dataclass(frozen=True, slots=True)
class _Failure:
    """An input line that became no article: why."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is known of one input line before its page is extracted."""

    id: Any
    url: str | None
    failure: _Failure | None = None


def clean_file(source: str, target: str, settings: Settings) -> StageReport:
    """Clean every line of `source` into `target`; raises `ConfigError` for a file that cannot be read or written."""
    check_rules()
    outcomes: Counter[str] = Counter()
    with (
        open_lines(source) as lines,
        open_output(target) as output,
        tempfile.TemporaryFile(prefix="copydesk-clean-") as spool,
        Progress("clean") as progress,
    ):
        places = _extract_all(lines, spool, settings, progress)
        templates = {site: _learn(spool, offsets) for site, offsets in places.items() if len(offsets) >= MIN_STORIES}
        for entry, article in _spooled(spool):
            record = _record(entry, article, templates)
            outcomes[record["error"]["code"] if record["error"] else "article"] += 1
            output.write(_encoded(record))
    report = StageReport("clean", "", "all", sum(outcomes.values()), dict(sorted(outcomes.items())))
    tell_malformed(source, outcomes["malformed"], report.seen)
    logger.info("clean %s: %d lines, %s", source, report.seen, dict(report.outcomes))
    return report


def _extract_all(lines: Iterable[Line], spool: IO[bytes], settings: Settings, progress: Progress) -> dict[str, list[int]]:
    """Extract every line into the spool; return, for each site, where its articles lie there."""
    waiting: deque[_Entry] = deque()
    places: dict[str, list[int]] = {}

    def pages() -> Iterator[PageInput]:
        for line in lines:
            entry, page = _read_entry(line)
            waiting.append(entry)
            if page is not None:
                yield page

    def keep(entry: _Entry, article: Article | None) -> None:
        if article is not None and article.site and article.page_kind == "article":
            places.setdefault(article.site, []).append(spool.tell())
        pickle.dump((entry, article), spool, pickle.HIGHEST_PROTOCOL)
        progress.advance()

    pool = ExtractPool(settings.worker_count, settings.extract_timeout, settings.extract_memory, settings.extract_recycle)
    with pool:
        for result in pool.map(pages()):
            while waiting[0].failure:
                keep(waiting.popleft(), None)
            entry = waiting.popleft()
            if isinstance(result, Reject):
                keep(_Entry(entry.id, entry.url, _Failure(result.code, result.detail or result.code)), None)
            else:
                keep(entry, result)
        for entry in waiting:
            keep(entry, None)
    return places


def _learn(spool: IO[bytes], offsets: list[int]) -> frozenset[str]:
    """Return the template lines of the site whose articles lie at `offsets`."""
    articles = (_at(spool, offset) for offset in offsets)
    lines = learn_site_lines(articles, (), "")
    return template_lines(lines, lines[0].site) if lines else frozenset()


def _at(spool: IO[bytes], offset: int) -> Article:
    spool.seek(offset)
    article: Article = pickle.load(spool)[1]  # noqa: S301 (our own temporary file)
    return article


def _spooled(spool: IO[bytes]) -> Iterator[tuple[_Entry, Article | None]]:
    spool.seek(0)
    while True:
        try:
            yield pickle.load(spool)  # noqa: S301 (our own temporary file)
        except EOFError:
            return


def _read_entry(line: Line) -> tuple[_Entry, PageInput | None]:
    """Return what an input line says, and its page when the line is well formed."""
    if line.error:
        return _Entry(None, None, _Failure("malformed", f"line {line.number}: {line.error}")), None
    record = line.value
    where = f"line {line.number}"
    identity, url = record.get("id"), record.get("url")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        return _Entry(None, None, _Failure("malformed", f'{where}: "id" must be a string, got {_brief(identity)}')), None
    if url is not None and not isinstance(url, str):
        return _Entry(identity, None, _Failure("malformed", f'{where}: "url" must be a string, got {_brief(url)}')), None
    kinds = [kind for kind in ("html", "text") if record.get(kind) is not None]
    if len(kinds) != 1 or not isinstance(record[kinds[0]], str):
        message = f'{where}: the line needs either "html" or "text", a string'
        return _Entry(identity, url, _Failure("malformed", message)), None
    site = site_of(url) if url else ""
    known_url = url if site else None  # an address that is none must not cost the page
    page = PageInput(known_url, SOURCE, site, record[kinds[0]], kind="html" if kinds[0] == "html" else "text")
    return _Entry(identity, url), page


def _brief(value: object) -> str:
    return repr(value) if len(repr(value)) <= 40 else repr(value)[:40] + "…"


def _record(entry: _Entry, article: Article | None, templates: dict[str, frozenset[str]]) -> dict[str, Any]:
    """Return the output line. The text of what is no article is empty, and its error says why."""
    record: dict[str, Any] = {"id": entry.id, "url": entry.url, "title": None, "text": "", "authors": [], "published_at": None}
    record |= {"published_basis": None, "language": None, "page_kind": "error", "dropped": [], "error": None}
    if article is None:
        assert entry.failure
        return record | {"error": {"code": entry.failure.code, "message": entry.failure.message}}
    cleaned = label_with(article, templates.get(article.site, frozenset()))
    is_article = cleaned.page_kind == "article"
    return record | {
        "title": cleaned.title,
        "text": cleaned.text,
        "authors": list(cleaned.authors),
        "published_at": cleaned.published_at,
        "published_basis": cleaned.published_basis,
        "language": cleaned.language,
        "page_kind": cleaned.page_kind,
        "dropped": _dropped(cleaned) if is_article else [],
        "error": None if is_article else {"code": cleaned.page_kind, "message": cleaned.kind_reason or "not an article"},
    }


def _dropped(article: Article) -> list[dict[str, Any]]:
    """Return the labelled blocks; the headline is not among them, for it is the title."""
    return [
        {"index": block.index, "text": block.text, "rule": block.dropped_by}
        for block in article.blocks
        if block.dropped_by and not (block.dropped_by == HEADLINE and repeats_title(block.text, article.title or ""))
    ]


def _encoded(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate in the id or url, which are given back as they came
        return json.dumps(record).encode() + b"\n"
