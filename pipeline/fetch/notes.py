"""What a segment says of itself: its last two records tell which row each page has and what the index says of it.

They make a segment worth something without the run that wrote it. A run that is killed leaves its whole segments behind,
and the next one files their pages instead of fetching them again.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import Reject
from pipeline.fetch.warc import parse_record, record, record_id, stored_record, warc_date
from pipeline.fetch.warc_index import IndexRow
from pipeline.records import Fetch
from pipeline.store import Store

logger = logging.getLogger(__name__)

PLACE = "notes-offset: %012d\r\nnotes-length: %012d\r\n"


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of one item: where its record stands in the segment and its entry in the index, its row, or both."""

    offset: int = 0
    length: int = 0
    entry: IndexRow | None = None
    row: Fetch | None = None


def notes_members(notes: Iterable[Note], name: str, moment: datetime, offset: int) -> tuple[bytes, bytes]:
    """Return the two records that close a segment: the notes, which will stand at `offset`, and where they stand."""
    lines = "".join(json.dumps(_to_json(note), ensure_ascii=False) + "\n" for note in notes)
    fields = _fields(name, "notes", moment, "application/x-ndjson")
    body = record("metadata", fields, lines.encode("utf-8", "replace"))
    return body, _place(name, moment, offset, len(body))


def read_notes(store: Store, key: str) -> list[Note]:
    """Return the notes of a segment, none for one that has none; raises `KeyError` when it is not there."""
    try:
        _, block = parse_record(store.get_range(key, -PLACE_BYTES, PLACE_BYTES))
        place = dict(line.split(": ", 1) for line in block.decode().splitlines())
        offset, length = int(place["notes-offset"]), int(place["notes-length"])
    except (Reject, ValueError, KeyError) as error:
        if isinstance(error, KeyError) and error.args == (key,):
            raise
        return []
    try:
        _, lines = parse_record(store.get_range(key, offset, length))
        return [_from_json(json.loads(line)) for line in lines.decode().split("\n") if line]
    except (Reject, ValueError, KeyError, TypeError) as error:
        logger.warning("%s: its notes cannot be read (%r): its pages are in no index", key, error)
        return []


def rows_noted(store: Store, key: str) -> list[Fetch]:
    """Return the rows that a segment names, with the places of their records."""
    return [_located(note.row, key, note) for note in read_notes(store, key) if note.row is not None]


def entries_noted(store: Store, key: str) -> list[tuple[str, int, int, IndexRow]]:
    """Return file, offset, length and index entry of each record that a segment names."""
    return [(key, note.offset, note.length, note.entry) for note in read_notes(store, key) if note.entry is not None]


def _located(row: Fetch, key: str, note: Note) -> Fetch:
    if note.entry is None or row.warc_filename is not None:  # nothing archived, or unchanged: it points to an earlier place
        return row
    return dataclasses.replace(row, warc_filename=key, warc_offset=note.offset, warc_length=note.length)


def _to_json(note: Note) -> dict[str, Any]:
    return {"at": (note.offset, note.length), "index": _fields_of(note.entry), "fetch": _fields_of(note.row)}


def _from_json(value: dict[str, Any]) -> Note:
    offset, length = value["at"]
    entry, row = value["index"], value["fetch"]
    return Note(
        offset,
        length,
        IndexRow(**entry | {"fetched_at": datetime.fromisoformat(entry["fetched_at"])}) if entry else None,
        Fetch(**row | {"fetched_at": datetime.fromisoformat(row["fetched_at"]), "redirects": tuple(row.get("redirects", ()))})
        if row
        else None,
    )


def _fields_of(value: IndexRow | Fetch | None) -> dict[str, Any] | None:
    """Return the fields that say something, as JSON takes them."""
    if value is None:
        return None
    named = {name: getattr(value, name) for name in value.__slots__}
    return {name: v for name, v in named.items() if v is not None} | {"fetched_at": value.fetched_at.isoformat()}


def _fields(name: str, what: str, moment: datetime, kind: str) -> Sequence[tuple[str, str]]:
    date = warc_date(moment)
    return [("WARC-Record-ID", record_id(what, name, date)), ("WARC-Date", date), ("Content-Type", kind)]


def _place(name: str, moment: datetime, offset: int, length: int) -> bytes:
    """Return a record of always the same size, so that it is found from the end of the file."""
    fields = _fields(name, "place", moment, "application/warc-fields")
    return stored_record("metadata", fields, (PLACE % (offset, length)).encode())


PLACE_BYTES = len(_place("", datetime(2000, 1, 1, tzinfo=UTC), 0, 0))
