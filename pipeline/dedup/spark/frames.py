"""Documents as rows, and groups of rows as Arrow tables for a function of ours.

Texts travel as bytes (UTF-8, lone surrogates as they are): Arrow's strings cannot hold every text that Python can, and bytes
sort as code points do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.batched import batched

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Integers = npt.NDArray[np.int64]
Tables = Mapping[str, pa.Table]
_TABLE = "table_name"
_STAGED = 10_000  # rows that come from the driver at a time: some 50 MB of articles
_ARROW = {"long": pa.int64(), "int": pa.int32(), "double": pa.float64(), "binary": pa.binary(), "boolean": pa.bool_()}


def pack(text: str | None) -> bytes | None:
    """Return a text as bytes."""
    return None if text is None else text.encode(errors="surrogatepass")


def unpack(data: bytes | None) -> str | None:
    """Return the text of bytes."""
    return None if data is None else data.decode(errors="surrogatepass")


def texts_of(column: pa.ChunkedArray) -> list[Any]:
    """Return a column of packed texts."""
    return [unpack(value) for value in column.to_pylist()]


def integers(column: pa.ChunkedArray) -> Integers:
    """Return a column of whole numbers."""
    result: Integers = column.to_numpy().astype(np.int64, copy=False)
    return result


def schema(columns: str) -> pa.Schema:
    """Return the Arrow schema of `name type, …` in Spark's words."""
    fields = (column.split() for column in columns.split(","))
    return pa.schema([(name, _ARROW[kind]) for name, kind in fields])


def batch(columns: str, values: Sequence[Any]) -> pa.RecordBatch:
    """Return one batch from a list or array for each column of `name type, …`."""
    fields = schema(columns)
    arrays = [pa.array(value, field.type) for value, field in zip(values, fields, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=fields)


def mapped(frame: DataFrame, function: Callable[[pa.RecordBatch], pa.RecordBatch], columns: str) -> DataFrame:
    """Apply a function to each batch of rows."""

    def run(batches: Iterator[Any]) -> Iterator[Any]:
        for part in batches:
            if part.num_rows:
                yield function(part)

    return frame.mapInArrow(run, columns)


def grouped(frames: Mapping[str, DataFrame], key: str, function: Callable[[Tables], pa.Table], columns: str) -> DataFrame:
    """Apply a function to the rows with equal `key`: it gets them as one table for each frame, with that frame's columns."""
    from pyspark.sql import DataFrame
    from pyspark.sql.functions import lit

    marked = [frame.withColumn(_TABLE, lit(name)) for name, frame in frames.items()]
    together = reduce(lambda one, other: DataFrame.unionByName(one, other, allowMissingColumns=True), marked)
    held = {name: frame.columns for name, frame in frames.items()}

    def run(table: pa.Table) -> pa.Table:
        parts = {name: table.filter(pc.equal(table[_TABLE], name)).select(columns) for name, columns in held.items()}
        return function(parts)

    return together.groupBy(key).applyInArrow(run, columns)


def staged(spark: SparkSession, columns: str, rows: Iterable[tuple[Any, ...]]) -> DataFrame:
    """Bring rows to Spark, some thousand at a time, so that neither side holds all of them in memory."""
    parts = (batch(columns, list(zip(*part, strict=True))) for part in batched(rows, _STAGED))
    frames = [kept(spark.createDataFrame(pa.Table.from_batches([part]))) for part in parts]
    empty = spark.createDataFrame([], columns)
    return reduce(lambda one, other: one.union(other), frames) if frames else empty


def kept(frame: DataFrame) -> DataFrame:
    """Return the frame worked out, on the executors' disks: what follows does not know how it was made.

    Where `spark.checkpoint.dir` is set it is written there, and outlives the loss of an executor.
    """
    from pyspark import StorageLevel

    if frame.sparkSession.sparkContext.getCheckpointDir():
        return frame.checkpoint()
    return frame.localCheckpoint(storageLevel=StorageLevel.DISK_ONLY)


class Numbers:
    """The numbers of some documents, and their places among these: the same order, without gaps."""

    def __init__(self, *numbers: Integers) -> None:
        self.all: Integers = np.unique(np.concatenate([np.zeros(0, np.int64), *numbers]))

    def places(self, numbers: Integers) -> Integers:
        """Return the places of numbers, all of which must be among these."""
        return np.searchsorted(self.all, numbers)
