"""A plan brought under the shared limits, and improved, by changes of single lines across all orders."""

from __future__ import annotations

import numpy as np

from invopt_xl.core.replenish.joint.combination import PlanColumns
from invopt_xl.core.replenish.joint.pricing import Placing, Plans, Pricing
from invopt_xl.core.replenish.joint.problem import TOLERANCE
from invopt_xl.core.replenish.joint.shared_rows import MEASURES


def settled(start: np.ndarray, pricing: Pricing, price: np.ndarray) -> np.ndarray:
    """Return the plan `start` (n,) changed line by line until all shared limits hold, as far as single lines can, then while that saves money.

    Orders keep their terms and the number of containers that they have; an order that is not placed stays so, unless it has no terms.

    Parameters
    ----------
    start : int array, shape (n,)
        Columns of the candidates.
    pricing : Pricing
    price : float array, shape (R,)
        Of the shared rows: what is cheap at it is changed first.
    """
    from invopt_xl.core.replenish.joint.line_kernel import settle

    rows, problem, t = pricing.rows, pricing.problem, pricing.problem.terms
    chosen = start.astype(np.int64).copy()
    amounts, orders = problem.amounts(chosen), len(t.name)
    totals = np.column_stack([np.bincount(problem.order, weights=amounts[m], minlength=orders) for m in MEASURES])
    placed = totals[:, 1] > 0
    boxed = t.container_volume > 0
    number = np.ceil(np.divide(totals[:, 2], t.container_volume, out=np.zeros(orders), where=boxed) * (1 - TOLERANCE))
    low = np.column_stack([t.min_value, t.min_units, t.container_fill * number * t.container_volume])
    high = np.column_stack([np.full(orders, np.inf), t.max_units, np.where(boxed, number * t.container_volume, np.inf)])
    idle = ~placed & ~pricing.free
    low[idle], high[idle] = 0.0, 0.0
    low[pricing.free] = 0.0
    used = rows.use(chosen).sum(axis=0)
    room = np.where(rows.finite, rows.most - used, np.inf)
    c = problem.candidates
    settle(
        chosen,
        problem.order.astype(np.int64),
        (c.quantity, c.cost, c.spend, c.count.astype(np.int64), problem.volume),
        rows.of_line,
        rows.measure,
        room,
        np.where(rows.finite, np.maximum(rows.most, 1e-9), 1.0),
        price,
        totals,
        low,
        high,
    )
    return chosen


def cheapest_settled(
    plans: list[Plans],
    pricing: Pricing,
    price: np.ndarray,
    *,
    starts: list[np.ndarray],
    placing: Placing | None = None,
) -> np.ndarray:
    """Return the cheapest plan (n,) that keeps all limits: the best choice of one plan per order, and `starts`, all settled line by line.

    Where none keeps them, the one that breaks fewest.
    """
    problem, rows = pricing.problem, pricing.rows
    choice = PlanColumns(plans, rows, pricing.block, placing or pricing.everything).best_choice()
    if choice is not None:
        picked = starts[0].copy()
        block = pricing.block[problem.order]
        for number, plan in choice:
            lines = block == number
            picked[lines] = plans[plan].chosen[lines]
        starts = [picked, *starts]
    found = [settled(start, pricing, price) for start in starts]
    kept = [each for each in found if not problem.breaches(each)]
    if not kept:
        return min(found, key=lambda each: len(problem.breaches(each)))
    return min(kept, key=problem.cost)
