"""A list is one thing: one that the article has half of, or that a paragraph of it announces, it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.extract.labels import LINK_SHARE, NOT_TEXT
from pipeline.extract.layout import PageBlocks, Run

Flags = npt.NDArray[np.bool_]

LISTS = frozenset(("ul", "ol", "menu", "dir"))
WHOLE_FROM = 0.5  # of the items
COLONS = (":", "：")
ANNOUNCING_WORDS = 6  # fewer are a label: "Related stories:"
ITEM_WORDS, MOST_ITEMS = 40, 100  # of what it announces


def whole_lists(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with the other items of each list of which at least half are; links apart."""
    items: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for place, run in enumerate(page.runs):
        if run.kind == "list_item":
            items[_list_of(page, run.container), run.link_chars >= LINK_SHARE * len(run.text)].append(place)
    whole = chosen.copy()
    for (container, _), places in items.items():
        if container >= 0 and chosen[places].mean() >= WHOLE_FROM:
            whole[places] = True
    return whole


def announced(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with what a chosen paragraph that ends in a colon announces.

    That is the list, or the box of short lines, that begins right below it, if nothing of it is a link.
    """
    found = chosen.copy()
    for place in np.flatnonzero(chosen[:-1] & ~chosen[1:]).tolist():
        run = page.runs[place]
        if run.kind == "paragraph" and run.text.endswith(COLONS) and len(run.text.split()) >= ANNOUNCING_WORDS:
            found[_announced(page, place)] = True
    return found


def _announced(page: PageBlocks, place: int) -> list[int]:
    """Return the places of the items that the run at `place` announces."""
    above = set(page.ancestors(page.runs[place].container))
    box = next((c for c in reversed(page.ancestors(page.runs[place + 1].container)) if c not in above), -1)
    kind = page.runs[place + 1].kind
    places: list[int] = []
    for following in range(place + 1, len(page.runs)):
        run = page.runs[following]
        chain = page.ancestors(run.container)
        if box not in chain:
            break
        if run.kind != kind or len(places) == MOST_ITEMS or not _is_item(page, run, chain[: chain.index(box) + 1]):
            return []
        places.append(following)
    return places if kind == "list_item" or (kind == "paragraph" and len(places) > 1) else []


def _is_item(page: PageBlocks, run: Run, inside: Sequence[int]) -> bool:
    named = any(page.containers[container].mask & NOT_TEXT for container in inside)
    linked = run.link_chars >= LINK_SHARE * len(run.text)
    return not named and not linked and not run.hidden and len(run.text.split()) <= ITEM_WORDS


def _list_of(page: PageBlocks, container: int) -> int:
    """Return the list that a container stands in, itself or by way of an item; -1 for none."""
    while container >= 0 and page.containers[container].tag not in LISTS:
        container = page.containers[container].parent
    return container
