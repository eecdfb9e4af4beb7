"""Tonight's documents against the index of other nights: what is decided is what one batch of all of them would decide.

Sketches of the window are probed, not made anew from texts. Around each document that tonight has something in common with,
the pairs that were compared on other nights are walked: copies of copies, who shares a passage with them, their copies. Only
those texts are read and decided on again, together with tonight's.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.dedup.around import Around, Documents, read_around
from pipeline.dedup.candidates import count_pairs, counted_pairs, distinct, likely_pairs, sharing_pairs
from pipeline.dedup.collection import Collection, TextNumbers, Times, collect, take, times_of, uncollected
from pipeline.dedup.decide import Decision, decide
from pipeline.dedup.graph import Graph, Ties
from pipeline.dedup.held import Candidates, Holdings, NightHolders, probe_nights
from pipeline.dedup.params import DedupParams
from pipeline.dedup.parts import Kind, Segment, pack, story_mark, version_of
from pipeline.dedup.probe import Probe, Table
from pipeline.dedup.shelf import Shelf
from pipeline.dedup.sketch import Sketches, sketch_all
from pipeline.dedup.textfile import TextFile
from pipeline.dedup.verify import WHOLES, Pairs
from pipeline.records import IndexPart, Reuse, StoryMember

if TYPE_CHECKING:
    from pipeline.dedup import Document

logger = logging.getLogger(__name__)

U64 = npt.NDArray[np.uint64]
_ROW = np.uint64(32)


class Index(Documents, Protocol):
    """What other nights left behind, in an order that is always the same."""

    def parts(self, kind: Kind, version: str) -> Iterator[bytes]:
        """Yield the parts of the window's other nights; those of kind `far` are of all nights beyond it."""


@dataclass(frozen=True, slots=True)
class NightResult:
    """What was decided on tonight's documents and on those of other nights in the stories they touch.

    `partial` are ids of other nights of which no passages were looked for but those from tonight's documents. `parts` is what
    tonight leaves behind.
    """

    members: tuple[StoryMember, ...]
    reuse: tuple[Reuse, ...]
    partial: frozenset[str]
    parts: tuple[IndexPart, ...]

    def reuse_beside(self, stored: Iterable[Reuse], tonight: Container[str]) -> list[Reuse]:
        """Return all passages: what is `stored` of documents in `partial` stands, unless it is from one of `tonight`'s (by id)."""
        return list(beside(self.reuse, (passage for passage in stored if passage.source_article_id not in tonight)))


def beside(fresh: Iterable[Reuse], stored: Iterable[Reuse]) -> Iterator[Reuse]:
    """Yield passages in order: those that are `stored`, and of the `fresh` (in order) what none of these has."""

    def place(passage: Reuse) -> tuple[str, int, str]:
        return passage.article_id, passage.start, passage.source_article_id

    kept = sorted(stored, key=place)
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for passage in kept:
        spans[passage.article_id].append((passage.start, passage.end))
    apart = (r for r in fresh if all(r.end <= start or end <= r.start for start, end in spans.get(r.article_id, ())))
    return merge(kept, apart, key=place)


@dataclass(frozen=True, slots=True)
class _Tonight:
    """Tonight's documents, and the sketch and the key of each text; the times of these and of all of the window, each once."""

    collection: Collection
    chunks: Sequence[Sketches]
    keys: U64
    key_of: dict[str, int]
    ids: frozenset[str]
    times: Times


@uncollected()
def decide_night(
    documents: Iterable[Document], index: Index, params: DedupParams, *, known: frozenset[str] = frozenset()
) -> NightResult:
    """Decide on tonight's documents, of those with one id on the last; the index has counted those that are `known` already."""
    with TextFile() as texts:
        return _decide_night(documents, index, params, known, texts)


def _decide_night(
    documents: Iterable[Document], index: Index, params: DedupParams, known: frozenset[str], texts: TextFile
) -> NightResult:
    version = version_of(params)
    graph = Graph(index.parts("ties", version))
    tonight = _read_tonight(documents, texts, graph, known, params)
    candidates, held, shingles = _probed(tonight, index, version, params)
    pairs = _candidate_pairs(candidates, tonight, params)
    names = dict(zip(candidates.keys, candidates.ids, strict=True))
    shelf = Shelf(texts)
    beyond = candidates.keys[candidates.within :]
    around = read_around(index, tonight.collection, texts, shelf, tonight.keys, names, beyond, pairs, graph, params)
    others = ((document, around.seen[document.id]) for document in around.documents.values())
    taken = chain(zip(tonight.collection.documents, tonight.collection.seen, strict=True), others)
    collection = collect(taken, texts, tonight.times, around.beyond)
    own = {number for number, document in enumerate(collection.documents) if document.id in tonight.ids}
    keys = {d.id: key for key, d in around.documents.items()} | tonight.key_of
    text_of = TextNumbers(np.array([keys[document.id] for document in collection.documents], np.uint64), collection.text_of)
    marks = np.array([story_mark(collection.documents[number].id) for number in collection.first], np.uint64)
    holders = NightHolders(shingles, text_of(tonight.keys), held.without(around.gone, around.others), text_of, marks, graph, params)
    numbered = _numbered(around.pairs, text_of)
    decision = decide(
        collection, numbered, texts, holders, params, shelf=shelf, looked=around.looked,
        known_sites=graph.sites, fresh={number for number in own if collection.documents[number].id not in known},
    )  # fmt: skip
    logger.info("%d documents and %d of other nights: %d pairs", len(tonight.ids), len(around.documents), len(numbered))
    parts = _parts(tonight, around, collection, text_of, marks, own, numbered, decision, holders, known, params)
    return _concerning(tonight, around, decision, parts)


def _probed(tonight: _Tonight, index: Index, version: str, params: DedupParams) -> tuple[Candidates, Holdings, Table]:
    """Return what other nights have of tonight's, and tonight's shingles; all else that was made for it is given back."""
    probe = Probe(tonight.chunks, params)
    candidates, held = probe_nights(probe, index.parts("sketches", version), index.parts("far", version))
    return candidates, held, probe.shingles.bare()


def _read_tonight(
    documents: Iterable[Document], texts: TextFile, graph: Graph, known: frozenset[str], params: DedupParams
) -> _Tonight:
    taken = {document.id: (document, seen) for document, seen in take(documents, texts)}
    times = np.concatenate([graph.times, times_of(pair for identity, pair in taken.items() if identity not in known)])
    collection = collect(taken.values(), texts, times)
    keys = collection.keys
    key_of = {document.id: key for document, key in zip(collection.documents, keys.tolist(), strict=True)}
    first = np.asarray(collection.first, np.int64)
    return _Tonight(collection, sketch_all(texts.chunks(collection.places), params), keys[first], key_of, frozenset(key_of), times)


def _candidate_pairs(candidates: Candidates, tonight: _Tonight, params: DedupParams) -> U64:
    """Return candidate pairs of keys (n x 2): those with documents of other nights, the other night first, and tonight's own."""
    others = np.uint64(len(candidates.ids))
    counts = np.concatenate([np.zeros(0, np.int64), *candidates.counts]).astype(np.uint64)
    own = counted_pairs(tonight.chunks, params) + ((others << np.uint64(36)) + (others << np.uint64(8)))
    counted = np.concatenate([count_pairs(_joined(candidates.bands) + others, counts), own])
    counted.sort()
    shared = sharing_pairs(tonight.chunks, params) + ((others << _ROW) + others)
    sharing = np.concatenate([_joined(candidates.shared) + others, shared])
    packed = likely_pairs(counted, sharing, len(candidates.ids) + len(tonight.keys), params)
    keys = np.concatenate([np.array(candidates.keys, np.uint64), tonight.keys])
    return keys[np.stack([packed >> _ROW, packed & np.uint64(0xFFFFFFFF)], axis=1).astype(np.int64)]


def _joined(arrays: Sequence[U64]) -> U64:
    return np.concatenate([np.zeros(0, np.uint64), *arrays])


def _numbered(pairs: U64, text_of: TextNumbers) -> Pairs:
    """Return pairs of keys as pairs of text numbers, the smaller first, each once."""
    numbers = np.sort(text_of(pairs).reshape(-1, 2), axis=1)
    numbers = numbers[(numbers[:, 0] >= 0) & (numbers[:, 0] != numbers[:, 1])]
    packed = distinct((numbers[:, 0] << 32) | numbers[:, 1])
    return np.stack([packed >> 32, packed & 0xFFFFFFFF], axis=1)


def _concerning(tonight: _Tonight, around: Around, decision: Decision, parts: tuple[IndexPart, ...]) -> NightResult:
    """Return what was decided on tonight's documents and those whose stories they touch, or that took from them.

    Of others not all was read.
    """
    stories = {member.story_id for member in decision.members if member.article_id in tonight.ids}
    touched = {around.documents[key].id for key in around.touched if key in around.documents}
    touched |= {passage.article_id for passage in decision.reuse if passage.source_article_id in tonight.ids}
    members = tuple(m for m in decision.members if m.story_id in stories or m.article_id in touched)
    concerned = {member.article_id for member in members}
    partial = frozenset(around.documents[key].id for key in around.partial) & concerned
    return NightResult(members, tuple(r for r in decision.reuse if r.article_id in concerned), partial, parts)


def _parts(
    tonight: _Tonight, around: Around, collection: Collection, text_of: TextNumbers, marks: U64, own: set[int], pairs: Pairs,
    decision: Decision, holders: NightHolders, known: frozenset[str], params: DedupParams,
) -> tuple[IndexPart, ...]:  # fmt: skip
    """Return what tonight leaves behind; nothing where the index has counted every document already."""
    if tonight.ids <= known:
        return ()
    version = version_of(params)
    texts = text_of(tonight.keys)
    stitched = np.zeros(len(collection.first), np.uint64)
    stitched[list(decision.stitched)] = 1
    said = marks[np.asarray(decision.story)[texts]] | stitched[texts]
    ids = [tonight.collection.documents[number].id for number in tonight.collection.first]
    parts: list[IndexPart] = []
    start = 0
    for number, chunk in enumerate(tonight.chunks):
        end = start + chunk.count
        segment = Segment(ids[start:end], tonight.keys[start:end], said[start:end], chunk)
        parts.append(IndexPart("sketches", number, version, chunk.count, segment.pack()))
        start = end
    ties = _ties(collection, text_of.keys, own, pairs, decision, holders, known, params)
    parts.append(IndexPart("ties", 0, version, len(ties.keys), ties.pack()))
    parts.append(_far(tonight, ids, decision, around.beyond, version, params))
    return tuple(parts)


def _ties(
    collection: Collection, keys: U64, own: set[int], pairs: Pairs, decision: Decision, holders: NightHolders,
    known: frozenset[str], params: DedupParams,
) -> Ties:  # fmt: skip
    """Return the pairs with one of tonight's documents, between the first document of each text and with all that have it too."""
    first = np.asarray(collection.first, np.int64)
    tonights = np.zeros(len(first), np.bool_)
    tonights[[collection.text_of[number] for number in own]] = True
    mine = tonights[pairs].any(axis=1)
    known_first: dict[int, int] = {}  # of other nights; what else they know of a text hangs on it
    for number, text in enumerate(collection.text_of):
        if tonights[text] and number not in own:
            known_first.setdefault(text, number)
    again = [(collection.first[collection.text_of[number]], number) for number in sorted({*own, *known_first.values()})]
    again = [pair for pair in again if pair[0] != pair[1]]
    every = np.concatenate([first[pairs[mine]], np.array(again, np.int64).reshape(-1, 2)])
    kinds = np.concatenate([decision.ties[mine], np.full(len(again), WHOLES, np.uint8)])
    numbers, places = np.unique(every, return_inverse=True)
    times = [collection.seen[number].time for number in sorted(own) if collection.documents[number].id not in known]
    return Ties(
        [collection.documents[number].id for number in numbers.tolist()],
        keys[numbers],
        places.reshape(-1, 2),
        kinds,
        np.array([time for time in times if time is not None], np.float64),
        decision.sites,
        holders.found[params.common],
        holders.found[params.bucket],
    )


def _far(
    tonight: _Tonight, ids: Sequence[str], decision: Decision, beyond: Container[str], version: str, params: DedupParams
) -> IndexPart:  # fmt: skip
    """Return some bands of tonight's texts that a night far away sees: a copy is found by its canonical.

    Unless that lies beyond the window: when its own night is run again, that sees no other of tonight's.
    """
    members = (member for member in decision.members if member.relation == "copy")
    copies = {member.article_id for member in members if member.canonical_article_id not in beyond}
    rows = np.array([row for row, identity in enumerate(ids) if identity not in copies], np.int64)
    bands = np.concatenate([np.zeros((params.far, 0), np.uint32), *(chunk.bands[: params.far] for chunk in tonight.chunks)], axis=1)
    data = pack(ids=[ids[row] for row in rows.tolist()], keys=tonight.keys[rows], bands=bands[:, rows])
    return IndexPart("far", 0, version, len(rows), data)
