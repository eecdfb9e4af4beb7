"""What a run of the DAG in this process says when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import errors, local

OURS = [name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.CopydeskError)]


@pytest.mark.parametrize("name", OURS)
def test_the_reason_is_found_in_the_log_whatever_its_kind(tmp_path: Path, name: str) -> None:
    log = tmp_path / "run.log"
    log.write_text(
        f"KeyError: 'of Airflow'\nTraceback (most recent call last):\npipeline.errors.{name}: 30 of 30\nValueError: later\n"
    )
    assert local._last_error(log) == "30 of 30"


def test_of_other_errors_the_last_one_is_told(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text("KeyError: 'first'\nsqlalchemy.exc.OperationalError: (sqlite3.OperationalError) locked\nno error: here\n")
    assert local._last_error(log).startswith("sqlalchemy.exc.OperationalError")
