"""Cleaning against its peers: the same pages, the same scorer, the same run.

    python benchmarks/cleaning.py --data ../shared/eval/extraction [--sets n4k,wcxb] [--tools copydesk,trafilatura] [--limit 100]

Prints one row a set and tool: AEB F1, exact pages, word F1, share of pages with a leaked short line, damaged pages, and pages per
CPU-second as a ratio to trafilatura. Peers that are not installed are named and left out. The block scorer was trained on `n4k`
and `wcxb`: its own rows of these two are no held-out figures; those stand in `docs/benchmarks.md` and are printed by
`train_blocks.py`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import logging
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SETS = ("n4k", "wcxb", "l3s", "dragnet", "big9")
FIELDS: dict[str, Any] = {
    "title": None,
    "text": "",
    "authors": [],
    "published_at": None,
    "published_basis": None,
    "language": None,
    "page_kind": "article",
    "dropped": [],
    "error": None,
}


def copydesk(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with copydesk."""
    from pipeline.clean import label
    from pipeline.extract.page import PageInput, extract

    article = label(extract(PageInput(page["url"], "bench", "", page["html"], kind="html")))
    names = ("title", "text", "published_at", "published_basis", "language", "page_kind")
    return {name: getattr(article, name) for name in names} | {"authors": list(article.authors)}


def trafilatura(page: dict[str, str], **options: bool) -> dict[str, Any]:
    """Clean a page with trafilatura."""
    from trafilatura import extract

    return {"text": extract(page["html"], include_comments=False, **options) or ""}


def trafilatura_precision(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with trafilatura precision."""
    return trafilatura(page, favor_precision=True)


def trafilatura_recall(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with trafilatura recall."""
    return trafilatura(page, favor_recall=True)


def readability(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with readability."""
    from lxml.html import document_fromstring
    from readability import Document

    from pipeline.extract.blocks import read_blocks

    summary = Document(page["html"]).summary()
    return {"text": "\n".join(run.text for run in read_blocks(document_fromstring(summary)).runs)}


def resiliparse(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with resiliparse."""
    from resiliparse.extract.html2text import extract_plain_text

    return {"text": extract_plain_text(page["html"], main_content=True)}


def justext(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with justext."""
    import justext as library

    paragraphs = library.justext(page["html"].encode(), library.get_stoplist("English"), encoding="utf-8")
    return {"text": "\n".join(p.text for p in paragraphs if not p.is_boilerplate)}


def newspaper(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with newspaper."""
    import newspaper as library

    article = library.Article(page["url"] or "http://localhost/", language="en")
    article.download(input_html=page["html"])
    article.parse()
    return {"text": article.text}


def goose3(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with goose3."""
    from goose3 import Goose

    with Goose({"enable_image_fetching": False}) as goose:
        return {"text": goose.extract(raw_html=page["html"]).cleaned_text}


def boilerpy3(page: dict[str, str]) -> dict[str, Any]:
    """Clean a page with boilerpy3."""
    from boilerpy3 import extractors

    return {"text": extractors.ArticleExtractor(raise_on_failure=False).get_content(page["html"])}


# Name -> the module that must be there, the function of a page.
TOOLS: dict[str, tuple[str, Callable[[dict[str, str]], dict[str, Any]]]] = {
    "copydesk": ("pipeline", copydesk),
    "trafilatura": ("trafilatura", trafilatura),
    "trafilatura precision": ("trafilatura", trafilatura_precision),
    "trafilatura recall": ("trafilatura", trafilatura_recall),
    "readability-lxml": ("readability", readability),
    "resiliparse": ("resiliparse", resiliparse),
    "jusText": ("justext", justext),
    "newspaper4k": ("newspaper", newspaper),
    "goose3": ("goose3", goose3),
    "boilerpy3": ("boilerpy3", boilerpy3),
}


def run_page(job: tuple[str, str]) -> tuple[str, float]:
    """Return a page's output line, and the CPU seconds that it took; a tool's exception is an empty text."""
    tool, line = job
    page = json.loads(line)
    started = time.process_time()
    try:
        result = TOOLS[tool][1](page)
    except Exception as error:
        result = {"error": {"code": type(error).__name__, "message": str(error)[:200]}}
    taken = time.process_time() - started
    return json.dumps({"id": page["id"], "url": page["url"]} | FIELDS | result, ensure_ascii=False), taken


def start_worker(tool: str) -> None:
    """Let a worker import the tool before the clock runs."""
    logging.disable(logging.CRITICAL)
    run_page((tool, json.dumps({"id": "", "url": "http://localhost/", "html": "<html><body><p>Warm up.</p></body></html>"})))


def run_tool(tool: str, lines: Sequence[str], workers: int) -> tuple[list[str], float]:
    """Return the output lines of a tool, and its CPU seconds."""
    with multiprocessing.Pool(workers, start_worker, (tool,)) as pool:
        results = pool.map(run_page, [(tool, line) for line in lines], chunksize=8)
    return [line for line, _ in results], sum(taken for _, taken in results)


def score(scorer: Path, gold: Sequence[str], output: Sequence[str], *, peer: bool) -> dict[str, Any]:
    """Return the scorer's figures."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "gold.jsonl"), Path(folder, "out.jsonl")
        for path, lines in zip(paths, (gold, output), strict=True):
            path.write_text("\n".join(lines) + "\n")
        command = [sys.executable, str(scorer), *map(str, paths), *(["--peer"] if peer else [])]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def read_lines(path: Path, limit: int | None) -> list[str]:
    """Return the lines of a set, the first `limit`."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        return file.read().rstrip("\n").split("\n")[:limit]


def row(name: str, tool: str, figures: dict[str, Any], seconds: float, base: float | None) -> str:
    """Return a row of the table."""
    leaks = figures["leak_pages"] / figures["n"]
    pages = figures["n"]
    ratio = f"{base / seconds:.2f}" if base else "-"
    return (
        f"{name:8} {tool:22} {figures['aeb_f1']:.4f}  {figures['accuracy']:.3f}  {figures['word_f1']:.4f}  {leaks:6.1%}"
        f"  {figures['damaged_pages']:4}  {figures['empty']:4}  {pages / seconds:7.1f}  {ratio:>5}"
    )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    arguments = parser.parse_args()
    print(f"{'set':8} {'tool':22} AEB F1  exact  word F1   leaks  dmgd  none  pages/s  ratio")
    for name in arguments.sets.split(","):
        lines, gold = (read_lines(arguments.data / f"{name}{kind}.jsonl.gz", arguments.limit) for kind in ("", ".gold"))
        base = run_tool("trafilatura", lines, arguments.workers)[1]
        for tool in arguments.tools.split(","):
            if importlib.util.find_spec(TOOLS[tool][0]) is None:
                print(f"{name:8} {tool:22} not installed")
                continue
            output, seconds = run_tool(tool, lines, arguments.workers)
            figures = score(arguments.data / "score_extraction.py", gold, output, peer=tool != "copydesk")
            print(row(name, tool, figures, seconds, base), flush=True)


if __name__ == "__main__":
    main()
