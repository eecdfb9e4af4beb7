"""What the DAG files share: when a task is tried again, the form's fields, and the part of a night that two DAGs have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from airflow.sdk import (
    Asset,
    ExceptionRetryPolicy,
    Metadata,
    Param,
    RetryAction,
    RetryRule,
    TriggerRule,
    chain,
    get_current_context,
    result,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowSkipException, AirflowTaskTimeout
from airflow.sdk.observability import stats

from pipeline import notify, pools, runs, scheduling, stages, workspace
from pipeline.errors import CopydeskError, Fatal, Reject, Transient
from pipeline.records import StageReport
from pipeline.runs import STAGES
from pipeline.scheduling import run_of

log = structlog.get_logger("copydesk")  # Airflow's own: it keeps fields as fields in the log of a task

ARTICLES = Asset("articles", uri="copydesk://articles")
RUN_REPORT = Asset("run_report", uri="copydesk://run_report")

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = (
    365 * 24 * HOURS
).total_seconds()  # of what waits for other nights: Airflow's own is a week, and many nights take longer

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "copydesk",
    "retries": 2,
    "execution_timeout": 6 * HOURS,
    "on_failure_callback": notify.keep_cause,
    "on_retry_callback": notify.keep_cause,
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule([Fatal, Reject], RetryAction.FAIL, reason="a second attempt would meet the same"),
            RetryRule(Transient, RetryAction.RETRY, retry_delay=5 * MINUTES, reason="it may work later"),
        ]
    ),
}

RUN_FAILED = notify.AlertNotifier(notify.run_failed)
TASK_FAILED = notify.AlertNotifier(notify.task_failed)
NIGHT_DONE = notify.AlertNotifier(notify.night_done)


def time_of(stage: str) -> timedelta:
    """Return how long a task of a stage may take: long enough for a large night; what takes longer hangs.

    What asks the web ends by itself before that, and keeps what has come by then.
    """
    fetching = timedelta(seconds=scheduling.settings_of_dags().fetch_deadline) + HOURS
    return {"discover": fetching, "fetch": fetching, "extract": 6 * HOURS, "clean": 3 * HOURS}[stage]


def time_to_write(work: timedelta) -> timedelta:
    """Return how long a task that writes the warehouse may take: it waits for another writer first, as long as the settings say."""
    return work + timedelta(seconds=scheduling.settings_of_dags().lock_timeout)


def date_param(description: str) -> Param:
    """Return the field of a form for the night that a run is about."""
    return Param(None, type=["null", "string"], format="date", title="Run date", description=description)


STAGE_CHOICE = Param(
    list(STAGES),
    type=["null", "array"],
    examples=list(STAGES),
    items={"type": "string", "enum": list(STAGES)},
    title="Stages",
    description="The stages to run, in their order, for example clean, dedup, load and publish after a rule was mended. "
    "Those left out are skipped, and what they made before is used. Empty: all of them.",
)


def form() -> dict[str, Any]:
    """Return what the form of the current run said; raises `ConfigError` for what a caller said besides."""
    context = get_current_context()
    scheduling.check_conf(context["dag_run"].conf, context["params"], context["dag"].params)
    return context["params"]


def run_date() -> str:
    """Return the date of the current run."""
    return scheduling.date_of_run(get_current_context()["dag_run"], form().get("run_date"))


def unless_left_out(stage: str, plan: dict[str, Any]) -> None:
    """Skip the current task when its stage was not chosen."""
    if stage not in plan["stages"]:
        raise AirflowSkipException(f"{stage} was not chosen for this run")


def count(report: StageReport) -> None:
    """Log what a stage made of what it saw, for machines: one event with its counts as fields."""
    log.info("counts", stage=report.stage, run_date=report.run_date, shard=report.shard, seen=report.seen, outcomes=report.outcomes)


@task(task_id="open_workspace", execution_timeout=time_to_write(HOURS))  # a new version's migrations may take long
def open_workspace(plan: dict[str, Any]) -> None:
    """See that the store and the warehouse can be used, before any page is fetched."""
    workspace.open_workspace(run_of(plan))


# No teardown: Airflow lets one go on when somebody marks the run as failed, and calls the run a success when it has ended.
@task(task_id="close_workspace", trigger_rule=TriggerRule.ALL_DONE, execution_timeout=HOURS)
def close_workspace(plan: dict[str, Any] | None) -> None:
    """Tidy up what killed attempts left in the archive, whatever became of the night; a failure costs no more than their room."""
    if plan is None:
        raise AirflowSkipException("the run has no plan")
    try:
        workspace.close_workspace(run_of(plan))
    except (CopydeskError, OSError, AirflowTaskTimeout):  # the last: another process is at work on the date, such as a long import
        log.exception("the archive could not be tidied up; the next run of the night does it, or copydesk raw gc")


def shard_task(stage: str) -> Any:
    """Return the task of a stage that works on one shard; the shard's sites are its label in the UI."""

    @task(
        task_id=stage,
        map_index_template="{{ sites }}",
        trigger_rule=TriggerRule.NONE_FAILED,
        execution_timeout=time_of(stage),
        pool=pools.FETCHERS.for_tasks if stage == "fetch" else pools.DEFAULT_POOL,
        doc_md=getattr(stages, stage).__doc__,
    )
    def work(plan: dict[str, Any], shard: str) -> None:
        run = run_of(plan)
        get_current_context()["sites"] = runs.shard_label(run, shard)  # type: ignore[typeddict-unknown-key]
        unless_left_out(stage, plan)
        count(getattr(stages, stage)(run, shard))

    return work


def pages(sharded: Sequence[str], planned: Any, shards: Any) -> Any:
    """Return the group of tasks that each shard of pages goes through."""

    @task_group(group_id="pages", tooltip="each shard of sites goes through these on its own")
    def group(plan: dict[str, Any], shard: str) -> None:
        chain(*[shard_task(stage)(plan, shard) for stage in sharded])

    return group.partial(plan=planned).expand(shard=shards)


@task(trigger_rule=TriggerRule.NONE_FAILED)
def dedup(plan: dict[str, Any]) -> None:
    """Group the copies of a story, and name where each passage was taken from."""
    unless_left_out("dedup", plan)
    count(stages.dedup(run_of(plan)))


@task(
    trigger_rule=TriggerRule.NONE_FAILED,
    outlets=[ARTICLES],
    pool=pools.LOADER.for_tasks,
    execution_timeout=time_to_write(3 * HOURS),
    on_failure_callback=[notify.keep_cause, TASK_FAILED],
)
def load(plan: dict[str, Any]) -> Any:
    """Load the night in one transaction; refuses when more pages failed than the error budget allows."""
    unless_left_out("load", plan)
    run = run_of(plan)
    count(stages.load(run))
    yield Metadata(ARTICLES, runs.counts(run))


@task(
    trigger_rule=TriggerRule.NONE_FAILED,
    pool=pools.LOADER.for_tasks,
    execution_timeout=time_to_write(3 * HOURS),
    on_failure_callback=[notify.keep_cause, TASK_FAILED],
)
def publish(plan: dict[str, Any]) -> None:
    """Check the warehouse, then swap in the files for analysts."""
    unless_left_out("publish", plan)
    count(stages.publish(run_of(plan)))


@result
@task(
    trigger_rule=TriggerRule.NONE_FAILED,
    multiple_outputs=False,
    outlets=[RUN_REPORT],
    execution_timeout=10 * MINUTES,
    on_success_callback=NIGHT_DONE,
)
def summary(plan: dict[str, Any]) -> Any:
    """Show the funnel of the night in the log, count it in Airflow's metrics, and return it as the result of the run."""
    run = run_of(plan)
    funnel = runs.log_funnel(run)
    for stage, outcomes in funnel.items():
        for outcome, n in outcomes.items():
            stats.gauge(f"copydesk.{stage}.{outcome}", n)
    get_current_context()["outlet_events"][RUN_REPORT].extra = runs.counts(run)
    return {**runs.counts(run), "funnel": funnel}


def finish(planned: Any, night: Any) -> None:
    """Wire what follows the last stage before the load, whatever came before it."""
    night >> load(planned) >> publish(planned) >> [summary(planned), close_workspace(planned)]


def earlier_night(context: Any) -> str | None:
    """Return the id of a run of an earlier night that goes on, when the current one belongs to a backfill.

    A backfill starts as many runs at once as its form says, which knows nothing of an order among nights.
    """
    if getattr(context["dag_run"].run_type, "value", context["dag_run"].run_type) != "backfill":
        return None
    earlier = context["ti"].get_previous_dagrun(state="running")
    return earlier.run_id if earlier else None


def earlier_are_done(context: Any) -> bool:
    """Say whether the mapped tasks before the current one have succeeded; raises `Fatal` when one has failed."""
    instance = context["ti"]
    states = instance.get_task_states(dag_id=instance.dag_id, task_ids=[instance.task_id], run_ids=[instance.run_id])
    earlier = [states.get(instance.run_id, {}).get(f"{instance.task_id}_{index}") for index in range(instance.map_index)]
    for index, state in enumerate(earlier):
        if state in ("failed", "upstream_failed"):
            raise Fatal(f"the task with map index {index} failed and this one builds on it: clear that one, then this one")
    return all(state in ("success", "skipped") for state in earlier)
