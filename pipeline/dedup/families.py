"""Stories and their canonicals, one block of families at a time: texts that hang together by pairs that are alike as wholes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pipeline.dedup.blocks import family_blocks
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import Collection
from pipeline.dedup.members import Heads, find_heads
from pipeline.dedup.params import DedupParams
from pipeline.dedup.shelf import Reading
from pipeline.dedup.stitched import Kin
from pipeline.dedup.stories import join_stories
from pipeline.dedup.verify import WHOLES, Verified, look_again
from pipeline.dedup.words import Words

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def settle(
    collection: Collection, found: Verified, reading: Reading, sites: SiteCounts, wordless: Flags, params: DedupParams
) -> tuple[list[int], Heads]:
    """Return for each text the smallest number of a text of its story, and how each document stands to its canonical.

    `wordless` says of each text whether it has no word: then it is nobody's copy, not even of another such text. The verdicts
    in `found` become what they are when all partners of a text are known.
    """
    count = len(collection.first)
    story, heads = np.arange(count), Heads.alone(len(collection.documents))
    text_of = np.asarray(collection.text_of, np.int64)
    wholes = found.pairs[found.ties == WHOLES]
    related = np.bincount(text_of, minlength=count) > 1
    related[wholes] = True
    measures = [heads.measures]
    for texts in family_blocks(wholes, np.flatnonzero(related), reading.sizes):
        rows = np.flatnonzero(_mask(texts, count)[found.pairs].any(axis=1))
        near = np.union1d(texts, found.pairs[rows])
        numbers = np.flatnonzero(_mask(near, count)[text_of])
        part, places = collection.part(numbers.tolist()), np.searchsorted(near, texts)
        words = _spread(reading.words(texts), places, len(near))
        first = [part.documents[number] for number in part.first]
        titles, hosts = [document.title for document in first], [document.site for document in first]
        kin = np.flatnonzero(found.likely & _mask(near, count)[found.pairs].all(axis=1))
        seen = look_again(found, rows, np.searchsorted(near, found.pairs[rows]), words, titles, hosts, params)
        times = [part.times[number] for number in part.first]
        related_to = Kin(np.searchsorted(near, found.pairs[kin]), found.measures[kin])
        joined = join_stories(len(near), seen.pairs, seen.measures, seen.zones, seen.verdicts, times, related_to, params)
        story[texts] = near[np.asarray(joined)[places]]
        groups = _documents_of(joined, part, _mask(places, len(near)), wordless[near])
        own = find_heads(part, groups, sites, words, seen)
        heads.put(numbers.tolist(), groups, own, sum(map(len, measures)))
        measures.append(own.measures)
    return story.tolist(), replace(heads, measures=np.concatenate(measures))


def _mask(places: Numbers, count: int) -> Flags:
    mask = np.zeros(count, np.bool_)
    mask[places] = True
    return mask


def _spread(words: Words, places: Numbers, count: int) -> Words:
    """Return words as those of the texts in these places of `count`, of which the others have none."""
    low, high = np.zeros((2, count), np.int64)
    low[places], high[places] = words.low, words.high
    return replace(words, low=low, high=high)


def _documents_of(story: Sequence[int], collection: Collection, wanted: Flags, wordless: Flags) -> dict[int, list[int]]:
    """Return the documents of each story that has one of the wanted texts."""
    groups: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(collection.text_of):
        if wanted[text]:
            groups[len(story) + number if wordless[text] else story[text]].append(number)
    return groups
