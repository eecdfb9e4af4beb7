"""Airflow's own switches send the counts of a night, too: read by a collector that speaks OpenTelemetry's protocol."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.dags.serving import PATIENCE, environment

pytestmark = pytest.mark.slow


def test_the_counts_of_a_night_reach_a_collector(tmp_path: Path) -> None:
    names: set[bytes] = set()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names.update(re.findall(rb"[\w.]*copydesk[\w.]*", gzip.decompress(body) if self.headers["Content-Encoding"] else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    story = "The council met on Tuesday, heard both sides of the harbour dispute and voted for the budget of the coming year. " * 9
    (tmp_path / "story.txt").write_text(f"The council votes\n\n{story}")
    (tmp_path / "sources.toml").write_text('[[source]]\nid = "drop"\nfiles = ["story.txt"]\n')
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "nightly", "--date", "2026-11-20"],
            cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False,
            env=environment(
                tmp_path, AIRFLOW__METRICS__OTEL_ON="True",
                OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            ),
        )  # fmt: skip
        server.shutdown()
        thread.join()
    assert done.returncode == 0, done.stderr
    assert {b"airflow.copydesk.fetch.fetched", b"airflow.copydesk.clean.kept", b"airflow.copydesk.dedup.unique"} <= names
