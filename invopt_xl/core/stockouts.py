"""Demand behind stock-outs: what would have been sold. Serves history.

Sales while out of stock are a lower bound of demand. What was to be expected comes from the periods around, out of stock, outliers and
promotions left out, with the season of all series together.
"""

from __future__ import annotations

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.seasonal_level import seasonal_level, window_sum

#: With fewer usable periods around, the whole life counts.
_LEAST_AROUND = 4


def expected_demand(sales: np.ndarray, *, usable: np.ndarray, season: np.ndarray, period: Period) -> np.ndarray:
    """Return what each period would usually sell.

    Parameters
    ----------
    sales : float array, shape (n, T)
        NaN before life [units].
    usable : bool array, shape (n, T)
        Periods that show usual demand: in life, in stock, no outlier, no promotion.
    season : int array, shape (T,)
        From `seasonal_level.seasons`.
    period : {"day", "week", "month"}

    Returns
    -------
    float array, shape (n, T)
        Units; NaN for a series without usable periods.
    """
    return seasonal_level(sales, usable=usable, season=season, period=period, level=_level)


def _level(values: np.ndarray, usable: np.ndarray, *, around: int) -> np.ndarray:
    """Return the mean of usable values within `around` periods on each side; over all life where those are too few."""
    total, count = window_sum(values, around), window_sum(usable.astype(np.float64), around)
    life_total, life_count = values.sum(axis=1, keepdims=True), usable.sum(axis=1, keepdims=True)
    life = np.divide(life_total, life_count, out=np.full(life_total.shape, np.nan), where=life_count > 0)
    mean = np.divide(total, count, out=np.zeros(values.shape), where=count > 0)
    level: np.ndarray = np.where(count >= np.minimum(_LEAST_AROUND, life_count), mean, life)
    return level


def restore(sales: np.ndarray, *, censored: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return demand: sales, and in censored periods the expected demand where that is more.

    >>> restore(np.array([[5.0, 0.0, 9.0]]), censored=np.array([[False, True, True]]), expected=np.full((1, 3), 6.0))
    array([[5., 6., 9.]])
    """
    return np.where(censored & (expected > sales), expected, sales)
