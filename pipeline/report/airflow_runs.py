"""From a run of a DAG to the night it stands for. Airflow's own tables are read where that is allowed: in its API server."""

from __future__ import annotations

from typing import Annotated, Any

from airflow.api_fastapi.common.db.common import SessionDep
from airflow.models.dagrun import DagRun
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from pipeline.errors import ConfigError
from pipeline.report.app import HEADERS, links_of
from pipeline.scheduling import date_of_run


def add_run_route(app: FastAPI) -> None:
    """Add the route that a run's tab opens."""

    @app.get("/dag-run")
    def dag_run(
        request: Request,
        session: SessionDep,
        dag_id: Annotated[str, Query(max_length=300)],
        run_id: Annotated[str, Query(max_length=300)],
    ) -> Response:
        # A plus sign that nobody encoded comes as a space, and no run id has one: manual__2026-11-20T00:00:00+00:00
        wanted = (run_id, run_id.replace(" ", "+"))
        run = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id.in_(wanted))).first()
        if run is None:
            raise HTTPException(404, f"Airflow knows no run {run_id} of {dag_id}.")
        night = links_of(request)("run", run_date(run), state=state_of(run), began=run.start_date and run.start_date.isoformat())
        return RedirectResponse(str(night), 303, HEADERS)


def run_date(run: Any) -> str:
    """Return the night of a run as its tasks resolve it; of a replay of many nights, the first."""
    conf = run.conf or {}
    try:
        return date_of_run(run, conf.get("run_date") or conf.get("since"))
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error


def state_of(run: Any) -> str:
    """Return what a run is at as the page of its night takes it: Airflow's word, or `dry` for one that was to load nothing."""
    conf = run.conf or {}
    stages = conf.get("stages")
    if conf.get("dry_run") or conf.get("only_compare") or (stages and "load" not in stages):
        return "dry"
    return str(getattr(run.state, "value", run.state) or "")
