"""What the tests share. Airflow reads its settings when it is imported, so its home is set before any test can import it."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: no example is timed. What is tried is the same in every run.
settings.register_profile("copydesk", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("copydesk")

_HOME = tempfile.TemporaryDirectory(prefix="copydesk-airflow-")
os.environ.update(
    AIRFLOW_HOME=_HOME.name,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
    AIRFLOW__CORE__DAGS_FOLDER=str(Path(__file__).parents[1] / "dags"),
)
for name in [name for name in os.environ if name.startswith("COPYDESK_") and not name.startswith("COPYDESK_TEST_")]:
    del os.environ[name]  # a developer's own settings must not decide a test

ON_ANY = ("test_load", "test_open")  # on DuckDB too; the others with COPYDESK_TEST_EVERY_DATABASE=1, a minute more


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests on DuckDB to the modules that are to run there."""
    if "COPYDESK_TEST_EVERY_DATABASE" in os.environ:
        return
    left = [item for item in items if _of_url(item) == "duckdb" and item.path.stem not in ON_ANY]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _of_url(item: pytest.Item) -> Any:
    return item.callspec.params.get("url") if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None


@pytest.fixture(autouse=True)
def warnings_are_logged() -> None:
    """Let a test read the warnings of ours: Airflow, where an earlier test has imported it, logs errors only."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def without_rights() -> Callable[[], AbstractContextManager[None]]:
    """A context manager to be no superuser in, who may read and enter everything."""

    @contextmanager
    def demoted() -> Iterator[None]:
        user = os.geteuid()
        os.seteuid(user or 65534)  # nobody
        try:
            yield
        finally:
            os.seteuid(user)

    return demoted


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """Make Airflow's own database, once for all tests that need one."""
    from airflow.utils.db import initdb

    initdb()
    return Path(_HOME.name)
