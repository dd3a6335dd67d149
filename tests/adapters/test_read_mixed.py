"""Large sheets with several kinds of cells in a column come out exactly as they do cell by cell."""

import datetime as dt
import random

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from invopt_xl.adapters import package_facts, workbook_file
from invopt_xl.adapters.mixed_column import mixed_column
from invopt_xl.adapters.reading import read_tables

HEADER = ["date", "sku", "quantity", "price", "promotion"]
SKUS: tuple[object, ...] = (
    "A-1", "007", "7", 7, 7.5, 0.1 + 0.2, 1e21, 1.5e-7, 4006381333931, -3, " B ", "1.234", "1e5", "TRUE", True, "45000",
    45000, "", None, "nan", "inf", "#N/A", "ä€", "a\nb", "2024-01-05",
)  # fmt: skip
QUANTITIES: tuple[object, ...] = (1, 2.5, "3", "1,5", "1.234", 1.234, True, None, "abc", "-", "1e3")
DATES: tuple[object, ...] = (dt.datetime(2024, 1, 5), "2024-01-06", 45300, "45300", "someday", None, "06.01.2024")


def row_of(kind: str, draw: random.Random) -> list[object]:
    mixed = {"sku": SKUS, "quantity": QUANTITIES, "date": DATES}
    plain = {"date": (dt.datetime(2024, 1, 5),), "sku": ("A", "B"), "quantity": (1.0, 2.0)}
    chosen = {name: mixed[name] if name in kind.split("+") else plain[name] for name in plain}
    return [draw.choice(chosen[name]) for name in HEADER[:3]] + [1.5, draw.choice((0, 1))]


def save(path, rows):
    book = xlsxwriter.Workbook(path, {"strings_to_numbers": False})
    sheet, day = book.add_worksheet("Sales"), book.add_format({"num_format": "yyyy-mm-dd"})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, dt.datetime):
                sheet.write_datetime(r, c, cell, day)
            elif isinstance(cell, str):
                sheet.write_string(r, c, cell)
            elif cell is not None:
                sheet.write(r, c, cell)
    book.close()
    return path


def both(path, monkeypatch):
    whole = read_tables(path)
    monkeypatch.setattr(workbook_file, "LARGE_SHEET", 10)
    monkeypatch.setattr(package_facts, "LARGE_SHEET", 10)
    return whole, read_tables(path)


@pytest.mark.parametrize("kind", ["sku", "quantity", "sku+quantity", "date", "sku+date+quantity"])
@pytest.mark.parametrize("clean_rows", [0, 5, 200])
def test_mixed_columns_are_exact(kind, clean_rows, tmp_path, monkeypatch) -> None:
    draw = random.Random(f"{kind} {clean_rows}")
    rows = [["title"], HEADER, *[row_of("", draw) for _ in range(clean_rows)]]
    rows += [row_of(kind, draw) for _ in range(300)]
    whole, by_column = both(save(tmp_path / "b.xlsx", rows), monkeypatch)
    pd.testing.assert_frame_equal(by_column.frames["Sales"], whole.frames["Sales"])
    assert by_column.findings == whole.findings
    assert by_column.recognised.equals(whole.recognised)


def test_mixed_columns_are_not_read_by_cell(tmp_path, monkeypatch) -> None:
    draw = random.Random(1)
    path = save(tmp_path / "b.xlsx", [HEADER, *[row_of("sku", draw) for _ in range(300)]])
    whole = read_tables(path)

    def never(*_: object) -> None:
        raise AssertionError("read by cell")

    monkeypatch.setattr(workbook_file, "LARGE_SHEET", 10)
    monkeypatch.setattr(package_facts, "LARGE_SHEET", 10)
    monkeypatch.setattr(workbook_file.WorkbookFile, "_by_cell", never)
    pd.testing.assert_frame_equal(read_tables(path).frames["Sales"], whole.frames["Sales"])


def test_rows_above_the_first_used_one_keep_their_numbers(tmp_path, monkeypatch) -> None:
    draw = random.Random(2)
    rows: list[list[object]] = [[None]] * 4 + [HEADER] + [row_of("sku", draw) for _ in range(200)]
    whole, by_column = both(save(tmp_path / "b.xlsx", rows), monkeypatch)
    pd.testing.assert_frame_equal(by_column.frames["Sales"], whole.frames["Sales"])
    assert whole.frames["Sales"]["source_row"].min() >= 6


def test_a_column_whose_cells_are_not_all_found_is_not_put_together() -> None:
    pa = pytest.importorskip("pyarrow")
    texts = pa.array(["a", "b"])
    assert mixed_column(texts, np.array([2]), np.array([b"s"]), first=2) is None
    assert mixed_column(texts, np.array([2, 3]), np.array([b"s", b""]), first=2) is None
    assert mixed_column(texts, np.array([2, 3]), np.array([b"s", b"d"]), first=2) is None


@pytest.mark.parametrize("hidden", [0, 3])
def test_hidden_rows_of_a_large_sheet_are_said(hidden, tmp_path, monkeypatch) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet = book.add_worksheet("Sales")
    sheet.write_row(0, 0, HEADER[:3])
    for row in range(1, 400):
        sheet.write_row(row, 0, ["2024-01-05", "A", 1])
    for row in range(200, 200 + hidden):
        sheet.set_row(row, None, None, {"hidden": True})
    book.close()
    monkeypatch.setattr(package_facts, "_PIECE", 1000)
    whole, by_column = both(tmp_path / "b.xlsx", monkeypatch)
    assert by_column.findings == whole.findings
    assert sum("3 hidden or filtered rows" in each.text for each in by_column.findings) == bool(hidden)
    assert len(by_column.frames["Sales"]) == 399
