"""The documents of other nights that must be decided on together with tonight's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.dedup.collection import Collection, Seen, contains, document_key, look
from pipeline.dedup.graph import Graph, Mask
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import encode
from pipeline.dedup.verify import PASSAGE, WHOLES, find_ties
from pipeline.dedup.words import Words, read_words

if TYPE_CHECKING:
    from pipeline.dedup import Document

U64 = npt.NDArray[np.uint64]
_STORY = 48  # members that are read of the story of a document that no other night compared with anything
_AS_MANY = 4  # documents of other nights for one of tonight


class Documents(Protocol):
    """Where documents of other nights are read."""

    def documents(self, ids: Sequence[str]) -> Iterable[Document]:
        """Return the documents with these ids, as they are now."""

    def stories(self, ids: Sequence[str], limit: int) -> Iterable[tuple[str, str]]:
        """Return (id, id of another document that is stored in its story) for these documents, up to `limit` for each."""


@dataclass(frozen=True, slots=True)
class Around:
    """Documents of other nights by key, and what was seen of them by id. `pairs` (n x 2 keys) are all that are to be decided on.

    `words` are those of the texts (`read`, keys) that had to be held against each other to know all this.

    `touched` are documents in stories that tonight's may belong to, or that share a passage with one of tonight's; `partial`
    those whose own sources were not read.
    """

    documents: dict[int, Document]
    seen: dict[str, Seen]
    pairs: U64
    read: U64
    words: Words
    touched: frozenset[int]
    partial: frozenset[int]


def read_around(
    source: Documents, tonight: Collection, keys: U64, ids: dict[int, str], pairs: U64, graph: Graph, params: DedupParams
) -> Around:
    """Read what tonight has something in common with, and what hangs together with that.

    `keys` are those of tonight's texts, `ids` the candidates of other nights by key, `pairs` (n x 2 keys) the candidate pairs, a
    document of another night before one of tonight.
    """
    limit = max(params.closure, _AS_MANY * len(tonight.documents))
    without = {document.id for document in tonight.documents}
    seen: dict[str, Seen] = {}
    found = _read(source, ids, without, seen)
    own = np.sort(keys)
    pairs = pairs[contains(own, pairs[:, 0]) | contains(_array(found), pairs[:, 0])]
    read, words, copies, sharing = _seeds(found, tonight, keys, pairs, graph, params)
    touched = graph.stories(copies, limit)
    reached = graph.around(graph.stories(graph.around(touched | sharing, limit), limit), limit)
    found |= _read(source, {key: i for key, i in graph.named(reached) if key not in found}, without, seen)
    here = _array(found)
    lonely = {key: found[key].id for key in here[~graph.has(here)].tolist()}
    told, members = _told(source, lonely, without, seen)
    found |= members
    return Around(
        found,
        seen,
        np.concatenate([pairs, graph.pairs_within(reached), told]),
        read,
        words,
        frozenset(key for key, _ in graph.named(touched | sharing)),
        frozenset(told.ravel().tolist()),
    )


def _read(source: Documents, ids: dict[int, str], without: set[str], seen: dict[str, Seen]) -> dict[int, Document]:
    """Return documents by key; those that have another text by now, or come tonight, are left out."""
    wanted = sorted(set(ids.values()) - without)
    found = {_key(document, seen): document for document in (source.documents(wanted) if wanted else ())}
    return {key: document for key, document in found.items() if key in ids}


def _key(document: Document, seen: dict[str, Seen]) -> int:
    """Return the key of a document, and note what was seen of it."""
    seen[document.id] = look(document)
    return document_key(document.id, seen[document.id].digest)


def _told(source: Documents, lonely: dict[int, str], without: set[str], seen: dict[str, Seen]) -> tuple[U64, dict[int, Document]]:
    """Return (key, key of a member of its stored story) of documents that no other night compared, and those members."""
    others = [pair for pair in source.stories(sorted(lonely.values()), _STORY) if pair[1] not in without] if lonely else []
    members = {d.id: d for d in source.documents(sorted({other for _, other in others}))} if others else {}
    key_of = {identity: key for key, identity in lonely.items()} | {i: _key(d, seen) for i, d in members.items()}
    told = [(key_of[one], key_of[other]) for one, other in others if other in key_of]
    return np.array(told, np.uint64).reshape(-1, 2), {key_of[i]: d for i, d in members.items()}


def _seeds(
    found: dict[int, Document], tonight: Collection, keys: U64, pairs: U64, graph: Graph, params: DedupParams
) -> tuple[U64, Words, Mask, Mask]:
    """Return which documents of the graph tonight's are like as wholes, and which they share a passage with.

    Before these: the keys of the texts that were read for it, and their words.
    """
    known = pairs[graph.has(pairs[:, 0]) & ~contains(np.sort(keys), pairs[:, 0])]
    sides, places = np.unique(known, return_inverse=True)
    texts = dict(zip(keys.tolist(), tonight.texts, strict=True)) | {key: document.text for key, document in found.items()}
    words = read_words(encode([texts[key] for key in sides.tolist()]), spare=2)
    ties = find_ties(words, places.reshape(-1, 2).astype(np.int64), params)
    return sides, words, graph.find(known[ties == WHOLES, 0]), graph.find(known[ties == PASSAGE, 0])


def _array(keys: Iterable[int]) -> U64:
    return np.sort(np.fromiter(keys, np.uint64))
