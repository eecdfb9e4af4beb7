"""Titles, URLs, names and parameters that try SQL, markup and paths: a night takes them as text, or refuses them by name."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline import nights, quarantine, stages
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.explain import explain, explain_as_html
from pipeline.runs import Run
from pipeline.scheduling import parse_date, plan_of
from pipeline.sources import Source, load_sources
from pipeline.warehouse import open_warehouse
from tests.fetch.conftest import Reply, Request, Web, web

__all__ = ["web"]  # a fixture

DAY = "2026-11-23"
SQL = "'); DROP TABLE articles; --"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
ESCAPE = "\x1b]0;owned\x07\x9b2J"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    settings = Settings(
        store=str(tmp_path / "data/store"),
        warehouse_url=f"sqlite:///{tmp_path}/warehouse.db",
        publish=str(tmp_path / "data/published"),
        allow_private_hosts=True,
        delay=0.0,
        attempts=1,
        workers=1,
        shards=1,
    )
    return Run(run_date=DAY, settings=settings)


def story(name: object) -> str:
    """Return the paragraphs of a story that no other page has."""
    return "".join(f"<p>Paragraph {n} of the story {name} says what happened there, and to whom it happened.</p>" for n in range(6))


def page(path: str, title: str, **headers: str) -> Reply:
    head = f"<title>{title}</title><meta property='og:title' content=\"{title}\"><meta name='author' content=\"{title}\">"
    body = f"<html><head>{head}</head><body><article><h1>{title}</h1>{story(path)}</article></body></html>"
    return Reply(body.encode("utf-8", "surrogatepass"), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def rows(run: Run, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(run.settings.warehouse_url) as warehouse, warehouse.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


async def with_escapes(request: Request, writer: object) -> None:
    writer.write(b"HTTP/1.1 404 \x1b]0;owned\x07\r\nX: \x1b[2J\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]


def test_hostile_pages_are_text_and_nothing_else(web: Web, run: Run, tmp_path: Path) -> None:
    markup = MARKUP.replace("<", "&lt;")
    titles = {"/sql": f"Story {SQL}", "/markup": f"Story {markup} of it", "/escape": f"Story {ESCAPE} of it"}
    for path, title in titles.items():
        web.add(path, page(path, title, ETag='"\x1b[2J"'))
    web.add("/reason", with_escapes)
    web.add("/file", Reply(b"", 302, {"Location": "file:///etc/passwd"}))
    web.add(
        "/feed",
        Reply(b"<rss><channel><item><link>file:///etc/passwd</link></item><item><link>../../../sql</link></item></channel></rss>"),
    )
    odd = [f"/sql?q={SQL}".replace(" ", "%20"), "/sql?x=%00%1b", "/../../../../etc/passwd"]
    urls = [web.url(path) for path in (*titles, "/reason", "/file", *odd)]
    stages.run_stages(dataclasses.replace(run, sources=(Source(id="a", urls=tuple(urls), feeds=(web.url("/feed"),)),)))

    stored = " ".join(str(row) for row in rows(run, "SELECT title, authors, text FROM articles"))
    assert SQL in stored
    assert "onerror=alert(1)" in stored
    outcomes = dict(rows(run, "SELECT url, outcome FROM fetches"))
    assert outcomes[web.url("/file")] == "bad_redirect"
    assert not any(str(url).startswith("file:") for url in outcomes)
    assert ("file:///etc/passwd", "bad_url") in rows(run, "SELECT url, reason FROM rejects")
    said = [nights.summary(run.settings, DAY), *quarantine.listing(run.settings)]
    said += [explain(str(identity), run.settings) for (identity,) in rows(run, "SELECT article_id FROM articles")]
    assert not any(control in text for text in said for control in "\x1b\x07\x9b\0")
    for (identity,) in rows(run, "SELECT article_id FROM articles"):
        assert "<img src=x" not in explain_as_html(str(identity), run.settings)
    assert {path.name for path in tmp_path.iterdir()} <= {"data", "warehouse.db", "warehouse.db-wal", "warehouse.db-shm"}


def test_names_in_a_file_are_no_paths(run: Run, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("<p>The secret of the house.</p>")
    records = tmp_path / "in" / "records.jsonl"
    records.parent.mkdir()
    urls = (secret.as_uri(), "../../secret.html", SQL, "javascript:alert(1)", "\0", None)
    records.write_text(
        "".join(json.dumps({"id": n, "url": url, "html": f"<h1>T{n}</h1>{story(n)}"}) + "\n" for n, url in enumerate(urls))
    )
    stages.run_stages(dataclasses.replace(run, sources=(Source(id="a", files=(str(records.parent),)),)))
    assert rows(run, "SELECT COUNT(*) FROM articles WHERE text LIKE '%secret of the house%'") == [(0,)]
    assert rows(run, "SELECT COUNT(*) FROM articles WHERE url IS NOT NULL AND url NOT LIKE 'file:%records.jsonl#%'") == [(0,)]
    assert not list(tmp_path.rglob("*DROP*"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves temporary files to the collector
def test_names_in_an_archive_are_no_paths(run: Run, tmp_path: Path) -> None:
    path = tmp_path / f"{SQL.replace('/', '')}.warc.gz"
    with path.open("wb") as handle:
        writer = WARCWriter(handle, gzip=True)
        writer.write_record(writer.create_warcinfo_record("../../../../tmp/owned", {"filename": "/etc/passwd"}))
        for url in ("http://a.example/../../../etc/passwd", f"http://a.example/{SQL}", "file:///etc/passwd", "http://../x"):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            body = f"<h1>Story</h1>{story(len(url))}".encode()
            writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=head))
    nights.import_warcs(run.settings, DAY, [str(path)])
    names = [str(name) for (name,) in rows(run, "SELECT warc_filename FROM fetches")]
    assert len(names) >= 2
    assert all(name.startswith(f"raw/dt={DAY}/shard=import/seg-") and ".." not in name for name in names)
    assert not any(str(url).startswith("file:") for (url,) in rows(run, "SELECT url FROM fetches"))


@pytest.mark.parametrize("text", ["../../etc", f"2026-11-20{SQL}", "2026-11-20/../x", "2026-11-20\n", "٢٠٢٦-١١-٢٠", "9999-99-99"])
def test_a_run_date_is_a_date(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_date(text, "run_date")


@pytest.mark.parametrize("params", [{"sources": [SQL]}, {"sources": ["../a"]}, {"stages": ["load; rm -rf /"]}])
def test_the_form_takes_what_there_is_and_nothing_else(
    params: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nid = "a"\nfiles = ["."]\n')
    monkeypatch.setenv("COPYDESK_SOURCES", str(tmp_path / "sources.toml"))
    with pytest.raises(ConfigError):
        plan_of(params, DAY)


@pytest.mark.parametrize("identity", ["../a", SQL, "a/b", "", ".hidden", "a b", "ä", "a" * 65, "a\n"])
def test_an_id_of_a_source_is_a_plain_name(identity: str, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(f"[[source]]\nid = {json.dumps(identity)}\nfiles = ['.']\n")
    with pytest.raises(ConfigError, match="id must be"):
        load_sources(path)
