"""Everything the contest of methods looks at, side by side for n series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.buckets import Period
from invopt_xl.core.drivers import Drivers
from invopt_xl.core.history import History
from invopt_xl.core.segments import Segments
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Situation:
    """n series over T full periods, L coming ones.

    Parameters
    ----------
    base : float array, shape (n, T)
        Demand without the effects of promotions and prices, outliers limited; NaN before life [units].
    width : int array, shape (n,)
        Whole periods of the protection interval.
    horizon : int
        L.
    position : float array, shape (T + L,)
        Position of the middle of each period in the cycle [cycles].
    units, intermittent : bool array, shape (n,)
        Only whole units were ever sold; demand often pauses.
    chance : float array, shape (n,)
        Of any demand in a period.
    """

    history: History
    segments: Segments
    terms: Terms
    drivers: Drivers
    settings: Settings
    base: np.ndarray
    width: np.ndarray
    horizon: int
    position: np.ndarray
    units: np.ndarray
    intermittent: np.ndarray
    chance: np.ndarray

    @property
    def period(self) -> Period:
        """Return the planning period."""
        return self.history.period

    @property
    def periods(self) -> int:
        """Return T."""
        return int(self.base.shape[1])

    @property
    def effect(self) -> np.ndarray:
        """Return what promotions and prices multiplied demand by, shape (n, T)."""
        return self.drivers.effect[:, : self.periods]

    @property
    def effect_ahead(self) -> np.ndarray:
        """Return what they will multiply it by, shape (n, L)."""
        return self.drivers.effect[:, self.periods : self.periods + self.horizon]

    @property
    def segment(self) -> np.ndarray:
        """Return the segment of each series, str (n,)."""
        return self.segments.frame["segment"].to_numpy(dtype=str)
