"""Nights while everything fails at random: kill -9, a database and a store that go away, a full disk, a clock that jumps.

    python -m benchmarks.chaos --data FOLDER [--user postgres] [--nights 20] [--stories 60] [--seed 1]

Each night is `python -m pipeline run` on the sample newsroom, with the archive on S3 (moto, behind a proxy that answers 503 or
cuts uploads) and the warehouse on PostgreSQL (a fresh cluster in FOLDER, run by --user: initdb refuses root). Faults come at
random moments of up to six runs; up to three outlets at a time are slow for a third of a night, or dead for the rest of a run. The
first run that ends well, with all outlets answering, ends the night. Then every row of every table is compared with an undisturbed
night's, and the archive is read from end to end: each page must be in it once. The clock jumps where libfaketime is installed;
the disk is one of 4 MB, nearly full, for what a run writes beside the store, where this may mount one.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import boto3
import psutil
import sqlalchemy as sa
from warcio.archiveiterator import ArchiveIterator

import newsroom
from benchmarks.kill import Cluster, emptied
from benchmarks.s3 import BUCKET, KEY, SECRET, Proxy, moto
from newsroom.server import RunningNewsroom, running
from pipeline.warehouse import open_warehouse, upgrade
from tests.dags.serving import BY_THE_CLOCK, free_port, tables

DAY = date(2026, 11, 20)
LONGEST = 600.0  # seconds of a run, or ten undisturbed nights: what takes longer hangs
Rows = dict[str, list[tuple[object, ...]]]
SHOWN = 300  # characters of a row that differs
FAULTS = ("kill", "kill a child", "kill the database", "503", "cut", "full disk", "clock", "slow outlets", "dead outlets")
UNANSWERED = 3600.0  # seconds that a dead outlet takes for an answer
LEFT_BEHIND = {"fetches": ("attempts", "detail"), "rejects": ("detail",), "url_state": ("fail_count",)}  # by a fault, of itself
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


@dataclass(frozen=True)
class World:
    """What a night runs in."""

    folder: Path
    sources: Path
    cluster: Cluster
    proxy: Proxy

    def start(self, prefix: str, scratch: Path | None = None, jump: int = 0) -> subprocess.Popen[str]:
        """Start a run of the night in a process of its own, with a scratch disk and a clock of its own where they are named."""
        command = [sys.executable, "-m", "pipeline", "run", "--date", str(DAY), "--sources", str(self.sources)]
        environment = os.environ | {
            "COPYDESK_STORE": f"s3://{BUCKET}/{prefix}",
            "COPYDESK_WAREHOUSE_URL": self.cluster.url,
            "COPYDESK_PUBLISH": str(self.folder / prefix),
            "COPYDESK_ALLOW_PRIVATE_HOSTS": "1",
            "COPYDESK_TOTAL_TIMEOUT": "4",
            "COPYDESK_MAX_DELAY": "0.02",  # an outlet asks for ten times that: minutes of waiting in a large night
            "COPYDESK_SHARDS": "2",
        }
        if scratch:
            environment["TMPDIR"] = str(scratch)
        if jump and FAKETIME:
            environment |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"{jump:+d}h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


@contextmanager
def full_disk(folder: Path) -> Iterator[Path | None]:
    """Mount a disk of 4 MB that is nearly full; yields None where that is not allowed."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True).returncode:
        yield None
        return
    try:
        (folder / "filler").write_bytes(bytes(4 * 2**20 - 65_536))
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def disturbed(world: World, served: RunningNewsroom, prefix: str, chance: random.Random, length: float) -> Counter[str]:
    """Run a night with faults until a run of it ends well, with all outlets answering; returns the faults."""
    seen: Counter[str] = Counter()
    for attempt in range(40):
        fault = chance.choice(FAULTS) if attempt < 6 else "none"
        moment = chance.uniform(0.3, 1.1 * length)
        seen[fault] += 1
        with ExitStack() as stack:
            scratch = stack.enter_context(full_disk(world.folder / "disk")) if fault == "full disk" else None
            run = world.start(prefix, scratch, chance.randrange(-40, 40) if fault == "clock" else 0)
            with suppress(subprocess.TimeoutExpired):
                run.wait(moment)
            strike(world, fault, run, chance)
            if fault.endswith("outlets"):
                served.late.update(trouble(served, fault, chance))
                if fault == "slow outlets":
                    with suppress(subprocess.TimeoutExpired):
                        run.wait(length / 3)
                    served.late.clear()
            try:
                _, said = run.communicate(timeout=max(LONGEST, 10 * length))
            except subprocess.TimeoutExpired:
                raise SystemExit(f"{prefix}: a run hangs after {fault}: {run.args!r}") from None
        world.proxy.slow = world.proxy.cut = 0
        served.late.clear()
        if "Traceback" in said:
            print(f"{prefix}: after {fault} a run said\n{said[-3000:]}", file=sys.stderr)
        if run.returncode == 0 and not fault.endswith("outlets"):
            return seen
    raise SystemExit(f"{prefix}: no run ends well; the last one said\n{said[-2000:]}")


def trouble(served: RunningNewsroom, fault: str, chance: random.Random) -> dict[str, float]:
    """Return the seconds that each of a few outlets takes for an answer; the longer ones are more than a run waits."""
    hosts = chance.sample(sorted(served.urls), chance.randrange(1, 4))
    return {host: UNANSWERED if fault == "dead outlets" else chance.uniform(0.3, 6) for host in hosts}


def strike(world: World, fault: str, run: subprocess.Popen[str], chance: random.Random) -> None:
    """Do to a run, or to what it needs, what the fault says."""
    if fault == "kill":
        run.kill()
    elif fault == "kill a child":
        with suppress(psutil.NoSuchProcess):
            if children := psutil.Process(run.pid).children(recursive=True):
                chance.choice(children).kill()
    elif fault == "kill the database":
        world.cluster.kill()
        world.cluster.start()
    elif fault == "503":
        world.proxy.slow = chance.randrange(1, 40)
    elif fault == "cut":
        world.proxy.cut = chance.randrange(1, 40)


def archived(prefix: str) -> Counter[str]:
    """Return how often each page was archived, by the records of every segment; what is empty or an error is no page."""
    client, found = boto3.client("s3", region_name="us-east-1"), Counter[str]()
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/raw/"):
        for entry in page.get("Contents", ()):
            if entry["Key"].endswith(".warc.gz"):
                body = client.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
                for record in ArchiveIterator(io.BytesIO(body)):
                    if (
                        record.rec_type == "response"
                        and record.http_headers.get_statuscode() == "200"
                        and record.content_stream().read(1)
                    ):
                        found[record.rec_headers.get_header("WARC-Target-URI")] += 1
    return found


def outcome(url: str) -> Rows:
    """Return every row of the warehouse, without what the clock decides and what the faults leave behind of themselves.

    That is how often a page was asked for or failed and in which words, the reject of one that came in a later run, and a
    story that had its articles while those of an outlet were missing: it stays, without any, and leads to the one they are in.
    """
    found = tables(url)
    with open_warehouse(url) as warehouse:
        inspector = sa.inspect(warehouse.engine)
        names = {name: [c["name"] for c in inspector.get_columns(name) if c["name"] not in BY_THE_CLOCK] for name in found}
    resolved, merged = names["rejects"].index("resolved_run_id"), names["stories"].index("merged_into")
    found["rejects"] = [row for row in found["rejects"] if row[resolved] is None]
    found["stories"] = [row for row in found["stories"] if row[merged] is None]
    for name, traces in LEFT_BEHIND.items():
        kept = [at for at, column in enumerate(names[name]) if column not in traces]
        found[name] = [tuple(row[at] for at in kept) for row in found[name]]
    return found


def different(found: Rows, wanted: Rows) -> list[str]:
    """Return the tables that differ, with rows that only one of them has."""
    told = []
    for name in wanted:
        odd = sorted(set(map(repr, found[name])) ^ set(map(repr, wanted[name])))
        if odd:
            told.append(f"{name}: {len(odd)} rows, such as {' and '.join(row[:SHOWN] for row in odd[:2])}")
    return told


def main() -> None:
    """Run the nights; exits with 1 when one of them differs from the undisturbed one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder that is made for a PostgreSQL cluster")
    parser.add_argument("--user", default="postgres", help="who runs the cluster (default: %(default)s)")
    parser.add_argument("--nights", type=int, default=20)
    parser.add_argument("--stories", type=int, default=60, help="of the newsroom; about two pages each (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, site, port = random.Random(options.seed), newsroom.build(day=DAY, stories=options.stories, outlets=8), free_port()
    folder = Path(tempfile.mkdtemp(prefix="copydesk-chaos-"))
    proxy = Proxy(("127.0.0.1", 0))
    with moto() as s3:
        proxy.target = ("127.0.0.1", s3)
        os.environ |= {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.start()}",
        }
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        world = World(folder, folder / "sources.toml", Cluster(options.data, options.user), proxy)
        world.cluster.start()
        try:
            bad = nights(world, site, port, options.nights, chance)
        finally:
            world.cluster.stop()
            shutil.rmtree(folder)
    raise SystemExit(1 if bad else 0)


def nights(world: World, site: newsroom.Newsroom, port: int, count: int, chance: random.Random) -> int:
    """Run an undisturbed night and then `count` disturbed ones, a line each; returns how many differ."""
    with open_warehouse(world.cluster.url) as warehouse:
        upgrade(warehouse)
    with running(site, port) as server:
        world.sources.write_text(server.sources_toml())
        start = time.monotonic()
        run = world.start("undisturbed")
        _, said = run.communicate()
        length = time.monotonic() - start
    if run.returncode:
        raise SystemExit(f"the undisturbed night ended with {run.returncode}:\n{said}")
    wanted, pages = outcome(world.cluster.url), archived("undisturbed")
    print(f"undisturbed: {length:.0f} s, {len(wanted['articles'])} articles, {len(pages)} addresses archived", flush=True)
    bad = 0
    for n in range(count):
        emptied(world.cluster.url)
        with running(site, port) as served:  # a new one, which again fails once where it did
            faults = disturbed(world, served, f"night-{n}", chance, length)
        differences = different(outcome(world.cluster.url), wanted)
        found = archived(f"night-{n}")
        if found != pages:
            differences.append(f"the archive: {dict((found - pages) + (pages - found))}")
        bad += bool(differences)
        print(f"night {n}: {dict(faults)}: {differences or 'equal'}", flush=True)
    return bad


if __name__ == "__main__":
    main()
