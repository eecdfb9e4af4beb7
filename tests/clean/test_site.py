"""A line on different stories of a site is the site's; a line on copies of one story is the story's."""

from __future__ import annotations

import random

import pytest

from pipeline.clean import clean_site, label, learn_site_lines
from pipeline.clean.site import HALF_LIFE, MIN_STORIES
from pipeline.records import Article, Block
from tests.clean.articles import PROSE, article, block, dropped

SLOGAN = "Harbour news daily"
NOTE = "Our reporters are at the quay every day of the year and you can reach them there."
WORDS = [
    "boat",
    "wall",
    "net",
    "tide",
    "rope",
    "crane",
    "gull",
    "storm",
    "barge",
    "light",
    "fog",
    "chart",
    "pilot",
    "wharf",
    "sail",
    "keel",
]


def _story(number: int) -> list[str]:
    chosen = random.Random(number)
    return [" ".join(chosen.choice(WORDS) + str(number) for _ in range(20)).capitalize() + "." for _ in range(5)]


def _pages(stories: int, *extra: str) -> list[Article]:
    return [article(*_story(n), *extra, title=f"Story of {n}", identity=f"{n:03}") for n in range(stories)]


def test_a_line_on_three_stories_is_the_sites() -> None:
    cleaned, lines = clean_site(_pages(3, SLOGAN), (), "2024-05-01")
    assert [(line.text, line.pages) for line in lines] == [(SLOGAN, 3.0)]
    assert all(dropped(page) == {SLOGAN: "site-line"} for page in cleaned)


def test_a_line_on_two_stories_is_not_yet() -> None:
    cleaned, _ = clean_site(_pages(2, SLOGAN), (), "2024-05-01")
    assert all(dropped(page) == {} for page in cleaned)


def test_signs_and_years_what_one_story_has_and_a_long_text_are_no_lines() -> None:
    pages = [
        *_pages(3, "* * *", "2024", f"{' '.join(WORDS * 8)}."),
        article(*_story(5), SLOGAN, title="Story of 5", identity="005"),
    ]
    assert learn_site_lines(pages, (), "2024-05-01") == []


@pytest.mark.parametrize("order", ["012", "210", "120"])
def test_copies_of_one_story_count_once(order: str) -> None:
    copies = [article(*_story(1)[: 5 - 2 * n], title="Story of 1", identity=f"c{place}") for n, place in enumerate(order)]
    cleaned, lines = clean_site([*copies, *_pages(1)], (), "2024-05-01")
    assert lines == []
    assert all(dropped(page) == {} for page in cleaned)


def test_two_nights_know_more_than_one() -> None:
    _, known = clean_site(_pages(2, SLOGAN), (), "2024-05-01")
    tonight = article(*_story(7), SLOGAN, title="Story of 7", identity="007")
    other = article(*_story(8), SLOGAN, title="Story of 8", identity="008")
    (page, _), lines = clean_site([tonight, other], known, "2024-05-02")
    assert dropped(page) == {SLOGAN: "site-line"}
    assert lines[0].first_seen == "2024-05-01"
    assert lines[0].last_seen == "2024-05-02"


def test_a_line_that_stopped_is_forgotten() -> None:
    _, known = clean_site(_pages(4, SLOGAN), (), "2024-05-01")
    later = learn_site_lines(_pages(1), known, "2024-05-31")
    assert later[0].pages == pytest.approx(4.0)
    assert label(article(*PROSE, SLOGAN), known).blocks[-1].dropped_by == "site-line"
    assert dropped(label(article(*PROSE, SLOGAN, site="another.example"), known)) == {}
    assert learn_site_lines(_pages(1), known, "2025-05-01") == []


def test_sightings_halve_in_the_half_life() -> None:
    _, known = clean_site(_pages(4, SLOGAN), (), "2024-05-01")
    assert HALF_LIFE == 30
    (line,) = learn_site_lines(_pages(MIN_STORIES, SLOGAN), known, "2024-05-31")
    assert line.pages == pytest.approx(2.0 + 3.0)


def test_what_was_seen_after_an_earlier_night_that_is_made_up_for_counts_whole_and_stays_the_last() -> None:
    _, known = clean_site(_pages(4, SLOGAN), (), "2024-06-30")
    (line,) = learn_site_lines(_pages(MIN_STORIES, SLOGAN), known, "2024-05-01")
    assert (line.pages, line.last_seen) == (4.0 + 3.0, "2024-06-30")


def test_the_pages_own_headline_is_spared() -> None:
    pages = [article(*_story(n), "Harbour wall to be raised", title=f"Story of {n}", identity=f"{n}") for n in range(3)]
    own = article("Harbour wall to be raised", *_story(9), identity="9")
    cleaned, _ = clean_site([*pages, own], (), "2024-05-01")
    assert dropped(cleaned[3]) == {"Harbour wall to be raised": "headline"}


def test_the_background_paragraph_of_follow_up_stories_is_spared() -> None:
    pages = [article(*_story(n), *([NOTE] if n < 3 else []), title=f"Story of {n}", identity=f"{n:02}") for n in range(12)]
    cleaned, _ = clean_site(pages, (), "2024-05-01")
    assert all(dropped(page) == {} for page in cleaned)


def test_a_paragraph_on_most_stories_is_the_sites() -> None:
    cleaned, _ = clean_site(_pages(6, NOTE), (), "2024-05-01")
    assert all(dropped(page) == {NOTE: "site-line"} for page in cleaned)


def test_a_subhead_that_some_stories_share_is_spared() -> None:
    pages = []
    for n in range(12):
        parts = _story(n)
        pages.append(
            article(
                *parts[:2],
                *([block("What happens next", "heading")] if n < 3 else []),
                *parts[2:],
                title=str(n),
                identity=f"{n:02}",
            )
        )
    cleaned, _ = clean_site(pages, (), "2024-05-01")
    assert all(dropped(page) == {} for page in cleaned)


def _with_line(stories: int, holders: int, line: str | Block) -> list[Article]:
    """Stories of a site, some of which carry a line between their paragraphs."""
    pages = []
    for n in range(stories):
        texts = _story(n)
        pages.append(article(*texts[:2], *([line] if n < holders else []), *texts[2:], title=f"Story of {n}", identity=f"{n:03}"))
    return pages


@pytest.mark.parametrize(("stories", "holders", "rule"), [(100, 4, None), (100, 8, "site-line"), (12, 3, "site-line")])
def test_a_line_between_paragraphs_is_the_sites_when_enough_stories_have_it(stories: int, holders: int, rule: str | None) -> None:
    cleaned, _ = clean_site(_with_line(stories, holders, "What the fishermen want"), (), "2024-05-01")
    assert {dropped(page).get("What the fishermen want") for page in cleaned[:holders]} == {rule}


def test_a_line_that_leads_away_between_paragraphs_is_the_sites_on_few_stories() -> None:
    cleaned, _ = clean_site(_with_line(100, 4, block("What the fishermen want", links=1.0)), (), "2024-05-01")
    assert {rule for page in cleaned[:4] for rule in dropped(page).values()} == {"site-line"}


def test_a_line_that_also_stands_at_an_edge_is_the_sites_on_three_stories() -> None:
    pages = [*_with_line(99, 2, SLOGAN), article(*_story(200), SLOGAN, title="Story of 200", identity="200")]
    cleaned, _ = clean_site(pages, (), "2024-05-01")
    assert all(dropped(page) == {SLOGAN: "site-line"} for page in (*cleaned[:2], cleaned[-1]))


def test_sites_do_not_learn_from_one_another() -> None:
    pages = [article(*_story(n), SLOGAN, title=f"Story of {n}", identity=f"{n}", site=f"s{n}.example") for n in range(4)]
    cleaned, _ = clean_site(pages, (), "2024-05-01")
    assert all(dropped(page) == {} for page in cleaned)


def test_the_order_of_the_pages_does_not_matter() -> None:
    pages = [*_pages(5, SLOGAN, NOTE), article(*_story(1), SLOGAN.upper(), title="Story of 1", identity="x")]
    lines = learn_site_lines(pages, (), "2024-05-01")
    for seed in range(5):
        shuffled = random.Random(seed).sample(pages, len(pages))
        assert learn_site_lines(shuffled, (), "2024-05-01") == lines
