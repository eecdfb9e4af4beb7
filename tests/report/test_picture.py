"""The numbers behind the pictures."""

from __future__ import annotations

import re
from types import SimpleNamespace

from pipeline.report.picture import HEIGHT, LOSS_LINES, bars, funnel
from pipeline.report.render import style


def _rows(**stages: dict[str, int]) -> list[SimpleNamespace]:
    return [SimpleNamespace(stage=s, outcome=o, n=n) for s, outcomes in stages.items() for o, n in outcomes.items()]


def test_the_funnel_loses_what_the_stages_lost() -> None:
    rows = _rows(
        discover={"new": 10}, fetch={"fetched": 8, "http_404": 2}, extract={"article": 7, "paywall": 1}, clean={"kept": 7},
        dedup={"unique": 3, "canonical": 2, "copy": 2},
    )  # fmt: skip
    picture = funnel(rows)
    assert picture is not None
    assert [(step.name, step.n) for step in picture.steps] == [("addresses", 10), ("pages", 8), ("articles", 7), ("loaded", 7)]
    assert [step.loss.outcomes if step.loss else () for step in picture.steps] == [(("http_404", 2),), (("paywall", 1),), (), ()]
    assert sum(part.n for part in picture.parts) == 7
    assert picture.steps[0].height == HEIGHT
    assert picture.summary == (
        "10 addresses, of which did not go on: 2 http_404; 8 pages, of which did not go on: 1 paywall; 7 articles; 7 loaded;"
        " 3 ran once; 2 stand for a story; 2 are copies"
    ), "all that is seen is told to who does not see it"


def test_thin_parts_stay_inside_of_the_picture() -> None:
    """Of a night that lost nothing, the copies and their number were below its edge."""
    whole = {"fetch": {"fetched": 5000}, "extract": {"article": 5000}, "clean": {"kept": 5000}}
    for counted in ((4780, 90, 130), (10, 20, 4970), (1666, 1667, 1667)):
        picture = funnel(_rows(**whole, dedup=dict(zip(("unique", "canonical", "copy"), counted, strict=True))))
        assert picture is not None
        assert all(part.y + part.height <= picture.height and part.middle + 20 <= picture.height for part in picture.parts)


def test_many_reasons_are_summed_up() -> None:
    picture = funnel(_rows(fetch={"fetched": 1, **{f"http_{code}": 1 for code in range(500, 510)}}))
    assert picture is not None
    loss = picture.steps[0].loss
    assert loss is not None
    assert len(loss.outcomes) == LOSS_LINES + 1
    assert sum(n for _, n in loss.outcomes) == loss.n == 10


def test_long_reasons_begin_inside_of_the_picture() -> None:
    """Centred below the first stream, `200 000 not_modified` began left of the edge."""
    picture = funnel(_rows(fetch={"fetched": 1, "not_modified": 1_200_000}, extract={"article": 1_300_000, "paywall": 1}))
    assert picture is not None
    assert picture.steps[0].loss is not None
    assert picture.steps[1].loss is not None
    assert picture.steps[0].loss.x >= 7.5 * len("1,200,000 not_modified") / 2
    assert picture.steps[1].loss.x == picture.steps[1].x + 66


def test_every_part_has_a_colour_of_its_own() -> None:
    picture = funnel(_rows(dedup=dict.fromkeys(("unique", "canonical", "copy", "overtaken"), 1), fetch={"fetched": 4}))
    assert picture is not None
    colours = re.findall(r"\.funnel \.part\d \{.*\}", style())
    assert len(set(colours)) == len(picture.parts) == 4


def test_a_page_that_had_not_changed_is_not_lost() -> None:
    picture = funnel(_rows(fetch={"fetched": 8, "not_modified": 5}, extract={"article": 6, "paywall": 2}))
    assert picture is not None
    fetched, extracted = picture.steps[0].loss, picture.steps[1].loss
    assert fetched is not None
    assert extracted is not None
    assert (fetched.n, fetched.outcomes, fetched.path, bool(fetched.beside)) == (0, (("not_modified", 5),), "", True)
    assert (extracted.n, bool(extracted.path), extracted.beside) == (2, True, "")


def test_an_article_that_two_sources_brought_is_loaded_once() -> None:
    rows = _rows(extract={"article": 9}, clean={"kept": 8, "no_text": 1}, dedup={"unique": 5, "same_article": 3})
    picture = funnel(rows)
    assert picture is not None
    assert [(step.name, step.n) for step in picture.steps] == [("pages", 9), ("articles", 9), ("loaded", 5)]
    assert picture.steps[1].loss is not None
    assert (picture.steps[1].loss.outcomes, picture.steps[1].loss.n) == ((("same_article", 3), ("no_text", 1)), 1)


def test_a_night_that_fetched_nothing_begins_with_its_pages() -> None:
    picture = funnel(_rows(extract={"article": 2}, clean={"kept": 2}, dedup={"unique": 2}))
    assert picture is not None
    assert [step.name for step in picture.steps] == ["pages", "articles", "loaded"]


def test_without_reports_there_is_no_picture() -> None:
    assert funnel([]) is None
    assert funnel(_rows(fetch={"nothing": 0})) is None


def test_bars_are_as_many_as_the_nights() -> None:
    shown = bars([1, 0, 4])
    assert shown.before.count("M") == 2
    assert shown.now.startswith("M20.0 22v-22.0")
    assert bars([]).now == ""
