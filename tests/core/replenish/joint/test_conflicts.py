"""Limits that cannot all be kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from invopt_xl.core.replenish.joint.conflicts import resolve_conflicts
from invopt_xl.core.replenish.joint.joint import plan_jointly
from tests.core.replenish.joint.small_lines import Lines, budget, storage
from tests.reference.slow_joint_orders import best_by_trying_all, keeps_limits


def test_nothing_that_must_be_ordered_means_no_conflict() -> None:
    lines = Lines([8.0, 3.0])
    problem = lines.problem(shared=(budget(0.0, 2),), min_value=1e6)
    assert resolve_conflicts(problem).limits == ()


def test_budget_below_what_must_be_ordered_is_named_with_it() -> None:
    lines = Lines([8.0, 3.0, 4.0], least=[5.0, 0.0, 4.0], unit_cost=10.0)
    problem = lines.problem(shared=(budget(60.0, 3), storage(100.0, 3)))
    found = resolve_conflicts(problem, line_names=("sku A", "sku B", "sku C"))
    assert set(found.limits) == {
        "sku A: at least 5 must be ordered",
        "sku C: at least 4 must be ordered",
        "budget of 60",
    }
    assert found.given_way == ("budget raised from 60 to 90",)


def test_relaxed_plan_orders_what_must_be_ordered() -> None:
    lines = Lines([8.0, 3.0, 4.0], least=[5.0, 0.0, 4.0], unit_cost=10.0)
    problem = lines.problem(shared=(budget(60.0, 3),))
    found = plan_jointly(problem, wanted=lines.wanted)
    assert (found.quantity >= [5.0, 0.0, 4.0]).all()
    assert found.spend.sum() <= 90.0 + 1e-3
    assert found.conflict


def test_minimum_value_and_storage_conflict_when_an_order_must_be_placed() -> None:
    lines = Lines([8.0, 3.0], least=[1.0, 0.0], unit_cost=1.0, most=30.0)
    problem = lines.problem(shared=(storage(10.0, 2), budget(1e6, 2)), min_value=40.0)
    found = resolve_conflicts(problem, line_names=("sku A", "sku B"))
    assert set(found.limits) == {
        "sku A: at least 1 must be ordered",
        "supplier A: minimum order value of 40",
        "storage at MAIN of 10",
    }


def test_container_that_cannot_be_filled_is_named() -> None:
    lines = Lines([8.0, 3.0], least=[1.0, 0.0], most=30.0)
    problem = lines.problem(container_volume=100.0)
    found = resolve_conflicts(problem, line_names=("sku A", "sku B"))
    assert any("containers of 100 m3" in text for text in found.limits)
    assert plan_jointly(problem, wanted=lines.wanted).quantity[0] >= 1.0


@pytest.mark.parametrize("seed", range(12))
def test_conflicts_are_found_exactly_where_no_plan_exists_and_are_smallest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = Lines(
        rng.uniform(2, 6, 3),
        least=rng.integers(0, 6, 3).astype(float),
        unit_cost=rng.uniform(2, 9, 3),
        pack=rng.choice([2.0, 3.0], 3),
        most=14.0,
    )
    problem = lines.problem(
        order=[0, 0, 1],
        shared=(budget(rng.uniform(30, 120), 3), storage(rng.uniform(4, 25), 3)),
        min_value=rng.uniform(0, 60, 2),
        max_units=rng.uniform(4, 20, 2),
    )
    found = resolve_conflicts(problem)
    assert bool(found.limits) == (best_by_trying_all(problem) is None)
    assert best_by_trying_all(found.problem) is not None
    planned = plan_jointly(problem, wanted=lines.wanted)
    assert keeps_limits(found.problem, list(planned.quantity), list(planned.spend))


def test_leaving_out_any_limit_of_the_set_resolves_it() -> None:
    lines = Lines([8.0, 3.0, 4.0], least=[5.0, 1.0, 4.0], unit_cost=10.0)
    tight, open_ = (50.0, 6.0), (np.inf, np.inf)
    problem = lines.problem(shared=(budget(tight[0], 3), storage(tight[1], 3)))
    named = resolve_conflicts(problem).limits
    shared_named = [name.split(":")[0] for name in named if not name.startswith("line")]
    assert len(shared_named) == 1
    for combination in itertools.product([0, 1], repeat=2):
        limits = [tight[k] if on else open_[k] for k, on in enumerate(combination)]
        kept = best_by_trying_all(lines.problem(shared=(budget(limits[0], 3), storage(limits[1], 3)))) is not None
        assert kept == (combination == (0, 0))


def test_many_lines_that_must_be_ordered_are_named_together() -> None:
    rng = np.random.default_rng(3)
    n = 120
    lines = Lines(rng.uniform(4, 12, n), least=np.where(np.arange(n) % 2 == 0, 3.0, 0.0), unit_cost=10.0)
    order = np.arange(n) // 4
    problem = lines.problem(order=order, shared=(budget(1000.0, n),), min_value=40.0, max_units=200.0)
    found = resolve_conflicts(problem)
    assert found.limits == ("60 lines of 30 orders must be ordered", "budget of 1,000")
    plan = plan_jointly(problem, wanted=lines.wanted)
    assert (plan.quantity >= lines.least).all()
    assert keeps_limits(found.problem, list(plan.quantity), list(plan.spend))
    assert plan.spend.sum() >= 1800.0
