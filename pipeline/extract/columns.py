"""Small numpy pieces that the feature modules share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

MISSING = np.float32(-1000.0)  # below every real value, so that a tree can tell it apart with one split
LONG_RUN = 15  # words: a run of this length is likely a sentence of something


def window_mean(values: Vector, reach: int) -> Vector:
    """Return the mean over `reach` runs on either side, the run itself included."""
    padded = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    at = np.arange(len(values))
    low, high = np.maximum(0, at - reach), np.minimum(len(values), at + reach + 1)
    mean: Vector = ((padded[high] - padded[low]) / (high - low)).astype(np.float32)
    return mean


def shifted(values: Vector, step: int) -> Vector:
    """Return the value of the run `step` further on; missing beyond the page's ends."""
    out = np.full(len(values), MISSING, dtype=np.float32)
    if step > 0:
        out[:-step] = values[step:]
    else:
        out[-step:] = values[:step]
    return out
