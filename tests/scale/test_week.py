"""A week that is backfilled, replayed and imported by a real scheduler, held against the same nights run without Airflow."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import newsroom
from newsroom import Newsroom
from newsroom.server import running
from pipeline.config import Settings
from pipeline.runs import Run
from pipeline.sources import load_sources
from pipeline.stages import run_stages
from tests.dags.serving import Airflow, free_port, metadata_in, serving, tables
from tests.warehouse.conftest import new_database, postgres_url

__all__ = ["new_database", "postgres_url"]  # fixtures

DAG = "nightly_articles"
DAYS = [date(2026, 11, 20) + timedelta(days=n) for n in range(7)]
PAGE_LIMIT = 4  # of about 40, so that each of the nights has something new
TOTAL_TIMEOUT = 4.0
KNOWN = (
    *("articles", "article_versions", "dropped_blocks", "stories", "story_members", "passages"),
    *("fetches", "url_state", "rejects", "site_lines"),
)


def run_without_airflow(folder: Path, sources: Path) -> None:
    """Run the nights one after the other in this process, with the settings that Airflow's runs have."""
    settings = Settings(
        warehouse_url=f"sqlite:///{folder}/warehouse.db",
        store=str(folder / "store"),
        publish=str(folder / "published"),
        sources=str(sources),
        allow_private_hosts=True,
        total_timeout=TOTAL_TIMEOUT,
        shards=1,
    )
    for day in DAYS:
        run_stages(Run(run_date=str(day), settings=settings, sources=load_sources(sources), page_limit=PAGE_LIMIT))


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Newsroom, int]:
    """The nights without Airflow: their folder, their newsroom and its port, which its addresses have in them."""
    folder, site, port = tmp_path_factory.mktemp("week"), newsroom.build(day=DAYS[0], stories=6, outlets=4), free_port()
    with running(site, port) as server:
        (folder / "sources.toml").write_text(server.sources_toml())
        run_without_airflow(folder, folder / "sources.toml")
    return folder, site, port


@pytest.fixture(scope="module")
def airflow(
    week: tuple[Path, Newsroom, int], tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]
) -> Iterator[Airflow]:
    """Serve Airflow beside a new server of the same newsroom, one that again fails once where it did; no night is due."""
    expected, site, port = week
    folder = tmp_path_factory.mktemp("airflow")
    shutil.copy(expected / "sources.toml", folder)
    with (
        running(site, port),
        serving(
            folder,
            AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE="False",
            COPYDESK_ALLOW_PRIVATE_HOSTS="1",
            COPYDESK_TOTAL_TIMEOUT=str(TOTAL_TIMEOUT),
            COPYDESK_SHARDS="1",
            **metadata_in(new_database()),
        ) as airflow,
    ):
        yield airflow


def test_a_backfilled_week_is_seven_nightly_runs(airflow: Airflow, week: tuple[Path, Newsroom, int]) -> None:
    airflow.call(
        "backfills",
        {
            "dag_id": DAG, "from_date": f"{DAYS[0]}T00:00:00Z", "to_date": f"{DAYS[-1]}T23:00:00Z",
            "dag_run_conf": {"page_limit": PAGE_LIMIT}, "max_active_runs": len(DAYS),
        },
    )  # fmt: skip
    backfilled = [run["dag_run_id"] for run in airflow.runs(DAG) if run["run_type"] == "backfill"]
    assert len(backfilled) == len(DAYS)
    assert {airflow.wait(DAG, run) for run in sorted(backfilled)} == {"success"}  # in their order: each is waited for as long
    assert sorted(airflow.result(DAG, run)["run_date"] for run in backfilled) == [str(day) for day in DAYS]
    done, wanted = tables(airflow.warehouse), tables(f"sqlite:///{week[0]}/warehouse.db")
    for name in wanted:
        assert done[name] == wanted[name], name
    assert len(done["articles"]) > 2 * PAGE_LIMIT


def known(airflow: Airflow) -> dict[str, list[tuple[Any, ...]]]:
    """Return what is known of the news, not what was counted of a night: loaded again, it knows the copies that came later."""
    found = tables(airflow.warehouse)
    return {name: found[name] for name in KNOWN}


def test_archived_nights_are_replayed_in_their_order_and_change_no_row(airflow: Airflow) -> None:
    before = known(airflow)
    days = [str(day) for day in DAYS[:2]]
    run = airflow.trigger("replay_articles", {"since": days[0], "until": days[-1]})
    assert airflow.wait("replay_articles", run) == "success"
    assert airflow.tasks("replay_articles", run) == dict.fromkeys(("plan", *(f"night {day}" for day in days)), "success")
    assert known(airflow) == before


def test_a_warc_file_becomes_a_night(airflow: Airflow) -> None:
    files = sorted(str(path) for path in (airflow.folder / "data" / "store" / "raw").rglob("*.warc.gz"))
    run = airflow.trigger("import_archive", {"files": files[:1], "run_date": "2026-09-01"})
    assert airflow.wait("import_archive", run) == "success"
    result = airflow.result("import_archive", run)
    assert result["run_date"] == "2026-09-01"
    assert result["pages"] > 0
