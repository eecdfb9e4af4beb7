"""A source that falls silent is told, by its own rhythm; one that is blocked or fails is told as that."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline import stages
from pipeline.config import Settings
from pipeline.fetch.freshness import overdue, silent_sources
from pipeline.records import Rejected
from pipeline.runs import WHOLE, Run
from pipeline.sources import Source
from pipeline.store import LocalStore, Partition, read_manifest, read_records
from tests.fetch.conftest import Reply, Web

FEED = (
    '<rss version="2.0"><channel><title>N</title><item><link>/{day}</link><pubDate>{day}T08:00:00Z</pubDate></item></channel></rss>'
)
FIRST = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([5, 4, 6, 5, 7, 5, 4, 6], (1, 1)),  # every night until yesterday
        ([0, 0, 0, 0, 5, 4, 6, 5], (5, 1)),  # and still told on the fifth night
        ([0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 4], None),  # weekly, and not yet due
        ([0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 4], (7, 7)),  # weekly, and due
        ([0, *[1] * 8, *[0, 0, 0, 0, 0, 0, 1] * 9], (2, 1)),  # weekly once, and every night of late
        ([1, 1], None),  # two nights are no rhythm
        ([0] * 28, None),  # never brought anything
        ([], None),
    ],
)
def test_the_rhythm_is_the_sources_own(earlier: list[int], expected: tuple[int, float] | None) -> None:
    assert overdue(earlier) == expected


@given(st.lists(st.integers(0, 5), max_size=28))
@hypothesis_settings(max_examples=200)
def test_a_source_once_overdue_stays_so_while_it_is_silent(earlier: list[int]) -> None:
    if overdue(earlier) is not None:
        assert overdue([0, *earlier]) is not None


def test_a_run_that_left_a_source_out_and_a_bad_address_in_it_say_nothing_of_it() -> None:
    source = Source(id="s", feeds=("https://s.example/feed",))
    bad = Rejected("http://[", "s", "s.example", "discover", "bad_url")
    (silent,) = silent_sources([source], {}, [{"other": 1}, *[{"s": 1}] * 3], [bad])
    assert "came last in the run before, and usually comes in every run" in str(silent.detail)


def night(web: Web, settings: Settings, folder: Path, day: date, *others: Source) -> list[Rejected]:
    """Discover one night; returns what was rejected."""
    mine = dataclasses.replace(settings, store=str(folder / "store"), warehouse_url=f"sqlite:///{folder}/warehouse.db")
    source = Source(id="daily", feeds=(web.url("/feed"),), max_age_days=1)
    run = Run(run_date=str(day), settings=mine, sources=(source, *others))
    stages.discover(run)
    return list(read_records(run.store(), Partition("discover", str(day), WHOLE), Rejected, "rejects"))


def days(web: Web, settings: Settings, folder: Path, number: int) -> date:
    """Run some nights on which the source brings a page each; returns the day after them."""
    for day in (FIRST + timedelta(days=n) for n in range(number)):
        web.add("/feed", Reply(FEED.format(day=day).encode()))
        assert night(web, settings, folder, day) == []
    return FIRST + timedelta(days=number)


def test_a_silent_source_is_in_the_quarantine_and_in_the_nights_report(web: Web, settings: Settings, tmp_path: Path) -> None:
    today = days(web, settings, tmp_path, 4)
    (reject,) = night(web, settings, tmp_path, today + timedelta(days=2))
    assert (reject.reason, reject.source_id, reject.url) == ("silent", "daily", web.url("/feed"))
    assert reject.detail == "answers with nothing new; something came last in the run before, and usually comes in every run"
    store = Run(run_date="2026-11-08", settings=dataclasses.replace(settings, store=str(tmp_path / "store"))).store()
    manifest = read_manifest(store, Partition("discover", "2026-11-08", WHOLE))
    assert manifest is not None
    assert (manifest.report.outcomes, manifest.extra["news"]) == ({"silent": 1}, {"daily": 0})


def test_no_source_was_silent_in_a_night_that_is_made_up_for_later(web: Web, settings: Settings, tmp_path: Path) -> None:
    missed = days(web, settings, tmp_path, 4)
    web.add("/feed", Reply(FEED.format(day=missed + timedelta(days=2)).encode()))
    assert night(web, settings, tmp_path, missed + timedelta(days=2)) == []
    web.add("/feed", Reply(FEED.format(day=FIRST).encode()))  # what it lists later is no news of the night
    assert night(web, settings, tmp_path, missed) == []


def test_the_password_of_a_feed_is_neither_told_of_a_silent_source_nor_in_the_way_of_a_dead_one(
    web: Web, settings: Settings, tmp_path: Path
) -> None:
    secret = Source(id="secret", feeds=("http://desk:hunter2@127.0.0.1:1/feed",))
    (silent,) = silent_sources([secret], {}, [{"secret": 1}] * 3, [])
    assert (silent.url, silent.site) == ("http://127.0.0.1:1/feed", "127.0.0.1")
    night(web, settings, tmp_path, FIRST, secret, Source(id="other", urls=(web.url("/page"),)))
    manifest = read_manifest(LocalStore(tmp_path / "store"), Partition("discover", str(FIRST), WHOLE))
    assert manifest is not None
    assert manifest.extra["answered"] == {"daily": True, "secret": False, "other": False}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"no", 403), "blocked"),
        (Reply(b"<html>captcha</html>", 200, {"cf-mitigated": "challenge"}), "blocked"),
        (Reply(b"<rss version='2.0'><channel><title>N</title></channel></rss>"), "empty_feed"),
        (Reply(b"sorry", 500), "http_500"),
        (Reply(b"<!doctype html><p>We value your privacy", 200), "bad_feed"),
    ],
)
def test_blocked_empty_and_failed_are_told_apart_from_silent(
    web: Web, settings: Settings, tmp_path: Path, reply: Reply, reason: str
) -> None:
    today = days(web, settings, tmp_path, 3)
    web.add("/feed", reply)
    other = Source(id="other", urls=(web.url("/page"),))  # a night that can read nobody is none
    assert [reject.reason for reject in night(web, settings, tmp_path, today, other)] == [reason]
