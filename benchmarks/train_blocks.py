"""Train the block scorer of `pipeline/extract/scorer.py` and write its model file.

    python -m benchmarks.train_blocks --data EVAL/extraction [--output pipeline/extract/block_model.json] [--folds 3]

Data: `wcxb` (web-content-extraction-benchmark, CC-BY-4.0) and `n4k` (article-extraction-dataset, Apache-2.0), pages and gold text;
nothing of them is in the model file but split points and leaf values. Needs lightgbm and rapidfuzz beside the project.

Labels: the words of a page's runs are aligned with those of the gold text; a run is the article's when half of it is in the gold,
it does not repeat the title, and it does not stand in the page more often than in the gold. Short runs count only near an aligned
paragraph. The second forest is trained on opinions of the first that were made with the run's host held out.

Each page is learned from twice: as it is, and without the names and tags that older pages lack, so that the forests do not lean on
them alone. Then the figures of the whole of `clean`, site lines included, are printed: of both sets with whole hosts held out, and
of the sets that are never trained on with the model of all hosts. Without `--output` nothing is written: that measures the code as
it is. The same data and versions of the libraries give the same file.
"""

from __future__ import annotations

import argparse
import bisect
import gzip
import hashlib
import json
import multiprocessing
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm
import lxml.html
import numpy as np
from lxml import etree
from rapidfuzz.distance import LCSseq

from benchmarks.cleaning import FIELDS, score
from pipeline.clean import label_with, learn_site_lines, template_lines
from pipeline.clean.site import MIN_STORIES
from pipeline.errors import Reject
from pipeline.extract.blocks import read_blocks
from pipeline.extract.candidates import resiliparse_text
from pipeline.extract.features import PageContext, page_features
from pipeline.extract.metadata import read_metadata
from pipeline.extract.opinions import opinion_features
from pipeline.extract.page import PageInput, extract
from pipeline.extract.parse import parse_html
from pipeline.extract.places import Structure, structure_of
from pipeline.extract.scorer import Forest, model_of
from pipeline.extract.votes import tokens_of
from pipeline.records import Article
from pipeline.urls import site_of

SETS = ("wcxb", "n4k")
UNSEEN = ("dragnet", "l3s", "big9")
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
VERSION = "blocks-2"
VARIANT_WEIGHT = 0.4  # of a page's plainer variant against the page itself
BOILERPLATE_SHARE = 0.4  # of a variant's boilerplate is enough to learn it
SPEAKING_TAGS = frozenset(("article", "main", "section", "aside", "nav", "header", "footer", "figure", "figcaption"))
ONE_RUN = structure_of(read_blocks(parse_html("<p>x</p>")))
OPINION_NAMES = list(opinion_features(np.zeros(1, np.float32), np.ones(1, np.float32), ONE_RUN))
NEAR_RUNS, NEAR_WORDS = 25, 400  # a short run must have an aligned paragraph so near, in the page and in the gold
LONG = 8  # words of such a paragraph


@dataclass
class TrainingPage:
    """A page, or a plainer variant of it, as the trainer needs it; `second` is the table with the first forest's opinions."""

    host: str
    table: np.ndarray
    words: np.ndarray
    structure: Structure
    wanted: np.ndarray
    weight: np.ndarray
    variant: bool
    second: np.ndarray = field(init=False)


def read_lines(path: Path) -> list[str]:
    """Return the lines of a gzipped file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        return file.read().rstrip("\n").split("\n")


def read_page(lines: tuple[str, str]) -> list[tuple[TrainingPage, list[str]]]:
    """Return the features and labels of a page and of its variant, each with the names of the columns."""
    source, gold = map(json.loads, lines)
    try:
        root = parse_html(source["html"])
    except Reject:
        return []
    metadata = read_metadata(root, source["url"], source["html"])
    context = PageContext(metadata.title or "", metadata.description or "", metadata.article_body or "")
    found = [training_page(root, source["html"], context, gold, variant=False)]
    plain_markup(root, breaks=digest(source["id"]) % 2 == 0)
    html = lxml.html.tostring(root, encoding="unicode")
    found.append(training_page(parse_html(html), html, context, gold, variant=True))
    return [page for page in found if page is not None]


def plain_markup(root: lxml.html.HtmlElement, *, breaks: bool) -> None:
    """Take from a page what older pages lack: speaking names and tags; with `breaks` paragraphs too, for lines between <br>."""
    for element in root.iter(etree.Element):
        for name in ("class", "id", "role", "itemprop"):
            element.attrib.pop(name, None)
        if element.tag in SPEAKING_TAGS:
            element.tag = "div"
    for paragraph in list(root.iter("p")) if breaks else []:
        paragraph.tag = "span"
        for _ in range(2):
            line_break = lxml.html.Element("br")
            paragraph.addnext(line_break)  # takes the tail along
            line_break.tail, paragraph.tail = paragraph.tail, None


def training_page(
    root: lxml.html.HtmlElement, html: str, context: PageContext, gold: dict[str, Any], *, variant: bool
) -> tuple[TrainingPage, list[str]] | None:
    """Return the features and labels of a parsed page; None when it shows no text."""
    page = read_blocks(root)
    if not page.runs:
        return None
    tokens = [tokens_of(run.text) for run in page.runs]
    structure = structure_of(page)
    columns = page_features(page, tokens, structure, context, resiliparse_text(html, root))
    share = gold_share(tokens, [tokens_of(line) for line in gold["text"].split("\n")])
    title = set(tokens_of(gold.get("title") or ""))
    repeats = np.array([bool(title) and len(title & set(words)) >= 0.8 * max(len(title), len(set(words))) for words in tokens])
    wanted = (share >= 0.5) & ~repeats
    weight = weights(columns["words"], share, wanted) * (VARIANT_WEIGHT if variant else 1.0)
    table = np.stack(list(columns.values()), axis=1).astype(np.float32)
    return TrainingPage(gold["host"], table, columns["words"], structure, wanted, weight, variant), list(columns)


def weights(words: np.ndarray, share: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Long runs weigh more, uncertain labels less, and a page by the root of its size."""
    sure = np.where(wanted, np.clip(share, 0.5, 1), np.clip(1 - share, 0.2, 1))
    weight = (1 + np.sqrt(np.minimum(words, 100))) * sure
    scaled: np.ndarray = weight / np.sqrt(weight.sum())
    return scaled


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
    for i in np.flatnonzero(share >= 0.5).tolist():
        same[" ".join(tokens[i])].append(i)
    for text, rows in same.items():
        if len(rows) > 1:
            allowed = max(1, f" {gold} ".count(f" {text} "))
            rows.sort(key=lambda i: -int((places[i] >= 0).sum()))
            share[rows[allowed:]] = 0.0


def digest(text: str) -> int:
    """Return a number that is the same in every run."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def fold_of(page: TrainingPage, folds: int) -> int:
    """Return the fold of a page: that of its host."""
    return digest(page.host) % folds


# What the trainers' processes share; they are forked when it is filled.
PAGES: list[TrainingPage] = []
NAMES: list[str] = []


def fit(job: tuple[str, int, int]) -> dict[str, Any]:
    """Return a forest ("first" or "second") as the model file has it, trained without the hosts of one fold (-1: with all)."""
    part, without, folds = job
    pages = [page for page in PAGES if fold_of(page, folds) != without]
    tables = [page.second if part == "second" else page.table for page in pages]
    y = np.concatenate([page.wanted for page in pages])
    weight = np.concatenate([page.weight for page in pages])
    variant = np.concatenate([np.full(len(page.wanted), page.variant) for page in pages])
    thin = variant & ~y
    keep = ~thin | (np.random.default_rng(0).random(len(y)) < BOILERPLATE_SHARE)
    weight = np.where(thin, weight / BOILERPLATE_SHARE, weight)[keep]
    data = lightgbm.Dataset(np.concatenate(tables)[keep], y[keep], weight=weight / weight.mean())
    names = NAMES + (OPINION_NAMES if part == "second" else [])
    return export(lightgbm.train(PARAMETERS, data, ROUNDS[part]), names)


def add_opinions(forests: Sequence[dict[str, Any]]) -> None:
    """Give each page the first forest's opinion, made without its host, and the columns that follow from it."""
    compiled = [Forest.of(forest, forest["names"], forest["base"]) for forest in forests]
    for page in PAGES:
        columns = {name: page.table[:, number] for number, name in enumerate(NAMES)}
        opinion = compiled[fold_of(page, len(forests))].score(columns, np.arange(len(page.words)))
        page.second = np.concatenate(
            [page.table, np.stack(list(opinion_features(opinion, page.words, page.structure).values()), axis=1)], axis=1
        )


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


def extracted(job: tuple[str, dict[str, Any]]) -> Article | Reject:
    """Return the article of a page, extracted with a model that has not seen its host."""
    line, model = job
    page = json.loads(line)
    try:
        return extract(PageInput(page["url"], "bench", site_of(page["url"]), page["html"], kind="html"), model_of(model))
    except Reject as reject:
        return reject


def cleaned(pages: Sequence[str], articles: Sequence[Article | Reject]) -> list[str]:
    """Return the output lines of a set, each site's own lines learned from its pages as `clean` does."""
    sites: dict[str, list[Article]] = defaultdict(list)
    for article in articles:
        if isinstance(article, Article) and article.page_kind == "article":
            sites[article.site].append(article)
    templates = {
        site: template_lines(learn_site_lines(group, (), ""), site) for site, group in sites.items() if len(group) >= MIN_STORIES
    }
    return [
        output_line(json.loads(page), article, templates.get(getattr(article, "site", ""), frozenset()))
        for page, article in zip(pages, articles, strict=True)
    ]


def output_line(page: dict[str, str], article: Article | Reject, templates: frozenset[str]) -> str:
    """Return what `clean` writes of a page."""
    found: dict[str, Any]
    if isinstance(article, Reject):
        found = {"error": {"code": article.code, "message": ""}}
    else:
        article = label_with(article, templates)
        found = {"title": article.title, "text": article.text, "authors": list(article.authors), "page_kind": article.page_kind}
        found["published_at"] = article.published_at
    return json.dumps({"id": page["id"], "url": page["url"]} | FIELDS | found)


def figures(name: str, pairs: Sequence[tuple[str, str]], models: Sequence[dict[str, Any]], scorer: Path) -> str:
    """Return the scorer's figures of a set; with several models, each cleans the hosts that it was trained without."""
    pages, gold = [page for page, _ in pairs], [line for _, line in pairs]
    folds = [digest(json.loads(line)["host"]) % len(models) for line in gold]
    with multiprocessing.Pool() as pool:
        articles = pool.map(extracted, [(page, models[fold]) for page, fold in zip(pages, folds, strict=True)], chunksize=8)
    found = score(scorer, gold, cleaned(pages, articles), peer=False)
    return (
        f"{name}, {'hosts held out' if len(models) > 1 else 'never trained on'}: AEB F1 {found['aeb_f1']:.4f}, "
        f"exact {found['accuracy']:.3f}, word F1 {found['word_f1']:.4f}, leaks {found['leak_pages'] / found['n']:.1%}, "
        f"damaged {found['damaged_pages']}, empty {found['empty']} of {found['n']}"
    )


def read_set(data: Path, name: str) -> list[tuple[str, str]]:
    """Return the pages of a set, each with its gold."""
    return list(zip(*(read_lines(data / f"{name}{kind}.jsonl.gz") for kind in ("", ".gold")), strict=True))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="the model file to write; without it the figures alone are printed")
    parser.add_argument("--folds", type=int, default=3)
    arguments = parser.parse_args()
    jobs = {name: read_set(arguments.data, name) for name in SETS}
    with multiprocessing.Pool() as pool:
        read = [page for pages in pool.imap(read_page, [pair for pairs in jobs.values() for pair in pairs], 4) for page in pages]
    PAGES.extend(page for page, _ in read)
    NAMES.extend(read[0][1])
    numbers = [*range(arguments.folds), -1]
    with multiprocessing.Pool() as pool:
        *held_first, first = pool.map(fit, [("first", fold, arguments.folds) for fold in numbers], 1)
    add_opinions(held_first)
    with multiprocessing.Pool() as pool:
        *held_second, second = pool.map(fit, [("second", fold, arguments.folds) for fold in numbers], 1)
    models = [
        {"version": VERSION, "first": one, "second": two}
        for one, two in zip([*held_first, first], [*held_second, second], strict=True)
    ]
    whole = models.pop()
    if arguments.output:
        arguments.output.write_text(json.dumps(whole, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    scorer = arguments.data / "score_extraction.py"
    for name, pairs in jobs.items():
        print(figures(name, pairs, models, scorer), flush=True)
    for name in UNSEEN:
        print(figures(name, read_set(arguments.data, name), [whole], scorer), flush=True)


if __name__ == "__main__":
    main()
