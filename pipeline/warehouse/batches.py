"""Columns of records as columns of the warehouse: what `rows` does to one record, done to a whole Arrow batch at once."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from pipeline.batched import batched
from pipeline.records import to_batch
from pipeline.urls import url_id
from pipeline.warehouse.bulk import BATCH, arrow_schema
from pipeline.warehouse.rows import as_proof, claim, storable
from pipeline.warehouse.tables import fetches, story_members

MOMENT = pa.timestamp("us", tz="UTC")
_TEXT = pa.string()
_USUAL_TIME = r"^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)$"
_NORMAL_URL = r"^https?://[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9_~-]+(\.[A-Za-z0-9_~-]+)*)+/?$"  # its own normal form
_NAMES_AS_JSON = json.JSONEncoder(ensure_ascii=False)  # `json.dumps` would make one for each list


def as_batches(given: Iterable[Any] | Iterable[pa.RecordBatch], record: type) -> Iterator[pa.RecordBatch]:
    """Yield Arrow batches of records, or the batches that were given; texts that Arrow cannot hold are made storable."""
    iterator = iter(given)
    first = list(islice(iterator, 1))
    if first and isinstance(first[0], pa.RecordBatch):
        yield from chain(first, iterator)
        return
    whole = chain(first, iterator)
    for chunk in batched(whole, BATCH):
        try:
            yield to_batch(chunk, record)
        except UnicodeEncodeError:
            yield to_batch(map(_storable, chunk), record)


def fetch_rows(batch: pa.RecordBatch, run_id: str, run_date: str) -> pa.RecordBatch:
    """Return rows of `fetches`."""
    columns = without_nul(batch)
    derived = {
        "run_id": pa.repeat(run_id, len(columns)),
        "url_id": url_keys(columns["url"]),
        "run_date": pa.repeat(date.fromisoformat(run_date), len(columns)),
        "redirects": texts_as_json(columns["redirects"]),
    }
    return as_rows(fetches, columns, derived)


def member_rows(batch: pa.RecordBatch, run_id: str) -> pa.RecordBatch:
    """Return rows of `story_members`."""
    columns = without_nul(batch)
    proofs = [as_proof(text) for text in columns["proof"].to_pylist()]
    return as_rows(story_members, columns, {"proof": proofs, "run_id": pa.repeat(run_id, len(columns))})


def as_rows(table: sa.Table, columns: pa.RecordBatch, derived: dict[str, Any]) -> pa.RecordBatch:
    """Return rows of a table: each column as derived, or else of the same name in `columns`."""
    schema = arrow_schema(table)
    return pa.record_batch([_array(derived.get(f.name), columns, f) for f in schema], schema=schema)


def _array(value: Any, columns: pa.RecordBatch, field: pa.Field) -> pa.Array:
    column = columns[field.name] if value is None and field.name in columns.schema.names else value
    if column is None:  # the batch was written by a version that did not know it
        return pa.nulls(len(columns), field.type)
    if isinstance(column, pa.Array):
        return column if column.type == field.type else column.cast(field.type)
    return pa.array(column, field.type)


def url_keys(urls: pa.StringArray) -> list[str]:
    """Return the url_id of each URL; one that is in its normal form already is only hashed."""
    usual = pc.match_substring_regex(urls, _NORMAL_URL).to_pylist()
    sha256 = hashlib.sha256
    return [
        sha256(url.encode()).hexdigest()[:32] if normal else url_id(url)
        for url, normal in zip(urls.to_pylist(), usual, strict=True)
    ]


def claims(said: pa.StringArray) -> tuple[pa.TimestampArray, pa.StringArray]:
    """Return the instants that pages claim and their precisions, as `claim` reads them; the usual form is read all at once."""
    usual = pc.fill_null(pc.match_substring_regex(said, _USUAL_TIME), False)
    try:
        moments = pc.if_else(usual, said, None).cast(MOMENT)
    except pa.ArrowInvalid:  # a day that no month has
        usual = pc.and_(usual, False)
        moments = pa.nulls(len(said), MOMENT)
    precisions = pc.if_else(usual, "time", pa.scalar(None, _TEXT))
    unusual = pc.and_(said.is_valid(), pc.invert(usual))
    rest = [claim(text) for text in said.filter(unusual).to_pylist()]
    if rest:
        moments = pc.replace_with_mask(moments, unusual, pa.array([at for at, _ in rest], MOMENT))
        precisions = pc.replace_with_mask(precisions, unusual, pa.array([precision for _, precision in rest], _TEXT))
    return moments, precisions


def texts_as_json(lists: pa.ListArray) -> pa.StringArray:
    """Return each list of texts as JSON text."""
    if pc.any(pc.match_substring_regex(lists.flatten(), r'["\\\x00-\x1f]')).as_py():
        return pa.array(map(_NAMES_AS_JSON.encode, lists.to_pylist()), _TEXT)
    told = pc.binary_join_element_wise('["', pc.binary_join(lists, '", "'), '"]', "")
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), "[]", told)


def without_nul(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with each NUL, which no database takes, replaced by U+FFFD."""
    if not any(_has_nul(column) for column in batch.columns):
        return batch
    rows = [_storable(row) for row in batch.to_pylist()]
    return pa.RecordBatch.from_pylist(rows, schema=batch.schema)


def utf8(texts: pa.StringArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the offsets and the bytes of an array of texts, from its own first byte on."""
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1] if offsets else np.zeros(1, np.int32)
    held = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    return bounds - bounds[0], held[bounds[0] : bounds[-1]]


def _has_nul(array: pa.Array) -> bool:
    if pa.types.is_struct(array.type):
        return any(_has_nul(array.field(i)) for i in range(array.type.num_fields))
    if pa.types.is_list(array.type):
        return _has_nul(array.flatten())
    if not pa.types.is_string(array.type):
        return False
    data = utf8(array)[1]
    return bool(len(data) and data.min() == 0)


def _storable(value: Any) -> Any:
    """Return a text, or whatever holds texts, with every text in it storable."""
    if isinstance(value, str):
        return storable(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{f.name: _storable(getattr(value, f.name)) for f in dataclasses.fields(value)})
    if isinstance(value, dict):
        return {name: _storable(v) for name, v in value.items()}
    return type(value)(map(_storable, value)) if isinstance(value, (list, tuple)) else value
