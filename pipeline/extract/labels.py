"""Why a run of text is not the article's: the labels that the block decision gives, from title, names and links.

`headline` repeats the title; `caption` belongs to a picture; `byline` says who and when; `comments` are the readers';
`related-link` leads to another story; `social-post` is a post that the page embeds; `share-bar`, `promotion` and `navigation`
are the page's own; `not-content` is all else that the scorer did not take for the article. A line that the rules of cleaning
know for certain carries its rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clean.rules import match_label
from pipeline.extract.class_words import NAMES, POST
from pipeline.extract.layout import PageBlocks, Run

MAX_CAPTION = 80  # words
MAX_BYLINE = 25
TITLE_SHARE = 0.8  # of the words of line and title that must be the same
LINK_WORDS = 4  # words of a link that may be a headline; shorter ones are buttons


def _bits(*names: str) -> int:
    return sum(1 << NAMES.index(name) for name in names)


CAPTION = _bits("caption", "<figure>")
BYLINE = _bits("byline", "date", "bio")
COMMENTS = _bits("comment")
# In this order: a share button in a box of related stories is a share button.
NAMED = (
    ("share-bar", _bits("share")),
    ("promotion", _bits("advert", "newsletter")),
    ("related-link", _bits("related")),
    ("navigation", _bits("nav", "footer", "login", "<nav>", "<footer>")),
)
NO_REASON = "not-content"
NOT_TEXT = CAPTION | BYLINE | COMMENTS | sum(bits for _, bits in NAMED)  # what is named one of these


def label_of(run: Run, tokens: Sequence[str], page: PageBlocks, title: Sequence[str], language: str | None) -> str:
    """Return the label of a run that was not kept."""
    container = page.containers[run.container]
    near = container.mask | page.containers[max(0, container.parent)].mask
    if title and _repeats(tokens, title):
        return "headline"
    if rule := _certain_rule(run, language):
        return rule
    if (run.kind == "caption" or near & CAPTION) and len(tokens) <= MAX_CAPTION:
        return "caption"
    if (container.mask | container.mask_above) & COMMENTS:
        return "comments"
    if any(POST.search(page.containers[place].name) for place in (run.container, max(0, container.parent))):
        return "social-post"
    for label, names in NAMED:
        if near & names:
            return label
    if near & BYLINE and len(tokens) <= MAX_BYLINE:
        return "byline"
    return "related-link" if run.is_link and len(tokens) >= LINK_WORDS else NO_REASON


def _repeats(tokens: Sequence[str], title: Sequence[str]) -> bool:
    words, whole = set(tokens), set(title)
    return len(words & whole) >= TITLE_SHARE * max(len(words), len(whole))


def _certain_rule(run: Run, language: str | None) -> str | None:
    """Return the rule of cleaning that takes this line wherever it stands; one that depends on the place is not given here."""
    match = None if run.kind in ("table", "code") else match_label(run.text, language)
    if match is None or match.weak or match.alone or match.rule.where != "any":
        return None
    return match.rule.id
