"""XML as publishers write it: ampersands that are none, HTML's names for characters; and what no honest one holds."""

from __future__ import annotations

import re
from html.entities import html5

from pipeline.errors import Reject

# An honest feed declares no entities: they are how a kilobyte becomes a gigabyte, or a local file is read.
_DECLARED = re.compile(rb"<!ENTITY|<\x00?!\x00?E\x00?N\x00?T\x00?I\x00?T\x00?Y", re.IGNORECASE)
# What stands in CDATA and comments is no mark-up; elsewhere an ampersand begins a reference, by number or by name.
_AMPERSAND = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{1,31});)?", re.DOTALL
)
_OF_XML = frozenset((b"amp", b"lt", b"gt", b"quot", b"apos"))


def refuse_entities(body: bytes, code: str) -> None:
    """Raise `Reject` with this code for XML that declares entities."""
    if _DECLARED.search(body):
        raise Reject(code, "the XML declares entities")


def with_references(body: bytes) -> bytes:
    """Return XML with every ampersand the beginning of a reference that XML knows.

    A parser that recovers from the others leaves out what follows them: of `?a=1&b=2` it makes the URL of another page.
    """
    return body if b"\0" in body[:100] else _AMPERSAND.sub(_reference, body)  # UTF-16 is left as it is


def ends_in(body: bytes, text: str) -> bool:
    """Say whether a document was cut off in the midst of this text: a parser that recovers takes what is there for all of it."""
    end = body[-4 * len(text) - 100 :].rstrip()
    return not end.endswith(b">") and end.endswith(text.encode(errors="replace"))


def _reference(found: re.Match[bytes]) -> bytes:
    name = found[1]
    if found[0] == b"&":
        return b"&amp;"
    if name is None or name in _OF_XML:
        return found[0]
    characters = html5.get(f"{name.decode()};")
    return "".join(f"&#{ord(c)};" for c in characters).encode() if characters else b"&amp;" + found[0][1:]
