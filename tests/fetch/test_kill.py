"""kill -9 in the middle of the fetch stage: the next run completes, every page is archived exactly once, none is lost.

Pages whose segment was in the store by then are not asked for again.
"""

from __future__ import annotations

import asyncio
import dataclasses
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType

from pipeline import nights, stages
from pipeline.config import Settings
from pipeline.fetch.segments import ArchiveWriter
from pipeline.records import Discovered, Fetch, StageReport
from pipeline.runs import Run
from pipeline.store import LocalStore, Partition, PartitionWriter, read_records
from tests.fetch.conftest import PAGE, Reply, Request, Web, read_pages

pytestmark = pytest.mark.slow

PAGES, HOSTS, KILLS = 40, 8, 20
SEGMENT_BYTES = 4000  # some ten segments, so that a kill falls between their uploads too
DAY = "2026-11-23"


@pytest.fixture
def slow_web(web: Web) -> Web:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.005)
        writer.write(Reply(PAGE + request.path.encode()).raw())

    web.add("/story", slowly)
    return web


@pytest.fixture
def runs(slow_web: Web, settings: Settings, tmp_path: Path) -> Iterator[Run]:
    """Nights, each in a store of its own, whose discovered pages wait for their fetch."""
    mine = dataclasses.replace(settings, warehouse_url=f"sqlite:///{tmp_path}/warehouse.db")
    items = [slow_web.item(f"/story?{n}", f"h{n % HOSTS}.localhost") for n in range(PAGES)]
    stores = (dataclasses.replace(mine, store=str(tmp_path / f"store-{n}")) for n in range(KILLS + 1))
    return (_discovered(Run(run_date=DAY, settings=own), items) for own in stores)


def _discovered(run: Run, items: list[Discovered]) -> Run:
    writer = PartitionWriter(run.store(), Partition("discover", run.run_date, "000"))
    writer.write("part", Discovered, items)
    writer.commit(StageReport("discover", run.run_date, "000", len(items), {"new": len(items)}))
    return run


def fetch_in_small_segments(run: Run) -> None:
    assert ArchiveWriter.__init__.__kwdefaults__ is not None
    ArchiveWriter.__init__.__kwdefaults__["segment_bytes"] = SEGMENT_BYTES
    stages.fetch(run, "000")


def archived(store: LocalStore, day: str) -> Counter[str]:
    """Count the response records of a night's segments by URL, with a reader that is not ours."""
    found: Counter[str] = Counter()
    for key in store.list(f"raw/dt={day}/"):
        if key.endswith(".warc.gz"):
            with (store.root / key).open("rb") as segment:
                records = ArchiveIterator(segment, record_types=WarcRecordType.response)
                found.update(record.headers["WARC-Target-URI"] for record in records)
    return found


def store_of(run: Run) -> LocalStore:
    store = run.store()
    assert isinstance(store, LocalStore)
    return store


def check(run: Run) -> None:
    store = store_of(run)
    nights.collect_garbage(run.settings)
    rows = list(read_records(store, Partition("fetch", run.run_date, "000"), Fetch))
    assert Counter(row.outcome for row in rows) == {"fetched": PAGES}
    for row, page in zip(rows, read_pages(store, rows), strict=True):
        assert page.body == PAGE + row.url[row.url.index("/story") :].encode()
    assert archived(store, run.run_date) == Counter({row.url: 1 for row in rows})


def test_a_fetch_that_was_killed_at_any_moment_is_made_good_by_the_next(runs: Iterator[Run], slow_web: Web) -> None:
    saved = 0
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["pipeline.stages", "pipeline.fetch.fetch", "pipeline.warehouse", "pyarrow.parquet"])
    whole = _timed(processes, next(runs))
    rng = random.Random(20)
    for run in runs:
        process = processes.Process(target=fetch_in_small_segments, args=(run,))
        process.start()
        process.join(rng.uniform(0, whole))
        process.kill()
        process.join()
        kept, begin = archived(store_of(run), DAY), len(slow_web.log)
        stages.fetch(run, "000")
        assert not kept.keys() & {f"http://{r.host}:{slow_web.port}{r.path}" for r in slow_web.log[begin:]}
        check(run)
        saved += len(kept)
    assert saved > KILLS  # of pages that need not be fetched again; some moments are before the first segment


def _timed(processes: multiprocessing.context.ForkServerContext, run: Run) -> float:
    """Return the seconds that an undisturbed fetch takes."""
    warm_up = processes.Process(target=time.sleep, args=(0,))
    warm_up.start()
    warm_up.join()
    begin = time.monotonic()
    process = processes.Process(target=fetch_in_small_segments, args=(run,))
    process.start()
    process.join()
    seconds = time.monotonic() - begin
    assert process.exitcode == 0
    check(run)
    return seconds
