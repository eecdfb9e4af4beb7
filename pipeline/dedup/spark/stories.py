"""Stories of each component of copies, the canonical of each story, and where every document stands in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.dedup import Document
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.collection import Collection
from pipeline.dedup.members import find_heads, members_of
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import encode
from pipeline.dedup.spark.components import components
from pipeline.dedup.spark.documents import Corpus
from pipeline.dedup.spark.frames import Numbers, Tables, batch, grouped, integers, kept, mapped, pack, texts_of
from pipeline.dedup.spark.verify import Verified, add_tallies, by_number, count_pairs, read_measures, read_verdicts, sorted_pairs
from pipeline.dedup.stitched import Kin
from pipeline.dedup.stories import join_stories
from pipeline.dedup.words import read_words

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_STORY = "text long, story long"
_SITE = "site binary, first long, seen long"
MEMBER = (
    "number long, head long, head_text long, story_id binary, canonical_id binary, relation binary, score double, "
    "reason binary, proof binary"
)
_GIVEN = ("id", "url", "site", "canonical_url", "wire_credit")


def find_stories(verified: Verified, texts: DataFrame, bins: int, params: DedupParams) -> DataFrame:
    """Return (text, story) of the texts that have a copy; the story has the number of its smallest text.

    Stories are joined within components of copies: no verdict crosses these. Each gets all pairs of its texts, since what
    other texts cover of one, and when they came, says whether it is stitched, and the likely copies among all of these.
    """
    from pyspark.sql.functions import col, lit, pmod, xxhash64

    parts = components(verified.pairs.filter("copied")).withColumn("bin", pmod(xxhash64(col("component")), lit(bins)))
    sides = [verified.pairs.join(parts.selectExpr(f"text AS {side}", "bin"), side) for side in ("a", "b")]
    frames = {"pairs": kept(sides[0].unionByName(sides[1])), "texts": parts.select("bin", "text")}
    near = kept(frames["pairs"].selectExpr("bin", "a AS text").union(frames["pairs"].selectExpr("bin", "b")).distinct())
    ends = [near.withColumnRenamed("text", side) for side in ("a", "b")]
    frames["times"] = near.join(texts.select("text", "time"), "text")
    frames["kin"] = verified.likely.join(ends[0], "a").join(ends[1], ["bin", "b"])

    def join(tables: Tables) -> pa.Table:
        pairs, a, b = sorted_pairs(tables["pairs"])
        numbers = Numbers(a, b)
        measures, zones, verdicts = read_verdicts(pairs, params)
        times = by_number(tables["times"])["time"].to_pylist()
        own = numbers.places(integers(tables["texts"]["text"]))
        places = np.stack([numbers.places(a), numbers.places(b)], axis=1)
        akin, *ends = sorted_pairs(tables["kin"])
        kin = Kin(np.stack([numbers.places(end) for end in ends], axis=1), read_measures(akin["measures"]))
        story = join_stories(len(times), places, measures, zones, verdicts, times, kin, params)
        return pa.Table.from_batches([batch(_STORY, [numbers.all[own], numbers.all[np.asarray(story)[own]]])])

    return grouped(frames, "bin", join, _STORY)


def count_sites(verified: Verified, corpus: Corpus) -> SiteCounts:
    """Return how often each site was first of two copies; one row a site comes to the driver."""
    firsts = corpus.texts.selectExpr("text", "site AS first_site", "dated AS first_dated")
    again = corpus.documents.filter("number <> text").select("text", "site", "dated").join(firsts, "text")

    def count(part: pa.RecordBatch) -> pa.RecordBatch:
        sites, times = texts_of(part["first_site"]) + texts_of(part["site"]), part["first_dated"].to_pylist()
        pairs = np.stack([np.arange(part.num_rows), np.arange(part.num_rows) + part.num_rows], axis=1)
        counts = count_pairs(pairs, sites, times + part["dated"].to_pylist())
        return batch(_SITE, [[pack(s) for s in counts.seen], [counts.first[s] for s in counts.seen], [*counts.seen.values()]])

    every = verified.sites.union(mapped(again, count, _SITE))
    rows = every.groupBy("site").agg({"first": "sum", "seen": "sum"}).toDF("site", "first", "seen").toArrow()
    names = texts_of(rows["site"])
    return SiteCounts(
        +Counter(dict(zip(names, rows["first"].to_pylist(), strict=True))),
        Counter(dict(zip(names, rows["seen"].to_pylist(), strict=True))),
    )


def find_members(
    documents: DataFrame, texts: DataFrame, tallies: DataFrame, sites: SiteCounts, bins: int, params: DedupParams
) -> DataFrame:
    """Return the rows of `MEMBER` for the documents (with their `story`) of stories that have more than one."""
    from pyspark.sql.functions import col, lit, pmod, xxhash64

    shared = documents.groupBy("story").count().filter("count > 1").select("story")
    binned = documents.join(shared, "story").withColumn("bin", pmod(xxhash64(col("story")), lit(bins)))
    contents = texts.selectExpr("text AS number", "content")
    used = binned.filter("number = text").select("bin", "text")
    frames = {
        "documents": binned.join(contents, "number", "left").select("bin", "story", "number", "text", "time", "content", *_GIVEN),
        "tallies": used.join(tallies, "text"),
    }
    return grouped(frames, "bin", lambda tables: _members(tables, sites, params), MEMBER)


def _members(tables: Tables, sites: SiteCounts, params: DedupParams) -> pa.Table:
    rows = tables["documents"].sort_by("number")
    number, text = integers(rows["number"]), integers(rows["text"])
    numbers = Numbers(text)
    text_of = numbers.places(text).tolist()
    contents = texts_of(rows.filter(pa.array(number == text))["content"])
    fields = {name: texts_of(rows[name]) for name in _GIVEN}
    documents = [
        Document(title=None, text="", published_at=None, **{name: fields[name][row] for name in _GIVEN})
        for row in range(len(text_of))
    ]
    first = np.flatnonzero(number == text).tolist()
    collection = Collection(documents, rows["time"].to_pylist(), first, text_of, list(map(len, contents)))
    words = read_words(encode(contents))
    add_tallies(words, numbers, tables["tallies"])
    groups: dict[int, list[int]] = defaultdict(list)
    for row, key in enumerate(integers(rows["story"]).tolist()):
        groups[key].append(row)
    found = find_heads(collection, groups, sites, words)
    row_of = {document.id: row for row, document in enumerate(documents)}
    members = members_of(collection, found, {}, params)
    order = [row_of[member.article_id] for member in members]
    heads = np.array(found.canonical, np.int64)[order]
    told = [(m.story_id, m.canonical_article_id, m.relation, m.canonical_reason, m.proof) for m in members]
    packed = [[pack(value) for value in values] for values in zip(*told, strict=True)]
    scores = [member.score for member in members]
    columns = [number[order], number[heads], text[heads], *packed[:3], scores, *packed[3:]]
    return pa.Table.from_batches([batch(MEMBER, columns)])
