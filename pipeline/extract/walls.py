"""The phrases of walls and error pages, read from walls.toml."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

from pipeline.extract.strings import without_marks, words

WORDS_AROUND = 5  # that a heading may have besides the phrase: the site's politeness, a number
WIDE_SCRIPT = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")  # no spaces between words: a phrase stands anywhere

_PHRASES = tomllib.loads(files("pipeline.extract").joinpath("walls.toml").read_text(encoding="utf-8"))


def normal(text: str) -> str:
    """Return a text as phrases are written: lower case, words between single spaces, no punctuation, no marks on letters."""
    return " ".join(words(text))


def _phrases(kind: str) -> list[str]:
    """Return the phrases of a kind, in all languages (a wall speaks the visitor's, not the page's), the longest first."""
    return sorted(
        {without_marks(phrase) for group in _PHRASES[kind].values() for phrase in group}, key=lambda phrase: (-len(phrase), phrase)
    )


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    """Return the phrases as one pattern; its two groups begin with letters, which `re` looks at before it tries a phrase."""
    escaped = [(phrase, re.escape(phrase).replace(r"\*", r"\w*")) for phrase in phrases]
    spaced = "|".join(rf"{pattern}\b" for phrase, pattern in escaped if not WIDE_SCRIPT.search(phrase))
    wide = "|".join(pattern for phrase, pattern in escaped if WIDE_SCRIPT.search(phrase))
    return re.compile("|".join(part for part in (rf"\b(?:{spaced})" if spaced else "", f"(?:{wide})" if wide else "") if part))


_HEADINGS = {kind: _pattern(_phrases(kind)) for kind in ("error", "blocked", "login")}
_BUTTON = re.compile(rf"(?:{_pattern(_phrases('button')).pattern})")
CHALLENGE = _pattern(_phrases("challenge"))
CONSENT = _pattern(_phrases("consent"))
CONSENT_DENSITY = 0.05  # of words; articles about cookies measured below .03
PAYWALL = _pattern(_phrases("paywall"))
CHALLENGE_MARKUP = re.compile("|".join(map(re.escape, _phrases("challenge_markup"))))
PAYWALL_MARKUP = re.compile(r"(?:^|[\s-])(?:" + "|".join(map(re.escape, _phrases("paywall_markup"))) + ")")


def consent_density(text: str, words: int) -> float:
    """Return how many of a text's words speak of consent."""
    return len(CONSENT.findall(normal(text))) / words


def is_heading_of(kind: str, line: str) -> bool:
    """Tell whether a line is the heading of an `error`, a `blocked` or a `login` page: the phrase and few words around it."""
    line = normal(line)
    match = _HEADINGS[kind].search(line)
    return match is not None and len((line[: match.start()] + line[match.end() :]).split()) <= WORDS_AROUND


def is_consent_button(label: str) -> bool:
    """Tell whether a button says yes or no to cookies."""
    line = normal(label)
    match = _BUTTON.match(line)
    return match is not None and len(line[match.end() :].split()) <= WORDS_AROUND
