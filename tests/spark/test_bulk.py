from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Settings
from pipeline.dedup.bulk import dedup_file
from pipeline.dedup.spark.bulk import dedup_file as dedup_on_spark
from pipeline.errors import ConfigError
from tests.spark.corpus import corpus

FIELDS = ("id", "url", "site", "title", "text", "published_at", "canonical_url", "wire_credit")
BROKEN = ["not json", "[1]", '{"text": "no id"}', '{"id": 7, "text": "x"}', '{"id": "q", "text": 7}', "", "  "]


def write(path: Path, families: int) -> None:
    lines = [json.dumps({name: getattr(document, name) for name in FIELDS}) for document in corpus(4, families)]
    again = json.loads(lines[3]) | {"text": "A later version of it.", "published_at": "2024-04-01"}
    text = "\n".join([*lines[:5], *BROKEN, *lines[5:], json.dumps(again)]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.mark.parametrize("name", ["in.jsonl", "in [1].jsonl.gz"])
def test_the_files_are_equal_to_the_byte(spark: Any, tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    write(source, 3)
    report = dedup_file(str(source), str(tmp_path / "one.jsonl"), None, Settings())
    assert dedup_on_spark(str(source), str(tmp_path / "spark.jsonl"), None) == report
    assert (tmp_path / "spark.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


def test_a_folder_is_written_where_one_is_named(spark: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    write(source, 2)
    report = dedup_file(str(source), str(tmp_path / "one.jsonl"), None, Settings())
    assert dedup_on_spark(str(source), f"{tmp_path}/out/", None) == report
    parts = sorted((tmp_path / "out").glob("part-*"))
    assert b"".join(part.read_bytes() for part in parts) == (tmp_path / "one.jsonl").read_bytes()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.jsonl: cannot be read"):
        dedup_on_spark(str(tmp_path / "missing.jsonl"), str(tmp_path / "out.jsonl"), "local[1]")
