"""Scenarios: against the what-if of one item, against whole plans of changed sheets, and side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invopt_xl.core.scenarios.inputs import NUMBER_LIMITS
from invopt_xl.core.scenarios.replan import current_value, replan_rows
from invopt_xl.core.scenarios.scenarios import CURRENT, MEASURES, TOTAL_COLUMNS, figures, scenarios
from invopt_xl.core.whatif import LIMITS, RESULTS, what_if
from invopt_xl.errors import SettingError
from tests.core.scenarios.plans import SETTINGS, asked, at, plan, stages, tables
from tests.small_world import plan_of

#: Another value of each input that a what-if of one item knows.
_OTHER = {
    "on_hand": 3.0,
    "on_order": 80.0,
    "reserved": 2.0,
    "backorders": 4.0,
    "service_level": 0.99,
    "review_period_days": 14.0,
    "unit_cost": 5.0,
    "order_cost": 100.0,
    "holding_rate": 0.4,
    "moq": 500.0,
    "pack_size": 7.0,
    "min_stock": 50.0,
    "max_stock": 90.0,
    "lead_time_days": 30.0,
    "demand_factor": 1.2,
}


def _made(*rows: tuple[object, ...]) -> dict[str, pd.DataFrame]:
    made = scenarios(stages(), asked(*rows), settings=plan().settings)
    return {each.name: made.table(each.name) for each in made.scenarios} | {CURRENT: made.table(CURRENT)}


@pytest.mark.parametrize("field", list(LIMITS))
def test_a_scenario_of_all_items_is_the_what_if_of_each_item(field: str) -> None:
    table = _made(("s", "all", field, _OTHER[field]))["s"]
    for sku in "ABCDH":
        alone = what_if(
            stages(), row=at(sku), field=field, values=np.array([_OTHER[field]]), settings=plan().settings
        ).iloc[0]
        for measure in [name for name in MEASURES if name in RESULTS]:
            assert table[measure].iloc[at(sku)] == pytest.approx(alone[measure], rel=1e-7, abs=1e-7, nan_ok=True), (
                sku,
                measure,
            )


@pytest.mark.parametrize("field", list(NUMBER_LIMITS))
def test_times_one_changes_nothing(field: str) -> None:
    made = scenarios(stages(), asked(("s", "all", field, "x1")), settings=plan().settings)
    assert not made.scenarios[0].changed.any()
    assert made.items().empty


@pytest.mark.parametrize(
    ("field", "value", "sheet", "column", "cell"),
    [
        ("service", 0.99, "Items", "service_level", 0.99),
        ("moq", 100, "Items", "moq", 100.0),
        ("cost", 5, "Items", "unit_cost", 5.0),
        ("max_stock", 60, "Items", "max_stock", 60.0),
        ("on_hand", 3, "Stock", "on_hand", 3.0),
        ("review", 14, "Suppliers", "review_period_days", 14.0),
    ],
)
def test_a_scenario_is_the_plan_of_the_changed_sheet(
    field: str, value: object, sheet: str, column: str, cell: float
) -> None:
    """Expected demand may follow the interval that methods are judged on; with another review period it may move a little."""
    changed = tables()[sheet].assign(**{column: cell})
    whole = plan_of({**tables(), sheet: changed}, **SETTINGS).recommendations
    table = _made(("s", "all", field, value))["s"]
    near = 0.05 if field == "review" else 1e-6
    for measure in ("reorder_point", "order_up_to", "order_quantity"):
        scale = np.maximum(whole[measure].to_numpy(), 20.0)
        assert (np.abs(table[measure] - whole[measure]) <= near * scale + 1e-5).all(), measure


def test_a_disrupted_supplier_is_planned_as_if_its_sheet_said_so() -> None:
    suppliers = tables()["Suppliers"].assign(disrupted_until=pd.to_datetime([pd.NaT, "2026-12-20", pd.NaT]))
    whole = plan_of({**tables(), "Suppliers": suppliers}, **SETTINGS).recommendations
    table = _made(("s", "Bolt", "disrupted", "2026-12-20"))["s"]
    theirs = (whole["supplier"] == "Bolt").to_numpy()
    assert np.allclose(table["lead_time_days"], whole["lead_time_days"])
    assert np.allclose(table["reorder_point"][theirs], whole["reorder_point"][theirs], rtol=0.05, atol=1.0)


def test_open_orders_of_a_disrupted_supplier_come_when_it_is_back() -> None:
    made = scenarios(stages(), asked(("s", "Acme", "disrupted", "2027-03-01")), settings=plan().settings)
    lines = made.scenarios[0].replanned.stages.terms.open_orders
    assert len(lines) == 2
    assert (lines["due_date"] == pd.Timestamp("2027-03-01")).all()


def test_items_that_no_change_is_for_keep_their_figures() -> None:
    tables_of = _made(("s", "sku=A", "demand", "x2"))
    differs = (tables_of["s"]["order_quantity"] != tables_of[CURRENT]["order_quantity"]) & tables_of["s"][
        "order_quantity"
    ].notna()
    assert tables_of["s"]["sku"][differs].tolist() == ["A"]


def test_changes_of_one_scenario_are_applied_in_order() -> None:
    both = _made(("s", "all", "moq", 10), ("s", "sku=A", "moq", "x3"), ("t", "all", "moq", 10))
    made = scenarios(stages(), asked(("s", "all", "moq", 10), ("s", "sku=A", "moq", "x3")), settings=plan().settings)
    frame = made.scenarios[0].replanned.stages.terms.frame
    assert frame["moq"].iloc[at("A")] == 30
    assert frame["moq"].iloc[at("B")] == 10
    assert both["s"].iloc[at("B")].equals(both["t"].iloc[at("B")])


def test_scenarios_do_not_touch_the_plan() -> None:
    before = {name: value.copy() for name, value in figures(stages()).items()}
    _made(("s", "all", "demand", "x2"), ("t", "all", "disrupted", "2027-01-01"), ("u", "all", "on_order", 3))
    after = figures(stages())
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in MEASURES)


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.7])
def test_scaled_demand_has_the_distribution_of_the_scaled_law(factor: float) -> None:
    """Continuous demand is scaled on its grid; the slow way works the mixture out anew."""
    made = scenarios(stages(), asked(("s", "all", "demand", factor)), settings=plan().settings)
    found = made.scenarios[0].replanned.stages
    lead = found.lead_times.atoms / found.history.days_per_period
    review = found.terms.frame["review_period_days"].to_numpy()[:, None] / found.history.days_per_period
    slow = found.forecast.law.over(lead + review)
    assert not found.forecast.law.whole.all()
    for chance in (0.5, 0.95, 0.99):
        assert np.allclose(found.forecast.protection.quantile(chance), slow.quantile(chance), rtol=1e-6, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(low=st.floats(0.5, 0.97), more=st.floats(0.001, 0.02))
def test_more_service_never_lowers_a_level(low: float, more: float) -> None:
    values = np.array([low, low + more])
    for sku in "ACD":
        found = replan_rows(
            stages(), rows=np.full(2, at(sku)), values={"service_level": values}, settings=plan().settings
        )
        point = found.stages.policy.frame["reorder_point"].to_numpy()
        assert point[1] >= point[0]


def test_rows_with_their_own_values_are_what_the_what_if_of_one_item_needs() -> None:
    values = np.array([0.9, np.nan, 0.99])
    found = replan_rows(stages(), rows=np.full(3, at("A")), values={"service_level": values}, settings=plan().settings)
    usual = current_value(stages(), "service_level")[at("A")]
    alone = what_if(
        stages(), row=at("A"), field="service_level", values=np.array([0.9, usual, 0.99]), settings=plan().settings
    )
    assert np.allclose(found.stages.policy.frame["reorder_point"], alone["reorder_point"])


def test_totals_add_up_and_are_those_of_the_dashboard() -> None:
    made = scenarios(stages(), asked(("s", "all", "demand", "x1.5")), settings=plan().settings)
    totals, table = made.totals.set_index("scenario"), made.table("s")
    assert list(made.totals.columns) == list(TOTAL_COLUMNS)
    summary = plan().summary
    assert totals.loc[CURRENT, "order_value"] == pytest.approx(summary["order_value"])
    assert totals.loc[CURRENT, "expected_service"] == pytest.approx(summary["expected_service"], abs=1e-6)
    assert totals.loc[CURRENT, "stock_value"] == pytest.approx(plan().stock_by_class["target_value"].sum(), rel=1e-6)
    assert totals.loc["s", "order_value"] == pytest.approx(table["order_value"].sum())
    assert totals.loc["s", "order_value_change"] == pytest.approx(
        table["order_value"].sum() - made.current["order_value"].sum()
    )
    assert totals.loc["s", "items_changed"] == made.scenarios[0].changed.sum() > 0


def test_only_figures_that_change_have_columns_and_only_items_that_change_have_rows() -> None:
    made = scenarios(
        stages(), asked(("big lots", "sku=A,G", "moq", 900), ("dear", "sku=B", "cost", "x2")), settings=plan().settings
    )
    items = made.items()
    assert sorted(items["sku"]) == ["A", "B", "G"]
    assert f"order_quantity: {CURRENT}" in items
    assert "order_quantity: big lots" in items
    assert "demand_per_period: big lots" not in items
    assert "order_value: dear" in items
    moved = (items["order_value: big lots"] - items[f"order_value: {CURRENT}"]).abs() + (
        items["order_value: dear"] - items[f"order_value: {CURRENT}"]
    ).abs()
    assert moved.is_monotonic_decreasing


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("s", "all", "service", "x1.2"), "must be from"),
        (("s", "nobody", "moq", 1), "no item matches"),
        (("Current", "all", "moq", 1), "cannot be called"),
    ],
)
def test_what_cannot_be_done_is_told(row: tuple[object, ...], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        scenarios(stages(), asked(row), settings=plan().settings)


def test_an_unknown_scenario_is_told() -> None:
    made = scenarios(stages(), asked(("s", "all", "moq", 3)), settings=plan().settings)
    with pytest.raises(SettingError, match="Known: current, s"):
        made.table("t")


def test_what_is_added_to_an_input_gives_the_plan_of_the_sum() -> None:
    """Demand in units per planning period, every item its own sum; unknown stays unknown."""
    own = plan().settings
    stock = stages().terms.frame["on_hand"].to_numpy(dtype=float)
    lead = stages().lead_times.frame["mean_days"].to_numpy(dtype=float)
    for field, value, sums in (("on_hand", "+10", stock + 10), ("lead_time", "-3 days", lead - 3)):
        made = scenarios(stages(), asked(("add", "all", field, value)), settings=own).scenarios[0].figures
        for item in (0, 1, 6):
            one = asked(("set", f"sku={plan().recommendations['sku'].iloc[item]}", field, float(sums[item])))
            single = scenarios(stages(), one, settings=own).scenarios[0].figures
            assert made["order_quantity"][item] == pytest.approx(single["order_quantity"][item])
            assert made["reorder_point"][item] == pytest.approx(single["reorder_point"][item])
        # what is not known is not known with 10 more either
        assert np.isnan(made["stockout_risk"]).tolist() == np.isnan(stock).tolist()


def test_demand_is_added_per_planning_period_and_not_to_items_without_any() -> None:
    made = scenarios(stages(), asked(("more", "sku=A,B", "demand", "+4")), settings=plan().settings).scenarios[0]
    before = stages().forecast.demand_per_period
    after = made.figures["demand_per_period"]
    assert after[:2] == pytest.approx(before[:2] + 4)
    assert after[2:].tolist() == before[2:].tolist()


def test_nothing_falls_below_zero() -> None:
    with pytest.raises(SettingError, match=r"demand_factor of C would be -.*; it must be from 0"):
        scenarios(stages(), asked(("less", "all", "demand", "-5 units")), settings=plan().settings)
