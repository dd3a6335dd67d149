"""Moving average and exponential smoothing, all series at once: level, damped trend, and seasonal cycles of 7 or 12 periods.

The weight of a new observation is never below one over the number of observations, so a filter starts as the plain average and needs no
separate starting values; a seasonal factor starts at "no season" and has to earn its way from there. Source: Hyndman, Koehler, Ord & Snyder
(2008), Forecasting with Exponential Smoothing, ch. 2 and 13.
"""

from __future__ import annotations

import numpy as np

from tests.reference.windows import Run, Windows, running_sums


def flat_run(level: np.ndarray, windows: Windows) -> Run:
    """Return the run of a method that expects the same demand `level` (T, n) in every coming period."""
    path = np.repeat(level[-1:], windows.horizon, axis=0)
    return Run(level, level * windows.width, path, ~np.isnan(windows.demand))


def moving_average(windows: Windows, *, periods: int) -> Run:
    """Return the average of the last `periods` periods of life: the baseline."""
    known = ~np.isnan(windows.demand)
    sums, counts = running_sums(np.nan_to_num(windows.demand)), running_sums(known.astype(float))
    before = np.maximum(np.arange(1, len(sums)) - periods, 0)
    level = (sums[1:] - sums[before]) / np.maximum(counts[1:] - counts[before], 1.0)
    return flat_run(level, windows)


def simple(windows: Windows, *, alpha: float) -> Run:
    """Return simple exponential smoothing."""
    return flat_run(smoothed(windows.demand, alpha=alpha), windows)


def smoothed(values: np.ndarray, *, alpha: float) -> np.ndarray:
    """Return the smoothed level after each period, shape (T, n); NaN periods leave it as it is."""
    known = ~np.isnan(values)
    weight = _weights(known, alpha)
    filled = np.nan_to_num(values)
    level, levels = np.zeros(values.shape[1]), np.empty(values.shape)
    for t in range(len(values)):
        level = level + weight[t] * (filled[t] - level)
        levels[t] = level
    return levels


def damped_trend(windows: Windows, *, alpha: float, beta: float, phi: float) -> Run:
    """Return Holt's method with a trend that fades by `phi` a period."""
    known = ~np.isnan(windows.demand)
    weight, filled = _weights(known, alpha), np.nan_to_num(windows.demand)
    level, trend = np.zeros(filled.shape[1]), np.zeros(filled.shape[1])
    levels, trends = np.empty(filled.shape), np.empty(filled.shape)
    # the first observations set the level; a slope from them would be noise
    started = np.cumsum(known, axis=0) > 3
    for t in range(len(filled)):
        before = level + phi * trend
        new = before + weight[t] * (filled[t] - before)
        trend = np.where(started[t], phi * trend + beta * weight[t] * (filled[t] - before), 0.0)
        level = new
        levels[t], trends[t] = level, trend
    step = phi ** np.arange(1, windows.horizon + 1)
    path = levels[-1] + trends[-1] * np.cumsum(step)[:, None]
    steps = np.cumsum(np.cumsum(phi ** np.arange(1, int(windows.width.max(initial=1)) + 1)))
    total = levels * windows.width + trends * steps[windows.width - 1]
    return Run(np.maximum(levels + phi * trends, 0.0), np.maximum(total, 0.0), np.maximum(path, 0.0), known)


def seasonal_naive(windows: Windows) -> Run:
    """Return the demand of the same periods one cycle ago."""
    filled = np.nan_to_num(windows.demand)
    return _cycle_run(filled, np.zeros_like(filled), windows, additive=True, cycles=1)


def seasonal_smoothing(windows: Windows, *, alpha: float, gamma: float, additive: bool) -> Run:
    """Return smoothing of level and seasonal factors (Holt-Winters without a trend)."""
    m, known = windows.season, ~np.isnan(windows.demand)
    weight, filled = _weights(known, alpha), np.nan_to_num(windows.demand)
    neutral = 0.0 if additive else 1.0
    n = filled.shape[1]
    level, season = np.zeros(n), np.full((m, n), neutral)
    seen = np.zeros((m, n))
    levels, factors = np.empty(filled.shape), np.empty(filled.shape)
    for t in range(len(filled)):
        phase = t % m
        factor, seen[phase] = season[phase], seen[phase] + known[t]
        # a factor counts "no season" as one observation
        pull = np.where(known[t], np.maximum(gamma, 1.0 / (seen[phase] + 1)), 0.0)
        if additive:
            new = level + weight[t] * (filled[t] - factor - level)
            season[phase] = factor + pull * (filled[t] - new - factor)
        else:
            new = level + weight[t] * (filled[t] / np.maximum(factor, 0.1) - level)
            ratio = np.divide(filled[t], new, out=np.ones(n), where=new > 0)
            season[phase] = factor + pull * (np.minimum(ratio, 10.0) - factor)
        level = new
        levels[t], factors[t] = level, season[phase]
    return _cycle_run(factors, levels, windows, additive=additive, cycles=2)


def _cycle_run(factors: np.ndarray, levels: np.ndarray, windows: Windows, *, additive: bool, cycles: int) -> Run:
    """Return the run for factors (T, n) known at t for the next period of the same phase, and levels (T, n)."""
    m, known = windows.season, ~np.isnan(windows.demand)
    periods, n = factors.shape
    neutral = 0.0 if additive else 1.0
    padded = np.concatenate([np.full((m, n), neutral), factors])
    sums = running_sums(padded)  # sums[m + t + 1] holds the factors up to period t
    at = np.arange(periods)[:, None]
    full, rest = windows.width // m, windows.width % m
    cycle = sums[at[:, 0] + m + 1] - sums[at[:, 0] + 1]
    part = sums[at + 1 + rest, np.arange(n)] - sums[at[:, 0] + 1]
    seasonal = full * cycle + part
    first = padded[at[:, 0] + 1]
    ahead = padded[len(padded) - m :][np.arange(windows.horizon) % m]
    if additive:
        one, total, path = levels + first, levels * windows.width + seasonal, levels[-1] + ahead
    else:
        one, total, path = levels * first, levels * seasonal, levels[-1] * ahead
    valid = known & (np.cumsum(known, axis=0) >= cycles * m)
    return Run(np.maximum(one, 0.0), np.maximum(total, 0.0), np.maximum(path, 0.0), valid)


def _weights(known: np.ndarray, alpha: float) -> np.ndarray:
    age = np.cumsum(known, axis=0)
    return np.where(known, np.maximum(alpha, 1.0 / np.maximum(age, 1)), 0.0)
