"""What an order quantity costs in expectation, so that the policy's own order is the cheapest where no limit stands in its way.

Logic
-----
x is the inventory position after ordering, D demand over the protection interval, h the holding cost of a unit per period, d demand per period,
T the length of a cycle (units per cycle / d), s the reorder point, S the order-up-to level and Z what the policy lifts the position to.

- A unit short costs p = h T / P(D > s): the price at which s is the best reorder point, so what the service target says a shortage is worth
  (Nahmias & Olsen 2015, Production and Operations Analysis, 7th ed., sec. 5.5: F(R) = 1 - Q h / (p lambda)).
- Ordering a unit beyond Z means keeping it until demand gets there: h / d longer for each further unit. Between s and S, where the policy
  makes an economic lot, a unit less than S costs as much: the relative cost of an order of Q units under the economic order quantity,
  K + h Q^2 / (2 d) - (cost per period at the optimum) Q / d, is h (Q - Q*)^2 / (2 d).
- Ordering anything costs K = cost(s) - cost(Z): the fixed cost at which an (s, S) policy waits until s. An item that is not due then costs
  less unordered, and an item that is nearly due costs little to order along.

All parts are convex in x and the slope at Z is zero.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from invopt_xl.core.forecast.distribution import DemandDistribution

#: Chance of demand beyond a reorder point that was set higher than any demand; keeps the implied price of a shortage finite.
_LEAST_CHANCE = 1e-3

#: Differences of levels below this are dust [share].
_DUST = 1e-9


@dataclass(frozen=True)
class CostCurve:
    """Expected cost of n lines as a function of the quantity ordered now.

    Parameters
    ----------
    demand : DemandDistribution
        Over the protection interval.
    position : float array, shape (n,)
        Inventory position before ordering [units].
    aim : float array, shape (n,)
        Z, the position the policy orders up to [units].
    shortage_cost : float array, shape (n,)
        p [money per unit short].
    holding_cost : float array, shape (n,)
        h T [money per unit and cycle].
    early_cost : float array, shape (n,)
        h / d: what one unit more beyond Z costs more than the one before [money per unit squared].
    lot_units : float array, shape (n,)
        S - s [units].
    line_cost : float array, shape (n,)
        K [money per order line].
    base_cost : float array, shape (n,)
        Holding cost of safety stock at Z, less what is kept beyond Z already, which no order changes [money].
    """

    demand: DemandDistribution
    position: np.ndarray
    aim: np.ndarray
    shortage_cost: np.ndarray
    holding_cost: np.ndarray
    early_cost: np.ndarray
    lot_units: np.ndarray
    line_cost: np.ndarray
    base_cost: np.ndarray

    def cost(self, quantity: np.ndarray) -> np.ndarray:
        """Return the expected cost of ordering `quantity` (n,), the line cost included where it is above 0 [money]."""
        result: np.ndarray = self._level_cost(self.position + quantity) + np.where(quantity > 0, self.line_cost, 0.0)
        return result

    def slope(self, quantity: np.ndarray) -> np.ndarray:
        """Return what one unit more costs at `quantity` (n,), a subgradient of the cost without the line cost [money per unit]."""
        level = self.position + quantity
        beyond = np.maximum(level - self.aim, -self.lot_units)
        gained = self._chance_beyond(level) - self._chance_beyond(self.aim)
        result: np.ndarray = self.early_cost * beyond - self.shortage_cost * gained
        return result

    def take(self, rows: np.ndarray) -> CostCurve:
        """Return the curves of the lines `rows`."""
        return CostCurve(**{each.name: _taken(getattr(self, each.name), rows) for each in fields(self)})

    def _level_cost(self, level: np.ndarray) -> np.ndarray:
        beyond = level - self.aim
        late = np.maximum(
            -beyond - self.lot_units, 0.0
        )  # units below the reorder point: the slope stays what it is there
        lot = np.maximum(beyond, -self.lot_units) ** 2 / 2 + self.lot_units * late
        tilt = self.shortage_cost * self._chance_beyond(self.aim) * beyond
        short = self.shortage_cost * self.demand.loss(level)
        result: np.ndarray = short + tilt + self.early_cost * lot + self.base_cost
        return result

    def _chance_beyond(self, level: np.ndarray) -> np.ndarray:
        return np.where(level < 0, 1.0, 1.0 - self.demand.cdf_at(np.maximum(level, 0.0)))


def _taken(value: DemandDistribution | np.ndarray, rows: np.ndarray) -> Any:
    return value.take(rows) if isinstance(value, DemandDistribution) else value[rows]


def implied_curve(
    demand: DemandDistribution,
    *,
    position: np.ndarray,
    wanted: np.ndarray,
    reorder_point: np.ndarray,
    order_up_to: np.ndarray,
    cycle_units: np.ndarray,
    demand_per_period: np.ndarray,
    holding_cost: np.ndarray,
) -> CostCurve:
    """Return the cost curves under which each line's unconstrained optimum is what the policy wants.

    Parameters
    ----------
    demand : DemandDistribution
        Of n lines, over the protection interval.
    position, wanted, reorder_point, order_up_to, cycle_units : float array, shape (n,)
        [units]; `wanted` is the policy's order, rounded as it is placed.
    demand_per_period : float array, shape (n,), above 0
        [units per period]
    holding_cost : float array, shape (n,), above 0
        [money per unit and period]

    >>> ten = DemandDistribution(np.array([[0.0, 20.0]]), np.array([[0.0, 1.0]]), np.array([False]))
    >>> curve = implied_curve(ten, position=np.zeros(1), wanted=np.array([15.0]), reorder_point=np.array([15.0]),
    ...     order_up_to=np.array([15.0]), cycle_units=np.array([10.0]), demand_per_period=np.array([10.0]), holding_cost=np.ones(1))
    >>> curve.shortage_cost, min(range(21), key=lambda q: curve.cost(np.array([float(q)]))[0])
    (array([4.]), 15)
    """
    held = holding_cost * cycle_units / demand_per_period
    beyond = np.clip(1.0 - demand.cdf_at(np.maximum(reorder_point, 0.0)), _LEAST_CHANCE, 1.0)
    lot = np.maximum(order_up_to - reorder_point, 0.0)
    lot = np.where(lot > _DUST * np.maximum(1.0, order_up_to), lot, 0.0)
    curve = CostCurve(
        demand=demand,
        position=position,
        aim=np.where(wanted > 0, position + wanted, order_up_to),
        shortage_cost=held / beyond,
        holding_cost=held,
        early_cost=holding_cost / demand_per_period,
        lot_units=lot,
        line_cost=np.zeros(len(position)),
        base_cost=np.zeros(len(position)),
    )
    waits = curve.cost(reorder_point - position) - curve.cost(curve.aim - position)
    safety = held * np.maximum(curve.aim - demand.mean(), 0.0)
    short_now = curve.shortage_cost * demand.loss(position)
    sunk = np.where(position > curve.aim, curve.cost(np.zeros(len(position))) - short_now, 0.0)
    return replace(
        curve, line_cost=np.where(lot > 0, np.maximum(waits, 0.0), 0.0), base_cost=safety - np.maximum(sunk, 0.0)
    )
