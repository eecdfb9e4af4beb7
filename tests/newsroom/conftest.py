from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from newsroom import Newsroom, build
from newsroom.server import RunningNewsroom, running

DAY = date(2026, 3, 14)


@pytest.fixture(scope="session")
def newsroom() -> Newsroom:
    """The default newsroom of a fixed day."""
    return build(day=DAY)


@pytest.fixture(scope="session")
def large() -> Newsroom:
    """A newsroom with every outlet there is."""
    return build(day=DAY, stories=90, outlets=12)


@pytest.fixture(scope="session")
def served(newsroom: Newsroom) -> Iterator[RunningNewsroom]:
    with running(newsroom) as server:
        yield server
