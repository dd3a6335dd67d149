"""Simulated cost: against plain loops, and cheapest with the true quantile."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from invopt_xl.core.forecast.decision_cost import decision_cost, stock_for
from invopt_xl.core.forecast.tried import LEVELS, HeldBack, Tried
from tests.reference.slow_accuracy import counts


def normal(name: str, held: HeldBack, mean: np.ndarray, sd: float) -> Tried:
    """Return normal quantiles around a mean per series."""
    total = np.broadcast_to(mean[:, None], held.actual.shape)
    return Tried(name, total, total[:, :, None] + sd * stats.norm.ppf(LEVELS))


def held_of(actual: np.ndarray) -> HeldBack:
    n = len(actual)
    return HeldBack(actual, np.ones(n), np.ones(n), np.ones(n, dtype=int))


@pytest.mark.parametrize("target", [0.3, 0.5, 0.8, 0.93, 0.95, 0.98, 0.995])
def test_stock_of_a_normal_forecast_is_its_exact_quantile(target: float) -> None:
    quantiles = 100 + 20 * stats.norm.ppf(LEVELS)[None, None, :]
    assert stock_for(quantiles, np.array([[target]])) == pytest.approx(100 + 20 * stats.norm.ppf(target))


def test_stock_is_never_negative() -> None:
    assert stock_for(np.array([[1.0, 30.0, 60.0, 80.0, 90.0]]), np.array([0.2]))[0] == 0.0


def test_costs_are_those_of_plain_loops_on_windows_where_both_ran() -> None:
    rng = np.random.default_rng(12)
    actual = rng.gamma(2.0, 20.0, (9, 5))
    actual[rng.random(actual.shape) < 0.2] = np.nan
    held = held_of(actual)
    methods = []
    for name in ("moving average", "chosen"):
        total = rng.gamma(2.0, 20.0, actual.shape)
        total[rng.random(actual.shape) < 0.2] = np.nan
        methods.append(Tried(name, total, total[:, :, None] + np.array([0.0, 9.0, 15.0, 20.0, 26.0])))
    target, unit_cost = rng.choice(LEVELS, 9), rng.gamma(2.0, 3.0, 9)
    segment = np.array(["AX", "BX", "CX"] * 3)
    table = decision_cost(methods, held, segment=segment, target=target, unit_cost=unit_cost)
    assert len(table) == 8
    for row in table.itertuples():
        both = [each for each in methods if each.name in (row.model, "moving average")]
        cells = [
            (i, k)
            for i in range(9)
            for k in range(5)
            if row.segment in ("all", segment[i]) and all(counts(each, held, i, k) for each in both)
        ]
        demand = sum(actual[i, k] * unit_cost[i] for i, k in cells)
        for model, said in ((row.model, row.cost), ("moving average", row.baseline_cost)):
            method = next(each for each in methods if each.name == model)
            cost = left = short = enough = 0.0
            for i, k in cells:
                stock = method.quantiles[i, k, LEVELS.index(target[i])]
                over, under = max(stock - actual[i, k], 0), max(actual[i, k] - stock, 0)
                left, short, enough = left + over * unit_cost[i], short + under * unit_cost[i], enough + (under == 0)
                cost += unit_cost[i] * (over + target[i] / (1 - target[i]) * under)
            assert said == pytest.approx(cost / demand)
            if model == row.model:
                assert (row.left_over, row.short) == pytest.approx((left / demand, short / demand))
                assert row.service == pytest.approx(enough / len(cells))
        assert row.windows == len(cells)
        assert row.value_added == pytest.approx(1 - row.cost / row.baseline_cost)


def test_the_true_distribution_is_cheaper_than_one_that_is_too_narrow_too_wide_or_shifted() -> None:
    rng = np.random.default_rng(1)
    mean = rng.uniform(100, 300, 50)
    held = held_of(rng.normal(mean[:, None], 25.0, (50, 80)))
    methods = [
        normal("moving average", held, mean, 25.0),
        normal("narrow", held, mean, 15.0),
        normal("wide", held, mean, 40.0),
        normal("shifted", held, mean + 15.0, 25.0),
    ]
    table = decision_cost(
        methods, held, segment=np.full(50, "AX"), target=np.full(50, 0.95), unit_cost=np.ones(50)
    ).set_index(["segment", "model"])
    assert (table.loc["all"].drop("moving average")["value_added"] < 0).all()
    assert table.loc[("all", "moving average"), "service"] == pytest.approx(0.95, abs=0.015)  # 4 standard errors


def test_unit_costs_weigh_items_by_value() -> None:
    held = held_of(np.array([[10.0], [10.0]]))
    exact, double = np.array([[10.0], [20.0]]), np.array([[20.0], [10.0]])

    def said(name: str, total: np.ndarray) -> Tried:
        return Tried(name, total, np.repeat(total[:, :, None], len(LEVELS), axis=2))

    table = decision_cost(
        [said("moving average", double), said("chosen", exact)],
        held,
        segment=np.array(["AX", "AX"]),
        target=np.full(2, 0.9),
        unit_cost=np.array([9.0, 1.0]),
    )
    chosen = table[(table["segment"] == "all") & (table["model"] == "chosen")].iloc[0]
    assert (chosen["cost"], chosen["baseline_cost"]) == pytest.approx((0.1, 0.9))


def test_nothing_tried_gives_an_empty_table() -> None:
    held = held_of(np.ones((2, 2)))
    assert decision_cost([], held, segment=np.full(2, "AX"), target=np.full(2, 0.9), unit_cost=np.ones(2)).empty
