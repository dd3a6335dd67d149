"""Economic order quantities on plain numbers: the classic one, and with price breaks.

Source: Snyder & Shen (2019), Fundamentals of Supply Chain Theory, 2nd ed., ch. 3; tests/worked_examples holds their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def economic_order_quantity(
    demand: np.ndarray | float, *, order_cost: np.ndarray | float, holding_cost: np.ndarray | float
) -> np.ndarray:
    """Return the order quantity with the lowest cost of ordering and holding.

    Parameters
    ----------
    demand : float or array
        [units per year]
    order_cost : float or array
        [money per order]
    holding_cost : float or array, above 0
        [money per unit and year]

    Returns
    -------
    float array
        [units]; 0 without demand.

    >>> economic_order_quantity(1300, order_cost=8, holding_cost=0.225).round(4)
    np.float64(304.0468)
    """
    quantity: np.ndarray = np.sqrt(
        2 * np.asarray(demand, dtype=float) * order_cost / np.asarray(holding_cost, dtype=float)
    )
    return quantity


def order_cost_per_year(quantity: float, *, demand: float, order_cost: float, holding_cost: float) -> float:
    """Return the yearly cost of ordering and holding with orders of `quantity`.

    >>> round(order_cost_per_year(304.04678, demand=1300, order_cost=8, holding_cost=0.225), 6)
    68.410526
    """
    return order_cost * demand / quantity + holding_cost * quantity / 2


@dataclass(frozen=True)
class PricedOrder:
    """An order quantity [units] and the yearly cost of buying, ordering and holding [money per year]."""

    quantity: float
    annual_cost: float


def all_units_discount(
    demand: float, *, order_cost: float, holding_rate: float, breaks: Sequence[tuple[float, float]]
) -> PricedOrder:
    """Return the best order quantity when the price of a break holds for all units.

    Parameters
    ----------
    demand : float
        [units per year]
    order_cost : float
        [money per order]
    holding_rate : float
        [share of value per year]
    breaks : sequence of (min_quantity, unit_cost)
        Ascending; the first starts at 0.

    >>> all_units_discount(1000, order_cost=200, holding_rate=0.2, breaks=[(0, 500), (200, 475), (500, 450)])
    PricedOrder(quantity=500.0, annual_cost=472900.0)
    """
    best: PricedOrder | None = None
    for lowest, cost in breaks:
        holding = holding_rate * cost
        # below its break a quantity costs more; above the next break a lower price takes over and is tried there
        quantity = max(
            float(economic_order_quantity(demand, order_cost=order_cost, holding_cost=holding)), float(lowest)
        )
        total = cost * demand + order_cost_per_year(
            quantity, demand=demand, order_cost=order_cost, holding_cost=holding
        )
        if best is None or total < best.annual_cost:
            best = PricedOrder(quantity, total)
    if best is None:
        raise ValueError("breaks must hold at least one price.")
    return best


def incremental_discount(
    demand: float, *, order_cost: float, holding_rate: float, breaks: Sequence[tuple[float, float]]
) -> PricedOrder:
    """Return the best order quantity when the price of a break holds only for the units beyond it; parameters as `all_units_discount`.

    >>> found = incremental_discount(2400, order_cost=150, holding_rate=0.25, breaks=[(0, 100), (300, 90), (600, 80)])
    >>> round(found.quantity, 7), round(found.annual_cost, 6)
    (1481.8906842, 222762.813685)
    """
    best: PricedOrder | None = None
    extra, previous = 0.0, 0.0  # what the first units cost more than the current price
    for place, (lowest, cost) in enumerate(breaks):
        extra += lowest * (previous - cost) if place else 0.0
        previous = cost
        quantity = float(
            economic_order_quantity(demand, order_cost=order_cost + extra, holding_cost=holding_rate * cost)
        )
        upper = breaks[place + 1][0] if place + 1 < len(breaks) else np.inf
        if not lowest <= quantity < upper:
            continue
        total = (
            cost * demand
            + holding_rate * extra / 2
            + order_cost_per_year(
                quantity, demand=demand, order_cost=order_cost + extra, holding_cost=holding_rate * cost
            )
        )
        if best is None or total < best.annual_cost:
            best = PricedOrder(quantity, total)
    if best is None:
        raise ValueError("breaks must start at 0 and have falling prices.")
    return best
