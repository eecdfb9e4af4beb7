"""Ports of loopback: one that is free, and one that a server which was started begins to listen on."""

from __future__ import annotations

import socket
import time

PATIENCE = 10.0  # seconds


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, patience: float = PATIENCE) -> None:
    """Wait until somebody listens on a port of loopback; ends the program when nobody does in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server does not start")
