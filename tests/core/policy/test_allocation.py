"""Service targets of items from one aggregate target or one budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from invopt_xl.core.forecast.distribution import DemandDistribution
from invopt_xl.core.policy.allocation import allocate_budget, allocate_target, limits_of
from invopt_xl.core.policy.marginal_units import next_units
from invopt_xl.core.policy.stock_to_service import ServiceCurves
from tests.reference.slow_allocation import (
    fill_rate,
    least_stock_by_trying_all,
    least_stock_in_parts,
    most_service_by_trying_all,
    one_unit_at_a_time,
    shortage,
    stock_cost,
)

TOP = 60


def items(seed: int, n: int, *, most_mean: float = 12.0) -> tuple[ServiceCurves, np.ndarray]:
    """Return curves of n items with negative binomial demand, and the chances of 0..TOP."""
    rng = np.random.default_rng(seed)
    mean, extra = rng.uniform(0.5, most_mean, n), rng.uniform(0.3, 4.0, n)
    r = mean / extra
    grid = np.tile(np.arange(TOP + 1.0), (n, 1))
    cdf = stats.nbinom.cdf(grid, r[:, None], (r / (r + mean))[:, None])
    cdf[:, -1] = 1.0
    demand = DemandDistribution(grid, cdf, np.ones(n, dtype=bool))
    chances = np.diff(np.concatenate([np.zeros((n, 1)), cdf], axis=1), axis=1)
    curves = ServiceCurves(
        demand, cycle_units=mean * rng.uniform(0.3, 2, n), weight=mean, unit_cost=np.exp(rng.normal(1, 1, n))
    )
    return curves, chances


def test_curves_agree_with_sums_over_all_demands() -> None:
    curves, chances = items(1, 4)
    for level in (0, 3, 11):
        levels = np.full(4, float(level))
        slow = [fill_rate(chances[i], level, curves.cycle_units[i]) for i in range(4)]
        np.testing.assert_allclose(curves.fill(levels), slow, atol=1e-12)
        cost = [stock_cost(chances[i], level, curves.cycle_units[i], curves.unit_cost[i]) for i in range(4)]
        np.testing.assert_allclose(curves.stock(levels), cost, rtol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_bisection_finds_what_marginal_analysis_finds_unit_by_unit(seed: int) -> None:
    curves, chances = items(seed, 12)
    limits = limits_of(curves, least=0.3, most=0.999)
    found = allocate_target(curves, 0.93, limits=limits)
    slow = one_unit_at_a_time(
        list(chances),
        curves.cycle_units,
        curves.weight,
        curves.unit_cost,
        target=0.93,
        low=limits.low.astype(int).tolist(),
        high=limits.high.astype(int).tolist(),
    )
    np.testing.assert_array_equal(found.level, slow)


@pytest.mark.parametrize("seed", range(6))
def test_no_combination_of_levels_beats_the_bound_or_the_allocation_by_more_than_one_unit(seed: int) -> None:
    curves, chances = items(seed, 3, most_mean=4.0)
    limits = limits_of(curves, most=0.99)
    found = allocate_target(curves, 0.9, limits=limits)
    best = least_stock_by_trying_all(
        list(chances),
        curves.cycle_units,
        curves.weight,
        curves.unit_cost,
        target=0.9,
        low=limits.low.astype(int).tolist(),
        high=limits.high.astype(int).tolist(),
    )
    assert found.service[0] >= 0.9 - 1e-9
    assert found.bound[0] <= best + 1e-9
    assert best - 1e-9 <= found.stock[0] <= best + curves.unit_cost.max()


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_the_optimum_where_the_last_unit_may_be_split(seed: int) -> None:
    curves, chances = items(seed, 12)
    limits = limits_of(curves, least=0.3, most=0.999)
    slow = least_stock_in_parts(
        list(chances),
        curves.cycle_units,
        curves.weight,
        curves.unit_cost,
        target=0.93,
        low=limits.low.astype(int).tolist(),
        high=limits.high.astype(int).tolist(),
    )
    assert allocate_target(curves, 0.93, limits=limits).bound[0] == pytest.approx(slow, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_no_combination_within_a_budget_beats_the_bound_or_the_allocation_by_more_than_one_unit(
    seed: int, share: float
) -> None:
    curves, chances = items(seed, 3, most_mean=4.0)
    limits = limits_of(curves, most=0.99)
    ends = [float(curves.stock(level).sum()) for level in (limits.low, limits.high)]
    budget = ends[0] + share * (ends[1] - ends[0])
    found = allocate_budget(curves, budget, limits=limits)
    best = most_service_by_trying_all(
        list(chances),
        curves.cycle_units,
        curves.weight,
        curves.unit_cost,
        budget=budget,
        low=limits.low.astype(int).tolist(),
        high=limits.high.astype(int).tolist(),
    )
    one_unit = float((curves.weight / curves.cycle_units).max() / curves.weight.sum())
    assert found.stock[0] <= budget
    assert best - one_unit <= found.service[0] <= best + 1e-12
    assert best - 1e-12 <= found.bound[0] <= best + one_unit
    # what is left over does not pay for a unit of the dearest item
    assert budget - found.stock[0] <= curves.unit_cost.max()


def test_a_budget_is_spent_to_the_last_steps_that_it_pays_in_each_segment() -> None:
    twins, _ = items(13, 1)
    curves = ServiceCurves(
        twins.demand.take(np.zeros(40, dtype=np.int64)),
        *(np.repeat(each, 40) for each in (twins.cycle_units, twins.weight, twins.unit_cost)),
    )
    # equal items share one price, so the steps at it are all that a budget decides on
    segment = np.arange(40) % 2
    limits = limits_of(curves, least=0.5, most=0.99)
    one = float(curves.stock(limits.low)[::2].sum())
    budgets = np.array([1.4, 1.8]) * one
    found = allocate_budget(curves, budgets, limits=limits, segment=segment)
    step = float(curves.unit_cost[0])
    assert (found.stock <= budgets).all()
    assert (found.stock > budgets - step).all()


def test_prices_of_segments_are_their_own() -> None:
    curves, _ = items(14, 30)
    segment = np.arange(30) % 2
    both = allocate_target(curves, np.array([0.8, 0.97]), limits=limits_of(curves), segment=segment)
    for part, target in enumerate((0.8, 0.97)):
        rows = np.flatnonzero(segment == part)
        own = ServiceCurves(
            curves.demand.take(rows), curves.cycle_units[rows], curves.weight[rows], curves.unit_cost[rows]
        )
        alone = allocate_target(own, target, limits=limits_of(own))
        assert both.stock[part] == pytest.approx(alone.stock[0])
        assert both.bound[part] == pytest.approx(alone.bound[0], rel=1e-9)
        # the same step may be reached from prices that differ by the last halving
        assert both.price[part] == pytest.approx(alone.price[0], rel=1e-6)


def test_a_lower_limit_above_the_upper_one_wins() -> None:
    curves, _ = items(15, 5)
    limits = limits_of(curves, least=0.95, most=0.5)
    np.testing.assert_array_equal(limits.low, limits.high)
    np.testing.assert_array_equal(limits.low, limits_of(curves, least=0.95).low)


def test_equal_items_are_served_equally() -> None:
    curves, _ = items(3, 1)
    twins = ServiceCurves(
        curves.demand.take(np.zeros(2, dtype=np.int64)),
        *(np.repeat(x, 2) for x in (curves.cycle_units, curves.weight, curves.unit_cost)),
    )
    found = allocate_target(twins, 0.95, limits=limits_of(twins))
    assert abs(found.level[0] - found.level[1]) <= 1.0


def test_cheap_items_are_served_better_than_dear_ones() -> None:
    curves, _ = items(3, 1)
    pair = ServiceCurves(
        curves.demand.take(np.zeros(2, dtype=np.int64)),
        np.repeat(curves.cycle_units, 2),
        np.repeat(curves.weight, 2),
        np.array([1.0, 50.0]),
    )
    found = allocate_target(pair, 0.9, limits=limits_of(pair))
    assert found.fill[0] > found.fill[1]


def test_allocation_needs_less_stock_than_equal_service() -> None:
    curves, _ = items(5, 300)
    equal = curves.level_of(np.full(300, 0.95))
    service = (curves.weight * curves.fill(equal)).sum() / curves.weight.sum()
    found = allocate_target(curves, service, limits=limits_of(curves))
    assert found.stock[0] < 0.9 * curves.stock(equal).sum()
    assert (found.stock - found.bound) / found.stock < 0.002


def test_segments_reach_their_own_targets() -> None:
    curves, _ = items(6, 200)
    segment = np.arange(200) % 3
    found = allocate_target(curves, np.array([0.85, 0.95, 0.99]), limits=limits_of(curves), segment=segment)
    assert found.reached.all()
    assert (found.service >= np.array([0.85, 0.95, 0.99]) - 1e-9).all()
    assert (found.service <= np.array([0.87, 0.96, 0.995])).all()
    alone = np.flatnonzero(segment == 1)
    part = ServiceCurves(
        curves.demand.take(alone), curves.cycle_units[alone], curves.weight[alone], curves.unit_cost[alone]
    )
    np.testing.assert_array_equal(allocate_target(part, 0.95, limits=limits_of(part)).level, found.level[alone])


def test_item_limits_are_respected() -> None:
    curves, _ = items(7, 50)
    limits = limits_of(curves, least=0.8, most=0.97)
    found = allocate_target(curves, 0.93, limits=limits)
    assert (found.fill >= 0.8 - 1e-9).all()
    assert (found.level <= limits.high).all()


def test_target_beyond_the_items_limits_is_told() -> None:
    curves, _ = items(7, 20)
    found = allocate_target(curves, 0.999, limits=limits_of(curves, most=0.9))
    assert not found.reached[0]
    assert found.service[0] < 0.999
    assert np.isnan(found.bound[0])


def test_budget_buys_the_service_whose_target_costs_it() -> None:
    curves, _ = items(8, 200)
    limits = limits_of(curves)
    target = allocate_target(curves, 0.95, limits=limits)
    bought = allocate_budget(curves, target.stock[0] * (1 + 1e-6), limits=limits)
    assert bought.service[0] == pytest.approx(target.service[0], abs=1e-3)
    assert bought.stock[0] <= target.stock[0] * (1 + 1e-6)
    assert bought.service[0] <= bought.bound[0] + 1e-12
    assert bought.bound[0] - bought.service[0] < 0.002


def test_budget_below_the_least_stock_is_told() -> None:
    curves, _ = items(8, 20)
    limits = limits_of(curves, least=0.8)
    found = allocate_budget(curves, 1.0, limits=limits)
    assert not found.reached[0]
    np.testing.assert_array_equal(found.level, limits.low)


def test_budget_without_end_gives_every_item_its_highest_service() -> None:
    curves, _ = items(8, 20)
    limits = limits_of(curves, most=0.99)
    found = allocate_budget(curves, 1e12, limits=limits)
    np.testing.assert_array_equal(found.level, limits.high)
    assert found.reached[0]
    assert found.bound[0] == pytest.approx(found.service[0], rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), low=st.floats(0.5, 0.95), more=st.floats(0.0, 0.04))
def test_a_higher_target_never_needs_less_stock(seed: int, low: float, more: float) -> None:
    curves, _ = items(seed, 15)
    limits = limits_of(curves)
    first, second = (allocate_target(curves, t, limits=limits) for t in (low, low + more))
    assert second.stock[0] >= first.stock[0] - 1e-9
    assert (second.level >= first.level - 1e-9).all()
    assert first.bound[0] <= first.stock[0] + 1e-9


def test_price_is_what_a_point_of_service_costs() -> None:
    curves, _ = items(9, 3000)
    limits = limits_of(curves)
    low, high = (allocate_target(curves, t, limits=limits) for t in (0.95, 0.951))
    assert (high.stock[0] - low.stock[0]) / 0.001 == pytest.approx(low.price[0], rel=0.05)


def test_continuous_demand_meets_the_target_exactly() -> None:
    rng = np.random.default_rng(4)
    grid = np.linspace(0, 1, 81)[None, :] * rng.uniform(10, 50, 30)[:, None]
    cdf = stats.beta.cdf(np.linspace(0, 1, 81), 2, 5)[None, :].repeat(30, axis=0)
    curves = ServiceCurves(
        DemandDistribution(grid, cdf, np.zeros(30, dtype=bool)),
        cycle_units=grid[:, -1] / 4,
        weight=grid[:, -1],
        unit_cost=rng.uniform(1, 9, 30),
    )
    found = allocate_target(curves, 0.92, limits=limits_of(curves))
    assert found.service[0] == pytest.approx(0.92, abs=1e-6)
    assert found.stock[0] == pytest.approx(found.bound[0], rel=1e-6)


def test_next_money_buys_the_units_that_gain_most() -> None:
    curves, chances = items(10, 6)
    level = np.zeros(6)
    found = next_units(curves, level, money=60.0)
    assert found["money"].sum() <= 60.0
    assert (np.diff(found["service_per_money"]) <= 1e-12).all()
    bought = np.bincount(found["item"], weights=found["units"], minlength=6).astype(int)
    slow = 0.0
    for i in range(6):
        gained = shortage(chances[i], 0) - shortage(chances[i], bought[i])
        slow += curves.weight[i] / curves.cycle_units[i] * gained
    assert found["service_gained"].sum() == pytest.approx(slow)


def test_marginal_units_agree_with_buying_one_at_a_time() -> None:
    curves, chances = items(11, 5)
    found = next_units(curves, np.zeros(5), money=40.0)
    bought = np.bincount(found["item"], weights=found["units"], minlength=5).astype(int)
    level, spent = [0] * 5, 0.0
    while True:
        gains = [
            curves.weight[i] / curves.cycle_units[i] * sum(chances[i][level[i] + 1 :]) / curves.unit_cost[i]
            for i in range(5)
        ]
        best = int(np.argmax(gains))
        if spent + curves.unit_cost[best] > 40.0:
            break
        spent += curves.unit_cost[best]
        level[best] += 1
    # blocks of several units of one item may change places with single units at the very end
    assert np.abs(bought - np.array(level)).max() <= 1


def test_packs_are_bought_whole() -> None:
    curves, _ = items(12, 8)
    found = next_units(curves, np.zeros(8), money=500.0, step=4.0)
    assert (found["units"] % 4 == 0).all()


def test_nothing_is_bought_without_money_or_demand() -> None:
    curves, _ = items(12, 3)
    assert next_units(curves, np.zeros(3), money=0.0).empty
    idle = ServiceCurves(curves.demand, curves.cycle_units, np.zeros(3), curves.unit_cost)
    assert next_units(idle, np.zeros(3), money=100.0).empty
