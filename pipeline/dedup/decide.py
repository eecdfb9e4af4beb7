"""From candidate pairs to stories and passages: verdicts, stories, canonicals, reuse."""

from __future__ import annotations

from collections.abc import Collection as Numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.boilerplate import Holders
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import Collection
from pipeline.dedup.families import settle
from pipeline.dedup.members import composites_of, members_of, reuse_of
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import find_passages
from pipeline.dedup.shelf import Reading, Shelf
from pipeline.dedup.textfile import TextFile
from pipeline.dedup.verify import Looked, Pairs, count_sites, look
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
    collection: Collection, pairs: Pairs, texts: TextFile, holders: Holders, params: DedupParams, *,
    known_sites: SiteCounts | None = None, fresh: Numbers[int] | None = None, shelf: Shelf | None = None,
    looked: Looked | None = None,
) -> Decision:  # fmt: skip
    """Decide on candidate pairs of texts (n x 2 numbers, the smaller first, sorted).

    `known_sites` counts pairs of other calls; then only pairs with a document (by number) in `fresh` are new to it. Of the words on
    `shelf` nothing was learned; what was `looked` at before is not compared again.
    """
    places = collection.places
    reading = Reading(shelf or Shelf(texts), places)
    found = look(reading, pairs, params, learn=True, looked=looked)
    sites = count_sites(collection, pairs[found.likely], fresh)
    wordless = np.frombuffer(texts.wordless, np.bool_)[places]
    story, heads = settle(collection, found, reading, known_sites.plus(sites) if known_sites else sites, wordless, params)
    canonical = [collection.text_of[heads.canonical[number]] for number in collection.first]
    passages, stitched = find_passages(found, reading, holders, story, canonical, collection.text_times, params)
    members = members_of(collection, heads, composites_of(passages, collection.lengths), params)
    return Decision(members, reuse_of(collection, passages), story, stitched, found.ties, sites)
