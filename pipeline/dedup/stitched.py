"""Texts that are stitched from several stories, as far as copies show it: an edge to each source would make one story of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import Zones
from pipeline.dedup.collection import contains
from pipeline.dedup.compared import Floats, measure
from pipeline.dedup.params import DedupParams
from pipeline.dedup.verdict import Verdicts

Pairs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Times = Sequence[float | None]

MINOR = 0.06  # share of a text below which a passage says nothing about how the text was made
OVERLAP = 0.5  # of the smaller of two covers of a text: the same passage was taken


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of each document in a list of pairs, sorted: those of document d are `numbers[bounds[d] : bounds[d + 1]]`."""

    numbers: Pairs
    bounds: Pairs

    @classmethod
    def among(cls, count: int, pairs: Pairs) -> Partners:
        """Return the partners of so many documents."""
        both = np.concatenate([pairs, pairs[:, ::-1]])
        order = np.lexsort((both[:, 1], both[:, 0]))
        return cls(both[order, 1], np.searchsorted(both[order, 0], np.arange(count + 1)))

    def of(self, document: int) -> list[int]:
        """Return the partners of one document."""
        partners: list[int] = self._of(document).tolist()
        return partners

    def among_those(self, document: int, others: Sequence[int], story: Sequence[int]) -> list[int]:
        """Return the partners of one document among the members of a story; `story` is by document.

        Either may be thousands: the partners of a text that many share a footer with, the copies of an agency's article.
        """
        own = self._of(document)
        if len(own) <= len(others):
            return [partner for partner in own.tolist() if story[partner] == story[others[0]]]
        wanted = np.asarray(others, np.int64)
        found: list[int] = wanted[contains(own, wanted)].tolist()
        return found

    def _of(self, document: int) -> Pairs:
        return self.numbers[self.bounds[document] : self.bounds[document + 1]]

    def groups(self, documents: Sequence[int]) -> dict[int, int]:
        """Return for each of these documents the least one of those that it hangs together with by pairs among them alone."""
        wanted = np.unique(np.asarray(documents, np.int64))
        group: dict[int, int] = {}
        for first in wanted.tolist():
            waiting = [first] if first not in group else []
            while waiting:
                document = waiting.pop()
                if document in group:
                    continue
                group[document] = first
                fewer, more = sorted((self._of(document), wanted), key=len)
                waiting += fewer[contains(more, fewer)].tolist()
        return group


@dataclass(frozen=True, slots=True)
class Kin:
    """Pairs that are copies as far as the pair alone can tell, of all documents that have to do with those in question.

    Which of two others hang together says whether they are one source or two. It must not depend on who else is in question.
    """

    pairs: Pairs
    measures: Floats

    def partners(self, count: int) -> Partners:
        """Return the kin of each of so many documents."""
        return Partners.among(count, self.pairs)


@dataclass(frozen=True, slots=True)
class _Cover:
    """What another text has of a text, by word: the pair of both, and whether they are copies."""

    pair: int
    other: int
    mask: Mask
    copy: bool
    later: bool  # both dates are known, and the other came after the text
    lead: float  # share of either text's beginning that the other has


def stitched_edges(
    pairs: Pairs, measures: Floats, zones: Zones, verdicts: Verdicts, times: Times, kin: Partners, params: DedupParams
) -> Mask:
    """Mark the copy edges of stitched texts: other stories cover what the edge leaves of the text."""
    stitched = np.zeros(len(pairs), np.bool_)
    cover = (measure(measures, "zone_a"), measure(measures, "zone_b"))
    lead = np.minimum(measure(measures, "lead_a"), measure(measures, "lead_b"))
    suspects: dict[int, list[int]] = defaultdict(list)
    for side in (0, 1):
        partial = verdicts.copy & (cover[side] < params.composite) & (cover[side] <= cover[1 - side])
        # Of which half is another text, all of it and from its beginning, that is a copy of it with something put below.
        partial &= (cover[side] < params.both) | (cover[1 - side] < params.abridged) | (lead < params.whole_lead)
        for pair in np.flatnonzero(partial).tolist():
            suspects[int(pairs[pair, side])].append(pair)
    if not suspects:
        return stitched
    for document, around in neighbours(pairs, suspects).items():
        pair, side = around[0]
        words = int(measures[pair, side])
        covers = [
            _Cover(
                pair,
                other := int(pairs[pair, 1 - side]),
                word_mask(zones.of(pair)[:, 2 * side : 2 * side + 2], words),
                bool(verdicts.copy[pair]),
                _before(times[document], times[other]),
                float(lead[pair]),
            )
            for pair, side in around
            if verdicts.copy[pair] or (cover[side][pair] >= MINOR and not verdicts.form[pair])
        ]
        stitched[_taken(covers, frozenset(suspects[document]), kin, params)] = True
    return stitched


def _taken(covers: Sequence[_Cover], suspected: Set[int], kin: Partners, params: DedupParams) -> list[int]:
    """Return which of the suspected pairs of a text say no more than that it took a part of itself from the other."""
    if all(cover.later for cover in covers if cover.copy):
        return []
    words = len(covers[0].mask)
    whole = max((cover for cover in covers if cover.copy), key=lambda cover: (cover.mask.sum(), -cover.pair))
    settled = whole.mask.sum() >= params.composite * words
    before = [cover for cover in covers if not cover.later]
    group = {} if settled else kin.groups([cover.other for cover in covers])
    edges = [cover for cover in covers if cover.pair in suspected]
    taken: dict[int, Mask] = {}
    for edge in edges:
        if edge.later and all(_apart(cover.mask, edge.mask) for cover in before):
            continue  # it was taken from this text: nothing earlier has it
        if _apart(whole.mask, edge.mask) if settled else _others_have_the_rest(edge, before, group, params):
            taken[edge.pair] = edge.mask
    return [edge.pair for edge in edges if edge.pair in taken or any(not _apart(edge.mask, mask) for mask in taken.values())]


def _others_have_the_rest(edge: _Cover, before: Iterable[_Cover], group: Mapping[int, int], params: DedupParams) -> bool:
    """Say whether so much of what an edge leaves of a text stands in earlier texts of other stories that the text is stitched.

    What several of them have is nobody's: a notice. Where they have it in two places or more, hardly any text is original; where
    in one, and the text begins as the edge's other one does, that may be the beginning of it, cut off.
    """
    words = len(edge.mask)
    held: dict[int, Mask] = {}
    for cover in before:
        if group[cover.other] != group[edge.other] and _apart(cover.mask, edge.mask):
            held[group[cover.other]] = cover.mask | held.get(group[cover.other], False)
    count = sum(held.values(), np.zeros(words, np.int64))
    own = (count > 0) & (count <= params.common) & ~edge.mask
    places: list[Mask] = []
    for mask in sorted((mask & own for mask in held.values()), key=lambda mask: -int(mask.sum())):
        if mask.any() and all(_apart(mask, place) for place in places):
            places.append(mask)
    share = params.cut_remainder if len(places) < 2 and edge.lead >= params.cut_lead else params.remainder
    return bool(own.sum() >= share * (words - edge.mask.sum()))


def _before(one: float | None, other: float | None) -> bool:
    """Say whether both times are known and the first is the earlier: a stitched text is later than what it took."""
    return one is not None and other is not None and one < other


def _apart(one: Mask, other: Mask) -> bool:
    """Say whether two covers of a text hardly overlap."""
    return bool((one & other).sum() < OVERLAP * min(one.sum(), other.sum()))


def neighbours(pairs: Pairs, wanted: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """Return for each wanted document its pairs and on which side of them it stands."""
    around: dict[int, list[tuple[int, int]]] = {document: [] for document in wanted}
    for side in (0, 1):
        hits = np.flatnonzero(np.isin(pairs[:, side], np.fromiter(around, np.int64)))
        for pair, document in zip(hits.tolist(), pairs[hits, side].tolist(), strict=True):
            around[document].append((pair, side))
    return around


def word_mask(ranges: npt.NDArray[np.int32], words: int) -> Mask:
    """Return which words of a text lie in ranges (n x 2)."""
    mask = np.zeros(words, np.bool_)
    for start, end in ranges.tolist():
        mask[start:end] = True
    return mask
