"""Lines of JSON are read one by one: a bad one costs no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import json_lines
from pipeline.json_lines import open_lines, open_output


@pytest.mark.parametrize("length", [15, 16, 17, 32, 100])
def test_a_line_that_is_too_long_costs_itself_alone(length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE", 16)
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"x" * (length - 1) + b'\n{"id": 2}\n')
    with open_lines(str(file)) as lines:
        first, second = lines
    assert first.error
    assert second.value == {"id": 2}


def test_a_signal_that_comes_while_the_file_is_made_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Path.open

    def interrupted(path: Path, mode: str) -> None:
        made(path, mode).close()
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "open", interrupted)
    with pytest.raises(KeyboardInterrupt), open_output(str(tmp_path / "out.jsonl")):
        pass
    assert list(tmp_path.iterdir()) == []
