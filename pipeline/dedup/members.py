"""What is said of each document: the canonical of its story, how it stands to that, and whether it is stitched."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.dedup.align import compare
from pipeline.dedup.canonical import Candidate, SiteCounts, choose_canonical
from pipeline.dedup.collection import Collection, story_id
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import STITCHED, Passage
from pipeline.dedup.standing import standings
from pipeline.dedup.verdict import Floats, judge, proofs
from pipeline.dedup.verify import Pairs, Verified
from pipeline.dedup.words import Words
from pipeline.records import Relation, Reuse, StoryMember

Groups = Mapping[int, Sequence[int]]
"""The documents (by number) of each story."""


def canonicals(collection: Collection, groups: Groups, sites: SiteCounts, words: Words) -> dict[int, tuple[int, str]]:
    """Return for each story the number of its canonical document and the reason."""
    chosen = {key: (members[0], "only document") for key, members in groups.items()}
    shared = {key: members for key, members in groups.items() if len(members) > 1}
    texts = [sorted({collection.text_of[number] for number in members}) for members in shared.values()]
    standing = standings(texts, words).tolist()
    start = 0
    for (key, members), own in zip(shared.items(), texts, strict=True):
        places = {text: standing[start + place] for place, text in enumerate(own)}
        start += len(own)
        candidates = [_candidate(collection, number, sites, places[collection.text_of[number]]) for number in members]
        chosen[key] = choose_canonical(collection.documents, candidates)
    return chosen


def _candidate(collection: Collection, number: int, sites: SiteCounts, standing: Sequence[float]) -> Candidate:
    document = collection.documents[number]
    return Candidate(number, collection.times[number], sites.origin(document.site), standing[0], standing[1], len(document.text))


def members_of(
    collection: Collection, groups: Groups, canonical: Mapping[int, tuple[int, str]], words: Words,
    composites: Mapping[int, dict[str, Any]], params: DedupParams, verified: Verified | None = None,
) -> list[StoryMember]:  # fmt: skip
    """Return the story member of each document, by id, copies measured against their canonical.

    Pairs that were `verified` with all others are not aligned once more.
    """
    documents, text_of = collection.documents, collection.text_of
    heads = {key: canonical[key][0] for key, numbers in groups.items() if len(numbers) > 1}
    wanted = sorted({(text_of[head], text_of[m]) for key, head in heads.items() for m in groups[key] if m != head})
    measures = _measured(np.array(wanted, np.int64).reshape(-1, 2), words, verified)
    scores = judge(measures, params).score.tolist()
    # Of many equal texts, all have the same proof.
    shown = [json.dumps(composites.get(text, {}) | proof) for (_, text), proof in zip(wanted, proofs(measures), strict=True)]
    row_of = {pair: row for row, pair in enumerate(wanted)}
    members: list[StoryMember] = []
    for key, numbers in groups.items():
        head, reason = canonical[key]
        story = story_id(documents[numbers[0]].id)
        for number in numbers:
            own, kept = documents[number].id, documents[head].id
            if number != head:
                row = row_of[text_of[head], text_of[number]]
                members.append(StoryMember(own, story, kept, "copy", round(scores[row], 4), reason, kept, shown[row]))
                continue
            relation: Relation = "canonical" if len(numbers) > 1 else "unique"
            composite = composites.get(text_of[number])
            members.append(StoryMember(own, story, own, relation, None, reason, None, json.dumps(composite) if composite else None))
    return sorted(members, key=lambda member: member.article_id)


def _measured(wanted: Pairs, words: Words, verified: Verified | None) -> Floats:
    """Return the measures of pairs (n x 2 texts): those of likely copies are known, unless the pair is the other way round."""
    known = np.zeros(0, np.int64) if verified is None else verified.likely
    if verified is None or not len(known):
        return compare(words, wanted)[0]
    packed, asked = (pairs[:, 0] << 32 | pairs[:, 1] for pairs in (verified.pairs[known], wanted))
    place = np.minimum(np.searchsorted(packed, asked), len(packed) - 1)
    found = packed[place] == asked
    measures = verified.measures[known[place]]
    measures[~found] = compare(words, wanted[~found])[0]
    return measures


def composites_of(passages: Sequence[Passage], texts: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Return for each text that is mostly stitched from several stories what its proof says of it."""
    taken: dict[int, list[Passage]] = defaultdict(list)
    for passage in passages:
        taken[passage.document].append(passage)
    composites: dict[int, dict[str, Any]] = {}
    for text, own in taken.items():
        share = sum(passage.end - passage.start for passage in own) / len(texts[text])
        sources = len({passage.source for passage in own})
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
