from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Settings
from pipeline.dedup.bulk import dedup_file
from pipeline.dedup.spark.bulk import _readable
from pipeline.dedup.spark.bulk import dedup_file as dedup_on_spark
from pipeline.errors import ConfigError
from tests.spark.corpus import corpus

FIELDS = ("id", "url", "site", "title", "text", "published_at", "canonical_url", "wire_credit")
BROKEN = ["not json", "[1]", '{"text": "no id"}', '{"id": 7.5, "text": "x"}', '{"id": "q", "text": 7}', "", "  "]


def test_the_files_are_equal_to_the_byte(spark: Any, tmp_path: Path) -> None:
    lines = [json.dumps({name: getattr(document, name) for name in FIELDS}) for document in corpus(4, families=3)]
    again = json.loads(lines[3]) | {"text": "A later version of it.", "published_at": "2024-04-01"}
    source = tmp_path / "in [1].jsonl.gz"
    numbered = json.dumps(json.loads(lines[0]) | {"id": 7})
    source.write_bytes(gzip.compress("\n".join([*lines[:5], *BROKEN, *lines[5:], json.dumps(again), numbered]).encode()))
    report = dedup_file(str(source), str(tmp_path / "one.jsonl"), None, Settings())
    assert dedup_on_spark(str(source), str(tmp_path / "spark.jsonl"), None) == report
    assert report.outcomes["malformed"] == len(BROKEN) - 2
    assert (tmp_path / "spark.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


@pytest.mark.parametrize("name", ["_in.jsonl", ".in.jsonl", "in.jsonl.GZ", "in.jsonl.gz"])
def test_a_file_is_read_whatever_its_name_is(spark: Any, tmp_path: Path, name: str) -> None:
    """Spark passes over names that begin with a line or a point, unpacks by small letters, and a link may lead to any name."""
    line = '{"id": "a"}'
    content, source = tmp_path / "content", tmp_path / name
    content.write_bytes(gzip.compress(line.encode()) if name.lower().endswith(".gz") else line.encode())
    source.symlink_to(content)
    with _readable(str(source)) as address:
        assert [row.value for row in spark.read.text(address).collect()] == [line]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.jsonl' cannot be read"):
        dedup_on_spark(str(tmp_path / "missing.jsonl"), str(tmp_path / "out.jsonl"), "local[1]")


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--engine", "spark"], {"JAVA_HOME": "/nowhere"}, "JAVA_HOME is '/nowhere', which has no bin/java"),
        (["--engine", "spark"], {"PATH": "/nowhere"}, "there is no Java; install one"),
        (["--engine", "spark", "--index", "seen"], {}, "--index seen: is for --engine process"),
        (["--engine", "process", "--master", "local[1]"], {}, "--master local[1]: is for --engine spark"),
        ([], {"COPYDESK_DEDUP_ENGINE": "flink"}, "COPYDESK_DEDUP_ENGINE must be process or spark, got 'flink'"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_a_line(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("{}\n")
    command = [sys.executable, "-m", "pipeline", "dedup", str(source), "--output", str(tmp_path / "out"), *arguments]
    plain = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    done = subprocess.run(command, env=plain | environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


def test_java_that_runs_out_of_memory_ends_the_command(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "large", "text": "word " * 40_000_000}) + "\n")
    command = [sys.executable, "-m", "pipeline", "dedup", str(source), "--engine", "spark", "--master", "local[1]", "--output", "-"]
    small = os.environ | {"SPARK_DRIVER_MEMORY": "460m"}
    small.pop("PYSPARK_SUBMIT_ARGS", None)
    done = subprocess.run(command, env=small, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Java ran out of memory or was killed; give it more: SPARK_DRIVER_MEMORY=4g" in done.stderr
    assert "Traceback" not in done.stderr
