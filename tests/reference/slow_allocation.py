"""Service allocation the slow way: one unit at a time to whichever item gains most per money, and every combination of levels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

Chances = Sequence[float]


def shortage(chances: Chances, level: int) -> float:
    """Return E(D - level)+ from the chances of demand 0, 1, 2 ..."""
    return sum(p * (d - level) for d, p in enumerate(chances) if d > level)


def fill_rate(chances: Chances, level: int, cycle_units: float) -> float:
    """Return 1 - expected shortage / units per cycle, at least 0."""
    return max(0.0, 1.0 - shortage(chances, level) / cycle_units)


def stock_cost(chances: Chances, level: int, cycle_units: float, unit_cost: float) -> float:
    """Return the cost of average stock: what is left of the level, and half a cycle."""
    left = sum(p * (level - d) for d, p in enumerate(chances) if d < level)
    return unit_cost * (left + cycle_units / 2)


def one_unit_at_a_time(
    chances: Sequence[Chances],
    cycle_units: Sequence[float],
    weight: Sequence[float],
    unit_cost: Sequence[float],
    *,
    target: float,
    low: Sequence[int],
    high: Sequence[int],
) -> list[int]:
    """Return the levels after marginal analysis, unit by unit, until the weighted fill rate is reached."""
    level = list(low)
    items = range(len(level))

    def service() -> float:
        total = sum(weight[i] * fill_rate(chances[i], level[i], cycle_units[i]) for i in items)
        return total / sum(weight)

    while service() < target - 1e-9:
        best, best_ratio = -1, -1.0
        for i in items:
            if level[i] >= high[i]:
                continue
            gain = weight[i] * (
                fill_rate(chances[i], level[i] + 1, cycle_units[i]) - fill_rate(chances[i], level[i], cycle_units[i])
            )
            cost = stock_cost(chances[i], level[i] + 1, cycle_units[i], unit_cost[i]) - stock_cost(
                chances[i], level[i], cycle_units[i], unit_cost[i]
            )
            ratio = gain / cost if cost > 0 else float("inf")
            if ratio > best_ratio:
                best, best_ratio = i, ratio
        if best < 0:
            break
        level[best] += 1
    return level


def least_stock_in_parts(
    chances: Sequence[Chances],
    cycle_units: Sequence[float],
    weight: Sequence[float],
    unit_cost: Sequence[float],
    *,
    target: float,
    low: Sequence[int],
    high: Sequence[int],
) -> float:
    """Return the lowest cost of average stock where the last unit may be taken in part: steps in the order of service per money."""
    need = target * sum(weight)
    cost, steps = 0.0, []
    for i in range(len(low)):
        fills = [weight[i] * fill_rate(chances[i], level, cycle_units[i]) for level in range(low[i], high[i] + 1)]
        costs = [stock_cost(chances[i], level, cycle_units[i], unit_cost[i]) for level in range(low[i], high[i] + 1)]
        need, cost = need - fills[0], cost + costs[0]
        steps += [(fills[k + 1] - fills[k], costs[k + 1] - costs[k]) for k in range(len(fills) - 1)]
    for gain, money in sorted(steps, key=lambda step: -step[0] / max(step[1], 1e-300)):
        part = min(max(need / gain, 0.0), 1.0) if gain > 0 else 0.0
        need, cost = need - part * gain, cost + part * money
    return cost


def most_service_by_trying_all(
    chances: Sequence[Chances],
    cycle_units: Sequence[float],
    weight: Sequence[float],
    unit_cost: Sequence[float],
    *,
    budget: float,
    low: Sequence[int],
    high: Sequence[int],
) -> float:
    """Return the highest weighted fill rate whose average stock costs at most `budget`, from every combination of levels."""
    best, items = 0.0, range(len(low))
    for levels in itertools.product(*(range(low[i], high[i] + 1) for i in items)):
        cost = sum(stock_cost(chances[i], levels[i], cycle_units[i], unit_cost[i]) for i in items)
        if cost <= budget * (1 + 1e-12):
            best = max(best, sum(weight[i] * fill_rate(chances[i], levels[i], cycle_units[i]) for i in items))
    return best / sum(weight)


def least_stock_by_trying_all(
    chances: Sequence[Chances],
    cycle_units: Sequence[float],
    weight: Sequence[float],
    unit_cost: Sequence[float],
    *,
    target: float,
    low: Sequence[int],
    high: Sequence[int],
) -> float:
    """Return the lowest cost of average stock that reaches the weighted fill rate, from every combination of levels."""
    best = float("inf")
    items = range(len(low))
    for levels in itertools.product(*(range(low[i], high[i] + 1) for i in items)):
        service = sum(weight[i] * fill_rate(chances[i], levels[i], cycle_units[i]) for i in items) / sum(weight)
        if service >= target - 1e-9:
            best = min(best, sum(stock_cost(chances[i], levels[i], cycle_units[i], unit_cost[i]) for i in items))
    return best
