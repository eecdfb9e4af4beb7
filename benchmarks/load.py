"""Loading 100,000 articles of ~4 KB: CPU-seconds of client and server, beside what else people load with.

    python -m benchmarks.load [--articles 100000] [--postgres postgresql://…] [--only NAME,…] [--dlt PYTHON] [--pandas FOLDER]
                              [--tenfold]

Three phases: an empty warehouse, the same night again, the night after with a fifth of the articles changed. What is loaded
lies in Parquet files: for `articles` and `whole night` as the stages write them (blocks, not texts; `whole night` has fetches
and stories too), for the others the finished rows of the table `articles` alone, which is less work. Reading them counts.

`--tenfold` loads ten times as many as well, each article under ten ids: whether memory stays and time grows with the rows.

Each load runs in a process of its own. CPU-seconds, because they mean the same on a busy machine; the server's are read from
/proc, so it must run here. `--dlt` names a Python that has dlt, pyarrow and psycopg2.
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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from pipeline.records import Article, Block, Fetch, StageReport, StoryMember
from pipeline.stages.load import keyed_articles
from pipeline.store import LocalStore, Partition, PartitionWriter, read_batches
from pipeline.urls import article_id
from pipeline.warehouse import ArticleKey, KeyedBatch, Night, article_keys, load, open_warehouse, upgrade
from pipeline.warehouse.article_batches import article_rows, read_batch
from pipeline.warehouse.bulk import arrow_schema, bulk_for
from pipeline.warehouse.tables import articles as articles_table
from pipeline.warehouse.tables import metadata

SEED = 20260301
PARAGRAPHS = 12  # of ~340 characters: the text comes to ~4 KB
PHASES = ("load", "again", "fifth")
NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)
SHARDS = 8
TENFOLD = "tenfold"


def paragraphs() -> list[str]:
    """Return 4,000 paragraphs of random words, rare ones too, some not ASCII."""
    rng = random.Random(SEED)
    letters = "etaoinshrdlucmfwypvbgkjqxzéü"
    vocabulary = ["".join(rng.choices(letters, k=rng.randint(2, 11))) for _ in range(30_000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    return [" ".join(rng.choices(vocabulary, weights, k=48)).capitalize() + "." for _ in range(4000)]


def made(numbers: range, phase: str, pool: list[str]) -> Iterator[Article]:
    """Yield the articles of a phase; in `fifth` every fifth has a new paragraph and was fetched a night later."""
    for number in numbers:
        changed = phase == "fifth" and number % 5 == 0
        moment = NIGHT + timedelta(days=1 if changed else 0)
        site = f"outlet{number % 400}.example"
        url = f"https://{site}/2026/03/{number}"
        body = [pool[(number * 7 + 31 * k * (number % 97 + 1)) % len(pool)] for k in range(PARAGRAPHS)]
        body[0] = f"Report {number}. {body[0]}"
        if changed:
            body[1] = f"Corrected. {body[1]}"
        blocks = [Block(i, "paragraph", text, None, 0.0, "article>div.story>p") for i, text in enumerate(body)]
        blocks += (Block(12, "paragraph", "Advertisement", "line.advertisement"), Block(13, "paragraph", "Share", "line.share"))
        yield Article(
            article_id=article_id(url),
            source_id=site,
            site=site,
            url=url,
            canonical_url=url,
            title=f"Headline number {number}",
            authors=("Ada Reporter",),
            published_at=f"2026-03-01T{number % 24:02d}:{number % 60:02d}:{number % 59:02d}+02:00",
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
            raw_ref=f"raw/a.warc.gz#{number}+9",
            fetched_at=moment,
        )


def fetch_of(a: Article) -> Fetch:
    """Return the fetch of an article's page."""
    at = a.fetched_at or NIGHT
    return Fetch(str(a.url), str(a.url), a.source_id, a.site, "feed", "fetched", at, etag="e", digest=a.article_id, body_bytes=9)


def member_of(number: int, a: Article) -> StoryMember:
    """Return an article's place in a story of three."""
    first = number - number % 3
    lead = article_id(f"https://outlet{first % 400}.example/2026/03/{first}")
    if number == first:
        return StoryMember(a.article_id, lead, lead, "canonical", None, "earliest")
    return StoryMember(a.article_id, lead, lead, "copy", 0.97, "earliest", lead, '{"containment": 0.97}')


def write_inputs(folder: Path, count: int) -> None:
    """Write the partitions of each phase, and the finished rows beside them."""
    pool = paragraphs()
    for phase in PHASES:
        if phase == "again":
            continue
        store = LocalStore(folder / phase)
        with pq.ParquetWriter(folder / f"{phase}.parquet", arrow_schema(articles_table), compression="zstd") as rows:
            for shard in range(SHARDS):
                numbers = range(shard * count // SHARDS, (shard + 1) * count // SHARDS)
                partition = Partition("clean", "2026-03-01", f"{shard:03d}")
                writer = PartitionWriter(store, partition)
                writer.write("part", Article, made(numbers, phase, pool))
                writer.write("keys", ArticleKey, article_keys(made(numbers, phase, pool)))
                writer.write("fetches", Fetch, (fetch_of(a) for a in made(numbers, phase, pool)))
                writer.write(
                    "members", StoryMember, (member_of(n, a) for n, a in zip(numbers, made(numbers, phase, pool), strict=True))
                )
                writer.commit(StageReport("clean", "2026-03-01", partition.shard, 0))
                for batch in read_batches(store, partition):
                    rows.write_batch(article_rows(read_batch(batch), "first", "2026-03-01"))


def stored(folder: Path, name: str = "part") -> Iterator[pa.RecordBatch]:
    """Yield a table of a phase over its shards."""
    for shard in range(SHARDS):
        yield from read_batches(LocalStore(folder), Partition("clean", "2026-03-01", f"{shard:03d}"), name)


def keyed(folder: Path) -> Iterator[KeyedBatch]:
    """Yield the articles of a phase as the load stage does."""
    return keyed_articles(LocalStore(folder), "2026-03-01")


def renamed(batch: pa.RecordBatch, turn: int) -> pa.RecordBatch:
    """Return the batch with each id turned by so many digits: other ids, as evenly spread."""
    for name in {"article_id", "page_id"} & set(batch.schema.names):
        parts = (pc.utf8_slice_codeunits(batch[name], turn), pc.utf8_slice_codeunits(batch[name], 0, turn))
        batch = batch.set_column(batch.schema.get_field_index(name), name, pc.binary_join_element_wise(*parts, ""))
    return batch


def tenfold(folder: Path) -> Iterator[KeyedBatch]:
    """Yield the articles of a phase under ten ids each."""
    for turn in range(10):
        for batch in keyed(folder):
            yield KeyedBatch(renamed(batch.keys, turn), lambda read=batch.read, turn=turn: renamed(read(), turn))  # type: ignore[misc]


def ours(url: str, folder: Path, *, whole: bool, articles: Callable[[Path], Iterator[KeyedBatch]] = keyed) -> None:
    """Load a night as the pipeline does: articles and their blocks, or with fetches and stories too."""
    late = folder.name == "fifth"
    night = Night(
        run_id="second" if late else "first",
        run_date="2026-03-02" if late else "2026-03-01",
        code_version="1",
        config_hash="c",
        articles=articles(folder),
        fetches=stored(folder, "fetches") if whole else (),
        members=stored(folder, "members") if whole else (),
    )
    with open_warehouse(url) as warehouse:
        load(warehouse, night)


def row_batches(folder: Path, size: int = 2000) -> Iterator[pa.RecordBatch]:
    """Yield finished rows of the table `articles`."""
    yield from pq.ParquetFile(f"{folder}.parquet").iter_batches(batch_size=size)


def raw_copy(url: str, folder: Path) -> None:
    """COPY finished rows into the table and nothing else: the limit. It cannot be run again."""
    with open_warehouse(url) as warehouse, warehouse.engine.connect() as connection:
        bulk = bulk_for(connection)
        for batch in row_batches(folder):
            bulk.insert_batch(articles_table, batch)
        connection.commit()


def csv_copy(url: str, folder: Path) -> None:
    """COPY the rows as CSV, written by pyarrow, into the table."""
    from pyarrow import csv

    with open_warehouse(url) as warehouse, warehouse.engine.connect() as connection:
        bulk_for(connection)  # lz4, as for the others
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY articles ({', '.join(c.name for c in articles_table.columns)}) FROM STDIN (FORMAT csv)") as copy:
            for batch in row_batches(folder):
                sink = pa.BufferOutputStream()
                csv.write_csv(batch, sink, csv.WriteOptions(include_header=False))
                copy.write(memoryview(sink.getvalue()))
        connection.commit()


def python_rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return rows as SQLAlchemy's statements take them."""
    return [row | {"authors": json.loads(row["authors"])} for row in batch.to_pylist()]


def executemany(url: str, folder: Path) -> None:
    """Upsert with SQLAlchemy Core's executemany, 2,000 rows at a time."""
    import importlib

    with open_warehouse(url) as warehouse, warehouse.engine.connect() as connection:
        if warehouse.dialect == "postgresql":
            bulk_for(connection)
        insert = importlib.import_module(f"sqlalchemy.dialects.{warehouse.dialect}").insert(articles_table)
        changed = {c.name: insert.excluded[c.name] for c in articles_table.columns if not c.primary_key}
        different = articles_table.c.row_hash != insert.excluded.row_hash
        upsert = insert.on_conflict_do_update(index_elements=["article_id"], set_=changed, where=different)
        for batch in row_batches(folder):
            connection.execute(upsert, python_rows(batch))
        connection.commit()


def to_sql(url: str, folder: Path) -> None:
    """Append with pandas.to_sql, 2,000 rows at a time. It cannot be run again."""
    with open_warehouse(url) as warehouse, warehouse.engine.connect() as connection:
        if warehouse.dialect == "postgresql":
            bulk_for(connection)
        types = {c.name: c.type for c in articles_table.columns}
        for batch in row_batches(folder):
            frame = batch.to_pandas()
            frame["authors"] = frame["authors"].map(json.loads)
            frame.to_sql("articles", connection, if_exists="append", index=False, dtype=types)
        connection.commit()


DLT = """
import sys, dlt, pyarrow.parquet as pq
url, file, state = sys.argv[1:]
@dlt.resource(name="dlt_articles", primary_key="article_id", write_disposition={"disposition": "merge", "strategy": "upsert"})
def rows():
    yield from pq.ParquetFile(file).iter_batches(batch_size=5000)
dlt.pipeline("bench", destination=dlt.destinations.postgres(url), dataset_name="bench_dlt", pipelines_dir=state).run(rows())
"""


def dlt(url: str, folder: Path, *, python: str) -> None:
    """Merge with dlt into a schema of its own."""
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(
        [python, "-c", DLT, plain, f"{folder}.parquet", str(folder.parent / "dlt")], check=True, stdout=subprocess.DEVNULL
    )


LOADERS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "articles": (partial(ours, whole=False), PHASES),
    "whole night": (partial(ours, whole=True), PHASES),
    TENFOLD: (partial(ours, whole=False, articles=tenfold), PHASES),
    "raw COPY": (raw_copy, ("load",)),
    "CSV COPY": (csv_copy, ("load",)),
    "executemany": (executemany, PHASES),
    "to_sql": (to_sql, ("load",)),
}
POSTGRESQL_ONLY = ("raw COPY", "CSV COPY", "dlt")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one phase cost: CPU-seconds of client and server, wall seconds, and the client's peak in MB."""

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


def child(url: str, name: str, folder: str, dlt_python: str, pandas: str) -> None:
    """Run one phase in this process and print its cost; what imports cost is left out."""
    loader = partial(dlt, python=dlt_python) if name == "dlt" else LOADERS[name][0]
    if name == "to_sql":
        sys.path.append(pandas)  # for this loader alone: pyarrow imports pandas wherever it finds it
        __import__("pandas")
    start, wall = time.process_time(), time.perf_counter()
    loader(url, Path(folder))
    client = time.process_time() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    peak = max(int(held.split()[1]), usage.ru_maxrss if name == "dlt" else 0) / 1024
    print(json.dumps([client + usage.ru_utime + usage.ru_stime, time.perf_counter() - wall, peak]))


def measure(url: str, name: str, folder: Path, dlt_python: str, pandas: str) -> Cost:
    """Run one phase in a process of its own."""
    before = server_cpu(url)
    command = [sys.executable, __file__, "--child", json.dumps([url, name, str(folder), dlt_python, pandas])]
    client, wall, peak = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
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
                connection.exec_driver_sql("DROP SCHEMA IF EXISTS bench_dlt CASCADE")
                connection.exec_driver_sql("DROP SCHEMA IF EXISTS bench_dlt_staging CASCADE")
                connection.exec_driver_sql("VACUUM FULL")
                connection.exec_driver_sql("CHECKPOINT")


def main() -> None:
    """Print one line a loader, database and phase, with its ratio to ours of the same phase."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--postgres", help="URL of a database on this machine that may be emptied")
    parser.add_argument("--sqlite", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--only", help="loaders, by name, divided by commas")
    parser.add_argument("--dlt", default="", help="a Python with dlt")
    parser.add_argument("--pandas", default="", help="a folder with pandas (pip install --target), where it is not installed")
    parser.add_argument("--tenfold", action="store_true", help="load ten times as many as well")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*json.loads(options.child))
        return
    every = [*(name for name in LOADERS if options.tenfold or name != TENFOLD), *(["dlt"] if options.dlt else [])]
    names = options.only.split(",") if options.only else every
    if unknown := set(names) - {*LOADERS, "dlt"}:
        parser.error(f"--only knows no {', '.join(sorted(unknown))}; there are {', '.join([*LOADERS, 'dlt'])}")
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        write_inputs(Path(folder), options.articles)
        print(f"{options.articles} articles; CPU-seconds per 100,000 (client + server), wall seconds, peak MB of the client")
        urls = [f"sqlite:///{folder}/warehouse.db"] if options.sqlite else []
        for url in [*urls, *([options.postgres] if options.postgres else [])]:
            database = url.split(":")[0].split("+")[0]
            ours_: dict[str, float] = {}
            for name in names:
                if (name in POSTGRESQL_ONLY and database == "sqlite") or (name == "to_sql" and not options.pandas):
                    continue
                emptied(url)
                scale = 100_000 / options.articles / (10 if name == TENFOLD else 1)
                for phase in LOADERS[name][1] if name in LOADERS else PHASES:
                    c = measure(url, name, Path(folder, "load" if phase == "again" else phase), options.dlt, options.pandas)
                    total = (c.client + c.server) * scale
                    ratio = total / ours_.setdefault(phase, total)
                    print(
                        f"{database:10} {name:12} {phase:6} {total:6.2f} ({c.client * scale:5.2f} + {c.server * scale:5.2f})"
                        f" {ratio:5.2f}x {c.wall:7.1f} s {c.peak:6.0f} MB",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
