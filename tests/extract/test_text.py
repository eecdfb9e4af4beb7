"""Plain text comes in many shapes; its paragraphs and its title come out the same."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.text import read_text

TITLE = "Harbour wall to be raised by a metre before winter"
PARAGRAPHS = (
    "The council voted on Monday to raise the old harbour wall by a metre, after three storms in one autumn had put the fish "
    "market under water and carried two boats onto the road.",
    "“We have talked for twenty years,” the harbour master said, “and the sea has not listened.”",
    "Work is to start in August and will be paid for by a well-known insurance fund, which has its seat in the neighbouring town, "
    "and by a levy on berths.",
    "Nobody voted against it.",
)


def _texts(text: str) -> list[str]:
    return [block.text for block in read_text(text)[1]]


def _wrapped(width: int, **options: str) -> list[str]:
    return [textwrap.fill(p, width, break_on_hyphens=False, **options) for p in PARAGRAPHS]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join((TITLE, *PARAGRAPHS)),
        "\r\n\r\n".join((TITLE, *PARAGRAPHS)),
        "\n".join((TITLE, *PARAGRAPHS)),
        "\r".join((TITLE, *PARAGRAPHS)),
        "\n\n\n \n".join((TITLE, *PARAGRAPHS)) + "\n\n",
        "\n\n".join((TITLE, *_wrapped(72))),
        "\n\n".join((TITLE, *_wrapped(60))),
        "\n\n".join((TITLE, *_wrapped(72, initial_indent="    "))),
        "\n\n".join((TITLE, *_wrapped(76, initial_indent="  ", subsequent_indent="  "))),
        "\n".join((TITLE, "", *_wrapped(72, initial_indent="    "))),
        "\ufeff" + "\n\n".join(("Share", TITLE, *PARAGRAPHS)).replace("Share\n\n", ""),
    ],
    ids=[
        "blank-lines",
        "crlf",
        "line-a-paragraph",
        "cr",
        "many-blanks",
        "wrapped-72",
        "wrapped-60",
        "indented",
        "all-indented",
        "indent-only",
        "bom",
    ],
)
def test_paragraphs_and_title_come_out_the_same(text: str) -> None:
    title, blocks = read_text(text)
    assert title == TITLE
    assert [block.text for block in blocks] == list(PARAGRAPHS)
    assert [block.index for block in blocks] == [0, 1, 2, 3]


def test_names_of_sections_above_the_title_are_labelled() -> None:
    title, blocks = read_text("\n".join(("Home", "News", "Sport", TITLE, "By Jane Doe", *PARAGRAPHS)))
    assert title == TITLE
    assert [block.dropped_by for block in blocks[:4]] == [None, "navigation", "navigation", None]  # the rules know the others
    title, blocks = read_text("\n".join(("Inicio > Región > Puerto", TITLE, *PARAGRAPHS)))
    assert title == TITLE


@pytest.mark.parametrize(
    ("above", "title"),
    [
        (("The anatomy of a knot", "Harbour"), "The anatomy of a knot"),  # no word of the text, nor has the line below
        (("The lines of this morning", TITLE), TITLE),
        (("Storm", "By Jane Doe", "Three boats are lost in it"), "Storm"),  # what stands below a byline is no title
    ],
)
def test_of_several_lines_above_the_text_one_is_the_title(above: tuple[str, ...], title: str) -> None:
    found, blocks = read_text("\n".join((*above, *PARAGRAPHS)))
    assert (found, {found, *(block.text for block in blocks)}) == (title, {*above, *PARAGRAPHS})


def test_japanese_lines_are_joined_without_a_space() -> None:
    first, second = "港の古い倉庫が三年の工事を終えて来月から市民の図書室として使われることになったと市が", "発表した。"
    assert _texts(f"{first}\n{second}\n\n{first}\n{second}") == [first + second] * 2


@pytest.mark.parametrize(
    "text",
    [
        "The council voted on Monday to raise the wall.\n\nNobody voted against it, the mayor said later.",
        "and so it went on until the end of the day.\n\nNobody voted against it, the mayor said later.",
        "Just some words",
        "A line\n\nAnother line\n\nA third",
        "Share\n\nThe council voted on Monday to raise the wall.\n\nNobody voted against it, the mayor said later.",
    ],
)
def test_no_title_is_made_up(text: str) -> None:
    title, blocks = read_text(text)
    assert title is None
    assert len(blocks) == len(text.split("\n\n"))


@pytest.mark.parametrize("above", ["Share", "4 May 2021", "Share\n\nTweet\n\n12 comments", "World"])
def test_labels_dates_and_a_section_above_the_title_are_not_the_title(above: str) -> None:
    assert read_text("\n\n".join((above, TITLE, *PARAGRAPHS)))[0] == TITLE


def test_list_items_are_told_apart() -> None:
    _, blocks = read_text(f"{TITLE}\n\n{PARAGRAPHS[0]}\n\n- one boat\n- two nets\n\n{PARAGRAPHS[3]}")
    assert [block.kind for block in blocks] == ["paragraph", "list_item", "list_item", "paragraph"]


@pytest.mark.parametrize("date", ["3. März 2023, 16:32", "3. 3. 2023 16:32", "3.3.2023 klo 16.32"])
def test_a_date_with_an_ordinal_is_no_item_of_a_list(date: str) -> None:
    assert [block.kind for block in read_text("\n\n".join((TITLE, date, *PARAGRAPHS)))[1]] == ["paragraph"] * 5


def test_thai_has_prose_and_a_title_without_any_stop() -> None:
    title = "สภาเมืองอนุมัติท่าเรือเฟอร์รีแห่งใหม่"
    body = "สภาเมืองอนุมัติแผนก่อสร้างท่าเรือเฟอร์รีแห่งใหม่เมื่อคืนวันอังคาร หลังถกเถียงเรื่องค่าใช้จ่ายและผลกระทบต่อท่าเรือมานานหลายเดือน"
    assert read_text(f"{title}\n\n{body}")[0] == title


def test_a_paragraph_of_many_wrapped_lines_is_one() -> None:
    """It took the square of its length: a megabyte was too much for a worker."""
    line = "The harbour master said on Monday that the old wall would not hold for another winter like the last"
    wide = "港湾局は月曜日に古い防波堤を一メートル高くする計画を発表し、来年の冬までに終えたいと述べた"
    for text, glue in ((line, " "), (wide, "")):
        assert _texts("\n".join([text] * 20_000)) == [glue.join([text] * 20_000)]


def test_an_empty_document_has_nothing() -> None:
    assert read_text(" \n\t\n") == (None, ())


@given(st.text(max_size=400))
@settings(max_examples=150)
def test_no_letter_is_lost_or_made_up(text: str) -> None:
    title, blocks = read_text(text)
    letters = sorted(c for c in text.expandtabs().replace("\0", "") if c.isalnum())
    assert sorted(c for part in [title or "", *(b.text for b in blocks)] for c in part if c.isalnum()) == letters
