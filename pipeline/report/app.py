"""The report pages as a web application: every route reads the views of the warehouse and renders one template."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import AwareDatetime
from sqlalchemy.pool import QueuePool
from starlette.exceptions import HTTPException as StarletteHTTPException

from pipeline.clean.rules import RULES_FILE
from pipeline.config import Settings
from pipeline.errors import CopydeskError, Reject
from pipeline.report import article as articles
from pipeline.report import finding, rulebook, story
from pipeline.report import night as nights
from pipeline.report.came_from import NOBODY, CameFrom
from pipeline.report.links import Links, ServerLinks
from pipeline.report.raw import POLICY, inert_page, inert_text
from pipeline.report.render import FOLDER, render, style
from pipeline.store import open_store
from pipeline.warehouse import Warehouse, is_made, is_there, open_warehouse

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
NOTHING_LOADED = "The warehouse is empty. Trigger the DAG nightly_articles, or run `make run`, and come back."
Identity = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
AfterIdentity = Annotated[str, Query(pattern="^([0-9a-f]{32})?$")]
NO_NUL = r"^[^\x00]*$"  # PostgreSQL has no text with one
Short = Annotated[str, Query(max_length=300, pattern=NO_NUL)]
Asked = Annotated[str, Query(max_length=finding.LONGEST_ASKED, pattern=NO_NUL)]
Version = Annotated[int | None, Query(ge=0, lt=2**31)]  # what the column holds
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)  # a day less, so that it has a form in UTC
Moment = Annotated[AwareDatetime | None, Query(ge=FIRST, le=LAST)]


def create_app(settings: Settings, *, dependencies: Sequence[Any] = (), middleware: Sequence[Any] = ()) -> FastAPI:
    """Return the application. `dependencies` are asked before every route: who is not let in sees nothing."""
    pages = _Pages(settings)
    app = FastAPI(
        title="Copydesk",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=list(dependencies),
        middleware=list(middleware),
        lifespan=pages.lifespan,
    )
    app.state.pages = pages
    app.exception_handler(CopydeskError)(pages.explain)
    app.exception_handler(StarletteHTTPException)(pages.refuse)  # also of an address that no route has
    app.exception_handler(RequestValidationError)(pages.refuse_value)
    for path, route in ROUTES.items():
        # Of a HEAD the server leaves the body out.
        app.api_route(path, methods=["GET", "HEAD"], response_class=HTMLResponse)(route(pages))
    return app


class NothingLoaded(CopydeskError):
    """The warehouse has no table yet: a first load makes them."""


class _Pages:
    """What the routes share: the settings, and the warehouse once it could be opened."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._warehouse: Warehouse | None = None
        self._made = False

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse; raises `NothingLoaded` while no load has made its tables, which a SQLite file may lose with its name."""
        if not is_there(self.settings.warehouse_url):
            raise NothingLoaded(NOTHING_LOADED)
        if self._warehouse is None:
            self._warehouse = open_warehouse(self.settings.warehouse_url, pool=QueuePool)
        if not self._made:
            with self._warehouse.reading() as connection:
                if not is_made(connection):
                    raise NothingLoaded(NOTHING_LOADED)
            self._made = self._warehouse.dialect != "sqlite"
        return self._warehouse

    def newest(self) -> date | None:
        """Return the newest night, None when there is none."""
        try:
            with self.warehouse.reading() as connection:
                return nights.newest(connection)
        except NothingLoaded:
            return None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        yield
        if self._warehouse is not None:
            self._warehouse.close()

    def page(self, request: Request, template: str, *, status: int = 200, tonight: bool = False, **values: Any) -> HTMLResponse:
        content = render(
            template,
            link=_links_of(request),
            sheet=None,
            longest_asked=finding.LONGEST_ASKED,
            here=request.url.path,
            of="",
            tonight=tonight,
            **values,
        )
        return HTMLResponse(content, status, HEADERS)

    def explain(self, request: Request, error: Exception) -> Response:
        if isinstance(error, NothingLoaded):
            return self.page(request, "message.html", status=404, title="No night yet", text=str(error))
        return self.page(request, "message.html", status=503, title="Nothing to show", text=str(error))

    def refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, StarletteHTTPException)
        title = {401: "Please log in to Airflow", 404: "Not found"}.get(error.status_code, "This cannot be shown")
        answer = self.page(request, "message.html", status=error.status_code, title=title, text=str(error.detail))
        answer.headers.update(error.headers or {})  # such as what is allowed where this is not
        return answer

    def refuse_value(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = ", ".join(f"{fault['loc'][-1]} {str(fault['input'])[:80]!r}" for fault in error.errors())
        text = f"This address is none of a report: {wrong} cannot be."
        return self.page(request, "message.html", status=422, title="This cannot be shown", text=text)


def _links_of(request: Request) -> Links:
    """Return the addresses as the reader of this request sees them."""
    return ServerLinks(request.scope.get("root_path", ""))


def night_page(request: Request, day: date, came_from: CameFrom, sources: str = "") -> Response:
    """Return the page of a night for who comes from a run of a DAG, or from nowhere."""
    pages: _Pages = request.app.state.pages
    try:
        with pages.warehouse.reading() as connection:
            night = nights.night(connection, day, sources_after=sources)
    except CopydeskError as error:
        if came_from == NOBODY:
            raise
        night = None  # it is the first run that the reader comes from, or it has lost the warehouse
        unread = "" if isinstance(error, NothingLoaded) else str(error)
    else:
        unread = ""
    if night is None:
        return pages.page(request, "not_loaded.html", status=503 if unread else 404, day=day, came_from=came_from, unread=unread)
    return pages.page(request, "run.html", night=night, came_from=came_from, tonight=night.later is None)


Route = Callable[[_Pages], Callable[..., Any]]


def _home(pages: _Pages) -> Callable[..., Any]:
    def home(request: Request) -> Response:
        day = pages.newest()
        if day is None:
            return pages.page(request, "message.html", title="No night yet", text=NOTHING_LOADED)
        return RedirectResponse(str(_links_of(request)("run", day)), 303, HEADERS)

    return home


def _nights(pages: _Pages) -> Callable[..., Any]:
    def list_nights(request: Request, before: date | None = None) -> Response:
        with pages.warehouse.reading() as connection:
            page = nights.nights(connection, before)
        return pages.page(request, "nights.html", page=page)

    return list_nights


def _run(pages: _Pages) -> Callable[..., Any]:
    def run(request: Request, day: date, sources: Short = "") -> Response:
        return night_page(request, day, NOBODY, sources)

    return run


def _night_articles(pages: _Pages) -> Callable[..., Any]:
    def night_articles(
        request: Request, day: date, site: Short = "", source: Short = "", after_site: Short = "", after: AfterIdentity = ""
    ) -> Response:
        with pages.warehouse.reading() as connection:
            page = nights.articles_of(connection, day, site, source, (after_site, after) if after else None)
        return pages.page(request, "night_articles.html", page=page, day=day, site=site, source=source)

    return night_articles


def _night_rejects(pages: _Pages) -> Callable[..., Any]:
    def night_rejects(
        request: Request,
        day: date,
        stage: Short = "",
        reason: Short = "",
        source: Short = "",
        after: AfterIdentity = "",
        after_stage: Short = "",
    ) -> Response:
        with pages.warehouse.reading() as connection:
            page = nights.rejects_of(connection, day, stage, reason, source, (after, after_stage) if after else None)
        return pages.page(request, "rejects.html", page=page, day=day, stage=stage, reason=reason, source=source)

    return night_rejects


def _article(pages: _Pages) -> Callable[..., Any]:
    def article(request: Request, identity: Identity, old: Version = None, new: Version = None) -> Response:
        with pages.warehouse.reading() as connection:
            row = articles.article_row(connection, identity)
            if row is None:
                raise HTTPException(404, f"The warehouse holds no article {identity}.")
            page = articles.article_page(connection, row)
            if len(page.versions) > 1 and old is None and new is None:
                new, old = page.versions[0].version_no, page.versions[1].version_no
            change = articles.change(connection, identity, old, new) if old is not None and new is not None else None
        return pages.page(request, "article.html", page=page, change=change)

    return article


def _raw(pages: _Pages) -> Callable[..., Any]:
    def raw(identity: Identity) -> Response:
        with pages.warehouse.reading() as connection:
            row = articles.article_row(connection, identity)
        if row is None or not row.raw_ref:
            raise HTTPException(404, f"The archive has no page of {identity}.")
        return _inert(pages, row.raw_ref, row.url or "")

    return raw


def _raw_reject(pages: _Pages) -> Callable[..., Any]:
    def raw_reject(day: date, identity: Identity, stage: Short = "") -> Response:
        with pages.warehouse.reading() as connection:
            row = nights.reject(connection, day, identity, stage)
        if row is None or not row.raw_ref:
            raise HTTPException(
                404, "The archive has no page of this address: nothing came, or it came in a form that is not kept."
            )
        return _inert(pages, row.raw_ref, row.url)

    return raw_reject


def _inert(pages: _Pages, raw_ref: str, url: str) -> Response:
    """Return an archived page, or why there is none: it is in the frame of an article, where a menu would be a second one."""
    status = 200
    try:
        content = inert_page(open_store(pages.settings.store), raw_ref, url)
    except (CopydeskError, OSError) as error:  # a reader of the warehouse need have no right to read the archive
        status = 422 if isinstance(error, Reject) else 503
        content = inert_text(f"What the archive has of this page cannot be read: {error}")
    return HTMLResponse(content, status, HEADERS | {"Content-Security-Policy": POLICY})


def _story(pages: _Pages) -> Callable[..., Any]:
    def show_story(request: Request, identity: Identity, copy: AfterIdentity = "", after: AfterIdentity = "") -> Response:
        with pages.warehouse.reading() as connection:
            head = story.story_head(connection, identity)
            if head is None:
                raise HTTPException(404, f"The warehouse holds no story {identity}.")
            page = story.story_page(connection, head, compare=copy or None, after=after)
        return pages.page(request, "story.html", page=page)

    return show_story


def _search(pages: _Pages) -> Callable[..., Any]:
    def search(request: Request, q: Asked = "", site: Short = "", after: Short = "", at: Moment = None) -> Response:
        with pages.warehouse.reading() as connection:
            if nights.newest(connection) is None:
                raise NothingLoaded(NOTHING_LOADED)
            named = finding.named(connection, q)
            if named is not None and named.article_id:
                return RedirectResponse(str(_links_of(request)("article", named.article_id)), 303, HEADERS)
            if named is not None:
                return pages.page(request, "search.html", query=q, named=named)
            if q.strip() and not finding.is_place(connection, q, after):
                raise HTTPException(422, f"This address is none of a report: after {after[:80]!r} cannot be.")
            found = finding.find(connection, q, after) if q.strip() else None
            listed = finding.newest(connection, site, (at, after) if at and after else None) if found is None else None
        return pages.page(request, "search.html", query=q, site=site, named=None, found=found, listed=listed)

    return search


def _rules(pages: _Pages) -> Callable[..., Any]:
    def list_rules(request: Request) -> Response:
        with pages.warehouse.reading() as connection:
            lines = rulebook.rules(connection)
        return pages.page(request, "rules.html", lines=lines)

    return list_rules


def _rule(pages: _Pages) -> Callable[..., Any]:
    def rule(request: Request, identity: Annotated[str, Path(max_length=100, pattern=NO_NUL)]) -> Response:
        with pages.warehouse.reading() as connection:
            page = rulebook.rule_page(connection, identity)
        if page is None:
            raise HTTPException(404, f"There is no rule {identity!r}, and nothing was dropped by one.")
        return pages.page(request, "rule.html", page=page)

    return rule


def _rule_file(pages: _Pages) -> Callable[..., Any]:
    def rule_file() -> Response:
        return Response(RULES_FILE.read_text(encoding="utf-8"), 200, HEADERS, "text/plain; charset=utf-8")

    return rule_file


def _style(pages: _Pages) -> Callable[..., Any]:
    def style_sheet() -> Response:
        return Response(style(), 200, HEADERS | {"Cache-Control": "private, max-age=3600"}, "text/css; charset=utf-8")

    return style_sheet


def _panel(pages: _Pages) -> Callable[..., Any]:
    def panel() -> Response:
        return Response(
            (FOLDER / "static" / "panel.js").read_text(encoding="utf-8"), 200, HEADERS, "text/javascript; charset=utf-8"
        )

    return panel


def _latest(pages: _Pages) -> Callable[..., Any]:
    def latest() -> Response:
        day = pages.newest()
        if day is None:
            return JSONResponse({}, 200, HEADERS)
        with pages.warehouse.reading() as connection:
            return JSONResponse(nights.figures(connection, day), 200, HEADERS)

    return latest


ROUTES: dict[str, Route] = {
    "/": _home,
    "/runs": _nights,
    "/run/{day}": _run,
    "/run/{day}/articles": _night_articles,
    "/run/{day}/rejects": _night_rejects,
    "/run/{day}/rejects/{identity}/page": _raw_reject,
    "/article/{identity}": _article,
    "/article/{identity}/page": _raw,
    "/story/{identity}": _story,
    "/search": _search,
    "/rules": _rules,
    "/rules/{identity}": _rule,
    "/rules.toml": _rule_file,
    "/report.css": _style,
    "/panel.js": _panel,
    "/latest.json": _latest,
}
