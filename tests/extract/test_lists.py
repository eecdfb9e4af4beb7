"""A list of which the article has half, or the beginning, it has whole, and what it announces with a colon; no links, no others."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.lists import announced, begun_lists, whole_lists
from pipeline.extract.parse import parse_html

PAGE = """<body><p>The winners of each year:</p>
<ul><li>2023: Ana Ruiz</li><li><p>2022: Bo Lind</p></li><li>2021: Cem Kaya</li><li>2020: Dov Levi</li>
<li><a href="/x">All winners</a></li></ul>
<ol><li>Home</li><li>Sport</li></ol></body>"""


@pytest.mark.parametrize(
    ("chosen", "whole"),
    [
        ("1 1100 0 00", "1 1111 0 00"),
        ("1 0101 0 00", "1 1111 0 00"),
        ("1 1000 0 00", "1 1000 0 00"),
        ("1 1111 0 00", "1 1111 0 00"),
        ("1 0000 1 10", "1 0000 1 11"),
        ("0 0000 0 00", "0 0000 0 00"),
    ],
)
def test_a_list_of_which_half_is_chosen_is_chosen_whole(chosen: str, whole: str) -> None:
    page = read_blocks(parse_html(PAGE))
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    found = whole_lists(page, flags)
    assert "".join(str(int(flag)) for flag in found) == whole.replace(" ", "")


def test_an_item_without_a_list_is_no_list() -> None:
    page = read_blocks(parse_html("<body><dd>One</dd><dd>Two</dd><li>Three</li></body>"))
    assert whole_lists(page, np.array([True, False, False])).tolist() == [True, False, False]


ROLL = "<p>Referees of the Year</p><ul>" + "".join(f"<li>{year}: Kim Lee</li>" for year in range(2024, 2020, -1)) + "</ul>"


@pytest.mark.parametrize(
    ("page", "chosen", "found"),
    [
        (ROLL, "1 1000", "1 1111"),
        (ROLL.replace("li>", "p>").replace("<p>", "<li><p>").replace("</p>", "</p></li>"), "1 1100", "1 1111"),
        (ROLL, "1 0100", "1 0100"),  # it does not begin in the text
        (ROLL, "0 1000", "0 1000"),
        (ROLL.replace("2022: Kim Lee", '<a href="/1">2022: Kim Lee</a>'), "1 1000", "1 1000"),
        (ROLL.replace("2022: Kim Lee", "2022<p>Kim Lee</p>"), "1 10000", "1 10000"),  # cards
    ],
)
def test_a_plain_list_that_begins_in_the_text_is_chosen_whole(page: str, chosen: str, found: str) -> None:
    blocks = read_blocks(parse_html(f"<body>{page}</body>"))
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    assert "".join(str(int(flag)) for flag in begun_lists(blocks, flags)) == found.replace(" ", "")


STEPS = "<ul><li><p>Keep the ticket.</p></li><li><p>Write down the hour.</p></li></ul>"


@pytest.mark.parametrize(
    ("page", "chosen", "found"),
    [
        (f"<h2>One</h2>{STEPS}<h2>Two</h2>", "1 00 1", "1 11 1"),
        (f"<h2>One</h2>{STEPS}<p>It is paid back.</p>", "1 00 1", "1 11 1"),
        (f"<h2>One</h2>{STEPS}<h2>Two</h2>", "1 00 0", "1 00 0"),  # the article ends above it
        (f"<h2>One</h2>{STEPS}<h2>Two</h2>", "0 00 1", "0 00 1"),
        (f"<p>One</p>{STEPS}<p>Two</p>", "1 00 1", "1 00 1"),
        (f"<h2>One</h2><div class=box>{STEPS}</div><p>Two</p>", "1 00 1", "1 00 1"),
        (f"<div><h2>One</h2></div>{STEPS}<p>Two</p>", "1 00 1", "1 00 1"),
        ("<h2>One</h2><ul><li><a href=/a>Keep</a></li><li><a href=/b>Write</a></li></ul><p>Two</p>", "1 00 1", "1 00 1"),
    ],
)
def test_a_list_between_a_heading_of_the_article_and_its_next_line_is_the_articles(page: str, chosen: str, found: str) -> None:
    blocks = read_blocks(parse_html(f"<body><main>{page}</main></body>"))
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    assert "".join(str(int(flag)) for flag in begun_lists(blocks, flags)) == found.replace(" ", "")


def test_a_term_belongs_to_what_explains_it() -> None:
    page = read_blocks(parse_html("<body><dl><dt>Rime</dt><dd>Frozen fog.</dd><dt>Frost</dt><dd>Frozen dew.</dd></dl></body>"))
    assert whole_lists(page, np.array([False, True, False, True])).all()


def test_a_question_belongs_to_the_answer_that_opens_below_it() -> None:
    question = "<details><summary>Who cooks?</summary><p>Eleven kitchens do.</p></details>"
    contents = "<details><summary>Contents</summary><a href=#a>One</a><ul><li><a href=#b>Two</a></li></ul></details>"
    page = read_blocks(parse_html(f"<body>{question}{contents}</body>"))
    assert whole_lists(page, np.array([False, True, False, False, False])).tolist() == [True, True, False, False, False]
    assert whole_lists(page, np.array([False, False, False, True, False])).tolist() == [False, False, False, True, False]


ANNOUNCING = "<p>The deal that the insurers made in June rests on four points:</p>"
SHORT = "<p>Reactions:</p>"
LIST = "<ul><li>30 posts, signed last June</li><li>a new hall</li></ul>"
BOX = "<div><div>30 posts, signed last June</div><div>a new hall</div></div>"


@pytest.mark.parametrize(
    ("page", "chosen", "found"),
    [
        (ANNOUNCING + LIST, "100", "111"),
        (ANNOUNCING + BOX, "100", "111"),
        (f"{ANNOUNCING}<div class=highlight><pre>import random\n\ndef choose(songs):</pre></div>", "100", "111"),
        (ANNOUNCING.replace(":", "：") + LIST, "100", "111"),
        (f"<div>{ANNOUNCING}</div>{BOX}", "100", "111"),
        (ANNOUNCING.replace(":", ".") + LIST, "100", "100"),
        (ANNOUNCING + LIST, "000", "000"),
        (ANNOUNCING + "<p>Advertisement</p>" + LIST, "1000", "1000"),  # it does not begin right below
        (SHORT + LIST, "100", "100"),  # a label
        (ANNOUNCING.replace("p>", "h2>") + LIST, "100", "100"),
        (ANNOUNCING + "<p>Includes information from an agency</p>", "10", "10"),  # a line is no box
        (ANNOUNCING + "<p>Includes information</p><p>Share</p>", "100", "100"),
        (ANNOUNCING + '<ul><li><a href="/1">Another story of the day</a></li><li>More</li></ul>', "100", "100"),
        (ANNOUNCING + BOX.replace("<div>", '<div class="newsletter">', 1), "100", "100"),
        (ANNOUNCING + "<figure><figcaption>The hall in June</figcaption></figure>", "10", "10"),
        (f"<ul><li>{ANNOUNCING}</li><li>a new hall</li></ul>", "10", "10"),
    ],
)
def test_what_a_chosen_paragraph_announces_is_chosen(page: str, chosen: str, found: str) -> None:
    blocks = read_blocks(parse_html(f"<body>{page}</body>"))
    flags = np.array([int(flag) for flag in chosen], dtype=np.bool_)
    assert "".join(str(int(flag)) for flag in announced(blocks, flags)) == found
