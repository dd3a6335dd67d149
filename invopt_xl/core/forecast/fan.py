"""Quantiles at a few levels as a whole distribution: straight in the normal score between them. What boosted trees say comes like this."""

from __future__ import annotations

import numpy as np
from scipy import special

#: Normal score below which nothing is expected to happen.
_LOWEST = -4.0


def fan_quantile(quantiles: np.ndarray, levels: tuple[float, ...], level: np.ndarray) -> np.ndarray:
    """Return the quantile at `level`, shape (m,).

    Parameters
    ----------
    quantiles : float array, shape (m, Q)
        Ascending along the last axis; NaN for none [units].
    levels : tuple of float
        Their Q levels, ascending.
    level : float array, shape (m,)

    >>> fan_quantile(np.array([[10.0, 20.0]]), (0.5, 0.9), np.array([0.5])).round(6)
    array([10.])
    """
    scores = special.ndtri(np.asarray(levels))
    z = special.ndtri(level)
    cell = np.clip(np.searchsorted(scores, z, side="right"), 0, len(scores))
    rows = np.arange(len(quantiles))
    # the last straight piece goes on beyond the last level
    right = np.minimum(cell, len(scores) - 1)
    left = right - 1
    low_z = np.where(left >= 0, scores[np.maximum(left, 0)], _LOWEST)
    low_q = np.where(left >= 0, quantiles[rows, np.maximum(left, 0)], 0.0)
    share = (z - low_z) / (scores[right] - low_z)
    result: np.ndarray = np.maximum(low_q + share * (quantiles[rows, right] - low_q), 0.0)
    return result
