"""What limits cost, against the optimum with and without each of them, found by trying all combinations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.replenish.joint import without
from invopt_xl.core.replenish.joint.joint import plan_jointly
from invopt_xl.core.replenish.joint.problem import JointProblem
from tests.core.replenish.joint.small_lines import Lines, budget, storage
from tests.core.replenish.joint.test_joint import random_problem
from tests.reference.slow_joint_orders import best_by_trying_all


def limits(lines: Lines, problem: JointProblem) -> pd.DataFrame:
    """Return the table of limits that cost something."""
    return plan_jointly(problem, wanted=lines.wanted).limits


def optimum(problem: JointProblem) -> float:
    """Return the lowest cost of all combinations."""
    found = best_by_trying_all(problem)
    assert found is not None
    return found[0]


def lifted(problem: JointProblem, column: str, g: int) -> JointProblem:
    """Return the problem without one term of order g."""
    value = getattr(problem.terms, column).copy()
    value[g] = np.inf if column == "max_units" else 0.0
    return problem.relaxed(terms=replace(problem.terms, **{column: value}))


def raised(problem: JointProblem, s: int, by: float) -> JointProblem:
    """Return the problem with one shared limit raised."""
    shared = list(problem.shared)
    shared[s] = replace(shared[s], most=shared[s].most + by)
    return problem.relaxed(shared=tuple(shared))


def test_a_minimum_that_the_order_exceeds_anyway_costs_nothing() -> None:
    # one pack is worth 1,275: the supplier's minimum of 600 changes nothing
    lines = Lines([45.0], pack=51.0, unit_cost=25.0)
    found = plan_jointly(lines.problem(min_value=600.0), wanted=lines.wanted)
    assert found.spend[0] > 600.0
    assert found.limits.empty


def test_a_minimum_that_raises_the_order_far_beyond_it_says_by_how_much_and_what_for() -> None:
    # only full packs of 51: 540 is one pack of 12 less than asked, so a whole pack of the other item is added
    lines = Lines([40.0, 8.0], pack=[51.0, 12.0], unit_cost=[25.0, 45.0], position=[60.0, 0.0], most=[102.0, 12.0])
    problem = lines.problem(min_value=600.0)
    found = plan_jointly(problem, wanted=lines.wanted)
    assert found.spend.sum() in (540.0 + 1275.0, 1275.0, 0.0)
    saving = optimum(problem) - optimum(lines.problem())
    assert saving > 0
    row = found.limits.iloc[0]
    used = f"{found.spend.sum():,.0f}"
    wording = f"raises the order from 540 to {used}; without it the plan" if found.spend.sum() else "nothing is ordered"
    assert wording in row["sentence"]
    assert f"would cost about {saving:,.2f} less" in row["sentence"] or f"about {saving:,.0f} less" in row["sentence"]
    assert row["saving_per_unit"] == pytest.approx(saving / (600.0 - 540.0))


def test_an_order_left_out_because_of_its_minimum_is_told() -> None:
    lines = Lines([6.0], unit_cost=10.0, most=12.0)
    problem = lines.problem(min_value=5000.0)
    row = limits(lines, problem).iloc[0]
    value = lines.wanted[0] * 10
    saving = optimum(problem) - optimum(lines.problem())
    assert row["used"] == 0.0
    assert row["sentence"] == (
        f"supplier A: nothing is ordered because of the minimum order value of 5,000; without it {value:,.0f} would be ordered "
        f"and the plan would cost about {saving:,.2f} less."
    )


def test_capacity_is_told_with_what_would_be_ordered_without_it() -> None:
    lines = Lines([20.0, 9.0])
    units = float(lines.wanted.sum())
    problem = lines.problem(max_units=units - 7.0, most_candidates=24)
    row = limits(lines, problem).iloc[0]
    assert (row["kind"], row["allowed"], row["used"]) == ("supplier capacity", units - 7.0, units - 7.0)
    assert (
        f"the capacity of {units - 7:.0f} units cuts the order from {units:.0f} units to {units - 7:.0f} units"
        in row["sentence"]
    )
    assert row["saving_per_unit"] == pytest.approx(
        (optimum(problem) - optimum(lines.problem(most_candidates=24))) / 7.0
    )


def test_containers_are_told_with_the_room_they_ask_for() -> None:
    lines = Lines([12.0, 9.0], pack=2.0)
    volume = float(lines.wanted.sum())
    problem = lines.problem(container_volume=0.8 * volume)
    row = limits(lines, problem).iloc[0]
    free = optimum(lines.problem())
    assert row["kind"] == "full containers"
    assert row["allowed"] == pytest.approx(0.8 * volume * np.ceil(row["used"] / (0.8 * volume)))
    assert f"the order from {volume:.0f} m3 to {row['used']:.0f} m3" in row["sentence"]
    assert row["saving_per_unit"] * abs(row["used"] - volume) == pytest.approx(optimum(problem) - free, rel=1e-4)


def test_a_budget_is_told_by_a_step_that_a_planner_would_take() -> None:
    lines = Lines([14.0, 9.0], unit_cost=[3.0, 10.0])
    value = float(lines.wanted @ lines.unit_cost)
    problem = lines.problem(shared=(budget(0.6 * value, 2),), most_candidates=40)
    step = without.step_of(0.6 * value, "spend")
    gained = optimum(problem) - optimum(raised(problem, 0, step))
    row = limits(lines, problem).iloc[0]
    assert row["saving_per_unit"] == pytest.approx(gained / step)
    assert row["sentence"].startswith(f"{step:,.0f} more budget would save about ")
    assert (
        f"would cost about {optimum(problem) - optimum(lines.problem(most_candidates=40)):,.2f} less" in row["sentence"]
    )


def test_terms_that_cost_only_together_are_named_together() -> None:
    # either minimum alone asks for the same
    lines = Lines([8.0], unit_cost=10.0, most=40.0)
    wanted = float(lines.wanted[0])
    problem = lines.problem(min_value=10 * (wanted + 5), min_units=wanted + 5)
    row = limits(lines, problem).iloc[0]
    assert row["kind"] == "supplier terms together"
    assert "together raise the order" in row["sentence"]
    assert row["saving_per_unit"] * 50 == pytest.approx(optimum(problem) - optimum(lines.problem()), rel=1e-4)


@pytest.mark.parametrize("seed", range(16))
def test_savings_are_the_differences_of_the_optimum(seed: int) -> None:
    lines, problem = random_problem(seed)
    found = plan_jointly(problem, wanted=lines.wanted)
    best = optimum(problem)
    assert found.total_cost == pytest.approx(best, rel=1e-6)
    rows = {(row.kind, row.limit, row.measure): row for row in found.limits.itertuples()}
    columns = {
        "min_value": ("supplier minimum", "spend"),
        "min_units": ("supplier minimum", "units"),
        "max_units": ("supplier capacity", "units"),
        "container_volume": ("full containers", "volume"),
    }
    for column, (kind, measure) in columns.items():
        for g, name in enumerate(problem.terms.name):
            saving = best - optimum(lifted(problem, column, g))
            row = rows.pop((kind, name, measure), None)
            if row is None:
                assert saving <= 2e-4 * best
            else:
                assert f"{saving:,.0f} less" in row.sentence or f"{saving:,.2f} less" in row.sentence
    for s, limit in enumerate(problem.shared):
        saving = best - optimum(raised(problem, s, np.inf))
        row = rows.pop((limit.name, limit.label[0], limit.measure), None)
        if row is None:
            assert saving <= 2e-4 * best
        else:
            step = without.step_of(float(limit.most[0]), limit.measure)
            assert row.saving_per_unit * step == pytest.approx(
                best - optimum(raised(problem, s, step)), abs=2e-4 * best
            )
    assert all(kind == "supplier terms together" for kind, _, _ in rows)


@pytest.mark.parametrize("seed", range(10))
def test_terms_of_orders_that_share_nothing_cost_the_same_order_by_order(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, problem = random_problem(seed)
    alone = problem.relaxed(shared=())
    exact = limits(lines, alone)
    monkeypatch.setattr(without, "_FEW", -1)
    by_order = limits(lines, alone)
    assert sorted(by_order["sentence"]) == sorted(exact["sentence"])
    each, slow = (np.sort(frame["saving_per_unit"].astype(float)) for frame in (by_order, exact))
    np.testing.assert_allclose(each, slow, rtol=1e-3, atol=1e-9)


def test_the_only_term_of_a_large_problem_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines([8.0], unit_cost=10.0, most=40.0)
    problem = lines.problem(min_value=10 * (float(lines.wanted[0]) + 5))
    monkeypatch.setattr(without, "_FEW", -1)
    assert limits(lines, problem)["kind"].tolist() == ["supplier minimum"]


def test_prices_of_large_problems_are_the_differences_of_plans() -> None:
    rng = np.random.default_rng(3)
    n = 240
    lines = Lines(rng.uniform(1, 30, n), unit_cost=rng.uniform(1, 20, n))
    value, units = float(lines.wanted @ lines.unit_cost), float(lines.wanted.sum())
    limit = (budget(0.7 * value, n), storage(2 * units, n))
    order = np.arange(n) % 3
    problem = lines.problem(order=order, shared=limit, min_value=0.1 * value)
    found = plan_jointly(problem, wanted=lines.wanted)
    assert found.limits["kind"].tolist().count("budget") == 1
    assert "storage" not in set(found.limits["kind"])
    row = found.limits[found.limits["kind"] == "budget"].iloc[0]
    step = without.step_of(0.7 * value, "spend")
    more = plan_jointly(raised(problem, 0, step), wanted=lines.wanted)
    # the price falls along the step
    saved = found.total_cost - more.total_cost
    assert 0.8 * row["saving_per_unit"] * step <= saved <= 1.01 * row["saving_per_unit"] * step
    assert "without this limit the plan would cost at most" in row["sentence"]


def test_the_whole_plan_without_limits_has_no_row() -> None:
    lines = Lines([8.0, 3.0])
    assert limits(lines, lines.problem()).empty
    assert limits(lines, lines.problem(shared=(budget(1e6, 2),), min_value=1.0, max_units=1e6)).empty
