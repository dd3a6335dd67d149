"""Seasonal profiles as sums of waves: of a category, and of a series drawn towards its category's.

A profile is fitted on what was known at a few past moments, so that walk-forward errors do not see the future. Each wave is drawn towards the
category's by how little it is above the noise (James & Stein 1961), the category's towards "no season". A year of weeks gets three waves,
because 52 factors cannot be told from two or three years of one item; months and weekdays get all that their number of phases allows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.buckets import Period

#: Years (cycles) of history that a profile needs at least.
_CYCLES = 1.75

#: Indices stay within these [ratio to the level].
BOUNDS = (0.1, 6.0)

#: Moments at which profiles are fitted at most.
_MOST_MOMENTS = 24


@dataclass(frozen=True)
class Profiles:
    """Seasonal profiles of n series at M moments, as coefficients of B waves.

    Parameters
    ----------
    own, category : float arrays, shape (n, M, B)
    waves : float array, shape (T + L, B)
    moments : int array, shape (M,)
        Numbers of periods known.
    """

    own: np.ndarray
    category: np.ndarray
    waves: np.ndarray
    moments: np.ndarray


def fit_profiles(
    base: np.ndarray, position: np.ndarray, category: np.ndarray, *, period: Period, season: int
) -> Profiles:
    """Return the profiles of all series.

    Parameters
    ----------
    base : float array, shape (n, T)
        NaN before life.
    position : float array, shape (T + L,)
        Position in the cycle [cycles].
    category : int array, shape (n,)
    period : {"day", "week", "month"}
    season : int
        Periods of a cycle.
    """
    waves = _waves(position, count=3 if period == "week" else season // 2, season=season)
    moments = fitting_moments(base.shape[1], season=season)
    n, width = len(base), waves.shape[1]
    own, shared = np.zeros((n, len(moments), width)), np.zeros((n, len(moments), width))
    for k, known in enumerate(moments):
        own[:, k], shared[:, k] = _fit(base[:, :known], waves[:known], category, season)
    return Profiles(own, shared, waves, moments)


def fitting_moments(periods: int, *, season: int) -> np.ndarray:
    """Return the numbers of periods at which profiles are fitted: a few times a cycle after the first cycles, and at the end.

    >>> fitting_moments(30, season=12)
    array([21, 24, 27, 30])
    """
    first = int(np.ceil(_CYCLES * season))
    if periods < first:
        return np.zeros(0, dtype=np.int64)
    every = max(1, season // 4, -(-(periods - first) // _MOST_MOMENTS))
    found: np.ndarray = np.unique(np.append(np.arange(first, periods, every), periods)).astype(np.int64)
    return found


def _waves(position: np.ndarray, *, count: int, season: int) -> np.ndarray:
    """Return sines and cosines of 1 .. count waves a cycle, shape (T + L, B); of the fastest wave of an even season only the cosine differs from 0."""
    columns = []
    for k in range(1, count + 1):
        angle = 2 * np.pi * k * position
        if 2 * k != season:
            columns.append(np.sin(angle))
        columns.append(np.cos(angle))
    return np.column_stack(columns)


def _fit(base: np.ndarray, waves: np.ndarray, category: np.ndarray, season: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients (n, B) of each series and of its category."""
    known = ~np.isnan(base)
    enough = known.sum(axis=1) >= _CYCLES * season
    ratio, weight = _ratios(base, known)
    weight *= enough[:, None]
    beta, variance = _regress(ratio, weight, waves)
    shared = _category(beta, variance, enough, category)
    # how much the items of a category differ from it decides how far an item's own season is trusted
    off = (beta - shared) ** 2
    pairs = _pairs(waves.shape[1], season)
    total_off, total_noise = off @ pairs.T, variance @ pairs.T
    keep = np.clip(1 - np.divide(total_noise, total_off, out=np.ones_like(total_off), where=total_off > 0), 0.0, 1.0)
    own = shared + (keep @ pairs) * (beta - shared)
    return np.where(enough[:, None], own, shared), shared


def _ratios(base: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return demand relative to its straight line, and the weights of the periods, shapes (n, T)."""
    time = np.linspace(-1.0, 1.0, base.shape[1])
    weight = known.astype(float)
    y = np.nan_to_num(base)
    count = np.maximum(weight.sum(axis=1), 1.0)
    mean_y, mean_t = y.sum(axis=1) / count, (weight * time).sum(axis=1) / count
    centred = (time - mean_t[:, None]) * weight
    below = (centred**2).sum(axis=1)
    slope = np.divide((centred * y).sum(axis=1), below, out=np.zeros_like(below), where=below > 0)
    line = mean_y[:, None] + slope[:, None] * (time - mean_t[:, None])
    line = np.maximum(line, 0.2 * mean_y[:, None])
    ratio = np.divide(y, line, out=np.ones_like(y), where=line > 0)
    # one wild period must not make a season
    return np.where(known, np.minimum(ratio, 6.0) - 1.0, 0.0), weight


def _regress(ratio: np.ndarray, weight: np.ndarray, waves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and their variances, shapes (n, B)."""
    design = np.column_stack([np.ones(len(waves)), waves])
    p = design.shape[1]
    crossed = (design[:, :, None] * design[:, None, :]).reshape(len(design), p * p)
    normal = (weight @ crossed).reshape(len(weight), p, p) + 1e-3 * np.eye(p)
    inverse = np.linalg.inv(normal)
    right = (ratio * weight) @ design
    beta = np.einsum("nij,nj->ni", inverse, right)
    residual = ((ratio - beta @ design.T) ** 2 * weight).sum(axis=1)
    noise = residual / np.maximum(weight.sum(axis=1) - p - 1, 1.0)
    variance = noise[:, None] * np.einsum("nii->ni", inverse)
    return beta[:, 1:], variance[:, 1:]


def _category(beta: np.ndarray, variance: np.ndarray, enough: np.ndarray, category: np.ndarray) -> np.ndarray:
    """Return the mean coefficients of each series' category, drawn towards none by how little they are above their own noise, shape (n, B)."""
    size = int(category.max(initial=-1)) + 1
    use = enough[:, None] & np.isfinite(variance)
    # an item counts by how well its season is known, but no item counts for more than a few
    usual = np.median(variance[enough], axis=0) if enough.any() else np.ones(beta.shape[1])
    weight = np.where(use, 1.0 / (np.maximum(variance, 0.0) + usual + 1e-6), 0.0)
    total, sums, squares = (np.zeros((size, beta.shape[1])) for _ in range(3))
    np.add.at(total, category, weight)
    np.add.at(sums, category, weight * beta)
    mean = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    np.add.at(
        squares, category, weight**2 * (np.where(use, beta - mean[category], 0.0) ** 2 + np.where(use, variance, 0.0))
    )
    noise = np.divide(squares, total**2, out=np.zeros_like(sums), where=total > 0)
    keep = np.clip(1 - np.divide(noise, mean**2, out=np.ones_like(mean), where=mean**2 > 0), 0.0, 1.0)
    result: np.ndarray = (mean * keep)[category]
    return result


def _pairs(width: int, season: int) -> np.ndarray:
    """Return which coefficients belong to the same wave, shape (waves, B)."""
    owner = np.arange(width) // 2
    waves = int(owner.max(initial=-1)) + 1
    found: np.ndarray = (owner[None, :] == np.arange(waves)[:, None]).astype(float)
    return found
