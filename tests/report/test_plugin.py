"""The plug-in as Airflow finds it: nobody gets in without a login, on any route."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from tests.report.conftest import served

# Airflow itself imports starlette's test client.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`")]


@pytest.fixture(scope="module")
def plugin(airflow_home: Path) -> Any:
    (entry,) = (entry for entry in entry_points(group="airflow.plugins") if entry.name == "copydesk")
    return entry.load()


@pytest.fixture
def app(plugin: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FastAPI:
    monkeypatch.setenv("COPYDESK_WAREHOUSE_URL", f"sqlite:///{tmp_path / 'warehouse.db'}")
    return type(plugin.fastapi_apps[0]["app"])().app


def _addresses(app: FastAPI) -> list[str]:
    filled = {"day": "2026-03-02", "identity": "0" * 32}
    return [re.sub(r"{(\w+)}", lambda m: filled[m[1]], route.path) for route in app.routes]


def test_no_route_answers_without_a_login(app: FastAPI) -> None:
    addresses = _addresses(app)
    assert len(addresses) > 15
    assert not any("{" in address for address in addresses)
    with served(app) as client:
        answers = {address: client.get(address).status_code for address in addresses}
    assert set(answers.values()) == {401}, answers


def test_a_user_who_is_logged_in_gets_in(app: FastAPI) -> None:
    from airflow.api_fastapi.core_api.security import get_user

    app.dependency_overrides[get_user] = lambda: object()
    with served(app) as client:
        assert client.get("/report.css").status_code == 200
        assert client.get("/dag-run", params={"dag_id": "none", "run_id": "none"}).status_code == 404
        assert client.get("/dag-run", params={"dag_id": "none", "run_id": "no\0ne"}).status_code == 422


def test_a_wrong_setting_is_told_to_who_is_logged_in_until_it_is_mended(
    plugin: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Runs fail of it, and their tab said "Internal Server Error"."""
    from airflow.api_fastapi.core_api import security

    monkeypatch.setenv("COPYDESK_WAREHOUSE_URL", f"sqlite:///{tmp_path / 'warehouse.db'}")
    monkeypatch.setenv("COPYDESK_SHARDS", "none")
    tab = "/dag-run?dag_id=nightly_articles&run_id=a"
    with served(type(plugin.fastapi_apps[0]["app"])()) as client:
        assert [(answer.status_code, "SHARDS" in answer.text) for answer in map(client.get, ("/", tab))] == [(401, False)] * 2
        monkeypatch.setattr(security, "get_user", lambda: object())
        for answer in map(client.get, ("/", tab, "/latest.json")):
            assert (answer.status_code, "COPYDESK_SHARDS must be a whole number" in answer.text) == (503, True)
        monkeypatch.setenv("COPYDESK_SHARDS", "4")
        assert client.get("/report.css").status_code == 200


@pytest.mark.parametrize(
    ("conf", "state"),
    [
        ({}, "running"),
        (None, "running"),
        ({"dry_run": True}, "dry"),
        ({"only_compare": True}, "dry"),
        ({"stages": ["discover", "fetch"]}, "dry"),
        ({"stages": ["clean", "dedup", "load"]}, "running"),
        ({"stages": []}, "running"),
    ],
)
def test_a_run_that_is_to_load_nothing_is_known_by_its_form(plugin: Any, conf: dict[str, Any] | None, state: str) -> None:
    from pipeline.report.airflow_runs import state_of

    assert state_of(SimpleNamespace(conf=conf, state="running")) == state


def test_the_tab_of_a_replay_is_of_the_first_night_that_the_archive_has(plugin: Any) -> None:
    import sqlalchemy as sa
    from airflow.models.dagrun import DagRun
    from airflow.models.xcom import XComModel

    from pipeline.report.airflow_runs import run_date

    run = DagRun(dag_id="replay_articles", run_id="r", run_type="manual", conf={"since": "2026-03-01"})
    engine = sa.create_engine("sqlite://")
    sa.MetaData.create_all(XComModel.metadata, engine, [DagRun.__table__, XComModel.__table__])
    with sa.orm.Session(engine) as session:
        assert run_date(session, run) == "2026-03-01"  # it has not looked yet
        key = {"dag_id": run.dag_id, "run_id": run.run_id, "task_id": "plan", "key": "return_value"}
        session.add(XComModel(**key, dag_run_id=1, map_index=-1, value=[["2026-03-04"], ["2026-03-05"]], dag_result=False))
        assert run_date(session, run) == "2026-03-04"


def test_airflow_loads_it_with_its_menu_entry_its_tab_and_its_panel(plugin: Any) -> None:
    from airflow import plugins_manager

    found = [p for p in plugins_manager.get_plugin_info() if p["name"] == "copydesk"]
    assert len(found) == 1
    assert {view["destination"] for view in plugin.external_views} == {"nav", "dag_run"}
    assert {panel["destination"] for panel in plugin.react_apps} == {"dashboard"}
