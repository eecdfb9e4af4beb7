"""A table is one thing: one that the article has half of, or that stands between two pieces of its text, it has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.extract.class_words import NAMES
from pipeline.extract.labels import NOT_TEXT
from pipeline.extract.layout import CELL_SEPARATOR, LINK_SHARE, PageBlocks

Flags = npt.NDArray[np.bool_]

WHOLE_FROM = 0.5  # of the rows
PARTS = frozenset(("ul", "ol", "li", "dl", "blockquote"))  # of a text, that hold lines of it
NOT_TABLE = NOT_TEXT & ~(1 << NAMES.index("<figure>"))  # a figure may hold a table, not only a picture


def whole_tables(page: PageBlocks, chosen: Flags) -> Flags:
    """Return which runs are the article's, with all rows of each table that is part of it; tables of links apart."""
    whole = chosen.copy()
    for rows in _tables(page):
        if _is_plain(page, rows) and (chosen[rows].mean() >= WHOLE_FROM or _is_within(page, chosen, rows)):
            whole[rows] = True
    return whole


def _tables(page: PageBlocks) -> list[list[int]]:
    """Return the places of the rows of each table of data, in document order."""
    tables: dict[int, list[int]] = {}
    for place, run in enumerate(page.runs):
        if run.kind == "table":
            tables.setdefault(_table_of(page, run.container), []).append(place)
    tables.pop(-1, None)
    return list(tables.values())


def _table_of(page: PageBlocks, container: int) -> int:
    while container >= 0 and page.containers[container].tag != "table":
        container = page.containers[container].parent
    return container


def _is_plain(page: PageBlocks, rows: Sequence[int]) -> bool:
    """Say whether a table is shown and is not one of links."""
    runs = [page.runs[row] for row in rows]
    return not any(run.hidden for run in runs) and sum(run.link_chars for run in runs) < LINK_SHARE * sum(
        len(run.text) for run in runs
    )


def _is_within(page: PageBlocks, chosen: Flags, rows: Sequence[int]) -> bool:
    """Say whether a table of several columns stands between lines of the article."""
    table = _table_of(page, page.runs[rows[0]].container)
    return stands_between(page, chosen, rows, table) and sum(_filled(page.runs[row].text) > 1 for row in rows) > 1


def stands_between(page: PageBlocks, chosen: Flags, places: Sequence[int], container: int) -> bool:
    """Say whether the lines above and below a container, its own at `places`, are the article's.

    The upper one, or the list that it is the last item of, is beside the container or beside a plain box around it.
    """
    above = next((i for i in range(places[0] - 1, -1, -1) if page.runs[i].kind != "caption"), -1)
    below = next((i for i in range(places[-1] + 1, len(page.runs)) if page.runs[i].kind != "caption"), -1)
    if above < 0 or below < 0 or not (chosen[above] and chosen[below]):
        return False
    around = page.ancestors(container)
    beside = page.containers[page.runs[above].container].parent
    while beside > 0 and beside not in around and page.containers[beside].tag in PARTS:
        beside = page.containers[beside].parent
    if beside not in around:
        return False
    return not any(page.containers[inner].mask & NOT_TABLE for inner in around[: around.index(beside)])


def _filled(row: str) -> int:
    """Return how many cells of a row hold something."""
    return sum(bool(cell.strip()) for cell in row.split(CELL_SEPARATOR.strip()))
