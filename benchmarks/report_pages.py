"""How long the report pages take over a large warehouse: every route, on SQLite and PostgreSQL.

    python -m benchmarks.report_pages [--articles 100000] [--postgres postgresql://…] [--keep FOLDER]

Fills a warehouse: one night goes through the load (400 sites, 8 dropped blocks an article, a third copies, some stitched, some
with versions, rejects, site lines), then SQL copies it under other keys to 50 nights, the load's own figures are counted and the
full-text index is made. Serves the pages in a process of their own and asks for each route again and again with other keys. Prints
the median and the 95th percentile, over the requests of a route, of the CPU-milliseconds that the serving process and the database
server spend on a page (from /proc: the same on a busy machine, so the server must run here), and of the milliseconds that a reader
waits.

`--words` is the length of an article. `--keep` names a folder that the SQLite file stays in; a database that is full already is
not filled again.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from benchmarks.ports import free_port
from pipeline.records import Article, Block, Fetch, Rejected, Reuse, SiteLine, StageReport, StoryMember
from pipeline.urls import article_id
from pipeline.warehouse import Night, Warehouse, load, open_warehouse, set_search, upgrade
from pipeline.warehouse.checks import record_checks
from pipeline.warehouse.figures import count_runs
from pipeline.warehouse.tables import UtcDateTime, metadata

SEED = 20260301
NIGHTS, SITES, WORDS = 50, 400, 60
RULES = ("advertisement", "share", "related-link", "newsletter", "not-content", "caption", "byline", "site-line")
BASE = "nightly-base"
KEYS = frozenset(
    {"article_id", "story_id", "canonical_article_id", "matched_article_id", "source_article_id", "url_id", "line_hash"}
)
FIRST = date(2026, 1, 20)
NIGHT = datetime(2026, 1, 20, 2, tzinfo=UTC)
COPIES = 100  # of the base night
ASKED, WARM = 60, 8  # requests of each route: those that count, and those before them


def vocabulary() -> list[str]:
    """Return 30,000 words, the most frequent first."""
    rng = random.Random(SEED)
    return ["".join(rng.choices("etaoinshrdlucmfwypvbgkjqxzéü", k=rng.randint(3, 11))) for _ in range(30_000)]


def paragraphs() -> list[str]:
    """Return 5,000 paragraphs whose words are as frequent as Zipf has it."""
    rng, words = random.Random(SEED), vocabulary()
    weights = [1 / (rank + 3) for rank in range(len(words))]
    return [" ".join(rng.choices(words, weights, k=WORDS)).capitalize() + "." for _ in range(5_000)]


def identity(number: int) -> tuple[str, str, str]:
    """Return site, URL and article_id."""
    site = f"outlet{number * 7 % SITES:03d}.example"
    url = f"https://{site}/2026/{number}"
    return site, url, article_id(url)


def article(number: int, paragraphs: int, pool: list[str], *, changed: bool = False) -> Article:
    """Return an article; one of three is a copy of the one before, and has its paragraphs."""
    site, url, key = identity(number)
    like = number - 1 if number % 3 == 1 else number
    body = [pool[(like * 7 + 31 * k * (like % 97 + 1)) % len(pool)] for k in range(paragraphs)]
    title = f"Headline {number}: {body[-1][:60]}"
    body[0] = f"{'Corrected report' if changed else 'Report'} {number}. {body[0]}"
    blocks = [Block(i, "paragraph", text) for i, text in enumerate(body)]
    blocks += (Block(paragraphs + i, "paragraph", f"{rule} line {number % 50}", rule) for i, rule in enumerate(RULES))
    moment = NIGHT + timedelta(seconds=number % 7000 + 3600 * changed)
    return Article(
        article_id=key,
        source_id=site.partition(".")[0],
        site=site,
        url=url,
        canonical_url=url,
        title=title,
        authors=("Ada Reporter",),
        published_at=moment.isoformat(),
        published_basis="jsonld",
        modified_at=None,
        language="en",
        page_kind="article",
        kind_reason=None,
        section="news",
        image=None,
        paywalled=False,
        wire_credit=None,
        source_link=None,
        blocks=tuple(blocks),
        extractor="bench",
        raw_ref=None,
        fetched_at=moment,
    )


def night(count: int, paragraphs: int, pool: list[str]) -> Night:
    """Return the night that is copied; of a fiftieth of its articles a later page has another text."""
    run_date = str(FIRST)
    bad = [f"https://{identity(n)[0]}/broken/{n}" for n in range(0, count, 25)]

    def articles() -> Iterator[Article]:
        yield from (article(n, paragraphs, pool) for n in range(count))
        yield from (article(n, paragraphs, pool, changed=True) for n in range(0, count, 50))

    def fetches() -> Iterator[Fetch]:
        for n in range(count):
            site, url, _ = identity(n)
            at = NIGHT + timedelta(seconds=n % 7000)
            yield Fetch(url, url, site.partition(".")[0], site, "feed", "fetched", at, body_bytes=60_000)
        for url in bad:
            site = url.split("/")[2]
            yield Fetch(url, url, site.partition(".")[0], site, "feed", "http_500", NIGHT)

    def members() -> Iterator[StoryMember]:
        for n in range(count):
            key, lead = identity(n)[2], identity(n - n % 3)[2]
            if n % 3 == 2:
                yield StoryMember(key, key, key, "unique", None, "only document")
            else:
                copied = n % 3 == 1
                yield StoryMember(
                    key, lead, lead, "copy" if copied else "canonical", 0.97 if copied else None, "earliest publication"
                )

    stitched = (n for n in range(count) if n % 60 == 59)
    rejected = (Rejected(url, (site := url.split("/")[2])[:9], site, "fetch", "http_500", "no answer", True) for url in bad)
    outcomes = {
        "fetch": {"fetched": count, "http_500": len(bad)},
        "extract": {"article": count},
        "clean": {"kept": count},
        "dedup": {"unique": count - 2 * (count // 3), "canonical": count // 3, "copy": count // 3},
    }
    return Night(
        run_id=BASE,
        run_date=run_date,
        code_version="bench",
        config_hash="bench",
        articles=articles(),
        fetches=fetches(),
        members=members(),
        reuse=(Reuse(identity(n)[2], identity(n - 2 - k)[2], 40 * k, 40 * k + 30, 6) for n in stitched for k in range(3)),
        rejected=rejected,
        site_lines=(SiteLine(f"outlet{i:03d}.example", f"line {i} ..", f"Line {i}", 4.0, run_date, run_date) for i in range(20)),
        reports=[StageReport(stage, run_date, "all", sum(told.values()), told) for stage, told in outcomes.items()],
    )


def fill(warehouse: Warehouse, count: int, words: int) -> None:
    """Load one night, copy it to the others, count them, and make the index; does nothing for a warehouse that is full."""
    upgrade(warehouse)
    with warehouse.reading() as connection:
        if connection.execute(sa.text("SELECT COUNT(*) FROM runs")).scalar_one() > NIGHTS:
            return
    load(warehouse, night(count // COPIES, words // WORDS, paragraphs()))
    for number in range(COPIES):
        with warehouse.writing("benchmark") as connection:
            copy(connection, number)
        print(f"  {warehouse.dialect}: {number + 1} of {COPIES} copies", file=sys.stderr, flush=True)
    with warehouse.writing("benchmark") as connection:
        count_runs(connection, None)
    for number in range(NIGHTS):
        record_checks(warehouse, str(FIRST + timedelta(days=1 + number)), [])
    print(f"  {warehouse.dialect}: counted; making the full-text index", file=sys.stderr, flush=True)
    set_search(warehouse, on=True)
    with warehouse.engine.connect().execution_options(isolation_level="AUTOCOMMIT", copydesk_begin=None) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if warehouse.dialect == "postgresql" else "ANALYZE")


def copy(connection: Connection, number: int) -> None:
    """Copy the rows of the base night to another, under keys that end in the number of the copy."""
    day = FIRST + timedelta(days=1 + number % NIGHTS)
    run_id, moved = f"nightly-{day}", (day - FIRST).days
    for name in ("articles", "article_versions", "dropped_blocks", "stories", "story_members", "passages", "fetches", "rejects",
                 "site_lines", "stage_reports", *(("runs",) if number < NIGHTS else ())):  # fmt: skip
        table = metadata.tables[name]
        values = {column.name: _copied(column, number, run_id, day, moved) for column in table.columns}
        query = sa.select(*(value.label(key) for key, value in values.items())).where(_of_base(table))
        connection.execute(table.insert().from_select(list(values), query))


def _copied(column: sa.Column[Any], number: int, run_id: str, day: date, moved: int) -> sa.ColumnElement[Any]:
    name = column.name
    if name in KEYS:
        return sa.func.substr(column, 1, 24) + f"{number:08d}"
    if name in ("run_id", "first_run_id", "last_run_id"):
        return sa.literal(run_id)
    if name == "shard":
        return sa.literal(f"{number:02d}")
    if isinstance(column.type, sa.Date):
        return sa.case((column.is_not(None), sa.literal(day, sa.Date())))
    if isinstance(column.type, UtcDateTime):
        return Later(column, moved)
    return column


def _of_base(table: sa.Table) -> sa.ColumnElement[bool]:
    """Return which rows of a table are the base night's."""
    for name in ("run_id", "last_run_id"):
        if name in table.c:
            return table.c[name] == BASE
    if table.name == "dropped_blocks":
        articles = metadata.tables["articles"].c
        return table.c.article_id.in_(sa.select(articles.article_id).where(articles.last_run_id == BASE))
    return table.c.last_seen == FIRST


class Later(FunctionElement[Any]):
    """A time some days later, as each database adds."""

    inherit_cache = False

    def __init__(self, column: sa.Column[Any], days: int) -> None:
        super().__init__(column)
        self.days = days


@compiles(Later, "sqlite")
def _later_sqlite(element: Later, compiler: Any, **options: Any) -> str:
    column = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%dT%H:%M:%S+00:00', {column}, '+{element.days} days')"


@compiles(Later, "postgresql")
def _later_postgresql(element: Later, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} + INTERVAL '{element.days} days')"


def routes(count: int) -> dict[str, Callable[[random.Random], str]]:
    """Return, by route, what makes an address with some key."""
    words, pool = vocabulary(), paragraphs()
    last = count // COPIES

    def key(rng: random.Random, number: int | None = None) -> str:
        number = rng.randrange(last) if number is None else number
        return f"{identity(number)[2][:24]}{rng.randrange(COPIES):08d}"

    def some(rng: random.Random, step: int, rest: int) -> str:
        return key(rng, rng.randrange(last // step) * step + rest)

    def day(rng: random.Random) -> date:
        return FIRST + timedelta(days=1 + rng.randrange(NIGHTS))

    def phrase(rng: random.Random) -> str:
        start = rng.randrange(WORDS - 4)
        return " ".join(rng.choice(pool).rstrip(".").split()[start + 1 : start + 4])

    def search(query: str) -> str:
        return f"/search?{urlencode({'q': query})}"

    def middle(rng: random.Random) -> str:
        at = NIGHT + timedelta(days=1 + rng.randrange(NIGHTS), seconds=rng.randrange(7000))
        return f"/search?{urlencode({'at': at.isoformat(), 'after': key(rng)})}"

    return {
        "/run/{day}": lambda rng: f"/run/{day(rng)}",
        "/runs": lambda rng: f"/runs?before={day(rng)}",
        "/run/{day}/articles": lambda rng: f"/run/{day(rng)}/articles",
        "… from the middle": lambda rng: (
            f"/run/{day(rng)}/articles?after_site=outlet{rng.randrange(SITES):03d}.example&after={key(rng)}"
        ),
        "/run/{day}/rejects": lambda rng: f"/run/{day(rng)}/rejects?after={key(rng)}",
        "/article/{id}": lambda rng: f"/article/{key(rng)}",
        "… with versions": lambda rng: f"/article/{some(rng, 50, 0)}",
        "… stitched": lambda rng: f"/article/{some(rng, 60, 59)}",
        "/story/{id} with diff": lambda rng: f"/story/{some(rng, 3, 0)}",
        "/search, newest": lambda rng: "/search",
        "… from the middle, newest": middle,
        "/search?site=": lambda rng: f"/search?site=outlet{rng.randrange(SITES):03d}.example",
        "/search, a rare word": lambda rng: search(words[rng.randrange(15_000, 30_000)]),
        "/search, a usual word": lambda rng: search(words[rng.randrange(500, 3000)]),
        "/search, a frequent word": lambda rng: search(words[rng.randrange(30)]),
        "/search, two usual words": lambda rng: search(f"{words[rng.randrange(100, 1000)]} {words[rng.randrange(100, 1000)]}"),
        "/search, a phrase": lambda rng: search(f'"{phrase(rng)}"'),
        "/search, a word in no text": lambda rng: search(f"nosuchword{rng.randrange(1000)}"),
        "/rules": lambda rng: "/rules",
        "/rules/{id}": lambda rng: f"/rules/{quote(rng.choice(RULES))}",
        "/latest.json": lambda rng: "/latest.json",
    }  # fmt: skip


def cpu(pids: list[int]) -> float:
    """Return the CPU-milliseconds of processes with all their threads, as the scheduler counts them."""
    spent = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            spent += int(task.read_text().split()[0])
    return spent / 1e6


def backends(url: str) -> list[int]:
    """Return the processes of the database server that work for others: none for SQLite."""
    if not url.startswith("postgres"):
        return []
    with open_warehouse(url) as warehouse, warehouse.reading() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return list(connection.scalars(sa.text(query)))


def ask(connection: http.client.HTTPConnection, address: str) -> float:
    """Ask for one page; returns the milliseconds that it took, and fails when it is no page."""
    start = time.perf_counter()
    connection.request("GET", address)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"{address}: {answer.status}")
    return (time.perf_counter() - start) * 1000


def measure(url: str, count: int) -> None:
    """Serve the pages over a warehouse and print a line a route."""
    environment = os.environ | {"COPYDESK_WAREHOUSE_URL": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "pipeline", "report", "--serve", "--port", str(free_port())]
    database = sa.make_url(url).get_backend_name()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            connection = http.client.HTTPConnection("127.0.0.1", int(command[-1]), timeout=600)
            for name, address in routes(count).items():
                measure_route(f"{database:10} {name:28}", connection, address, server.pid, url)
        finally:
            server.terminate()


def measure_route(
    name: str, connection: http.client.HTTPConnection, address: Callable[[random.Random], str], pid: int, url: str
) -> None:
    """Print the line of one route."""
    rng = random.Random(f"{SEED} {name}")
    for _ in range(WARM):
        ask(connection, address(rng))
    pids = [pid, *backends(url)]
    waited: list[float] = []
    spent: list[float] = []
    for _ in range(ASKED):
        path = address(rng)
        before = cpu(pids)
        waited.append(ask(connection, path))
        spent.append(cpu(pids) - before)
    (median, late), (waited_median, waited_late) = _middle_and_late(spent), _middle_and_late(waited)
    print(f"{name} {median:7.1f} {late:7.1f} (p95) CPU-ms {waited_median:8.1f} {waited_late:8.1f} (p95) ms waited", flush=True)


def _middle_and_late(values: list[float]) -> tuple[float, float]:
    values = sorted(values)
    return values[len(values) // 2], values[int(len(values) * 0.95)]


def main() -> None:
    """Fill and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=360)
    parser.add_argument("--postgres", help="URL of a database that may be filled")
    parser.add_argument("--sqlite", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--keep", help="folder that the SQLite file stays in (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        urls = [f"sqlite:///{folder}/pages-{options.articles}.db"] if options.sqlite else []
        for url in [*urls, *([options.postgres] if options.postgres else [])]:
            with open_warehouse(url) as warehouse:
                fill(warehouse, options.articles, options.words)
            measure(url, options.articles)


if __name__ == "__main__":
    main()
