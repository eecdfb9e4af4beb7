"""An article for its page: blocks in their place, passages cut without losing a character."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.article import Piece, _claimed, number_of_words, own_texts, shown_blocks


def _row(index: int, text: str = "Share", rule: str = "share") -> SimpleNamespace:
    return SimpleNamespace(block_index=index, text=text, rule=rule)


def _passage(start: int, end: int, source: str) -> SimpleNamespace:
    return SimpleNamespace(start_offset=start, end_offset=end, source_article_id=source)


def test_dropped_blocks_stand_where_they_stood() -> None:
    blocks = shown_blocks("First.\n\nSecond.", [_row(0), _row(2, "Advertisement", "advertisement"), _row(9, "Late", "read-more")])
    assert [block.rule for block in blocks] == ["share", None, "advertisement", None, "read-more"]
    assert blocks[3].pieces == (Piece("Second."),)


def test_a_passage_over_two_paragraphs_is_marked_in_both() -> None:
    blocks = shown_blocks("One two.\n\nThree four.", [], [(4, 15, 1)])
    assert [block.pieces for block in blocks] == [
        (Piece("One "), Piece("two.", 1)),
        (Piece("Three", 1), Piece(" four.")),
    ]


def test_what_two_passages_cover_belongs_to_the_longer() -> None:
    taken = _claimed([_passage(0, 10, "a"), _passage(5, 30, "b"), _passage(8, 12, "c")], {"a": 1, "b": 2, "c": 3})
    assert taken == [(0, 5, 1), (5, 30, 2)]


@settings(deadline=None)
@given(
    st.lists(st.text("ab c", min_size=1, max_size=20).filter(lambda t: "\n" not in t), max_size=5),
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 40)), max_size=6),
)
def test_no_character_is_lost_or_shown_twice(paragraphs: list[str], spans: list[tuple[int, int]]) -> None:
    text = "\n\n".join(paragraphs)
    passages = [_passage(start, start + length, str(number)) for number, (start, length) in enumerate(spans)]
    taken = _claimed(passages, {str(number): number + 1 for number in range(len(spans))})
    assert all(a[1] <= b[0] for a, b in pairwise(taken))
    blocks = shown_blocks(text, [], taken)
    assert "\n\n".join("".join(piece.text for piece in block.pieces) for block in blocks) == text


def test_a_block_without_end_is_cut_and_says_so() -> None:
    (block,) = shown_blocks("x" * 100_000, [])
    assert len(block.pieces[0].text) + block.more == 100_000
    assert block.more > 0


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("The ferry doesn’t sail.", 4), ("渡轮重新启航。", 6), ("第2条 A线 ferry", 6), ("배가 다시 뜬다", 3)],
)
def test_words_are_counted_as_passages_count_them(text: str, count: int) -> None:
    assert number_of_words(text) == count


def test_what_no_passage_covers_is_the_article_s_own() -> None:
    assert own_texts("渡轮启航。停航三年。", [(5, 10, 1)]) == ["渡轮启航。", ""]
    assert own_texts("one two three", []) == ["one two three"]
