"""Past demand as a planner keeps it in cells -> mean and spread per period. Serves the worksheet functions that work without a plan."""

from __future__ import annotations

import numpy as np


def lived_demand(cells: np.ndarray) -> np.ndarray:
    """Return past demand with the empty cells of each series read: before its first entry it did not exist, later nothing was sold.

    Parameters
    ----------
    cells : float array, shape (n, T)
        Units per period, the latest last; NaN for an empty cell.

    Returns
    -------
    float array, shape (n, K), K <= T
        NaN only before the first entry of a series. Periods at the end that are empty for all series are not there yet and are left out.

    >>> lived_demand(np.array([[np.nan, 4.0, np.nan, 2.0, np.nan], [1.0, 2.0, 3.0, np.nan, np.nan]]))
    array([[nan,  4.,  0.,  2.],
           [ 1.,  2.,  3.,  0.]])
    """
    known = ~np.isnan(cells)
    if known.all():
        return cells
    some = np.flatnonzero(known.any(axis=0))
    end = int(some[-1]) + 1 if len(some) else 0
    known, cells = known[:, :end], cells[:, :end]
    lived = np.logical_or.accumulate(known, axis=1)
    return np.where(lived & ~known, 0.0, cells)


def mean_and_sd(demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (sample form, as STDEV.S) of each row, NaN left out.

    Parameters
    ----------
    demand : float array, shape (n, T)

    Returns
    -------
    mean, sd : float arrays, shape (n,)
        The mean is NaN without any value, the standard deviation with fewer than two.

    >>> mean_and_sd(np.array([[2.0, 4.0, 6.0], [np.nan, np.nan, 5.0]]))
    (array([4., 5.]), array([ 2., nan]))
    """
    total, count = demand.sum(axis=1), demand.shape[1]
    if count > 1 and not np.isnan(total).any():
        mean = total / count
        off = demand - mean[:, None]
        return mean, np.sqrt((off * off).sum(axis=1) / (count - 1))
    known = ~np.isnan(demand)
    known_periods = known.sum(axis=1)
    filled = np.where(known, demand, 0.0)
    mean = filled.sum(axis=1) / np.where(known_periods > 0, known_periods, np.nan)
    off = np.where(known, demand - mean[:, None], 0.0)
    sd = np.sqrt((off * off).sum(axis=1) / np.where(known_periods > 1, known_periods - 1, np.nan))
    return mean, sd
