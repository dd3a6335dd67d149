"""How long stock lasts at expected demand."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.choose import Forecast


def days_until(units: np.ndarray, forecast: Forecast, days_per_period: float) -> np.ndarray:
    """Return days from as_of until expected demand has used up `units`, shape (n,); NaN without demand or for unknown units.

    Parameters
    ----------
    units : float array, shape (n,)
        At least 0, or NaN.
    forecast : Forecast
        Its outlook is followed, and its mean after the end.
    days_per_period : float
    """
    path = forecast.outlook
    first = path[:, :1] * (1 - forecast.elapsed)
    lengths = np.concatenate([[1 - forecast.elapsed], np.ones(path.shape[1] - 1)])
    used = np.cumsum(np.concatenate([first, path[:, 1:]], axis=1), axis=1)  # (n, L)
    wanted = np.nan_to_num(units)[:, None]
    done = (used < wanted).sum(axis=1)
    rows, last = np.arange(len(path)), path.shape[1] - 1
    at = np.minimum(done, last)
    before = np.where(at > 0, used[rows, np.maximum(at - 1, 0)], 0.0)
    step = used[rows, at] - before
    ends = np.cumsum(lengths)
    share = np.divide(wanted[:, 0] - before, step, out=np.zeros(len(path)), where=step > 0)
    inside = ends[at] - lengths[at] + np.clip(share, 0.0, 1.0) * lengths[at]
    mean = path.mean(axis=1)
    rest = np.divide(wanted[:, 0] - used[:, -1], mean, out=np.zeros(len(path)), where=mean > 0)
    periods = np.where(done > last, ends[-1] + rest, inside)
    return np.where(np.isnan(units) | (mean <= 0), np.nan, periods * days_per_period)
