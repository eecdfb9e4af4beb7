"""Cleaning against its peers: the same pages, the same scorer, the same run.

    python -m benchmarks.cleaning --data EVAL/extraction [--peers ENV/bin/python] [--sets n4k,wcxb] [--limit 100]

Copydesk runs as its users run it: `python -m pipeline clean`, the whole command, its start and its site templates included. A peer
runs in a loop of its own, in the environment of `--peers`, where these are installed:

    trafilatura==2.3.1 readability-lxml==0.9 html-text==0.7.1 resiliparse==2.0.1 justext==3.0.2 newspaper4k==0.9.6
    goose3==3.1.22 boilerpy3==1.0.7 lxml_html_clean

Prints a table in Markdown, one row a set and tool: AEB F1, exact pages, word F1, share of pages with a leaked short line, pages
that lost more than 5 % of their text, empty pages, exact title / author / date, pages per CPU-second and their ratio to
trafilatura. A peer that is not installed is named and left out. The block scorer was trained on `n4k` and `wcxb`: its own rows of
these two are no held-out figures; `train_blocks.py` prints those.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import logging
import multiprocessing
import resource
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
HEAD = (
    "| set | tool | AEB F1 | exact | word F1 | leaks | > 5 % lost | empty | title / author / date | pages per CPU-s | ratio |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def trafilatura(page: dict[str, str], **options: Any) -> dict[str, Any]:
    """Return trafilatura's text."""
    from trafilatura import extract

    return {"text": extract(page["html"], include_comments=False, **options) or ""}


def trafilatura_precision(page: dict[str, str]) -> dict[str, Any]:
    """Return its text with favor_precision."""
    return trafilatura(page, favor_precision=True)


def trafilatura_recall(page: dict[str, str]) -> dict[str, Any]:
    """Return its text with favor_recall."""
    return trafilatura(page, favor_recall=True)


def trafilatura_metadata(page: dict[str, str]) -> dict[str, Any]:
    """Return its text and metadata."""
    from trafilatura import extract

    text = extract(page["html"], url=page["url"], include_comments=False, with_metadata=True, output_format="json")
    found = json.loads(text) if text else {}
    authors = [name.strip() for name in (found.get("author") or "").split(";") if name.strip()]
    return {"title": found.get("title"), "text": found.get("text") or "", "authors": authors, "published_at": found.get("date")}


def readability(page: dict[str, str]) -> dict[str, Any]:
    """Return the text of readability-lxml's summary."""
    from html_text import extract_text
    from readability import Document

    return {"text": extract_text(Document(page["html"]).summary())}


def resiliparse(page: dict[str, str]) -> dict[str, Any]:
    """Return resiliparse's main content."""
    from resiliparse.extract.html2text import extract_plain_text

    return {"text": extract_plain_text(page["html"], main_content=True)}


def justext(page: dict[str, str]) -> dict[str, Any]:
    """Return the paragraphs that jusText keeps."""
    import justext as library

    paragraphs = library.justext(page["html"].encode(), library.get_stoplist("English"), encoding="utf-8")
    return {"text": "\n".join(p.text for p in paragraphs if not p.is_boilerplate)}


def newspaper(page: dict[str, str]) -> dict[str, Any]:
    """Return newspaper4k's text and metadata."""
    import newspaper as library

    article = library.Article(page["url"] or "http://localhost/", language="en")
    article.download(input_html=page["html"])
    article.parse()
    date = article.publish_date
    return {
        "title": article.title,
        "text": article.text,
        "authors": article.authors,
        "published_at": date.isoformat() if hasattr(date, "isoformat") else None,
    }


def goose3(page: dict[str, str]) -> dict[str, Any]:
    """Return goose3's text."""
    from goose3 import Goose

    with Goose({"enable_image_fetching": False}) as goose:
        return {"text": goose.extract(raw_html=page["html"]).cleaned_text}


def boilerpy3(page: dict[str, str]) -> dict[str, Any]:
    """Return the text of boilerpy3's article extractor."""
    from boilerpy3 import extractors

    return {"text": extractors.ArticleExtractor(raise_on_failure=False).get_content(page["html"])}


# Name -> the module that must be there, the function of a page.
PEERS: dict[str, tuple[str, Callable[[dict[str, str]], dict[str, Any]]]] = {
    "trafilatura": ("trafilatura", trafilatura),
    "trafilatura precision": ("trafilatura", trafilatura_precision),
    "trafilatura recall": ("trafilatura", trafilatura_recall),
    "trafilatura metadata": ("trafilatura", trafilatura_metadata),
    "readability-lxml": ("readability", readability),
    "newspaper4k": ("newspaper", newspaper),
    "resiliparse": ("resiliparse", resiliparse),
    "jusText": ("justext", justext),
    "goose3": ("goose3", goose3),
    "boilerpy3": ("boilerpy3", boilerpy3),
}
OURS = "copydesk"
NOT_INSTALLED = 3  # exit status


def run_page(job: tuple[str, str]) -> tuple[str, float]:
    """Return a page's output line, and the CPU seconds that it took; a tool's exception is an empty text."""
    tool, line = job
    page = json.loads(line)
    started = time.process_time()
    try:
        result = PEERS[tool][1](page)
    except Exception as error:
        result = {"error": {"code": type(error).__name__, "message": str(error)[:200]}}
    taken = time.process_time() - started
    return json.dumps({"id": page["id"], "url": page["url"]} | FIELDS | result, ensure_ascii=False), taken


def start_worker(tool: str) -> None:
    """Let a worker import the tool before the clock runs."""
    logging.disable(logging.CRITICAL)
    run_page((tool, json.dumps({"id": "", "url": "http://localhost/", "html": "<html><body><p>Warm up.</p></body></html>"})))


def run_peer_here(tool: str, source: Path, target: Path, workers: int) -> None:
    """Write the output lines of a peer, and print its CPU seconds."""
    try:
        importlib.import_module(PEERS[tool][0])
    except ImportError:
        sys.exit(NOT_INSTALLED)
    with multiprocessing.Pool(workers, start_worker, (tool,)) as pool:
        results = pool.map(run_page, [(tool, line) for line in source.read_text(encoding="utf-8").split("\n")], chunksize=8)
    target.write_text("".join(f"{line}\n" for line, _ in results), encoding="utf-8")
    print(sum(taken for _, taken in results))


def run_peer(tool: str, source: Path, target: Path, arguments: argparse.Namespace) -> float | None:
    """Run a peer in its environment; returns its CPU seconds, None when it is not installed."""
    command = [str(arguments.peers), __file__, "--peer", tool, str(source), str(target), "--workers", str(arguments.workers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode == NOT_INSTALLED:
        return None
    done.check_returncode()
    return float(done.stdout.splitlines()[-1])


def run_ours(source: Path, target: Path) -> float:
    """Run the command; returns the CPU seconds of it and of its workers."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pipeline", "clean", str(source), "--output", str(target)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def score(scorer: Path, gold: Sequence[str], output: Sequence[str], *, peer: bool) -> dict[str, Any]:
    """Return the scorer's figures."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "gold.jsonl"), Path(folder, "out.jsonl")
        for path, lines in zip(paths, (gold, output), strict=True):
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, str(scorer), *map(str, paths), *(["--peer"] if peer else [])]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def read_lines(path: Path, limit: int | None) -> list[str]:
    """Return the lines of a set, the first `limit`."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        return file.read().rstrip("\n").split("\n")[:limit]


def row(name: str, tool: str, figures: dict[str, Any], seconds: float, base: float) -> str:
    """Return a row of the table."""
    pages = figures["n"]
    known = [figures.get(f"{key}_exact") if figures.get(f"{key}_given") else None for key in ("title", "author", "date")]
    metadata = " / ".join("-" if value is None else f"{value:.3f}" for value in known)
    return (
        f"| {name} | {tool} | {figures['aeb_f1']:.4f} | {figures['accuracy']:.3f} | {figures['word_f1']:.4f} "
        f"| {figures['leak_pages'] / pages:.1%} | {figures['damaged_pages']} | {figures['empty']} | {metadata} "
        f"| {pages / seconds:.1f} | {base / seconds:.2f} |"
    )


def run_set(name: str, arguments: argparse.Namespace) -> None:
    """Print the rows of a set."""
    lines, gold = (read_lines(arguments.data / f"{name}{kind}.jsonl.gz", arguments.limit) for kind in ("", ".gold"))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        source.write_text("\n".join(lines), encoding="utf-8")
        base = run_peer("trafilatura", source, target, arguments) or 0.0
        for tool in arguments.tools.split(","):
            seconds = run_ours(source, target) if tool == OURS else run_peer(tool, source, target, arguments)
            if seconds is None:
                print(f"| {name} | {tool} | not installed |", flush=True)
                continue
            output = target.read_text(encoding="utf-8").rstrip("\n").split("\n")
            figures = score(arguments.data / "score_extraction.py", gold, output, peer=tool != OURS)
            print(row(name, tool, figures, seconds, base), flush=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the sets and of score_extraction.py")
    parser.add_argument("--peers", type=Path, default=sys.executable, help="python of the environment that holds the peers")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--tools", default=",".join([OURS, *PEERS]))
    parser.add_argument("--limit", type=int, help="pages of each set")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--peer", nargs=3, metavar=("TOOL", "IN", "OUT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        tool, source, target = arguments.peer
        run_peer_here(tool, Path(source), Path(target), arguments.workers)
        return
    if arguments.data is None:
        print("no --data: the labelled sets are not part of the repository; nothing to measure")
        return
    print(HEAD)
    for name in arguments.sets.split(","):
        run_set(name, arguments)


if __name__ == "__main__":
    main()
