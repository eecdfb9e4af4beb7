"""The headline of a page that declares none, or one that has nothing to do with its text: the line right above the text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.lines import ends_softly
from pipeline.clean.rules import match_line
from pipeline.extract.agencies import is_agency
from pipeline.extract.bylines import after_by
from pipeline.extract.class_words import NAMES
from pipeline.extract.columns import LONG_RUN
from pipeline.extract.features import CLOCK, YEAR
from pipeline.extract.layout import HEADINGS, PageBlocks

ABOVE = 8  # runs between headline and text: byline, date, picture, share buttons
READ_WORDS = 400  # of the text that are compared with the title
MIN_SHARED = 4  # letters; shorter words stand in every text
MIN_WORDS, MAX_WORDS = 3, 25
ENOUGH_SHARED = 3  # words; a long headline is not likelier than a short one
FEW_WORDS = 3  # of a title that may be a section's
LINKED = 0.25  # of a line's characters in links from which it leads elsewhere
HEADLINE = 1 << NAMES.index("headline")
CAPTION = 1 << NAMES.index("caption")


def heading_above(
    page: PageBlocks, tokens: Sequence[Sequence[str]], chosen: npt.NDArray[np.bool_], title: Sequence[str]
) -> int | None:
    """Return the place of the headline above the kept text when the page's title (its words) is none or has nothing to do with it.

    A title of a word or two may be the section's: it stays where the page shows it, or nothing better.
    """
    prose = [i for i in np.flatnonzero(chosen).tolist() if len(tokens[i]) >= LONG_RUN]
    if not prose:
        return None
    text: set[str] = set()
    for i in prose:
        text.update(word for word in tokens[i][:READ_WORDS] if len(word) >= MIN_SHARED)
        if len(text) >= READ_WORDS:
            break
    above = range(max(0, prose[0] - ABOVE), prose[0])
    least = 1
    if title and _shared(title, text):
        if len(title) > FEW_WORDS or any(set(title) <= set(tokens[i]) for i in range(prose[0])):
            return None
        least = ENOUGH_SHARED
    elif title and (not "".join(title).isascii() or _stands_above(page, tokens, above, title)):
        return None
    worth = {i: _worth(page, i, tokens[i], text, kept=bool(chosen[i]), alone=not title) for i in above}
    best = max(worth, key=lambda i: (worth[i], -i), default=None)
    return best if best is not None and worth[best] >= least else None


def _shared(words: Sequence[str], text: set[str]) -> int:
    return len({word for word in words if len(word) >= MIN_SHARED} & text)


def _stands_above(page: PageBlocks, tokens: Sequence[Sequence[str]], above: range, title: Sequence[str]) -> bool:
    """Say whether the title is a heading above the text: one that plays with words. A shorter one names the section, but as an h1.

    Far above, a heading that is a link leads home: the site's name.
    """
    whole = set(title)
    if len(title) < MIN_WORDS:
        own = (page.runs[i].text for i in above if page.runs[i].tag == "h1" and list(tokens[i]) == list(title))
        return len(title) > 1 and any(match_line(text) is None for text in own)
    headings = (i for i in range(above.stop) if page.runs[i].tag in HEADINGS and whole <= set(tokens[i]))
    return any(i in above or page.runs[i].link_chars < LINKED * len(page.runs[i].text) for i in headings)


def _worth(page: PageBlocks, at: int, words: Sequence[str], text: set[str], *, kept: bool, alone: bool) -> int:
    """Return 0 for what is no headline; of lines that share a word with the text, headings and kept lines are worth more.

    Where the page declares no title (`alone`), a heading and the page's first line need not share one, and a heading may be a link
    when it shares enough: to itself.
    """
    run = page.runs[at]
    container = page.containers[run.container]
    shared = _shared(words, text)
    is_heading = run.tag in HEADINGS or bool(container.mask & HEADLINE)
    is_linked = run.link_chars >= LINKED * len(run.text) and not (alone and run.kind == "heading" and shared >= ENOUGH_SHARED)
    if not MIN_WORDS <= len(words) <= MAX_WORDS or is_linked or run.kind in ("table", "list_item"):
        return 0
    if container.mask & CAPTION or run.kind == "caption" or ends_softly(run.text):
        return 0
    if not is_heading and (YEAR.search(run.text) or CLOCK.search(run.text)):
        return 0
    if after_by(run.text) is not None or is_date_line(run.text) or is_time_stamp(run.text) or match_line(run.text) is not None:
        return 0
    is_first = alone and at == 0
    if is_agency(run.text) or not (shared or is_first or (alone and is_heading)):
        return 0
    return min(shared, ENOUGH_SHARED) + 2 * is_heading + (kept or is_first)
