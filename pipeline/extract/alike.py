"""What is set like most of the article's paragraphs, or stands between two of them, is the article's, however short it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipeline.clean.lines import ends_with_stop
from pipeline.clean.rules import match_line
from pipeline.extract.layout import PageBlocks, Run

Flags = npt.NDArray[np.bool_]

STEPS = 3  # of the path that are compared: the paragraph, and what it stands in
ENOUGH = 3  # paragraphs of the article that are set so
SHARE = 0.75  # of all that are
MOST_BETWEEN = 2  # runs between two of the article's: a heading, a quotation
MOST_LABELS = 2  # of the site above them: of an advertisement, of a share button


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
    for gap in _gaps(found):
        above = gap.start - 1
        gap = _below_labels(page, gap)
        if 0 < len(gap) <= MOST_BETWEEN and _parts_text(page, above, gap):
            found[gap] = True
    if (last := _last_beside(page, found)) is not None and _is_sentence(page.runs[last]):
        found[last] = True
    return found


def _gaps(chosen: Flags) -> Iterator[range]:
    """Yield the places of the few runs that are left out between two of the article's, a site's labels among them."""
    for before, after in pairwise(np.flatnonzero(chosen).tolist()):
        if 1 < after - before <= 1 + MOST_LABELS + MOST_BETWEEN:
            yield range(before + 1, after)


def _below_labels(page: PageBlocks, places: range) -> range:
    """Return the headings and quotations that end a gap, if there is nothing above them but labels, such as "Advertisement"."""
    start = places.stop
    while start > places.start and page.runs[start - 1].kind in ("heading", "quote"):
        start -= 1
    above = range(places.start, start)
    are_labels = start < places.stop and 0 < len(above) <= MOST_LABELS and all(match_line(page.runs[i].text) for i in above)
    return range(start, places.stop) if are_labels else places


def _parts_text(page: PageBlocks, above: int, places: range) -> bool:
    """Say whether runs are a heading, and perhaps a quotation, right between two of the article's lines: all in one block.

    So is a line that stands in that block itself, between two paragraphs: a heading that is no element of its own.

    `above`: the place of the line of the article before them; labels may stand between.
    """
    around = (above, places.stop)
    parents = {page.containers[page.runs[place].container].parent for place in around}
    runs = [page.runs[place] for place in places]
    if {run.container for run in runs} == parents and all(page.runs[place].tag == "p" for place in around):
        return len(runs) == 1 and _is_plain(runs[0])
    if len(parents) > 1 or page.runs[places.stop].kind == "heading" or not any(run.kind == "heading" for run in runs):
        return False
    return all(run.kind in ("heading", "quote") and _is_plain(run) and _is_beside(page, run, *parents) for run in runs)


def _is_plain(run: Run) -> bool:
    """Say whether a run is shown, holds no link, says something, and is none of a site's labels."""
    return not run.hidden and not run.links and any(c.isalnum() for c in run.text) and match_line(run.text) is None


def _is_beside(page: PageBlocks, run: Run, parent: int) -> bool:
    """Say whether a run stands in a block of the parent, or in one of the quotations in it."""
    return parent in page.ancestors(run.container, 3 if run.kind == "quote" else 2)[1:]


def _last_beside(page: PageBlocks, chosen: Flags) -> int | None:
    """Return the paragraph right behind the article that is the last of those it stands among, most of them the article's.

    One with a link that a site's label begins, such as "Read also", is none of them.
    """
    last = int(np.flatnonzero(chosen)[-1])
    parent = page.containers[page.runs[last].container].parent
    beside = [
        place
        for place, run in enumerate(page.runs)
        if run.tag == "p" and not run.hidden and page.containers[run.container].parent == parent
        if chosen[place] or not (run.links and match_line(run.text))
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
