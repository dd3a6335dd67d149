"""What a period would have sold without promotion and at the usual price: the level around it, with the season of all series. Serves uplifts."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.stockouts import season_index

#: Periods on each side whose mean is the level.
_AROUND: dict[Period, int] = {"day": 28, "week": 8, "month": 6}
#: Periods needed before a season is estimated: two years (for days: eight weeks, the season is the day of the week).
_SEASON_FROM: dict[Period, int] = {"day": 56, "week": 104, "month": 24}


def usual_demand(demand: np.ndarray, *, usable: np.ndarray, starts: np.ndarray, period: Period) -> np.ndarray:
    """Return what each period would usually sell, shape (n, T); NaN for a series without usable periods.

    The mean of the usable periods around, with the mean of the whole life counting as one more of them: a gap or a run of zeros around a
    promotion must not leave a level of 0 to compare it with.

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before life [units].
    usable : bool array, shape (n, T)
        Periods that show usual demand.
    starts : datetime64[D] array, shape (T,)
        First days of the periods.
    period : {"day", "week", "month"}
    """
    values = np.where(usable, demand, 0.0)
    level = _level(values, usable, around=_AROUND[period])
    if len(starts) < _SEASON_FROM[period]:
        return level
    season = seasons(starts, period=period)
    index = season_index(demand, usable=usable, season=season, level=level)[season]  # (T,)
    steady: np.ndarray = _level(values / index, usable, around=_AROUND[period]) * index
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


def _level(values: np.ndarray, usable: np.ndarray, *, around: int) -> np.ndarray:
    total, count = _window_sum(values, around), _window_sum(usable.astype(np.float64), around)
    life_total, life_count = values.sum(axis=1, keepdims=True), usable.sum(axis=1, keepdims=True)
    life = np.divide(life_total, life_count, out=np.full(life_total.shape, np.nan), where=life_count > 0)
    level: np.ndarray = (total + life) / (count + 1.0)
    return level


def _window_sum(values: np.ndarray, around: int) -> np.ndarray:
    width = values.shape[1]
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    at = np.arange(width)
    total: np.ndarray = running[:, np.minimum(at + around + 1, width)] - running[:, np.maximum(at - around, 0)]
    # differences of running sums leave dust below zero
    positive: np.ndarray = np.maximum(total, 0.0)
    return positive
