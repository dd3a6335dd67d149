"""Explanations: the drivers of every row add up to its order, and the sentence holds the numbers of the row."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.core.explain import _Writer
from tests.small_world import plan_of, row, world


@pytest.fixture(scope="module")
def demo_plan() -> iv.Plan:
    return iv.plan(iv.read_tables(iv.demo_tables(skus=60, weeks=80)))


def test_driver_shares_add_up_to_every_order_exactly(demo_plan: iv.Plan) -> None:
    drivers = demo_plan.explanations.groupby(["sku", "location"])["share_units"].agg(math.fsum)
    for rec in demo_plan.recommendations.itertuples():
        assert drivers.get((rec.sku, rec.location), 0.0) == rec.order_quantity, rec.sku


def test_shares_add_up_for_fractional_packs_too() -> None:
    items = pd.DataFrame({"sku": ["A"], "supplier": ["Acme"], "unit_cost": [2.0], "pack_size": [0.02], "moq": [0.3]})
    plan = plan_of(world({"A": 20}, on_hand=3.1, Items=items))
    assert math.fsum(plan.explanations["share_units"]) == pytest.approx(row(plan, "A")["order_quantity"], abs=1e-9)


def test_numbers_in_an_order_sentence_add_up_to_the_order(demo_plan: iv.Plan) -> None:
    checked = 0
    for rec in demo_plan.recommendations.itertuples():
        if rec.order_quantity <= 0 or "limit or a standing" in rec.why or rec.order_quantity < 10:
            continue
        text = rec.why.replace(",", "")
        numbers = _parts(text)
        assert numbers is not None, rec.why
        assert sum(numbers) == pytest.approx(rec.order_quantity, abs=0.6), rec.why
        checked += 1
    assert checked > 20


def _parts(text: str) -> list[float] | None:
    """Return the signed parts that a reader would add up: total demand, plus ..., minus ..., rounding."""
    demand = re.search(r" (?:weeks?|days?|months?) \((-?[\d.]+)[) ]", text)
    if demand is None:
        return None
    parts = [float(demand.group(1))]
    plus = re.search(r"\), ?(.*?) ?minus ", text) or re.search(r"\)(.*?)minus ", text)
    parts += [float(n) for n in re.findall(r"plus (-?[\d.]+) ", plus.group(1) if plus else "")]
    parts += [-float(n) for n in re.findall(r"(?:minus|and) (-?[\d.]+) (?:in stock|on order)", text)]
    parts += [float(n) for n in re.findall(r"(?:raised|rounded up) by ([\d.]+)", text)]
    return parts


def test_a_sentence_says_packs_and_the_supplier_that_varies() -> None:
    days = np.tile([8, 35, 14, 40, 10, 30], 6)
    received = pd.Timestamp("2026-11-10") - pd.to_timedelta(np.arange(len(days)) * 9, unit="D")
    receipts = pd.DataFrame(
        {
            "sku": "A",
            "supplier": "Acme",
            "order_date": received - pd.to_timedelta(days, unit="D"),
            "receipt_date": received,
        }
    )
    items = pd.DataFrame({"sku": ["A"], "supplier": ["Acme"], "unit_cost": [2.0], "pack_size": [12.0]})
    plan = plan_of(world({"A": 31}, on_hand=52, Items=items, LeadTimes=receipts))
    why = row(plan, "A")["why"]
    assert re.match(r"Order [\d,]+ \(\d+ packs\): demand of \d+ a week for [\d.]+ weeks", why), why
    assert "because supplier Acme varies by" in why
    assert "minus 52 in stock and 0 on order" in why


def test_no_order_says_why_not() -> None:
    plan = plan_of(world({"A": 20}, on_hand=300))
    why = row(plan, "A")["why"]
    assert why.startswith("No order: 300 in stock")
    assert "reorder point" in why
    tables = world({"A": 20, "B": 20})
    tables["Stock"] = tables["Stock"].iloc[:1]
    assert "no stock figure" in row(plan_of(tables), "B")["why"]


def test_a_default_lead_time_and_a_rule_beside_the_items_own_target_stay_visible() -> None:
    tables = world({"A": 20}, on_hand=5, Items=pd.DataFrame({"sku": ["A"], "unit_cost": [2.0], "service_level": [0.9]}))
    del tables["Suppliers"]
    tables["Settings"] = pd.DataFrame({"setting": ["service_level"], "value": ["98%"], "scope": ["abc=A"]})
    plan = plan_of(tables)
    assert "The lead time is a default: 14 days, no receipts found." in row(plan, "A")["why"]
    basis = plan.explanations.set_index("driver")
    assert "rule would give 98.0%" in basis.loc["service target", "unit"]
    assert basis.loc["service target", "value"] == pytest.approx(0.9)
    assert "default" in basis.loc["lead time", "unit"]
    assert basis.loc["lead time", "share_units"] == 0


def test_reserved_and_backordered_units_are_drivers_and_nothing_is_left_unexplained() -> None:
    stock = pd.DataFrame(
        {"sku": ["A"], "location": "MAIN", "on_hand": [30.0], "on_order": [8.0], "reserved": [5.0], "backorders": [3.0]}
    )
    plan = plan_of(world({"A": 20}, Stock=stock))
    shares = plan.explanations.set_index("driver")["share_units"]
    assert shares["in stock"] == -30
    assert shares["on order"] == -8
    assert shares["reserved"] == 5
    assert shares["backorders"] == 3
    assert "limits and standing decisions" not in shares
    assert row(plan, "A")["inventory_position"] == 30


def test_a_maximum_stock_is_a_driver_of_its_own() -> None:
    items = pd.DataFrame({"sku": ["A"], "supplier": ["Acme"], "unit_cost": [2.0], "max_stock": [50.0]})
    plan = plan_of(world({"A": 20}, on_hand=10, Items=items))
    assert row(plan, "A")["order_quantity"] <= 40
    assert math.fsum(plan.explanations["share_units"]) == row(plan, "A")["order_quantity"]


def test_an_item_that_hardly_sells_gets_a_plain_sentence() -> None:
    frame = {"order_quantity": 0.0, "on_hand": 27.0, "on_order": 0.0, "inventory_position": 27.0, "held_back": ""}
    frame |= {"per_period": 0.0004, "reorder_point": 0.0, "forecast_protection": 0.001, "override_note": ""}
    frame |= {"lead_source": "receipts", "safety_stock": 0.0, "damped": 0.0, "damped_because": ""}
    row = next(pd.DataFrame([frame]).itertuples(index=False))
    assert _Writer("week").row(row) == ("No order: hardly any demand expected (less than 0.01 a week); 27 in stock.")


def test_an_order_pulled_forward_by_a_limit_is_not_told_as_one_that_is_due() -> None:
    frame = {"order_quantity": 72.0, "moved": 72.0, "moved_by": "; 72 more: supplier minimum", "pack_size": 24.0}
    frame |= {"on_order": 216.0, "inventory_position": 216.0, "reorder_point": 215.0, "safety_stock": 70.0}
    frame |= {"per_period": 28.0, "periods": 5.0, "forecast_protection": 145.0, "influence": "", "override_note": ""}
    frame |= {"lead_source": "receipts", "damped": 0.0, "damped_because": ""}
    row = next(pd.DataFrame([frame]).itertuples(index=False))
    assert _Writer("week").row(row) == (
        "Order 72 (3 packs), though none is due yet: 216 in stock and on order, reorder point 215 "
        "(demand of 28 a week for 5 weeks (145), plus 70 safety stock); 72 more: supplier minimum."
    )


def test_stock_below_zero_is_added_in_words() -> None:
    stock = pd.DataFrame({"sku": ["A"], "location": "MAIN", "on_hand": [-5.0]})
    why = row(plan_of(world({"A": 20}, Stock=stock)), "A")["why"]
    assert ", plus 5 that stock is below zero, minus 0 on order" in why
    assert "-5" not in why
