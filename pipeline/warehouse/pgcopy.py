"""Arrow batches in PostgreSQL's binary COPY format, made column by column.

A row is the number of its fields, then for each field its length (-1 for null) and its bytes, all big-endian. Each column is
brought into that form at once, and Arrow joins the columns: no row is ever touched in Python, nothing needs quoting, and the
server need not parse.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)  # signature, no flags, no extension
TRAILER = b"\xff\xff"
MAX_BYTES = 1 << 26  # of text in one piece: Arrow's offsets are 32 bit, and memory is not for this
JSONB_VERSION = pa.scalar(b"\x01")
NOTHING = pa.scalar(b"")
NULL = pa.scalar(b"\xff\xff\xff\xff")  # the length of a null
EPOCH_US = 946_684_800_000_000  # 2000-01-01, where PostgreSQL counts from, in microseconds and days since 1970
EPOCH_DAYS = 10_957

Column = tuple[pa.Array | pa.Scalar, pa.Array | pa.Scalar]


def encoded(batch: pa.RecordBatch, table: sa.Table) -> Iterator[memoryview]:
    """Yield the batch's rows as pieces of a binary COPY stream, without header and trailer."""
    for part in _parts(batch):
        fields: list[pa.Array | pa.Scalar] = [pa.scalar(np.array(part.num_columns, ">i2").tobytes(), pa.binary())]
        for column, target in zip(part.columns, table.columns, strict=True):
            fields += _field(column, target)
        rows = pc.binary_join_element_wise(*fields, NOTHING)
        _, offsets, data = rows.buffers()
        if data is not None:
            start, end = np.frombuffer(offsets, np.int32)[[rows.offset, rows.offset + len(rows)]]
            yield memoryview(data)[start:end]


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut the batch so that no piece comes near the limit of Arrow's offsets; no row is no piece."""
    if not len(batch):
        return
    if batch.nbytes <= MAX_BYTES or len(batch) <= 1:
        yield batch
        return
    middle = len(batch) // 2
    yield from _parts(batch.slice(0, middle))
    yield from _parts(batch.slice(middle))


def _field(column: pa.Array, target: sa.Column[Any]) -> Column:
    """Return a column as two: the lengths and the bytes of its values."""
    if column.null_count == len(column):
        return NULL, NOTHING
    if pa.types.is_string(column.type):
        values = column.cast(pa.binary())
        if isinstance(target.type, sa.JSON):
            values = pc.binary_join_element_wise(JSONB_VERSION, values, NOTHING)
        lengths = pc.binary_length(values)
    else:
        numbers = _numbers(column)
        values, lengths = _fixed(numbers), pa.array(np.full(len(column), numbers.itemsize, np.int32))
    if column.null_count:
        lengths, values = pc.if_else(column.is_valid(), lengths, -1), pc.if_else(column.is_valid(), values, NOTHING)
    return _fixed(lengths.to_numpy().astype(">i4")), values


def _numbers(column: pa.Array) -> np.ndarray[Any, Any]:
    """Return a column of fixed width as the server counts, nulls as anything."""
    numbers: np.ndarray[Any, Any]
    if pa.types.is_boolean(column.type):
        numbers = pc.fill_null(column, False).cast(pa.uint8()).to_numpy()
    elif pa.types.is_timestamp(column.type):
        numbers = pc.fill_null(column.cast(pa.int64()), EPOCH_US).to_numpy() - EPOCH_US
    elif pa.types.is_date32(column.type):
        numbers = pc.fill_null(column.cast(pa.int32()), EPOCH_DAYS).to_numpy() - np.int32(EPOCH_DAYS)
    else:
        numbers = pc.fill_null(column, 0).to_numpy()
    return numbers.astype(numbers.dtype.newbyteorder(">"))


def _fixed(numbers: np.ndarray[Any, Any]) -> pa.Array:
    """Return numbers as binary values of their own width, without a copy of each."""
    width, count = numbers.itemsize, len(numbers)
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)[: count + 1]
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(numbers))])
