"""The newsroom: any day's pages, what they look like on the wire, and the right answer for each."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from newsroom.compose import compose
from newsroom.edition import plan
from newsroom.grammar import Writer, lexicon
from newsroom.outlets import DOMAIN, choose
from newsroom.records import DEFAULT_PORT, Copy, Edition, Gold, Outlet, Page, StoryRef, rng_of
from newsroom.themes import THEMES, Link, View, plain

DAY_IN_PATH = re.compile(r"(20\d\d)([-/]?)(\d\d)\2(\d\d)")
TRACKER = re.compile(r"utm_\w+")
BODY_TAG = re.compile(r"<body[^>]*>", re.IGNORECASE)
BODY_END = re.compile(r"</body>", re.IGNORECASE)
DEEP = 3000  # div elements around a real article: browsers cope, parsers with a depth limit do not
SIDEBAR_LINKS = 24
STORY_FORMS = ("story", "copy", "note", "stitched", "teaser")
UNFILLED_LABELS = ("byline", "date")  # filled with each page's own
PAGE_LABELS = ("nav", "footer", "rights", "published", "search", "related", "sections")
WALL_LABELS = ("teaser_wall", "consent", "consent_text", "bot_wall", "not_found")
KEPT_EDITIONS = 40  # days


class Newsroom:
    """A sample news web. Everything follows from the seed and the sizes; nothing is computed before it is asked for."""

    def __init__(self, *, seed: int, stories: int, outlets: int, day: date, domain: str = DOMAIN) -> None:
        self.seed = seed
        self.stories = stories
        self.day = day
        self.domain = domain
        self.outlets = choose(outlets, domain)
        self.by_host = {outlet.host: outlet for outlet in self.outlets}
        self.agency = self.outlets[0]
        self.edition = lru_cache(maxsize=KEPT_EDITIONS)(self._plan)

    def _plan(self, day: date) -> Edition:
        return plan(self.seed, self.stories, self.outlets, day)

    def home(self, outlet: Outlet, port: int) -> str:
        """Return an outlet's address without a slash at the end."""
        return f"http://{outlet.host}:{port}"

    def find(self, host: str, target: str) -> Page | str | None:
        """Return the page at a path (with query) of a host, the path it redirects to, or None."""
        match = DAY_IN_PATH.search(target)
        if host not in self.by_host or not match:
            return None
        try:
            day = date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            return None
        edition = self.edition(day)
        path = without_trackers(target)
        return edition.redirects.get((host, path)) or edition.pages.get(host, {}).get(path)

    def gold(self, port: int = DEFAULT_PORT, day: date | None = None) -> Iterator[Gold]:
        """Yield the right answer for every listed page of a day, in the order of hosts and paths."""
        for page in self.edition(day or self.day).all_pages():
            yield self.gold_of(page, port)

    def gold_of(self, page: Page, port: int) -> Gold:
        """Return the right answer for one page."""
        home = self.home(page.outlet, port)
        is_article = page.expected == "article"
        copy = self.copy_of(page, port) if page.form in STORY_FORMS else None
        published = page.published.date() if page.outlet.date_precision == "day" else page.published
        return Gold(
            url=home + page.path,
            site=page.outlet.host,
            kind=_kind_of(page),
            title=page.title if copy else "",
            text=copy.text if copy and is_article else "",
            dropped=copy.dropped if copy and is_article else (),
            published_at=published.isoformat() if copy else None,
            authors=copy.authors if copy else (),
            language=page.outlet.language,
            story_id=page.ref.story_id if copy else None,
            original_url=self.wire_url(page.ref, port) if page.form == "copy" else None,
            sources=copy.sources if copy else (),
            expected=page.expected,
            listed_url=home + page.listed_path,
        )

    def wire_url(self, ref: StoryRef, port: int) -> str:
        """Return the address of a wire story on the agency's own site."""
        pages = self.edition(ref.day).pages[self.agency.host]
        return self.home(self.agency, port) + next(path for path, page in pages.items() if page.ref == ref)

    def copy_of(self, page: Page, port: int) -> Copy:
        """Return what a story's page says."""
        headlines = [other.title for other in self._others(page)]
        return compose(page, self.agency, headlines, [self.wire_url(ref, port) for ref in page.sources])

    def render(self, page: Page, port: int) -> bytes:
        """Return a page's HTML in the charset of its outlet."""
        html = self._html(page, port)
        if page.serve == "deep":
            html = BODY_TAG.sub(lambda tag: tag[0] + "<div>" * DEEP, html, count=1)
            html = BODY_END.sub("</div>" * DEEP + "</body>", html)
        return html.encode(page.outlet.charset, "xmlcharrefreplace")

    def _html(self, page: Page, port: int) -> str:
        if page.form in STORY_FORMS:
            view = self.view(page.outlet, port, self.copy_of(page, port), page)
            return THEMES[page.outlet.theme](view)
        view = self.view(page.outlet, port, Copy(page.title, "", (), "", "", ()), page)
        if page.form == "consent":
            return plain.consent(view)
        if page.form == "bot_wall":
            return plain.bot_wall(view)
        if page.form == "section":
            return plain.section(view, view.labels["sections"][0])
        return plain.not_found(view)

    def front_page(self, outlet: Outlet, port: int, section: int | None = None) -> bytes:
        """Return an outlet's front page, or one of its sections."""
        page = self.edition(self.day).listed[outlet.host][0]
        view = self.view(outlet, port, Copy("", "", (), "", "", ()), page)
        names = view.labels["nav"]
        title = outlet.name if section is None else names[section % len(names)]
        return plain.section(view, title).encode(outlet.charset, "xmlcharrefreplace")

    def view(self, outlet: Outlet, port: int, copy: Copy, page: Page) -> View:
        """Return a page as a theme sees it."""
        home = self.home(outlet, port)
        labels, months = _shown_labels(self.seed, outlet)
        links = tuple(Link(other.title, home + other.path, other.published) for other in self._others(page))
        return View(outlet, copy, home + page.path, home, page.published, labels, months, links, free=page.form != "teaser")

    def _others(self, page: Page) -> list[Page]:
        """Return some of the other pages of the outlet on the page's day: always the same for a page."""
        pages = self.edition(day_of(page)).listed[page.outlet.host]
        start = zlib.crc32(page.path.encode()) % len(pages)
        others = [other for other in (pages[start:] + pages[:start])[: SIDEBAR_LINKS + 1] if other.path != page.path]
        return others[:SIDEBAR_LINKS] or list(pages)


@cache
def _shown_labels(seed: int, outlet: Outlet) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the labels that an outlet's pages show, their slots filled, and the names of the months."""
    words = lexicon(outlet.language, "")
    fixed = {"outlet": outlet.name, "section": words.labels["sections"][0]}
    writer = Writer(words, rng_of(seed, outlet.host, "labels"), fixed)
    labels = {name: words.labels[name] for name in UNFILLED_LABELS}
    labels |= {name: tuple(map(writer.expand, words.labels[name])) for name in PAGE_LABELS + WALL_LABELS}
    return labels, tuple(entry[-1] for entry in words.banks["months"])


def day_of(page: Page) -> date:
    """Return the day whose edition a page belongs to."""
    return page.published.date()


def without_trackers(target: str) -> str:
    """Return an address without the parameters that say where a reader came from."""
    parts = urlsplit(target)
    if not parts.query or "utm_" not in parts.query:
        return target
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query) if not TRACKER.fullmatch(k)])
    return parts._replace(query=query).geturl()


def _kind_of(page: Page) -> str:
    if page.expected in ("article", "paywall", "consent", "index", "blocked"):
        return page.expected
    return "article" if page.expected == "robots" else "error"


def build(*, seed: int = 1, stories: int = 40, outlets: int = 8, day: date, domain: str = DOMAIN) -> Newsroom:
    """Return the newsroom of a day; its hosts are names under `domain`."""
    if stories < 1:
        raise ValueError(f"stories: the newsroom needs at least 1, got {stories}")
    return Newsroom(seed=seed, stories=stories, outlets=outlets, day=day, domain=domain)
