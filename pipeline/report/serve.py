"""Serve the pages without Airflow: on loopback, for whoever works on this machine."""

from __future__ import annotations

from pipeline.config import Settings
from pipeline.errors import ConfigError

HOST = "127.0.0.1"


def serve(settings: Settings, port: int) -> None:
    """Serve the pages until Ctrl-C or SIGTERM; raises `ConfigError` when the port cannot be used."""
    import socket

    import uvicorn
    from fastapi.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from pipeline.report.app import create_app

    # A page elsewhere may point a name of its own at 127.0.0.1: only requests that mean this machine are answered.
    here = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    app = create_app(settings, middleware=[here])
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # whoever reads the line below may come at once
    except OSError as error:
        listener.close()
        raise ConfigError(f"report: --port {port} cannot be used ({error.strerror}); name another") from error
    print(f"the report is on http://{HOST}:{listener.getsockname()[1]} (Ctrl-C stops it)", flush=True)
    with listener:
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
