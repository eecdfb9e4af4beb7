"""XML as publishers write it: ampersands that are none, HTML's names for characters; and what no honest one holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.entities import html5
from typing import Any, NamedTuple

from pipeline.errors import Reject
from pipeline.extract.decode import decode

# An honest feed declares no entities: they are how a kilobyte becomes a gigabyte, or a local file is read.
_DECLARED = re.compile(rb"<!ENTITY", re.IGNORECASE)
# What stands in CDATA and comments is no mark-up; elsewhere an ampersand begins a reference, by number or by name, and `<` a tag.
_HIDDEN = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_MARKUP = re.compile(
    _HIDDEN.pattern + rb"|<(?=[\s\d=<&])|"
    rb"&(?:#(?:(?P<decimal>\d{1,7})|[xX](?P<hex>[0-9a-fA-F]{1,6}));|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});)?",
    re.DOTALL,
)
_ENCODING = re.compile(r"(\s*<\?xml[^>]{0,200}?)\sencoding\s*=\s*[\"'][^\"'<>]*[\"']", re.IGNORECASE)


class Fault(NamedTuple):
    """What is wrong with a document, and whether it ends before its end."""

    what: str
    cut_off: bool


def as_utf8(body: bytes) -> bytes:
    """Return XML as UTF-8, whatever charset it is in and names: .NET names UTF-16 in UTF-8, and GBK is called GB2312."""
    text = decode(body, None)
    declared = _ENCODING.match(text)
    return (declared[1] + text[declared.end() :] if declared else text).encode()


def refuse_entities(body: bytes, code: str) -> None:
    """Raise `Reject` with this code for XML in UTF-8 that declares entities."""
    if _DECLARED.search(body):
        raise Reject(code, "the XML declares entities")


def with_references(body: bytes) -> bytes:
    """Return XML in UTF-8 with every reference by the number of a character, and no other ampersand, nor a `<` that begins no tag.

    A parser that recovers leaves out what it does not know and what follows: of `?a=1&b=2` it makes the URL of another page.
    After any other fault in the document it leaves out the references that have names, too, even `&amp;`.
    """
    return _MARKUP.sub(_reference, body)


def fault_in(log: Iterable[Any]) -> Fault | None:
    """Return the first fault that lxml's log has; None for a document that is sound."""
    faults = [entry for entry in log if entry.level_name == "FATAL"]
    if not faults:
        return None
    cut_off = any(entry.type_name == "ERR_TAG_NOT_FINISHED" for entry in faults)
    return Fault(f"{' '.join(faults[0].message.split())}, line {faults[0].line}", cut_off)


def begun(body: bytes, tag: re.Pattern[bytes]) -> int:
    """Return how many elements begin in a document, sound or not."""
    return len(tag.findall(_HIDDEN.sub(b"", body)))


def left_out(fault: Fault | None, taken: int, listed: int) -> str | None:
    """Say that of a broken document not all was read; None when all was."""
    if fault is None or (taken >= listed and not fault.cut_off):
        return None
    return f"its XML is broken ({fault.what}): {taken} of {listed} entries are read" + (
        ", and it breaks off" if fault.cut_off else ""
    )


def ends_in(body: bytes, text: str) -> bool:
    """Say whether a document was cut off in the midst of this text: a parser that recovers takes what is there for all of it."""
    end = body[-4 * len(text) - 100 :].rstrip()
    text = text.rpartition("&")[2]  # which may be written in other ways
    return bool(text) and not end.endswith(b">") and end.endswith(text.encode(errors="replace"))


def _reference(found: re.Match[bytes]) -> bytes:
    if found[0].startswith(b"<"):
        return b"&#60;" if len(found[0]) == 1 else found[0]
    if found["decimal"] or found["hex"]:
        code = int(found["decimal"] or found["hex"], 10 if found["decimal"] else 16)
        return found[0] if _is_character(code) else b"&#65533;"
    characters = html5.get(f"{found['name'].decode()};") if found["name"] else None
    return "".join(f"&#{ord(c)};" for c in characters).encode() if characters else b"&#38;" + found[0][1:]


def _is_character(code: int) -> bool:
    """Say whether XML may hold a character: half of an emoji, as JavaScript counts, is none."""
    return code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
