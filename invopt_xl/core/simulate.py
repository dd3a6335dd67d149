"""Simulate ordering rules on real or drawn demand: what stock, service, orders and cost they lead to. Beside the stages of a plan.

What happens when
-----------------
Time runs in periods, each of one or more steps. In every step, in this order:

1. Review and order. If a review is due and the supplier takes orders, the inventory position (on hand + on order - backorders) decides by the
   order rule; the order is rounded up to minimum and packs, and down to what capacity and maximum stock leave. Levels are those of the period.
   Where series share a supplier's capacity, the orders of a step are cut together (`Supply.team`).
2. Receive. An order placed in step k with a lead time of L steps arrives in step k + L, before the demand of that step; with L = 0 at once.
   Waiting demand is met first, the rest goes on the shelf.
3. Demand is met from stock, oldest units first; what is missing is lost, or waits.
4. Units at the end of their shelf life are thrown away. Stock is counted at the end of a period.

So an order at a review has to cover demand until the order of the next review arrives: lead time + review period, the protection interval of
`core/policy/policy.py`; and levels computed from all that is known at the end of period t - 1 are in time for the review of period t. With
continuous review (`review_periods` = 0) every step has a review, and what is to be covered is the lead time and one step; more steps per
period come closer to the lead time alone. Within a period of several steps whole units arrive one by one at even distances (from a random
moment on), other quantities flow evenly.

Stock on hand never falls below zero, and units are conserved: starting stock + received = delivered + wasted + on hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from invopt_xl.core.simulation.drawn_demand import DrawnDemand
from invopt_xl.core.simulation.given import all_alone, given_rates, given_teams, given_world, rows_of
from invopt_xl.core.simulation.outcome import Rates, Simulation, amounts, item_table, total_table
from invopt_xl.core.simulation.rule import OrderRule
from invopt_xl.core.simulation.supply import NO_COSTS, NO_STOCK, Costs, StartingStock, Supply
from invopt_xl.core.simulation.walk import PATHS, walk
from invopt_xl.errors import SettingError

#: Series x replications that are walked in one go: keeps the sums of a block within the processor's cache.
_BLOCK = 50_000

_INSTANT = Supply()


def simulate(
    demand: np.ndarray | DrawnDemand,
    rule: OrderRule,
    supply: Supply = _INSTANT,
    *,
    start: StartingStock = NO_STOCK,
    costs: Costs = NO_COSTS,
    lost_sales: Any = True,
    steps_per_period: int = 1,
    replications: int = 1,
    warm_up: int = 0,
    seed: int = 1,
    keys: np.ndarray | None = None,
    keep_paths: bool = False,
) -> Simulation:
    """Return what an ordering rule leads to, for n series at once. The module says what happens when.

    Parameters
    ----------
    demand : float array, shape (n, T), or DrawnDemand
        Units per period, the same in every replication; or a distribution from which every replication draws its own.
    rule : OrderRule
    supply : Supply
    start : StartingStock
    costs : Costs
    lost_sales : bool or array of shape (n,)
        Whether demand that cannot be met at once is lost; otherwise it waits.
    steps_per_period : int
        Steps of the clock per period: 7 for daily reviews in weekly periods. Review periods must be whole steps.
    replications : int
        Runs with different lead times (and demand, if drawn).
    warm_up : int
        First periods that do not count [periods].
    seed : int
    keys : uint64 array, shape (n,), optional
        Identity of each series for its random numbers (`streams.stream_keys`). Default: its position.
    keep_paths : bool
        Also return every period of every series and replication.

    Raises
    ------
    SettingError
        A shape does not fit, or a value is out of range.
    InputError
        Demand is negative, or not a number.

    Examples
    --------
    Orders up to 16 every period, two periods under way, against demand of 5: the protection interval is three periods, so one unit is spare.

    >>> found = simulate(np.full((1, 20), 5.0), OrderRule(16, 16), Supply(lead_periods=2), start=StartingStock(on_hand=16))
    >>> found.items[["fill_rate", "average_on_hand", "orders"]].values.tolist()
    [[1.0, 1.75, 19.0]]
    """
    if replications < 1 or replications != int(replications):
        raise SettingError(f"Replications: expected a whole number of at least 1, got {replications}.")
    if seed < 0:
        raise SettingError(f"Seed: expected a whole number of at least 0, got {seed}.")
    if steps_per_period < 1 or steps_per_period != int(steps_per_period):
        raise SettingError(f"Steps per period: expected a whole number of at least 1, got {steps_per_period}.")
    world, periods = given_world(
        demand, rule, supply, start, lost_sales=lost_sales, steps_per_period=steps_per_period, keys=keys
    )
    if not 0 <= warm_up < periods:
        raise SettingError(f"Warm-up: expected from 0 to {periods - 1} periods, got {warm_up}.")
    counted = periods - warm_up
    rates = given_rates(costs, world.lost)
    mean, totals, paths = [], [], []
    teams = given_teams(supply, len(world.key))
    # series that share something are walked side by side, whatever stands between them
    blocks = _blocks(len(world.key), replications) if teams is None else [slice(0, len(world.key))]
    for block in blocks:
        rows = Rates(
            *(each[block] for each in (rates.unit_cost, rates.holding, rates.order, rates.shortage, rates.lost))
        )
        part = rows_of(world, block)
        sides = all_alone(len(part.key)) if teams is None else teams
        sums, path = walk(part, sides, np.uint64(seed), replications, periods, steps_per_period, warm_up, keep_paths)
        mean.append(sums.mean(axis=1))
        totals.append([_added(amounts(sums[:, r], rows, periods=counted)) for r in range(replications)])
        paths.append(path)
    items = amounts(np.concatenate(mean), rates, periods=counted)
    kept = np.concatenate(paths) if keep_paths else None
    return Simulation(
        items=item_table(items, periods=counted),
        total=total_table(_stacked([_added(items)]), periods=counted).iloc[0].rename("total"),
        replications=total_table(_stacked([_summed(each) for each in zip(*totals, strict=True)]), periods=counted),
        periods=counted,
        paths={} if kept is None else {name: kept[:, :, at] for at, name in enumerate(PATHS)},
    )


def _blocks(n: int, replications: int) -> list[slice]:
    size = max(1, _BLOCK // replications)
    return [slice(first, first + size) for first in range(0, n, size)]


def _added(amount: dict[str, np.ndarray]) -> dict[str, float]:
    """Return every amount summed over series."""
    return {name: float(values.sum()) for name, values in amount.items()}


def _summed(parts: tuple[dict[str, float], ...]) -> dict[str, float]:
    """Return every amount summed over blocks."""
    return {name: sum(part[name] for part in parts) for name in parts[0]}


def _stacked(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """Return every amount as an array with one value per row."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
