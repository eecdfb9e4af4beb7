"""HTTP as servers write it: lines of a head that are none, lengths said twice, answers that are longer than they say.

Browsers pass over these; the parser of aiohttp refuses the answer, and with it every page of such a server.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
END_OF_LINE = re.compile(rb"\r?\n")
STATUS = re.compile(rb"HTTP/(?P<version>\d+(?:\.\d+)?)[ \t]+(?P<code>\d{3})(?!\d)[ \t]*(?P<reason>[^\r\n]*)", re.IGNORECASE)
NAME = re.compile(rb"[\w!#$%&'*+.^`|~-]+", re.ASCII)
# A head that needs no mending, as nearly all: each line is a header.
SOUND = re.compile(
    rb"HTTP/1\.[01] (?!1\d\d|204|304)\d{3}(?![^ \r])[^\r\n]*(?:\r\n[\w!#$%&'*+.^`|~-]+:[^\r\n\0]*)*\r\n\r\n", re.ASCII
)
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)")
PROTOCOL = b"http/"
OLD = (b"0.9", b"1", b"1.0")  # versions after whose answers the connection is closed
SWITCHING = 101
BODILESS = (204, 304)
MAX_HEAD = 2**18  # bytes; a longer one is for the parser to refuse
MAX_INTERIM = 16  # answers before the final one; a server that sends them without end would leave no time for any other


class NotAnswered(aiohttp.ClientConnectionError):
    """A connection that was made for this request was closed without an answer: aiohttp would ask once more, at once."""


class Answers(ResponseHandler):
    """What comes over one connection, brought into the form that the parser takes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._requests = self._interim = 0
        self._head: bytearray | None = None  # what came of a head that has no end yet; None where no head is waited for
        self._left: int | None = None  # bytes of the body that are still to come; None where its end is told otherwise

    def set_response_params(self, **given: Any) -> None:
        """Begin to wait for an answer."""
        self._requests += 1
        self._interim = 0
        self._head, self._left = bytearray(), None
        super().set_response_params(**given)

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """Tell a connection that was closed on its first request from one of before, which may have been closed for its age."""
        if self._requests == 1 and isinstance(exc, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError):
            exc = NotAnswered(str(exc) if isinstance(exc, OSError) else "the server closed the connection without an answer")
        super().set_exception(exc, *cause)

    def data_received(self, data: bytes) -> None:
        """Take what came: heads are held until they are whole, what stands behind the end of a body is dropped."""
        if self._head is None:
            self._take_body(data)
            return
        if not self._head and (sound := _sound_head(data)):
            size, length = sound
            self._head, self._left = None, None if length is None else size + length
            self._take_body(data)
            return
        self._head += data
        self._reschedule_timeout()
        while self._head is not None:
            place = max(0, len(self._head) - len(data) - 3)
            end = END_OF_HEAD.search(self._head, place)
            is_http = self._head[: len(PROTOCOL)].lower() == PROTOCOL[: len(self._head)]
            if end is None and is_http and len(self._head) <= MAX_HEAD:
                return
            size = end.end() if end and is_http else 0
            self._take_head(bytes(self._head[:size]), data := bytes(self._head[size:]))

    def _take_head(self, head: bytes, rest: bytes) -> None:
        """Hand a head on, and what came behind it; after an interim answer (RFC 9110 15.2) wait for the next head."""
        status = STATUS.match(head)
        code = int(status["code"]) if status else 0
        if 100 <= code < 200 and code != SWITCHING:
            self._interim += 1
            if self._interim <= MAX_INTERIM:
                self._head = bytearray(rest)
                return
            self._head = None
            self.close()
            self.set_exception(HttpProcessingError(message=f"more than {MAX_INTERIM} interim answers"))
            return
        self._head = None
        head, self._left = mended(head, status) if status else (head, None)
        if code in BODILESS:
            self._left = 0
        more = rest if self._left is None else rest[: self._left]
        if len(more) < len(rest):
            self.force_close()  # before the answer is whole, for the connection is given back then
        if self._left is not None:
            self._left -= len(more)
        super().data_received(head + more)

    def _take_body(self, data: bytes) -> None:
        if self._left is not None:
            if len(data) > self._left:
                self.force_close()  # before the answer is whole, for the connection is given back then
                data = data[: self._left]
                if not data:
                    return
            self._left -= len(data)
        super().data_received(data)


def _sound_head(data: bytes) -> tuple[int, int | None] | None:
    """Return where a head ends that needs no mending, and the length that it names; None where it needs some, or is not whole."""
    found = SOUND.match(data)
    if found is None:
        return None
    head = data[: found.end()].lower()
    stated = LENGTH.findall(head)
    if len(stated) > 1 or len(stated) != head.count(b"\r\ncontent-length:") or (stated and b"\r\ntransfer-encoding:" in head):
        return None
    return len(head), int(stated[0]) if stated else None


def mended(head: bytes, status: re.Match[bytes]) -> tuple[bytes, int | None]:
    """Return a head without the lines that are no header, and the length of the body where the head is right to name one."""
    _, *lines = END_OF_LINE.split(head.rstrip(b"\r\n"))
    version = b"1.0" if status["version"] in OLD else b"1.1"  # what says HTTP/2 here is none
    first = b"HTTP/%s %s %s" % (version, status["code"], status["reason"])
    kept = headers_in(lines)
    said = [part.strip() for name, value in kept if name.lower() == b"content-length" for part in value.split(b",")]
    lengths = {part for part in said if part.isdigit() and len(part) < 19}  # `-1` and `unknown` say none
    chunked = any(name.lower() == b"transfer-encoding" and b"chunked" in value.lower() for name, value in kept)
    length: int | None = None
    if chunked or len(lengths) < 2:  # of two that differ the parser says so; beside chunks none counts (RFC 9112 6.3)
        kept = [(name, value) for name, value in kept if name.lower() != b"content-length"]
        if lengths and not chunked:
            stated = lengths.pop()
            kept = [(name, value) for name, value in kept if name.lower() != b"transfer-encoding"]  # `identity`, `binary`
            kept.append((b"Content-Length", stated))
            length = int(stated)
    return b"\r\n".join([first, *(name + b": " + value for name, value in kept), b"", b""]), length


def headers_in(lines: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the headers among the lines of a head, each whole."""
    kept: list[tuple[bytes, bytes]] = []
    is_header = False
    for line in lines:
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):  # the line before goes on
            if is_header:
                kept[-1] = kept[-1][0], (kept[-1][1] + b" " + line.strip()).strip()
            continue
        is_header = bool(colon and NAME.fullmatch(name.rstrip()))
        if is_header:
            kept.append((name.rstrip(), value.replace(b"\0", b"").strip()))
    return kept
