"""The `dedup` command on Spark: the answers of the single process, in the same order."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from pipeline.dedup.bulk import answer_of, document_version, malformed, read_line
from pipeline.dedup.params import DedupParams
from pipeline.dedup.spark.documents import DOCUMENT
from pipeline.dedup.spark.engine import SparkResult, detect
from pipeline.dedup.spark.frames import batch, kept, mapped, pack, unpack
from pipeline.dedup.spark.session import check_installed, session
from pipeline.json_lines import open_output, read_lines, tell_malformed
from pipeline.records import Relation, Reuse, StageReport, StoryMember

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

logger = logging.getLogger(__name__)

_LINE = f"file binary, start long, place long, answer binary, numbers boolean, published binary, version binary, {DOCUMENT}"
_ANSWER = "file binary, start long, place long, outcome binary, answer binary"
_ORDER = ("file", "start", "place")
_PATTERN = set("*?[]{}\\")
_UNREAD = ("_", ".")  # names that begin so are passed over


def dedup_file(source: str, target: str, master: str | None, params: DedupParams | None = None) -> StageReport:
    """Read documents from `source`, write one answer a line to `target`, in the same order.

    Both are files here or addresses that Spark knows (`s3a://…`, `hdfs://…`); `source` may be a folder, and `target` becomes
    one of many files where it is an address or ends with a slash.
    """
    check_installed()
    with _readable(source) as name, session(master) as spark:
        answers = _answers(spark, name, params or DedupParams()).sort(*_ORDER)
        if "://" in target or target.endswith("/"):
            outcomes = _write_folder(answers, target)
        else:
            outcomes = Counter()
            with open_output(target) as output:
                for answer in _counted(answers, outcomes):
                    output.write(answer + b"\n")
    tell_malformed(source, outcomes["malformed"], outcomes.total())
    logger.info("%s: %d lines: %s", source, outcomes.total(), dict(sorted(outcomes.items())))
    return StageReport("dedup", "", "bulk", outcomes.total(), dict(sorted(outcomes.items())))


def _counted(answers: DataFrame, outcomes: Counter[str]) -> Iterator[bytes]:
    for row in answers.select("outcome", "answer").toLocalIterator():
        outcomes[row.outcome.decode()] += 1
        yield bytes(row.answer)


def _write_folder(answers: DataFrame, target: str) -> Counter[str]:
    answers = kept(answers)
    answers.selectExpr("CAST(answer AS STRING) AS value").write.mode("overwrite").text(target)
    return Counter({row.outcome.decode(): row["count"] for row in answers.groupBy("outcome").count().collect()})


@contextmanager
def _readable(source: str) -> Iterator[str]:
    """Give the source as Spark can read it: what is no file, or one that Spark would read in another way, is copied first."""
    if "://" in source or Path(source).is_dir():
        yield source
        return
    place = Path(source).parent.resolve() / Path(source).name  # of a link its own name says how it is packed
    if place.is_file() and _as_we_do(place):
        yield f"file://{place}"
        return
    folder = tempfile.mkdtemp(prefix="copydesk-spark-")
    try:
        copy = Path(folder, "lines.jsonl")
        with copy.open("wb") as out:
            out.writelines(line.rstrip(b"\n") + b"\n" for line in read_lines(source))
        yield f"file://{copy}"
    finally:
        shutil.rmtree(folder)


def _as_we_do(place: Path) -> bool:
    """Say whether Spark reads a file of such a name, and unpacks it, as one process does."""
    suffix = place.suffix
    return not (_PATTERN & set(str(place)) or place.name.startswith(_UNREAD) or suffix == ".zst" or suffix != suffix.lower())


def _answers(spark: SparkSession, source: str, params: DedupParams) -> DataFrame:
    from pyspark.sql import Window
    from pyspark.sql.functions import col, row_number

    lines = kept(mapped(_lines(spark, source), _read, _LINE))
    newest = Window.partitionBy("id").orderBy(col("published").desc(), col("version").desc(), *_ORDER)
    ranked = lines.filter("id IS NOT NULL").withColumn("rank", row_number().over(newest))
    documents = kept(ranked.filter("rank = 1"))
    result = detect(documents.select(*(part.split()[0] for part in DOCUMENT.split(", "))), params)
    answered = mapped(_joined(lines, documents, result), _answer, _ANSWER)
    broken = lines.filter("id IS NULL").selectExpr(*_ORDER, "CAST('malformed' AS BINARY) AS outcome", "answer")
    return answered.union(broken)


def _lines(spark: SparkSession, source: str) -> DataFrame:
    """Return each line with where it stands: the file, the block of it, and a number that grows within the block."""
    return spark.read.text(source, lineSep="\n").selectExpr(
        "CAST(value AS BINARY) AS value",
        "CAST(_metadata.file_path AS BINARY) AS file",
        "_metadata.file_block_start AS start",
        "monotonically_increasing_id() AS place",
    )


def _read(part: pa.RecordBatch) -> pa.RecordBatch:
    rows = []
    for value, *where in zip(*(part[name].to_pylist() for name in ("value", *_ORDER)), strict=True):
        if not value.strip():
            continue
        line = read_line(value)
        if line.document is None:
            rows.append((*where, json.dumps(malformed(line)).encode(), *[None] * 11))
            continue
        d = line.document
        fields = (d.id, d.url, d.site, d.title, d.text, d.published_at, d.canonical_url, d.wire_credit)
        rows.append((*where, None, isinstance(line.given, int), *map(pack, document_version(d)), *map(pack, fields)))
    return batch(_LINE, list(zip(*rows, strict=True)) or [[]] * 15)


def _joined(lines: DataFrame, documents: DataFrame, result: SparkResult) -> DataFrame:
    """Return the lines that are documents with their member, and their passages where the text is the one compared."""
    members = result.members.select("id", "story_id", "canonical_id", "relation", "score")
    taken = result.reuse.groupBy("id").agg(_list_of_passages())
    compared = documents.selectExpr("id", "xxhash64(content) AS compared", "length(content) AS size")
    every = lines.filter("id IS NOT NULL").selectExpr(
        *_ORDER, "id", "numbers", "xxhash64(content) AS own", "length(content) AS own_size"
    )
    joined = every.join(compared, "id").join(members, "id").join(taken, "id", "left")
    return joined.withColumn("same", (joined.own == joined.compared) & (joined.own_size == joined.size))


def _list_of_passages() -> Any:
    from pyspark.sql.functions import array_sort, collect_list, struct

    return array_sort(collect_list(struct("start", "source_id", "stop", "words"))).alias("passages")


def _answer(part: pa.RecordBatch) -> pa.RecordBatch:
    rows = []
    for row in part.to_pylist():
        identity, story, canonical, relation = (unpack(row[name]) or "" for name in ("id", "story_id", "canonical_id", "relation"))
        member = StoryMember(identity, story, canonical, cast(Relation, relation), row["score"], "")
        passages = row["passages"] or () if row["same"] else ()
        reuse = [Reuse(member.article_id, unpack(p["source_id"]) or "", p["start"], p["stop"], p["words"]) for p in passages]
        answer = json.dumps(answer_of(member, reuse, numbers=row["numbers"])).encode()
        rows.append((*(row[name] for name in _ORDER), row["relation"], answer))
    return batch(_ANSWER, list(zip(*rows, strict=True)))
