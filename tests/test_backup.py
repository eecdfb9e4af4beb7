"""A store comes back from its backup as it was."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.backup import dump, restore
from pipeline.cli import main
from pipeline.errors import ConfigError, Fatal
from pipeline.records import Fetch, StageReport
from pipeline.store import MANIFEST, LocalStore, Partition, PartitionWriter, Store, read_records
from tests.warehouse.make import fetch

PARTITION = Partition("fetch", "2026-11-20", "000")

names = st.lists(
    st.text("abcé .=-_#%", min_size=1, max_size=8).filter(lambda n: n.strip(".") and n[0] != "."), min_size=1, max_size=4
)
keys = names.map("/".join)


def content(store: Store) -> dict[str, bytes]:
    return {key: store.get(key) for key in store.list("")}


def dumped(store: Store) -> bytes:
    stream = io.BytesIO()
    dump(store, stream)
    return stream.getvalue()


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(keys.map(lambda key: f"x/{key}/end"), st.binary(max_size=2000), max_size=6))
def test_what_is_restored_is_what_was_dumped(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    before, after = (LocalStore(tmp_path_factory.mktemp(name)) for name in ("before", "after"))
    for key, data in files.items():
        before.put(key, data)
    assert restore(after, io.BytesIO(dumped(before))) == len(files)
    assert content(after) == files


def test_manifests_come_last_and_locks_not_at_all(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for key in ("stage=a/MANIFEST.json", "stage=b/part-1.parquet", "raw/seg.warc.gz"):
        store.put(key, b"x")
    with store.lock("stage=a"), tarfile.open(fileobj=io.BytesIO(dumped(store))) as tar:
        assert tar.getnames() == ["raw/seg.warc.gz", "stage=b/part-1.parquet", "stage=a/MANIFEST.json"]


class Busy(LocalStore):
    """A store in which a second run of a fetch ends as soon as the first file is read, and one more while that is filed."""

    runs = 0

    def get(self, key: str) -> bytes:
        data = super().get(key)
        if key.startswith("raw/") or (key.endswith(MANIFEST) and self.runs == 1):
            self.runs += 1
            fetched(self, self.runs)
        return data


def fetched(store: Store, number: int) -> None:
    """Archive a page and file it, as a fetch does."""
    if number < 3:
        store.put(f"raw/segment-{number}", b"page")
        writer = PartitionWriter(store, PARTITION)
        rows = [replace(fetch("a"), warc_filename=f"raw/segment-{n}") for n in range(number + 1)]
        writer.write("part", Fetch, rows)
        writer.commit(StageReport("fetch", "2026-11-20", "000", len(rows), {"fetched": len(rows)}))


def test_a_store_that_is_written_to_meanwhile_gives_a_whole_backup(tmp_path: Path) -> None:
    busy, back = Busy(tmp_path / "busy"), LocalStore(tmp_path / "back")
    fetched(busy, 0)
    restore(back, io.BytesIO(dumped(busy)))
    rows = list(read_records(back, PARTITION, Fetch))
    assert len(rows) == 3
    assert {row.warc_filename for row in rows} == set(back.list("raw/"))


def test_an_empty_store_takes_the_place_of_no_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is run in the wrong folder must not empty the backup."""
    monkeypatch.chdir(tmp_path)
    Path("store.tar").write_bytes(b"earlier")
    assert main(["store", "dump", "store.tar"]) == 2
    assert Path("store.tar").read_bytes() == b"earlier"


def test_a_backup_that_is_cut_off_or_none_is_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "a")
    store.put("a", b"x" * 5000)
    with pytest.raises((Fatal, ConfigError), match=r"cut off|unexpected end"):
        restore(LocalStore(tmp_path / "b"), io.BytesIO(dumped(store)[:3000]))
    with pytest.raises(ConfigError, match="no backup"):
        restore(LocalStore(tmp_path / "b"), io.BytesIO(b"hello" * 1000))


def test_a_folder_that_tar_has_packed_is_restored_under_its_keys(tmp_path: Path) -> None:
    """On S3 `./raw/a` is another key than `raw/a`, and nobody would find it."""
    packed = LocalStore(tmp_path / "packed")
    packed.put("raw/a", b"page")
    with packed.lock("raw"), tarfile.open(tmp_path / "store.tar", "w") as tar:
        tar.add(tmp_path / "packed", ".")
    put: list[str] = []

    class Noted(LocalStore):
        def put_file(self, key: str, path: Path) -> None:
            put.append(key)

    with (tmp_path / "store.tar").open("rb") as stream:
        assert restore(Noted(tmp_path / "store"), stream) == 1
    assert put == ["raw/a"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "."])
def test_a_backup_cannot_write_outside_of_the_store(tmp_path: Path, name: str) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(Fatal, match="no key"):
        restore(LocalStore(tmp_path / "store"), io.BytesIO(stream.getvalue()))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_backup_whose_reader_leaves_is_a_failure(tmp_path: Path) -> None:
    LocalStore(tmp_path / "one").put("raw/a", bytes(2**20))
    environment = {"PYTHONPATH": str(Path(__file__).parents[1]), "COPYDESK_STORE": str(tmp_path / "one")}
    command = [sys.executable, "-m", "pipeline", "store", "dump", "-"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as dump:
        assert dump.stdout is not None
        assert dump.stderr is not None
        dump.stdout.read(100)
        dump.stdout.close()
        said = dump.stderr.read().decode()
    assert (dump.returncode, said) == (
        1,
        "copydesk: store dump: what reads the backup has ended before it was whole; see why, and dump again\n",
    )


def test_the_command_line_pipes_one_store_into_another(tmp_path: Path) -> None:
    LocalStore(tmp_path / "one").put("raw/a", b"page")
    copydesk = (sys.executable, "-m", "pipeline", "store")
    root = str(Path(__file__).parents[1])

    def environment(store: str) -> dict[str, str]:
        return {"PYTHONPATH": root, "COPYDESK_STORE": str(tmp_path / store)}

    out = subprocess.run([*copydesk, "dump", "-"], env=environment("one"), capture_output=True, check=True)
    subprocess.run([*copydesk, "restore", "-"], env=environment("two"), input=out.stdout, capture_output=True, check=True)
    assert content(LocalStore(tmp_path / "two")) == {"raw/a": b"page"}
    assert b"1 files dumped" in out.stderr
