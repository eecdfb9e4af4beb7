"""What errors say of a URL holds no password, however the URL is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import hidden_userinfo, of_os_error


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://ada:secret@a.example/1", "http://***@a.example/1"),
        ("ftp://ada:se@cr//et@a.example is none", "ftp://***@a.example is none"),
        ("'http://a:b@c' and \"http://d@e/f@g\"", "'http://***@c' and \"http://***@g\""),
        ("http://a.example/ by ada@a.example", "http://a.example/ by ada@a.example"),
        ("ada@a.example://", "ada@a.example://"),
    ],
)
def test_names_and_passwords_are_hidden(text: str, shown: str) -> None:
    assert hidden_userinfo(text) == shown


def test_millions_of_slashes_are_looked_through_once() -> None:
    address = f"http://[{'/' * 5_000_000}"  # as a feed may give it: twelve hours, when each of them was a beginning
    assert hidden_userinfo(address) == address


def test_an_error_of_the_system_names_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        Path("data", "night").mkdir()
    assert of_os_error(caught.value) == f"{tmp_path}/data/night: No such file or directory"
    assert of_os_error(OSError("something else")) == "something else"
    assert of_os_error(FileNotFoundError(2, "Failed to open local file '/x'")) == "Failed to open local file '/x'"


@pytest.mark.parametrize("look", [Path.cwd, Path("data", "night").mkdir])
def test_a_folder_that_was_taken_away_under_a_command_is_told(
    look: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a new release took the place of the old one, and a shell is still in that."""
    folder = tmp_path / "release"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(FileNotFoundError) as caught:
        look()
    assert of_os_error(caught.value) == "the folder that this was started in is gone; go to one that is there"
