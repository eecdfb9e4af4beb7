"""The distinct texts of one call, in a file: what is decided needs some of them at a time, and a night's do not fit in memory."""

from __future__ import annotations

import hashlib
import os
import tempfile
from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.dedup.sketch import CHUNK, Texts
from pipeline.errors import ConfigError

_PENDING = 1 << 20  # bytes that wait to be written
Numbers = npt.NDArray[np.int64]


class TextFile:
    """Texts by number, in the order in which they first came, in a temporary file that ends with the context.

    The file holds UTF-8; of a lone surrogate it holds one question mark, so that offsets stay.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0, prefix="copydesk-texts-")  # noqa: SIM115 - closed with the context
        self._pending = bytearray()
        self._written = 0
        self._ends = array("q", [0])
        self._numbers: dict[bytes, int] = {}
        self.lengths = array("q")  # characters
        self.wordless = bytearray()  # 1 where no character is a letter or a figure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, text: str) -> tuple[int, bytes]:
        """Return the number of a text, and its digest."""
        content = text.encode(errors="surrogatepass")
        digest = digest_of(content)
        number = self._numbers.setdefault(digest, len(self.lengths))
        if number == len(self.lengths):
            self.lengths.append(len(text))
            self.wordless.append(not any(map(str.isalnum, text)))
            self._pending += _storable(text, content)
            self._ends.append(self._written + len(self._pending))
            if len(self._pending) > _PENDING:
                self._write()
        return number, digest

    def sizes(self, numbers: Numbers) -> Numbers:
        """Return the bytes of texts."""
        ends = np.array(self._ends)
        sizes: Numbers = ends[numbers + 1] - ends[numbers]
        return sizes

    def read(self, numbers: Numbers) -> Texts:
        """Return texts as bytes one after another, and the offsets between them."""
        if self._pending:
            self._write()
        ends = np.array(self._ends)
        bounds = np.concatenate([[0], np.cumsum(ends[numbers + 1] - ends[numbers])])
        data = np.empty(max(1, int(bounds[-1])), np.uint8)
        view = memoryview(data)  # type: ignore[arg-type]
        breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
        runs = np.concatenate([[0], breaks, [len(numbers)]]) if len(numbers) else np.zeros(0, np.int64)
        starts, places = ends[numbers[runs[:-1]]].tolist(), bounds[runs].tolist()
        for start, (low, high) in zip(starts, pairwise(places), strict=True):
            self._fill(view[low:high], start)
        return data, bounds

    def chunks(self, numbers: Numbers) -> Iterator[Texts]:
        """Yield texts in chunks that are sketched at once."""
        for start in range(0, len(numbers), CHUNK):
            yield self.read(numbers[start : start + CHUNK])

    def _fill(self, view: Any, start: int) -> None:
        while len(view):
            count = os.preadv(self._file.fileno(), [view], start)
            if not count:
                raise OSError(f"{tempfile.gettempdir()}: the file of texts ends early; was it emptied?")
            view, start = view[count:], start + count

    def _write(self) -> None:
        view = memoryview(self._pending)
        try:
            while len(view):
                count = self._file.write(view)
                self._written += count
                view = view[count:]
        except OSError as error:
            where, needed = tempfile.gettempdir(), self._written + len(view)
            raise ConfigError(
                f"{where}: no room for the texts to be compared ({error.strerror}); set TMPDIR to a folder with room for more than"
                f" {needed:,} bytes"
            ) from error
        self._pending = bytearray()


def digest_of(content: bytes) -> bytes:
    """Return a hash that tells equal texts, from their bytes."""
    return hashlib.blake2b(content, digest_size=16).digest()


def _storable(text: str, content: bytes) -> bytes:
    try:
        content.decode()
    except UnicodeDecodeError:
        return text.encode("utf-8", "replace")
    return content
