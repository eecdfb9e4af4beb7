"""What stages leave for those after them, where a whole night would not show it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from pipeline import quarantine, stages
from pipeline.config import Settings
from pipeline.errors import BudgetSpent, Transient
from pipeline.records import Article, Block, Discovered, Fetch, Rejected, StageReport
from pipeline.runs import WHOLE, Run, records_of, rejects_of
from pipeline.sources import Source
from pipeline.stages.load import check_error_budget
from pipeline.store import Partition, PartitionWriter, open_store, read_manifest, read_records, shards_of
from pipeline.urls import article_id
from tests.fetch.conftest import Reply, Web, web

__all__ = ["web"]  # a fixture


def settings_in(folder: Path) -> Settings:
    """Return settings of a night in a folder, which is impatient with hosts that are not there."""
    url = f"sqlite:///{folder}/w.db"
    return Settings(
        store=str(folder), warehouse_url=url, allow_private_hosts=True, shards=1, workers=1, attempts=1, total_timeout=2.0
    )


def test_a_page_that_cleaning_leaves_nothing_of_is_quarantined_under_the_url_that_was_asked_for(web: Web, tmp_path: Path) -> None:
    paragraphs = "".join(f"<p>Paragraph {n} of the story says what happened there, and to whom it happened.</p>" for n in range(6))
    web.add("/old", Reply(b"", 302, {"Location": "/new"}))
    web.add("/new", Reply(f"<html><body><article><h1>A title</h1>{paragraphs}</article></body></html>".encode()))
    source = Source(id="a", urls=(web.url("/old"),))
    settings = Settings(
        store=str(tmp_path), warehouse_url=f"sqlite:///{tmp_path}/w.db", allow_private_hosts=True, shards=1, workers=1
    )
    run = Run(run_date="2026-11-23", settings=settings, sources=(source,))
    stages.run_stages(run, last="extract")

    store, partition = run.store(), Partition("extract", run.run_date, "000")
    (article,) = read_records(store, partition, Article)
    assert article.url == web.url("/new")
    writer = PartitionWriter(store, partition)
    writer.write("part", Article, [dataclasses.replace(article, blocks=(Block(0, "paragraph", "Advertisement"),))])
    writer.commit(StageReport("extract", run.run_date, "000", 1, {"article": 1}))

    assert stages.clean(run, "000").outcomes == {"no_text": 1}
    (rejected,) = rejects_of(store, run.run_date)
    assert rejected == Rejected(
        web.url("/old"),
        "a",
        article.site,
        "clean",
        "no_text",
        "no line of the page was left after cleaning",
        raw_ref=article.raw_ref,
    )


def test_a_night_that_reaches_nobody_is_tried_again_and_no_empty_success(web: Web, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    dead = tuple(Source(id=name, feeds=(f"http://{name}.localhost:1/rss",)) for name in ("a", "b"))
    with pytest.raises(Transient, match=r"none of the 2 sources could be read \(2 unreachable\), as http://a\.localhost:1/rss"):
        stages.discover(Run(run_date="2026-11-23", settings=settings, sources=dead))

    web.add("/rss", Reply(b"<rss><channel></channel></rss>"))
    quiet = Source(id="quiet", feeds=(web.url("/rss"),))  # it answers, if with nothing: the fault is not on this side
    report = stages.discover(Run(run_date="2026-11-23", settings=settings, sources=(*dead, quiet)))
    assert report.outcomes["unreachable"] == 2


def test_a_night_of_pages_alone_that_reaches_nobody_is_no_empty_success(web: Web, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    pages = Source(id="pages", urls=("http://a.localhost:1/page", "http://b.localhost:1/page"))
    dead = Source(id="dead", feeds=("http://c.localhost:1/rss",))
    run = Run(run_date="2026-11-23", settings=settings, sources=(pages, dead))
    with pytest.raises(BudgetSpent, match=r"none of the 2 pages could be reached \(2 unreachable\): nothing was loaded"):
        stages.run_stages(run, last="load")

    web.add("/rss", Reply(b"<rss><channel></channel></rss>"))
    quiet = Source(id="quiet", feeds=(web.url("/rss"),))  # somebody answers: the fault is not on this side
    stages.run_stages(dataclasses.replace(run, sources=(*run.sources, quiet)), last="load")


def test_a_night_that_others_followed_is_run_again_though_what_failed_then_fails_still(web: Web, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    sources = (Source(id="pages", urls=(web.url("/page"),)), Source(id="dead", feeds=("http://a.localhost:1/rss",)))
    first = Run(run_date="2026-11-23", settings=settings, sources=sources)
    for day in ("2026-11-23", "2026-11-24", "2026-11-23"):
        assert stages.discover(dataclasses.replace(first, run_date=day)).outcomes["unreachable"] == 1


def test_what_a_night_has_still_to_fetch_outlives_the_feed_that_listed_it(web: Web, tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path / "s"), warehouse_url=f"sqlite:///{tmp_path}/w.db", allow_private_hosts=True, shards=1)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "gone.txt").write_text("a text")
    source = Source(id="s", feeds=(web.url("/rss"),), files=(str(tmp_path / "in"),))
    run = Run(run_date="2026-11-23", settings=settings, sources=(source,))

    def discovered(run: Run, *listed: str) -> list[str]:
        items = "".join(f"<item><link>{path}</link></item>" for path in listed)
        web.add("/rss", Reply(f"<rss><channel>{items}</channel></rss>".encode()))
        stages.discover(run)
        found = read_records(run.store(), Partition("discover", run.run_date, "000"), Discovered)
        return sorted(item.url.rpartition("/")[2] for item in found)

    assert discovered(run, "/1", "/2") == ["1", "2", "gone.txt"]
    (tmp_path / "in" / "gone.txt").unlink()
    assert discovered(run, "/3") == ["1", "2", "3"]
    assert discovered(dataclasses.replace(run, sources=(dataclasses.replace(source, exclude=("/1$",)),)), "/4") == ["2", "3", "4"]


def test_a_run_of_one_source_leaves_what_the_night_holds_of_the_others(web: Web, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    broken = Source(id="broken", feeds=(web.url("/broken"),))
    whole = Source(id="whole", urls=(web.url("/page"),))
    run = Run(run_date="2026-11-23", settings=settings, sources=(broken, whole))
    web.add("/broken", Reply(b"", 500))
    stages.discover(run)
    mended = Source(id="mended", urls=(web.url("/mended"),))
    assert stages.discover(dataclasses.replace(run, sources=(mended,))).outcomes == {"new": 1}

    store = run.store()
    assert [(reject.source_id, reject.reason) for reject in rejects_of(store, run.run_date)] == [("broken", "http_500")]
    found = read_records(store, Partition("discover", run.run_date, "000"), Discovered)
    assert sorted(item.source_id for item in found) == ["mended", "whole"]
    manifest = read_manifest(store, Partition("discover", run.run_date, WHOLE))
    assert manifest is not None
    assert manifest.report.outcomes == {"http_500": 1, "new": 2}
    assert manifest.extra["news"] == {"broken": 0, "whole": 1, "mended": 1}

    web.add("/broken", Reply(b"<rss><channel><item><link>/b</link></item></channel></rss>"))
    stages.discover(dataclasses.replace(run, sources=(broken,)))
    assert list(rejects_of(store, run.run_date)) == [], "its own are told anew"


def test_a_night_that_others_followed_is_not_given_todays_news(web: Web, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    feed = "<rss version='2.0'><channel><title>N</title><item><link>{}</link></item></channel></rss>"
    daily, gone = Source(id="daily", feeds=(web.url("/rss"),)), Source(id="gone", feeds=(web.url("/gone"),))
    web.add("/gone", Reply(b"", 500))
    first = Run(run_date="2026-11-23", settings=settings, sources=(daily, gone))
    for day in ("2026-11-23", "2026-11-24"):
        web.add("/rss", Reply(feed.format(web.url(f"/{day}")).encode()))
        stages.discover(dataclasses.replace(first, run_date=day))

    web.add("/gone", Reply(feed.format(web.url("/mended")).encode()))
    added = Source(id="added", urls=(web.url("/added"),))
    assert stages.discover(dataclasses.replace(first, sources=(daily, gone, added))).outcomes == {"new": 2}
    found = read_records(first.store(), Partition("discover", first.run_date, "000"), Discovered)
    assert [item.url for item in found] == [web.url("/2026-11-23"), web.url("/added"), web.url("/mended")]
    manifest = read_manifest(first.store(), Partition("discover", first.run_date, WHOLE))
    assert manifest is not None
    assert manifest.extra["news"] == {"daily": 1, "gone": 1, "added": 1}


def test_todays_news_is_not_filed_under_an_old_night_without_a_word(
    web: Web, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_in(tmp_path)
    web.add("/rss", Reply(b"<rss version='2.0'><channel><title>N</title><item><link>/a</link></item></channel></rss>"))
    sources = (Source(id="daily", feeds=(web.url("/rss"),)), Source(id="pages", urls=(web.url("/b"),)))
    stages.discover(Run(run_date="2026-11-23", settings=settings, sources=sources))
    assert "filed under its date" not in caplog.text
    assert stages.discover(Run(run_date="2026-11-20", settings=settings, sources=sources)).outcomes["new"] == 2
    assert "the night of 2026-11-20 comes after others that followed it, and 1 of its sources were not read then" in caplog.text


def test_what_failed_is_tried_again_though_the_feed_has_moved_on(web: Web, tmp_path: Path) -> None:
    settings = Settings(
        store=str(tmp_path / "store"),
        warehouse_url=f"sqlite:///{tmp_path}/w.db",
        publish=str(tmp_path / "published"),
        allow_private_hosts=True,
        shards=1,
        workers=1,
        attempts=1,
        delay=0.0,
    )
    source = Source(id="a", feeds=(web.url("/rss"),), exclude=("/sport/",))
    text = "".join(f"<p>Paragraph {n} of the story says what happened there, and to whom it happened.</p>" for n in range(6))
    page = Reply(f"<html><body><article><h1>A title</h1>{text}</article></body></html>".encode())
    night_of = {path: Reply(b"", status) for path, status in (("/busy", 503), ("/gone", 404), ("/closed", 403), ("/down", 500))}

    def night(day: int, *paths: str) -> list[str]:
        links = "".join(f"<item><link>{path}</link></item>" for path in paths)
        web.add("/rss", Reply(f"<rss><channel>{links}</channel></rss>".encode()))
        web.log.clear()
        stages.run_stages(Run(run_date=f"2026-11-{day}", settings=settings, sources=(source,)))
        return sorted(path for path in web.paths() if path not in ("/robots.txt", "/rss"))

    for path, reply in night_of.items():
        web.add(path, reply)
    web.add("/good", page)
    assert night(20, *night_of, "/good") == ["/busy", "/closed", "/down", "/gone", "/good"]
    web.add("/busy", page)
    for _ in range(2):  # the same again when the night is run again, but for what it got
        assert "/down" in night(21)
    assert [row.outcome for row in records_of(open_store(settings.store), "fetch", "2026-11-21", Fetch)] == ["fetched", "http_500"]
    assert night(22) == []
    assert night(23) == ["/down"]
    assert night(24) == night(27) == [], "in the end it is for the quarantine"


def test_a_source_with_more_pages_than_a_night_has_time_for_is_read_night_by_night(web: Web, tmp_path: Path) -> None:
    settings = Settings(
        store=str(tmp_path / "store"),
        warehouse_url=f"sqlite:///{tmp_path}/w.db",
        publish=str(tmp_path / "published"),
        allow_private_hosts=True,
        shards=1,
        workers=1,
        delay=0.2,
        fetch_deadline=2.0,  # a busy machine takes more than a second for the first page
    )
    archive = [f"/archive/{n:02}" for n in range(40)]
    web.add("/map.xml", Reply(f"<urlset>{''.join(f'<url><loc>{web.url(path)}</loc></url>' for path in archive)}</urlset>".encode()))
    source = Source(id="a", feeds=(web.url("/rss"),), sitemaps=(web.url("/map.xml"),))
    text = "".join(f"<p>Paragraph {n} of the story says what happened there, and to whom it happened.</p>" for n in range(6))
    for path in (*archive, "/today/20", "/today/21", "/today/22"):
        web.add(path, Reply(f"<html><body><article><h1>A title of {path}</h1>{text}</article></body></html>".encode()))
    asked: list[str] = []
    for day in (20, 21, 22):
        web.add("/rss", Reply(f"<rss><channel><item><link>/today/{day}</link></item></channel></rss>".encode()))
        web.log.clear()
        stages.run_stages(Run(run_date=f"2026-11-{day}", settings=settings, sources=(source,)))
        pages = [path for path in web.paths() if path.startswith(("/archive/", "/today/"))]
        assert pages[0] == f"/today/{day}", "what is news comes first"
        assert len(pages) > 1, "each night goes on where the one before it ended"
        asked += [path for path in pages if path in archive]
    assert asked == archive[: len(asked)]


def test_what_was_not_asked_for_is_no_failure() -> None:
    tried = {"fetched": 12, "http_500": 18, "deadline": 500}
    with pytest.raises(BudgetSpent, match=r"18 of 30 pages failed \(18 http_500\)"):
        check_error_budget([StageReport("fetch", "2026-11-20", "000", 530, tried)], 0.5)
    check_error_budget([StageReport("fetch", "2026-11-20", "000", 530, tried)], 0.6)


def test_a_page_that_is_tried_again_is_in_the_language_of_its_source(web: Web, tmp_path: Path) -> None:
    settings = Settings(
        store=str(tmp_path / "store"), warehouse_url=f"sqlite:///{tmp_path}/w.db", allow_private_hosts=True, shards=1, delay=0.0
    )
    (tmp_path / "a.html").write_text("<p>Ein Text.</p>")
    source = Source(id="a", urls=(web.url("/page"),), language="de")
    run = Run(run_date="2026-11-23", settings=settings, sources=(source,))
    urls = (web.url("/page"), (tmp_path / "a.html").as_uri())
    web.add("/page", Reply(b"<p>Ein Text.</p>"))
    stages.fetch_again(run, [(run.day, Rejected(url, "a", "a", "fetch", "http_503", retryable=True)) for url in urls])
    rows = records_of(open_store(settings.store), "fetch", run.run_date, Fetch)
    assert {(row.via, row.outcome, row.language) for row in rows} == {("list", "fetched", "de"), ("file", "fetched", "de")}


def test_a_page_that_is_tried_again_keeps_the_date_of_its_source(web: Web, tmp_path: Path) -> None:
    story = "".join(f"<p>Paragraph {n} of the story says what happened there, and to whom it happened.</p>" for n in range(6))
    page = Reply(f"<html><body><article><h1>A title</h1>{story}</article></body></html>".encode())
    paths = ("/by-itself", "/by-hand")
    items = "".join(f"<item><link>{path}</link><pubDate>Fri, 20 Nov 2026 09:30:00 GMT</pubDate></item>" for path in paths)
    web.add("/rss", Reply(f"<rss version='2.0'><channel>{items}</channel></rss>".encode()))
    for path, status in zip(paths, (503, 404), strict=True):
        web.add(path, Reply(b"", status))
    settings = dataclasses.replace(settings_in(tmp_path), publish=str(tmp_path / "published"), error_budget=1.0)
    (tmp_path / "sources.toml").write_text(f'[[source]]\nid = "a"\nfeeds = ["{web.url("/rss")}"]\n')
    settings = dataclasses.replace(settings, sources=str(tmp_path / "sources.toml"))
    source = Source(id="a", feeds=(web.url("/rss"),))
    stages.run_stages(Run(run_date="2026-11-20", settings=settings, sources=(source,)))

    web.add("/rss", Reply(b"<rss version='2.0'><channel></channel></rss>"))
    for path in paths:
        web.add(path, page)
    stages.run_stages(Run(run_date="2026-11-21", settings=settings, sources=(source,)))
    quarantine.retry(settings, "2026-11-22")
    for path, day in zip(paths, ("2026-11-21", "2026-11-22"), strict=True):
        (article,) = records_of(open_store(settings.store), "clean", day, Article)
        assert (article.url, article.published_at, article.published_basis) == (
            web.url(path),
            "2026-11-20T09:30:00+00:00",
            "source",
        )


def _told_of(name: str, canonical: str) -> Reply:
    """Return a page with a story of its own that names a canonical address."""
    story = "".join(f"<p>Paragraph {n} of {name} says what happened there, and to whom it happened.</p>" for n in range(6))
    head = f"<link rel='canonical' href='{canonical}'>"
    page = f"<html><head>{head}</head><body><article><h1>The story of {name}</h1>{story}</article></body></html>"
    return Reply(page.encode(), headers={"Content-Type": "text/html"})


def test_a_canonical_address_that_other_stories_name_too_costs_none_of_them(web: Web, tmp_path: Path) -> None:
    named = {f"/{name}": "/theme" for name in ("one", "two", "three")} | {"/four": "/four", "/five": "/four"}
    named |= {"/six": "/six", "/m/six": "/six"}
    for path, canonical in named.items():
        web.add(path, _told_of(path.removeprefix("/m/").removeprefix("/"), canonical))
    items = "".join(f"<item><link>{path}</link></item>" for path in named)
    web.add("/rss", Reply(f"<rss version='2.0'><channel>{items}</channel></rss>".encode()))
    run = Run(run_date="2026-11-23", settings=settings_in(tmp_path), sources=(Source(id="a", feeds=(web.url("/rss"),)),))
    stages.run_stages(run, last="extract")

    found = {article.title: article for article in records_of(run.store(), "extract", run.run_date, Article)}
    assert sorted(found) == [f"The story of {name}" for name in ("five", "four", "one", "six", "three", "two")]
    by_name = {str(title).rpartition(" ")[2]: article for title, article in found.items()}
    for name in ("one", "two", "three", "four", "five"):
        assert (by_name[name].canonical_url, by_name[name].article_id) == (None, article_id(web.url(f"/{name}")))
    assert by_name["six"].canonical_url == web.url("/six")
    (shard,) = shards_of(run.store(), "extract", run.run_date)
    manifest = read_manifest(run.store(), Partition("extract", run.run_date, shard))
    assert manifest is not None
    assert manifest.report.outcomes == {"article": 6, "same_article": 1}


def test_an_article_has_the_date_of_its_source_where_its_page_tells_none(web: Web, tmp_path: Path) -> None:
    story = "".join(f"<p>Paragraph {n} of the story says what happened there, and to whom it happened.</p>" for n in range(6))
    for path, head in (("/told", '<meta property="article:published_time" content="2026-11-18T08:00:00Z">'), ("/plain", "")):
        page = f"<html><head>{head}</head><body><article><h1>The title of {path}</h1>{story}</article></body></html>"
        web.add(path, Reply(page.encode(), headers={"Content-Type": "text/html"}))
    dates = {"/told": "Fri, 20 Nov 2026 09:30:00 GMT", "/plain": "Fr, 20 Nov 2026 09:30:00 GMT"}
    items = "".join(f"<item><link>{path}</link><pubDate>{date}</pubDate></item>" for path, date in dates.items())
    web.add("/rss", Reply(f"<rss version='2.0'><channel>{items}</channel></rss>".encode()))
    texts = [f"{n} things happened in the town on that day.\n\nNobody was surprised by any of them, they said." for n in range(3)]
    said = ["2026-11-19T10:00:00+01:00", "19.11.2026", "2126-11-19"]  # the last is not yet
    lines = [json.dumps({"id": n, "text": text, "published_at": said[n]}) for n, text in enumerate(texts)]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines))
    sources = Source(id="a", feeds=(web.url("/rss"),)), Source(id="b", files=(str(tmp_path / "texts.jsonl"),))
    run = Run(run_date="2026-11-23", settings=settings_in(tmp_path), sources=sources)
    stages.run_stages(run, last="clean")

    told = {
        a.url or a.text[0]: (a.published_at, a.published_basis) for a in records_of(run.store(), "clean", run.run_date, Article)
    }
    assert told == {
        web.url("/told"): ("2026-11-18T08:00:00+00:00", "meta"),
        web.url("/plain"): ("2026-11-20T09:30:00+00:00", "source"),
        "0": ("2026-11-19T10:00:00+01:00", "source"),
        "1": ("2026-11-19", "source"),
        "2": (None, None),
    }
