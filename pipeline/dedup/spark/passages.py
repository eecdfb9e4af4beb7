"""Passages taken from other stories: what texts share, which are stitched, what too many stories have, who took from whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.dedup.boilerplate import mark_common
from pipeline.dedup.members import composites_of
from pipeline.dedup.params import DedupParams
from pipeline.dedup.reuse import Passage, taken, text_words
from pipeline.dedup.shared import Shared, common_rows, is_stitched, share, units_of
from pipeline.dedup.sketch import encode
from pipeline.dedup.spark.frames import Integers, Numbers, Tables, batch, grouped, integers, kept, pack, texts_of
from pipeline.dedup.spark.verify import by_number, read_verdicts, sorted_pairs, with_texts
from pipeline.dedup.took import Holding, Standing
from pipeline.dedup.words import read_words

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SHARE = "text long, other long, story long, other_story long, words long, other_words long, ranges binary, slight boolean"
_STITCHED = "text long"
PASSAGE = "text long, source long, start long, stop long, words long, composite binary"
_SIDE = ("insert", "since", "texts", "story", "canonical", "members", "time", "stitched", "words")
Shingles = npt.NDArray[np.uint32]


def find_passages(
    pairs: DataFrame, texts: DataFrame, stories: DataFrame, heads: DataFrame, holders: DataFrame, bins: int, params: DedupParams
) -> DataFrame:
    """Return the rows of `PASSAGE`: passages, and for a stitched text a row with what its proof says of it.

    `stories` has the (text, story) of texts with copies, `heads` the (story, head_text) of stories with several documents,
    `holders` the (shingle, text) of shingles that many texts hold.
    """
    from pyspark.sql.functions import col, lit, pmod, xxhash64

    told = texts.join(stories, "text", "left").selectExpr("text", "coalesce(story, text) AS story", "earliest AS time")
    told = kept(told)
    held = kept(holders.join(told, "text").select("shingle", "text", "story"))
    shares = kept(_shares(pairs, texts, told, _common_shingles(held, params.bucket), bins, params))
    binned = shares.withColumn("bin", pmod(xxhash64(col("text")), lit(bins)))
    stitched = kept(grouped({"shares": binned}, "bin", _stitched, _STITCHED))
    common = _common_shingles(held.join(stitched, "text", "left_anti"), params.common)
    sided = _with_sides(binned, told, heads, stitched)
    frames = {"shares": sided, "texts": binned.select("bin", "text").distinct().join(texts.select("text", "content"), "text")}
    return grouped(frames, "bin", lambda tables: _taken(tables, common, params), PASSAGE)


def _common_shingles(held: DataFrame, limit: int) -> Shingles:
    """Return the shingles that more than `limit` stories hold, sorted: four bytes each come to the driver, and go to all."""
    counted = held.select("shingle", "story").distinct().groupBy("shingle").count().filter(f"count > {limit}")
    return np.sort(counted.select("shingle").toArrow()["shingle"].to_numpy()).astype(np.uint32)


def _shares(pairs: DataFrame, texts: DataFrame, told: DataFrame, hot: Shingles, bins: int, params: DedupParams) -> DataFrame:
    for side in ("a", "b"):
        pairs = pairs.join(told.selectExpr(f"text AS {side}", f"story AS story_{side}"), side)
    frames = with_texts(pairs.filter("story_a <> story_b"), texts, [], bins)

    def find(tables: Tables) -> pa.Table:
        table, a, b = sorted_pairs(tables["pairs"])
        numbers = Numbers(a, b)
        words = read_words(encode(texts_of(by_number(tables["texts"])["content"])))
        _, zones, verdicts = read_verdicts(table, params)
        places = np.stack([numbers.places(a), numbers.places(b)], axis=1)
        story = np.zeros(len(numbers.all), np.int64)
        story[places[:, 0]], story[places[:, 1]] = integers(table["story_a"]), integers(table["story_b"])
        marks = mark_common(words, hot, params)

        def common(texts: Integers, ranges: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
            return common_rows(ranges, words.low[texts], marks)

        found = share(places, zones, verdicts, story.tolist(), units_of(words), common, params)
        shares = [(text, shared) for text, partners in found.items() for shared in partners]
        text, other = np.array([(text, shared.other) for text, shared in shares], np.int64).reshape(-1, 2).T
        ranges = [np.array(shared.ranges, np.int32).tobytes() for _, shared in shares]
        sizes = words.high - words.low
        columns = [numbers.all[text], numbers.all[other], story[text], story[other], sizes[text], sizes[other]]
        return pa.Table.from_batches([batch(_SHARE, [*columns, ranges, [shared.slight for _, shared in shares]])])

    return grouped(frames, "bin", find, _SHARE)


def _partners(table: pa.Table) -> tuple[pa.Table, list[tuple[int, slice]]]:
    """Return shares in the order of their texts, and the rows of each text."""
    table = table.sort_by([("text", "ascending"), ("other", "ascending")])
    texts, starts = np.unique(integers(table["text"]), return_index=True)
    ends = np.append(starts[1:], len(table))
    return table, [(text, slice(*own)) for text, *own in zip(texts.tolist(), starts.tolist(), ends.tolist(), strict=True)]


def _shared(other: int, ranges: bytes, slight: bool) -> Shared:
    return Shared(other, tuple((start, end) for start, end in np.frombuffer(ranges, np.int32).reshape(-1, 2).tolist()), slight)


def _stitched(tables: Tables) -> pa.Table:
    table, rows = _partners(tables["shares"])
    story, words = integers(table["other_story"]).tolist(), integers(table["words"]).tolist()
    ranges, slight = table["ranges"].to_pylist(), table["slight"].to_pylist()
    found = []
    for text, own in rows:
        partners = [_shared(place, *part) for place, part in enumerate(zip(ranges[own], slight[own], strict=True))]
        if is_stitched(partners, story[own], words[own.start]):
            found.append(text)
    return pa.Table.from_batches([batch(_STITCHED, [found])])


def _with_sides(shares: DataFrame, told: DataFrame, heads: DataFrame, stitched: DataFrame) -> DataFrame:
    """Return the shares with what is known of both texts, and who in the story of either has what it shares, since when."""
    from pyspark.sql.functions import expr

    grown = told.groupBy("story").agg({"text": "count", "time": "min"}).toDF("story", "members", "story_time")
    cut = stitched.selectExpr("text", "true AS cut")
    known = told.join(grown, "story").join(heads, "story", "left").join(cut, "text", "left")
    known = known.selectExpr(
        "text",
        "story",
        "coalesce(head_text, story) AS canonical",
        "members",
        "time",
        "story_time",
        "coalesce(cut, false) AS stitched",
    )
    met = shares.select("text", "other").distinct().join(known, "text").groupBy("story", "other")
    since = met.agg(
        expr("max(text = canonical) AS headed"),
        expr("min(time) AS met_time"),
        expr("min(story_time) AS story_time"),
        expr("count(1) AS texts"),
    ).selectExpr("story", "other", "NOT headed AS insert", "IF(headed, story_time, met_time) AS since", "texts")
    known = known.drop("story_time")
    others = known.toDF(*(name if name == "text" else f"other_{name}" for name in known.columns)).withColumnRenamed("text", "other")
    back = since.toDF("other_story", "text", "other_insert", "other_since", "other_texts")
    sided = shares.drop("story", "other_story").join(known, "text").join(others, "other")
    return sided.join(since, ["story", "other"]).join(back, ["other_story", "text"])


def _taken(tables: Tables, common: Shingles, params: DedupParams) -> pa.Table:
    table, rows = _partners(tables["shares"])
    texts = by_number(tables["texts"])
    contents = texts_of(texts["content"])
    words = read_words(encode(contents))
    marks = mark_common(words, common, params)
    own_sides, other_sides = _standings(table, ""), _standings(table, "other_")
    others, ranges, slight = integers(table["other"]).tolist(), table["ranges"].to_pylist(), table["slight"].to_pylist()
    found: list[Passage] = []
    for place, (_, own) in enumerate(rows):
        shares = [_shared(others[row], ranges[row], slight[row]) for row in range(own.start, own.stop)]
        partners = list(zip(shares, own_sides[own], other_sides[own], strict=True))
        found += taken(place, partners, text_words(words, place, marks), params)
    numbers = integers(texts["text"])
    composites = composites_of(found, list(map(len, contents)))
    return pa.Table.from_batches([_passage_rows(found, numbers), _composite_rows(composites, numbers)])


def _standings(table: pa.Table, prefix: str) -> list[Standing]:
    columns = [table[prefix + name].to_pylist() for name in _SIDE]
    return [Standing(Holding(*row[:3]), *row[3:]) for row in zip(*columns, strict=True)]


def _passage_rows(found: list[Passage], numbers: Integers) -> pa.RecordBatch:
    rows = [(numbers[p.document], p.source, p.start, p.end, p.words, None) for p in found]
    return batch(PASSAGE, list(zip(*rows, strict=True)) or [[]] * 6)


def _composite_rows(composites: dict[int, dict[str, Any]], numbers: Integers) -> pa.RecordBatch:
    nothing = [None] * len(composites)
    proofs = [pack(json.dumps(proof)) for proof in composites.values()]
    return batch(PASSAGE, [numbers[list(composites)], *[nothing] * 4, proofs])
