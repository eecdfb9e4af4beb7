"""A whole night on the sample newsroom, over HTTP, against the generator's own answers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import newsroom
from newsroom.server import RunningNewsroom, running
from pipeline import nights, quarantine, replay
from pipeline.config import Settings
from pipeline.errors import ConfigError, Fatal
from pipeline.explain import explain
from pipeline.fetch.archive import read_page
from pipeline.fetch.discover import discover
from pipeline.filing import file_rows, raw_prefix
from pipeline.records import Fetch
from pipeline.report.summary import render
from pipeline.runs import Run, records_of
from pipeline.sources import load_sources
from pipeline.stages import run_stages
from pipeline.stages.load import check_error_budget
from pipeline.store import LocalStore, Partition
from pipeline.urls import normalise_url
from pipeline.warehouse import open_warehouse, run_report
from pipeline.warehouse.sqlfiles import sql_files
from tests.warehouse.conftest import new_database, postgres_url
from tests.warehouse.make import fetch

__all__ = ["new_database", "postgres_url"]  # fixtures

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 20)
NEXT_DAY = date(2026, 11, 21)


@dataclass(frozen=True)
class Night:
    """A finished night: how it was run, who served it and what the answers are."""

    run: Run
    server: RunningNewsroom
    gold: dict[str, newsroom.Gold]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return rows(self.run.settings, query)


def rows(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(settings.warehouse_url).reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def tables(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    warehouse = open_warehouse(settings.warehouse_url)
    names = sorted(sa.inspect(warehouse.engine).get_table_names())
    return {name: sorted(rows(settings, f'SELECT * FROM "{name}"'), key=repr) for name in names}


def settings_in(folder: Path) -> Settings:
    return Settings(
        warehouse_url=f"sqlite:///{folder}/warehouse.db",
        store=str(folder / "store"),
        publish=str(folder / "published"),
        sources=str(folder / "sources.toml"),
        allow_private_hosts=True,
        total_timeout=3.0,
        shards=2,
    )


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("night")
    settings = settings_in(folder)
    web = newsroom.build(day=DAY)
    with running(web) as server:
        Path(settings.sources).write_text(server.sources_toml())
        run = Run(run_date=str(DAY), settings=settings, sources=load_sources(Path(settings.sources)))
        run_stages(run)
        yield Night(run, server, {normalise_url(answer.url): answer for answer in web.gold(server.port)})


def test_every_article_is_in_and_nothing_else(night: Night) -> None:
    loaded = {normalise_url(str(url)) for (url,) in night.rows("SELECT url FROM articles")}
    assert loaded == {url for url, answer in night.gold.items() if answer.expected == "article"}


def test_every_page_that_is_no_article_is_rejected_for_the_right_reason(night: Night) -> None:
    reasons = {normalise_url(str(url)): reason for url, reason in night.rows("SELECT url, reason FROM open_rejects")}
    expected = {normalise_url(a.listed_url or a.url): a.expected for a in night.gold.values() if a.expected != "article"}
    assert {url: reasons.get(url) for url in expected} == expected


def test_the_clean_text_is_the_article_and_only_the_article(night: Night) -> None:
    wrong = []
    for url, text in night.rows("SELECT url, text FROM articles"):
        answer = night.gold[normalise_url(str(url))]
        if text != answer.text:
            kept, wanted = str(text).split("\n\n"), answer.text.split("\n\n")
            wrong.append((url, [line for line in kept if line not in wanted], [line for line in wanted if line not in kept]))
    articles = sum(answer.expected == "article" for answer in night.gold.values())
    assert len(wrong) <= 0.01 * articles, wrong


def test_titles_dates_and_authors_are_what_the_page_says(night: Night) -> None:
    titles = {normalise_url(str(url)): title for url, title in night.rows("SELECT url, title FROM articles")}
    wrong = {url: (title, night.gold[url].title) for url, title in titles.items() if title != night.gold[url].title}
    assert wrong == {}


def test_every_dropped_line_has_a_rule(night: Night) -> None:
    assert night.rows("SELECT count(*) FROM dropped_lines WHERE rule IS NULL OR rule = ''") == [(0,)]
    assert int(str(night.rows("SELECT count(*) FROM dropped_lines")[0][0])) > 50


def test_copies_are_grouped_as_the_wire_desk_sent_them(night: Night) -> None:
    found: dict[object, set[str]] = {}
    for story, url in night.rows("SELECT m.story_id, a.url FROM story_members m JOIN articles a ON a.article_id = m.article_id"):
        found.setdefault(story, set()).add(normalise_url(str(url)))
    expected: dict[object, set[str]] = {}
    for url, answer in night.gold.items():
        if answer.expected == "article":
            expected.setdefault(answer.story_id, set()).add(url)
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, expected.values()))


def test_a_duplicate_names_the_copy_that_was_kept_and_the_proof(night: Night) -> None:
    unproved = night.rows(
        "SELECT m.article_id FROM story_members m WHERE m.relation = 'copy' AND (m.proof IS NULL OR m.score IS NULL"
        " OR m.canonical_article_id = m.article_id)"
    )
    assert unproved == []


def test_the_stitched_page_stands_alone_and_names_its_sources(night: Night) -> None:
    stitched = {url: answer for url, answer in night.gold.items() if answer.sources}
    assert stitched
    for url, answer in stitched.items():
        members = night.rows(
            "SELECT m.article_id, m.relation, a.url FROM story_members m JOIN articles a ON a.article_id = m.article_id"
        )
        ((identity, relation),) = [(i, r) for i, r, u in members if normalise_url(str(u)) == url]
        assert relation == "unique"
        sources = {night.gold[s].story_id for s, *_ in ((normalise_url(s), a, b) for s, a, b in answer.sources)}
        named = night.rows(
            "SELECT DISTINCT a.url FROM passage_reuse p JOIN articles a ON a.article_id = p.source_article_id"
            f" WHERE p.article_id = '{identity}'"
        )
        assert {night.gold[normalise_url(str(u))].story_id for (u,) in named} == sources


@dataclass(frozen=True)
class Cookbook:
    """The cookbook's answers about the night, as one database gives them."""

    night: Night
    url: str

    def ask(self, name: str) -> list[dict[str, Any]]:
        (file,) = [file for file in sql_files("queries") if file.name == name]
        (statement,) = file.statements()
        with open_warehouse(self.url) as warehouse, warehouse.reading() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement)).mappings()]

    def gold_of(self, url: object) -> newsroom.Gold:
        return self.night.gold[normalise_url(str(url))]

    def stories(self, *, sites: int = 1) -> dict[str | None, list[newsroom.Gold]]:
        """The articles of each story that at least so many sites ran."""
        found: dict[str | None, list[newsroom.Gold]] = {}
        for answer in self.night.gold.values():
            if answer.expected == "article":
                found.setdefault(answer.story_id, []).append(answer)
        return {story: pages for story, pages in found.items() if len({page.site for page in pages}) >= sites}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cookbook(request: pytest.FixtureRequest, night: Night) -> Cookbook:
    """The night as it is loaded, on each database in turn."""
    if request.param == "sqlite":
        return Cookbook(night, night.run.settings.warehouse_url)
    settings = dataclasses.replace(night.run.settings, warehouse_url=request.getfixturevalue("new_database")())
    run_stages(dataclasses.replace(night.run, settings=settings), first="load", last="load")
    return Cookbook(night, settings.warehouse_url)


def test_the_cookbook_knows_each_story_and_how_far_it_went(cookbook: Cookbook) -> None:
    expected = {story: (len(pages) - 1, len({page.site for page in pages}), True) for story, pages in cookbook.stories().items()}
    told = [(cookbook.gold_of(row["url"]), row) for row in cookbook.ask("stories_of_last_night")]
    assert {a.story_id: (row["copies"], row["sites"], row["title"] == a.title) for a, row in told} == expected
    assert len(told) == len(expected)
    farthest = [(row["sites"], row["copies"]) for row in cookbook.ask("most_syndicated_stories")]
    assert farthest == sorted(((sites, copies) for copies, sites, _ in expected.values() if copies), reverse=True)[:20]


def test_the_cookbook_knows_who_ran_a_wire_and_how_late(cookbook: Cookbook) -> None:
    told = [(cookbook.gold_of(row["url"]), row) for row in cookbook.ask("who_ran_this_wire")]
    leads = {a.story_id: a for a, row in told if row["relation"] == "canonical"}
    late = {a.url: row["lag_hours"] for a, row in told}
    assert late == {
        page.url: hours_between(leads[story], page) for story, pages in cookbook.stories(sites=2).items() for page in pages
    }
    assert all(lead.original_url is None for lead in leads.values())


def hours_between(first: newsroom.Gold, then: newsroom.Gold) -> float | None:
    """Hours from one publication to another; None where one has a day alone."""
    moments = [str(answer.published_at) for answer in (first, then)]
    if not all("T" in moment for moment in moments):
        return None
    start, end = map(datetime.fromisoformat, moments)
    return pytest.approx((end - start).total_seconds() / 3600, abs=0.006)


def test_the_cookbook_knows_who_mostly_copies_and_from_whom(cookbook: Cookbook) -> None:
    pages = [page for story in cookbook.stories().values() for page in story]
    urls = {page.url for page in pages}
    ran, copied = Counter(page.site for page in pages), Counter(page.site for page in pages if page.original_url in urls)
    mostly = {(site, n, copied[site]) for site, n in ran.items() if n >= 5 and 2 * copied[site] >= n}
    assert {(row["site"], row["articles"], row["copies"]) for row in cookbook.ask("sites_that_mostly_copy")} == mostly
    most, *_ = cookbook.ask("passages_taken_from_a_site")
    (stitched,) = [page for page in pages if page.sources]
    assert (most["taken_from"], most["site"]) == (cookbook.gold_of(stitched.sources[0][0]).site, stitched.site)
    assert most["longest"] in stitched.text


def test_the_cookbook_knows_what_was_dropped_and_rejected(cookbook: Cookbook) -> None:
    lines = Counter(line for pages in cookbook.stories().values() for page in pages for line in page.dropped)
    samples = {row["rule"]: row for row in cookbook.ask("what_each_rule_drops")}
    for rule in ("advertisement", "newsletter"):
        assert samples[rule]["sample_times"] == lines[samples[rule]["sample"]], rule
    reasons = Counter(answer.expected for answer in cookbook.night.gold.values() if answer.expected != "article")
    rejected = {row["reason"]: row["inputs"] for row in cookbook.ask("quarantine_by_reason")}
    assert {reason: rejected.get(reason) for reason in reasons} == reasons
    funnel = {(row["stage"], row["outcome"]): row["n"] for row in cookbook.ask("funnel_of_last_night")}
    articles = sum(map(len, cookbook.stories().values()))
    assert (funnel["extract", "article"], funnel["load", "loaded"]) == (articles, articles)


def test_nothing_has_changed_or_gone_silent_after_one_night(cookbook: Cookbook) -> None:
    assert cookbook.ask("changed_after_publication") == cookbook.ask("sources_gone_silent") == []


def test_the_funnel_accounts_for_every_page(night: Night) -> None:
    counts = Counter({(stage, outcome): n for stage, outcome, n in night.rows("SELECT stage, outcome, n FROM nightly_funnel")})
    fetched = sum(n for (stage, outcome), n in counts.items() if stage == "fetch" and outcome == "fetched")
    extracted = sum(n for (stage, _), n in counts.items() if stage == "extract")
    assert fetched == extracted > 0
    assert counts["extract", "article"] == sum(n for (stage, _), n in counts.items() if stage == "clean")


def test_no_forbidden_path_was_asked_for_and_robots_came_first(night: Night) -> None:
    asked: dict[str, list[str]] = {}
    for access in night.server.accesses:
        asked.setdefault(access.host, []).append(access.path)
    assert all(paths[0] == "/robots.txt" for paths in asked.values())
    forbidding = [outlet for outlet in night.server.newsroom.outlets if outlet.forbidden]
    assert forbidding
    for outlet in forbidding:
        assert not any(path.startswith(outlet.forbidden) for path in asked[outlet.host])


def test_each_page_is_one_ranged_read(night: Night) -> None:
    store = night.run.store()
    fetched = [row for row in records_of(store, "fetch", str(DAY), Fetch) if row.outcome == "fetched"]
    assert fetched
    for row in fetched[:20]:
        assert len(read_page(store, row).body) == row.body_bytes


def test_a_second_run_changes_no_row(night: Night) -> None:
    before = tables(night.run.settings)
    run_stages(night.run)
    assert tables(night.run.settings) == before


def test_a_replay_with_the_same_rules_differs_in_nothing(night: Night) -> None:
    before = tables(night.run.settings)
    lines = list(replay.diff(night.run.settings, [str(DAY)]))
    assert [line for line in lines if not line.startswith(f"{DAY}: 0 of ")] == []
    replay.replay(night.run.settings, [str(DAY)])
    assert tables(night.run.settings) == before


def test_shards_and_workers_make_no_difference(night: Night, tmp_path: Path) -> None:
    other = dataclasses.replace(settings_in(tmp_path), shards=1, workers=1)
    run = dataclasses.replace(night.run, settings=other)
    run_stages(run)
    query = "SELECT url, title, text, copies, sites FROM clean_articles ORDER BY url"
    assert rows(other, query) == night.rows(query)


def test_the_next_night_fetches_only_what_is_new(night: Night) -> None:
    asked = len(night.server.accesses)
    tomorrow = dataclasses.replace(night.run, run_date=str(NEXT_DAY))
    before = night.rows("SELECT article_id, content_hash FROM articles ORDER BY article_id")
    run_stages(tomorrow)
    pages = {
        normalise_url(f"http://{a.host}:{night.server.port}{a.path}") for a in night.server.accesses[asked:] if a.status == 200
    }
    assert not pages & {url for url, answer in night.gold.items() if answer.expected == "article"}
    assert night.rows("SELECT article_id, content_hash FROM articles ORDER BY article_id") == before


def test_the_quarantine_lists_each_reject_and_tries_again(night: Night) -> None:
    listed = list(quarantine.listing(night.run.settings, reason="http_404"))
    assert any("http_404" in line and "http://" in line for line in listed)
    done = quarantine.retry(night.run.settings, str(DAY), reason="http_404")
    assert done is not None
    assert (done.run.run_date, done.tried, done.left) == (str(DAY), len(listed) - 1, len(listed) - 1)
    assert list(quarantine.listing(night.run.settings, reason="http_404")) == listed


def test_rejects_are_not_tried_again_as_part_of_a_night_that_lies_ahead(night: Night, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(night.server.sources_toml())
    with pytest.raises(ConfigError, match="the night of 2150-11-20 lies ahead"):
        quarantine.retry(dataclasses.replace(night.run.settings, sources=str(file)), "2150-11-20", reason="http_404")


def test_explain_shows_a_stored_article_with_its_copies(night: Night) -> None:
    ((identity,),) = night.rows("SELECT article_id FROM article_copies WHERE relation = 'copy' ORDER BY article_id LIMIT 1")
    shown = explain(str(identity), night.run.settings)
    assert "canonical" in shown
    assert "<- this one" in shown
    assert "proof: words_a " in shown  # in words, as the report has it


def test_the_summary_counts_what_was_done(night: Night) -> None:
    shown = nights.summary(night.run.settings, str(DAY))
    articles = sum(answer.expected == "article" for answer in night.gold.values())
    assert f"loaded      {articles:7}" in shown
    assert "Rejected, by reason" in shown


def test_one_copy_is_told_as_one(night: Night) -> None:
    report = run_report(open_warehouse(night.run.settings.warehouse_url), DAY)
    stories = tuple(dataclasses.replace(report.biggest_stories[0], copies=n, sites=n) for n in (2, 1))
    shown = render(dataclasses.replace(report, biggest_stories=stories), night.run.settings)
    assert "\n    2 copies at 2 sites  " in shown
    assert "\n    1 copy   at 1 site   " in shown


def test_the_summary_names_a_command_that_is_there(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = night.run.settings
    assert '\n  copydesk sql "SELECT' in nights.summary(settings, str(DAY))
    assert "`copydesk quarantine list`" in nights.summary(settings, str(DAY))
    Path(".venv", "bin").mkdir(parents=True)
    Path(".venv", "bin", "copydesk").touch()
    assert '\n  .venv/bin/copydesk sql "SELECT' in nights.summary(settings, str(DAY))
    assert "`.venv/bin/copydesk quarantine list`" in nights.summary(settings, str(DAY))


def test_garbage_collection_leaves_the_archive_of_every_night(night: Night) -> None:
    orphan = "raw/dt=2026-11-20/shard=000/seg-00009-000000000000.warc.gz"
    store = night.run.store()
    store.put(orphan, b"left behind")
    for note in ("raw/README.txt", "raw/dt=2026-11-20/note.txt", "raw/old/dt=2026-11-20/shard=000/seg-00000-0.warc.gz"):
        store.put(note, b"not ours")
    assert orphan in nights.collect_garbage(night.run.settings)
    assert nights.collect_garbage(night.run.settings) == []
    for row in records_of(store, "fetch", str(DAY), Fetch):
        if row.outcome == "fetched":
            assert len(read_page(store, row).body) == row.body_bytes


class Counting(LocalStore):
    """A store that counts how often each file is read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: Counter[str] = Counter()

    def get(self, key: str) -> bytes:
        self.reads[key] += 1
        return super().get(key)


def test_garbage_collection_reads_the_rows_of_a_shard_as_often_however_many_shards_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Counting(tmp_path)
    for shard in ("000", "001", "002", "003", "004", "005", "006", "007"):
        partition = Partition("fetch", str(DAY), shard)
        segment = f"{raw_prefix(partition)}/seg-00000-{shard}.warc.gz"
        store.put(segment, b"pages")
        with store.lock(partition.prefix):
            file_rows(store, partition, [fetch(shard, warc_filename=segment)])
    store.reads.clear()
    monkeypatch.setattr(nights, "open_store", lambda url: store)
    assert nights.collect_garbage(Settings()) == []
    assert max(store.reads.values()) <= 6, "of two tables: for all names, for what is not filed, and once more under the lock"


def test_the_newsroom_takes_another_port_when_its_own_is_taken_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with running(newsroom.build(day=DAY, stories=2)) as other:
        nights.NEWSROOM_SOURCES.parent.mkdir()
        nights.NEWSROOM_SOURCES.write_text(other.sources_toml())
        with nights._newsroom(str(DAY)) as (server, file):
            assert server.port != other.port
        assert f"port {other.port} is taken" in capsys.readouterr().err
        with nights._newsroom(str(DAY)) as (again, same):
            assert (again.port, same) == (server.port, file)


@pytest.mark.parametrize("day", [DAY, NEXT_DAY])
def test_a_newsroom_that_is_served_already_is_read_where_it_is_whatever_day_it_shows(
    day: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(nights, "NEWSROOM_PORT", 0)  # any: somebody may have a newsroom of theirs on the usual one
    with nights._newsroom(str(DAY)) as (first, _):  # of `make ui`
        read = nights.NEWSROOM_SOURCES.read_text()
        with nights._newsroom(str(day)) as (second, file):  # of `make run` beside it
            assert second.port == first.port
            found = discover(load_sources(file), Settings(allow_private_hosts=True))
        assert nights.NEWSROOM_SOURCES.read_text() == read
    assert not found.rejected
    days = Counter(item.published_at[:10] for item in found.items if item.published_at)
    assert days.most_common(1)[0][0] == str(day)
    assert "is taken" not in capsys.readouterr().err


def test_a_night_with_too_many_failures_is_not_loaded() -> None:
    from pipeline.records import StageReport

    broken = StageReport("fetch", "2026-11-20", "000", 30, {"fetched": 10, "timeout": 20})
    with pytest.raises(Fatal, match=r"20 of 30 pages failed \(20 timeout\), more than the error budget of 50%"):
        check_error_budget([broken], 0.5)
    check_error_budget([broken], 0.9)
    check_error_budget([StageReport("fetch", "2026-11-20", "000", 30, {"fetched": 10, "robots": 20})], 0.5)
