"""What is told of a night: what it is, since when, and where to look."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import alerts
from pipeline.alerts import Alert, volume_jump
from pipeline.config import Settings
from pipeline.errors import BudgetSpent, CheckFailed, ConfigError, Fatal, Transient
from pipeline.records import Rejected, StageReport
from pipeline.runs import WHOLE, Run
from pipeline.sources import Source
from pipeline.store import Partition, PartitionWriter
from pipeline.warehouse import load, open_warehouse, upgrade
from tests.warehouse import make

LINK = "http://127.0.0.1:8080/dags/nightly_articles/runs/x"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    settings = Settings(warehouse_url=f"sqlite:///{tmp_path}/warehouse.db", store=str(tmp_path / "store"))
    upgrade(open_warehouse(settings.warehouse_url))
    return Run(run_date="2026-03-09", settings=settings)


def discovered(run: Run, day: str, news: dict[str, int], *rejects: Rejected) -> None:
    writer = PartitionWriter(run.store(), Partition("discover", day, WHOLE))
    writer.write("rejects", Rejected, rejects)
    writer.commit(StageReport("discover", day, WHOLE, 0, {}), {"shards": 1, "news": news})


def test_a_silent_source_is_told_with_the_night_it_last_brought_something(run: Run) -> None:
    for number, new in enumerate([5, 4, 0], start=5):
        discovered(run, f"2026-03-{number:02}", {"herald": new})
    PartitionWriter(run.store(), Partition("discover", "2026-03-08", WHOLE)).write("rejects", Rejected, [])  # it was killed then
    detail = "answers with nothing new; something came last 3 runs ago, and usually comes in every run"
    silent = Rejected("https://herald.example/rss", "herald", "herald.example", "discover", "silent", detail, True)
    other = Rejected("https://x.example/rss", "x", "x.example", "discover", "unreachable", "no answer", True)
    discovered(run, run.run_date, {"herald": 0}, silent, other)
    (alert,) = alerts.of_night(run, LINK)
    assert alert.kind == "source_silent"
    assert "the source herald answers with nothing new" in alert.what
    assert alert.since == "it last brought something on 2026-03-06"
    assert alert.link == LINK


def test_silent_sources_of_one_night_are_told_together(run: Run) -> None:
    for day, news in (("2026-03-05", {"herald": 2, "wire": 1}), ("2026-03-06", {"herald": 3, "wire": 0, "times": 0})):
        discovered(run, day, news)
    sources = ("herald", "wire", "times")
    silent = [
        Rejected(f"https://{name}.example/", name, f"{name}.example", "discover", "silent", "is late", True) for name in sources
    ]
    discovered(run, run.run_date, dict.fromkeys(sources, 0), *silent)
    (alert,) = alerts.of_night(run, LINK)
    assert alert.title == "Copydesk: source silent: 3 sources: herald, wire, times"
    assert alert.what.splitlines()[1:] == [
        "the source herald is late (https://herald.example/); it last brought something on 2026-03-06",
        "the source wire is late (https://wire.example/); it last brought something on 2026-03-05",
        "the source times is late (https://times.example/); it last brought something on no night that is remembered",
    ]
    assert alert.since == "the night of 2026-03-09"


def test_very_many_silent_sources_make_no_endless_message(run: Run) -> None:
    silent = [Rejected("https://s.example/", f"s{n}", "s.example", "discover", "silent", "is late", True) for n in range(60)]
    discovered(run, run.run_date, {}, *silent)
    (alert,) = alerts.of_night(run, LINK)
    assert alert.what.startswith("60 sources: s0, ")
    assert len(alert.what.splitlines()) == 1 + 50 + 1
    assert alert.what.endswith("and 10 more: copydesk quarantine list --reason silent")


def test_a_source_that_fails_is_told_from_the_second_night_on(run: Run) -> None:
    warehouse = open_warehouse(run.settings.warehouse_url)
    wall = Rejected("https://herald.example/rss", "herald", "herald.example", "discover", "blocked", "status 403", True)
    silent, late = (
        replace(wall, reason="silent", detail="is late"),
        replace(wall, url="https://herald.example/map", reason="timeout"),
    )
    rejects = [*[[]] * 4, *[[wall, wall, late]] * 3, [silent], [wall]]  # in the last night there is an article beside
    told = []
    for day, rejected in enumerate(rejects):
        brings = not rejected or day == len(rejects) - 1
        up = [make.article(f"{day}-w", f"Wire {day}.", day, site="wire.example")]
        up += [make.article(f"{day}-h", f"Herald {day}.", day)] if brings else []
        load(warehouse, make.night(day, up, rejected=rejected))
        discovered(run, f"2026-03-0{day + 1}", {"herald": int(brings), "wire": 1}, *rejected)
        sources = (Source(id="herald"), Source(id="wire"))
        told.append(list(alerts.of_night(replace(run, run_date=f"2026-03-0{day + 1}", sources=sources), LINK)))
    failing = ["source_failing"]
    assert [[a.kind for a in of_night] for of_night in told] == [*[[]] * 5, failing, failing, ["source_silent"], []]
    assert told[6][0].title.startswith(
        "Copydesk: source failing: the source herald brought no article: 2 blocked, 1 timeout, such as"
    )
    assert told[6][0].what.endswith("https://herald.example/rss: status 403")
    assert told[6][0].since == "it last brought an article on 2026-03-04"


@pytest.mark.parametrize("tonight", [60, 0])
def test_a_jump_in_volume_is_told_with_what_is_usual(run: Run, tonight: int) -> None:
    warehouse = open_warehouse(run.settings.warehouse_url)
    for day in range(9):
        pages = [
            make.article(f"{day}-{n}", text=f"Item {n} of day {day}.\n\nIt was heard.", day=day)
            for n in range(tonight if day == 8 else 12)
        ]
        load(warehouse, make.night(day, pages))
    (alert,) = alerts.of_night(run, LINK)
    assert alert.kind == "volume_jump"
    assert alert.what == f"{tonight} new articles on 2026-03-09, usually 12, the median of the 7 nights before"


def test_a_run_that_loads_nothing_or_was_asked_for_few_pages_is_no_jump(run: Run) -> None:
    warehouse = open_warehouse(run.settings.warehouse_url)
    for day in range(8):
        load(warehouse, make.night(day, [make.article(f"{day}-{n}", text=f"Item {n} of day {day}.", day=day) for n in range(12)]))
    assert list(alerts.of_night(run, LINK)) == []
    load(warehouse, make.night(8, [make.article("8", text="One item.", day=8)]))
    assert list(alerts.of_night(replace(run, page_limit=1), LINK)) == []
    assert [alert.kind for alert in alerts.of_night(run, LINK)] == ["volume_jump"]
    load(warehouse, make.night(9, [make.article("9", text="Another item.", day=9)]))
    assert list(alerts.of_night(run, LINK)) == [], "a night that is made up for after others finds what is left"


def test_a_night_of_which_there_is_only_a_part_is_no_jump(run: Run) -> None:
    warehouse = open_warehouse(run.settings.warehouse_url)
    for day in range(8):
        load(warehouse, make.night(day, [make.article(f"{day}-{n}", text=f"Item {n} of day {day}.", day=day) for n in range(12)]))
        discovered(run, f"2026-03-0{day + 1}", {"herald": 12, "wire": 0})
    load(warehouse, make.night(8, [make.article("8", text="One item.", day=8)]))
    assert list(alerts.of_night(run, LINK)) == [], "pages that were tried again, or an imported archive"
    discovered(run, "2026-03-09", {"wire": 0})
    assert list(alerts.of_night(run, LINK)) == [], "one source, by the form"
    discovered(run, "2026-03-09", {"herald": 1, "wire": 0})
    assert [alert.kind for alert in alerts.of_night(run, LINK)] == ["volume_jump"]


def test_what_was_silent_is_not_told_again_by_an_old_night_nor_by_each_run_of_a_day(run: Run) -> None:
    silent = Rejected("https://wire.example/", "wire", "wire.example", "discover", "silent", "is late", True)
    discovered(run, run.run_date, {"wire": 0}, silent)
    assert [alert.kind for alert in alerts.of_night(run, LINK)] == ["source_silent"]
    hourly = replace(run.settings, schedule="@hourly")
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    discovered(run, tomorrow, {"wire": 0}, silent)
    assert list(alerts.of_night(replace(run, run_date=tomorrow, settings=hourly), LINK)) == []
    load(open_warehouse(run.settings.warehouse_url), make.night(9, [make.article("9", text="One item.", day=9)]))
    assert list(alerts.of_night(run, LINK)) == []


@pytest.mark.parametrize(("tonight", "jumps"), [(12, False), (35, False), (36, True), (5, False), (4, True), (0, True)])
def test_three_times_the_usual_or_a_third_of_it_is_a_jump(tonight: int, *, jumps: bool) -> None:
    night = date(2026, 3, 8)
    counts = {night - timedelta(days=n): 12 if n < 8 else 900 for n in range(1, 20)} | {night: tonight}
    assert volume_jump(counts, night) == (12 if jumps else None)


def test_nothing_is_said_while_little_is_known() -> None:
    night = date(2026, 3, 8)
    assert volume_jump({night - timedelta(days=n): 10 for n in range(1, 7)} | {night: 900}, night) is None
    assert volume_jump({night - timedelta(days=n): 2 for n in range(1, 8)} | {night: 900}, night) is None


def test_only_errors_that_say_more_than_that_the_run_failed_have_an_alert_of_their_own(run: Run) -> None:
    load(open_warehouse(run.settings.warehouse_url), make.night(3, [make.article("a")]))
    spent = alerts.of_error(BudgetSpent("20 of 30 pages failed"), run, LINK)
    assert spent is not None
    assert (spent.kind, spent.what) == ("budget_spent", "20 of 30 pages failed")
    assert spent.since == "the night of 2026-03-09; nothing of it was loaded; the night loaded before it is 2026-03-04"
    load(open_warehouse(run.settings.warehouse_url), make.night(8, [make.article("b", day=8)]))
    failed = alerts.of_error(CheckFailed("x: not published\n  volume_is_usual: …"), run, LINK)
    assert failed is not None
    assert (failed.kind, failed.title) == ("check_failed", "Copydesk: check failed: x: not published")
    assert failed.since.endswith("; what was published before stays; the night loaded before it is 2026-03-04")
    assert [alerts.of_error(error, run, LINK) for error in (Fatal("x"), Transient("x"), OSError("x"))] == [None] * 3


def test_a_failed_run_is_told_with_its_task_and_what_that_failed_of() -> None:
    cause = alerts.cause_of(ConfigError("there is no source 'x'; the sources are courier"))
    alert = alerts.of_failed_run(
        "nightly_articles a", "plan", cause=cause, night="2026-03-08", started="2026-03-09 02:00 UTC", link=LINK
    )
    assert alert.since == "the night of 2026-03-08; it began at 2026-03-09 02:00 UTC"
    assert alert.title == "Copydesk: run failed: nightly_articles a failed in plan"
    assert alert.text().splitlines()[:2] == ["nightly_articles a failed in plan", "there is no source 'x'; the sources are courier"]
    long = alerts.of_failed_run("nightly_articles a", "plan of many words " * 9, link=LINK)
    assert long.title.endswith("words plan of many …"), "what does not fit is cut between words"
    assert alerts.of_failed_run("nightly_articles a", None, link=LINK).what == "nightly_articles a failed"


def test_a_cause_is_short_and_names_the_type_of_an_error_that_is_not_ours() -> None:
    assert alerts.cause_of(KeyError("x")) == "KeyError: 'x'"
    assert alerts.cause_of(MemoryError()) == "MemoryError"
    assert alerts.cause_of(None) == ""
    full = alerts.cause_of(OSError(errno.ENOSPC, "Error writing bytes to file"))
    assert full.startswith("OSError: the disk is full (Error writing bytes to file): make room where COPYDESK_STORE")
    assert len(alerts.cause_of(OSError("x" * 100_000))) == alerts.LONGEST_CAUSE


def test_what_an_alert_quotes_is_escaped_in_html() -> None:
    alert = Alert("source_silent", "<script>alert(1)</script>", "<b>ever</b>", 'http://x/"><script>')
    assert "<script>" not in alert.html()
    assert "<b>" not in alert.html()
    assert '<a href="http://x/&quot;&gt;&lt;script&gt;">' in alert.html()
    assert alert.text() == '<script>alert(1)</script>\nSince: <b>ever</b>\nLook at: http://x/"><script>'
