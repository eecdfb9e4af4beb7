"""JSON Lines in and out: plain, `.gz`, `.zst` or a pipe, one bad line never more than one bad line."""

from __future__ import annotations

import gzip
import json
import logging
import os
import secrets
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TextIO, TypeVar, cast

from pipeline.errors import ConfigError, Fatal
from pipeline.terminal import tell

logger = logging.getLogger(__name__)

T = TypeVar("T")

PIPE = "-"
DESCRIPTORS = ("/dev/std", "/dev/fd/", "/proc/self/fd/")  # open already, as for bash's `<(…)` and `>(…)`; /dev/shm has files
PLAIN = ("", ".jsonl", ".ndjson", ".json")
# What people have in hand instead of JSON Lines, packed or not, and what takes it.
ELSEWHERE = {
    ".html": "`copydesk explain` shows what becomes of one page, `files` in sources.toml takes a folder of them",
    ".warc": "`copydesk import` takes it",
}
MAX_LINE = 256 * 2**20  # bytes; a line that never ends must not fill the memory
GZIP_LEVEL = 6
STEP = 25  # lines between two updates of the progress line


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input, counted from 1: the object it holds, or what is wrong with it."""

    number: int
    value: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


@contextmanager
def open_lines(source: str) -> Iterator[Iterator[Line]]:
    """Open a JSON Lines file and give its lines, the bad ones too; raises `ConfigError` when it cannot be read."""
    with _opened(source) as handle:
        yield (parse_line(raw, number) for number, raw in enumerate(_raw_lines(handle, source), 1))


def read_lines(source: str) -> Iterator[bytes]:
    """Yield the lines of a JSON Lines file as they stand there, without blank ones; raises as `open_lines` does."""
    with _opened(source) as handle:
        yield from (raw for raw in _raw_lines(handle, source) if raw.strip())


@contextmanager
def _opened(source: str) -> Iterator[IO[bytes]]:
    handle = _open_input(source)
    try:
        yield handle
    finally:
        if source != PIPE:
            handle.close()


def _raw_lines(handle: IO[bytes], source: str) -> Iterator[bytes]:
    while raw := _read_line(handle, source):
        yield raw


def _read_line(handle: IO[bytes], source: str) -> bytes:
    try:
        raw = handle.readline(MAX_LINE)
        if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
            while rest := handle.readline(MAX_LINE):
                if rest.endswith(b"\n"):
                    break
        return raw
    except (OSError, EOFError, zlib.error, _zstd_error()) as error:
        raise ConfigError(f"input {source!r} cannot be read on: {error}; is it whole, and packed as its suffix says?") from error


def _zstd_error() -> type[Exception]:
    module = sys.modules.get("zstandard")  # imported only for a file that needs it
    return cast("type[Exception]", module.ZstdError) if module else EOFError


def parse_line(raw: bytes, number: int = 0) -> Line:
    """Return what one line of JSON Lines says, or what is wrong with it. A byte order mark, as Windows writes, is none of it."""
    if len(raw) >= MAX_LINE:
        return Line(number, error=f"longer than {MAX_LINE // 2**20} MiB")
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Line(number, error=f"not UTF-8: {error.reason} at byte {error.start}")
    except json.JSONDecodeError as error:  # whose own text counts lines within this one
        return Line(number, error=f"not JSON at character {error.pos + 1}: {error.msg}")
    except (ValueError, RecursionError) as error:
        return Line(number, error=f"not JSON: {error}")
    if not isinstance(value, dict):
        return Line(number, error=f"must be a JSON object, got {type(value).__name__}")
    return Line(number, value)


@contextmanager
def open_output(target: str) -> Iterator[IO[bytes]]:
    """Open a file for writing as `whole_file` does, packed as its suffix says."""
    suffix = _suffix(target, "output")
    with whole_file(target) as plain, _packed(plain, suffix) as handle:
        yield handle


@contextmanager
def whole_file(target: str) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name when all of it is written, and never in part; `-` is the pipe."""
    if target == PIPE:
        pipe = _open_pipe(sys.stdout, "output")
        yield pipe
        pipe.flush()
        return
    path = Path(target)
    if target.startswith(DESCRIPTORS) or (path.exists() and not path.is_file() and not path.is_dir()):
        yield from _stream(path)
        return
    path = path.resolve()
    temporary = path.parent / f".{path.name}-{secrets.token_hex(4)}"
    try:
        with _created(temporary, path, target) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())  # a power cut must not leave the name with half of the file
        temporary.replace(path)
    except OSError as error:
        raise Fatal(f"output {target!r}: writing failed: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _created(temporary: Path, path: Path, target: str) -> IO[bytes]:
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        return temporary.open("xb")
    except OSError as error:
        raise ConfigError(f"output {target!r} cannot be written ({error.strerror}); name a file in a folder that can") from error


def _stream(path: Path) -> Iterator[IO[bytes]]:
    """Open what is written to, not replaced: a device, a named pipe, a descriptor such as `/dev/stdout`."""
    try:
        device = path.open("ab")  # of a descriptor that leads to a file what it has stays
    except OSError as error:
        raise ConfigError(f"output {str(path)!r} cannot be written ({error.strerror}); name a file, or - for a pipe") from error
    with device:
        yield device


@contextmanager
def _packed(handle: IO[bytes], suffix: str) -> Iterator[IO[bytes]]:
    if suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=handle, compresslevel=GZIP_LEVEL, mtime=0) as packed:
            yield cast("IO[bytes]", packed)
    elif suffix == ".zst":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(handle, closefd=False) as packed:
            yield packed
    else:
        yield handle


def _open_pipe(stream: TextIO | None, what: str) -> IO[bytes]:
    if stream is None:  # as after `>&-`, or under a service manager
        raise ConfigError(f"standard {what} is closed; name a file, or connect a pipe")
    return stream.buffer


def _open_input(source: str) -> IO[bytes]:
    suffix = _suffix(source, "input")
    if source == PIPE:
        return _open_pipe(sys.stdin, "input")
    try:
        if suffix == ".gz":
            return cast("IO[bytes]", gzip.open(source, "rb"))
        handle = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ConfigError(f"input {source!r} cannot be read ({error.strerror}); name a JSON Lines file, or - for a pipe") from error
    if suffix == ".zst":
        from pipeline.zst import open_zst

        return open_zst(handle)
    return handle


def _suffix(name: str, role: str) -> str:
    """Return `.gz`, `.zst` or nothing; raises `ConfigError` for a file of another kind."""
    suffixes = [] if name == PIPE or name.startswith(DESCRIPTORS) else [suffix.lower() for suffix in Path(name).suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in (".gz", ".zst") else ""
    suffix = suffixes[-1] if suffixes else ""
    if suffix in ELSEWHERE:
        raise ConfigError(f"{role} {name!r}: {suffix} holds no JSON Lines; {ELSEWHERE[suffix]}")
    if suffix not in PLAIN and not packed:
        raise ConfigError(f"{role} {name!r}: cannot tell what {suffix!r} holds; use .jsonl, .jsonl.gz, .jsonl.zst, or - for a pipe")
    return packed


def tell_malformed(source: str, malformed: int, lines: int) -> None:
    """Warn of lines that are no documents: each has its answer, but nobody may look for it there."""
    if malformed:
        logger.warning('%s: %d of %d lines are no documents; "error" in the output says what is wrong', source, malformed, lines)


class Progress:
    """A line on stderr that counts, when stderr is a terminal."""

    def __init__(self, name: str) -> None:
        self._name, self._count, self._shown = name, 0, sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items and count them."""
        for item in items:
            self.advance()
            yield item

    def advance(self) -> None:
        """Count one more."""
        self._count += 1
        if self._shown and self._count % STEP == 0:
            tell(f"\r{self._name}: {self._count:,} lines", end="")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown:
            tell(f"\r{self._name}: {self._count:,} lines")
