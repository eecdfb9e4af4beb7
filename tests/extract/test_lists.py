"""A list of which the article has half, it has whole; its links, and other lists, are none of that."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.lists import whole_lists
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
    page = read_blocks(parse_html("<body><dl><dd>One</dd><dd>Two</dd></dl><li>Three</li></body>"))
    assert whole_lists(page, np.array([True, False, False])).tolist() == [True, False, False]
