"""Seconds, proven gap and cost of joint orders against proportional filling, on generated suppliers with every kind of term.

python tests/bench/joint_orders.py [lines suppliers]

Demand is negative binomial over lead time and review. Cost is what the service targets imply: shortage, holding and ordering over a cycle. "policy" is
the cost of the unlimited orders; what limits add to it is compared. Seconds are those of one process on this machine, compiled code warm; CPU seconds, of
all threads, hardly change with other work on the machine. Second table: few large supplier orders, where whole orders do not fit a limit; ten generated
problems of each size.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[2]))

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.replenish.joint.candidates import list_candidates
from invopt_xl.core.replenish.joint.curve import implied_curve
from invopt_xl.core.replenish.joint.joint import plan_jointly
from invopt_xl.core.replenish.joint.price_breaks import one_price
from invopt_xl.core.replenish.joint.problem import JointProblem, OrderTerms, SharedLimit
from invopt_xl.core.replenish.joint.proportional import fill_proportionally
from invopt_xl.core.replenish.rounding import round_order

#: Points of each demand distribution.
GRID = 80

#: Budget and room, as shares of what the policy's orders would take.
SCENARIOS = (
    ("budget binds", 0.8, 0.9),
    ("budget is short", 0.6, 0.9),
    ("room binds", 2.0, 0.6),
    ("hardly binds", 0.95, 0.95),
)


#: Lines, suppliers, budget and room of the second table.
FEW = (
    (400, 1, 0.8, 0.9),
    (400, 1, 0.6, 0.9),
    (200, 3, 2.0, 0.6),
    (300, 5, 0.6, 0.9),
    (500, 10, 0.6, 0.9),
    (1000, 5, 0.6, 0.9),
    (2000, 10, 0.8, 0.9),
)
SEEDS = range(1, 11)


def negative_binomial(mean: np.ndarray, variance: np.ndarray) -> DemandDistribution:
    """Return demand in whole units with these moments (n,)."""
    r = mean**2 / np.maximum(variance - mean, 1e-3 * mean)
    p = r / (r + mean)
    top = stats.nbinom.ppf(0.99995, r, p) + 1
    grid = np.maximum.accumulate(np.rint(np.linspace(0, 1, GRID)[None, :] ** 1.5 * top[:, None]), axis=1)
    cdf = stats.nbinom.cdf(grid, r[:, None], p[:, None])
    cdf[:, -1] = 1.0
    return DemandDistribution(grid, cdf, np.ones(len(mean), dtype=bool))


def generated(n: int, orders: int, *, budget: float, storage: float, seed: int = 1) -> JointProblem:
    """Return n lines of `orders` suppliers: packs, minimum orders, minimum values and quantities, capacities, containers, a budget and one store."""
    rng = np.random.default_rng(seed)
    per_week = rng.gamma(0.7, 12, n) + 0.05
    mean = per_week * rng.uniform(2, 8, n)
    demand = negative_binomial(mean, mean * (1 + rng.gamma(2, 0.5, n)) + (0.2 * mean) ** 2)
    unit_cost = np.exp(rng.normal(2, 1, n))
    s = demand.quantile(rng.choice([0.9, 0.95, 0.98], n))
    lot = np.where(rng.random(n) < 0.5, np.sqrt(2 * per_week * 52 * 5 / (0.2 * unit_cost)), per_week)
    up_to = s + np.maximum(lot - per_week, 0)
    moq = np.where(rng.random(n) < 0.4, np.ceil(per_week * rng.uniform(0.5, 4, n)), 0.0)
    pack = np.maximum(np.rint(per_week * rng.choice([0.1, 0.3, 0.6, 1.0], n)), 1)
    position = np.floor(s + (up_to - s) * rng.random(n) - per_week * rng.uniform(-1.5, 3, n))
    due = np.where(up_to > s + 1e-9, position <= s, position < s)
    wanted = round_order(
        np.where(due, up_to - position, 0.0), moq=moq, pack_size=pack, most=np.full(n, np.inf)
    ).quantity
    curve = implied_curve(
        demand,
        position=position,
        wanted=wanted,
        reorder_point=s,
        order_up_to=up_to,
        cycle_units=np.maximum(np.maximum(lot, per_week), moq),
        demand_per_period=per_week,
        holding_cost=0.2 * unit_cost / 52,
    )
    candidates = list_candidates(
        curve,
        one_price(unit_cost),
        wanted=wanted,
        least=np.zeros(n),
        moq=moq,
        step=pack,
        most=np.maximum(up_to - position + 8 * per_week, wanted),
    )
    volume, order, one = np.exp(rng.normal(-5, 0.7, n)), rng.integers(0, orders, n), np.zeros(n, dtype=np.int64)
    value, units, cubic = (
        np.bincount(order, weights=wanted * each, minlength=orders) for each in (unit_cost, np.ones(n), volume)
    )

    def some(share: float, most: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
        return np.where(rng.random(orders) < share, most, otherwise)

    terms = OrderTerms(
        name=tuple(f"supplier {g + 1}" for g in range(orders)),
        min_value=some(0.6, value * rng.uniform(0.3, 1.4, orders)),
        min_units=some(0.2, units * rng.uniform(0.3, 1.3, orders)),
        max_units=some(0.1, units * rng.uniform(0.7, 1.3, orders), np.inf),
        container_volume=some(0.3, cubic * rng.choice([0.2, 0.35, 0.6], orders)),
        order_cost=np.zeros(orders),
    )
    shared = (
        SharedLimit("storage", "volume", one, np.array([storage * cubic.sum()]), ("storage",)),
        SharedLimit("budget", "spend", one, np.array([budget * value.sum()]), ("budget",)),
    )
    return JointProblem(candidates, order, volume, terms, shared)


def few_orders() -> None:
    """Print one line per size: median and largest gap, cost against the bound of all plans, and CPU seconds."""
    print("\nfew large orders, ten problems each")
    print("lines suppliers budget  room  candidates  median gap  largest gap  CPU seconds: median  largest")
    for n, orders, budget, storage in FEW:
        gaps, cpus, size = [], [], 0
        for seed in SEEDS:
            problem = generated(n, orders, budget=budget, storage=storage, seed=seed)
            start = time.process_time()
            found = plan_jointly(problem, wanted=problem.candidates.at(problem.candidates.wanted)[0])
            cpus.append(time.process_time() - start)
            gaps.append(found.gap)
            size = int(problem.candidates.count.sum())
        print(
            f"{n:5d} {orders:9d} {budget:6.2f} {storage:5.2f} {size:11,d} {np.median(gaps):11.2%} {max(gaps):12.2%}"
            f" {np.median(cpus):20.1f} {max(cpus):8.1f}",
            flush=True,
        )


def main() -> None:
    """Print one line per scenario, then few large orders."""
    sizes = [int(a) for a in sys.argv[1:3]] or [10000, 200]
    warm = generated(200, 60, budget=0.8, storage=0.9)
    plan_jointly(warm, wanted=warm.candidates.at(warm.candidates.wanted)[0])
    print(f"{sizes[0]} lines, {sizes[1]} suppliers")
    print(
        "scenario          seconds  CPU  gap of cost  gap of what limits add  policy cost  joint adds  proportional adds  peak MB"
    )
    for name, budget, storage in SCENARIOS:
        problem = generated(*sizes, budget=budget, storage=storage)
        wanted = problem.candidates.at(problem.candidates.wanted)[0]
        unlimited = problem.cost(problem.candidates.wanted)
        start, start_cpu = time.perf_counter(), time.process_time()
        found = plan_jointly(problem, wanted=wanted)
        seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
        added = found.total_cost - unlimited
        common = problem.cost(fill_proportionally(problem)) - unlimited
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name:16s} {seconds:8.1f} {cpu:5.1f} {found.gap:12.2%} {(found.total_cost - found.bound) / added:23.1%}"
            f" {unlimited:12,.0f} {added:11,.0f} {common:18,.0f} {peak:8.0f}",
            flush=True,
        )
    if len(sys.argv) <= 1:
        few_orders()


if __name__ == "__main__":
    main()
