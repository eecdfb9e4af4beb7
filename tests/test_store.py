"""Partitions appear whole or not at all, and the same rows make the same files."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, Fatal, Transient
from pipeline.records import Discovered, StageReport
from pipeline.store import MANIFEST, LocalStore, Partition, PartitionWriter, open_store, read_manifest, read_records, shards_of

PARTITION = Partition("discover", "2026-11-20", "003")


def items(n: int) -> list[Discovered]:
    return [Discovered(f"https://x.example/{i}", "x", "x.example", "feed") for i in range(n)]


def write(store: LocalStore, n: int, *, commit: bool = True) -> None:
    writer = PartitionWriter(store, PARTITION)
    rows = writer.write("part", Discovered, items(n))
    if commit:
        writer.commit(StageReport("discover", "2026-11-20", "003", rows, {"new": rows}))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_what_was_written_is_read_back_in_order(store: LocalStore) -> None:
    write(store, 2500)
    assert list(read_records(store, PARTITION, Discovered)) == items(2500)
    assert shards_of(store, "discover", "2026-11-20") == ["003"]


def test_without_a_manifest_there_is_nothing(store: LocalStore) -> None:
    write(store, 3, commit=False)
    assert read_manifest(store, PARTITION) is None
    assert list(read_records(store, PARTITION, Discovered)) == []


def test_a_run_that_died_before_its_manifest_leaves_the_old_rows_readable(store: LocalStore) -> None:
    write(store, 3)
    write(store, 5, commit=False)
    assert list(read_records(store, PARTITION, Discovered)) == items(3)


def test_the_same_rows_make_the_same_files(store: LocalStore) -> None:
    write(store, 3)
    before = {key: store.get(key) for key in store.list("stage=")}
    write(store, 3)
    assert {key: store.get(key) for key in store.list("stage=")} == before


def test_the_files_of_an_earlier_run_go_when_the_next_is_committed(store: LocalStore) -> None:
    write(store, 3)
    write(store, 4)
    assert sum(key.endswith(".parquet") for key in store.list("stage=")) == 1


def test_every_file_may_be_read_by_whom_the_umask_lets_in(store: LocalStore) -> None:
    before = os.umask(0o027)  # of a group that shares the store, as for backups
    try:
        write(store, 3)
    finally:
        os.umask(before)
    files = [path for path in store.root.rglob("*") if path.is_file()]
    assert {path.suffix: path.stat().st_mode & 0o777 for path in files} == {".json": 0o640, ".parquet": 0o640}


@given(data=st.binary(max_size=200), offset=st.integers(0, 100), length=st.integers(0, 100))
def test_a_ranged_read_is_a_slice(tmp_path_factory: pytest.TempPathFactory, data: bytes, offset: int, length: int) -> None:
    store = LocalStore(tmp_path_factory.mktemp("s"))
    store.put("a/b", data)
    assert store.get_range("a/b", offset, length) == data[offset : offset + length]
    assert store.get_range("a/b", -length, length) == data[len(data) - min(length, len(data)) :]


def test_a_file_from_another_mount_of_the_same_file_system_is_moved_in(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, move = tmp_path / "segment", Path.replace

    def replace(path: Path, target: Path) -> Path:  # as between two of Docker's volumes
        if path == file:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(path))
        return move(path, target)

    file.write_bytes(b"a segment")
    monkeypatch.setattr(Path, "replace", replace)
    store.put_file("raw/segment", file)
    assert (store.get("raw/segment"), file.exists()) == (b"a segment", False)


def test_a_missing_key_is_a_key_error_and_deleting_it_is_none(store: LocalStore) -> None:
    store.delete("a/none")
    with pytest.raises(KeyError):
        store.get("a/none")
    with pytest.raises(KeyError):
        store.get_range("a/none", 0, 1)


def test_a_table_whose_file_a_commit_replaces_meanwhile_is_read_as_it_is_now(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, 3)
    read = store.get
    before = [read(f"{PARTITION.prefix}/{MANIFEST}")]
    write(store, 4)
    monkeypatch.setattr(store, "get", lambda key: before.pop() if before else read(key))
    assert list(read_records(store, PARTITION, Discovered)) == items(4)
    store.delete(str(read_manifest(store, PARTITION).files["part"]))  # type: ignore[union-attr]
    with pytest.raises(Transient, match="the file of 'part' is not there; run the stage again"):
        list(read_records(store, PARTITION, Discovered))


def test_a_listing_has_the_keys_below_a_prefix_in_their_order_and_nothing_that_is_being_written(store: LocalStore) -> None:
    for key in ("b/2", "b/10", "a", "b/1/x"):
        store.put(key, b"")
    (store.root / "b" / ".tmp-of-one-that-was-killed").write_bytes(b"")
    with store.lock("night"):
        assert list(store.list("b/")) == ["b/1/x", "b/10", "b/2"]
    assert list(store.list("b/1")) == ["b/1/x", "b/10"]
    assert list(store.list("none/")) == []


def test_what_cannot_be_written_leaves_nothing_half(store: LocalStore) -> None:
    store.put("a/b", b"before")
    with pytest.raises(TypeError):
        store.put("a/b", "no bytes")  # type: ignore[arg-type]
    assert ([path.name for path in store.root.rglob("*")], store.get("a/b")) == (["a", "b"], b"before")


def test_every_file_of_a_partition_is_on_the_disk_when_its_manifest_is(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[int] = set()
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write(store, 3)
    assert {path.stat().st_ino for path in store.root.rglob("*") if path.is_file()} == synced


def test_a_key_cannot_leave_the_store(store: LocalStore) -> None:
    with pytest.raises(Fatal, match="outside"):
        store.put("../../etc/x", b"")


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="COPYDESK_STORE"):
        open_store(str(tmp_path / "file" / "store"))
    with pytest.raises(ConfigError, match="neither a folder nor s3"):
        open_store("ftp://x/y")


def _hold(root: str, held: Event, release: Event, let_go: Event) -> None:
    with LocalStore(Path(root)).lock("night"):
        held.set()
        release.wait(60)
        time.sleep(0.5)  # who does not wait is there by then
        let_go.set()


def test_a_second_process_waits_for_the_lock_and_says_for_whom(store: LocalStore) -> None:
    context = multiprocessing.get_context("spawn")
    held, release, let_go = context.Event(), context.Event(), context.Event()
    (store.root / ".locks").mkdir(parents=True)
    (store.root / ".locks" / "night").write_text("99999999999")  # who held it before
    other = context.Process(target=_hold, args=(str(store.root), held, release, let_go))
    other.start()
    assert held.wait(60)
    said: list[str] = []
    logger = logging.getLogger("pipeline.locks")
    logger.addFilter(said_first := _say_first(said, release))
    try:
        with store.lock("night"):
            assert let_go.is_set()
    finally:
        logger.removeFilter(said_first)
        other.join()
    assert f"by process {other.pid}:" in said[0]


def _say_first(said: list[str], release: Event) -> Callable[[logging.LogRecord], bool]:
    """Return a filter that lets the lock go once it was said for whom is waited."""

    def note(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        release.set()
        return True

    return note
