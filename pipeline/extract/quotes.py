"""A quotation that stands between two pieces of the article's text is the article's, however short it is."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from pipeline.extract.layout import PageBlocks
from pipeline.extract.tables import stands_between

Flags = npt.NDArray[np.bool_]


def enclosed_quotes(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with all of each quotation that stands between two of them.

    One with a link in it may be a post from elsewhere, and stays as it is.
    """
    found = chosen.copy()
    quotes: dict[int, list[int]] = defaultdict(list)
    for place, run in enumerate(page.runs):
        if run.kind == "quote":
            quotes[_quote_of(page, run.container)].append(place)
    for container, places in quotes.items():
        if any(page.runs[place].hidden or page.runs[place].links for place in places):
            continue
        if not chosen[places].all() and stands_between(page, chosen, places, container):
            found[places] = True
    return found


def _quote_of(page: PageBlocks, container: int) -> int:
    """Return the outermost quotation that a container stands in."""
    return next(c for c in reversed(page.ancestors(container)) if page.containers[c].tag == "blockquote")
