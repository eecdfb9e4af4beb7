"""Airflow notifiers that send the alerts of a run: by e-mail, and to any service that Apprise knows.

`COPYDESK_ALERT_EMAIL` names who gets e-mail, through Airflow's connection `smtp_default`; `COPYDESK_ALERT_CONNECTION` names an
Airflow connection of type `apprise`. Their secrets are in these connections and nowhere else. With neither, nothing is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import BaseNotifier
from airflow.sdk.configuration import conf
from airflow.sdk.log import mask_secret, redact  # type: ignore[attr-defined]

from pipeline import alerts
from pipeline.alerts import Alert
from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigError, CopydeskError
from pipeline.runs import Run
from pipeline.scheduling import date_of_run, run_of

if TYPE_CHECKING:
    from airflow.providers.apprise.hooks.apprise import AppriseHook

logger = logging.getLogger(__name__)

WHOM = ("alert_email", "alert_connection")  # the settings that say whom to tell
CAUSE = "cause"  # the key of a failed task's XCom
NO_CAUSE = (
    "it left no error, as when its process is killed or lost (out of memory, the host gone, no broker) or it is marked by hand:"
    " clear it"
)


class _Redacted(logging.Filter):
    """Hides in the lines of others what Airflow was told to hide: of a DAG that is run in one process it does not."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return True


REDACTED = _Redacted()


class AlertNotifier(BaseNotifier):
    """Sends what `find` finds in a context. An alert that cannot be sent is logged and never fails a run."""

    def __init__(self, find: Callable[[Any], Iterable[Alert]]) -> None:
        super().__init__()
        self.find = find

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Do nothing: what an alert quotes comes from outside and is no template."""

    def notify(self, context: Any) -> None:
        """Send every alert of the context over every channel that is configured."""
        for alert in self.find(context):
            logger.warning("%s\n%s", alert.title, alert.text())
            for send in (_send_email, _send_apprise):
                try:
                    send(alert, load_settings(only=WHOM))  # the alert may be that another one is wrong
                except Exception:  # a channel may fail in any way, and the next one may work
                    logger.exception("%s by %s", alerts.UNSENT, send.__name__.removeprefix("_send_"))


def keep_cause(context: Any) -> None:
    """Keep what a task failed of where the alert of its run finds it; for a task's `on_failure_callback`.

    The DAG's own callback runs elsewhere, later, and is not told. Of a task whose process was lost this is called without an error
    by the DAG processor, which would wait in vain for an answer to what is pushed.
    """
    error = context.get("exception")
    if error is None:
        return
    try:
        context["ti"].xcom_push(key=CAUSE, value=redact(alerts.cause_of(error)))
    except Exception:  # whatever it is, the alert must go out
        logger.debug("the cause could not be kept", exc_info=True)


def run_failed(context: Any) -> Iterable[Alert]:
    """Find the alert of a run that failed; for a DAG's `on_failure_callback`."""
    dag_run, instance = context.get("dag_run"), context.get("ti")
    run_id = f"{context['dag'].dag_id} {context['run_id']}"
    yield alerts.of_failed_run(
        run_id,
        _task(instance) if instance else None,
        cause=_cause(instance),
        night=_night(dag_run),
        started=_minute(dag_run.start_date) if dag_run is not None else "",
        last_success=_last_success(context),
        link=_run_link(context),
    )


def task_failed(context: Any) -> Iterable[Alert]:
    """Find the alert of a spent error budget or a failed check; for a task's `on_failure_callback`."""
    error = context.get("exception")  # none of a task whose process was lost
    alert = alerts.of_error(error, _run(context), context["ti"].log_url) if error is not None else None
    return [alert] if alert else []


def night_done(context: Any) -> Iterable[Alert]:
    """Find what is odd about a night that went through; for the last task's `on_success_callback`."""
    return alerts.of_night(_run(context), _run_link(context))


def _task(instance: Any) -> str:
    """Return the id of a task, with the number of the shard or night that it is mapped to."""
    return instance.task_id if instance.map_index < 0 else f"{instance.task_id} [{instance.map_index}]"


def _cause(instance: Any) -> str:
    """Return what a failed task failed of; nothing where Airflow cannot be asked."""
    try:
        return instance.xcom_pull(task_ids=instance.task_id, map_indexes=instance.map_index, key=CAUSE) or NO_CAUSE
    except Exception:  # the alert must go out
        logger.debug("the cause is not known here", exc_info=True)
        return ""


def _night(dag_run: Any) -> str:
    """Return the date of a failed run's night, which is not the one in the run's id; nothing for a replay of many."""
    conf = getattr(dag_run, "conf", None) or {}
    if dag_run is None or "since" in conf:
        return ""
    try:
        return date_of_run(dag_run, conf.get("run_date"))
    except ConfigError:  # which is what the run failed of
        return ""


def _last_success(context: Any) -> str:
    """Return when the last run that succeeded began; nothing, too, where Airflow cannot be asked, as in `airflow dags test`."""
    try:
        return _minute(context.get("prev_start_date_success"))  # asked when it is looked at
    except Exception:  # what it raises differs by where the callback runs, and the alert must go out
        logger.debug("the last successful run is not known here", exc_info=True)
        return ""


def _run(context: Any) -> Run:
    plan = context["ti"].xcom_pull(task_ids="plan")
    if plan is None:
        raise CopydeskError("the run has no plan")
    return run_of(plan)


def _run_link(context: Any) -> str:
    base = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
    return f"{base}/dags/{context['dag'].dag_id}/runs/{quote(context['run_id'])}"


def _minute(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _send_email(alert: Alert, settings: Settings) -> None:
    if not settings.alert_email:
        return
    from pipeline.mail import MailNotifier

    to = [address for part in settings.alert_email.split(",") if (address := part.strip())]
    MailNotifier(to=to, subject=alert.title, html_content=alert.html()).notify({})  # an alert is no template


def _send_apprise(alert: Alert, settings: Settings) -> None:
    """Send an alert to every service of the connection; raises `CopydeskError` when one of them does not take it.

    Airflow's own notifier is not asked: it looks at neither of Apprise's answers.
    """
    if not settings.alert_connection:
        return
    from airflow.providers.apprise.hooks.apprise import AppriseHook
    from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

    name = settings.alert_connection
    logging.getLogger("apprise").addFilter(REDACTED)
    # What is sent to an address that moved is asked for at the new one, without the alert, and a page there counts as its receipt.
    services = Apprise(asset=AppriseAsset(http_redirects=False))
    for number, path in enumerate(_apprise_paths(AppriseHook(name)), 1):
        mask_secret(path)  # an Apprise URL holds the service's token
        if not services.add(path):
            raise ConfigError(f'connection "{name}": Apprise cannot read the path of service {number}; see the line above')
    kind = NotifyType.WARNING if alert.kind in ("source_silent", "source_failing", "volume_jump") else NotifyType.FAILURE
    if not services.notify(title=alert.title, body=alert.text(), notify_type=kind, body_format=NotifyFormat.TEXT):
        raise CopydeskError(f'connection "{name}": not every service took it; the lines above say which, and what it answered')


def _apprise_paths(hook: AppriseHook) -> list[str]:
    """Return the addresses of the services that the hook's connection names; raises `ConfigError` when it names none."""
    connection = hook.get_connection(hook.apprise_conn_id)
    try:
        config = hook.get_config_from_conn(connection)
        paths = [str(service["path"]) for service in (config if isinstance(config, list) else [config])]
    except (KeyError, TypeError, ValueError):
        paths = []
    if not paths:
        wanted = '{"config": {"path": "service://…"}}, or a list of such in place of the one'
        raise ConfigError(f'connection "{hook.apprise_conn_id}": its extra must be {wanted}')
    return paths
