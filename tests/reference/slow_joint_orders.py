"""Joint orders the slow way: every combination of candidate quantities, every limit as one plain sum."""

from __future__ import annotations

import itertools
import math

import numpy as np

from invopt_xl.core.replenish.joint.problem import JointProblem


def keeps_limits(problem: JointProblem, quantity: list[float], spend: list[float]) -> bool:
    """Return whether quantities keep every limit of the problem."""
    lines = range(len(quantity))
    for limit in problem.shared:
        for part, most in enumerate(limit.most):
            total = 0.0
            for i in lines:
                if limit.part[i] == part:
                    total += {"spend": spend[i], "units": quantity[i], "volume": quantity[i] * problem.volume[i]}[
                        limit.measure
                    ]
            if total > most * (1 + 1e-9) + 1e-9:
                return False
    t = problem.terms
    for g in range(len(t.name)):
        own = [i for i in lines if problem.order[i] == g]
        units, value = sum(quantity[i] for i in own), sum(spend[i] for i in own)
        volume = sum(quantity[i] * problem.volume[i] for i in own)
        if units == 0:
            continue
        if value < t.min_value[g] * (1 - 1e-9) or units < t.min_units[g] * (1 - 1e-9):
            return False
        if units > t.max_units[g] * (1 + 1e-9):
            return False
        box = t.container_volume[g]
        if box > 0:
            boxes = math.ceil(volume / box * (1 - 1e-9))
            if volume < t.container_fill * boxes * box * (1 - 1e-9):
                return False
    return True


def order_number(problem: JointProblem, quantity: list[float], g: int) -> float:
    """Return the containers of order g; without containers, or volumes, 1 if it is placed."""
    own = [i for i in range(len(quantity)) if problem.order[i] == g]
    box = problem.terms.container_volume[g]
    volume = sum(quantity[i] * problem.volume[i] for i in own)
    placed = float(sum(quantity[i] for i in own) > 0)
    return max(placed, math.ceil(volume / box * (1 - 1e-9))) if box > 0 else placed


def best_by_trying_all(
    problem: JointProblem, *, numbers: tuple[float, float] | None = None
) -> tuple[float, tuple[int, ...]] | None:
    """Return the lowest cost and the columns that have it; None where no plan keeps the limits.

    `numbers`: the fewest and the most containers of the first order, or whether it is placed.
    """
    c, best = problem.candidates, None
    for columns in itertools.product(*(range(k) for k in c.count)):
        quantity = [float(c.quantity[i, k]) for i, k in enumerate(columns)]
        spend = [float(c.spend[i, k]) for i, k in enumerate(columns)]
        if not keeps_limits(problem, quantity, spend):
            continue
        if numbers is not None and not numbers[0] <= order_number(problem, quantity, 0) <= numbers[1]:
            continue
        cost = sum(float(c.cost[i, k]) for i, k in enumerate(columns))
        placed = {int(problem.order[i]) for i in range(len(columns)) if quantity[i] > 0}
        cost += sum(float(problem.terms.order_cost[g]) for g in placed)
        if best is None or cost < best[0]:
            best = (cost, columns)
    return best


def shortage_and_early_cost(
    chances: np.ndarray,
    level: float,
    *,
    aim: float,
    lot: float,
    shortage_cost: float,
    holding_cost: float,
    early_cost: float,
) -> float:
    """Return the expected cost of a position `level`, from chances of demand 0, 1, 2 ...: sums of what is short, and slopes added up unit by unit."""
    demand = np.arange(len(chances))
    short = sum(p * max(d - level, 0.0) for d, p in zip(demand, chances, strict=True))
    beyond_aim = sum(p for d, p in zip(demand, chances, strict=True) if d > aim)
    mean = sum(p * d for d, p in zip(demand, chances, strict=True))
    cost = shortage_cost * short + shortage_cost * beyond_aim * (level - aim) + holding_cost * max(aim - mean, 0.0)
    # early_cost x distance from the aim for every small step between the aim and the level, no steeper than at the reorder point
    steps = 20000
    width = (level - aim) / steps
    for k in range(steps):
        middle = (k + 0.5) * width
        cost += early_cost * max(middle, -lot) * width
    return cost
