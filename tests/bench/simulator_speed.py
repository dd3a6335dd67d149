"""Steps per second of the simulator beside plain NumPy, vectorised over series and looping over periods.

    python tests/bench/simulator_speed.py [--series 100000] [--periods 156] [--replications 10] [--repeat 3]

Every row is a process of its own, compiled and warmed up before the clock starts; the demand is given, lead times are drawn. The NumPy peer
does the smallest case only: order-up-to rule, lost sales, orders may overtake. It walks one replication after the other, all series at once.
The richer rows show what the options cost. Seconds are those of the fastest of --repeat runs; CPU seconds, all threads together, hardly change with other
work on the machine; memory is the peak of the process in MB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

NODES = 11
CASES = ("plain", "no overtaking", "all options", "7 steps a period", "drawn demand", "numpy")


def generated(n: int, periods: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return demand (n, T), lead times (n, NODES) in periods, and order-up-to levels (n,)."""
    rng = np.random.default_rng(1)
    rate = rng.gamma(0.7, 8, n)
    demand = rng.poisson(rate[:, None], (n, periods)).astype(float)
    leads = np.sort(rng.integers(1, 7, (n, NODES)), axis=1).astype(float)
    return demand, leads, np.ceil(rate * 5 + 2 * np.sqrt(rate * 5))


def ours(case: str, n: int, periods: int, replications: int) -> Callable[[], Any]:
    """Return the run of one case."""
    from scipy import stats

    from invopt_xl.core.forecast.distribution import DemandDistribution
    from invopt_xl.core.simulate import simulate
    from invopt_xl.core.simulation.drawn_demand import DrawnDemand
    from invopt_xl.core.simulation.rule import OrderRule, base_stock
    from invopt_xl.core.simulation.supply import Costs, StartingStock, Supply

    demand, leads, level = generated(n, periods)
    given: dict[str, Any] = {
        "start": StartingStock(level),
        "costs": Costs(5.0, 0.02, 10.0, 2.0),
        "replications": replications,
    }
    rule: Any = base_stock(level)
    supply = Supply(leads, crossover=case != "no overtaking")
    wanted: Any = demand
    if case == "all options":
        calendar = np.arange(periods) % 13 > 0
        each_period = level[:, None] * np.ones(periods)
        rule = OrderRule(each_period, each_period * 1.5, review_periods=2, order_periods=calendar)
        supply = Supply(leads, crossover=False, moq=5, pack_size=2, capacity=500, shelf_life_periods=20)
        given["lost_sales"] = False
    if case == "7 steps a period":
        given["steps_per_period"] = 7
    if case == "drawn demand":
        grid = np.tile(np.arange(64.0), (n, 1))
        cdf = stats.poisson.cdf(grid, demand.mean(axis=1)[:, None])
        cdf[:, -1] = 1.0
        wanted = DrawnDemand(DemandDistribution(grid, cdf, np.ones(n, dtype=bool)), periods)
    return lambda: simulate(wanted, rule, supply, **given)


def plain_numpy(n: int, periods: int, replications: int) -> Callable[[], Any]:
    """Return the run of the peer; its result is the total fill rate and stock."""
    demand, leads, level = generated(n, periods)
    columns = np.ascontiguousarray(demand.T)
    rows = np.arange(n)

    def run() -> tuple[float, float]:
        served, stock = 0.0, 0.0
        for r in range(replications):
            rng = np.random.default_rng(r)
            on_hand, on_order = level.copy(), np.zeros(n)
            due = np.zeros((int(leads.max()) + 1, n))
            for t in range(periods):
                order = np.maximum(level - on_hand - on_order, 0.0)
                arrival = t + leads[rows, rng.integers(0, NODES, n)].astype(np.int64)
                due[arrival % len(due), rows] += order
                arrived = due[t % len(due)].copy()
                due[t % len(due)] = 0.0
                on_order += order - arrived
                on_hand += arrived
                sold = np.minimum(on_hand, columns[t])
                on_hand -= sold
                served += sold.sum()
                stock += on_hand.sum()
        return served / replications / demand.sum(), stock / replications / periods

    return run


def measure(case: str, n: int, periods: int, replications: int, repeat: int) -> dict[str, float]:
    """Return seconds of the fastest run, peak MB, fill rate and average stock."""
    make = plain_numpy if case == "numpy" else lambda *size: ours(case, *size)
    make(50, periods, 2)()
    run, best, cpu, found = make(n, periods, replications), np.inf, np.inf, None
    for _ in range(repeat):
        start, start_cpu = time.perf_counter(), time.process_time()
        found = run()
        best = min(best, time.perf_counter() - start)
        cpu = min(cpu, time.process_time() - start_cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if isinstance(found, tuple):
        return {"seconds": best, "cpu": cpu, "mb": peak, "fill": found[0], "stock": found[1]}
    assert found is not None
    total = found.total
    return {"seconds": best, "cpu": cpu, "mb": peak, "fill": total["fill_rate"], "stock": total["average_on_hand"]}


def main() -> None:
    """Print the table, or with --only one measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--periods", type=int, default=156)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=CASES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    size = (given.series, given.periods, given.replications)
    if given.only:
        print(json.dumps(measure(given.only, *size, given.repeat)))
        return
    print(f"{size[0]:,} series x {size[1]} periods x {size[2]} replications, {os.cpu_count()} cores\n")
    print("| case | seconds | CPU seconds | million series-periods per second | peak MB | fill rate | average stock |")
    print("|" + "---|" * 7)
    for case in CASES:
        command = [sys.executable, __file__, "--only", case, "--repeat", str(given.repeat)]
        for name, value in zip(("--series", "--periods", "--replications"), size, strict=True):
            command += [name, str(value)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(done.stdout.splitlines()[-1])
        pace = np.prod(size) / row["seconds"] / 1e6
        print(
            f"| {case} | {row['seconds']:.1f} | {row['cpu']:.1f} | {pace:.1f} | {row['mb']:.0f} | {row['fill']:.4f} | {row['stock']:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
