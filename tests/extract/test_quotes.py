"""A short quotation between two paragraphs of the article is part of it; a post from elsewhere is judged for itself."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.parse import parse_html
from pipeline.extract.quotes import enclosed_quotes

ABOVE, BELOW = "<p>The board spent more.</p>", "<p>The fares stayed.</p>"
QUOTE = "<blockquote><p>A hall without stalls is a station.</p><cite>Ann Lee</cite></blockquote>"
POST = "<blockquote><p>So this is it.</p><p>Ann (@ann) <a href=https://social.example/1>9 May</a></p></blockquote>"


@pytest.mark.parametrize(
    ("page", "chosen", "found"),
    [
        (ABOVE + QUOTE + BELOW, "1 00 1", "1 11 1"),
        (ABOVE + QUOTE + BELOW, "1 10 1", "1 11 1"),
        (f"<ul><li>One</li></ul>{QUOTE}{BELOW}", "1 00 1", "1 11 1"),
        (ABOVE + QUOTE + BELOW, "1 00 0", "1 00 0"),
        (ABOVE + QUOTE + BELOW, "0 00 1", "0 00 1"),
        (ABOVE + POST + BELOW, "1 00 1", "1 00 1"),
        (f"{ABOVE}<aside class=related>{QUOTE}</aside>{BELOW}", "1 00 1", "1 00 1"),
        (f"{ABOVE}<div hidden>{QUOTE}{ABOVE}</div>{BELOW}", "1 1", "1 1"),
    ],
)
def test_a_quotation_between_two_pieces_of_the_article_is_chosen(page: str, chosen: str, found: str) -> None:
    blocks = read_blocks(parse_html(f"<body>{page}</body>"))
    flags = np.array([int(flag) for flag in chosen.replace(" ", "")], dtype=np.bool_)
    assert [str(int(flag)) for flag in enclosed_quotes(blocks, flags)] == list(found.replace(" ", ""))
