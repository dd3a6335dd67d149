"""The law of demand per series: mean, variance and distribution of what is sold over any time from as_of on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit, prange

from invopt_xl.core.forecast.calibrate import Calibration, identity
from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.forecast.mixture import mixture
from invopt_xl.core.forecast.spread import Spread

#: Chance of a demand-free interval is kept below this, so that the distribution given demand stays defined.
_NO_DEMAND_LIMIT = 0.999

#: The variance follows the season within these factors.
_SEASON_LOW, _SEASON_HIGH = 0.25, 4.0

#: Squared coefficient of variation of demand that only the planner knows of: as for an item nothing is known of.
_UNKNOWN_CV2 = 0.25


@dataclass(frozen=True)
class DemandLaw:
    """Demand of n series from as_of on.

    Parameters
    ----------
    path, usual : float array, shape (n, L)
        Expected demand of the coming periods, and the same without planned promotions [units].
    spread : Spread
        Of the forecast.
    factor : float array, shape (n,)
        What a planner's own demand scales the forecast by; 1 without.
    level : float array, shape (n,)
        Forecast demand per period of a whole cycle, before `factor` [units].
    elapsed : float
        Share of the first period that has passed.
    whole, intermittent : bool array, shape (n,)
        Demand follows a count distribution; demand often pauses.
    chance : float array, shape (n,)
        Of any demand in a period.
    calibration : Calibration
    group : int array, shape (n,)
        Class of the calibration; -1 for none.
    stretch : float array, shape (n, Q, 2)
        Quantiles of the law over an interval, and what boosted trees say of them: the law is bent so that the first become the second. NaN
        where it is not.
    """

    path: np.ndarray
    usual: np.ndarray
    spread: Spread
    factor: np.ndarray
    level: np.ndarray
    elapsed: float
    whole: np.ndarray
    intermittent: np.ndarray
    chance: np.ndarray
    calibration: Calibration = field(default_factory=lambda: identity(1))
    group: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    stretch: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 2)))

    def mean(self, periods: np.ndarray) -> np.ndarray:
        """Return expected demand over `periods` (n,) or (n, J) [units]."""
        return path_total(self.path, periods, elapsed=self.elapsed)

    def moments(self, periods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and variance of demand over `periods` (n,) or (n, J) [units, units squared]."""
        mean, variance = self.mean(periods), self._variance(periods)
        # counts of independent buyers are never steadier than this
        return mean, np.where(_like(periods, self.whole), np.maximum(variance, mean), variance)

    def over(self, periods: np.ndarray) -> DemandDistribution:
        """Return demand over an interval whose J possible lengths are equally likely.

        Parameters
        ----------
        periods : float array, shape (n, J)
        """
        mean, variance = self.moments(periods)
        if len(self.group):
            # of counts, the variance is corrected; of continuous demand, the quantiles
            factor = np.where(self.whole, self.calibration.factor_of(self.group), 1.0)[:, None]
            variance = np.where(self.whole[:, None], np.maximum(variance * factor, mean), variance)
        found = mixture(mean, variance, whole=self.whole, no_demand=self.no_demand(periods))
        grid = found.grid
        if len(self.stretch):
            grid = _stretched(grid, self.stretch, ~self.whole & ~np.isnan(self.stretch[:, 0, 0]))
        if len(self.group):
            shift = self.calibration.shift_at(found.cdf, self.group) * np.sqrt(variance.mean(axis=1))[:, None]
            moved = np.where(grid > 0, np.maximum(grid + shift, 0.0), 0.0)
            grid = np.where(self.whole[:, None], grid, np.maximum.accumulate(moved, axis=1))
        return DemandDistribution(grid, found.cdf, found.whole)

    def corrected_mean_factor(self, periods: np.ndarray) -> np.ndarray:
        """Return what the calibration multiplies the mean over `periods` (n,) by, shape (n,)."""
        mean, variance = self.moments(periods)
        if not len(self.group):
            return np.ones_like(mean)
        added = np.where(self.whole, 0.0, self.calibration.mean_shift(self.group)) * np.sqrt(variance)
        share = np.divide(added, mean, out=np.zeros_like(mean), where=mean > 0)
        factor: np.ndarray = np.clip(1 + share, 0.5, 2.0)
        return factor

    def no_demand(self, periods: np.ndarray) -> np.ndarray:
        """Return the chance of no demand at all over `periods` (n, J); 0 for demand that does not pause."""
        nothing = np.where(self.intermittent[:, None], (1 - self.chance[:, None]) ** periods, 0.0)
        return np.minimum(nothing, _NO_DEMAND_LIMIT)

    def _variance(self, periods: np.ndarray) -> np.ndarray:
        mean, usual = self.mean(periods), path_total(self.usual, periods, elapsed=self.elapsed)
        level, factor = _like(periods, self.level), _like(periods, self.factor)
        average = level * factor * periods
        # in a season of twice the demand the variance is twice as large: between constant and proportional errors
        season = np.divide(usual, average, out=np.ones_like(usual), where=average > 0)
        # a promotion multiplies what would have been sold, errors included
        promoted = np.divide(mean, usual, out=np.ones_like(usual), where=usual > 0)
        scale = np.clip(season, _SEASON_LOW, _SEASON_HIGH) * (factor * promoted) ** 2
        variance: np.ndarray = self.spread.at(periods) * scale
        return np.where(level <= 0, np.maximum(variance, _UNKNOWN_CV2 * mean**2), variance)


def _like(periods: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return a value per series (n,) in the shape that goes with `periods`."""
    return column[:, None] if periods.ndim == 2 else column


def _stretched(grid: np.ndarray, stretch: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the grid (n, G) of the series `rows` moved so that quantiles `stretch[..., 0]` become `stretch[..., 1]`; straight between them,
    in proportion beyond them."""
    result = grid.copy()
    _stretch(result, np.ascontiguousarray(stretch[:, :, 0]), np.ascontiguousarray(stretch[:, :, 1]), rows)
    return result


@njit(cache=True, parallel=True)
def _stretch(grid: np.ndarray, known: np.ndarray, wanted: np.ndarray, rows: np.ndarray) -> None:
    last = known.shape[1] - 1
    for i in prange(len(grid)):
        if not rows[i]:
            continue
        ratio = wanted[i, last] / known[i, last] if known[i, last] > 0 else 1.0
        for j in range(grid.shape[1]):
            x = grid[i, j]
            if x >= known[i, last]:
                grid[i, j] = wanted[i, last] + ratio * (x - known[i, last])
                continue
            low, to_low, k = 0.0, 0.0, 0
            while known[i, k] <= x:
                low, to_low = known[i, k], wanted[i, k]
                k += 1
            grid[i, j] = to_low + (wanted[i, k] - to_low) * (x - low) / (known[i, k] - low)
