"""What a page holds twice, for wide screens and for phones, stands in the text once."""

from __future__ import annotations

from pipeline.clean import label
from tests.clean.articles import PROSE, article, block, dropped

LONG = tuple(
    f"{text[:-1]}, and for a whole evening nobody in the room of the council had a word to say against any of it." for text in PROSE
)
OTHER = "The vote on the lighthouse, which was to follow, was put off until the engineers have been heard in the spring."


def test_a_part_that_stands_there_again_goes_whatever_share_of_the_page_it_is() -> None:
    cleaned = label(article(*LONG, *LONG, *LONG))
    assert cleaned.text.split("\n\n") == [*LONG]
    assert [b.dropped_by for b in cleaned.blocks] == [None] * 4 + ["repeated-text"] * 8
    assert label(cleaned) == cleaned


def test_what_one_copy_has_and_the_other_has_not_stays() -> None:
    assert label(article(*LONG, OTHER, *LONG, "A last word on the harbour wall.")).text.split("\n\n") == [
        *LONG,
        OTHER,
        "A last word on the harbour wall.",
    ]


def test_a_table_inside_of_it_goes_with_it_and_one_outside_stays() -> None:
    table = block("Wall | 1.2 m", "table")
    cleaned = label(article(*LONG[:2], table, *LONG[2:], *LONG[:2], table, *LONG[2:], table))
    assert [b.dropped_by for b in cleaned.blocks if b.kind == "table"] == [None, "repeated-text", None]


def test_a_refrain_a_quotation_and_a_form_in_use_again_stay() -> None:
    refrain = ("Age: 19, Freshman", "School: Alverton High", "Stock Status: Up")
    assert dropped(label(article(*refrain, LONG[0], *refrain, LONG[1], *refrain, LONG[2], LONG[1], LONG[3]))) == {}
