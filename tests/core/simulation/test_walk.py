"""The compiled walk against the obvious one, over random mixtures of all options."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from invopt_xl.core.forecast.mixture import mixture
from invopt_xl.core.simulate import simulate
from invopt_xl.core.simulation.rule import OrderRule
from invopt_xl.core.simulation.supply import StartingStock, Supply
from invopt_xl.core.simulation.walk import drawn
from tests.reference.slow_simulate import Case, simulate_slowly, simulate_team_slowly

PERIODS, REPLICATIONS = 23, 2


def random_case(rng: np.random.Generator, *, steps: int, whole: bool, by_quantity: bool, warm_up: int) -> Case:
    """Return one series under a random mixture of options, most of them switched off half of the time."""

    def sometimes(value: float, otherwise: float) -> float:
        return value if rng.random() < 0.5 else otherwise

    rate = rng.choice([0.3, 2.0, 12.0])
    demand = rng.poisson(rate, PERIODS).astype(float) if whole else rng.gamma(0.7, rate, PERIODS)
    level = rng.uniform(0, 6 * rate + 2)
    s = level * rng.uniform(0.7, 1.3, PERIODS) if rng.random() < 0.5 else np.full(PERIODS, level)
    beyond = sometimes(0.0, rng.uniform(0, 5 * rate))
    if whole:
        s, beyond = np.floor(s), np.floor(beyond)
    nodes = int(rng.integers(1, 6))
    lead = np.sort(rng.uniform(0, 5, nodes))
    if rng.random() < 0.5:
        lead = np.rint(lead)
    return Case(
        demand=demand.tolist(),
        s=s.tolist(),
        up_to=None if by_quantity else (s + beyond).tolist(),
        quantity=float(rng.integers(1, 9)) if by_quantity else None,
        review=float(rng.choice([0, 1, 2, 3])),
        first_review=int(rng.integers(0, 3)),
        open_for_orders=(rng.random(PERIODS) < 0.7).tolist() if rng.random() < 0.5 else None,
        lead=lead.tolist(),
        crossover=bool(rng.random() < 0.5),
        hold=sometimes(float(rng.integers(1, 9)), 0.0),
        moq=sometimes(float(rng.integers(1, 12)), 0.0),
        pack=sometimes(float(rng.choice([1.0, 3.0, 0.5])), 0.0),
        capacity=sometimes(float(rng.integers(3, 30)), np.inf),
        max_stock=sometimes(float(np.ceil(level + beyond + rng.uniform(0, 10))), np.inf),
        life=sometimes(float(rng.integers(1, 6)), 0.0),
        lost=bool(rng.random() < 0.5),
        on_hand=sometimes(float(np.floor(rng.uniform(0, 8 * rate))), 0.0),
        backorders=sometimes(float(rng.integers(0, 4)), 0.0),
        open_orders=[(int(rng.integers(-1, 8)), float(rng.integers(1, 9))) for _ in range(rng.integers(0, 4))],
        steps=steps,
        warm_up=warm_up,
        seed=77,
    )


def together(cases: list[Case]) -> dict[str, Any]:
    """Return the arguments of `simulate` for cases with the same clock and kind of rule."""
    column = lambda name: np.array([getattr(case, name) for case in cases])  # noqa: E731
    nodes = np.lcm.reduce([len(case.lead) for case in cases])
    calendar = [case.open_for_orders or [True] * PERIODS for case in cases]
    lines = [(row, *line) for row, case in enumerate(cases) for line in case.open_orders]
    rng = np.random.default_rng(0)
    rng.shuffle(lines)
    levels = {"order_quantity": column("quantity")} if cases[0].up_to is None else {"order_up_to": column("up_to")}
    return {
        "demand": column("demand"),
        "rule": OrderRule(
            column("s"),
            review_periods=column("review"),
            first_review=column("first_review"),
            order_periods=np.array(calendar),
            **levels,
        ),
        "supply": Supply(
            np.array([np.repeat(case.lead, nodes // len(case.lead)) for case in cases]),
            crossover=column("crossover"),
            lead_hold_periods=column("hold"),
            moq=column("moq"),
            pack_size=column("pack"),
            capacity=column("capacity"),
            max_stock=column("max_stock"),
            shelf_life_periods=column("life"),
        ),
        "start": StartingStock(column("on_hand"), column("backorders"), *np.array(lines).reshape(-1, 3).T),
        "lost_sales": column("lost"),
        "steps_per_period": cases[0].steps,
        "warm_up": cases[0].warm_up,
        "seed": cases[0].seed,
        "replications": REPLICATIONS,
        "keep_paths": True,
    }


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("by_quantity", [True, False])
@pytest.mark.parametrize("warm_up", [0, 6])
def test_compiled_walk_is_the_obvious_one(steps: int, whole: bool, by_quantity: bool, warm_up: int) -> None:
    rng = np.random.default_rng([steps, whole, by_quantity, warm_up])
    cases = [random_case(rng, steps=steps, whole=whole, by_quantity=by_quantity, warm_up=warm_up) for _ in range(60)]
    given = together(cases)
    found = simulate(**given)
    # whole numbers add up without rounding; thirds, halves and gammas leave dust of the order of additions
    tolerance = {"rtol": 0, "atol": 0} if whole else {"rtol": 1e-9, "atol": 1e-8}
    column = {"occurrences": "stockouts", "short_periods": "stockout_periods"}
    averages = {"on_hand": "average_on_hand", "in_transit": "average_in_transit", "owed": "average_owed"}
    for i, case in enumerate(cases):
        expected = []
        for r in range(REPLICATIONS):
            nodes = given["supply"].lead_periods[i].tolist()
            sums, paths = simulate_slowly(dataclasses.replace(case, lead=nodes, key=i, replication=r))
            expected.append(sums)
            for name, values in paths.items():
                np.testing.assert_allclose(found.paths[name][i, r], values, err_msg=f"{name} of {case}", **tolerance)
        row = found.items.iloc[i]
        mean = {name: np.mean([each[name] for each in expected]) for name in expected[0]}
        counted = PERIODS - warm_up
        for name in ("demand", "served", "short", "orders", "ordered", "received", "wasted", *column):
            assert row[column.get(name, name)] == pytest.approx(mean[name], rel=1e-9, abs=1e-8), name
        for name, shown in averages.items():
            assert row[shown] == pytest.approx(mean[name] / counted, rel=1e-9, abs=1e-8)
        assert row["cycle_service"] == pytest.approx(1 - mean["short_cycles"] / mean["cycles"])
        if mean["demand"]:
            change = mean["changed"] / (counted - 1) / (mean["demand"] / counted)
            assert row["nervousness"] == pytest.approx(change, rel=1e-9)
            assert row["fill_rate"] == pytest.approx(mean["served"] / mean["demand"], rel=1e-9, abs=1e-12)


def test_drawn_demand_is_the_quantile_of_its_distribution() -> None:
    rng = np.random.default_rng(8)
    mean = rng.gamma(1.0, 6.0, (6, 4))
    whole = np.array([True, False] * 3)
    law = mixture(mean, mean * rng.uniform(0.8, 4, (6, 4)), whole=whole, no_demand=np.full((6, 4), 0.1))
    for u in (*rng.random(40), 0.0001, 0.9999):
        expected = law.quantile(u)
        found = [drawn(law.grid[i], law.cdf[i], bool(law.whole[i]), u) for i in range(6)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("by_quantity", [True, False])
def test_series_that_share_a_capacity_walk_as_the_obvious_ones_do(steps: int, whole: bool, by_quantity: bool) -> None:
    rng = np.random.default_rng([9, steps, whole, by_quantity])
    n, teams = 48, 9
    cases = [random_case(rng, steps=steps, whole=whole, by_quantity=by_quantity, warm_up=3) for _ in range(n)]
    team = rng.integers(-1, teams, n)
    rate = np.array([np.mean(case.demand) for case in cases])
    shares = rng.choice([0.0, 0.5, 0.9, 1.5, np.inf], teams)
    capacity = np.array([share * rate[team == g].sum() if share else 0.0 for g, share in enumerate(shares)])
    capacity = np.floor(capacity) if whole else capacity
    given = together(cases)
    given["supply"] = dataclasses.replace(given["supply"], team=team, team_capacity=capacity)
    found = simulate(**given)
    # shares are fractions, so there is dust of the order of additions
    tolerance = {"rtol": 1e-9, "atol": 1e-8}
    alone = [np.array([i]) for i in np.flatnonzero(team < 0)]
    together_ = [np.flatnonzero(team == g) for g in range(teams)]
    limits = [*capacity, *[np.inf] * len(alone)]
    for members, most in zip([*together_, *alone], limits, strict=True):
        for r in range(REPLICATIONS):
            group = [
                dataclasses.replace(cases[i], lead=given["supply"].lead_periods[i].tolist(), key=int(i), replication=r)
                for i in members
            ]
            expected = simulate_team_slowly(group, float(most)) if group else []
            for i, (_, paths) in zip(members, expected, strict=True):
                for name, values in paths.items():
                    np.testing.assert_allclose(found.paths[name][i, r], values, err_msg=name, **tolerance)
            ordered = found.paths["ordered"][members, r].sum(axis=0)
            assert (ordered <= most * (1 + 1e-9) + 1e-9).all()
