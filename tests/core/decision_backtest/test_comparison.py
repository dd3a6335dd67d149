"""Comparisons of rules whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.decision_backtest.bootstrap import interval, item_weights
from invopt_xl.core.decision_backtest.comparison import (
    COSTS,
    CURVES,
    EQUAL_SERVICE,
    FEWEST_JUDGED,
    FILLS,
    PLAN_BETTER,
    POINTS,
    RULE_BETTER,
    SERVICE_KEPT,
    TOO_FEW,
    UNCLEAR,
    cost_table,
    curves_table,
    equal_service_table,
    points_table,
    service_table,
)
from invopt_xl.core.decision_backtest.rules import FORESIGHT, PLAN
from tests.core.decision_backtest.tried import made_items, made_rule

WEIGHT = item_weights(30, draws=200, rng=np.random.default_rng(1))


def test_a_rule_that_needs_double_the_stock_shows_as_half_saved_everywhere() -> None:
    tried = [made_rule(PLAN, 1.0), made_rule("double", 2.0, stockouts=2.0, cost=10.0)]
    table = equal_service_table(tried, made_items(), WEIGHT)
    assert list(table) == [each.name for each in EQUAL_SERVICE]
    np.testing.assert_allclose(table["less_stock"], 0.5)
    np.testing.assert_allclose(table["less_stock_low"], 0.5)
    few = table["items"] < FEWEST_JUDGED
    assert (table["verdict"] == np.where(few, TOO_FEW, PLAN_BETTER)).all()
    assert 0 < few.sum() < len(table)
    assert set(table["group"]) == {"all", "A", "C", "AX", "CZ", "smooth", "lumpy"} | {
        f"{segment} {kind}" for segment in ("AX", "CZ") for kind in ("smooth", "lumpy")
    }
    assert table[table["group"] == "all"]["fill_rate"].tolist() == [*FILLS] * 2
    assert table.groupby("group")["items"].first()[["all", "A", "CZ"]].tolist() == [30, 10, 20]
    cost = cost_table(tried, made_items(), WEIGHT)
    assert list(cost) == [each.name for each in COSTS]
    assert cost["saved"].tolist() == pytest.approx([0.5] * len(cost), abs=1e-9)


def test_the_same_rule_is_no_different_and_a_worse_plan_is_told() -> None:
    same = equal_service_table([made_rule(PLAN, 1.0), made_rule("same", 1.0)], made_items(), WEIGHT)
    assert (same.loc[same["items"] >= FEWEST_JUDGED, "verdict"] == UNCLEAR).all()
    np.testing.assert_allclose(same["less_stock"], 0.0, atol=1e-12)
    worse = equal_service_table([made_rule(PLAN, 1.5), made_rule("rule", 1.0)], made_items(), WEIGHT)
    assert (worse.loc[worse["items"] >= FEWEST_JUDGED, "verdict"] == RULE_BETTER).all()
    np.testing.assert_allclose(worse["less_stock"], -0.5)


def test_a_difference_that_hangs_on_a_few_items_is_not_called_clear() -> None:
    uneven = np.where(np.arange(30) == 3, 0.2, 1.05)
    table = equal_service_table([made_rule(PLAN, 1.0), made_rule("rule", uneven)], made_items(), WEIGHT)
    row = table[(table["group"] == "all") & (table["fill_rate"] == 0.95)].iloc[0]
    assert row["less_stock_low"] < row["less_stock"] < row["less_stock_high"]
    assert row["verdict"] == UNCLEAR


def test_a_group_is_drawn_from_its_own_items() -> None:
    # only items of CZ were ever drawn
    weight = WEIGHT.copy()
    weight[1:, :10] = 0.0
    tried = [made_rule(PLAN, 1.0), made_rule("double", 2.0, cost=10.0)]
    for table, low in (
        (equal_service_table(tried, made_items(), weight), "less_stock_low"),
        (cost_table(tried, made_items(), weight), "saved_low"),
    ):
        assert table.loc[table["group"] == "CZ", low].notna().all()
        assert table.loc[table["group"] == "AX", low].isna().all()


def test_what_a_rule_does_not_reach_is_not_compared() -> None:
    poor = made_rule("poor", 1.0)
    for short, demand in (("short", "demand"), ("short_value", "demand_value")):
        poor.sums[short][:] += 0.03 * poor.own[demand]
    table = equal_service_table([made_rule(PLAN, 1.0), poor], made_items(), WEIGHT)
    high = table[(table["group"] == "all") & (table["fill_rate"] == 0.98)]
    assert high["less_stock"].isna().all()
    assert (high["verdict"] == UNCLEAR).all()


def test_foresight_bounds_every_service_that_it_exceeds() -> None:
    bound = made_rule(FORESIGHT, 0.1)
    for name in ("short", "short_value"):
        bound.sums[name][:] *= 0.0
    table = equal_service_table([made_rule(PLAN, 1.0), bound], made_items(), WEIGHT)
    assert table["rule_value"].notna().all()
    assert FORESIGHT not in set(cost_table([made_rule(PLAN, 1.0), bound], made_items(), WEIGHT)["rule"])


def test_equal_unit_costs_are_compared_once() -> None:
    items = made_items()
    items.frame["unit_cost"] = 1.0
    assert set(equal_service_table([made_rule(PLAN, 1.0), made_rule("r", 2.0)], items, WEIGHT)["fill_of"]) == {"units"}


def test_points_and_curves_are_totals() -> None:
    tried = [made_rule(PLAN, 1.0), made_rule("rule", 2.0)]
    points = points_table(tried, np.full(30, 2.0))
    assert list(points) == [each.name for each in POINTS]
    assert points["fill_rate"].tolist() == pytest.approx([0.96, 0.96])
    assert points["cycle_service"].tolist() == pytest.approx([0.9, 0.9])
    assert points["average_value"].iloc[1] == pytest.approx(2 * points["average_value"].iloc[0])
    curves = curves_table(tried)
    assert list(curves) == [each.name for each in CURVES]
    assert curves["fill_rate"].tolist() == pytest.approx([0.80, 0.86, 0.91, 0.96, 0.99, 0.9999] * 2)


def test_service_kept_is_compared_in_its_own_measure() -> None:
    items = made_items()
    items.measure[:10] = "fill"
    table = service_table(made_rule(PLAN, 1.0), items)
    assert list(table) == [each.name for each in SERVICE_KEPT]
    kept = table.set_index(["group", "measure"])
    assert kept.loc[("all", "cycle"), "achieved"] == pytest.approx(0.9)
    assert kept.loc[("all", "fill"), "achieved"] == pytest.approx(0.96)
    assert kept.loc[("A", "fill"), "items"] == 10
    assert ("A", "cycle") not in kept.index
    assert kept.loc[("all", "cycle"), "gap"] == pytest.approx(-0.05)


def test_intervals_cover_what_they_should() -> None:
    # mean of 40 exponential items: the interval holds the truth about as often as it says (a little less for small samples)
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = rng.exponential(1.0, 40)
        low, high = interval(item_weights(40, draws=200, rng=rng)[1:] @ values / 40)
        held += low <= 1.0 <= high
    assert 0.86 <= held / 200 <= 0.98


def test_an_interval_with_many_unknown_draws_is_unknown() -> None:
    values = np.arange(100.0)
    values[:20] = np.nan
    assert np.isnan(interval(values)).all()
    assert np.isnan(interval(np.zeros(0))).all()
