"""Content encodings: undone exactly, refused when broken, and never beyond the limit."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.errors import Reject
from pipeline.fetch.inflate import inflate

LIMIT = 10 * 2**20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
]


@pytest.mark.parametrize(("name", "pack"), PACKERS)
@given(data=st.binary(max_size=5000))
@hypothesis_settings(max_examples=40)
def test_every_encoding_comes_back(name: str, pack: Callable[[bytes], bytes], data: bytes) -> None:
    assert inflate(pack(data), name, LIMIT) == data


@pytest.mark.parametrize(("name", "pack"), PACKERS)
@given(data=st.binary(min_size=1, max_size=2000), cut=st.floats(0, 0.99))
@hypothesis_settings(max_examples=40)
def test_what_is_cut_off_is_refused(name: str, pack: Callable[[bytes], bytes], data: bytes, cut: float) -> None:
    packed = pack(data)
    part = packed[: int(len(packed) * cut)]
    if part:
        with pytest.raises(Reject, match="cut_off"):
            inflate(part, name, LIMIT)


@pytest.mark.parametrize(("name", "pack"), PACKERS)
@given(data=st.binary(max_size=300))
@hypothesis_settings(max_examples=40)
def test_noise_never_does_worse_than_a_reject(name: str, pack: Callable[[bytes], bytes], data: bytes) -> None:
    for hostile in (data, pack(b"text")[:8] + data):
        try:
            inflate(hostile, name, LIMIT)
        except Reject as error:
            assert error.code in ("bad_encoding", "cut_off", "too_large")  # noqa: PT017


def test_members_and_frames_follow_each_other() -> None:
    assert inflate(gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0", "gzip", LIMIT) == b"ab"
    assert inflate(zstandard.compress(b"a") + zstandard.compress(b"b"), "zstd", LIMIT) == b"ab"


def test_encodings_are_undone_from_the_last() -> None:
    assert inflate(gzip.compress(brotli.compress(b"text")), "br, gzip", LIMIT) == b"text"
    assert inflate(b"text", "identity", LIMIT) == b"text"
    with pytest.raises(Reject, match="4 encodings"):
        inflate(b"text", "gzip, gzip, gzip, gzip", LIMIT)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_costs_the_limit_and_no_more(name: str) -> None:
    bomb = packed_zeros(name, 256 * 2**20)
    tracemalloc.start()
    with pytest.raises(Reject, match="too_large"):
        inflate(bomb, name, LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * LIMIT


def packed_zeros(name: str, size: int) -> bytes:
    """Pack zeros a megabyte at a time, so that the test itself stays small."""
    zeros = b"\0" * 2**20
    count = size // len(zeros)
    if name == "br":
        compressor = brotli.Compressor(quality=1)
        return b"".join(compressor.process(zeros) for _ in range(count)) + bytes(compressor.finish())
    if name == "zstd":
        stream = zstandard.ZstdCompressor(level=1).compressobj()
        return b"".join(stream.compress(zeros) for _ in range(count)) + stream.flush()
    packer = zlib.compressobj(level=1, wbits=31 if name == "gzip" else 15)
    return b"".join(packer.compress(zeros) for _ in range(count)) + packer.flush()
