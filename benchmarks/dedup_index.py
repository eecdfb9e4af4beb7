"""A night of new articles against the index of many nights in the warehouse: what it costs, and how that grows with the history.

    python -m benchmarks.dedup_index [--history 1000000 10000000] [--tonight 50000] [--postgres URL]

Each history is divided into nights of as many articles as tonight brings. Of a night of the window one article in 145 is real: its
text stands in the warehouse, and tonight brings edited copies of them (5 % of the words replaced), a fifth of tonight in all,
so that they are read, verified and joined to stories of two that earlier nights found. All the others are sketches of as many
synthetic texts, the hashes moved so that each night has its own: they are passed over like real ones, and resemble nothing. Of
the nights beyond the window only what is read of them is stored. The history is made by another process; CPU seconds are of the
one that decides and of the PostgreSQL server, and its peak is given beside what it held when tonight's articles had been read.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from benchmarks.dedup_speed import VOCABULARY, WORDS, _write, vocabulary
from benchmarks.load import emptied, server_cpu
from pipeline.dedup import DedupParams, Document
from pipeline.dedup.nights import NightResult, decide_night
from pipeline.dedup.parts import Segment, pack, version_of
from pipeline.dedup.sketch import CHUNK, Sketches, sketch_all
from pipeline.records import Article, Block, IndexPart
from pipeline.warehouse import Night, Warehouse, load, night_index, open_warehouse, upgrade
from pipeline.warehouse.tables import dedup_index

TONIGHT = date(2030, 1, 1)
WINDOW = 30
SEED = 7
PARAMS = DedupParams()
VERSION = version_of(PARAMS)
_FIRST = 1000  # number of the first part that is made up


def words_of(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return the words of synthetic texts (count x WORDS)."""
    share = np.cumsum(1 / (np.arange(VOCABULARY) + 2.7))
    return np.searchsorted(share / share[-1], rng.random((count, WORDS), np.float32)).astype(np.int32).clip(0, VOCABULARY - 1)


def edited(rng: np.random.Generator, words: np.ndarray) -> np.ndarray:
    """Return texts with 5 % of their words replaced."""
    return np.where(rng.random(words.shape, np.float32) < 0.05, words_of(rng, len(words)), words)


def articles(words: np.ndarray, day: date, name: str) -> list[Article]:
    """Return articles with these words, each on a site of its own kind."""
    data, ends = _write(words, *vocabulary())
    texts = [data[low:high].tobytes().decode().strip() for low, high in pairwise(ends)]
    return [article(f"{name}{number:05d}", text, day, number) for number, text in enumerate(texts)]


def article(name: str, text: str, day: date, number: int) -> Article:
    """Return one article."""
    site = f"site{number % 97}.example"
    return Article(
        f"{name:0>32}", "s", site, f"https://{site}/{name}", None, None, (), f"{day}T{number % 24:02d}:{number % 60:02d}:00+00:00",
        "meta", None, "en", "article", None, None, None, False, None, None, (Block(0, "paragraph", text),), "bench", None,
        datetime.fromisoformat(f"{day}T02:00:00+00:00"),
    )  # fmt: skip


def decide(warehouse: Warehouse, day: date, given: Iterable[Article]) -> NightResult:
    """Decide on a night as the stage does."""
    documents = [Document(a.article_id, a.url, a.site, a.title, a.text, a.published_at) for a in given]
    with night_index(warehouse, day, WINDOW) as index:
        return decide_night(documents, index, PARAMS)


def made_up(chunks: Sequence[Sketches], day: date, *, far: bool) -> Iterator[IndexPart]:
    """Yield what is read of a night of texts that nobody else has: the hashes of `chunks` turned into others."""
    rng = np.random.default_rng(day.toordinal())
    for number, chunk in enumerate(chunks):
        keys, stories = rng.integers(1 << 63, size=(2, chunk.count), dtype=np.uint64)
        ids = [f"{key:032x}" for key in keys.tolist()]
        bands = chunk.bands ^ rng.integers(1 << 32, size=(len(chunk.bands), 1), dtype=np.uint32)
        if far:
            data = pack(ids=ids, keys=keys, bands=bands[: PARAMS.far])
        else:
            shingles = chunk.shingles ^ (rng.integers(1 << 24, dtype=np.uint32) << np.uint32(8))
            data = Segment(ids, keys, stories, Sketches(bands, shingles, chunk.blocks)).pack()
        yield IndexPart("far" if far else "sketches", _FIRST + number, VERSION, chunk.count, data)


def fill(warehouse: Warehouse, history: int, size: int) -> np.ndarray:
    """Fill the warehouse with a history; return the words of the real originals in the window."""
    rng = np.random.default_rng(SEED)
    data, ends = _write(words_of(rng, min(size, 50_000)), *vocabulary())
    chunks = sketch_all(((data, ends[start : start + CHUNK + 1]) for start in range(0, len(ends) - 1, CHUNK)), PARAMS)
    nights = max(1, history // size)
    real = size // 5 // min(nights, WINDOW)
    originals: list[np.ndarray] = []
    for back in range(nights, 0, -1):
        day = TONIGHT - timedelta(days=back)
        if back > WINDOW:
            add_parts(warehouse, day, made_up(chunks, day, far=True))
            continue
        own = words_of(rng, real)
        copies = edited(rng, originals[-1][: real // 2]) if originals else own[:0]
        given = [*articles(own, day, f"{back:03d}a"), *articles(copies, day, f"{back:03d}b")]
        result = decide(warehouse, day, given)
        load(warehouse, Night(run_id=f"n{day}", run_date=str(day), code_version="", config_hash="", articles=given,
                              members=result.members, reuse=result.reuse, index=result.parts))  # fmt: skip
        add_parts(warehouse, day, made_up(chunks, day, far=False))
        originals.append(own)
    return np.concatenate(originals)


def add_parts(warehouse: Warehouse, day: date, parts: Iterable[IndexPart]) -> None:
    """Add parts to a night."""
    with warehouse.writing("bench") as connection:
        for part in parts:
            values = {"kind": part.kind, "run_date": day, "part": part.part, "version": part.version}
            values |= {"documents": part.documents, "digest": part.digest, "data": part.data}
            connection.execute(sa.insert(dedup_index), values)


def filled(url: str, history: int, size: int) -> np.ndarray:
    """Make a warehouse with a history; return what `fill` does."""
    with open_warehouse(url) as warehouse:
        upgrade(warehouse)
        return fill(warehouse, history, size)


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def resident() -> float:
    """Return the megabytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024**2


def measure(url: str, history: int, size: int) -> None:
    """Fill a warehouse, decide on tonight, and print what that cost."""
    originals = apart(filled, url, history, size)
    rng = np.random.default_rng(SEED + 1)
    copies = edited(rng, originals)
    given = [*articles(copies, TONIGHT, "ffc"), *articles(words_of(rng, size - len(copies)), TONIGHT, "fff")]
    held = resident()
    with open_warehouse(url) as warehouse:
        before, start = server_cpu(url), time.process_time()
        result = decide(warehouse, TONIGHT, given)
        spent = time.process_time() - start
        time.sleep(0.3)
        server, start = server_cpu(url) - before, time.process_time()
        night = Night(run_id="n", run_date=str(TONIGHT), code_version="", config_hash="", index=result.parts)
        load(warehouse, night)
        loaded = time.process_time() - start
    names = {a.article_id for a in given[: len(copies)]}
    found = sum(m.relation == "copy" and m.article_id in names for m in result.members)
    wrong = sum(m.relation != "unique" and m.article_id not in names for m in result.members if m.article_id.startswith("f" * 3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{warehouse.dialect:10s} history {history:>10,}  tonight {size:,}  CPU s {spent:.2f} + server {server:.2f}"
        f"  (writing the index {loaded:.2f})  copies found {found:,} of {len(copies):,}, others {wrong}"
        f"  peak {peak:,.0f} MB (before {held:,.0f})",
        flush=True,
    )


def main() -> None:
    """Print a line for each history."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--tonight", type=int, default=50_000)
    parser.add_argument("--postgres", metavar="URL", help="an empty database, emptied again for each history; else SQLite")
    parser.add_argument("--folder", help="where the SQLite files are made")
    arguments = parser.parse_args()
    for history in arguments.history:
        if arguments.postgres:
            emptied(arguments.postgres)
            apart(measure, arguments.postgres, history, arguments.tonight)
            continue
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            apart(measure, f"sqlite:///{Path(folder, 'warehouse.db')}", history, arguments.tonight)


if __name__ == "__main__":
    main()
