"""The order of labelling one article: what stands there twice, line rules, site templates, boxes, edges; when rules hold back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.clean.boxes import label_boxes
from pipeline.clean.date_lines import TIME_STAMP, is_time_stamp
from pipeline.clean.edges import HEADLINE, label_edges
from pipeline.clean.lines import count_words, ends_with_stop, fold, is_prose, words_of
from pipeline.clean.pull_quotes import label_pull_quotes
from pipeline.clean.repeats import label_repeats
from pipeline.clean.rules import Match, load_rules, match_label, match_line, match_link
from pipeline.clean.site import SITE_LINE, is_line, line_hash
from pipeline.clean.title import find_title, is_foreign, repeats_title
from pipeline.clean.words import words_for
from pipeline.records import Article, Block

TEXT = "text"  # what extracted a plain text: it found the title there, or there was none
MAX_DROPPED = 0.5  # share of the body's letters from which the rules are taken to have misread the page
EDGE_BLOCKS = 6  # blocks that count as top and as tail beside what lies outside of the prose
NOT_LINES = ("table", "code")
MIN_LINKED_WORDS = 3  # of a headline behind its label
ALL_LINK = 0.8  # share of a line's letters in links from which it is nothing but a link; a label may stand before it


@dataclass(frozen=True, slots=True)
class _Body:
    """Where the first and the last prose of a page stand, and the places that count as its top and its tail."""

    first: int
    last: int
    top: frozenset[int]
    tail: frozenset[int]


def title_of(article: Article, blocks: Sequence[Block]) -> tuple[str | None, list[Block]]:
    """Return the title, found among the blocks when the page declares none that fits them, and the blocks with it labelled."""
    labelled = list(blocks)
    texts = (block.text for block in labelled)
    if article.title and (_is_headed(article.title, labelled) or article.extractor == TEXT or not is_foreign(article.title, texts)):
        return article.title, labelled
    open_blocks = [i for i, block in enumerate(labelled) if block.dropped_by is None]
    place = find_title([labelled[i].text for i in open_blocks])
    if place is None:
        return article.title, labelled
    position = open_blocks[place]
    labelled[position] = labelled[position].drop(HEADLINE)
    return labelled[position].text, labelled


def _is_headed(title: str, blocks: Sequence[Block]) -> bool:
    """Say whether a block was taken for the headline and is the title: then it was found, and stays, however short it is."""
    return any(block.dropped_by == HEADLINE and block.text == title for block in blocks)


def reopen_headlines(blocks: Sequence[Block], title: str | None) -> list[Block]:
    """Return the blocks with the headlines at the top open again: a page labelled already is looked at as it was at first."""
    shown = (i for i, block in enumerate(blocks) if block.dropped_by in (None, HEADLINE) and is_prose(block.text))
    first = next(shown, len(blocks))
    return [
        replace(block, dropped_by=None)
        if title and i < first + 2 and block.dropped_by == HEADLINE and repeats_title(block.text, title)
        else block
        for i, block in enumerate(blocks)
    ]


def label_blocks(article: Article, blocks: Sequence[Block], templates: Collection[str]) -> list[Block]:
    """Return the blocks labelled; `templates` are the hashes of the site's own lines."""
    blocks = label_pull_quotes(label_repeats(blocks))  # first: the rest of the rules hold back where they would take much of a page
    matches = _matches(article, blocks)
    labelled = [b.drop(matches[i].rule.id) if i in matches else b for i, b in enumerate(blocks)]
    labelled = [_time_stamp(block) for block in labelled]
    if templates:
        labelled = [_site_line(article, block, templates) for block in labelled]
    known = matches | _dropped_matches(article, blocks)
    labelled = label_boxes(article, labelled, known)
    last = max((i for i, block in enumerate(labelled) if block.dropped_by is None and is_prose(block.text)), default=-1)
    leads = [i for i, match in sorted(known.items()) if _announces(match, blocks[i], below_prose=i > last >= 0)]
    labelled = label_edges(article, labelled, leads)
    return _held_back(blocks, labelled, matches)


def _dropped_matches(article: Article, blocks: Sequence[Block]) -> dict[int, Match]:
    """Return the line rules of the blocks that the extractor left out: labels still say what stands beside them."""
    left_out = ((i, block) for i, block in enumerate(blocks) if block.dropped_by is not None and block.kind not in NOT_LINES)
    return {i: match for i, block in left_out if (match := match_line(block.text, article.language))}


def _matches(article: Article, blocks: Sequence[Block]) -> dict[int, Match]:
    """Return the line rule of each block that has one, where the block stands where the rule holds."""
    lines = [i for i, block in enumerate(blocks) if block.dropped_by is None]
    found = {i: match for i in lines if (match := _match_of(blocks[i], article.language))}
    body = _body(blocks, lines, found)
    return {i: match for i, match in found.items() if _holds(match, i, blocks, found, body)}


def _body(blocks: Sequence[Block], lines: Sequence[int], found: Mapping[int, Match]) -> _Body:
    prose = [i for i in lines if i not in found and is_prose(blocks[i].text)]
    first, last = (prose[0], prose[-1]) if prose else (len(blocks), -1)
    rest = [i for i in lines if i not in found or found[i].rule.where != "any"]
    top = {i for i in lines if i < first} | set(rest[:EDGE_BLOCKS])
    tail = {i for i in lines if i > last} | set(rest[-EDGE_BLOCKS:])
    return _Body(first, last, frozenset(top), frozenset(tail))


def _match_of(block: Block, language: str | None) -> Match | None:
    if block.kind in NOT_LINES:
        return None
    match = match_link(block.text, language) if block.link_density >= ALL_LINK else match_line(block.text, language)
    return match or _before_link(block, language)


def _before_link(block: Block, language: str | None) -> Match | None:
    """Return the rule of a label that stands before a link, without a colon: "Read also", and then a headline that leads away."""
    size = len(block.text)
    outside = size - round(block.link_density * size)
    if not 0 < outside < size or count_words(block.text[outside:]) < MIN_LINKED_WORDS:
        return None
    match = match_label(block.text[:outside], language)
    return match if match and match.rule.leads and not match.weak else None


def _holds(match: Match, position: int, blocks: Sequence[Block], found: Mapping[int, Match], body: _Body) -> bool:
    """Say whether a block stands where its rule holds, and is no honest subhead that says the same as a label."""
    where = match.rule.where
    if where == "top" or where == "tail":
        return position in (body.top if where == "top" else body.tail)
    if where == "edges" and position not in body.top and position not in body.tail:
        return False
    inside = body.first < position < body.last
    beside = any(
        neighbour in found and not found[neighbour].alone and not found[neighbour].weak
        for neighbour in (position - 1, position + 1)
    )
    if match.weak and blocks[position].kind != "paragraph" and (inside or _heads_text(blocks, position, found)):
        return False
    return not (match.alone and inside and not beside)


def _heads_text(blocks: Sequence[Block], position: int, found: Mapping[int, Match]) -> bool:
    """Say whether a sentence stands right below, however short: "UP NEXT", then "Alverton: Hosts Borton on Tuesday."."""
    if position + 1 >= len(blocks) or position + 1 in found:
        return False
    below = blocks[position + 1]
    return below.kind == "paragraph" and below.dropped_by is None and not below.link_density and ends_with_stop(below.text)


def _announces(match: Match, block: Block, *, below_prose: bool) -> bool:
    """Say whether a label announces headlines below it: "Related articles", "See also"; a "Read more" in the text is a button."""
    if not match.rule.leads or not (match.certain or below_prose):
        return False
    return (
        match.rule.id == "related"
        or below_prose
        or (block.kind == "heading" and not match.weak)
        or block.text.rstrip().endswith((":", "："))
        or any(word in words_for("also") for word in words_of(fold(block.text)))
    )


def _time_stamp(block: Block) -> Block:
    if block.dropped_by is None and block.kind not in NOT_LINES and is_time_stamp(block.text):
        return block.drop(TIME_STAMP)
    return block


def _site_line(article: Article, block: Block, templates: Collection[str]) -> Block:
    if block.dropped_by is not None or not is_line(block.text) or line_hash(block.text) not in templates:
        return block
    if article.title and repeats_title(block.text, article.title):
        return block
    return block.drop(SITE_LINE)


def _held_back(before: Sequence[Block], after: Sequence[Block], matches: dict[int, Match]) -> list[Block]:
    """Return the labels, or only those of whole lines looked up when the rest would take most of the body."""
    body = [(len(b.text), a.dropped_by) for b, a in zip(before, after, strict=True) if b.dropped_by in (None, SITE_LINE)]
    total = sum(size for size, rule in body if rule != HEADLINE)
    dropped = sum(size for size, rule in body if rule not in (None, HEADLINE))
    if dropped <= MAX_DROPPED * total:
        return list(after)
    certain = {rule.id for rule in load_rules() if rule.labels}
    kept: list[Block] = []
    for i, (b, a) in enumerate(zip(before, after, strict=True)):
        sure = a.dropped_by == HEADLINE or (i in matches and matches[i].certain and a.dropped_by in certain)
        foreign = b.dropped_by is not None and b.dropped_by != SITE_LINE
        kept.append(a if sure or foreign else replace(b, dropped_by=None))
    return kept
