"""What service a stock level buys, item by item: the stock-to-service curve from the item's own demand distribution.

Fill rate of a reorder point s is 1 - E(D - s)+ / units per cycle, as in `policy`; average stock is E(s - D)+ and half a cycle's units. Service is
concave in s and stock convex, so a unit more always buys less service for more stock than the unit before (Silver, Pyke & Thomas 2017, Inventory and
Production Management in Supply Chains, 4th ed., sec. 6.7 and 6.9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.forecast.distribution import DemandDistribution


@dataclass(frozen=True)
class ServiceCurves:
    """Stock-to-service curves of n items.

    Parameters
    ----------
    demand : DemandDistribution
        Over the protection interval.
    cycle_units : float array, shape (n,), above 0
        What one replenishment brings [units].
    weight : float array, shape (n,), at least 0
        What the item's demand counts in the aggregate: units, value or margin per period.
    unit_cost : float array, shape (n,), above 0
        What a unit of average stock costs: its value, or what holding it costs [money per unit].
    """

    demand: DemandDistribution
    cycle_units: np.ndarray
    weight: np.ndarray
    unit_cost: np.ndarray

    def fill(self, level: np.ndarray) -> np.ndarray:
        """Return the share of demand delivered from stock with reorder points `level` (n,)."""
        result: np.ndarray = np.clip(1.0 - self.demand.loss(level) / self.cycle_units, 0.0, 1.0)
        return result

    def stock(self, level: np.ndarray) -> np.ndarray:
        """Return what average stock costs with reorder points `level` (n,) [money]."""
        kept = level - self.demand.mean() + self.demand.loss(level)
        result: np.ndarray = self.unit_cost * (kept + self.cycle_units / 2)
        return result

    def level_at(self, price: np.ndarray) -> np.ndarray:
        """Return the best reorder points where one unit of weighted service is worth `price` (n,) [money].

        A unit more costs unit_cost x P(D <= s) of stock and gains weight x P(D > s) / cycle_units of service: the best level is the quantile
        of D at r / (1 + r), r = price x weight / (unit_cost x cycle_units).
        """
        ratio = price * self.weight / (self.unit_cost * self.cycle_units)
        chance = ratio / (1.0 + ratio)
        level = self.demand.quantile(np.clip(chance, 1e-12, 1 - 1e-12))
        return np.where(ratio > 0, level, 0.0)

    def level_of(self, fill: np.ndarray) -> np.ndarray:
        """Return the lowest reorder points that give fill rates `fill` (n,); whole units where demand is."""
        level = self.demand.level_for_loss((1.0 - fill) * self.cycle_units)
        return np.where(self.demand.whole, np.ceil(level - 1e-9), level)
