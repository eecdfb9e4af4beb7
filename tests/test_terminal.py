"""What a page brings along cannot write to the terminal of whoever explains it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.terminal import visible

SENTENCE = "The harbour board of Larne voted on Monday to keep the old crane, which {} has stood idle on the quay since 1987."


def test_control_characters_are_shown() -> None:
    assert visible("a\x1b[2J\x9b1m\r\x00\u202eb\ud800") == r"a\x1b[2J\x9b1m\r\x00\u202eb\ud800"


def test_lines_columns_and_letters_stay() -> None:
    text = "один\tдва\n三\u200d\u200f é\U0001f600"
    assert visible(text) == text


@pytest.mark.parametrize("arguments", [["{one}"], ["{one}", "--with", "{two}"]])
def test_explain_sends_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    for name, word in (("one", "\x1b]0;owned\x07\x9b31m"), ("two", "\u202emoc")):
        tmp_path.joinpath(f"{name}.txt").write_text("\n\n".join([SENTENCE.format(word)] * 3), encoding="utf-8")
    paths = {name: str(tmp_path / f"{name}.txt") for name in ("one", "two")}
    assert main(["explain", *(argument.format(**paths) for argument in arguments)]) == 0
    printed = capsys.readouterr().out
    assert "harbour board" in printed
    assert printed == visible(printed)
