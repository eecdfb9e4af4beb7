from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.dedup.spark.session import session

# Small plans on little data: compiling Java to the last would cost more than all else.
OPTIONS = "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark on two cores of this machine for all tests."""
    os.environ["PYSPARK_SUBMIT_ARGS"] = OPTIONS
    with session("local[2]") as started:
        yield started
