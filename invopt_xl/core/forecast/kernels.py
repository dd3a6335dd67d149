"""Compiled passes over single series: every method walks once through a series and says at the end of each period what it expects.

One function holds all methods, so that it is compiled once; `methods.py` says what its numbers mean. At origin t a method expects of period
t + h: (level + trend x D(h)) x index, with D(h) the sum of phi^1 .. phi^h; totals of an interval take the mean index of its periods.
A weight of an observation is never below one over the number of observations, so a pass starts as the plain average and needs no separate
starting values. Sources: Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential Smoothing; Assimakopoulos & Nikolopoulos (2000),
IJF 16, 521-530, and Hyndman & Billah (2003), IJF 19, 287-290 (Theta as smoothing with half the drift); Croston (1972), Oper. Res. Q. 23, 289-303;
Syntetos & Boylan (2005), IJF 21, 303-314 (SBA); Teunter, Syntetos & Babai (2011), EJOR 214, 606-615 (TSB); Nikolopoulos et al. (2011), JORS 62,
544-554 (ADIDA); Petropoulos & Kourentzes (2015), JORS 66, 914-924 (IMAPA).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

MEAN, SMOOTHING, DAMPED, THETA, CROSTON, TSB, IMAPA, SEASONAL_RATIO, SEASONAL_SUM, SEASONAL_NAIVE = range(10)

#: Seasonal modes of a method: none, the profile of the category, the series' own profile drawn towards it.
NO_PROFILE, CATEGORY_PROFILE, OWN_PROFILE = range(3)

#: Bounds of the logarithm of a loss relative to the baseline: beyond them a loss says "hopeless" or "perfect" and nothing more.
_FLOOR, _CEILING = -3.0, 3.0

#: Share of a series' variance that no method is credited for going below: an item that slept through the windows was forecast best by
#: whatever said zero, and that proves nothing for the day it wakes up.
_GROUND = 0.05

#: Aggregation levels of IMAPA at most.
_MOST_LEVELS = 12


@njit(cache=True)
def _damping(phi: float, width: int) -> float:
    """Return D(1) + ... + D(width)."""
    step, reach, total = 1.0, 0.0, 0.0
    for _ in range(width):
        step *= phi
        reach += step
        total += reach
    return total


@njit(cache=True)
def _imapa(sums: np.ndarray, t: int, start: int, alpha: float, levels: int) -> float:
    """Return the demand rate: the mean over aggregation levels 1 .. `levels` of smoothed block totals, blocks counted back from period t."""
    found = 0.0
    life = t + 1 - start
    used = 0
    for size in range(1, levels + 1):
        blocks = life // size
        if blocks == 0:
            break
        begin = t + 1 - blocks * size
        rate = 0.0
        for b in range(blocks):
            value = sums[begin + (b + 1) * size] - sums[begin + b * size]
            rate += max(alpha, 1.0 / (b + 1)) * (value - rate)
        found += rate / size
        used += 1
    return found / used if used else 0.0


@njit(cache=True)
def run_one(
    kind: int,
    p: np.ndarray,
    y: np.ndarray,
    start: int,
    width: int,
    season: int,
    index: np.ndarray,
    index_sums: np.ndarray,
    moments: np.ndarray,
    one: np.ndarray,
    total: np.ndarray,
    path: np.ndarray,
) -> int:
    """Walk through one series; fill `one` (T,), `total` (T,) and `path` (L,); return the first origin at which the method is usable (T: never).

    Parameters
    ----------
    kind, p : int, float array
        Method and its parameters.
    y : float array, shape (T,)
        Demand from `start` on.
    width : int
        Length of the interval [periods].
    season : int
        Periods of a cycle.
    index, index_sums : float array, shapes (M, T + L), (M, T + L + 1)
        Seasonal indices as known at each of `moments` (numbers of periods known), and their running sums; M = 0 for none.
    one, total, path : float arrays
        Results: next period, next `width` periods, the coming periods.
    """
    periods, horizon = len(y), len(path)
    one[:] = 0.0
    total[:] = 0.0
    path[:] = 0.0
    if kind >= SEASONAL_RATIO:
        return _run_seasonal(kind, p, y, start, width, season, one, total, path)
    profiled = len(moments) > 0
    now = -1
    level, trend = 0.0, 0.0
    size, interval, since, chance = 0.0, 0.0, 1.0, 0.0
    hits, age = 0, 0
    s_x, s_xx, s_y, s_xy = 0.0, 0.0, 0.0, 0.0
    phi = p[2] if kind == DAMPED else 1.0
    ahead = _damping(phi, width) if kind == DAMPED else 0.5 * width * (width + 1)
    sums = np.zeros(periods + 1)
    levels = 1
    usable = periods
    for t in range(start, periods):
        factor = 1.0
        if profiled:
            while now + 1 < len(moments) and moments[now + 1] <= t + 1:
                now += 1
            if now >= 0:
                factor = index[now, t]
        x = y[t] / factor
        age += 1
        sums[t + 1] = sums[t] + x
        if kind == MEAN:
            window = int(p[0])
            begin = max(start, t + 1 - window)
            level = (sums[t + 1] - sums[begin]) / (t + 1 - begin)
        elif kind == SMOOTHING:
            level += max(p[0], 1.0 / age) * (x - level)
        elif kind == DAMPED:
            before = level + phi * trend
            weight = max(p[0], 1.0 / age)
            level = before + weight * (x - before)
            # the first observations set the level; a slope from them would be noise
            trend = phi * trend + p[1] * weight * (x - before) if age > 3 else 0.0
        elif kind == THETA:
            weight = max(p[0], 1.0 / age)
            level += weight * (x - level)
            s_x += age
            s_xx += float(age) * age
            s_y += x
            s_xy += age * x
            below = age * s_xx - s_x * s_x
            slope = (age * s_xy - s_x * s_y) / below if age > 3 else 0.0
            trend = p[1] * slope
        elif kind == CROSTON:
            if x > 0:
                hits += 1
                if hits == 1:
                    size, interval = x, since
                else:
                    size += max(p[0], 1.0 / hits) * (x - size)
                    interval += max(p[0], 1.0 / (hits - 1)) * (since - interval)
                since = 1.0
            else:
                since += 1.0
            level = p[1] * size / interval if interval > 0 else 0.0
        elif kind == TSB:
            hit = 0.0
            if x > 0:
                hits += 1
                hit = 1.0
                size += max(p[0], 1.0 / hits) * (x - size)
            chance += max(p[1], 1.0 / age) * (hit - chance)
            level = size * chance
        else:
            if x > 0:
                hits += 1
            levels = min(_MOST_LEVELS, max(1, int(np.ceil(age / max(hits, 1)))))
            level = _imapa(sums, t, start, p[0], levels)
        if profiled and now < 0:
            continue
        lag = (1.0 - p[0]) / p[0] if kind == THETA else 0.0
        base = level + trend * lag
        mean_index = 1.0
        if profiled:
            end = min(t + 1 + width, periods + horizon)
            mean_index = (index_sums[now, end] - index_sums[now, t + 1]) / (end - t - 1)
            one[t] = max(base + phi * trend, 0.0) * index[now, t + 1]
        else:
            one[t] = max(base + phi * trend, 0.0)
        total[t] = max(base * width + trend * ahead, 0.0) * mean_index
        usable = min(usable, t)
    if usable == periods:
        return periods
    reach, step = 0.0, 1.0
    lag = (1.0 - p[0]) / p[0] if kind == THETA else 0.0
    for h in range(horizon):
        step *= phi
        reach += step
        expected = max(level + trend * (reach + lag), 0.0)
        path[h] = expected * index[now, periods + h] if profiled else expected
    return usable


@njit(cache=True)
def _run_seasonal(
    kind: int,
    p: np.ndarray,
    y: np.ndarray,
    start: int,
    width: int,
    season: int,
    one: np.ndarray,
    total: np.ndarray,
    path: np.ndarray,
) -> int:
    """Walk with a factor per phase of the cycle: Holt-Winters with a damped trend, or the same periods one cycle ago."""
    periods, horizon = len(y), len(path)
    if periods - start < season:
        return periods
    ratio = kind == SEASONAL_RATIO
    neutral = 1.0 if ratio else 0.0
    factors = np.full(season, neutral)
    seen = np.zeros(season)
    level, trend, age = 0.0, 0.0, 0
    phi = p[3] if kind != SEASONAL_NAIVE else 1.0
    ahead = _damping(phi, width)
    full, rest = width // season, width % season
    cycles = 1 if kind == SEASONAL_NAIVE else 2
    usable = periods
    for t in range(start, periods):
        phase = t % season
        age += 1
        if kind == SEASONAL_NAIVE:
            factors[phase] = y[t]
        else:
            factor = factors[phase]
            seen[phase] += 1
            weight = max(p[0], 1.0 / age)
            before = level + phi * trend
            clear = y[t] / max(factor, 0.1) if ratio else y[t] - factor
            new = before + weight * (clear - before)
            trend = phi * trend + p[2] * weight * (clear - before) if age > season else 0.0
            # a factor counts "no season" as one observation
            pull = max(p[1], 1.0 / (seen[phase] + 1.0))
            if ratio:
                factors[phase] = factor + pull * (min(y[t] / new, 10.0) - factor) if new > 0 else factor
            else:
                factors[phase] = factor + pull * (y[t] - new - factor)
            level = new
        if age < cycles * season:
            continue
        cycle, part = 0.0, 0.0
        if full > 0:
            for k in range(season):
                cycle += factors[k]
        for k in range(rest):
            part += factors[(t + 1 + k) % season]
        seasonal = full * cycle + part
        first = factors[(t + 1) % season]
        if kind == SEASONAL_NAIVE:
            one[t], total[t] = first, seasonal
        elif ratio:
            one[t] = max((level + phi * trend) * first, 0.0)
            total[t] = max((level + trend * ahead / width) * seasonal, 0.0)
        else:
            one[t] = max(level + phi * trend + first, 0.0)
            total[t] = max(level * width + trend * ahead + seasonal, 0.0)
        usable = min(usable, t)
    if usable == periods:
        return periods
    reach, step = 0.0, 1.0
    for h in range(horizon):
        step *= phi
        reach += step
        factor = factors[(periods + h) % season]
        if kind == SEASONAL_NAIVE:
            path[h] = factor
        elif ratio:
            path[h] = max((level + trend * reach) * factor, 0.0)
        else:
            path[h] = max(level + trend * reach + factor, 0.0)
    return usable


@njit(cache=True)
def _indices(
    mode: int, beta: np.ndarray, waves: np.ndarray, low: float, high: float, index: np.ndarray, sums: np.ndarray
) -> None:
    """Fill the indices (M, T + L) and their running sums from the coefficients (M, B) of a profile."""
    for i in range(len(beta)):
        running = 0.0
        sums[i, 0] = 0.0
        for t in range(len(waves)):
            value = 1.0
            for k in range(waves.shape[1]):
                value += beta[i, k] * waves[t, k]
            value = min(max(value, low), high)
            index[i, t] = value
            running += value
            sums[i, t + 1] = running


@njit(cache=True)
def _variance(y: np.ndarray, first: int, end: int) -> float:
    """Return the variance of periods first .. end - 1; 0 for none."""
    if end <= first:
        return 0.0
    mean = y[first:end].mean()
    found: float = ((y[first:end] - mean) ** 2).mean()
    return found


@njit(cache=True, parallel=True)
def relative_losses(
    demand: np.ndarray,
    first: np.ndarray,
    width: np.ndarray,
    scored: np.ndarray,
    ends: np.ndarray,
    kinds: np.ndarray,
    params: np.ndarray,
    modes: np.ndarray,
    allowed: np.ndarray,
    season: int,
    own: np.ndarray,
    category: np.ndarray,
    waves: np.ndarray,
    moments: np.ndarray,
    bounds: np.ndarray,
) -> np.ndarray:
    """Return log losses relative to the first method on the same origins, shape (n, E, 2, P), float32.

    The two: mean squared error of the interval total and of the next period, each on windows that end before each period of `ends`. NaN where a
    method could not run at 4 origins or more.

    Parameters
    ----------
    demand : float array, shape (n, T)
        0 before `first`.
    first, width : int arrays, shape (n,)
    scored : int array, shape (n, 2)
        First and last origin that count; last < first for none.
    ends : int array, shape (E,)
        Ascending, at most T.
    kinds, modes : int arrays, shape (P,)
    params : float array, shape (P, 4)
    allowed : bool array, shape (n, P)
        Methods to try; the first always runs.
    own, category : float arrays, shape (n, M, B)
        Coefficients of the seasonal profiles.
    waves : float array, shape (T + L, B)
    moments : int array, shape (M,)
    bounds : float array, shape (2,)
        Least and most an index may be.
    """
    n, periods = demand.shape
    methods = len(kinds)
    cuts = len(ends)
    result = np.full((n, cuts, 2, methods), np.nan, dtype=np.float32)
    none = np.zeros(0, dtype=np.int64)
    for i in prange(n):
        y = demand[i]
        count = len(moments)
        index = np.ones((2, count, len(waves)))
        sums = np.zeros((2, count, len(waves) + 1))
        _indices(CATEGORY_PROFILE, category[i], waves, bounds[0], bounds[1], index[0], sums[0])
        _indices(OWN_PROFILE, own[i], waves, bounds[0], bounds[1], index[1], sums[1])
        flow = np.zeros(periods + 1)
        for t in range(periods):
            flow[t + 1] = flow[t] + y[t]
        w = width[i]
        spread = np.array([_variance(y, first[i], end) for end in ends])
        one, total, path = np.zeros(periods), np.zeros(periods), np.zeros(1)
        base_one, base_total = np.zeros(periods), np.zeros(periods)
        nothing, nothing_sums = np.ones((0, len(waves))), np.zeros((0, len(waves) + 1))
        run_one(kinds[0], params[0], y, first[i], w, season, nothing, nothing_sums, none, base_one, base_total, path)
        for j in range(methods):
            if not allowed[i, j]:
                continue
            if modes[j] == NO_PROFILE:
                usable = run_one(
                    kinds[j], params[j], y, first[i], w, season, nothing, nothing_sums, none, one, total, path
                )
            elif count == 0:
                continue
            else:
                k = modes[j] - 1
                usable = run_one(
                    kinds[j], params[j], y, first[i], w, season, index[k], sums[k], moments, one, total, path
                )
            mine, theirs = np.zeros((cuts, 2)), np.zeros((cuts, 2))
            number = np.zeros((cuts, 2))
            for t in range(max(scored[i, 0], usable), periods - 1):
                nxt = y[t + 1]
                a, b = (one[t] - nxt) ** 2, (base_one[t] - nxt) ** 2
                for c in range(cuts):
                    if t + 1 < ends[c]:
                        mine[c, 1] += a
                        theirs[c, 1] += b
                        number[c, 1] += 1
                if t <= scored[i, 1]:
                    actual = flow[t + 1 + w] - flow[t + 1]
                    a, b = (total[t] - actual) ** 2, (base_total[t] - actual) ** 2
                    for c in range(cuts):
                        if t + w < ends[c]:
                            mine[c, 0] += a
                            theirs[c, 0] += b
                            number[c, 0] += 1
            for c in range(cuts):
                for k in range(2):
                    if number[c, k] < 4:
                        continue
                    ground = _GROUND * spread[c] * (w if k == 0 else 1) * number[c, k]
                    a, b = mine[c, k] + ground, theirs[c, k] + ground
                    if b <= 0:
                        result[i, c, k, j] = 0.0 if a <= 0 else _CEILING
                    elif a <= 0:
                        result[i, c, k, j] = _FLOOR
                    else:
                        result[i, c, k, j] = min(max(np.log(a / b), _FLOOR), _CEILING)
    return result


@njit(cache=True, parallel=True)
def combined_runs(
    demand: np.ndarray,
    first: np.ndarray,
    width: np.ndarray,
    chosen: np.ndarray,
    weight: np.ndarray,
    horizon: int,
    kinds: np.ndarray,
    params: np.ndarray,
    modes: np.ndarray,
    season: int,
    own: np.ndarray,
    category: np.ndarray,
    waves: np.ndarray,
    moments: np.ndarray,
    bounds: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weighted mean of methods: next period (n, T), total of the next `width` periods (n, T), coming periods (n, L).

    NaN at origins where no chosen method was usable; where some were, their weights are scaled up.

    Parameters
    ----------
    chosen : int array, shape (n, C)
        Methods; -1 for none.
    weight : float array, shape (n, C)
    horizon : int
        L.
    The others as in `relative_losses`.
    """
    n, periods = demand.shape
    all_one, all_total = np.full((n, periods), np.nan), np.full((n, periods), np.nan)
    all_path = np.zeros((n, horizon))
    none = np.zeros(0, dtype=np.int64)
    for i in prange(n):
        count = len(moments)
        index = np.ones((2, count, len(waves)))
        sums = np.zeros((2, count, len(waves) + 1))
        _indices(CATEGORY_PROFILE, category[i], waves, bounds[0], bounds[1], index[0], sums[0])
        _indices(OWN_PROFILE, own[i], waves, bounds[0], bounds[1], index[1], sums[1])
        nothing, nothing_sums = np.ones((0, len(waves))), np.zeros((0, len(waves) + 1))
        one, total, path = np.zeros(periods), np.zeros(periods), np.zeros(horizon)
        share, share_ahead = np.zeros(periods), 0.0
        sum_one, sum_total = np.zeros(periods), np.zeros(periods)
        for c in range(chosen.shape[1]):
            j = chosen[i, c]
            if j < 0 or weight[i, c] <= 0:
                continue
            if modes[j] == NO_PROFILE:
                usable = run_one(
                    kinds[j],
                    params[j],
                    demand[i],
                    first[i],
                    width[i],
                    season,
                    nothing,
                    nothing_sums,
                    none,
                    one,
                    total,
                    path,
                )
            else:
                k = modes[j] - 1
                usable = run_one(
                    kinds[j],
                    params[j],
                    demand[i],
                    first[i],
                    width[i],
                    season,
                    index[k],
                    sums[k],
                    moments,
                    one,
                    total,
                    path,
                )
            for t in range(usable, periods):
                share[t] += weight[i, c]
                sum_one[t] += weight[i, c] * one[t]
                sum_total[t] += weight[i, c] * total[t]
            if usable < periods:
                share_ahead += weight[i, c]
                for h in range(horizon):
                    all_path[i, h] += weight[i, c] * path[h]
        for t in range(periods):
            if share[t] > 0:
                all_one[i, t] = sum_one[t] / share[t]
                all_total[i, t] = sum_total[t] / share[t]
        if share_ahead > 0:
            for h in range(horizon):
                all_path[i, h] /= share_ahead
    return all_one, all_total, all_path
