"""The DAG files import, say what they do, and are wired as the documentation draws them."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest

from pipeline.config import load_settings
from pipeline.errors import ConfigError
from pipeline.scheduling import date_of_run, plan_of, plan_of_import
from pipeline.store import LocalStore, Partition
from pipeline.warehouse import current_warehouse, load
from tests.warehouse.make import article, night, story

pytestmark = pytest.mark.slow

DAGS = Path(__file__).parents[2] / "dags"


@pytest.fixture(scope="module")
def dags(airflow_home: Path) -> Iterator[dict[str, Any]]:
    from airflow.dag_processing.dagbag import DagBag

    sys.path.append(str(DAGS))
    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    yield dict(bag.dags)
    sys.path.remove(str(DAGS))


def test_the_three_dags_are_there_and_serialise(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    assert sorted(dags) == ["import_archive", "nightly_articles", "replay_articles"]
    for dag in dags.values():
        assert DagSerialization.to_dict(dag)


@pytest.mark.parametrize("name", ["import_archive", "nightly_articles", "replay_articles"])
def test_each_says_what_it_does_and_never_catches_up_or_overlaps(name: str, dags: dict[str, Any]) -> None:
    dag = dags[name]
    assert dag.doc_md.strip().startswith("###")
    assert "─►" in dag.doc_md, "the flow is drawn"
    assert dag.description
    assert "copydesk" in dag.tags
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    for task in dag.tasks:
        assert task.doc_md, task.task_id
        assert task.execution_timeout, task.task_id


@pytest.mark.parametrize("name", ["import_archive", "nightly_articles", "replay_articles"])
def test_each_field_of_the_form_has_a_title_a_description_and_an_example(name: str, dags: dict[str, Any]) -> None:
    params = dags[name].params
    for key in params:
        field = params.get_param(key)
        assert field.schema.get("title"), key
        assert "for example" in field.description, key
        assert "section" not in field.schema, "a section is a closed accordion in the form"


@pytest.mark.usefixtures("airflow_home")
def test_the_form_offers_the_sources_of_the_sources_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    file = tmp_path / "sources.toml"
    file.write_text('[[source]]\nid = "a"\nname = "The A"\nfiles = ["x"]\n[[source]]\nid = "b"\nfiles = ["y"]\n')
    monkeypatch.setenv("COPYDESK_SOURCES", str(file))
    monkeypatch.syspath_prepend(str(DAGS))
    schema = DagBag(str(DAGS / "nightly_articles.py")).dags["nightly_articles"].params.get_param("sources").schema
    assert (schema["examples"], schema["values_display"]) == (["a", "b"], {"a": "The A", "b": "b"})


@pytest.mark.usefixtures("airflow_home")
@pytest.mark.parametrize("seconds", [None, 20_000])
def test_what_asks_the_web_ends_by_itself_before_airflow_ends_it(seconds: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("COPYDESK_FETCH_DEADLINE", str(seconds or ""))
    monkeypatch.syspath_prepend(str(DAGS))
    dag = DagBag(str(DAGS / "nightly_articles.py")).dags["nightly_articles"]
    for name in ("discover", "pages.fetch"):
        assert dag.get_task(name).execution_timeout > timedelta(seconds=load_settings().fetch_deadline), name


@pytest.mark.usefixtures("airflow_home")
def test_what_waits_for_the_warehouse_gives_up_by_itself_before_airflow_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("COPYDESK_LOCK_TIMEOUT", "40000")
    monkeypatch.syspath_prepend(str(DAGS))
    sys.modules.pop("common", None)  # read with other settings
    bag = DagBag(str(DAGS))
    for dag in ("nightly_articles", "import_archive"):
        for name in ("open_workspace", "load", "publish"):
            assert bag.dags[dag].get_task(name).execution_timeout > timedelta(seconds=load_settings().lock_timeout), name
    sys.modules.pop("common")


@pytest.mark.usefixtures("airflow_home")
def test_nights_run_when_the_settings_say_and_each_has_a_day_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import DataInterval, TimeRestriction

    monkeypatch.setenv("COPYDESK_SCHEDULE", "0 1 * * *")
    monkeypatch.setenv("COPYDESK_TIMEZONE", "Europe/Berlin")
    monkeypatch.syspath_prepend(str(DAGS))
    dag = DagBag(str(DAGS / "nightly_articles.py")).dags["nightly_articles"]
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    interval: DataInterval | None = None
    days = []
    for _ in range(366):  # summer time begins and ends
        info = timetable.next_dagrun_info(
            last_automated_data_interval=interval, restriction=TimeRestriction(pendulum.datetime(2026, 1, 1), None, True)
        )
        assert info is not None
        interval = info.data_interval
        run = SimpleNamespace(
            run_type="scheduled", logical_date=interval.start, data_interval_start=interval.start, run_after=interval.end
        )
        days.append(date.fromisoformat(date_of_run(run, None)))
    assert days == [date(2026, 1, 1) + timedelta(days=day) for day in range(366)]


@pytest.mark.usefixtures("airflow_home")
def test_a_schedule_that_is_none_is_told_by_the_run_and_does_not_lose_the_dag(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("COPYDESK_SCHEDULE", "every night")
    monkeypatch.syspath_prepend(str(DAGS))
    bag = DagBag(str(DAGS / "nightly_articles.py"))
    assert bag.import_errors == {}
    with pytest.raises(ConfigError, match="COPYDESK_SCHEDULE must be five fields of cron such as '30 4"):
        plan_of({}, "2026-11-20")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("run_date", "20 November", "'20 November' is not a 'date'"),
        ("page_limit", 0, "0 is less than the minimum of 1"),
        ("page_limit", 10**30, "greater than the maximum of 1000000"),
        ("page_limit", "many", "'many' is not of type 'null', 'integer'"),
        ("stages", ["wash"], "'wash' is not one of"),
        ("dry_run", "perhaps", "'perhaps' is not of type 'boolean'"),
    ],
)
def test_a_wrong_value_in_the_form_is_told_in_words(field: str, value: Any, told: str, dags: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    param = dags["nightly_articles"].params.get_param(field)
    with pytest.raises(ParamValidationError, match=told):
        param.resolve(value=value)


def test_what_waits_for_another_night_takes_few_places_and_is_not_given_up(dags: dict[str, Any]) -> None:
    waits = dags["nightly_articles"].get_task("plan")
    assert (waits.mode, waits.exponential_backoff, waits.max_wait) == ("reschedule", True, timedelta(minutes=1))
    for timeout in (waits.timeout, dags["replay_articles"].get_task("night").partial_kwargs["timeout"]):
        assert timeout >= timedelta(days=365).total_seconds()


def test_the_night_runs_its_stages_in_their_order(dags: dict[str, Any]) -> None:
    ids = [task.task_id for task in dags["nightly_articles"].topological_sort()]
    order = ["plan", "open_workspace", "discover", "pages.fetch", "pages.extract", "pages.clean"]
    assert ids == [*order, "dedup", "load", "publish", "summary", "close_workspace"]


@pytest.mark.parametrize("name", ["import_archive", "nightly_articles"])
def test_the_workspace_is_opened_before_and_closed_whatever_happens(name: str, dags: dict[str, Any]) -> None:
    dag = dags[name]
    first = dag.get_task("discover" if name == "nightly_articles" else "file")
    closed = dag.get_task("close_workspace")
    assert "open_workspace" in first.upstream_task_ids
    assert (closed.trigger_rule, closed.upstream_task_ids) == ("all_done", {"plan", "publish"})


def test_a_date_that_another_process_is_at_work_on_fails_no_run_that_tidies_up(
    dags: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import may take twelve hours; a night of the same date that was loaded meanwhile failed of it, after three."""
    from airflow.sdk.execution_time.timeout import timeout

    monkeypatch.setenv("COPYDESK_STORE", str(tmp_path))
    store, left = LocalStore(tmp_path), "raw/dt=2026-11-20/shard=import/a.warc.gz"
    store.put(f"{Partition('fetch', '2026-11-20', '000').prefix}/MANIFEST.json", b"{}")
    close, plan = dags["nightly_articles"].get_task("close_workspace").python_callable, plan_of_import("2026-11-20")
    store.put(left, b"")
    close(plan)
    assert list(store.list("raw/")) == []
    store.put(left, b"")
    with store.lock(Partition("fetch", "2026-11-20", "import").prefix), timeout(1):
        close(plan)
    assert list(store.list("raw/")) == [left]


@pytest.mark.parametrize("name", ["import_archive", "nightly_articles", "replay_articles"])
def test_a_run_ends_as_its_last_task_that_matters_and_one_that_is_marked_as_failed_at_once(name: str, dags: dict[str, Any]) -> None:
    dag = dags[name]
    assert not any(task.is_teardown for task in dag.tasks), "Airflow lets it go on, then calls the run a success"
    assert {task.task_id for task in dag.leaves} - {"close_workspace"} == {"night" if name == "replay_articles" else "summary"}


def test_the_loader_is_alone_and_the_fetchers_are_bounded(dags: dict[str, Any]) -> None:
    from pipeline.pools import FETCHERS, LOADER

    pool_of = {task.task_id: task.pool for task in dags["nightly_articles"].tasks}
    assert (pool_of["load"], pool_of["publish"], pool_of["pages.fetch"]) == (LOADER.name, LOADER.name, FETCHERS.name)
    assert LOADER.slots == 1


def test_the_pools_are_made_when_airflow_starts_and_kept_as_somebody_sets_them(airflow_home: Path) -> None:
    from airflow.jobs.job import Job
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    from pipeline.pools import FETCHERS, LOADER
    from pipeline.pools_plugin import make_missing_pools

    Job()  # what a scheduler makes when it starts; the plug-in is found by its entry point
    with create_session() as session:
        assert {pool.pool: pool.slots for pool in Pool.get_pools(session=session)}.items() >= {(LOADER.name, 1), (FETCHERS.name, 8)}
        session.query(Pool).filter(Pool.pool == FETCHERS.name).one().slots = 3
    make_missing_pools()
    with create_session() as session:
        pool = Pool.get_pool(FETCHERS.name, session=session)
        assert pool is not None
        assert pool.slots == 3


def test_what_may_work_later_is_tried_again_and_what_cannot_is_not(dags: dict[str, Any]) -> None:
    from airflow.sdk import RetryAction

    from pipeline.errors import BudgetSpent, CheckFailed, ConfigError, Fatal, Reject, Transient

    policy = dags["nightly_articles"].get_task("load").retry_policy
    for error in (Fatal("x"), ConfigError("x"), BudgetSpent("x"), CheckFailed("x"), Reject("x")):
        assert policy.evaluate(error, 1, 3).action == RetryAction.FAIL
    assert policy.evaluate(Transient("x"), 1, 3).action == RetryAction.RETRY
    assert policy.evaluate(OSError("x"), 1, 3).action == RetryAction.DEFAULT


def test_every_task_keeps_what_it_failed_of_for_the_alert_of_its_run(dags: dict[str, Any]) -> None:
    from pipeline.notify import keep_cause

    for dag in dags.values():
        for task in dag.tasks:
            callbacks = task.on_failure_callback
            assert keep_cause in (callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]), task.task_id


def test_the_alert_of_a_run_says_what_its_task_failed_of_and_no_secret(airflow_home: Path) -> None:
    from airflow.sdk.log import mask_secret

    from pipeline.notify import keep_cause, run_failed, task_failed

    kept: dict[str, str] = {}
    instance = SimpleNamespace(
        task_id="load",
        map_index=-1,
        xcom_push=lambda key, value: kept.update({key: value}),
        xcom_pull=lambda key, **_: kept.get(key),
    )
    night, next_day = datetime(2026, 3, 8, 2, tzinfo=UTC), datetime(2026, 3, 9, 2, tzinfo=UTC)
    dag_run = SimpleNamespace(
        run_type="scheduled", conf={}, logical_date=night, data_interval_start=night, run_after=next_day, start_date=next_day
    )
    context = {"dag": SimpleNamespace(dag_id="nightly_articles"), "run_id": "a", "ti": instance, "dag_run": dag_run}
    mask_secret("hush-hush")
    keep_cause(context)
    assert kept == {}, "the process was lost, and nobody answers who pushes"
    assert list(task_failed(context)) == []
    assert [alert.what.splitlines()[1][:20] for alert in run_failed(context)] == ["it left no error, as"]
    keep_cause({**context, "exception": ConfigError("the disk of hush-hush is full; make room")})
    (alert,) = run_failed(context)
    assert alert.since == "the night of 2026-03-08; it began at 2026-03-09 02:00 UTC"
    assert alert.what == "nightly_articles a failed in load\nthe disk of *** is full; make room"


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # Apprise asks for it
@pytest.mark.usefixtures("airflow_home")
@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"path": "json://127.0.0.1:{port}/ok"}, ""),
        ([{"path": "json://127.0.0.1:{port}/ok"}, {"path": "json://127.0.0.1:{port}/full"}], "not every service took it"),
        ({"path": "json://127.0.0.1:{port}/moved"}, "not every service took it"),
        ({"path": "slak://marked-token"}, "Apprise cannot read the path of service 1"),
        ({"url": "json://127.0.0.1:{port}/ok"}, 'its extra must be {"config": {"path": "service://…"}}'),
    ],
)
def test_an_alert_that_a_service_does_not_take_is_an_error_in_the_log(
    config: Any, told: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from pipeline.alerts import Alert
    from pipeline.notify import AlertNotifier

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response({"/ok": 200, "/moved": 302}.get(self.path, 503))
            self.send_header("Location", "/page")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Chat) as server:
        Thread(target=server.serve_forever).start()
        extra = json.dumps({"config": config}).replace("{port}", str(server.server_port))
        monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps({"conn_type": "apprise", "extra": extra}))
        monkeypatch.setenv("COPYDESK_ALERT_CONNECTION", "chat")
        AlertNotifier(lambda _: [Alert("run_failed", "x failed", "now", "http://localhost/")]).notify({})
        server.shutdown()
    errors = [str(record.exc_info[1]) for record in caplog.records if record.name == "pipeline.notify" and record.exc_info]
    assert len(errors) == bool(told)
    assert told in "".join(errors)
    assert "marked-token" not in caplog.text


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
@pytest.mark.usefixtures("airflow_home")
def test_a_mail_server_that_says_nothing_is_asked_once_and_keeps_no_alert_from_the_web_hook(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from pipeline.alerts import Alert
    from pipeline.notify import AlertNotifier

    asked: list[str] = []

    def accept(listener: socket.socket) -> None:
        with suppress(OSError), ExitStack() as kept:  # open, and without a word
            while True:
                kept.enter_context(listener.accept()[0])
                asked.append("mail")

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append("chat")
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Chat) as server, socket.create_server(("127.0.0.1", 0)) as mail:
        Thread(target=server.serve_forever).start()
        Thread(target=accept, args=[mail], daemon=True).start()
        smtp = {"disable_ssl": True, "disable_tls": True, "timeout": 1, "from_email": "a@example.org"}
        port = mail.getsockname()[1]
        smtp_default = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": smtp}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp_default))
        config = {"config": {"path": f"json://127.0.0.1:{server.server_port}/"}}
        monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps({"conn_type": "apprise", "extra": json.dumps(config)}))
        monkeypatch.setenv("COPYDESK_ALERT_CONNECTION", "chat")
        monkeypatch.setenv("COPYDESK_ALERT_EMAIL", "desk@example.org")
        monkeypatch.setenv("COPYDESK_SHARDS", "0")  # what the run has failed of, say
        AlertNotifier(lambda _: [Alert("run_failed", "x failed", "now", "http://localhost/")]).notify({})
        server.shutdown()
    assert asked == ["mail", "chat"]
    assert "the alert could not be sent by email" in caplog.text


@pytest.mark.usefixtures("airflow_home")
@pytest.mark.parametrize(("named", "waits"), [(None, 20), (5, 5), (600, 20)])
def test_no_mail_server_is_waited_for_longer_than_what_is_called_back_may_take(
    named: int | None, waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.mail import MailNotifier

    extra = {} if named is None else {"timeout": named}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "extra": extra}))
    hook = MailNotifier(to="a@example.org", subject="x", html_content="x").hook
    hook.smtp_connection = hook.get_connection("smtp_default")
    assert hook.timeout == waits


def test_the_example_in_the_docs_waits_for_the_articles(dags: dict[str, Any]) -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS.parent / "docs" / "examples"))
    assert bag.import_errors == {}
    waits_for = [asset.uri for asset in bag.dags["morning_digest"].timetable.asset_condition.objects]
    assert waits_for == [asset.uri for asset in dags["nightly_articles"].get_task("load").outlets]


@pytest.mark.usefixtures("airflow_home")
def test_the_example_in_the_docs_names_stories_of_its_night_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("COPYDESK_WAREHOUSE_URL", f"sqlite:///{tmp_path}/warehouse.db")
    with current_warehouse(load_settings()) as warehouse:
        for day, sites in enumerate((5, 2)):
            told = [article("dam", f"Day {day}.", day, site=f"p{day}{n}.example", title=f"Of day {day}") for n in range(sites)]
            load(warehouse, night(day, told, story(*told)))
    bag = DagBag(str(DAGS.parent / "docs" / "examples"))
    most_copied = bag.dags["morning_digest"].get_task("most_copied").python_callable
    event = SimpleNamespace(extra={"run_date": "2026-03-02", "articles": 2, "copies": 1})
    events = {most_copied.__globals__["ARTICLES"]: [event]}
    monkeypatch.setitem(most_copied.__globals__, "get_current_context", lambda: {"triggering_asset_events": events})
    assert [line.split() for line in most_copied()[2:]] == [["Of", "day", "1", "2", "1"], ["(1", "row)"]]
