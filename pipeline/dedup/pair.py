"""Two texts held against each other: the verdict, the numbers that decided it, and what they share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup import DedupParams
from pipeline.dedup.align import compare
from pipeline.dedup.shared import Mask, Pairs, Shared, share, units_of
from pipeline.dedup.sketch import encode
from pipeline.dedup.verdict import judge, proofs
from pipeline.dedup.words import read_words

COPY, RETOLD, FORM, REUSE, SLIGHT, NOTHING = (
    "copy",
    "copy, where another pair of the two stories says so too: both have much of their own",
    "the same form filled with other names and figures: no copy, no reuse",
    "reuse: passages in common, each its own story",
    "a short passage or somebody's words in common: reuse only where one of the two is stitched from more stories",
    "nothing in common that counts",
)
_PAIR = np.array([[0, 1]])
_COLUMN = 60  # characters of each of the two columns


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """Characters of both texts that are the same but for small substitutions, and how many words are equal."""

    start: int
    end: int
    other_start: int
    other_end: int
    words: int


@dataclass(frozen=True, slots=True)
class PairReport:
    """What is said of two texts when nothing but these two is known; passages are in the order of the first."""

    verdict: str
    proof: dict[str, Any]
    passages: tuple[SharedPassage, ...]


def compare_texts(one: str, other: str) -> PairReport:
    """Align two texts and judge them; what only other texts could tell (who else has the words) is left out."""
    params = DedupParams()
    words = read_words(encode([one, other]))
    measures, zones = compare(words, _PAIR)
    verdicts = judge(measures, params)
    first = int(words.low[1])
    passages = tuple(
        SharedPassage(
            int(words.starts[row[0]]),
            int(words.ends[row[1] - 1]),
            int(words.starts[first + row[2]]),
            int(words.ends[first + row[3] - 1]),
            int(row[4]),
        )
        for row in zones.of(0).tolist()
    )
    if verdicts.copy[0]:
        verdict = RETOLD if verdicts.retold[0] else COPY
    elif verdicts.form[0]:
        verdict = FORM
    else:
        verdict = _sharing(share(_PAIR, zones, verdicts, range(2), units_of(words), _none_common, params).get(0, []))
    return PairReport(verdict, next(proofs(measures)), passages)


def _sharing(shared: Sequence[Shared]) -> str:
    if not shared:
        return NOTHING
    return SLIGHT if shared[0].slight else REUSE


def _none_common(_: Pairs, rows: npt.NDArray[np.int32]) -> Mask:
    return np.zeros(len(rows), np.bool_)


def side_by_side(one: str, other: str, report: PairReport) -> Iterator[str]:
    """Yield the lines of both texts in two columns: shared passages beside each other, what is each text's own alone."""
    at = other_at = 0
    for number, passage in enumerate(report.passages, start=1):
        follows = passage.other_start >= other_at  # else it stands earlier in the other text, and is shown out of its order
        yield from _rows(one[at : passage.start], other[other_at : passage.other_start] if follows else "", " ")
        place = f"[{number}] {passage.start}-{passage.end}"
        yield f"{place:{_COLUMN}} = {passage.other_start}-{passage.other_end}, {passage.words} words"
        yield from _rows(one[passage.start : passage.end], other[passage.other_start : passage.other_end], "=")
        at = passage.end
        other_at = max(other_at, passage.other_end)
    yield from _rows(one[at:], other[other_at:], " ")


def _rows(left: str, right: str, sign: str) -> Iterator[str]:
    columns = (textwrap.wrap(" ".join(text.split()).strip(" .,;:"), _COLUMN) for text in (left, right))
    for one, other in zip_longest(*columns, fillvalue=""):
        yield f"{one:{_COLUMN}} {sign} {other}".rstrip()
