"""Side by side: nothing of either text is lost, and what is the same is not marked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.diff import Pair, side_by_side

texts = st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6).map(" ".join), max_size=6).map("\n\n".join)


def _text(pairs: tuple[Pair, ...], side: str) -> str:
    shown = (getattr(pair, side) for pair in pairs)
    return "\n\n".join("".join(span.text for span in spans) for spans in shown if spans is not None)


@settings(deadline=None)
@given(texts, texts)
def test_both_texts_are_there_whole_and_in_their_order(left: str, right: str) -> None:
    pairs = side_by_side(left, right)
    assert _text(pairs, "left") == left
    assert _text(pairs, "right") == right


@settings(deadline=None)
@given(texts)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert all(pair.same for pair in side_by_side(text, text))


def test_a_changed_word_is_marked_in_its_paragraph_alone() -> None:
    first, second = side_by_side("The dam broke at noon.\n\nNobody was hurt.", "The dam broke at one.\n\nNobody was hurt.")
    assert [(span.text, span.same) for span in first.left or ()] == [("The dam broke at ", True), ("noon.", False)]
    assert [(span.text, span.same) for span in first.right or ()] == [("The dam broke at ", True), ("one.", False)]
    assert second.same


def test_a_paragraph_that_was_added_stands_alone() -> None:
    pairs = side_by_side("One two three.\n\nFour five six.", "One two three.\n\nNew words here.\n\nFour five six.")
    assert [(pair.left is None, pair.right is None) for pair in pairs] == [(False, False), (True, False), (False, False)]


def test_a_text_without_end_is_compared_in_bounded_time() -> None:
    word = "x" * 1_000_000
    (pair,) = side_by_side(word, word + "y")
    assert pair.left is not None
    assert pair.left[0].text == word
    assert _text(side_by_side("x " * 4000, "x y " * 2000), "right") == "x y " * 2000  # nine minutes of difflib
    many = "\n\n".join(f"paragraph {i} of many" for i in range(5000))
    assert len(side_by_side(many, many)) == 5000
    other = many.replace("many", "some")
    assert _text(side_by_side(many, other), "right") == other


def test_the_one_change_of_a_long_text_is_found_wherever_it_is() -> None:
    """Words behind the four thousandth were told as others, and paragraphs behind the three hundredth not at all."""
    blocks = [" ".join(f"word{i}of{n}" for i in range(20)) for n in range(500)]
    for place in (0, 250, 499):
        changed = [*blocks[:place], blocks[place] + " and another", *blocks[place + 1 :]]
        pairs = side_by_side("\n\n".join(blocks), "\n\n".join(changed))
        assert [number for number, pair in enumerate(pairs) if not pair.same] == [place]
        assert [span.text for span in pairs[place].right or () if not span.same] == ["and another"]
