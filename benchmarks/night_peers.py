"""A whole night, WARC to stories, beside the programs that do parts of it: same pages, same run.

    python -m benchmarks.night_peers --peers PYTHON [--pages 5000] [--real EVAL/extraction] [--tools copydesk,trafilatura]

Writes one `.warc.gz` of newsroom pages (twelve outlets, several languages) and, with --real, another of labelled pages; runs each
program on it in a process of its own, and prints pages per CPU-second with all its children, peak memory of its largest process,
word F1 of the text, lines of at most eight words that are not in the right text per 100 articles, articles that lost more than 5 %
of their words, pages taken for articles that are none, and the ARI of its stories (an article that it left out stands alone).
--peers is the interpreter of an environment with datatrove[io,processing], spacy and news-please; they print their versions.
Ours does more than the others in that time: metadata, site lines, reused passages, the warehouse, the published files.
"""

from __future__ import annotations

import argparse
import gzip
import html
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import newsroom

DAY = date(2026, 11, 20)
PORT = newsroom.DEFAULT_PORT
OUTLETS = 12
PEER_PROGRAM = Path(__file__).with_name("night_peers_run.py")
SHORT = 8  # words of a line that counts as a label
DAMAGED = 0.05
READABLE = ("page", "deep", "wrong_charset", "flaky")
SETS = ("n4k", "wcxb", "l3s", "dragnet", "big9")
Spent = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Right:
    """The right answer for one page; `story` is None where stories are not labelled."""

    text: str
    story: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program made of a page; `story` is None where it finds none."""

    text: str
    story: str | None


def newsroom_of(wanted: int) -> newsroom.Newsroom:
    """Return a newsroom with more pages than so many."""
    return newsroom.build(seed=5, stories=max(20, wanted // 2 + 100), outlets=OUTLETS, day=DAY)


def newsroom_pages(wanted: int) -> Iterator[tuple[str, str, bytes, Right | None]]:
    """Yield address, content type, body and the right answer of newsroom pages; None for a page that is no article."""
    room = newsroom_of(wanted)
    golds = ((page, room.gold_of(page, PORT)) for page in room.edition(DAY).all_pages() if page.serve in READABLE)
    # An article that only robots.txt forbids is none of the night's, but one to a program that is handed the page.
    told = ((page, gold) for page, gold in golds if (gold.kind == "article") == (gold.expected == "article"))
    for _, (page, gold) in zip(range(wanted), told, strict=False):
        charset = f"; charset={page.outlet.header_charset}" if page.outlet.header_charset else ""
        right = Right(gold.text, gold.story_id) if gold.expected == "article" else None
        yield gold.url, f"text/html{charset}", room.render(page, PORT), right


def real_pages(folder: Path) -> Iterator[tuple[str, str, bytes, Right | None]]:
    """Yield the labelled pages of a folder; an address that two pages share gets a query of its own."""
    seen: Counter[str] = Counter()
    for name in SETS:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt") as pages, gzip.open(folder / f"{name}.gold.jsonl.gz", "rt") as golds:
            for page, gold in zip(map(json.loads, pages), map(json.loads, golds), strict=True):
                seen[page["url"]] += 1
                url = page["url"] if seen[page["url"]] == 1 else f"{page['url']}?again={seen[page['url']]}"
                yield url, "text/html; charset=utf-8", page["html"].encode("utf-8", "replace"), Right(gold["text"], None)


def write_warc(path: Path, pages: Iterator[tuple[str, str, bytes, Right | None]]) -> dict[str, Right | None]:
    """Write the pages as WARC responses; return the right answers by address."""
    rights: dict[str, Right | None] = {}
    stamp = datetime.combine(DAY, time(2), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, content_type, body, right in pages:
            headers = StatusAndHeaders("200 OK", [("Content-Type", content_type)], protocol="HTTP/1.1")
            record = writer.create_warc_record(
                url, "response", payload=io.BytesIO(body), http_headers=headers, warc_headers_dict={"WARC-Date": stamp}
            )
            writer.write_record(record)
            rights[url] = right
    return rights


def run(command: Sequence[str], folder: Path, **variables: str) -> Spent:
    """Run a program to its end; return its CPU seconds, children included, and the peak MB of its largest process."""
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **variables}, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def copydesk(warc: Path, folder: Path, python: str) -> tuple[Spent, dict[str, Answer]]:
    """Import the WARC as one night: extract, clean, dedup, load, publish."""
    command = [sys.executable, "-m", "pipeline", "import", "--date", DAY.isoformat(), str(warc)]
    spent = run(command, folder, PYTHONPATH=str(Path(__file__).parents[1]), COPYDESK_ERROR_BUDGET="1")
    with closing(sqlite3.connect(folder / "data" / "warehouse.db")) as connection:
        rows = connection.execute("SELECT url, text, story_id FROM articles JOIN story_members USING (article_id)").fetchall()
    return spent, {url: Answer(text, story) for url, text, story in rows}


def trafilatura(warc: Path, folder: Path, python: str) -> tuple[Spent, dict[str, Answer]]:
    """Run trafilatura's own command on the pages as files; writing the files is not counted.

    It is started inside the folder: with --keep-dirs it loses what lies in a folder below.
    """
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    pages, texts, urls = folder / "pages", folder / "texts", {}
    pages.mkdir()
    with warc.open("rb") as file:
        for number, record in enumerate(ArchiveIterator(file, record_types=WarcRecordType.response)):
            name = f"{number:06d}"
            urls[name] = record.headers["WARC-Target-URI"]
            pages.joinpath(f"{name}.html").write_bytes(record.reader.read())
    command = [str(Path(sys.executable).with_name("trafilatura")), "--input-dir", ".", "--output-dir", str(texts)]
    spent = run([*command, "--no-comments", "--keep-dirs", "--parallel", "2"], pages)
    return spent, {urls[path.stem]: Answer(path.read_text(errors="replace"), None) for path in texts.rglob("*.txt")}


def peer(name: str) -> Callable[[Path, Path, str], tuple[Spent, dict[str, Answer]]]:
    """Return the runner of a program that lives in the peers' environment."""

    def runner(warc: Path, folder: Path, python: str) -> tuple[Spent, dict[str, Answer]]:
        spent = run([python, str(PEER_PROGRAM), name, str(warc), str(folder / "out.jsonl")], folder)
        rows: list[dict[str, Any]] = [json.loads(line) for line in (folder / "out.jsonl").open(encoding="utf-8")]
        return spent, {row["url"]: Answer(row["text"], row.get("story")) for row in rows}

    return runner


TOOLS = {"copydesk": copydesk, "datatrove": peer("datatrove"), "news-please": peer("news-please"), "trafilatura": trafilatura}


def words(text: str) -> list[str]:
    """Return the words of a text, as the measures count them."""
    return re.findall(r"\w+", text.lower())


def plain(url: str) -> str:
    """Return an address as one program keeps it and another does not: without its fragment, no ampersand escaped once too often."""
    return urldefrag(html.unescape(url)).url


def measures(rights: dict[str, Right | None], answers: dict[str, Answer]) -> dict[str, float | None]:
    """Return the figures of the text and, where stories are labelled and the program finds them, their ARI."""
    articles = {plain(url): right for url, right in rights.items() if right is not None}
    answers = {plain(url): answer for url, answer in answers.items()}
    f1 = leaked = damaged = 0.0
    for url, right in articles.items():
        text = answers[url].text if url in answers else ""
        gold, found = Counter(words(right.text)), Counter(words(text))
        common = (gold & found).total()
        f1 += 2 * common / max(1, gold.total() + found.total())
        damaged += common < (1 - DAMAGED) * gold.total()
        known = " ".join(words(right.text))
        leaked += sum(0 < len(w) <= SHORT and " ".join(w) not in known for w in map(words, text.splitlines()))
    pairs = [(r.story, (answers[url].story if url in answers else None) or url) for url, r in articles.items() if r.story]
    finds_stories = any(answer.story for answer in answers.values())
    kept_none = [answers[plain(url)].text for url, right in rights.items() if right is None and plain(url) in answers]
    return {
        "word F1": f1 / len(articles),
        "short lines left per 100": 100 * leaked / len(articles),
        "damaged": damaged,
        "no articles taken for some": sum(bool(text.strip()) for text in kept_none),
        "ARI": rand_index(pairs) if pairs and finds_stories else None,
    }


def rand_index(pairs: Sequence[tuple[object, object]]) -> float:
    """Return the adjusted Rand index of two labellings."""

    def twos(counts: Counter[Any]) -> int:
        return sum(n * (n - 1) // 2 for n in counts.values())

    both, left, right = (twos(Counter(labels)) for labels in (pairs, [a for a, _ in pairs], [b for _, b in pairs]))
    expected = left * right / max(1, len(pairs) * (len(pairs) - 1) // 2)
    most = (left + right) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def main() -> None:
    """Run every program on every WARC and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--real", type=Path, metavar="FOLDER")
    parser.add_argument("--tools", default=",".join(TOOLS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        inputs = {"newsroom": newsroom_pages(options.pages)}
        if options.real:
            inputs["real pages"] = real_pages(options.real)
        for name, pages in inputs.items():
            warc = Path(scratch, f"{name.partition(' ')[0]}.warc.gz")
            compare(name, warc, write_warc(warc, pages), options.tools.split(","), options.peers)


def compare(name: str, warc: Path, rights: dict[str, Right | None], tools: Sequence[str], python: str) -> None:
    """Print the table of one WARC."""
    articles = sum(right is not None for right in rights.values())
    print(f"\n{name}: {len(rights)} pages, {articles} articles")
    for tool in tools:
        with tempfile.TemporaryDirectory(dir=warc.parent) as folder:
            (cpu, memory), answers = TOOLS[tool](warc, Path(folder), python)
        figures = {"pages/CPU-s": len(rights) / cpu, "peak MB": memory, **measures(rights, answers)}
        shown = (f"{key} {'none' if value is None else f'{value:.3f}'.rstrip('0').rstrip('.')}" for key, value in figures.items())
        print(f"| {tool} | {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
