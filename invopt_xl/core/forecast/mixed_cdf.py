"""The distribution function of a mixture of gamma, negative binomial and Poisson laws on an ascending grid. Serves `mixture`.

Worked out point by point, these functions take most of the time of a what-if. Here each point continues from the one before:

- counts, by adding up chances, each from the one before: p(k + 1) = p(k) (k + r) q / (k + 1), for Poisson p(k + 1) = p(k) m / (k + 1);
- gamma, by the Taylor series of its density f around the point before, whose coefficients follow from x f' = (a - 1 - x) f:
  (n + 1) x c[n + 1] = (a - 1 - x - n) c[n] - c[n - 1]. The series converges for steps below x; where a step is long, and at the first point,
  the function comes from its series or its continued fraction (Abramowitz & Stegun 1964, 6.5.29 and 6.5.31; Lentz 1976, Appl. Opt. 15, 668-671).

Counts in their thousands have too many terms to add up: there scipy's incomplete beta function is used, where it is neither 0 nor 1.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p, pi, sqrt

import numpy as np
from numba import njit, prange
from scipy import special

#: Coefficient of variation below which demand counts as certain.
CERTAIN = 1e-6

#: Relative width of the jump of a certain component on the grid.
JUMP = 1e-12

#: Relative excess of the variance over the mean up to which a count is Poisson.
_POISSON = 1e-6

#: What lies to the right of a point, or to its left, may be dropped where it is below this [probability].
_TAIL = 1e-15
_LOG_TAIL = log(_TAIL)

#: Chances are added up to this count at most, from a chance of nothing of at least exp(-_LOG_FIRST): below, a first term has no digits.
_LAST_COUNT, _LOG_FIRST = 20_000.0, 600.0

#: Shape from which a gamma is walked from its left end, where it is next to 0: this many standard deviations below the mean,
#: P <= exp(-z^2 / 2) < 1.1e-15 (the left tail of a gamma is below that of a normal with the same moments: Boucheron, Lugosi & Massart 2013,
#: Concentration Inequalities, 2.4). Below this shape that point would not be positive.
_LEFT = 8.3
_WALKED = 75.0

#: Steps of the Taylor series: at most this share of x, and of the standard deviation, for the digits kept.
_STEP_OF_X, _STEP_OF_SD = 0.35, 0.7

#: Terms of the Taylor series at most, and their size, relative to the density, from which on they are dropped.
_TERMS, _SMALL = 120, 1e-13

#: Terms of the direct series and of the continued fraction at most.
_DIRECT_TERMS = 5000

#: Components of which scipy's functions are taken at a time: keeps arrays small.
_AT_ONCE = 4096

_INVERSE = 1.0 / np.arange(1.0, _TERMS + 2.0)


def mixed_cdf(
    grid: np.ndarray, mean: np.ndarray, variance: np.ndarray, *, whole: np.ndarray, no_demand: np.ndarray
) -> np.ndarray:
    """Return P(D <= grid) where each column of moments is equally likely, shape (n, G); exact to about 1e-13.

    Parameters
    ----------
    grid : float array, shape (n, G)
        Ascending in each row, at least 0; whole numbers where `whole` [units].
    mean, variance : float array, shape (n, J)
        At least 0 [units, units squared].
    whole : bool array, shape (n,)
        Counts: negative binomial, Poisson where the variance does not exceed the mean. Else gamma.
    no_demand : float array, shape (n, J)
        Chance of no demand at all, below 1; used where `whole` is False.

    >>> mixed_cdf(np.array([[0.0, 1.0, 2.0]]), np.ones((1, 2)), np.ones((1, 2)), whole=np.array([True]), no_demand=np.zeros((1, 2))).round(4)
    array([[0.3679, 0.7358, 0.9197]])
    """
    total = np.zeros(grid.shape)
    weight = np.zeros(mean.shape)
    _walk(
        np.ascontiguousarray(grid, dtype=float),
        np.ascontiguousarray(mean, dtype=float),
        np.ascontiguousarray(variance, dtype=float),
        np.ascontiguousarray(whole, dtype=np.bool_),
        np.ascontiguousarray(no_demand, dtype=float),
        total,
        weight,
    )
    row, column = np.nonzero(weight)
    if len(row):
        _add_large_counts(total, grid, row, mean[row, column], variance[row, column], weight[row, column])
    return np.minimum(total, 1.0, out=total)


def _add_large_counts(
    total: np.ndarray, grid: np.ndarray, row: np.ndarray, mean: np.ndarray, variance: np.ndarray, weight: np.ndarray
) -> None:
    """Add the distribution functions of components that are counts in their thousands, one for each element of `row`."""
    for start in range(0, len(row), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        at, m, v = grid[row[part]], mean[part][:, None], variance[part][:, None]
        poisson = np.broadcast_to(v <= m * (1 + _POISSON), at.shape)
        # the left tail is below a normal one, as above
        some = at >= m - _LEFT * np.sqrt(np.maximum(v, m))
        m, v = np.broadcast_to(m, at.shape), np.broadcast_to(v, at.shape)
        cdf = np.zeros(at.shape)
        one, other = some & poisson, some & ~poisson
        cdf[one] = special.pdtr(at[one], m[one])
        excess = v[other] - m[other]
        cdf[other] = special.betainc(m[other] ** 2 / excess, at[other] + 1, m[other] / v[other])
        np.add.at(total, row[part], cdf * weight[part][:, None])


@njit(cache=True, parallel=True)
def _walk(
    grid: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    whole: np.ndarray,
    no_demand: np.ndarray,
    total: np.ndarray,
    left: np.ndarray,
) -> None:
    """Add the components to `total` (n, G); of those that are left to scipy, the weight goes to `left` (n, J)."""
    width = mean.shape[1]
    for i in prange(len(grid)):
        j = 0
        while j < width:
            m, v, nothing = mean[i, j], variance[i, j], no_demand[i, j]
            same = 1
            while (
                j + same < width
                and mean[i, j + same] == m
                and variance[i, j + same] == v
                and (whole[i] or no_demand[i, j + same] == nothing)
            ):
                same += 1
            weight = same / width
            if whole[i] and m > 0:
                if not _add_counts(grid[i], m, v, weight, total[i]):
                    left[i, j] = weight
            elif not whole[i] and m > 0 and v > (CERTAIN * m) ** 2:
                some, mean_if, variance_if = _given_demand(m, v, nothing)
                _add_gamma(grid[i], mean_if**2 / variance_if, variance_if / mean_if, some, weight, total[i])
            else:
                for k in range(grid.shape[1]):
                    if grid[i, k] >= m * (1 - JUMP):
                        total[i, k] += weight
            j += same


@njit(cache=True)
def _given_demand(mean: float, variance: float, nothing: float) -> tuple[float, float, float]:
    """Return the chance of any demand, and its mean and variance if there is any."""
    some = 1 - nothing
    mean_if = mean / some
    # (variance + mean^2) / some - mean_if^2, without the cancellation
    variance_if = variance / some - nothing * mean_if**2
    # the spread may be too small for that chance of nothing: then a plain gamma
    if variance_if <= 0.05 * variance:
        return 1.0, mean, variance
    return some, mean_if, variance_if


@njit(cache=True)
def _add_counts(grid: np.ndarray, mean: float, variance: float, weight: float, total: np.ndarray) -> bool:
    """Add weight x P(D <= grid) of a count; False, and nothing added, where the terms are too many."""
    excess = variance - mean
    poisson = excess <= _POISSON * mean
    if poisson:
        log_first, r, q = -mean, 0.0, 0.0
    else:
        r, q = mean * mean / excess, excess / variance
        log_first = -r * log1p(excess / mean)
    last = _last_needed(grid[-1], mean, variance)
    if last > _LAST_COUNT or -log_first > _LOG_FIRST:
        return False
    chance = exp(log_first)
    k, cdf, done = 0.0, chance, False
    for i in range(len(grid)):
        while k < grid[i] and not done:
            step = mean / (k + 1) if poisson else (k + r) * q / (k + 1)
            chance *= step
            k += 1
            cdf += chance
            # from here on each term is at most this share of the one before: of few buyers, the share rises towards q
            share = max(step, q)
            done = share < 1 and chance * share <= _TAIL * (1 - share)
        total[i] += weight * (1.0 if done else min(cdf, 1.0))
    return True


@njit(cache=True)
def _last_needed(end: float, mean: float, variance: float) -> float:
    """Return the last count of a grid that ends at `end` up to which chances are to be added: what lies beyond is dropped anyhow."""
    # beyond the normal part the tail falls as exp(-x / theta), theta the variance over the mean; 40 of them are exp(-40) = 4e-18
    return min(end, mean + 9.0 * sqrt(max(variance, mean)) + 40.0 * max(variance / mean, 1.0))


@njit(cache=True)
def _add_gamma(grid: np.ndarray, shape: float, scale: float, some: float, weight: float, total: np.ndarray) -> None:
    """Add weight x (1 - some x Q(shape, grid / scale)): a gamma with a chance of 1 - some of nothing at all."""
    sd = sqrt(shape)
    longest = _STEP_OF_SD * max(sd, 1.0)
    p, density = 0.0, 0.0
    if shape >= _WALKED:
        log_gamma = 0.0
        x = shape - _LEFT * sd
        density = _density_of_large(shape, x)
    else:
        log_gamma = lgamma(shape + 1)
        # P(x) <= x^shape / Gamma(shape + 1)
        x = exp((log_gamma + _LOG_TAIL) / shape)
    done = False
    for i in range(len(grid)):
        to = grid[i] / scale
        while to > x and not done:
            step = to - x
            if shape < _WALKED and (step > _STEP_OF_X * x or step > 4 * longest or density == 0.0):
                p, density = _direct(shape, to, log_gamma)
                x = to
            else:
                most = min(_STEP_OF_X * x, longest)
                # the last step ends at the point itself
                now = to if step <= most else x + most
                added, density = _taylor(shape, x, density, now - x)
                p += added
                x = now
            done = x > shape and density * x <= _TAIL * (x - shape + 1)
        total[i] += weight * (1.0 if done else 1 - some * (1 - min(p, 1.0)))


@njit(cache=True, fastmath={"contract"})
def _taylor(shape: float, x: float, density: float, step: float) -> tuple[float, float]:
    """Return the chance between x and x + step, and the density at x + step."""
    ratio, drift = step / x, (shape - x) - 1
    before, term = 0.0, density
    density_sum, chance = density, density
    small = 0
    for n in range(_TERMS):
        before, term = term, _INVERSE[n] * (ratio * (drift - n)) * term - _INVERSE[n] * (ratio * step) * before
        density_sum += term
        chance += term * _INVERSE[n + 1]
        # a single term may be small by chance
        small = small + 1 if abs(term) <= _SMALL * abs(density_sum) else 0
        if small == 2:
            break
    return max(chance * step, 0.0), max(density_sum, 0.0)


@njit(cache=True)
def _density_of_large(shape: float, x: float) -> float:
    """Return x^(shape - 1) exp(-x) / Gamma(shape) for x > 0."""
    # Stirling: x^a exp(-x) / Gamma(a + 1) = exp(-a (m - ln(1 + m))) / sqrt(2 pi a) / (1 + 1 / 12 a + ..), m = x / a - 1
    m = (x - shape) / shape
    if abs(m) < 0.1:
        # ln(1 + m) - m without cancellation
        power, log_ratio = m * m, 0.0
        for n in range(2, 40):
            log_ratio += (-power if n % 2 == 0 else power) / n
            power *= m
            if abs(power) < 1e-19 * m * m:
                break
    else:
        log_ratio = log1p(m) - m
    a2 = shape * shape
    rest = (1.0 / 12 - (1.0 / 360 - 1.0 / (1260 * a2)) / a2) / shape
    return exp(shape * log_ratio - rest) * sqrt(shape / (2 * pi)) / x


@njit(cache=True)
def _direct(shape: float, x: float, log_gamma: float) -> tuple[float, float]:
    """Return P(shape, x) and the density at x > 0, for a shape that is not large; `log_gamma` is that of shape + 1."""
    power = exp(shape * log(x) - x - log_gamma)
    density = power * shape / x
    if density > 1e280:  # next to 0 of a small shape: the density is of no use
        density = 0.0
    if x < shape + 1:
        term, total = 1.0, 1.0
        for n in range(1, _DIRECT_TERMS):
            term *= x / (shape + n)
            total += term
            if term <= 1e-15 * total:
                break
        return min(power * total, 1.0), density
    # modified Lentz for the continued fraction of Q
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    fraction = d
    for n in range(1, _DIRECT_TERMS):
        a = -n * (n - shape)
        b += 2
        d = a * d + b
        d = 1 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        change = c * d
        fraction *= change
        if abs(change - 1) <= 1e-15:
            break
    return 1 - min(power * shape * fraction, 1.0), density
