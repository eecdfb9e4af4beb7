"""Show every decision on one page: a saved file, an address, or an article of the warehouse with its copies."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.clean import label
from pipeline.clean.explain import explain_text
from pipeline.config import Settings
from pipeline.errors import ConfigError, Fatal
from pipeline.extract.page import PageInput, extract
from pipeline.records import Article, Discovered, Fetch, RawPage, SiteLine
from pipeline.store import LocalStore, Partition, open_store, read_records, shards_of
from pipeline.urls import site_of

ARTICLE_ID = re.compile(r"[0-9a-f]{32}")


def explain(what: str, settings: Settings) -> str:
    """Return the explanation of a file, URL or article id; raises `ConfigError` when it is none of them."""
    if Path(what).is_file():
        return explain_text(label(_from_file(Path(what))))
    if what.startswith(("http://", "https://")):
        return explain_text(label(_from_url(what, settings)))
    if ARTICLE_ID.fullmatch(what):
        return "\n".join(_from_warehouse(what, settings))
    raise ConfigError(f"explain: {what!r} is no file here, no http(s) URL and no article id (32 hex digits)")


def _from_file(path: Path) -> Article:
    kind = "text" if path.suffix in (".txt", ".text") else "html"
    return extract(PageInput(url=None, source_id="file", site="", body=path.read_bytes(), kind=kind))


def _from_url(url: str, settings: Settings) -> Article:
    from pipeline.fetch.archive import read_page
    from pipeline.fetch.fetch import fetch

    with tempfile.TemporaryDirectory(prefix="copydesk-explain-") as folder:
        store = LocalStore(Path(folder))
        item = Discovered(url, "explain", site_of(url), "list")
        (row,) = fetch([item], settings=settings, store=store, archive_prefix="raw")
        if row.outcome != "fetched":
            raise Fatal(f"explain: {url} was not fetched: {row.outcome}{f' ({row.detail})' if row.detail else ''}")
        return extract(page_input(row, read_page(store, row)))


def page_input(row: Fetch, page: RawPage) -> PageInput:
    """Return what extraction needs of an archived page."""
    return PageInput(
        url=page.final_url,
        source_id=row.source_id,
        site=row.site,
        body=page.body,
        content_type=row.content_type,
        language=row.language,
        raw_ref=row.raw_ref,
        fetched_at=row.fetched_at,
    )


def _from_warehouse(identity: str, settings: Settings) -> Iterator[str]:
    from pipeline.warehouse import article as stored_article
    from pipeline.warehouse import open_warehouse

    stored = stored_article(open_warehouse(settings.warehouse_url, lock_timeout=settings.lock_timeout), identity)
    if stored is None:
        raise ConfigError(f"explain: the warehouse has no article {identity!r}; SELECT article_id FROM clean_articles lists them")
    yield from stored
    _ = SiteLine, Partition, open_store, read_records, shards_of
