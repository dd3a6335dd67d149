"""Expected cost of an order quantity."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.replenish.joint.curve import implied_curve
from tests.core.replenish.joint.small_lines import Lines, poisson
from tests.reference.slow_joint_orders import shortage_and_early_cost


def test_cost_agrees_with_sums_over_all_demands() -> None:
    lines = Lines([6.0], position=4.0, lot=5.0)
    chances = stats.poisson.pmf(np.arange(60), 6.0)
    curve = lines.curve
    for quantity in (0.0, 3.0, 12.0, 20.0):
        slow = shortage_and_early_cost(
            chances,
            4.0 + quantity,
            aim=float(curve.aim[0]),
            lot=5.0,
            shortage_cost=float(curve.shortage_cost[0]),
            holding_cost=float(curve.holding_cost[0]),
            early_cost=float(curve.early_cost[0]),
        )
        fast = curve.cost(np.array([quantity]))[0] - (curve.line_cost[0] if quantity else 0.0)
        assert fast == pytest.approx(slow, rel=1e-6)


@pytest.mark.parametrize("lot", [0.0, 4.0, 25.0])
@pytest.mark.parametrize("position", [-3.0, 0.0, 5.0, 9.0, 12.0, 15.0, 40.0])
@pytest.mark.parametrize("pack", [1.0, 7.0])
def test_what_the_policy_orders_costs_least(lot: float, position: float, pack: float) -> None:
    lines = Lines([8.0], position=position, lot=lot, pack=pack)
    cost = [lines.curve.cost(np.array([q]))[0] for q in np.arange(0, 120) * pack]
    at_wanted = lines.curve.cost(lines.wanted)[0]
    assert at_wanted <= min(cost) + 1e-9


def test_slope_is_a_subgradient_everywhere() -> None:
    lines = Lines([8.0], position=2.0, lot=6.0)
    quantities = np.arange(1.0, 60.0)
    cost = np.array([lines.curve.cost(np.array([q]))[0] for q in quantities])
    for at, q in enumerate(quantities):
        slope = lines.curve.slope(np.array([q]))[0]
        assert (cost >= cost[at] + slope * (quantities - q) - 1e-9).all()


def test_shortage_price_makes_the_reorder_point_the_best_one() -> None:
    # Nahmias & Olsen (2015), Production and Operations Analysis, 7th ed., example 5.4: lead-time demand N(100, 25), Q = 110.774, R = 142.568,
    # h = 2, lambda = 200, p = 25
    grid = np.linspace(0, 250, 4001)[None, :]
    cdf = stats.norm.cdf(grid, 100, 25)
    cdf[:, 0], cdf[:, -1] = 0.0, 1.0
    from invopt_xl.core.forecast.distribution import DemandDistribution

    curve = implied_curve(
        DemandDistribution(grid, cdf, np.array([False])),
        position=np.zeros(1),
        wanted=np.zeros(1),
        reorder_point=np.array([142.568]),
        order_up_to=np.array([142.568 + 110.774]),
        cycle_units=np.array([110.774]),
        demand_per_period=np.array([200.0]),
        holding_cost=np.array([2.0]),
    )
    assert curve.shortage_cost[0] == pytest.approx(25.0, rel=1e-3)


def test_without_uncertainty_an_order_line_costs_what_the_economic_lot_assumes() -> None:
    # K = h Q^2 / (2 d): Snyder & Shen (2019), example 3.1: K = 8, h = .225, d = 1300, Q = 304.0467800264
    from invopt_xl.core.forecast.distribution import DemandDistribution

    sure = DemandDistribution(np.array([[0.0, 1e-9]]), np.array([[0.0, 1.0]]), np.array([False]))
    lot = 304.0467800264
    curve = implied_curve(
        sure,
        position=np.zeros(1),
        wanted=np.array([lot]),
        reorder_point=np.zeros(1),
        order_up_to=np.array([lot]),
        cycle_units=np.array([lot]),
        demand_per_period=np.array([1300.0]),
        holding_cost=np.array([0.225]),
    )
    assert curve.line_cost[0] == pytest.approx(8.0, rel=1e-6)


def test_higher_target_makes_a_shortage_dearer() -> None:
    low, high = Lines([8.0], target=0.9), Lines([8.0], target=0.98)
    assert high.curve.shortage_cost[0] > low.curve.shortage_cost[0]


def test_demand_beyond_a_level_below_zero_is_certain() -> None:
    lines = Lines([8.0], position=-5.0)
    assert lines.curve.slope(np.array([2.0]))[0] < 0
    assert poisson([8.0]).loss(np.array([-3.0]))[0] == pytest.approx(11.0)
