"""What stages leave for those after them, where a whole night would not show it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.config import Settings, Source
from pipeline.errors import Transient
from pipeline.records import Article, Block, Rejected, StageReport
from pipeline.runs import Run, rejects_of
from pipeline.store import Partition, PartitionWriter, read_records
from tests.fetch.conftest import Reply, Web, web

__all__ = ["web"]  # a fixture


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
    settings = Settings(
        store=str(tmp_path), warehouse_url=f"sqlite:///{tmp_path}/w.db", allow_private_hosts=True, shards=1, workers=1, attempts=1
    )
    dead = tuple(Source(id=name, feeds=(f"http://{name}.localhost:1/rss",)) for name in ("a", "b"))
    with pytest.raises(Transient, match=r"none of the 2 sources could be read \(2 unreachable\), as http://a\.localhost:1/rss"):
        stages.discover(Run(run_date="2026-11-23", settings=settings, sources=dead))

    web.add("/rss", Reply(b"<rss><channel></channel></rss>"))
    quiet = Source(id="quiet", feeds=(web.url("/rss"),))  # it answers, if with nothing: the fault is not on this side
    report = stages.discover(Run(run_date="2026-11-23", settings=settings, sources=(*dead, quiet)))
    assert report.outcomes["unreachable"] == 2
