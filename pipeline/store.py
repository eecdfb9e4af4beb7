"""Partitions of a run on a local folder or S3: atomic files, and a manifest that is written last.

A partition is `stage=<s>/date=<d>/shard=<k>/`. Its data files carry the hash of their content in their name, so writing
the same rows twice writes the same file, and `MANIFEST.json` names the files that count. Whatever no manifest names does
not exist for a reader. That makes every stage safe to kill and safe to run again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar, cast

from pipeline.batched import batched, batched_within
from pipeline.errors import ConfigError, Fatal, Transient, hidden_userinfo
from pipeline.locks import locked
from pipeline.records import StageReport, from_batches, schema_of, to_batch

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

R = TypeVar("R")

MANIFEST = "MANIFEST.json"
READ_ATTEMPTS = 5
ROWS_PER_GROUP = 1000  # articles are ~5 KB a row and more with their blocks: a row group stays below some 20 MB in memory
AT_ONCE = 12 << 20  # bytes of the row groups, not compressed, that a load takes together


class Store(Protocol):
    """A flat space of keys (`a/b/c`) to bytes. A key appears whole or not at all."""

    url: str

    def put(self, key: str, data: bytes) -> None:
        """Write `data` at `key`, replacing what was there."""

    def put_file(self, key: str, path: Path) -> None:
        """Move the local file `path` to `key`."""

    def get(self, key: str) -> bytes:
        """Return the bytes at `key`; raises `KeyError` when there is none."""

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; raises `KeyError` when there is no such key.

        An offset of `-length` means the last bytes.
        """

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Remove `key`; not an error when it is gone already."""

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Context manager: hold the lock `name` among the processes of this machine."""


class LocalStore:
    """A store in a folder. Writes go to a temporary file first and are moved into place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def put(self, key: str, data: bytes) -> None:
        target = self._path(key)
        with self._temporary(target) as (handle, temporary):
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
            temporary.replace(target)

    def put_file(self, key: str, path: Path) -> None:
        target = self._path(key)
        with path.open("rb") as source:
            os.fsync(source.fileno())
        self._parent(target)
        try:
            path.replace(target)
            return
        except OSError as error:
            if error.errno != errno.EXDEV:  # another device, or another mount of the same one, as Docker's volumes are
                raise
        with self._temporary(target) as (handle, temporary), path.open("rb") as source:
            while chunk := source.read(1 << 20):
                handle.write(chunk)
            handle.flush()
            os.fsync(handle.fileno())
            temporary.replace(target)
        path.unlink()

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise KeyError(key) from None

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        try:
            with self._path(key).open("rb") as handle:
                start = offset if offset >= 0 else max(0, os.fstat(handle.fileno()).st_size + offset)
                return os.pread(handle.fileno(), length, start)
        except (FileNotFoundError, IsADirectoryError):
            raise KeyError(key) from None

    def list(self, prefix: str) -> Iterator[str]:
        base = self.root / prefix.rpartition("/")[0]
        keys = (
            Path(folder, name).relative_to(self.root).as_posix()
            for folder, _, names in os.walk(base)
            for name in names
            if not name.startswith(".")
        )
        yield from sorted(key for key in keys if key.startswith(prefix))

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        path = self._path(f".locks/{name.replace('/', '_')}")
        try:
            self._parent(path)
            opened = path.open("a+")
        except OSError as error:
            raise ConfigError(f"COPYDESK_STORE: {self.url} cannot be written ({error.strerror}); mend it or set another") from error
        with opened as handle, locked(handle, name):
            yield

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise Fatal(f"store {self.url}: the key {key!r} points outside of the store")
        return path

    def _parent(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.parent

    @contextmanager
    def _temporary(self, target: Path) -> Iterator[tuple[IO[bytes], Path]]:
        """Open a file beside its target. Not one of `tempfile`, which no user but its owner could read once it is in place."""
        temporary = self._parent(target) / f".tmp-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as handle:
                yield handle, temporary
        finally:
            temporary.unlink(missing_ok=True)


def open_store(url: str) -> Store:
    """Open the store at `url`: a folder, or `s3://bucket/prefix`."""
    if url.startswith("s3://"):
        from pipeline.s3 import S3Store  # boto3 takes half a second to import

        return S3Store(url)
    if "://" in url:
        raise ConfigError(
            f"COPYDESK_STORE: {hidden_userinfo(url)!r} is neither a folder nor s3://bucket/prefix; set it to one of these"
        )
    root = Path(url)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"COPYDESK_STORE: cannot use the folder {url!r} ({error.strerror}); set it to one that can be written"
        ) from error
    return LocalStore(root)


@dataclass(frozen=True, slots=True)
class Partition:
    """The address of one stage's output for one date and shard."""

    stage: str
    run_date: str
    shard: str

    @property
    def prefix(self) -> str:
        return f"stage={self.stage}/date={self.run_date}/shard={self.shard}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a partition holds: `files` maps a table's name to its file, `rows` to its number of rows."""

    report: StageReport
    files: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        report: dict[str, Any] = {"stage": self.report.stage, "run_date": self.report.run_date, "shard": self.report.shard}
        report |= {"seen": self.report.seen, "outcomes": dict(self.report.outcomes)}
        content = {"report": report, "files": dict(self.files), "rows": dict(self.rows), "extra": dict(self.extra)}
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        content = json.loads(data)
        return cls(StageReport(**content["report"]), content["files"], content["rows"], content["extra"])


class PartitionWriter:
    """Writes the tables of one partition, each as one Parquet file; `commit` writes the manifest and makes them real."""

    def __init__(self, store: Store, partition: Partition) -> None:
        self._store = store
        self._partition = partition
        self._files: dict[str, str] = {}
        self._rows: dict[str, int] = {}

    def write(self, name: str, record: type[R], records: Iterable[R]) -> int:
        """Write the table `name` (`part`, `rejects`, …) from an iterable that is read once; returns its number of rows."""
        import pyarrow.parquet as pq

        rows = 0
        with tempfile.TemporaryDirectory(prefix="copydesk-") as folder:
            path = Path(folder, "table.parquet")
            with pq.ParquetWriter(path, schema_of(cast(type, record)), compression="zstd") as writer:
                for chunk in batched(records, ROWS_PER_GROUP):
                    writer.write_batch(to_batch(chunk, cast(type, record)))
                    rows += len(chunk)
            with path.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()[:12]
            key = f"{self._partition.prefix}/{name}-{digest}.parquet"
            self._store.put_file(key, path)
        self._files[name] = key
        self._rows[name] = rows
        return rows

    def commit(self, report: StageReport, extra: Mapping[str, Any] | None = None) -> Manifest:
        """Make the partition visible, then remove the files of an earlier run that it no longer names."""
        manifest = Manifest(report, self._files, self._rows, extra or {})
        self._store.put(f"{self._partition.prefix}/{MANIFEST}", manifest.to_json())
        for key in self._store.list(f"{self._partition.prefix}/"):
            if key.endswith(".parquet") and key not in self._files.values():
                self._store.delete(key)
        return manifest


def read_manifest(store: Store, partition: Partition) -> Manifest | None:
    """Return the manifest of a partition, or None when the partition was never committed."""
    try:
        return Manifest.from_json(store.get(f"{partition.prefix}/{MANIFEST}"))
    except KeyError:
        return None


def read_records(store: Store, partition: Partition, record: type[R], name: str = "part") -> Iterator[R]:
    """Yield the records of one table of a partition, a row group at a time; nothing when it was never committed."""
    yield from from_batches(read_batches(store, partition, name), record)


def read_batches(store: Store, partition: Partition, name: str = "part") -> Iterator[pa.RecordBatch]:
    """Yield one table of a partition as Arrow batches; nothing when it was never committed."""
    import pyarrow.parquet as pq

    source = _open_table(store, partition, name)
    if source is not None:
        with source, pq.ParquetFile(source) as table:
            yield from table.iter_batches(batch_size=ROWS_PER_GROUP, use_threads=False)


def read_with_keys(store: Store, partition: Partition) -> Iterator[tuple[pa.RecordBatch, Callable[[], pa.RecordBatch]]]:
    """Yield the row groups of the table of keys, and with each a function that reads what it is the keys of.

    Small groups come together: each batch has its price. The function is to be called before the next is asked for. Raises `Fatal`
    for keys that cannot be of these rows.
    """
    import pyarrow.parquet as pq

    with ExitStack() as stack:
        opened = (_open_table(store, partition, name) for name in ("keys", "part"))
        tables = [stack.enter_context(pq.ParquetFile(stack.enter_context(source))) for source in opened if source is not None]
        if len(tables) < 2:  # nothing was ever committed
            return
        keys, rows = tables
        if keys.num_row_groups != rows.num_row_groups:
            raise Fatal(f"{partition.prefix}: the keys are not of these articles; run the night again `--from clean`")
        sized = ((rows.metadata.row_group(number).total_byte_size, number) for number in range(rows.num_row_groups))
        for numbers in batched_within(sized, AT_ONCE):
            yield _row_groups(keys, numbers), partial(_row_groups, rows, numbers)


def _row_groups(table: Any, numbers: list[int]) -> pa.RecordBatch:
    return table.read_row_groups(numbers, use_threads=False).combine_chunks().to_batches()[0]  # threads double the CPU-seconds


def _open_table(store: Store, partition: Partition, name: str) -> pa.NativeFile | None:
    """Open the file of a table. A commit in between replaces the file that a manifest named: then the next one is read.

    These are files of Arrow's own, so none of its threads needs the interpreter at a time when that may be ending.
    """
    import pyarrow as pa

    for _ in range(READ_ATTEMPTS):
        manifest = read_manifest(store, partition)
        if manifest is None or name not in manifest.files:
            return None
        key = manifest.files[name]
        try:
            return pa.OSFile(str(store.root / key)) if isinstance(store, LocalStore) else pa.BufferReader(store.get(key))
        except (KeyError, FileNotFoundError):
            continue
    raise Transient("partition_changing", f"{partition.prefix}: the file of {name!r} is not there; run the stage again")


def shards_of(store: Store, stage: str, run_date: str) -> list[str]:
    """Return the shards of a stage that were committed for a date, sorted."""
    prefix = f"stage={stage}/date={run_date}/shard="
    return sorted(key[len(prefix) :].split("/")[0] for key in store.list(prefix) if key.endswith(f"/{MANIFEST}"))
