"""The standfirst of a news page: a line between headline and text that is named so, and that the page says nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.clean.author_lines import is_byline, is_details
from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.lines import fold
from pipeline.clean.rules import match_line
from pipeline.extract.class_words import NAMES
from pipeline.extract.columns import LONG_RUN
from pipeline.extract.labels import NOT_TEXT
from pipeline.extract.layout import HEADINGS, PageBlocks, Run
from pipeline.extract.votes import tokens_of

if TYPE_CHECKING:
    from pipeline.extract.metadata import Metadata

NEWS = frozenset(("newsarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle", "backgroundnewsarticle"))
BELOW = 4  # runs below the headline in which it is looked for: a byline, a date, a share button
WORDS = range(6, 61)
SAID = 0.7  # share of its words that what the page says of itself holds: then nothing is lost without it
TITLE_SHARE = 0.8  # of the words of a heading and the title that must be the same
SUMMARY = 1 << NAMES.index("summary")


def standfirst(page: PageBlocks, tokens: Sequence[Sequence[str]], metadata: Metadata, chosen: npt.NDArray[np.bool_]) -> int | None:
    """Return the place of the standfirst that was not kept; only pages declared as news have one, for elsewhere it is the page's
    description.
    """
    if NEWS.isdisjoint(metadata.page_types) or not metadata.title:
        return None
    text = next((i for i in np.flatnonzero(chosen).tolist() if len(tokens[i]) >= LONG_RUN), 0)
    title = set(tokens_of(metadata.title))
    headline = max((i for i in range(text) if page.runs[i].tag in HEADINGS and _is_title(set(tokens[i]), title)), default=text)
    said = set(tokens_of(metadata.description or ""))
    authors = frozenset(map(fold, metadata.authors))
    for i in range(headline + 1, min(text, headline + 1 + BELOW)):
        if not chosen[i] and len(tokens[i]) in WORDS and _is_named(page, page.runs[i]) and not _is_furniture(page.runs[i], authors):
            return i if len(said.intersection(tokens[i])) <= SAID * len(set(tokens[i])) else None
    return None


def _is_title(words: set[str], title: set[str]) -> bool:
    return len(words & title) >= TITLE_SHARE * max(len(words), len(title))


def _is_named(page: PageBlocks, run: Run) -> bool:
    """Say whether what holds a run is named a summary, and nothing that is no text."""
    named = page.containers[run.container].mask
    return bool(named & SUMMARY) and not named & NOT_TEXT and run.kind in ("paragraph", "heading") and not run.hidden


def _is_furniture(run: Run, authors: frozenset[str]) -> bool:
    if run.links or match_line(run.text) is not None or is_details(run.text, authors):
        return True
    return is_byline(run.text, authors) or is_date_line(run.text) or is_time_stamp(run.text)
