"""The standfirst of a page that is declared as news is the article's, if the page says it nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.metadata import Metadata
from pipeline.extract.parse import parse_html
from pipeline.extract.standfirst import standfirst
from pipeline.extract.votes import tokens_of

TITLE = "Old harbour street shut for a month"
SAID = "The town replaces the sewers, and the traders say that nobody told them"
TEXT = "".join(
    "<p>The main street of the old harbour will be shut to cars from Sunday, the town told its people.</p>" for _ in "123"
)
NEWS = frozenset(("newsarticle",))


def found(between: str, **metadata: object) -> str | None:
    page = read_blocks(parse_html(f"<body><main><h1>{TITLE}</h1>{between}<div>{TEXT}</div></main></body>"))
    chosen = np.array([run.text in TEXT for run in page.runs], dtype=np.bool_)
    known = Metadata(**({"title": TITLE, "page_types": NEWS} | metadata))  # type: ignore[arg-type]
    place = standfirst(page, [tokens_of(run.text) for run in page.runs], known, chosen)
    return None if place is None else page.runs[place].text


@pytest.mark.parametrize(
    "line",
    [
        f"<h2 class=subTitle>{SAID}</h2>",
        f"<p class=article-dek>{SAID}.</p>",
        f"<div class=by>By <a href=/jane>Jane Doe</a></div><p class=standfirst>{SAID}</p>",
    ],
)
def test_a_line_between_headline_and_text_that_is_named_so_is_the_standfirst(line: str) -> None:
    assert (found(line) or "").startswith(SAID)


@pytest.mark.parametrize(
    "line",
    [
        f"<p>{SAID}</p>",  # not named
        f"<div class=lead><p>{SAID}</p></div>",  # the box is, which may hold more
        f"<figure class=lead><img><figcaption>{SAID}</figcaption></figure>",
        f"<p class=excerpt><a href=/other>{SAID}</a></p>",
        "<p class=subhead>Monday, 4 May 2026, 11:36 a.m. local time</p>",
        "<p class=subtitle>Shut for a month</p>",  # of few words
        f"<ul class=summary><li>{SAID}</li></ul>",
        "<p class=lead>Sign up for our free newsletter to get the latest from the harbour.</p>",
    ],
)
def test_what_else_stands_there_is_none(line: str) -> None:
    assert found(line) is None


def test_what_the_description_says_is_left_to_the_scorer() -> None:
    assert found(f"<p class=dek>{SAID}</p>", description=f"{SAID}.") is None


def test_only_news_has_one() -> None:
    assert found(f"<p class=dek>{SAID}</p>", page_types=frozenset(("blogposting",))) is None
