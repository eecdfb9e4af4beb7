"""From word banks to sentences: `{slot}` draws an entry, `{slot/1}` its second form, `{n:5-90}` a number."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

SLOT = re.compile(r"\{(\w+)(?:/(\d))?(?::(\d+)-(\d+))?\}")
ENTRY_BREAK = re.compile(r"\s*[|\n]\s*")
INDEFINITE = re.compile(r"\b([Aa])(?= (?:[aeio]\w|un[^i]))")
NEXT_QUOTATION = re.compile(r"[.!?] [“„«] ?\w")
# A sentence may not say "residents" twice: so many draws to find an entry it has not used yet.
REDRAWS = 6

Forms = tuple[str, ...]
Part = tuple[str, str, int, int, int]  # literal before, slot, form, low, high


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word banks of one language, and of one topic in it: slot -> entries, each a tuple of forms."""

    language: str
    banks: Mapping[str, tuple[Forms, ...]]
    patterns: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]
    topic: str = ""

    @property
    def thousands(self) -> str:
        """What stands between the thousands and the hundreds."""
        return self.labels["thousands"][0]

    def narrowed(self, rng: random.Random, sizes: Mapping[str, int]) -> Lexicon:
        """Return the lexicon with some banks cut to a random few entries: a story keeps to its own people and matters."""
        banks = dict(self.banks)
        for name, size in sizes.items():
            entries = sorted(set(banks[name]))
            banks[name] = tuple(rng.sample(entries, min(size, len(entries))))
        return replace(self, banks=banks)


@dataclass(slots=True)
class Writer:
    """Expands patterns with one generator; `fixed` slots (names, places) are the same throughout a story."""

    lexicon: Lexicon
    rng: random.Random
    fixed: dict[str, str]
    used: set[str] = field(default_factory=set)

    def pick(self, slot: str, form: int = 0) -> str:
        """Return one form of an entry of a bank that this sentence has not used, unexpanded."""
        bank = self.lexicon.banks[slot]
        entry = bank[int(self.rng.random() * len(bank))]
        for _ in range(REDRAWS):
            if entry[0] not in self.used:
                break
            entry = bank[int(self.rng.random() * len(bank))]
        self.used.add(entry[0])
        return entry[form] if form < len(entry) else entry[0]

    def expand(self, pattern: str) -> str:
        """Return a pattern with all its slots filled."""
        out: list[str] = []
        for literal, slot, form, low, high in _parts(pattern):
            out.append(literal)
            if high:
                number = low + int(self.rng.random() * (high - low + 1))
                out.append(f"{number:,}".replace(",", self.lexicon.thousands))
            elif slot in self.fixed:
                out.append(self.fixed[slot])
            elif slot:
                word = self.pick(slot, form)
                out.append(self.expand(word) if "{" in word else word)
        return "".join(out)

    def sentence(self, pattern: str) -> str:
        """Return a pattern as a sentence: slots filled, first letter large, articles right."""
        self.used.clear()
        text = self.expand(pattern)
        if self.lexicon.language == "en":
            text = INDEFINITE.sub(r"\1n", text)
        return NEXT_QUOTATION.sub(lambda match: match[0][:-1] + match[0][-1].upper(), capitalise(text))

    def write(self, name: str) -> str:
        """Return a sentence of one of the patterns of that name."""
        return self.sentence(self.rng.choice(self.lexicon.patterns[name]))


def capitalise(text: str) -> str:
    """Return the text with its first letter large, also behind an opening quotation mark."""
    for index, char in enumerate(text):
        if char.isalnum():
            return text[:index] + char.upper() + text[index + 1 :]
    return text


@cache
def _parts(pattern: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    position = 0
    for match in SLOT.finditer(pattern):
        slot, form, low, high = match.groups()
        parts.append((pattern[position : match.start()], slot, int(form or 0), int(low or 0), int(high or 0)))
        position = match.end()
    return (*parts, (pattern[position:], "", 0, 0, 0))


@cache
def _load(language: str) -> dict[str, Any]:
    text = resources.files("newsroom").joinpath("lexicon", f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def topics(language: str) -> tuple[str, ...]:
    """Return the topics a language can write about, in the order of its lexicon."""
    return tuple(_load(language)["topics"])


@cache
def lexicon(language: str, topic: str) -> Lexicon:
    """Return the banks of a language for a topic: the topic's own words weigh as much as the shared ones, or more."""
    data = _load(language)
    banks = {name: _entries(text) for name, text in (data["names"] | data["shared"]).items()}
    for name, text in data["topics"].get(topic, {}).items():
        own = _entries(text)
        shared = banks.get(name, ())
        banks[name] = shared + own * max(1, round(len(shared) / len(own)))
    patterns = {name: _entries_flat(text, "\n") for name, text in data["patterns"].items()}
    labels = {name: _entries_flat(text, "|") for name, text in data["labels"].items()}
    return Lexicon(language, banks, patterns, labels, topic)


def _entries(text: str) -> tuple[Forms, ...]:
    return tuple(tuple(_split_forms(entry)) for entry in ENTRY_BREAK.split(text.strip()))


def _split_forms(entry: str) -> list[str]:
    return [entry] if "{" in entry else entry.split("/")


def _entries_flat(text: str, separator: str) -> tuple[str, ...]:
    return tuple(entry.strip(" \n") for entry in text.strip("\n").split(separator))
