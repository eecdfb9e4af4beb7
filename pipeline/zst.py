"""Zstandard files read as a stream, whatever their frames; one that is cut off is told, which the library's own reader does not."""

from __future__ import annotations

import io
from typing import IO, Any, cast

import zstandard

STEP = 1024  # bytes fed at a time: four can stand for 128 KiB, so a step yields at most 32 MiB


def open_zst(packed: IO[bytes]) -> IO[bytes]:
    """Return what a Zstandard file holds, as a file.

    Reading raises `EOFError` when the data end inside of a frame, `ZstdError` when they are damaged.
    """
    return cast("IO[bytes]", io.BufferedReader(_Frames(packed)))


class _Frames(io.RawIOBase):
    """The content of frames that follow each other."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._frame: Any = None  # the decoder of the frame being read
        self._left = b""  # read and not yet fed
        self._ready, self._given = b"", 0  # inflated, and how much of it was handed out

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._given == len(self._ready):
            data = self._left or self._packed.read(STEP)
            if not data:
                if self._frame is not None:
                    raise EOFError("the data end before the stream does")
                return 0
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._ready, self._given = self._frame.decompress(data), 0
            self._left = b""
            if self._frame.eof:
                self._left, self._frame = self._frame.unused_data, None
        size = min(len(buffer), len(self._ready) - self._given)
        buffer[:size] = self._ready[self._given : self._given + size]
        self._given += size
        return size

    def close(self) -> None:
        if not self.closed:
            self._packed.close()
        super().close()
