"""Write docs/data-dictionary.md and docs/queries.md from the comments of the schema and of the query files.

`python -m pipeline.warehouse.dictionary` writes them, with `--check` it only says whether they are current.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from pipeline.errors import ConfigError
from pipeline.warehouse.sqlfiles import SqlFile, sql_files, sql_folder
from pipeline.warehouse.tables import metadata

DICTIONARY_HEAD = """# Data dictionary

Generated from the comments of the schema by `python -m pipeline.warehouse.dictionary`: edit `pipeline/warehouse/tables.py`
and `sql/`, not this file. In PostgreSQL the same text is in the database (`\\d+ articles`).

Times are UTC with their zone: `timestamptz` in PostgreSQL, ISO 8601 text that ends in `+00:00` in SQLite (it sorts by time, and
`datetime()`, `strftime()` and `julianday()` read it). In SQLite compare it with text of its form, as in
`published_at >= '2026-11-20T12:00'`: with a space in place of the `T` that is true of every time of the day. Where only the day of
a publication is known (`published_precision` is `day`) the time is midnight UTC, which is another day in a zone west of it. Dates
are `date`, in SQLite text `YYYY-MM-DD`. JSON is `jsonb`, in SQLite text; in both `CAST(authors AS TEXT) LIKE '%Jane Doe%'` finds a
name.

Words are counted as the script parts them; of one that puts no space between them each letter is a word. The site of a document
without a URL is the id of its source.

Start from the views; the tables are what they are made of. Rows are added and updated, never deleted, but for the parts of an
article that are replaced with it (its dropped blocks and passages) and for what is counted again of a run (`stage_reports`,
`run_…`, `rule_samples`, `dedup_index`).
"""

QUERIES_HEAD = """# Query cookbook

Generated from `sql/queries/` by `python -m pipeline.warehouse.dictionary`. Every query runs as it stands on SQLite and PostgreSQL,
and a test runs it on both; what it says of a night of the sample newsroom is held against the newsroom's own answers.

| with | open the warehouse |
|---|---|
| Copydesk | `copydesk sql "$(cat sql/queries/stories_of_last_night.sql)"`; with `--csv`, for a file |
| SQLite | `sqlite3 -readonly data/warehouse.db < sql/queries/stories_of_last_night.sql` |
| PostgreSQL | `psql "$COPYDESK_WAREHOUSE_URL" -f sql/queries/stories_of_last_night.sql` |
| DuckDB | `duckdb -readonly data/published/copydesk.duckdb "SELECT title, copies FROM clean_articles"` |
| pandas | `pandas.read_parquet(realpath("data/published/current") + "/clean_articles")` |
| polars | `polars.scan_parquet(realpath("data/published/current") + "/clean_articles/**/*.parquet", hive_partitioning=True)` |

The published files hold the views `clean_articles`, `article_copies`, `dropped_lines`, `passage_reuse`, `nightly_funnel` and
`source_quality`; the first four are divided by `date`, the night that brought the article (a date, of which pandas makes a category
of texts). They are replaced in one step after each load that passes the checks of `sql/checks/`, and readers may keep the version
before open: `os.path.realpath` holds to one, where a reader through `current` itself may list the files of one and open those
of the next. The DuckDB file names the Parquet files by their full path: after moving the folder, publish again. Any DuckDB since
1.2 opens it; these lines were tried with DuckDB's command line 1.5.6, duckdb 2.0.1, pandas 3.1.1 and polars 2.1.0 (pyarrow 26.0.1).
"""

SEARCH_HEAD = """## Full-text search

Off until the setting `full_text` turns it on; then every load keeps the index, and turning it off takes it away. `:words` is what
you look for, such as `'river flood'`.
"""


def data_dictionary() -> str:
    """Return the data dictionary as Markdown."""
    return "\n".join([DICTIONARY_HEAD, "## Views", "", *_views(), "## Tables", "", *_tables()]).rstrip() + "\n"


def cookbook() -> str:
    """Return the query cookbook as Markdown."""
    parts = [QUERIES_HEAD]
    for file in sql_files("queries"):
        parts += [f"## {file.name.replace('_', ' ').capitalize()}", "", file.comment, "", *_query(file)]
    parts += [SEARCH_HEAD]
    for dialect, name in (("postgresql", "PostgreSQL"), ("sqlite", "SQLite")):
        (query,) = (file for file in sql_files(f"search/{dialect}") if file.name == "query")
        parts += [f"{name}: {query.comment}", "", *_query(query)]
    return "\n".join(parts).rstrip() + "\n"


def _query(file: SqlFile) -> list[str]:
    """Return the lines that show what a file asks, without its comments."""
    body = "\n".join(line for line in file.text.splitlines() if not line.startswith("--"))
    return ["```sql", body.strip(), "```", ""]


def documents() -> dict[Path, str]:
    """Return what each generated file should hold."""
    docs = sql_folder().parent / "docs"
    return {docs / "data-dictionary.md": data_dictionary(), docs / "queries.md": cookbook()}


def _views() -> Iterator[str]:
    for file in sql_files("views", "postgresql"):
        yield from (f"### {file.name}", "", file.comment, "", "| column | meaning |", "|---|---|")
        yield from (f"| `{name}` | {_cell(meaning)} |" for name, meaning in file.columns.items())
        yield ""


def _tables() -> Iterator[str]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.tables.values():
        yield from (f"### {table.name}", "", f"{table.comment}.", "", "| column | type | null | meaning |", "|---|---|---|---|")
        for column in table.columns:
            name = f"**`{column.name}`**" if column.primary_key else f"`{column.name}`"
            kind = column.type.compile(dialect=dialect).lower().replace("timestamp with time zone", "timestamptz")
            yield f"| {name} | {kind} | {'yes' if column.nullable else ''} | {_cell(column.comment or '')} |"
        indexes = sorted((index for index in table.indexes), key=lambda index: str(index.name))
        yield from (
            "",
            f"Key: {_columns(table.primary_key.columns)}." + "".join(f" Index: {_columns(i.columns)}." for i in indexes),
            "",
        )


def _columns(columns: sa.sql.expression.ColumnCollection[str, sa.Column[object]]) -> str:
    return ", ".join(f"`{column.name}`" for column in columns)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the documents, or check them; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.warehouse.dictionary", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    options = parser.parse_args(arguments)
    wanted = documents()
    if not next(iter(wanted)).parent.is_dir():
        raise ConfigError("the folder docs/ is not there: run this in a clone of the repository")
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if options.check:
            print(f"{path.name} is not current: run python -m pipeline.warehouse.dictionary")
        else:
            path.write_text(wanted[path], encoding="utf-8")
            print(f"wrote {path}")
    return int(bool(stale) and options.check)


if __name__ == "__main__":
    raise SystemExit(main())
