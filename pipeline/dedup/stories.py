"""Stories: documents joined by verified copies, with a guard against texts that bridge two stories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.compared import Floats, measure
from pipeline.dedup.params import DedupParams
from pipeline.dedup.verdict import Verdicts

Pairs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Times = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of each document in a list of pairs: those of document d are `numbers[bounds[d] : bounds[d + 1]]`."""

    numbers: Pairs
    bounds: Pairs

    def of(self, document: int) -> list[int]:
        """Return the partners of one document."""
        partners: list[int] = self.numbers[self.bounds[document] : self.bounds[document + 1]].tolist()
        return partners


MINOR = 0.06  # share of a text below which a passage says nothing about how the text was made
_OVERLAP = 0.5  # of the smaller of two covers of a text: the same passage was taken
_WITNESSES = (
    2  # copies it takes between two stories where the texts are retold: one alone may be another text after the same source
)
_CROSS = 24  # verdicts between two stories that are asked for at most


def join_stories(
    count: int, pairs: Pairs, measures: Floats, zones: Zones, verdicts: Verdicts, times: Times, params: DedupParams
) -> list[int]:
    """Return for each document the smallest number of a document of its story."""
    edges = verdicts.copy & ~_stitched_edges(pairs, measures, zones, verdicts, times, params)
    chosen = np.flatnonzero(edges)
    joined = np.zeros(count, np.bool_)
    joined[pairs[chosen]] = True
    larger = np.minimum(measure(measures, "zone_a"), measure(measures, "zone_b"))
    whole = _partners(count, pairs[edges & (larger >= params.both)])
    asked = joined[pairs].all(axis=1) & ~edges
    asked[asked] = ~(verdicts.reworded[asked] & _between(pairs[asked], whole))
    positive, negative = _partners(count, pairs[chosen]), _partners(count, pairs[asked])
    forms = _partners(count, pairs[asked & verdicts.form])
    weak = verdicts.retold[chosen]
    ranks = np.lexsort((pairs[chosen, 1], pairs[chosen, 0], -verdicts.score[chosen], weak))
    story = list(range(count))
    members = {number: [number] for number in range(count)}
    for (a, b), retold in zip(pairs[chosen[ranks]].tolist(), weak[ranks].tolist(), strict=True):
        one, other = story[a], story[b]
        needed = _WITNESSES if retold else 1
        if one == other or not _agree(members[one], members[other], story, (positive, negative, whole, forms), needed):
            continue
        small, large = sorted((one, other), key=lambda number: (len(members[number]), -number))
        for document in members[small]:
            story[document] = large
        members[large] += members.pop(small)
    smallest = {number: min(group) for number, group in members.items()}
    return [smallest[number] for number in story]


def _partners(count: int, pairs: Pairs) -> Partners:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.argsort(both[:, 0], kind="stable")
    return Partners(both[order, 1], np.searchsorted(both[order, 0], np.arange(count + 1)))


def _between(pairs: Pairs, whole: Partners) -> Mask:
    """Say of which pairs some text is a copy of either text, for the most of both.

    Two who reword one article differ from each other where both changed a word, as fillings of a form do; but no text stands
    between two fillings.
    """
    partners = {text: frozenset(whole.of(text)) for text in np.unique(pairs).tolist()}
    return np.array([not partners[a].isdisjoint(partners[b]) for a, b in pairs.tolist()], np.bool_)


def _agree(left: list[int], right: list[int], story: list[int], verdicts: Sequence[Partners], needed: int) -> bool:
    """Say whether the verdicts between two stories are for a merge: `needed` copies, and at least as many as denials.

    The beginning of a form that says nothing yet of what it is filled with is a copy of every such form: it does not count against
    pairs that are filled with other things. `verdicts` are copies, denials, copies of most of both texts, forms.
    """
    fewer, more = sorted((left, right), key=len)
    other = story[more[0]]
    asked = fewer[:_CROSS]
    copies, denials, wholes, forms = (
        sum(story[partner] == other for document in asked for partner in partners.of(document)) for partners in verdicts
    )
    return copies >= max(needed, denials) and (wholes > 0 or forms == 0)


def _stitched_edges(
    pairs: Pairs, measures: Floats, zones: Zones, verdicts: Verdicts, times: Times, params: DedupParams
) -> npt.NDArray[np.bool_]:
    """Mark the copy edges of stitched texts: other stories cover what the edge leaves of the text."""
    stitched = np.zeros(len(pairs), np.bool_)
    cover = (measure(measures, "zone_a"), measure(measures, "zone_b"))
    suspects: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for side in (0, 1):
        partial = verdicts.copy & (cover[side] < params.composite) & (cover[side] <= cover[1 - side])
        for pair in np.flatnonzero(partial).tolist():
            suspects[int(pairs[pair, side])].append((pair, side))
    if not suspects:
        return stitched
    around = _neighbours(pairs, suspects)
    lead = np.minimum(measure(measures, "lead_a"), measure(measures, "lead_b"))
    copies = {document: [(pair, side) for pair, side in around[document] if verdicts.copy[pair]] for document in suspects}
    for document, edges in suspects.items():
        covers = [
            (pair, _intervals(zones.of(pair), side))
            for pair, side in around[document]
            if verdicts.copy[pair] or (cover[side][pair] >= MINOR and not verdicts.form[pair])
        ]
        words = int(measures[edges[0][0], edges[0][1]])
        masks = {pair: _mask(intervals, words) for pair, intervals in covers}
        whole = max((pair for pair, _ in copies[document]), key=lambda pair: (masks[pair].sum(), -pair))
        settled = masks[whole].sum() >= params.composite * words
        if all(_before(times[document], times[int(pairs[pair, 1 - side])]) for pair, side in copies[document]):
            continue
        before = [
            pair
            for pair, side in around[document]
            if pair in masks and not _before(times[document], times[int(pairs[pair, 1 - side])])
        ]
        for pair, side in edges:
            own = masks[pair]
            later = _before(times[document], times[int(pairs[pair, 1 - side])])
            if later and all(_apart(masks[other], own) for other in before):
                continue  # it was taken from this text: nothing earlier has it
            if settled:
                stitched[pair] = _apart(masks[whole], own)
                continue
            rest = np.zeros(words, np.bool_)
            for mask in (masks[other] for other in before):
                if _apart(mask, own):
                    rest |= mask
            share = params.cut_remainder if lead[pair] >= params.cut_lead else params.remainder
            stitched[pair] = (rest & ~own).sum() >= share * (words - own.sum())
        taken = [masks[pair] for pair, _ in edges if stitched[pair]]
        for pair, _ in edges:
            stitched[pair] |= any(not _apart(masks[pair], mask) for mask in taken)
    return stitched


def _before(one: float | None, other: float | None) -> bool:
    """Say whether both times are known and the first is the earlier: a stitched text is later than what it took."""
    return one is not None and other is not None and one < other


def _apart(one: Mask, other: Mask) -> bool:
    """Say whether two covers of a text hardly overlap."""
    return bool((one & other).sum() < _OVERLAP * min(one.sum(), other.sum()))


def _neighbours(pairs: Pairs, wanted: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Return for each wanted document its pairs and on which side of them it stands."""
    around: dict[int, list[tuple[int, int]]] = {document: [] for document in wanted}
    for side in (0, 1):
        hits = np.flatnonzero(np.isin(pairs[:, side], np.fromiter(around, np.int64)))
        for pair, document in zip(hits.tolist(), pairs[hits, side].tolist(), strict=True):
            around[document].append((pair, side))
    return around


def _intervals(rows: npt.NDArray[np.int32], side: int) -> list[tuple[int, int]]:
    """Return the passages of one pair as word ranges of one of its texts."""
    return [(row[2 * side], row[2 * side + 1]) for row in rows.tolist()]


def _mask(intervals: list[tuple[int, int]], words: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros(words, np.bool_)
    for start, end in intervals:
        mask[start:end] = True
    return mask
