"""What a run's place in the tree says: the names around it, what its containers hold, and the runs that look like it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.extract.class_words import BITS, NAMES
from pipeline.extract.columns import LONG_RUN, Indices, Vector
from pipeline.extract.layout import PageBlocks

Floats = npt.NDArray[np.float64]

KINDS = ("heading", "list_item", "quote", "caption", "table", "code")
LEVELS = 4  # how many enclosing containers are described


@dataclass(frozen=True, slots=True)
class Structure:
    """The sets of runs that belong together: `levels` are the containers around each run (own, parent, …), then look-alikes.

    `parents` holds each container's parent; the root is its own.
    """

    parents: Indices
    levels: tuple[Indices, ...]
    like: Indices
    sibling: Indices

    def groups(self) -> dict[str, Indices]:
        """Return each way of grouping the page's runs, by name."""
        return {f"level{i}": level for i, level in enumerate(self.levels)} | {"like": self.like, "sibling": self.sibling}


def structure_of(page: PageBlocks) -> Structure:
    """Return which runs of a page belong together: same container, same names for three steps up, same parent and tag."""
    parents = np.array([c.parent for c in page.containers], dtype=np.intp).clip(0)
    levels = [np.array([run.container for run in page.runs], dtype=np.intp)]
    for _ in range(LEVELS - 1):
        levels.append(parents[levels[-1]])
    names = [c.name for c in page.containers]
    like = _numbered((names[a], names[b], names[c]) for a, b, c in zip(*levels[:3], strict=True))
    sibling = _numbered((int(b), page.containers[a].tag) for a, b in zip(*levels[:2], strict=True))
    return Structure(parents, tuple(levels), like, sibling)


def inside(structure: Structure, container: int) -> npt.NDArray[np.bool_]:
    """Say of each run whether it stands in a container; those under it are numbered in a row."""
    end = container + 1
    while end < len(structure.parents) and structure.parents[end] >= container:
        end += 1
    own = structure.levels[0]
    return (own >= container) & (own < end)


def _numbered(keys: Iterable[object]) -> Indices:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def place_features(page: PageBlocks, tokens: Sequence[Sequence[str]], structure: Structure) -> dict[str, Vector]:
    """Return the columns that a run's place in the tree gives: names around it, what its containers hold, its like."""
    sizes = _Sizes.of(page, tokens)
    columns = _mask_features(page, structure)
    columns |= _container_features(structure, sizes)
    columns |= _group_features(structure, sizes, tokens)
    columns |= _sequel_features(page, structure, sizes)
    columns["depth"] = np.array([page.containers[c].depth for c in structure.levels[0]], dtype=np.float32)
    for kind in KINDS:
        columns[f"kind_{kind}"] = np.array([run.kind == kind for run in page.runs], dtype=np.float32)
    return columns


@dataclass(frozen=True, slots=True)
class _Sizes:
    """For each run: characters, those in links, words, and whether it is long and mostly not links, which is prose."""

    chars: Floats
    link_chars: Floats
    words: Floats
    long: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, page: PageBlocks, tokens: Sequence[Sequence[str]]) -> _Sizes:
        chars = np.array([len(run.text) for run in page.runs], dtype=np.float64)
        link_chars = np.array([run.link_chars for run in page.runs], dtype=np.float64)
        words = np.array([len(words) for words in tokens], dtype=np.float64)
        return cls(chars, link_chars, words, (words >= LONG_RUN) & (2 * link_chars < chars))


def _mask_features(page: PageBlocks, structure: Structure) -> dict[str, Vector]:
    """Names of the innermost container, of the three innermost, and of all further out, as 0/1 columns."""
    masks = np.array([c.mask for c in page.containers], dtype=np.int64)
    above = np.array([c.mask_above for c in page.containers], dtype=np.int64)
    own, second, third = structure.levels[:3]
    near = masks[own] | masks[second] | masks[third]
    far = above[third]
    around = {"own": masks[own], "near": near, "far": far}
    bits = {where: (mask >> np.arange(BITS)[:, None] & 1).astype(np.float32) for where, mask in around.items()}
    return {f"{where}_{name}": column for where, rows in bits.items() for name, column in zip(NAMES, rows, strict=True)}


def _container_features(structure: Structure, sizes: _Sizes) -> dict[str, Vector]:
    """What the containers around a run hold: text, links, long runs; and how near it is to the one that holds the most prose."""
    parents = structure.parents
    count, own = len(parents), structure.levels[0]
    long = sizes.long
    weights = (sizes.chars, sizes.link_chars, np.ones(len(long)), long.astype(np.float64), sizes.words * long)
    ends = _subtree_ends(parents)
    totals = [_subtree_sums(_summed(own, weight, count), ends) for weight in weights]
    worth = np.where(long, 1 + np.minimum(sizes.chars / 100, 3.0), 0.0)
    prose = _summed(own, worth, count) + _summed(parents[own], worth, count) + _summed(parents[parents[own]], worth / 2, count)
    prose = prose * (1 - totals[1] / np.maximum(1, totals[0]))
    best = int(prose.argmax())
    top = float(prose[best]) or 1.0
    columns = {"prose_own": prose[own] / top, "prose_parent": prose[parents[own]] / top}
    columns["prose_best"] = _best_above(prose, parents)[own] / top
    columns["in_best"] = (own >= best) & (own < ends[best])
    for level, containers in enumerate(structure.levels):
        chars, links, runs, longs, long_words = (total[containers] for total in totals)
        columns[f"level{level}_chars"] = np.log1p(chars)
        columns[f"level{level}_share"] = chars / max(1.0, totals[0][0])
        columns[f"level{level}_links"] = links / np.maximum(1, chars)
        columns[f"level{level}_runs"] = runs
        columns[f"level{level}_long"] = longs / np.maximum(1, runs)
        columns[f"level{level}_prose"] = long_words / max(1.0, totals[4][0])
    return {name: column.astype(np.float32) for name, column in columns.items()}


def _summed(groups: Indices, values: Floats, count: int) -> Floats:
    """Return for each of `count` groups the sum of its values."""
    return np.bincount(groups, weights=values, minlength=count).astype(np.float64)


def _subtree_ends(parents: Indices) -> Indices:
    """Return for each container the number behind its last descendant: containers are numbered in document order."""
    above, ends = parents.tolist(), list(range(1, len(parents) + 1))
    for index in range(len(ends) - 1, 0, -1):
        if ends[index] > ends[above[index]]:
            ends[above[index]] = ends[index]
    return np.array(ends, dtype=np.intp)


def _subtree_sums(values: Floats, ends: Indices) -> Floats:
    """Return for each container the sum over itself and all under it."""
    passed = np.concatenate([[0.0], np.cumsum(values)])
    sums: Floats = passed[ends] - passed[:-1]
    return sums


def _best_above(values: Floats, parents: Indices) -> Floats:
    """Return for each container the greatest value of itself and all around it."""
    best, above = values.tolist(), parents.tolist()
    for index in range(1, len(best)):
        if best[above[index]] > best[index]:
            best[index] = best[above[index]]
    return np.array(best, dtype=np.float64)


def _group_features(structure: Structure, sizes: _Sizes, tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """What the runs hold that look alike, and those with the same parent and tag; how often the same text stands in the page."""
    columns: dict[str, Vector] = {}
    link = sizes.link_chars / sizes.chars
    for label, group in (("like", structure.like), ("sibling", structure.sibling)):
        count = np.bincount(group, minlength=1)
        words = np.bincount(group, weights=sizes.words, minlength=1)
        columns[f"{label}_count"] = count[group].astype(np.float32)
        columns[f"{label}_words"] = (words[group] / max(1.0, sizes.words.sum())).astype(np.float32)
        columns[f"{label}_mean"] = (words[group] / count[group]).astype(np.float32)
        columns[f"{label}_links"] = (np.bincount(group, weights=link, minlength=1)[group] / count[group]).astype(np.float32)
    texts = [" ".join(words) for words in tokens]
    repeats = Counter(texts)
    columns["repeats"] = np.array([repeats[text] for text in texts], dtype=np.float32)
    return columns


def _sequel_features(page: PageBlocks, structure: Structure, sizes: _Sizes) -> dict[str, Vector]:
    """How many parts of the same make, each with prose, came before a run's: an endless page goes on with the next article.

    For the containers one to three steps up: the rank among their namesakes with prose, and the namesakes' number; the same for
    the outermost <article>; and the top headings before the run.
    """
    long = sizes.long.tolist()
    columns: dict[str, Vector] = {}
    for level in range(1, LEVELS):
        containers = structure.levels[level].tolist()
        columns |= _ranks(f"twin{level}", containers, [page.containers[c].name for c in containers], long)
    articles = _outermost(page, "article")
    own = [articles[c] for c in structure.levels[0].tolist()]
    columns |= _ranks("article", own, ["article" if c >= 0 else "" for c in own], long)
    top = np.array([run.tag == "h1" for run in page.runs]) & (sizes.words > 3)
    columns["h1_before"] = np.cumsum(top, dtype=np.float32)
    columns["h1_count"] = np.full(len(long), top.sum(dtype=np.float32))
    columns["in_article"] = np.array([c >= 0 for c in own], dtype=np.float32)
    return columns


def _outermost(page: PageBlocks, tag: str) -> list[int]:
    """Return for each container the outermost one of that tag around it, itself included; -1 where there is none."""
    found = [-1] * len(page.containers)
    for index, container in enumerate(page.containers):
        above = found[container.parent] if container.parent >= 0 else -1
        found[index] = above if above >= 0 else (index if container.tag == tag else -1)
    return found


def _ranks(name: str, containers: Sequence[int], keys: Sequence[str], long: Sequence[bool]) -> dict[str, Vector]:
    """Number the containers that share a key and hold prose by their first prose; runs of others take the last number."""
    seen: dict[str, dict[int, int]] = defaultdict(dict)
    ranks = []
    for container, key, is_long in zip(containers, keys, long, strict=True):
        numbers = seen[key]
        ranks.append(numbers.setdefault(container, len(numbers)) if is_long else numbers.get(container, len(numbers)))
    totals = [len(seen[key]) for key in keys]
    return {f"{name}_rank": np.array(ranks, dtype=np.float32), f"{name}_total": np.array(totals, dtype=np.float32)}
