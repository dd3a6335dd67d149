"""What if one input were different: against the plan itself, and against whole plans with that input changed on the sheets."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.plan import Plan
from invopt_xl.core.stages import Stages
from invopt_xl.core.whatif import LIMITS, RESULTS, what_if
from tests.small_world import plan_of, row, world

_SETTINGS = {"boosted_trees": "off", "order_cost": 20.0}
_LEVELS = dict(zip("ABCDEFGHIJKL", (40, 6, 0.5, 15, 25, 9, 30, 12, 22, 18, 35, 3), strict=True))


@cache
def _tables() -> dict[str, pd.DataFrame]:
    skus = list(_LEVELS)
    receipts = pd.DataFrame(
        {
            "sku": ["A", "A", "B", "B", "B"],
            "supplier": "Acme",
            "order_date": pd.to_datetime(["2026-01-05"] * 5),
            "receipt_date": pd.to_datetime(["2026-01-15", "2026-01-21", "2026-01-19", "2026-01-25", "2026-02-02"]),
        }
    )
    lines = pd.DataFrame(
        {
            "sku": ["A", "A", "L", "L"],
            "location": "MAIN",
            "quantity": [30.0, 20.0, 6.0, 4.0],
            "due_date": pd.to_datetime(["2026-11-20", "2026-12-20"] * 2),
        }
    )
    stock = pd.DataFrame(
        {"sku": skus, "location": "MAIN", "on_hand": 10.0, "on_order": 0.0, "reserved": 0.0, "backorders": 0.0}
    )
    stock.loc[1:3, "on_hand"] = [0.0, 60.0, np.nan]
    stock.loc[1, ["on_order", "reserved"]] = [5.0, 1.0]
    items = pd.DataFrame(
        {"sku": skus, "supplier": "Acme", "unit_cost": 2.0, "unit_price": 9.0, "moq": 1.0, "pack_size": 1.0}
    )
    items.loc[:1, ["unit_cost", "moq", "pack_size"]] = [[2.0, 0.0, 6.0], [8.0, 12.0, 0.0]]
    return world(_LEVELS, Stock=stock, Items=items, LeadTimes=receipts, OpenOrders=lines)


@cache
def _plan() -> Plan:
    return plan_of(_tables(), **_SETTINGS)


@cache
def _stages() -> Stages:
    return _behind(_plan())


def _behind(plan: Plan) -> Stages:
    assert plan.stages is not None
    return plan.stages


def _place(sku: str) -> int:
    return int(np.flatnonzero(_plan().recommendations["sku"] == sku)[0])


def _asked(sku: str, field: str, *values: float) -> pd.DataFrame:
    return what_if(_stages(), row=_place(sku), field=field, values=np.array(values), settings=_plan().settings)


def _as_planned(field: str, sku: str) -> float:
    stages, place = _stages(), _place(sku)
    if field == "demand_factor":
        return 1.0
    if field == "lead_time_days":
        return float(stages.lead_times.frame["mean_days"].iloc[place])
    return float(stages.terms.frame[field].iloc[place])


@pytest.mark.parametrize("sku", ["A", "B", "C", "D"])
@pytest.mark.parametrize("field", [field for field in LIMITS if field not in ("min_stock", "max_stock")])
def test_the_value_of_the_plan_gives_the_figures_of_the_plan(field: str, sku: str) -> None:
    value = _as_planned(field, sku)
    found = _asked(sku, field, value, value)
    planned = row(_plan(), sku)
    for name in RESULTS:
        # the plan rounds to six decimals and caps the cover shown
        wanted = planned[name]
        answer = found[name].clip(upper=3650.0) if name == "days_of_cover" else found[name]
        np.testing.assert_allclose(answer, [wanted, wanted], atol=2e-6, rtol=1e-9, err_msg=name)


#: One input changed on the sheets, each of another item: field of the question, table, column, item, value.
_CHANGES = [
    ("on_hand", "Stock", "on_hand", "A", 75.0),
    ("on_hand", "Stock", "on_hand", "D", 20.0),
    ("on_order", "Stock", "on_order", "B", 40.0),
    ("reserved", "Stock", "reserved", "E", 9.0),
    ("backorders", "Stock", "backorders", "F", 9.0),
    ("moq", "Items", "moq", "G", 500.0),
    ("pack_size", "Items", "pack_size", "H", 50.0),
    ("unit_cost", "Items", "unit_cost", "I", 30.0),
    ("service_level", "Items", "service_level", "J", 0.995),
    ("max_stock", "Items", "max_stock", "K", 70.0),
    ("min_stock", "Items", "min_stock", "L", 300.0),
]


@cache
def _changed_plan() -> Plan:
    """A whole plan of sheets with all of these changes, and a standing decision on the lead time of C."""
    tables = {name: frame.copy() for name, frame in _tables().items()}
    for _, table, column, sku, value in _CHANGES:
        tables[table].loc[tables[table]["sku"] == sku, column] = value
    decided = pd.DataFrame({"sku": ["C"], "field": ["lead_time_days"], "value": ["28"]})
    return plan_of({**tables, "Overrides": decided}, **_SETTINGS)


@pytest.mark.parametrize(("field", "sku", "value"), [(each[0], each[3], each[4]) for each in _CHANGES])
def test_it_is_what_a_whole_plan_with_that_input_gives(field: str, sku: str, value: float) -> None:
    changed, planned = row(_changed_plan(), sku), row(_plan(), sku)
    found = _asked(sku, field, value)
    for name in RESULTS:
        np.testing.assert_allclose(found[name].iloc[0], changed[name], atol=2e-6, rtol=1e-9, err_msg=name)
    assert any(abs(changed[name] - planned[name]) > 1e-3 or np.isnan(planned[name]) for name in RESULTS), (
        "the change must show"
    )


def test_a_standing_decision_on_the_lead_time_gives_nearly_the_same_stock() -> None:
    # the whole plan judges its methods over another interval, so it need not agree to the last unit
    changed, found = row(_changed_plan(), "C"), _asked("C", "lead_time_days", 28.0).iloc[0]
    assert found["lead_time_days"] == changed["lead_time_days"] == 28.0
    assert found["reorder_point"] == pytest.approx(changed["reorder_point"], rel=0.2, abs=1.0)


@pytest.mark.parametrize("sku", ["A", "B", "C", "D"])
def test_what_asks_for_more_stock_never_lowers_the_reorder_point(sku: str) -> None:
    for field, values in {
        "service_level": np.linspace(0.5, 0.999, 9),
        "lead_time_days": np.linspace(0.0, 90.0, 9),
        "review_period_days": np.linspace(0.0, 56.0, 9),
        "demand_factor": np.linspace(0.0, 5.0, 9),
        "min_stock": np.linspace(0.0, 900.0, 9),
    }.items():
        points = _asked(sku, field, *values)["reorder_point"].to_numpy()
        assert (np.diff(points) >= -1e-9).all(), field


@pytest.mark.parametrize("sku", ["A", "B", "C"])
def test_more_stock_never_raises_the_order_or_the_risk(sku: str) -> None:
    found = _asked(sku, "on_hand", *np.linspace(0.0, 400.0, 21))
    assert (np.diff(found["order_quantity"]) <= 0).all()
    assert (np.diff(found["stockout_risk"]) <= 1e-12).all()
    assert (np.diff(found["inventory_position"]) > 0).all()


def test_demand_scales_with_its_factor() -> None:
    found = _asked("A", "demand_factor", 1.0, 2.0, 0.0)
    ratio = found["demand_per_period"] / found["demand_per_period"].iloc[0]
    np.testing.assert_allclose(ratio, [1.0, 2.0, 0.0], rtol=1e-9)
    assert found["order_quantity"].iloc[2] == 0.0


def test_more_on_order_of_listed_lines_comes_on_the_same_dates() -> None:
    # 6 of the 10 units on order come within the lead time, so 60 of 100
    found = _asked("L", "on_order", 10.0, 100.0)
    assert found["inventory_position"].diff().iloc[1] == 90.0
    assert 0 < found["stockout_risk"].iloc[0] < 0.1
    assert found["stockout_risk"].iloc[1] < found["stockout_risk"].iloc[0] / 10


def test_a_longer_lead_time_is_covered_by_as_much_demand() -> None:
    days = np.array([7.0, 28.0, 56.0])
    found = _asked("L", "lead_time_days", *days)
    np.testing.assert_allclose(found["protection_periods"], days / 7 + 1)
    # the chance of whole units between the points of a grid costs a little of the mean
    np.testing.assert_allclose(
        found["forecast_protection"], found["demand_per_period"] * found["protection_periods"], rtol=0.02
    )
    assert (np.diff(found["stockout_risk"]) > 0.05).all()


def test_twice_the_demand_lasts_half_as_long() -> None:
    found = _asked("L", "demand_factor", 1.0, 2.0)
    assert found["days_of_cover"].iloc[1] == pytest.approx(found["days_of_cover"].iloc[0] / 2, rel=0.1)
    assert found["stockout_risk"].iloc[1] > found["stockout_risk"].iloc[0]


def test_the_plan_itself_is_left_as_it_was() -> None:
    before = _stages().terms.frame.copy(), _stages().lead_times.atoms.copy(), _stages().forecast.law.path.copy()
    for field, (low, _) in LIMITS.items():
        _asked("A", field, max(low, 0.5))
    pd.testing.assert_frame_equal(before[0], _stages().terms.frame)
    np.testing.assert_array_equal(before[1], _stages().lead_times.atoms)
    np.testing.assert_array_equal(before[2], _stages().forecast.law.path)


def test_a_plan_keeps_the_stages_that_it_was_made_from() -> None:
    planned, stages = _plan().recommendations, _stages()
    assert planned["sku"].tolist() == stages.history.series["sku"].tolist()
    np.testing.assert_allclose(planned["reorder_point"], stages.policy.frame["reorder_point"], atol=1e-6)
    np.testing.assert_array_equal(planned["order_quantity"], stages.orders.frame["order_quantity"])


def test_stages_know_the_targets_of_all_items_together_and_the_limits_that_orders_share() -> None:
    suppliers = pd.DataFrame({"supplier": ["Acme"], "lead_time_days": [14.0], "min_order_value": [9000.0]})
    tables = {**_tables(), "Suppliers": suppliers}
    plan = plan_of(tables, **_SETTINGS, service_aim="value", service_level=0.9)
    stages = _behind(plan)
    assert len(set(plan.recommendations["service_target"])) > 1
    np.testing.assert_allclose(plan.recommendations["service_target"], stages.terms.frame["service_level"], atol=1e-6)
    np.testing.assert_allclose(plan.recommendations["reorder_point"], stages.policy.frame["reorder_point"], atol=1e-6)
    assert (plan.recommendations["order_quantity"] != _plan().recommendations["order_quantity"]).any()
    np.testing.assert_array_equal(plan.recommendations["order_quantity"], stages.orders.frame["order_quantity"])
