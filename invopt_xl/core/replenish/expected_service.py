"""The service that an inventory position promises over the protection interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.forecast.distribution import DemandDistribution

#: Smaller differences of stock are dust of floating-point sums [units].
_DUST = 1e-9


def expected_service(position: np.ndarray, protection: DemandDistribution, policy: pd.DataFrame) -> np.ndarray:
    """Return the service of each item in its own measure (n,) [share]; NaN without a stock figure.

    Parameters
    ----------
    position : float array, shape (n,)
        Inventory position after ordering; NaN without a stock figure [units].
    protection : DemandDistribution
        Demand of the n items over the protection interval.
    policy : DataFrame
        `Policy.frame` of the same items: service_measure ("fill" or "cycle") and cycle_units are used.

    Notes
    -----
    Cycle service is P(D <= position); fill is 1 - E(D - position)+ / units per cycle (Silver, Pyke & Thomas 2017, sec. 6.7).

    >>> ten = DemandDistribution(np.array([[0.0, 20.0]]), np.array([[0.0, 1.0]]), np.array([False]))
    >>> expected_service(np.array([15.0]), ten, pd.DataFrame({"service_measure": ["fill"], "cycle_units": [10.0]}))
    array([0.9375])
    """
    known = ~np.isnan(position)
    stock = np.where(known, position, 0.0)
    cycle = np.where(stock < -_DUST, 0.0, protection.cdf_at(np.maximum(stock, 0.0)))
    # a position above the reorder point is served better than one cycle's promise
    units = policy["cycle_units"].to_numpy(dtype=float)
    short = protection.loss(stock)
    fill = 1.0 - np.divide(short, units, out=np.where(short > 0, 1.0, 0.0), where=units > 0)
    service = np.where((policy["service_measure"] == "fill").to_numpy(), np.clip(fill, 0.0, 1.0), cycle)
    return np.where(known, service, np.nan)
