"""JSON Lines in and out: `.gz` and `.zst` by suffix, `-` for a pipe, the target all there or not at all."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from pipeline.errors import ConfigError

_READABLE = 0o666


def read_lines(source: str) -> Iterator[bytes]:
    """Yield the lines of a file or of standard input that are not blank; raises `ConfigError` when it cannot be read."""
    try:
        with _open_source(source) as stream:
            for line in stream:
                if line.strip():
                    yield line
    except (OSError, EOFError) as error:
        raise ConfigError(
            f"{source}: cannot be read: {error}; give a JSON Lines file (.jsonl, .gz, .zst) or - for a pipe"
        ) from error


def write_lines(target: str, lines: Iterable[str]) -> None:
    """Write the lines; a reader of the target sees the old file or the whole new one."""
    if target == "-":
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        return
    path = Path(target)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as handle:
            temporary = Path(handle.name)
            try:
                with _compressed(handle, path.suffix) as stream:
                    for line in lines:  # zstandard's writer has no writelines
                        stream.write((line + "\n").encode())
                handle.flush()
                os.fsync(handle.fileno())
                temporary.chmod(_READABLE & ~_umask())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{target}: cannot be written: {error}; name a file in a folder that exists and can be written"
        ) from error


@contextmanager
def _open_source(source: str) -> Iterator[Iterable[bytes]]:
    if source == "-":
        yield sys.stdin.buffer
        return
    with Path(source).open("rb") as handle:
        if source.endswith(".gz"):
            with gzip.open(handle) as stream:
                yield cast(Iterable[bytes], stream)
        elif source.endswith(".zst"):
            import zstandard

            try:
                with zstandard.ZstdDecompressor().stream_reader(handle, read_across_frames=True) as stream:
                    yield io.BufferedReader(cast(io.RawIOBase, stream))
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from error
        else:
            yield handle


@contextmanager
def _compressed(handle: IO[bytes], suffix: str) -> Iterator[IO[bytes]]:
    if suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=handle, compresslevel=6, mtime=0) as stream:
            yield cast(IO[bytes], stream)
    elif suffix == ".zst":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(handle, closefd=False) as stream:
            yield cast(IO[bytes], stream)
    else:
        yield handle


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
