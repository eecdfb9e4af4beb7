"""Texts that share no more than strangers to each other do: what a house writes under each of its releases makes no copies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.dedup.align import Zones
from pipeline.dedup.compared import Flags, Floats, measure
from pipeline.dedup.params import DedupParams
from pipeline.dedup.stitched import OVERLAP, Kin, Mask, Pairs, Partners, neighbours, word_mask
from pipeline.dedup.verdict import Verdicts


def strangers(count: int, kin: Kin, params: DedupParams) -> Partners:
    """Return the kin of each of so many documents who have more in common than what a notice may be."""
    return Partners.among(count, kin.pairs[~_notices(kin.measures, params)])


def notice_edges(
    pairs: Pairs, measures: Floats, zones: Zones, verdicts: Verdicts, kin: Partners, params: DedupParams
) -> Mask:  # fmt: skip
    """Mark the copy edges of which what the two texts share may be a notice, and stands in several texts that are no `kin`."""
    marked = np.zeros(len(pairs), np.bool_)
    suspect = verdicts.copy & _notices(measures, params)
    if not suspect.any():
        return marked
    beside = _begin_apart(measures, params) & ~verdicts.form
    for text, around in neighbours(pairs, np.unique(pairs[suspect]).tolist()).items():
        sharing = [(pair, side) for pair, side in around if beside[pair]]
        words = int(measures[sharing[0]])
        masks = np.stack([word_mask(zones.of(pair)[:, 2 * side : 2 * side + 2], words) for pair, side in sharing])
        others = np.array([pairs[pair, 1 - side] for pair, side in sharing])
        for same in same_places(masks):
            beyond = ((pair, there) for (pair, _), there in zip(sharing, same.tolist(), strict=True) if not marked[pair])
            edges = [pair for pair, there in beyond if there and suspect[pair]]
            if edges and len(set(kin.groups([text, *others[same].tolist()]).values())) > params.common:
                marked[edges] = True
    return marked


def _begin_apart(measures: Floats, params: DedupParams) -> Flags:
    """Say of which pairs neither text begins with what the other has, and yet either is a good part of the other."""
    apart: Flags = np.maximum(measure(measures, "lead_a"), measure(measures, "lead_b")) < params.cut_lead
    apart &= np.minimum(measure(measures, "zone_a"), measure(measures, "zone_b")) >= params.covered
    return apart


def _notices(measures: Floats, params: DedupParams) -> Flags:
    """Say what pairs share of which texts that may be no more than a notice: each has much of its own besides."""
    covers = measure(measures, "zone_a"), measure(measures, "zone_b")
    return _begin_apart(measures, params) & (np.maximum(*covers) < params.notice) & (np.minimum(*covers) < params.composite)


def same_places(masks: Mask) -> Iterator[Mask]:
    """Yield for covers of a text (n x words) which of them cover about the same (n), each such set of covers once.

    Thousands of texts may have a footer of that text, and most of these cover the same of it to the word.
    """
    _, first, kind = np.unique(np.packbits(masks, axis=1), axis=0, return_index=True, return_inverse=True)
    distinct = masks[first].astype(np.float32)
    sizes = distinct.sum(axis=1)
    told: set[bytes] = set()
    for cover, size in zip(distinct, sizes, strict=True):
        same: Mask = distinct @ cover >= OVERLAP * np.minimum(sizes, size)
        if same.tobytes() not in told:
            told.add(same.tobytes())
            yield same[kind.ravel()]
