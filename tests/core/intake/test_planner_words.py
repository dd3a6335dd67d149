"""What exports call things: items by name only, lead times as clock times or in seconds, formulas that were never calculated."""

import datetime as dt

import openpyxl
import pytest

from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables

DAY = dt.date(2024, 1, 5)
SALES = [["date", "sku", "quantity"], [DAY, "A", 1]]


def test_unique_names_are_item_numbers_where_nothing_else_is() -> None:
    tables = read_tables(MemoryBook({"Items": [["Name", "Description", "Cost"], ["A", "tea", 2], ["B", "tea", 3]]}))
    assert tables.frames["Items"][["sku", "description", "unit_cost"]].values.tolist() == [
        ["A", "tea", 2],
        ["B", "tea", 3],
    ]
    (said,) = tables.findings
    assert (said.severity, said.place) == ("info", "Sheet Items, column Name (A)")
    assert "unique names" in tables.recognised["how"].tolist()


@pytest.mark.parametrize(
    "rows",
    [
        [["Name", "Cost"], ["A", 2], ["a ", 3]],
        [["Name", "Cost"], [None, 2]],
        [["Name", "Name", "Cost"], ["A", "B", 2]],
    ],
)
def test_names_that_repeat_are_no_item_numbers(rows) -> None:
    tables = read_tables(MemoryBook({"Items": rows}))
    assert "Items" not in tables.frames
    assert any("no column for sku" in each.text for each in tables.findings)


def test_a_column_of_item_numbers_wins_over_names() -> None:
    frame = read_tables(MemoryBook({"Items": [["Name", "Item no", "Cost"], ["tea", "A", 2]]})).frames["Items"]
    assert frame.loc[0, ["sku", "description"]].tolist() == ["A", "tea"]


@pytest.mark.parametrize(
    ("cells", "days", "severity"),
    [
        (["168:00:00", "36:00"], [7, 1.5], "info"),
        ([dt.timedelta(days=3), 5], [3, 5], "info"),
        ([604800, 259200], [7, 3], "warning"),
        ([604800, 0, None], [7, 0, None], "warning"),
        ([14, 7200], [14, 7200], None),
        ([90.5, "7"], [90.5, 7], None),
    ],
)
def test_lead_times_come_out_in_days(cells, days, severity) -> None:
    rows = [["item", "supplier", "lead time"], *[[f"A{i}", "Acme", cell] for i, cell in enumerate(cells)]]
    tables = read_tables(MemoryBook({"Sources": rows}))
    got = tables.frames["Sources"]["lead_time_days"]
    assert [None if day != day else day for day in got] == days
    assert [each.severity for each in tables.findings] == ([severity] if severity else [])


def test_quantities_are_never_taken_for_seconds() -> None:
    frame = read_tables(MemoryBook({"Sales": [SALES[0], [DAY, "A", 3600], [DAY, "A", 7200]]})).frames["Sales"]
    assert frame["quantity"].tolist() == [3600, 7200]


def test_a_sheet_of_formulas_that_were_never_calculated_is_not_empty(tmp_path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    sheet.append(["date", "sku", "quantity"])
    for row in range(2, 12):
        sheet.append([f"=Data!A{row}", f"=Data!B{row}", f"=Data!C{row}"])
    book.save(tmp_path / "b.xlsx")
    tables = read_tables(tmp_path / "b.xlsx")
    (said,) = [each for each in tables.findings if each.severity == "error"]
    assert "30 formulas without a saved value from A2 on" in said.text
    assert said.rows_kept_out == 10
    assert "let it calculate" in said.fix
