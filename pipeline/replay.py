"""Run archived nights again with today's rules, or show what that would change."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline import stages
from pipeline.config import Settings
from pipeline.errors import CheckFailed, ConfigError
from pipeline.matching import equal_runs
from pipeline.records import BLOCK_SEPARATOR, Article, Rejected, StoryMember
from pipeline.runs import WHOLE, Run, dates_of, records_of, rejects_of
from pipeline.sources import sources_if_any
from pipeline.stages.common import warehouse_of
from pipeline.store import LocalStore, Partition, Store, open_store, read_records

logger = logging.getLogger(__name__)

# What rules read off a page beside its text. Where the page is archived and which rules read it is not for a diff.
FACTS = (
    *("title", "authors", "published_at", "published_basis", "modified_at", "language", "site"),
    *("canonical_url", "section", "image", "paywalled", "wire_credit", "source_link"),
)


MOST_TASKS = 1000  # Airflow maps no task more than 1,024 times, unless it is told otherwise


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

    def lock(self, name: str) -> AbstractContextManager[None]:
        return self.top.lock(name)


def archived_dates(settings: Settings, since: str, until: str | None) -> list[str]:
    """Return the nights from `since` to `until` that were fetched; raises `ConfigError` when there is none."""
    if until and until < since:
        raise ConfigError(f"replay: until {until} lies before since {since}; name the earlier night first")
    dates = dates_of(open_store(settings.store), "fetch")
    chosen = [d for d in dates if since <= d <= (until or d)]
    if not chosen:
        held = f"the archive holds {dates[0]} to {dates[-1]}" if dates else "the archive is empty"
        raise ConfigError(f"replay: no night between {since} and {until or 'today'} was archived; {held}")
    return chosen


def portions(dates: Sequence[str]) -> list[list[str]]:
    """Part nights among tasks, in their order: each has its own as long as there are not too many."""
    size = -(-len(dates) // MOST_TASKS)
    return [list(dates[start : start + size]) for start in range(0, len(dates), size)]


def replay(
    settings: Settings, dates: Sequence[str], on_date: Callable[[str], None] | None = None, *, engine: str = "process",
    master: str | None = None, last: str | None = None,
) -> None:  # fmt: skip
    """Run everything after fetch again for each date, oldest first; with the engine `spark`, all pages are extracted first.

    The checks look at the whole warehouse, and what fails may be what the nights to come mend: only what they find after `last`,
    the last of the dates unless it is named, ends the replay.
    """
    first = "extract"
    if engine == "spark":
        from pipeline.extract.on_spark import extract_nights

        extract_nights([_run(settings, run_date) for run_date in dates], master or settings.spark_master or None)
        first = "clean"
    for run_date in dates:
        if on_date:
            on_date(run_date)
        run = _run(settings, run_date)
        stages.run_stages(run, first=first, last="load")
        try:
            stages.publish(run)
        except CheckFailed as error:
            if run_date == (last or dates[-1]):
                raise
            logger.warning(
                "%s: %s; the replay goes on, for the nights after it may mend that", run_date, str(error).splitlines()[0]
            )


def diff(settings: Settings, dates: Sequence[str]) -> Iterator[str]:
    """Yield, line by line, what a replay of the dates would change. The store stays as it is."""
    base = open_store(settings.store)
    with tempfile.TemporaryDirectory(prefix="copydesk-replay-") as folder:
        overlay = OverlayStore(base, LocalStore(Path(folder)))
        for run_date in dates:
            run = _run(settings, run_date, overlay)
            stages.run_stages(run, first="extract", last="dedup")
            yield from _differences(run, base, overlay)


def _run(settings: Settings, run_date: str, scratch: Store | None = None) -> Run:
    return Run(run_date=run_date, settings=settings, sources=sources_if_any(Path(settings.sources)), scratch=scratch)


def _differences(run: Run, base: Store, overlay: Store) -> Iterator[str]:
    from pipeline.warehouse import urls_of

    run_date = run.run_date
    before, after = _articles(base, run_date), _articles(overlay, run_date)
    articles = before | after
    moves = _moves(run, base, overlay)
    urls = urls_of(warehouse_of(run), {member.canonical_article_id for pair in moves.values() for member in pair})
    names = urls | {identity: article.url or identity for identity, article in articles.items()}
    reasons = {reject.raw_ref: _reason(reject) for reject in rejects_of(overlay, run_date)}
    changed = 0
    for identity in sorted(articles, key=lambda identity: (names[identity], identity)):
        lines = _article_lines(before.get(identity), after.get(identity), reasons)
        if identity in before and identity in after and identity in moves:
            lines.append(_story_line(*moves[identity], names))
        if lines:
            changed += 1
            yield f"{run_date} {names[identity]}"
            yield from lines
    yield f"{run_date}: {changed} of {len(articles)} articles change"


def _moves(run: Run, base: Store, overlay: Store) -> dict[str, tuple[StoryMember, StoryMember]]:
    """Return for each article that moves among the stories where it stands in the warehouse, and where it would.

    Nights loaded since may have moved it. Where the night itself comes out as it did, what they decided stands.
    """
    from pipeline.warehouse import members_of

    stored, after = _stories(base, run.run_date), _stories(overlay, run.run_date)
    otherwise = [i for i, member in after.items() if i not in stored or _standing(stored[i]) != _standing(member)]
    current = members_of(warehouse_of(run), otherwise)
    return {i: (member, after[i]) for i, member in current.items() if _standing(member) != _standing(after[i])}


def _standing(member: StoryMember) -> tuple[str, str, str]:
    return member.relation, member.canonical_article_id, member.story_id


def _story_line(before: StoryMember, after: StoryMember, names: Mapping[str, str]) -> str:
    old, new = _place(before, names), _place(after, names)
    return f"  story: {old} -> {new}" if old != new else f"  story: {before.story_id} -> {after.story_id}"


def _place(member: StoryMember, names: Mapping[str, str]) -> str:
    if member.relation == "copy":
        return f"a copy of {names.get(member.canonical_article_id, member.canonical_article_id)}"
    return "alone" if member.relation == "unique" else "stands for its copies"


def _reason(reject: Rejected) -> str:
    return f"{reject.reason}: {reject.detail}" if reject.detail else reject.reason


def _article_lines(before: Article | None, after: Article | None, reasons: Mapping[str | None, str]) -> list[str]:
    if before is None:
        return ["  becomes an article"]
    if after is None:
        reason = reasons.get(before.raw_ref)
        return [f"  is no article any more ({reason})" if reason else "  is no article any more"]
    facts = ((name, getattr(before, name), getattr(after, name)) for name in FACTS)
    lines = [f"  {name} {old!r} -> {new!r}" for name, old, new in facts if old != new]
    return lines + _text_lines(before.text.split(BLOCK_SEPARATOR), after.text.split(BLOCK_SEPARATOR))


def _text_lines(before: list[str], after: list[str]) -> list[str]:
    """Return the lines lost and gained, in their order."""
    lines: list[str] = []
    old = new = 0
    for start, new_start, size in equal_runs(before, after):
        lines += [f"  - {line}" for line in before[old:start]] + [f"  + {line}" for line in after[new:new_start]]
        old, new = start + size, new_start + size
    return lines


def _articles(store: Store, run_date: str) -> dict[str, Article]:
    return {article.article_id: article for article in records_of(store, "clean", run_date, Article)}


def _stories(store: Store, run_date: str) -> dict[str, StoryMember]:
    return {m.article_id: m for m in read_records(store, Partition("dedup", run_date, WHOLE), StoryMember)}
