"""Extraction of archived nights on Spark: the pages of a raw segment in one task, the rows those of the single process."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline import stages
from pipeline.config import Settings
from pipeline.dedup.spark.frames import batch, kept, staged
from pipeline.dedup.spark.session import check_installed, session
from pipeline.errors import Reject
from pipeline.records import Article, Fetch
from pipeline.runs import Run, shards_to_do
from pipeline.store import open_store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_PAGE = "night binary, shard binary, segment binary, start long, page binary"
_RESULT = "night binary, shard binary, page binary, result binary"
# What is pickled stays between this module's two sides: Spark's network is as trusted as the code it ships.
_ROWS = 64  # results in a batch: an article with its blocks is some 20 KB
_TASKS = 8  # for each core: segments differ in what they cost


def extract_nights(runs: Sequence[Run], master: str | None) -> None:
    """Extract the pages of all these nights and commit their `extract` partitions; the store must be one that all machines see."""
    check_installed()
    settings = runs[0].settings
    with session(master) as spark:
        pages = staged(spark, _PAGE, _pages(runs))
        tasks = _TASKS * spark.sparkContext.defaultParallelism
        by_segment = pages.repartition(tasks, "segment").sortWithinPartitions("segment", "start")
        results = kept(by_segment.mapInArrow(_extractor(settings), _RESULT))
        for run in runs:
            for shard in shards_to_do(run, "extract"):
                stages.extract(run, shard, partial(_results, results, run.run_date, shard))


def _pages(runs: Sequence[Run]) -> Iterator[tuple[bytes, bytes, bytes, int, bytes]]:
    for run in runs:
        store = run.store()
        for shard in shards_to_do(run, "extract"):
            for row in stages.fetched_pages(store, run.run_date, shard):
                segment = (row.warc_filename or "").encode()
                yield run.run_date.encode(), shard.encode(), segment, row.warc_offset or 0, pickle.dumps(row)


def _extractor(settings: Settings) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        where: dict[Fetch, list[tuple[bytes, bytes]]] = {}

        def rows() -> Iterator[Fetch]:
            for part in batches:
                for row in part.to_pylist():
                    page: Fetch = pickle.loads(row["page"])  # noqa: S301
                    where.setdefault(page, []).append((row["night"], row["shard"]))
                    yield page

        done: list[tuple[bytes, bytes, bytes, bytes]] = []
        with stages.extractor(replace(settings, workers=1), open_store(settings.store)) as extracted:
            for page, result in extracted(rows()):
                done.append((*where[page].pop(0), pickle.dumps(page), pickle.dumps(result)))
                if len(done) == _ROWS:
                    yield batch(_RESULT, list(zip(*done, strict=True)))
                    done = []
        if done:
            yield batch(_RESULT, list(zip(*done, strict=True)))

    return run


def _results(results: DataFrame, night: str, shard: str, pages: Collection[Fetch]) -> Iterator[tuple[Fetch, Article | Reject]]:
    from pyspark.sql.functions import col, lit

    own = results.filter((col("night") == lit(night.encode())) & (col("shard") == lit(shard.encode())))
    count = 0
    for row in own.select("page", "result").toLocalIterator():
        count += 1
        yield pickle.loads(row.page), pickle.loads(row.result)  # noqa: S301
    assert count == len(pages), f"{night} {shard}: {count} of {len(pages)} pages came back"
