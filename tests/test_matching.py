"""Equal runs are equal, in order and apart, and found wherever difflib would be asked for too much."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.matching import equal_runs

texts = st.lists(st.sampled_from("abcdefgh"), max_size=30)


@given(texts, texts)
def test_runs_are_equal_in_both_and_come_in_order(a: list[str], b: list[str]) -> None:
    runs = list(equal_runs(a, b))
    assert all(a[i : i + size] == b[j : j + size] for i, j, size in runs)
    assert all(i + size <= x and j + size <= y for (i, j, size), (x, y, _) in pairwise(runs))
    last, other, size = runs[-1]
    assert (last + size, other + size) == (len(a), len(b))


@given(texts, texts, texts)
def test_what_is_added_leaves_the_rest_the_same(before: list[str], added: list[str], after: list[str]) -> None:
    found = sum(size for *_, size in equal_runs(before + after, before + added + after))
    assert found == len(before) + len(after)


def test_what_stands_once_in_both_parts_long_texts_of_few_words() -> None:
    few = ["x", "y"] * 1000
    runs = list(equal_runs(["p", *few, "one", *few, "q"], ["r", *few[::-1], "one", *few[::-1], "s"]))
    assert [run for run in runs if run[2]] == [(2001, 2001, 1)]


def test_long_texts_of_the_same_few_words_share_how_they_begin_and_end() -> None:
    assert [run for run in equal_runs(["x"] * 4000, ["x", "y"] * 2000 + ["x"]) if run[2]] == [(0, 0, 1), (3999, 4000, 1)]
