"""What promotions and price changes multiplied demand by: estimated from past ones, each series leaning on its item, category and all others.

Serves the drivers of demand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from invopt_xl.core.shrinkage import Leaning, Nest, lean

#: Bounds of an estimated effect. In the public orange juice data 99 % of the promoted weeks sell less than 52 times the level around them.
LEAST_EFFECT, MOST_EFFECT = 0.1, 50.0
#: Bounds of the estimated elasticity: demand does not fall with a lower price, nor rise without limit.
_MOST_ELASTICITY = 8.0
#: The coefficients of a series: log uplift of a promotion of usual depth; elasticity within promotions, to price cuts alone, to price
#: rises; what the uplift loses after the first period of a promotion [logarithm].
_PROMOTION, _DEPTH, _CUT, _RISE, _FOLLOWING = range(5)
#: Standard deviation of the coefficients of all series together before seeing data: without evidence there is no effect.
_ROOT_SD = np.array([1.0, 2.0, 2.0, 2.0, 1.0])
#: How far series (or items, or categories) differ in them before seeing data, worth as many groups.
_BETWEEN_SD, _BETWEEN_GROUPS = np.array([0.2, 0.5, 0.5, 0.5, 0.1]), 2.0
#: Promoted periods that must be seen before an uplift is estimated at all.
LEAST_PERIODS = 4
#: Standard errors by which demand of all series together must rise with a lower price before prices count.
_CLEAR = 2.0
#: Share of the periods with evidence that prices are learned from to see whether they explain the later ones; standard errors by which they must.
_LEARNT, _CLEAR_LATER = 0.6, 1.0
#: Past promotions whose depth is unknown that the average depth of all is worth against a series' own.
_DEPTH_WEIGHT = 3.0
#: Steady demand has at least this coefficient of variation; nothing is known better than that.
_LEAST_CV = 0.1
#: Bound of log effects while fitting: far beyond those of effects, as a bound within reach would let coefficients run away behind it.
_FAR = 8.0
_ROUNDS, _CONVERGED = 60, 3e-3


@dataclass(frozen=True)
class Evidence:
    """Past periods with a promotion, or with a price off the usual one, of n series; m of them.

    Parameters
    ----------
    series, column : int array, shape (m,)
        Which series, and which period.
    demand, level : float array, shape (m,)
        What was sold, and what would have been sold at the usual price without promotion; level above 0 [units].
    noise : float array, shape (m,)
        Variance of usual demand of the series relative to its mean [units].
    share : float array, shape (m,)
        Share of the period's days under the promotion; 1 for a price alone.
    promotion : bool array, shape (m,)
        False: a price alone.
    drop : float array, shape (m,)
        Usual price over price, as logarithm; NaN where unknown.
    following : bool array, shape (m,)
        Periods of a promotion after one that had a promotion too.
    """

    series: np.ndarray
    column: np.ndarray
    demand: np.ndarray
    level: np.ndarray
    noise: np.ndarray
    share: np.ndarray
    promotion: np.ndarray
    drop: np.ndarray
    following: np.ndarray


@dataclass(frozen=True)
class Uplift:
    """Effects of n series.

    Parameters
    ----------
    promotion : float array, shape (n,)
        Logarithm of the expected effect of a promotion at `usual_drop` and `usual_following`.
    depth_elasticity, cut_elasticity, rise_elasticity : float array, shape (n,)
        Change of log demand per unit of `drop`: within promotions, for lower prices alone, for higher prices; 0 where prices say nothing.
    loss : float array, shape (n,)
        What log effect loses after the first period of a promotion; 0 where nothing is lost.
    usual_drop, usual_following : float
        Average drop of past promotions, and the share of their periods that followed one.
    most_drop : float
        Largest drop of past promotions: a deeper one is not believed to lift more.
    own_drop : float array, shape (n,)
        Drop expected of a promotion of each series of which it is not known.
    promoted_periods, promoted_series : int
        How many past promoted periods of how many series it comes from.
    knows_promotions, knows_cuts : bool
        Whether the past shows what promotions, and price cuts alone, do.
    """

    promotion: np.ndarray
    depth_elasticity: np.ndarray
    cut_elasticity: np.ndarray
    rise_elasticity: np.ndarray
    loss: np.ndarray
    usual_drop: float
    usual_following: float
    most_drop: float
    own_drop: np.ndarray
    promoted_periods: int
    promoted_series: int
    knows_promotions: bool
    knows_cuts: bool

    def of_promotion(self, series: np.ndarray, drop: np.ndarray, following: np.ndarray | None = None) -> np.ndarray:
        """Return the effect of promotions of series (m,) with drops (m,), NaN where unknown, in following periods or not; ratios (m,).

        Without `following`, that of an average period.
        """
        later = 0.0 if following is None else following - self.usual_following
        at = np.minimum(np.where(np.isfinite(drop), drop, self.own_drop[series]), self.most_drop)
        log_effect = self.promotion[series] + self.depth_elasticity[series] * (at - self.usual_drop)
        return _bounded(log_effect - self.loss[series] * later)

    def of_cut(self, series: np.ndarray, drop: np.ndarray) -> np.ndarray:
        """Return the effect of price cuts alone of series (m,), drop as logarithm, NaN where unknown; ratios (m,)."""
        return _bounded(self.cut_elasticity[series] * drop)

    def of_price(self, drop: np.ndarray) -> np.ndarray:
        """Return the effect of prices alone, drop (n, ...) as logarithm; ratios of the same shape."""
        wide = (-1,) + (1,) * (drop.ndim - 1)
        slope = np.where(drop > 0, self.cut_elasticity.reshape(wide), self.rise_elasticity.reshape(wide))
        return _bounded(slope * drop)


def _bounded(log_effect: np.ndarray) -> np.ndarray:
    effect: np.ndarray = np.exp(np.clip(log_effect, np.log(LEAST_EFFECT), np.log(MOST_EFFECT)))
    return effect


def estimate_uplift(evidence: Evidence, *, series: pd.DataFrame, category: np.ndarray) -> Uplift:
    """Return what promotions and price changes multiply demand of n series by.

    Parameters
    ----------
    evidence : Evidence
    series : DataFrame
        Columns sku and location, n rows.
    category : str array, shape (n,)
        A series leans on the same item elsewhere, that one on its category, and that on all series.

    Notes
    -----
    Expected demand of a period is ``level x (1 - share + share x effect)``: under a promotion with ``effect = exp(a + b (drop - usual drop)
    - c (following - usual following))``, for a price alone with ``effect = exp(d drop)``, d another one for cuts than for rises; with
    these coefficients of each series. Quasi-likelihood with a variance in proportion to the mean: its estimates are
    ratios of sums, so periods without demand count as they are and the mean is right, not the median. The coefficients are normal around
    those of the item, the category and all series; the variances of that come from the data (`shrinkage.lean`), by Fisher scoring and
    expectation maximisation in turns. Prices count only if demand of all series together clearly follows them, and if what is learned from
    the earlier periods explains the later ones. As the expectation of an exponential is above the exponential of an expectation, half the
    remaining variance of a is added to it.

    References
    ----------
    McCullagh & Nelder (1989), Generalized Linear Models, 2nd ed., ch. 9 (quasi-likelihood). Breslow & Clayton (1993), JASA 88, 9-25
    (penalised quasi-likelihood). Blattberg & George (1991), JASA 86, 304-315 (shrinking promotion effects across stores and brands).
    """
    n = len(series)
    usual_drop, own_drop = _drops(evidence, n)
    promoted = int(evidence.promotion.sum())
    usual_following = float(evidence.following.sum()) / max(promoted, 1)
    design = _design(evidence, usual_drop, own_drop, usual_following)
    used = _clear(evidence, design)
    used[_PROMOTION] = promoted >= LEAST_PERIODS
    used[[_DEPTH, _FOLLOWING]] &= used[_PROMOTION]
    nest = _nest(series["sku"].to_numpy(dtype=str), np.asarray(category, dtype=str))
    if used[_DEPTH:].any():
        used &= _explains_later(evidence, design, nest, n, used)
    mean, remaining = np.zeros((n, len(used))), np.zeros(n)
    if used.any():
        found = _fit(evidence, design[:, used], nest, n, used)
        mean[:, used] = found.mean[0]
        remaining = found.covariance[0][:, 0, 0] * used[_PROMOTION]
    elasticity = np.clip(mean, 0.0, _MOST_ELASTICITY)
    return Uplift(
        promotion=mean[:, _PROMOTION] + remaining / 2,
        depth_elasticity=elasticity[:, _DEPTH],
        cut_elasticity=elasticity[:, _CUT],
        rise_elasticity=elasticity[:, _RISE],
        loss=np.clip(mean[:, _FOLLOWING], 0.0, 1.0),
        usual_drop=usual_drop,
        usual_following=usual_following,
        most_drop=float(np.where(evidence.promotion, np.nan_to_num(evidence.drop), 0.0).max(initial=0.0)),
        own_drop=own_drop,
        promoted_periods=promoted,
        promoted_series=len(np.unique(evidence.series[evidence.promotion])),
        knows_promotions=bool(used[_PROMOTION]),
        knows_cuts=bool(used[_CUT]),
    )


def _design(evidence: Evidence, usual_drop: float, own_drop: np.ndarray, usual_following: float) -> np.ndarray:
    """Return what multiplies the coefficients in each period, (m, 5)."""
    promotion, drop = evidence.promotion, evidence.drop
    deeper = np.where(np.isfinite(drop), drop, own_drop[evidence.series]) - usual_drop
    alone = np.where(promotion, 0.0, drop)
    first = promotion * (usual_following - evidence.following)
    return np.stack(
        [promotion.astype(float), promotion * deeper, np.maximum(alone, 0), np.minimum(alone, 0), first], axis=1
    )


def _drops(evidence: Evidence, n: int) -> tuple[float, np.ndarray]:
    """Return the average drop of promotions, and that of each series drawn towards it; 0 where no drop is known."""
    known = evidence.promotion & np.isfinite(evidence.drop)
    if not known.any():
        return 0.0, np.zeros(n)
    usual = float(evidence.drop[known].mean())
    total = np.bincount(evidence.series[known], weights=evidence.drop[known], minlength=n)
    count = np.bincount(evidence.series[known], minlength=n)
    return usual, (total + _DEPTH_WEIGHT * usual) / (count + _DEPTH_WEIGHT)


def _nest(sku: np.ndarray, category: np.ndarray) -> Nest:
    """Return series within items within categories; levels that join nothing are left out."""
    items, first, item = np.unique(sku, return_index=True, return_inverse=True)
    names, codes = np.unique(category, return_inverse=True)
    parents: list[np.ndarray] = []
    if len(items) < len(sku):
        parents.append(item)
    if len(names) > 1:
        parents.append(codes[first] if parents else codes)
    groups = len(names) if len(names) > 1 else len(items) if parents else len(sku)
    parents.append(np.zeros(groups, dtype=np.int64))
    return Nest(tuple(parents))


def _clear(evidence: Evidence, design: np.ndarray) -> np.ndarray:
    """Return which coefficients (5,) are clearly above 0: one set for all series, with errors robust to what series have in common."""
    clear = np.zeros(design.shape[1], dtype=bool)
    seen = (design != 0).sum(axis=0) >= 2 * LEAST_PERIODS
    if not seen.any():
        return clear
    x = np.ascontiguousarray(design[:, seen])
    prior = np.diag(1 / _ROOT_SD[seen] ** 2)
    theta = np.zeros((1, x.shape[1]))
    one = np.zeros(len(x), dtype=np.int64)
    for _ in range(_ROUNDS):
        gradient, information, _square = _score(evidence, one, evidence.noise, x, theta)
        step = np.linalg.solve(information[0] + prior, gradient[0] - prior @ theta[0])
        theta += np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < _CONVERGED:
            break
    inverse = np.linalg.inv(information[0] + prior)
    error = _robust(inverse, evidence, x, theta, np.arange(len(x)))
    places, groups = np.unique(evidence.series, return_inverse=True)
    if len(places) >= 2 * LEAST_PERIODS:
        error = np.maximum(error, _robust(inverse, evidence, x, theta, groups))
    clear[seen] = theta[0] > _CLEAR * error
    return clear


def _explains_later(evidence: Evidence, design: np.ndarray, nest: Nest, n: int, used: np.ndarray) -> np.ndarray:
    """Return which coefficients (5,), learned from the earlier periods, make the later ones likelier; True for the promotion itself.

    A price that was averaged over customers, or set after demand, can go along with demand in the past and still foretell nothing.
    """
    early = evidence.column <= np.quantile(evidence.column, _LEARNT)
    theta = np.zeros((n, len(used)))
    part = Evidence(*(values[early] for values in vars(evidence).values()))
    theta[:, used] = _fit(part, design[early][:, used], nest, n, used).mean[0]
    holds = np.ones(len(used), dtype=bool)
    for each in range(_DEPTH, len(used)):
        later = ~early & (design[:, each] != 0)
        if not used[each] or later.sum() < 2 * LEAST_PERIODS:
            holds[each] = False
            continue
        own = theta[evidence.series[later]]
        without = design[later] * own
        without[:, each] = 0.0
        known = without.sum(axis=1) + design[later, each] * own[:, each]
        means = [
            evidence.level[later]
            * (1 - evidence.share[later] + evidence.share[later] * np.exp(np.clip(eta, -_FAR, _FAR)))
            for eta in (known, without.sum(axis=1))
        ]
        # gain in quasi-likelihood, whose best mean is the true one
        gain = (evidence.demand[later] * np.log(means[0] / means[1]) - (means[0] - means[1])) / evidence.noise[later]
        holds[each] = gain.sum() > _CLEAR_LATER * np.sqrt((gain**2).sum())
    return holds


def _robust(
    inverse: np.ndarray, evidence: Evidence, x: np.ndarray, theta: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Return the standard errors of the coefficients, with scores added up by group (the sandwich estimator)."""
    score, _, _ = _score(evidence, groups, evidence.noise, x, np.repeat(theta, int(groups.max()) + 1, axis=0))
    error: np.ndarray = np.sqrt(np.diagonal(inverse @ (score.T @ score) @ inverse))
    return error


def _score(
    evidence: Evidence, groups: np.ndarray, noise: np.ndarray, x: np.ndarray, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return quasi-score (g, k) and information (g, k, k) of each group at its theta, and the sum of squared Pearson residuals."""
    gradient, information = np.zeros(theta.shape), np.zeros((*theta.shape, theta.shape[1]))
    square = _working(groups, evidence.demand, evidence.level, evidence.share, noise, x, theta, gradient, information)
    return gradient, information, float(square)


def _fit(evidence: Evidence, design: np.ndarray, nest: Nest, n: int, used: np.ndarray) -> Leaning:
    x = np.ascontiguousarray(design)
    k = x.shape[1]
    root, prior = np.diag(_ROOT_SD[used] ** 2), np.diag(_BETWEEN_SD[used] ** 2)
    between = tuple(prior.copy() for _ in nest.parents)
    theta = np.zeros((n, k))
    spread = 1.0
    for _ in range(_ROUNDS):
        gradient, information, square = _score(evidence, evidence.series, evidence.noise * spread, x, theta)
        # promoted periods vary more than usual ones: their noise is scaled by what is left
        spread = float(np.clip(spread * square / len(x), 1.0, 100.0))
        evidence_h = np.einsum("gij,gj->gi", information, theta) + gradient
        found = lean(
            evidence_h,
            information,
            nest,
            between=between,
            root_variance=root,
            prior_between=prior,
            prior_groups=_BETWEEN_GROUPS,
        )
        step = np.clip(found.mean[0] - theta, -1.0, 1.0)
        theta = theta + step
        between = found.between
        if np.abs(step).max() < _CONVERGED:
            break
    return found


@njit(cache=True)
def _working(
    group: np.ndarray,
    demand: np.ndarray,
    level: np.ndarray,
    share: np.ndarray,
    noise: np.ndarray,
    x: np.ndarray,
    theta: np.ndarray,
    gradient: np.ndarray,
    information: np.ndarray,
) -> float:
    """Add the quasi-score and Fisher information of each group at its `theta`; return the sum of squared Pearson residuals."""
    k = x.shape[1]
    total = 0.0
    for j in range(len(demand)):
        g = group[j]
        eta = 0.0
        for a in range(k):
            eta += x[j, a] * theta[g, a]
        effect = np.exp(min(max(eta, -_FAR), _FAR))
        mean = level[j] * (1.0 - share[j] + share[j] * effect)
        slope = level[j] * share[j] * effect
        weight = 1.0 / (noise[j] * mean)
        left = demand[j] - mean
        total += left * left * weight
        for a in range(k):
            gradient[g, a] += left * weight * slope * x[j, a]
            for b in range(k):
                information[g, a, b] += weight * slope * slope * x[j, a] * x[j, b]
    return total
