"""Other stories in a list of headlines and summaries are told by their form; texts with linked headings are none."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.extract.blocks import read_blocks
from pipeline.extract.parse import parse_html
from pipeline.extract.places import structure_of
from pipeline.extract.teasers import teasers
from pipeline.extract.votes import tokens_of

STORY = "".join(
    f"<p>The bridge over the harbour carried its first cars on Monday, and number {n} of the long list of repairs, the engineers "
    "said, is the last that the winter had left them with.</p>"
    for n in range(1, 5)
)
OTHERS = [
    ("Council votes against a second ferry", "It is seldom full, and the harbour has no room for another berth."),
    ("Fish market opens a week late", "The cold store had to be built a second time after the storm."),
    ("Old crane is to become a lookout", "Those who climb it will see as far as the islands in the north."),
    ("Pilots train on a ship of glass", "A room in the old school shows them the harbour in any weather."),
]


def marked(body: str) -> list[str]:
    """Return the texts that are taken for teasers when everything on the page was taken for the article."""
    page = read_blocks(parse_html(f"<html><body><main>{body}</main></body></html>"))
    words = np.array([len(tokens_of(run.text)) for run in page.runs])
    flags = teasers(page, words, structure_of(page), np.ones(len(words), dtype=np.bool_))
    return [page.runs[i].text for i in np.flatnonzero(flags)]


@pytest.mark.parametrize(
    "item",
    [
        '<dt class="headline"><a href="/{n}">{headline}</a></dt><dd>{summary}</dd>',
        '<div class="card"><h3><a href="/{n}">{headline}</a></h3><div>{summary}</div></div>',
        '<div class="card"><h5 class="card-title"><a href="/{n}">{headline}</a></h5>{summary}</div>',
    ],
)
def test_headlines_with_a_summary_each_are_other_stories(item: str) -> None:
    items = "".join(item.format(n=n, headline=headline, summary=summary) for n, (headline, summary) in enumerate(OTHERS))
    assert marked(f"{STORY}<div><div>{items}</div></div>") == [text for pair in OTHERS for text in pair]
    assert marked(f"<div>{items}</div>") == []  # nothing else is on the page


def test_the_parts_of_an_article_whose_headings_are_links_stay() -> None:
    parts = "".join(f'<h3><a href="/{n}">{headline}</a></h3><p>{summary}</p>' for n, (headline, summary) in enumerate(OTHERS))
    assert marked(STORY + parts) == []
    longer = "".join(f'<div><h3><a href="/{n}">{h}</a></h3><div>{s}</div><div>{s}</div></div>' for n, (h, s) in enumerate(OTHERS))
    assert marked(STORY + longer) == []


def test_a_round_up_of_what_other_sites_write_is_the_article() -> None:
    item = '<div class="item"><h3><a href="https://{site}.example/1">{headline}</a></h3><div>{summary}</div></div>'
    sites = ("herald", "courier", "gazette", "tribune")
    items = "".join(item.format(site=site, headline=h, summary=s) for site, (h, s) in zip(sites, OTHERS, strict=True))
    assert marked(STORY + items) == []
    assert marked(STORY + items.replace(*("courier", "herald")).replace(*("gazette", "herald"))) != []


def test_two_are_no_list() -> None:
    two = "".join(f'<dt><a href="/{n}">{headline}</a></dt><dd>{summary}</dd>' for n, (headline, summary) in enumerate(OTHERS[:2]))
    assert marked(f"{STORY}<dl>{two}</dl>") == []
