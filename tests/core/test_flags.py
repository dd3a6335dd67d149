"""Exceptions: each is raised by its own situation, and by no missing figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.flags import CODES
from tests.small_world import AS_OF, MONDAYS, codes, plan_of, row, world


def _receipts(days: list[int]) -> pd.DataFrame:
    received = pd.to_datetime(AS_OF) - pd.to_timedelta(np.arange(len(days))[::-1] * 14, unit="D")
    return pd.DataFrame(
        {
            "sku": "A",
            "supplier": "Acme",
            "order_date": received - pd.to_timedelta(days, unit="D"),
            "receipt_date": received,
        }
    )


def test_nothing_in_stock_is_stocked_out_with_the_sales_at_risk() -> None:
    plan = plan_of(world({"A": 20}, on_hand=0))
    found = plan.exceptions[plan.exceptions["code"] == "STOCKED OUT"].iloc[0]
    assert found["severity"] == "error"
    assert found["money_at_stake"] == pytest.approx(20 * 2 * 5.0, rel=0.15)  # two weeks of lead time at a price of 5


def test_stock_for_one_week_of_two_will_stock_out() -> None:
    assert "WILL STOCK OUT" in codes(plan_of(world({"A": 20}, on_hand=15)), "A")


def test_ample_stock_raises_neither() -> None:
    assert not codes(plan_of(world({"A": 20}, on_hand=100)), "A") & {"STOCKED OUT", "WILL STOCK OUT"}


def test_an_overdue_open_order_is_late_and_one_due_later_is_not() -> None:
    def orders(due: str) -> pd.DataFrame:
        return pd.DataFrame({"sku": ["A"], "quantity": [30.0], "due_date": pd.to_datetime([due])})

    assert "ORDER LATE" in codes(plan_of(world({"A": 20}, OpenOrders=orders("2026-11-01"))), "A")
    assert "ORDER LATE" not in codes(plan_of(world({"A": 20}, OpenOrders=orders("2026-11-20"))), "A")


def test_an_order_that_waits_for_a_disrupted_supplier_says_until_when_and_lifts_the_risk() -> None:
    lines = pd.DataFrame(
        {
            "sku": ["A"],
            "location": "MAIN",
            "quantity": [60.0],
            "due_date": [pd.Timestamp("2026-11-18")],
            "supplier": "Acme",
        }
    )
    suppliers = pd.DataFrame({"supplier": ["Acme"], "lead_time_days": [14.0]})
    until = suppliers.assign(disrupted_until=pd.Timestamp("2027-01-10"))
    free, waiting = (
        plan_of(world({"A": 20}, on_hand=30.0, OpenOrders=lines, Suppliers=each), boosted_trees="off")
        for each in (suppliers, until)
    )
    assert "ORDER DELAYED" not in codes(free, "A")
    said = waiting.exceptions.set_index("code").loc["ORDER DELAYED"]
    assert said["message"] == "60 on order arrive on 2027-01-10 at the earliest: Acme delivers nothing before."
    assert said["money_at_stake"] == 120
    assert row(waiting, "A")["stockout_risk"] > 0.9
    assert "ORDER LATE" not in codes(waiting, "A")


def test_a_moved_reorder_point_is_flagged_only_beyond_the_limit() -> None:
    tables = world({"A": 20})
    first = plan_of(tables)
    before = first.recommendations.copy()
    assert "CHANGED" not in codes(plan_of(tables, previous=before), "A")
    before["reorder_point"] *= 0.5
    assert "CHANGED" in codes(plan_of(tables, previous=before), "A")


def test_two_years_of_stock_is_excess_with_the_money_above_the_target() -> None:
    plan = plan_of(world({"A": 20}, on_hand=2000))
    found = plan.exceptions[plan.exceptions["code"] == "EXCESS"].iloc[0]
    assert found["money_at_stake"] == pytest.approx((2000 - row(plan, "A")["order_up_to"]) * 2.0)


def test_stock_without_demand_for_over_a_year_is_dead() -> None:
    old = np.where(np.arange(len(MONDAYS)) < 30, 10.0, 0.0)
    plan = plan_of(world({"A": old, "B": 20}))
    assert "DEAD STOCK" in codes(plan, "A")
    assert "EXCESS" not in codes(plan, "A")
    assert row(plan, "A")["order_quantity"] == 0


def test_an_open_order_on_top_of_enough_stock_is_not_needed() -> None:
    orders = pd.DataFrame({"sku": ["A"], "quantity": [30.0], "due_date": pd.to_datetime(["2026-11-20"])})
    assert "ORDER NOT NEEDED" in codes(plan_of(world({"A": 20}, on_hand=500, OpenOrders=orders)), "A")
    assert "ORDER NOT NEEDED" not in codes(plan_of(world({"A": 20}, on_hand=10, OpenOrders=orders)), "A")


def test_receipts_that_got_slower_are_a_drift_and_steady_ones_are_not() -> None:
    assert "LEAD TIME DRIFT" in codes(
        plan_of(world({"A": 20}, LeadTimes=_receipts([10, 11, 10, 9, 10, 11, 10, 10, 20, 21, 22, 20]))), "A"
    )
    assert "LEAD TIME DRIFT" not in codes(
        plan_of(world({"A": 20}, LeadTimes=_receipts([10, 11, 10, 9, 10, 11, 10, 10, 9, 11, 10, 10]))), "A"
    )


def test_doubled_demand_is_a_jump_and_a_yearly_season_is_not() -> None:
    weeks = np.arange(len(MONDAYS))
    doubled = np.where(weeks >= len(MONDAYS) - 6, 45.0, 20.0) + weeks % 3
    seasonal = 20 + 15 * np.cos(2 * np.pi * (weeks - weeks[-1]) / 52.18) + weeks % 3
    plan = plan_of(world({"A": doubled, "B": seasonal}))
    assert "DEMAND JUMP" in codes(plan, "A")
    assert "DEMAND JUMP" not in codes(plan, "B")


def test_a_few_weeks_of_sales_are_poor_data() -> None:
    young = np.where(np.arange(len(MONDAYS)) >= len(MONDAYS) - 4, 10.0, np.nan)
    tables = world({"A": young, "B": 20})
    tables["Sales"] = tables["Sales"].dropna()
    assert "POOR DATA" in codes(plan_of(tables), "A")
    assert "POOR DATA" not in codes(plan_of(tables), "B")


def test_a_minimum_of_a_year_is_large() -> None:
    items = pd.DataFrame({"sku": ["A"], "supplier": ["Acme"], "unit_cost": [2.0], "moq": [1000.0]})
    assert "LARGE MINIMUM" in codes(plan_of(world({"A": 20}, on_hand=5, Items=items)), "A")


def test_stock_beyond_its_shelf_life_is_an_expiry_risk() -> None:
    items = pd.DataFrame({"sku": ["A"], "unit_cost": [2.0], "shelf_life_days": [60.0]})
    plan = plan_of(world({"A": 20}, on_hand=400, Items=items))
    found = plan.exceptions[plan.exceptions["code"] == "EXPIRY RISK"].iloc[0]
    assert found["money_at_stake"] == pytest.approx((400 - 20 * 60 / 7) * 2, rel=0.1)


def test_a_blocked_item_is_held_back() -> None:
    items = pd.DataFrame({"sku": ["A"], "unit_cost": [2.0], "status": ["blocked"]})
    plan = plan_of(world({"A": 20}, on_hand=1, Items=items))
    assert row(plan, "A")["order_quantity"] == 0
    assert not codes(plan, "A") & {"STOCKED OUT", "WILL STOCK OUT"}


def test_an_item_missing_on_the_stock_sheet_is_named_and_not_called_stocked_out() -> None:
    tables = world({"A": 20, "B": 20})
    tables["Stock"] = tables["Stock"].iloc[:1]
    plan = plan_of(tables)
    assert codes(plan, "B") >= {"NO STOCK FIGURE"}
    assert "STOCKED OUT" not in codes(plan, "B")


def test_without_stock_cost_and_receipts_nothing_is_alleged() -> None:
    tables = world({"A": 20})
    plan = plan_of({"Sales": tables["Sales"]})
    assert plan.exceptions.empty
    assert (plan.recommendations["order_quantity"] == 0).all()


def test_every_code_raised_is_documented_with_its_severity() -> None:
    plan = plan_of(world({"A": 20}, on_hand=0))
    for found in plan.exceptions.itertuples():
        assert CODES[found.code][0] == found.severity
        assert found.message.endswith(".")
        assert found.action.endswith((".", "?"))


def test_most_serious_and_most_money_come_first() -> None:
    plan = plan_of(world({"A": 20, "B": 200, "C": 50}, on_hand=0))
    errors = plan.exceptions[plan.exceptions["severity"] == "error"]
    assert errors["sku"].iloc[0] == "B"
    assert errors["money_at_stake"].is_monotonic_decreasing


def test_an_order_that_stands_and_doubles_is_flagged_and_a_new_order_is_not() -> None:
    tables = world({"A": 20}, on_hand=10)
    before = plan_of(tables).recommendations.copy()
    before["order_quantity"] /= 2
    changed = plan_of(tables, previous=before)
    assert (
        changed.exceptions.loc[changed.exceptions["code"] == "CHANGED", "message"]
        .str.startswith("The order moved from")
        .all()
    )
    assert "CHANGED" in codes(changed, "A")
    before["order_quantity"] = 0
    assert "CHANGED" not in codes(plan_of(tables, previous=before), "A")


def test_an_approval_given_for_another_quantity_is_flagged_however_little_it_changed() -> None:
    tables = world({"A": 20}, on_hand=10)
    before = plan_of(tables).recommendations.copy()
    quantity = float(before["order_quantity"].iloc[0])
    before["decision"] = "approve "
    assert "CHANGED" not in codes(plan_of(tables, previous=before), "A")
    before["order_quantity"] = quantity - 1
    found = plan_of(tables, previous=before).exceptions.query("code == 'CHANGED'").iloc[0]
    assert found["message"] == f"Approved when {quantity - 1:,.0f} was recommended; {quantity:,.0f} is recommended now."
    assert found["action"].startswith("Approve it again or clear the decision")
    # with a quantity beside it the line waits for a new word anyway
    before["planner_quantity"] = quantity - 1
    assert "CHANGED" not in codes(plan_of(tables, previous=before), "A")
    before["planner_quantity"], before["decision"] = np.nan, "Reject"
    assert "CHANGED" not in codes(plan_of(tables, previous=before), "A")


def test_the_action_orders_only_what_is_recommended() -> None:
    stock = pd.DataFrame({"sku": ["A", "B"], "location": "MAIN", "on_hand": [0.0, 0.0], "on_order": [500.0, 0.0]})
    plan = plan_of(world({"A": 20, "B": 20}, Stock=stock))
    actions = plan.exceptions[plan.exceptions["code"] == "STOCKED OUT"].set_index("sku")["action"]
    assert actions["A"] == "Press Acme for the open orders."
    assert actions["B"].startswith(f"Order {row(plan, 'B')['order_quantity']:,.0f} today")
