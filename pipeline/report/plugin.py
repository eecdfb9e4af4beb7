"""The pages inside of Airflow: a menu entry, a tab on every run, and a panel on the home page. Found by its entry point.

Every Airflow process imports this module, and only the API server serves pages: what is heavy is imported when the first
request comes. A plug-in's routes are open to the world unless they ask for the user, so every one of ours does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from fastapi import FastAPI

MOUNT = "/copydesk"
PREFIX = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/") + MOUNT  # Airflow may itself be below a path

Message = MutableMapping[str, Any]


class ReportApp:
    """The web application, made when it is first asked for."""

    @cached_property
    def app(self) -> FastAPI:
        """The application, for logged-in users alone."""
        return _made(load_settings())

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        try:
            app = self.app
        except ConfigError as error:  # runs fail of it, too, so somebody comes to see why
            app = _made(Settings(), error)
        await app(scope, receive, send)


def _made(settings: Settings, error: ConfigError | None = None) -> FastAPI:
    """Return the application for logged-in users alone; where there is an error, one that tells it whatever is asked for."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends

    from pipeline.report.airflow_runs import add_run_route
    from pipeline.report.app import create_app

    def tell() -> None:
        if error is not None:
            raise error

    app = create_app(settings, dependencies=[Depends(get_user), Depends(tell)])
    add_run_route(app)
    return app


_APPS: list[Any] = [{"app": ReportApp(), "url_prefix": MOUNT, "name": "Copydesk report"}]
_VIEWS: list[Any] = [
    {"name": "Report", "href": f"{PREFIX}/", "destination": "nav", "url_route": "copydesk", "nav_top_level": True},
    {
        "name": "Report",
        "href": f"{PREFIX}/dag-run?dag_id={{DAG_ID}}&run_id={{RUN_ID}}",
        "destination": "dag_run",
        "url_route": "copydesk_run",
    },
]
_PANELS: list[Any] = [
    {"name": "Copydesk", "bundle_url": f"{PREFIX}/panel.js", "destination": "dashboard", "url_route": "copydesk_panel"}
]


class CopydeskPlugin(AirflowPlugin):
    """What Airflow shows of Copydesk."""

    name = "copydesk"
    fastapi_apps = _APPS
    external_views = _VIEWS
    react_apps = _PANELS
