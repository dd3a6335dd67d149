"""The level of demand around each period, with the season of all series together. Serves demand behind stock-outs and uplifts."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from invopt_xl.core.buckets import Period

#: Periods on each side whose mean is the level.
_AROUND: dict[Period, int] = {"day": 28, "week": 8, "month": 6}
#: Periods needed before a season is estimated: two years (for days: eight weeks, the season is the day of the week).
_SEASON_FROM: dict[Period, int] = {"day": 56, "week": 104, "month": 24}
#: A season's index stays within these bounds, so that one odd month does not blow up an estimate.
_LEAST_SEASON, _MOST_SEASON = 0.2, 5.0


class Level(Protocol):
    """From values (n, T), 0 where not usable, to the level around each period (n, T); NaN for a series without usable periods."""

    def __call__(self, values: np.ndarray, usable: np.ndarray, *, around: int) -> np.ndarray: ...


def seasonal_level(
    demand: np.ndarray, *, usable: np.ndarray, season: np.ndarray, period: Period, level: Level
) -> np.ndarray:
    """Return what each period would usually sell, shape (n, T); NaN for a series without usable periods [units].

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before life [units].
    usable : bool array, shape (n, T)
        Periods that show usual demand.
    season : int array, shape (T,)
        From `seasons`.
    period : {"day", "week", "month"}
    level : callable
        How the periods around make a level.
    """
    plain = level(np.where(usable, demand, 0.0), usable, around=_AROUND[period])
    if demand.shape[1] < _SEASON_FROM[period]:
        return plain
    index = _season_index(demand, usable=usable, season=season, level=plain)[season]  # (T,)
    steady: np.ndarray = level(np.where(usable, demand / index, 0.0), usable, around=_AROUND[period]) * index
    return steady


def seasons(starts: np.ndarray, *, period: Period) -> np.ndarray:
    """Return the season of each period: the day of the week for days, else the month in which its middle lies.

    >>> seasons(np.array(["2026-01-26", "2026-01-31"], dtype="datetime64[D]"), period="week")
    array([0, 1])
    """
    if period == "day":
        weekdays: np.ndarray = (starts.astype(np.int64) + 3) % 7
        return weekdays
    middle = starts + (3 if period == "week" else 0)
    months: np.ndarray = middle.astype("datetime64[M]").astype(np.int64) % 12
    return months


def window_sum(values: np.ndarray, around: int) -> np.ndarray:
    """Return the sum of the values (n, T), none below 0, within `around` periods on each side of each period, shape (n, T).

    >>> window_sum(np.array([[1.0, 2.0, 4.0, 8.0]]), 1)
    array([[ 3.,  7., 14., 12.]])
    """
    width = values.shape[1]
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(width)
    total: np.ndarray = running[:, np.minimum(at + around + 1, width)] - running[:, np.maximum(at - around, 0)]
    # differences of running sums leave dust below zero
    positive: np.ndarray = np.maximum(total, 0.0)
    return positive


def _season_index(demand: np.ndarray, *, usable: np.ndarray, season: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the demand of each season relative to usual, all series together, each weighing by its level; shape (seasons,)."""
    seen = usable & np.isfinite(level)
    sold = np.where(seen, demand, 0.0).sum(axis=0)
    usual = np.where(seen, level, 0.0).sum(axis=0)
    number = int(season.max()) + 1
    sold = np.bincount(season, weights=sold, minlength=number)
    usual = np.bincount(season, weights=usual, minlength=number)
    index = np.divide(sold, usual, out=np.ones(number), where=usual > 0)
    clipped: np.ndarray = np.clip(index, _LEAST_SEASON, _MOST_SEASON)
    return clipped
