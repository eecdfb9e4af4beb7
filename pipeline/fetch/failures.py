"""What a failure of the network means for a page: never again, or perhaps later."""

from __future__ import annotations

import errno
import ssl

import aiohttp

from pipeline.errors import Reject, Transient

UNANSWERED = frozenset({"timeout", "dns", "unreachable", "cut_off"})  # failures that another attempt in the same run may not meet
MAX_DETAIL = 300
NETWORK_ERRORS = (aiohttp.ClientError, OSError, UnicodeError, ValueError, ssl.SSLError)


class TooSlow(Transient):
    """An answer that was still coming in when its time was over: the next attempt would be no faster."""


def explained(error: BaseException, *, begun: bool) -> Reject | Transient:
    """Return an error of the network as one of ours; `begun` says that an answer was coming in."""
    text = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ServerDisconnectedError):  # its words may be half a parsed answer
        text = "the server closed the connection without an answer"
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(inner, OSError) and inner.errno == errno.EACCES:
        return Reject("forbidden_address", inner.strerror or text)
    if isinstance(error, aiohttp.ServerTimeoutError):
        return Transient("timeout", text)
    if isinstance(error, TimeoutError):
        return TooSlow("timeout", "no whole answer in time") if begun else Transient("timeout", "no answer in time")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Transient("dns", text)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return Transient("tls", text)
    if isinstance(error, aiohttp.InvalidURL):
        return Reject("bad_url", text)
    if isinstance(error, aiohttp.ClientPayloadError):
        return Transient("cut_off", text)
    if isinstance(error, aiohttp.ClientResponseError):
        return Reject("bad_http", f"the answer is no sound HTTP: {_on_one_line(error.message)}")
    if isinstance(error, UnicodeError | ValueError):
        return Reject("bad_url", text)
    return Transient("unreachable", text)


def _on_one_line(message: str) -> str:
    """Return what a parser says, which it says on several lines, the last of them a mark below the place."""
    return " ".join(message.replace("^", " ").split())[:MAX_DETAIL]
