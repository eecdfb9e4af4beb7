"""A page that declares no headline, or the site's slogan, has the one that stands right above its text."""

from __future__ import annotations

import pytest

from pipeline.clean import label
from pipeline.extract.page import PageInput, extract

HEADLINE = "Harbour ferry returns to service after a year"
TEXT = (
    "The harbour ferry will sail again on Monday after a year in the dock, its operator said on Thursday, and tickets are on sale.",
    "Engineers replaced both engines and most of the wiring, which took four months longer than planned because of late parts.",
    "The council paid for two thirds of the work and wants the boats to run until midnight from the spring, a spokeswoman said.",
)


def page(above: str, head: str = "") -> tuple[str | None, str]:
    body = above + "".join(f"<p>{line}</p>" for line in TEXT)
    html = f"<html><head>{head}</head><body><div>{body}</div></body></html>"
    article = label(extract(PageInput("http://courier.example/a/17", "s", "courier.example", html, kind="html")))
    return article.title, article.text


@pytest.mark.parametrize("head", ["", "<title>Courier</title>", "<title>Fair. Accurate. To the point.</title>"])
@pytest.mark.parametrize("tag", ["h2", "div class='story-head'", "b"])
def test_the_line_above_the_text_is_the_headline(head: str, tag: str) -> None:
    end = tag.split()[0]
    above = f"<{tag}>{HEADLINE}</{end}><p>Published 4 May 2021</p>"
    assert page(above, head) == (HEADLINE, "\n\n".join(TEXT))


def test_a_declared_headline_that_speaks_of_the_text_stays() -> None:
    assert page("<h2>What the council says about ferries</h2>", f"<title>{HEADLINE}</title>")[0] == HEADLINE


def test_a_headline_that_plays_with_words_stays_when_it_heads_the_page() -> None:
    above = "<h2>All Aboard Once More</h2><p>The ferry returns to the harbour</p>"
    assert page(above, "<title>All Aboard Once More</title>")[0] == "All Aboard Once More"
    above = "<h1><div>All Aboard Once More</div></h1><h2>The ferry returns to the harbour</h2>"
    assert page(above, "<title>All Aboard Once More</title>")[0] == "All Aboard Once More"


def test_so_does_one_of_two_words_as_the_heading_of_the_first_rank() -> None:
    head = "<title>Homo Alvertonensis | Institute for civic education</title>"
    assert page("<h1>Homo Alvertonensis</h1><p>People of the harbour</p>", head)[0] == "Homo Alvertonensis"


def test_it_may_stand_far_above_the_text() -> None:
    menus = "".join(f"<p>{name}</p>" for name in ("Read", "History", "Tools", "Print", "Views", "More", "Share", "Save", "Help"))
    above = f"<h1>All Aboard Once More</h1>{menus}<p>From the harbour almanac</p>"
    assert page(above, "<title>All Aboard Once More</title>")[0] == "All Aboard Once More"
    banner = above.replace("All Aboard Once More", "<a href='/'>All Aboard Once More</a>")
    assert page(banner + "<h3>Ferry fares of the harbour rise</h3>")[0] == "Ferry fares of the harbour rise"


@pytest.mark.parametrize("above", ["<p><a href='/x'>The ferry fares of the harbour</a></p>", ""])
def test_a_link_is_no_headline(above: str) -> None:
    assert page(above)[0] is None


def test_a_section_that_stands_nowhere_is_no_headline_when_one_does() -> None:
    assert page(f"<h2>{HEADLINE}</h2>", "<title>Harbour | News</title>")[0] == HEADLINE
    assert page(f"<h2>Harbour news</h2><h3>{HEADLINE}</h3>", "<title>Harbour news</title>")[0] == "Harbour news"


def test_without_a_title_a_heading_needs_no_word_of_the_text_and_may_link_to_itself() -> None:
    assert page("<h2>All Aboard Once More</h2>")[0] == "All Aboard Once More"
    assert page(f"<h2><a href='/a/17'>{HEADLINE}</a></h2>")[0] == HEADLINE


def test_neither_an_agency_nor_a_line_that_leads_elsewhere_is_a_headline() -> None:
    rupee = "<p>The press of India said that trust in the rupee grew again on Monday, as traders at three banks told reporters.</p>"
    assert page(f"<div>Rupee gains again</div><div>Press Trust of India</div>{rupee}")[0] == "Rupee gains again"
    account = "<div>No harbour ferry tickets yet? <a href='/x'>Register here</a></div>"
    assert page(f"{account}<div>Ferry returns to the harbour</div>")[0] == "Ferry returns to the harbour"
