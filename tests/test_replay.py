"""Replay: an archived night comes out by today's rules; --diff says how, and touches nothing."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import replay, stages
from pipeline.cli import main
from pipeline.config import Settings
from pipeline.errors import CheckFailed, ConfigError
from pipeline.records import Article, Block, StageReport
from pipeline.runs import Run, funnel, records_of, shards_to_do
from pipeline.sources import Source
from pipeline.store import Partition, PartitionWriter, read_records
from pipeline.warehouse import ArticleKey, article_keys, open_warehouse

pytestmark = pytest.mark.slow

DAY, NEXT_DAY = "2026-11-20", "2026-11-21"
WORDS = re.findall(
    r"\w+",
    """
harbour council bridge river minister budget vote school train strike storm winter market farmer museum court judge film
city mayor plan road house price energy company worker union report study doctor hospital island coast boat fish police
""",
)
HOLIDAY = "Readers voted this the best holiday shop of the valley."


def story(seed: int) -> list[str]:
    rng = random.Random(seed)
    sentences = [f"{' '.join(rng.choices(WORDS, k=12)).capitalize()}." for _ in range(24)]
    return [" ".join(sentences[n : n + 3]) for n in range(0, 24, 3)]


def page(title: str, paragraphs: list[str]) -> str:
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    return f"<html><head><title>{title}</title></head><body><main><article><h1>{title}</h1>{body}</article></main></body></html>"


PAGES = {
    "https://one.example/bridge": page("The bridge opens", story(1)),
    "https://two.example/bridge-copy": page("The bridge opens", story(1)),
    "https://one.example/storm": page("A storm comes", story(2)),
    "https://three.example/fish": page("More fish in the bay", story(3)),
}


def settings_in(folder: Path) -> Settings:
    return Settings(
        warehouse_url=f"sqlite:///{folder}/warehouse.db",
        store=str(folder / "store"),
        publish=str(folder / "published"),
        sources=str(folder / "sources.toml"),
        shards=2,
        workers=1,
    )


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night that was loaded by older rules: they missed a line, a title, a copy and a whole article, and made up an author."""
    folder = tmp_path_factory.mktemp("night")
    lines = (json.dumps({"url": url, "html": html}) for url, html in PAGES.items())
    (folder / "pages.jsonl").write_text("\n".join(lines))
    (folder / "sources.toml").write_text(f'[[source]]\nid = "folder"\nfiles = ["{folder}/pages.jsonl"]\n')
    source = Source(id="folder", files=(f"{folder}/pages.jsonl",))
    run = Run(run_date=DAY, settings=settings_in(folder), sources=(source,))
    stages.run_stages(run, last="clean")
    for shard in shards_to_do(run, "clean"):
        rewrite(run, shard, as_it_was)
    stages.run_stages(run, first="dedup")
    return folder


def as_it_was(article: Article) -> Article | None:
    match article.url:
        case "https://one.example/bridge":
            return dataclasses.replace(article, authors=("Share this",), section="Bridges")
        case "https://one.example/storm":
            lost, extra = article.blocks[-1].drop("older-rule"), Block(len(article.blocks), "paragraph", HOLIDAY)
            return dataclasses.replace(article, title="A storm", blocks=(*article.blocks[:-1], lost, extra))
        case "https://two.example/bridge-copy":
            return dataclasses.replace(article, blocks=tuple(Block(n, "paragraph", text) for n, text in enumerate(story(9))))
        case "https://three.example/fish":
            return None
    return article


def rewrite(run: Run, shard: str, change: Callable[[Article], Article | None]) -> None:
    """Commit a shard's cleaned articles again, changed."""
    store, partition = run.store(), Partition("clean", DAY, shard)
    changed = [change(article) for article in read_records(store, partition, Article)]
    articles = [article for article in changed if article is not None]
    writer = PartitionWriter(store, partition)
    writer.write("part", Article, articles)
    writer.write("keys", ArticleKey, article_keys(articles))
    outcomes = {"kept": len(articles), "no_text": len(changed) - len(articles)}
    writer.commit(StageReport("clean", DAY, shard, len(changed), outcomes))


@pytest.fixture
def settings(loaded: Path, tmp_path: Path) -> Settings:
    """The settings of a copy of that night."""
    shutil.copytree(loaded, tmp_path, dirs_exist_ok=True, symlinks=True)
    return settings_in(tmp_path)


def table(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(settings.warehouse_url).reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def contents(folder: Path) -> dict[str, str]:
    """Return what every file below a folder holds, but for SQLite's own side files."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_diff_names_each_article_and_what_happens_to_it(settings: Settings) -> None:
    lines = list(replay.diff(settings, [DAY]))
    by_url: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("  "):
            by_url[line] = []
        else:
            by_url[list(by_url)[-1]].append(line)
    assert list(by_url) == [
        f"{DAY} https://one.example/bridge",
        f"{DAY} https://one.example/storm",
        f"{DAY} https://three.example/fish",
        f"{DAY} https://two.example/bridge-copy",
        f"{DAY}: 4 of 4 articles change",
    ]
    bridge, storm, fish, copy, _ = by_url.values()
    assert bridge == [
        "  authors ('Share this',) -> ()",
        "  section 'Bridges' -> None",
        "  story: alone -> a copy of https://two.example/bridge-copy",
    ]
    assert storm[0] == "  title 'A storm' -> 'A storm comes'"
    assert f"  - {HOLIDAY}" in storm
    assert f"  + {story(2)[-1]}" in storm
    assert not any(paragraph in line for line in storm for paragraph in story(2)[:-1])
    assert fish == ["  becomes an article"]
    assert copy[-1] == "  story: alone -> stands for its copies"
    assert {f"  + {paragraph}" for paragraph in story(1)} <= set(copy)


def test_a_diff_holds_stories_against_the_warehouse_and_not_against_what_the_night_knew(settings: Settings, tmp_path: Path) -> None:
    """What later nights had joined to a story was told as a change of the rules."""
    replay.replay(settings, [DAY])
    page = {"url": "https://four.example/storm", "html": PAGES["https://one.example/storm"]}
    (tmp_path / "later.jsonl").write_text(json.dumps(page))
    later = Source(id="later", files=(f"{tmp_path}/later.jsonl",))
    stages.run_stages(Run(run_date=NEXT_DAY, settings=settings, sources=(later,)))
    assert table(settings, "SELECT max(members) FROM stories") == [(2,)]
    assert list(replay.diff(settings, [DAY, NEXT_DAY])) == [f"{DAY}: 0 of 4 articles change", f"{NEXT_DAY}: 0 of 1 articles change"]


def test_an_old_night_decides_nothing_by_a_text_that_its_article_no_longer_has(settings: Settings, tmp_path: Path) -> None:
    replay.replay(settings, [DAY])
    page = {"url": "https://one.example/bridge", "html": PAGES["https://three.example/fish"]}
    (tmp_path / "later.jsonl").write_text(json.dumps(page))
    later = Source(id="later", files=(f"{tmp_path}/later.jsonl",))
    stages.run_stages(Run(run_date=NEXT_DAY, settings=settings, sources=(later,)))
    standing = "SELECT article_id, story_id, canonical_article_id, relation FROM story_members ORDER BY article_id"
    before = table(settings, standing)
    assert list(replay.diff(settings, [DAY])) == [f"{DAY}: 0 of 4 articles change"]
    replay.replay(settings, [DAY])
    assert table(settings, standing) == before
    assert funnel(Run(run_date=DAY, settings=settings))["dedup"] == {"unique": 2, "copy": 1, "overtaken": 1}


def test_a_diff_says_why_a_page_is_no_article_any_more(settings: Settings) -> None:
    replay.replay(settings, [DAY])
    for segment in Path(settings.store).rglob("*.warc.gz"):
        segment.unlink()
    *changes, last = replay.diff(settings, [DAY])
    assert last == f"{DAY}: 4 of 4 articles change"
    reason = r"  is no article any more \(not_archived: raw/.*\.warc\.gz is not in the store\)"
    assert all(re.fullmatch(reason, line) for line in changes[1::2])


def test_a_diff_changes_nothing(settings: Settings) -> None:
    folder = Path(settings.sources).parent
    before = contents(folder)
    list(replay.diff(settings, [DAY]))
    assert contents(folder) == before


def test_a_replay_does_what_the_diff_said_and_invents_no_fetch(settings: Settings) -> None:
    fetches = [table(settings, f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in ("fetches", "url_state")]
    archive = contents(Path(settings.store, "raw"))
    replay.replay(settings, [DAY])
    assert [table(settings, f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in ("fetches", "url_state")] == fetches
    assert contents(Path(settings.store, "raw")) == archive
    assert list(replay.diff(settings, [DAY])) == [f"{DAY}: 0 of 4 articles change"]
    run = Run(run_date=DAY, settings=settings)
    wanted = {(a.url, a.title, a.text) for a in records_of(run.store(), "clean", DAY, Article)}
    assert set(table(settings, "SELECT url, title, text FROM articles")) == wanted
    versions = "SELECT a.url, count(*) FROM article_versions v JOIN articles a ON a.article_id = v.article_id GROUP BY a.url"
    assert dict(table(settings, versions)) == {  # type: ignore[arg-type]
        "https://one.example/storm": 2,
        "https://two.example/bridge-copy": 2,
    }
    assert table(settings, "SELECT count(DISTINCT story_id), count(*) FROM story_members") == [(3, 4)]


def test_a_replay_that_was_done_is_done(settings: Settings) -> None:
    replay.replay(settings, [DAY])
    names = ("articles", "article_versions", "story_members", "dropped_blocks", "fetches", "rejects", "stage_reports")
    before = [sorted(table(settings, f"SELECT * FROM {name}"), key=repr) for name in names]
    replay.replay(settings, [DAY])
    assert [sorted(table(settings, f"SELECT * FROM {name}"), key=repr) for name in names] == before


def test_a_replay_goes_on_over_a_check_that_the_nights_after_may_mend(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken: list[str] = []  # the nights after which the warehouse is not whole

    def publish(run: Run) -> None:
        if run.run_date in broken:
            raise CheckFailed(f"references_are_whole of sql/checks failed after {run.run_date}\n  its rows")

    monkeypatch.setattr(stages, "run_stages", lambda run, first, last: None)
    monkeypatch.setattr(stages, "publish", publish)
    nights = ["2026-11-20", "2026-11-21", "2026-11-22"]
    broken[:] = nights[:2]
    replay.replay(settings, nights)
    assert [night in caplog.text for night in nights] == [True, True, False]
    assert "its rows" not in caplog.text
    replay.replay(settings, nights[1:2], last=nights[2])  # as the DAG does, a night at a time
    broken[:] = nights[2:]
    with pytest.raises(CheckFailed):
        replay.replay(settings, nights)
    with pytest.raises(CheckFailed):
        replay.replay(settings, nights[2:], last=nights[2])


def test_the_nights_are_those_of_the_archive(settings: Settings) -> None:
    assert replay.archived_dates(settings, "2026-11-01", None) == [DAY]
    with pytest.raises(ConfigError, match=f"no night between 2026-11-21 and today was archived; the archive holds {DAY} to {DAY}"):
        replay.archived_dates(settings, "2026-11-21", None)
    with pytest.raises(ConfigError, match="until 2026-11-01 lies before since 2026-11-30; name the earlier night first"):
        replay.archived_dates(settings, "2026-11-30", "2026-11-01")


def test_very_many_nights_are_no_more_tasks_than_airflow_maps() -> None:
    nights = [str(n) for n in range(2500)]
    assert replay.portions(nights[:3]) == [["0"], ["1"], ["2"]]
    assert len(replay.portions(nights)) <= 1000
    assert [night for portion in replay.portions(nights) for night in portion] == nights


def test_the_command_line_prints_the_diff(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("warehouse_url", "store", "sources", "publish"):
        monkeypatch.setenv(f"COPYDESK_{name.upper()}", getattr(settings, name))
    assert main(["replay", "--since", "2026-11-01", "--diff"]) == 0
    assert f"{DAY}: 4 of 4 articles change" in capsys.readouterr().out
    assert main(["replay", "--since", "2030-01-01"]) == 2
