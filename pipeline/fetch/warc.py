"""WARC 1.1 records: written one gzip member each, read from the bytes of one member.

The block of a response is what came over the wire: the headers as sent, the body with its content encoding in place. Only
the chunks of the transfer are gone, so `Transfer-Encoding` is renamed, as the big public archives do.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import uuid
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from isal import igzip, isal_zlib

from pipeline.errors import Reject
from pipeline.fetch.inflate import ISAL_ERROR

Headers = tuple[tuple[str, str], ...]

VERSION = b"WARC/1.1"
TRANSFER_ENCODING = "X-Crawl-Transfer-Encoding"
REVISIT_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
REVISIT_SAME_DIGEST = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
LEVEL = 2  # of ISA-L: eleven times as fast as warcio with zlib, files 7 % larger
RECORD_END = b"\r\n\r\n"
GZIP_HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\xff"  # no name, no time, made anywhere
STORED_BYTES = 65535  # the most that a stored block of deflate takes
EXPANSION = 4  # of a record when inflated, about; a guess too low or high costs a little time


def values_of(headers: Headers, name: str) -> Iterator[str]:
    """Yield the values of the headers of that name, whatever its case."""
    wanted = name.lower()
    return (value for key, value in headers if key.lower() == wanted)


def payload_digest(payload: bytes) -> str:
    """Return a labelled digest as WARC writes it."""
    return "sha256:" + base64.b32encode(hashlib.sha256(payload).digest()).decode()


def warc_date(moment: datetime) -> str:
    """Return an instant as WARC writes it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record_id(*parts: str) -> str:
    """Return a record id made of what the record is about: the same record gets the same id."""
    return f"<urn:uuid:{uuid.UUID(bytes=hashlib.sha256('|'.join(parts).encode(errors='replace')).digest()[:16])}>"


def http_head(start_line: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of an HTTP message; a header that could break the framing is cut at its line break."""
    lines = [start_line]
    for name, value in headers:
        shown = TRANSFER_ENCODING if name.lower() == "transfer-encoding" else name
        lines.append(f"{shown}: {' '.join(value.splitlines())}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def record(kind: str, fields: Iterable[tuple[str, str]], block: bytes, *, packed: int = 0) -> bytes:
    """Return one record as one gzip member; the last `packed` bytes of the block are compressed already and stored as they are."""
    head = _record_head(kind, fields, len(block))
    if packed:
        return _half_stored(head + block[:-packed], block[-packed:] + RECORD_END)
    member: bytes = igzip.compress(b"".join((head, block, RECORD_END)), LEVEL, mtime=0)
    return member


def stored_record(kind: str, fields: Iterable[tuple[str, str]], block: bytes) -> bytes:
    """Return one record as a gzip member without compression: its length is that of what it says."""
    return zlib.compress(b"".join((_record_head(kind, fields, len(block)), block, RECORD_END)), 0, wbits=31)


def _record_head(kind: str, fields: Iterable[tuple[str, str]], length: int) -> bytes:
    lines = [VERSION, b"WARC-Type: " + kind.encode()]
    lines += [f"{name}: {value}".encode("utf-8", "replace") for name, value in fields]
    lines.append(b"Content-Length: %d" % length)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _half_stored(head: bytes, rest: bytes) -> bytes:
    """Return a gzip member (RFC 1952) of the head, compressed, and the rest in stored blocks: nothing to gain there."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -10, 2)  # a small window and table: heads are a kilobyte
    parts = [GZIP_HEADER, compressor.compress(head), compressor.flush(zlib.Z_FULL_FLUSH)]
    for start in range(0, len(rest), STORED_BYTES):
        piece = rest[start : start + STORED_BYTES]
        last = start + STORED_BYTES >= len(rest)
        parts += [struct.pack("<BHH", last, len(piece), len(piece) ^ 0xFFFF), piece]
    parts.append(struct.pack("<II", isal_zlib.crc32(rest, isal_zlib.crc32(head)), (len(head) + len(rest)) & 0xFFFFFFFF))
    return b"".join(parts)


def parse_record(member: bytes | memoryview) -> tuple[dict[str, str], bytes]:
    """Return the fields (names in lower case) and the block of one record; raises `Reject` `bad_record` when it is damaged."""
    try:
        raw = isal_zlib.decompress(member, wbits=31, bufsize=EXPANSION * len(member))
    except (ISAL_ERROR, EOFError) as error:
        raise Reject("bad_record", f"damaged archive record: {error}") from error
    end = raw.find(b"\r\n\r\n")
    if end < 0 or not raw.startswith(b"WARC/"):
        raise Reject("bad_record", "the archive holds no record at this place")
    fields = {name.lower(): value for name, value in _header_lines(raw[:end])}
    length, start = fields.get("content-length", ""), end + 4
    if not length.isdigit() or int(length) > len(raw) - start:
        raise Reject("bad_record", "damaged archive record: its length is wrong")
    return fields, raw[start : start + int(length)]


def parse_http(block: bytes) -> tuple[int, Headers, bytes]:
    """Return status, headers and payload of an HTTP response block."""
    head, _, payload = block.partition(b"\r\n\r\n")
    start = head.split(b"\r\n", 1)[0].split()
    if len(start) < 2 or not start[0].startswith(b"HTTP/") or not start[1].isdigit():
        raise Reject("bad_record", "the archive record holds no HTTP response")
    return int(start[1]), tuple(_header_lines(head)), payload


def _header_lines(head: bytes) -> list[tuple[str, str]]:
    """Return the fields of a head: UTF-8, or line by line Latin-1, which never fails; NUL does not pass."""
    try:
        lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        lines = [_line_text(line) for line in head.split(b"\r\n")]
    pairs = (line.replace("\0", "").partition(":") for line in lines[1:])
    return [(name.strip(), value.strip()) for name, colon, value in pairs if colon]


def _line_text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
