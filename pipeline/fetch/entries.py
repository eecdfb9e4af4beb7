"""What feeds and sitemaps point to, whatever form they have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin

import lxml.html

from pipeline.errors import Reject
from pipeline.fetch.rows import MAX_URL

MOST_LISTED = 100_000  # entries of a feed; to a parser an empty one is a hundred times its bytes
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what lxml refuses


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a feed or sitemap points to. `modified` is only good for leaving out what is old."""

    url: str
    title: str | None = None
    published_at: str | None = None
    language: str | None = None
    modified: str | None = None


Unread = Callable[[], Entry | None]  # an entry of a feed, to be read; None for one that does not say where its page is


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed points to, at least one page; `unread` says what of it could not be taken, None when all was."""

    entries: list[Entry]
    unread: str | None = None


def refuse_flood(listed: Iterable[object]) -> None:
    """Raise `Reject` `bad_feed` for so many entries that no honest feed has them."""
    if next(islice(listed, MOST_LISTED, None), None) is not None:
        raise Reject("bad_feed", f"more than {MOST_LISTED} entries")


def absolute(base: str, link: str) -> str:
    """Return where a link leads; the link as it is where it cannot be joined to its base, or that alone makes it too long.

    Thousands of links may have one base, of megabytes.
    """
    try:
        joined = urljoin(base, link)
    except ValueError:
        return link
    return joined if len(joined) <= MAX_URL + len(link) else link


def plain_title(value: object) -> str | None:
    """Return a title as plain text on one line; feeds may have markup in it."""
    if not isinstance(value, str):
        return None
    if "<" in value and "</" in value:
        value = lxml.html.fragment_fromstring(NOT_XML.sub("", value), create_parent="div").text_content()
    return " ".join(str(value).replace("\0", "").split()) or None
