from __future__ import annotations

from pipeline.dedup.pair import COPY, NOTHING, REUSE, compare_texts, side_by_side
from tests.dedup.articles import article


def test_a_pair_is_shown_side_by_side_with_what_it_shares() -> None:
    source = article(1)
    paragraphs = source.split("\n\n")
    other = "\n\n".join([*article(2, 5).split("\n\n"), paragraphs[3], article(3, 4)])
    report = compare_texts(source, other)
    assert report.verdict == REUSE
    (passage,) = report.passages
    assert source[passage.start : passage.end] == other[passage.other_start : passage.other_end]
    assert source[passage.start : passage.end] + "." == paragraphs[3]
    lines = list(side_by_side(source, other, report))
    shared = [line.split(" = ") for line in lines if " = " in line]
    assert all(len(columns) == 2 for columns in shared)
    assert all(left.strip() == right.strip() for left, right in shared[1:])
    words = {word.strip(".,") for text in (source, other) for word in text.split()}
    assert words <= {word.strip(".,") for line in lines for word in line.split()}


def test_a_cut_copy_and_two_strangers_are_told_apart() -> None:
    assert compare_texts(article(4), article(4)[:700]).verdict == COPY
    assert compare_texts(article(4), article(5)).verdict == NOTHING
    assert compare_texts("", "word").verdict == NOTHING


def test_passages_in_another_order_are_all_shown() -> None:
    one, two = article(6, 3), article(7, 3)
    report = compare_texts(f"{one}\n\n{two}", f"{two}\n\n{one}")
    lines = "\n".join(side_by_side(f"{one}\n\n{two}", f"{two}\n\n{one}", report))
    assert len(report.passages) == 2
    assert "[2]" in lines
