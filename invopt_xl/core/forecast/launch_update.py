"""How far a new item's first sales are believed: the share of its own mean in its level, learned from earlier launches. Serves forecasts of new items."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from scipy import special

#: Probability levels at which forecasts of earlier launches are judged: those of the published tables of this project.
_LEVELS = np.array([0.5, 0.8, 0.9, 0.95, 0.98])

#: Squared coefficients of variation of the total that are tried, and the quantiles of a gamma with mean 1 at _LEVELS.
_CV2 = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0])
_UNIT = special.gammaincinv(1 / _CV2[:, None], _LEVELS[None, :]) * _CV2[:, None]  # (11, 5)

#: Shares of the own mean that are tried.
_SHARES = np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])

#: Ages on both sides count half: the share changes slowly with age.
_NEIGHBOUR = 0.5

#: A launch that sold more than this many times its expectation counts as this [ratio]: one hit must not decide for all.
_FAR = 20.0

#: Launches at most that one age learns from: bounds time; and the least for a test on later ones [items].
_MOST, _FEW = 1000, 20

#: Share of the simpler forecast's loss below which another replaces it: less of a gain may be luck.
_WIN = 0.95

#: Without enough launches to test it, own life is taken over by the usual methods from this age on [periods].
_UNTESTED_AGES = 4


@dataclass(frozen=True)
class Examples:
    """Earlier launches (and established items that stand in for some) at one age; shapes (m,).

    Parameters
    ----------
    own : float array
        Mean of own demand so far, launch curve removed [units per period].
    plain : float array
        Mean of own demand so far [units per period].
    expected : float array
        Level that neighbours speak for [units per period].
    curve : float array
        Mean of the launch curve over the periods that followed.
    after : float array
        Mean demand of the periods that followed [units per period].
    weight : float array
    launch : bool array
        A launch, not a stand-in.
    start : int array
        Period of launch; -1 for stand-ins.
    unit : float array
        What demand is measured in: a scale known at that age [units per period].
    """

    own: np.ndarray
    plain: np.ndarray
    expected: np.ndarray
    curve: np.ndarray
    after: np.ndarray
    weight: np.ndarray
    launch: np.ndarray
    start: np.ndarray
    unit: np.ndarray

    def at(self, rows: np.ndarray) -> Examples:
        """Return some of them."""
        return Examples(**{name: column[rows] for name, column in vars(self).items()})


@dataclass(frozen=True)
class Update:
    """What was learned for each age 0 .. A - 1; shapes (A,).

    Parameters
    ----------
    share : float array
        Of the own mean in the level, on the log scale: level = scale * own ** share * expected ** (1 - share).
    scale : float array
    cv2 : float array
        Squared coefficient of variation of the total that follows.
    better : bool array
        Such forecasts clearly beat the plain mean of the own life on the later half of launches, learned from the earlier half, at this age
        and all before.
    loss : float
        Pinball loss on that later half, all ages together; 0 where there were too few launches to tell.
    """

    share: np.ndarray
    scale: np.ndarray
    cv2: np.ndarray
    better: np.ndarray
    loss: float

    def clearly_better(self, other: Update) -> bool:
        """Return whether the loss on the same later launches is clearly less than that of `other`."""
        return self.loss < _WIN * other.loss


def learn_update(examples: list[Examples]) -> Update:
    """Return shares, scales and doubts by age.

    Parameters
    ----------
    examples : list of Examples
        One per age, from age 0.

    Notes
    -----
    Every example is divided by a scale that is known when the forecast is made. (Divided by what the item sold in the end, low forecasts
    look best, since the failures weigh most.) The scale of the forecast makes it right on average; share and doubt are those with the
    lowest pinball loss of a gamma distribution.
    """
    thin = [_thinned(one) for one in examples]
    fitted = [_fit(_with_neighbours(thin, age), tested=age > 0) for age in range(len(thin))]
    later = np.array([_losses_later(thin, age) for age in range(len(thin))], dtype=float).reshape(-1, 2)
    share, scale, cv2 = (np.array(column, dtype=float) for column in zip(*fitted, strict=True))
    return Update(share, scale, cv2, _better(later), float(later[:, 0].sum()))


def _thinned(one: Examples) -> Examples:
    """Return at most _MOST launches and as many others, spread evenly over their sizes, so that the order of series does not matter."""
    kept = []
    for rows in (np.flatnonzero(one.launch), np.flatnonzero(~one.launch)):
        ordered = rows[np.lexsort((one.after[rows], one.unit[rows], one.plain[rows]))]
        every = max(1, -(-len(ordered) // _MOST))
        kept.append(ordered[::every])
    some = one.at(np.concatenate(kept))
    # what is left stands for what is not
    weight = some.weight.copy()
    for group in (True, False):
        left = weight[some.launch == group].sum()
        if left > 0:
            weight[some.launch == group] *= one.weight[one.launch == group].sum() / left
    return replace(some, weight=weight)


def _with_neighbours(examples: list[Examples], age: int) -> Examples:
    # without any own sales there is nothing to share: age 0 stands alone
    near = [age] if age == 0 else [a for a in (age - 1, age, age + 1) if 1 <= a < len(examples)]
    columns = {name: np.concatenate([getattr(examples[a], name) for a in near]) for name in vars(examples[age])}
    columns["weight"] = np.concatenate([examples[a].weight * (1.0 if a == age else _NEIGHBOUR) for a in near])
    return Examples(**columns)


def _fit(one: Examples, *, tested: bool) -> tuple[float, float, float]:
    """Return share, scale and squared coefficient of variation with the lowest loss."""
    after = np.minimum(one.after / one.unit, _FAR)
    best = (np.inf, 0.0, 1.0, 1.0)
    for share in _SHARES if tested else np.zeros(1):
        blend = one.own**share * one.expected ** (1 - share) * one.curve / one.unit
        below = (one.weight * blend).sum()
        if below <= 0:
            continue
        scale = float((one.weight * after).sum() / below)
        losses = _pinball(after, scale * blend, one.weight, _UNIT)
        if losses.min() < best[0]:
            best = (float(losses.min()), float(share), scale, float(_CV2[losses.argmin()]))
    return best[1:]


@njit(cache=True)
def _pinball(after: np.ndarray, mean: np.ndarray, weight: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return the pinball loss of gamma distributions, mean over _LEVELS and summed over examples, per row of `unit` (variants, levels)."""
    variants, levels = unit.shape
    loss = np.zeros(variants)
    for example in range(len(after)):
        for variant in range(variants):
            total = 0.0
            for at in range(levels):
                miss = after[example] - mean[example] * unit[variant, at]
                total += _LEVELS[at] * miss if miss >= 0 else (_LEVELS[at] - 1) * miss
            loss[variant] += weight[example] * total / levels
    return loss


def _losses_later(examples: list[Examples], age: int) -> tuple[float, float]:
    """Return the loss on the later half of launches: learned from the earlier half, and of the plain mean with the best doubt; 0, 0: untested."""
    one = examples[age]
    if age == 0 or one.launch.sum() < 2 * _FEW:
        return 0.0, 0.0
    middle = np.median(one.start[one.launch])
    early = [_until(e, middle) for e in examples]
    later = one.at(one.launch & (one.start > middle))
    share, scale, cv2 = _fit(_with_neighbours(early, age), tested=True)
    unit = later.unit
    blend = scale * later.own**share * later.expected ** (1 - share) * later.curve / unit
    new = _pinball(later.after / unit, blend, later.weight, _UNIT)[np.flatnonzero(cv2 == _CV2)[0]]
    plain = _pinball(later.after / unit, later.plain / unit, later.weight, _UNIT).min()
    return float(new), float(plain)


def _until(one: Examples, middle: float) -> Examples:
    return one.at(one.start <= middle)


def _better(losses: np.ndarray) -> np.ndarray:
    """Return up to which age the update wins (A,): losses (A, 2) of three ages together, and no gap on the way."""
    summed = losses.copy()
    summed[1:-1] = losses[:-2] + losses[1:-1] + losses[2:]
    tested = summed[:, 1] > 0
    # age 0 is never tested: nothing else forecasts an item without sales
    wins = np.where(tested, summed[:, 0] < _WIN * summed[:, 1], np.arange(len(losses)) < _UNTESTED_AGES)
    result: np.ndarray = np.logical_and.accumulate(wins)
    return result
