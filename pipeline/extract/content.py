"""The main content of a page: which of its runs of text are the article, and what the others are.

A learned scorer decides (`scorer.py`). Where its answer looks wrong, trafilatura and readability are asked, and the JSON-LD text;
who was followed, and why, stands in `extractor`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from lxml.html import HtmlElement

from pipeline.clean.date_lines import is_date_line
from pipeline.extract.alike import alike
from pipeline.extract.blocks import read_blocks
from pipeline.extract.by_name import without_named
from pipeline.extract.candidates import MAX_CHARS, MAX_DEPTH, MAX_TAGS, readability_text, resiliparse_text, trafilatura_text
from pipeline.extract.class_words import own_names
from pipeline.extract.columns import Vector
from pipeline.extract.features import PageContext, page_features
from pipeline.extract.headed import headed_runs
from pipeline.extract.heading_above import heading_above
from pipeline.extract.labels import LINK_WORDS, NO_REASON, label_of
from pipeline.extract.layout import PageBlocks, Run
from pipeline.extract.lists import announced, begun_lists, whole_lists
from pipeline.extract.places import Structure, structure_of
from pipeline.extract.quotes import enclosed_quotes
from pipeline.extract.regions import foreign_runs
from pipeline.extract.scorer import BlockModel, load_model
from pipeline.extract.standfirst import standfirst
from pipeline.extract.tables import whole_tables
from pipeline.extract.votes import Candidate, tokens_of, votes
from pipeline.records import Block

if TYPE_CHECKING:
    from pipeline.extract.metadata import Metadata

Chosen = npt.NDArray[np.bool_]

# Chosen on held-out hosts: a lost paragraph is worse than one too many, a label left in is worse than a subheading lost.
LONG_RUN = 12  # words
LONG_THRESHOLD, SHORT_THRESHOLD = 0.3, 0.5
MARGIN = 12  # runs before the first and behind the last kept one that are shown with their labels, from the same container
# The scorer is in doubt when so much of the text, against what it keeps, has a score between these two, or when it keeps next to
# nothing. Then the dear extractors have a say, with this weight together.
UNSURE_LOW, UNSURE_HIGH = 0.15, 0.85
UNSURE_SHARE = 0.4
FEW_WORDS = 80
OTHERS_WEIGHT = 0.4
MIXED_THRESHOLD = 0.5
# Where even then less than this share of the first one's text, or of the JSON-LD text, is kept, that text is taken.
LOST_SHARE = 0.4
# What the scorer gives less than this is left out of it, unless fewer words than that remain.
UNLIKELY, MIN_LIKELY = 0.05, 20
# That text is a menu, and not taken, from this share of its characters in links on, if its lines and all of it are shorter
# than so many words.
MENU_SHARE, MENU_LINE, MAX_MENU = 0.5, 12, 2000
# What is kept with less than this mean score, and does not stand below the page's headline, gives way to the text that does.
SURE_SCORE = 0.75
HEADED_SHARE = 0.25  # of the words kept that this text must have: less may be a line about its author
MAX_HEADED = 400  # words; so long a text is found without
AGREES = 0.5  # share of the kept words that a declared text must hold to be the same article


@dataclass(frozen=True, slots=True)
class Content:
    """The blocks of the article's region in document order, how they were decided, and the page's share of text in links.

    `headline` stands right above the text of a page that declares no title that fits it. `teased`: links that may be headlines of
    other stories stand among the kept blocks, as on the front page of a section.
    """

    blocks: tuple[Block, ...]
    extractor: str
    link_density: float
    headline: str | None = None
    teased: bool = False


@dataclass(frozen=True, slots=True)
class _Page:
    """A page on its way to a decision."""

    page: PageBlocks
    tokens: list[list[str]]
    structure: Structure
    root: HtmlElement
    metadata: Metadata

    def words(self, chosen: Chosen) -> int:
        return sum(len(self.tokens[i]) for i in np.flatnonzero(chosen))


def main_content(root: HtmlElement, html: str, metadata: Metadata, model: BlockModel | None = None) -> Content:
    """Label the page's runs of text: kept, or why not. Another model than the shipped one is for who trains one."""
    page = read_blocks(root, own_names(html))
    cut = f" of the first {len(page.runs)} blocks" if page.cut else ""
    total = sum(len(run.text) for run in page.runs)
    density = sum(run.link_chars for run in page.runs) / total if total else 0.0
    if not page.runs:
        return Content(_declared_blocks(metadata), "jsonld: the page shows no text" if metadata.article_body else "none", density)
    work = _Page(page, [tokens_of(run.text) for run in page.runs], structure_of(page), root, metadata)
    easy = resiliparse_text(html, root)
    chosen, extractor = _decide(work, html, easy, model or load_model())
    if extractor.startswith("jsonld"):
        return Content(_declared_blocks(metadata), extractor, density)
    chosen = enclosed_quotes(page, whole_tables(page, announced(page, begun_lists(page, chosen))))
    chosen = without_named(page, work.tokens, alike(page, chosen))
    if (line := standfirst(page, work.tokens, metadata, chosen)) is not None:
        chosen[line] = True
    title = tokens_of(metadata.title or "")
    above = heading_above(page, work.tokens, chosen, title)
    headline = page.runs[above].text if above is not None else None
    if above is not None:
        title, chosen[above] = work.tokens[above], False
    foreign = foreign_runs(page, work.tokens, work.structure, title, chosen)
    chosen[list(foreign)] = False
    return Content(_blocks(work, chosen, title, foreign), extractor + cut, density, headline, _is_teased(work, chosen))


def _decide(work: _Page, html: str, easy: str, model: BlockModel) -> tuple[Chosen, str]:
    """Return which runs are the article, and who decided."""
    version = model.version
    columns = page_features(work.page, work.tokens, work.structure, _context(work.metadata), easy)
    scores = model.score(columns, work.structure)
    chosen = _chosen(work, scores)
    declared = len(tokens_of(work.metadata.article_body or ""))
    if work.words(chosen) < LOST_SHARE * declared and _agrees(work, chosen):
        return chosen, f"jsonld: the blocks hold {work.words(chosen)} of its {declared} words"
    kept = work.words(chosen)
    doubt = f"only {kept} words kept" if kept < FEW_WORDS else _unsure(scores, columns["words"])
    if doubt is None:
        return chosen, version
    if _is_heavy(work.page, html):
        return chosen, f"{version}: {doubt}; too large a page for other extractors"
    others = _votes(work, scores)
    return _ask_others(work, scores, others, f"{version}+{'+'.join(others)}: {doubt}")


def _unsure(scores: Vector, lengths: Vector) -> str | None:
    """Say how much of the text the scorer is unsure of, None when that is little."""
    unsure = float(lengths[(scores > UNSURE_LOW) & (scores < UNSURE_HIGH)].sum() / (1 + (lengths * scores).sum()))
    return f"unsure of {unsure:.0%}" if unsure > UNSURE_SHARE else None


def _is_heavy(page: PageBlocks, html: str) -> bool:
    """Say whether the other extractors would take minutes: each is quadratic in elements, depth or text somewhere."""
    deep = max(container.depth for container in page.containers) > MAX_DEPTH
    return page.cut or deep or html.count("<") > MAX_TAGS or sum(len(run.text) for run in page.runs) > MAX_CHARS


def _ask_others(work: _Page, scores: Vector, others: Mapping[str, Vector], asked: str) -> tuple[Chosen, str]:
    """Let other extractors vote with the scorer; where next to nothing is kept even then, the first one's text is taken."""
    chosen = _mixed(scores, *others.values())
    name, vote = next(iter(others.items()))
    other = vote >= MIXED_THRESHOLD
    likely = other & (scores >= UNLIKELY)
    if work.words(likely) >= MIN_LIKELY:
        other = likely
    if headed := _headed(work, scores, chosen):
        return headed[0], f"headline: {headed[1]} of the {work.words(chosen)} kept words stand below it; {asked}"
    is_menu = _is_menu if chosen.any() else _is_furniture
    if work.words(chosen) < LOST_SHARE * work.words(other) and not is_menu(work, other):
        return other, f"{name}: {work.words(chosen)} of its {work.words(other)} words were kept; {asked}"
    return (chosen if _telling(work, chosen) else np.zeros_like(chosen)), asked


def _votes(work: _Page, scores: Vector) -> dict[str, Vector]:
    """Return the vote of trafilatura and, where it can still change the answer, that of readability."""
    first = _vote(work, trafilatura_text(work.root))
    no, yes = np.zeros_like(first), np.ones_like(first)
    if np.array_equal(_mixed(scores, first, no), _mixed(scores, first, yes)):
        return {"trafilatura": first}
    return {"trafilatura": first, "readability": _vote(work, readability_text(work.root))}


def _vote(work: _Page, text: str) -> Vector:
    return np.array(votes(work.tokens, Candidate.of(text)), dtype=np.float32)


def _mixed(scores: Vector, *others: Vector) -> Chosen:
    """Return what the scorer and the others' mean vote keep together."""
    kept: Chosen = (1 - OTHERS_WEIGHT) * scores + OTHERS_WEIGHT * (sum(others) / len(others)) > MIXED_THRESHOLD
    return kept


def _headed(work: _Page, scores: Vector, chosen: Chosen) -> tuple[Chosen, int] | None:
    """Return the text below the page's headline, and how many kept words stand there, when what was kept is unsure and does not."""
    kept = work.words(chosen)
    sure = sum(float(scores[i]) * len(work.tokens[i]) for i in np.flatnonzero(chosen))
    if sure >= SURE_SCORE * kept > 0:
        return None
    below = headed_runs(work.page, work.tokens, work.structure, tokens_of(work.metadata.title or ""))
    if below is None:
        return None
    shared = work.words(chosen & below)
    enough = HEADED_SHARE * kept <= work.words(below) <= MAX_HEADED
    return (below, shared) if enough and (2 * shared < kept or not kept) else None


def _is_menu(work: _Page, chosen: Chosen) -> bool:
    runs = [work.page.runs[i] for i in np.flatnonzero(chosen)]
    linked = sum(run.link_chars for run in runs) >= MENU_SHARE * sum(len(run.text) for run in runs)
    return linked and work.words(chosen) < min(MAX_MENU, MENU_LINE * len(runs))


def _is_furniture(work: _Page, chosen: Chosen) -> bool:
    """Say whether all that was chosen says nothing, or is known for a part of the site or for one of its labels."""
    title, language = tokens_of(work.metadata.title or ""), work.metadata.language
    rest = _telling(work, chosen)
    return all(label_of(work.page.runs[i], work.tokens[i], work.page, title, language) != NO_REASON for i in rest)


def _telling(work: _Page, chosen: Chosen) -> list[int]:
    """Return the chosen runs that are no links, no dates and no words of the title."""
    title, runs = set(tokens_of(work.metadata.title or "")), work.page.runs
    rest = (i for i in np.flatnonzero(chosen).tolist() if not runs[i].is_link and not set(work.tokens[i]) <= title)
    return [i for i in rest if not is_date_line(runs[i].text)]


def _chosen(work: _Page, scores: Vector) -> Chosen:
    lengths = np.array([len(words) for words in work.tokens])
    return whole_lists(work.page, scores > np.where(lengths >= LONG_RUN, LONG_THRESHOLD, SHORT_THRESHOLD))


def _context(metadata: Metadata) -> PageContext:
    return PageContext(metadata.title or "", metadata.description or "", metadata.article_body or "")


def _is_teased(work: _Page, chosen: Chosen) -> bool:
    """Say whether a link of a headline's length stands between the first and the last kept run."""
    kept, runs = np.flatnonzero(chosen).tolist(), work.page.runs
    inside = range(kept[0], kept[-1] + 1) if kept else range(0)
    return any(len(work.tokens[i]) >= LINK_WORDS and runs[i].is_link for i in inside)


def _agrees(work: _Page, chosen: Chosen) -> bool:
    """Say whether the JSON-LD text holds most of what was kept: then it is the same article, and longer."""
    kept = [work.tokens[i] for i in np.flatnonzero(chosen)]
    shares = votes(kept, Candidate.of(work.metadata.article_body or ""))
    words = sum(map(len, kept))
    return sum(share * len(tokens) for share, tokens in zip(shares, kept, strict=True)) >= AGREES * words


def _declared_blocks(metadata: Metadata) -> tuple[Block, ...]:
    lines = [" ".join(line.split()) for line in (metadata.article_body or "").splitlines()]
    return tuple(Block(index, "paragraph", line) for index, line in enumerate(line for line in lines if line))


def _blocks(work: _Page, chosen: Chosen, title: Sequence[str], foreign: Mapping[int, str]) -> tuple[Block, ...]:
    """Return the blocks from the first to the last kept run, and what stands beside them in the same container."""
    kept = np.flatnonzero(chosen)
    if not len(kept):
        return ()
    first, last = _widened(work, int(kept[0]), int(kept[-1]))
    blocks = []
    for index, position in enumerate(range(first, last + 1)):
        run = work.page.runs[position]
        label = None if chosen[position] else foreign.get(position)
        if label is None and not chosen[position]:
            label = label_of(run, work.tokens[position], work.page, title, work.metadata.language)
        blocks.append(_block(index, run, label, work.page))
    return tuple(blocks)


def _block(index: int, run: Run, label: str | None, page: PageBlocks) -> Block:
    return Block(index, run.kind, run.text, label, round(run.link_chars / len(run.text), 3), page.path(run.container))


def _widened(work: _Page, first: int, last: int) -> tuple[int, int]:
    """Return the region with up to `MARGIN` runs on either side, from the container that holds all of it or the next one out."""
    page, runs = work.page, work.page.runs
    around = set(page.ancestors(runs[first].container))
    common = next(c for c in page.ancestors(runs[last].container) if c in around)
    outer = page.containers[common].parent
    region = outer if outer >= 0 and page.containers[outer].tag not in ("html", "body", "root") else common
    low, high = first, last
    while low > max(0, first - MARGIN) and region in page.ancestors(runs[low - 1].container):
        low -= 1
    while high < min(len(runs) - 1, last + MARGIN) and region in page.ancestors(runs[high + 1].container):
        high += 1
    return low, high
