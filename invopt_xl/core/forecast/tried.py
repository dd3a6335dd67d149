"""What a method said on the held-back windows: the value that combining, calibrating, choosing and the Accuracy table look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Probability levels at which quantiles of interval totals are judged.
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True)
class Tried:
    """One method on K held-back windows of n series; the parameters it ran with were chosen on earlier windows.

    Parameters
    ----------
    name : str
        For the planner.
    total : float array, shape (n, K)
        Forecast mean of the interval total; NaN where the method could not run or there is no window [units].
    quantiles : float array, shape (n, K, Q)
        Quantiles at LEVELS; NaN where `total` is.
    """

    name: str
    total: np.ndarray
    quantiles: np.ndarray


@dataclass(frozen=True)
class HeldBack:
    """The windows that nothing was fitted on.

    Parameters
    ----------
    actual : float array, shape (n, K)
        Total demand that came in each window; NaN for none [units].
    scale : float array, shape (n,)
        Mean absolute change from one interval total to the next before the held-back windows (the in-sample error of the naive
        forecast), 0 where unknown [units]. Source: Hyndman & Koehler (2006), IJF 22, 679-688, for totals of intervals.
    square_scale : float array, shape (n,)
        Its mean square [units squared].
    width : int array, shape (n,)
        Length of the windows [periods].
    """

    actual: np.ndarray
    scale: np.ndarray
    square_scale: np.ndarray
    width: np.ndarray
