"""Which capture of a page stands for a night: pages are never given up for failures, nor newer texts for older ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.captures import merge
from pipeline.records import Fetch


def capture(outcome: str = "fetched", *, hour: int = 1, digest: str | None = "a", url: str = "https://x.example/1") -> Fetch:
    moment = datetime(2026, 11, 20, hour, tzinfo=UTC)
    body = digest if outcome == "fetched" else None
    file = f"raw/{outcome}-{hour}-{digest}" if outcome == "fetched" else None
    return Fetch(
        url, url, "x", "x.example", "feed", outcome, moment, digest=body, retryable=outcome != "fetched", warc_filename=file
    )


@pytest.mark.parametrize(
    ("before", "now", "stays"),
    [
        (capture(), capture("http_404", hour=2), "before"),
        (capture(), capture("not_modified", hour=2), "before"),
        (capture(), capture(hour=2), "before"),
        (capture(hour=2), capture(hour=1, digest="b"), "before"),
        (capture(hour=1), capture(hour=2, digest="b"), "now"),
        (capture("timeout"), capture("timeout", hour=2), "before"),
        (capture("timeout"), capture("http_404", hour=2), "now"),
        (capture("timeout"), capture("forbidden_address", hour=2), "before"),
        (capture("timeout"), capture(hour=2), "now"),
    ],
)
def test_one_capture_stands(before: Fetch, now: Fetch, stays: str) -> None:
    rows, _ = merge([before], [now])
    assert rows == [before if stays == "before" else now]


captures = st.builds(
    capture,
    st.sampled_from(["fetched", "timeout", "http_404", "not_modified"]),
    hour=st.integers(0, 5),
    digest=st.sampled_from("abc"),
    url=st.sampled_from(["https://x.example/1", "https://x.example/2"]),
)


@given(st.lists(captures, max_size=8))
def test_no_text_that_was_ever_fetched_is_lost(new: list[Fetch]) -> None:
    rows, superseded = merge([], new)
    assert {(r.url, r.digest) for r in new if r.digest} == {(r.url, r.digest) for r in (*rows, *superseded) if r.digest}
    assert len({row.url for row in rows}) == len(rows)


@given(st.lists(captures, max_size=8))
def test_the_same_again_changes_nothing(new: list[Fetch]) -> None:
    fetched = [row for row in new if row.outcome == "fetched"]
    rows, _ = merge([], fetched)
    assert merge(rows, fetched)[0] == rows
