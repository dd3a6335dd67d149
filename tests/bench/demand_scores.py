"""Scores of forecasts of interval totals, and quantiles of totals from what peers say of single periods. Pure; needs numpy and scipy only."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

#: Probability levels that are judged, and those whose coverage is shown.
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)
SHOWN = (0.8, 0.9, 0.95)


def totals(demand: np.ndarray, width: int) -> np.ndarray:
    """Return totals (n, T - width + 1) of `width` consecutive periods; NaN where one of them is unknown.

    >>> totals(np.array([[np.nan, 1.0, 2.0, 4.0]]), 2)
    array([[nan,  3.,  6.]])
    """
    result: np.ndarray = np.lib.stride_tricks.sliding_window_view(demand, width, axis=1).sum(axis=-1)
    return result


def naive_error(past: np.ndarray, width: int) -> np.ndarray:
    """Return the mean absolute change (n,) from one total of `width` periods to the next; NaN where the past is too short.

    >>> naive_error(np.array([[1.0, 2.0, 4.0, 8.0], [np.nan, np.nan, 4.0, 8.0]]), 2)
    array([ 9., nan])
    """
    if past.shape[1] < 2 * width:
        return np.full(len(past), np.nan)
    every = totals(past, width)
    change = np.abs(every[:, width:] - every[:, :-width])
    known = ~np.isnan(change)
    count = known.sum(axis=1)
    result: np.ndarray = np.where(count > 0, np.where(known, change, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
    return result


def pinball(quantiles: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return the pinball loss (n,) of quantiles (n, Q) at LEVELS, mean over them.

    >>> pinball(np.array([[10.0, 10.0, 10.0, 10.0, 10.0]]), np.array([0.0])).round(3)  # mean of 1 - level, times 10
    array([1.74])
    """
    short = actual[:, None] - quantiles
    level = np.array(LEVELS)
    result: np.ndarray = np.maximum(level * short, (level - 1) * short).mean(axis=1)
    return result


def covered(quantiles: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Return whether demand stayed at or below the quantiles of SHOWN (n, 3)."""
    columns = [LEVELS.index(level) for level in SHOWN]
    result: np.ndarray = actual[:, None] <= quantiles[:, columns] + 1e-9
    return result


def normal(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Return quantiles (n, Q) at LEVELS of normal totals, not below 0."""
    result: np.ndarray = np.maximum(mean[:, None] + ndtri(LEVELS) * sd[:, None], 0.0)
    return result


def moving_average(past: np.ndarray, width: int, *, window: int) -> np.ndarray:
    """Return quantiles (n, Q) as planners compute them: mean and deviation of the last `window` periods, steps independent.

    >>> moving_average(np.array([[1.0, 3.0]]), 3, window=2).round(2)  # 6 + z * sqrt(2) * sqrt(3)
    array([[ 6.  ,  8.06,  9.14, 10.03, 11.03]])
    """
    last = past[:, -window:]
    known = ~np.isnan(last)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, last, 0.0).sum(axis=1) / count
    squares = np.where(known, (last - mean[:, None]) ** 2, 0.0).sum(axis=1)
    sd = np.sqrt(squares / np.maximum(count - 1, 1))
    return normal(mean * width, sd * np.sqrt(width))


def empirical(centre: np.ndarray, scale: np.ndarray, past_errors: np.ndarray) -> np.ndarray:
    """Return quantiles (n, Q) of totals: the centre and the scaled errors that were made before, pooled over series.

    Parameters
    ----------
    centre, scale : float array, shape (n,)
    past_errors : float array, shape (any,)
        (actual - centre) / scale of earlier forecasts.

    >>> float(empirical(np.array([10.0]), np.array([2.0]), np.array([-1.0, 0.0, 1.0]))[0, 0])
    10.0
    """
    seen = past_errors[np.isfinite(past_errors)]
    if not len(seen):
        return np.full((len(centre), len(LEVELS)), np.nan)
    # the k-th of m errors holds k / (m + 1): the finite-sample rank of split conformal prediction
    rank = np.minimum(np.ceil(np.array(LEVELS) * (len(seen) + 1)).astype(int), len(seen)) - 1
    result: np.ndarray = np.maximum(centre[:, None] + scale[:, None] * np.sort(seen)[rank], 0.0)
    return result
