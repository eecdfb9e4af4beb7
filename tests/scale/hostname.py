"""The name under which a worker's tasks appear in Airflow: here all workers are on one machine."""

from __future__ import annotations

import os


def hostname() -> str:
    return os.environ.get("COPYDESK_TEST_WORKER", "elsewhere")
