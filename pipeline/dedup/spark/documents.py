"""Documents by age, equal texts once, and the dates that can be believed: what `collect` does in one process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.dedup.canonical import parse_time, trusted_span
from pipeline.dedup.spark.frames import batch, kept, mapped, unpack

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FIELDS = ("id", "url", "site", "title", "content", "published_at", "canonical_url", "wire_credit")
DOCUMENT = ", ".join(f"{name} binary" for name in FIELDS)
_READ = f"{DOCUMENT}, digest binary, time double, length int, blank boolean"


@dataclass(frozen=True, slots=True)
class Corpus:
    """All documents: `documents` (number, text, … without the content) and `texts` (text, content, title, site, time, …).

    A document's number grows with its age's rank, but not by one; a text has the number of the first document that has it.
    Times are seconds since 1970, null where there is none that can be believed; `dated` are those that are given.
    """

    documents: DataFrame
    texts: DataFrame
    count: int  # of texts


def read_corpus(documents: DataFrame, beyond: DataFrame | None = None) -> Corpus:
    """Number the documents (columns of `DOCUMENT`, ids distinct); both tables are kept on the executors' disks.

    Dates of documents (by `id`) from `beyond` the others are believed, and say nothing of these.
    """
    from pyspark.sql.functions import coalesce, col, lit, monotonically_increasing_id, when
    from pyspark.sql.functions import min as least

    read = kept(mapped(documents, _read, _READ))
    ours = read if beyond is None else read.join(beyond, "id", "left_anti")
    low, high = _span(ours)
    trusted = col("time").between(low, high)
    if beyond is not None:
        read = kept(read.join(beyond.withColumn("believed", lit(True)), "id", "left"))
        trusted = trusted | col("believed").isNotNull()
    age = coalesce(col("time"), lit(float("inf")))
    ranked = read.select("id", age.alias("age")).sort("age", "id").withColumn("number", monotonically_increasing_id())
    numbers = kept(ranked.select("id", "number"))
    numbered = read.join(numbers, "id").withColumn("dated", col("time")).withColumn("time", when(trusted, col("time")))
    first = numbered.groupBy("digest").agg(least("number").alias("text"), least("time").alias("earliest"))
    every = kept(numbered.join(first, "digest"))
    texts = every.filter("number = text").select("text", "content", "title", "site", "time", "dated", "earliest", "blank")
    return Corpus(every.drop("content", "title", "digest"), texts, texts.count())


def _read(part: pa.RecordBatch) -> pa.RecordBatch:
    texts = [unpack(value) or "" for value in part["content"].to_pylist()]
    columns = [part[name] for name in FIELDS]
    digests = [hashlib.blake2b(value, digest_size=16).digest() for value in part["content"].to_pylist()]
    times = [parse_time(unpack(value)) for value in part["published_at"].to_pylist()]
    blank = [not any(map(str.isalnum, text)) for text in texts]
    return batch(_READ, [*columns, digests, times, list(map(len, texts)), blank])


def _span(read: DataFrame) -> tuple[float, float]:
    """Return between which times a date can be believed; at most one row a second of news comes to the driver."""
    rows = read.filter("time IS NOT NULL").groupBy("time").count().toArrow()
    times, counts = rows["time"].to_numpy(), rows["count"].to_numpy()
    order = np.argsort(times)
    times, ends = times[order], np.cumsum(counts[order])
    total = int(ends[-1]) if len(ends) else 0
    return trusted_span(partial(_nth, times, ends), total)


def _nth(times: npt.NDArray[np.float64], ends: npt.NDArray[np.int64], place: int) -> float:
    """Return the time at a place of the sorted times of all documents."""
    return float(times[np.searchsorted(ends, place, side="right")])
