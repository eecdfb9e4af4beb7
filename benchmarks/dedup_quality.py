"""Figures of `dedup` on labelled sets in several alphabets, by the scorer that comes with the sets.

    python -m benchmarks.dedup_quality ../shared/eval/dedup [dev natural …]

A set is `<name>.jsonl.gz` with `<name>.labels.jsonl.gz`; the folder holds `score_dedup.py`. The alphabet variants hold the
verdicts to languages that they were not made on: each letter is replaced by one of another script, which keeps offsets.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.config import Settings
from pipeline.dedup.bulk import dedup_file

SHOWN = (
    "ari", "copy_recall", "truncated_recall", "heavy_recall", "worst_profile_recall", "template_merged", "same_event_merged",
    "mashup_merged", "mashup_source_f1", "mashup_span_f1", "negatives_with_reuse", "story_docs_with_foreign_reuse",
    "canonical_accuracy", "same_url_recall", "silver_recall", "judged_negative_merged", "pairs_outside",
)  # fmt: skip
LATIN = "abcdefghijklmnopqrstuvwxyz"
ALPHABETS = {"cyrillic": "абвгдежзийклмнопрстуфхцчшщ", "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنه"}


def variant(source: Path, alphabet: str, target: Path) -> None:
    """Write the documents of a set in another alphabet: capitals stay capitals where it has them."""
    letters = ALPHABETS[alphabet]
    table = str.maketrans(LATIN + LATIN.upper(), letters + letters.upper())
    with gzip.open(source, "rt", encoding="utf-8") as lines, gzip.open(target, "wt", encoding="utf-8", compresslevel=1) as out:
        for line in lines:
            row = json.loads(line)
            row["text"] = row["text"].translate(table)
            out.write(json.dumps(row) + "\n")


def score(folder: Path, name: str, documents: Path) -> None:
    """Run the command on one set and print the scorer's figures."""
    with tempfile.TemporaryDirectory() as temporary:
        answers = Path(temporary, "out.jsonl")
        start = time.process_time()
        dedup_file(str(documents), str(answers), None, Settings())
        spent = time.process_time() - start
        command = [
            sys.executable,
            str(folder / "score_dedup.py"),
            str(folder / f"{name}.labels.jsonl.gz"),
            str(answers),
            "--json-only",
        ]
        figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"{documents.name}: {figures['docs']} documents, {spent:.1f} CPU-s")
    for key in SHOWN:
        if figures.get(key) is not None:
            print(f"  {key:32s} {figures[key]}")


def main() -> None:
    """Print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=["dev", "natural"])
    arguments = parser.parse_args()
    for name in arguments.names:
        source = arguments.folder / f"{name}.jsonl.gz"
        score(arguments.folder, name, source)
        with tempfile.TemporaryDirectory() as temporary:
            for alphabet in ALPHABETS:
                target = Path(temporary, f"{name}-{alphabet}.jsonl.gz")
                variant(source, alphabet, target)
                score(arguments.folder, name, target)


if __name__ == "__main__":
    main()
