"""The words of `words.toml`, folded as lines are."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pipeline.clean.lines import fold

WORDS_FILE = Path(__file__).with_name("words.toml")


@cache
def words_for(kind: str) -> frozenset[str]:
    """Return the words of one table of `words.toml`, of all its languages."""
    table = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))[kind]
    return frozenset(fold(word).strip(".") for words in table.values() for word in words)
