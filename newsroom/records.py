"""What the newsroom is made of: outlets, stories, pages, and the gold answer of a page."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

PieceKind = Literal["paragraph", "subhead", "list_item", "pull_quote"]
FurnitureKind = Literal[
    "share", "ad", "newsletter", "read_more", "photo", "related", "cookie", "comments", "subscribe", "tags", "credit", "standfirst"
]
PageForm = Literal["story", "copy", "note", "stitched", "teaser", "consent", "bot_wall", "section", "none"]
Serve = Literal["page", "not_found", "failing", "flaky", "loop", "huge", "endless", "broken_gzip", "empty", "deep", "wrong_charset"]

DEFAULT_PORT = 8799


def rng_of(*key: object) -> random.Random:
    """Return the random generator that belongs to a key: the same for ever, on every machine."""
    return random.Random("/".join(map(str, key)))  # noqa: S311 - seeding with text goes through sha512, not hash()


def digest(*key: object) -> str:
    """Return 16 hex digits that stand for a key."""
    return hashlib.sha256("/".join(map(str, key)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publisher. `path` is a format string over day, number, section and slug; `furniture` is what clutters its pages."""

    host: str
    name: str
    tagline: str
    theme: str
    language: str
    town: str
    path: str
    charset: str = "utf-8"
    header_charset: str | None = "utf-8"  # what Content-Type claims; None claims nothing
    locale: str = ""
    spelling: Literal["uk", "us"] = "uk"
    quotes: Literal["curly", "single", "straight", "guillemets", "low"] = "curly"
    feed: Literal["rss", "atom", ""] = "rss"
    sitemap: Literal["news", "index", "index_gz", ""] = "news"
    furniture: tuple[FurnitureKind, ...] = ()
    date_precision: Literal["time", "day"] = "time"
    utc_offset: int = 0  # hours
    colour: str = "#1d4e89"
    forbidden: str = ""  # the folder that robots.txt closes
    crawl_delay: float | None = None
    trackers: bool = False  # feed links carry utm_ parameters
    is_agency: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of body text; its sentences are kept apart so that a desk can cut or splice them."""

    kind: PieceKind
    sentences: tuple[str, ...]
    dateline: str = ""

    @property
    def text(self) -> str:
        return self.dateline + " ".join(self.sentences)


@dataclass(frozen=True, slots=True)
class StoryRef:
    """A story's whole identity: its text follows from it. Stories with the same `event` report the same happening."""

    seed: int
    day: date
    number: int
    language: str
    topic: str
    event: str = ""

    @property
    def story_id(self) -> str:
        return f"{self.day:%Y%m%d}-{self.number:04d}-{digest(self.seed, self.day, self.number)[:6]}"


@dataclass(frozen=True, slots=True)
class Story:
    """What a reporter filed: the text before any desk has touched it."""

    ref: StoryRef
    reporters: tuple[str, ...]
    dateline: str
    pieces: tuple[Piece, ...]
    fixed: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One address of one outlet. `listed_path` is what feeds name: it differs from `path` when redirects lie between."""

    outlet: Outlet
    path: str
    form: PageForm
    number: int
    published: datetime
    ref: StoryRef
    title: str
    sources: tuple[StoryRef, ...] = ()
    serve: Serve = "page"
    expected: str = "article"
    listed_path: str = ""
    hidden: bool = False  # in no feed and no sitemap: reached by the URL list only


@dataclass(frozen=True, slots=True)
class Item:
    """What a page shows between its headline and its footer, in reading order; only pieces of the story are kept."""

    kind: PieceKind | FurnitureKind
    lines: tuple[str, ...]

    @property
    def keep(self) -> bool:
        return self.kind in ("paragraph", "subhead", "list_item", "pull_quote")


@dataclass(frozen=True, slots=True)
class Edition:
    """All pages of all outlets for one day, by host and path; `redirects` leads from path to path on the same host."""

    day: date
    pages: Mapping[str, Mapping[str, Page]]
    redirects: Mapping[tuple[str, str], str]
    listed: Mapping[str, tuple[Page, ...]]  # by host, newest first: what a front page or a sidebar can name

    def all_pages(self) -> Iterator[Page]:
        """Yield the pages in the order of their hosts and paths."""
        for host in sorted(self.pages):
            for path in sorted(self.pages[host]):
                yield self.pages[host][path]


@dataclass(frozen=True, slots=True)
class Copy:
    """What one page says: everything a theme lays out, and everything that gold is derived from."""

    title: str
    standfirst: str
    authors: tuple[str, ...]
    agency: str  # signs as well, or alone; an agency is no author
    section: str
    items: tuple[Item, ...]
    sources: tuple[tuple[str, int, int], ...] = ()

    @property
    def text(self) -> str:
        return "\n\n".join(item.lines[0] for item in self.items if item.keep)

    @property
    def dropped(self) -> tuple[str, ...]:
        return tuple(line for item in self.items if not item.keep for line in item.lines)


@dataclass(frozen=True, slots=True)
class Gold:
    """The right answer for one listed page.

    `text` is the body: paragraphs, subheads, list items and pull quotes joined by one blank line. `published_at` is ISO 8601,
    as precise as the page is. `authors` are people: an agency in the byline is none. `original_url` is the page this one was
    copied from, None for an original. `sources` are (url, start, end) with offsets in `text`. `expected` is `article` or the
    code that says why there is none. `listed_url` is where feeds point when redirects lie before `url`.
    """

    url: str
    site: str
    kind: str
    title: str
    text: str
    dropped: tuple[str, ...]
    published_at: str | None
    authors: tuple[str, ...]
    language: str
    story_id: str | None
    original_url: str | None
    sources: tuple[tuple[str, int, int], ...]
    expected: str
    listed_url: str
