"""Local documents: folders and globs of HTML, text and JSON Lines, on disk or in S3.

A document's URL is that of its file; a record of a JSON Lines file has its line number behind `#`.
"""

from __future__ import annotations

import glob
import gzip
import io
import json
import logging
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from urllib.parse import quote, unquote_to_bytes, urlsplit

import zstandard

from pipeline.errors import ConfigError, Reject, Transient, of_os_error
from pipeline.store import open_store
from pipeline.zst import open_zst

logger = logging.getLogger(__name__)

HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
TEXT_SUFFIXES = (".txt",)
RECORD_SUFFIXES = (".jsonl", ".ndjson")
SUFFIXES = HTML_SUFFIXES + TEXT_SUFFIXES + RECORD_SUFFIXES
PACKED = (".gz", ".zst")
KINDS_TOLD = 5
WILD = re.compile(r"[*?\[]")
LOCAL_SCHEMES = ("file:", "s3:")


@dataclass(frozen=True, slots=True)
class Document:
    """One document as read. `content` is None when it is larger than the limit."""

    url: str
    content: bytes | None
    content_type: str


@dataclass(frozen=True, slots=True)
class Found:
    """The URLs of the files that a folder, a glob or a path names, sorted; and how many others there are, by kind."""

    urls: list[str]
    passed_over: Counter[str]

    def told(self) -> str:
        """Say what is passed over, the most first."""
        kinds = sorted(self.passed_over.items(), key=lambda item: (-item[1], item[0]))
        told = [f"{n} {kind}" for kind, n in kinds[:KINDS_TOLD]]
        if others := sum(n for _, n in kinds[KINDS_TOLD:]):
            told.append(f"{others} of other kinds")
        return ", ".join(told)


def find_files(pattern: str) -> Found:
    """Return the files that a folder, a glob or a path names; raises `Reject` `no_such_file` when none of them can be read.

    Raises `Reject` `unreadable` or `Transient` `unreachable` for a folder or bucket that cannot be listed.
    """
    try:
        found = _find_s3(pattern) if pattern.startswith("s3://") else _find_local(pattern)
    except OSError as error:
        raise Reject("unreadable", f"{pattern}: {error.strerror or error}") from error
    if not found.urls:
        kinds = f"{', '.join(SUFFIXES)}, each also with {' or '.join(PACKED)}"
        there = f"; there are {found.told()}" if found.passed_over else ""
        raise Reject("no_such_file", f"{pattern} names no file of a kind that can be read ({kinds}){there}")
    return found


def _find_local(pattern: str) -> Found:
    path = Path(pattern.removeprefix("file://")).expanduser()
    if path.is_file() and ".warc" in path.suffixes:
        raise Reject("no_such_file", f"{pattern} is a WARC file: `copydesk import` takes it")
    if path.is_file():
        return Found([path.absolute().as_uri()], Counter())
    # Path.glob takes no absolute pattern.
    names = _below(path) if path.is_dir() else glob.glob(str(path), recursive=True)  # noqa: PTH207
    return _parted((name for name in names if Path(name).is_file()), lambda name: Path(name).absolute().as_uri())


def _below(folder: Path) -> Iterator[str]:
    """Yield what stands below a folder, but for hidden folders: rsync and others keep there what has not come whole yet."""
    os.scandir(folder).close()  # of one that may not be listed os.walk finds nothing
    for place, folders, names in os.walk(folder, onerror=lambda error: logger.warning("%s", of_os_error(error))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (f"{place}/{name}" for name in names)


def _find_s3(pattern: str) -> Found:
    """List what a folder, a key or a glob names; a bucket has nothing but keys, of which a folder is the beginning."""
    bucket, _, key = pattern.removeprefix("s3://").partition("/")
    folder = key if key.endswith("/") or not key else f"{key}/"
    parts = key.split("/")
    with _of_a_source():
        listed = [*open_store(f"s3://{bucket}").list(WILD.split(key, maxsplit=1)[0])]
    below = (k.startswith(folder) and _matches(k[len(folder) :].split("/"), ["**"]) for k in listed)
    wanted = (k for k, is_below in zip(listed, below, strict=True) if is_below or k == key or _matches(k.split("/"), parts))
    return _parted(wanted, lambda k: f"s3://{bucket}/{quote(k)}")


@contextmanager
def _of_a_source() -> Iterator[None]:
    """A bucket that a source names is not the store: what is wrong with it costs the source, and not the night."""
    try:
        yield
    except ConfigError as error:
        raise Reject("unreadable", str(error)) from error
    except Transient as error:
        raise Transient("unreachable", error.detail) from error


def _parted(names: Iterable[str], address: Callable[[str], str]) -> Found:
    """Part the names of files by whether they can be read; hidden ones, and the keys that stand for folders, are not told."""
    urls: list[str] = []
    passed_over: Counter[str] = Counter()
    for name in names:
        base = name.rpartition("/")[2].lower()
        plain = _unpacked(base)
        if base.startswith(".") or not base:
            continue
        if plain.endswith(SUFFIXES):
            urls.append(address(name))
        else:
            passed_over[Path(plain).suffix + base[len(plain) :] or "without a suffix"] += 1
    return Found(sorted(urls), passed_over)


def _matches(parts: list[str], pattern: list[str]) -> bool:
    """Say whether the parts of a key are those of a glob: `**` stands for any number of them, and nothing for what is hidden."""
    if not pattern:
        return not parts
    hidden = bool(parts) and parts[0].startswith(".") and not pattern[0].startswith(".")
    if pattern[0] == "**":
        return _matches(parts, pattern[1:]) or (bool(parts) and not hidden and _matches(parts[1:], pattern))
    return bool(parts) and not hidden and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _unpacked(name: str) -> str:
    """Return a name in lower case without the suffix of its compression."""
    name = name.lower()
    return next((name.removesuffix(suffix) for suffix in PACKED if name.endswith(suffix)), name)


def is_local(url: str) -> bool:
    """Say whether a URL is that of a local document."""
    return url.startswith(LOCAL_SCHEMES)


def holds_records(url: str) -> bool:
    """Say whether the file of this URL is JSON Lines."""
    return _unpacked(urlsplit(url).path).endswith(RECORD_SUFFIXES)


def read_documents(url: str, limit: int, numbers: Iterable[int] | None = None) -> Iterator[Document]:
    """Yield the documents of one file: itself, or its records (those of `numbers`, which count lines from 1).

    Raises `Reject` `no_such_file`, `unreadable` or `bad_encoding`, `Transient` `unreachable`.
    """
    try:
        with _open(url) as handle:
            if holds_records(url):
                yield from _records(url, handle, limit, None if numbers is None else set(numbers))
            else:
                content = handle.read(limit + 1)
                kind = "text/plain" if _unpacked(urlsplit(url).path).endswith(TEXT_SUFFIXES) else "text/html"
                yield Document(url, content if len(content) <= limit else None, kind)
    except (FileNotFoundError, KeyError) as error:
        raise Reject("no_such_file", f"{url} is not there") from error
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError, EOFError) as error:
        raise Reject("bad_encoding", f"{url}: {error}") from error
    except OSError as error:
        raise Reject("unreadable", f"{url}: {error.strerror or error}") from error


def _records(url: str, handle: IO[bytes], limit: int, numbers: set[int] | None) -> Iterator[Document]:
    number = 0
    last = None if numbers is None else max(numbers, default=0)
    while last is None or number < last:
        line = handle.readline(limit + 1)
        if not line:
            return
        number += 1
        whole = len(line) <= limit
        while not line.endswith(b"\n") and (rest := handle.readline(1 << 20)):
            line = rest  # the tail of a line that is too long
        if (numbers is None or number in numbers) and (not whole or line.strip()):
            yield Document(f"{url}#{number}", line.strip() if whole else None, "application/json")


def _open(url: str) -> IO[bytes]:
    parts = urlsplit(url)
    path = os.fsdecode(unquote_to_bytes(parts.path))  # a file's name need not be UTF-8
    file: BinaryIO | str = path
    if parts.scheme == "s3":
        with _of_a_source():
            file = io.BytesIO(open_store(f"s3://{parts.netloc}").get(path.lstrip("/")))
    if path.lower().endswith(".gz"):
        return cast("IO[bytes]", gzip.open(file))
    raw = Path(file).open("rb") if isinstance(file, str) else file  # noqa: SIM115  the caller closes it
    if path.lower().endswith(".zst"):
        return open_zst(raw)
    return raw


def parse_record(content: bytes) -> dict[str, Any]:
    """Return a JSON Lines record; raises `Reject` `bad_json` when it is not an object with `html` or `text`."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Reject("bad_json", str(error)) from error
    if not isinstance(value, dict):
        raise Reject("bad_json", f"a record must be an object, not {type(value).__name__}")
    if not isinstance(value.get("html"), str) and not isinstance(value.get("text"), str):
        raise Reject("bad_json", "a record needs the key html or text, with a string")
    return value
