"""How it is supplied, kept and paid for: lead times, minimum orders, shelf life, starting stock and pipeline, costs. Per series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Supply:
    """What happens to the orders of n series.

    Parameters
    ----------
    lead_periods : float, or array of shape (n,) or (n, J)
        Lead time [periods]; with J columns each is equally likely (`LeadTimes.atoms` / days per period). A part of a step is rounded up or
        down at random, so that its mean stays.
    crossover : bool or array of shape (n,)
        Whether a later order may arrive before an earlier one. If not, it arrives with it.
    lead_hold_periods : float or array of shape (n,)
        Periods over which orders share one draw of the lead time, from a random start; 0: every order has its own. Suppliers are late for a
        while, not order by order: shared draws keep the distribution of lead times and let few orders overtake.
    moq, pack_size : float or array of shape (n,)
        Smallest order, and the multiple that orders are rounded up to [units]; 0 for none.
    capacity : float or array of shape (n,)
        Most units of one order of one series; what is beyond it is left to the next review.
    team : int or array of shape (n,)
        Series with the same number share one supplier's capacity; below 0 for a series that shares none.
    team_capacity : float or array of shape (G,)
        Most units that team g may order together in one period, by its number from 0 to G - 1. Where they want more, every order gets the same
        share, in full packs and not below its minimum; what that leaves goes round once, first to the orders with the smallest share. What is
        beyond the capacity is left to the next review.
    max_stock : float or array of shape (n,)
        Most units that an order may lift the inventory position to.
    shelf_life_periods : float or array of shape (n,)
        Periods in which units can be sold, from the one in which they arrive; 0 for no limit. Oldest units are sold first.
    """

    lead_periods: Any = 0.0
    crossover: Any = True
    lead_hold_periods: Any = 0.0
    moq: Any = 0.0
    pack_size: Any = 0.0
    capacity: Any = np.inf
    team: Any = -1
    team_capacity: Any = np.inf
    max_stock: Any = np.inf
    shelf_life_periods: Any = 0.0


@dataclass(frozen=True)
class StartingStock:
    """What is there before the first period.

    Parameters
    ----------
    on_hand, backorders : float or array of shape (n,)
        [units]; stock on hand counts as fresh. Backorders are met from it first.
    open_series, open_period, open_quantity : array-like, shape (m,)
        Open orders: position of the series, period in which the order arrives (before the first: at once) and units.
    """

    on_hand: Any = 0.0
    backorders: Any = 0.0
    open_series: Any = ()
    open_period: Any = ()
    open_quantity: Any = ()


@dataclass(frozen=True)
class Costs:
    """What stock, orders and shortages cost, per series: float or array of shape (n,).

    Parameters
    ----------
    unit_cost
        Value of a unit; also what a unit costs that spoils [money].
    holding
        Per unit on hand at the end of a period [money].
    order
        Per order [money].
    shortage
        Per unit of lost demand; per unit owed at the end of a period where demand waits [money].
    """

    unit_cost: Any = 1.0
    holding: Any = 0.0
    order: Any = 0.0
    shortage: Any = 0.0


NO_STOCK = StartingStock()
NO_COSTS = Costs()
