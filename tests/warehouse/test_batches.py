"""Whole columns come to what is done to one record."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.urls import url_id
from pipeline.warehouse.batches import claims, texts_as_json, url_keys
from pipeline.warehouse.rows import claim

TIMES = (
    *("2026-03-01", "2026-03-01T06:00:00Z", "2026-03-01T06:00:00+02:00", "2026-03-01T06:00:00.25-14:59", "2026-03-01T06:00:00"),
    *("2026-02-30T06:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "yesterday", ""),
    *("2026-03-01T24:00:00Z", "2026-03-01T06:00:60Z", "2026-03-01T06:00Z", "1969-07-20T20:17:40Z", "2026-03-01T06:00:00.1234567Z"),
)
WORDS = st.text(alphabet='ab"\\\n\x01é\ud800/ ', max_size=6).filter(lambda text: "\ud800" not in text)
SEGMENTS = st.sampled_from(("a", "A-b_c~1", "x.html", ".", "..", "", "%41", "ü", "a+b", "a b", "2026"))
HOSTS = st.sampled_from(
    ("herald.example", "Herald.Example", "herald.example.", "herald.example:80", "a-b.c.example", "bücher.example")
)
QUERIES = st.sampled_from(("", "?", "?b=1&a=2", "?utm_source=x", "#top"))


@pytest.mark.parametrize("drop", ["", "2026-02-30T06:00:00Z"])
def test_times_are_read_as_one_by_one(drop: str) -> None:
    said = [None, *(time for time in TIMES if time != drop)]
    moments, precisions = claims(pa.array(said, pa.string()))
    one_by_one = [claim(time) for time in said]
    assert moments.to_pylist() == [c.at for c in one_by_one]
    assert precisions.to_pylist() == [c.precision for c in one_by_one]


@given(st.lists(st.lists(WORDS, max_size=3), max_size=3))
def test_lists_of_texts_are_the_json_that_python_writes(lists: list[list[str]]) -> None:
    made = texts_as_json(pa.array(lists, pa.list_(pa.string())))
    assert made.to_pylist() == [json.dumps(texts, ensure_ascii=False) for texts in lists]


@given(st.builds(lambda h, s, q: f"https://{h}/{'/'.join(s)}{q}", HOSTS, st.lists(SEGMENTS, max_size=4), QUERIES))
def test_urls_have_the_key_that_each_would_have_alone(url: str) -> None:
    assert url_keys(pa.array([url, "no url", "https://herald.example/a"], pa.string())) == [
        url_id(url),
        url_id("no url"),
        url_id("https://herald.example/a"),
    ]
