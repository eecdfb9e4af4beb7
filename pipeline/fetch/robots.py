"""robots.txt by RFC 9309: a file that is not there allows all, a server that fails allows nothing for now."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from pipeline.errors import Reject, Transient

TOKEN = "Copydesk"  # noqa: S105  our product token in User-agent lines
# RFC 9309 2.2.1: of a User-agent line the product token counts. Who knows us from a log writes our version behind it.
_NAMED = re.compile(rf"{TOKEN}(?![a-z_-])", re.IGNORECASE)
_AGENT = re.compile(r"(?P<label>\s*user(?:-|\s*)agent(?:\s*:|\s)\s*)(?P<name>[^\s#][^#]*)", re.IGNORECASE)  # as lax as the parser
OTHERS = "-"  # stands for each name that is not ours
MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309 2.5: read at least so much; rules beyond it are not seen


@dataclass(frozen=True, slots=True)
class Rules:
    """What one origin's robots.txt says; `failure` is why it could not be read, and then nothing may be fetched."""

    parsed: Protego | None = None
    failure: Reject | Transient | None = None

    def check(self, url: str) -> None:
        """Raise `Reject` `robots` for a forbidden URL, or why the rules are not known."""
        if self.failure is not None:
            raise type(self.failure)(self.failure.code, self.failure.detail)  # a new one: tracebacks pile up on a raised one
        if self.parsed is not None and not self.parsed.can_fetch(url, TOKEN):
            raise Reject("robots", "robots.txt forbids it")

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between requests that the file asks for."""
        return None if self.parsed is None else self.parsed.crawl_delay(TOKEN)


def origin_of(url: str) -> str:
    """Return scheme, host and port: the reach of one robots.txt."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def rules_from(status: int, body: bytes) -> Rules:
    """Return the rules that an answer to GET /robots.txt means."""
    if 200 <= status < 300:
        if len(body) >= MAX_ROBOTS_BYTES:  # the line that is cut may say more than the whole one: of /private there is / left
            body = body[: max(body.rfind(b"\n", 0, MAX_ROBOTS_BYTES), body.rfind(b"\r", 0, MAX_ROBOTS_BYTES), 0)]
        return Rules(Protego.parse("\n".join(map(_for_us, _text(body).splitlines()))))
    if status == 429 or status >= 500:
        return Rules(failure=Transient("robots_unavailable", f"robots.txt answered {status}: nothing may be fetched for now"))
    return Rules()


def _for_us(line: str) -> str:
    """Return a line with one name for all agents but us.

    The parser keeps the rules of a group for each agent that the group names: of half a megabyte it would make gigabytes.
    """
    found = _AGENT.match(line)
    if found is None:
        return line
    name = found["name"].strip().lower()
    if _NAMED.match(name):
        name = TOKEN
    elif name != "*":
        name = name.replace("*", "") or OTHERS  # as the parser does
    return found["label"] + (name if name == "*" or TOKEN.lower().startswith(name.lower()) else OTHERS)


def _text(body: bytes) -> str:
    """Return the file as text: UTF-8 by the standard, UTF-16 where its mark says so."""
    utf16 = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return body.decode("utf-16" if utf16 else "utf-8-sig", "replace").replace("\0", "")
