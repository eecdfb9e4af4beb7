"""JSON Feed (jsonfeed.org), read without a parser of feeds: of those one odd value costs the whole feed."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from pipeline.errors import Reject
from pipeline.extract.dates import parse_date
from pipeline.fetch.entries import Entry, Unread, absolute, plain_title, refuse_flood
from pipeline.fetch.rows import MAX_DATE, language_tag
from pipeline.urls import WEB


def json_entries(body: bytes, url: str) -> list[Unread]:
    """Return the items of a JSON Feed, to be read; raises `Reject` `bad_feed` for other JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Reject("bad_feed", f"JSON that cannot be read: {error}"[:300]) from error
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise Reject("bad_feed", "JSON, but no JSON Feed: it is no object with a list of items")
    refuse_flood(items)
    return [partial(_entry, item, url, language_tag(value.get("language"))) for item in items if isinstance(item, dict)]


def _entry(item: dict[str, Any], base: str, language: str | None) -> Entry | None:
    """Return what an item says of its page: its own, else the one that it relates to, else the address that is its id."""
    identity = item.get("id")
    is_address = isinstance(identity, str) and identity.startswith(WEB)
    given = (item.get("url"), item.get("external_url"), identity if is_address else None)
    link = next((text.strip() for text in given if isinstance(text, str) and text.strip()), None)
    if link is None:
        return None
    own = language_tag(item.get("language"))
    published = parse_date(_said(item, "date_published"), own or language)
    return Entry(
        absolute(base, link),
        title=plain_title(item.get("title")),
        published_at=published.iso() if published else None,
        language=own,
        modified=_said(item, "date_modified") or None,
    )


def _said(item: dict[str, Any], name: str) -> str:
    """Return a time as an item states it; some write the seconds since 1970, as a number."""
    value = item.get(name)
    return str(value)[:MAX_DATE] if isinstance(value, str | int) else ""
