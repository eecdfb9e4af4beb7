"""The one date of a run, for every way a run can come about; and the plan its tasks share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.arguments import today
from pipeline.config import Settings
from pipeline.errors import ConfigError, Transient
from pipeline.scheduling import check_conf, plan_of, plan_of_import, resolve_run_date, run_of
from pipeline.store import LocalStore

EVENING = datetime(2026, 11, 19, 2, tzinfo=UTC)  # the start of a scheduled interval
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ASKED = datetime(2026, 11, 15, tzinfo=UTC)


# What Airflow 3.3 hands over for each kind of run. It infers an interval for runs by hand, too: the one that ended before.
@pytest.mark.parametrize(
    ("how", "given", "date"),
    [
        ("scheduled", {"run_type": "scheduled", "logical_date": EVENING, "interval_start": EVENING}, "2026-11-19"),
        ("backfill", {"run_type": "backfill", "logical_date": EVENING, "interval_start": EVENING}, "2026-11-19"),
        ("form with a run date", {"param": "2026-11-01", "logical_date": NOW, "interval_start": EVENING}, "2026-11-01"),
        ("form without one", {"logical_date": NOW, "interval_start": EVENING}, "2026-11-23"),
        ("REST with a date", {"logical_date": ASKED, "interval_start": datetime(2026, 11, 13, 2, tzinfo=UTC)}, "2026-11-15"),
        ("REST with nothing said", {}, "2026-11-23"),
        ("asset", {"run_type": "asset_triggered"}, "2026-11-23"),
        ("partitioned", {"run_type": "scheduled", "partition_key": "2026-11-20T02:00:00"}, "2026-11-20"),
        ("partitioned by day", {"run_type": "scheduled", "partition_key": "2026-11-20"}, "2026-11-20"),
    ],
)
def test_every_kind_of_run_has_one_date(how: str, given: dict[str, Any], date: str) -> None:
    assert resolve_run_date(run_after=NOW, **{"run_type": "manual", **given}) == date


@pytest.mark.parametrize(
    ("timezone", "date"), [("UTC", "2026-11-19"), ("America/New_York", "2026-11-18"), ("Asia/Tokyo", "2026-11-19")]
)
def test_a_moment_is_of_the_day_it_has_in_the_zone_of_the_schedule(timezone: str, date: str) -> None:
    assert resolve_run_date(run_type="scheduled", interval_start=EVENING, timezone=timezone) == date
    assert resolve_run_date(run_type="manual", logical_date=EVENING, timezone=timezone) == date
    assert resolve_run_date(run_type="manual", param="2026-11-19", logical_date=EVENING, timezone=timezone) == "2026-11-19"


def test_on_the_command_line_it_is_the_same_day() -> None:
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago"]  # 25 hours apart
    east, west = (date.fromisoformat(today(Settings(timezone=zone))) for zone in zones)
    assert east - west in (timedelta(days=1), timedelta(days=2))


def test_a_run_without_any_date_is_told_what_to_do() -> None:
    with pytest.raises(ConfigError, match="trigger it with a run date such as 2026-11-20"):
        resolve_run_date(run_type="manual")


def test_a_wrong_date_is_named() -> None:
    with pytest.raises(ConfigError, match="run_date: must be a day such as 2026-11-20, got 'yesterday'"):
        resolve_run_date(run_type="manual", param="yesterday", run_after=NOW)


def test_a_backfill_does_not_run_one_date_in_all_its_runs() -> None:
    with pytest.raises(ConfigError, match=r"run_date: .* 2026-11-02 would be run in all; leave it empty"):
        resolve_run_date(run_type="backfill", param="2026-11-02", interval_start=EVENING, run_after=NOW)


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "sources.toml"
    file.write_text('[[source]]\nid = "a"\nfiles = ["x"]\n[[source]]\nid = "b"\nfiles = ["y"]\n')
    monkeypatch.setenv("COPYDESK_SOURCES", str(file))
    return file


def test_the_plan_carries_what_the_form_said(sources: Path) -> None:
    plan = plan_of({"sources": ["b"], "page_limit": 5}, "2026-11-20")
    run = run_of(plan)
    assert ([s.id for s in run.sources], run.page_limit, run.run_date) == (["b"], 5, "2026-11-20")


def test_a_source_that_is_taken_out_in_mid_run_fails_no_task_of_it(sources: Path, caplog: pytest.LogCaptureFixture) -> None:
    plan = plan_of({"sources": ["a", "b"]}, "2026-11-20")
    sources.write_text('[[source]]\nid = "b"\nfiles = ["y"]\n[[source]]\nid = "c"\nfiles = ["z"]\n')
    assert [source.id for source in run_of(plan).sources] == ["b"]
    assert "there is no source a any more" in caplog.text


def test_a_sources_file_that_is_broken_in_mid_run_is_waited_for(sources: Path) -> None:
    """A typo that stood there for a minute ended a night that had fetched for hours."""
    plan = plan_of({}, "2026-11-20")
    sources.write_text('[[source]]\nid = "a"\nfiles = ["x"\n')
    with pytest.raises(Transient, match=r"not valid TOML: .*it was in order when the run began"):
        run_of(plan)


def test_an_import_reads_no_source_and_needs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_SOURCES", str(tmp_path / "none.toml"))
    plan = plan_of_import("2026-11-20")
    assert plan["stages"] == ["extract", "clean", "dedup", "load", "publish"]
    assert run_of(plan).sources == ()


def test_a_dry_run_leaves_the_warehouse_alone(sources: Path) -> None:
    assert plan_of({"dry_run": True}, "2026-11-20")["stages"] == ["discover", "fetch", "extract", "clean", "dedup"]


@pytest.mark.parametrize("how", ["feeds", "sitemaps", "urls"])
def test_what_is_fetched_now_is_no_page_of_a_night_that_lies_ahead(how: str, sources: Path) -> None:
    today = datetime.now(UTC).date()
    sources.write_text(f'[[source]]\nid = "a"\n{how} = ["https://a.example/x"]\n')
    assert plan_of({}, str(today + timedelta(days=1)))["run_date"] == str(today + timedelta(days=1)), "it has begun somewhere"
    with pytest.raises(ConfigError, match=rf"the night of {today + timedelta(days=40)} lies ahead.* name one up to \d"):
        plan_of({}, str(today + timedelta(days=40)))


def test_files_may_be_of_a_night_that_lies_ahead(sources: Path) -> None:
    assert plan_of({}, "2150-01-01")["run_date"] == "2150-01-01"
    assert plan_of_import("2150-01-01")["run_date"] == "2150-01-01"


def test_a_night_that_was_never_begun_cannot_go_on(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_STORE", str(tmp_path / "store"))
    with pytest.raises(ConfigError, match=r"no night of 2026-11-20 was begun, so it cannot go on from clean: .*holds no night yet"):
        plan_of({"stages": ["load", "clean"]}, "2026-11-20")
    LocalStore(tmp_path / "store").put("stage=fetch/date=2026-11-19/shard=000/MANIFEST.json", b"{}")
    with pytest.raises(ConfigError, match=r"the store holds 2026-11-19 to 2026-11-19"):
        plan_of({"stages": ["load", "clean"]}, "2026-11-20")
    assert plan_of({"stages": ["clean"]}, "2026-11-19")["stages"] == ["clean"]


@pytest.mark.parametrize(("params", "told"), [({"stages": ["wash"]}, "no stage 'wash'"), ({"sources": ["c"]}, "no source 'c'")])
def test_a_wrong_choice_is_told_before_any_work(sources: Path, params: dict[str, list[str]], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        plan_of(params, "2026-11-20")


FIELDS = {"sources": None, "run_date": None, "dry_run": False}


@pytest.mark.parametrize(
    "conf", [None, {}, {"sources": ["a"], "dry_run": True}, {"sources": None}, {"openlineage": {"parentRunId": "x"}}]
)
def test_what_the_form_has_may_be_said_and_what_airflow_adds_is_no_part_of_it(conf: dict[str, Any] | None) -> None:
    check_conf(conf, {**FIELDS, **(conf or {})}, FIELDS)


def test_a_misspelt_key_is_refused_with_those_that_there_are() -> None:
    given = {"dry_run": True, "source": ["a"]}
    with pytest.raises(ConfigError, match=r"conf: unknown key 'source'; the keys are dry_run, run_date, sources; trigger another"):
        check_conf(given, {**FIELDS, **given}, FIELDS)


def test_what_airflow_is_set_up_to_pass_over_is_refused_unless_it_changes_nothing() -> None:
    check_conf({"dry_run": False, "sources": None}, FIELDS, FIELDS)  # the form as it opens
    with pytest.raises(ConfigError, match=r"conf: dry_run is True and Airflow passes it over; set AIRFLOW__CORE__DAG_RUN_CONF"):
        check_conf({"dry_run": True}, FIELDS, FIELDS)
