"""Fit the weights by which the canonical of a story is chosen, and print what they reach on families held out.

    python -m benchmarks.dedup_canonical EVAL/dedup/dev [generated …] [--write]

A set is `<name>.jsonl.gz` with `<name>.labels.jsonl.gz` (`family`, `role`). Recipe: find the stories with the weights as they
are, take each story of several documents that holds the original of its main family, and fit a softmax over its members
(the original against the rest) by gradient ascent with an L2 penalty. Five folds, drawn by family with a fixed seed, give the
held-out score; the weights are then fitted on all families, rounded to a tenth and, with --write, written to
`pipeline/dedup/canonical.toml`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from pipeline.dedup import Document, decide, find_duplicates
from pipeline.dedup.canonical import FEATURES, WEIGHTS_FILE, Candidate, choose_canonical, features, read_weights

SEED = 20240229
FOLDS = 5
STEPS = 800
RATE = 0.2
PENALTY = 0.5  # of the squared weights, spread over the stories
Story = tuple[npt.NDArray[np.float64], int, str]
"""Features (members x features), the row of the original, and the family."""


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def stories(name: str) -> list[Story]:
    """Return the stories of a set of which the original is known."""
    labels = {row["id"]: row for row in read(Path(f"{name}.labels.jsonl.gz")) if "family" in row}
    fields = ("id", "url", "site", "title", "text", "published_at")
    documents = [Document(*(row[field] for field in fields)) for row in read(Path(f"{name}.jsonl.gz"))]
    found: list[Story] = []

    def spy(given: Sequence[Document], members: Sequence[Candidate]) -> tuple[int, str]:
        ids = [given[member.number].id for member in members]
        family = Counter(labels[identity]["family"] for identity in ids).most_common(1)[0][0]
        rows = [row for row, i in enumerate(ids) if labels[i]["role"] == "original" and labels[i]["family"] == family]
        if rows:
            found.append((np.array(features(members)), rows[0], family))
        return choose_canonical(given, members)

    with patch.object(decide, "choose_canonical", spy):
        find_duplicates(documents)
    return found


def fit(examples: Sequence[Story]) -> npt.NDArray[np.float64]:
    """Return the weights with the greatest penalised likelihood."""
    weights = np.zeros(len(FEATURES))
    for step in range(STEPS):
        slope = -PENALTY * weights / len(examples)
        for rows, original, _ in examples:
            logits = rows @ weights
            chances = np.exp(logits - logits.max())
            slope += (rows[original] - chances @ rows / chances.sum()) / len(examples)
        weights += slope * (RATE if step >= STEPS // 4 else 2 * RATE)
    return weights


def accuracy(examples: Sequence[Story], weights: npt.NDArray[np.float64]) -> float:
    """Return the share of stories whose original comes out first."""
    return float(np.mean([int(np.argmax(rows @ weights)) == original for rows, original, _ in examples]))


def held_out(examples: Sequence[Story]) -> list[float]:
    """Return the accuracy on each fold of families with weights that were fitted on the others."""
    families = sorted({family for _, _, family in examples})
    random.Random(SEED).shuffle(families)
    scores = []
    for fold in range(FOLDS):
        apart = set(families[fold::FOLDS])
        weights = fit([example for example in examples if example[2] not in apart])
        scores.append(accuracy([example for example in examples if example[2] in apart], weights))
    return scores


def write(weights: Mapping[str, float]) -> None:
    """Write the weights' file, its comments kept."""
    lines = WEIGHTS_FILE.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        name = line.split("=")[0].strip()
        if name in weights:
            comment = line.partition("#")[2]
            lines[number] = f"{name} = {weights[name]}" + (f"  #{comment}" if comment else "")
    WEIGHTS_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Print the scores and the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", help="path of a set without its suffix")
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS_FILE.name}")
    arguments = parser.parse_args()
    examples = [story for name in arguments.sets for story in stories(name)]
    scores = held_out(examples)
    fitted = {name: round(float(value), 1) for name, value in zip(FEATURES, fit(examples), strict=True)}
    stored = read_weights()
    print(f"{len(examples)} stories; held out, {FOLDS} folds: {np.mean(scores):.4f} ({min(scores):.3f} to {max(scores):.3f})")
    print(f"{'weight':12s} {'stored':>7s} {'fitted':>7s}")
    for name in FEATURES:
        print(f"{name:12s} {stored[name]:7.1f} {fitted[name]:7.1f}")
    for title, weights in (("stored", stored), ("fitted", fitted)):
        print(f"all stories, {title} weights: {accuracy(examples, np.array([weights[name] for name in FEATURES])):.4f}")
    if arguments.write:
        write(fitted)


if __name__ == "__main__":
    main()
