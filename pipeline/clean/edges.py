"""The edges of an article: bylines and dates above it, biographies and headlines of other stories below it.

Each edge is walked inwards, past what is labelled already, up to the first block that reads as the article's own. A block
is taken for what it says and how it is written, never for being short. In the middle nothing is taken but headlines
right below a label that announces them, and what is about an author right below that author's name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.clean.author_lines import MAX_BIO_WORDS, is_bare_name, is_bio, is_byline, is_details, is_house_and_date, is_role
from pipeline.clean.date_lines import is_date_line, is_time_stamp
from pipeline.clean.lines import UNSTOPPED, UNSTOPPED_LENGTH, count_words, ends_softly, ends_with_stop, fold, is_prose, quote_style
from pipeline.clean.rules import rule_ids
from pipeline.clean.title import is_breadcrumb, repeats_title
from pipeline.extract.strings import begins_small
from pipeline.records import Article, Block

HEADLINE = "headline"
BREADCRUMB = "breadcrumb"
BYLINE = "author-line"
DATE_LINE = "date-line"
AUTHOR_BIO = "author-bio"
RELATED_HEADLINE = "related-headline"
ORPHAN = "orphan-heading"
EDGE_RULES = {
    HEADLINE: "The page's title, repeated at the top",
    BREADCRUMB: 'The page\'s place on its site: "Home > News > Harbour"',
    BYLINE: 'Who wrote the page: "By …", or a line that is nothing but an author named in the metadata',
    DATE_LINE: "A line at the top or the tail that is nothing but a date or a time, and such details as the minutes to read",
    AUTHOR_BIO: "Who the author is and how to reach them, at the tail or right below the author's name",
    RELATED_HEADLINE: "Headline of another story: after the last prose, or below a label that announces such headlines",
    ORPHAN: "Heading or lead-in at the end, when all that stood below it was taken out, or a line of signs that parts nothing",
}

MIN_HEADLINE_WORDS, MAX_HEADLINE_WORDS = 4, 22  # what headlines of news sites have
WALK = 12  # blocks of an edge that are looked at
LINKED = 0.6  # share of a block's text inside links from which it is a link
PUNCTUATED_PAGE = 0.85  # share of a page's paragraphs that end sentences, from which one that does not is odd
MIN_PARAGRAPHS = 3  # fewer say nothing about how a page is written
MAX_TRAILING = 5  # open blocks after the last prose; more are a list that belongs to the article
MIN_SENTENCE_WORDS = 5  # a name or the title of a thing is shorter than most headlines
ENOUGH = 2  # points of evidence
NAME_WITHIN = 3  # lines above a biography: the name, what that person does, an address
MAX_BEFORE_NAME = 25  # characters: "Published by"
MAX_TIME = 40  # characters of a date line
MAX_LEAD = 15  # words of a line that leads to others
MIN_BELOW = 15  # words taken out below a heading that is left without a text; fewer are a caption
# The end of a sentence inside, an address: running text or a note, no headline.
INNER_END = re.compile(
    r"[^\W\d_]{3}[.!?…]['’”\"]? +[^\W\d_]|[.!?…]['’”\"]? +\("
    r"|[。！？]|@|://|#|: ?[^\w ]?\d| / |\w{3}\.(?:com|org|net|co|de|fr|it|es|ru|info)\b",
    re.IGNORECASE,
)
DIGITS = re.compile(r"\d+")
OPENING = re.compile(r"[\"'“”‘’«»„「『(\[]*")


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of a page before its edges are walked. `leads`: places of the labels that announce headlines.

    `shapes`: how many short open lines there are of each form, digits apart.
    """

    blocks: Sequence[Block]
    title: str | None
    authors: frozenset[str]
    quotes: str | None
    punctuated: bool
    first: int
    last: int
    leads: Collection[int]
    label_rules: Collection[str]
    shapes: Counter[str]


def label_edges(article: Article, blocks: Sequence[Block], leads: Collection[int]) -> list[Block]:
    """Return the blocks with the edges labelled; `leads` are the places of labels that announce other stories."""
    page = _read(article, blocks, leads)
    if page.first < 0:
        return _label_title_only(page)
    labelled = list(blocks)
    for position, rule in [*_top(page), *_announced(page), *_below_names(page), *_tail(page)]:
        labelled[position] = labelled[position].drop(rule)
    for position in _orphans(labelled):
        labelled[position] = labelled[position].drop(ORPHAN)
    return labelled


def _orphans(blocks: Sequence[Block]) -> list[int]:
    """Return the places of headings and lead-ins behind the last open text, if much below them was taken out: "Our services"."""
    last = max((i for i, block in enumerate(blocks) if block.dropped_by is None and not _introduces(block)), default=len(blocks))
    found: list[int] = []
    below = 0  # words
    for i in range(len(blocks) - 1, last, -1):
        if blocks[i].dropped_by is not None:
            below += count_words(blocks[i].text)
        elif below >= MIN_BELOW or _is_ornament(blocks[i].text):
            found.append(i)
    return found


def _introduces(block: Block) -> bool:
    """Say whether a block is nothing without what follows: a heading, a short line that ends in a colon."""
    if _is_ornament(block.text):
        return True
    is_lead = block.kind == "paragraph" and block.text.rstrip().endswith((":", "："))
    return block.kind == "heading" or (is_lead and count_words(block.text) <= MAX_LEAD)


def _is_ornament(text: str) -> bool:
    """Say whether a line is nothing but signs: "___", "* * *"."""
    return not any(c.isalnum() for c in text)


def _read(article: Article, blocks: Sequence[Block], leads: Collection[int]) -> _Page:
    authors = frozenset(fold(author) for author in article.authors)
    kept = [block for block in blocks if block.dropped_by is None]
    body = [
        b.text for b in kept if b.kind in ("paragraph", "quote") and not (article.title and repeats_title(b.text, article.title))
    ]
    prose = [i for i, block in enumerate(blocks) if block.dropped_by is None and is_prose(block.text)]
    prose = prose[:-WALK] + [i for i in prose[-WALK:] if not is_bio(blocks[i].text, authors)]
    styles = [style for text in body[:-1] if (style := quote_style(text))]
    quotes = styles[0] if len(styles) >= 3 and len(set(styles)) == 1 else None
    stopped = sum(ends_with_stop(text) or text.rstrip().endswith((":", "：")) for text in body)
    return _Page(
        blocks=blocks,
        title=article.title,
        authors=authors,
        quotes=quotes,
        punctuated=len(prose) >= MIN_PARAGRAPHS and stopped >= PUNCTUATED_PAGE * max(1, len(body) - 2),
        first=prose[0] if prose else -1,
        last=prose[-1] if prose else -1,
        leads=leads,
        label_rules=rule_ids(),
        shapes=Counter(DIGITS.sub("0", block.text) for block in kept if len(block.text) <= MAX_TIME),
    )


def _label_title_only(page: _Page) -> list[Block]:
    return [
        b.drop(HEADLINE) if page.title and i < 3 and repeats_title(b.text, page.title) else b for i, b in enumerate(page.blocks)
    ]


def _top(page: _Page) -> list[tuple[int, str]]:
    """Label title, byline and date above the first prose, which may be a standfirst, and those that follow right below it."""
    found = []
    for position in range(min(len(page.blocks), page.first + 1 + WALK)):
        block = page.blocks[position]
        if block.dropped_by is not None:
            continue
        if position < page.first + 2 and page.title and repeats_title(block.text, page.title):
            found.append((position, HEADLINE))
        elif is_breadcrumb(block.text):
            found.append((position, BREADCRUMB))
        elif _is_one_of_many(page, position):
            continue
        elif block.kind == "list_item":
            if position < page.first and is_byline(block.text, page.authors):
                found.append((position, BYLINE))
            elif position > page.first:
                break
        elif rule := _byline_rule(page, block) or _beside_byline(page, position):
            found.append((position, rule))
        elif position > page.first:
            break
    return found


def _is_one_of_many(page: _Page, position: int) -> bool:
    """Say whether a line is the time of one of several entries, as a live blog has them: two others like it stand in the text."""
    text = page.blocks[position].text
    return len(text) <= MAX_TIME and page.shapes[DIGITS.sub("0", text)] > ENOUGH and is_date_line(text)


def _byline_rule(page: _Page, block: Block) -> str | None:
    """Return the rule of a line that says who wrote the page, or when, and nothing else."""
    if is_byline(block.text, page.authors, desks=not block.path):
        return BYLINE
    return DATE_LINE if is_date_line(block.text) or is_details(block.text, page.authors) else None


def _beside_byline(page: _Page, position: int) -> str | None:
    """Return the rule of a line above the text that its neighbours explain, or that names a house and the day.

    A name between the headline and a date signs; what a writer is stands below a byline or such a name.
    """
    if position < page.first and is_house_and_date(page.blocks[position].text):
        return DATE_LINE
    if not 0 < position < min(page.first, len(page.blocks) - 1):
        return None
    above, text, below = (block.text for block in page.blocks[position - 1 : position + 2])
    if is_role(text) and (is_byline(above, page.authors) or is_bare_name(above)):
        return BYLINE
    headed = page.title is not None and repeats_title(above, page.title)
    signed = is_date_line(below) or is_time_stamp(below) or is_role(below)
    return BYLINE if headed and signed and is_bare_name(text) else None


def _announced(page: _Page) -> list[tuple[int, str]]:
    """Label the headlines that stand right below a label for other stories, in the middle of the page.

    Behind one that is a link no line without is one. In Thai each is a link: a sentence of the article has no end stop either.
    """
    found = []
    for lead in sorted(page.leads):
        linked = False
        for position in range(lead + 1, min(len(page.blocks), lead + 1 + WALK)):
            block = page.blocks[position]
            if block.kind == "heading":
                break
            if block.dropped_by is not None:
                continue
            # Items of a list may be the article's own ("Our top picks:"); links to other stories are not.
            is_link = _is_linked_headline(block)
            least = MIN_HEADLINE_WORDS - (position == lead + 1)  # right below the label it may be shorter
            may_be_text = linked or block.kind == "list_item" or UNSTOPPED.search(block.text)
            if not is_link and (may_be_text or not _has_headline_form(block, least)):
                break
            linked = linked or is_link
            found.append((position, RELATED_HEADLINE))
    return found


def _below_names(page: _Page) -> list[tuple[int, str]]:
    """Label what begins with the name of an author below the first prose, right behind a line with that name that is taken out."""
    return [
        (position, AUTHOR_BIO)
        for position in range(page.first + 1, len(page.blocks))
        if page.blocks[position].kind == "paragraph" and _is_below_name(page, position)
    ]


def _is_below_name(page: _Page, position: int) -> bool:
    block = page.blocks[position]
    if block.dropped_by is not None or count_words(block.text) > MAX_BIO_WORDS:
        return False
    text = fold(block.text)
    author = next((author for author in page.authors if " " in author and text.startswith(f"{author} ")), None)
    if author is None:
        return False
    for above in range(position - 1, max(page.first, position - 1 - NAME_WITHIN), -1):
        if page.blocks[above].dropped_by is None:
            return False
        line = fold(page.blocks[above].text).strip()
        if line.endswith(author) and len(line) <= len(author) + MAX_BEFORE_NAME:
            return True
    return False


def _tail(page: _Page) -> list[tuple[int, str]]:
    """Walk from the end inwards and label what is not the article's, up to its last prose."""
    found: list[tuple[int, str]] = []
    walked = 0
    for position in range(len(page.blocks) - 1, page.first, -1):
        block = page.blocks[position]
        if block.dropped_by is not None:
            continue
        walked += 1
        rule = _tail_rule(page, position) if walked <= WALK else None
        if rule is None and _is_below_label(page, position):
            rule = RELATED_HEADLINE
        if rule is None:
            break
        found.append((position, rule))
    return found


def _is_below_label(page: _Page, position: int) -> bool:
    """Say whether a line of a plain text, no sentence, stands behind the last prose and below a label for topics or other stories.

    Where a page has elements, what the extractor took for the article has other evidence.
    """
    block = page.blocks[position]
    if block.path or block.kind != "paragraph" or not any(page.last < lead < position for lead in page.leads):
        return False
    has_stop = ends_with_stop(block.text) or UNSTOPPED.search(block.text) is not None
    return count_words(block.text) <= MAX_HEADLINE_WORDS and not has_stop


def _tail_rule(page: _Page, position: int) -> str | None:
    block = page.blocks[position]
    if block.kind == "list_item":
        return None
    if rule := _byline_rule(page, block):
        return rule
    if is_bio(block.text, page.authors):
        return AUTHOR_BIO
    if position > page.last and _headline_evidence(page, position) >= ENOUGH and not _is_listed(page, position):
        return RELATED_HEADLINE
    return None


def _is_listed(page: _Page, position: int) -> bool:
    """Say whether a line stands in a list that the article announces: nothing but open lines up to one that ends in a colon."""
    for above in range(position - 1, max(-1, position - 1 - WALK), -1):
        block = page.blocks[above]
        if block.dropped_by is not None or is_prose(block.text):
            return False
        if block.text.rstrip().endswith((":", "：")):
            return True
    return False


def _headline_evidence(page: _Page, position: int) -> int:
    """Return the points that speak for a block after the last prose being the headline of another story."""
    block = page.blocks[position]
    below = sum(other.dropped_by in (None, RELATED_HEADLINE) for other in page.blocks[page.last + 1 :])
    if below > MAX_TRAILING or not (_has_headline_form(block) or _is_linked_headline(block)):
        return 0
    beside = any(other.dropped_by in page.label_rules for other in page.blocks[max(0, position - 1) : position + 2])
    odd_quotes = page.quotes is not None and quote_style(block.text) not in (None, page.quotes)
    # Everything else on the page ends its sentences, and no list was going on; it does not stand where only the article does.
    odd_ending = page.punctuated and block.kind == "paragraph" and _has_headline_form(block) and not _is_in_the_article(page, block)
    return sum(
        points
        for points, holds in (
            (1, block.link_density >= LINKED),
            (1, block.kind == "heading" and _has_headline_form(block)),
            (1, beside),
            (2, odd_quotes),
            (2, odd_ending and count_words(block.text) >= MIN_SENTENCE_WORDS),
        )
        if holds
    )


def _is_in_the_article(page: _Page, block: Block) -> bool:
    """Say whether a line stands where the last prose does and no label: not so on a page stitched of nothing but paragraphs."""
    if not block.path or block.path != page.blocks[page.last].path or block.link_density:
        return False
    return not any(
        other.path == block.path and (other.dropped_by == HEADLINE or other.dropped_by in page.label_rules) for other in page.blocks
    )


def _has_headline_form(block: Block, least: int = MIN_HEADLINE_WORDS) -> bool:
    """Say whether a block could be a headline: a line of some words, no end stop, begun like a sentence, not a list of numbers."""
    text = block.text.strip()
    if block.kind in ("table", "code", "caption") or "\n" in text:
        return False
    words = count_words(text)
    if not least <= words <= MAX_HEADLINE_WORDS or ends_with_stop(text) or text.endswith((":", "：", ",", ";")):
        return False
    start = OPENING.sub("", text, count=1)[:1]
    letters = sum(c.isalpha() for c in text)
    return start.isalnum() and not begins_small(start) and letters >= 0.6 * len(text) and not INNER_END.search(text)


def _is_linked_headline(block: Block) -> bool:
    if block.link_density < LINKED or block.kind in ("table", "code"):
        return False
    words = count_words(block.text)
    # In Thai and Lao the signs above the letters count as letters.
    is_short = len(block.text) < UNSTOPPED_LENGTH if UNSTOPPED.search(block.text) else words <= MAX_HEADLINE_WORDS
    return words >= 2 and is_short and not ends_softly(block.text)
