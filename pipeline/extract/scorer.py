"""The learned block scorer: gradient-boosted trees read from a text file and evaluated with numpy.

`block_model.json` is written by `benchmarks/train_blocks.py`. Trees stand in it one after the other, each in preorder: a split
is followed by its left branch, `right` says where the other one starts. A leaf has feature -1 and its value as threshold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.columns import Indices, Vector
from pipeline.extract.opinions import opinion_features
from pipeline.extract.places import Structure

MODEL_FILE = Path(__file__).with_name("block_model.json")
SURE_NOT = 0.02  # first opinion below which a run is out: menus, footers, half of most pages
EARLY_TREES, EARLY_OUT = 60, -3.5  # log-odds after so many trees from which a row is out
MAX_CELLS = 400_000  # rows times trees that are walked at once: a page of 100k runs must not take gigabytes


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees as flat arrays; `roots` are their first nodes. `names` are the columns that the trees know, by number."""

    names: tuple[str, ...]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    step: npt.NDArray[np.int32]
    roots: npt.NDArray[np.int32]
    depth: int
    base: float

    @classmethod
    def of(cls, content: Mapping[str, Sequence[float]], names: Sequence[str], base: float) -> Forest:
        """Build a forest from the lists of the model file."""
        feature = np.array(content["feature"], dtype=np.int32)
        right = np.array(content["right"], dtype=np.int32)
        nodes = np.arange(len(feature), dtype=np.int32)
        leaf = feature < 0
        # A leaf leads to itself, so that a walk may go on below the shallow trees.
        step = np.stack([np.where(leaf, nodes, nodes + 1), np.where(leaf, nodes, right)], axis=1).astype(np.int32)
        roots = np.array(content["roots"], dtype=np.int32)
        forest = (
            np.where(leaf, 0, feature).astype(np.int32),
            np.array(content["threshold"], dtype=np.float32),
            step.ravel(),
            roots,
        )
        return cls(tuple(names), *forest, _depth(step, roots), base)

    def score(self, columns: Mapping[str, Vector], asked: Indices) -> Vector:
        """Return the probability of each row that is asked for, by its number.

        A row that the first trees are sure to be out is not shown to the others: half of most pages.
        """
        table = np.array([columns[name] for name in self.names], dtype=np.float32)[:, asked]
        margin = self._margin(table, self.roots[:EARLY_TREES]) + self.base
        going = np.flatnonzero(margin > EARLY_OUT)
        margin[going] += self._margin(table[:, going], self.roots[EARLY_TREES:])
        return (1.0 / (1.0 + np.exp(-margin))).astype(np.float32)

    def _margin(self, table: Vector, roots: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        """Return for each row (a column of the table) the sum of some trees' leaves."""
        rows = max(1, MAX_CELLS // max(1, len(roots)))
        parts = [self._leaves(table[:, start : start + rows], roots) for start in range(0, table.shape[1], rows)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float64)

    def _leaves(self, table: Vector, roots: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
        count, flat = table.shape[1], table.ravel()
        # No index is out of range; "clip" spares numpy the look.
        place = self.feature * np.int32(count)
        row = np.tile(np.arange(count, dtype=np.int32), len(roots))
        node = np.repeat(roots, count)
        for _ in range(self.depth):
            goes_right = flat.take(place.take(node, mode="clip") + row, mode="clip") > self.threshold.take(node, mode="clip")
            node = self.step.take(2 * node + goes_right, mode="clip")
        leaves = self.threshold.take(node, mode="clip").reshape(len(roots), count)
        values: npt.NDArray[np.float64] = leaves.sum(axis=0, dtype=np.float64)
        return values


@dataclass(frozen=True, slots=True)
class BlockModel:
    """A first opinion on each run by itself, and a second one that also sees the first on the runs around it."""

    version: str
    first: Forest
    second: Forest

    def score(self, columns: Mapping[str, Vector], structure: Structure) -> Vector:
        """Return for each run how likely it is the article's: the mean of both opinions, which errs less than either.

        What the first one is sure about is not asked again.
        """
        first = self.first.score(columns, np.arange(len(structure.like)))
        asked = np.flatnonzero(first > SURE_NOT)
        scores = first.copy()
        if len(asked):
            second = self.second.score({**columns, **opinion_features(first, columns["words"], structure)}, asked)
            scores[asked] = (first[asked] + second) / 2
        return scores


def _depth(step: npt.NDArray[np.int32], roots: npt.NDArray[np.int32]) -> int:
    depth, level = 0, np.unique(roots)
    while True:
        following = np.unique(step[level].ravel())
        if np.array_equal(following, level):
            return depth
        depth, level = depth + 1, following


def model_of(content: Mapping[str, Any]) -> BlockModel:
    """Build a model from the content of a model file."""
    forests = (Forest.of(content[part], content[part]["names"], content[part]["base"]) for part in ("first", "second"))
    return BlockModel(content["version"], *forests)


@cache
def load_model(path: Path = MODEL_FILE) -> BlockModel:
    """Read the model file; once a process."""
    return model_of(json.loads(path.read_text()))
