"""The latest windows, which nothing is fitted on before it is judged there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.forecast.panel import WARM_UP

#: Periods over which held-back origins spread at most, and windows per series.
_SPAN: dict[Period, int] = {"day": 56, "week": 26, "month": 8}
_WINDOWS = 13

#: Times that methods are fitted anew within that span: a planner, too, would not wait half a year.
_RENEWALS = 3


@dataclass(frozen=True)
class HeldBackOrigins:
    """Origins of held-back windows.

    Parameters
    ----------
    cutoff : int
        No held-back origin is below cutoff - 1; nothing that ends at this period or later may be used to fit what is judged on all of them.
    renewals : tuple of int
        Cutoffs at which what is judged may be fitted anew, for the origins from there on; the first is `cutoff`.
    origins : int array, shape (n, K)
        The window is periods origin + 1 .. origin + width; -1 for none; ascending.
    """

    cutoff: int
    renewals: tuple[int, ...]
    origins: np.ndarray


def held_back_origins(first: np.ndarray, width: np.ndarray, *, periods: int, period: Period) -> HeldBackOrigins:
    """Return the held-back origins of each series.

    Half of the record at least stays for fitting. Where an interval is too long to fit in after the cutoff, a series has no held-back window.

    Parameters
    ----------
    first, width : int arrays, shape (n,)
        First period of life; length of the interval [periods].
    periods : int
        T.
    period : {"day", "week", "month"}
    """
    usual = int(np.quantile(width, 0.9)) if len(width) else 1
    span = min(_SPAN[period], max(1, periods // 4))
    cutoff = max(periods - usual - span + 1, -(-periods // 2), WARM_UP[period])
    number = min(_WINDOWS, span)
    # origins cutoff - 1 .. periods - 1 - width, the latest first
    back = np.unique(np.round(np.linspace(0, span - 1, number)).astype(np.int64))[::-1]
    origins = (periods - 1 - width)[:, None] - back
    young = origins < first[:, None] + WARM_UP[period] - 1
    renewals = tuple(sorted({cutoff + round(span * part / _RENEWALS) for part in range(_RENEWALS)}))
    return HeldBackOrigins(cutoff, renewals, np.where((origins < cutoff - 1) | young, -1, origins))


def at_origins(values: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Return the values (n, T) at the origins (n, K); NaN where there is none."""
    picked = np.take_along_axis(values, np.maximum(origins, 0), axis=1)
    return np.where(origins >= 0, picked, np.nan)


def window_means(values: np.ndarray, origins: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return the mean of `values` (n, T) over periods origin + 1 .. origin + width, shape (n, K); NaN where there is no origin."""
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    start = np.maximum(origins, 0) + 1
    end = np.minimum(start + width[:, None], values.shape[1])
    total = np.take_along_axis(sums, end, axis=1) - np.take_along_axis(sums, np.minimum(start, values.shape[1]), axis=1)
    return np.where(origins >= 0, total / width[:, None], np.nan)
