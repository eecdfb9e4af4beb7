"""Verdicts on candidate pairs: aligned in two passes, the second with what all partners of a text have of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.dedup.align import Zones, compare
from pipeline.dedup.canonical import SiteCounts
from pipeline.dedup.measures import MEASURES
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import encode
from pipeline.dedup.spark.frames import Integers, Numbers, Tables, batch, grouped, integers, kept, pack, texts_of
from pipeline.dedup.titles import about_own_parts
from pipeline.dedup.verdict import Verdicts, judge, on_two_sites
from pipeline.dedup.words import Words, read_words

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PAIR = "a long, b long, measures binary, zones binary, copied boolean"
_LEARNT = f"{PAIR}, tally binary, site binary, first long, seen long"


@dataclass(frozen=True, slots=True)
class Verified:
    """Pairs with their measures, passages and whether one is a copy of the other; (a, b, measures) of those that are as far as the
    pair alone can tell; tallies by text; counts by site.
    """

    pairs: DataFrame
    likely: DataFrame
    tallies: DataFrame
    sites: DataFrame


def verify(pairs: DataFrame, texts: DataFrame, bins: int, params: DedupParams) -> Verified:
    """Decide on pairs (a, b); `bins` groups of them, each with its texts, are worked on one at a time on each core."""
    binned = with_texts(pairs, texts, ["title", "site", "dated"], bins)
    first = kept(grouped(binned, "bin", lambda tables: _learn(tables, params), _LEARNT))
    tallies = first.filter("tally IS NOT NULL").selectExpr("a AS text", "tally")
    sites = first.filter("site IS NOT NULL").select("site", "first", "seen")
    compared = first.filter("measures IS NOT NULL").selectExpr("a", "b", "measures", "zones", "copied")
    likely = kept(compared.filter("copied").drop("copied"))
    frames = with_texts(likely.drop("measures"), texts, ["title", "site"], bins)
    frames["tallies"] = frames["texts"].select("bin", "text").join(tallies, "text")
    decided = grouped(frames, "bin", lambda tables: _decide(tables, params), PAIR)
    return Verified(kept(compared.filter("NOT copied").union(decided)), likely.drop("zones"), tallies, sites)


def with_texts(pairs: DataFrame, texts: DataFrame, columns: Sequence[str], bins: int) -> dict[str, DataFrame]:
    """Return the pairs by bin, and for each bin the texts of its pairs, each once."""
    from pyspark.sql.functions import col, lit, pmod, xxhash64

    binned = pairs.withColumn("bin", pmod(xxhash64(col("a")), lit(bins)))
    needed = binned.selectExpr("bin", "a AS text").union(binned.selectExpr("bin", "b AS text")).distinct()
    return {"pairs": binned, "texts": needed.join(texts.select("text", "content", *columns), "text")}


def _learn(tables: Tables, params: DedupParams) -> pa.Table:
    """Compare pairs; return them with what was measured, what each text was tallied, and what likely copies say of sites."""
    pairs, numbers, words = words_of(tables)
    measures, zones = compare(words, pairs, learn=True)
    likely = judge(measures, params).copy
    rows = [*_pair_columns(tables, measures, zones, likely), *[[None] * len(pairs)] * 4]
    every = [words.tally[:, low:high] for low, high in zip(words.low.tolist(), words.high.tolist(), strict=True)]
    seen = np.flatnonzero([tally[0].any() for tally in every])
    tallies = [every[text].tobytes() for text in seen.tolist()]
    nothing = [None] * len(seen)
    tallied = [numbers.all[seen], *[nothing] * 4, tallies, *[nothing] * 3]
    order = by_number(tables["texts"])
    sites = count_pairs(pairs[likely], texts_of(order["site"]), order["dated"].to_pylist())
    names, nothing = list(sites.seen), [None] * len(sites.seen)
    counted = [*[nothing] * 6, list(map(pack, names)), [sites.first[name] for name in names], list(sites.seen.values())]
    return pa.Table.from_batches([batch(_LEARNT, part) for part in (rows, tallied, counted)])


def count_pairs(pairs: npt.NDArray[np.int64], sites: Sequence[str | None], times: Sequence[float | None]) -> SiteCounts:
    """Count which site was first of each pair of copies."""
    counts = SiteCounts()
    for a, b in pairs.tolist():
        counts.add(sites[a], times[a], sites[b], times[b])
    return counts


def _decide(tables: Tables, params: DedupParams) -> pa.Table:
    """Compare likely copies once more, with the tallies of all of their texts' partners, and look at their titles and sites."""
    pairs, numbers, words = words_of(tables)
    add_tallies(words, numbers, tables["tallies"])
    measures, _ = compare(words, pairs)
    zones = _read_zones(tables["pairs"]["zones"])
    order = by_number(tables["texts"])
    titles, sites = texts_of(order["title"]), texts_of(order["site"])
    copied = judge(measures, params, on_two_sites(pairs, sites)).copy
    likely = np.flatnonzero(copied)
    copied[likely] &= ~about_own_parts(pairs, likely, zones, words, titles)
    return pa.Table.from_batches([batch(PAIR, _pair_columns(tables, measures, zones, copied))])


def words_of(tables: Tables) -> tuple[npt.NDArray[np.int64], Numbers, Words]:
    """Return the pairs by the places of their texts, the texts' numbers, and their words."""
    texts = by_number(tables["texts"])
    numbers = Numbers(integers(texts["text"]))
    places = [numbers.places(integers(tables["pairs"][side])) for side in ("a", "b")]
    words = read_words(encode(texts_of(texts["content"])))
    return np.stack(places, axis=1), numbers, words


def by_number(texts: pa.Table) -> pa.Table:
    """Return texts in the order of their numbers."""
    return texts.sort_by("text")


def add_tallies(words: Words, numbers: Numbers, tallies: pa.Table) -> None:
    """Add what was tallied of each text, wherever it was compared."""
    for text, tally in zip(numbers.places(integers(tallies["text"])).tolist(), tallies["tally"].to_pylist(), strict=True):
        own = words.tally[:, words.low[text] : words.high[text]]
        own += np.frombuffer(tally, np.int32).reshape(2, -1)


def _pair_columns(tables: Tables, measures: npt.NDArray[np.float32], zones: Zones, copied: npt.NDArray[np.bool_]) -> list[Any]:
    """Return the columns of pairs with what was measured."""
    rows = [zones.of(pair).tobytes() for pair in range(len(measures))]
    return [integers(tables["pairs"]["a"]), integers(tables["pairs"]["b"]), [row.tobytes() for row in measures], rows, copied]


def read_measures(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """Return measures (n x MEASURES) from their bytes."""
    return np.frombuffer(b"".join(column.to_pylist()), np.float32).reshape(-1, len(MEASURES)).copy()


def _read_zones(column: pa.ChunkedArray) -> Zones:
    """Return passages from their bytes."""
    parts = column.to_pylist()
    bounds = np.cumsum([0, *(len(part) // 32 for part in parts)])
    return Zones(np.frombuffer(b"".join(parts), np.int32).reshape(-1, 8), bounds)


def read_verdicts(pairs: pa.Table, params: DedupParams) -> tuple[npt.NDArray[np.float32], Zones, Verdicts]:
    """Return measures, passages and verdicts of pairs that were decided on."""
    measures = read_measures(pairs["measures"])
    verdicts = judge(measures, params)
    verdicts.copy[:] = pairs["copied"].to_numpy()
    return measures, _read_zones(pairs["zones"]), verdicts


def sorted_pairs(pairs: pa.Table) -> tuple[pa.Table, Integers, Integers]:
    """Return pairs in the order of their numbers, each once, and the numbers of both sides."""
    pairs = pairs.sort_by([("a", "ascending"), ("b", "ascending")])
    a, b = integers(pairs["a"]), integers(pairs["b"])
    kept = np.ones(len(a), np.bool_)
    kept[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return pairs.filter(pa.array(kept)), a[kept], b[kept]
