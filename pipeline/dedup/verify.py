"""Verdicts on the candidate pairs of one collection: aligned twice, the second time knowing what all partners have of a word."""

from __future__ import annotations

from collections.abc import Collection as Numbers
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import WHOLE, Zones, compare
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import Collection
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import encode
from pipeline.dedup.stories import MINOR
from pipeline.dedup.titles import about_own_parts
from pipeline.dedup.verdict import Floats, Verdicts, judge, measure
from pipeline.dedup.words import Words, read_words

Pairs = npt.NDArray[np.int64]
NOTHING, PASSAGE, WHOLES = 0, 1, 2  # what two compared texts have in common


@dataclass(frozen=True, slots=True)
class Verified:
    """Pairs of texts (n x 2 numbers, sorted) with their measures, passages and verdicts, and the words they were judged by.

    `ties` says of each pair what the two have in common, `likely` which rows are copies as far as the pair alone can tell.
    """

    words: Words
    pairs: Pairs
    measures: Floats
    zones: Zones
    verdicts: Verdicts
    ties: npt.NDArray[np.uint8]
    likely: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Read:
    """Words that were read before, and the number of the text that each of their texts is."""

    texts: npt.NDArray[np.int64]
    words: Words


def verify(collection: Collection, pairs: Pairs, params: DedupParams, read: Read | None = None) -> Verified:
    """Decide on pairs of texts (the smaller number first, sorted); texts without a pair or a twin are not read."""
    words = _words_of(collection, pairs, read)
    measures, zones = compare(words, pairs, learn=True)
    likely = np.flatnonzero(judge(measures, params).copy)
    ties = _ties(measures, zones, likely, params)
    measures[likely] = compare(words, pairs[likely])[0]
    verdicts = judge(measures, params)
    copies = np.flatnonzero(verdicts.copy)
    titles = [collection.documents[number].title for number in collection.first]
    verdicts.copy[copies] &= ~about_own_parts(pairs, copies, zones, words, titles)
    return Verified(words, pairs, measures, zones, verdicts, ties, likely)


def _words_of(collection: Collection, pairs: Pairs, read: Read | None) -> Words:
    """Return the words of the texts, those that nothing is to be said of as empty ones."""
    related = np.bincount(np.asarray(collection.text_of, np.int64), minlength=len(collection.first)) > 1
    related[pairs] = True
    if read is not None:
        related[read.texts] = False
    texts = encode([text if wanted else "" for text, wanted in zip(collection.texts, related.tolist(), strict=True)])
    if read is None:
        return read_words(texts)
    places = len(read.texts) + np.arange(len(related))
    places[read.texts] = np.arange(len(read.texts))
    return read_words(texts, read.words).of(places)


def find_ties(words: Words, pairs: Pairs, params: DedupParams) -> npt.NDArray[np.uint8]:
    """Say of pairs of texts what they have in common, as `Verified.ties` does."""
    measures, zones = compare(words, pairs)
    return _ties(measures, zones, np.flatnonzero(judge(measures, params).copy), params)


def _ties(measures: Floats, zones: Zones, likely: npt.NDArray[np.int64], params: DedupParams) -> npt.NDArray[np.uint8]:
    """Say of each pair whether the texts are alike as wholes, share a passage that can count, or neither."""
    covers = np.stack([measure(measures, "zone_a"), measure(measures, "zone_b")])
    longest = np.zeros(len(measures), np.int32)
    np.maximum.at(longest, np.repeat(np.arange(len(measures)), np.diff(zones.bounds)), zones.rows[:, 4])
    ties = np.where((longest >= params.passage) | (covers.max(axis=0) >= MINOR), PASSAGE, NOTHING).astype(np.uint8)
    ties[(covers.max(axis=0) >= WHOLE) & (covers.min(axis=0) >= WHOLE / 2)] = WHOLES
    ties[likely] = WHOLES
    return ties


def count_sites(collection: Collection, pairs: Pairs, fresh: Numbers[int] | None) -> SiteCounts:
    """Count which of two copies was first, for each pair of likely copies and each text that is there again.

    Only pairs with a document (by number) in `fresh` are counted, where that is given.
    """
    counts = SiteCounts()
    documents, times = collection.documents, collection.times
    again = [(collection.first[text], number) for number, text in enumerate(collection.text_of) if collection.first[text] != number]
    for a, b in [*((collection.first[a], collection.first[b]) for a, b in pairs.tolist()), *again]:
        if fresh is None or a in fresh or b in fresh:
            counts.add(documents[a].site, times[a], documents[b].site, times[b])
    return counts
