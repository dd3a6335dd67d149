"""What a method says of the interval that lies ahead, and the scale on which it is judged afterwards. Serves the backtest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ahead:
    """One method on the total of the next `width` full periods of n series.

    Parameters
    ----------
    name : str
        For the planner: "chosen", "moving average", "seasonal naive", or the name of a candidate.
    total : float array, shape (n,)
        Expected total; NaN where the method cannot run [units].
    quantiles : float array, shape (n, Q)
        Quantiles of the total at `tried.LEVELS`; NaN where `total` is.
    """

    name: str
    total: np.ndarray
    quantiles: np.ndarray


def interval_scales(demand: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how much the total of an interval usually moves: mean absolute and mean squared change to the next one, both of shape (n,).

    Parameters
    ----------
    demand : float array, shape (n, T)
        NaN before the first period of life [units].
    width : int array, shape (n,)
        Length of the interval [periods].

    Returns
    -------
    scale : float array, shape (n,)
        Mean of abs(total of an interval - total of the one right before it) over all pairs in the history; 0 without any [units].
    square_scale : float array, shape (n,)
        Mean square of the same [units squared].

    References
    ----------
    Hyndman & Koehler (2006), International Journal of Forecasting 22, 679-688, for totals of intervals.

    >>> interval_scales(np.array([[1.0, 2.0, 4.0, 5.0]]), np.array([2]))
    (array([6.]), array([36.]))
    """
    n, periods = demand.shape
    known = ~np.isnan(demand)
    first = np.where(known.any(axis=1), known.argmax(axis=1), periods)
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(np.nan_to_num(demand), axis=1)], axis=1)
    end = np.arange(periods + 1)[None, :]
    middle, start = end - width[:, None], end - 2 * width[:, None]
    pair = start >= first[:, None]
    rows = np.arange(n)[:, None]
    latest = sums - sums[rows, np.maximum(middle, 0)]
    before = sums[rows, np.maximum(middle, 0)] - sums[rows, np.maximum(start, 0)]
    change = np.where(pair, latest - before, 0.0)
    number = np.maximum(pair.sum(axis=1), 1)
    return np.abs(change).sum(axis=1) / number, (change**2).sum(axis=1) / number
