"""The law of demand per series: mean, variance and distribution of what is sold over any time from as_of on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.forecast.horizon import path_total
from invopt_xl.core.forecast.mixture import mixture
from invopt_xl.core.forecast.spread import Spread

#: Expected demand over the protection interval up to which whole units matter for smooth demand as well.
_FEW_UNITS = 15.0

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

    def counting(self, *, units: np.ndarray, over: np.ndarray) -> DemandLaw:
        """Return this law with count distributions where they fit.

        Parameters
        ----------
        units : bool array, shape (n,)
            Only whole units were ever sold.
        over : float array, shape (n,)
            Length of the interval that decides [periods].
        """
        mean, variance = self.mean(over), self._variance(over)
        # steadier than counts of independent buyers: rounding it to whole units would only add spread
        few = (mean <= _FEW_UNITS) & (variance >= 0.9 * mean)
        return replace(self, whole=units & (self.intermittent | few))

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
        nothing = np.where(self.intermittent[:, None], (1 - self.chance[:, None]) ** periods, 0.0)
        return mixture(mean, variance, whole=self.whole, no_demand=np.minimum(nothing, _NO_DEMAND_LIMIT))

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
