"""Zstandard files as a stream."""

from __future__ import annotations

import io

import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.zst import open_zst

SKIPPABLE = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


@given(parts=st.lists(st.binary(max_size=5000), max_size=4), skip=st.booleans())
@hypothesis_settings(max_examples=50)
def test_frames_follow_each_other(parts: list[bytes], skip: bool) -> None:
    packed = (SKIPPABLE if skip else b"").join(zstandard.compress(part) for part in parts)
    assert open_zst(io.BytesIO(packed)).read() == b"".join(parts)


@given(data=st.binary(max_size=5000), cut=st.floats(0, 1, exclude_max=True))
@hypothesis_settings(max_examples=50)
def test_a_frame_that_is_cut_off_is_told(data: bytes, cut: float) -> None:
    whole, packed = zstandard.compress(b"line\n"), zstandard.compress(data)
    handle = open_zst(io.BytesIO(whole + packed[: max(1, int(len(packed) * cut))]))
    assert handle.readline() == b"line\n"
    with pytest.raises(EOFError):
        handle.read()


def test_closing_closes_the_file() -> None:
    packed = io.BytesIO(zstandard.compress(b"text"))
    open_zst(packed).close()
    assert packed.closed
