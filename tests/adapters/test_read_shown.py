"""Item numbers are read as their number format shows them, cell by cell and by column."""

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from invopt_xl.adapters import package_facts
from invopt_xl.adapters.reading import read_tables


@pytest.fixture(params=["by cell", "by column"])
def layout(request, monkeypatch) -> str:
    if request.param == "by column":
        monkeypatch.setattr("invopt_xl.adapters.workbook_file.LARGE_SHEET", 10)
        monkeypatch.setattr(package_facts, "LARGE_SHEET", 10)
    return request.param


def save(path, skus, formats, quantity_format="General"):
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Sales")
    made = {each: book.add_format({"num_format": each}) for each in {*formats, quantity_format}}
    sheet.write_row(0, 0, ["date", "sku", "quantity"])
    for row, (sku, form) in enumerate(zip(skus, formats, strict=True), start=1):
        sheet.write(row, 0, f"2024-01-{row % 28 + 1:02d}")
        sheet.write(row, 1, sku, made[form])
        sheet.write_number(row, 2, 7, made[quantity_format])
    book.close()
    return path


@pytest.mark.parametrize(
    ("number_format", "shown"),
    [
        ("00000", "00123"),
        ("0000000000000", "0000000000123"),
        ("00", "123"),
        ("000-000", "000-123"),
        ('"A-"00000', "A-00123"),
        (r"00\.00", "01.23"),
        ("00000;-00000", "00123"),
        ("General", "123"),
        ("0", "123"),
        ("0.00", "123"),
        ("#,##0", "123"),
        ('0 "pcs"', "123"),
        ("@", "123"),
    ],
)
def test_a_padded_number_is_the_text_that_is_shown(number_format, shown, layout, tmp_path) -> None:
    path = save(tmp_path / "b.xlsx", [123] * 80, [number_format] * 80)
    assert set(read_tables(path).frames["Sales"]["sku"]) == {shown}


def test_only_item_numbers_and_names_are_read_as_shown(layout, tmp_path) -> None:
    path = save(tmp_path / "b.xlsx", [5] * 80, ["000"] * 80, "00000")
    frame = read_tables(path).frames["Sales"]
    assert set(frame["sku"]) == {"005"}
    assert set(frame["quantity"]) == {7.0}


def test_formats_hold_cell_by_cell_and_are_said_once(layout, tmp_path) -> None:
    skus = [7, "7", 7, 7.5, -7, "x"] * 15
    formats = ["General", "000", "000", "000", "000", "000"] * 15
    tables = read_tables(save(tmp_path / "b.xlsx", skus, formats))
    assert tables.frames["Sales"]["sku"].tolist() == ["7", "7", "007", "7.5", "-7", "x"] * 15
    (said,) = [each for each in tables.findings if "number format" in each.text]
    assert (said.severity, said.place) == ("info", "Sheet Sales, column sku (B)")
    assert "7 is shown as 007" in said.text


def test_formats_of_other_programs_count_too(tmp_path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    for row in (["date", "sku", "quantity"], ["2024-01-05", 42, 1], ["2024-01-06", "00042", 1]):
        sheet.append(row)
    sheet["B2"].number_format = "00000"
    book.save(tmp_path / "b.xlsx")
    assert read_tables(tmp_path / "b.xlsx").frames["Sales"]["sku"].tolist() == ["00042", "00042"]


def test_excel_tables_are_read_as_shown(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet, padded = book.add_worksheet("Any"), book.add_format({"num_format": "0000"})
    sheet.add_table(4, 2, 6, 4, {"columns": [{"header": h} for h in ("date", "sku", "quantity")], "name": "Sales"})
    for row in (5, 6):
        sheet.write(row, 2, "2024-01-05")
        sheet.write_number(row, 3, row, padded)
        sheet.write_number(row, 4, 1)
    book.close()
    assert read_tables(tmp_path / "b.xlsx").frames["Sales"]["sku"].tolist() == ["0005", "0006"]


def test_wide_sheets_are_read_as_shown(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet, padded = book.add_worksheet("Sales"), book.add_format({"num_format": "0000"})
    sheet.write_row(0, 0, ["sku", "2024-01", "2024-02", "2024-03"])
    sheet.write_row(1, 0, [9, 1, 2, 3], padded)
    book.close()
    frame = read_tables(tmp_path / "b.xlsx").frames["Sales"]
    assert frame["sku"].tolist() == ["0009"] * 3
    assert frame["quantity"].tolist() == [1, 2, 3]


def test_a_frame_has_no_formats() -> None:
    frame = pd.DataFrame({"date": ["2024-01-05"], "sku": [7], "quantity": [1]})
    assert read_tables({"Sales": frame}).frames["Sales"]["sku"].tolist() == ["7"]
