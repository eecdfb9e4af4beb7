"""Pairs that share a form and not a story: weather, markets, fixtures, columns; each filled with other names, figures or words."""

from __future__ import annotations

import numpy as np

from pipeline.dedup.compared import Compared, Flags
from pipeline.dedup.measures import WEIGHT_FIGURE
from pipeline.dedup.params import DedupParams


def filled_otherwise(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs are one form in which names and figures differ while the words agree."""
    slots = pairs.often(pairs.get("slots"))
    names = (pairs.agreed + 1) / (pairs.entities + 1)
    several = (pairs.get("slots") >= params.filled) | (names < params.names_one)
    form: Flags = (names < params.names) & (slots > params.slots) & several & ~_spelled(pairs, params)
    figures = pairs.hits + 2 * pairs.others
    close = pairs.often(pairs.others) >= params.figures_close
    form |= (figures >= params.form_figures) & ((pairs.hits + 1) / (figures + 1) < params.figures) & close
    form |= (pairs.hits == 0) & (figures >= params.other_figures) & (slots > params.other_slots)
    form &= ~_updated(pairs, params)
    little = pairs.aligned <= np.where(pairs.entities > 0, params.unnamed, params.nameless)
    form |= (pairs.agreed == 0) & little & (pairs.same < params.unnamed_same) & (pairs.run < params.runs)
    return form | _short_form(pairs, params) | _named_form(pairs, params)


def worded_otherwise(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs are filled, both, with words that no other text has."""
    filled: Flags = (pairs.get("fills") >= params.fills_least) & (pairs.often(pairs.get("fills")) > params.fills)
    return filled


def lists(pairs: Compared, params: DedupParams) -> Flags:
    """Say in which pairs a list of figures is what either text has of its own."""
    return _lists(pairs, "a", params) & _lists(pairs, "b", params)


def frames(pairs: Compared, params: DedupParams) -> Flags:
    """Say in which pairs both texts say something of their own between a beginning and an end that are the same."""
    framed: Flags = (pairs.get("framed") > params.framed) & (pairs.same_least >= params.framed_same)
    framed &= (pairs.larger >= params.both) & (pairs.get("order") == 1)
    return framed


def vouched(pairs: Compared, params: DedupParams) -> Flags:
    """Say in which pairs several figures agree and none is another, or several names and figures and hardly one is another."""
    several: Flags = _figures_agree(pairs, params)
    several |= (pairs.agreed >= 2 * params.same_figures) & (pairs.agreed >= params.vouched * pairs.entities)
    return several


def _figures_agree(pairs: Compared, params: DedupParams) -> Flags:
    agree: Flags = (pairs.hits >= 2 * params.same_figures) & (pairs.others == 0)
    return agree


def _spelled(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs share much in which figures agree and none is another: then names that differ are spelled in another way."""
    spelled: Flags = (pairs.aligned > params.unnamed) & _figures_agree(pairs, params)
    return spelled


def _updated(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs share much, of which hardly a word differs but figures, and these no closer than in prose."""
    names, plain = (pairs.get(f"{kind}_a") - pairs.get(f"{kind}_hit_a") for kind in ("names", "plain"))
    updated: Flags = (pairs.aligned > params.unnamed) & (pairs.often(pairs.others) <= params.other_slots)
    updated &= (names <= params.updated * pairs.get("names_a")) & (plain <= params.updated * pairs.get("plain_a"))
    return updated


def _short_form(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs share little, of which hardly a figure agrees, in it or beside it, and words differ too."""
    hits, others = pairs.hits + 2 * pairs.get("beside_hit"), pairs.others + pairs.get("beside")
    figures = hits + 2 * others
    weight = pairs.get("weight_a")
    around = weight * pairs.get("zone_a") + pairs.get("beside_weight")
    same = weight * pairs.get("match_a") / np.maximum(around, 1)
    form: Flags = (pairs.aligned <= params.unnamed) & (figures >= params.short_figures)
    form &= ((hits + 1) / (figures + 1) < params.figures) & (same < params.short_same)
    return form


def _named_form(pairs: Compared, params: DedupParams) -> Flags:
    """Say which pairs share little but nearly all of either, in which names and figures differ and the words around them do not."""
    named, plain = pairs.get("named"), pairs.get("plain_a")
    form: Flags = (pairs.aligned <= params.unnamed) & (pairs.larger >= params.named_covered) & (named >= params.named)
    form &= pairs.often(named) >= params.other_slots
    form &= pairs.others + pairs.get("beside") > 0  # where only names differ, they may be spelled in another way
    form &= pairs.get("plain_hit_a") + 1 >= params.named_same * (plain + 1)
    return form


def _lists(pairs: Compared, side: str, params: DedupParams) -> Flags:
    """Say in which pairs a list of figures is what one of the texts has of its own."""
    count, weight = pairs.get(f"listed_{side}"), pairs.get(f"weight_{side}")
    own = weight * (1 - pairs.get(f"zone_{side}"))
    least = np.maximum(params.listed_own * own, params.listed_share * weight)
    listed: Flags = (count >= params.listed) & (count * WEIGHT_FIGURE >= least)
    return listed
