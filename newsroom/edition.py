"""The plan of a day: which outlet runs which story under which address, and which pages go wrong and how."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

from newsroom.desk import house_style
from newsroom.grammar import lexicon, topics
from newsroom.records import Edition, Outlet, Page, PageForm, Serve, StoryRef, digest, rng_of
from newsroom.stories import headline

# Shares of a day's stories.
WIRE, NOTES, PAIRS = 0.3, 0.1, 0.05
RUN_BY = (2, 4)  # outlets that run a wire story
LATE_COPIES = 2  # stories of the day before that an outlet runs today
STITCHED_FROM = 5
TEASERS = 3
# Page numbers of what is not one of the day's own stories.
LATE, STITCHED, BAD = 70_000, 80_000, 90_000
FIRST_HOUR, LAST_HOUR, LATEST_COPY_MINUTES = 4, 17, 320
REDIRECT_HOPS = 3
TRANSLITERATED = str.maketrans({"ł": "l", "ß": "ss", "ø": "o", "’": "", "‘": ""})
NOT_SLUG = re.compile(r"[^a-z0-9]+")
SLUG_CHARS = 60

# What each kind of bad page must be rejected with, whoever serves it.
BAD_PAGES: tuple[tuple[PageForm, Serve, str], ...] = (
    ("section", "page", "index"),
    ("none", "huge", "too_large"),
    ("none", "not_found", "http_404"),
    ("none", "broken_gzip", "bad_encoding"),
    ("consent", "page", "consent"),
    ("none", "endless", "timeout"),
    ("none", "failing", "http_500"),
    ("none", "empty", "empty"),
    ("none", "loop", "redirect_loop"),
    ("bot_wall", "page", "blocked"),
)


def plan(seed: int, stories: int, outlets: Sequence[Outlet], day: date) -> Edition:
    """Lay out a day: the wire and who runs it, each outlet's own stories, notes, pairs, late copies, and bad pages."""
    agency = outlets[0]
    papers = outlets[1:]
    wire, notes, pairs, local = _divide(stories, len(papers))
    english = [o for o in papers if o.language == "en"]
    pages = list(_wire_pages(seed, day, wire, agency, english))
    pages += _note_pages(seed, day, notes, papers)
    pages += _pair_pages(seed, day, pairs, english)
    pages += _local_pages(seed, day, local, papers)
    pages += _late_copies(seed, day, wire, english)
    pages.append(_stitched_page(seed, day, wire, english))
    pages, redirects = _spoil(pages, papers)
    pages += _bad_pages(seed, day, papers)
    redirects |= {
        (p.outlet.host, a): b for p in pages if p.serve == "loop" for a, b in ((p.path, p.path + "-b"), (p.path + "-b", p.path))
    }
    table = _by_address(pages)
    return Edition(day, table, redirects, {host: _listed(at.values()) for host, at in table.items()})


def _divide(stories: int, papers: int) -> tuple[range, range, range, range]:
    """Return the numbers of the wire stories, notes, stories of pairs, and local stories: each paper has one at least."""
    wire = max(STITCHED_FROM, round(stories * WIRE))
    notes = wire + max(2, round(stories * NOTES))
    pairs = notes + 2 * max(1, round(stories * PAIRS))
    return range(wire), range(wire, notes), range(notes, pairs), range(pairs, max(stories, pairs + papers))


def story_ref(seed: int, day: date, number: int, language: str, *, topic: str = "", event: str = "") -> StoryRef:
    """Return the reference of a day's story; its topic follows from its event or its number."""
    rng = rng_of(seed, day, event or number, "topic")
    return StoryRef(seed, day, number, language, topic or rng.choice(topics(language)), event)


def _wire_pages(seed: int, day: date, numbers: range, agency: Outlet, papers: Sequence[Outlet]) -> Iterator[Page]:
    for number in numbers:
        rng = rng_of(seed, day, number, "wire")
        ref = story_ref(seed, day, number, "en")
        filed = _time(day, rng, agency)
        yield page_of(agency, "story", ref, number, filed)
        for outlet in _takers(seed, day, number, papers):
            yield page_of(outlet, "copy", ref, number, _later(filed, rng, outlet))


def _takers(seed: int, day: date, number: int, papers: Sequence[Outlet]) -> list[Outlet]:
    """Return the outlets that run a wire story on the day it was filed."""
    rng = rng_of(seed, day, number, "takers")
    return rng.sample(list(papers), min(len(papers), rng.randint(*RUN_BY)))


def _late_copies(seed: int, day: date, wire: range, papers: Sequence[Outlet]) -> Iterator[Page]:
    before = day - timedelta(days=1)
    rng = rng_of(seed, day, "late")
    for number in sorted(rng.sample(wire, min(LATE_COPIES, len(wire)))):
        yesterday = _takers(seed, before, number, papers)
        for outlet in [o for o in papers if o not in yesterday][:1]:
            yield page_of(outlet, "copy", story_ref(seed, before, number, "en"), LATE + number, _time(day, rng, outlet), day=day)


def _note_pages(seed: int, day: date, numbers: range, papers: Sequence[Outlet]) -> Iterator[Page]:
    forms = [(o, topic) for topic in ("weather", "markets") for o in papers if topic in lexicon(o.language, "").patterns]
    for number in numbers:
        outlet, topic = forms[number % len(forms)]
        rng = rng_of(seed, day, number, "note")
        yield page_of(outlet, "note", story_ref(seed, day, number, outlet.language, topic=topic), number, _time(day, rng, outlet))


def _pair_pages(seed: int, day: date, numbers: range, papers: Sequence[Outlet]) -> Iterator[Page]:
    for number in numbers:
        couple = (number - numbers.start) // 2
        outlet = papers[(couple * 2 + (number - numbers.start) % 2) % len(papers)]
        rng = rng_of(seed, day, number, "pair")
        ref = story_ref(seed, day, number, "en", event=f"event-{numbers.start + couple * 2}")
        yield page_of(outlet, "story", ref, number, _time(day, rng, outlet))


def _local_pages(seed: int, day: date, numbers: range, papers: Sequence[Outlet]) -> Iterator[Page]:
    turns = [*papers, *(o for o in papers if o.language != "en")]  # those without wire copy write more of their own
    for number in numbers:
        outlet = turns[(number - numbers.start) % len(turns)]
        rng = rng_of(seed, day, number, "local")
        yield page_of(outlet, "story", story_ref(seed, day, number, outlet.language), number, _time(day, rng, outlet))


def _stitched_page(seed: int, day: date, wire: range, papers: Sequence[Outlet]) -> Page:
    rng = rng_of(seed, day, "stitched")
    numbers = sorted(rng.sample(wire, STITCHED_FROM))
    sources = tuple(story_ref(seed, day, number, "en") for number in numbers)
    outlet = papers[1 % len(papers)]
    ref = story_ref(seed, day, STITCHED, "en", topic=sources[0].topic)
    published = datetime(day.year, day.month, day.day, 23, rng.randint(0, 50), tzinfo=_zone(outlet))
    title = house_style(outlet, headline(sources[0], f"{outlet.host} stitched"))
    return replace(page_of(outlet, "stitched", ref, STITCHED, published, title=title), sources=sources)


def _spoil(pages: list[Page], papers: Sequence[Outlet]) -> tuple[list[Page], dict[tuple[str, str], str]]:
    """Return the pages with some local ones hard to get: flaky, deep, wrongly labelled, behind redirects, forbidden."""
    redirects: dict[tuple[str, str], str] = {}
    spoiled: list[Page] = []
    todo = _spoilers(papers)
    for page in pages:
        wanted = todo.get(page.outlet.host, []) if page.form == "story" else []
        spoiled.append(_spoil_page(page, wanted.pop(0), redirects) if wanted else page)
    return spoiled, redirects


def _spoilers(papers: Sequence[Outlet]) -> dict[str, list[str]]:
    """Return what to do to the first stories of each host."""
    todo: dict[str, list[str]] = {o.host: [] for o in papers}
    for index, spoiler in enumerate(("redirect", "flaky", "deep", "redirect")):
        todo[papers[index % len(papers)].host].append(spoiler)
    for outlet in papers:
        if outlet.forbidden:
            todo[outlet.host] += ["", "forbidden"]  # never the first: a paper has a page to show
        if outlet.charset not in ("utf-8", "windows-1252"):
            todo[outlet.host].append("wrong_charset")
    todo[papers[0].host].append("wrong_charset")
    return todo


def _spoil_page(page: Page, spoiler: str, redirects: dict[tuple[str, str], str]) -> Page:
    if spoiler == "redirect":
        key = digest(page.ref.story_id, page.outlet.host)[:8]
        hops = [f"/go/{page.published:%Y%m%d}/{key}/{hop}" for hop in range(REDIRECT_HOPS)] + [page.path]
        redirects.update({(page.outlet.host, a): b for a, b in pairwise(hops)})
        return replace(page, listed_path=hops[0])
    if spoiler == "forbidden":
        path = page.outlet.forbidden.rstrip("/") + page.path
        return replace(page, path=path, listed_path=path, expected="robots")
    serve: dict[str, Serve] = {"": "page", "flaky": "flaky", "deep": "deep", "wrong_charset": "wrong_charset"}
    return replace(page, serve=serve[spoiler])


def _bad_pages(seed: int, day: date, papers: Sequence[Outlet]) -> Iterator[Page]:
    rng = rng_of(seed, day, "bad")
    walled = next((o for o in papers if o.theme == "paywall"), papers[-1])
    for number in range(BAD, BAD + TEASERS):
        page = page_of(walled, "teaser", story_ref(seed, day, number, walled.language), number, _time(day, rng, walled))
        yield replace(page, expected="paywall")
    for index, (form, serve, expected) in enumerate(BAD_PAGES):
        outlet = papers[index % len(papers)]
        number = BAD + TEASERS + index
        ref = story_ref(seed, day, number, outlet.language)
        page = page_of(outlet, form, ref, number, _time(day, rng, outlet))
        yield replace(page, serve=serve, expected=expected, hidden=index % 3 == 2)


def page_of(
    outlet: Outlet, form: PageForm, ref: StoryRef, number: int, published: datetime, *, day: date | None = None, title: str = ""
) -> Page:
    """Return a page under the address that the outlet's own scheme gives it."""
    day = day or ref.day
    sections = lexicon(outlet.language, "").labels["sections"]
    section = slugify(sections[sum(map(ord, ref.topic)) % len(sections)]) or "n"
    title = title or house_style(outlet, headline(ref, outlet.host))
    path = outlet.path.format(
        y=f"{day.year:04d}",
        m=f"{day.month:02d}",
        d=f"{day.day:02d}",
        n=f"{number:05d}",
        section=section,
        slug=slugify(title),
    )
    if form == "section":
        path = f"/section/{day:%Y-%m-%d}/{number}/"
    return Page(outlet, path, form, number, published, ref, title, listed_path=path)


def slugify(text: str) -> str:
    """Return the text as it stands in an address: plain letters and hyphens."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(TRANSLITERATED)).encode("ascii", "ignore").decode()
    return NOT_SLUG.sub("-", plain).strip("-")[:SLUG_CHARS].strip("-")


def _zone(outlet: Outlet) -> timezone:
    return timezone(timedelta(hours=outlet.utc_offset))


def _time(day: date, rng: random.Random, outlet: Outlet) -> datetime:
    return datetime(
        day.year,
        day.month,
        day.day,
        rng.randint(FIRST_HOUR, LAST_HOUR),
        rng.randint(0, 59),
        rng.randint(0, 59),
        tzinfo=_zone(outlet),
    )


def _later(filed: datetime, rng: random.Random, outlet: Outlet) -> datetime:
    """Return a time after the wire was filed, on the same day in the outlet's own zone."""
    later = (filed + timedelta(minutes=rng.randint(8, LATEST_COPY_MINUTES))).astimezone(_zone(outlet))
    return later if later.date() == filed.date() else later.replace(year=filed.year, month=filed.month, day=filed.day, hour=23)


def _listed(pages: Iterable[Page]) -> tuple[Page, ...]:
    shown = [page for page in pages if page.form in ("story", "copy", "note", "stitched", "teaser") and page.expected != "robots"]
    return tuple(sorted(shown, key=lambda page: (page.published, page.number), reverse=True))


def _by_address(pages: Iterable[Page]) -> dict[str, dict[str, Page]]:
    table: dict[str, dict[str, Page]] = {}
    for page in pages:
        at = table.setdefault(page.outlet.host, {})
        assert page.path not in at, f"two pages at {page.outlet.host}{page.path}"
        at[page.path] = page
    return table
