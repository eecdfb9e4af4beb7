"""What the block scorer sees of each run of text: one row a run, one column a feature, all of a page at once.

Nothing here knows a language. Word lists are of class names only; what a function word is, is learned from the page itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.extract.blocks import HEADINGS, PageBlocks, Run
from pipeline.extract.columns import LONG_RUN, MISSING, Vector, shifted, window_mean
from pipeline.extract.places import Structure, place_features
from pipeline.extract.votes import Candidate, tokens_of, votes

CANDIDATES = ("resiliparse", "trafilatura", "precision", "readability")
COMMON_TOKENS = 60  # most frequent short tokens of a page's long runs: its function words, whatever the language
COMMON_LENGTH = 5  # characters

YEAR = re.compile(r"\b(?:19|20)\d\d\b")
CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b")
COMMAS = re.compile(r"[,،、，;；]")
PUNCTUATION = re.compile(r"[^\w\s]")
CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-zß-ÿа-я]\w*")
MARKS = re.compile(r"[|»›>→©•·/]")
ADDRESS = re.compile(r"@|https?:|www\.")
FULL_STOPS = tuple('.!?…。！？؟۔।"”»’)')


@dataclass(frozen=True, slots=True)
class PageContext:
    """What is known beside the runs: title, description and JSON-LD text, and for each run its share of other pages of the site."""

    title: str = ""
    description: str = ""
    article_body: str = ""
    site_share: Sequence[float] | None = None


def text_features(runs: Sequence[Run], tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """Return the columns that a run's own text gives."""
    common = _function_words(tokens)
    rows = [_text_row(run, words, common) for run, words in zip(runs, tokens, strict=True)]
    table = np.array(rows, dtype=np.float32).reshape(len(rows), len(TEXT_COLUMNS))
    return {name: table[:, column] for column, name in enumerate(TEXT_COLUMNS)}


TEXT_COLUMNS = (
    *("chars", "words", "mean_word", "link_density", "links", "strong", "digits", "capitals", "commas", "punctuation", "marks"),
    *("address", "year", "clock", "stop", "colon", "ellipsis", "lower_start", "digit_start", "quote_start", "upper"),
    *("function_words", "heading_level", "after_break", "hidden", "question"),
)


def _text_row(run: Run, words: Sequence[str], common: frozenset[str]) -> tuple[float, ...]:
    text = run.text
    size, count = len(text), max(1, len(words))
    return (
        size,
        len(words),
        size / count,
        run.link_chars / size,
        run.links,
        run.strong_chars / size,
        sum(map(str.isdigit, text)) / size if size < 400 else 0.0,
        len(CAPITALISED.findall(text)) / count if size < 1000 else 0.2,
        len(COMMAS.findall(text)) / count,
        len(PUNCTUATION.findall(text)) / size,
        len(MARKS.findall(text)),
        ADDRESS.search(text) is not None,
        YEAR.search(text) is not None,
        CLOCK.search(text) is not None,
        text.endswith(FULL_STOPS),
        text.endswith((":", "：")),
        text.endswith(("…", "...")),
        text[0].islower(),
        text[0].isdigit(),
        text.startswith(('"', "“", "«", "„", "'", "‘", "「", "»")),
        text.isupper(),
        sum(word in common for word in words) / count,
        int(run.tag[1]) if run.tag in HEADINGS else 0,
        run.after_break,
        run.hidden,
        text.endswith(("?", "？", "؟")),
    )


def _function_words(tokens: Sequence[Sequence[str]]) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for words in tokens:
        if len(words) >= LONG_RUN:
            counts.update(word for word in words if len(word) <= COMMON_LENGTH)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return frozenset(word for word, count in ranked[:COMMON_TOKENS] if count > 1)


def context_features(tokens: Sequence[list[str]], context: PageContext) -> dict[str, Vector]:
    """Return the columns of likeness to what the page says of itself: title, description, JSON-LD text."""
    count = len(tokens)
    columns: dict[str, Vector] = {}
    title = tokens_of(context.title)
    likeness = np.array([_likeness(words, title) for words in tokens], dtype=np.float32).reshape(count, 2)
    columns["title_within"], columns["title_covers"] = likeness[:, 0], likeness[:, 1]
    description = np.array([_likeness(words, tokens_of(context.description)) for words in tokens], dtype=np.float32).reshape(
        count, 2
    )
    columns["description_within"], columns["description_covers"] = description[:, 0], description[:, 1]
    columns |= _after_title(likeness.min(axis=1) if count else np.zeros(0, np.float32), count)
    if context.article_body:
        body = Candidate.of(context.article_body)
        columns["declared"] = np.array(votes(tokens, body), dtype=np.float32)
    else:
        columns["declared"] = np.full(count, MISSING)
    share = context.site_share
    columns["site_share"] = np.full(count, MISSING) if share is None else np.array(share, dtype=np.float32)
    return columns


def _likeness(words: Sequence[str], reference: Sequence[str]) -> tuple[float, float]:
    """Return the share of the words that the reference holds, and the share of the reference that the words hold."""
    if not words or not reference or len(words) > 8 * len(reference):
        return 0.0, 0.0
    same = sum((Counter(words) & Counter(reference)).values())
    return same / len(words), same / len(reference)


def _after_title(likeness: Vector, count: int) -> dict[str, Vector]:
    """Where a run stands from the headline in the page (the last of the best matches before the middle of the text)."""
    found = np.flatnonzero(likeness >= 0.8)
    positions = np.arange(count, dtype=np.float32)
    if not len(found):
        return {"after_title": np.full(count, MISSING), "after_first_title": np.full(count, MISSING)}
    return {"after_title": positions - found[-1], "after_first_title": positions - found[0]}


def vote_features(tokens: Sequence[list[str]], candidates: Mapping[str, str | None]) -> dict[str, Vector]:
    """Return the columns of the candidates' votes, by themselves, among neighbours, and as a span; missing for one not asked."""
    columns: dict[str, Vector] = {}
    lengths = np.array([len(words) for words in tokens], dtype=np.float32)
    total = max(1.0, float(lengths.sum()))
    for name in CANDIDATES:
        text = candidates.get(name)
        given = [MISSING] * len(tokens) if text is None else votes(tokens, Candidate.of(text))
        vote = np.array(given, dtype=np.float32)
        columns[name] = vote
        columns[f"{name}_near"] = window_mean(vote, 1)
        columns[f"{name}_around"] = window_mean(vote, 4)
        columns |= _span_features(name, vote, lengths)
        columns[f"{name}_share"] = np.full(len(tokens), np.float32((vote * lengths).sum() / total))
    return columns


def _span_features(name: str, vote: Vector, lengths: Vector) -> dict[str, Vector]:
    """How much of what a candidate keeps stands before and after each run, as shares of its words."""
    kept = vote * lengths
    total = np.float32(kept.sum()) or np.float32(1)
    before = np.cumsum(kept, dtype=np.float32)
    return {f"{name}_before": (before - kept) / total, f"{name}_after": (total - before) / total}


def order_features(columns: Mapping[str, Vector], page: PageBlocks) -> dict[str, Vector]:
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
    for step in (-1, 1):
        ordered[f"same_parent{step:+d}"] = (shifted(parent, step) == parent).astype(np.float32)
    for reach in (3, 8):
        ordered[f"words_around{reach}"] = window_mean(columns["words"], reach)
        ordered[f"links_around{reach}"] = window_mean(columns["link_density"], reach)
    return ordered


def page_features(
    page: PageBlocks, tokens: Sequence[list[str]], structure: Structure, context: PageContext, candidates: Mapping[str, str | None]
) -> dict[str, Vector]:
    """Return all columns of a page by name."""
    columns = text_features(page.runs, tokens) | place_features(page, tokens, structure) | context_features(tokens, context)
    columns |= vote_features(tokens, candidates)
    return columns | order_features(columns, page)
