"""Lines in the company of labels: the promise in a newsletter box, the caption above a credit, readers below "Comments (12)",
the beginnings of other stories above their "Read more".

A box is a run of blocks with one parent that is not the parent of the article's prose. What a line says is not looked at
here: a label of the box has been recognised, and the line is short, or stands where only readers write.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, islice

from pipeline.clean.date_lines import is_date_line
from pipeline.clean.lines import bare, count_words, ends_with_stop, fold, is_prose
from pipeline.clean.pull_quotes import ABOUT_PULL_QUOTE, PULL_QUOTE
from pipeline.clean.repeats import ABOUT, REPEATED
from pipeline.clean.rules import Match, match_label, match_line
from pipeline.clean.title import repeats_title
from pipeline.extract.strings import begins_small
from pipeline.records import Article, Block

STANDFIRST = "standfirst"
CAPTION = "picture-caption"
PAGE_FACTS = "page-facts"
READER = "reader-comment"
TEASER = "teaser"
BOX_RULES = {
    STANDFIRST: "Line above the article that its first paragraphs say again, word for word",
    CAPTION: "Caption of a picture: the line that shares a box with the picture's credit",
    PAGE_FACTS: "Box that says again what the page is: its title, its author, its date, its address, each behind a label",
    READER: "What readers wrote: names and comments below the heading of the comments",
    TEASER: 'Beginning of another story, where there are several: above a "Read more", or with its linked headline at the end',
    REPEATED: ABOUT,
    PULL_QUOTE: ABOUT_PULL_QUOTE,
}

BOXED = frozenset({"newsletter", "subscribe", "app-prompt", "comment-prompt", "follow"})
PROMOTIONS = BOXED | {"cookie-notice"}  # whose labels ("Contact", "Search") stand in many boxes
CREDIT, COMMENTS, BUTTON, RELATED = "photo-credit", "comment-prompt", "read-more", "related"
MAX_BOX = 10  # blocks; a sign-up form has a heading, a promise, a field, a button and a note
MAX_BOX_WORDS = 60  # that no rule knows
MAX_PROMISE = 12  # words of a sentence beside the article's own: "The best of the week, every Friday in your inbox."
MAX_CAPTION_BOX, MAX_CAPTION = 4, 60  # blocks; words
MAX_CREDITED = 800  # characters of a caption with its credit
BODY_SHARE = 0.2  # of the prose; parents that hold so much of it are the article's
STANDFIRST_WITHIN, STANDFIRST_WORDS, REPEATED_WITHIN = 3, 6, 4  # open blocks from the top; words; open blocks below it
QUOTES = frozenset("\"'“”„‟«»‘’‚‹›「」『』")
MAX_NAME_WORDS = 4
MIN_FACTS = 2  # of a page in a box that is about it
MAX_LABEL_WORDS = 4  # "Link to this article:"
# What stands at the end of a line: in brackets, or behind the end of a sentence.
AT_END = re.compile(
    r"(?:[(（\[【](?P<inside>[^()（）\[\]【】]{4,80})[)）\]】]"
    r"|(?<=[.!?…。।။։])\s(?P<behind>[^.!?…。।။։]{4,80}))\.?\s*\Z"
)
NAMES_CREDIT = re.compile(r"[:：=©՝៖፦／/・]")  # between "Photo" and who took it
LABELLED = re.compile(r"([^:：]{1,40}?)\s*[:：]\s*(\S.*)")
CUT_OFF = re.compile(r"(?:…|\.\.\.)[\])]?[.»\"”]?\Z")
BUTTON_BEHIND = re.compile(r"[.!?…。][\])»\"”]?\s+(\w[^.!?…。]{1,30})\Z")
MIN_TEASERS, MOST_TEASERS = 2, 0.5  # of a page; share of its open letters, more is a page that is made of them
MAX_ABOVE = 2  # lines above a teaser that go with it: its headline and its date
LINKED = 0.6  # share of a block's text inside links from which it is a link
MIN_STORIES = 3  # linked headlines below a label from which what stands between them tells what the other stories are about
MAX_BELOW, MAX_SUMMARY = 2, 40  # lines below such a headline; words of each
COMMENTS_BELOW = 0.6  # share of the page's letters that stand above the comments of an article, and above other stories


def label_boxes(article: Article, blocks: Sequence[Block], matches: Mapping[int, Match]) -> list[Block]:
    """Return the blocks with those labelled that go with their company; `matches`: the labels of the page, by place."""
    bodies = _body_parents(blocks)
    found = _between(blocks, matches, bodies) + _readers(blocks, matches, bodies) + _teasers(article, blocks, matches)
    found += _stories_below(blocks, matches)
    last = max((i for i, block in enumerate(blocks) if block.dropped_by is None and is_prose(block.text)), default=-1)
    for box in _boxes(blocks, bodies):
        found += (
            _promotion(article, blocks, box, matches) or _caption(blocks, box, matches) or _page_facts(article, blocks, box, last)
        )
    found += [(i, CAPTION) for i, block in enumerate(blocks) if block.dropped_by is None and _ends_in_credit(article, block)]
    labelled = list(blocks)
    for place, rule in found:
        labelled[place] = labelled[place].drop(rule)
    standfirst = _repeated_standfirst(labelled)
    if standfirst is not None:
        labelled[standfirst] = labelled[standfirst].drop(STANDFIRST)
    return labelled


def _parent(block: Block) -> str:
    return block.path.rpartition(">")[0]


def _body_parents(blocks: Sequence[Block]) -> frozenset[str]:
    """Return the parents that hold the article: two kept paragraphs, or a good part of all prose."""
    sizes: dict[str, list[int]] = {}
    for block in blocks:
        if block.dropped_by is None and is_prose(block.text):
            sizes.setdefault(_parent(block), []).append(len(block.text))
    total = sum(map(sum, sizes.values()))
    return frozenset(parent for parent, lengths in sizes.items() if sum(lengths) >= BODY_SHARE * total)


def _boxes(blocks: Sequence[Block], bodies: Collection[str]) -> Iterator[list[int]]:
    for parent, places in groupby(range(len(blocks)), key=lambda i: _parent(blocks[i])):
        if parent and parent not in bodies:
            yield list(places)


def _promotion(
    article: Article, blocks: Sequence[Block], box: Sequence[int], matches: Mapping[int, Match]
) -> list[tuple[int, str]]:
    """Return the lines of a box that a promotion's label heads: its promise, its small print; the head of an article is none."""
    rule = next((m.rule.id for i in box if (m := matches.get(i)) and m.rule.id in BOXED and not m.weak), None)
    if rule and article.title and any(repeats_title(blocks[i].text, article.title) for i in box):
        return []
    open_places = [i for i in box if blocks[i].dropped_by is None and i not in matches]
    if any(blocks[i].kind == "list_item" for i in open_places):  # of a list that has one such item
        return []
    if rule is None or len(box) > MAX_BOX or sum(count_words(blocks[i].text) for i in open_places) > MAX_BOX_WORDS:
        return []
    return [(i, rule) for i in open_places]


def _caption(blocks: Sequence[Block], box: Sequence[int], matches: Mapping[int, Match]) -> list[tuple[int, str]]:
    if len(box) > MAX_CAPTION_BOX or not any(i in matches and matches[i].rule.id == CREDIT for i in box):
        return []
    open_places = [i for i in box if blocks[i].dropped_by is None and i not in matches]
    if any(blocks[i].kind == "heading" or count_words(blocks[i].text) > MAX_CAPTION for i in open_places):
        return []
    return [(i, CAPTION) for i in open_places]


def _ends_in_credit(article: Article, block: Block) -> bool:
    """Say whether a line is a caption with its credit: "The old hall in January (Photo: Jane Doe)"."""
    if block.kind != "paragraph" or len(block.text) > MAX_CREDITED:
        return False
    end = AT_END.search(block.text)
    credit = end and (end["inside"] or end["behind"])
    if not credit or not NAMES_CREDIT.search(credit):
        return False
    match = match_line(credit, article.language)
    return match is not None and match.rule.id == CREDIT and not match.certain


def _page_facts(article: Article, blocks: Sequence[Block], box: Sequence[int], last: int) -> list[tuple[int, str]]:
    """Return the lines of a box that names the page's title or address and another of its facts, behind its last prose."""
    facts = {fact for i in box if (fact := _fact(article, blocks[i].text))}
    if last > box[-1] or len(box) > MAX_BOX or len(facts) < MIN_FACTS or facts == {"author", "date"}:
        return []
    return [(i, PAGE_FACTS) for i in box if blocks[i].dropped_by is None]


def _fact(article: Article, line: str) -> str | None:
    """Return which fact of the page a line says again, behind a label."""
    match = LABELLED.fullmatch(line)
    if match is None or count_words(match[1]) > MAX_LABEL_WORDS:
        return None
    value = match[2].strip()
    if article.title and repeats_title(value, article.title):
        return "title"
    if fold(value) in {fold(author) for author in article.authors}:
        return "author"
    if value in (article.url, article.canonical_url):
        return "address"
    return "date" if is_date_line(value) else None


def _between(blocks: Sequence[Block], matches: Mapping[int, Match], bodies: Collection[str]) -> list[tuple[int, str]]:
    """Return the short lines between two labels of one promotion, whatever box they stand in; not the article's paragraphs."""
    found = []
    for place in range(1, len(blocks) - 1):
        above, below = matches.get(place - 1), matches.get(place + 1)
        if above is None or below is None or above.rule.id != below.rule.id or above.rule.id not in PROMOTIONS:
            continue
        block = blocks[place]
        is_body = is_prose(block.text) and _parent(block) in bodies
        longest = MAX_PROMISE if is_body else MAX_BOX_WORDS // 2
        if block.dropped_by is None and place not in matches and count_words(block.text) <= longest:
            found.append((place, above.rule.id))
    return found


def _repeated_standfirst(blocks: Sequence[Block]) -> int | None:
    """Return the place of a line above the article, its first prose at most, that one of the next paragraphs holds whole."""
    top = list(islice((i for i, block in enumerate(blocks) if block.dropped_by is None), STANDFIRST_WITHIN + REPEATED_WITHIN))
    lines = [bare(fold(blocks[i].text)) for i in top]
    for n, i in enumerate(top[:STANDFIRST_WITHIN]):
        is_line = blocks[i].kind == "paragraph" and count_words(lines[n]) >= STANDFIRST_WORDS and not _is_quoted(blocks[i].text)
        if is_line and any(lines[n] in line for line in lines[n + 1 : n + 1 + REPEATED_WITHIN]):
            return i
        if is_prose(blocks[i].text):
            return None
    return None


def _is_quoted(text: str) -> bool:
    """Say whether a text opens as someone's words: a quotation set out of the story, no standfirst."""
    return text[:1] in QUOTES


def _readers(blocks: Sequence[Block], matches: Mapping[int, Match], bodies: Collection[str]) -> list[tuple[int, str]]:
    """Return what stands below the comments' heading: all of its box, or all to the end of a page that has no boxes."""
    headings = [place for place in _low_labels(blocks, matches, COMMENTS) if matches[place].certain]
    open_places = [i for i, block in enumerate(blocks) if block.dropped_by is None and i not in matches] if headings else []
    boxes = {parent for place in headings if (parent := _parent(blocks[place])) and parent not in bodies}
    last = _last_inside(blocks, open_places, boxes)
    for place in headings:  # of a page with very many of them each is a look at what is known, but for the one that counts
        parent = _parent(blocks[place])
        if parent in boxes and last.get(parent, -1) > place:
            return [(i, READER) for i in open_places if i > place and f"{blocks[i].path}>".startswith(f"{parent}>")]
        if parent not in boxes and open_places[-1:] > [place] and _begins_with_name(blocks, place):
            return [(i, READER) for i in open_places if i > place]
    return []


def _low_labels(blocks: Sequence[Block], matches: Mapping[int, Match], rule: str) -> list[int]:
    """Return the places of a rule's labels below most of the page's text."""
    above = [0, *accumulate(len(block.text) if block.dropped_by is None else 0 for block in blocks)]
    return [i for i, match in sorted(matches.items()) if match.rule.id == rule and above[i] >= COMMENTS_BELOW * above[-1]]


def _last_inside(blocks: Sequence[Block], places: Sequence[int], boxes: Collection[str]) -> dict[str, int]:
    """Return the last of the places that stands in each of these boxes, however deep."""
    last: dict[str, int] = {}
    around: dict[str, list[str]] = {}  # the boxes that a path stands in
    for place in places if boxes else ():
        path = blocks[place].path
        if path not in around:
            around[path] = [box for box in _outwards(path) if box in boxes]
        last |= dict.fromkeys(around[path], place)
    return last


def _outwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(">")[0]


def _teasers(article: Article, blocks: Sequence[Block], matches: Mapping[int, Match]) -> list[tuple[int, str]]:
    """Return the beginnings of other stories, each with the lines above it that are its headline and its date."""
    open_places = [i for i, block in enumerate(blocks) if block.dropped_by is None and i not in matches]
    teasers = [i for i in open_places if _is_teaser(article, blocks, i, matches)]
    letters = sum(len(blocks[i].text) for i in open_places)
    if len(teasers) < MIN_TEASERS or sum(len(blocks[i].text) for i in teasers) > MOST_TEASERS * letters:
        return []
    found = [(i, TEASER) for i in teasers]
    for i in teasers:
        for above in range(i - 1, max(-1, i - 1 - MAX_ABOVE), -1):
            if blocks[above].dropped_by is not None or above in matches or is_prose(blocks[above].text):
                break
            found.append((above, TEASER))
    return found


def _stories_below(blocks: Sequence[Block], matches: Mapping[int, Match]) -> list[tuple[int, str]]:
    """Return what stands below a label for other stories, when to the end it is linked headlines with a line or two below each."""
    lines = [i for i, block in enumerate(blocks) if block.dropped_by is None and i not in matches]
    prose = max((i for i in lines if count_words(blocks[i].text) > MAX_SUMMARY), default=-1)
    label = next((i for i in _low_labels(blocks, matches, RELATED) if i > prose), len(blocks))
    linked = [i for i in range(label + 1, len(blocks)) if blocks[i].link_density >= LINKED]
    below = [i for i in lines if i > label]
    is_list = len(linked) >= MIN_STORIES and below and all(_is_right_below(linked, i) for i in below)
    return [(i, TEASER) for i in below] if is_list else []


def _is_right_below(places: Sequence[int], place: int) -> bool:
    """Say whether a place is one of some, in order, or at most `MAX_BELOW` behind one."""
    at = bisect(places, place)
    return at > 0 and place - places[at - 1] <= MAX_BELOW


def _is_teaser(article: Article, blocks: Sequence[Block], place: int, matches: Mapping[int, Match]) -> bool:
    """Say whether a text is cut off above a "Read more", a byline between at most, or ends in one that is a link."""
    text = blocks[place].text.rstrip()
    if CUT_OFF.search(text):
        below = place + 1
        if below not in matches and below < len(blocks) and blocks[below].dropped_by is not None:
            below += 1
        return below in matches and matches[below].rule.id == BUTTON
    button = BUTTON_BEHIND.search(text) if blocks[place].link_density else None
    match = match_label(button[1], article.language) if button else None
    return match is not None and match.rule.id == BUTTON and match.certain


def _begins_with_name(blocks: Sequence[Block], place: int) -> bool:
    """Say whether a name stands right below, alone on its line, and then what its bearer says."""
    lines = [b.text for b in blocks[place + 1 : place + 4] if not is_date_line(b.text)]
    if len(lines) < 2:
        return False
    words = lines[0].split()
    named = 1 <= len(words) <= MAX_NAME_WORDS and not any(begins_small(w) for w in words) and not ends_with_stop(lines[0])
    return named and count_words(lines[1]) > MAX_NAME_WORDS
