"""Whole nights as a person starts them: on their own sources, on the sample newsroom, from archive files; and what came of it."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import stages
from pipeline.config import Settings, is_there, load_settings
from pipeline.errors import ConfigError
from pipeline.filing import named_segments, raw_prefix, recover, segments_named_in
from pipeline.runs import STAGES, Run, check_not_ahead, dates_of
from pipeline.sources import load_sources, sources_if_any
from pipeline.store import Partition, open_store
from pipeline.terminal import tell, visible

if TYPE_CHECKING:
    from newsroom import Newsroom
    from newsroom.server import RunningNewsroom

logger = logging.getLogger(__name__)

RAW_FOLDER = re.compile(r"raw/dt=([^/]+)/shard=([^/]+)")
NEWSROOM_SOURCES = Path("data/newsroom.toml")
BESIDE_SOURCES = Path("data/newsroom-beside.toml")  # of a run that reads the newsroom which somebody else serves
NEWSROOM_PORT = 8799
NEWSROOM_ADDRESS = re.compile(r"\.localhost:(\d+)")

# The sample newsroom is on loopback and one of its pages never ends: no reason to be patient with it.
NEWSROOM_SETTINGS = {"COPYDESK_ALLOW_PRIVATE_HOSTS": "1", "COPYDESK_TOTAL_TIMEOUT": "8", "COPYDESK_SHARDS": "4"}


def prepare(
    settings: Settings, run_date: str, *, sources: str | None = None, page_limit: int | None = None, first: str = STAGES[0]
) -> Run:
    """Return the run of a night from the stage `first` on; raises `ConfigError` for a date ahead or a wrong sources file.

    What comes after the fetch needs no sources: a file that nobody named may be missing then.
    """
    file = Path(sources or settings.sources)
    needed = bool(sources) or first in ("discover", "fetch")
    chosen = load_sources(file) if needed else sources_if_any(file)
    check_not_ahead(run_date, chosen, first)
    return Run(run_date=run_date, settings=settings, sources=chosen, page_limit=page_limit)


def demo(run_date: str) -> str:
    """Serve the sample newsroom while the nightly DAG runs on it; returns the summary. No server stays behind."""
    from pipeline import local

    _use_newsroom_settings()
    settings = load_settings()
    with _newsroom(run_date) as (server, sources):
        tell(f"the sample newsroom is on http://127.0.0.1:{server.port}; running the night of {run_date} on it …")
        prepare(settings, run_date, sources=str(sources))
        local.run_dag(run_date, str(sources))
    return summary(settings, run_date)


def ui(settings: Settings, sources: str | None, today: str) -> None:
    """Serve the Airflow UI; with no sources of the user's, on the sample newsroom of today, which then ends with it."""
    from pipeline.local_ui import serve_ui

    file = sources or settings.sources
    if sources or is_there(Path(file)):
        load_sources(Path(file))
        serve_ui(file, settings.ui_port)
        return
    _use_newsroom_settings()
    with _newsroom(today) as (server, newsroom_sources):
        tell(f"no {file}: the sample newsroom on http://127.0.0.1:{server.port} is what the DAGs read")
        serve_ui(str(newsroom_sources), settings.ui_port)


def import_warcs(settings: Settings, run_date: str, files: Sequence[str]) -> Run:
    """File the pages of WARC files under a night and run the rest of that night on them; returns the run."""
    run = Run(run_date=run_date, settings=settings)
    file_warcs(run, files)
    stages.run_stages(run, first="extract")
    return run


def file_warcs(run: Run, files: Sequence[str]) -> None:
    """File the pages of WARC files under a night; raises `ConfigError` for one that cannot be read."""
    from pipeline.fetch.archive import index_segments, segments_under
    from pipeline.fetch.importer import import_warcs as read_warcs

    for name in files:
        _check_readable(name)
    store = run.store()
    partition = Partition("fetch", run.run_date, "import")
    prefix = raw_prefix(partition)
    with store.lock(partition.prefix):
        before = segments_under(store, prefix)
        rows = read_warcs(files, settings=run.settings, store=store, archive_prefix=prefix)
        index_segments(store, prefix, segments_under(store, prefix) - before)
        stages.add_fetches(run, rows)


def _check_readable(name: str) -> None:
    """Raise `ConfigError` for what is no file that can be read: a later attempt would meet the same."""
    path = Path(name)
    try:
        if path.is_file():
            if os.access(path, os.R_OK):
                return
            fault = "may not be read by the user that this runs as"
        else:
            fault = "is a folder" if path.is_dir() else "no such file"
    except OSError as error:  # a name that is too long
        fault = error.strerror or str(error)
    raise ConfigError(f"import: {fault}: {name!r}; name WARC files on this machine")


def collect_garbage(settings: Settings, only: str | None = None) -> list[str]:
    """Delete the raw segments that no fetch names, of every night or of one; returns their keys.

    A fetch that is running keeps what it has written.
    """
    from pipeline.fetch.archive import gc

    store = open_store(settings.store)
    days = {day for day in dates_of(store, "fetch") if only in (None, day)}
    named = set().union(*(named_segments(store, day) for day in days))
    removed: list[str] = []
    for folder in sorted({key.rpartition("/")[0] for key in store.list(f"raw/dt={only}/" if only else "raw/")}):
        place = RAW_FOLDER.fullmatch(folder)
        if place is None:
            continue  # somebody's note, or the object that S3 consoles make for a folder
        day, shard = place.groups()
        if day not in days:
            # A first run that was killed, or an archive whose stage files are lost: not for us to decide.
            logger.warning("%s is kept: no fetch of %s was ever finished here; run that night first", folder, day)
            continue
        partition = Partition("fetch", day, shard)
        with store.lock(partition.prefix):
            recover(store, partition)
            named |= segments_named_in(store, partition)  # a fetch may have ended since; what was named once stays named
            removed += gc(store, named, f"{folder}/")
    return removed


def _use_newsroom_settings() -> None:
    for variable, value in NEWSROOM_SETTINGS.items():
        os.environ.setdefault(variable, value)


@contextmanager
def _newsroom(day: str) -> Iterator[tuple[RunningNewsroom, Path]]:
    """Serve the sample newsroom of a day unless somebody does; yields it with the sources file that reads that day of it.

    A newsroom that is served already keeps the file that its own reader goes by, as the scheduler of `make ui`.
    """
    import newsroom

    web = newsroom.build(day=date.fromisoformat(day))
    with ExitStack() as stack:
        server, ours = _serve_on_first_free(stack, web, _newsroom_ports())
        file = NEWSROOM_SOURCES if ours else BESIDE_SOURCES
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(server.sources_toml(None if ours else web.day), encoding="utf-8")
        yield server, file


def _newsroom_ports() -> list[int]:
    """Return the ports to try. Another port means other URLs, so the one of the time before comes first; 0 is any free one."""
    text = NEWSROOM_SOURCES.read_text(encoding="utf-8") if NEWSROOM_SOURCES.is_file() else ""
    before = NEWSROOM_ADDRESS.search(text)
    return list(dict.fromkeys([*([int(before[1])] if before else []), NEWSROOM_PORT, 0]))


def _serve_on_first_free(stack: ExitStack, web: Newsroom, ports: Sequence[int]) -> tuple[RunningNewsroom, bool]:
    """Return a server of the newsroom, and whether it is ours; it is not where one that was found serves it already."""
    from newsroom.server import RunningNewsroom, is_served, running

    for port in ports[:-1]:
        with suppress(OSError):
            return stack.enter_context(running(web, port)), True
        if is_served(web, port):  # by `make ui`, say
            return RunningNewsroom(web, port, []), False
        tell(f"port {port} is taken: the newsroom's addresses have another port this time")
    return stack.enter_context(running(web, ports[-1])), True


def summary(settings: Settings, run_date: str | None) -> str:
    """Return what a night did, for a terminal; the last night loaded when no date is given."""
    from pipeline.report.summary import render
    from pipeline.warehouse import latest_run_date, made_warehouse, run_report

    warehouse = made_warehouse(settings)
    day = date.fromisoformat(run_date) if run_date else latest_run_date(warehouse)
    if day is None:
        raise ConfigError("report: the warehouse holds no night yet; run one with `make run`")
    report = run_report(warehouse, day)
    if not report.run_ids:
        latest = latest_run_date(warehouse)
        raise ConfigError(f"report: no night of {day} was loaded; the last one is {latest or 'none'}")
    return visible(render(report, settings))
