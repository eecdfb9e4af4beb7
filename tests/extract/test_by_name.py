"""Captions and related links that the scorer took for text are told by what the page calls them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.by_name import without_named
from pipeline.extract.parse import parse_html
from pipeline.extract.votes import tokens_of

PARAGRAPH = "<p>" + "The council voted on Monday to keep the old ferry for another winter. " * 4 + "</p>"
SAID = "The ferry at the pier in March."


@pytest.mark.parametrize(
    ("beside", "is_text"),
    [
        (f"<figure><img><figcaption>{SAID}</figcaption></figure>", False),
        (f"<figure><img><figcaption><div><p>{SAID}</p></div></figcaption></figure>", False),
        (f"<div class=wp-caption><img><p class=wp-caption-text>{SAID}</p></div>", False),
        (f"<p class=imageCaption>{SAID}</p>", False),
        (f"<div class=photo-caption><p>{SAID}</p></div>", False),
        (f"<div class=Bildunterschrift>{SAID}</div>", False),
        (f"<div><img><em class=img_desc>{SAID}</em></div>", False),
        (f"<div><img><span class=imgDescription>{SAID}</span></div>", False),
        (f"<div><img><em class=img>{SAID}</em></div>", True),
        (f"<div class=imageCaption><div class=story><p>{SAID}</p></div></div>", True),  # named at large
        (f"<figure class=pull-quote><figcaption>{SAID}</figcaption></figure>", True),
        ("<figure><figcaption>(…)</figcaption></figure>", True),
        (f"<table><caption>{SAID}</caption><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>", True),
        (f"<h2 class=caption>{SAID}</h2>", True),
        (f"<p class=related-link><a href=/b>{SAID}</a></p>", False),
        (f"<p class=related-link>{SAID} More of it <a href=/b>here</a>.</p>", True),
        (f"<p><a href=/b>{SAID}</a></p>", True),
        ("<div class=signup-card><h2>Post from the pier</h2></div>", False),
        ("<div class=newsletter><div><div><h2>Post from the pier</h2></div></div></div>", False),
        (f"<div class=newsletter><h2>Post from the pier</h2>{PARAGRAPH}</div>", True),  # the article is one
        ("<h2 id=membership>Membership of the club</h2>", True),  # what it says is its name
        ("<div id=membership-of-the-club><h2>Membership of the club</h2></div>", True),
        ("<div class=theme-promo><h2>Post from the pier</h2></div>" * 4, True),  # a list
    ],
)
def test_what_the_page_calls_a_caption_or_related_is_no_text(beside: str, is_text: bool) -> None:
    page = read_blocks(parse_html(f"<body><article>{PARAGRAPH}{beside}{PARAGRAPH}</article></body>"))
    kept = without_named(page, [tokens_of(run.text) for run in page.runs], np.ones(len(page.runs), dtype=np.bool_))
    assert bool(kept[1]) is is_text
    assert kept[0]
    assert kept[-1]


def test_captions_are_the_text_of_a_gallery() -> None:
    slides = "".join(f"<figure><img><figcaption>{SAID} It is slide {n} of them.</figcaption></figure>" for n in range(9))
    page = read_blocks(parse_html(f"<body><article>{PARAGRAPH}{slides}</article></body>"))
    assert without_named(page, [tokens_of(run.text) for run in page.runs], np.ones(len(page.runs), dtype=np.bool_)).all()
