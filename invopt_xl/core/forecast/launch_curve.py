"""Launch curves: how demand by age compares with the level it settles at, per category. Serves forecasts of new items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Launches of all items that weigh as much as a category's own, and as much as "no curve" for all items [items].
_PRIOR_LAUNCHES = 8.0

#: Ratios to the mature level stay within these.
_LOW, _HIGH = 0.2, 5.0


@dataclass(frozen=True)
class LaunchCurves:
    """Curves of C categories over the first M periods of life; 1 from there on.

    Parameters
    ----------
    ratio : float array, shape (C + 1, M)
        Expected demand at an age relative to the mature level; the last row is the curve over all items.
    items : int array, shape (C + 1,)
        Launches that each row has learned from.
    """

    ratio: np.ndarray
    items: np.ndarray

    def at(self, row: np.ndarray, ages: int) -> np.ndarray:
        """Return the ratios of curves `row` (k,) at ages 0 .. ages - 1, shape (k, ages)."""
        result = np.ones((len(row), ages))
        known = min(ages, self.ratio.shape[1])
        result[:, :known] = self.ratio[row, :known]
        return result


def no_curves(categories: int, mature: int) -> LaunchCurves:
    """Return curves that say nothing."""
    return LaunchCurves(np.ones((categories + 1, mature)), np.zeros(categories + 1, dtype=np.int64))


def by_age(demand: np.ndarray, start: np.ndarray, *, ages: int) -> np.ndarray:
    """Return demand by age, shape (n, ages): column a holds period start + a; NaN after the record.

    >>> by_age(np.array([[np.nan, 5.0, 7.0]]), np.array([1]), ages=3)
    array([[ 5.,  7., nan]])
    """
    n, periods = demand.shape
    column = start[:, None] + np.arange(ages)
    if not periods:
        return np.full((n, ages), np.nan)
    picked = np.take_along_axis(demand, np.minimum(column, periods - 1), axis=1)
    result: np.ndarray = np.where(column < periods, picked, np.nan)
    return result


def launch_curves(aged: np.ndarray, code: np.ndarray, *, categories: int, mature: int) -> LaunchCurves:
    """Return the launch curves of all categories.

    Each launch is divided by its own mean over twice the mature age, so that each counts the same and none more than that; the average
    profile is divided by its mean at mature ages (a ratio of means, which items that end at zero do not blow up).

    Parameters
    ----------
    aged : float array, shape (m, 2 * mature)
        Demand of launches by age; NaN where not yet known [units].
    code : int array, shape (m,)
        Category; -1 for none.
    categories : int
    mature : int
        Age from which demand is taken as level [periods].

    >>> aged = np.tile([2.0, 4.0, 8.0, 8.0], (10_000, 1))
    >>> launch_curves(aged, np.zeros(10_000, dtype=int), categories=1, mature=2).ratio.round(2)
    array([[0.25, 0.5 ],
           [0.25, 0.5 ]])
    """
    known = np.isfinite(aged)
    filled = np.where(known, aged, 0.0)
    mean = filled.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    # half of the mature ages must be known: else the level is a guess
    usable = (known[:, mature:].sum(axis=1) >= max(1, mature // 2)) & (mean > 0)
    share = filled[usable] / mean[usable, None]
    there = known[usable].astype(float)
    # those without a category count in the last row only, which is over all items
    group = np.where(code[usable] >= 0, code[usable], categories)
    shape = (categories + 1, aged.shape[1])
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, group, share)
    np.add.at(count, group, there)
    items = np.bincount(group, minlength=categories + 1)
    total[-1], count[-1], items[-1] = share.sum(axis=0), there.sum(axis=0), len(share)
    all_items = _profile(total[-1:], count[-1:], towards=np.ones((1, shape[1])))
    own = _profile(total[:-1], count[:-1], towards=all_items)
    return LaunchCurves(_ratios(np.concatenate([own, all_items]), mature), items)


def _profile(total: np.ndarray, count: np.ndarray, *, towards: np.ndarray) -> np.ndarray:
    profile: np.ndarray = (total + _PRIOR_LAUNCHES * towards) / (count + _PRIOR_LAUNCHES)
    return profile


def _ratios(profile: np.ndarray, mature: int) -> np.ndarray:
    """Return profiles (rows, 2 * mature) relative to their mean at mature ages, smoothed over neighbouring ages."""
    ratio = profile / np.maximum(profile[:, mature:].mean(axis=1, keepdims=True), 1e-9)
    ratio[:, mature:] = 1.0
    smooth = ratio.copy()
    if mature > 2:
        # the first age stays as it is and does not leak into the second: it holds the first sale by definition
        smooth[:, 2:mature] = (ratio[:, 1 : mature - 1] + 2 * ratio[:, 2:mature] + ratio[:, 3 : mature + 1]) / 4
        smooth[:, 1] = (2 * ratio[:, 1] + ratio[:, 2]) / 3
    result: np.ndarray = np.clip(smooth[:, :mature], _LOW, _HIGH)
    return result
