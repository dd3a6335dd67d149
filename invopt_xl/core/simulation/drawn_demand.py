"""Demand that is drawn from a distribution instead of given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invopt_xl.core.forecast.distribution import DemandDistribution


@dataclass(frozen=True)
class DrawnDemand:
    """Independent demand of T periods for n series.

    Parameters
    ----------
    distribution : DemandDistribution
        Of the demand of one period [units].
    periods : int
        T.
    factor : float or float array, shape (n,) or (n, T), optional
        What each period's draw is multiplied by (season, growth); whole-unit demand is rounded up.
    """

    distribution: DemandDistribution
    periods: int
    factor: Any = None
