"""Words that stand with dates: names of months, "published", "updated", in the languages of dates.toml."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

_DATA: dict[str, dict[str, list[str]]] = tomllib.loads(files("pipeline.extract").joinpath("dates.toml").read_text(encoding="utf-8"))
WIDE_SCRIPT = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


def _months() -> dict[str, dict[str, int]]:
    """Return, for each folded name, the month that it means in each language."""
    table: dict[str, dict[str, int]] = {}
    for language, months in _DATA["months"].items():
        for number, variants in enumerate(months, 1):
            for name in variants.split("/"):
                table.setdefault(name.casefold(), {})[language] = number
    return table


def _label(kind: str) -> re.Pattern[str]:
    phrases = sorted({phrase for group in _DATA[kind].values() for phrase in group}, key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(p if WIDE_SCRIPT.search(p) else rf"(?<!\w){re.escape(p)}(?!\w)" for p in phrases), re.IGNORECASE)


_MONTHS = _months()
PUBLISHED = _label("published")
MODIFIED = _label("modified")


def month_number(name: str, language: str | None) -> int | None:
    """Return the month (1-12) that a word means; None when it is none, or another one in another language (Polish `listopada`)."""
    meanings = _MONTHS.get(name.casefold(), {})
    if len(set(meanings.values())) == 1:
        return next(iter(meanings.values()))
    return meanings.get(language or "")
