"""The title of a document that declares none, found at its top on evidence; and the blocks that repeat a title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.clean.author_lines import is_byline
from pipeline.clean.date_lines import is_date_line
from pipeline.clean.lines import bare, count_words, ends_softly, fold, has_unspaced, is_prose, words_of
from pipeline.clean.rules import match_line
from pipeline.clean.words import words_for
from pipeline.extract.strings import begins_small

MAX_TITLE_WORDS = 28  # the longest headlines of news agencies
ARROWS = re.compile(r"\s*[>›»→]\s*|\s+/\s+")
MAX_TRAIL = 200  # characters of such a line
KICKER_WORDS = 3  # a section's name above the headline is at most so long
MIN_SHARED_WORD = 4  # letters; shorter words stand in every text
SHARED_RUN = 3  # letters that a title and its text have in common where no space parts words: a name, a word with its ending
SEARCHED = 12  # lines from the top
MAX_LONGER = 4  # times the title's length: no line so long is compared with it
MIN_OVERLAP = 0.85  # share of the longer one's words that a repeated title must have


def find_title(texts: Sequence[str]) -> int | None:
    """Return the place of the title among the lines of a document, or None: no title is made up.

    The title is the first line that is no label: short, without a full stop, not said twice, and above prose. Above it may stand
    names of sections, which are shorter, and a line that has no word in common with the text.
    """
    found: list[int] = []
    for place, text in enumerate(texts[:SEARCHED]):
        if _is_chrome(text) or (not found and is_byline(text)):
            continue
        if not _is_headline(texts, place) or is_byline(text):
            break
        found.append(place)
    long = [place for place in found if count_words(texts[place]) > KICKER_WORDS]
    said = (place for place in long if not is_foreign(texts[place], texts[place + 1 :]))
    return next(said, next(iter([*long, *found]), None))


def is_foreign(title: str, texts: Iterable[str]) -> bool:
    """Say whether a title has no word in common with the text below it: "Untitled", or the name of the site."""
    words = _telling(title)
    return bool(words or title.isascii()) and not any(words & _telling(text) for text in texts)


def _telling(text: str) -> frozenset[str]:
    """Return the longer words of a text, and runs of their letters in scripts that write words together."""
    words = words_of(fold(text))
    apart = {word for word in words if len(word) >= MIN_SHARED_WORD and not has_unspaced(word)}
    together = {word[i : i + SHARED_RUN] for word in words if has_unspaced(word) for i in range(len(word) - SHARED_RUN + 1)}
    return frozenset(apart | together)


def is_kicker(text: str) -> bool:
    """Say whether a line above the title is the name of a section: no label, date or byline, which the rules know."""
    return count_words(text) <= KICKER_WORDS and not _is_chrome(text) and not is_byline(text)


def is_breadcrumb(text: str) -> bool:
    """Say whether a line is the page's place on its site: "Home > News > Harbour"."""
    pieces = [piece.strip() for piece in ARROWS.split(text)] if len(text) <= MAX_TRAIL else []
    return len(pieces) > 1 and bare(fold(pieces[0])) in words_for("home") and all(pieces)


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
    return match_line(text) is not None or is_date_line(text) or is_breadcrumb(text)


def _is_headline(texts: Sequence[str], index: int) -> bool:
    text = texts[index]
    if "\n" in text or ends_softly(text) or text.rstrip().endswith((":", "：", ",", ";")):
        return False
    if not 1 <= count_words(text) <= MAX_TITLE_WORDS or not any(c.isalpha() for c in text):
        return False
    if any(fold(other) == fold(text) for other in texts[index + 1 :]):
        return False
    below = texts[index + 1 :]
    return any(is_prose(other) for other in below) and not _is_prose_opening(text)


def _is_prose_opening(text: str) -> bool:
    """Say whether a line opens like running text: with a lower-case letter or a bullet."""
    return begins_small(text) or text[:1] in "-*•·–—"
