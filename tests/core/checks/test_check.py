from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from invopt_xl.core.checks import check
from invopt_xl.core.checks.links import in_circle
from invopt_xl.core.checks.sales_record import break_position
from invopt_xl.core.contracts import INPUT_TABLES
from invopt_xl.core.tables import Tables
from invopt_xl.errors import InputError
from invopt_xl.settings import Settings
from tests.sample_tables import checked, sold, table, tables

#: Two years of steady weekly sales: nothing to say about them.
_CLEAN = sold("A", [10.0, 12, 11, 9] * 26) + sold("B", [5.0, 6, 4, 5] * 26)


def _said(word, as_of=None, settings=None, **rows):
    """Return the findings that contain a word."""
    return [each for each in checked(as_of, settings, **({"Sales": _CLEAN} | rows)).findings if word in str(each)]


def test_clean_sales_alone_raise_nothing():
    assert checked(Sales=_CLEAN).findings == ()


def test_every_table_and_column_is_there_in_its_type():
    good = checked(Sales=_CLEAN)
    dtypes = {"text": "str", "number": "float64", "date": "datetime64[s]", "flag": "bool"}
    for each in INPUT_TABLES:
        frame = good.frames[each.name]
        assert list(frame.columns) == [*each.names, "source_sheet", "source_row"]
        assert {field.name: str(frame[field.name].dtype) for field in each.fields} == {
            f.name: dtypes[f.kind] for f in each.fields
        }


def test_texts_are_stripped_and_leading_zeros_kept():
    good = checked(Sales=_CLEAN, Items=[{"sku": " 007 ", "category": "  "}])
    assert good.frames["Items"]["sku"].tolist() == ["007"]
    assert good.frames["Items"]["category"].isna().all()


def test_input_frames_are_not_changed():
    given = table("Sales", _CLEAN)
    before = given.copy()
    check(Tables({"Sales": given}), settings=Settings())
    pd.testing.assert_frame_equal(given, before)


def test_no_sales_table_says_what_to_do():
    with pytest.raises(InputError, match="Add a sheet Sales with the columns date, sku and quantity"):
        check(Tables({}), settings=Settings())


def test_no_usable_sales_row_says_why():
    rows = [{"date": None, "sku": "A", "quantity": 3}]
    with pytest.raises(InputError, match=r"None of the 1 rows of Sales can be used\. .*without date"):
        checked(Sales=rows)


def test_bad_rows_are_kept_out_singly_in_one_finding_per_kind():
    rows = [dict(row) for row in _CLEAN]
    for n in (3, 5, 7, 11):
        rows[n]["quantity"] = None
    rows[20]["date"] = None
    good = checked(Sales=rows)
    assert len(good.frames["Sales"]) == len(rows) - 5
    errors = [each for each in good.findings if each.severity == "error"]
    assert [(each.rows_kept_out, each.place) for each in errors] == [
        (1, "Sheet Sales, row 22, column date"),
        (4, "Sheet Sales, rows 5, 7, 9 and 1 more, column quantity"),
    ]


def test_one_bad_sku_keeps_out_that_sku_only():
    good = checked(Sales=[*_CLEAN, {"date": "2024-02-05", "sku": "BAD", "quantity": None}])
    assert set(good.frames["Sales"]["sku"]) == {"A", "B"}
    assert any("1 sku without a usable sales row: 'BAD'" in str(each) for each in good.findings)


def test_as_of_is_the_end_of_the_last_recorded_week():
    assert checked(Sales=_CLEAN).as_of == pd.Timestamp("2025-12-28")


def test_sales_after_the_day_of_the_plan_are_kept_out():
    good = checked("2025-12-01", Sales=_CLEAN)
    assert good.frames["Sales"]["date"].max() <= pd.Timestamp("2025-12-01")
    assert [each.rows_kept_out for each in good.findings if "dated after" in each.text] == [6]


@pytest.mark.parametrize("year", [1900, 2062])
def test_absurd_years_are_kept_out_and_do_not_move_the_day(year):
    rows = [*_CLEAN, {"date": f"{year}-03-01", "sku": "A", "quantity": 3}]
    good = checked(Sales=rows)
    assert good.as_of == pd.Timestamp("2025-12-28")
    assert any("far from all other dates" in each.text and each.rows_kept_out == 1 for each in good.findings)


def test_impossible_optional_numbers_are_emptied_and_the_row_stays():
    good = checked(
        Sales=_CLEAN, Items=[{"sku": "A", "unit_cost": -5, "moq": np.inf}, {"sku": "B", "shelf_life_days": 0}]
    )
    assert (
        good.frames["Items"][["unit_cost", "moq", "shelf_life_days"]].isna().all(axis=None)
        or good.frames["Items"]["unit_cost"].isna()[0]
    )
    assert len(good.frames["Items"]) == 2
    assert len([each for each in good.findings if "taken as empty" in each.text]) == 2


def test_negative_and_absurd_lead_times_are_kept_out():
    rows = [
        {"sku": "A", "order_date": "2024-03-01", "receipt_date": day}
        for day in ("2024-02-01", "2024-03-20", "2029-03-20")
    ]
    good = checked(Sales=_CLEAN, LeadTimes=rows)
    assert len(good.frames["LeadTimes"]) == 1
    assert sum(each.rows_kept_out for each in good.findings if each.table == "LeadTimes") == 2


def test_receipts_after_a_given_day_are_not_known_on_it():
    rows = [{"sku": "A", "order_date": "2025-03-01", "receipt_date": day} for day in ("2025-03-20", "2025-11-20")]
    good = checked("2025-06-01", Sales=_CLEAN, LeadTimes=rows)
    assert len(good.frames["LeadTimes"]) == 1
    assert len(checked(Sales=_CLEAN, LeadTimes=rows).frames["LeadTimes"]) == 2


def test_a_receipt_needs_a_sku_or_a_supplier():
    rows = [{"sku": None, "supplier": None, "order_date": "2024-03-01", "receipt_date": "2024-03-09"}]
    assert [each.rows_kept_out for each in _said("sku or supplier", LeadTimes=rows)] == [1]


def test_an_open_order_without_due_date_still_counts():
    good = checked(Sales=_CLEAN, OpenOrders=[{"sku": "A", "quantity": 5, "due_date": None}])
    assert len(good.frames["OpenOrders"]) == 1
    assert any("no due date" in each.text for each in good.findings)


def test_status_words_of_other_systems_are_understood_and_unknown_ones_said():
    good = checked(Sales=_CLEAN, Items=[{"sku": "A", "status": "Discontinued"}, {"sku": "B", "status": "purple"}])
    assert good.frames["Items"]["status"].tolist() == ["ending", "active"]
    assert any("'purple'" in each.text for each in good.findings)


def test_missing_values_beyond_the_limit_are_said_and_columns_not_given_are_not():
    items = [{"sku": "A", "unit_cost": 3.0}, {"sku": "B", "unit_cost": None}]
    assert len(_said("have no unit_cost", Items=items)) == 1
    assert _said("have no unit_price", Items=items) == []
    assert _said("have no unit_cost", settings=Settings(missing_share_limit=0.6), Items=items) == []


def test_a_short_history_is_said():
    assert len(_said("Sales go back 4.6 months", Sales=sold("A", [1.0, 2] * 10))) == 1


def test_identical_rows_are_said_and_all_counted():
    good = checked(Sales=[*_CLEAN, _CLEAN[0], _CLEAN[1]])
    assert len(good.frames["Sales"]) == len(_CLEAN) + 2
    assert any("2 rows identical to a row above (22 units)" in each.text for each in good.findings)


def test_returns_are_told_with_totals():
    found = _said("negative quantity", Sales=[*_CLEAN, {"date": "2024-02-05", "sku": "A", "quantity": -7}])
    assert "7 units" in found[0].text
    assert found[0].severity == "info"


def test_unknown_names_are_one_finding_per_column():
    found = _said(
        "unknown in",
        Items=[{"sku": "A", "supplier": "Acme"}, {"sku": "C", "supplier": "Zeta"}],
        Suppliers=[{"supplier": "Acme"}],
    )
    assert [(each.table, each.text.split(";")[0]) for each in found] == [
        ("Sales", "1 sku unknown in Items: 'B'"),
        ("Items", "1 supplier unknown in Suppliers: 'Zeta'"),
    ]


def test_a_lane_to_an_unknown_location_is_said():
    found = _said(
        "unknown in Locations",
        Locations=[{"location": "MAIN"}],
        Lanes=[{"from_location": "MAIN", "to_location": "Mars"}],
    )
    assert [each.table for each in found] == ["Lanes"]


def test_circles_of_parents_and_successors_are_cut():
    good = checked(
        Sales=_CLEAN,
        Locations=[
            {"location": "X", "parent": "Y"},
            {"location": "Y", "parent": "X"},
            {"location": "MAIN", "parent": "X"},
        ],
        Items=[{"sku": "A", "successor_sku": "B"}, {"sku": "B", "successor_sku": "A"}],
    )
    assert good.frames["Locations"]["parent"].fillna("").tolist() == ["", "", "X"]
    assert good.frames["Items"]["successor_sku"].isna().all()
    assert len([each for each in good.findings if "leads back to itself" in each.text]) == 2


def test_a_name_that_follows_itself_is_a_circle():
    assert in_circle(pd.Series(["a", "b"]), pd.Series(["a", "a"])).tolist() == [True, False]


def test_an_item_in_two_categories_is_said_by_column():
    found = _said(
        "another category",
        Items=[{"sku": "A", "category": "Tea"}, {"sku": "A", "category": "Coffee"}, {"sku": "B", "category": "Tea"}],
    )
    assert [each.place for each in found] == ["Sheet Items, row 3, column category"]


@pytest.mark.parametrize(
    ("item", "word"),
    [
        ({"moq": 30, "pack_size": 12}, "no multiple of pack_size"),
        ({"unit_price": 3, "unit_cost": 4}, "below unit_cost"),
        ({"min_stock": 30, "max_stock": 12}, "above max_stock"),
        ({"service_level": 100}, "service_level of 100"),
    ],
)
def test_values_of_an_item_that_contradict_each_other_are_said(item, word):
    assert len(_said(word, Items=[{"sku": "A"} | item, {"sku": "B"}])) == 1


def test_a_tenth_of_a_pack_is_no_contradiction():
    assert _said("no multiple", Items=[{"sku": "A", "moq": 0.3, "pack_size": 0.1}, {"sku": "B"}]) == []


def test_weeks_without_any_sale_are_a_gap():
    rows = [row for row in _CLEAN if str(row["date"])[:10] not in ("2024-04-01", "2024-04-08")]
    found = _said("No sales at all", Sales=rows)
    assert "2 weeks (starting 2024-04-01, 2024-04-08)" in found[0].text


def test_sales_recorded_by_quarter_are_said():
    found = _said("recorded by quarter", Sales=sold("A", [30.0] * 10, step="QS"))
    assert len(found) == 1


def test_an_empty_value_on_the_settings_sheet_is_no_setting():
    good = checked(Sales=_CLEAN, **{"Settings": [{"setting": "service_level", "value": None}]})
    assert good.findings == ()
    assert len(good.frames["Settings"]) == 0


def test_a_long_gap_of_one_series_is_said():
    rows = [row for row in _CLEAN if not (row["sku"] == "A" and "2024-04-01" <= str(row["date"])[:10] <= "2024-09-01")]
    assert len(_said("1 sku-locations have a long gap", Sales=rows)) == 1


def test_a_change_of_unit_is_seen():
    rows = sold("A", [10.0, 12, 11, 9] * 13 + [120.0, 144, 132, 108] * 13) + sold("B", [5.0, 6, 4, 5] * 26)
    found = _said("unit of measure", Sales=rows)
    assert "A on 2024-12-30" in found[0].text


@pytest.mark.parametrize("power", [3.0, 4.7])
def test_growth_is_no_change_of_unit(power):
    growth = (5 * np.exp(np.linspace(0, power, 104))).round().tolist()
    assert _said("unit of measure", Sales=sold("A", growth)) == []


def test_a_jump_with_unchanged_prices_is_no_change_of_unit():
    rows = sold("A", [10.0, 12, 11, 9] * 13 + [120.0, 144, 132, 108] * 13, price=4.0)
    assert _said("unit of measure", Sales=rows) == []


def test_a_break_is_found_at_its_first_period():
    random = np.random.default_rng(2)
    quantity = random.uniform(8, 12, 40)
    quantity[17:] *= 24
    assert break_position(quantity) == 17


def test_zero_sales_without_stock_are_told_as_hidden():
    rows = [dict(row, on_hand=5.0) for row in _CLEAN]
    rows[4] |= {"quantity": 0.0, "on_hand": 0.0}
    assert len(_said("zero demand while out of stock", Sales=rows)) == 1


def test_negative_stock_is_said():
    assert len(_said("negative stock", Stock=[{"sku": "A", "on_hand": -3}])) == 1


def test_stock_that_falls_by_more_than_sales_is_said():
    rows, on_hand = [], 500.0
    for n, row in enumerate(sold("A", [10.0, 12, 11, 9] * 26)):
        on_hand = on_hand - row["quantity"] + (300 if on_hand < 100 else 0) - (40 if n == 50 else 0)
        rows.append(row | {"on_hand": on_hand})
    found = _said("more stock is gone than was sold", Sales=rows)
    assert "40 units in all" in found[0].text
    assert _said("more stock is gone", Sales=[row for n, row in enumerate(rows) if n < 50]) == []


def test_a_stock_sheet_far_from_the_record_is_said():
    rows = [dict(row, on_hand=50.0) for row in _CLEAN]
    assert (
        len(
            _said(
                "far from the last stock",
                Sales=rows,
                Stock=[{"sku": "A", "on_hand": 5000}, {"sku": "B", "on_hand": 48}],
            )
        )
        == 1
    )


def test_thousands_of_bad_cells_are_one_finding():
    rows = sold("A", [1.0] * 3000, step="D", price=-1.0)
    found = [each for each in checked(Sales=rows).findings if "price" in each.text]
    assert len(found) == 1
    assert "rows 2, 3, 4 and 2997 more" in found[0].place


def test_findings_of_reading_come_first():
    given = tables(Sales=_CLEAN)
    from invopt_xl.core.findings import Finding

    first = Finding("warning", "Sales", "", "could not be read", "Look.")
    assert check(Tables(given.frames, findings=(first,)), settings=Settings()).findings[0] == first
