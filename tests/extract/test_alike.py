"""A paragraph among those of the article that is set like most of them, or ends them, is part of it, however short."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.alike import alike
from pipeline.extract.blocks import read_blocks
from pipeline.extract.parse import parse_html


def said(*lines: str, name: str = "speech") -> str:
    return "".join(f"<div class={name}><p class=text>{line}</p></div>" for line in lines)


def told(*lines: str) -> str:
    return "<div>" + "".join(f"<p>{line}</p>" for line in lines) + "</div>"


LONG = "The board spent more than it had, and raised the fares."
ABOVE, BELOW = said(LONG, LONG), said(LONG)


@pytest.mark.parametrize(
    ("page", "chosen", "found"),
    [
        (ABOVE + said("Will the Lady give way?") + BELOW, "11 0 1", "11 1 1"),
        (ABOVE + said("Related stories") + BELOW, "11 0 1", "11 0 1"),  # no sentence
        (ABOVE + said("More of it <a href=/b>here</a>.") + BELOW, "11 0 1", "11 0 1"),
        (ABOVE + said("Read us daily.", name="offer") + BELOW, "11 0 1", "11 0 1"),  # set otherwise
        (ABOVE + said("...") + BELOW, "11 0 1", "11 0 1"),
        (ABOVE + BELOW + said("Read us daily."), "11 1 0", "11 1 0"),  # below the article
        (told(LONG, LONG, LONG, "The pier is shut."), "1110", "1111"),
        (told(LONG, LONG, LONG, "The pier is shut.", "Read us daily."), "11100", "11100"),  # not the last
        (told(LONG, LONG, LONG, "Share the pier"), "1110", "1110"),
        (told(LONG, "Read also: <a href=/b>More</a>", LONG, "See also: <a href=/c>Less</a>", LONG, "Shut."), "101010", "101011"),
        (told(LONG, "An aside.", LONG, "An aside.", LONG, "Shut."), "101010", "101010"),
        (told(LONG, LONG, "The pier is shut."), "110", "110"),  # too few tell
        (told("Read us.", "Write.", LONG, LONG, LONG, "The pier is shut."), "001110", "001110"),
        (told(LONG, LONG, LONG) + told("The pier is shut."), "1110", "1110"),  # beside other text
        (ABOVE + said("One.", "Two.") + BELOW, "11 00 1", "11 00 1"),  # as many are set so that are not the article's
    ],
)
def test_a_sentence_set_like_the_paragraphs_around_it_is_chosen(page: str, chosen: str, found: str) -> None:
    blocks = read_blocks(parse_html(f"<body><main>{page}</main></body>"))
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    assert [str(int(flag)) for flag in alike(blocks, flags)] == list(found.replace(" ", ""))


PARTED = "<h2>What comes next</h2>"
QUOTED = "<blockquote><p>The sea keeps its own time.</p></blockquote>"


@pytest.mark.parametrize(
    ("between", "chosen", "found"),
    [
        (PARTED, "11 0 11", "11 1 11"),
        (QUOTED + PARTED, "11 00 11", "11 11 11"),
        ("<h2>Advertisement</h2>", "11 0 11", "11 0 11"),
        ("<div>Advertisement</div>" + PARTED, "11 00 11", "11 01 11"),
        ("<p>Share</p><div>Advertisement</div>" + QUOTED + PARTED, "11 0000 11", "11 0011 11"),
        ("<h2>Related stories</h2>" + PARTED, "11 00 11", "11 00 11"),
        ("<div>The ferry in March</div>" + PARTED, "11 00 11", "11 00 11"),
        ("<span class=cross>What comes next</span>", "11 0 11", "11 1 11"),
        ("What comes next", "11 0 11", "11 1 11"),
        ("Advertisement", "11 0 11", "11 0 11"),
        ("<a href=/b>What comes next</a>", "11 0 11", "11 0 11"),
        ("<div>What comes next</div>", "11 0 11", "11 0 11"),
        ("<h2><a href=/b>What comes next</a></h2>", "11 0 11", "11 0 11"),
        ("<h2>___</h2>", "11 0 11", "11 0 11"),
        ("<div><h2>What comes next</h2></div>", "11 0 11", "11 0 11"),  # of a box, it may be
        (PARTED + PARTED + PARTED, "11 000 11", "11 000 11"),
    ],
)
def test_a_heading_between_two_paragraphs_of_the_article_is_chosen(between: str, chosen: str, found: str) -> None:
    page = f"<main><p>{LONG}</p><p>{LONG}</p>{between}<p>{LONG}</p><p>{LONG}</p></main>"
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    blocks = read_blocks(parse_html(f"<body>{page}</body>"))
    assert [str(int(flag)) for flag in alike(blocks, flags)] == list(found.replace(" ", ""))
