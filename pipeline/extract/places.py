"""What a run's place in the tree says: the names around it, what its containers hold, and the runs that look like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.extract.blocks import PageBlocks
from pipeline.extract.class_words import BITS, NAMES
from pipeline.extract.columns import LONG_RUN, Indices, Vector

KINDS = ("heading", "list_item", "quote", "caption", "table", "code")
LEVELS = 4  # how many enclosing containers are described


@dataclass(frozen=True, slots=True)
class Structure:
    """The sets of runs that belong together: `levels` are the containers around each run (own, parent, …), then look-alikes."""

    levels: tuple[Indices, ...]
    like: Indices
    sibling: Indices

    def groups(self) -> dict[str, Indices]:
        """Return each way of grouping the page's runs, by name."""
        return {f"level{i}": level for i, level in enumerate(self.levels)} | {"like": self.like, "sibling": self.sibling}


def structure_of(page: PageBlocks) -> Structure:
    """Return which runs of a page belong together: same container, same names for three steps up, same parent and tag."""
    parents = np.array([max(0, c.parent) for c in page.containers], dtype=np.intp)
    levels = [np.array([run.container for run in page.runs], dtype=np.intp)]
    for _ in range(LEVELS - 1):
        levels.append(parents[levels[-1]])
    names = [c.name for c in page.containers]
    like = _numbered((names[a], names[b], names[c]) for a, b, c in zip(*levels[:3], strict=True))
    sibling = _numbered((int(b), page.containers[a].tag) for a, b in zip(*levels[:2], strict=True))
    return Structure(tuple(levels), like, sibling)


def _numbered(keys: Iterable[object]) -> Indices:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def place_features(page: PageBlocks, tokens: Sequence[Sequence[str]], structure: Structure) -> dict[str, Vector]:
    """Return the columns that a run's place in the tree gives: names around it, what its containers hold, its like."""
    parents = np.array([max(0, c.parent) for c in page.containers], dtype=np.intp)
    columns = _mask_features(page, structure)
    columns |= _container_features(page, structure, parents, tokens)
    columns |= _group_features(page, structure, tokens)
    columns |= _sequel_features(page, structure, tokens)
    columns["depth"] = np.array([page.containers[c].depth for c in structure.levels[0]], dtype=np.float32)
    for kind in KINDS:
        columns[f"kind_{kind}"] = np.array([run.kind == kind for run in page.runs], dtype=np.float32)
    return columns


def _mask_features(page: PageBlocks, structure: Structure) -> dict[str, Vector]:
    """Names of the innermost container, of the three innermost, and of all further out, as 0/1 columns."""
    masks = np.array([c.mask for c in page.containers], dtype=np.int64)
    above = np.array([c.mask_above for c in page.containers], dtype=np.int64)
    own, second, third = structure.levels[:3]
    near = masks[own] | masks[second] | masks[third]
    far = above[third]
    bits = np.arange(BITS)
    near_bits = ((near[:, None] >> bits) & 1).astype(np.float32)
    far_bits = ((far[:, None] >> bits) & 1).astype(np.float32)
    own_bits = ((masks[own][:, None] >> bits) & 1).astype(np.float32)
    return (
        {f"own_{name}": own_bits[:, i] for i, name in enumerate(NAMES)}
        | {f"near_{name}": near_bits[:, i] for i, name in enumerate(NAMES)}
        | {f"far_{name}": far_bits[:, i] for i, name in enumerate(NAMES)}
    )


def _container_features(
    page: PageBlocks, structure: Structure, parents: Indices, tokens: Sequence[Sequence[str]]
) -> dict[str, Vector]:
    """What the containers around a run hold: text, links, long runs; and how near it is to the one that holds the most prose."""
    sums = np.zeros((len(page.containers), 5), dtype=np.float64)  # characters, in links, runs, long runs, words in long runs
    prose = np.zeros(len(page.containers), dtype=np.float64)
    for run, words in zip(page.runs, tokens, strict=True):
        long = len(words) >= LONG_RUN and 2 * run.link_chars < len(run.text)
        sums[run.container] += (len(run.text), run.link_chars, 1, long, len(words) if long else 0)
        if long:
            worth = 1 + min(len(run.text) / 100, 3.0)
            parent = parents[run.container]
            prose[run.container] += worth
            prose[parent] += worth
            prose[parents[parent]] += worth / 2
    rows = sums.tolist()
    for index in range(len(rows) - 1, 0, -1):  # children come after their parent: one backward pass sums the tree
        row, up = rows[index], rows[page.containers[index].parent]
        for column in range(5):
            up[column] += row[column]
    totals = np.array(rows, dtype=np.float64)
    prose *= 1 - totals[:, 1] / np.maximum(1, totals[:, 0])
    best_above = prose.copy()
    for index in range(1, len(prose)):
        best_above[index] = max(best_above[index], best_above[parents[index]])
    top = float(prose.max(initial=0.0)) or 1.0
    own = structure.levels[0]
    columns = {"prose_own": prose[own] / top, "prose_parent": prose[parents[own]] / top, "prose_best": best_above[own] / top}
    columns["in_best"] = _inside(int(prose.argmax()), parents)[own] if len(prose) else np.zeros(0)
    everything = np.maximum(1, totals[0])
    for level, containers in enumerate(structure.levels):
        here = totals[containers]
        columns[f"level{level}_chars"] = np.log1p(here[:, 0])
        columns[f"level{level}_share"] = here[:, 0] / everything[0]
        columns[f"level{level}_links"] = here[:, 1] / np.maximum(1, here[:, 0])
        columns[f"level{level}_runs"] = here[:, 2]
        columns[f"level{level}_long"] = here[:, 3] / np.maximum(1, here[:, 2])
        columns[f"level{level}_prose"] = here[:, 4] / everything[4]
    return {name: column.astype(np.float32) for name, column in columns.items()}


def _inside(container: int, parents: Indices) -> npt.NDArray[np.float64]:
    """Return 1 for the container and all under it."""
    inside = [False] * len(parents)
    inside[container] = True
    for index in range(container + 1, len(parents)):
        inside[index] = inside[parents[index]]
    return np.array(inside, dtype=np.float64)


def _group_features(page: PageBlocks, structure: Structure, tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """What the runs hold that look alike, and those with the same parent and tag; how often the same text stands in the page."""
    columns: dict[str, Vector] = {}
    lengths = np.array([len(words) for words in tokens], dtype=np.float64)
    link = np.array([run.link_chars / len(run.text) for run in page.runs], dtype=np.float64)
    for label, group in (("like", structure.like), ("sibling", structure.sibling)):
        count = np.bincount(group, minlength=1)
        words = np.bincount(group, weights=lengths, minlength=1)
        columns[f"{label}_count"] = count[group].astype(np.float32)
        columns[f"{label}_words"] = (words[group] / max(1.0, lengths.sum())).astype(np.float32)
        columns[f"{label}_mean"] = (words[group] / count[group]).astype(np.float32)
        columns[f"{label}_links"] = (np.bincount(group, weights=link, minlength=1)[group] / count[group]).astype(np.float32)
    texts = [" ".join(words) for words in tokens]
    repeats = Counter(texts)
    columns["repeats"] = np.array([repeats[text] for text in texts], dtype=np.float32)
    return columns


def _sequel_features(page: PageBlocks, structure: Structure, tokens: Sequence[Sequence[str]]) -> dict[str, Vector]:
    """How many parts of the same make, each with prose, came before a run's: an endless page goes on with the next article.

    For the containers one to three steps up: the rank among their namesakes with prose, and the namesakes' number; the same for
    the outermost <article>; and the top headings before the run.
    """
    long = np.array(
        [len(words) >= LONG_RUN and 2 * run.link_chars < len(run.text) for run, words in zip(page.runs, tokens, strict=True)]
    )
    columns: dict[str, Vector] = {}
    for level in range(1, LEVELS):
        keys = [page.containers[c].name for c in structure.levels[level]]
        columns |= _ranks(f"twin{level}", structure.levels[level].tolist(), keys, long)
    articles = _outermost(page, "article")
    own = [articles[c] for c in structure.levels[0]]
    columns |= _ranks("article", own, ["article" if c >= 0 else "" for c in own], long)
    top = np.array([run.tag == "h1" and len(words) > 3 for run, words in zip(page.runs, tokens, strict=True)], dtype=np.float32)
    columns["h1_before"] = np.cumsum(top, dtype=np.float32)
    columns["h1_count"] = np.full(len(tokens), top.sum(dtype=np.float32))
    columns["in_article"] = np.array([c >= 0 for c in own], dtype=np.float32)
    return columns


def _outermost(page: PageBlocks, tag: str) -> list[int]:
    """Return for each container the outermost one of that tag around it, itself included; -1 where there is none."""
    found = [-1] * len(page.containers)
    for index, container in enumerate(page.containers):
        above = found[container.parent] if container.parent >= 0 else -1
        found[index] = above if above >= 0 else (index if container.tag == tag else -1)
    return found


def _ranks(name: str, containers: Sequence[int], keys: Sequence[str], long: npt.NDArray[np.bool_]) -> dict[str, Vector]:
    """Number the containers that share a key and hold prose by their first prose; runs of others take the last number."""
    seen: dict[str, dict[int, int]] = {}
    rank = np.zeros(len(containers), dtype=np.float32)
    for position, (container, key) in enumerate(zip(containers, keys, strict=True)):
        numbers = seen.setdefault(key, {})
        if long[position]:
            numbers.setdefault(container, len(numbers))
        rank[position] = numbers.get(container, len(numbers))
    total = np.array([len(seen[key]) for key in keys], dtype=np.float32)
    return {f"{name}_rank": rank, f"{name}_total": total}
