"""Small nights for the tests of the warehouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.records import Article, Block, Fetch, Rejected, Reuse, SiteLine, StageReport, StoryMember
from pipeline.urls import article_id
from pipeline.warehouse import Night, Warehouse
from pipeline.warehouse.tables import metadata

DAY = date(2026, 3, 1)
# The only columns that tell when a load took place.
CLOCK = {"runs": {"first_loaded_at", "loaded_at"}, "schema_migrations": {"applied_at"}}


def fetched(day: int) -> datetime:
    """A time in the night `day` days after the first."""
    return datetime(2026, 3, 1, 2, 30, tzinfo=UTC) + timedelta(days=day)


def article(name: str, text: str = "The council met.\n\nIt voted.", day: int = 0, **changes: Any) -> Article:
    """An article `site/name`; its text is cut into paragraphs, with an advertisement label dropped after the first."""
    site = changes.pop("site", "herald.example")
    url = changes.pop("url", f"https://{site}/{name}")
    first, *rest = text.split("\n\n")
    blocks = (Block(0, "paragraph", first), Block(1, "paragraph", "Advertisement", "line.advertisement"))
    values: dict[str, Any] = {
        "article_id": article_id(url, text),
        "source_id": site.split(".")[0],
        "site": site,
        "url": url,
        "canonical_url": url,
        "title": f"About {name}",
        "authors": ("Ada Reporter", "Bo Writer"),
        "published_at": f"{DAY + timedelta(days=day)}T06:00:00+02:00",
        "published_basis": "jsonld",
        "modified_at": None,
        "language": "en",
        "page_kind": "article",
        "kind_reason": None,
        "section": None,
        "image": None,
        "paywalled": False,
        "wire_credit": None,
        "source_link": None,
        "blocks": blocks + tuple(Block(i, "paragraph", t) for i, t in enumerate(rest, 2)),
        "extractor": "copydesk test",
        "raw_ref": f"day{day}.warc.gz#1+2",
        "fetched_at": fetched(day),
    }
    return Article(**values | changes)


def fetch(of: Article | str, outcome: str = "fetched", day: int = 0, **changes: Any) -> Fetch:
    """The fetch of an article's page, or of a URL."""
    url = of if isinstance(of, str) else str(of.url)
    values: dict[str, Any] = {"source_id": "herald", "site": "herald.example", "via": "feed", "fetched_at": fetched(day)}
    if outcome == "fetched":
        values |= {"etag": f"e{day}", "digest": f"d{day}", "warc_filename": f"day{day}.warc.gz", "warc_offset": 1, "warc_length": 2}
    return Fetch(url, url, outcome=outcome, **values | changes)


def story(lead: Article, *copies: Article, **changes: Any) -> list[StoryMember]:
    """The members of a story; an article alone is unique."""
    alone = not copies
    values = {"story_id": lead.article_id, "canonical_article_id": lead.article_id, "canonical_reason": "earliest"} | changes
    first = StoryMember(article_id=lead.article_id, relation="unique" if alone else "canonical", score=None, **values)
    rest = (
        StoryMember(
            article_id=c.article_id, relation="copy", score=0.95, matched_article_id=lead.article_id, proof='{"run": 40}', **values
        )
        for c in copies
    )
    return [first, *rest]


def night(day: int = 0, articles: Iterable[Article] = (), members: Iterable[StoryMember] | None = None, **parts: Any) -> Night:
    """The night `day` days after the first: fetches and reports follow from the articles where they are not given."""
    articles = list(articles)
    run_date = str(DAY + timedelta(days=day))
    fetches = parts.pop("fetches", [fetch(a, day=day) for a in articles if a.url])
    outcomes = Counter(f.outcome for f in fetches)
    values: dict[str, Any] = {
        "run_id": f"nightly {run_date}",
        "run_date": run_date,
        "code_version": "1",
        "config_hash": "c",
        "fetches": fetches,
        "articles": articles,
        "members": [m for a in articles for m in story(a)] if members is None else members,
        "reports": [StageReport("fetch", run_date, "000", outcomes.total(), outcomes)],
    }
    return Night(**values | parts)


def full_night(day: int = 0, size: int = 12) -> Night:
    """A night with something in every table."""
    articles = [
        article(f"a{i}", f"Text {i} of the story.\n\nSecond paragraph {i}.", day, site=f"s{i % 4}.example") for i in range(size)
    ]
    members = [m for i in range(0, size, 2) for m in story(articles[i], articles[i + 1])]
    bad = "https://s1.example/broken"
    return night(
        day,
        articles,
        members,
        fetches=[*(fetch(a, day=day) for a in articles), fetch(bad, "timeout", day)],
        reuse=[Reuse(articles[1].article_id, articles[0].article_id, 0, 6, 2)],
        rejected=[Rejected(bad, "s1", "s1.example", "fetch", "timeout", "no answer", True)],
        site_lines=[SiteLine("s1.example", "hash", "Follow us", 3.0, str(DAY), str(DAY + timedelta(days=day)))],
    )


def contents(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, without the times at which loads took place."""
    with warehouse.reading() as connection:
        return {
            table.name: [
                {k: v for k, v in row.items() if k not in CLOCK.get(table.name, ())}
                for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in metadata.sorted_tables
        }


def everything(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, times and all."""
    with warehouse.reading() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()]
            for table in metadata.sorted_tables
        }
