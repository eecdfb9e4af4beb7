"""The verdict on a pair: copy, form, or neither, from what its alignment measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.dedup.measures import MEASURES, WEIGHT_FIGURE
from pipeline.dedup.params import DedupParams

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

_AT_ONCE = 1024  # pairs whose proofs are held
COLUMN = {name: number for number, name in enumerate(MEASURES)}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was decided on each pair; `score` is the matched share of the smaller text."""

    copy: Flags
    form: Flags  # the same form filled with other names and figures: no copy, no reuse
    reworded: Flags  # alike as wholes, and no copy only for words that differ: many do, or no other text has them
    retold: Flags  # a copy only where more than one pair says so
    score: Floats

    def take(self, pairs: npt.NDArray[np.int64]) -> Verdicts:
        """Return the verdicts on these pairs."""
        return Verdicts(self.copy[pairs], self.form[pairs], self.reworded[pairs], self.retold[pairs], self.score[pairs])

    def put(self, pairs: npt.NDArray[np.int64], verdicts: Verdicts) -> None:
        """Replace the verdicts on these pairs."""
        self.copy[pairs], self.form[pairs], self.reworded[pairs] = verdicts.copy, verdicts.form, verdicts.reworded
        self.retold[pairs], self.score[pairs] = verdicts.retold, verdicts.score


def measure(measures: Floats, name: str) -> Floats:
    """Return one measure of all pairs."""
    column: Floats = measures[:, COLUMN[name]]
    return column


def judge(measures: Floats, params: DedupParams, elsewhere: Flags | None = None) -> Verdicts:
    """Decide on pairs from their measures (n x MEASURES); `elsewhere` are those whose texts stand on two sites."""

    def get(name: str) -> Floats:
        return measure(measures, name)

    smaller = np.maximum(get("zone_a"), get("zone_b"))
    larger = np.minimum(get("zone_a"), get("zone_b"))
    lead = np.minimum(get("lead_a"), get("lead_b"))
    entities = get("figures_a") + get("figures_b") + get("names_a") + get("names_b")
    agreed = get("figures_hit_a") + get("figures_hit_b") + get("names_hit_a") + get("names_hit_b")
    names = (agreed + 1) / (entities + 1)
    hits = get("figures_hit_a") + get("figures_hit_b")
    # Where one text has a word or nothing for the figure of the other, they were written out or left out, not filled in.
    others = np.minimum(get("figures_a") - get("figures_hit_a"), get("figures_b") - get("figures_hit_b"))
    figures = hits + 2 * others
    figures_agreed = (hits + 1) / (figures + 1)
    aligned = np.minimum(get("weight_a") * get("zone_a"), get("weight_b") * get("zone_b"))
    slots = get("slots") / np.maximum(aligned, 1) * 100
    several = (get("slots") >= params.filled) | (names < params.names_one)
    form = (names < params.names) & (slots > params.slots) & several & ~_spelled(aligned, hits, others, params)
    close = others / np.maximum(aligned, 1) * 100 >= params.figures_close
    form |= (figures >= params.form_figures) & (figures_agreed < params.figures) & close
    form |= (hits == 0) & (figures >= params.other_figures) & (slots > params.other_slots)
    form |= _short_form(measures, aligned, hits, others, params)
    form |= _named_form(measures, aligned, larger, others, params)
    runs = np.maximum(get("run_a"), get("run_b"))
    same = np.maximum(get("match_a") / np.maximum(get("zone_a"), 1e-9), get("match_b") / np.maximum(get("zone_b"), 1e-9))
    little = aligned <= np.where(entities > 0, params.unnamed, params.nameless)
    form |= (agreed == 0) & little & (same < params.unnamed_same) & (runs < params.runs)
    filled = ~form & (get("fills") >= params.fills_least) & (get("fills") / np.maximum(aligned, 1) * 100 > params.fills)
    form |= filled
    lists = _lists(measures, "a", params) & _lists(measures, "b", params)
    least = np.minimum(get("match_a") / np.maximum(get("zone_a"), 1e-9), get("match_b") / np.maximum(get("zone_b"), 1e-9))
    frames = (get("framed") > params.framed) & (least >= params.framed_same) & (larger >= params.both) & (get("order") == 1)
    apart = np.minimum(get("gap_a"), get("gap_b"))
    whole = (smaller >= params.contained) & (larger >= params.covered) | (smaller >= params.even) & (larger >= params.both)
    whole &= apart <= params.apart
    reworded = whole & (~form | filled)
    whole &= np.maximum(get("match_a"), get("match_b")) >= params.matched
    cut = (
        (smaller >= params.cut_contained)
        & (lead >= params.cut_lead)
        & (larger >= params.cut_covered)
        & (get("order") >= params.cut_order)
    )
    cut &= np.minimum(get("gap_a"), get("gap_b")) < params.cut_gap
    outside = [get(f"weight_{side}") * (1 - get(f"zone_{side}")) for side in "ab"]
    abridged = (smaller >= params.abridged) & (larger >= params.abridged_covered) & (same >= params.kept_same)
    abridged &= (get("zones") >= params.turned_zones) & (get("order") >= params.turned)
    abridged &= np.maximum(get("gap_a"), get("gap_b")) <= params.apart
    alone = np.minimum(np.minimum(get("alone_a"), outside[0]), np.minimum(get("alone_b"), outside[1]))
    alone_share = np.minimum(get("alone_a") / np.maximum(get("weight_a"), 1), get("alone_b") / np.maximum(get("weight_b"), 1))
    if elsewhere is not None:
        alone -= params.lead * elsewhere
    sidebar = np.zeros(len(measures), np.bool_)
    for weight, share in params.alone:
        sidebar |= (alone >= weight) & (alone_share >= share)
    own = np.minimum(get("weight_a") * (1 - get("zone_a")), get("weight_b") * (1 - get("zone_b")))
    own /= np.maximum(np.minimum(get("weight_a"), get("weight_b")), 1)
    near = (larger >= params.both) & (lead >= params.turned_lead)
    wide = np.maximum(get("gap_a"), get("gap_b"))
    turned = near & (get("order") < params.turned) & (get("zones") >= params.turned_zones) & (wide <= params.turned_gap)
    cut_out = near & (same >= params.kept_same) & (lead >= params.kept_lead) & (wide <= params.kept_gap)
    retold = (own >= params.own) & (runs < params.runs) & ~turned & ~cut_out
    quoted = get("quoted") / np.maximum(get("words_a") * get("zone_a"), 1)
    retold |= (quoted >= params.quoted) & (runs < params.quoted_runs)
    score = np.maximum(get("match_a"), get("match_b"))
    other = lists | frames | sidebar
    copy = (whole | cut | abridged) & ~form & ~other
    return Verdicts(copy, form & (smaller > params.contained) | lists | frames, reworded & ~other & ~copy, retold, score)


def on_two_sites(pairs: npt.NDArray[np.int64], sites: Sequence[str | None]) -> Flags:
    """Say of which pairs (n x 2 texts) the texts stand on different sites, as far as both are known; `sites` are by text."""
    numbers: dict[str | None, int] = {None: 0, "": 0}
    of_text = np.array([numbers.setdefault(site, len(numbers)) for site in sites], np.int64)[pairs]
    two: Flags = (of_text[:, 0] != of_text[:, 1]) & of_text.all(axis=1)
    return two


def _spelled(aligned: Floats, hits: Floats, others: Floats, params: DedupParams) -> Flags:
    """Say which pairs share much in which figures agree and none is another: then names that differ are spelled in another way."""
    spelled: Flags = (aligned > params.unnamed) & (hits >= 2 * params.same_figures) & (others == 0)
    return spelled


def _short_form(measures: Floats, aligned: Floats, hits: Floats, others: Floats, params: DedupParams) -> Flags:
    """Say which pairs share little, of which hardly a figure agrees, in it or beside it, and words differ too."""
    hits, others = hits + 2 * measure(measures, "beside_hit"), others + measure(measures, "beside")
    figures = hits + 2 * others
    weight = measure(measures, "weight_a")
    around = weight * measure(measures, "zone_a") + measure(measures, "beside_weight")
    same = weight * measure(measures, "match_a") / np.maximum(around, 1)
    form: Flags = (aligned <= params.unnamed) & (figures >= params.short_figures)
    form &= ((hits + 1) / (figures + 1) < params.figures) & (same < params.short_same)
    return form


def _named_form(measures: Floats, aligned: Floats, larger: Floats, others: Floats, params: DedupParams) -> Flags:
    """Say which pairs share little but nearly all of either, in which names and figures differ and the words around them do not."""
    named, plain = measure(measures, "named"), measure(measures, "plain_a")
    form: Flags = (aligned <= params.unnamed) & (larger >= params.named_covered) & (named >= params.named)
    form &= named / np.maximum(aligned, 1) * 100 >= params.other_slots
    form &= others + measure(measures, "beside") > 0  # where only names differ, they may be spelled in another way
    form &= measure(measures, "plain_hit_a") + 1 >= params.named_same * (plain + 1)
    return form


def _lists(measures: Floats, side: str, params: DedupParams) -> Flags:
    """Say in which pairs a list of figures is what one of the texts has of its own."""
    count, weight = measure(measures, f"listed_{side}"), measure(measures, f"weight_{side}")
    own = weight * (1 - measure(measures, f"zone_{side}"))
    least = np.maximum(params.listed_own * own, params.listed_share * weight)
    lists: Flags = (count >= params.listed) & (count * WEIGHT_FIGURE >= least)
    return lists


def proofs(measures: Floats) -> Iterator[dict[str, Any]]:
    """Yield the measures of each pair by name, rounded for people."""
    for start in range(0, len(measures), _AT_ONCE):
        batch = measures[start : start + _AT_ONCE]
        values = np.round(batch.astype(np.float64), 4).astype(np.object_)
        whole = (batch > 1) & (batch == np.floor(batch))
        values[whole] = batch[whole].astype(np.int64)
        yield from (dict(zip(MEASURES, row, strict=True)) for row in values.tolist())
