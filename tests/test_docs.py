"""What the documentation tells its reader to type works on a night of the sample newsroom, and its links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

import newsroom
from newsroom.server import running
from pipeline.cli import build_parser, main
from pipeline.records import PageKind
from pipeline.stages.load import NOT_FAILED

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DAY = date(2026, 11, 20)
COMMAND = re.compile(r"(?:\bcopydesk|python -m pipeline) ([a-z][^`#\n>]*)")
# They serve until they are stopped, are one end of a pipe, need more than this machine may have, or are run by tests of their own
# (test_cli, test_replay, test_nights): these are parsed only.
PARSED_ONLY = re.compile("--serve|--engine spark|dump -$|restore -$|^run$|^quarantine retry|^replay ")
STORY = "".join(f"<p>Sentence number {n} of the story says something of its own about the harbour.</p>" for n in range(9))


def commands() -> list[str]:
    """Return each command line that the pages name, its choices and options spelt out, without the program."""
    found: set[str] = set()
    for page in PAGES:
        if page.name in ("CHANGELOG.md", "benchmarks.md"):
            continue
        code = re.findall(r"`([^`\n]+)`|^\$ ([^\n]+)$", page.read_text(), re.MULTILINE)
        for line in (inline or block for inline, block in code):
            for match in COMMAND.finditer(line):
                found.update(spelt_out(match[1].partition(" <")[0].strip()))
    return sorted(found - {"search", "sql"})  # named without what they are asked


def spelt_out(line: str) -> Iterator[str]:
    """Yield a line with and without each [option], and once with each of a\\|b."""
    parts = re.split(r"( ?\[[^\]]+\])", line)
    choices = [("", part.replace("[", "").replace("]", "")) if "[" in part else (part,) for part in parts]
    for chosen in product(*choices):
        words = [re.split(r"\\?\|", word) if '"' not in line else [word] for word in "".join(chosen).split(" ")]
        yield from (" ".join(line_of) for line_of in product(*words))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a night in it; the newsroom that it was fetched from is still there."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch, running(newsroom.build(day=DAY, stories=4, outlets=3)) as server:
        for name, value in {"ALLOW_PRIVATE_HOSTS": "1", "TOTAL_TIMEOUT": "3", "FULL_TEXT": "1", "WORKERS": "1"}.items():
            patch.setenv(f"COPYDESK_{name}", value)
        patch.chdir(folder)
        (folder / "sources.toml").write_text(server.sources_toml())
        (folder / "page.html").write_text(f"<html><head><title>The harbour</title></head><body>{STORY}</body></html>")
        (folder / "pages.jsonl").write_text(json.dumps({"id": "1", "html": (folder / "page.html").read_text()}) + "\n")
        assert main(["run", "--date", str(DAY)]) == 0
        assert main(["store", "dump", "store.tar"]) == 0
        yield folder


def filled_in(line: str, folder: Path) -> list[str]:
    """Return a command line's words with real things in the places of those that are made up."""
    article = answer("SELECT article_id FROM articles ORDER BY article_id LIMIT 1", folder)
    url = answer("SELECT url FROM articles ORDER BY article_id LIMIT 1", folder)
    segment = next((folder / "data" / "store" / "raw").rglob("*.warc.gz"))
    places = {
        "IN": "pages.jsonl", "OUT": "out.jsonl", "DIR": "index", "ARTICLE_ID": article, "URL": url, "D": str(DAY),
        "NEWS.warc.gz": str(segment), "FILE…": str(segment), "…": str(DAY), "WARC…": str(segment),
        "2026-11-01": str(DAY), "FIRST_NIGHT": str(DAY), "LAST_NIGHT": str(DAY),
    }  # fmt: skip
    if line.startswith("explain"):
        places["FILE"] = "page.html"
    if line.startswith("store"):
        places["FILE"] = "store.tar" if "restore" in line else "again.tar"
    if line.startswith("sql"):
        places["…"] = "SELECT count(*) FROM clean_articles"
        places |= {f"$(cat {file.relative_to(ROOT)})": file.read_text() for file in ROOT.glob("sql/queries/*.sql")}
    return [places.get(word, word) for word in shlex.split(line)]


def answer(query: str, folder: Path) -> str:
    with closing(sqlite3.connect(folder / "data" / "warehouse.db")) as connection:
        ((value,),) = connection.execute(query).fetchall()
    return str(value)


@pytest.mark.slow
@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_documentation_works(
    line: str, night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = filled_in(line, night)
    if "restore" in line:  # a store that has something in it is not written over
        monkeypatch.setenv("COPYDESK_STORE", str(tmp_path))
    if PARSED_ONLY.search(line):
        build_parser().parse_args(words)
    else:
        assert main(words) == 0, capfd.readouterr().err


def test_every_make_target_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:`|^\$ )make ([a-z-]+)", page.read_text(), re.MULTILINE)}
    assert named - targets == set()


def test_every_reason_of_the_quarantine_is_explained() -> None:
    folders = ("fetch", "extract", "stages")
    code = "".join(file.read_text() for folder in folders for file in (ROOT / "pipeline" / folder).glob("*.py"))
    reasons = {*re.findall(r'\b(?:Reject|Transient|Outcome)\("(\w+)"', code), *get_args(PageKind), *NOT_FAILED, "no_text", "silent"}
    explained = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "fetching.md").read_text()))
    assert reasons - explained == set()


def test_every_variable_of_compose_is_explained() -> None:
    variables = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    pages = (ROOT / "deploy" / "make_env.py", ROOT / "docs" / "operations.md")
    explained = {word for page in pages for word in re.findall(r"\w+", page.read_text())}
    settings = re.findall(r"`(\w+)`", (ROOT / "docs" / "settings.md").read_text())
    assert variables - explained - {f"COPYDESK_{name.upper()}" for name in settings} == {"DAY"}  # the newsroom's shell's own


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}, target
