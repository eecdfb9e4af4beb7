"""Characters that an outlet did not decode: entities (`&eacute;`, `&#1083;`, `&amp;quot;`) and UTF-8 read as cp1252 (`Ã©`)."""

from __future__ import annotations

from functools import cache
from html.entities import name2codepoint
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.jit import inner

AMPERSAND = 0x26
LEADS = 0xC2, 0xF4  # letters that stand for the first byte of a character of two to four bytes
_LAST_LEAD_2, _LAST_LEAD_3 = 0xDF, 0xEF
_SHARP_S = 0xDF  # ends words, as in »Gruß«, and stands for the first byte of letters of N'Ko alone
# What UTF-8 says in two bytes from here on are signs of phonetics and accents alone, no text's letters; as letters these begin no
# sequence, but end words in capitals («LIBERTÉ»).
_NO_LEADS = 0xC9, 0xCD
_LONGEST = 10  # characters between & and ;
_LAST_CODE = 0x10FFFF
_LOST = (
    0xFFFD  # in place of the five bytes that cp1252 has no character for; in Cyrillic the first of them is far the most frequent
)
_FIRST_LOST = 0x81
_NO_BYTE = -1
# What cp1252 has for bytes from 0x80 on, where it is not the character of that number.
_CP1252 = np.zeros(0x2200, np.uint8)
for _byte in range(0x80, 0xA0):
    _CP1252[ord(bytes([_byte]).decode("cp1252", "ignore") or "\0")] = _byte
_CP1252[0] = 0
# Bytes whose characters stand beside words in any text: … ‘ ’ “ ” • – — « · »
_BESIDE_WORDS = np.zeros(0x100, np.bool_)
_BESIDE_WORDS[[0x85, *range(0x91, 0x98), 0xAB, 0xB7, 0xBB]] = True


@cache
def entity_names() -> npt.NDArray[np.uint64]:
    """Return the hashes of the names of HTML's entities, sorted, and below them their code points."""
    pairs = sorted((_hash_of(name), code) for name, code in {**name2codepoint, "apos": 0x27}.items())
    return np.array(pairs, np.uint64).T.copy()


def _hash_of(name: str) -> int:
    value = 0
    for character in name:
        value = (value * 131 + ord(character)) & 0xFFFFFFFFFFFFFFFF
    return value


@inner
def entity_at(data: Any, i: int, high: int, names: Any) -> tuple[Any, int]:
    """Return the code point of the entity whose `&` stands at byte `i`, and how long it is; where there is none, that of `&`."""
    start = i + 1
    while _escaped_at(data, start, high):
        start += 4
    end = start
    while end < min(high, start + _LONGEST) and data[end] != 0x3B and 0x23 <= data[end] < 0x7F:
        end += 1
    if end == start or end >= high or data[end] != 0x3B:
        return AMPERSAND, start - i
    code = _number(data, start + 1, end) if data[start] == 0x23 else _named(data, start, end, names)
    return (code, end + 1 - i) if code > 0 else (AMPERSAND, start - i)


@inner
def _escaped_at(data: Any, at: int, high: int) -> bool:
    """Say whether `amp;` stands at byte `at`: of an ampersand that was escaped, perhaps more than once."""
    return at + 4 <= high and data[at] == 0x61 and data[at + 1] == 0x6D and data[at + 2] == 0x70 and data[at + 3] == 0x3B


@inner
def _number(data: Any, start: int, end: int) -> Any:
    hexadecimal = start < end and data[start] | 0x20 == 0x78
    base = 16 if hexadecimal else 10
    code: Any = 0
    for place in range(start + hexadecimal, end):
        letter = np.int64(data[place] | 0x20) - 0x61
        digit = letter + 10 if letter >= 0 else np.int64(data[place]) - 0x30
        if digit < 0 or digit >= base:
            return 0
        code = code * base + digit
    return code if code <= _LAST_CODE else 0


@inner
def _named(data: Any, start: int, end: int, names: Any) -> Any:
    value = np.uint64(0)
    for place in range(start, end):
        value = value * np.uint64(131) + np.uint64(data[place])
    known = np.searchsorted(names[0], value)
    return np.int64(names[1, known]) if known < len(names[0]) and names[0, known] == value else 0


@inner
def misread_at(data: Any, i: int, high: int, lead: Any, in_word: bool, follows: bool, capital: Any) -> tuple[Any, int, int]:
    """Return the code point of a character whose bytes were taken for cp1252, the bytes it takes here, and the characters.

    `lead` is the letter of two bytes at byte `i`; `in_word`: a letter stands before it; `follows`: and is such a character, too.
    All 0 where there is no such character.
    """
    if _NO_LEADS[0] <= lead <= _NO_LEADS[1] or lead == _SHARP_S:
        return 0, 0, 0
    more = 1 if lead <= _LAST_LEAD_2 else 2 if lead <= _LAST_LEAD_3 else 3
    code = lead & (0x3F >> more)
    at = i + 2
    doubtful = True
    for _ in range(more):
        byte, size = _byte_at(data, at, high)
        if byte < 0:
            return 0, 0, 0
        doubtful = doubtful and _BESIDE_WORDS[byte]
        code = (code << 6) | (byte & 0x3F)
        at += size
    ends_word = lead > _LAST_LEAD_2 or (in_word and capital[_letter_before(data, i)])  # as in «LIBERTÉ», pensé…»
    if doubtful and ends_word and not follows and not _letter_or_lead(data, at, high):
        return 0, 0, 0
    return (code, at - i, more + 1) if code >= 0x80 else (0, 0, 0)


@inner
def _byte_at(data: Any, at: int, high: int) -> tuple[Any, int]:
    """Return which of the bytes that follow in a character of UTF-8 the character at byte `at` stands for, and how long it is."""
    if at + 1 >= high or data[at] < 0xC2 or data[at] >= 0xF0:
        return _NO_BYTE, 0
    if data[at] < 0xE0:
        code, size = ((data[at] & 0x1F) << 6) | (data[at + 1] & 0x3F), 2
        if 0x80 <= code < 0xC0:
            return code, size
    else:
        code, size = ((data[at] & 0x0F) << 12) | ((data[at + 1] & 0x3F) << 6) | (data[at + 2] & 0x3F), 3
        if code == _LOST:
            return _FIRST_LOST, size
    byte = np.int64(_CP1252[code]) if code < len(_CP1252) else 0
    return (byte, size) if byte else (_NO_BYTE, 0)


@inner
def _letter_before(data: Any, i: int) -> Any:
    """Return the code of the character before byte `i`, of those that UTF-8 writes in one or two bytes."""
    return data[i - 1] if data[i - 1] < 0x80 else ((data[i - 2] & 0x1F) << 6) | (data[i - 1] & 0x3F)


@inner
def _letter_or_lead(data: Any, at: int, high: int) -> bool:
    """Say whether an ASCII letter stands at byte `at`, or a letter that stands for a first byte."""
    if at >= high:
        return False
    small = data[at] | 0x20
    return 0x61 <= small <= 0x7A or (data[at] == 0xC3 and at + 1 < high and data[at + 1] >= 0x82)
