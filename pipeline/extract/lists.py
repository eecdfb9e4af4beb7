"""A list is one thing: one that the article has half of, it has."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from pipeline.extract.blocks import PageBlocks
from pipeline.extract.labels import LINK_SHARE

Flags = npt.NDArray[np.bool_]

LISTS = frozenset(("ul", "ol", "menu", "dir"))
WHOLE_FROM = 0.5  # of the items


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


def _list_of(page: PageBlocks, container: int) -> int:
    """Return the list that a container stands in, itself or by way of an item; -1 for none."""
    while container >= 0 and page.containers[container].tag not in LISTS:
        container = page.containers[container].parent
    return container
