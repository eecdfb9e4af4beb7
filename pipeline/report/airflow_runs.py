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
        return RedirectResponse(str(links_of(request)("run", run_date(run))), 303, HEADERS)


def run_date(run: Any) -> str:
    """Return the night of a run as its tasks resolve it; of a replay of many nights, the first."""
    conf = run.conf or {}
    try:
        return date_of_run(run, conf.get("run_date") or conf.get("since"))
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error
