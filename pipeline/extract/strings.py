"""Small strings of a page: one clean line, and the forms in which two of them are compared."""

from __future__ import annotations

import html
import re
from unicodedata import category

from pipeline.extract.decode import sanitise

TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>|<!--.*?-->", re.DOTALL)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
INVISIBLE = re.compile(
    "[\u00ad\u200b\u2060\ufeff]"
)  # soft hyphen, zero-width space, joiner and mark; ZWJ and ZWNJ are letters in Persian and Hindi
# Marks of the direction of writing: at the ends of a line they order nothing.
DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NOT_WORD = re.compile(r"[\W_]+")
# What stands on, below or around a letter and is no letter to `re`: vowels of India and South-East Asia, of Arabic and Hebrew,
# accents of their own, and what joins or parts letters. A word goes on behind one.
_MARKED = (*range(0x300, 0x1100), *range(0x1700, 0x1800), *range(0x3020, 0x30A0))
MARKS = "\u200c\u200d" + "".join(mark for mark in map(chr, _MARKED) if category(mark).startswith("M"))
_WITHOUT_MARKS = str.maketrans("", "", MARKS)
LINE_LIMIT = 2000  # characters: longer than any title, name or summary


def one_line(value: object, limit: int = LINE_LIMIT) -> str:
    """Return a string as one line of plain text: entities and tags undone, white space collapsed; empty for what is no string."""
    if not isinstance(value, str):
        return ""
    text = value[: 4 * limit]
    if "&" in text:
        text = html.unescape(text)
        if ENTITY.search(text):  # escaped twice, by the editor and again by the template
            text = html.unescape(text)
    if "<" in text:
        text = TAG.sub(" ", text)
    text = " ".join(text.split())
    if not (text.isascii() and text.isprintable()):
        text = visible(sanitise(text))
    return text[:limit].rstrip()


def cut_at_word(text: str, limit: int) -> str:
    """Return a line of at most `limit` characters that ends with a whole word, where it has one."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    return (head.rpartition(" ")[0] or head[:limit]).rstrip()


def visible(text: str) -> str:
    """Return a text as one line without what is not seen: soft hyphens, spaces of no width, marks of direction at its ends."""
    return " ".join(INVISIBLE.sub("", text).strip(DIRECTION).split()).strip(DIRECTION)


def fold(text: str) -> str:
    """Return letters and digits alone, in lower case: what two spellings of a headline or a name share."""
    return NOT_WORD.sub("", text).casefold()


def words(text: str) -> list[str]:
    """Return the words of a line in lower case, punctuation and marks on letters left out."""
    return NOT_WORD.sub(" ", without_marks(text)).casefold().split()


def without_marks(text: str) -> str:
    """Return a text without the marks on its letters: as its words are compared."""
    return text if text.isascii() else text.translate(_WITHOUT_MARKS)


def begins_small(text: str) -> bool:
    """Say whether the text begins with a small letter; not in Georgian, which writes capitals in whole headlines only."""
    return text[:1].islower() and not "ა" <= text[0] <= "ჿ"
