"""The folder index of the `dedup` command: one SQLite file with what each call left behind.

A call is a night. Its day is the median publication date of its documents, and the window is counted in such days. Where none of
them has a date it is the last day of the calls before, or, where they had none either, that of the first call after.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pipeline.dedup import DedupResult, Document
from pipeline.dedup.canonical import parse_time
from pipeline.dedup.nights import NightResult, decide_night
from pipeline.dedup.params import DedupParams
from pipeline.dedup.parts import Kind, sketch_documents, unpack
from pipeline.errors import ConfigError, Fatal
from pipeline.locks import locked

_FILE = "index.sqlite"
_FIELDS = tuple(field.name for field in dataclasses.fields(Document))
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS nights (night INTEGER PRIMARY KEY, day INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS documents ({", ".join(f"{name} TEXT" for name in _FIELDS)}, story_id TEXT, PRIMARY KEY (id));
CREATE INDEX IF NOT EXISTS documents_story_id ON documents (story_id);
CREATE TABLE IF NOT EXISTS parts (
  kind TEXT, night INTEGER, part INTEGER, version TEXT NOT NULL, documents INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (kind, night, part)
);
CREATE TABLE IF NOT EXISTS aliases (story_id TEXT PRIMARY KEY, merged_into TEXT NOT NULL, night INTEGER NOT NULL);
"""
_DAY = 86400
_NO_DAY = 0  # no date is so old
_ASIDE = {0xD800 + n: 0x10F800 + n for n in range(0x800)}  # lone surrogates as characters of the last private plane
_BACK = {character: surrogate for surrogate, character in _ASIDE.items()}


class FolderIndex:
    """The index of one folder, in a transaction that ends with the call."""

    def __init__(self, connection: sqlite3.Connection, window_days: int) -> None:
        self._connection = connection
        self._window = window_days
        self._day = 0

    def add(self, documents: Mapping[str, Document], params: DedupParams) -> DedupResult:
        """Decide on documents against those of earlier calls, and keep what the next call needs."""
        fresh = {document.id: document for document in map(_storable, documents.values())}
        known = frozenset(d.id for d in self.documents(sorted(fresh)) if fresh[d.id] == d)
        self._day = _day_of(fresh.values(), default=self._last_day())
        self._connection.execute("UPDATE nights SET day = ? WHERE day = ?", (self._day, _NO_DAY))
        result = decide_night(fresh.values(), self, params, known=known)
        self._keep(fresh, known, result)
        return _as_given(result)

    def parts(self, kind: Kind, version: str) -> Iterator[bytes]:
        """Yield the parts of the window's other nights, of kind `far` those of all nights beyond it.

        What another version of Copydesk sketched is sketched anew from the texts.
        """
        places = self._places(kind, "=", version)
        for place in places:
            yield self._data(place)
        if kind == "sketches" and (others := self._places(kind, "<>", version)):
            ids = self._sketched(others) - self._sketched(places)
            yield from sketch_documents(self.documents(sorted(ids)))

    def _places(self, kind: Kind, sign: str, version: str) -> list[int]:
        first, last = self._day - self._window, self._day + self._window
        where = f"n.day {'NOT ' if kind == 'far' else ''}BETWEEN ? AND ?"
        rows = self._connection.execute(
            f"SELECT p.rowid FROM parts p JOIN nights n ON n.night = p.night WHERE p.kind = ? AND p.version {sign} ? AND {where}"  # noqa: S608
            " ORDER BY p.night, p.part",
            (kind, version, first, last),
        )
        return [place for (place,) in rows.fetchall()]

    def _data(self, place: int) -> bytes:
        """Return the data of a row: by a query it would be held twice on its way, which costs more than reading it."""
        with self._connection.blobopen("parts", "data", place, readonly=True) as blob:
            return blob.read()

    def _sketched(self, places: Iterable[int]) -> set[str]:
        """Return the ids of the documents that parts have sketches of."""
        return {identity for place in places for identity in unpack(self._data(place))["ids"].to_pylist()}

    def documents(self, ids: Sequence[str]) -> Iterator[Document]:
        """Return the documents with these ids, in the version that came last."""
        names = ", ".join(_FIELDS)
        query = f"SELECT {names} FROM documents WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"  # noqa: S608
        for row in self._connection.execute(query, (json.dumps(ids),)):
            yield Document(*row)

    def stories(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Return (story, id) of every document in the story of one of these, in this order."""
        query = """SELECT story_id, id FROM documents WHERE story_id IN
            (SELECT story_id FROM documents WHERE id IN (SELECT value FROM json_each(?))) ORDER BY story_id, id"""
        yield from self._connection.execute(query, (json.dumps(ids),))

    def _last_day(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(day), ?) FROM nights", (_NO_DAY,)).fetchone()[0])

    def _keep(self, fresh: Mapping[str, Document], known: frozenset[str], result: NightResult) -> None:
        connection = self._connection
        marks = ", ".join("?" * len(_FIELDS))
        connection.executemany(
            f"INSERT OR REPLACE INTO documents ({', '.join(_FIELDS)}) VALUES ({marks})",  # noqa: S608
            ([getattr(document, name) for name in _FIELDS] for identity, document in fresh.items() if identity not in known),
        )
        night = int(connection.execute("SELECT coalesce(max(night), 0) + 1 FROM nights").fetchone()[0])
        # A story whose earliest document came late has another name from then on: the old one leads on to it.
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS now (id TEXT PRIMARY KEY, story_id TEXT)")
        connection.execute("DELETE FROM now")
        connection.executemany("INSERT INTO now VALUES (?, ?)", ((m.article_id, m.story_id) for m in result.members))
        moved = (
            "SELECT d.story_id AS old, min(now.story_id) AS new FROM now JOIN documents d USING (id)"
            " WHERE d.story_id <> now.story_id"
        )
        connection.execute(
            f"INSERT OR REPLACE INTO aliases SELECT old, new, ? FROM ({moved} GROUP BY d.story_id)"  # noqa: S608
            " WHERE old NOT IN (SELECT story_id FROM now)",
            (night,),
        )
        connection.execute("UPDATE documents SET story_id = (SELECT story_id FROM now WHERE now.id = documents.id)"
                           " WHERE id IN (SELECT id FROM now)")  # fmt: skip
        connection.execute("DELETE FROM aliases WHERE story_id IN (SELECT story_id FROM now)")
        if result.parts:
            connection.execute("INSERT INTO nights VALUES (?, ?)", (night, self._day))
            connection.executemany(
                "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?)",
                ((p.kind, night, p.part, p.version, p.documents, p.data) for p in result.parts),
            )


def _day_of(documents: Iterable[Document], default: int) -> int:
    """Return the day (since 1970) in the middle of the documents' dates."""
    times = sorted(time for document in documents if (time := parse_time(document.published_at)) is not None)
    return int(times[len(times) // 2] // _DAY) if times else default


@contextmanager
def open_index(folder: str, window_days: int) -> Iterator[FolderIndex]:
    """Open the index in a folder, made when it is not there; a second process waits until the first is done.

    What was added is kept when the block ends, and undone when it fails.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / ".lock").open("a+")
    except OSError as error:
        raise ConfigError(f"--index {folder}: cannot be used ({error.strerror}); name a folder that can be written") from error
    with lock, locked(lock, f"--index {folder}"):
        try:
            with closing(sqlite3.connect(path / _FILE)) as connection, connection:
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN")
                yield FolderIndex(connection, window_days)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
                raise Fatal(f"{path / _FILE}: {error}: make room and run again; the index stays as it was") from error
            raise ConfigError(f"{path / _FILE}: {error}; restore the file or start a new index folder") from error


def _storable(document: Document) -> Document:
    """Return the document without lone surrogates, since the file holds UTF-8 only: question marks, and in the id its own marks."""
    changed = {
        field.name: value.encode("utf-8", "replace").decode()
        for field in dataclasses.fields(document)
        if isinstance(value := getattr(document, field.name), str)
    }
    return dataclasses.replace(document, **changed | {"id": document.id.translate(_ASIDE)})


def _as_given(result: NightResult) -> DedupResult:
    """Return what was decided with the ids as they were given."""
    ids = {member.article_id for member in result.members} | {passage.source_article_id for passage in result.reuse}
    back = {identity: old for identity in ids if (old := identity.translate(_BACK)) != identity}
    if not back:
        return DedupResult(result.members, result.reuse)

    def given(record: Any, *names: str) -> Any:
        return dataclasses.replace(record, **{name: back.get(own := getattr(record, name), own) for name in names})

    members = (given(member, "article_id", "canonical_article_id", "matched_article_id") for member in result.members)
    return DedupResult(tuple(members), tuple(given(passage, "article_id", "source_article_id") for passage in result.reuse))
