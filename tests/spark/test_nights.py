from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from pipeline import replay, stages
from pipeline.config import Settings
from pipeline.records import Article, Rejected, Reuse, StoryMember
from pipeline.runs import WHOLE, Run, records_of
from pipeline.sources import Source
from pipeline.store import Partition, read_records
from tests.dedup.articles import article

DAYS = ("2024-03-01", "2024-03-02", "2024-03-03")


def night(folder: Path, day: str, texts: dict[str, str]) -> Run:
    """Return a run on a file of texts, made-up pages among them."""
    source = folder / day / "in.jsonl"
    source.parent.mkdir()
    rows = [{"id": name, "url": f"https://{name}.example/{day}/story", "text": text} for name, text in texts.items()]
    rows.append(
        {
            "id": "page",
            "url": f"https://site.example/{day}/page",
            "html": f"<html><body><article><h1>Headline of the day</h1><p>{article(90)}</p></article></body></html>",
        }
    )
    rows.append({"id": "bare", "url": f"https://site.example/{day}/bare", "html": "<html><body></body></html>"})
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = Settings(
        store=str(folder / "store"), warehouse_url=f"sqlite:///{folder}/warehouse.db", publish=str(folder / "published"),
        sources=str(folder / "none.toml"), shards=2, workers=1, error_budget=1.0,
    )  # fmt: skip
    return Run(run_date=day, settings=settings, sources=(Source(id="files", files=(str(source),)),))


def tables(run: Run) -> dict[str, list[Any]]:
    store, whole = run.store(), Partition("dedup", run.run_date, WHOLE)
    return {
        "articles": list(records_of(store, "extract", run.run_date, Article)),
        "rejects": list(records_of(store, "extract", run.run_date, Rejected, "rejects")),
        "members": list(read_records(store, whole, StoryMember)),
        "reuse": list(read_records(store, whole, Reuse, "reuse")),
    }


def test_two_nights_come_out_alike_in_the_stage_and_in_a_replay(spark: Any, tmp_path: Path) -> None:
    mixed = "\n\n".join([*article(1).split("\n\n")[:3], *article(2).split("\n\n")[:3], *article(9).split("\n\n")[:1]])
    first = night(tmp_path, DAYS[0], {"a": article(1), "b": article(2), "c": article(3)})
    second = night(tmp_path, DAYS[1], {"d": article(1)[:-300], "e": mixed, "f": article(4), "g": article(3)})
    stages.run_stages(first, last="load")
    stages.run_stages(second, last="dedup")
    expected = tables(second)
    assert {member.relation for member in expected["members"]} == {"unique", "canonical", "copy"}
    assert expected["reuse"]
    assert len(expected["rejects"]) == 1
    on_spark = dataclasses.replace(second, settings=dataclasses.replace(second.settings, dedup_engine="spark"))
    stages.dedup(on_spark)
    assert tables(second) == expected
    replay.replay(second.settings, DAYS[:2], engine="spark")
    assert tables(second) == expected


def test_a_night_parts_no_story_that_began_before_the_window_and_tells_who_took_from_it(spark: Any, tmp_path: Path) -> None:
    def parts(*chosen: tuple[int, int, int]) -> str:
        return "\n\n".join("\n\n".join(article(seed).split("\n\n")[first:last]) for seed, first, last in chosen)

    nights = [
        {"first": article(21), "source": article(22), "reprint": parts((22, 0, 7))},
        {"copy": parts((21, 0, 7)), "other": parts((24, 0, 4), (22, 2, 5)), "stitched": parts((27, 0, 2), (25, 2, 5), (26, 2, 5))},
        {"late": parts((24, 0, 4), (22, 2, 4)), "taken": article(25), "too": article(26)},
    ]
    runs = []
    for day, texts in zip(DAYS, nights, strict=True):
        run = night(tmp_path, day, texts)
        runs.append(dataclasses.replace(run, settings=dataclasses.replace(run.settings, window_days=1)))
        stages.run_stages(runs[-1], last="load" if day != DAYS[-1] else "dedup")
    before, expected = map(tables, runs[1:])
    names = {a.site.split(".")[0]: a.article_id for run in runs for a in records_of(run.store(), "clean", run.run_date, Article)}
    assert {r.article_id for r in before["reuse"]} == {names["other"]}
    assert {r.article_id for r in expected["reuse"]} >= {names["stitched"]}
    stages.dedup(dataclasses.replace(runs[-1], settings=dataclasses.replace(runs[-1].settings, dedup_engine="spark")))
    after = tables(runs[-1])
    assert after["members"] == expected["members"]
    assert {*after["reuse"]} == {*expected["reuse"], *before["reuse"]}
