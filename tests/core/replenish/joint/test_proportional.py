"""The common rule that joint orders are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.replenish.joint.joint import plan_jointly
from invopt_xl.core.replenish.joint.proportional import fill_proportionally
from tests.core.replenish.joint.small_lines import Lines, budget


def test_budget_scales_all_lines_alike() -> None:
    lines = Lines([40.0, 40.0, 40.0])
    spend = float(lines.wanted @ lines.unit_cost)
    problem = lines.problem(shared=(budget(0.6 * spend, 3),))
    quantity = problem.candidates.at(fill_proportionally(problem))[0]
    assert (np.abs(quantity - 0.6 * lines.wanted) <= 1.0).all()


def test_order_below_its_minimum_is_scaled_up() -> None:
    lines = Lines([40.0, 20.0])
    spend = float(lines.wanted @ lines.unit_cost)
    problem = lines.problem(min_value=1.2 * spend)
    quantity, _, paid = problem.candidates.at(fill_proportionally(problem))
    assert paid.sum() >= 1.2 * spend
    assert (np.abs(quantity - 1.2 * lines.wanted) <= 2.0).all()


@pytest.mark.parametrize("seed", range(6))
def test_joint_orders_are_never_dearer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = Lines(rng.uniform(2, 20, 25), unit_cost=rng.uniform(1, 20, 25), pack=rng.integers(1, 4, 25))
    spend = float(lines.wanted @ lines.unit_cost)
    problem = lines.problem(
        order=np.arange(25) % 3, shared=(budget(0.7 * spend, 25),), min_value=spend / 8, container_volume=60.0
    )
    common = fill_proportionally(problem)
    assert not problem.breaches(common)
    found = plan_jointly(problem, wanted=lines.wanted)
    assert found.total_cost <= problem.cost(common) + 1e-9
