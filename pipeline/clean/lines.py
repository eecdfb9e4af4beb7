"""The normal forms of a line, and what its shape says: words, prose, end stops, quotation marks."""

from __future__ import annotations

import re
import unicodedata

from pipeline.extract.strings import MARKS
from pipeline.memo import remember_short

# Marks that fall with the accents: Latin, Greek and Cyrillic diacritics, Arabic and Hebrew vowel signs, Arabic tatweel.
_MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060\ufe0e\ufe0f\ufeff\u00ad]"
)
# Letters that Unicode does not decompose and that people type both ways, and typographic forms of ASCII punctuation.
_LETTERS = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ə": "e", "ي": "ی", "ى": "ی", "ك": "ک", "ە": "ه",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-", "−": "-",
    }
)  # fmt: skip
_NOTES = re.compile(r"(?<=[^\W\d_]{3}[.!?…])[\"'’”»)]*[\[(]?[\d⁰¹²³⁴-⁹]{1,3}(?:[\])]|[\[(,][\d⁰¹²³⁴-⁹]{1,3})*$")
_COUNTER = re.compile(r"^[(\[]?\d{1,4}(?:[.,]\d{1,3})? ?[km]?[)\]]? (?=\D)|[ :·]{0,2}[(\[]?\b\d[\d.,]{0,8} ?[km]?[)\]]?$")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(rf"\w[\w{MARKS}'’.-]*")
# Scripts that put no space between words. Two of their letters stand for one word.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile("[\uac00-\ud7af]")
UNSTOPPED = re.compile("[\u0e00-\u0eff]")  # Thai and Lao, which end sentences with a space
# Full stop, question and exclamation mark in the scripts of the world, and the ellipsis.
END_STOPS = frozenset(".!?…。！？｡．؟۔।॥։՞՜¡¿·;‽།။፧።។៕")
_SOFT_STOPS = frozenset(".…。｡．۔।॥։။።។៕")
_CURLY = re.compile("[‘’“”«»„「」『』]")
_STRAIGHT = re.compile("[\"']")
PROSE_WORDS = 8
PROSE_LENGTH = 120  # characters from which words need no counting
UNSTOPPED_LENGTH = 100  # characters; headlines in Thai have up to 90


@remember_short(8192)
def fold(line: str) -> str:
    """Return the line in one case, without accents, with single spaces and plain quotes and dashes."""
    text = line.casefold()
    if not text.isascii():
        text = text.replace("’", "'").replace("“", '"').replace("”", '"').replace("–", "-").replace("—", "-").replace("`", "'")
    if not text.isascii():  # more than the typographic signs of English
        # Folding can undo what normalising did and the other way round (mathematical letters, Greek with iota below).
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = unicodedata.normalize("NFC", _MARKS.sub("", text).translate(_LETTERS))
    return " ".join(text.split())


def bare(folded: str) -> str:
    """Return a folded line without the punctuation around it."""
    start, end = 0, len(folded)
    while start < end and not folded[start].isalnum():
        start += 1
    while end > start and not folded[end - 1].isalnum():
        end -= 1
    return folded[start:end]


def without_counter(line: str) -> str:
    """Return a bare line without a number before or after it: `comments (12)`, `12 comments`."""
    return bare(_COUNTER.sub("", line))


def has_digit(text: str) -> bool:
    """Say whether there is a digit in the text."""
    return _DIGIT.search(text) is not None


@remember_short(8192)
def count_words(text: str) -> int:
    """Return the number of words; in scripts without spaces half the number of letters."""
    unspaced = 0 if text.isascii() else len(UNSPACED.findall(text))
    if not unspaced:
        return len(text.split())
    return unspaced // 2 + len(_WORD.findall(UNSPACED.sub(" ", text)))


def has_unspaced(text: str) -> bool:
    """Say whether a text has letters of a script that puts no space between words, or glues its particles to them: Korean."""
    return not text.isascii() and (UNSPACED.search(text) is not None or _HANGUL.search(text) is not None)


def ends_with_stop(text: str) -> bool:
    """Say whether the text ends a sentence, whatever quotes, brackets and pictures stand behind the stop."""
    return _last_sign(text) in END_STOPS


def ends_softly(text: str) -> bool:
    """Say whether the text ends in a full stop or an ellipsis; headlines may ask and exclaim, but do not end so."""
    return _last_sign(text) in _SOFT_STOPS


def _last_sign(text: str) -> str:
    """Return the last letter, digit or end stop of a text; numbers of notes that stick to a sentence's end are none."""
    if text[-1:].isdigit() or text.endswith("]"):
        text = _NOTES.sub("", text[-40:])
    return next((c for c in reversed(text) if c.isalnum() or c in END_STOPS or c in ":："), "")


@remember_short(8192)
def is_prose(text: str) -> bool:
    """Say whether the text reads as a sentence of running text: some words and an end stop, length alone in Thai and Lao."""
    if not ends_with_stop(text):
        return len(text) >= UNSTOPPED_LENGTH and len(UNSTOPPED.findall(text)) > len(text) // 2
    return len(text) >= PROSE_LENGTH or count_words(text) >= PROSE_WORDS


def quote_style(text: str) -> str | None:
    """Return `curly` or `straight`, by the quotation marks and apostrophes in a text; None for none or a mixture."""
    curly, straight = bool(_CURLY.search(text)), bool(_STRAIGHT.search(text))
    if curly == straight:
        return None
    return "curly" if curly else "straight"


def words_of(text: str) -> list[str]:
    """Return the words of a text, without punctuation around them."""
    return _WORD.findall(text)
