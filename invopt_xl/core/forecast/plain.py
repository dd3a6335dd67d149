"""The two plain forecasts that every planner can make: moving average and seasonal naive, with normal quantiles. Serves the backtest.

Each is one line of arithmetic on the history, with the spread of the errors that it made at past moments; the backtest compares everything
with them.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast.ahead import Ahead
from invopt_xl.core.forecast.tried import LEVELS

MOVING_AVERAGE, SEASONAL_NAIVE = "moving average", "seasonal naive"

#: Window of the moving average: half a year of weeks, a year of months, eight whole weeks of days [periods].
_AVERAGED: dict[Period, int] = {"day": 56, "week": 26, "month": 12}

#: Cycle of the seasonal naive forecast: the week for days, the year else [periods].
_CYCLE: dict[Period, int] = {"day": 7, "week": 52, "month": 12}


def plain_forecasts(demand: np.ndarray, width: np.ndarray, *, period: Period) -> tuple[Ahead, Ahead]:
    """Return moving average and seasonal naive forecast of the total of the next `width` periods.

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before the first period of life [units].
    width : int array, shape (n,)
    period : {"day", "week", "month"}

    Notes
    -----
    Moving average: `width` times the mean of the latest periods, of fewer while the item is younger. Seasonal naive: the total of the same
    periods one cycle earlier; it cannot run before there is one. Quantiles: forecast + z x root mean squared error of the same forecast at
    all past moments, never below 0; a method without a past error says nothing.

    >>> average, naive = plain_forecasts(np.arange(24.0)[None, :], np.array([2]), period="month")
    >>> average.total, naive.total
    (array([35.]), array([25.]))
    """
    known = ~np.isnan(demand)
    sums = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(np.nan_to_num(demand), axis=1)], axis=1)
    age = np.concatenate([np.zeros((len(demand), 1)), np.cumsum(known, axis=1)], axis=1)
    average = _moving_average(sums, age, width, _AVERAGED[period])
    naive = _seasonal_naive(sums, age, width, _CYCLE[period])
    actual = _totals_after(sums, age, width)
    return _ahead(MOVING_AVERAGE, average, actual), _ahead(SEASONAL_NAIVE, naive, actual)


def _moving_average(sums: np.ndarray, age: np.ndarray, width: np.ndarray, periods: int) -> np.ndarray:
    """Return the forecast after each number of periods, shape (n, T + 1); NaN before life."""
    begin = np.maximum(np.arange(sums.shape[1]) - periods, 0)
    number = age - age[:, begin]
    mean = np.divide(sums - sums[:, begin], number, out=np.full(sums.shape, np.nan), where=number > 0)
    result: np.ndarray = mean * width[:, None]
    return result


def _seasonal_naive(sums: np.ndarray, age: np.ndarray, width: np.ndarray, cycle: int) -> np.ndarray:
    """Return the total of the same periods one cycle earlier, shape (n, T + 1); intervals longer than a cycle repeat its total."""
    now = np.arange(sums.shape[1])[None, :]
    cycles, rest = width[:, None] // cycle, width[:, None] % cycle
    begin = now - cycle
    rows = np.arange(len(sums))[:, None]
    start, end = np.maximum(begin, 0), np.maximum(begin + rest, 0)
    total = cycles * (sums - sums[rows, start]) + sums[rows, end] - sums[rows, start]
    alive = (begin >= 0) & (age - age[rows, start] == cycle)
    result: np.ndarray = np.where(alive, total, np.nan)
    return result


def _totals_after(sums: np.ndarray, age: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the total of the `width` periods after each number of periods, shape (n, T + 1); NaN where it is not known."""
    last = sums.shape[1] - 1
    end = np.arange(sums.shape[1])[None, :] + width[:, None]
    rows = np.arange(len(sums))[:, None]
    at = np.minimum(end, last)
    whole = (end <= last) & (age[rows, at] - age == width[:, None])
    result: np.ndarray = np.where(whole, sums[rows, at] - sums, np.nan)
    return result


def _ahead(name: str, said: np.ndarray, actual: np.ndarray) -> Ahead:
    error = said - actual
    tested = ~np.isnan(error)
    number = tested.sum(axis=1)
    square = np.where(tested, error, 0.0) ** 2
    able = (number > 0) & ~np.isnan(said[:, -1])
    spread = np.sqrt(np.divide(square.sum(axis=1), number, out=np.zeros(len(said)), where=number > 0))
    total = np.where(able, said[:, -1], np.nan)
    quantiles = np.maximum(total[:, None] + spread[:, None] * special.ndtri(LEVELS), 0.0)
    return Ahead(name, total, quantiles)
