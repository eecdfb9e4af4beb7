"""What a first opinion on all runs of a page says about each of them: neighbours, containers, the gap to the last paragraph."""

from __future__ import annotations

import numpy as np

from pipeline.extract.columns import LONG_RUN, MISSING, Vector, shifted, window_mean
from pipeline.extract.places import Structure

ANCHOR = 0.6  # opinion from which a long run is taken for the article's
CLUSTER_GAP = 10  # runs between two paragraphs of one article, pictures and boxes included


def opinion_features(opinion: Vector, words: Vector, structure: Structure) -> dict[str, Vector]:
    """Return the columns of a first opinion (0 to 1 a run): its own, its neighbours', its containers', what is kept so far."""
    count = len(opinion)
    mass = opinion * words
    columns = {"opinion": opinion}
    for step in (-3, -2, -1, 1, 2, 3):
        columns[f"opinion{step:+d}"] = shifted(opinion, step)
    for reach in (2, 5, 12):
        around = window_mean(mass, reach) / np.maximum(window_mean(words, reach), np.float32(1e-3))
        columns[f"opinion_around{reach}"] = around.astype(np.float32)
    for name, group in structure.groups().items():
        held, kept = np.bincount(group, weights=words, minlength=1), np.bincount(group, weights=mass, minlength=1)
        columns[f"opinion_{name}"] = (kept[group] / np.maximum(held[group], 1)).astype(np.float32)
        others = (kept[group] - mass) / np.maximum(held[group] - words, 1)
        columns[f"opinion_others_{name}"] = others.astype(np.float32)
    total = np.float32(max(1.0, float(mass.sum())))
    before = np.cumsum(mass, dtype=np.float32)
    columns["kept_before"] = ((before - mass) / total).astype(np.float32)
    columns["kept_after"] = (np.maximum(0, total - before) / total).astype(np.float32)
    columns["kept_words"] = np.full(count, total)
    columns |= _gap_features(opinion, words)
    return columns


def _gap_features(opinion: Vector, words: Vector) -> dict[str, Vector]:
    """How far the last and the next run of prose is that is likely kept, in runs and in words; and the size of its cluster."""
    anchors = np.flatnonzero((opinion > ANCHOR) & (words >= LONG_RUN))
    at = np.arange(len(opinion))
    if not len(anchors):
        missing = np.full(len(opinion), MISSING)
        return dict.fromkeys(("gap_back", "gap_on", "gap_back_words", "gap_on_words", "cluster", "clusters"), missing)
    passed = np.concatenate([[0.0], np.cumsum(words, dtype=np.float64)])
    previous = np.searchsorted(anchors, at, side="right") - 1
    following = np.searchsorted(anchors, at, side="left")
    has_previous, has_following = previous >= 0, following < len(anchors)
    back, on = anchors[np.maximum(previous, 0)], anchors[np.minimum(following, len(anchors) - 1)]
    cluster = np.concatenate([[0], np.cumsum(np.diff(anchors) > CLUSTER_GAP)])
    held = np.bincount(cluster, weights=words[anchors])
    last, following_cluster = cluster[np.maximum(previous, 0)], cluster[np.minimum(following, len(cluster) - 1)]
    nearer_back = has_previous & (~has_following | (at - back <= on - at))
    nearest = np.where(nearer_back, last, following_cluster)
    ahead = np.maximum(on, at)
    columns = {
        "gap_back": np.where(has_previous, at - back, MISSING),
        "gap_on": np.where(has_following, on - at, MISSING),
        "gap_back_words": np.where(has_previous, passed[at] - passed[np.minimum(back + 1, at)], MISSING),
        "gap_on_words": np.where(has_following, passed[ahead] - passed[np.minimum(at + 1, ahead)], MISSING),
        "cluster": held[nearest] / held.sum(),
        "clusters": np.full(len(opinion), len(held)),
    }
    return {name: column.astype(np.float32) for name, column in columns.items()}
