"""The language of a page: what it declares, and what its text is in."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

from pipeline.extract.markup import Markup
from pipeline.extract.strings import one_line

TAG = re.compile(r"([a-zA-Z]{2,3})(?:[-_][\w-]{1,20})?")
# Codes of three letters and retired ones, as the two letters that the warehouse holds.
SHORT_CODES = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "nld": "nl",
    "dut": "nl", "rus": "ru", "ukr": "uk", "pol": "pl", "ces": "cs", "cze": "cs", "slk": "sk", "slo": "sk", "hun": "hu",
    "ron": "ro", "rum": "ro", "bul": "bg", "ell": "el", "gre": "el", "tur": "tr", "ara": "ar", "heb": "he", "fas": "fa",
    "per": "fa", "hin": "hi", "ben": "bn", "urd": "ur", "tam": "ta", "jpn": "ja", "kor": "ko", "zho": "zh", "chi": "zh",
    "vie": "vi", "tha": "th", "ind": "id", "msa": "ms", "swe": "sv", "dan": "da", "nor": "no", "nob": "no", "nno": "nn",
    "fin": "fi", "est": "et", "lav": "lv", "lit": "lt", "cat": "ca", "iw": "he", "in": "id", "nb": "no", "ji": "yi", "jp": "ja",
    "cn": "zh", "cz": "cs", "gr": "el", "ua": "uk", "kr": "ko",
    # Varieties that an identifier tells apart, and that share their likelihood: Wu, Cantonese, Egyptian and Moroccan Arabic.
    "wuu": "zh", "yue": "zh", "cmn": "zh", "arz": "ar", "ary": "ar", "uzs": "uz", "sdh": "ku", "fuv": "ff", "gug": "gn",
}  # fmt: skip
ENOUGH_LETTERS = 200  # below it an identifier guesses: headlines in Danish come out as Norwegian
ENOUGH_TO_OVERRULE = 400  # and to say that a page's own declaration is wrong
MIN_OF_OTHER_SCRIPT = 30  # letters that tell a declaration wrong which is a theme's: no language of Latin letters has them
SURE = 0.99
DETECT_WINDOW = 4000  # characters; more text does not change the answer
GLANCE = 800  # characters that are looked at first: mostly they say enough
GLANCE_TO_AGREE = 300  # and to agree with what the page declares


def declared_language(markup: Markup) -> str | None:
    """Return the ISO 639-1 code that the page declares: JSON-LD, <html lang>, <meta>, og:locale."""
    given = [markup.jsonld.get("inLanguage"), markup.language]
    given += markup.every("content-language", "language", "dc.language", "dcterms.language", "inlanguage", "og:locale")
    return next((code for value in given if (code := language_code(value))), None)


def language_code(value: object) -> str | None:
    """Return the two-letter code in a tag such as `de-AT`, `pt_BR` or `eng`; None for what is no such tag."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    match = TAG.fullmatch(one_line(value).split(",")[0].strip())
    if not match:
        return None
    code = match[1].lower()
    code = SHORT_CODES.get(code, code)
    return code if len(code) == 2 and code not in ("un", "xx", "zz") else None


def detect_language(text: str, declared: str | None) -> str | None:
    """Return the language of a text: the declared one, unless there is enough text to be sure that it is another."""
    window = text[:DETECT_WINDOW]
    if declared in LATIN and _is_of_other_script(window[:GLANCE]):
        return _identify(window)[0]
    enough = ENOUGH_TO_OVERRULE if declared else ENOUGH_LETTERS
    if _evidence(window[:GLANCE]) < enough and _evidence(window) < enough:
        return declared
    glance = GLANCE_TO_AGREE if declared else GLANCE
    detected, sure = _identify(window[:glance])
    if declared and detected and _alike(detected, declared):
        return declared
    if len(window) > glance and not (sure and declared is None):
        detected, sure = _identify(window)
    if declared is None:
        return detected
    return detected if detected and sure and not _alike(detected, declared) else declared


def _is_of_other_script(text: str) -> bool:
    """Say whether most letters of a text are none of the Latin alphabet; mathematical ones, in which some write headlines, are."""
    if text.isascii():
        return False
    letters = [c for c in text if c.isalpha()]
    others = sum("\u0370" <= c < "\U0001d400" for c in letters)
    return others >= MIN_OF_OTHER_SCRIPT and 2 * others > len(letters)


def _identify(text: str) -> tuple[str | None, bool]:
    """Return the language that a text is most likely in, and whether that is as good as certain."""
    label, chance = _identifier().classify(text)
    if chance >= SURE:
        return language_code(label), True
    chances = Counter[str | None]()  # of a language with its varieties
    for label, chance in _identifier().rank(text):
        chances[language_code(label)] += chance
    [(code, chance)] = chances.most_common(1)
    return code, chance >= SURE


def _evidence(text: str) -> int:
    """Return the number of letters; a Chinese or Japanese character says as much as three."""
    letters = sum(map(str.isalpha, text))
    return letters if text.isascii() else letters + 2 * sum(map("\u2e80".__le__, text))


# Languages that are written with Latin letters and no others.
LATIN = frozenset(
    (
        *("en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "nn", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro"),
        *("et", "lv", "lt", "ca", "gl", "eu", "sq", "tr", "vi", "id", "ms", "tl", "sw", "af", "ga", "cy", "mt"),
    )
)

# Neighbours that an identifier cannot tell apart on news text: the page knows better.
NEIGHBOURS = (
    {"no", "nn", "da"},
    {"hr", "sr", "bs"},
    {"id", "ms"},
    {"cs", "sk"},
    {"bg", "mk"},
    {"es", "gl", "ca"},
    {"hi", "mr", "ne"},
    {"pt", "gl"},
)


def _alike(a: str, b: str) -> bool:
    return a == b or any(a in group and b in group for group in NEIGHBOURS)


def warm_up() -> None:
    """Load the identifier."""
    _identifier()


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
