"""What a period would have sold without promotion and at the usual price: the level around it, with the season of all series. Serves uplifts."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.seasonal_level import seasonal_level, seasons, window_sum


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
    season = seasons(starts, period=period)
    return seasonal_level(demand, usable=usable, season=season, period=period, level=_level)


def _level(values: np.ndarray, usable: np.ndarray, *, around: int) -> np.ndarray:
    total, count = window_sum(values, around), window_sum(usable.astype(np.float64), around)
    life_total, life_count = values.sum(axis=1, keepdims=True), usable.sum(axis=1, keepdims=True)
    life = np.divide(life_total, life_count, out=np.full(life_total.shape, np.nan), where=life_count > 0)
    level: np.ndarray = (total + life) / (count + 1.0)
    return level
