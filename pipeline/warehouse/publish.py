"""Publish the warehouse as Parquet files by night and a DuckDB file of views over them, for whoever wants no database.

::

    published/current -> versions/<id>      one rename switches every reader to a new version
    published/copydesk.duckdb -> current/copydesk.duckdb
    published/versions/<id>/<view>/date=<night>/part-<sha12>.parquet

A version is complete, and on the disk, before `current` points to it, and the one before stays for readers that have it open. A
night whose rows no load has touched since the last version is not written again: its file is linked into the new version.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.batched import batched
from pipeline.errors import ConfigError
from pipeline.locks import locked
from pipeline.warehouse.bulk import KEYS_AT_ONCE
from pipeline.warehouse.checks import failed_checks, record_checks, refuse_failures
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.migrate import VIEW
from pipeline.warehouse.tables import articles, passages, runs, schema_migrations, stories, story_members

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
DUCKDB_STORAGE = "v1.2.0"  # of the DuckDB file: an analyst's duckdb is often older than ours, and there is nothing but views in it
NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)  # what a file system says that has no symbolic links
# The night that a file is of, for DuckDB, which opens only the files that a condition on it leaves. Were it to read the names of
# folders itself, one far above that is called `site=a` would be the site of every article.
DATE_OF_FILE = "CAST(regexp_extract(filename, 'date=([0-9-]+)/[^/]*$', 1) AS DATE) AS date"
ROWS_PER_GROUP = 5000  # some 20 MB of articles in memory while writing

_TEXT, _COUNT, _REAL, _DAY = pa.string(), pa.int64(), pa.float64(), pa.date32()
_TIME, _NAMES = pa.timestamp("us", tz="UTC"), pa.list_(pa.string())

# The published columns of each view; the views of articles are divided by the night that brought the article.
BY_NIGHT: Mapping[str, pa.Schema] = {
    "clean_articles": pa.schema(
        {
            **dict.fromkeys(("article_id", "story_id", "site", "url", "title"), _TEXT),
            **{"authors": _NAMES, "published_at": _TIME, "language": _TEXT, "text": _TEXT},
            **dict.fromkeys(("word_count", "copies", "sites"), _COUNT),
            "first_published_at": _TIME,
        }.items()
    ),
    "article_copies": pa.schema(
        {
            **dict.fromkeys(("story_id", "article_id", "canonical_article_id", "site", "url"), _TEXT),
            **{"published_at": _TIME, "relation": _TEXT, "score": _REAL, "lag_hours": _REAL},
        }.items()
    ),
    "dropped_lines": pa.schema({"article_id": _TEXT, "site": _TEXT, "text": _TEXT, "rule": _TEXT, "times": _COUNT}.items()),
    "passage_reuse": pa.schema(
        {"article_id": _TEXT, "start": _COUNT, "end": _COUNT, "words": _COUNT, "source_article_id": _TEXT, "passage": _TEXT}.items()
    ),
}
WHOLE: Mapping[str, pa.Schema] = {
    "nightly_funnel": pa.schema({"run_id": _TEXT, "run_date": _DAY, "stage": _TEXT, "outcome": _TEXT, "n": _COUNT}.items()),
    "source_quality": pa.schema(
        {
            **{"site": _TEXT, "articles": _COUNT, "copies": _COUNT, "copy_share": _REAL, "mean_words": _REAL},
            **{"without_date": _COUNT, "dropped_per_article": _REAL, "open_rejects": _COUNT},
            **{"last_published_at": _TIME, "last_fetched_at": _TIME},
        }.items()
    ),
}


def publish(warehouse: Warehouse, folder: str | Path, run_date: str, *, left_out: Collection[str] = ()) -> int:
    """Check the warehouse and publish it under `folder`; returns the rows of clean_articles that are published.

    `left_out` names checks that do not apply.
    Raises `Fatal` with the rows that fail a check; what was published before then stays as it is.
    """
    root = _prepared(folder)
    with _alone(root):
        with warehouse.reading(limits=False) as connection:
            failures = failed_checks(connection, left_out)
            if not failures:
                manifest, identity, changed = _publish(connection, root, run_date)
        record_checks(warehouse, run_date, failures, left_out)
        refuse_failures(warehouse.url, failures)
    rows = sum(int(file["rows"]) for name, file in manifest.items() if name.startswith("clean_articles/"))
    logger.info("%s: %s %d stories as %s", root, "published" if changed else "nothing is new,", rows, identity)
    return rows


def _publish(connection: Connection, root: Path, run_date: str) -> tuple[dict[str, dict[str, Any]], str, bool]:
    """Write a new version and point to it, unless nothing has changed; returns its manifest, its name and whether it is new."""
    before = _current(root)
    with tempfile.TemporaryDirectory(dir=root / "versions", prefix=".new-") as temporary:
        new = Path(temporary, "version")
        new.mkdir()
        manifest = _write_version(connection, new, before)
        identity = _identity(run_date, root, manifest)
        changed = before is None or before.name != identity
        if changed:
            _switch(root, new, root / "versions" / identity, before, manifest)
        else:
            _point(root / "copydesk.duckdb", "current/copydesk.duckdb")  # a run that was killed may have left it out
    return manifest, identity, changed


def _prepared(folder: str | Path) -> Path:
    if "://" in str(folder):
        raise ConfigError(f"COPYDESK_PUBLISH: {str(folder)!r} is no folder; set it to one, and copy it on from there")
    root = Path(folder).absolute()
    try:
        (root / "versions").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"COPYDESK_PUBLISH: cannot use the folder {str(root)!r} ({error.strerror}); name another") from error
    return root


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let one process at a time publish to a folder; says what this user may not do there."""
    try:
        with (root / ".lock").open("a+") as handle, locked(handle, str(root)):
            yield
    except PermissionError as error:
        raise ConfigError(
            f"COPYDESK_PUBLISH: {str(root)!r}: {error.filename2 or error.filename}: {error.strerror};"
            " give this user the right to write the folder and all in it, or name another"
        ) from error


def _current(root: Path) -> Path | None:
    """Return the version that readers see; None where there is none, or somebody has deleted files of it."""
    link = root / "current"
    if not (link / MANIFEST).is_file():
        return None
    version = link.resolve()
    return version if all((version / where / file["file"]).is_file() for where, file in _manifest_of(version).items()) else None


def _manifest_of(version: Path) -> dict[str, dict[str, Any]]:
    manifest: dict[str, dict[str, Any]] = json.loads((version / MANIFEST).read_text())
    return manifest


def _write_version(connection: Connection, new: Path, before: Path | None) -> dict[str, dict[str, Any]]:
    """Write or link every file of a version; returns its manifest: path to file name, rows and signature."""
    known = _manifest_of(before) if before else {}
    manifest: dict[str, dict[str, Any]] = {}
    made_by = {row.name: row.checksum for row in connection.execute(sa.select(schema_migrations))}
    for night, touched in sorted(_signatures(connection).items()):
        for view, schema in BY_NIGHT.items():
            where = f"{view}/date={night}"
            signature = f"{touched} {made_by.get(VIEW + view)}"
            if before and known.get(where, {}).get("signature") == signature:
                manifest[where] = known[where]
                _link(before / where / known[where]["file"], new / where / known[where]["file"])
            else:
                manifest[where] = _write(_rows_of_night(connection, view, schema, night), schema, new / where) | {
                    "signature": signature
                }
    for view, schema in WHOLE.items():
        manifest[view] = _write(_rows(connection, view, schema), schema, new / view)
    (new / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
    _sync(new / MANIFEST)
    return manifest


def _signatures(connection: Connection) -> dict[str, str]:
    """Return for each night a text that changes whenever a load touched any row that its files hold.

    It counts the rows by the times of the loads that touched them. The newest of these times alone would hide what is loaded
    after a clock that was ahead has been put right.
    """
    member_run, story_run, lead_run = runs.alias(), runs.alias(), runs.alias()
    lead = articles.alias()  # the story's canonical article: a copy's lag is counted from its time
    last_passage = (
        sa.select(passages.c.article_id, sa.func.max(runs.c.loaded_at).label("loaded_at"), sa.func.count().label("n"))
        .join_from(passages, runs, runs.c.run_id == passages.c.run_id, isouter=True)
        .group_by(passages.c.article_id)
        .subquery()
    )
    touched = (runs.c.loaded_at, member_run.c.loaded_at, story_run.c.loaded_at, lead_run.c.loaded_at, last_passage.c.loaded_at)
    query = (
        sa.select(
            articles.c.first_run_date,
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(last_passage.c.n), 0),
            *touched,
        )
        .join_from(articles, runs, runs.c.run_id == articles.c.last_run_id, isouter=True)
        .join(story_members, story_members.c.article_id == articles.c.article_id, isouter=True)
        .join(member_run, member_run.c.run_id == story_members.c.run_id, isouter=True)
        .join(stories, stories.c.story_id == story_members.c.story_id, isouter=True)
        .join(story_run, story_run.c.run_id == stories.c.last_run_id, isouter=True)
        .join(lead, lead.c.article_id == stories.c.canonical_article_id, isouter=True)
        .join(lead_run, lead_run.c.run_id == lead.c.last_run_id, isouter=True)
        .join(last_passage, last_passage.c.article_id == articles.c.article_id, isouter=True)
        .group_by(articles.c.first_run_date, *touched)
    )
    groups: dict[str, list[str]] = {}
    for night, *rest in connection.execute(query):
        groups.setdefault(str(night), []).append(" ".join(map(str, rest)))
    return {night: hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest() for night, rows in groups.items()}


def _rows_of_night(connection: Connection, view: str, schema: pa.Schema, night: str) -> Iterator[tuple[Any, ...]]:
    """Yield the view's rows of the night's articles, asked for by key: joined with them, it would be made whole for each night."""
    columns = ", ".join(f'v."{name}"' for name in schema.names)
    order = ", ".join(f'v."{name}"' for name in ("article_id", *(n for n in ("start", "rule", "text") if n in schema.names)))
    query = f"SELECT {columns} FROM {view} v WHERE v.article_id IN :keys ORDER BY {order}"  # noqa: S608
    text = sa.text(query).bindparams(sa.bindparam("keys", expanding=True))
    of_night = sa.select(articles.c.article_id).where(articles.c.first_run_date == date.fromisoformat(night))
    for keys in batched(sorted(connection.execute(of_night).scalars()), KEYS_AT_ONCE):
        yield from map(tuple, connection.execute(text, {"keys": keys}))


def _rows(connection: Connection, view: str, schema: pa.Schema) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(f'"{name}"' for name in schema.names)
    order = ", ".join(f'"{name}"' for name in schema.names[:4])
    yield from map(tuple, connection.execute(sa.text(f"SELECT {columns} FROM {view} ORDER BY {order}")))  # noqa: S608


def _write(rows: Iterable[tuple[Any, ...]], schema: pa.Schema, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    path, total = folder / "part.parquet", 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in batched(rows, ROWS_PER_GROUP):
            arrays = [_array(values, field.type) for values, field in zip(zip(*chunk, strict=True), schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            total += len(chunk)
    _sync(path)
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()[:12]
    name = f"part-{digest}.parquet"
    path.rename(folder / name)
    return {"file": name, "rows": total}


def _array(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """Return the values as a column; SQLite hands over times, dates and JSON as text."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        read = datetime.fromisoformat
        return pa.array([read(v) if isinstance(v, str) else v for v in values], kind)
    if pa.types.is_list(kind):
        return pa.array([json.loads(v) if isinstance(v, str) else v for v in values], kind)
    return pa.array(values, kind)


def _link(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True)
    try:
        new.hardlink_to(old)
    except OSError:  # a file system without hard links
        shutil.copyfile(old, new)
        _sync(new)


def _sync(path: Path) -> None:
    """Have a file on the disk: one that a power cut left empty would be linked into every later version."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _identity(run_date: str, root: Path, manifest: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the name of a version. The folder is part of it: after a move the DuckDB file, which names it, is made again."""
    content = [str(root), *sorted((where, str(file["file"])) for where, file in manifest.items())]
    return f"{run_date}-{hashlib.sha256(repr(content).encode()).hexdigest()[:12]}"


def _write_duckdb(version: Path, manifest: Mapping[str, Any]) -> None:
    """Write the DuckDB file: a view over the Parquet files of each view that has any. It names them by their full path."""
    import duckdb  # its library is large, and only publishing needs it

    file = str(version / "copydesk.duckdb").replace("'", "''")
    folder = glob.escape(str(version))  # DuckDB takes * ? [ for a pattern, and a folder may have them in its name
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{file}' AS published (STORAGE_VERSION '{DUCKDB_STORAGE}')")
        for view, schema in (*BY_NIGHT.items(), *WHOLE.items()):
            if any(where.split("/")[0] == view for where in manifest):
                files = f"{folder}/{view}/{'*/' if view in BY_NIGHT else ''}*.parquet".replace("'", "''")
                columns = ", ".join([*(f'"{name}"' for name in schema.names), *([DATE_OF_FILE] if view in BY_NIGHT else [])])
                found = f"read_parquet('{files}', hive_partitioning = false, filename = true)"
                connection.execute(f"CREATE VIEW published.{view} AS SELECT {columns} FROM {found}")  # noqa: S608


def _switch(root: Path, new: Path, version: Path, before: Path | None, manifest: Mapping[str, Any]) -> None:
    """Put the version in its place, point `current` to it in one rename, and remove what no reader can have open."""
    if version.exists():
        shutil.rmtree(version)
    new.rename(version)
    _write_duckdb(version, manifest)  # a view is bound when it is made: its files must be in their place
    _point(root / "current", f"versions/{version.name}")
    _point(root / "copydesk.duckdb", "current/copydesk.duckdb")
    kept = {version.name, before.name if before else version.name}  # by name: the folder may be reached by way of a link
    for old in (root / "versions").iterdir():
        if old.name not in kept:
            shutil.rmtree(old, ignore_errors=True)


def _point(link: Path, target: str) -> None:
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        raise ConfigError(
            f"COPYDESK_PUBLISH: {str(link.parent)!r} is on a file system without symbolic links ({error.strerror}), by which"
            " readers come from one version to the next; name a folder on another"
        ) from error
    try:
        temporary.replace(link)
    except IsADirectoryError as error:
        temporary.unlink()
        raise ConfigError(
            f"COPYDESK_PUBLISH: {str(link)!r} is a folder and should be a link"
            " (a copy followed the links); remove it and publish again"
        ) from error
