"""What the block scorer sees of each run of text: one row a run, one column a feature, all of a page at once.

Nothing here knows a language. Word lists are of class names only; what a function word is, is learned from the page itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.columns import LONG_RUN, MISSING, Vector, shifted, window_mean
from pipeline.extract.layout import HEADINGS, PageBlocks, Run
from pipeline.extract.places import Structure, place_features
from pipeline.extract.signs import Signs
from pipeline.extract.votes import Candidate, tokens_of, votes

COMMON_TOKENS = 60  # most frequent short tokens of a page's long runs: its function words, whatever the language
COMMON_LENGTH = 5  # characters
MAX_MEDIA = 5  # pictures before a run that are told apart
HEAD = 300  # characters of a run whose signs are counted: a sentence or two show how it is written

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b")
ELLIPSES = ("…", "...")


@dataclass(frozen=True, slots=True)
class PageContext:
    """What a page says of itself beside its runs: title, description and JSON-LD text."""

    title: str = ""
    description: str = ""
    article_body: str = ""


def _text_features(runs: Sequence[Run], tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """Return the columns that a run's own text gives."""
    common = _function_words(tokens)
    heads = [run.text[:HEAD] for run in runs]
    head, end = Signs.of(heads), Signs.of([run.text[-1] for run in runs])
    seen = _column(map(len, heads))
    chars, words = _column([len(run.text) for run in runs]), _column(map(len, tokens))
    count = np.maximum(1, words)
    digits = head.count("digit")
    numbered = np.flatnonzero(digits).tolist()
    columns: dict[str, npt.NDArray[np.floating[Any]]] = {
        "chars": chars,
        "words": words,
        "mean_word": chars / count,
        "link_density": _column([run.link_chars for run in runs]) / chars,
        "links": _column([run.links for run in runs]),
        "strong": _column([run.strong_chars for run in runs]) / chars,
        "digits": digits / seen,
        "capitals": head.opening_capitals() / seen,
        "commas": head.count("comma") / seen,
        "punctuation": head.count("punctuation") / seen,
        "marks": head.count("mark"),
        "address": _column(map(_has_address, heads)),
        "year": _flags([i for i in numbered if YEAR.search(heads[i])], len(heads)),
        "clock": _flags([i for i in numbered if CLOCK.search(heads[i])], len(heads)),
        "stop": end.first("stop"),
        "colon": end.first("colon"),
        "ellipsis": _column([run.text.endswith(ELLIPSES) for run in runs]),
        "lower_start": head.first("lower"),
        "digit_start": head.first("digit"),
        "quote_start": head.first("quote"),
        "upper": _column(map(str.isupper, heads)),
        "function_words": _column([sum(map(common.__contains__, words)) for words in tokens]) / count,
        "heading_level": _column([int(run.tag[1]) if run.tag in HEADINGS else 0 for run in runs]),
        "after_break": _column([run.after_break for run in runs]),
        "hidden": _column([run.hidden for run in runs]),
        "question": end.first("question"),
        "media": _column([min(run.media, MAX_MEDIA) for run in runs]),
    }
    return {name: column.astype(np.float32, copy=False) for name, column in columns.items()}


def _column(values: Iterable[float]) -> Vector:
    return np.fromiter(values, dtype=np.float32)


def _flags(places: Sequence[int], count: int) -> Vector:
    """Return a column with 1 at some places."""
    column = np.zeros(count, dtype=np.float32)
    column[places] = 1
    return column


def _has_address(text: str) -> bool:
    return "@" in text or "www." in text or "http:" in text or "https:" in text


def _function_words(tokens: Sequence[Sequence[str]]) -> frozenset[str]:
    counts = Counter(chain.from_iterable(words for words in tokens if len(words) >= LONG_RUN))
    ranked = sorted((-count, word) for word, count in counts.items() if count > 1 and len(word) <= COMMON_LENGTH)
    return frozenset(word for _, word in ranked[:COMMON_TOKENS])


def _context_features(tokens: Sequence[list[str]], context: PageContext) -> dict[str, Vector]:
    """Return the columns of likeness to what the page says of itself: title, description, JSON-LD text."""
    count = len(tokens)
    columns: dict[str, Vector] = {}
    for name, text in (("title", context.title), ("description", context.description)):
        likeness = _likenesses(tokens, tokens_of(text))
        columns[f"{name}_within"], columns[f"{name}_covers"] = likeness[:, 0], likeness[:, 1]
    columns |= _after_title(np.minimum(columns["title_within"], columns["title_covers"]), count)
    if context.article_body:
        columns["declared"] = np.array(votes(tokens, Candidate.of(context.article_body)), dtype=np.float32)
    else:
        columns["declared"] = np.full(count, MISSING)
    return columns


def _likenesses(tokens: Sequence[list[str]], reference: Sequence[str]) -> Vector:
    """Return for each run the share of its words that the reference holds, and of the reference's words that it holds."""
    known, held, limit = frozenset(reference), Counter(reference), 8 * len(reference)
    rows = [
        _likeness(words, held, len(reference)) if len(words) <= limit and not known.isdisjoint(words) else (0.0, 0.0)
        for words in tokens
    ]
    return np.array(rows, dtype=np.float32).reshape(len(rows), 2)


def _likeness(words: Sequence[str], held: Counter[str], size: int) -> tuple[float, float]:
    shared = Counter(filter(held.__contains__, words))
    same = sum(min(number, held[word]) for word, number in shared.items())
    return same / len(words), same / size


def _after_title(likeness: Vector, count: int) -> dict[str, Vector]:
    """Where a run stands from the headline in the page, the first and the last time that it is there."""
    found = np.flatnonzero(likeness >= 0.8)
    positions = np.arange(count, dtype=np.float32)
    if not len(found):
        return {"after_title": np.full(count, MISSING), "after_first_title": np.full(count, MISSING)}
    return {"after_title": positions - found[-1], "after_first_title": positions - found[0]}


def _vote_features(tokens: Sequence[list[str]], text: str, name: str) -> dict[str, Vector]:
    """Return the columns of an extractor's vote: on a run, around it, and how much of its text is before and after."""
    lengths = np.array([len(words) for words in tokens], dtype=np.float32)
    vote = np.array(votes(tokens, Candidate.of(text)), dtype=np.float32)
    kept = vote * lengths
    total = np.float32(kept.sum()) or np.float32(1)
    before = np.cumsum(kept, dtype=np.float32)
    return {
        name: vote,
        f"{name}_near": window_mean(vote, 1),
        f"{name}_around": window_mean(vote, 4),
        f"{name}_before": ((before - kept) / total).astype(np.float32),
        f"{name}_after": ((total - before) / total).astype(np.float32),
        f"{name}_share": np.full(len(tokens), np.float32(kept.sum() / max(1.0, float(lengths.sum())))),
    }


def _order_features(columns: Mapping[str, Vector], page: PageBlocks) -> dict[str, Vector]:
    """Return the columns of position, and of the neighbours' main features."""
    count = len(page.runs)
    words = columns["words"].astype(np.float64)
    before = np.cumsum(words) - words
    total = max(1.0, float(words.sum()))
    position = np.arange(count, dtype=np.float32)
    ordered: dict[str, Vector] = {
        "position": (position / max(1, count)).astype(np.float32),
        "from_start": position,
        "from_end": count - 1 - position,
        "words_before": (before / total).astype(np.float32),
        "page_runs": np.full(count, np.float32(count)),
        "page_words": np.full(count, np.float32(total)),
        "to_longest": (words / max(1.0, float(words.max(initial=1)))).astype(np.float32),
    }
    parent = np.array([page.containers[run.container].parent for run in page.runs], dtype=np.float32)
    for step in (-2, -1, 1, 2):
        for name in ("words", "link_density", "stop", "heading_level", "capitals", "title_within", "prose_best"):
            ordered[f"{name}{step:+d}"] = shifted(columns[name], step)
    depth = columns["depth"]
    opened = np.array([run.container for run in page.runs], dtype=np.float32)
    for step in (-1, 1):
        ordered[f"media{step:+d}"] = shifted(columns["media"], step)
        ordered[f"depth{step:+d}"] = shifted(depth, step) - depth
        ordered[f"opened{step:+d}"] = np.abs(shifted(opened, step) - opened)
        ordered[f"same_parent{step:+d}"] = (shifted(parent, step) == parent).astype(np.float32)
    for reach in (3, 8):
        ordered[f"words_around{reach}"] = window_mean(columns["words"], reach)
        ordered[f"links_around{reach}"] = window_mean(columns["link_density"], reach)
    return ordered


def page_features(
    page: PageBlocks, tokens: Sequence[list[str]], structure: Structure, context: PageContext, easy: str
) -> dict[str, Vector]:
    """Return all columns of a page by name; `easy` is the text that resiliparse takes for the main content."""
    columns = _text_features(page.runs, tokens) | place_features(page, tokens, structure) | _context_features(tokens, context)
    columns |= _vote_features(tokens, easy, "resiliparse")
    return columns | _order_features(columns, page)
