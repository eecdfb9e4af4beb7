"""What the DAGs share with each other and with nothing else: the date of a run, and the plan that its tasks pass on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigError, Transient
from pipeline.runs import STAGES, Run, check_begun, check_not_ahead
from pipeline.sources import choose_sources, load_sources

logger = logging.getLogger(__name__)

ADDED_BY_AIRFLOW = ("openlineage",)  # who triggered a run, where one DAG triggers another and lineage is kept
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2199, 12, 31)


def resolve_run_date(
    *,
    run_type: str,
    param: str | None = None,
    partition_key: str | None = None,
    logical_date: datetime | None = None,
    interval_start: datetime | None = None,
    run_after: datetime | None = None,
    timezone: str = "UTC",
) -> str:
    """Return the one date of a run, whatever started it; of a moment it is the day in that zone.

    A run from the form may have a parameter, a partitioned run has a key, a scheduled run or a backfill an interval. Airflow
    infers an interval for a run by hand, too, but that is the one before the date that was asked for; there the date itself
    counts. A run by an asset, or over REST with nothing said, has only the moment after which it may run. Airflow counts in UTC:
    a schedule at one in the morning of Berlin would have the same day there twice when summer time begins.
    """
    if param and run_type == "backfill":
        raise ConfigError(f"run_date: a backfill has a night for each of its runs, and {param} would be run in all; leave it empty")
    if param:
        return parse_date(param, "run_date")
    if partition_key:
        return parse_date(partition_key[:10], "partition key")
    by_schedule = run_type in ("scheduled", "backfill")
    moment = (interval_start if by_schedule else logical_date) or run_after
    if moment is None:
        raise ConfigError("run_date: this run has neither a date nor an interval; trigger it with a run date such as 2026-11-20")
    return moment.astimezone(ZoneInfo(timezone)).date().isoformat()


def date_of_run(dag_run: Any, param: str | None) -> str:
    """Return the date of a run as Airflow describes it, to a task or in its database; `param` is what the form said."""
    return resolve_run_date(
        run_type=str(getattr(dag_run.run_type, "value", dag_run.run_type)),
        param=param,
        partition_key=getattr(dag_run, "partition_key", None),
        logical_date=dag_run.logical_date,
        interval_start=dag_run.data_interval_start,
        run_after=dag_run.run_after,
        timezone=load_settings().timezone,
    )


def settings_of_dags() -> Settings:
    """Return the settings that the DAG files are read with. Where they are wrong the run tells it, which alerts."""
    try:
        return load_settings()
    except ConfigError:
        return Settings()


def check_conf(conf: Mapping[str, Any] | None, params: Mapping[str, Any], fields: Iterable[str]) -> None:
    """Raise `ConfigError` when a run was given what Airflow passes over: a key that no field has, or any where it is set up so."""
    known = sorted(fields)
    for key, value in (conf or {}).items():
        if key in ADDED_BY_AIRFLOW:
            continue
        if key not in known:
            raise ConfigError(f"conf: unknown key {key!r}; the keys are {', '.join(known)}; trigger another run with these")
        if params.get(key) != value:
            raise ConfigError(
                f"conf: {key} is {value!r} and Airflow passes it over; set AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS=True"
                " for the workers, and clear this task"
            )


def parse_date(text: str, name: str) -> str:
    """Return an ISO day as it was given; raises `ConfigError` when it is none, or one before there was a web."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ConfigError(f"{name}: must be a day such as 2026-11-20, got {text!r}")
    return day.isoformat()


def plan_of(params: Mapping[str, Any], run_date: str) -> dict[str, Any]:
    """Return what the tasks of a run agree on; small, since it travels through XCom. Raises `ConfigError` for a bad value."""
    stages = list(params.get("stages") or STAGES)
    for stage in stages:
        if stage not in STAGES:
            raise ConfigError(f"stages: there is no stage {stage!r}; the stages are {', '.join(STAGES)}")
    if params.get("dry_run"):
        stages = [stage for stage in stages if stage not in ("load", "publish")]
    ids = list(params.get("sources") or [])
    settings = load_settings()
    sources = choose_sources(load_sources(Path(settings.sources)), ids)
    first = min(stages, key=STAGES.index, default=STAGES[0])
    check_not_ahead(run_date, sources, first)
    check_begun(settings, run_date, first)
    return {"run_date": run_date, "sources": ids, "stages": stages, "page_limit": params.get("page_limit")}


def plan_of_import(run_date: str) -> dict[str, Any]:
    """Return the plan of a night that no source is read for: its pages are there already."""
    stages = [stage for stage in STAGES if stage not in ("discover", "fetch")]
    return {"run_date": run_date, "sources": None, "stages": stages, "page_limit": None}


def run_of(plan: Mapping[str, Any]) -> Run:
    """Return the `Run` of a plan, with the settings of the machine that the task runs on.

    A source that was taken out of the sources file since the plan was made is left out; what it had brought stays. Raises
    `Transient` for a file that can be read no more: the plan could, so somebody is at work on it.
    """
    settings = load_settings()
    ids = plan["sources"]
    try:
        sources = load_sources(Path(settings.sources)) if ids is not None else ()
    except ConfigError as error:
        raise Transient("sources_broken", f"{error}; it was in order when the run began") from error
    if ids:
        sources = tuple(source for source in sources if source.id in ids)
        if gone := sorted({*ids} - {source.id for source in sources}):
            logger.warning("%s: there is no source %s any more, and so none is asked", settings.sources, ", ".join(gone))
    return Run(run_date=plan["run_date"], settings=settings, sources=sources, page_limit=plan["page_limit"])
