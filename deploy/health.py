"""Health check of one part of Airflow: `python health.py api-server|scheduler|dag-processor|triggerer|worker`; exit 0 or 1.

`airflow jobs check` and `celery inspect ping` answer the same questions, but each costs three to five CPU-seconds to import.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.request

MONITOR = "api/v2/monitor/health"
PARTS = {"api-server": "metadatabase", "scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def main(part: str) -> int:
    """Check the part and say why when it is not well."""
    try:
        trouble = worker() if part == "worker" else monitored(PARTS[part])
    except (OSError, ValueError) as error:
        trouble = str(error)
    if trouble:
        print(f"{part}: {trouble}", file=sys.stderr)
    return 1 if trouble else 0


def monitored(name: str) -> str | None:
    """Ask the API server, which knows when each part last gave a sign of life."""
    api = os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("execution/")
    with urllib.request.urlopen(api + MONITOR, timeout=10) as answer:  # noqa: S310
        status = (json.load(answer).get(name) or {}).get("status")
    if status == "healthy" and name == "metadatabase":
        # What tasks report to is built at its first request, which takes 10 seconds: better now than when a task waits for it.
        urllib.request.urlopen(api + "execution/health", timeout=60).close()  # noqa: S310
    return None if status == "healthy" else f"{name} is {status}"


def worker() -> str | None:
    """Ask the Celery worker of this container over the broker, as the scheduler does."""
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    with Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"]) as app:
        answers = app.control.ping(destination=[name], timeout=5, limit=1)
    return None if answers else f"{name} does not answer"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
