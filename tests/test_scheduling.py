"""The one date of a run, for every way a run can come about; and the plan its tasks share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.scheduling import plan_of, resolve_run_date, run_of

NIGHT = datetime(2026, 11, 19, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("how", "param", "key", "interval", "after", "date"),
    [
        ("scheduled", None, None, NIGHT, NOW, "2026-11-19"),
        ("backfill", None, None, NIGHT, NOW, "2026-11-19"),
        ("form with a date", "2026-11-01", None, NIGHT, NOW, "2026-11-01"),
        ("form without one", None, None, NIGHT, NOW, "2026-11-19"),
        ("REST with nothing said", None, None, None, NOW, "2026-11-23"),
        ("asset", None, None, None, NOW, "2026-11-23"),
        ("partitioned", None, "2026-11-20T02:00:00", None, NOW, "2026-11-20"),
    ],
)
def test_every_kind_of_run_has_one_date(
    how: str, param: str | None, key: str | None, interval: datetime | None, after: datetime | None, date: str
) -> None:
    assert resolve_run_date(param=param, partition_key=key, interval_start=interval, run_after=after) == date


def test_a_wrong_date_is_named() -> None:
    with pytest.raises(ConfigError, match="run_date: must be a day such as 2026-11-20, got 'yesterday'"):
        resolve_run_date(param="yesterday", partition_key=None, interval_start=None, run_after=NOW)


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


def test_a_dry_run_leaves_the_warehouse_alone(sources: Path) -> None:
    assert plan_of({"dry_run": True}, "2026-11-20")["stages"] == ["discover", "fetch", "extract", "clean", "dedup"]


@pytest.mark.parametrize(("params", "told"), [({"stages": ["wash"]}, "no stage 'wash'"), ({"sources": ["c"]}, "no source 'c'")])
def test_a_wrong_choice_is_told_before_any_work(sources: Path, params: dict[str, list[str]], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        plan_of(params, "2026-11-20")
