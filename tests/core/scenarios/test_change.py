"""Changes are read from the words of a planner, and found to be for the right items."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.scenarios.change import matching, read_change, read_changes, scope_keys
from invopt_xl.core.scenarios.inputs import FIELDS, field_named, rerun
from invopt_xl.errors import SettingError
from tests.core.scenarios.plans import plan, stages


@pytest.mark.parametrize(
    ("text", "how", "amount"),
    [
        ("x1.2", "times", 1.2),
        ("1,2x", "times", 1.2),
        ("× 0.5", "times", 0.5),
        ("+20%", "times", 1.2),
        ("-20 %", "times", 0.8),
        ("−20%", "times", 0.8),
        (12, "set", 12.0),
        ("12.5", "set", 12.5),
        ("0", "set", 0.0),
    ],
)
def test_values_are_read_as_a_planner_writes_them(text: object, how: str, amount: float) -> None:
    found = read_change("s", "all", "moq", text)
    assert (found.how, found.amount) == (how, pytest.approx(amount, abs=1e-12))


@pytest.mark.parametrize(
    ("field", "value", "amount", "said"),
    [
        ("on_hand", "+10", 10.0, "on_hand 10 units more each"),
        ("on_hand", "-5 units", -5.0, "on_hand 5 units less each"),
        ("on_hand", -5, -5.0, "on_hand 5 units less each"),
        ("moq", "10 more", 10.0, "moq 10 units more each"),
        ("moq", "5 pieces fewer", -5.0, "moq 5 units less each"),
        ("moq", "− 2,5", -2.5, "moq 2.5 units less each"),
        ("lead time", "+10 days", 10.0, "lead_time_days 10 days more each"),
        ("service", "+2 points", 0.02, "service_level 2 points more each"),
        ("service", "+0.5 points", 0.005, "service_level 0.5 points more each"),
        ("service", "-2", -0.02, "service_level 2 points less each"),
        ("service", "+0.02", 0.02, "service_level 2 points more each"),
        ("demand", "+4 units", 4.0, "demand 4 units per period more each"),
        ("budget", "1000 less", -1000.0, "order_budget 1,000 money less"),
    ],
)
def test_signed_numbers_are_added_in_the_unit_of_the_field(field: str, value: object, amount: float, said: str) -> None:
    found = read_change("s", "all", field, value)
    assert (found.how, found.amount) == ("add", pytest.approx(amount, abs=1e-12))
    assert found.in_words() == f"all items: {said}"


def test_a_unit_may_stand_after_a_number_that_is_set() -> None:
    found = read_change("s", "all", "lead time", "12 days")
    assert (found.how, found.amount) == ("set", 12.0)


@pytest.mark.parametrize("value", ["98%", 98, 0.98, "98"])
def test_service_may_be_percent(value: object) -> None:
    assert read_change("s", "all", "service", value).amount == pytest.approx(0.98)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("moqq", 3, "Did you mean 'moq'"),
        ("price", 3, "unit_cost"),
        ("moq", "many", "found 'many'"),
        ("moq", "+3 days", "moq is in units, found '+3 days'"),
        ("lead time", "12 pieces", "lead_time_days is in days"),
        ("moq", "3 + 4", "found '3 + 4'"),
        ("service", 1.0, "service_level"),
        ("disrupted", "soon", "2026-12-31"),
        ("disrupted", "3/4/2026", "2026-12-31"),
        ("moq", float("nan"), "found ''"),
        ("moq", True, "found 'True'"),
    ],
)
def test_what_cannot_be_read_is_told(field: str, value: object, said: str) -> None:
    with pytest.raises(SettingError, match=r"row 3: scenario 's'") as caught:
        read_change("s", "all", field, value, place="row 3")
    assert said in str(caught.value)


def test_a_change_without_a_scenario_is_told() -> None:
    with pytest.raises(SettingError, match="no name"):
        read_change("", "all", "moq", 1)


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(SettingError, match="field"):
        read_changes(pd.DataFrame({"scenario": ["s"], "what": ["all"], "value": [1]}))


def test_a_frame_and_mappings_give_the_same_changes() -> None:
    rows = [{"scenario": "s", "what": "all", "field": "moq", "value": 3.0}]
    assert read_changes(pd.DataFrame(rows)) == read_changes(rows)


@pytest.mark.parametrize(
    ("what", "skus"),
    [
        ("all", "ABCDEFGHIJ"),
        ("sku=A,b", "AB"),
        ("c", "C"),
        ("acme", "ABCDEF"),
        ("supplier=Bolt; sku=G", "G"),
    ],
)
def test_changes_are_for_the_items_named(what: str, skus: str) -> None:
    found = matching(read_change("s", what, "moq", 1), scope_keys(stages()))
    assert "".join(plan().recommendations["sku"][found]) == skus


def test_a_segment_is_matched_as_the_plan_says_it() -> None:
    segment = plan().recommendations["segment"]
    found = matching(read_change("s", segment.iloc[0], "moq", 1), scope_keys(stages()))
    assert np.array_equal(found, (segment == segment.iloc[0]).to_numpy())


def test_a_change_for_no_item_is_told() -> None:
    with pytest.raises(SettingError, match="no item matches 'Akme'"):
        matching(read_change("s", "Akme", "moq", 1), scope_keys(stages()))


@pytest.mark.parametrize("field", FIELDS)
def test_policy_and_orders_always_run_again_and_the_forecast_is_never_fitted(field: str) -> None:
    assert field_named(field) == field
    assert rerun({field}).stages[-2:] == ("policy", "orders")
    assert "not fitted again" in rerun({field}).in_words()
