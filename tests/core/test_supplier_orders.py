"""The Orders sheet follows the planner's decisions."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.small_world import plan_of, world


def _decided(decision: str, quantity: float | None = None) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    tables = world({"A": 20, "B": 30}, on_hand=5)
    before = plan_of(tables).recommendations.copy()
    before.loc[before["sku"] == "A", "decision"] = decision
    before.loc[before["sku"] == "A", "planner_quantity"] = quantity
    return before, tables


def test_undecided_and_approved_lines_are_ordered_as_recommended() -> None:
    before, tables = _decided("Approve")
    plan = plan_of(tables, previous=before)
    assert plan.orders.set_index("sku")["quantity"].to_dict() == before.set_index("sku")["order_quantity"].to_dict()
    assert plan.orders.set_index("sku")["decision"].fillna("").to_dict() == {"A": "Approve", "B": ""}


def test_a_rejected_line_is_left_out() -> None:
    before, tables = _decided("Reject")
    assert plan_of(tables, previous=before).orders["sku"].tolist() == ["B"]


def test_a_changed_line_takes_the_planners_quantity() -> None:
    before, tables = _decided("Change", 77)
    orders = plan_of(tables, previous=before).orders.set_index("sku")
    assert orders.loc["A", "quantity"] == 77
    assert orders.loc["A", "value"] == pytest.approx(154)


def test_a_change_without_quantity_is_a_finding_and_takes_the_recommendation() -> None:
    before, tables = _decided("Change")
    plan = plan_of(tables, previous=before)
    assert "A" in set(plan.orders["sku"])
    assert plan.findings["text"].str.contains("no quantity is given").any()


SUPPLIERS = pd.DataFrame({"supplier": ["Acme"], "lead_time_days": [14.0], "min_order_value": [10000.0]})


def test_a_minimum_that_cannot_be_reached_leaves_the_order_out_and_says_so() -> None:
    plan = plan_of(world({"A": 20}, on_hand=5, Suppliers=SUPPLIERS))
    assert plan.orders.empty
    assert plan.recommendations["why"].str.contains("No order: limited by supplier minimum").all()
    assert (plan.exceptions["sku"] == "A").any()


def test_a_planners_order_below_the_suppliers_minimum_is_a_finding() -> None:
    before, tables = _decided("Change", 77)
    plan = plan_of({**tables, "Suppliers": SUPPLIERS}, previous=before)
    assert plan.findings["text"].str.contains("below the supplier's minimum of 10,000").any()


def test_one_order_number_per_supplier_and_location() -> None:
    items = pd.DataFrame({"sku": ["A", "B", "C"], "supplier": ["Acme", "Acme", "Zeta"], "unit_cost": 2.0})
    orders = plan_of(world({"A": 20, "B": 30, "C": 10}, on_hand=1, Items=items)).orders
    assert orders.groupby("supplier")["order_id"].nunique().eq(1).all()
    assert orders["order_id"].nunique() == 2
