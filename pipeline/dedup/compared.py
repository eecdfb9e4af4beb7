"""What the alignments of pairs measured, both sides of each put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.dedup.measures import MEASURES

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

COLUMN = {name: number for number, name in enumerate(MEASURES)}
NONE = 1e-9  # in place of no share, so that it divides


def measure(measures: Floats, name: str) -> Floats:
    """Return one measure of all pairs."""
    column: Floats = measures[:, COLUMN[name]]
    return column


@dataclass(frozen=True, slots=True)
class Compared:
    """One value for each pair (n): shares are 0 to 1, `aligned` is a weight in words, the rest are counts."""

    measures: Floats  # n x MEASURES
    smaller: Floats  # share covered of the text that is covered more
    larger: Floats  # and of the other
    lead: Floats  # share of either text's beginning that the other has
    lead_whole: Floats  # the same of the text that is covered less: of two of which one is cut, the whole one
    score: Floats  # matched share of the text that is matched more
    aligned: Floats  # weight of what both share
    hits: Floats  # figures that agree
    others: Floats  # figures for which the other text has another
    agreed: Floats  # names and figures that agree
    entities: Floats  # names and figures of both
    same: Floats  # share of the covered that is matched, of the text with more
    same_least: Floats  # and of the other
    run: Floats  # longest run of the same words, as a share
    gap: Floats  # longest gap as a share, of the text with the smaller one
    gap_most: Floats  # and of the other

    @classmethod
    def of(cls, measures: Floats) -> Compared:
        """Put the sides together (n x MEASURES)."""

        def get(name: str) -> Floats:
            return measure(measures, name)

        hits = get("figures_hit_a") + get("figures_hit_b")
        same = [get(f"match_{side}") / np.maximum(get(f"zone_{side}"), NONE) for side in ("a", "b")]
        return cls(
            measures=measures,
            smaller=np.maximum(get("zone_a"), get("zone_b")),
            larger=np.minimum(get("zone_a"), get("zone_b")),
            lead=np.minimum(get("lead_a"), get("lead_b")),
            lead_whole=np.where(get("zone_a") >= get("zone_b"), get("lead_b"), get("lead_a")),
            score=np.maximum(get("match_a"), get("match_b")),
            aligned=np.minimum(get("weight_a") * get("zone_a"), get("weight_b") * get("zone_b")),
            hits=hits,
            # Where one text has a word or nothing for the figure of the other, they were written out or left out, not filled in.
            others=np.minimum(get("figures_a") - get("figures_hit_a"), get("figures_b") - get("figures_hit_b")),
            agreed=hits + get("names_hit_a") + get("names_hit_b"),
            entities=get("figures_a") + get("figures_b") + get("names_a") + get("names_b"),
            same=np.maximum(*same),
            same_least=np.minimum(*same),
            run=np.maximum(get("run_a"), get("run_b")),
            gap=np.minimum(get("gap_a"), get("gap_b")),
            gap_most=np.maximum(get("gap_a"), get("gap_b")),
        )

    def get(self, name: str) -> Floats:
        """Return one measure of all pairs."""
        return measure(self.measures, name)

    def often(self, count: Floats) -> Floats:
        """Return a count as how often in 100 aligned words."""
        return np.asarray(count / np.maximum(self.aligned, 1) * 100, np.float32)
