"""A night of fetching on the sample newsroom with 100 publishers: what it costs, and what the server's own log says of it.

    python -m benchmarks.polite_fetch [--outlets 100] [--stories 1500] [--delay 0.05]

CPU is that of the thread that fetches; the server runs in another of the same process. The second night is a refetch of all
pages with the validators of the first.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

import newsroom
from newsroom.server import Access, running
from pipeline.config import Settings
from pipeline.fetch.discover import discover
from pipeline.fetch.fetch import fetch
from pipeline.fetch.verdict import Validator
from pipeline.sources import load_sources
from pipeline.store import LocalStore
from pipeline.urls import url_id

TRICKS = 5.0  # seconds for one answer: the newsroom has a page that never ends


def politeness(accesses: list[Access], forbidden: dict[str, str]) -> str:
    """Return the smallest gap at a host and the number of forbidden requests that a server's log shows."""
    times: dict[str, list[float]] = {}
    for access in accesses:
        times.setdefault(access.host, []).append(access.time)
    gaps = [later - earlier for moments in times.values() for earlier, later in itertools.pairwise(sorted(moments))]
    trespasses = sum(bool(forbidden.get(a.host)) and a.path.startswith(forbidden[a.host]) for a in accesses)
    return f"smallest gap at a host {min(gaps) * 1000:.0f} ms, {trespasses} requests for forbidden paths"


def main() -> None:
    """Run two nights and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--outlets", type=int, default=100)
    parser.add_argument("--stories", type=int, default=1500)
    parser.add_argument("--delay", type=float, default=0.05)
    options = parser.parse_args()
    web = newsroom.build(day=date(2026, 11, 20), stories=options.stories, outlets=options.outlets)
    settings = Settings(allow_private_hosts=True, delay=options.delay, total_timeout=TRICKS)
    with running(web) as server, tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        file = Path(folder, "sources.toml")
        file.write_text(server.sources_toml())
        sources = [dataclasses.replace(source, delay=None) for source in load_sources(file)]
        items = discover(sources, settings, today=date(2026, 11, 20)).items
        forbidden = {outlet.host: outlet.forbidden for outlet in web.outlets if outlet.forbidden}
        validators: dict[str, Validator] = {}
        for night in ("first night", "second night"):
            del server.accesses[:]
            cpu, begin = time.thread_time(), time.monotonic()
            rows = fetch(items, settings=settings, store=store, archive_prefix="raw/bench", validators=validators)
            cpu, wall = time.thread_time() - cpu, time.monotonic() - begin
            outcomes = Counter(row.outcome for row in rows)
            sites = len({row.site for row in rows})
            print(f"{night}: {len(rows)} pages at {sites} sites: {len(rows) / cpu:,.0f} a CPU-s, {wall:.1f} s")
            print(f"  server's log: {len(server.accesses)} requests, {politeness(server.accesses, forbidden)}")
            print(f"  statuses: {dict(Counter(a.status for a in server.accesses).most_common())}")
            print(f"  outcomes: {dict(outcomes.most_common())}")
            known = (row for row in rows if row.outcome == "fetched")
            validators = {url_id(row.url): Validator(row.etag, row.last_modified, row.digest, row.raw_ref) for row in known}


if __name__ == "__main__":
    main()
