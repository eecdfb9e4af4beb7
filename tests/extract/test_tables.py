"""A table of which the article has half, or that stands between two pieces of its text, it has whole; no poll, no menu."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.page import PageInput, extract
from pipeline.extract.parse import parse_html
from pipeline.extract.tables import whole_tables

TABLE = """<table><caption>Crossings</caption><thead><tr><th>Winter</th><th>Passengers</th></tr></thead>
<tbody><tr><td>2021</td><td>41,200</td></tr><tr><td>2022</td><td>38,900</td></tr></tbody></table>"""
LINKS = re.sub("(<t[hd]>)(.*?)(</t[hd]>)", r"\1<a href=/x>\2</a>\3", TABLE)
POLL = "<table><tr><td>Should it sail?</td></tr><tr><td>Yes</td><td></td></tr><tr><td>No</td><td></td></tr></table>"
ABOVE, BELOW = "<p>The board spent more each year.</p>", "<p>The fares stayed where they were.</p>"


@pytest.mark.parametrize(
    ("page", "chosen", "whole"),
    [
        (ABOVE + TABLE + BELOW, "1 0 000 1", "1 0 111 1"),
        (f"{ABOVE}<figure>{TABLE}<figcaption>In 2022</figcaption></figure><h2>Fares</h2>", "1 0 000 0 1", "1 0 111 0 1"),
        (f"{ABOVE}<div class=scroll>{TABLE}</div><section><h2>Fares</h2></section>", "1 0 000 1", "1 0 111 1"),
        (f"<ul><li>One</li></ul>{TABLE}{BELOW}", "1 0 000 1", "1 0 111 1"),  # below a list of the text
        (f"<div><ul><li>One</li></ul></div>{TABLE}{BELOW}", "1 0 000 1", "1 0 000 1"),
        (ABOVE + TABLE + BELOW, "1 0 010 1", "1 0 111 1"),
        (ABOVE + TABLE + BELOW, "1 0 000 0", "1 0 000 0"),
        (ABOVE + TABLE + BELOW, "0 0 000 1", "0 0 000 1"),
        (ABOVE + TABLE + BELOW, "0 0 001 0", "0 0 001 0"),
        (ABOVE + TABLE + BELOW, "0 0 011 0", "0 0 111 0"),  # half of it
        (f"<div>{ABOVE}</div><div>{TABLE}</div>{BELOW}", "1 0 000 1", "1 0 000 1"),  # in a box of its own
        (f"{ABOVE}<div class=newsletter>{TABLE}</div>{BELOW}", "1 0 000 1", "1 0 000 1"),
        (f"{ABOVE}{LINKS}{BELOW}", "1 0 000 1", "1 0 000 1"),
        (f"{ABOVE}{LINKS}{BELOW}", "1 0 011 1", "1 0 011 1"),
        (f"{ABOVE}{POLL}{BELOW}", "1 000 1", "1 000 1"),
        (f"{ABOVE}<div style='display:none'>{TABLE}</div>{BELOW}", "1 0 000 1", "1 0 000 1"),
    ],
)
def test_a_table_that_the_article_has_part_of_or_stands_around_is_chosen_whole(page: str, chosen: str, whole: str) -> None:
    blocks = read_blocks(parse_html(f"<body>{page}</body>"))
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    assert [str(int(flag)) for flag in whole_tables(blocks, flags)] == list(whole.replace(" ", ""))


def test_a_table_of_figures_stays_in_the_text_that_it_belongs_to() -> None:
    prose = [
        "The evening ferry will not sail this winter, the harbour board said, because seven of its twelve deckhands have left.",
        "Islanders learned of the change from a handwritten note that was pinned to the ticket hut, nobody had written to them.",
        "About ninety pupils and some forty shift workers used the late crossing each day, and the school will begin earlier now.",
        "Read more closely, the figures show that the subsidy per passenger rose by a quarter in two years, while fares stayed.",
        "A public meeting will be held in the chapel on Thursday at seven, and the board has promised to come, if the boat sails.",
    ]
    head, tail = ("".join(f"<p>{text}</p>" for text in part) for part in (prose[:3], prose[3:]))
    story = f"<h1>Harbour ferry loses its winter timetable</h1><div>{head}<h2>What it costs</h2>{TABLE}{tail}</div>"
    page = f"<html><body><main><article>{story}</article></main></body></html>"
    article = extract(PageInput("https://example.org/ferry", "s", "example.org", page))
    rows = [block.text for block in article.blocks if block.kind == "table" and block.dropped_by is None]
    assert rows == ["Winter | Passengers", "2021 | 41,200", "2022 | 38,900"]
