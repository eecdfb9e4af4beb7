"""Words that stand with dates: names of months, "published", "updated", in the languages of dates.toml."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from unicodedata import combining, normalize

_DATA: dict[str, dict[str, list[str]]] = tomllib.loads(files("pipeline.extract").joinpath("dates.toml").read_text(encoding="utf-8"))
GREEK = re.compile("[\u0370-\u03ff]")
WIDE_SCRIPT = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


def _months() -> dict[str, dict[str, int]]:
    """Return, for each folded name, the month that it means in each language."""
    table: dict[str, dict[str, int]] = {}
    for language, months in _DATA["months"].items():
        for number, variants in enumerate(months, 1):
            for name in variants.split("/"):
                for spelling in (_folded(name), _in_capitals(name)):
                    table.setdefault(spelling, {})[language] = number
    return table


def _folded(name: str) -> str:
    """Return a name in small letters; the dot that a Turkish capital keeps goes."""
    return name.casefold().replace("i\u0307", "i")


def _in_capitals(name: str) -> str:
    """Return a folded name as it comes out of capitals: Greek ones bear no accents, a Turkish "I" is taken for ours."""
    greek = "".join(c for c in normalize("NFD", name) if not combining(c)) if GREEK.search(name) else name
    return _folded(greek.replace("ı", "i"))


def _label(kind: str) -> re.Pattern[str]:
    phrases = sorted({phrase for group in _DATA[kind].values() for phrase in group}, key=lambda phrase: (-len(phrase), phrase))
    wide = [phrase for phrase in phrases if WIDE_SCRIPT.search(phrase)]
    words = [re.escape(phrase) for phrase in phrases if phrase not in wide]
    # What may stand before a word is asked once and not for each of them.
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)|{'|'.join(wide)}", re.IGNORECASE)


def _phrases() -> dict[str, str]:
    """Return, for each name of several words, the first name of its month."""
    variants = [month.split("/") for months in _DATA["months"].values() for month in months]
    return {_folded(name): names[0] for names in variants for name in names if " " in name}


_MONTHS = _months()
_PHRASES = _phrases()
_LONGEST_FIRST = sorted(_PHRASES, key=lambda name: (-len(name), name))
_PHRASE = re.compile(
    r"(?<!\w)(?:" + "|".join(r"\s+".join(map(re.escape, name.split())) for name in _LONGEST_FIRST) + r")(?!\w)", re.IGNORECASE
)
# "أيار/مايو": a month by its name here and there.
_TWO_NAMES = re.compile(r"(?<![\w/])([^\W\d_]{2,20})\s?/\s?([^\W\d_]{2,20})(?![\w/])")
PUBLISHED = _label("published")
MODIFIED = _label("modified")


def month_number(name: str, language: str | None) -> int | None:
    """Return the month (1-12) that a word means; None when it is none, or another one in another language (Polish `listopada`)."""
    meanings = _MONTHS.get(_folded(name), {})
    if len(set(meanings.values())) == 1:
        return next(iter(meanings.values()))
    return meanings.get(language or "")


def with_one_name(text: str) -> str:
    """Return a text in which a month's name is one word: that of several words as one, and of two names of a month the first."""
    text = _PHRASE.sub(lambda found: _PHRASES[_folded(" ".join(found[0].split()))], text)
    return _TWO_NAMES.sub(_first_if_same, text) if "/" in text else text


def _first_if_same(found: re.Match[str]) -> str:
    one, other = (_MONTHS.get(_folded(name), {}) for name in found.groups())
    return found[1] if {*one.items()} & {*other.items()} else found[0]


def is_month(name: str) -> bool:
    """Say whether a word names a month, whichever: `listopada` is October in Croatian and November in Polish."""
    return _folded(name) in _MONTHS
