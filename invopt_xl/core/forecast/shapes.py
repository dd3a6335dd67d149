"""Chances and quantiles of demand from its mean and variance, for many windows at once: the shapes that `mixture` builds distributions of.

Whole units: negative binomial, or Poisson where the variance does not exceed the mean; walked term by term, so exact. Else gamma, with a chance of
no demand at all for intermittent demand.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from invopt_xl.core.forecast.gamma_quantiles import gamma_quantile

#: Means above which counts are so many that a gamma differs by less than a unit in the quantiles that matter.
MOST_COUNTED = 2000.0

#: Windows from which threads pay: they are waited for, and wait actively, for some milliseconds after every call.
_MANY = 200_000

#: Chances below this are followed by their logarithm, since multiplied they would stay 0.
_FAINT = 1e-250


def quantiles(
    mean: np.ndarray, variance: np.ndarray, level: np.ndarray, *, whole: np.ndarray, nothing: np.ndarray
) -> np.ndarray:
    """Return quantiles, shape of `mean`; NaN where the mean is. Parameters as in `chances`; `level` of the same shape."""
    known = ~np.isnan(mean)
    result = np.full(mean.shape, np.nan)
    counted = known & whole & (mean <= MOST_COUNTED)
    if counted.any():
        result[counted] = _count_quantiles(mean[counted], variance[counted], level[counted])
    rest = known & ~counted
    if rest.any():
        some, mean_if, sd_if = given_demand(mean[rest], variance[rest], nothing[rest])
        above = (level[rest] - (1 - some)) / some
        found = gamma_quantile(mean_if, sd_if, np.clip(above, 1e-9, 1 - 1e-9))
        result[rest] = np.where(above > 0, found, 0.0)
    return result


def given_demand(
    mean: np.ndarray, variance: np.ndarray, nothing: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the chance of any demand, and mean and standard deviation of demand given that there is some, all of the shape of `mean`.

    The spread may be too small for that chance of nothing: then demand never stops.
    """
    some = 1 - nothing
    mean_if = mean / some
    variance_if = (variance + mean**2) / some - mean_if**2
    plain = variance_if <= 0.05 * variance
    return (
        np.where(plain, 1.0, some),
        np.where(plain, mean, mean_if),
        np.sqrt(np.maximum(np.where(plain, variance, variance_if), 0.0)),
    )


@njit(cache=True)
def _first(mean: float, variance: float) -> tuple[float, float, float]:
    """Return the log chance of nothing, and r and q of the step from k to k + 1: (k + r) q / (k + 1); q < 0 for Poisson."""
    if variance <= mean * (1 + 1e-6):
        return -mean, mean, -1.0
    r = mean * mean / (variance - mean)
    q = 1.0 - mean / variance
    return r * np.log(1.0 - q), r, q


@njit(cache=True)
def _count_quantile(mean: float, variance: float, level: float) -> float:
    """Return the least count whose distribution function reaches `level`."""
    if mean <= 0:
        return 0.0
    log_p, r, q = _first(mean, variance)
    k, chance = 0, np.exp(log_p)
    total = chance
    most = mean + 60.0 * np.sqrt(max(variance, mean)) + 60.0
    while total < level and k < most:
        step = r / (k + 1.0) if q < 0 else (k + r) * q / (k + 1.0)
        if chance < _FAINT:
            log_p += np.log(step)
            chance = np.exp(log_p)
        else:
            chance *= step
        k += 1
        total += chance
    return float(k)


@njit(cache=True)
def _few_count_quantiles(mean: np.ndarray, variance: np.ndarray, level: np.ndarray) -> np.ndarray:
    found = np.empty(len(mean))
    for i in range(len(mean)):
        found[i] = _count_quantile(mean[i], variance[i], level[i])
    return found


@njit(cache=True, parallel=True)
def _many_count_quantiles(mean: np.ndarray, variance: np.ndarray, level: np.ndarray) -> np.ndarray:
    found = np.empty(len(mean))
    for i in prange(len(mean)):
        found[i] = _count_quantile(mean[i], variance[i], level[i])
    return found


def _count_quantiles(mean: np.ndarray, variance: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the quantiles of counts, all of shape (m,)."""
    return (_many_count_quantiles if len(mean) >= _MANY else _few_count_quantiles)(mean, variance, level)
