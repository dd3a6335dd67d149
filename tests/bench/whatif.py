"""Seconds of a what-if of all items, by the input that changes, beside the stages of the plan that it stands for; and of the split between two runs.

    python tests/bench/whatif.py [--rows 10000] [--repeat 2]

The items are those of the demo (120 items x locations, planned once), repeated; every scenario is for all of them, each decided by itself. Everything is
compiled before the clock starts; seconds are those of the fastest of --repeat runs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import invopt_xl as iv
from invopt_xl.core.change.basis import order_basis
from invopt_xl.core.change.order_change import order_change
from invopt_xl.core.demo import demo_tables
from invopt_xl.core.policy.policy import set_policy
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.scenarios.bands import project_stock
from invopt_xl.core.scenarios.decide import decide_row_by_row, settled
from invopt_xl.core.scenarios.scenarios import scenarios
from invopt_xl.core.scenarios.taken import take
from invopt_xl.core.stages import Stages
from invopt_xl.settings import Settings

ASKED = (
    ("service", "97%"),
    ("moq", "x2"),
    ("on_hand", "x0.5"),
    ("unit_cost", "+10%"),
    ("demand", "x1.2"),
    ("lead time", "x1.2"),
    ("review", 14),
    ("disrupted", "2027-01-31"),
)


def seconds(work: Callable[[], object], repeat: int) -> float:
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return float(best)


def world(rows: int) -> tuple[Stages, Settings]:
    tables = iv.read_tables(demo_tables(skus=60, locations=2))
    plan = iv.plan(tables, settings={"boosted_trees": "off"})
    small = settled(plan.stages, decide_row_by_row, settings=plan.settings)
    many = take(small, np.arange(rows) % len(small.history.series))
    names = many.history.series.assign(sku=[f"{number:06d}" for number in range(rows)])
    return replace(many, history=replace(many.history, series=names)), plan.settings


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rows", type=int, default=10_000)
    words.add_argument("--repeat", type=int, default=2)
    asked = words.parse_args()
    world(20)  # compiles
    stages, settings = world(asked.rows)
    s, t, lead, history = stages.forecast, stages.terms, stages.lead_times, stages.history
    periods = lead.atoms / history.days_per_period
    whole = s.law.whole.mean()
    print(f"{asked.rows} items x locations, {whole:.0%} of them counts, 11 lead times each")
    for name, work in (
        ("policy stage", lambda: set_policy(s, t, lead, history, settings=settings)),
        ("orders stage", lambda: size_orders(stages.policy, s, lead, t, history, settings=settings)),
        (
            "distribution over two intervals (of the forecast stage)",
            lambda: (s.law.over(periods), s.law.over(periods + 1)),
        ),
    ):
        print(f"{seconds(work, asked.repeat):8.2f} s  {name}", flush=True)
    for field, value in ASKED:
        change = {"scenario": "s", "what": "all", "field": field, "value": value}
        found = seconds(lambda change=change: scenarios(stages, [change], settings=settings), asked.repeat)  # type: ignore[misc]
        print(f"{found:8.2f} s  what if: {field} {value}", flush=True)
    rows = np.arange(min(200, asked.rows))
    project_stock(stages, rows=rows[:2], replications=20)
    print(
        f"{seconds(lambda: project_stock(stages, rows=rows), asked.repeat):8.2f} s  bands of {len(rows)} items, 13 periods, 500 draws"
    )
    before = order_basis(stages)
    now = before.assign(
        on_hand=before["on_hand"] * 0.9,
        demand_per_day=before["demand_per_day"] * 1.1,
        lead_time_days=before["lead_time_days"] + 1,
    )
    print(f"{seconds(lambda: order_basis(stages), asked.repeat):8.2f} s  inputs kept for the next run")
    print(
        f"{seconds(lambda: order_change(before, now), asked.repeat):8.2f} s  change of orders split (64 evaluations), cycle service"
    )
    fill = [frame.assign(service_measure="fill") for frame in (before, now)]
    print(f"{seconds(lambda: order_change(*fill), 1):8.2f} s  change of orders split, fill rate")


if __name__ == "__main__":
    main()
