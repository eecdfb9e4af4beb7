"""Filing what was fetched: the rows of a shard's partition, and those that a killed run left in its segments."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from pipeline.captures import merge
from pipeline.records import Fetch, StageReport
from pipeline.store import Partition, PartitionWriter, Store, read_records, shards_of
from pipeline.urls import url_id

logger = logging.getLogger(__name__)


def raw_prefix(partition: Partition) -> str:
    """Return where the raw pages of a fetch partition are archived."""
    return f"raw/dt={partition.run_date}/shard={partition.shard}"


def file_rows(store: Store, partition: Partition, new: Iterable[Fetch]) -> StageReport:
    """Add rows to a partition, which must be locked.

    A capture that another one takes the place of stays named, so its page stays archived.
    """
    rows, superseded = merge(read_records(store, partition, Fetch), new)
    superseded = [*read_records(store, partition, Fetch, "superseded"), *superseded]
    first_of_text = {(row.url, row.digest): row for row in reversed(superseded)}
    writer = PartitionWriter(store, partition)
    writer.write("part", Fetch, rows)
    if first_of_text:
        writer.write("superseded", Fetch, sorted(first_of_text.values(), key=lambda row: (row.url, row.fetched_at)))
    report = StageReport("fetch", partition.run_date, partition.shard, len(rows), Counter(row.outcome for row in rows))
    writer.commit(report)
    return report


def recover(store: Store, partition: Partition) -> None:
    """File the pages of segments that no row names: a fetch that was killed had archived them.

    The partition must be locked. What is filed already and came no earlier stays as it is.
    """
    from pipeline.fetch.archive import index_segments
    from pipeline.fetch.notes import rows_noted

    left = _unnamed_segments(store, partition)
    if not left:
        return
    known = {url_id(row.url): row.fetched_at for row in read_records(store, partition, Fetch)}
    found: dict[str, list[Fetch]] = {}
    for key in left:
        noted = rows_noted(store, key)
        rows = [row for row in noted if (before := known.get(url_id(row.url))) is None or before < row.fetched_at]
        if rows:
            found[key] = rows
    if found:
        logger.info("%s: filing pages that were archived and not filed, %d segments", partition.prefix, len(found))
        index_segments(store, raw_prefix(partition), found)
        file_rows(store, partition, (row for rows in found.values() for row in rows))


def named_segments(store: Store, run_date: str) -> set[str]:
    """Return the files of the archive that the fetch rows of a date name."""
    shards = shards_of(store, "fetch", run_date)
    return set().union(*(segments_named_in(store, Partition("fetch", run_date, shard)) for shard in shards))


def segments_named_in(store: Store, partition: Partition) -> set[str]:
    """Return the files of the archive that the rows of one shard's fetch name."""
    tables = (read_records(store, partition, Fetch, name) for name in ("part", "superseded"))
    return {row.warc_filename for rows in tables for row in rows if row.warc_filename}


def _unnamed_segments(store: Store, partition: Partition) -> list[str]:
    from pipeline.fetch.archive import segments_under

    left = segments_under(store, raw_prefix(partition))
    left -= segments_named_in(store, partition) if left else set()
    return sorted(left - named_segments(store, partition.run_date)) if left else []  # another shard may name one
