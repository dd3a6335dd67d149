"""Several tables on one sheet are read one by one; a table with gaps stays whole; what is left out is said."""

import datetime as dt

import pytest

from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.core.tables import Tables

DAY = dt.date(2024, 1, 5)
SALES = [["date", "sku", "quantity"], [DAY, "A", 1], [DAY, "B", 2], [DAY, "C", 3]]
STOCK = [["sku", "on hand", "on order"], ["A", 10, 0], ["B", 20, 5]]
NOTES = [["remark", "who"], ["count again", "me"]]


def read(rows, name="Sheet1", **settings) -> Tables:
    return read_tables(MemoryBook({name: rows}), settings=settings)


def beside(*blocks, gap=1):
    height = max(map(len, blocks))
    rows = []
    for at in range(height):
        row: list[object] = []
        for block in blocks:
            row += [*(block[at] if at < len(block) else [None] * len(block[0])), *[None] * gap]
        rows.append(row)
    return rows


def below(*blocks, gap=1):
    return [row for block in blocks for row in [*block, *[[None] * 3] * gap]]


@pytest.mark.parametrize("rows", [beside(SALES, STOCK), beside(STOCK, SALES, gap=2)])
def test_tables_side_by_side_are_both_read_and_not_mixed(rows) -> None:
    frames = read(rows).frames
    assert frames["Sales"]["quantity"].tolist() == [1, 2, 3]
    assert "on_hand" not in frames["Sales"]
    assert frames["Stock"][["sku", "on_hand", "on_order"]].values.tolist() == [["A", 10, 0], ["B", 20, 5]]


@pytest.mark.parametrize("gap", [1, 3])
@pytest.mark.parametrize("blocks", [(SALES, STOCK), (STOCK, SALES)])
def test_tables_below_one_another_are_both_read(blocks, gap) -> None:
    tables = read(below(*blocks, gap=gap))
    assert tables.frames["Sales"]["quantity"].tolist() == [1, 2, 3]
    assert tables.frames["Stock"]["on_hand"].tolist() == [10, 20]
    first = 2 + len(blocks[0]) + gap
    second = tables.frames["Stock" if blocks[1] is STOCK else "Sales"]
    assert second["source_row"].tolist()[0] == first
    assert not [each for each in tables.findings if each.severity == "error"]


def test_places_in_a_block_are_those_of_the_sheet() -> None:
    stock = [*STOCK, ["C", "many", 0]]
    (said,) = [each for each in read(beside(SALES, stock)).findings if "'many'" in each.text]
    assert said.place == "Sheet Sheet1, row 4, column on_hand (F)"


def test_what_is_no_table_is_left_out_and_said() -> None:
    tables = read(beside(SALES, STOCK, NOTES))
    (said,) = [each for each in tables.findings if "not recognised" in each.text]
    assert said.place == "Sheet Sheet1, cells I1:J4"


def test_the_same_table_twice_is_read_together() -> None:
    tables = read(below(SALES, SALES))
    assert tables.frames["Sales"]["source_row"].tolist() == [2, 3, 4, 7, 8, 9]
    assert any("cells A1:C5, Sheet Sheet1, cells A6:C10 have the same columns" in each.text for each in tables.findings)


def test_an_empty_column_inside_a_table_does_not_part_it() -> None:
    rows = [["sku", "description", None, "2024-01", "2024-02", "2024-03"], ["A", "tea", None, 1, 2, 3]]
    tables = read(rows, "Sales")
    assert tables.frames["Sales"]["quantity"].tolist() == [1, 2, 3]
    assert read([["date", "sku", None, "quantity"], [DAY, "A", None, 3]]).frames["Sales"]["quantity"].tolist() == [3]


def test_empty_rows_inside_a_table_do_not_part_it() -> None:
    rows = [["Sales of the year", None, None], [None] * 3, SALES[0], [None] * 3, *SALES[1:3], [None] * 3, SALES[3]]
    tables = read(rows)
    assert tables.frames["Sales"]["quantity"].tolist() == [1, 2, 3]
    assert not tables.findings


def test_a_mapped_sheet_is_taken_whole() -> None:
    settings = {"map.Sales": "Sheet1", "map.Sales.price": "on hand"}
    assert read(beside(SALES, STOCK), **settings).frames["Sales"]["price"].tolist()[:2] == [10, 20]
