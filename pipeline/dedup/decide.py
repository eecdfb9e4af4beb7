"""From candidate pairs to stories and passages: verdicts, stories, canonicals, reuse."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection as Numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.align import WHOLE, Zones, compare
from pipeline.dedup.boilerplate import Holders
from pipeline.dedup.canonical import Candidate, SiteCounts, choose_canonical
from pipeline.dedup.collection import Collection, story_id
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import STITCHED, Passage, find_passages
from pipeline.dedup.sketch import encode
from pipeline.dedup.stories import MINOR, join_stories
from pipeline.dedup.titles import about_own_parts
from pipeline.dedup.verdict import Floats, judge, measure, proof
from pipeline.dedup.words import Words, read_words
from pipeline.records import Relation, Reuse, StoryMember

Pairs = npt.NDArray[np.int64]
NOTHING, PASSAGE, WHOLES = 0, 1, 2  # what two compared texts have in common


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
    known_sites: SiteCounts | None = None, fresh: Numbers[int] | None = None,
) -> Decision:  # fmt: skip
    """Decide on candidate pairs of texts (n x 2 numbers, the smaller first).

    `known_sites` counts pairs of other calls; then only pairs with a document (by number) in `fresh` are new to it.
    """
    first, text_of, texts = collection.first, collection.text_of, collection.texts
    related = {*pairs.ravel().tolist(), *(text for text, number in Counter(text_of).items() if number > 1)}
    words = read_words(encode([text if number in related else "" for number, text in enumerate(texts)]))
    measures, zones = compare(words, pairs, learn=True)
    verdicts = judge(measures, params)
    likely = np.flatnonzero(verdicts.copy)
    ties = _ties(measures, zones, likely, params)
    sites = count_sites(collection, pairs[likely], fresh)
    measures[likely] = compare(words, pairs[likely])[0]
    verdicts = judge(measures, params)
    likely = np.flatnonzero(verdicts.copy)
    titles = [collection.documents[number].title for number in first]
    verdicts.copy[likely] &= ~about_own_parts(pairs, likely, zones, words, titles)
    text_story = join_stories(len(first), pairs, measures, zones, verdicts, [collection.times[number] for number in first], params)
    # A text without a word is nobody's copy, not even of another such text.
    blank = [not any(map(str.isalnum, text)) for text in texts]
    story = [len(first) + row if blank[text] else text_story[text] for row, text in enumerate(text_of)]
    groups: dict[int, list[int]] = defaultdict(list)
    for number, key in enumerate(story):
        groups[key].append(number)
    canonical = canonicals(collection, groups, known_sites.plus(sites) if known_sites else sites, words)
    heads = [text_of[canonical[key][0]] if key in canonical else text for text, key in enumerate(text_story)]
    passages, stitched = find_passages(pairs, zones, verdicts, words, holders, text_story, heads, collection.text_times, params)
    composites = composites_of(passages, texts)
    members = members_of(collection, groups, canonical, words, composites, params)
    return Decision(members, _reuse(collection, passages), text_story, stitched, ties, sites)


def find_ties(words: Words, pairs: Pairs, params: DedupParams) -> npt.NDArray[np.uint8]:
    """Say of pairs of texts what they have in common, as `Decision.ties` does."""
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
    """Count which of two copies was first, for each pair of likely copies and each text that is there again."""
    counts = SiteCounts()
    documents, times = collection.documents, collection.times
    again = [(collection.first[text], number) for number, text in enumerate(collection.text_of) if collection.first[text] != number]
    for a, b in [*((collection.first[a], collection.first[b]) for a, b in pairs.tolist()), *again]:
        if fresh is None or a in fresh or b in fresh:
            counts.add(documents[a].site, times[a], documents[b].site, times[b])
    return counts


def canonicals(collection: Collection, groups: dict[int, list[int]], sites: SiteCounts, words: Words) -> dict[int, tuple[int, str]]:
    """Return for each story the number of its canonical document and the reason."""
    documents = collection.documents
    chosen: dict[int, tuple[int, str]] = {}
    for key, members in groups.items():
        if len(members) == 1:
            chosen[key] = (members[0], "only document")
            continue
        standing = _standing([collection.text_of[number] for number in members], words)
        candidates = [
            Candidate(
                number,
                collection.times[number],
                sites.origin(documents[number].site),
                *standing[collection.text_of[number]],
                len(documents[number].text),
            )
            for number in members
        ]
        chosen[key] = choose_canonical(documents, candidates)
    return chosen


def _standing(texts: Sequence[int], words: Words) -> dict[int, tuple[float, float]]:
    """Return for each text of a story the share of what others have in common that it lacks, and of itself that none has."""
    distinct = sorted(set(texts))
    sets = [_each_once(words.shingles[words.bounds[t] : max(words.bounds[t], words.bounds[t + 1] - 2)]) for t in distinct]
    _, places, counts = np.unique(np.concatenate(sets), return_inverse=True, return_counts=True)
    enough = min(2, len(distinct) - 1)
    everywhere = int((counts >= enough).sum())
    standing: dict[int, tuple[float, float]] = {}
    start = 0
    for text, own in zip(distinct, sets, strict=True):
        held = counts[places[start : start + len(own)]]
        start += len(own)
        lacks = everywhere - int((held >= enough).sum())
        common = lacks + int((held > enough).sum())
        standing[text] = (lacks / max(1, common), float((held == 1).sum() / max(1, len(own))))
    return standing


def _each_once(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


def members_of(
    collection: Collection, groups: dict[int, list[int]], canonical: dict[int, tuple[int, str]], words: Words,
    composites: dict[int, dict[str, Any]], params: DedupParams,
) -> list[StoryMember]:  # fmt: skip
    """Return the story member of each document, by id, copies measured against their canonical."""
    documents, text_of = collection.documents, collection.text_of
    wanted = sorted(
        {(text_of[canonical[key][0]], text_of[m]) for key, members in groups.items() if len(members) > 1 for m in members}
    )
    measures, _ = compare(words, np.array(wanted, np.int64).reshape(-1, 2))
    verdicts = judge(measures, params)
    row_of = {pair: row for row, pair in enumerate(wanted)}
    shown: dict[int, str] = {}  # of many equal texts, all have the same proof
    members: list[StoryMember] = []
    for key, numbers in groups.items():
        head, reason = canonical[key]
        story = story_id(documents[numbers[0]].id)
        for number in numbers:
            document, composite = documents[number], composites.get(text_of[number], {})
            if number == head:
                relation: Relation = "canonical" if len(numbers) > 1 else "unique"
                evidence = json.dumps(composite) if composite else None
                members.append(StoryMember(document.id, story, document.id, relation, None, reason, None, evidence))
                continue
            row = row_of[text_of[head], text_of[number]]
            score = round(float(verdicts.score[row]), 4)
            if row not in shown:
                shown[row] = json.dumps(composite | proof(measures[row]))
            members.append(
                StoryMember(document.id, story, documents[head].id, "copy", score, reason, documents[head].id, shown[row])
            )
    return sorted(members, key=lambda member: member.article_id)


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


def _reuse(collection: Collection, passages: Sequence[Passage]) -> list[Reuse]:
    """Return the passages of texts as passages of every document with that text."""
    documents = collection.documents
    holders: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(collection.text_of):
        holders[text].append(number)
    found = [
        Reuse(documents[number].id, documents[holders[p.source][0]].id, p.start, p.end, p.words)
        for p in passages
        for number in holders[p.document]
    ]
    return sorted(found, key=lambda r: (r.article_id, r.start, r.source_article_id))
