"""Slow items are drawn towards what is usual: a forecast of next to nothing for an item that sleeps is right on average only if sleepers stay asleep.

Held-back windows of all intermittent series of a demand class together say how far: the demand that came, in units of the item's usual sale, is
regressed on the forecast, on how often the item itself ever sold, and on how often its class sells (a linear empirical Bayes estimate; Robbins 1964,
Ann. Math. Stat. 35, 1-20; Bühlmann & Gisler 2005, A Course in Credibility Theory, ch. 3). The three shares are not negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from invopt_xl.core.forecast.common_shock import Clusters
from invopt_xl.core.forecast.held_back import at_origins
from invopt_xl.core.forecast.panel import Run

#: Windows that "the forecast is right" counts as.
_TRUST_IN_FORECAST = 150.0

#: Windows of a class below which nothing is estimated for it.
_FEWEST = 40

#: Demand of a class is taken to differ from its forecasts by this factor at most.
_MOST_LEVEL = 1.5


@dataclass(frozen=True)
class Usual:
    """How often series sell, at the end of each period, and how much at a time.

    Parameters
    ----------
    own, of_class : float array, shape (n, T)
        Share of periods with demand, of the series itself and of its class, up to and with the period.
    size : float array, shape (n, T)
        Mean demand of a period that has any, up to and with the period [units]; 0 before the first.
    """

    own: np.ndarray
    of_class: np.ndarray
    size: np.ndarray


def usual_sales(base: np.ndarray, first: np.ndarray, like: np.ndarray) -> Usual:
    """Return how often and how much series usually sell.

    Parameters
    ----------
    base : float array, shape (n, T)
        0 before life [units].
    first : int array, shape (n,)
        First period of life.
    like : int array, shape (n,)
        Class.

    >>> found = usual_sales(np.array([[0.0, 4.0, 0.0, 2.0]]), np.array([0]), np.array([0]))
    >>> found.own.round(2), found.size
    (array([[0.  , 0.5 , 0.33, 0.5 ]]), array([[0., 4., 4., 3.]]))
    """
    lived = np.maximum(np.arange(base.shape[1]) - first[:, None] + 1, 0)
    times = np.cumsum(base > 0, axis=1)
    own = np.divide(times, lived, out=np.zeros(base.shape), where=lived > 0)
    size = np.divide(np.cumsum(base, axis=1), times, out=np.zeros(base.shape), where=times > 0)
    classes = int(like.max(initial=0)) + 1
    of_times, of_lived = np.zeros((classes, base.shape[1])), np.zeros((classes, base.shape[1]))
    np.add.at(of_times, like, times)
    np.add.at(of_lived, like, lived)
    return Usual(own, np.divide(of_times, of_lived, out=np.zeros_like(of_times), where=of_lived > 0)[like], size)


def drawn_in(
    forecast: Run,
    judged: Run,
    usual: Usual,
    actual: np.ndarray,
    origins: np.ndarray,
    *,
    width: np.ndarray,
    rows: np.ndarray,
    like: np.ndarray,
    clusters: Clusters,
) -> tuple[Run, Run]:
    """Return today's forecast and the one that was judged, of the series `rows` drawn in; the others as they are.

    Parameters
    ----------
    forecast, judged : Run
    usual : Usual
    actual : float array, shape (n, K)
        What came in the held-back windows; NaN for windows that do not count [units].
    origins : int array, shape (n, K)
        -1 for none.
    width : int array, shape (n,)
    rows : bool array, shape (n,)
    like : int array, shape (n,)
    clusters : Clusters
        Of the same classes.
    """
    shares = np.zeros((int(like.max(initial=0)) + 1, 3))
    shares[:, 0] = 1.0
    size, own, of_class, total = (at_origins(v, origins) for v in (usual.size, usual.own, usual.of_class, judged.total))
    unit = size * width[:, None]
    usable = rows[:, None] & ~np.isnan(actual) & ~np.isnan(total) & (np.nan_to_num(unit) > 0)
    for each in range(len(shares)):
        here = usable & (like == each)[:, None]
        if here.sum() >= _FEWEST:
            x = np.stack([total[here] / unit[here], own[here], of_class[here]], axis=1)
            series = int(here.any(axis=1).sum())
            shares[each] = _shares(
                x,
                actual[here] / unit[here],
                apart=clusters.blocks * series,
                together=clusters.effective(each, series),
            )
    share = np.where(rows[:, None], shares[like], np.array([1.0, 0.0, 0.0]))
    return _moved(forecast, share, usual, width), _moved(judged, share, usual, width)


def _shares(x: np.ndarray, y: np.ndarray, *, apart: float, together: float) -> np.ndarray:
    """Return the weights (3,) of the columns of x (m, 3) that give y (m,), each window weighed by the inverse of the variance to expect.

    Which items sell more than forecast and which less is told by windows that are worth `apart` independent ones; whether all sell less than
    forecast, by windows that are worth only `together`, since a bad month is one month for all.
    """
    # the variance of demand that comes at random grows with its mean
    weight = 1 / np.maximum(x.mean(axis=1), 1e-6)
    said = float((weight * x[:, 0]).sum())
    level = float((weight * y).sum()) / said if said > 0 else 1.0
    level = float(np.clip(level, 1 / _MOST_LEVEL, _MOST_LEVEL))
    root = np.sqrt(weight)
    found, _ = nnls(x * root[:, None], y / level * root)
    trusted = apart / (apart + _TRUST_IN_FORECAST)
    shares = trusted * found + (1 - trusted) * np.array([1.0, 0.0, 0.0])
    result: np.ndarray = shares * (1 + (level - 1) * together / (together + _TRUST_IN_FORECAST))
    return result


def _moved(run: Run, share: np.ndarray, usual: Usual, width: np.ndarray) -> Run:
    added = (share[:, 1:2] * usual.own + share[:, 2:] * usual.of_class) * usual.size
    kept = share[:, :1]
    return Run(run.one * kept + added, run.total * kept + added * width[:, None], run.path * kept + added[:, -1:])
