"""A list is one thing: one that the article has half of, that begins in its text, or that a paragraph of it announces, it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from pipeline.extract.labels import NOT_TEXT
from pipeline.extract.layout import PageBlocks, Run

Flags = npt.NDArray[np.bool_]

LISTS = frozenset(("ul", "ol", "menu", "dir"))
EXPLAINING = LISTS | {"dl", "details"}
WHOLE_FROM = 0.5  # of the items
COLONS = (":", "：")
ANNOUNCING_WORDS = 6  # fewer are a label: "Related stories:"
LIST_STEPS = 4  # from what stands in a list outwards to what holds the list: p, li, ul, div
ITEM_WORDS, MOST_ITEMS = 40, 100  # of what it announces


def whole_lists(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with the other items of each list of which at least half are; links apart.

    What a list explains, the <dt> above each <dd>, is an item too; so is the question above an answer that opens: a list of two.
    """
    whole = chosen.copy()
    for places, _ in _lists(page, EXPLAINING):
        if chosen[places].mean() >= WHOLE_FROM:
            whole[places] = True
    return whole


def begun_lists(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with all items of each plain list that begins in it, right below a line of it.

    Plain is a list of items of one line each of which none is a link. So is one between a heading of the article and its next line.
    """
    whole = chosen.copy()
    for places, linked in _lists(page, LISTS):
        begins = places[0] > 0 and chosen[places[0] - 1] and (chosen[places[0]] or _goes_on_below(page, chosen, places))
        if begins and not linked and _is_plain(page, places):
            whole[places] = True
    return whole


def _goes_on_below(page: PageBlocks, chosen: Flags, places: Sequence[int]) -> bool:
    """Say whether a list stands right below a heading and right above a line of the article, side by side with both."""
    above, below = places[0] - 1, places[-1] + 1
    if page.runs[above].kind != "heading" or below == len(page.runs) or not chosen[below]:
        return False
    parents = {page.containers[page.runs[place].container].parent for place in (above, below)}
    return len(parents) == 1 and parents <= set(page.ancestors(page.runs[places[0]].container, LIST_STEPS))


def _is_plain(page: PageBlocks, places: Sequence[int]) -> bool:
    if places[-1] - places[0] >= len(places):  # other lines stand between the items
        return False
    items = [_item_of(page, page.runs[place].container) for place in places]
    return len(set(items)) == len(items)


def _lists(page: PageBlocks, tags: AbstractSet[str]) -> list[tuple[list[int], bool]]:
    """Return the places of the items of each list, in document order, those that are links apart from the others."""
    items: dict[tuple[int, bool], list[int]] = defaultdict(list)
    list_of: list[int] = []  # of each container, the list that it is or stands in; -1 for none
    for number, container in enumerate(page.containers):  # which stand behind what they stand in
        list_of.append(number if container.tag in tags else list_of[container.parent] if number else -1)
    for place, run in enumerate(page.runs):
        around = list_of[run.container]
        if around >= 0 and (run.kind == "list_item" or run.tag == "dt" or page.containers[around].tag == "details"):
            items[around, run.is_link].append(place)
    return [(places, linked) for (_, linked), places in items.items()]


def announced(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with what a chosen paragraph that ends in a colon announces.

    That is the list, the code, or the box of short lines, that begins right below it, if nothing of it is a link.
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
    return places if kind in ("list_item", "code") or (kind == "paragraph" and len(places) > 1) else []


def _is_item(page: PageBlocks, run: Run, inside: Sequence[int]) -> bool:
    named = any(page.containers[container].mask & NOT_TEXT for container in inside)
    return not named and not run.is_link and not run.hidden and len(run.text.split()) <= ITEM_WORDS


def _item_of(page: PageBlocks, container: int) -> int:
    """Return the item of a list that a container stands in, or is; the root for none."""
    while container > 0 and page.containers[container].tag != "li":
        container = page.containers[container].parent
    return container
