"""Known costs of ordering rules, met by simulation: within four standard errors, and these small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.simulate import simulate
from invopt_xl.core.simulation.drawn_demand import DrawnDemand
from invopt_xl.core.simulation.outcome import Simulation
from invopt_xl.core.simulation.rule import OrderRule, base_stock
from invopt_xl.core.simulation.supply import Costs, StartingStock, Supply

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "simulation.json").read_text(encoding="utf-8"))


def poisson(mean: np.ndarray, periods: int) -> DrawnDemand:
    """Return Poisson demand of several series."""
    grid = np.tile(np.arange(float(stats.poisson.isf(1e-13, mean.max())) + 2), (len(mean), 1))
    cdf = stats.poisson.cdf(grid, mean[:, None])
    cdf[:, -1] = 1.0
    return DrawnDemand(DemandDistribution(grid, cdf, np.ones(len(mean), dtype=bool)), periods)


def column(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows], dtype=float)


def per_period(costs: list[Simulation]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard error of the cost per period of each simulation of a single series."""
    each = np.array([one.replications["cost"].to_numpy() / one.periods for one in costs])
    return each.mean(axis=1), each.std(axis=1, ddof=1) / np.sqrt(each.shape[1])


LOST = EXAMPLES["lost_sales"]


def lost_sales_cost(row: dict[str, Any], level: float, cap: float = np.inf) -> Simulation:
    return simulate(
        poisson(np.array([LOST["mean"]]), 10_000),
        base_stock(level),
        Supply(lead_periods=row["lead"], capacity=cap),
        start=StartingStock(on_hand=level),
        costs=Costs(holding=LOST["holding"], shortage=row["shortage"]),
        replications=100,
        warm_up=50,
    )


@pytest.mark.parametrize("row", LOST["rows"], ids=lambda row: f"L={row['lead']} p={row['shortage']}")
def test_lost_sales_table(row: dict[str, Any]) -> None:
    (level, plain), (capped_level, cap, capped) = row["base_stock"], row["capped"]
    cost, error = per_period([lost_sales_cost(row, level), lost_sales_cost(row, capped_level, cap)])
    np.testing.assert_array_less(error / cost, 0.003)
    # the table is rounded to 0.0005
    np.testing.assert_array_less(np.abs(cost - [plain, capped]), 4 * error + 0.0005)
    assert (cost > row["optimal"]).all()


@pytest.mark.parametrize("row", LOST["rows"], ids=lambda row: f"L={row['lead']} p={row['shortage']}")
def test_no_other_base_stock_of_the_table_is_cheaper(row: dict[str, Any]) -> None:
    best = row["base_stock"][0]
    # common random numbers: the differences are far more certain than the costs
    cost, _ = per_period([lost_sales_cost(row, best + step) for step in (-1, 0, 1)])
    assert cost.argmin() == 1


def test_periodic_reorder_point_and_order_up_to_level() -> None:
    rows = EXAMPLES["periodic_s_S"]["rows"]
    s, up_to = column(rows, "s"), column(rows, "S")
    for at, row in enumerate(rows):
        found = simulate(
            poisson(column(rows, "mean")[[at]], 4000),
            OrderRule(s[at], up_to[at]),
            start=StartingStock(on_hand=up_to[at]),
            costs=Costs(holding=row["holding"], order=row["order"], shortage=row["shortage"]),
            lost_sales=False,
            replications=50,
            warm_up=20,
        )
        cost, error = per_period([found])
        assert error[0] / cost[0] < 0.003
        assert abs(cost[0] - row["cost"]) < 4 * error[0] + 0.0005


def test_continuous_review_is_the_limit_of_short_periods() -> None:
    given = EXAMPLES["continuous_r_Q"]
    slices = 100
    found = simulate(
        poisson(np.array([given["rate"] / slices]), 200 * slices),
        OrderRule(given["r"], order_quantity=given["Q"], review_periods=0),
        Supply(lead_periods=given["lead"] * slices),
        start=StartingStock(on_hand=given["r"] + given["Q"]),
        costs=Costs(holding=given["holding"] / slices, order=given["order"], shortage=given["shortage"] / slices),
        lost_sales=False,
        replications=100,
        warm_up=10 * slices,
    )
    cost, error = per_period([found])
    assert error[0] / cost[0] < 0.01
    # a slice adds half of itself to the wait for an order
    assert abs(cost[0] * slices - given["cost"]) < 4 * error[0] * slices + 0.01 * given["cost"]
