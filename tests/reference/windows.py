"""Walk-forward windows: what a method would have forecast at each past moment for the total of the next `width` periods, and what came.

One pass of a filter gives the forecasts of all origins; totals are differences of running sums. Time is the first axis of the arrays here,
because filters step through it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Run:
    """What one method with fixed parameters says of n series.

    Parameters
    ----------
    one : float array, shape (T, n)
        Forecast of period t + 1 made at the end of period t.
    total : float array, shape (T, n)
        Forecast of the total of the `width` periods after t.
    path : float array, shape (L, n)
        Expected demand of the L periods after the last one.
    valid : bool array, shape (T, n)
        Origins at which the method had what it needs.
    """

    one: np.ndarray
    total: np.ndarray
    path: np.ndarray
    valid: np.ndarray


@dataclass(frozen=True)
class Windows:
    """The series that methods are tried on.

    Parameters
    ----------
    demand : float array, shape (T, n)
        Base demand; NaN before the first period of life.
    width : int array, shape (n,)
        Length of the interval whose total is forecast [periods].
    scored : bool array, shape (T, n)
        Origins that count in the comparison.
    horizon : int
        Length L of the path [periods].
    season : int
        Periods of a cycle: 7, 52 or 12.
    angle : float array, shape (T + L,)
        Position of each period in the year [radians], future periods included.
    columns : int array, shape (n,)
        Positions of these series in the chunk they were cut from.
    """

    demand: np.ndarray
    width: np.ndarray
    scored: np.ndarray
    horizon: int
    season: int
    angle: np.ndarray
    columns: np.ndarray

    def actual(self) -> np.ndarray:
        """Return the total of the `width` periods after each origin, shape (T, n); NaN where it is not known yet."""
        return span_sums(np.nan_to_num(self.demand), self.width, known=~np.isnan(self.demand))


def running_sums(values: np.ndarray) -> np.ndarray:
    """Return sums of the first t rows, shape (T + 1, n)."""
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def span_sums(values: np.ndarray, width: np.ndarray, *, known: np.ndarray | None = None) -> np.ndarray:
    """Return at each t the sum of rows t + 1 .. t + width of its column, shape (T, n); NaN where it reaches past the end or what is known.

    >>> span_sums(np.array([[1.0], [2.0], [3.0]]), np.array([2]))[:, 0]
    array([ 5., nan, nan])
    """
    periods, n = values.shape
    sums = running_sums(values)
    end = np.arange(1, periods + 1)[:, None] + width[None, :]
    inside = end <= periods
    if known is not None:
        inside = inside & np.concatenate([known[1:], np.zeros((1, n), dtype=bool)])
    at = np.minimum(end, periods)
    return np.where(inside, sums[at, np.arange(n)[None, :]] - sums[1:], np.nan)


def scored_origins(demand: np.ndarray, width: np.ndarray, *, warm_up: int, last: int) -> np.ndarray:
    """Return which origins count: past the first `warm_up` periods of life, within the `last` ones that have an outcome.

    Parameters
    ----------
    demand : float array, shape (T, n)
    width : int array, shape (n,)
    warm_up, last : int
        [periods]
    """
    periods = len(demand)
    age = np.cumsum(~np.isnan(demand), axis=0)  # (T, n)
    latest = periods - 1 - width
    at = np.arange(periods)[:, None]
    scored: np.ndarray = (age >= warm_up) & (at <= latest) & (at > latest - last)
    return scored
