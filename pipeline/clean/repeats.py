"""A page that holds its article twice: once for wide screens and once for phones, or once more in a box that opens."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clean.lines import count_words
from pipeline.records import Block

REPEATED = "repeated-text"
ABOUT = "Part of the article that stands on the page a second time, word for word: several blocks in their order"
MIN_BLOCKS, MIN_WORDS = 3, 100  # of such a part; a refrain, a form in use again or a quotation is shorter
LISTINGS = ("table", "code")  # which repeat themselves; they go where they stand inside of a part


def label_repeats(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with those labelled that stand on the page before, in a part of so many blocks and words."""
    places = [i for i, block in enumerate(blocks) if block.dropped_by is None and block.kind not in LISTINGS]
    labelled = list(blocks)
    first: dict[str, int] = {}  # where among `places` a text stands for the first time
    at = 0
    while at < len(places):
        run = _run(blocks, places, first.get(blocks[places[at]].text), at)
        if not run:
            first.setdefault(blocks[places[at]].text, at)
            at += 1
            continue
        for i in range(places[at], places[at + run - 1] + 1):
            if blocks[i].dropped_by is None:
                labelled[i] = blocks[i].drop(REPEATED)
        at += run
    return labelled


def _run(blocks: Sequence[Block], places: Sequence[int], start: int | None, at: int) -> int:
    """Return how many blocks from `at` on are those from `start` on; 0 for a part that is too short to count."""
    if start is None:
        return 0
    run = words = 0
    while at + run < len(places) and start + run < at and blocks[places[at + run]].text == blocks[places[start + run]].text:
        if words < MIN_WORDS:
            words += max(1, count_words(blocks[places[at + run]].text))
        run += 1
    return run if run >= MIN_BLOCKS and words >= MIN_WORDS else 0
