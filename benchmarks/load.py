"""Loading 100,000 articles of ~4 KB: CPU-seconds of client and server, beside raw COPY and SQLAlchemy's executemany.

    python benchmarks/load.py [--articles 100000] [--postgres postgresql://…] [--only NAME,…]

Each load runs in a process of its own. Three phases: an empty warehouse, the same night again, the night after with a
fifth of the articles changed. The time to make the articles is measured apart and taken off. CPU-seconds, because they
mean the same on a busy machine; the server's are read from /proc, so it must run here.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.records import Article, Block, Fetch, StoryMember
from pipeline.urls import article_id
from pipeline.warehouse import Night, load, open_warehouse, upgrade
from pipeline.warehouse.bulk import bulk_for
from pipeline.warehouse.rows import Row, article_row, article_values
from pipeline.warehouse.tables import articles as articles_table
from pipeline.warehouse.tables import metadata

SEED = 20260301
PARAGRAPHS = 12  # of ~340 characters: the text comes to ~4 KB
PHASES = ("load", "again", "fifth")
NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def paragraphs() -> list[str]:
    """Return 4,000 paragraphs of random words, rare ones too, some not ASCII."""
    rng = random.Random(SEED)
    letters = "etaoinshrdlucmfwypvbgkjqxzéü"
    vocabulary = ["".join(rng.choices(letters, k=rng.randint(2, 11))) for _ in range(30_000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    return [" ".join(rng.choices(vocabulary, weights, k=48)).capitalize() + "." for _ in range(4000)]


def made(count: int, phase: str, pool: list[str]) -> Iterator[Article]:
    """Yield the articles of a phase; in `fifth` every fifth has a new paragraph and all were fetched a night later."""
    later = phase == "fifth"
    fetched_at = NIGHT + timedelta(days=1 if later else 0)
    for number in range(count):
        moment = NIGHT if later and number % 5 else fetched_at
        site = f"outlet{number % 400}.example"
        url = f"https://{site}/2026/03/{number}"
        body = [pool[(number * 7 + 31 * k * (number % 97 + 1)) % len(pool)] for k in range(PARAGRAPHS)]
        body[0] = f"Report {number}. {body[0]}"
        if later and number % 5 == 0:
            body[1] = f"Corrected. {body[1]}"
        blocks = [Block(i, "paragraph", text) for i, text in enumerate(body)]
        blocks += (Block(12, "paragraph", "Advertisement", "line.advertisement"), Block(13, "paragraph", "Share", "line.share"))
        yield Article(
            **{"article_id": article_id(url), "source_id": site, "site": site, "url": url, "canonical_url": url},
            **{"title": f"Headline number {number}", "authors": ("Ada Reporter",), "published_at": "2026-03-01T06:00:00+02:00"},
            **{"published_basis": "jsonld", "modified_at": None, "language": "en", "page_kind": "article", "kind_reason": None},
            **{"section": "news", "image": None, "paywalled": False, "wire_credit": None, "source_link": None},
            **{"blocks": tuple(blocks), "extractor": "bench", "raw_ref": f"raw/a.warc.gz#{number}+9", "fetched_at": moment},
        )


def fetches(articles: Iterator[Article]) -> Iterator[Fetch]:
    """Yield the fetch of each article's page."""
    for a in articles:
        at = a.fetched_at or NIGHT
        yield Fetch(str(a.url), str(a.url), a.source_id, a.site, "feed", "fetched", at, etag="e", digest=a.article_id, body_bytes=9)


def members(articles: Iterator[Article]) -> Iterator[StoryMember]:
    """Yield the members of stories of three articles."""
    lead = ""
    for number, a in enumerate(articles):
        if number % 3 == 0:
            lead = a.article_id
            yield StoryMember(a.article_id, lead, lead, "canonical", None, "earliest")
        else:
            yield StoryMember(a.article_id, lead, lead, "copy", 0.97, "earliest", lead, '{"containment": 0.97}')


def ours(url: str, count: int, phase: str, pool: list[str], *, whole: bool) -> None:
    """Load a night as the pipeline does: articles and their blocks, or with fetches and stories too."""
    late = phase == "fifth"
    night = Night(
        **{"run_id": "second" if late else "first", "run_date": "2026-03-02" if late else "2026-03-01"},
        **{"code_version": "1", "config_hash": "c", "articles": made(count, phase, pool)},
    )
    if whole:
        night = replace(night, fetches=fetches(made(count, phase, pool)), members=members(made(count, phase, pool)))
    with open_warehouse(url) as warehouse:
        load(warehouse, night)


def raw_rows(count: int, phase: str, pool: list[str]) -> Iterator[Row]:
    """Yield rows of the table `articles`."""
    return (article_values(article_row(a), "first", "2026-03-01") for a in made(count, phase, pool))


def raw_copy(url: str, count: int, phase: str, pool: list[str]) -> None:
    """COPY into the table and nothing else: the limit. It cannot be run again."""
    with open_warehouse(url) as warehouse, warehouse.engine.connect() as connection:
        bulk_for(connection).insert(articles_table, raw_rows(count, phase, pool))
        connection.commit()


def executemany(url: str, count: int, phase: str, pool: list[str]) -> None:
    """Upsert with SQLAlchemy Core's executemany, 2,000 rows at a time."""
    import importlib

    with open_warehouse(url) as warehouse, warehouse.engine.connect() as connection:
        insert = importlib.import_module(f"sqlalchemy.dialects.{warehouse.dialect}").insert(articles_table)
        changed = {c.name: insert.excluded[c.name] for c in articles_table.columns if not c.primary_key}
        different = articles_table.c.row_hash != insert.excluded.row_hash
        upsert = insert.on_conflict_do_update(index_elements=["article_id"], set_=changed, where=different)
        names = [column.name for column in articles_table.columns]
        rows: list[dict[str, Any]] = []
        for row in raw_rows(count, phase, pool):
            rows.append(dict(zip(names, row, strict=True)) | {"authors": ["Ada Reporter"]})
            rows[-1]["first_run_date"] = NIGHT.date()
            if len(rows) == 2000:
                connection.execute(upsert, rows)
                rows.clear()
        if rows:
            connection.execute(upsert, rows)
        connection.commit()


LOADERS: dict[str, tuple[Callable[..., None], tuple[str, ...], int]] = {
    "articles": (partial(ours, whole=False), PHASES, 1),
    "whole night": (partial(ours, whole=True), PHASES, 3),
    "executemany": (executemany, PHASES, 1),
    "raw COPY": (raw_copy, ("load",), 1),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one phase cost: CPU-seconds of the client (making the articles taken off) and server, wall seconds, MB."""

    client: float
    server: float
    wall: float
    peak: float


def server_cpu(url: str) -> float:
    """Return the CPU-seconds that all processes of a PostgreSQL server have used; 0 for SQLite."""
    if not url.startswith("postgres"):
        return 0.0
    with open_warehouse(url) as warehouse, warehouse.reading() as connection:
        backend = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
    postmaster = int(Path(f"/proc/{backend}/stat").read_text().rsplit(")", 1)[1].split()[1])
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(stat.parent.name) == postmaster:
            total += sum(map(int, fields[11:15]))  # with those of the backends that have ended
        elif int(fields[1]) == postmaster:
            total += sum(map(int, fields[11:13]))
    return total / os.sysconf("SC_CLK_TCK")


def child(url: str, name: str, count: int, phase: str) -> None:
    """Run one phase in this process and print its cost."""
    pool = paragraphs()
    loader, _, passes = LOADERS[name]
    start = time.process_time()
    for _ in range(passes):
        for _ in made(count, phase, pool):
            pass
    making, wall = time.process_time() - start, time.perf_counter()
    start = time.process_time()
    loader(url, count, phase, pool)
    client = time.process_time() - start - making
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([client, time.perf_counter() - wall, peak]))


def measure(url: str, name: str, count: int, phase: str) -> Cost:
    """Run one phase in a process of its own."""
    before = server_cpu(url)
    command = [sys.executable, __file__, "--child", json.dumps([url, name, count, phase])]
    client, wall, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    time.sleep(0.3)  # the backend's own end counts
    return Cost(client, server_cpu(url) - before, wall, peak)


def emptied(url: str) -> None:
    """Make the schema, empty."""
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        with warehouse.writing("bench") as connection:
            for table in metadata.sorted_tables:
                if table.name != "schema_migrations":
                    connection.execute(table.delete())
        if warehouse.dialect == "postgresql":
            with warehouse.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM FULL")
                connection.exec_driver_sql("CHECKPOINT")


def main() -> None:
    """Print one line a loader, database and phase, with its ratio to the cheapest way of the same database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--postgres", help="URL of a database on this machine that may be emptied")
    parser.add_argument("--only", help="loaders, by name, divided by commas")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*json.loads(options.child))
        return
    names = options.only.split(",") if options.only else list(LOADERS)
    scale = 100_000 / options.articles
    print(f"{options.articles} articles; CPU-seconds per 100,000 (client + server), wall seconds, peak MB of the client")
    with tempfile.TemporaryDirectory() as folder:
        for url in [f"sqlite:///{folder}/warehouse.db", *([options.postgres] if options.postgres else [])]:
            database = url.split(":")[0].split("+")[0]
            for name in names:
                if name == "raw COPY" and database == "sqlite":
                    continue
                emptied(url)
                for phase in LOADERS[name][1]:
                    c = measure(url, name, options.articles, phase)
                    total = (c.client + c.server) * scale
                    print(
                        f"{database:10} {name:12} {phase:6} {total:6.2f} ({c.client * scale:5.2f} + {c.server * scale:5.2f})"
                        f" {c.wall:7.1f} s {c.peak:6.0f} MB",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
