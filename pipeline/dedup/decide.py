"""From candidate pairs to stories and passages: verdicts, stories, canonicals, reuse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.boilerplate import Holders
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import Collection
from pipeline.dedup.members import canonicals, composites_of, members_of, reuse_of
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import find_passages
from pipeline.dedup.stories import join_stories
from pipeline.dedup.verify import Pairs, Read, count_sites, verify
from pipeline.records import Reuse, StoryMember


@dataclass(frozen=True, slots=True)
class Decision:
    """Members by document id, reuse by document and offset, and what is worth knowing when more documents come."""

    members: list[StoryMember]
    reuse: list[Reuse]
    story: Sequence[int]  # by text: the smallest number of a text of its story
    stitched: set[int]  # texts
    ties: npt.NDArray[np.uint8]  # by pair
    sites: SiteCounts


def decide(
    collection: Collection, pairs: Pairs, holders: Holders, params: DedupParams, *,
    known_sites: SiteCounts | None = None, fresh: Numbers[int] | None = None, read: Read | None = None,
) -> Decision:  # fmt: skip
    """Decide on candidate pairs of texts (n x 2 numbers, the smaller first, sorted).

    `known_sites` counts pairs of other calls; then only pairs with a document (by number) in `fresh` are new to it.
    """
    found = verify(collection, pairs, params, read)
    sites = count_sites(collection, pairs[found.likely], fresh)
    times = [collection.times[number] for number in collection.first]
    story = join_stories(len(times), pairs, found.measures, found.zones, found.verdicts, times, params)
    groups = _documents_of(story, collection)
    canonical = canonicals(collection, groups, known_sites.plus(sites) if known_sites else sites, found.words)
    heads = [collection.text_of[canonical[key][0]] if key in canonical else text for text, key in enumerate(story)]
    passages, stitched = find_passages(
        pairs, found.zones, found.verdicts, found.words, holders, story, heads, collection.text_times, params
    )
    composites = composites_of(passages, collection.texts)
    members = members_of(collection, groups, canonical, found.words, composites, params, found)
    return Decision(members, reuse_of(collection, passages), story, stitched, found.ties, sites)


def _documents_of(story: Sequence[int], collection: Collection) -> dict[int, list[int]]:
    """Return the documents of each story. A text without a word is nobody's copy, not even of another such text."""
    blank = [not any(map(str.isalnum, text)) for text in collection.texts]
    groups: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(collection.text_of):
        groups[len(story) + number if blank[text] else story[text]].append(number)
    return groups
