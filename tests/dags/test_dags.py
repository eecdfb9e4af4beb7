"""The DAG files import, say what they do, and are wired as the documentation draws them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
    assert "copydesk" in dag.tags
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert all(param.schema.get("title") for param in (dag.params.get_param(key) for key in dag.params))


def test_the_night_runs_its_stages_in_their_order(dags: dict[str, Any]) -> None:
    ids = [task.task_id for task in dags["nightly_articles"].topological_sort()]
    order = ["plan", "discover", "pages.fetch", "pages.extract", "pages.clean", "dedup", "load", "publish", "summary"]
    assert [task for task in order if task in ids] == order


def test_what_a_second_attempt_cannot_mend_is_not_attempted(dags: dict[str, Any]) -> None:
    from airflow.sdk import RetryAction

    from pipeline.errors import ConfigError, Fatal, Reject, Transient

    policy = dags["nightly_articles"].get_task("load").retry_policy
    for error in (Fatal("x"), ConfigError("x"), Reject("x")):
        assert policy.evaluate(error, 1, 3).action == RetryAction.FAIL
    assert policy.evaluate(Transient("x"), 1, 3).action != RetryAction.FAIL
