"""Run archived nights again with today's rules, or show what that would change."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from difflib import ndiff
from pathlib import Path
from typing import Any

from pipeline import stages
from pipeline.config import Settings, load_sources
from pipeline.errors import ConfigError
from pipeline.records import Article, StoryMember
from pipeline.runs import WHOLE, Run, dates_of, records_of
from pipeline.store import LocalStore, Partition, Store, open_store, read_records


class OverlayStore:
    """A store that reads through to `base` and keeps what is written in `top`, so that a run leaves no trace in `base`."""

    def __init__(self, base: Store, top: Store) -> None:
        self.base, self.top, self.url = base, top, base.url

    def put(self, key: str, data: bytes) -> None:
        self.top.put(key, data)

    def put_file(self, key: str, path: Path) -> None:
        self.top.put_file(key, path)

    def get(self, key: str) -> bytes:
        try:
            return self.top.get(key)
        except KeyError:
            return self.base.get(key)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        try:
            return self.top.get_range(key, offset, length)
        except KeyError:
            return self.base.get_range(key, offset, length)

    def list(self, prefix: str) -> Iterator[str]:
        yield from sorted({*self.base.list(prefix), *self.top.list(prefix)})

    def delete(self, key: str) -> None:
        self.top.delete(key)

    def lock(self, name: str) -> Any:
        return self.top.lock(name)


def archived_dates(settings: Settings, since: str, until: str | None) -> list[str]:
    """Return the nights from `since` to `until` that were fetched; raises `ConfigError` when there is none."""
    dates = dates_of(open_store(settings.store), "fetch")
    chosen = [d for d in dates if since <= d <= (until or d)]
    if not chosen:
        held = f"the archive holds {dates[0]} to {dates[-1]}" if dates else "the archive is empty"
        raise ConfigError(f"replay: no night between {since} and {until or 'today'} was archived; {held}")
    return chosen


def replay(settings: Settings, dates: Sequence[str], on_date: Callable[[str], None] | None = None) -> None:
    """Run everything after fetch again for each date, oldest first."""
    for run_date in dates:
        if on_date:
            on_date(run_date)
        stages.run_stages(_run(settings, run_date), first="extract")


def diff(settings: Settings, dates: Sequence[str]) -> Iterator[str]:
    """Yield, line by line, what a replay of the dates would change. Nothing outside a temporary folder is written."""
    base = open_store(settings.store)
    with tempfile.TemporaryDirectory(prefix="copydesk-replay-") as folder:
        overlay = OverlayStore(base, LocalStore(Path(folder)))
        for run_date in dates:
            stages.run_stages(_run(settings, run_date, overlay), first="extract", last="dedup")
            yield from _differences(run_date, base, overlay)


def _run(settings: Settings, run_date: str, scratch: Store | None = None) -> Run:
    file = Path(settings.sources)
    return Run(run_date=run_date, settings=settings, sources=load_sources(file) if file.is_file() else (), scratch=scratch)


def _differences(run_date: str, base: Store, overlay: Store) -> Iterator[str]:
    before, after = _articles(base, run_date), _articles(overlay, run_date)
    stories_before, stories_after = _stories(base, run_date), _stories(overlay, run_date)
    changed = 0
    for identity in sorted(before.keys() | after.keys(), key=lambda i: ((after.get(i) or before[i]).url or "", i)):
        lines = _article_lines(before.get(identity), after.get(identity))
        old, new = stories_before.get(identity), stories_after.get(identity)
        if old and new and old != new:
            lines.append(f"  story {old} -> {new}")
        if lines:
            changed += 1
            yield f"{run_date} {(after.get(identity) or before[identity]).url or identity}"
            yield from lines
    yield f"{run_date}: {changed} of {len(before.keys() | after.keys())} articles change"


def _article_lines(before: Article | None, after: Article | None) -> list[str]:
    if before is None:
        return ["  becomes an article"]
    if after is None:
        return ["  is no article any more"]
    lines = [f"  title {before.title!r} -> {after.title!r}"] if before.title != after.title else []
    compared = ndiff(before.text.split("\n\n"), after.text.split("\n\n"))
    return lines + [f"  {line}" for line in compared if line[0] in "+-"]


def _articles(store: Store, run_date: str) -> dict[str, Article]:
    return {article.article_id: article for article in records_of(store, "clean", run_date, Article)}


def _stories(store: Store, run_date: str) -> dict[str, str]:
    return {m.article_id: m.story_id for m in read_records(store, Partition("dedup", run_date, WHOLE), StoryMember)}
