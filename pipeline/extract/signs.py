"""The signs of many short texts at once: digits, capitals, commas, end stops, counted with numpy over one array of characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.extract.columns import Vector

# Kinds of characters, by name; each is a bit in the table of all characters below U+10000.
KINDS = {
    "space": r"\s",
    "digit": r"\d",
    "comma": "[,،、，;；]",
    "punctuation": r"[^\w\s]",
    "mark": "[|»›>→©•·/]",
    "stop": '[.!?…。！？؟۔।"”»’)]',
    "colon": "[:：]",
    "question": "[?？؟]",
    "quote": "[\"“«„'‘「»]",
}
BITS = {name: 1 << place for place, name in enumerate([*KINDS, "upper", "lower"])}
LAST = 0xFFFF  # stands for all characters beyond: pictures and rare letters, none of these kinds


@cache
def _kinds() -> npt.NDArray[np.uint16]:
    """Return the kinds of each character below U+10000, as bits."""
    characters = [chr(code) for code in range(LAST)]
    text = "".join(characters)
    table = np.zeros(LAST + 1, dtype=np.uint16)
    for name, pattern in KINDS.items():
        table[[match.start() for match in re.finditer(pattern, text)]] |= BITS[name]
    table[[code for code, c in enumerate(characters) if c.isupper()]] |= BITS["upper"]
    table[[code for code, c in enumerate(characters) if c.islower()]] |= BITS["lower"]
    return table


@dataclass(frozen=True, slots=True)
class Signs:
    """The kinds of all characters of some texts, none of them empty; `starts` are where the texts begin."""

    kinds: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Signs:
        """Look each character up."""
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        lengths = np.array([len(text) for text in texts], dtype=np.intp)
        return cls(_kinds()[np.minimum(codes, LAST)], np.cumsum(lengths) - lengths)

    def count(self, kind: str) -> Vector:
        """Return how many characters of a kind each text holds."""
        return self._summed((self.kinds & BITS[kind]) != 0)

    def opening_capitals(self) -> Vector:
        """Return how many words of each text begin with a capital."""
        behind_space = np.empty(len(self.kinds), dtype=np.bool_)
        behind_space[1:] = (self.kinds[:-1] & BITS["space"]) != 0
        behind_space[self.starts] = True
        return self._summed(behind_space & ((self.kinds & BITS["upper"]) != 0))

    def first(self, kind: str) -> Vector:
        """Return whether each text begins with a character of a kind, as 0 or 1."""
        found: Vector = ((self.kinds[self.starts] & BITS[kind]) != 0).astype(np.float32)
        return found

    def _summed(self, values: npt.NDArray[np.bool_]) -> Vector:
        sums: Vector = np.add.reduceat(values, self.starts, dtype=np.float32)
        return sums
