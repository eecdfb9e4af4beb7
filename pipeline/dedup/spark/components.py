"""Connected components by alternating star (Kiveris et al. 2014): a few rounds of joins, none larger than the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.dedup.spark.frames import kept

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def components(edges: DataFrame) -> DataFrame:
    """Return (text, component) for every text of the edges (a, b); a component has the number of its smallest text."""
    stars = kept(edges.select("a", "b"))
    before, now = None, _fingerprint(stars)
    while now != before:
        rounded = kept(_small_star(_large_star(stars)))
        before, now = now, _fingerprint(rounded)
        stars = rounded
    leaves = stars.selectExpr("b AS text", "a AS component")
    return leaves.union(stars.selectExpr("a AS text", "a AS component").distinct())


def _large_star(edges: DataFrame) -> DataFrame:
    """Join the larger neighbours of each text to its smallest neighbour, or to the text itself if that is smaller."""
    from pyspark.sql import Window
    from pyspark.sql.functions import least
    from pyspark.sql.functions import min as smallest_of

    both = edges.union(edges.selectExpr("b AS a", "a AS b"))
    smallest = least("a", smallest_of("b").over(Window.partitionBy("a")))
    return both.withColumn("least", smallest).filter("b > a").selectExpr("least AS a", "b").distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Join the smaller neighbours of each text, and the text, to the smallest of them. The edges have a < b."""
    from pyspark.sql import Window
    from pyspark.sql.functions import min as smallest_of

    rooted = edges.withColumn("least", smallest_of("a").over(Window.partitionBy("b")))
    ends = rooted.selectExpr("least AS a", "b").union(rooted.filter("a > least").selectExpr("least AS a", "a AS b"))
    return ends.distinct()


def _fingerprint(edges: DataFrame) -> tuple[int, int]:
    """Return what tells two sets of edges apart: their number and the sum of their hashes."""
    row = edges.selectExpr("count(*) AS number", "coalesce(sum(CAST(xxhash64(a, b) AS DECIMAL(38, 0))), 0) AS total").first()
    assert row is not None
    return int(row["number"]), int(row["total"])
