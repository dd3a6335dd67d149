"""The distribution function of a mixture, point by point with scipy: what `core/forecast/mixed_cdf.py` must agree with."""

from __future__ import annotations

import numpy as np
from scipy import special

#: Coefficient of variation below which demand counts as certain.
_CERTAIN = 1e-6

#: Relative width of the jump of a certain component on the grid.
_JUMP = 1e-12


def mixed_cdf(
    grid: np.ndarray, mean: np.ndarray, variance: np.ndarray, whole: np.ndarray, no_demand: np.ndarray
) -> np.ndarray:
    total = np.zeros_like(grid)
    width = mean.shape[1]
    # lead times that are the same for all series of the chunk are worked out once
    same = np.zeros(width, dtype=bool)
    for j in range(width):
        same[j] = (
            j > 0 and np.array_equal(mean[:, j], mean[:, j - 1]) and np.array_equal(variance[:, j], variance[:, j - 1])
        )
    part = np.zeros_like(grid)
    for j in range(width):
        if not same[j]:
            part = _component_cdf(grid, mean[:, j], variance[:, j], whole, no_demand[:, j])
        total += part / width
    total[:, -1] = 1.0
    return np.maximum.accumulate(np.clip(total, 0.0, 1.0), axis=1)


def _component_cdf(
    grid: np.ndarray, mean: np.ndarray, variance: np.ndarray, whole: np.ndarray, no_demand: np.ndarray
) -> np.ndarray:
    cdf = (grid >= mean[:, None] * (1 - _JUMP)).astype(float)
    random = (mean > 0) & (variance > (_CERTAIN * mean) ** 2)
    count = whole & (mean > 0)
    for rows, law in ((random & ~whole, _gamma_cdf), (count, _count_cdf)):
        at = np.flatnonzero(rows)
        if len(at):
            cdf[at] = law(grid[at], mean[at], variance[at], no_demand[at])
    return cdf


def _gamma_cdf(grid: np.ndarray, mean: np.ndarray, variance: np.ndarray, no_demand: np.ndarray) -> np.ndarray:
    """Return the cdf of a gamma that is zero with chance `no_demand`, with the given overall moments."""
    some = 1 - no_demand
    mean_if = mean / some
    # (variance + mean^2) / some - mean_if^2; written so, it has no digits left where demand is next to certain
    variance_if = variance / some - no_demand * mean_if**2
    # the spread may be too small for that chance of nothing: then a plain gamma
    plain = variance_if <= 0.05 * variance
    some, mean_if = np.where(plain, 1.0, some), np.where(plain, mean, mean_if)
    variance_if = np.where(plain, variance, variance_if)
    shape, scale = mean_if**2 / variance_if, variance_if / mean_if
    cdf: np.ndarray = 1 - some[:, None] * special.gammaincc(shape[:, None], grid / scale[:, None])
    return cdf


def _count_cdf(grid: np.ndarray, mean: np.ndarray, variance: np.ndarray, no_demand: np.ndarray) -> np.ndarray:
    """Return the negative binomial cdf, Poisson where the variance does not exceed the mean."""
    poisson = variance <= mean * (1 + 1e-6)
    cdf = np.empty_like(grid)
    cdf[poisson] = special.pdtr(grid[poisson], mean[poisson][:, None])
    m, v = mean[~poisson][:, None], variance[~poisson][:, None]
    successes, chance = m**2 / (v - m), m / v
    cdf[~poisson] = special.betainc(successes, grid[~poisson] + 1, chance)
    return cdf
