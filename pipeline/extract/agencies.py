"""News agencies by the names they are credited under."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

from pipeline.extract.strings import fold, words

_DATA = tomllib.loads(files("pipeline.extract").joinpath("agencies.toml").read_text(encoding="utf-8"))
AGENCIES: dict[str, list[str]] = _DATA["agencies"]
INITIALS: dict[str, str] = _DATA["initials"]
SITES: dict[str, list[str]] = _DATA["sites"]
DATELINES: dict[str, list[str]] = _DATA["datelines"]
_BY_FOLDED = {fold(name): agency for agency, names in AGENCIES.items() for name in names}
# "Associated Press Writer", "of The Associated Press", "Reuters Staff": the agency with its people around it.
_LONG_NAMES = sorted((name for names in AGENCIES.values() for name in names if " " in name), key=len, reverse=True)
_CREDITED = re.compile(
    r"[\s,|/(-]*\b(?:for |of )?(?:the )?(?:"
    + "|".join(map(re.escape, _LONG_NAMES))
    + r"|reuters|bloomberg|ansa|efe|dpa|AP|AFP)\b\)?",
    re.IGNORECASE,
)
_CONTAINED = re.compile(r"\b(" + "|".join(map(re.escape, _LONG_NAMES)) + r"|reuters)\b")


def without_agency(credit: str) -> str:
    """Return what a credit says besides the agency: the reporter of "Jane Doe The Associated Press"."""
    if is_agency(credit):
        return ""
    return _CREDITED.sub(" ", credit).strip(" ,|/()-–—")


def is_agency(text: str) -> bool:
    """Say whether a text is the name of an agency and nothing else."""
    bare = text.strip(" ()[].,:;–—-/")
    return bare in INITIALS or fold(bare) in _BY_FOLDED


def agency_in(credit: str) -> str | None:
    """Return the agency that a credit names; None for a person or anything else."""
    bare = credit.strip(" ()[].,:;–—-/")
    if bare in INITIALS:
        return INITIALS[bare]
    folded = _BY_FOLDED.get(fold(bare))
    if folded:
        return folded
    if match := _CONTAINED.search(" ".join(words(bare))):
        return _BY_FOLDED[fold(match[1])]
    return None


def names_of(agency: str) -> set[str]:
    """Return all that an agency is called, its initials among them; a name that is not known is all there is."""
    return {agency, *AGENCIES.get(agency, ()), *(initials for initials, name in INITIALS.items() if name == agency)}
