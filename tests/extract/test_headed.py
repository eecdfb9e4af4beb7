"""A post of a few lines is told from the sidebars around it by the page's own headline."""

from __future__ import annotations

import pytest

from pipeline.extract.page import PageInput, extract

NAMES = ("Anna Berg", "Jonas Lind", "Maria Costa", "Pavel Novak", "Sofia Rossi", "Tomas Wolf", "Ines Prado", "Karl Vogt")
ROLL = "".join(f"<li><a href='/people/{i}'>{name}</a></li>" for i, name in enumerate(NAMES * 6))
ABOUT = "<h2>About</h2><p>The best blog about signs in town. I have walked its streets for twenty years and photographed them.</p>"
POST = ("• The oldest sign in the harbour.", "• A shop that sells nothing on Mondays.", "• Three ways to spell ferry.")


def page(sidebar: str) -> tuple[list[str], str]:
    lines = "<br>".join(POST)
    foot = "<p class='post-footer'>posted by Ann @ 6:43 PM</p>"
    post = f"<div class='post'><h3>Three signs from the harbour</h3><div>{lines}</div>{foot}</div>"
    head = "<head><title>Signs: Three signs from the harbour</title></head>"
    html = f"<html>{head}<body><div><div>{sidebar}</div><div>{post}</div></div></body></html>"
    article = extract(PageInput("http://signs.example/3", "s", "signs.example", html, kind="html"))
    return [block.text for block in article.blocks if block.dropped_by is None], article.extractor


@pytest.mark.parametrize("sidebar", [ABOUT, f"{ABOUT}<ul>{ROLL}</ul>"])
def test_a_short_post_is_kept_and_its_sidebar_is_not(sidebar: str) -> None:
    text, extractor = page(sidebar)
    assert text == list(POST), extractor


def test_the_extractor_says_that_the_headline_decided() -> None:
    assert page(f"{ABOUT}<ul>{ROLL}</ul>")[1].startswith("headline: 0 of the ")
