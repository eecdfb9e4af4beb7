"""The pages without Airflow, as a user starts them: a process of its own that listens on loopback and ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pipeline.config import Settings
from pipeline.warehouse import Warehouse

pytestmark = pytest.mark.slow

# One database is enough here: the pages themselves are tested on both.
ONE_DATABASE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _serving(settings: Settings, folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")}
    environment |= {"COPYDESK_WAREHOUSE_URL": settings.warehouse_url, "COPYDESK_STORE": settings.store}
    command = [sys.executable, "-m", "pipeline", "report", "--serve", "--port", str(port)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=environment, cwd=folder, **streams)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@ONE_DATABASE
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(filled: Warehouse, settings: Settings, tmp_path: Path, number: signal.Signals) -> None:
    with _serving(settings, tmp_path, _free_port()) as process:
        assert process.stdout is not None
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
            assert client.get("/run/2026-03-02").status_code == 200
            assert client.get("/runs", headers={"Host": "evil.example"}).status_code == 400
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors


@ONE_DATABASE
def test_a_port_that_is_taken_is_named(filled: Warehouse, settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, _serving(settings, tmp_path, taken.getsockname()[1]) as process:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 2
        assert f"--port {taken.getsockname()[1]} cannot be used" in errors
