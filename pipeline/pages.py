"""From an archived record to what extraction takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pipeline.extract.page import PageInput
from pipeline.fetch.archive import RawPage
from pipeline.fetch.local import parse_record
from pipeline.fetch.rows import record_url, stated_date
from pipeline.records import Fetch
from pipeline.urls import WEB

RECORD_TYPE = "application/json"


def page_input(row: Fetch, page: RawPage) -> PageInput:
    """Return the input of extraction for an archived page; raises `Reject` for a JSON Lines record that is none."""
    web = row.final_url.startswith(WEB)
    plain = PageInput(
        url=row.final_url if web else None,
        source_id=row.source_id,
        site=row.site,
        body=page.body,
        content_type=row.content_type,
        language=row.language,
        published_at=row.published_at,
        raw_ref=row.raw_ref,
        fetched_at=row.fetched_at,
    )
    return _from_record(plain, page.body) if row.content_type == RECORD_TYPE else plain


def _from_record(page: PageInput, body: bytes) -> PageInput:
    record = parse_record(body)
    kind: Literal["html", "text"] = "html" if isinstance(record.get("html"), str) else "text"
    title = record.get("title")
    url = record_url(record.get("url")) or page.url
    published = stated_date(record.get("published_at"), page.language)
    body = record[kind]
    return replace(page, url=url, body=body, kind=kind, title=title if isinstance(title, str) else None, published_at=published)
