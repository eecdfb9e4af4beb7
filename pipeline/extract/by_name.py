"""What the scorer took for the article's text though the page calls it something else: captions, links to related stories,
headings of newsletters and advertisements.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.extract.class_words import NAMES, mask_of
from pipeline.extract.layout import WHOLE_PAGE, PageBlocks, Run

Flags = npt.NDArray[np.bool_]

MAX_SHARE = 0.25  # of the kept words: from there on captions are the text, as in a gallery
MIN_WORDS = 3  # of a caption; less is a sign
STEPS = 3  # outwards from the text in which its name may stand: figcaption > div > p
CAPTION = re.compile(r"caption|cutline|bildunterschrift|bildtext|img[_-]?desc", re.IGNORECASE)
QUOTE = re.compile(r"quote", re.IGNORECASE)
RELATED = 1 << NAMES.index("related")
MAX_OFFERS = 3  # headings of more are a list of the article's own, whatever the theme calls its items
OFFERS = 1 << NAMES.index("newsletter") | 1 << NAMES.index("advert")


def without_named(page: PageBlocks, tokens: Sequence[Sequence[str]], chosen: Flags) -> Flags:
    """Return which runs are the article's, without captions among them, unless these are much of its text, and related links."""
    kept = np.flatnonzero(chosen).tolist()
    captions = [i for i in kept if len(tokens[i]) >= MIN_WORDS and _is_caption(page, page.runs[i])]
    if sum(len(tokens[i]) for i in captions) >= MAX_SHARE * sum(len(tokens[i]) for i in kept):
        captions = []
    found = chosen.copy()
    found[captions] = False
    found[[i for i in kept if _is_related(page, page.runs[i])]] = False
    found[_headings_of_offers(page, found)] = False
    return found


def _is_caption(page: PageBlocks, run: Run) -> bool:
    """Say whether a run stands in a figcaption, or in an element named one; tables and quotations have captions that are text."""
    if run.kind not in ("caption", "paragraph"):
        return False
    around = [page.containers[i] for i in page.ancestors(run.container, STEPS)]
    if any(container.tag in ("caption", "table") or QUOTE.search(container.name) for container in around):
        return False
    if run.kind == "caption":
        return True
    named = around[0] if around[0].name != around[0].tag or len(around) < 2 else around[1]
    return CAPTION.search(named.name) is not None


def _is_related(page: PageBlocks, run: Run) -> bool:
    """Say whether a run is a link, and the element that holds it is named after related stories."""
    return bool(page.containers[run.container].mask & RELATED) and run.is_link


def _headings_of_offers(page: PageBlocks, chosen: Flags) -> list[int]:
    """Return the kept headings in elements named after a newsletter or an advertisement of which nothing else is kept."""
    kept = np.flatnonzero(chosen).tolist()
    offers = {i: offer for i in kept if page.runs[i].kind == "heading" and (offer := _offer_around(page, page.runs[i])) is not None}
    if not 0 < len(set(offers.values())) <= MAX_OFFERS:
        return []
    holding: set[int] = set()  # what kept text stands in
    for i in kept:
        place = page.runs[i].container if page.runs[i].kind != "heading" else -1
        while place >= 0 and place not in holding:
            holding.add(place)
            place = page.containers[place].parent
    return [i for i, offer in offers.items() if offer not in holding]


def _offer_around(page: PageBlocks, run: Run) -> int | None:
    """Return the outermost of the elements around a heading that is named after an offer; a name may be what the heading says."""
    if mask_of("", run.text, None, None) & OFFERS:
        return None
    around = [i for i in page.ancestors(run.container, STEPS + 1) if page.containers[i].kind != "heading"]
    named = [i for i in around if page.containers[i].mask & OFFERS and page.containers[i].tag not in WHOLE_PAGE]
    return named[-1] if named else None
