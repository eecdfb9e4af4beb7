"""The documents of other nights that must be decided on together with tonight's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.dedup.collection import Collection, Seen, contains, document_key, story_id, take, with_others
from pipeline.dedup.graph import Graph, Mask
from pipeline.dedup.params import DedupParams
from pipeline.dedup.shelf import Reading, Shelf
from pipeline.dedup.textfile import TextFile
from pipeline.dedup.verify import PASSAGE, WHOLES, Looked, look

if TYPE_CHECKING:
    from pipeline.dedup import Document

U64 = npt.NDArray[np.uint64]
_STORY = 48  # members with which a document is compared of its stored story, where no other night compared it with anything
_AS_MANY = 4  # documents of other nights for one of tonight


class Documents(Protocol):
    """Where documents of other nights are read."""

    def documents(self, ids: Sequence[str]) -> Iterable[Document]:
        """Return the documents with these ids, as they are now."""

    def stories(self, ids: Sequence[str]) -> Iterable[tuple[str, str]]:
        """Return (story, id) of every document that is stored in the story of one of these, in this order."""


@dataclass(frozen=True, slots=True)
class Around:
    """Documents of other nights by key, and what was seen of them by id. `pairs` (n x 2 keys) are all that are to be decided on.

    `touched` are documents in stories that tonight's may belong to, or did with the text they had, or that share a passage with
    one of tonight's; `partial` those whose own sources were not read, since no night around compared them. `gone` are candidates
    whose article has another text by now, and no other has theirs, `others` who has it of those whose text another has; `beyond`
    (by id) lie beyond the window. `looked`: what was found of pairs of tonight's and other nights' texts.
    """

    documents: dict[int, Document]
    seen: dict[str, Seen]
    pairs: U64
    touched: frozenset[int]
    partial: frozenset[int]
    gone: frozenset[int]
    others: Mapping[int, int]
    beyond: frozenset[str]
    looked: Looked


def read_around(
    source: Documents, tonight: Collection, texts: TextFile, shelf: Shelf, keys: U64, ids: dict[int, str], beyond: Iterable[int],
    pairs: U64, graph: Graph, params: DedupParams,
) -> Around:  # fmt: skip
    """Read what tonight has something in common with, and what hangs together with that.

    `keys` are those of tonight's texts, `ids` the candidates of other nights by key (`beyond` are those from beyond the window),
    `pairs` (n x 2 keys) the candidate pairs, a document of another night before one of tonight.
    """
    limit = max(params.closure, _AS_MANY * len(tonight.documents))
    reader = _Reader(source, texts, {document.id for document in tonight.documents})
    found = reader.read(ids)
    gone = {key: identity for key, identity in ids.items() if key not in found}
    alike = reader.read(dict(graph.named(graph.find(graph.alike(_array(gone))[:, 1]))))
    others = reader.stand_ins(gone, found | alike, graph)
    found |= {key: alike[key] for key in others.values() if key in alike}
    pairs = with_others(pairs, others)
    pairs = pairs[contains(np.sort(keys), pairs[:, 0]) | contains(_array(found), pairs[:, 0])]
    places = dict(zip(keys.tolist(), tonight.places.tolist(), strict=True))
    places |= {key: reader.seen[document.id].text for key, document in found.items()}
    copies, sharing, looked = _seeds(places, shelf, keys, pairs, graph, params)
    changed = graph.of(document.id for document in tonight.documents) & ~graph.find(keys)
    sharing |= graph.around(changed, limit)
    touched = graph.stories(copies | changed, limit)
    reached = graph.around(graph.stories(graph.around(touched | sharing, limit), limit), limit)
    named = dict(graph.named(reached))
    found |= reader.read({key: identity for key, identity in named.items() if key not in found})
    within = with_others(graph.pairs_within(reached), reader.stand_ins(named, found, graph))
    here = _array(found)
    lonely = here[~graph.has(here)]
    told, members = reader.told({key: found[key].id for key in lonely.tolist()}, limit)
    found |= members
    far = _array(beyond)
    far = np.concatenate([far, told[contains(far, told[:, 0]), 1]])
    return Around(
        found,
        reader.seen,
        np.concatenate([pairs, within, told]),
        frozenset(key for key, _ in graph.named(touched | sharing)),
        frozenset(np.union1d(lonely, told).tolist()),
        frozenset(gone.keys() - others.keys() - set(keys.tolist())),
        others,
        frozenset(found[key].id for key in far.tolist() if key in found),
        looked,
    )


class _Reader:
    """Reads documents of other nights: their texts go into the file, what was seen of them is kept by id."""

    def __init__(self, source: Documents, texts: TextFile, without: Set[str]) -> None:
        """Documents of `without` come tonight: they are left out."""
        self.seen: dict[str, Seen] = {}
        self._source, self._texts, self._without = source, texts, without

    def read(self, ids: Mapping[int, str]) -> dict[int, Document]:
        """Return documents by key; those that have another text by now are left out."""
        wanted = sorted(set(ids.values()) - self._without)
        return {key: document for key, document in self._taken(wanted) if key in ids}

    def stand_ins(self, ids: Mapping[int, str], found: Mapping[int, Document], graph: Graph) -> dict[int, int]:
        """Return for documents (key, id) that have another text by now, or come tonight, one that was found and has the text still.

        A night compares equal texts once, by the document that came first: what is known of all hangs on it.
        """
        gone = _array(key for key in ids if key not in found)
        return {
            key: other
            for key, other in sorted(graph.alike(gone).tolist())
            if other in found and document_key(ids[key], self.seen[found[other].id].digest) == key
        }

    def told(self, lonely: Mapping[int, str], limit: int) -> tuple[U64, dict[int, Document]]:
        """Return (key, key of a member of its stored story) of documents that no other night compared, and those members.

        All members are read where they are no more than `limit`: who is not leaves a story that gets another name.
        """
        names = set(lonely.values())
        stored: dict[str, list[str]] = {}
        for story, identity in self._source.stories(sorted(names)) if lonely else ():
            stored.setdefault(story, []).append(identity)
        whole = sum(map(len, stored.values())) <= limit
        others: list[tuple[str, str]] = []
        for story, ids in stored.items():
            own = [identity for identity in ids if identity in names]
            some = [*(identity for identity in ids if story_id(identity) == story), *ids[:_STORY]]
            for one in own:
                read = ids if whole and one == own[0] else some
                others += ((one, other) for other in read if other != one and other not in self._without)
        members = dict(self._taken(sorted({other for _, other in others})))
        key_of = {identity: key for key, identity in lonely.items()} | {d.id: key for key, d in members.items()}
        told = [(key_of[one], key_of[other]) for one, other in others if other in key_of]
        return np.array(told, np.uint64).reshape(-1, 2), members

    def _taken(self, ids: Sequence[str]) -> Iterator[tuple[int, Document]]:
        for document, seen in take(self._source.documents(ids) if ids else (), self._texts):
            self.seen[document.id] = seen
            yield document_key(document.id, seen.digest), document


def _seeds(
    places: Mapping[int, int], shelf: Shelf, keys: U64, pairs: U64, graph: Graph, params: DedupParams
) -> tuple[Mask, Mask, Looked]:
    """Return which documents of the graph tonight's are like as wholes, which they share a passage with, and what was looked at.

    `places` are the numbers of the texts by key.
    """
    known = pairs[graph.has(pairs[:, 0]) & ~contains(np.sort(keys), pairs[:, 0])]
    sides, numbers = np.unique(known, return_inverse=True)
    texts, same = np.unique(np.array([places[key] for key in sides.tolist()], np.int64), return_inverse=True)
    reading = Reading(shelf, texts)
    found = look(reading, same[numbers.reshape(-1, 2)], params)
    whole, passage = (graph.find(known[found.ties == tie, 0]) for tie in (WHOLES, PASSAGE))
    return whole, passage, Looked.at(reading, found)


def _array(keys: Iterable[int]) -> U64:
    return np.sort(np.fromiter(keys, np.uint64))
