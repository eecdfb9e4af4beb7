"""Why a run of text is not the article's: the small set of labels that the block decision gives.

`headline` repeats the title; `caption` belongs to a picture; `byline` says who and when; `comments` are the readers';
`not-content` is all else that the scorer did not take for the article.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.extract.blocks import PageBlocks, Run
from pipeline.extract.class_words import NAMES

MAX_CAPTION = 80  # words
MAX_BYLINE = 25
TITLE_SHARE = 0.8  # of the words of line and title that must be the same


def _bits(*names: str) -> int:
    return sum(1 << NAMES.index(name) for name in names)


CAPTION = _bits("caption", "<figure>")
BYLINE = _bits("byline", "date")
COMMENTS = _bits("comment")


def label_of(run: Run, tokens: Sequence[str], page: PageBlocks, title: Sequence[str]) -> str:
    """Return the label of a run that was not kept."""
    container = page.containers[run.container]
    near = container.mask | page.containers[max(0, container.parent)].mask
    same = len(set(tokens) & set(title))
    if title and same >= TITLE_SHARE * max(len(set(tokens)), len(set(title))):
        return "headline"
    if (run.kind == "caption" or near & CAPTION) and len(tokens) <= MAX_CAPTION:
        return "caption"
    if (container.mask | container.mask_above) & COMMENTS:
        return "comments"
    if near & BYLINE and len(tokens) <= MAX_BYLINE:
        return "byline"
    return "not-content"
