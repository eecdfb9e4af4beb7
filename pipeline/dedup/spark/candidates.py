"""Candidate pairs by joins: what agrees in a band, or has enough kept shingles in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.dedup.candidates import distinct, pairs_of
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import PARTS, encode, sketch
from pipeline.dedup.spark.frames import Integers, Tables, batch, grouped, kept, mapped, texts_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BUCKET = "bucket long, hashes binary, texts binary"
_FOUND = "kind int, a long, b long"
_BAND, _PASSAGE, _HOLDER = 0, 1, 2
_TEXTS_A_BUCKET = 2_000_000  # hashes of one band or part in a group: some 50 MB


@dataclass(frozen=True, slots=True)
class Found:
    """What the joins found: pairs that agree in a band, pairs with a common shingle, shingles with many holders."""

    rows: DataFrame

    def shared_shingles(self) -> DataFrame:
        """Return (shingle, text) of the kept shingles that more texts have than `DedupParams.common`."""
        return self.rows.filter(f"kind = {_HOLDER}").selectExpr("a AS shingle", "b AS text")

    def pairs(self, params: DedupParams) -> DataFrame:
        """Return the candidate pairs (a, b): what the single process finds, by the same counts."""
        from pyspark.sql import Window
        from pyspark.sql.functions import col, row_number

        counted = self.rows.filter(f"kind <> {_HOLDER}").groupBy("kind", "a", "b").count()
        bands = counted.filter(f"kind = {_BAND}")
        sides = bands.selectExpr("a AS text", "a", "b", "count").union(bands.selectExpr("b AS text", "a", "b", "count"))
        best = Window.partitionBy("text").orderBy(col("count").desc(), "a", "b")
        nearest = sides.withColumn("place", row_number().over(best)).filter(f"place <= {params.partners}")
        passages = counted.filter(f"kind = {_PASSAGE} AND count >= {params.shared}")
        return nearest.select("a", "b").union(passages.select("a", "b")).distinct()


def find_candidates(texts: DataFrame, count: int, params: DedupParams) -> Found:
    """Sketch the texts and join their hashes: in buckets of one band or part, and of a range of its hashes."""
    ranges = 1 << max(0, (count // _TEXTS_A_BUCKET).bit_length())

    def sketches(part: pa.RecordBatch) -> pa.RecordBatch:
        return _sketch(part, ranges, params)

    def join(tables: Tables) -> pa.Table:
        return pa.Table.from_batches([_join(tables["buckets"], ranges, params)])

    buckets = mapped(texts.select("text", "content"), sketches, _BUCKET)
    return Found(kept(grouped({"buckets": buckets}, "bucket", join, _FOUND)))


def _sketch(part: pa.RecordBatch, ranges: int, params: DedupParams) -> pa.RecordBatch:
    """Return the hashes of some texts by bucket, those of a bucket in one row."""
    chunk = sketch(encode(texts_of(part["content"])), params)
    numbers = part["text"].to_numpy().astype(np.int64)
    rows: list[tuple[int, bytes, bytes]] = []
    for band in range(params.bands):
        rows += _rows(band, chunk.bands[band], numbers, ranges)
    for number in range(PARTS):
        hashes, owners = chunk.part(number)
        rows += _rows(params.bands + number, hashes, numbers[owners], ranges)
    return batch(_BUCKET, list(zip(*rows, strict=True)))


def _rows(number: int, hashes: npt.NDArray[np.uint32], texts: Integers, ranges: int) -> list[tuple[int, bytes, bytes]]:
    if ranges == 1:
        return [(number, hashes.tobytes(), texts.tobytes())]
    order = np.argsort(hashes & np.uint32(ranges - 1), kind="stable")
    bounds = np.searchsorted((hashes & np.uint32(ranges - 1))[order], np.arange(ranges + 1))
    own = (order[bounds[place] : bounds[place + 1]] for place in range(ranges))
    return [(number * ranges + place, hashes[o].tobytes(), texts[o].tobytes()) for place, o in enumerate(own) if len(o)]


def _join(table: pa.Table, ranges: int, params: DedupParams) -> pa.RecordBatch:
    """Return the pairs of one bucket, and of a part the shingles that many texts hold."""
    number = table["bucket"][0].as_py() // ranges
    hashes = _joined(table["hashes"], np.uint32)
    all_texts, places = np.unique(_joined(table["texts"], np.int64), return_inverse=True)
    order = np.argsort(places, kind="stable")
    owners = places[order].astype(np.uint32)
    pairs = pairs_of(hashes[order], owners, params)
    a, b = all_texts[(pairs >> np.uint64(32)).astype(np.int64)], all_texts[(pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)]
    if number < params.bands:
        return batch(_FOUND, [np.full(len(a), _BAND), a, b])
    shingles, holders = _held_by_many(hashes[order], owners, params.common)
    shingles += (number - params.bands) << 24
    kinds = np.repeat([_PASSAGE, _HOLDER], [len(a), len(shingles)])
    return batch(_FOUND, [kinds, np.concatenate([a, shingles]), np.concatenate([b, all_texts[holders]])])


def _held_by_many(hashes: npt.NDArray[np.uint32], texts: npt.NDArray[np.uint32], limit: int) -> tuple[Integers, Integers]:
    """Return (hash, text) of the hashes that more than `limit` texts have, each once."""
    rows = distinct((hashes.astype(np.uint64) << np.uint64(32)) | texts)
    _, counts = np.unique(rows >> np.uint64(32), return_counts=True)
    rows = rows[np.repeat(counts > limit, counts)]
    return (rows >> np.uint64(32)).astype(np.int64), (rows & np.uint64(0xFFFFFFFF)).astype(np.int64)


def _joined(column: pa.ChunkedArray, kind: type) -> npt.NDArray[Any]:
    """Return the numbers that binary values hold, one after another."""
    return np.frombuffer(b"".join(column.to_pylist()), kind)
