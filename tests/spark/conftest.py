from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.dedup.spark.session import session


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark on two cores of this machine for all tests."""
    with session("local[2]") as started:
        yield started
