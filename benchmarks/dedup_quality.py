"""Figures of `dedup` on labelled sets by the scorer that comes with them, beside peers on the same documents in the same run.

    python -m benchmarks.dedup_quality EVAL/dedup [dev natural …] [--alphabets] [--hold-out]
        [--peers PYTHON] [--scorer score_dedup.py]

A set is `<name>.jsonl.gz` with `<name>.labels.jsonl.gz`; the folder holds `score_dedup.py` where --scorer does not say so.
--peers is the interpreter of an environment with datasketch, rensa and datatrove: each runs in a process of its own at its
documented settings; a peer that is not installed there is left out. They give stories only, of which the earliest document is
the canonical. --alphabets replaces each letter by one of another script, which keeps offsets. --hold-out chooses thresholds
without one edit profile and without half of the forms, and scores them on these.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.config import Settings
from pipeline.dedup import DedupParams, Document, find_duplicates
from pipeline.dedup.bulk import dedup_file

SHOWN = (
    "ari", "copy_recall", "truncated_recall", "heavy_recall", "worst_profile_recall", "template_merged", "same_event_merged",
    "mashup_merged", "mashup_source_f1", "mashup_span_f1", "unique_with_reuse", "template_with_reuse",
    "story_docs_with_foreign_reuse", "canonical_accuracy", "same_url_recall", "silver_recall", "judged_copy_merged",
    "judged_negative_merged", "pairs_outside",
)  # fmt: skip
LATIN = "abcdefghijklmnopqrstuvwxyz"
ALPHABETS = {"cyrillic": "абвгдежзийклмнопрстуфхцчшщ", "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنه"}
PEERS = ("datasketch", "rensa", "datatrove")
PEER_PROGRAM = Path(__file__).with_name("dedup_peers.py")
# Each threshold is tried on both sides of what is shipped.
TRIED: dict[str, tuple[float, ...]] = {
    "contained": (0.58, 0.74), "covered": (0.26, 0.42), "apart": (0.28, 0.44), "cut_contained": (0.48, 0.62),
    "cut_lead": (0.3, 0.55), "names": (0.64, 0.8), "slots": (1.8, 3.2), "fills": (1.1, 2.2), "own": (0.06, 0.2),
    "runs": (0.58, 0.74),
}  # fmt: skip
SEED = 5


def variant(source: Path, alphabet: str, target: Path) -> None:
    """Write the documents of a set in another alphabet: capitals stay capitals where it has them."""
    letters = ALPHABETS[alphabet]
    table = str.maketrans(LATIN + LATIN.upper(), letters + letters.upper())
    with gzip.open(source, "rt", encoding="utf-8") as lines, gzip.open(target, "wt", encoding="utf-8", compresslevel=1) as out:
        for line in lines:
            row = json.loads(line)
            row["text"] = row["text"].translate(table)
            out.write(json.dumps(row) + "\n")


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def ours(documents: Path, answers: Path) -> float:
    """Write the answers of the command; return its CPU seconds."""
    start = time.process_time()
    dedup_file(str(documents), str(answers), None, Settings())
    return time.process_time() - start


def peer(python: str, name: str, documents: Path, answers: Path) -> float | None:
    """Write the answers of a peer; return its CPU seconds, None where it is not installed."""
    command = [python, str(PEER_PROGRAM), name, str(documents), str(answers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout) if done.stdout.strip() else None


def score(scorer: Path, labels: Path, answers: Path) -> dict[str, Any]:
    """Return the scorer's figures."""
    command = [sys.executable, str(scorer), str(labels), str(answers), "--json-only"]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


def show(name: str, columns: Mapping[str, tuple[float, dict[str, Any]]]) -> None:
    """Print a table: a line a figure, a column a program."""
    print(f"\n{name:32s} " + " ".join(f"{column:>12s}" for column in columns))
    print(f"{'CPU seconds':32s} " + " ".join(f"{spent:12.1f}" for spent, _ in columns.values()))
    for key in SHOWN:
        values = [figures.get(key) for _, figures in columns.values()]
        if any(value is not None for value in values):
            print(f"{key:32s} " + " ".join(f"{value:12.3f}" if value is not None else f"{'-':>12s}" for value in values))


def compare(name: str, documents: Path, labels: Path, scorer: Path, python: str | None) -> None:
    """Score one set."""
    columns: dict[str, tuple[float, dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder, "out.jsonl")
        columns["copydesk"] = (ours(documents, answers), score(scorer, labels, answers))
        for program in PEERS if python else ():
            spent = peer(str(python), program, documents, answers)
            if spent is not None:
                columns[program] = (spent, score(scorer, labels, answers))
    show(name, columns)


def pair_f1(stories: Mapping[str, str], labels: Mapping[str, dict[str, Any]], seen: set[str]) -> float:
    """Return the F1 over pairs of one story, among the documents in `seen`."""
    counts: list[dict[Any, int]] = [defaultdict(int), defaultdict(int), defaultdict(int)]
    for identity in seen:
        family, story = labels[identity]["family"], stories[identity]
        for table, key in zip(counts, ((family, story), family, story), strict=True):
            table[key] += 1
    both, gold, found = (sum(n * (n - 1) / 2 for n in table.values()) for table in counts)
    return 2 * both / (gold + found) if gold + found else 1.0


def hold_out(folder: Path, name: str) -> None:
    """Choose thresholds without one profile and half of the forms, and print what they reach on these, beside the shipped ones."""
    labels = {row["id"]: row for row in rows_of(folder / f"{name}.labels.jsonl.gz")}
    fields = ("id", "url", "site", "title", "text", "published_at")
    documents = [Document(*(row[key] for key in fields)) for row in rows_of(folder / f"{name}.jsonl.gz")]
    settings = [DedupParams(), *(DedupParams(**{key: value}) for key, values in TRIED.items() for value in values)]  # type: ignore[arg-type]
    answers = [{m.article_id: m.story_id for m in find_duplicates(documents, params=params).members} for params in settings]
    kinds = sorted({row["profile"] for row in labels.values() if row["role"] == "template"})
    random.Random(SEED).shuffle(kinds)
    hidden = set(kinds[::2])
    shipped = DedupParams()
    print(f"\n{name}: held out            chosen                 recall: chosen  shipped   hidden forms merged: chosen  shipped")
    for profile in sorted({row["profile"] for row in labels.values() if row["role"] == "copy"}):
        away = {i for i, row in labels.items() if row.get("profile") == profile or row.get("profile") in hidden}
        best = max(range(len(settings)), key=lambda n: (round(pair_f1(answers[n], labels, set(labels) - away), 4), -n))
        changed = [
            f"{key}={getattr(settings[best], key)}" for key in TRIED if getattr(settings[best], key) != getattr(shipped, key)
        ]
        figures = [(recall(answers[n], labels, profile), merged(answers[n], labels, hidden)) for n in (best, 0)]
        print(
            f"  {profile:22s} {' '.join(changed) or 'as shipped':28s} {figures[0][0]:7.3f} {figures[1][0]:8.3f}"
            f" {figures[0][1]:26.3f} {figures[1][1]:8.3f}"
        )


def recall(stories: Mapping[str, str], labels: Mapping[str, dict[str, Any]], profile: str) -> float:
    """Return the share of a profile's copies that are in the story of their original."""
    copies = [(i, row["original_id"]) for i, row in labels.items() if row["role"] == "copy" and row["profile"] == profile]
    return sum(stories[i] == stories[original] for i, original in copies) / max(1, len(copies))


def merged(stories: Mapping[str, str], labels: Mapping[str, dict[str, Any]], kinds: set[str]) -> float:
    """Return the share of the documents of some forms whose story holds another family."""
    families: dict[str, set[str]] = defaultdict(set)
    for identity, story in stories.items():
        families[story].add(labels[identity]["family"])
    forms = [i for i, row in labels.items() if row["role"] == "template" and row["profile"] in kinds]
    return sum(len(families[stories[i]]) > 1 for i in forms) / max(1, len(forms))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=["dev", "natural"])
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter of the peers' environment")
    parser.add_argument("--scorer", type=Path)
    parser.add_argument("--alphabets", action="store_true")
    parser.add_argument("--hold-out", action="store_true")
    options = parser.parse_args(arguments)
    scorer = options.scorer or options.folder / "score_dedup.py"
    for name in options.names:
        source, labels = options.folder / f"{name}.jsonl.gz", options.folder / f"{name}.labels.jsonl.gz"
        if options.hold_out:
            hold_out(options.folder, name)
            continue
        compare(name, source, labels, scorer, options.peers)
        with tempfile.TemporaryDirectory() as temporary:
            for alphabet in ALPHABETS if options.alphabets else ():
                target = Path(temporary, f"{name}-{alphabet}.jsonl.gz")
                variant(source, alphabet, target)
                compare(target.name, target, labels, scorer, None)


if __name__ == "__main__":
    main()
