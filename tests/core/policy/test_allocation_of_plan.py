"""Service allocated over the items of a plan, through the stages."""

from __future__ import annotations

import numpy as np
import pytest

from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.core.policy.allocate_service import allocate_service
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
    stage = Stage(max_stock=np.where(np.arange(N) == 2, 6.0, np.nan))
    found = allocate_service(stage.policy, stage.demand, stage.terms)
    assert stage.set(found.terms).frame["reorder_point"][2] <= 6.0


def test_priority_list_names_what_the_next_money_buys() -> None:
    stage = Stage(on_hand=5.0)
    orders = size_orders(stage.policy, stage.demand, stage.lead, stage.terms, stage.history, settings=Settings()).frame
    position = (orders["inventory_position"] + orders["order_quantity"]).to_numpy()
    found = priority_list(stage.policy, stage.demand, stage.terms, stage.history.series, position=position, money=200.0)
    assert tuple(found.columns) == PRIORITY_COLUMNS
    assert 0 < found["money"].sum() <= 200.0
    assert found["text"].iloc[0].startswith("The next ")
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
