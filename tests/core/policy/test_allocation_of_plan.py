"""Service allocated over the items of a plan, through the stages."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.core.policy.allocate_service import allocate_service, curves_at_cost, service_weight
from invopt_xl.core.policy.policy import Policy, set_policy
from invopt_xl.core.policy.priority_list import PRIORITY_COLUMNS, priority_list
from invopt_xl.core.replenish.orders import size_orders
from invopt_xl.core.terms import Terms
from invopt_xl.settings import Settings
from tests.reference.stage_values import make_history, make_lead_times, make_segments, make_terms

N = 24


class Stage:
    """Policy of N items with Poisson demand of different speed and price."""

    def __init__(self, **columns: object) -> None:
        rng = np.random.default_rng(2)
        demand = rng.poisson(rng.uniform(0.5, 9, N)[:, None], (N, 60)).astype(float)
        self.history, self.lead = make_history(demand), make_lead_times(N)
        given: dict[str, object] = {
            "unit_cost": np.exp(rng.normal(1, 1, N)),
            "unit_price": np.nan,
            "service_level_rule": 0.95,
            "service_level_from": "setting",
            "holding_rate": 0.2,
        }
        self.terms = make_terms(N, **{**given, **columns})
        self.demand: Forecast = forecast(
            self.history, make_segments(demand), self.terms, self.lead, settings=Settings(boosted_trees="off")
        )
        self.policy = self.set(self.terms)

    def set(self, terms: Terms) -> Policy:
        """Return the policy under other terms."""
        return set_policy(self.demand, terms, self.lead, self.history, settings=Settings())


def aggregate_fill(stage: Stage, policy: Policy) -> float:
    """Return the share of units that the policy's reorder points deliver from stock."""
    p = policy.frame
    short = stage.demand.protection.loss(p["reorder_point"].to_numpy())
    fill = 1 - short / p["cycle_units"].to_numpy()
    weight = stage.demand.demand_per_period
    return float((weight * fill).sum() / weight.sum())


def stock_value(stage: Stage, policy: Policy) -> float:
    """Return the value of average stock, half a cycle's units included."""
    p, d = policy.frame, stage.demand.protection
    level = p["reorder_point"].to_numpy()
    kept = level - d.mean() + d.loss(level) + p["cycle_units"].to_numpy() / 2
    return float((kept * stage.terms.frame["unit_cost"].to_numpy()).sum())


def test_policy_with_allocated_targets_reaches_the_aggregate_with_less_stock() -> None:
    stage = Stage(service_measure="fill")
    found = allocate_service(stage.policy, stage.demand, stage.terms, weighting="units")
    after = stage.set(found.terms)
    assert aggregate_fill(stage, after) >= 0.95 - 1e-9
    assert stock_value(stage, after) < stock_value(stage, stage.policy)
    row = found.segments.iloc[0]
    assert row.service == pytest.approx(aggregate_fill(stage, after), abs=1e-6)
    assert row.stock_value == pytest.approx(stock_value(stage, after), rel=1e-6)
    assert row.least_possible <= row.stock_value
    assert "need average stock of" in found.findings[-1].text


def test_rules_make_segments_with_their_own_targets() -> None:
    rule = np.where(np.arange(N) < 8, 0.98, 0.9)
    stage = Stage(service_level=rule, service_level_rule=rule)
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    assert found.segments["target"].tolist() == [0.9, 0.98]
    assert (found.segments["service"] >= found.segments["target"] - 1e-9).all()


def test_items_the_planner_has_decided_keep_their_service() -> None:
    own = np.where(np.arange(N) == 3, 0.99, 0.95)
    source = np.where(np.arange(N) == 3, "item", "setting").astype(object)
    stage = Stage(
        service_level=own, service_level_from=source, override_reorder_point=np.where(np.arange(N) == 5, 40.0, np.nan)
    )
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    after = found.terms.frame
    assert after.loc[3, "service_level"] == 0.99
    assert after.loc[3, "service_measure"] == "cycle"
    assert after.loc[5, "service_level_from"] == "setting"
    assert (after["service_level_from"] == "aggregate target").sum() == N - 2


def test_items_without_cost_are_left_out_and_told() -> None:
    cost = np.where(np.arange(N) == 0, np.nan, 2.0)
    stage = Stage(unit_cost=cost)
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    assert found.terms.frame.loc[0, "service_level_from"] == "setting"
    assert "1 items keep their own" in found.findings[0].text


def test_margin_asks_for_prices() -> None:
    stage = Stage()
    found = allocate_service(stage.policy, stage.demand, stage.terms, weighting="margin")
    assert (found.terms.frame["service_level_from"] == "setting").all()
    assert "price above it" in found.findings[0].text


def test_budget_is_kept_and_service_said() -> None:
    stage = Stage(service_measure="fill")
    budget = 0.8 * stock_value(stage, stage.policy)
    found = allocate_service(stage.policy, stage.demand, stage.terms, budget=budget)
    assert stock_value(stage, stage.set(found.terms)) <= budget * (1 + 1e-6)
    assert f"budget {budget:,.0f}" in found.findings[-1].text


def test_maximum_stock_holds() -> None:
    stage = Stage(max_stock=np.where(np.arange(N) == 2, 20.0, np.nan))
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    after = stage.set(found.terms)
    assert after.frame["reorder_point"][2] <= 20.0
    # what the cap takes from one item is made up for by others
    assert found.segments["service"][0] == pytest.approx(aggregate_fill(stage, after), abs=1e-6)
    assert found.segments["service"][0] >= 0.95 - 1e-9


def test_priority_list_names_what_the_next_money_buys() -> None:
    stage = Stage(on_hand=5.0)
    orders = size_orders(stage.policy, stage.demand, stage.lead, stage.terms, stage.history, settings=Settings()).frame
    position = (orders["inventory_position"] + orders["order_quantity"]).to_numpy()
    found = priority_list(stage.policy, stage.demand, stage.terms, stage.history.series, position=position, money=200.0)
    assert tuple(found.columns) == PRIORITY_COLUMNS
    assert 0 < found["money"].sum() <= 200.0
    assert found["text"].iloc[0].startswith("The next ")
    assert found["rank"].tolist() == list(range(1, len(found) + 1))


def test_what_demand_counts_is_its_units_its_sales_value_or_its_margin() -> None:
    cost = np.where(np.arange(N) == 1, np.nan, 4.0)
    price = np.where(np.arange(N) == 0, 9.0, np.where(np.arange(N) == 2, 3.0, np.nan))
    stage = Stage(unit_cost=cost, unit_price=price)
    rate = stage.demand.demand_per_period
    expected = {"units": [1, 1, 1, 1], "value": [9, 0, 3, 4], "margin": [5, 0, 0, 0]}
    for weighting, each in expected.items():
        found = service_weight(stage.demand, stage.terms, weighting)  # type: ignore[arg-type]
        np.testing.assert_allclose(found[:4], np.array(each) * rate[:4], err_msg=weighting)


def test_blocked_items_keep_their_target_and_do_not_count() -> None:
    blocked = np.arange(N) == 3
    stage = Stage(blocked=blocked)
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    assert found.segments["items"].sum() == N - 1
    assert found.terms.frame.loc[3, "service_level_from"] == "setting"
    assert not found.findings[0].text.startswith("1 items keep")


def test_a_target_that_an_override_has_set_stays() -> None:
    source = np.where(np.arange(N) == 4, "override", "setting").astype(object)
    stage = Stage(service_level=np.where(np.arange(N) == 4, 0.99, 0.95), service_level_from=source)
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    assert found.terms.frame.loc[4, ["service_level", "service_level_from"]].tolist() == [0.99, "override"]


@pytest.mark.parametrize("fixed", ["override_reorder_point", "override_safety_stock", "override_order_up_to"])
def test_items_with_set_levels_count_as_they_are(fixed: str) -> None:
    fast = int(Stage().demand.demand_per_period.argmax())
    stage = Stage(
        service_measure="fill", **{fixed: np.where(np.arange(N) == fast, 2.0 if "safety" in fixed else 24.0, np.nan)}
    )
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    after = stage.set(found.terms)
    assert after.frame["reorder_point"][fast] == stage.policy.frame["reorder_point"][fast]
    assert found.segments["service"][0] == pytest.approx(aggregate_fill(stage, after), abs=1e-6)
    assert found.segments["stock_value"][0] == pytest.approx(stock_value(stage, after), rel=1e-6)
    # where equal service is compared with, that item has the same level
    same = stage.demand.protection.level_for_loss(0.05 * stage.policy.frame["cycle_units"].to_numpy())
    level = np.where(
        np.arange(N) == fast,
        stage.policy.frame["reorder_point"],
        np.where(stage.demand.protection.whole, np.ceil(same - 1e-9), same),
    )
    equal = stage.set(stage.terms)
    equal.frame["reorder_point"] = level
    assert found.segments["equal_service_stock_value"][0] == pytest.approx(stock_value(stage, equal), rel=1e-6)


def test_holding_cost_as_the_objective_weighs_each_item_s_rate() -> None:
    rate = np.where(np.arange(N) % 2 == 0, 0.1, 0.4)
    stage = Stage(holding_rate=rate, unit_cost=5.0, service_measure="fill")
    by_value = allocate_service(stage.policy, stage.demand, stage.terms).terms.frame["service_level"]
    found = allocate_service(stage.policy, stage.demand, stage.terms, objective="holding cost")
    fill = found.terms.frame["service_level"]
    assert fill[::2].mean() > by_value[::2].mean()
    assert fill[1::2].mean() < by_value[1::2].mean()
    after = stage.set(found.terms)
    level, d = after.frame["reorder_point"].to_numpy(), stage.demand.protection
    kept = level - d.mean() + d.loss(level) + after.frame["cycle_units"].to_numpy() / 2
    assert found.segments["stock_value"][0] == pytest.approx(float((kept * 5.0 * rate).sum()), rel=1e-6)
    assert "yearly holding cost of average stock" in found.findings[-1].text


def test_minimum_stock_is_a_floor_for_the_safety_stock() -> None:
    least = np.where(np.arange(N) == 6, 25.0, np.nan)
    stage = Stage(min_stock=least, service_measure="fill")
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    after = stage.set(found.terms).frame
    assert after["reorder_point"][6] >= stage.demand.protection.mean()[6] + 25.0 - 1e-9
    assert found.segments["stock_value"][0] == pytest.approx(stock_value(stage, stage.set(found.terms)), rel=1e-6)


def test_a_target_out_of_reach_and_a_budget_that_is_too_small_are_warned_of() -> None:
    stage = Stage(service_measure="fill", service_level_rule=0.999)
    found = allocate_service(stage.policy, stage.demand, stage.terms, most=0.9)
    assert found.findings[-1].severity == "warning"
    assert found.findings[-1].text.startswith("The target of 99.9% is beyond what the items' own limits allow.")
    assert found.findings[-1].fix.startswith("Lower the target")
    short = allocate_service(stage.policy, stage.demand, stage.terms, budget=1.0)
    assert short.findings[-1].severity == "warning"
    assert short.findings[-1].text.startswith("The budget is below what the lowest service")
    assert short.findings[-1].fix.startswith("Raise the budget")
    assert short.segments[["equal_service_stock_value", "least_possible", "target"]].isna().all(axis=None)
    assert allocate_service(stage.policy, stage.demand, stage.terms).findings[-1].severity == "info"


def test_curves_for_the_next_money_leave_out_what_cannot_be_bought() -> None:
    blocked = np.arange(N) == 3
    cost = np.where(np.arange(N) == 1, np.nan, 4.0)
    stage = Stage(blocked=blocked, unit_cost=cost)
    found = curves_at_cost(stage.policy, stage.demand, stage.terms, weighting="units")
    left_out = blocked | np.isnan(cost)
    assert (found.weight[left_out] == 0).all()
    np.testing.assert_allclose(found.weight[~left_out], stage.demand.demand_per_period[~left_out])
    assert (found.unit_cost[~left_out] == 4.0).all()
