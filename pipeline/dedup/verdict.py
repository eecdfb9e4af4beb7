"""The verdict on a pair: copy, form, or neither, from what its alignment measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.compared import Compared, Flags, Floats
from pipeline.dedup.forms import filled_otherwise, frames, lists, worded_otherwise
from pipeline.dedup.measures import MEASURES
from pipeline.dedup.params import DedupParams

_AT_ONCE = 1024  # pairs whose proofs are held


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was decided on each pair; `score` is the matched share of the smaller text."""

    copy: Flags
    form: Flags  # the same form filled with other names and figures: no copy, no reuse
    reworded: Flags  # alike as wholes, and no copy only for words that differ: many do, or no other text has them
    retold: Flags  # a copy only where more than one pair says so
    denial: Flags  # where the two are none, it is for what they say, and not only for what either lacks
    score: Floats

    def take(self, pairs: npt.NDArray[np.int64]) -> Verdicts:
        """Return the verdicts on these pairs."""
        return Verdicts(
            self.copy[pairs], self.form[pairs], self.reworded[pairs], self.retold[pairs], self.denial[pairs], self.score[pairs]
        )

    def put(self, pairs: npt.NDArray[np.int64], verdicts: Verdicts) -> None:
        """Replace the verdicts on these pairs."""
        self.copy[pairs], self.form[pairs], self.reworded[pairs] = verdicts.copy, verdicts.form, verdicts.reworded
        self.retold[pairs], self.denial[pairs], self.score[pairs] = verdicts.retold, verdicts.denial, verdicts.score


def judge(measures: Floats, params: DedupParams, elsewhere: Flags | None = None) -> Verdicts:
    """Decide on pairs from their measures (n x MEASURES); `elsewhere` are those whose texts stand on two sites."""
    pairs = Compared.of(measures)
    other_entities = filled_otherwise(pairs, params)
    form = other_entities | worded_otherwise(pairs, params)
    framed = lists(pairs, params) | frames(pairs, params)
    apart = framed | _sidebars(pairs, params, elsewhere)
    whole = _whole(pairs, params)
    matched = whole & (pairs.score >= params.matched)
    alike = matched | _cut(pairs, params) | _abridged(pairs, params)
    copy = alike & ~form & ~apart
    return Verdicts(
        copy=copy,
        form=form & (pairs.smaller > params.contained) | framed,
        reworded=whole & ~other_entities & ~apart & ~copy,
        retold=_retold(pairs, params),
        denial=(pairs.smaller >= params.akin) & (alike | form | apart),
        score=pairs.score,
    )


def _whole(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs are alike as wholes: one text stands in the other, or each covers most of the other."""
    whole: Flags = (pairs.smaller >= params.contained) & (pairs.larger >= params.covered)
    whole |= (pairs.smaller >= params.even) & (pairs.larger >= params.both)
    whole &= pairs.gap <= params.apart
    return whole


def _cut(pairs: Compared, params: DedupParams) -> Flags:
    """Say in which pairs one text is the beginning of the other, cut off, perhaps below some words of its own."""
    begins = pairs.lead >= params.cut_lead
    begins |= (
        (pairs.smaller >= params.introduced) & (pairs.lead >= params.introduced_lead) & (pairs.lead_whole >= params.whole_lead)
    )
    cut: Flags = (pairs.smaller >= params.cut_contained) & begins & (pairs.larger >= params.cut_covered)
    cut &= pairs.same >= params.matched
    cut &= (pairs.get("order") >= params.cut_order) & (pairs.gap < params.cut_gap)
    return cut


def _abridged(pairs: Compared, params: DedupParams) -> Flags:
    """Say in which pairs one text is sentences from all through the other, in their order, and nothing else."""
    abridged: Flags = (pairs.smaller >= params.abridged) & (pairs.larger >= params.abridged_covered)
    abridged &= (pairs.same >= params.kept_same) & (pairs.get("zones") >= params.turned_zones)
    abridged &= (pairs.get("order") >= params.turned) & (pairs.gap_most <= params.apart)
    return abridged


def _sidebars(pairs: Compared, params: DedupParams, elsewhere: Flags | None) -> Flags:
    """Say in which pairs either text holds so much in one piece that the other has not that they are two stories."""
    outside = [pairs.get(f"weight_{side}") * (1 - pairs.get(f"zone_{side}")) for side in "ab"]
    alone = np.minimum(np.minimum(pairs.get("alone_a"), outside[0]), np.minimum(pairs.get("alone_b"), outside[1]))
    shares = [pairs.get(f"alone_{side}") / np.maximum(pairs.get(f"weight_{side}"), 1) for side in "ab"]
    if elsewhere is not None:
        alone -= params.lead * elsewhere
    sidebars = np.zeros(len(alone), np.bool_)
    for weight, share in params.alone:
        sidebars |= (alone >= weight) & (np.minimum(*shares) >= share)
    return sidebars


def _retold(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs may be two reports of one event: much of either is its own, or what they share is what somebody said."""
    weights = pairs.get("weight_a"), pairs.get("weight_b")
    own = np.minimum(weights[0] * (1 - pairs.get("zone_a")), weights[1] * (1 - pairs.get("zone_b")))
    own /= np.maximum(np.minimum(*weights), 1)
    near = (pairs.larger >= params.both) & (pairs.lead >= params.turned_lead)
    turned = near & (pairs.get("order") < params.turned) & (pairs.get("zones") >= params.turned_zones)
    turned &= pairs.gap_most <= params.turned_gap
    cut_out = near & (pairs.same >= params.kept_same) & (pairs.lead >= params.kept_lead) & (pairs.gap_most <= params.kept_gap)
    retold: Flags = (own >= params.own) & (pairs.run < params.runs) & ~turned & ~cut_out
    quoted = pairs.get("quoted") / np.maximum(pairs.get("words_a") * pairs.get("zone_a"), 1)
    retold |= (quoted >= params.quoted) & (pairs.run < params.quoted_runs)
    return retold


def on_two_sites(pairs: npt.NDArray[np.int64], sites: Sequence[str | None]) -> Flags:
    """Say of which pairs (n x 2 texts) the texts stand on different sites, as far as both are known; `sites` are by text."""
    numbers: dict[str | None, int] = {None: 0, "": 0}
    of_text = np.array([numbers.setdefault(site, len(numbers)) for site in sites], np.int64)[pairs]
    two: Flags = (of_text[:, 0] != of_text[:, 1]) & of_text.all(axis=1)
    return two


def proofs(measures: Floats) -> Iterator[dict[str, Any]]:
    """Yield the measures of each pair by name, rounded for people."""
    for start in range(0, len(measures), _AT_ONCE):
        batch = measures[start : start + _AT_ONCE]
        values = np.round(batch.astype(np.float64), 4).astype(np.object_)
        whole = (batch > 1) & (batch == np.floor(batch))
        values[whole] = batch[whole].astype(np.int64)
        yield from (dict(zip(MEASURES, row, strict=True)) for row in values.tolist())
