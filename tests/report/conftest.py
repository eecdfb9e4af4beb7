"""A warehouse with two nights, an archive behind one of its pages, and the application over both."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from pipeline.config import Settings
from pipeline.fetch.segments import ArchiveWriter
from pipeline.records import Block, Rejected, Reuse, SiteLine
from pipeline.report.app import create_app
from pipeline.store import open_store
from pipeline.warehouse import Warehouse, load, publish
from tests.warehouse.conftest import (  # noqa: F401 - pytest finds them by their names
    new_database,
    postgres_url,
    shared_database,
    sqlite_template,
    url,
    warehouse,
)
from tests.warehouse.make import article, fetch, full_night, night, story

EVIL = "<script>alert(1)</script>"
LONG = "x" * 100_000
RIGHT_TO_LEFT = "\u202eسلام دنیا\u202c"
EVIL_PAGE = f"""<html><head><title>{EVIL}</title><base href="//evil.example/"><meta http-equiv="refresh" content="0;url=//evil">
<link rel="stylesheet" href="//evil.example/s.css">
<style>@import "//evil.example/i.css"; p {{ background: url(//evil.example/b) }}</style></head>
<body onload="alert(2)"><p onclick="alert(3)" style="background:url(javascript:alert(4))">Kept words</p>{EVIL}
<a href="javascript:alert(5)">link</a><img src="//evil.example/x.png" onerror="alert(6)"><iframe src="//evil.example"></iframe>
<form action="//evil.example"><input name="q"><button formaction="javascript:alert(7)">go</button></form>
<object data="//evil.example"></object><svg><script>alert(8)</script></svg><video src="//evil.example/v"></video></body></html>"""


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:  # noqa: F811
    return replace(Settings(), warehouse_url=url, store=str(tmp_path / "store"), publish=str(tmp_path / "published"))


@pytest.fixture
def filled(warehouse: Warehouse, settings: Settings) -> Warehouse:  # noqa: F811
    """Two nights; in the second, a hostile article, one stitched from others, a failed page and new site lines."""
    with ArchiveWriter(open_store(settings.store), "raw/test") as archive:
        place = archive.add_resource("https://evil.example/a", EVIL_PAGE.encode(), "text/html", datetime(2026, 3, 2, tzinfo=UTC))
        archive.finish()
    raw_ref = f"{place.segment.key}#{place.offset}+{place.length}"
    load(warehouse, full_night(0))
    evil = article(
        "a", day=1, site="evil.example", title=f"{EVIL} {RIGHT_TO_LEFT} 🗞\0", authors=(EVIL, LONG), section=EVIL,
        url="javascript:alert(9)", canonical_url="https://evil.example/a", source_link="javascript:alert(10)", wire_credit=EVIL,
        language='"><script>', raw_ref=raw_ref,
        blocks=(Block(0, "paragraph", EVIL), Block(1, "paragraph", f"{EVIL}{LONG}", "share"), Block(2, "paragraph", LONG)),
    )  # fmt: skip
    stitched = article("stitched", "One of us said it.\n\nTwo of them did not.", day=1, raw_ref=None)
    lead = article("lead", "The dam broke at noon.\n\nNobody was hurt.", day=1)
    copy = article(
        "copy", "The dam broke at noon.\n\nNo one was hurt.", day=1, site="echo.example", published_at="2026-03-02T09:00:00+00:00"
    )
    load(
        warehouse,
        night(
            1, [evil, stitched, lead, copy], [*story(evil), *story(stitched), *story(lead, copy)],
            fetches=[fetch(a, day=1) for a in (stitched, lead, copy)] + [fetch("https://down.example/x", "http_500", 1)],
            reuse=[Reuse(stitched.article_id, lead.article_id, 0, 10, 3), Reuse(stitched.article_id, copy.article_id, 20, 30, 3)],
            rejected=[Rejected("https://evil.example/p", "herald", "evil.example", "extract", "paywall", EVIL, False, raw_ref)],
            site_lines=[SiteLine("evil.example", "h1", EVIL, 4.0, "2026-03-02", "2026-03-02")],
        ),
    )  # fmt: skip
    load(warehouse, night(2, [article("lead", "The dam broke at one.\n\nNobody was hurt.", day=2)]))
    publish(warehouse, settings.publish, "2026-03-02")
    return warehouse


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application on a free port of loopback; yields a client that follows no redirect."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def client(filled: Warehouse, settings: Settings) -> Iterator[httpx.Client]:
    with served(create_app(settings)) as opened:
        yield opened
