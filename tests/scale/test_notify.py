"""Alerts arrive: a night whose pages all fail, with a real mail server and a real web hook on the other end."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.dags.serving import PATIENCE, environment, free_port

pytestmark = pytest.mark.slow

PAGES = 24  # above the floor of the error budget
SECRET = "s3cret-token"


class Mailbox:
    """Keeps the messages that an SMTP server receives."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[int, Mailbox]]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, box
    finally:
        controller.stop()


@contextmanager
def web_server() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Answer 500 to every GET, as a publisher that is down, and keep what is POSTed, as a chat's web hook."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404 if self.path == "/robots.txt" else 500)

        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, posted
        finally:
            server.shutdown()
            thread.join()


def test_a_spent_error_budget_is_told_by_mail_and_web_hook_and_no_secret_is_logged(tmp_path: Path) -> None:
    with mail_server() as (smtp_port, box), web_server() as (port, posted):
        urls = [f"http://127.0.0.1:{port}/story/{n}" for n in range(PAGES)]
        (tmp_path / "sources.toml").write_text(f'[[source]]\nid = "down"\nurls = {json.dumps(urls)}\ndelay = 0.0\n')
        smtp = {"conn_type": "smtp", "host": "127.0.0.1", "port": smtp_port}
        smtp["extra"] = {"disable_ssl": True, "disable_tls": True, "from_email": "copydesk@example.org"}
        hook = {"conn_type": "apprise", "extra": {"config": {"path": f"json://user:{SECRET}@127.0.0.1:{port}/{SECRET}/"}}}
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "nightly", "--date", "2026-11-20"],
            cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False,
            env=environment(
                tmp_path, COPYDESK_ALLOW_PRIVATE_HOSTS="1", COPYDESK_ATTEMPTS="1", COPYDESK_DELAY="0",
                COPYDESK_ALERT_EMAIL="desk@example.org, night@example.org", COPYDESK_ALERT_CONNECTION="copydesk_alerts",
                AIRFLOW_CONN_SMTP_DEFAULT=json.dumps(smtp), AIRFLOW_CONN_COPYDESK_ALERTS=json.dumps(hook),
            ),
        )  # fmt: skip
    assert done.returncode == 1
    logs = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*.log"))
    titles = {"budget_spent": f"Copydesk: budget spent: {PAGES} of {PAGES} pages failed", "run_failed": "Copydesk: run failed"}
    assert len(box.messages) == len(posted) == len(titles), (logs[-3000:], posted)
    for kind, title in titles.items():
        ((mail,), (note,)) = (
            [m for m in box.messages if m["Subject"].startswith(title)], [n for n in posted if n["title"].startswith(title)]
        )  # fmt: skip
        assert "desk@example.org" in mail["To"], kind
        for body in (mail.get_body().get_content(), note["message"]):
            assert "Since:" in body
            assert "/dags/nightly_articles/runs/manual" in body
    assert SECRET not in logs + done.stdout + done.stderr
