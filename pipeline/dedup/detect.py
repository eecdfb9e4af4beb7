"""From documents to stories and passages: sketch, candidates, verdicts, stories, canonicals, reuse."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.dedup.align import compare
from pipeline.dedup.candidates import candidate_pairs
from pipeline.dedup.canonical import NO_ORIGIN, Candidate, choose_canonical, parse_time, site_origins, trusted_times
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import STITCHED, Passage, find_passages
from pipeline.dedup.sketch import encode, sketch_all
from pipeline.dedup.stories import join_stories
from pipeline.dedup.titles import about_own_parts
from pipeline.dedup.verdict import judge, proof
from pipeline.dedup.words import Words, read_words
from pipeline.records import Relation, Reuse, StoryMember

if TYPE_CHECKING:
    from pipeline.dedup import DedupResult, Document

logger = logging.getLogger(__name__)

_SEPARATOR = "\x1f"


def detect(documents: Sequence[Document], params: DedupParams) -> DedupResult:
    """Do what `find_duplicates` promises."""
    from pipeline.dedup import DedupResult

    documents = sorted(documents, key=_age)
    times = trusted_times([parse_time(document.published_at) for document in documents])
    first, text_of = _distinct_texts(documents)
    texts = [documents[number].text for number in first]
    sketches = sketch_all(texts, params)
    pairs = candidate_pairs(sketches, params)
    related = set(pairs.ravel().tolist())
    words = read_words(encode([text if number in related else "" for number, text in enumerate(texts)]))
    measures, zones = compare(words, pairs, learn=True)
    verdicts = judge(measures, params)
    likely = np.flatnonzero(verdicts.copy)
    measures[likely] = compare(words, pairs[likely])[0]
    verdicts = judge(measures, params)
    likely = np.flatnonzero(verdicts.copy)
    verdicts.copy[likely] &= ~about_own_parts(pairs, likely, zones, words, [documents[number].title for number in first])
    text_story = join_stories(len(first), pairs, measures, zones, verdicts, [times[number] for number in first], params)
    story = [text_story[text] for text in text_of]
    # A text without a word is nobody's copy, not even of another such text.
    blank = [not any(map(str.isalnum, text)) for text in texts]
    story = [len(first) + row if blank[text] else text_story[text] for row, text in enumerate(text_of)]
    groups: dict[int, list[int]] = defaultdict(list)
    for number, key in enumerate(story):
        groups[key].append(number)
    canonical = _canonicals(documents, groups, times, text_of, words)
    passages = find_passages(
        pairs, zones, verdicts, words, sketches, text_story, *_by_text(text_of, first, groups, canonical, times, text_story), params
    )
    composites = _composites(passages, texts)
    members = _members(documents, groups, canonical, text_of, words, composites, params)
    reuse = _reuse(documents, passages, text_of)
    logger.info("%d documents: %d candidate pairs, %d stories, %d passages", len(documents), len(pairs), len(groups), len(reuse))
    return DedupResult(tuple(members), tuple(reuse))


def _age(document: Document) -> tuple[float, str]:
    time = parse_time(document.published_at)
    return (float("inf") if time is None else time, document.id)


def _distinct_texts(documents: Sequence[Document]) -> tuple[list[int], list[int]]:
    """Return the number of the first document with each text, and for each document the number of its text."""
    seen: dict[bytes, int] = {}
    first: list[int] = []
    text_of: list[int] = []
    for number, document in enumerate(documents):
        digest = hashlib.blake2b(document.text.encode(errors="surrogatepass"), digest_size=16).digest()
        text = seen.setdefault(digest, len(seen))
        if text == len(first):
            first.append(number)
        text_of.append(text)
    return first, text_of


def _canonicals(
    documents: Sequence[Document], groups: dict[int, list[int]], times: Sequence[float | None], text_of: Sequence[int], words: Words
) -> dict[int, tuple[int, str]]:
    """Return for each story the number of its canonical document and the reason."""
    shared = [members for members in groups.values() if len(members) > 1]
    origins = site_origins(shared, [document.site for document in documents], times)
    chosen: dict[int, tuple[int, str]] = {}
    for key, members in groups.items():
        if len(members) == 1:
            chosen[key] = (members[0], "only document")
            continue
        standing = _standing([text_of[number] for number in members], words)
        candidates = [
            Candidate(
                number,
                times[number],
                origins.get(documents[number].site or "", NO_ORIGIN),
                *standing[text_of[number]],
                len(documents[number].text),
            )
            for number in members
        ]
        chosen[key] = choose_canonical(documents, candidates)
    return chosen


def _standing(texts: Sequence[int], words: Words) -> dict[int, tuple[float, float]]:
    """Return for each text of a story the share of what others have in common that it lacks, and of itself that none has."""
    distinct = sorted(set(texts))
    sets = [np.unique(words.shingles[words.bounds[t] : max(words.bounds[t], words.bounds[t + 1] - 2)]) for t in distinct]
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


def _members(
    documents: Sequence[Document], groups: dict[int, list[int]], canonical: dict[int, tuple[int, str]], text_of: Sequence[int],
    words: Words, composites: dict[int, dict[str, Any]], params: DedupParams,
) -> list[StoryMember]:  # fmt: skip
    """Return the story member of each document, by id, copies measured against their canonical."""
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


def _composites(passages: Sequence[Passage], texts: Sequence[str]) -> dict[int, dict[str, Any]]:
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


def story_id(first: str) -> str:
    """Return the id of a story from the id of its earliest document: later copies do not change it."""
    return hashlib.sha256(f"story{_SEPARATOR}{first}".encode(errors="surrogatepass")).hexdigest()[:32]


def _by_text(
    text_of: Sequence[int], first: Sequence[int], groups: dict[int, list[int]], canonical: dict[int, tuple[int, str]],
    times: Sequence[float | None], text_story: Sequence[int],
) -> tuple[list[int], list[float | None]]:  # fmt: skip
    """Return for each text the text of its story's canonical, and its earliest time."""
    heads = [text_of[canonical[key][0]] if key in canonical else text for text, key in enumerate(text_story)]
    earliest: list[float | None] = [None] * len(first)
    for number, text in enumerate(text_of):
        time, known = times[number], earliest[text]
        if time is not None and (known is None or time < known):
            earliest[text] = time
    return heads, earliest


def _reuse(documents: Sequence[Document], passages: Sequence[Passage], text_of: Sequence[int]) -> list[Reuse]:
    """Return the passages of texts as passages of every document with that text."""
    holders: dict[int, list[int]] = defaultdict(list)
    for number, text in enumerate(text_of):
        holders[text].append(number)
    found = [
        Reuse(documents[number].id, documents[holders[p.source][0]].id, p.start, p.end, p.words)
        for p in passages
        for number in holders[p.document]
    ]
    return sorted(found, key=lambda r: (r.article_id, r.start, r.source_article_id))
