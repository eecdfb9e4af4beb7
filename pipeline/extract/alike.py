"""A paragraph set like most of the article's, between two of them or the last one beside them, is the article's, however short."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from pipeline.clean.lines import ends_with_stop
from pipeline.extract.layout import PageBlocks, Run

Flags = npt.NDArray[np.bool_]

STEPS = 3  # of the path that are compared: the paragraph, and what it stands in
ENOUGH = 3  # paragraphs of the article that are set so
SHARE = 0.75  # of all that are


def alike(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with the sentences between them that are set as most of its paragraphs are."""
    kept = np.flatnonzero(chosen)
    found = chosen.copy()
    if len(kept) < ENOUGH:
        return found
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place in range(int(kept[0]), int(kept[-1]) + 1):
        run = page.runs[place]
        if run.tag == "p" and not run.hidden:
            groups[_setting(page, run.container)].append(place)
    for places in groups.values():
        mine = int(chosen[places].sum())
        if ENOUGH <= mine < len(places) and mine >= SHARE * len(places):
            found[[i for i in places if _is_sentence(page.runs[i])]] = True
    if (last := _last_beside(page, found)) is not None and _is_sentence(page.runs[last]):
        found[last] = True
    return found


def _last_beside(page: PageBlocks, chosen: Flags) -> int | None:
    """Return the paragraph right behind the article that is the last of those it stands among, most of them the article's."""
    last = int(np.flatnonzero(chosen)[-1])
    parent = page.containers[page.runs[last].container].parent
    beside = [
        place
        for place, run in enumerate(page.runs)
        if run.tag == "p" and not run.hidden and page.containers[run.container].parent == parent
    ]
    mine = int(chosen[beside].sum())
    return last + 1 if beside[-1:] == [last + 1] and mine >= max(ENOUGH, SHARE * len(beside)) else None


def _is_sentence(run: Run) -> bool:
    """Say whether a run ends a sentence and holds no link; dots alone say nothing."""
    return not run.links and ends_with_stop(run.text) and any(c.isalnum() for c in run.text)


def _setting(page: PageBlocks, container: int) -> tuple[str, ...]:
    """Return the names of what a run stands in, innermost first."""
    names: list[str] = []
    while container > 0 and len(names) < STEPS:
        names.append(page.containers[container].name)
        container = page.containers[container].parent
    return tuple(names)
