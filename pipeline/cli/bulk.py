"""Commands from JSON Lines to JSON Lines: `clean`, `dedup`."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.cli.arguments import MASTER_HELP, Commands, add_command, check_master
from pipeline.config import ENGINES, Settings
from pipeline.errors import ConfigError


def add_bulk(commands: Commands) -> None:
    """Add `clean` and `dedup`."""
    clean = add_command(
        commands, "clean", _clean, "clean many pages or texts: JSON Lines in, JSON Lines out, .gz and .zst by suffix, - for a pipe",
        example="copydesk clean pages.jsonl.gz --output clean.jsonl.zst",
    )  # fmt: skip
    clean.add_argument("source", metavar="IN", help='lines of {"id","url"?,"html"} or {"id","url"?,"text"}')
    clean.add_argument(
        "--output", required=True, metavar="OUT",
        help='one line per input line, in the same order: {"id", "url", "title", "text", "authors", "published_at", '
        '"published_basis", "language", "page_kind", "dropped": [{"index", "text", "rule"}], "error"}',
    )  # fmt: skip

    dedup = add_command(
        commands, "dedup", _dedup, "find near-duplicates and reused passages: JSON Lines in, JSON Lines out",
        example="copydesk dedup tonight.jsonl --output stories.jsonl --index seen/",
    )  # fmt: skip
    dedup.add_argument("source", metavar="IN", help='lines of {"id","url","site","title","text","published_at"}')
    dedup.add_argument(
        "--output", required=True, metavar="OUT",
        help='one line per input line, in the same order: {"id", "story_id", "canonical_id", "relation", "score", '
        '"reuse": [{"source_id", "start", "end", "words"}]}',
    )  # fmt: skip
    dedup.add_argument(
        "--engine", choices=ENGINES, help="where to work: in this process, or on Spark (default: the settings', else process)"
    )
    dedup.add_argument("--master", metavar="URL", help=MASTER_HELP)
    dedup.add_argument("--index", metavar="DIR", help="compare with all that was given before with this folder, and add to it")


def _clean(options: argparse.Namespace, settings: Settings) -> int:
    _check_not_same(options.source, options.output)
    from pipeline.clean.bulk import clean_file

    clean_file(options.source, options.output, settings)
    return 0


def _dedup(options: argparse.Namespace, settings: Settings) -> int:
    _check_not_same(options.source, options.output)
    engine = options.engine or ("process" if options.index else settings.dedup_engine)
    check_master(options.master, engine)
    if engine == "spark":
        if options.index:
            raise ConfigError(f"--index {options.index}: is for --engine process; Spark decides on all documents of one call")
        from pipeline.dedup.spark.bulk import dedup_file as dedup_on_spark

        dedup_on_spark(options.source, options.output, options.master or settings.spark_master or None)
        return 0
    from pipeline.dedup.bulk import dedup_file

    dedup_file(options.source, options.output, options.index, settings)
    return 0


def _check_not_same(source: str, output: str) -> None:
    if "-" not in (source, output) and Path(output).exists() and Path(source).exists() and Path(source).samefile(output):
        raise ConfigError(f"--output {output}: is the input itself, which would be lost; name another file")
