"""Expected demand from the day after `as_of`: totals over fractional periods of a path that starts after the last full period."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period


def elapsed_periods(starts: np.ndarray, as_of: pd.Timestamp, *, period: Period, days_per_period: float) -> float:
    """Return how much of the period after the last full one has passed at the end of `as_of` [periods].

    >>> elapsed_periods(np.array(["2026-01-05"], dtype="datetime64[D]"), pd.Timestamp("2026-01-13"), period="week", days_per_period=7)
    0.2857142857142857
    """
    last = starts[-1]
    end = (
        (last.astype("datetime64[M]") + 1).astype("datetime64[D]") if period == "month" else last + int(days_per_period)
    )
    days = int((np.datetime64(as_of, "D") + 1 - end).astype(np.int64))
    return min(max(days / days_per_period, 0.0), 1.0)


def path_total(path: np.ndarray, periods: np.ndarray, *, elapsed: float) -> np.ndarray:
    """Return expected demand of the next `periods` from `as_of` on, shape of `periods`.

    Parameters
    ----------
    path : float array, shape (n, L)
        Expected demand per period, from the one after the last full period on; the mean of the path holds after its end.
    periods : float array, shape (n,) or (n, J)
    elapsed : float
        Share of the first period that has passed.

    >>> path_total(np.array([[10.0, 20.0]]), np.array([1.0]), elapsed=0.5)
    array([15.])
    """
    flat = periods.ndim == 1
    wanted = periods[:, None] if flat else periods
    n, length = path.shape
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(path, axis=1)], axis=1)
    total = _cumulated(sums, path, wanted + elapsed, length) - _cumulated(
        sums, path, np.full_like(wanted, elapsed), length
    )
    result: np.ndarray = total[:, 0] if flat else total
    return result


def _cumulated(sums: np.ndarray, path: np.ndarray, periods: np.ndarray, length: int) -> np.ndarray:
    rows = np.arange(len(path))[:, None]
    inside = np.minimum(periods, length)
    whole = np.minimum(np.floor(inside).astype(np.int64), length - 1)
    total = sums[rows, whole] + (inside - whole) * path[rows, whole]
    result: np.ndarray = total + (periods - inside) * path.mean(axis=1)[:, None]
    return result
