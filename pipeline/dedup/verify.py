"""Verdicts on the candidate pairs of one collection: aligned twice, the second time knowing what all partners have of a word."""

from __future__ import annotations

from collections.abc import Collection as Numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import LEARNT, WHOLE, Zones, compare, learn
from pipeline.dedup.blocks import pair_blocks
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import Collection, look_up
from pipeline.dedup.compared import COLUMN, Floats, measure
from pipeline.dedup.measures import MEASURES
from pipeline.dedup.params import DedupParams
from pipeline.dedup.shared import units_of
from pipeline.dedup.shelf import Reading
from pipeline.dedup.stitched import MINOR
from pipeline.dedup.titles import about_own_parts
from pipeline.dedup.verdict import Verdicts, judge, on_two_sites
from pipeline.dedup.words import Words
from pipeline.progress import progress_log

Pairs = npt.NDArray[np.int64]
_LEARNT = np.array([COLUMN[name] for name in LEARNT])
NOTHING, PASSAGE, WHOLES = 0, 1, 2  # what two compared texts have in common


@dataclass(frozen=True, slots=True)
class Verified:
    """Pairs of texts (n x 2 numbers) with their measures, passages and verdicts, which a second look may change.

    `ties` says of each pair what the two have in common, `likely` which are copies as far as the pair alone can tell. By text:
    `sizes` its words, `units` how much one of them counts for. `learned`: all words were read together and have been tallied.
    """

    pairs: Pairs
    measures: Floats
    zones: Zones
    verdicts: Verdicts
    ties: npt.NDArray[np.uint8]
    likely: npt.NDArray[np.bool_]
    sizes: npt.NDArray[np.int64]
    units: npt.NDArray[np.float64]
    learned: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found that is over: pairs (n x 2 numbers in the file of texts, sorted), their rows in `found`."""

    pairs: Pairs
    rows: npt.NDArray[np.int64]
    found: Verified

    @classmethod
    def at(cls, reading: Reading, found: Verified) -> Looked:
        """Keep what was found of texts that a reading has numbers for."""
        packed = _packed(reading.numbers(found.pairs))
        rows = np.argsort(packed)
        return cls(packed[rows], rows, found)

    def find(self, pairs: Pairs) -> npt.NDArray[np.int64]:
        """Return the rows of pairs (n x 2 numbers in the file) in `found`, -1 for those that were not looked at this way round."""
        return look_up(self.pairs, self.rows, _packed(pairs))


def _packed(pairs: Pairs) -> npt.NDArray[np.int64]:
    packed: npt.NDArray[np.int64] = (pairs[:, 0] << 32) | pairs[:, 1]
    return packed


def look(reading: Reading, pairs: Pairs, params: DedupParams, *, learn: bool = False, looked: Looked | None = None) -> Verified:
    """Compare pairs of texts, a block at a time. With `learn`, the words are tallied if one block holds them all.

    What `looked` has of them is taken over.
    """
    count = len(reading.sizes)
    sizes, units = np.zeros(count, np.int64), np.ones(count)
    measures = np.zeros((len(pairs), len(MEASURES)), np.float32)  # in a hot family there are millions of pairs
    known = looked.find(reading.numbers(pairs)) if looked else np.full(len(pairs), -1)
    fresh = np.flatnonzero(known < 0)
    blocks, found = [fresh[rows] for rows in pair_blocks(pairs[fresh], reading.sizes)], []
    learned = learn and len(blocks) == 1 and len(fresh) == len(pairs)
    progress, done = progress_log("compare pairs of texts"), 0
    for rows in blocks:
        texts, places = np.unique(pairs[rows], return_inverse=True)
        words = reading.words(texts)
        sizes[texts], units[texts] = words.high - words.low, units_of(words)
        measures[rows], zones = compare(words, places.reshape(-1, 2), learn=learned, tallied=False)
        found.append(zones)
        progress(done := done + len(rows), len(fresh))
    if looked and len(fresh) < len(pairs):
        again = np.flatnonzero(known >= 0)
        before, theirs = looked.found, known[again]
        measures[again] = before.measures[theirs]
        sizes[pairs[again]], units[pairs[again]] = before.sizes[before.pairs[theirs]], before.units[before.pairs[theirs]]
        blocks.append(again)
        found.append(before.zones.take(theirs))
    zones = _joined(found).take(np.argsort(np.concatenate(blocks))) if len(blocks) > 1 else found[0]
    verdicts = judge(measures, params)
    likely = verdicts.copy.copy()
    return Verified(pairs, measures, zones, verdicts, _ties(measures, zones, likely, params), likely, sizes, units, learned)


def _joined(zones: Sequence[Zones]) -> Zones:
    counts = np.concatenate([np.diff(each.bounds) for each in zones])
    return Zones(np.concatenate([each.rows for each in zones]), np.concatenate([[0], np.cumsum(counts)]))


def look_again(
    found: Verified, rows: Pairs, pairs: Pairs, words: Words, titles: Sequence[str | None], sites: Sequence[str | None],
    params: DedupParams,
) -> Verified:  # fmt: skip
    """Judge pairs of a block (`rows`, and by the places of their texts in `words`) now that all words can be tallied.

    Of any text in them that may be a copy all pairs that are alike as wholes are there. What changes is written into `found`; what
    is returned is of these rows alone, by the places of texts.
    """
    wholes = np.flatnonzero(_wholes(found.measures[rows]))
    likely = np.flatnonzero(found.likely[rows])
    again = found.measures[rows]
    again[np.ix_(wholes, _LEARNT)] = learn(words, pairs[wholes], found.likely[rows[wholes]], tallied=found.learned)
    measures = again[likely]
    verdicts, zones = judge(measures, params, on_two_sites(pairs[likely], sites)), found.zones.take(rows)
    copies = np.flatnonzero(verdicts.copy)
    verdicts.copy[copies] &= ~about_own_parts(pairs, likely[copies], zones, words, titles)
    found.measures[rows[likely]] = measures
    found.verdicts.put(rows[likely], verdicts)
    return Verified(
        pairs, found.measures[rows], zones, found.verdicts.take(rows), found.ties[rows], found.likely[rows],
        words.high - words.low, np.ones(len(titles)), True,
    )  # fmt: skip


def _ties(measures: Floats, zones: Zones, likely: npt.NDArray[np.bool_], params: DedupParams) -> npt.NDArray[np.uint8]:
    """Say of each pair whether the texts are alike as wholes, share a passage that can count, or neither."""
    cover = np.maximum(measure(measures, "zone_a"), measure(measures, "zone_b"))
    longest = np.zeros(len(measures), np.int32)
    np.maximum.at(longest, np.repeat(np.arange(len(measures)), np.diff(zones.bounds)), zones.rows[:, 4])
    ties = np.where((longest >= params.passage) | (cover >= MINOR), PASSAGE, NOTHING).astype(np.uint8)
    ties[likely | _wholes(measures)] = WHOLES
    return ties


def _wholes(measures: Floats) -> npt.NDArray[np.bool_]:
    """Say of which pairs the texts are aligned as wholes: only their words are tallied."""
    covers = np.stack([measure(measures, "zone_a"), measure(measures, "zone_b")])
    whole: npt.NDArray[np.bool_] = (covers.max(axis=0) >= WHOLE) & (covers.min(axis=0) >= WHOLE / 2)
    return whole


def count_sites(collection: Collection, pairs: Pairs, fresh: Numbers[int] | None) -> SiteCounts:
    """Count which of two copies was first, for each pair of likely copies and each text that is there again.

    Only pairs with a document (by number) in `fresh` are counted, where that is given.
    """
    counts = SiteCounts()
    documents, times = collection.documents, [seen.time for seen in collection.seen]
    again = [(collection.first[text], number) for number, text in enumerate(collection.text_of) if collection.first[text] != number]
    for a, b in [*((collection.first[a], collection.first[b]) for a, b in pairs.tolist()), *again]:
        if fresh is None or a in fresh or b in fresh:
            counts.add(documents[a].site, times[a], documents[b].site, times[b])
    return counts
