"""What can be said of a night by what its store holds, and by the schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.config import Settings
from pipeline.errors import CheckFailed
from pipeline.records import Discovered, StageReport
from pipeline.runs import WHOLE, Run, is_growing, shard_label
from pipeline.store import Partition, PartitionWriter
from pipeline.warehouse import current_warehouse, load
from tests.warehouse import make


def asked(run: Run, night: int, *sources: str, **outcomes: int) -> None:
    """Note that a night asked sources for news, and what became of it."""
    day = f"2026-03-{night + 1:02}"
    writer = PartitionWriter(run.store(), Partition("discover", day, WHOLE))
    writer.commit(
        StageReport("discover", day, WHOLE, sum(outcomes.values()), outcomes), {"shards": 1, "news": dict.fromkeys(sources, 0)}
    )


def test_the_volume_of_a_night_of_some_sources_keeps_nothing_back(tmp_path: Path) -> None:
    """Such as one of pages of the quarantine that are tried again, which end as part of the night of today."""
    folders = {"store": str(tmp_path / "store"), "publish": str(tmp_path / "published")}
    settings = Settings(warehouse_url=f"sqlite:///{tmp_path}/warehouse.db", **folders)
    warehouse = current_warehouse(settings)
    run = Run(run_date="2026-03-08", settings=settings)
    for day in range(7):
        load(warehouse, make.night(day, [make.article(f"{day}-{n}", f"Item {n} of day {day}.", day) for n in range(12)]))
        asked(run, day, "herald", "courier")
    load(warehouse, make.night(7, [make.article("again", "One that came at last.", 7)]))
    assert stages.publish(run).seen == 85
    asked(run, 7, "herald")
    assert stages.publish(run).seen == 85
    asked(run, 7, "herald", "courier", new=1, over_limit=11)
    assert stages.publish(run).seen == 85
    asked(run, 7, "herald", "courier", "gazette", new=1)
    with pytest.raises(CheckFailed, match="volume_is_usual"):
        stages.publish(run)


@pytest.mark.parametrize(
    ("schedule", "timezone", "now", "growing"),
    [
        ("0 2 * * *", "UTC", "2026-03-08T10:00", False),  # one run a night, which a run by hand adds to at most
        ("0 2 * * 1-5", "UTC", "2026-03-08T10:00", False),  # a Sunday: no run at all
        ("@hourly", "UTC", "2026-03-08T23:59", True),
        ("@hourly", "UTC", "2026-03-09T00:00", False),
        ("0 2,14 * * *", "UTC", "2026-03-08T14:00", True),
        ("0 2,14 * * *", "UTC", "2026-03-09T01:59", True),
        ("0 2,14 * * *", "UTC", "2026-03-09T02:00", False),
        ("0 */6 * * *", "America/New_York", "2026-03-09T03:59", True),  # on this day summer time begins
        ("0 */6 * * *", "America/New_York", "2026-03-09T04:00", False),
    ],
)
def test_a_night_of_several_runs_grows_until_the_last_is_due(schedule: str, timezone: str, now: str, growing: bool) -> None:
    settings = Settings(schedule=schedule, timezone=timezone)
    assert is_growing(settings, "2026-03-08", datetime.fromisoformat(now).replace(tzinfo=UTC)) is growing


def test_the_label_of_a_shard_is_never_longer_than_airflow_has_room_for(tmp_path: Path) -> None:
    """PostgreSQL refused it, and no attempt of the task succeeded: what a feed linked to kept the night from its end."""
    run = Run(run_date="2026-03-08", settings=Settings(store=str(tmp_path / "store")))

    def label(*sites: str) -> str:
        partition = Partition("discover", run.run_date, "000")
        writer = PartitionWriter(run.store(), partition)
        rows = writer.write("part", Discovered, [Discovered(f"https://{site}/1", "a", site, "rss") for site in sites])
        writer.commit(StageReport("discover", run.run_date, "000", rows, {"new": rows}))
        return shard_label(run, "000")

    hosts = [f"{letter}.{'long.' * 40}no-such-ending" for letter in "abcd"]
    assert label("b.example", "a.example") == "000: a.example, b.example"
    assert label("b.example", *hosts) == f"000: {hosts[0]}, b.example, b.{'long.' * 40}"[:249] + "…"
