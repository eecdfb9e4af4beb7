"""Every kept case, and what a few random edits make of it, is answered or refused in our own words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, run

CASES = sorted(path for path in Path(__file__).with_name("cases").glob("*/*") if path.is_file())
SLOW = ("page", "linked", "state", "text", "copies")  # milliseconds each


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_kept_case_is_answered(case: Path) -> None:
    run(case.parent.name, case.read_bytes())


def test_every_target_has_a_case() -> None:
    assert {case.parent.name for case in CASES} == set(TARGETS)


@st.composite
def edited(draw: st.DrawFn, target: str) -> bytes:
    """Draw a kept case of a target with some bytes cut out, doubled or put in."""
    data = draw(st.sampled_from([case.read_bytes() for case in CASES if case.parent.name == target]))
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        middle = draw(st.one_of(st.binary(max_size=12), st.just(data[start : start + length] * 2), st.sampled_from(TOKENS)))
        data = data[:start] + middle + data[start + length :]
    return data


# What parsers trip over more often than over random bytes.
TOKENS = [
    *(b"<", b"]]>", b"&#x0;", b"&#xD800;", b"\0", "\ud800".encode("utf-8", "surrogatepass"), "\u2028".encode(), b"[", b"//", b"{"),
    *(
        b"\xff\xfe",
        b"\x1b$B",
        b"<!--",
        b"<svg><style>",
        b"\r\n\r\n",
        b"WARC/1.0\r\n",
        b"\x1f\x8b\x08\x00",
        b"1e999",
        b"-1",
        b"9" * 20,
    ),
]


@pytest.mark.parametrize("target", TARGETS)
def test_an_edited_case_is_answered(target: str) -> None:
    @given(edited(target))
    @hypothesis_settings(max_examples=15 if target in SLOW else 80, deadline=None)
    def feed(data: bytes) -> None:
        run(target, data)

    feed()
