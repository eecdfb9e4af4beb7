"""Runs that read like the article and are not: comments, consent, slideshows, embedded posts, other stories, the next article.

Each is told by where it stands, never by what it says; what would take most of the kept text is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.clean.author_lines import is_byline
from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.rules import match_label
from pipeline.extract.bylines import BY
from pipeline.extract.class_words import NAMES, POST
from pipeline.extract.columns import LONG_RUN
from pipeline.extract.layout import HEADINGS, WHOLE_PAGE, PageBlocks, Run
from pipeline.extract.notices import notices
from pipeline.extract.places import Structure, inside
from pipeline.extract.teasers import teasers

Flags = npt.NDArray[np.bool_]

ENOUGH_WORDS = 80  # kept words that must stay: else the page is misread, and nothing is taken
TITLE_SHARE = 0.8  # of the words of a heading and the title that must be the same
MIN_HEADING = 3  # words of the heading of another article
TWIN_WORDS = 60  # of prose that each of two articles on a page must have
MAX_STAMP = 120  # characters of a byline or a date


def _bit(name: str) -> int:
    return 1 << NAMES.index(name)


COMMENT_PROMPT = "comment-prompt"  # the rule of headings like "12 comments"
SLIDES = re.compile(r"\..*slide-?show", re.IGNORECASE)
TIME_OF_DAY = re.compile(r"\d[:.h]\d\d")
SIGNATURE_WORDS = 25
HEADED_WITHIN = 12  # runs above the first signature: a comment, and the heading of all
COMMENT, STORY = _bit("comment"), _bit("article") | _bit("<article>")


def foreign_runs(
    page: PageBlocks, tokens: Sequence[Sequence[str]], structure: Structure, title: Sequence[str], chosen: Flags
) -> dict[int, str]:
    """Return the kept runs that are not the article's, each with its label."""
    words = np.array([len(run) for run in tokens])
    left = chosen.copy()
    found: dict[int, str] = {}
    for label, flags in (
        ("comments", _commented(page)),
        ("comments", _below_comment_heading(page, structure)),
        ("comments", _signed(page, tokens, structure)),
        ("cookie-notice", notices(page, words, left)),
        ("gallery", _named(page, SLIDES)),
        ("social-post", _named(page, POST)),
        ("related-link", teasers(page, words, structure, left)),
        ("next-article", _next_articles(page, words, tokens, structure, title)),
    ):
        taken = left & flags
        if words[left & ~flags].sum() >= ENOUGH_WORDS:
            found |= dict.fromkeys(np.flatnonzero(taken).tolist(), label)
            left &= ~flags
    return found


def _commented(page: PageBlocks) -> Flags:
    """Say of each run whether a container around it is named after comments."""
    return _under(page, [bool(c.mask & COMMENT) and c.tag not in WHOLE_PAGE for c in page.containers])


def _under(page: PageBlocks, marked: list[bool]) -> Flags:
    """Say of each run whether it stands in a marked container, however deep."""
    if not any(marked):
        return np.zeros(len(page.runs), dtype=np.bool_)
    for index, container in enumerate(page.containers):
        marked[index] = marked[index] or (container.parent >= 0 and marked[container.parent])
    return np.array([marked[run.container] for run in page.runs])


def _below_comment_heading(page: PageBlocks, structure: Structure) -> Flags:
    """Say of each run whether it stands below a heading for comments, in its container, up to the next heading of its level."""
    below = np.zeros(len(page.runs), dtype=np.bool_)
    for start, run in enumerate(page.runs):
        if run.tag not in HEADINGS or below[start] or not _is_comment_heading(run.text):
            continue
        around = inside(structure, int(structure.parents[run.container]))
        for i in range(start, len(page.runs)):
            if not around[i] or (i > start and page.runs[i].tag <= run.tag and page.runs[i].tag in HEADINGS):
                break
            below[i] = True
    return below


def _is_comment_heading(text: str) -> bool:
    match = match_label(text)
    return match is not None and match.rule.id == COMMENT_PROMPT


def _signed(page: PageBlocks, tokens: Sequence[Sequence[str]], structure: Structure) -> Flags:
    """Say of each run whether it stands among lines that are signed with a time, one like the other: "Posted by Ann at 9:35".

    They reach from the first signature, or a line above it that announces comments, to the end of what holds all of them.
    """
    none = np.zeros(len(page.runs), dtype=np.bool_)
    signed = [i for i, run in enumerate(page.runs) if len(tokens[i]) <= SIGNATURE_WORDS and _is_signature(run)]
    alike = [i for i in signed if structure.like[i] == structure.like[signed[-1]]]
    if len({page.runs[i].text for i in alike}) < 2:
        return none
    first = alike[0]
    common = next(c for c in page.ancestors(page.runs[first].container) if inside(structure, c)[alike].all())
    above = range(max(0, first - HEADED_WITHIN), first)
    start = next((i for i in above if _is_comment_heading(page.runs[i].text)), first)
    flags = inside(structure, common)
    flags[:start] = False
    flags[start:first] = True
    return flags


def _is_signature(run: Run) -> bool:
    """Say whether a line says "posted by" and when; "by" alone signs the parts of a live blog too."""
    by = BY.match(run.text) if TIME_OF_DAY.search(run.text) else None
    return by is not None and " " in by[1]


def _named(page: PageBlocks, pattern: re.Pattern[str]) -> Flags:
    """Say of each run whether it stands in an element of such a name: as the caption of a slide stands in a slideshow."""
    names = {name for name in {container.name for container in page.containers} if pattern.search(name)}
    return _under(page, [c.name in names and c.tag not in WHOLE_PAGE for c in page.containers])


def _next_articles(
    page: PageBlocks, words: npt.NDArray[np.int64], tokens: Sequence[Sequence[str]], structure: Structure, title: Sequence[str]
) -> Flags:
    """Say of each run whether it belongs to a later article, built like the one that the title heads and headed by another."""
    none = np.zeros(len(page.runs), dtype=np.bool_)
    headings = [i for i, run in enumerate(page.runs) if run.tag in HEADINGS and len(tokens[i]) >= MIN_HEADING]
    first = next((i for i in headings if _is_title(tokens[i], title)), None)
    if first is None:
        return none
    chain = page.ancestors(page.runs[first].container)
    later = none.copy()
    for i in headings:
        if i <= first or later[i] or _is_title(tokens[i], title):
            continue
        twin = _twin(page, chain, page.runs[i].container)
        if twin is None:
            continue
        here, there = (inside(structure, container) for container in twin)
        is_long, same_rank = _prose(words, there) >= TWIN_WORDS, page.runs[i].tag == page.runs[first].tag
        # Behind a next article, others like it may be as short as a brief.
        if _prose(words, here) < TWIN_WORDS or not (is_long or later.any()):
            continue
        if (is_long and same_rank) or ((same_rank or _headed_alike(page, twin, first, i)) and _is_signed(page, there)):
            later |= there
    return later


def _is_signed(page: PageBlocks, flags: Flags) -> bool:
    """Say whether a byline or a date stands among runs, on a line of its own: they are an article, not a part of one."""
    lines = (page.runs[i].text for i in np.flatnonzero(flags).tolist() if len(page.runs[i].text) <= MAX_STAMP)
    return any(is_date_line(line) or is_time_stamp(line) or is_byline(line) for line in lines)


def _headed_alike(page: PageBlocks, twin: tuple[int, int], first: int, other: int) -> bool:
    """Say whether two headings of different ranks stand in their articles alike, in elements of the same names between."""
    names = []
    for around, run in zip(twin, (first, other), strict=True):
        chain = page.ancestors(page.runs[run].container)
        names.append([page.containers[c].name for c in chain[1 : chain.index(around)]])
    return bool(names[0]) and names[0] == names[1]


def _is_title(words: Sequence[str], title: Sequence[str]) -> bool:
    own, whole = set(words), set(title)
    return bool(whole) and len(own & whole) >= TITLE_SHARE * max(len(own), len(whole))


def _twin(page: PageBlocks, chain: Sequence[int], container: int) -> tuple[int, int] | None:
    """Return the two containers, side by side and of one name, that hold two headings, if they are articles by name."""
    other = page.ancestors(container)
    shared = next(c for c in other if c in chain)
    if shared in (chain[0], other[0]):
        return None
    here, there = chain[chain.index(shared) - 1], other[other.index(shared) - 1]
    inner = chain[: chain.index(here) + 1]
    is_story = any(page.containers[c].mask & STORY for c in inner)
    return (here, there) if is_story and page.containers[here].name == page.containers[there].name else None


def _prose(words: npt.NDArray[np.int64], flags: Flags) -> int:
    return int(words[flags & (words >= LONG_RUN)].sum())
