"""What earlier nights found of their documents: pairs that were compared, and counts that add up over nights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import contains
from pipeline.dedup.parts import pack, unpack
from pipeline.dedup.verify import PASSAGE, WHOLES

U64 = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ties:
    """What one night leaves: its documents that were compared, by id and key, the pairs by their numbers, and counts."""

    ids: Sequence[str]
    keys: U64
    pairs: npt.NDArray[np.int64]  # n x 2
    kinds: npt.NDArray[np.uint8]
    times: npt.NDArray[np.float64]  # of all documents of the night that have one
    sites: SiteCounts
    common: npt.NDArray[np.uint32]  # kept shingles that more than a few stories hold
    hot: npt.NDArray[np.uint32]  # those that very many hold

    def pack(self) -> bytes:
        """Return the ties as bytes."""
        names = sorted(self.sites.seen)
        return pack(
            ids=self.ids,
            keys=self.keys,
            left=self.pairs[:, 0],
            right=self.pairs[:, 1],
            kinds=self.kinds,
            times=self.times,
            sites=names,
            first=np.array([self.sites.first[name] for name in names], np.int64),
            seen=np.array([self.sites.seen[name] for name in names], np.int64),
            common=self.common,
            hot=self.hot,
        )


class Graph:
    """The ties of the nights around: who was compared with whom, by number."""

    def __init__(self, nights: Iterable[bytes]) -> None:
        parts = [unpack(data) for data in nights]
        self._ids = pa.chunked_array([part["ids"] for part in parts], pa.large_string())
        keys = _joined(np.uint64, (part["keys"] for part in parts))
        self.keys, self._place, number = np.unique(keys, return_index=True, return_inverse=True)
        starts = np.cumsum([0, *(len(part["keys"]) for part in parts)])
        sides = [
            number[_joined(np.int64, (part[side] + start for start, part in zip(starts, parts, strict=False)))]
            for side in ("left", "right")
        ]
        self.pairs = np.stack(sides, axis=1).reshape(-1, 2)
        self._kinds = _joined(np.uint8, (part["kinds"] for part in parts))
        self.times = _joined(np.float64, (part["times"] for part in parts))
        self.common = _joined(np.uint32, (part["common"] for part in parts))
        self.hot = _joined(np.uint32, (part["hot"] for part in parts))
        self.sites = SiteCounts(_total(parts, "first"), _total(parts, "seen"))

    def named(self, nodes: Mask) -> list[tuple[int, str]]:
        """Return (key, id) of documents."""
        ids: list[str] = self._ids.take(pa.array(self._place[nodes])).to_pylist()
        return list(zip(self.keys[nodes].tolist(), ids, strict=True))

    def of(self, ids: Iterable[str]) -> Mask:
        """Return the documents with these ids, whatever text they had."""
        wanted = pc.is_in(self._ids, value_set=pa.array(ids, pa.large_string()))
        nodes: Mask = wanted.to_numpy()[self._place]
        return nodes

    def has(self, keys: U64) -> Mask:
        """Say of which keys there is a document."""
        return contains(self.keys, keys)

    def find(self, keys: U64) -> Mask:
        """Return the documents with these keys."""
        return contains(np.sort(keys), self.keys)

    def pairs_within(self, nodes: Mask) -> U64:
        """Return the pairs of keys (n x 2) of which both are among these documents."""
        pairs: U64 = self.keys[self.pairs[nodes[self.pairs].all(axis=1)]]
        return pairs

    def alike(self, keys: U64) -> U64:
        """Return the pairs of keys (n x 2) of documents that are alike as wholes, the first among these (sorted)."""
        pairs = self.keys[self.pairs[self._kinds == WHOLES]]
        both = np.concatenate([pairs, pairs[:, ::-1]])
        found: U64 = both[contains(keys, both[:, 0])]
        return found

    def stories(self, nodes: Mask, limit: int) -> Mask:
        """Return these documents with all that hang together with them as copies do, up to about `limit`."""
        return self._spread(nodes, self._kinds == WHOLES, limit, len(self.keys))

    def around(self, nodes: Mask, limit: int) -> Mask:
        """Return these documents and those that share a passage with them."""
        return self._spread(nodes, self._kinds >= PASSAGE, limit, 1)

    def _spread(self, nodes: Mask, tied: Mask, limit: int, steps: int) -> Mask:
        reached = nodes.copy()
        left, right = self.pairs[tied, 0], self.pairs[tied, 1]
        count = int(reached.sum())
        for _ in range(steps):
            crossing = reached[left] != reached[right]
            if not crossing.any() or count >= limit:
                return reached
            reached[left[crossing]] = True
            reached[right[crossing]] = True
            left, right = left[~crossing], right[~crossing]
            count = int(reached.sum())
        return reached


def _joined(kind: Any, arrays: Iterable[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *arrays]).astype(kind, copy=False)


def _total(parts: Sequence[dict[str, Any]], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(dict(zip(part["sites"].to_pylist(), part[name].tolist(), strict=True)))
    return total
