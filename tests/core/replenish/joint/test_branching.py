"""Branching on supplier orders, without the exact program behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from invopt_xl.core.replenish.joint import branching, master
from invopt_xl.core.replenish.joint.pricing import Placing, Pricing, any_placing
from invopt_xl.core.replenish.joint.problem import JointProblem
from invopt_xl.core.replenish.joint.shared_rows import SharedRows
from tests.core.replenish.joint.small_lines import Lines, budget, storage
from tests.core.replenish.joint.test_joint import random_problem
from tests.core.replenish.joint.test_kernels import one_order, priced
from tests.reference.slow_joint_orders import best_by_trying_all, keeps_limits, order_number


@pytest.fixture
def no_exact_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the whole program away, so that small problems are solved as large ones are."""
    monkeypatch.setattr(master, "_SMALL", 0)


def gap(found: master.Solved) -> float:
    return (found.cost - found.bound) / abs(found.cost)


@pytest.mark.usefixtures("no_exact_program")
def test_an_order_whose_minimum_the_budget_cannot_pay_is_proven_to_be_left_out() -> None:
    rng = np.random.default_rng(1)
    lines = Lines(rng.uniform(2, 20, 60), unit_cost=rng.uniform(1, 20, 60))
    value = float(lines.wanted @ lines.unit_cost)
    problem = lines.problem(shared=(budget(0.8 * value, 60),), min_value=0.9 * value)
    halfway = master.solve(problem, branching=False)
    found = master.solve(problem)
    assert problem.candidates.at(found.chosen)[0].sum() == 0.0
    # prices alone let the order be placed by 8/9
    assert gap(halfway) > 0.3
    assert gap(found) <= 0.002


@pytest.mark.usefixtures("no_exact_program")
def test_which_of_two_large_orders_is_placed_is_settled() -> None:
    rng = np.random.default_rng(2)
    n = 80
    lines = Lines(rng.uniform(2, 20, n), unit_cost=rng.uniform(1, 20, n))
    value = float(lines.wanted @ lines.unit_cost)
    order = np.arange(n) % 2
    problem = lines.problem(order=order, shared=(budget(0.7 * value, n),), min_value=0.45 * value)
    found = master.solve(problem)
    quantity = problem.candidates.at(found.chosen)[0]
    assert {bool(quantity[order == g].sum() > 0) for g in (0, 1)} == {True, False}
    assert gap(found) <= 0.01


@pytest.mark.usefixtures("no_exact_program")
def test_whole_containers_that_do_not_fit_into_the_room_are_settled() -> None:
    rng = np.random.default_rng(3)
    n = 90
    lines = Lines(rng.uniform(2, 20, n))
    units = float(lines.wanted.sum())
    problem = lines.problem(order=np.arange(n) % 3, shared=(storage(0.72 * units, n),), container_volume=units / 6)
    assert gap(master.solve(problem)) <= 0.01


@pytest.mark.usefixtures("no_exact_program")
def test_many_units_in_little_room_are_found_although_two_terms_pull_apart() -> None:
    rng = np.random.default_rng(4)
    n = 80
    volume = rng.uniform(0.2, 3.0, n)
    lines = Lines(rng.uniform(2, 20, n), unit_cost=rng.uniform(1, 20, n))
    units = float(lines.wanted.sum())
    box = 0.85 * float(lines.wanted @ volume)
    problem = lines.problem(volume=volume, min_units=units, container_volume=box, shared=(storage(box, n),))
    found = master.solve(problem)
    quantity = problem.candidates.at(found.chosen)[0]
    assert quantity.sum() >= units
    assert quantity @ volume <= box
    assert gap(found) <= 0.01


@pytest.mark.usefixtures("no_exact_program")
@pytest.mark.parametrize("seed", range(14))
def test_bounds_hold_and_plans_keep_all_limits(seed: int) -> None:
    _, problem = random_problem(seed)
    best = best_by_trying_all(problem)
    found = master.solve(problem, gap=0.001)
    assert best is not None
    assert not problem.breaches(found.chosen)
    assert found.bound <= best[0] + 1e-7
    assert found.cost >= best[0] - 1e-7


@pytest.mark.usefixtures("no_exact_program")
def test_branching_finds_better_plans_and_better_bounds() -> None:
    """Of four lines the kernels miss exchanges, so not every plan is the best one; branching closes most of what prices leave open."""
    before, after = [], []
    for seed in range(14):
        _, problem = random_problem(seed)
        before.append(gap(master.solve(problem, gap=0.001, branching=False)))
        after.append(gap(master.solve(problem, gap=0.001)))
    assert np.mean(after) < 0.6 * np.mean(before)
    assert (np.array(after) <= np.array(before) + 1e-12).all()


def weightless(problem: JointProblem) -> JointProblem:
    """Return the problem with the first line's volume unknown."""
    volume = problem.volume.copy()
    volume[0] = 0.0
    return JointProblem(problem.candidates, problem.order, volume, problem.terms, problem.shared)


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize(("unknown", "fill"), [(False, 0.8), (True, 0.8), (False, 0.4)])
def test_bounds_of_an_order_hold_for_every_number_of_containers(seed: int, unknown: bool, fill: float) -> None:
    problem, spend, unit = one_order(seed)
    problem = problem.relaxed(terms=replace(problem.terms, container_fill=fill))
    problem = priced(weightless(problem) if unknown else problem, spend, unit)
    orders = Pricing(problem, SharedRows(problem))
    nothing = np.zeros(0)
    ranges = [(0.0, np.inf), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, np.inf)]
    if problem.terms.container_volume[0] > 0:
        ranges += [(2.0, 3.0), (0.0, 2.0), (3.0, np.inf)]
    for least, most in ranges:
        placing = Placing(np.array([least]), np.array([most]))
        chosen, cost, bound = orders.orders_at(nothing, placing)
        best = best_by_trying_all(problem, numbers=(least, most))
        if best is None:
            assert np.isinf(cost[0])
            continue
        assert bound[0] <= best[0] + 1e-7
        assert cost[0] >= best[0] - 1e-7
        if np.isfinite(cost[0]):
            quantity, _, paid = problem.candidates.at(chosen)
            assert keeps_limits(problem, list(quantity), list(paid))
            assert least <= order_number(problem, list(quantity), 0) <= most


def test_an_order_that_must_be_placed_pays_for_that_once() -> None:
    lines = Lines([6.0, 4.0], position=[60.0, 60.0], most=8.0)
    problem = lines.problem(order_cost=50.0)
    orders = Pricing(problem, SharedRows(problem))
    _, cost, bound = orders.orders_at(np.zeros(0), Placing(np.ones(1), np.ones(1)))
    best = best_by_trying_all(problem, numbers=(1.0, 1.0))
    assert best is not None
    # nothing is worth ordering, so the bound knows the cost of placing an order only
    assert best[0] - 2.0 <= bound[0] <= best[0] <= cost[0]


def test_both_halves_of_a_split_hold_every_number_once() -> None:
    low, high = any_placing(2).split(1, 2.0)
    numbers = np.arange(5.0)
    both = [each.allows(np.column_stack([numbers, numbers])) for each in (low, high)]
    assert (both[0] & both[1])[:, 0].all()
    assert both[0][:, 1].tolist() == [True, True, True, False, False]
    assert (both[0][:, 1] ^ both[1][:, 1]).all()


def test_no_more_halves_are_searched_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = branching._priced
    monkeypatch.setattr(branching, "_priced", lambda *a, **k: seen.append(1) or real(*a, **k))
    monkeypatch.setattr(master, "_SMALL", 0)
    monkeypatch.setattr(branching, "_MOST_HALVES", 4)
    monkeypatch.setattr(branching, "_MOST_LINES", 0)
    rng = np.random.default_rng(5)
    lines = Lines(rng.uniform(2, 20, 40))
    value = float(lines.wanted @ lines.unit_cost)
    problem = lines.problem(order=np.arange(40) % 20, shared=(budget(0.5 * value, 40),), min_value=0.049 * value)
    found = master.solve(problem, gap=1e-9)
    assert found.bound <= found.cost
    assert 1 < len(seen) <= 1 + 10
