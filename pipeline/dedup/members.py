"""What is said of each document: the canonical of its story, how it stands to that, and whether it is stitched."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from pipeline.dedup.align import compare
from pipeline.dedup.canonical import Candidate, SiteCounts, choose_canonical
from pipeline.dedup.collection import Collection, story_id
from pipeline.dedup.compared import Floats
from pipeline.dedup.measures import MEASURES
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import Passage
from pipeline.dedup.shared import STITCHED
from pipeline.dedup.standing import standings
from pipeline.dedup.verdict import judge, proofs
from pipeline.dedup.verify import Pairs, Verified
from pipeline.dedup.words import Words
from pipeline.records import Relation, Reuse, StoryMember

Groups = Mapping[int, Sequence[int]]
"""The documents (by number) of each story."""


@dataclass(frozen=True, slots=True)
class Heads:
    """By document: the first document of its story, the story's canonical and the reason, and of a copy the row in `measures`.

    `measures` are of pairs of a canonical's text and a copy's; rows are -1 for documents that stand for their story.
    """

    story: list[int]
    canonical: list[int]
    reason: list[str]
    row: list[int]
    measures: Floats

    @classmethod
    def alone(cls, count: int) -> Heads:
        """Return so many documents, each of which is a story."""
        every = range(count)
        return cls([*every], [*every], ["only document"] * count, [-1] * count, np.zeros((0, len(MEASURES)), np.float32))

    def put(self, numbers: Sequence[int], groups: Groups, part: Heads, start: int) -> None:
        """Take in what is known of the documents in groups, which have these numbers here; their rows begin at `start`."""
        for place in chain.from_iterable(groups.values()):
            number = numbers[place]
            self.story[number] = numbers[part.story[place]]
            self.canonical[number] = numbers[part.canonical[place]]
            self.reason[number] = part.reason[place]
            self.row[number] = start + part.row[place] if part.row[place] >= 0 else -1


def find_heads(collection: Collection, groups: Groups, sites: SiteCounts, words: Words, found: Verified | None = None) -> Heads:
    """Return for each document how it stands to the canonical of its story.

    Pairs that were `found` (sorted) with all others are not aligned once more. `words` are by text number.
    """
    heads = Heads.alone(len(collection.documents))
    shared = {key: numbers for key, numbers in groups.items() if len(numbers) > 1}
    text_of = collection.text_of
    copies: list[tuple[int, int]] = []  # document, its canonical
    for numbers, (canonical, reason) in zip(shared.values(), _canonicals(collection, shared, sites, words), strict=True):
        for number in numbers:
            heads.story[number], heads.canonical[number], heads.reason[number] = numbers[0], canonical, reason
        copies += ((number, canonical) for number in numbers if number != canonical)
    wanted = sorted({(text_of[canonical], text_of[number]) for number, canonical in copies})
    row_of = {pair: row for row, pair in enumerate(wanted)}
    for number, canonical in copies:
        heads.row[number] = row_of[text_of[canonical], text_of[number]]
    return replace(heads, measures=_measured(np.array(wanted, np.int64).reshape(-1, 2), words, found))


def _canonicals(collection: Collection, groups: Groups, sites: SiteCounts, words: Words) -> Iterator[tuple[int, str]]:
    """Yield for each story of several documents the number of its canonical document and the reason."""
    texts = [sorted({collection.text_of[number] for number in numbers}) for numbers in groups.values()]
    standing = standings(texts, words).tolist()
    start = 0
    for numbers, own in zip(groups.values(), texts, strict=True):
        places = {text: standing[start + place] for place, text in enumerate(own)}
        start += len(own)
        candidates = [_candidate(collection, number, sites, places[collection.text_of[number]]) for number in numbers]
        yield choose_canonical(collection.documents, candidates)


def _candidate(collection: Collection, number: int, sites: SiteCounts, standing: Sequence[float]) -> Candidate:
    document, length = collection.documents[number], collection.lengths[collection.text_of[number]]
    return Candidate(number, collection.times[number], sites.origin(document.site), standing[0], standing[1], length)


def members_of(
    collection: Collection, heads: Heads, composites: Mapping[int, dict[str, Any]], params: DedupParams
) -> list[StoryMember]:
    """Return the story member of each document, by id, copies measured against their canonical; `composites` is by text."""
    documents = collection.documents
    scores = judge(heads.measures, params).score.tolist()
    text_of_row = dict(zip(heads.row, collection.text_of, strict=True))
    # Of many equal texts, all have the same proof.
    shown = [json.dumps(composites.get(text_of_row[row], {}) | proof) for row, proof in enumerate(proofs(heads.measures))]
    shared = np.bincount(heads.canonical, minlength=1) > 1
    names: dict[int, str] = {}
    members: list[StoryMember] = []
    for number, (first, head, reason, row) in enumerate(zip(heads.story, heads.canonical, heads.reason, heads.row, strict=True)):
        own, kept = documents[number].id, documents[head].id
        story = names.get(first) or names.setdefault(first, story_id(documents[first].id))
        if row >= 0:
            members.append(StoryMember(own, story, kept, "copy", round(scores[row], 4), reason, kept, shown[row]))
            continue
        relation: Relation = "canonical" if shared[head] else "unique"
        composite = composites.get(collection.text_of[number])
        members.append(StoryMember(own, story, own, relation, None, reason, None, json.dumps(composite) if composite else None))
    return sorted(members, key=lambda member: member.article_id)


def _measured(wanted: Pairs, words: Words, found: Verified | None) -> Floats:
    """Return the measures of pairs (n x 2 texts): those of likely copies are known, unless the pair is the other way round."""
    known = np.zeros(0, np.int64) if found is None else np.flatnonzero(found.likely)
    if found is None or not len(known):
        return compare(words, wanted)[0]
    packed, asked = (pairs[:, 0] << 32 | pairs[:, 1] for pairs in (found.pairs[known], wanted))
    place = np.minimum(np.searchsorted(packed, asked), len(packed) - 1)
    same = packed[place] == asked
    measures = found.measures[known[place]]
    measures[~same] = compare(words, wanted[~same])[0]
    return measures


def composites_of(passages: Sequence[Passage], lengths: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return for each text that is mostly stitched from several stories what its proof says of it; `lengths` in characters."""
    taken: dict[int, list[Passage]] = defaultdict(list)
    for passage in passages:
        taken[passage.document].append(passage)
    composites: dict[int, dict[str, Any]] = {}
    for text, own in taken.items():
        share = sum(passage.end - passage.start for passage in own) / lengths[text]
        sources = len({passage.story for passage in own})
        if sources > 1 and share >= STITCHED:
            composites[text] = {"composite": True, "sources": sources, "share": round(share, 4)}
    return composites


def reuse_of(collection: Collection, passages: Sequence[Passage]) -> list[Reuse]:
    """Return the passages of texts as passages of every document with that text."""
    documents = collection.documents
    holders: dict[int, list[int]] = {text: [] for passage in passages for text in (passage.document, passage.source)}
    for number, text in enumerate(collection.text_of):
        if text in holders:
            holders[text].append(number)
    found = [
        Reuse(documents[number].id, documents[holders[p.source][0]].id, p.start, p.end, p.words)
        for p in passages
        for number in holders[p.document]
    ]
    return sorted(found, key=lambda r: (r.article_id, r.start, r.source_article_id))
