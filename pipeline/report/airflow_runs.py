"""From a run of a DAG to the night it stands for. Airflow's own tables are read where that is allowed: in its API server."""

from __future__ import annotations

from datetime import date
from typing import Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from airflow.utils.state import TaskInstanceState
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.notify import CAUSE, NO_CAUSE
from pipeline.report.app import Short, night_page
from pipeline.report.came_from import NOBODY, CameFrom, Failure
from pipeline.scheduling import date_of_run

# Our DAGs and the task of each that loads a night. Every run has the tab, and of another DAG it says nothing of the run itself.
LOADS = {"nightly_articles": "load", "import_archive": "load", "replay_articles": "night"}
FAILED = (TaskInstanceState.FAILED, TaskInstanceState.UP_FOR_RETRY)


def add_run_route(app: FastAPI) -> None:
    """Add the route that a run's tab opens."""

    @app.get("/dag-run")
    def dag_run(
        request: Request,
        session: SessionDep,
        dag_id: Short,
        run_id: Short,
    ) -> Response:
        # A plus sign that nobody encoded comes as a space, and no run id has one: manual__2026-11-20T00:00:00+00:00
        wanted = (run_id, run_id.replace(" ", "+"))
        run = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id.in_(wanted))).first()
        if run is None:
            raise HTTPException(404, f"Airflow knows no run {run_id} of {dag_id}.")
        return night_page(request, date.fromisoformat(run_date(session, run)), came_from(session, run))


def run_date(session: Session, run: Any) -> str:
    """Return the night of a run as its tasks resolve it; of a replay of many nights, the first that the archive has."""
    conf = run.conf or {}
    try:
        return _first_replayed(session, run) or date_of_run(run, conf.get("run_date") or conf.get("since"))
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error


def _first_replayed(session: Session, run: Any) -> str | None:
    """Return the first night that a replay found in the archive, which need not have the one that its form named."""
    if run.dag_id != "replay_articles":
        return None
    named = {"dag_id": run.dag_id, "run_id": run.run_id, "task_id": "plan", "key": XCOM_RETURN_KEY}
    plan = session.scalars(select(XComModel).filter_by(**named)).first()
    return None if plan is None else str(XComModel.deserialize_value(plan)[0][0])


def came_from(session: Session, run: Any) -> CameFrom:
    """Return what the page of a run's night has to say of the run."""
    if run.dag_id not in LOADS:
        return NOBODY
    is_loaded = (TaskInstance.task_id == LOADS[run.dag_id]) & (TaskInstance.state == TaskInstanceState.SUCCESS)
    tasks = session.scalars(
        select(TaskInstance)
        .filter_by(dag_id=run.dag_id, run_id=run.run_id)
        .where(TaskInstance.state.in_(FAILED) | is_loaded)
        .order_by(TaskInstance.end_date, TaskInstance.task_id, TaskInstance.map_index)
    ).all()
    loaded = any(task.state == TaskInstanceState.SUCCESS for task in tasks)
    causes = _causes(session, run)
    failures = [
        Failure(
            task=task.task_id if task.map_index < 0 else f"{task.task_id} ({task.rendered_map_index or task.map_index})",
            cause=causes.get((task.task_id, task.map_index), NO_CAUSE),
            waits=task.state == TaskInstanceState.UP_FOR_RETRY,
        )
        for task in tasks
        if task.state in FAILED
    ]
    return CameFrom(state_of(run), loaded, tuple(failures))


def state_of(run: Any) -> str:
    """Return what a run is at as the page of its night takes it: Airflow's word, or `dry` for one that was to load nothing."""
    conf = run.conf or {}
    stages = conf.get("stages")
    if conf.get("dry_run") or conf.get("only_compare") or (stages and "load" not in stages):
        return "dry"
    return str(getattr(run.state, "value", run.state) or "")


def _causes(session: Session, run: Any) -> dict[tuple[str, int], str]:
    """Return what tasks of a run have failed of, by their id and map index."""
    kept = session.scalars(select(XComModel).filter_by(dag_id=run.dag_id, run_id=run.run_id, key=CAUSE))
    return {(row.task_id, row.map_index): str(XComModel.deserialize_value(row)) for row in kept}
