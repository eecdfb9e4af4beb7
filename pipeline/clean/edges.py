"""The edges of an article: bylines and dates above it, biographies and headlines of other stories below it.

Each edge is walked inwards, past what is labelled already, up to the first block that reads as the article's own. A block
is taken for what it says and how it is written, never for being short. In the middle nothing is taken but headlines
right below a label that announces them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.clean.date_lines import is_date_line, is_stamped_date, is_time_stamp
from pipeline.clean.lines import count_words, ends_softly, ends_with_stop, fold, has_digit, is_prose, quote_style, words_of
from pipeline.clean.rules import match_line, rule_ids
from pipeline.clean.title import repeats_title
from pipeline.clean.words import words_for
from pipeline.extract.agencies import is_agency
from pipeline.extract.bylines import BY, PICTURED, WHO_MADE_WHAT, after_by
from pipeline.extract.cjk_bylines import plain_byline
from pipeline.records import Article, Block

HEADLINE = "headline"
BYLINE = "author-line"
DATE_LINE = "date-line"
AUTHOR_BIO = "author-bio"
RELATED_HEADLINE = "related-headline"
ORPHAN = "orphan-heading"
EDGE_RULES = {
    HEADLINE: "The page's title, repeated at the top",
    BYLINE: 'Who wrote the page: "By …", or a line that is nothing but an author named in the metadata',
    DATE_LINE: "A line at the top or the tail that is nothing but a date or a time, and such details as the minutes to read",
    AUTHOR_BIO: "Who the author is and how to reach them, at the tail",
    RELATED_HEADLINE: "Headline of another story: after the last prose, or below a label that announces such headlines",
    ORPHAN: "Heading or lead-in at the end, when all that stood below it was taken out",
}

MIN_HEADLINE_WORDS, MAX_HEADLINE_WORDS = 4, 22  # what headlines of news sites have
MAX_AGE_WORDS = 7  # how long ago, in any language: "il y a 2 années, 8 mois"
MAX_BYLINE_WORDS = 14
MAX_BIO_WORDS = 70
TAIL_WALK = 12  # unlabelled blocks from the end that are looked at
LINKED = 0.6  # share of a block's text inside links from which it is a link
PUNCTUATED_PAGE = 0.85  # share of a page's paragraphs that end sentences, from which one that does not is odd
MIN_PARAGRAPHS = 3  # fewer say nothing about how a page is written
MAX_TRAILING = 5  # open blocks after the last prose; more are a list that belongs to the article
MIN_SENTENCE_WORDS = 5  # a name or the title of a thing is shorter than most headlines
ENOUGH = 2  # points of evidence
MAX_LEAD = 15  # words of a line that leads to others
MIN_BELOW = 15  # words taken out below a heading that is left without a text; fewer are a caption
# The end of a sentence inside, an address: running text or a note, no headline.
INNER_END = re.compile(
    r"[^\W\d_]{3}[.!?…]['’”\"]? +[^\W\d_]|[.!?…]['’”\"]? +\("
    r"|[。！？]|@|://|#|: ?[^\w ]?\d| / |\w{3}\.(?:com|org|net|co|de|fr|it|es|ru|info)\b",
    re.IGNORECASE,
)
NAME = re.compile(r"[^\W\d_][\w'’.-]*,?")
SIGNS = " |,;·•–—-/"  # between a name and a date
WIDE_NAME = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af・·]{2,8}")  # family and given name, no space between
DETAILS = re.compile(r"\s*[·•|]\s*")
DASHES = re.compile(r"\s[-–—/]\s")
MIN_DASHED = 3  # details; of two the first may be a place or an agency, which open a text as well
MAX_DETAILS, MAX_DETAILS_CHARS = 6, 160
COUNT = re.compile(r"\d[\d.,’ \u00a0\u202f]* ?[^\W\d_]+\.?")  # "1,204 words", "298 字"
SIGNED = re.compile(r"\s*(?:[,/|&+;]|\s[-–—]\s|(?<!\w)(?:with|mit|avec|con|com|met)\s)\s*", re.IGNORECASE)  # between who signs
CONTACT = re.compile(
    r"(?i:^(?:e-?mail|contact|reach|write to|follow|twitter|x|tel|phone)\b.{0,80}(?:@|\d{3}[-. ]\d{3,4}))"
    r"|^\S+@\S+\.\w{2,10}$|^@\w{2,30}$"
)
MAX_COPULA = 3  # letters of "is" in five languages; longer verbs ("covers") say enough alone
ROLE_WITHIN = 14  # words from the verb: "is an award-winning health and science reporter"
OPENING = re.compile(r"[\"'“”‘’«»„「『(\[]*")


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of a page before its edges are walked. `leads`: places of the labels that announce headlines."""

    blocks: Sequence[Block]
    title: str | None
    authors: frozenset[str]
    quotes: str | None
    punctuated: bool
    first: int
    last: int
    leads: Collection[int]
    label_rules: Collection[str]


def label_edges(article: Article, blocks: Sequence[Block], leads: Collection[int]) -> list[Block]:
    """Return the blocks with the edges labelled; `leads` are the places of labels that announce other stories."""
    page = _read(article, blocks, leads)
    if page.first < 0:
        return _label_title_only(page)
    labelled = list(blocks)
    for position, rule in [*_top(page), *_announced(page), *_tail(page)]:
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
        elif below >= MIN_BELOW:
            found.append(i)
    return found


def _introduces(block: Block) -> bool:
    """Say whether a block is nothing without what follows: a heading, a short line that ends in a colon."""
    is_lead = block.kind == "paragraph" and block.text.rstrip().endswith((":", "："))
    return block.kind == "heading" or (is_lead and count_words(block.text) <= MAX_LEAD)


def _read(article: Article, blocks: Sequence[Block], leads: Collection[int]) -> _Page:
    kept = [block for block in blocks if block.dropped_by is None]
    body = [
        b.text for b in kept if b.kind in ("paragraph", "quote") and not (article.title and repeats_title(b.text, article.title))
    ]
    prose = [i for i, block in enumerate(blocks) if block.dropped_by is None and is_prose(block.text)]
    prose = prose[:-TAIL_WALK] + [i for i in prose[-TAIL_WALK:] if not _is_bio(blocks[i].text)]
    styles = [style for text in body[:-1] if (style := quote_style(text))]
    quotes = styles[0] if len(styles) >= 3 and len(set(styles)) == 1 else None
    stopped = sum(ends_with_stop(text) or text.rstrip().endswith((":", "：")) for text in body)
    return _Page(
        blocks=blocks,
        title=article.title,
        authors=frozenset(fold(author) for author in article.authors),
        quotes=quotes,
        punctuated=len(prose) >= MIN_PARAGRAPHS and stopped >= PUNCTUATED_PAGE * max(1, len(body) - 2),
        first=prose[0] if prose else -1,
        last=prose[-1] if prose else -1,
        leads=leads,
        label_rules=rule_ids(),
    )


def _label_title_only(page: _Page) -> list[Block]:
    return [
        b.drop(HEADLINE) if page.title and i < 3 and repeats_title(b.text, page.title) else b for i, b in enumerate(page.blocks)
    ]


def _top(page: _Page) -> list[tuple[int, str]]:
    """Label title, byline and date above the first prose, which may be a standfirst, and those that follow right below it."""
    found = []
    for position in range(min(len(page.blocks), page.first + 1 + TAIL_WALK)):
        block = page.blocks[position]
        if block.dropped_by is not None:
            continue
        if position < page.first + 2 and page.title and repeats_title(block.text, page.title):
            found.append((position, HEADLINE))
        elif block.kind != "list_item" and (rule := _byline_rule(page, block)):
            found.append((position, rule))
        elif position > page.first:
            break
    return found


def _byline_rule(page: _Page, block: Block) -> str | None:
    """Return the rule of a line that says who wrote the page, or when, and nothing else."""
    if is_byline(block.text, page.authors, desks=not block.path):
        return BYLINE
    return DATE_LINE if is_date_line(block.text) or _is_details(block.text, page.authors) else None


def _announced(page: _Page) -> list[tuple[int, str]]:
    """Label the headlines that stand right below a label for other stories, in the middle of the page."""
    found = []
    for lead in sorted(page.leads):
        for position in range(lead + 1, min(len(page.blocks), lead + 1 + TAIL_WALK)):
            block = page.blocks[position]
            if block.kind == "heading":
                break
            if block.dropped_by is not None:
                continue
            # Items of a list may be the article's own ("Our top picks:"); links to other stories are not.
            if not (_is_linked_headline(block) or (block.kind != "list_item" and _has_headline_form(block))):
                break
            found.append((position, RELATED_HEADLINE))
    return found


def _tail(page: _Page) -> list[tuple[int, str]]:
    """Walk from the end inwards and label what is not the article's, up to its last prose."""
    found: list[tuple[int, str]] = []
    walked = 0
    for position in range(len(page.blocks) - 1, page.first, -1):
        block = page.blocks[position]
        if block.dropped_by is not None:
            continue
        walked += 1
        rule = _tail_rule(page, position, walked == 1) if walked <= TAIL_WALK else None
        if rule is None:
            break
        found.append((position, rule))
    return found


def _tail_rule(page: _Page, position: int, outermost: bool) -> str | None:
    block = page.blocks[position]
    if block.kind == "list_item":
        return None
    if rule := _byline_rule(page, block):
        return rule
    if _is_bio(block.text):
        return AUTHOR_BIO
    if position > page.last and _headline_evidence(page, position) >= ENOUGH and not _is_listed(page, position):
        return RELATED_HEADLINE
    return None


def _is_listed(page: _Page, position: int) -> bool:
    """Say whether a line stands in a list that the article announces: nothing but open lines up to one that ends in a colon."""
    for above in range(position - 1, max(-1, position - 1 - TAIL_WALK), -1):
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
    # Everything else on the page ends its sentences, and no list was going on.
    odd_ending = page.punctuated and block.kind == "paragraph" and _has_headline_form(block)
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


def _has_headline_form(block: Block) -> bool:
    """Say whether a block could be a headline: a line of some words, no end stop, begun like a sentence, not a list of numbers."""
    text = block.text.strip()
    if block.kind in ("table", "code", "caption") or "\n" in text:
        return False
    words = count_words(text)
    if not MIN_HEADLINE_WORDS <= words <= MAX_HEADLINE_WORDS or ends_with_stop(text) or text.endswith((":", "：", ",", ";")):
        return False
    start = OPENING.sub("", text, count=1)[:1]
    letters = sum(c.isalpha() for c in text)
    return start.isalnum() and not start.islower() and letters >= 0.6 * len(text) and not INNER_END.search(text)


def _is_linked_headline(block: Block) -> bool:
    if block.link_density < LINKED or block.kind in ("table", "code"):
        return False
    words = count_words(block.text)
    return 2 <= words <= MAX_HEADLINE_WORDS and not ends_softly(block.text)


def is_byline(text: str, authors: Collection[str] = (), *, desks: bool = False) -> bool:
    """Say whether the line names its writers and does nothing else. `authors` are the folded names that the metadata gives.

    `desks`: so does one that names an agency or the newsroom.
    """
    line = text.strip()
    if len(line) > 120 or len(line.split()) > MAX_BYLINE_WORDS:
        return len(line) <= 120 and _is_dated_byline(line, authors)
    folded = fold(line).strip(" .,|-·:")
    if folded in authors or any(folded in (f"by {a}", f"von {a}", f"por {a}", f"par {a}") for a in authors):
        return True
    if any(folded.startswith((f"{a},", f"{a} |", f"by {a}", f"{a} -")) for a in authors) and not ends_softly(line):
        return True
    if _is_dated_byline(line, authors):
        return True
    if ends_softly(line):
        return False
    if plain_byline(folded) in authors:
        return True
    names = after_by(line)
    if _is_aged(fold(names or ""), authors):
        return True
    made = PICTURED.split(WHO_MADE_WHAT.sub("", names or ""), maxsplit=1)
    return all(map(_are_names, made)) or (desks and _is_desk(names or line))


def _is_details(text: str, authors: Collection[str]) -> bool:
    """Say whether the line is a date and other details between signs: "4 May 2026 · Jane Doe · 812 words · 4 min read"."""
    if len(text) > MAX_DETAILS_CHARS:
        return False
    line = text.strip(SIGNS)
    pieces = [piece for piece in DETAILS.split(line) if piece]
    least = 2 if len(pieces) > 1 else MIN_DASHED
    pieces = pieces if len(pieces) > 1 else DASHES.split(line)
    if not least <= len(pieces) <= MAX_DETAILS:
        return False
    dates = [is_date_line(piece) or is_time_stamp(piece) for piece in pieces]
    return any(dates) and all(dated or _is_detail(piece, authors) for dated, piece in zip(dates, pieces, strict=True))


def _is_detail(piece: str, authors: Collection[str]) -> bool:
    return bool(COUNT.fullmatch(piece)) or match_line(piece) is not None or is_byline(piece, authors)


def _is_dated_byline(line: str, authors: Collection[str]) -> bool:
    """Say whether the line names a writer and then, behind a space or a sign, the date: "Jane Doe | 12 March 2024, 10:05".

    Or the date and then the writer: "Posted on 12 March 2024 by Jane Doe".
    """
    if not has_digit(line):
        return False
    words = line.split()
    first = next(n for n, word in enumerate(words) if has_digit(word))
    for cut in range(1, first + 1):
        head, date = " ".join(words[:cut]).rstrip(SIGNS), " ".join(words[cut:]).lstrip(SIGNS)
        if head and is_stamped_date(date):
            return is_byline(head, authors)
    for cut in range(first + 1, len(words)):
        date, tail = " ".join(words[:cut]).rstrip(SIGNS), " ".join(words[cut:]).lstrip(SIGNS)
        # A year alone dates a work: "1984 by George Orwell".
        if tail and not has_digit(tail) and not date.isdigit() and (is_date_line(date) or is_time_stamp(date)):
            return is_byline(tail, authors) and (after_by(tail) is not None or fold(tail) in authors)
    return False


def _is_aged(signed: str, authors: Collection[str]) -> bool:
    """Say whether what stands behind "By" is a known author and then a few words with a figure: "Jane Doe 2 years ago"."""
    rests = (signed[len(author) :] for author in authors if author and signed.startswith(f"{author} "))
    return any(has_digit(rest) and len(rest.split()) <= MAX_AGE_WORDS for rest in rests)


def _is_desk(text: str) -> bool:
    """Say whether the text signs for the house or an agency, with or without a person: "dpa", "our newsroom", "Jane Doe, AFP"."""
    pieces = [piece for piece in SIGNED.split(text.strip(" ()[]")) if piece]
    signs = [is_agency(piece) or is_agency(BY.sub("", piece, count=1)) or _is_house(piece) for piece in pieces]
    roles = [
        len(pieces) > 1 and fold(piece.split()[-1]) in words_for("press_roles") and len(piece.split()) <= 4 for piece in pieces
    ]
    return any(signs + roles) and all(map(any, zip(signs, roles, map(_are_names, pieces), strict=True)))


def _is_house(text: str) -> bool:
    words = [fold(word).strip(".") for word in text.split()]
    beside = words_for("beside_desks") | words_for("bylines")
    return any(word in words_for("desks") for word in words) and all(word in words_for("desks") | beside for word in words)


def _are_names(text: str) -> bool:
    """Say whether the text is names: words that begin with a capital, or have none, and what joins names."""
    if any(c.isdigit() or c in "?!:" for c in text):
        return False
    words = [word for word in text.split() if fold(word.strip(",|&-·")) not in words_for("bylines") and word.strip(",|&-·")]
    if len(words) == 1 and WIDE_NAME.fullmatch(words[0]):
        return True
    return 2 <= len(words) <= 8 and all(NAME.match(word) and not word[:1].islower() for word in words)


def _is_bio(text: str) -> bool:
    if count_words(text) > MAX_BIO_WORDS:
        return False
    return bool(CONTACT.search(text)) or _says_who(words_of(text))


def _says_who(words: Sequence[str]) -> bool:
    """Say whether the words begin as "Jane Doe is a reporter for …": a name, a verb, what people of the press are called."""
    place = next((i for i, word in enumerate(words[:7]) if fold(word) in words_for("biography_verbs")), None)
    if place is None or place < 2 or any(word[:1].islower() for word in words[:place]):
        return False
    roles = {fold(word).removesuffix("'s").strip(".'") for word in words[place + 1 : place + 1 + ROLE_WITHIN]}
    return bool(roles & words_for("biographies")) or len(words[place]) > MAX_COPULA
