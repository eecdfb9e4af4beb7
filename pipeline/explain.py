"""Show every decision on one page: a saved file, an address, or an article of the warehouse with its copies."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.captures import FETCHED
from pipeline.clean import label
from pipeline.clean.explain import explain_html, explain_text
from pipeline.config import Settings
from pipeline.errors import ConfigError, Fatal, Reject
from pipeline.records import Article, Discovered
from pipeline.store import LocalStore
from pipeline.urls import WEB, site_of

if TYPE_CHECKING:
    from pipeline.warehouse import StoredArticle

ARTICLE_ID = re.compile(r"[0-9a-f]{32}")
TEXT_SUFFIXES = (".txt", ".text")
PACKED = (".gz", ".zst")
LINES = re.compile(r"\.(?:jsonl|ndjson)(?:\.(?:gz|zst))?$", re.IGNORECASE)
LINE = re.compile(rf"{LINES.pattern[:-1]}#[0-9]+$", re.IGNORECASE)


def explain(what: str, settings: Settings) -> str:
    """Return the explanation of a file, URL or article id; raises `ConfigError` when it is none of them."""
    if _is_id(what):
        stored = _stored(what, settings)
        return "\n".join((explain_text(stored.article), *_copies(stored), *_passages(stored)))
    return explain_text(_page(what, settings))


def explain_pair(one: str, other: str, settings: Settings) -> str:
    """Return what two articles (each a file, URL or article id) have in common, side by side, and what follows from it."""
    from pipeline.dedup.pair import compare_texts, side_by_side
    from pipeline.report.render import pretty

    articles = [_article(what, settings) for what in (one, other)]
    left, right = (article.text for article in articles)
    report = compare_texts(left, right)
    told = pretty(dict(report.proof))
    titles = [f"{what}: {article.title or '(no title)'}" for what, article in zip((one, other), articles, strict=True)]
    return "\n".join((*titles, f"verdict: {report.verdict}", f"measured: {told}", "", *side_by_side(left, right, report)))


def _article(what: str, settings: Settings) -> Article:
    return _stored(what, settings).article if _is_id(what) else _page(what, settings)


def _is_id(what: str) -> bool:
    return ARTICLE_ID.fullmatch(what) is not None and not Path(what).is_file()


def explain_as_html(what: str, settings: Settings) -> str:
    """Return the same decisions as one page for a browser, without the copies."""
    return explain_html(_article(what, settings))


def _page(what: str, settings: Settings) -> Article:
    """Extract and clean a page that is not in the warehouse; raises `Fatal` for what holds none."""
    if LINES.search(what) and not what.startswith(WEB):
        raise ConfigError(
            f"explain: {what} holds many documents, not one page: `copydesk clean` takes it, and {what}#1 names its first line"
        )
    try:
        if Path(what).is_file() and not what.lower().endswith(PACKED):
            return label(_from_file(Path(what)))
        if url := _address(what):
            return label(_from_url(url, settings))
    except Reject as error:
        raise Fatal(f"explain: {what} holds no page: {error}") from error
    raise ConfigError(f"explain: {what!r} is no file here, no URL (http, https, file, s3) and no article id (32 hex digits)")


def _address(what: str) -> str | None:
    """Return the URL by which a night reads what is named, be it a file here or a line of one; None when it is neither."""
    if what.startswith((*WEB, "file://", "s3://")):
        return what
    file, mark, line = what.rpartition("#") if LINE.search(what) else (what, "", "")
    return f"{Path(file).absolute().as_uri()}{mark}{line}" if Path(file).is_file() else None


def _from_file(path: Path) -> Article:
    from pipeline.extract.page import PageInput, extract

    kind: Literal["html", "text"] = "text" if path.suffix.lower() in TEXT_SUFFIXES else "html"
    return extract(PageInput(url=None, source_id="file", site="", body=path.read_bytes(), kind=kind))


def _from_url(url: str, settings: Settings) -> Article:
    from pipeline.extract.page import extract
    from pipeline.fetch.archive import read_page
    from pipeline.fetch.fetch import fetch
    from pipeline.fetch.guard import MEND
    from pipeline.pages import page_input

    with tempfile.TemporaryDirectory(prefix="copydesk-explain-") as folder:
        store = LocalStore(Path(folder))
        (row,) = fetch([Discovered(url, "explain", site_of(url), "list")], settings=settings, store=store, archive_prefix="raw")
        if row.outcome != FETCHED:
            own = f"; {MEND}" if row.outcome == "forbidden_address" else ""
            raise Fatal(f"explain: {url} was not fetched: {row.outcome}{f' ({row.detail})' if row.detail else ''}{own}")
        return extract(page_input(row, read_page(store, row)))


def _stored(identity: str, settings: Settings) -> StoredArticle:
    from pipeline.warehouse import article, made_warehouse

    warehouse = made_warehouse(settings)
    stored = article(warehouse, identity)
    if stored is None:
        raise ConfigError(f"explain: the warehouse holds no article {identity!r}; the view clean_articles lists the ids")
    return stored


def _copies(stored: StoredArticle) -> Iterator[str]:
    from pipeline.report.render import likeness, moment, pretty

    if stored.story_id is None:
        return
    yield f"\nstory {stored.story_id}: {len(stored.copies)} article(s); the canonical was chosen by {stored.canonical_reason}"
    for copy in stored.copies:
        score = "" if copy.score is None else likeness(copy.score)
        published = moment(copy.published_at, copy.published_precision)
        marker = " <- this one" if copy.article_id == stored.article.article_id else ""
        yield f"  {copy.relation:9} {score:5}  {published:20}  {copy.site}  {copy.url or copy.article_id}{marker}"
        if copy.proof and copy.proof.get("composite"):
            share = f"{copy.proof['share']:.0%} of it stands in {copy.proof['sources']} other stories"
            yield f"            composite: {share}"
        if copy.proof:
            yield f"            proof: {pretty(copy.proof)}"


def _passages(stored: StoredArticle) -> Iterator[str]:
    if stored.passages:
        yield "\npassages taken from elsewhere"
    for passage in stored.passages:
        text = " ".join(stored.article.text[passage.start : passage.end].split())
        shown = text if len(text) <= 100 else f"{text[:60]} … {text[-36:]}"
        source = passage.source_url or passage.source_article_id
        yield f"  {passage.start}-{passage.end}, {passage.words} words, from {source}: {shown}"
