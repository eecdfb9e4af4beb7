"""What the DAG files share: when a task is retried, and the form fields that more than one DAG shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from pipeline import runs, scheduling, stages
from pipeline.errors import Fatal, Reject
from pipeline.runs import STAGES

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "copydesk",
    "retries": 2,
    "retry_delay": timedelta(minutes=2),
    "execution_timeout": timedelta(hours=6),
    # What a second attempt cannot mend is not attempted: a wrong setting, a spent error budget, a failed check.
    "retry_policy": ExceptionRetryPolicy(rules=[RetryRule(exception=error, action=RetryAction.FAIL) for error in (Fatal, Reject)]),
}

RUN_DATE = Param(
    None,
    type=["null", "string"],
    format="date",
    title="Run date",
    description="The night to run, e.g. 2026-11-20. Empty: the date of the schedule.",
)
STAGE_CHOICE = Param(
    list(STAGES),
    type=["null", "array"],
    examples=list(STAGES),
    items={"type": "string", "enum": list(STAGES)},
    title="Stages",
    description="Stages to run, in their order; the others are skipped and their earlier output is used.",
)


def run_date() -> str:
    """Return the date of the current run."""
    context = get_current_context()
    dag_run = context["dag_run"]
    return scheduling.resolve_run_date(
        param=context["params"].get("run_date"),
        partition_key=getattr(dag_run, "partition_key", None),
        interval_start=dag_run.data_interval_start,
        run_after=dag_run.run_after,
    )


def plan() -> dict[str, Any]:
    """Return the plan of the current run, from its form and its date."""
    return scheduling.plan_of(get_current_context()["params"], run_date())


def unless_left_out(stage: str, plan: dict[str, Any]) -> None:
    """Skip the current task when its stage was not chosen."""
    if stage not in plan["stages"]:
        raise AirflowSkipException(f"{stage} was not chosen for this run")


def shard_task(stage: str) -> Any:
    """Return the task of a stage that works on one shard; the shard's sites are its label in the UI."""

    @task(task_id=stage, map_index_template="{{ sites }}", trigger_rule=TriggerRule.NONE_FAILED)
    def work(plan: dict[str, Any], shard: str) -> None:
        run = scheduling.run_of(plan)
        get_current_context()["sites"] = runs.shard_label(run, shard)  # type: ignore[typeddict-unknown-key]
        unless_left_out(stage, plan)
        getattr(stages, stage)(run, shard)

    return work
