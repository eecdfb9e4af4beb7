"""What a page brings along cannot write to the terminal of whoever explains it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.records import Block, Rejected
from pipeline.terminal import visible
from pipeline.warehouse import load, open_warehouse, upgrade
from tests.warehouse import make

SENTENCE = "The harbour board of Larne voted on Monday to keep the old crane, which {} has stood idle on the quay since 1987."


def test_control_characters_are_shown() -> None:
    assert visible("a\x1b[2J\x9b1m\r\x00\u202eb\ud800") == r"a\x1b[2J\x9b1m\r\x00\u202eb\ud800"


def test_lines_columns_and_letters_stay() -> None:
    text = "один\tдва\n三\u200d\u200f é\U0001f600"
    assert visible(text) == text


EVIL = "\x1b]0;owned\x07\x9b31m\u202e"
LOGS = {
    "a command": "from pipeline.cli import _set_up_logging; _set_up_logging(False); {}",
    "a night by Airflow": "from pipeline import local\nwith local._output_to(__import__('pathlib').Path('run.log')): {}",
    "a worker": (
        "from pipeline.extract import pool, worker\nfrom pipeline.extract.page import PageInput\n"
        "with pool.ExtractPool(function=len, warm_up=None) as p: list(p.map([PageInput({!r}, '', '', '')]))"
    ),
}


@pytest.mark.parametrize("where", LOGS)
def test_the_log_sends_no_control_characters(tmp_path: Path, where: str) -> None:
    """It quotes the reason of a 404, the title of a page in place of a feed, the address of a page that took too long."""
    told = EVIL if where == "a worker" else f"import logging; logging.getLogger('pipeline.x').warning('404 %s', {EVIL!r})"
    script = LOGS[where].format(told)
    command = [sys.executable, "-X", "utf8", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True, timeout=100)
    assert "owned" in done.stderr
    assert done.stderr == visible(done.stderr)


@pytest.mark.parametrize("arguments", [["{one}"], ["{one}", "--with", "{two}"]])
def test_explain_sends_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    for name, word in (("one", "\x1b]0;owned\x07\x9b31m"), ("two", "\u202emoc")):
        tmp_path.joinpath(f"{name}.txt").write_text("\n\n".join([SENTENCE.format(word)] * 3), encoding="utf-8")
    paths = {name: str(tmp_path / f"{name}.txt") for name in ("one", "two")}
    assert main(["explain", *(argument.format(**paths) for argument in arguments)]) == 0
    printed = capsys.readouterr().out
    assert "harbour board" in printed
    assert printed == visible(printed)


def test_the_summary_of_a_night_sends_no_control_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed after every run, with lines, titles and addresses of the pages."""
    url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    evil = "\x1b]0;owned\x07\x9b31m"
    blocks = (Block(0, "paragraph", "The crane stays."), Block(1, "paragraph", f"Share {evil}", "share"))
    one, copy = (make.article("a", site=site, title=f"Crane {evil}", blocks=blocks) for site in ("one.example", "two.example"))
    rejected = [Rejected(f"https://one.example/{evil}", "one", "one.example", "fetch", "http_404")]
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        load(warehouse, make.night(0, [one, copy], make.story(one, copy), rejected=rejected))
    monkeypatch.setenv("COPYDESK_WAREHOUSE_URL", url)
    assert main(["report"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("owned") == 3
    assert printed == visible(printed)
