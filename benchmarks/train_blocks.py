"""Train the block scorer of `pipeline/extract/scorer.py` and write its model file.

    python benchmarks/train_blocks.py --data ../shared/eval/extraction --output pipeline/extract/block_model.json [--folds 4]

Data: `wcxb` (web-content-extraction-benchmark, CC-BY-4.0) and `n4k` (article-extraction-dataset, Apache-2.0), pages and gold text;
nothing of them is in the model file but split points and leaf values. Needs lightgbm and rapidfuzz beside the project.

Labels: the words of a page's runs are aligned with those of the gold text; a run is the article's when half of it is in the gold,
it does not repeat the title, and it does not stand in the page more often than in the gold. Short runs count only near an aligned
paragraph. The second forest is trained on opinions of the first that were made with the run's host held out.

With `--folds` the figures of a cross-validation with whole hosts held out are printed; nothing is chosen on the training pages.
"""

from __future__ import annotations

import argparse
import bisect
import gzip
import hashlib
import json
import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from rapidfuzz.distance import LCSseq

from pipeline.errors import Reject
from pipeline.extract.blocks import read_blocks
from pipeline.extract.candidates import resiliparse_text
from pipeline.extract.features import PageContext, page_features
from pipeline.extract.metadata import read_metadata
from pipeline.extract.opinions import opinion_features
from pipeline.extract.parse import parse_html
from pipeline.extract.places import structure_of
from pipeline.extract.votes import tokens_of

SETS = ("wcxb", "n4k")
ROUNDS = {"first": 220, "second": 200}
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.07,
    "num_leaves": 24,
    "max_depth": 7,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.2,  # many features say nearly the same; each tree sees some of them
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 3.0,
    "max_bin": 63,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
UNUSED = ("site_share", "trafilatura", "precision", "readability")  # not there, or too dear, when a page is scored
BOILERPLATE_SHARE = 1.0  # of the easy class is enough to learn it
NEAR_RUNS, NEAR_WORDS = 25, 400  # a short run must have an aligned paragraph so near, in the page and in the gold
LONG = 8  # words of such a paragraph


@dataclass
class TrainingPage:
    """A page as the trainer needs it; `second` is the table with the first forest's opinions."""

    host: str
    table: np.ndarray
    words: np.ndarray
    structure: Any
    wanted: np.ndarray
    weight: np.ndarray
    opinion: np.ndarray | None = None
    second: np.ndarray | None = None


def read_lines(path: Path) -> list[str]:
    """Return the lines of a gzipped file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        return file.read().rstrip("\n").split("\n")


def read_page(lines: tuple[str, str]) -> tuple[TrainingPage, list[str]] | None:
    """Return the features and labels of a page, and the names of the columns."""
    source, gold = map(json.loads, lines)
    try:
        root = parse_html(source["html"])
    except Reject:
        return None
    metadata = read_metadata(root, source["url"], source["html"])
    page = read_blocks(root)
    if not page.runs:
        return None
    tokens = [tokens_of(run.text) for run in page.runs]
    structure = structure_of(page)
    context = PageContext(metadata.title or "", metadata.description or "", metadata.article_body or "")
    columns = page_features(page, tokens, structure, context, {"resiliparse": resiliparse_text(source["html"])})
    names = [name for name in columns if not name.startswith(UNUSED)]
    share = gold_share(tokens, [tokens_of(line) for line in gold["text"].split("\n")])
    title = set(tokens_of(gold.get("title") or ""))
    repeats = np.array([bool(title) and len(title & set(words)) >= 0.8 * max(len(title), len(set(words))) for words in tokens])
    wanted = (share >= 0.5) & ~repeats
    table = np.stack([columns[name] for name in names], axis=1).astype(np.float32)
    return TrainingPage(gold["host"], table, columns["words"], structure, wanted, weights(columns["words"], share, wanted)), names


def weights(words: np.ndarray, share: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Long runs weigh more, uncertain labels less, and a page by the root of its size."""
    sure = np.where(wanted, np.clip(share, 0.5, 1), np.clip(1 - share, 0.2, 1))
    weight = (1 + np.sqrt(np.minimum(words, 100))) * sure
    return weight / np.sqrt(weight.sum())


def gold_share(tokens: Sequence[list[str]], gold_lines: Sequence[list[str]]) -> np.ndarray:
    """Return for each run the share of it that is in the gold text, 0 where it only looks so."""
    gold = [word for line in gold_lines for word in line]
    places = split_like(tokens, align([word for words in tokens for word in words], gold))
    shingles = set(zip(gold, gold[1:], gold[2:], strict=False))
    share = np.array([_share(words, place, shingles) for words, place in zip(tokens, places, strict=True)])
    _drop_stray(share, tokens, places, {" ".join(line) for line in gold_lines})
    _drop_repeats(share, tokens, places, " ".join(gold))
    return share


def align(page: list[str], gold: list[str]) -> np.ndarray:
    """Return for each word of the page its place in the gold text along their longest common subsequence, or -1."""
    place = np.full(len(page), -1)
    for op in LCSseq.opcodes(page, gold):
        if op.tag == "equal":
            place[op.src_start : op.src_end] = np.arange(op.dest_start, op.dest_end)
    return place


def split_like(tokens: Sequence[list[str]], values: np.ndarray) -> list[np.ndarray]:
    """Cut an array into the runs' pieces."""
    return np.split(values, np.cumsum([len(words) for words in tokens])[:-1])


def _share(words: list[str], place: np.ndarray, shingles: set[tuple[str, str, str]]) -> float:
    if len(words) >= 4:
        return sum(shingle in shingles for shingle in zip(words, words[1:], words[2:], strict=False)) / (len(words) - 2)
    found = place[place >= 0]
    return 0.9 if len(words) and len(found) == len(words) and found[-1] - found[0] == len(words) - 1 else 0.0


def _drop_stray(share: np.ndarray, tokens: Sequence[list[str]], places: list[np.ndarray], gold_lines: set[str]) -> None:
    """A short run is the article's only beside a paragraph of the article: menus use the words of every text."""
    found_at = [place[place >= 0] for place in places]
    long = [i for i, words in enumerate(tokens) if len(words) >= LONG and share[i] >= 0.5 and len(found_at[i])]
    anchors = [(i, int(np.median(found_at[i]))) for i in long]
    rows = [i for i, _ in anchors]
    for i, words in enumerate(tokens):
        if share[i] > 0 and len(words) < LONG:
            at = bisect.bisect(rows, i)
            around = [anchors[j] for j in (at - 1, at) if 0 <= j < len(anchors) and abs(rows[j] - i) <= NEAR_RUNS]
            found = places[i][places[i] >= 0]
            whole_line = len(words) >= 4 and " ".join(words) in gold_lines
            if not any(whole_line or (len(found) and abs(place - found[0]) <= NEAR_WORDS) for _, place in around):
                share[i] = 0.0


def _drop_repeats(share: np.ndarray, tokens: Sequence[list[str]], places: list[np.ndarray], gold: str) -> None:
    """Of a text that stands in the page more often than in the gold, the copies that are aligned count."""
    same = defaultdict(list)
    for i in np.flatnonzero(share >= 0.5):
        same[" ".join(tokens[i])].append(i)
    for text, rows in same.items():
        if len(rows) > 1:
            allowed = max(1, f" {gold} ".count(f" {text} "))
            rows.sort(key=lambda i: -int((places[i] >= 0).sum()))
            share[rows[allowed:]] = 0.0


def fold_of(page: TrainingPage, folds: int) -> int:
    """Return the fold of a page: that of its host."""
    return int(hashlib.sha256(page.host.encode()).hexdigest(), 16) % folds


def fit(pages: Sequence[TrainingPage], tables: Sequence[np.ndarray], part: str) -> lightgbm.Booster:
    """Train one forest."""
    x, y = np.concatenate(tables), np.concatenate([page.wanted for page in pages])
    weight = np.concatenate([page.weight for page in pages])
    keep = y | (np.random.default_rng(0).random(len(y)) < BOILERPLATE_SHARE)
    weight = np.where(y, weight, weight / BOILERPLATE_SHARE)
    data = lightgbm.Dataset(x[keep], y[keep], weight=(weight / weight.mean())[keep])
    return lightgbm.train(PARAMETERS, data, ROUNDS[part])


def add_opinions(pages: Sequence[TrainingPage], folds: int) -> list[str]:
    """Give each page the first forest's opinion, made without its host, and the columns that follow from it."""
    for fold in range(folds):
        inside = [page for page in pages if fold_of(page, folds) != fold]
        booster = fit(inside, [page.table for page in inside], "first")
        for page in pages:
            if fold_of(page, folds) == fold:
                page.opinion = booster.predict(page.table).astype(np.float32)
    names: list[str] = []
    for page in pages:
        assert page.opinion is not None
        columns = opinion_features(page.opinion, page.words, page.structure)
        names = list(columns)
        page.second = np.concatenate([page.table, np.stack(list(columns.values()), axis=1)], axis=1)
    return names


def export(booster: lightgbm.Booster, names: Sequence[str]) -> dict[str, Any]:
    """Return a forest as the lists that `Forest.of` reads, with the columns it uses."""
    used = [name for name, gain in zip(names, booster.feature_importance("gain"), strict=True) if gain > 0]
    numbers = {names.index(name): number for number, name in enumerate(used)}
    forest: dict[str, Any] = {"names": used, "base": 0.0, "roots": [], "feature": [], "threshold": [], "right": []}
    for tree in booster.dump_model()["tree_info"]:
        forest["roots"].append(len(forest["feature"]))
        _export_node(tree["tree_structure"], numbers, forest)
    return forest


def _export_node(node: dict[str, Any], numbers: dict[int, int], forest: dict[str, Any]) -> None:
    at = len(forest["feature"])
    leaf = "leaf_value" in node
    forest["feature"].append(-1 if leaf else numbers[node["split_feature"]])
    forest["threshold"].append(float(f"{node['leaf_value']:.4f}" if leaf else f"{node['threshold']:.6g}"))
    forest["right"].append(at)
    if not leaf:
        _export_node(node["left_child"], numbers, forest)
        forest["right"][at] = len(forest["feature"])
        _export_node(node["right_child"], numbers, forest)


def report(pages: Sequence[TrainingPage], scores: Sequence[np.ndarray]) -> Iterator[str]:
    """Yield the share of words that are kept rightly, at some thresholds."""
    for threshold in (0.4, 0.5, 0.6):
        counts: Counter[str] = Counter()
        for page, score in zip(pages, scores, strict=True):
            kept = score > threshold
            counts["right"] += page.words[kept & page.wanted].sum()
            counts["kept"] += page.words[kept].sum()
            counts["wanted"] += page.words[page.wanted].sum()
        precision, recall = counts["right"] / counts["kept"], counts["right"] / counts["wanted"]
        yield f"threshold {threshold}: precision {precision:.4f}, recall {recall:.4f} of words"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=4)
    arguments = parser.parse_args()
    jobs = [
        pair
        for name in SETS
        for pair in zip(*(read_lines(arguments.data / f"{name}{kind}.jsonl.gz") for kind in ("", ".gold")), strict=True)
    ]
    with multiprocessing.Pool() as pool:
        read = [result for result in pool.imap(read_page, jobs, chunksize=4) if result is not None]
    pages, names = [page for page, _ in read], read[0][1]
    opinion_names = add_opinions(pages, arguments.folds)
    tables = [page.second for page in pages if page.second is not None]
    scores: list[np.ndarray] = [np.zeros(0)] * len(pages)
    for fold in range(arguments.folds):
        inside = [i for i, page in enumerate(pages) if fold_of(page, arguments.folds) != fold]
        booster = fit([pages[i] for i in inside], [tables[i] for i in inside], "second")
        for i, page in enumerate(pages):
            if fold_of(page, arguments.folds) == fold:
                scores[i] = booster.predict(tables[i])
    print("\n".join(report(pages, scores)))
    first = export(fit(pages, [page.table for page in pages], "first"), names)
    second = export(fit(pages, tables, "second"), names + opinion_names)
    content = {"version": "blocks-1", "first": first, "second": second}
    arguments.output.write_text(json.dumps(content, separators=(",", ":")).replace('],"', '],\n"') + "\n")


if __name__ == "__main__":
    main()
