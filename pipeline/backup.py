"""Back up a store as one tar stream and restore it: the archive of raw pages and the files of the stages.

The files come first and the manifests that name them last, so that a store that is written to meanwhile still gives a
whole backup: what no manifest names does not exist for a reader, and what one names is in the backup before it.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.errors import ConfigError, Fatal
from pipeline.store import MANIFEST, READ_ATTEMPTS, Manifest, Store


def dump(store: Store, stream: IO[bytes]) -> int:
    """Write every key of a store to an uncompressed tar stream (its files are compressed already); returns their number."""
    done: set[str] = set()
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        manifests = _add_files(store, tar, done)
        for attempt in range(READ_ATTEMPTS):
            last = attempt == READ_ATTEMPTS - 1  # then a file that is named is not late but lost
            manifests = [key for key in manifests if not _add_manifest(store, tar, key, done, anyway=last)]
            if not manifests:
                break
            _add_files(store, tar, done)
    return len(done)


def _add_files(store: Store, tar: tarfile.TarFile, done: set[str]) -> list[str]:
    """Add the files that are not `done`, and those that come meanwhile; returns the keys of the manifests.

    The rows of a fetch are filed after the pages that they name, so it is listed until nothing is new.
    """
    while True:
        keys = sorted(key for key in store.list("") if not key.startswith("."))  # a folder also holds its locks
        new = [key for key in keys if not _is_manifest(key) and key not in done]
        before = len(done)
        for key in new:
            _add(store, tar, key, done)
        if len(done) == before:
            return list(filter(_is_manifest, keys))


def _add(store: Store, tar: tarfile.TarFile, key: str, done: set[str]) -> None:
    try:
        data = store.get(key)
    except KeyError:
        return  # replaced by a commit since it was listed
    _write(tar, key, data, done)


def _add_manifest(store: Store, tar: tarfile.TarFile, key: str, done: set[str], *, anyway: bool) -> bool:
    """Add a manifest of which every file is `done`, and say so; a commit may have named new ones since they were listed."""
    try:
        data = store.get(key)
    except KeyError:
        return True
    if not anyway and not done.issuperset(_named(data)):
        return False
    _write(tar, key, data, done)
    return True


def _named(manifest: bytes) -> set[str]:
    try:
        return set(Manifest.from_json(manifest).files.values())
    except (ValueError, KeyError, TypeError):
        return set()  # damaged: kept as it is


def _write(tar: tarfile.TarFile, key: str, data: bytes, done: set[str]) -> None:
    entry = tarfile.TarInfo(key)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
    done.add(key)


def _is_manifest(key: str) -> bool:
    return key.endswith(f"/{MANIFEST}")


def restore(store: Store, stream: IO[bytes]) -> int:
    """Write the keys of a tar stream to a store, replacing those that are there; returns their number.

    Raises `ConfigError` for a stream that is no tar, and `Fatal` for one that ends too early or names a key outside of a store.
    """
    number = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar, tempfile.TemporaryDirectory(prefix="copydesk-") as folder:
            for entry in tar:
                source = tar.extractfile(entry) if entry.isfile() else None
                if source is None:
                    continue
                key = PurePosixPath(entry.name)  # as a key is written: tar itself begins each name with ./
                if key.is_absolute() or ".." in key.parts or not key.parts:
                    raise Fatal(
                        f"restore: the backup names {entry.name!r}, which is no key of a store; of it and of what"
                        f" follows nothing was written, {number} files before it were"
                    )
                if key.parts[0].startswith("."):
                    continue  # a lock
                _put(store, key.as_posix(), source.read(), entry.size, Path(folder, "file"))
                number += 1
    except tarfile.ReadError as error:
        if number:
            raise Fatal(f"restore: the backup is cut off after {number} files ({error}); restore another") from error
        raise ConfigError(f"restore: this is no backup that `store dump` wrote ({error})") from error
    return number


def _put(store: Store, key: str, data: bytes, size: int, path: Path) -> None:
    if len(data) != size:
        raise Fatal(f"restore: {key} is cut off; restore another backup")
    path.write_bytes(data)
    store.put_file(key, path)  # large files go up in parts
