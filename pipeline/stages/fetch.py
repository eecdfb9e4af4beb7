"""Fetch and archive what the shards lack, and file what was fetched elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipeline.filing import file_rows, raw_prefix, recover
from pipeline.progress import progress_log
from pipeline.records import Discovered, Fetch, Rejected, StageReport
from pipeline.runs import Run, shard_count
from pipeline.stages.common import grouped, logged, url_states, with_dates
from pipeline.stages.discover import commit_shard
from pipeline.store import Partition, read_records
from pipeline.urls import shard_of, url_id

if TYPE_CHECKING:
    from pipeline.fetch.verdict import Validator


def fetch(run: Run, shard: str, again: Collection[str] = ()) -> StageReport:
    """Fetch what the shard lacks. Pages archived for this date stay; `again` names URL ids to fetch once more all the same."""
    from pipeline.fetch.archive import index_segments, segments_under
    from pipeline.fetch.fetch import fetch as fetch_pages

    store, partition = run.store(), Partition("fetch", run.run_date, shard)
    prefix = raw_prefix(partition)
    with store.lock(partition.prefix):
        recover(store, partition)
        before = segments_under(store, prefix)
        known = {url_id(row.url): row for row in read_records(store, partition, Fetch)}
        wanted = read_records(store, Partition("discover", run.run_date, shard), Discovered)
        todo = [item for item in wanted if _to_fetch(item, known.get(url_id(item.url)), again)]
        validators = _validators(run, [item for item in todo if url_id(item.url) not in again], known)
        rows = fetch_pages(
            _news_first(todo, validators),
            settings=run.settings,
            store=store,
            archive_prefix=prefix,
            validators=validators,
            delays={source.id: source.delay for source in run.sources if source.delay is not None},
            progress=progress_log(f"fetch {run.run_date} {shard}"),
        )
        index_segments(store, prefix, segments_under(store, prefix) - before)
        return logged(file_rows(store, partition, rows))


def _to_fetch(item: Discovered, known: Fetch | None, again: Collection[str]) -> bool:
    """Say whether an item is fetched in this run; a local file costs no more than a look, and may have been replaced."""
    return known is None or known.retryable or item.via == "file" or url_id(item.url) in again


def _news_first(items: Sequence[Discovered], validators: Mapping[str, Validator]) -> list[Discovered]:
    """Return items in the order to ask for them, should the time not do for all: a sitemap may list an archive.

    What it lists comes last, what was read on an earlier night after what was not, and what is dated earlier after what is later.
    """
    latest = sorted(items, key=lambda item: item.published_at or "", reverse=True)
    read = {name for name, validator in validators.items() if validator.raw_ref is not None}
    return sorted(latest, key=lambda item: (item.via == "sitemap", url_id(item.url) in read))


def _validators(run: Run, items: Sequence[Discovered], tonight: Mapping[str, Fetch]) -> dict[str, Validator]:
    """Return what makes the requests conditional: the last capture of each URL, of this night or of an earlier one."""
    from pipeline.fetch.verdict import Validator

    known = {i: Validator(s.etag, s.last_modified, s.digest, s.raw_ref) for i, s in url_states(run, items).items()}
    rows = (tonight[url_id(item.url)] for item in items if item.via == "file" and url_id(item.url) in tonight)
    return known | {url_id(r.url): Validator(r.etag, r.last_modified, r.digest, r.raw_ref) for r in rows if r.raw_ref}


def fetch_again(run: Run, rejects: Iterable[tuple[date, Rejected]]) -> None:
    """Fetch rejected pages once more as part of this night, whatever became of them in the night that is given with each."""
    from pipeline.fetch.local import is_local

    store = run.store()
    shards = shard_count(run, store)
    languages = {source.id: source.language for source in run.sources}
    tried = (
        (night, Discovered(r.url, r.source_id, r.site, "file" if is_local(r.url) else "list", languages.get(r.source_id)))
        for night, r in rejects
    )
    for shard, items in sorted(grouped(with_dates(run, tried), lambda item: shard_of(item.site, shards)).items()):
        commit_shard(run, store, shard, items)
        fetch(run, shard, again={url_id(item.url) for item in items})


def add_fetches(run: Run, rows: Iterable[Fetch]) -> None:
    """File pages that were fetched elsewhere (an imported archive) under this night."""
    store = run.store()
    shards = shard_count(run, store)
    for shard, members in sorted(grouped(rows, lambda row: shard_of(row.site, shards)).items()):
        partition = Partition("fetch", run.run_date, shard)
        with store.lock(partition.prefix):
            logged(file_rows(store, partition, members))
