"""Demand behind stock-outs: what would have been sold. Serves history.

Sales while out of stock are a lower bound of demand. What was to be expected comes from the periods around, out of stock, outliers and
promotions left out, with the season of all series together.
"""

from __future__ import annotations

import numpy as np

from invopt_xl.core.buckets import Period

#: Periods on each side whose mean is the usual demand.
_AROUND: dict[Period, int] = {"day": 28, "week": 8, "month": 6}
#: With fewer usable periods around, the whole life counts.
_LEAST_AROUND = 4
#: Periods needed before a season is estimated: two years (for days: eight weeks, the season is the day of the week).
_SEASON_FROM: dict[Period, int] = {"day": 56, "week": 104, "month": 24}
#: A season's index stays within these bounds, so that one odd month does not blow up an estimate.
_LEAST_SEASON, _MOST_SEASON = 0.2, 5.0


def expected_demand(sales: np.ndarray, *, usable: np.ndarray, season: np.ndarray, period: Period) -> np.ndarray:
    """Return what each period would usually sell.

    Parameters
    ----------
    sales : float array, shape (n, T)
        NaN before life [units].
    usable : bool array, shape (n, T)
        Periods that show usual demand: in life, in stock, no outlier, no promotion.
    season : int array, shape (T,)
        Number of the season of each period: month of the year, or day of the week for days.
    period : {"day", "week", "month"}

    Returns
    -------
    float array, shape (n, T)
        Units; NaN for a series without usable periods.
    """
    level = _level(np.where(usable, sales, 0.0), usable, around=_AROUND[period])
    if sales.shape[1] < _SEASON_FROM[period]:
        return level
    index = season_index(sales, usable=usable, season=season, level=level)[season]  # (T,)
    flat = _level(np.where(usable, sales / index, 0.0), usable, around=_AROUND[period])
    expected: np.ndarray = flat * index
    return expected


def season_index(sales: np.ndarray, *, usable: np.ndarray, season: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the demand of each season relative to usual, all series together, each weighing by its level; shape (seasons,)."""
    seen = usable & np.isfinite(level)
    sold = np.where(seen, sales, 0.0).sum(axis=0)
    usual = np.where(seen, level, 0.0).sum(axis=0)
    number = int(season.max()) + 1
    sold = np.bincount(season, weights=sold, minlength=number)
    usual = np.bincount(season, weights=usual, minlength=number)
    index = np.divide(sold, usual, out=np.ones(number), where=usual > 0)
    clipped: np.ndarray = np.clip(index, _LEAST_SEASON, _MOST_SEASON)
    return clipped


def _level(values: np.ndarray, usable: np.ndarray, *, around: int) -> np.ndarray:
    """Return the mean of usable values within `around` periods on each side; over all life where those are too few."""
    total, count = _window_sum(values, around), _window_sum(usable.astype(np.float64), around)
    life_total, life_count = values.sum(axis=1, keepdims=True), usable.sum(axis=1, keepdims=True)
    life = np.divide(life_total, life_count, out=np.full(life_total.shape, np.nan), where=life_count > 0)
    mean = np.divide(total, count, out=np.zeros(values.shape), where=count > 0)
    level: np.ndarray = np.where(count >= np.minimum(_LEAST_AROUND, life_count), mean, life)
    return level


def _window_sum(values: np.ndarray, around: int) -> np.ndarray:
    width = values.shape[1]
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(width)
    total: np.ndarray = running[:, np.minimum(at + around + 1, width)] - running[:, np.maximum(at - around, 0)]
    # differences of running sums leave dust below zero
    positive: np.ndarray = np.maximum(total, 0.0)
    return positive


def restore(sales: np.ndarray, *, censored: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return demand: sales, and in censored periods the expected demand where that is more.

    >>> restore(np.array([[5.0, 0.0, 9.0]]), censored=np.array([[False, True, True]]), expected=np.full((1, 3), 6.0))
    array([[5., 6., 9.]])
    """
    return np.where(censored & (expected > sales), expected, sales)
