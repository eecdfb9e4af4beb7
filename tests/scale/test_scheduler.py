"""What only a scheduler can show: kinds of run, clearing a task, what waits for the articles, and that nothing outlives it."""

from __future__ import annotations

import html
import shutil
import signal
import socket
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest

import newsroom
from newsroom.server import running
from tests.dags.serving import ROOT, Airflow, processes_in, serving, tables

pytestmark = pytest.mark.slow

DAG = "nightly_articles"
TOTAL_TIMEOUT = 4.0


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Serve Airflow on a small newsroom, beside our DAGs the example of the documentation; yields after its first night."""
    folder = tmp_path_factory.mktemp("airflow")
    shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "docs" / "examples" / "morning_digest.py", folder / "dags")
    with running(newsroom.build(day=date(2026, 11, 20), stories=6, outlets=3)) as server:
        (folder / "sources.toml").write_text(server.sources_toml())
        with serving(
            folder,
            AIRFLOW__CORE__DAGS_FOLDER=str(folder / "dags"),
            COPYDESK_ALLOW_PRIVATE_HOSTS="1",
            COPYDESK_TOTAL_TIMEOUT=str(TOTAL_TIMEOUT),
            COPYDESK_SHARDS="1",
        ) as airflow:
            (first,) = airflow.runs(DAG)  # unpaused, it runs the interval that has just ended
            assert airflow.wait(DAG, first["dag_run_id"]) == "success"
            yield airflow


def test_the_night_that_was_due_ran_and_is_of_its_interval(airflow: Airflow) -> None:
    run = airflow.runs(DAG)[0]
    result = airflow.result(DAG, run["dag_run_id"])
    assert (run["run_type"], result["run_date"]) == ("scheduled", run["data_interval_start"][:10])
    assert result["articles"] > 0
    assert result["funnel"]["fetch"]["fetched"] >= result["articles"]


def test_what_waits_for_the_articles_has_run_and_was_told_what_came(airflow: Airflow) -> None:
    night = airflow.result(DAG, airflow.runs(DAG)[0]["dag_run_id"])
    events = airflow.call("assets/events")["asset_events"]
    extra = next(event["extra"] for event in events if event["name"] == "articles")
    assert {name: extra[name] for name in ("run_date", "articles", "copies", "rejects")} == {
        name: night[name] for name in ("run_date", "articles", "copies", "rejects")
    }
    assert {event["name"] for event in events} == {"articles", "run_report"}
    (run,) = airflow.runs("morning_digest")
    assert airflow.wait("morning_digest", run["dag_run_id"]) == "success"


def test_the_pools_are_there_and_the_shards_have_readable_labels(airflow: Airflow) -> None:
    pools = {pool["name"]: pool["slots"] for pool in airflow.call("pools")["pools"]}
    assert pools["copydesk_loader"] == 1
    assert pools["copydesk_fetchers"] == 8
    labels = [task for task in airflow.tasks(DAG, airflow.runs(DAG)[0]["dag_run_id"]) if task.startswith("pages.fetch")]
    assert labels
    assert all(".localhost" in label for label in labels)


def test_the_log_of_a_task_has_its_counts_as_fields(airflow: Airflow) -> None:
    run = airflow.runs(DAG)[0]["dag_run_id"]
    lines = airflow.call(f"dags/{DAG}/dagRuns/{quote(run)}/taskInstances/dedup/logs/1?full_content=true")["content"]
    (counts,) = [line for line in lines if line["event"] == "counts"]
    assert counts["stage"] == "dedup"
    assert counts["seen"] == sum(counts["outcomes"].values()) > 0


def test_a_task_that_is_cleared_and_run_again_changes_no_row(airflow: Airflow) -> None:
    run = airflow.runs(DAG)[0]["dag_run_id"]
    before = tables(airflow.warehouse)
    for task in ("discover", "pages.extract"):
        body = {"dry_run": False, "only_failed": False, "task_ids": [task], "dag_run_id": run, "include_downstream": True}
        cleared = airflow.call(f"dags/{DAG}/clearTaskInstances", body)["task_instances"]
        assert task in {instance["task_id"] for instance in cleared}
        assert airflow.wait(DAG, run) == "success"
        assert tables(airflow.warehouse) == before


def test_runs_by_hand_are_of_the_date_that_was_asked_for(airflow: Airflow) -> None:
    nothing = {"stages": ["discover"], "dry_run": True}
    runs = {
        "form with a run date": (airflow.trigger(DAG, {"run_date": "2026-11-01", **nothing}), "2026-11-01"),
        "REST with a date": (airflow.trigger(DAG, nothing, "2026-11-02T00:00:00Z"), "2026-11-02"),
    }
    unsaid = airflow.trigger(DAG, nothing)
    for how, (run, wanted) in runs.items():
        assert airflow.wait(DAG, run) == "success", how
        assert airflow.result(DAG, run)["run_date"] == wanted, how
    assert airflow.wait(DAG, unsaid) == "success"
    now = next(run["run_after"] for run in airflow.runs(DAG) if run["dag_run_id"] == unsaid)
    assert airflow.result(DAG, unsaid)["run_date"] == now[:10]


def test_a_wrong_form_is_refused_in_words_and_no_run_begins(airflow: Airflow) -> None:
    runs = len(airflow.runs(DAG))
    with pytest.raises(AssertionError, match=r"400 .*0 is less than the minimum of 1"):
        airflow.trigger(DAG, {"page_limit": 0})
    assert len(airflow.runs(DAG)) == runs
    unknown = airflow.trigger(DAG, {"sources": ["no-such-paper"]})
    assert airflow.wait(DAG, unknown) == "failed"
    assert {task: state for task, state in airflow.tasks(DAG, unknown).items() if state == "failed"} == {"plan": "failed"}


@pytest.mark.parametrize(
    ("dag", "conf", "key"),
    [
        (DAG, {"source": ["no-such-paper"]}, "source"),
        ("import_archive", {"files": ["none.warc"], "rundate": "2026-11-01"}, "rundate"),
        ("replay_articles", {"since": "2026-11-01", "untill": "2026-11-01"}, "untill"),
    ],
)
def test_a_misspelt_key_fails_the_plan_and_does_not_run_everything(airflow: Airflow, dag: str, conf: Any, key: str) -> None:
    run = airflow.trigger(dag, conf)
    assert airflow.wait(dag, run) == "failed"
    assert {task for task, state in airflow.tasks(dag, run).items() if state not in ("upstream_failed", "skipped")} == {"plan"}
    tab = html.unescape(airflow.tab(dag, run))
    assert "failed before its load" in tab
    assert f"unknown key '{key}'; the keys are" in tab


def test_the_tab_of_another_dag_says_nothing_of_its_run(airflow: Airflow) -> None:
    run, *_ = airflow.runs("morning_digest")  # one for each load: the cleared tasks have loaded once more
    assert "run loaded nothing" not in airflow.tab("morning_digest", run["dag_run_id"])


def test_everything_ends_with_it(airflow: Airflow) -> None:
    """Stands last in this file: the tests before it need what it ends."""
    airflow.process.send_signal(signal.SIGTERM)
    assert airflow.process.wait(60) == 0
    assert processes_in(airflow.folder) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", airflow.port)) != 0
