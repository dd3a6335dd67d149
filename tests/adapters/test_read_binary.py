"""Binary and protected workbooks: the cells of .xlsb and .xls, and one line for a password."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.adapters.xlsb_cells import full_cells
from invopt_xl.core.contracts import INPUT_TABLES, OUTPUT
from invopt_xl.errors import WorkbookError

DATA = Path(__file__).parent / "data"
BINARY = ["short_cells.xlsb", "full_cells.xlsb", "excel97.xls"]


@pytest.mark.parametrize("file", BINARY)
def test_every_cell_of_a_binary_workbook_is_read(file) -> None:
    tables = read_tables(DATA / file)
    assert sorted(tables.frames) == ["Sales", "Settings", "Stock"]
    sales = tables.frames["Sales"]
    assert sales["date"].tolist() == list(pd.date_range("2024-01-05", periods=12))
    assert sales["sku"].tolist() == [("4711", "007", f"A-{i}")[i % 3] for i in range(12)]
    assert sales["quantity"].tolist() == [1.5 * i for i in range(12)]
    assert sales["price"].fillna(0).tolist() == [2.5 * (i % 2) for i in range(12)]
    assert tables.frames["Stock"]["on_order"].tolist() == [0, 1]


@pytest.mark.parametrize("file", BINARY)
def test_our_own_sheets_are_known_by_their_columns_where_marks_are_lost(file) -> None:
    (said,) = [each for each in read_tables(DATA / file).findings if "own output" in each.text]
    assert said.place == "Sheets Recommendations, Exceptions, Orders, Forecast"
    assert said.severity == "info"


@pytest.mark.parametrize("name", sorted(OUTPUT))
def test_every_output_table_is_known_and_nearly_the_same_columns_are_not(name) -> None:
    header = [field.name for field in OUTPUT[name]]
    sales = [["date", "sku", "quantity"], [dt.date(2024, 1, 5), "A", 1]]

    def said(columns: list[str]) -> bool:
        sheets = {"Sales": sales, "Any": [["title"], columns, [1] * len(columns)]}
        return any("own output" in each.text for each in read_tables(MemoryBook(sheets)).findings)

    assert said(header)
    assert not said([*header, "remark"])
    assert not said(header[1:])


def test_our_own_columns_can_be_input_when_mapped() -> None:
    header = [field.name for field in OUTPUT["orders"]]
    day = dt.date(2024, 1, 5)
    row = ["1", "Acme", "A", "MAIN", 5, 2, 10, day, day, "Approve"]
    book = MemoryBook({"Sales": [["date", "sku", "quantity"], [day, "A", 1]], "Orders": [header, row]})
    assert "OpenOrders" not in read_tables(book).frames
    assert read_tables(book, settings={"map.OpenOrders": "Orders"}).frames["OpenOrders"]["quantity"].tolist() == [5]


def test_no_input_table_looks_like_output() -> None:
    outputs = [[field.name for field in fields] for fields in OUTPUT.values()]
    assert all(list(table.names) not in outputs for table in INPUT_TABLES)


def test_a_part_without_short_cells_is_left_as_it_is() -> None:
    part = bytes([0, 0, 2, 3, 1, 2, 3])
    assert full_cells(part) is part


def test_short_cells_get_the_column_after_the_last_one_and_rows_begin_anew() -> None:
    style, row = bytes([9, 9, 9, 9]), bytes([0, 0])
    short = bytes([18, 8]) + style + bytes([1, 0, 0, 0])
    full = bytes([7, 12, 4, 0, 0, 0]) + style + bytes([1, 0, 0, 0])
    other = bytes([0x9A, 0x05, 0x81, 0x01]) + bytes(129)

    def cell(column: int) -> bytes:
        return bytes([7, 12]) + column.to_bytes(4, "little") + style + bytes([1, 0, 0, 0])

    got = full_cells(row + full + short + other + short + row + short + short)
    assert got == row + full + cell(5) + other + cell(6) + row + cell(0) + cell(1)


@pytest.mark.parametrize("ending", [".xlsx", ".xlsb", ".xls"])
def test_a_password_gives_one_line(ending, tmp_path) -> None:
    path = tmp_path / f"book{ending}"
    path.write_bytes((DATA / "protected.xlsx").read_bytes())
    with pytest.raises(WorkbookError, match="is protected by a password") as caught:
        read_tables(path)
    assert "\n" not in str(caught.value)
