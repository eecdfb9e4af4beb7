"""Back up a store as one tar stream and restore it: the archive of raw pages and the files of the stages.

The files come first and the manifests that name them last, so that a store that is written to meanwhile still gives a
whole backup: what no manifest names does not exist for a reader.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.errors import ConfigError, Fatal
from pipeline.store import MANIFEST, Store


def dump(store: Store, stream: IO[bytes]) -> int:
    """Write every key of a store to an uncompressed tar stream (its files are compressed already); returns their number."""
    number = 0
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        keys = (key for key in store.list("") if not key.startswith("."))  # a folder also holds its locks
        for key in sorted(keys, key=lambda key: (key.endswith(f"/{MANIFEST}"), key)):
            try:
                data = store.get(key)
            except KeyError:
                continue  # replaced by a commit since it was listed
            entry = tarfile.TarInfo(key)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
            number += 1
    return number


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
                if PurePosixPath(entry.name).is_absolute() or ".." in PurePosixPath(entry.name).parts:
                    raise Fatal(
                        f"restore: the backup names {entry.name!r}, which is no key of a store; of it and of what"
                        f" follows nothing was written, {number} files before it were"
                    )
                _put(store, entry, source.read(), Path(folder, "file"))
                number += 1
    except tarfile.ReadError as error:
        if number:
            raise Fatal(f"restore: the backup is cut off after {number} files ({error}); restore another") from error
        raise ConfigError(f"restore: this is no backup that `store dump` wrote ({error})") from error
    return number


def _put(store: Store, entry: tarfile.TarInfo, data: bytes, path: Path) -> None:
    if len(data) != entry.size:
        raise Fatal(f"restore: {entry.name} is cut off; restore another backup")
    path.write_bytes(data)
    store.put_file(entry.name, path)  # large files go up in parts
