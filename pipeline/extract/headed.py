"""The text below the page's own headline: what a post of a few lines is known by when its sidebars are longer than it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.rules import match_line
from pipeline.extract.bylines import after_by
from pipeline.extract.class_words import NAMES
from pipeline.extract.layout import HEADINGS, PageBlocks, Run
from pipeline.extract.places import Structure, inside

LEVELS = 3  # containers around the headline in which its text is looked for
ENOUGH = 3  # words that make a text: a picture's line, a link with a remark


def _bits(*names: str) -> int:
    return sum(1 << NAMES.index(name) for name in names)


ELSEWHERE = _bits("sidebar", "nav", "footer", "comment", "related", "<nav>", "<footer>", "<aside>")
NOT_TEXT = _bits("byline", "date", "bio", "share", "comment", "nav", "footer", "tags", "<footer>")


def headed_runs(
    page: PageBlocks, tokens: Sequence[Sequence[str]], structure: Structure, title: Sequence[str]
) -> npt.NDArray[np.bool_] | None:
    """Return the runs of text below the heading that says the title (its words), in its container; None where there are none."""
    heading = next((i for i, run in enumerate(page.runs) if _is_headline(page, run, tokens[i], title)), None)
    if heading is None:
        return None
    container = page.runs[heading].container
    for _ in range(LEVELS):
        below = _below(page, heading, inside(structure, container))
        if sum(len(tokens[i]) for i in below) >= ENOUGH:
            found = np.zeros(len(page.runs), dtype=np.bool_)
            found[below] = True
            return found
        container = int(structure.parents[container])
    return None


def _is_headline(page: PageBlocks, run: Run, words: Sequence[str], title: Sequence[str]) -> bool:
    """Say whether a heading outside of the sidebars is the title, or the end of it behind the name of the site."""
    container = page.containers[run.container]
    if run.tag not in HEADINGS or not words or (container.mask | container.mask_above) & ELSEWHERE:
        return False
    return list(title[-len(words) :]) == list(words)


def _below(page: PageBlocks, heading: int, region: npt.NDArray[np.bool_]) -> list[int]:
    """Return the places of the text below a heading, up to the next one of its rank or the end of the region."""
    found = []
    for i in range(heading + 1, len(page.runs)):
        run = page.runs[i]
        if not region[i] or (run.tag in HEADINGS and run.tag <= page.runs[heading].tag):
            break
        if _is_text(page, run):
            found.append(i)
    return found


def _is_text(page: PageBlocks, run: Run) -> bool:
    container = page.containers[run.container]
    if container.mask & NOT_TEXT or run.is_link or run.kind == "heading":
        return False
    says_when = is_date_line(run.text) or is_time_stamp(run.text) or after_by(run.text) is not None
    return not says_when and match_line(run.text) is None
