"""The folder index of the `dedup` command: the documents of earlier nights, so that tonight's can be held against them."""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.dedup import Document
from pipeline.errors import ConfigError
from pipeline.records import from_batches, schema_of, to_batch

_ROWS = 10_000
_NAME = "night-{number:06d}-{digest}.parquet"


class FolderIndex:
    """Nights of documents as Parquet files, in the order in which they came; a later version of an id replaces an earlier."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, documents: Mapping[str, Document]) -> list[Document]:
        """Keep tonight's documents and return all there are: what is answered is a function of these, not of the nights."""
        known = self._read()
        fresh = {identity: document for identity, document in documents.items() if known.get(identity) != document}
        if fresh:
            self._write(fresh)
        return list((known | fresh).values())

    def _read(self) -> dict[str, Document]:
        known: dict[str, Document] = {}
        for path in sorted(self._folder.glob("night-*.parquet")):
            try:
                batches = pq.ParquetFile(path).iter_batches(batch_size=_ROWS)
                known.update((document.id, document) for document in from_batches(batches, Document))
            except (OSError, pa.ArrowInvalid) as error:
                raise ConfigError(f"{path}: not a file of this index: {error}; restore it or start a new index folder") from error
        return known

    def _write(self, documents: Mapping[str, Document]) -> None:
        rows = [_storable(documents[identity]) for identity in sorted(documents)]
        number = len(list(self._folder.glob("night-*.parquet"))) + 1
        digest = hashlib.sha256(repr(rows).encode(errors="surrogatepass")).hexdigest()[:12]
        path = self._folder / _NAME.format(number=number, digest=digest)
        temporary = path.with_suffix(".tmp")
        with pq.ParquetWriter(temporary, schema_of(Document), compression="zstd") as writer:
            for start in range(0, len(rows), _ROWS):
                writer.write_batch(to_batch(rows[start : start + _ROWS], Document))
        temporary.replace(path)


@contextmanager
def open_index(folder: str) -> Iterator[FolderIndex]:
    """Open the index in a folder, made when it is not there; a second process waits until the first is done."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / ".lock").open("a")
    except OSError as error:
        raise ConfigError(f"--index {folder}: cannot be used ({error.strerror}); name a folder that can be written") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield FolderIndex(path)


def _storable(document: Document) -> Document:
    """Return the document with lone surrogates as question marks: Parquet holds UTF-8 only."""
    changed = {
        field.name: value.encode("utf-8", "replace").decode()
        for field in dataclasses.fields(document)
        if isinstance(value := getattr(document, field.name), str)
    }
    return dataclasses.replace(document, **changed)
