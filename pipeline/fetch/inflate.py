"""Undo HTTP content encodings with a limit on what comes out, so that a small body cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import cast

import brotli
import zstandard
from isal import isal_zlib

from pipeline.errors import Reject

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
# IANA's others. What is none of them (`none`, `UTF-8`, `binary`, `aws-chunked`) is a slip that browsers pass over.
NOT_UNDONE = frozenset(("aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress"))
CUT_OFF = "cut_off"  # the one failure here that may be gone when the document is asked for again
MAX_ENCODINGS = 3  # honest servers send one; a proxy may add another
ZSTD_WINDOW = 8 * 2**20  # RFC 9659: no larger window in a content encoding
CHUNK = 1 << 16
ZSTD_STEP = 256  # bytes fed at a time: four can stand for 128 KiB, so one step yields at most 8 MiB

_GZIP, _ZLIB, _RAW = 31, 15, -15
ISAL_ERROR = cast("type[Exception]", isal_zlib.error)  # the stub says it is an instance
_BROKEN = (ISAL_ERROR, zlib.error, brotli.error, zstandard.ZstdError, ValueError)


def inflate(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Return the body with its encodings undone; raises `Reject` `too_large` (above `limit` bytes), `bad_encoding` or `cut_off`."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name in _DECODERS or name in NOT_UNDONE]
    if len(names) > MAX_ENCODINGS:
        raise Reject("bad_encoding", f"{len(names)} encodings on top of each other")
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise Reject("bad_encoding", f"content encoding {name!r} is not undone")
        if not body:
            return body
        try:
            body = decoder(body, limit)
        except EOFError as error:
            raise Reject(CUT_OFF, f"{name}: {error}") from error
        except _BROKEN as error:
            raise Reject("bad_encoding", f"{name}: {error}") from error
    if len(body) > limit:
        raise Reject("too_large", f"more than {limit} bytes when inflated")
    return body


def inflate_all(body: bytes, content_encodings: Iterable[str], limit: int) -> bytes:
    """Return the body with the encodings undone that all `Content-Encoding` headers name together; raises as `inflate`."""
    return inflate(body, ",".join(content_encodings), limit)


def _gunzip(body: bytes, limit: int) -> bytes:
    """Undo gzip, any number of members; bytes after the last one that are no gzip are passed over, as browsers do."""
    kept: list[bytes] = []
    size = 0
    while body:
        decoder = isal_zlib.decompressobj(wbits=_GZIP)
        part = decoder.decompress(body, max_length=limit + 1 - size)
        kept.append(part)
        size += len(part)
        if size > limit:
            break
        if not decoder.eof:
            raise EOFError("the data end before the stream does")
        body = decoder.unused_data
        if not body.startswith(b"\x1f\x8b"):
            break
    return b"".join(kept)


def _undeflate(body: bytes, limit: int) -> bytes:
    """Undo deflate, which is zlib by the standard and a raw stream by habit."""
    try:
        return _one_stream(body, limit, _ZLIB)
    except (ISAL_ERROR, zlib.error):
        return _one_stream(body, limit, _RAW)


def _one_stream(body: bytes, limit: int, wbits: int) -> bytes:
    decoder = isal_zlib.decompressobj(wbits=wbits)
    inflated: bytes = decoder.decompress(body, max_length=limit + 1)
    if len(inflated) <= limit and not decoder.eof:
        raise EOFError("the data end before the stream does")
    return inflated


def _unbrotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    kept: list[bytes] = []
    size = 0
    data = body
    while not decoder.is_finished():
        part = decoder.process(data, output_buffer_limit=CHUNK)
        data = b""
        kept.append(part)
        size += len(part)
        if size > limit:
            break
        if not part and not decoder.is_finished() and decoder.can_accept_more_data():
            raise EOFError("the data end before the stream does")
    return b"".join(kept)


def _unzstd(body: bytes, limit: int) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
    decoder = decompressor.decompressobj()
    kept: list[bytes] = []
    size = 0
    for start in range(0, len(body), ZSTD_STEP):
        data = body[start : start + ZSTD_STEP]
        while data and size <= limit:
            kept.append(decoder.decompress(data))
            size += len(kept[-1])
            data = decoder.unused_data if decoder.eof else b""
            if data:
                decoder = decompressor.decompressobj()
        if size > limit:
            return b"".join(kept)
    if not decoder.eof:
        raise EOFError("the data end before the stream does")
    return b"".join(kept)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
