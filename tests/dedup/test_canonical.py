from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from pipeline.dedup import Document
from pipeline.dedup.canonical import (
    FEATURES,
    NO_ORIGIN,
    Candidate,
    SiteCounts,
    choose_canonical,
    features,
    parse_time,
    read_weights,
    trusted_times,
)
from tests.dedup.articles import document

DAY = 86400.0


def member(number: int, time: float | None, *, origin: float = 0.2, losses: float = 0.0, length: int = 1000) -> Candidate:
    return Candidate(number, time, origin, losses, 0.0, length)


def choose(*members: Candidate) -> tuple[int, str]:
    return choose_canonical([document(str(n), "") for n in range(len(members))], members)


@pytest.mark.parametrize(
    ("credit", "site"),
    [
        ("Associated Press", "apnews.com"), ("AP", "apnews.com"), ("Agence France-Presse", "afp.com"), ("dpa", "www.dpa.com"),
        ("dpa/AFP", "afp.com"), ("Xinhua", "xinhuanet.com"), ("新华社", "news.cn"), ("ТАСС", "tass.ru"), ("RIA Novosti", "ria.ru"),
        ("Kyodo News", "english.kyodonews.net"), ("Yonhap", "yna.co.kr"), ("Press Trust of India", "ptinews.com"),
        ("ČTK", "ctk.cz"), ("Anadolu Agency", "aa.com.tr"), ("Herald Wire", "heraldwire.example"),
        ("Agência Brasil", "agenciabrasil.ebc.com.br"), ("dpa", "www.dpa-international.com"), ("CNA", "focustaiwan.tw"),
        ("SDA", "keystone-sda.ch"), ("ČTK", "ceskenoviny.cz"), ("共同", "kyodonews.jp"), ("وام", "wam.ae"), ("SPA", "spa.gov.sa"),
        ("واس", "spa.gov.sa"), ("أ ش أ", "mena.org.eg"), ("ایرنا", "irna.ir"), ("ΑΠΕ-ΜΠΕ", "amna.gr"), ("भाषा", "ptinews.com"),
    ],
)  # fmt: skip
def test_the_site_of_an_agency_is_known_by_its_names_and_initials(credit: str, site: str) -> None:
    agency = dataclasses.replace(document("0", ""), site=site)
    client = dataclasses.replace(document("1", ""), wire_credit=credit)
    assert choose_canonical([agency, client], [member(0, 2 * DAY), member(1, DAY)]) == (0, "wire credit")
    assert choose_canonical([document("0", ""), client], [member(0, 2 * DAY), member(1, DAY)])[0] == 1
    several = [member(0, 3 * DAY), member(1, 2 * DAY), member(2, None), member(3, DAY)]
    assert choose_canonical([agency, agency, agency, client], several) == (1, "wire credit")


@pytest.mark.parametrize("link", ["https://www.a.example/0", "http://a.example/0/", "https://A.example/0?utm_source=feed#top"])
def test_a_canonical_link_is_followed_however_it_spells_the_address(link: str) -> None:
    linking = dataclasses.replace(document("1", ""), canonical_url=link)
    assert choose_canonical([document("0", ""), linking], [member(0, 2 * DAY), member(1, DAY)]) == (0, "canonical link")
    elsewhere = dataclasses.replace(document("1", ""), canonical_url="https://a.example/0/1")
    assert choose_canonical([document("0", ""), elsewhere], [member(0, 2 * DAY), member(1, DAY)])[0] == 1


def test_a_page_that_names_itself_links_to_no_other_spelling_of_its_address() -> None:
    original = dataclasses.replace(document("0", ""), url="https://first.example/a", canonical_url="https://first.example/a")
    moved = [
        dataclasses.replace(document(url, ""), url=url, canonical_url=url)
        for url in ("http://www.paper.example/b", "https://www.paper.example/b", "https://paper.example/b")
    ]
    members = [member(0, DAY), *(member(number, 2 * DAY) for number in (1, 2, 3))]
    assert choose_canonical([original, *moved], members) == (0, "earliest publication")
    before_the_move = dataclasses.replace(moved[0], canonical_url="https://www.paper.example/b")
    assert choose_canonical([original, before_the_move, *moved[1:]], members) == (2, "canonical link")


def test_a_page_that_names_itself_in_another_spelling_names_no_page_that_is_read_under_a_third() -> None:
    original, page, again = (document(name, "") for name in ("first", "paper", "paper"))
    page = dataclasses.replace(page, url="https://www.paper.example/b")
    again = dataclasses.replace(again, url="http://www.paper.example/b", canonical_url="https://paper.example/b")
    dated = [member(number, DAY * (number + 1)) for number in range(3)]
    assert choose_canonical([original, page, again], dated) == (0, "earliest publication")
    linking = dataclasses.replace(document("other", ""), canonical_url="https://paper.example/b")
    assert choose_canonical([linking, page, again], dated) == (1, "canonical link"), "the first that is read under it"


def test_a_page_that_names_another_one_is_not_what_those_mean_that_name_it() -> None:
    def page(site: str, link: str | None) -> Document:
        url = f"https://{site}.example/a"
        return dataclasses.replace(document(site, ""), url=url, canonical_url=f"https://{link}.example/a" if link else url)

    pages = [page("hub", "wire"), page("north", "hub"), page("south", "hub"), page("wire", None)]
    members = [member(number, DAY) for number in range(4)]
    assert choose_canonical(pages, members) == (3, "canonical link")
    assert choose_canonical([*pages[:3], page("wire", "hub")], members) == (0, "canonical link"), (
        "two name each other: most name it"
    )


def test_every_feature_has_a_weight_of_the_sign_that_its_meaning_has() -> None:
    weights = read_weights()
    assert list(weights) == list(FEATURES)
    assert all(math.isfinite(weight) for weight in weights.values())
    assert min(weights[name] for name in ("earliest", "dated", "origin", "length")) > 0
    assert max(weights[name] for name in ("losses", "additions", "short")) < 0


def test_the_earliest_of_many_dates_is_the_original() -> None:
    assert choose(member(0, 2 * DAY), member(1, DAY), member(2, 3 * DAY)) == (1, "earliest publication")


@pytest.mark.parametrize(
    ("time", "first"), [("2026-11-20T09:30:00+00:00", 1), ("2026-11-20T23:00:00Z", 1), ("2026-11-21T00:30:00+00:00", 0)]
)
def test_a_day_without_a_time_is_not_before_the_times_of_that_day(time: str, first: int) -> None:
    assert choose(member(0, parse_time("2026-11-20")), member(1, parse_time(time))) == (first, "earliest publication")


def test_a_site_that_gives_no_times_is_not_counted_as_first_or_second_on_that_day() -> None:
    day, nine, next_day = (parse_time(text) for text in ("2026-11-20", "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"))
    counts = SiteCounts()
    counts.add("days.example", day, "times.example", nine)
    assert not counts.seen
    counts.add("days.example", day, "times.example", next_day)
    assert (counts.first["days.example"], counts.seen["times.example"]) == (1, 1)
    counts.add("days.example", DAY, "days.example", 2 * DAY)
    counts.add("days.example", DAY, "times.example", 60 * DAY)
    assert counts.seen.total() == 2, "neither a site of itself, nor a date that is a mistake"
    assert [counts.origin(site) for site in ("days.example", "times.example", None)] == [1.4 / 3, 0.4 / 3, NO_ORIGIN]


def test_a_date_long_before_all_others_is_doubted() -> None:
    members = [member(0, 400 * DAY), member(1, 500 * DAY), member(2, 500.1 * DAY), member(3, 500.2 * DAY, losses=0.4, length=500)]
    assert features(members)[0][FEATURES.index("earliest")] == 0
    assert features(members)[1][FEATURES.index("earliest")] == 1
    assert [row[FEATURES.index("undated")] for row in features(members)] == [1, 0, 0, 0]
    spread = [member(n, day * DAY) for n, day in enumerate((400, 410, 425))]
    assert [row[FEATURES.index("earliest")] for row in features(spread)] == [1, 0, 0], "all of them are far apart"
    pair = [member(n, day * DAY) for n, day in enumerate((400, 500))]
    assert [row[FEATURES.index("earliest")] for row in features(pair)] == [0, 0], "either may be the mistake"


def test_a_date_far_outside_of_the_bulk_of_many_is_none() -> None:
    bulk, odd = [(1000.0 + n) * DAY for n in range(40)], [900 * DAY, 1200 * DAY]
    assert trusted_times([*bulk, *odd, None], np.array([*bulk, *odd])) == [*bulk, None, None, None]
    few = [*bulk[:10], *odd]
    assert trusted_times(few, np.array(few)) == few


@pytest.mark.parametrize("time", [None, DAY])
def test_a_cut_copy_is_not_the_original_when_dates_say_nothing(time: float | None) -> None:
    assert choose(member(0, time, losses=0.5, length=400), member(1, time))[0] == 1


@pytest.mark.parametrize("dated", [0, 1])
def test_of_equal_texts_the_one_with_a_date_leads(dated: int) -> None:
    times = [DAY if n == dated else None for n in range(2)]
    assert choose(member(0, times[0]), member(1, times[1])) == (dated, "earliest publication")
    undated = member(1 - dated, None, origin=0.6)
    assert choose(*sorted((undated, member(dated, DAY)), key=lambda m: m.number)) == (1 - dated, "site is usually first")


def test_a_reason_is_not_said_of_what_is_not_so() -> None:
    assert choose(member(0, None), member(1, None)) == (0, "equal texts")
    assert choose(member(0, None, losses=0.4, length=600), member(1, None)) == (1, "most complete text")
    cut = member(0, None, origin=0.45, losses=0.05, length=950)
    assert choose(cut, member(1, None)) == (0, "all evidence together")


def test_of_equal_dates_the_reason_says_what_decided_between_them() -> None:
    assert choose(member(0, DAY), member(1, DAY)) == (0, "earliest publication, dates tie: equal texts")
    cut = member(0, DAY, losses=0.4, length=600)
    assert choose(cut, member(1, DAY), member(2, 2 * DAY)) == (1, "earliest publication, dates tie: most complete text")


def test_the_reason_says_that_an_earlier_date_is_doubted() -> None:
    later = (member(n, (500 + n) * DAY) for n in (1, 2))
    assert choose(member(0, 400 * DAY), *later) == (1, "earliest publication, an earlier date doubted")
    cut = member(1, 500 * DAY, losses=0.5, length=400)
    assert choose(member(0, 400 * DAY), cut) == (0, "most complete text, date doubted")


@pytest.mark.parametrize("text", ["Fri, 20 Nov 2026 09:30:00 GMT", "20 Nov 2026 10:30:00 +0100", "Fri, 20 Nov 26 04:30 EST"])
def test_a_date_as_feeds_write_it_is_a_date(text: str) -> None:
    assert parse_time(text) == parse_time(" 2026-11-20T09:30Z\n") == parse_time("2026-11-20T09:30:00Z")


@pytest.mark.parametrize("text", ["Fri, 99 Nov 2026 09:30:00 GMT", "20 Foo 2026 09:30", "20 Nov 2026 09:30 +999999999999"])
def test_what_only_looks_like_a_date_of_feeds_is_none(text: str) -> None:
    assert parse_time(text) is None


def test_a_placeholder_is_no_date() -> None:
    assert parse_time("1970-01-01T00:00:00Z") is None
