from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.sample_tables import sold, staged

_SALES = sold("A", [10.0] * 20) + sold("B", [1.0] * 20)


def _terms(**rows):
    past, _, terms, _ = staged(Sales=_SALES, **rows)
    return terms.frame.assign(sku=past.series["sku"]).set_index("sku"), terms


def test_without_any_table_but_sales_everything_is_the_default():
    frame, terms = _terms()
    row = frame.loc["A"]
    assert row["supplier"] == ""
    assert np.isnan(row["unit_cost"])
    assert np.isnan(row["on_hand"])
    assert (row["moq"], row["pack_size"], row["on_order"]) == (0, 0, 0)
    assert not row["blocked"]
    assert terms.findings == ()
    assert len(terms.open_orders) == 0


def test_the_best_source_is_that_of_first_priority_then_of_least_cost():
    sources = [
        {"sku": "A", "supplier": "Two", "priority": 2, "unit_cost": 1},
        {"sku": "A", "supplier": "One", "priority": 1, "unit_cost": 3, "moq": 24, "pack_size": 12},
        {"sku": "B", "supplier": "Dear", "unit_cost": 5},
        {"sku": "B", "supplier": "Cheap", "unit_cost": 4},
    ]
    frame, _ = _terms(Sources=sources, Items=[{"sku": "A", "unit_cost": 9, "moq": 5}])
    assert frame["supplier"].to_dict() == {"A": "One", "B": "Cheap"}
    assert frame["unit_cost"].to_dict() == {"A": 3, "B": 4}
    assert frame["moq"].to_dict() == {"A": 24, "B": 0}
    assert frame["unit_cost_from"]["A"] == "source One"


@pytest.mark.parametrize("trouble", [{"status": "blocked"}, {"disrupted_until": "2030-01-01"}])
def test_a_supplier_that_cannot_deliver_is_passed_over(trouble):
    sources = [{"sku": "A", "supplier": "One", "priority": 1}, {"sku": "A", "supplier": "Two", "priority": 2}]
    frame, _ = _terms(Sources=sources, Suppliers=[{"supplier": "One"} | trouble])
    assert frame["supplier"]["A"] == "Two"
    assert frame["supplier_from"]["A"] == "source, instead of One"
    assert not frame["blocked"]["A"]


def test_a_disruption_that_is_over_changes_nothing():
    sources = [{"sku": "A", "supplier": "One", "priority": 1}, {"sku": "A", "supplier": "Two", "priority": 2}]
    frame, _ = _terms(Sources=sources, Suppliers=[{"supplier": "One", "disrupted_until": "2024-01-05"}])
    assert frame["supplier"]["A"] == "One"


def test_the_only_supplier_blocked_blocks_the_item():
    frame, _ = _terms(Items=[{"sku": "A", "supplier": "One"}], Suppliers=[{"supplier": "One", "status": "blocked"}])
    assert frame["blocked"].to_dict() == {"A": True, "B": False}


@pytest.mark.parametrize("status", ["blocked", "ending"])
def test_items_not_to_be_ordered_are_blocked(status):
    frame, _ = _terms(Items=[{"sku": "A", "status": status}])
    assert frame["blocked"].to_dict() == {"A": True, "B": False}


def test_a_source_for_one_location_does_not_serve_another():
    past, _, terms, _ = staged(
        Sales=sold("A", [1.0] * 9, location="X") + sold("A", [1.0] * 9, location="Y"),
        Sources=[{"sku": "A", "supplier": "Near", "location": "X"}, {"sku": "A", "supplier": "All", "priority": 2}],
    )
    assert past.series["location"].tolist() == ["X", "Y"]
    assert terms.frame["supplier"].tolist() == ["All", "All"]
    past, _, terms, _ = staged(
        Sales=sold("A", [1.0] * 9, location="X") + sold("A", [1.0] * 9, location="Y"),
        Sources=[{"sku": "A", "supplier": "Near", "location": "X"}, {"sku": "A", "supplier": "All"}],
    )
    assert terms.frame["supplier"].tolist() == ["Near", "All"]


def test_the_suppliers_own_calendar_and_cost_win_over_rules():
    frame, _ = _terms(
        Items=[{"sku": "A", "supplier": "One"}],
        Suppliers=[{"supplier": "One", "review_period_days": 14, "order_cost": 30}],
        Settings=[{"setting": "review_period_days", "value": "3", "scope": "location=MAIN"}],
    )
    assert frame["review_period_days"].to_dict() == {"A": 14, "B": 3}
    assert frame["review_period_days_from"].to_dict() == {"A": "supplier One", "B": "rule location=MAIN"}
    assert frame["order_cost"].to_dict() == {"A": 30, "B": 0}


def test_open_orders_win_over_the_stock_sheet_and_count_once():
    frame, terms = _terms(
        Stock=[{"sku": "A", "on_hand": 5, "on_order": 99}, {"sku": "B", "on_hand": 7, "on_order": 8}],
        OpenOrders=[
            {"sku": "A", "quantity": 10, "due_date": "2024-06-01"},
            {"sku": "A", "quantity": 20, "due_date": None},
        ],
    )
    assert frame["on_order"].to_dict() == {"A": 30, "B": 8}
    assert terms.open_orders["series"].tolist() == [0, 0]
    assert terms.open_orders["due_date"].notna().all()


def test_stock_rows_of_one_item_are_added_up():
    frame, _ = _terms(Stock=[{"sku": "A", "on_hand": 5}, {"sku": "A", "on_hand": 6, "reserved": 2}])
    assert frame["on_hand"]["A"] == 11
    assert frame["reserved"]["A"] == 2
    assert np.isnan(frame["on_hand"]["B"])


def test_standing_decisions_hold_until_their_last_day():
    # the last day with known sales is 2024-05-19, a Sunday
    frame, terms = _terms(
        Overrides=[
            {
                "sku": "A",
                "field": "Safety Stock",
                "value": "40,5",
                "until": "2024-05-19",
                "author": "Anna",
                "reason": "trial",
            },
            {"sku": "A", "field": "reorder_point", "value": "70", "until": "2024-05-18"},
            {"sku": "B", "field": "service_level", "value": "99"},
            {"sku": "B", "field": "moq", "value": "24"},
            {"sku": "B", "field": "supplier", "value": "Acme"},
        ]
    )
    assert frame["override_safety_stock"]["A"] == 40.5
    assert np.isnan(frame["override_reorder_point"]["A"])
    assert frame["override_note"]["A"] == "safety_stock 40,5 (Anna, trial, until 2024-05-19)"
    assert frame["service_level"]["B"] == 0.99
    assert frame["service_level_from"]["B"] == "override"
    assert frame["moq"]["B"] == 24
    assert (frame["supplier"]["B"], frame["supplier_from"]["B"]) == ("Acme", "override")
    assert terms.findings == ()


def test_a_decision_for_one_location_wins_over_one_for_all():
    _, _, terms, _ = staged(
        Sales=sold("A", [1.0] * 9, location="X") + sold("A", [1.0] * 9, location="Y"),
        Overrides=[
            {"sku": "A", "field": "safety_stock", "value": "5", "location": "X"},
            {"sku": "A", "field": "safety_stock", "value": "9", "location": None},
        ],
    )
    assert terms.frame["override_safety_stock"].tolist() == [5, 9]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("safty_stock", "5", "Did you mean 'safety_stock'"),
        ("moq", "many", "expected a number"),
        ("moq", "-3", "at least 0"),
    ],
)
def test_a_decision_that_cannot_be_read_is_a_finding(field, value, said):
    _, terms = _terms(Overrides=[{"sku": "A", "field": field, "value": value}])
    assert len(terms.findings) == 1
    assert terms.findings[0].severity == "error"
    assert said in terms.findings[0].text


@pytest.mark.parametrize("level", [0.0, 100.0, 1.0])
def test_a_service_level_that_is_no_chance_gives_way_to_the_rule(level):
    frame, _ = _terms(Items=[{"sku": "A", "service_level": level}])
    assert frame["service_level"]["A"] == 0.95
    assert frame["service_level_from"]["A"] == "default"


def test_holding_rate_of_a_location_wins():
    frame, _ = _terms(Locations=[{"location": "MAIN", "holding_rate": 0.3}])
    assert frame["holding_rate"].tolist() == [0.3, 0.3]


def test_replaced_items_are_not_ordered():
    frame, _ = _terms(Items=[{"sku": "A", "successor_sku": "B"}])
    assert frame["blocked"].to_dict() == {"A": True, "B": False}


def test_disruption_dates_reach_the_terms():
    frame, _ = _terms(
        Items=[{"sku": "A", "supplier": "One"}], Suppliers=[{"supplier": "One", "disrupted_until": "2024-07-01"}]
    )
    assert frame["disrupted_until"]["A"] == pd.Timestamp("2024-07-01")
    assert pd.isna(frame["disrupted_until"]["B"])


def _lines(*rows, until="2030-01-01", **more):
    suppliers = [{"supplier": "One", "disrupted_until": until}, {"supplier": "Two"}]
    _, terms = _terms(OpenOrders=list(rows), Suppliers=suppliers, Items=[{"sku": "A", "supplier": "One"}], **more)
    return terms


def test_open_lines_of_a_disrupted_supplier_count_from_the_day_it_delivers_again():
    rows = [
        {"sku": "A", "quantity": 10, "due_date": "2024-07-01", "supplier": "One"},
        {"sku": "A", "quantity": 5, "due_date": "2024-07-02", "supplier": "Two"},
        {"sku": "A", "quantity": 3, "due_date": "2031-01-01", "supplier": "One"},
        {"sku": "A", "quantity": 2, "due_date": "2024-07-03"},
        {"sku": "A", "quantity": 1, "supplier": "One"},
        {"sku": "B", "quantity": 7, "due_date": "2024-07-04"},
    ]
    terms = _lines(*rows)
    due = terms.open_orders["due_date"].dt.strftime("%Y-%m-%d").tolist()
    # a line without a supplier is one of the item's own; one without a date is due now
    assert due == ["2030-01-01", "2024-07-02", "2031-01-01", "2030-01-01", "2030-01-01", "2024-07-04"]
    assert terms.open_orders["agreed_date"].dt.year.tolist()[:2] == [2024, 2024]
    assert terms.frame["on_order"].tolist() == [21, 7]
    (said,) = [each for each in terms.findings if each.table == "OpenOrders"]
    assert said.severity == "warning"
    assert (
        said.text == "One delivers nothing before 2030-01-01: 3 open lines with 13 units, due earlier, count from then."
    )


def test_lines_wait_also_where_the_item_is_bought_elsewhere_meanwhile():
    sources = [{"sku": "A", "supplier": "One", "priority": 1}, {"sku": "A", "supplier": "Two", "priority": 2}]
    terms = _lines({"sku": "A", "quantity": 2, "due_date": "2024-07-03"}, Sources=sources)
    assert terms.frame["supplier"].iloc[0] == "Two"
    assert terms.open_orders["due_date"].dt.year.tolist() == [2030]


def test_a_disruption_that_is_over_delays_no_line():
    terms = _lines({"sku": "A", "quantity": 2, "due_date": "2024-07-03", "supplier": "One"}, until="2024-01-05")
    assert terms.open_orders["due_date"].tolist() == terms.open_orders["agreed_date"].tolist()
    assert terms.findings == ()
