"""What reading promises, over sheets in memory; the same cells as a workbook and as a folder are in tests/adapters."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.core.intake.grid import Area
from invopt_xl.core.tables import Tables
from invopt_xl.errors import SettingError

HEAD = ["date", "sku", "quantity"]


def read(sheets, settings=None, areas=None) -> Tables:
    return read_tables(MemoryBook(sheets, areas=areas), settings=settings)


def texts(tables: Tables, severity: str) -> list[str]:
    return [str(each) for each in tables.findings if each.severity == severity]


def test_types_of_columns_are_those_of_the_contract() -> None:
    row = [dt.date(2024, 1, 5), 123.0, "3", "yes", "x"]
    frame = read({"Sales": [[*HEAD, "promo", "channel"], row]}).frames["Sales"]
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "date": "datetime64[s]",
        "sku": "str",
        "quantity": "float64",
        "promotion": "boolean",
        "channel": "str",
        "source_sheet": "str",
        "source_row": "int64",
    }
    assert frame.loc[0, "sku"] == "123"
    assert frame.loc[0, "source_row"] == 2


def test_title_rows_stand_above_the_header() -> None:
    rows = [
        ["Our sales", None, None],
        [None, None, None],
        ["exported 2024-01-31", "by", "me"],
        ["Week", "Item No.", "Units sold"],
        ["2024-W05", "007", 4],
    ]
    tables = read({"Verkäufe 2024": rows})
    frame = tables.frames["Sales"]
    assert frame.loc[0, ["sku", "quantity", "source_row"]].tolist() == ["007", 4.0, 5]
    assert tables.recognised["header_row"].unique().tolist() == [4]


def test_a_header_over_two_rows_is_joined() -> None:
    rows = [["Item", "Stock", None], ["No.", "on hand", "on order"], ["A", 5, 7]]
    frame = read({"Inventory": rows}).frames["Stock"]
    assert frame.loc[0, ["sku", "on_hand", "on_order"]].tolist() == ["A", 5.0, 7.0]


@pytest.mark.parametrize(
    "header",
    [
        ["2024-01", "2024-02", "2024-03"],
        ["Jan 2024", "Feb 2024", "Mar 2024"],
        ["M01/2024", "M02/2024", "M03/2024"],
        [dt.date(2024, 1, 1), dt.datetime(2024, 2, 1), pd.Timestamp(2024, 3, 1)],
        ["01/01/2024", "01/02/2024", "01/03/2024"],
        [202401, 202402, 202403],
    ],
)
def test_wide_sales_become_long(header) -> None:
    tables = read({"Sales": [["sku", "description", *header], ["A", "tea", 1, 2, 3], ["B", "salt", None, 5, "6,5"]]})
    frame = tables.frames["Sales"]
    assert frame["sku"].tolist() == ["A", "A", "A", "B", "B"]
    assert frame["quantity"].tolist() == [1, 2, 3, 5, 6.5]
    if header[0] != "01/01/2024":
        assert frame["date"].dt.month.tolist() == [1, 2, 3, 2, 3]
    assert set(tables.recognised["layout"]) == {"wide"}


def test_newest_first_comes_out_oldest_first() -> None:
    frame = read({"Sales": [["sku", "2024-W03", "2024-W02", "2024-W01"], ["A", 3, 2, 1]]}).frames["Sales"]
    assert frame["quantity"].tolist() == [1, 2, 3]
    assert frame["date"].tolist() == [
        pd.Timestamp("2024-01-01"),
        pd.Timestamp("2024-01-08"),
        pd.Timestamp("2024-01-15"),
    ]


def test_year_and_week_in_two_rows() -> None:
    rows = [["sku", 2023, None, 2024, None], [None, "W51", "W52", "W01", "W02"], ["A", 1, 2, 3, 4]]
    frame = read({"Sales": rows}).frames["Sales"]
    assert frame["date"].tolist() == [
        pd.Timestamp(day) for day in ("2023-12-18", "2023-12-25", "2024-01-01", "2024-01-08")
    ]
    assert frame["quantity"].tolist() == [1, 2, 3, 4]


def test_relative_periods_need_a_start_and_say_so() -> None:
    rows = [["sku", "latest", "last -1", "last -2"], ["A", 3, 2, 1]]
    tables = read({"Sales": rows})
    assert "Sales" not in tables.frames
    assert "map.Sales.period_start" in texts(tables, "error")[0]
    frame = read({"Sales": rows}, {"map.Sales.period_start": "2024-01-01", "map.Sales.period": "month"}).frames["Sales"]
    assert frame["quantity"].tolist() == [1, 2, 3]
    assert frame["date"].dt.month.tolist() == [1, 2, 3]


def test_bad_required_cells_keep_out_their_rows_and_optional_ones_do_not() -> None:
    day = dt.date(2024, 1, 5)
    rows = [[*HEAD, "price"], [day, "A", "abc", 1], [day, "B", 2, "cheap"], ["someday", "C", 3, 1], [day, "D", 4, 2]]
    tables = read({"Sales": rows})
    frame = tables.frames["Sales"]
    assert frame["sku"].tolist() == ["B", "D"]
    assert np.isnan(frame["price"].iloc[0])
    errors = [each for each in tables.findings if each.severity == "error"]
    assert [(each.place, each.rows_kept_out) for each in errors] == [
        ("Sheet Sales, row 4, column date (A)", 1),
        ("Sheet Sales, row 2, column quantity (C)", 1),
    ]
    assert "'abc'" in str(errors[1])
    assert ["'cheap'" in each for each in texts(tables, "warning")] == [True]


def test_many_bad_cells_are_one_finding() -> None:
    rows = [HEAD, *[[dt.date(2024, 1, 5), "A", "abc"]] * 500, [dt.date(2024, 1, 5), "A", 1]]
    (error,) = [each for each in read({"Sales": rows}).findings if each.severity == "error"]
    assert error.rows_kept_out == 500
    assert "495 more" in error.text


def test_total_rows_are_left_out_and_said() -> None:
    rows = [HEAD, [dt.date(2024, 1, 5), "A", 1], [dt.date(2024, 1, 6), "B", 2], ["Total", None, 3], [None, None, 1.5]]
    tables = read({"Sales": rows})
    assert tables.frames["Sales"]["quantity"].tolist() == [1, 2]
    assert any("2 total rows left out: row 4, 5" in each for each in texts(tables, "info"))


def test_blank_rows_are_no_rows() -> None:
    rows = [HEAD, [dt.date(2024, 1, 5), "A", 1], [None, " ", ""], [dt.date(2024, 1, 6), "B", 2]]
    tables = read({"Sales": rows})
    assert tables.frames["Sales"]["source_row"].tolist() == [2, 4]
    assert not texts(tables, "error")


def test_sheets_with_the_same_columns_are_read_together() -> None:
    rows = [HEAD, [dt.date(2024, 1, 5), "A", 1]]
    tables = read({"Sales 2024": rows, "Sales 2025": rows})
    assert tables.frames["Sales"]["source_sheet"].tolist() == ["Sales 2024", "Sales 2025"]
    assert any("same columns" in each for each in texts(tables, "info"))


def test_of_two_different_candidates_the_better_one_is_read_with_a_warning() -> None:
    day = dt.date(2024, 1, 5)
    tables = read({"Sales": [[*HEAD, "price"], [day, "A", 1, 2]], "Demand": [HEAD, [day, "B", 9]]})
    assert tables.frames["Sales"]["sku"].tolist() == ["A"]
    assert any("Sheet Demand: could be Sales too" in each for each in texts(tables, "warning"))


def test_a_sheet_that_is_nothing_is_said_to_be_left_alone() -> None:
    tables = read({"Notes": [["remember", "the milk"], [1, 2]]})
    assert texts(tables, "info")[0].startswith("Sheet Notes: not recognised as an input table; left alone.")


def test_an_empty_sheet_is_no_trouble() -> None:
    tables = read({"Empty": [], "Sales": [HEAD]})
    assert len(tables.frames["Sales"]) == 0
    assert any("Sheet Empty: the sheet is empty" in each for each in texts(tables, "info"))


def test_of_duplicate_headers_the_first_wins_with_a_warning() -> None:
    tables = read({"Sales": [[*HEAD, "Quantity"], [dt.date(2024, 1, 5), "A", 1, 99]]})
    assert tables.frames["Sales"]["quantity"].tolist() == [1]
    assert any("two columns have the same header" in each for each in texts(tables, "warning"))


def test_a_headers_own_name_wins_over_a_synonym() -> None:
    frame = read({"Sales": [["date", "product", "sku", "quantity"], [dt.date(2024, 1, 5), "Tea", "A", 1]]}).frames[
        "Sales"
    ]
    assert frame["sku"].tolist() == ["A"]


def test_an_excel_table_wins_over_the_sheet_around_it() -> None:
    rows = [
        ["date", "sku", "quantity", None, "Notes"],
        [None] * 5,
        [None, "Day", "Item", "Qty", None],
        [None, dt.date(2024, 1, 5), "A", 1, "x"],
        [None, dt.date(2024, 1, 6), "B", 2, None],
        ["rubbish", 1, 2, 3, 4],
    ]
    tables = read({"Sheet1": rows}, areas={"Sheet1": (Area("tblSales", 3, 2, 5, 4),)})
    assert tables.frames["Sales"]["sku"].tolist() == ["A", "B"]
    assert tables.frames["Sales"]["source_row"].tolist() == [4, 5]


def test_our_own_tables_are_never_input() -> None:
    rows = [["sku", "on_hand"], ["A", 1]]
    assert read({"Stock": rows}, areas={"Stock": (Area("InvOpt_Recommendations", 1, 1, 2, 2),)}).frames == {}


def test_day_and_month_are_decided_from_the_whole_column() -> None:
    rows = [
        HEAD,
        ["03/04/2024", "A", 1],
        ["25/04/2024", "A", 1],
        [45000, "A", 1],
        ["2024-05-06", "A", 1],
        [dt.datetime(2024, 1, 2, 13, 5), "A", 1],
    ]
    tables = read({"Sales": rows})
    assert tables.frames["Sales"]["date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2024-04-03",
        "2024-04-25",
        "2023-03-15",
        "2024-05-06",
        "2024-01-02",
    ]
    assert not texts(tables, "warning")


def test_ambiguous_dates_are_said_and_a_setting_decides() -> None:
    rows = [HEAD, ["03/04/2024", "A", 1]]
    tables = read({"Sales": rows})
    assert any("day first or month first" in each for each in texts(tables, "warning"))
    month_first = read({"Sales": rows}, {"date_order": "month first"})
    assert month_first.frames["Sales"]["date"].dt.month.tolist() == [3]
    assert not texts(month_first, "warning")
    from_sheet = read({"Sales": rows, "Settings": [["setting", "value"], ["date_order", "Month first"]]})
    assert from_sheet.frames["Sales"]["date"].dt.month.tolist() == [3]


def test_columns_are_mapped_by_header_letter_and_constant() -> None:
    rows = [["when", "what", "n", "x"], [dt.date(2024, 1, 5), "A", 1, 2]]
    settings = [
        ["setting", "value"],
        ["map.Sales", "Blad7"],
        ["map.Sales.date", "when"],
        ["map.Sales.sku", "B"],
        ["map.sales.Quantity", "n"],
        ["map.Sales.location", "=SHOP"],
    ]
    tables = read({"Blad7": rows, "Settings": settings})
    frame = tables.frames["Sales"]
    assert frame.loc[0, ["sku", "quantity", "location"]].tolist() == ["A", 1.0, "SHOP"]
    assert set(tables.recognised.query("table == 'Sales'")["how"]) == {"mapped in Settings", "constant from Settings"}


def test_rows_without_any_header_are_mapped_by_letters() -> None:
    settings = {
        "map.Sales": "Data",
        "map.Sales.header_row": 0,
        "map.Sales.date": "A",
        "map.Sales.sku": "B",
        "map.Sales.quantity": "C",
        "map.Sales.last_row": 2,
    }
    frame = read({"Data": [["2024-01-05", "A", 1], ["2024-01-06", "B", 2], ["2024-01-07", "C", 3]]}, settings).frames[
        "Sales"
    ]
    assert frame["source_row"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"map.Sale": "x"}, "Did you mean 'Sales'"),
        ({"map.Sales.quantty": "x"}, "Did you mean 'quantity'"),
        ({"map.Sales": "Salse"}, "Did you mean 'Sales'"),
        ({"map.Sales.sku": "nowhere at all"}, "has no column 'nowhere at all'"),
        ({"map.Sales.layout": "tall"}, "expected one of long, wide"),
        ({"map.Sales.header_row": "first"}, "expected a row number"),
        ({"map.Sales.period_columns": "9"}, "expected columns such as"),
    ],
)
def test_a_mistake_in_a_mapping_is_a_setting_error(settings, message) -> None:
    with pytest.raises(SettingError, match=message):
        read({"Sales": [HEAD, ["2024-01-05", "A", 1]]}, settings)


@pytest.mark.parametrize(
    "cell",
    [
        "\x00\x0b bad",
        "😀" * 5,
        "x" * 32767,
        float("inf"),
        float("nan"),
        "NaN",
        dt.date(1900, 1, 1),
        dt.datetime(9999, 12, 31),
        1e308,
        -1e308,
        10**30,
        True,
        None,
        "",
        "#N/A",
        [1],
        dt.time(1, 2),
        dt.timedelta(1),
        b"x",
        1j,
        "1e999",
        "9" * 400,
        "٣",
    ],
    ids=lambda cell: repr(cell)[:12],
)
def test_no_cell_makes_reading_fail(cell) -> None:
    good = [dt.date(2024, 1, 5), "A", 1, 1, "yes"]
    rows = [[*HEAD, "price", "promo"], good, [cell] * 5, *[[*good[:at], cell, *good[at + 1 :]] for at in range(5)]]
    tables = read({"Sales": rows})
    frame = tables.frames["Sales"]
    assert frame["sku"].iloc[0] == "A"
    kept_out = sum(each.rows_kept_out for each in tables.findings)
    assert kept_out + len(frame) >= 5
    assert np.isfinite(frame["quantity"].dropna()).all()


def test_frames_are_read_like_sheets_and_keep_their_values() -> None:
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-05", None]),
            "sku": pd.Categorical(["A", "B"]),
            "quantity": pd.array([1, None], dtype="Int64"),
            "promotion": [True, False],
        }
    )
    got = read_tables({"Sales": frame}).frames["Sales"]
    assert got["sku"].tolist() == ["A", "B"]
    assert got["quantity"].isna().tolist() == [False, True]
    assert got["promotion"].tolist() == [True, False]
    assert str(got["date"].dtype) == "datetime64[s]"
