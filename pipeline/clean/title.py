"""The title of a document that declares none, found at its top on evidence; and the blocks that repeat a title."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clean.date_lines import is_date_line
from pipeline.clean.lines import bare, count_words, ends_softly, fold, is_prose
from pipeline.clean.rules import match_line
from pipeline.extract.strings import begins_small

MAX_TITLE_WORDS = 28  # the longest headlines of news agencies
KICKER_WORDS = 3  # a section's name above the headline is at most so long
SEARCHED = 12  # lines from the top
MAX_LONGER = 4  # times the title's length: no line so long is compared with it
MIN_OVERLAP = 0.85  # share of the longer one's words that a repeated title must have


def find_title(texts: Sequence[str]) -> int | None:
    """Return the place of the title among the lines of a document, or None: no title is made up.

    The title is the first line that is no label: short, without a full stop, not said twice, and above prose.
    """
    candidates = [i for i, text in enumerate(texts[:SEARCHED]) if not _is_chrome(text)]
    if not candidates:
        return None
    first = candidates[0]
    if not _is_headline(texts, first):
        return None
    if len(candidates) > 1 and count_words(texts[first]) <= KICKER_WORDS:
        second = candidates[1]
        if _is_headline(texts, second) and count_words(texts[second]) > KICKER_WORDS:
            return second
    return first


def repeats_title(text: str, title: str) -> bool:
    """Say whether a line is the title again, whole or as its part before the site's name."""
    if len(text) > MAX_LONGER * len(title):
        return False
    line, whole = bare(fold(text)), bare(fold(title))
    if not line or not whole:
        return False
    if line == whole:
        return True
    words, others = line.split(), whole.split()
    if min(len(words), len(others)) < 4:
        return False
    if whole.startswith(line) and not whole[len(line) : len(line) + 1].isalnum():
        return len(words) >= 0.6 * len(others)
    common = len(set(words) & set(others))
    return common >= MIN_OVERLAP * max(len(set(words)), len(set(others)))


def _is_chrome(text: str) -> bool:
    return match_line(text) is not None or is_date_line(text)


def _is_headline(texts: Sequence[str], index: int) -> bool:
    text = texts[index]
    if "\n" in text or ends_softly(text) or text.rstrip().endswith((":", "：", ",", ";")):
        return False
    if not 1 <= count_words(text) <= MAX_TITLE_WORDS or not any(c.isalpha() for c in text):
        return False
    if any(fold(other) == fold(text) for other in texts[index + 1 :]):
        return False
    below = texts[index + 1 :]
    return any(is_prose(other) for other in below) and not is_prose_opening(text)


def is_prose_opening(text: str) -> bool:
    """Say whether a line opens like running text: with a lower-case letter or a bullet."""
    return begins_small(text) or text[:1] in "-*•·–—"
