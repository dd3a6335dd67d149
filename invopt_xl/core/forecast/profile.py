"""Yearly cycle as two harmonics: for weeks, where 52 factors cannot be told from two or three years of one item.

The profile is fitted on what was known at a few past moments, so that walk-forward errors do not see the future; it is shrunk towards
"no season" by how little it explains (James & Stein), for an item alone or for its whole category.
"""

from __future__ import annotations

import numpy as np

from invopt_xl.core.forecast.windows import Run, Windows, running_sums

#: Sine waves of the yearly cycle.
_HARMONICS = 2

#: Years of history that a profile needs at least.
_YEARS = 1.75

#: Indices stay within these [ratio to the level].
_LOW, _HIGH = 0.2, 5.0


def profiles(demand: np.ndarray, angle: np.ndarray, *, moments: np.ndarray, season: int) -> np.ndarray:
    """Return seasonal indices as known at each moment, shape (moments, T + L, n): 1 is an average period.

    Parameters
    ----------
    demand : float array, shape (T, n)
        NaN before the first period of life.
    angle : float array, shape (T + L,)
        Position in the year [radians].
    moments : int array, shape (moments,)
        Numbers of periods known.
    season : int
        Periods of a year.
    """
    waves = np.concatenate([f(k * angle)[:, None] for k in range(1, _HARMONICS + 1) for f in (np.sin, np.cos)], axis=1)
    drift = np.linspace(-1, 1, len(demand))
    design = np.column_stack([np.ones(len(demand)), drift, waves[: len(demand)]])  # (T, p)
    found = [_index_at(demand[:known], design[:known], waves, season) for known in moments]
    return np.stack(found) if found else np.ones((0, len(angle), demand.shape[1]))


def _index_at(demand: np.ndarray, design: np.ndarray, waves: np.ndarray, season: int) -> np.ndarray:
    n, p = demand.shape[1], design.shape[1]
    known = (~np.isnan(demand)).astype(float)
    count = known.sum(axis=0)
    mean = np.nan_to_num(demand).sum(axis=0) / np.maximum(count, 1)
    ratio = np.nan_to_num(demand) / np.where(mean > 0, mean, 1.0)
    crossed = (design[:, :, None] * design[:, None, :]).reshape(len(design), p * p)
    normal = (known.T @ crossed).reshape(n, p, p) + 1e-6 * np.eye(p)
    right = (ratio * known).T @ design  # (n, p)
    beta = np.linalg.solve(normal, right[:, :, None])[:, :, 0]
    fitted = design @ beta.T
    residual = ((ratio - fitted) ** 2 * known).sum(axis=0)
    wave = design[:, 2:] @ beta[:, 2:].T
    explained = (wave**2 * known).sum(axis=0)
    freedom = np.maximum(count - p, 1)
    noise = (p - 2) * residual / freedom
    shrink = np.clip(1 - np.divide(noise, explained, out=np.ones(n), where=explained > 0), 0.0, 1.0)
    shrink = np.where(count >= _YEARS * season, shrink, 0.0)
    result: np.ndarray = np.clip(1 + shrink * (waves @ beta[:, 2:].T), _LOW, _HIGH)
    return result


def refit_moments(periods: int, *, season: int) -> np.ndarray:
    """Return the numbers of periods at which profiles are fitted: each quarter of a year, after the first years, and at the end."""
    first = int(np.ceil(_YEARS * season))
    every = max(1, season // 4)
    return (
        np.unique(np.append(np.arange(first, periods, every), periods)) if periods >= first else np.zeros(0, dtype=int)
    )


def profile_smoothing(windows: Windows, index: np.ndarray, moments: np.ndarray, *, alpha: float) -> Run:
    """Return smoothing of demand cleared of a seasonal profile.

    Parameters
    ----------
    windows : Windows
    index : float array, shape (moments, T + L, n)
        From `profiles`.
    moments : int array
        Numbers of periods known when each profile was fitted.
    alpha : float
    """
    demand = windows.demand
    periods, n = demand.shape
    known = ~np.isnan(demand)
    age = np.cumsum(known, axis=0)
    weight = np.where(known, np.maximum(alpha, 1 / np.maximum(age, 1)), 0.0)
    filled = np.nan_to_num(demand)
    one, total = np.zeros((periods, n)), np.zeros((periods, n))
    level, columns = np.zeros(n), np.arange(n)
    now = 0
    sums = running_sums(index[0])
    for t in range(periods):
        while now + 1 < len(moments) and moments[now + 1] <= t + 1:
            now += 1
            sums = running_sums(index[now])
        factor = index[now]
        level = level + weight[t] * (filled[t] / factor[t] - level)
        one[t] = level * factor[t + 1]
        end = np.minimum(t + 1 + windows.width, len(factor))
        total[t] = level * (sums[end, columns] - sums[t + 1])
    path = level * index[-1][periods : periods + windows.horizon]
    valid = known & (np.arange(1, periods + 1) >= moments[0])[:, None]
    return Run(one, total, path, valid)
