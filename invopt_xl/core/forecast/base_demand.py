"""Base demand: what methods learn the level from. Promotions are not learned as base demand; outliers are limited, never deleted."""

from __future__ import annotations

import numpy as np


def base_demand(demand: np.ndarray, *, promoted: np.ndarray, outlier: np.ndarray) -> np.ndarray:
    """Return demand with promoted periods at the level around them and outliers cut back to the range of the other periods.

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before the first period of life.
    promoted, outlier : bool array, shape (n, T)

    Returns
    -------
    float array, shape (n, T)
        NaN where demand is.

    >>> base_demand(np.array([[4.0, 6.0, 50.0, 5.0]]), promoted=np.zeros((1, 4), bool), outlier=np.array([[0, 0, 1, 0]], bool))
    array([[4., 6., 6., 5.]])
    """
    usual = ~np.isnan(demand) & ~promoted & ~outlier
    any_usual = usual.any(axis=1)[:, None]
    top = np.where(usual, demand, -np.inf).max(axis=1, initial=-np.inf)[:, None]
    bottom = np.where(usual, demand, np.inf).min(axis=1, initial=np.inf)[:, None]
    limited = np.where(outlier & any_usual, np.clip(demand, bottom, np.maximum(top, bottom)), demand)
    level = _level_before(np.where(usual, demand, np.nan))
    # a promotion that sold less than usual says nothing against base demand
    based = np.where(promoted & any_usual & ~np.isnan(level), np.minimum(limited, level), limited)
    return np.where(np.isnan(demand), np.nan, based)


def _level_before(values: np.ndarray, weight: float = 0.2) -> np.ndarray:
    """Return the smoothed level of the usual periods before each one; for those before the first usual one, that one's value."""
    known = ~np.isnan(values)
    first = values[np.arange(len(values)), known.argmax(axis=1)] if values.shape[1] else np.zeros(len(values))
    level, before = first, np.empty(values.shape)
    filled = np.nan_to_num(values)
    for t in range(values.shape[1]):
        before[:, t] = level
        level = np.where(known[:, t], level + weight * (filled[:, t] - level), level)
    return before
