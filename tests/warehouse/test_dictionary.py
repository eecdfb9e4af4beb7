"""The generated documents are current and complete."""

from __future__ import annotations

from pipeline.warehouse.dictionary import cookbook, data_dictionary, documents, main
from pipeline.warehouse.sqlfiles import sql_files
from pipeline.warehouse.tables import metadata


def test_the_documents_are_current() -> None:
    assert main(["--check"]) == 0
    assert {path.name for path in documents()} == {"data-dictionary.md", "queries.md"}


def test_every_table_and_column_is_described() -> None:
    text = data_dictionary()
    for table in metadata.sorted_tables:
        assert f"### {table.name}" in text
        assert table.comment
        assert all(column.comment for column in table.columns), table.name


def test_every_query_is_in_the_cookbook() -> None:
    text = cookbook()
    assert all(file.comment in text for file in sql_files("queries"))
