"""Mean and variance per lead time -> one distribution of demand: an exact mixture over the possible lead times.

Shapes: gamma for demand that is continuous in effect (Burgin 1975, Oper. Res. Q. 26, 507-525); negative binomial, or Poisson where the
variance does not exceed the mean, for whole-number counts (Syntetos & Boylan 2006, IJPE 103, 36-47); gamma with a chance of no demand at all
for intermittent demand in fractions of a unit. Each is fitted by moments for each lead time, so the mixture carries the spread of lead times
without any assumption on the shape of the sum.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.mixed_cdf import JUMP, mixed_cdf

#: Points of the grid: enough for 1 % at the 99.5 % quantile (tests/core/forecast/test_mixture.py).
GRID_POINTS = 192

#: Series worked on at a time: keeps (series, grid) arrays within the processor's cache and memory small.
_CHUNK = 2000


def mixture(mean: np.ndarray, variance: np.ndarray, *, whole: np.ndarray, no_demand: np.ndarray) -> DemandDistribution:
    """Return the distribution of demand when each column of moments is equally likely.

    Parameters
    ----------
    mean, variance : float array, shape (n, J)
        Moments of demand given the j-th lead time [units, units squared]; at least 0.
    whole : bool array, shape (n,)
        Count distribution on whole units.
    no_demand : float array, shape (n, J)
        Chance of no demand at all in the interval, used where `whole` is False; 0 for demand that never stops.

    >>> two = mixture(np.array([[10.0, 30.0]]), np.zeros((1, 2)), whole=np.array([False]), no_demand=np.zeros((1, 2)))
    >>> two.mean().round(6), two.sd().round(3), two.quantile(0.9).round(4)
    (array([20.]), array([10.]), array([30.]))
    """
    mean, variance = np.asarray(mean, dtype=float), np.asarray(variance, dtype=float)
    n = len(mean)
    grid, cdf = np.zeros((n, GRID_POINTS)), np.ones((n, GRID_POINTS))
    for start in range(0, n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        grid[rows] = _grid(mean[rows], variance[rows], whole[rows])
        found = mixed_cdf(grid[rows], mean[rows], variance[rows], whole=whole[rows], no_demand=no_demand[rows])
        found[:, -1] = 1.0
        cdf[rows] = np.maximum.accumulate(found, axis=1)
    return DemandDistribution(grid, cdf, whole)


def _grid(mean: np.ndarray, variance: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ascending points (n, G): near-quantiles of every component in turn, an even part, and both ends."""
    width, points = mean.shape[1], GRID_POINTS
    sd = np.sqrt(variance)
    theta = np.divide(variance, mean, out=np.zeros_like(mean), where=mean > 0)
    # a gamma tail falls at least as fast as exp(-x / theta); beyond the normal part this bounds the quantile
    top = (mean + 5.5 * sd + 17.0 * np.maximum(theta, np.where(whole[:, None] & (mean > 0), 1.0, 0.0))).max(axis=1)
    quantiles = points // 2
    turn = np.arange(quantiles) % width
    # evenly in the normal score: the tail gets as many points as the middle
    z = special.ndtri((np.arange(quantiles) + 0.5) / quantiles) * 1.35
    at, spread = mean[:, turn], np.maximum(sd[:, turn], 0.0)
    third = np.divide(spread**2, 9 * at**2, out=np.zeros_like(at), where=at > 0)  # 1 / (9 shape)
    near = at * np.maximum(1 - third + z * np.sqrt(third), 0.0) ** 3  # Wilson & Hilferty 1931
    even = points - quantiles - 2 * width
    # half of them in a geometric row: demand that is mostly next to nothing
    share = np.concatenate([np.linspace(0.0, 1.0, even // 2) ** 2, np.geomspace(1e-6, 0.7, even - even // 2)])
    # certain components need a point on either side of their jump
    jumps = np.concatenate([mean * (1 - 2 * JUMP), mean], axis=1)
    grid = np.concatenate([near, top[:, None] * share, jumps], axis=1)
    grid = np.sort(np.minimum(grid, top[:, None]), axis=1)
    grid[:, 0] = 0.0
    fits = whole & (top <= points - 1)
    grid = np.where(whole[:, None], np.floor(grid), grid)
    grid[fits] = np.minimum(np.arange(grid.shape[1]), np.ceil(top[fits])[:, None])
    grid[:, -1] = np.where(whole, np.ceil(top), top)
    return np.maximum.accumulate(grid, axis=1)
