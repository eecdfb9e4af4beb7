"""How often each rule of cleaning fires, and how often on a line that the labelled text holds: `pipeline/clean/measured.toml`.

    python -m benchmarks.rule_counts --data EVAL/extraction [--sets n4k,wcxb]

Counts the blocks that the extractor had kept and a rule of `clean` took out, each page by itself, and writes the file that
`python -m pipeline.clean.docs` puts into `docs/rules.md`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.cleaning import read_lines
from pipeline.clean import label
from pipeline.clean.docs import MEASURED
from pipeline.errors import Reject
from pipeline.extract.page import PageInput, extract

ABOUT = '''about = """
How often each rule fired on blocks that the extractor had kept, and how often such a line stands in the labelled text of the
set. The labels disagree among themselves on what belongs to an article: `wcxb` holds "Read more: …" lines, picture credits and
notes on who contributed, `n4k` leaves them out.
"""
'''


def taken(line: str) -> tuple[list[tuple[str, str]], str]:
    """Return the rules that took kept blocks of a page out, each with the block's text, and what is left, the title included."""
    page = json.loads(line)
    try:
        article = extract(PageInput(page["url"], "bench", "", page["html"], kind="html"))
    except Reject:
        return [], ""
    labelled = label(article)
    pairs = zip(article.blocks, labelled.blocks, strict=True)
    out = [(new.dropped_by, new.text) for old, new in pairs if old.dropped_by is None and new.dropped_by is not None]
    return out, f"{labelled.title}\n{labelled.text}"


def load_scorer(path: Path) -> Any:
    """Import the scorer that lies beside the sets: it says whether a text holds a line."""
    spec = importlib.util.spec_from_file_location("score_extraction", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def counts(data: Path, name: str, scorer: Any) -> list[str]:
    """Return the lines of a set: rule = [fired, wrongly]."""
    pages, golds = (read_lines(data / f"{name}{kind}.jsonl.gz", None) for kind in ("", ".gold"))
    with multiprocessing.Pool() as pool:
        found = pool.map(taken, pages, chunksize=8)
    fired: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for gold, (blocks, rest) in zip(golds, found, strict=True):
        wanted, left = scorer.Cover(json.loads(gold)["text"]), scorer.Cover(rest)
        for rule, text in blocks:
            fired[rule] += 1
            wrong[rule] += wanted.has(text) and not left.has(text)  # what is still said elsewhere is not lost
    return [f"\n[sets.{name}]", *(f"{rule} = [{fired[rule]}, {wrong[rule]}]" for rule in sorted(fired))]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the sets and of score_extraction.py")
    parser.add_argument("--sets", default="n4k,wcxb")
    arguments = parser.parse_args()
    if arguments.data is None:
        print("no --data: the labelled sets are not part of the repository; nothing to count")
        return
    scorer = load_scorer(arguments.data / "score_extraction.py")
    lines = [line for name in arguments.sets.split(",") for line in counts(arguments.data, name, scorer)]
    MEASURED.write_text(ABOUT + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
