"""Workbook files, folders and table files: the same cells give the same tables; broken files give one line that says what to do."""

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from invopt_xl.adapters import package_facts
from invopt_xl.adapters.book import MemoryBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.core.tables import SOURCE_SHEET
from invopt_xl.errors import WorkbookError

ROWS = [
    ["date", "sku", "quantity", "location", "promotion"],
    [dt.datetime(2024, 1, 5), "007", 12.5, "MAIN", True],
    ["2024-01-06", 123.0, "1.234,50", None, "no"],
    [45300.0, "A 1", -3.0, "SHOP", 1.0],
    [dt.datetime(2024, 1, 8), "B", "abc", None, None],
]


def write_xlsx(path: Path, rows: list[list[object]] = ROWS, **options: object) -> Path:
    book = xlsxwriter.Workbook(path, options)
    sheet, day = book.add_worksheet("Sales"), book.add_format({"num_format": "yyyy-mm-dd"})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, dt.datetime):
                sheet.write_datetime(r, c, cell, day)
            else:
                sheet.write(r, c, cell)
    book.close()
    return path


def as_xlsx(folder: Path) -> object:
    return write_xlsx(folder / "book.xlsx")


def as_large_xlsx(folder: Path) -> object:
    return write_xlsx(folder / "book.xlsx")


def as_xls(folder: Path) -> object:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet, day = book.add_sheet("Sales"), xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, day) if isinstance(cell, dt.datetime) else sheet.write(r, c, cell)
    book.save(folder / "book.xls")
    return folder / "book.xls"


def as_csv_folder(folder: Path) -> object:
    lines = [";".join("" if cell is None else str(cell) for cell in row) for row in ROWS]
    (folder / "Sales.csv").write_bytes("\r".join(lines).encode("cp1252"))
    return folder


def as_parquet(folder: Path) -> object:
    pd.DataFrame(
        [[None if cell is None else str(cell) for cell in row] for row in ROWS[1:]], columns=ROWS[0]
    ).to_parquet(folder / "Sales.parquet")
    return folder / "Sales.parquet"


def as_memory(folder: Path) -> object:
    return MemoryBook({"Sales": ROWS})


@pytest.mark.parametrize("source", [as_xlsx, as_large_xlsx, as_xls, as_csv_folder, as_parquet, as_memory])
def test_every_source_gives_the_same_table(source, tmp_path, monkeypatch) -> None:
    if source is as_large_xlsx:
        monkeypatch.setattr("invopt_xl.adapters.workbook_file.LARGE_SHEET", 10)
        monkeypatch.setattr(package_facts, "LARGE_SHEET", 10)
    tables = read_tables(source(tmp_path))
    frame = tables.frames["Sales"]
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == ["2024-01-05", "2024-01-06", "2024-01-09"]
    expected = ["007", "123.0" if source in (as_csv_folder, as_parquet) else "123", "A 1"]
    assert frame["sku"].tolist() == expected
    assert frame["quantity"].tolist() == [12.5, 1234.5, -3.0]
    assert frame["location"].fillna("").tolist() == ["MAIN", "", "SHOP"]
    assert frame["promotion"].tolist() == [True, False, True]
    assert frame["source_row"].tolist() == [2, 3, 4]
    (error,) = [each for each in tables.findings if each.severity == "error"]
    assert "row 5, column quantity (C)" in error.place
    assert error.rows_kept_out == 1


@pytest.mark.parametrize("mixed_row", [None, 3, 900])
def test_large_sheets_are_read_by_column_and_exactly(mixed_row, tmp_path, monkeypatch) -> None:
    rows = [["Sales of the year"], ["date", "sku", "quantity"]]
    rows += [[dt.datetime(2024, 1, 1) + dt.timedelta(days=i % 300), f"A-{i % 7}", float(i)] for i in range(1000)]
    if mixed_row is not None:
        rows[mixed_row][1] = 4711
        rows[mixed_row][2] = "1,5"
    path = write_xlsx(tmp_path / "book.xlsx", rows, constant_memory=True)
    whole = read_tables(path)
    monkeypatch.setattr("invopt_xl.adapters.workbook_file.LARGE_SHEET", 1000)
    monkeypatch.setattr(package_facts, "LARGE_SHEET", 1000)
    by_column = read_tables(path)
    pd.testing.assert_frame_equal(by_column.frames["Sales"], whole.frames["Sales"])
    assert by_column.findings == whole.findings
    assert len(whole.frames["Sales"]) == 1000


def test_a_1904_workbook_has_the_same_days(tmp_path) -> None:
    rows = [["date", "sku", "quantity"], [dt.datetime(2024, 1, 5), "A", 1], [43834.0, "A", 1]]
    frame = read_tables(write_xlsx(tmp_path / "b.xlsx", rows, date_1904=True)).frames["Sales"]
    assert frame["date"].tolist() == [pd.Timestamp("2024-01-05")] * 2


def test_errors_and_formulas_without_values_are_named_and_never_zero(tmp_path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    for row in (
        ["date", "sku", "quantity", "price"],
        [dt.date(2024, 1, 5), "A", "=1+1", 2],
        [dt.date(2024, 1, 6), "B", 4, "#N/A"],
        [dt.date(2024, 1, 7), "C", 5, "=2*2"],
    ):
        sheet.append(row)
    sheet["D3"].data_type = "e"
    book.save(tmp_path / "b.xlsx")
    tables = read_tables(tmp_path / "b.xlsx")
    assert tables.frames["Sales"]["sku"].tolist() == ["B", "C"]
    assert tables.frames["Sales"]["price"].isna().all()
    said = " ".join(str(each) for each in tables.findings)
    assert "formula without a saved value in C2" in said
    assert "error value (such as #N/A) in D3" in said
    assert "formula without a saved value in D4" in said


def test_hidden_sheets_and_rows_are_read_and_said(tmp_path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Cover"
    sales = book.create_sheet("Sales")
    for row in (["date", "sku", "quantity"], [dt.date(2024, 1, 5), "A", 1], [dt.date(2024, 1, 6), "B", 4]):
        sales.append(row)
    sales.sheet_state = "hidden"
    sales.row_dimensions[3].hidden = True
    book.save(tmp_path / "b.xlsx")
    tables = read_tables(tmp_path / "b.xlsx")
    assert tables.frames["Sales"]["sku"].tolist() == ["A", "B"]
    said = " ".join(str(each) for each in tables.findings)
    assert "this sheet is hidden" in said
    assert "1 hidden or filtered rows" in said


def test_our_own_sheets_and_tables_are_not_input(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    for name in ("Sales", "Orders", "Fore'cast"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["date", "sku", "quantity"])
        sheet.write_row(1, 0, ["2024-01-05", name, 1])
    book.define_name("InvOpt.Orders", "=Orders!$A$1")
    book.define_name("InvOpt.Forecast", "='Fore''cast'!$A$1:$C$2")
    book.close()
    assert read_tables(tmp_path / "b.xlsx").frames["Sales"][SOURCE_SHEET].tolist() == ["Sales"]


def test_an_excel_table_with_a_total_row_wins_over_its_sheet(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet = book.add_worksheet("Sheet1")
    sheet.write(0, 0, "anything")
    data = [["2024-01-05", "A", 1], ["2024-01-06", "B", 2]]
    columns = [
        {"header": "Day", "total_string": "Total"},
        {"header": "Item"},
        {"header": "Qty", "total_function": "sum"},
    ]
    sheet.add_table(3, 1, 6, 3, {"data": data, "columns": columns, "total_row": True, "name": "tblSales"})
    book.close()
    frame = read_tables(tmp_path / "b.xlsx").frames["Sales"]
    assert frame["sku"].tolist() == ["A", "B"]
    assert frame["source_row"].tolist() == [5, 6]


def test_merged_cells_keep_their_value_in_the_first_cell(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet = book.add_worksheet("Sales")
    sheet.merge_range("A1:C1", "Sales of the year")
    sheet.write_row(1, 0, ["date", "sku", "quantity"])
    sheet.write_row(2, 0, ["2024-01-05", "A", 1])
    book.close()
    assert len(read_tables(tmp_path / "b.xlsx").frames["Sales"]) == 1


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (60 << 20))
    return out.getvalue()


def not_a_workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("hello.txt", "hello")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.xlsx", b"", "is empty"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
        ("a.xls", b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "XML file"),
        ("a.xlsx", b"date,sku,quantity\n", "text file"),
        ("a.xlsx", b"\x01\x00\x02\x00" * 100, "no workbook"),
        ("a.xlsx", b"PK\x03\x04 and then nothing", "cut off"),
        ("a.xlsx", not_a_workbook(), "not a workbook"),
        ("a.xlsx", bomb(), "not safe"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "cannot be read"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.docx", b"PK", "not a kind of file"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
    ],
)
def test_a_broken_file_gives_one_line_that_says_what_to_do(name, data, message, tmp_path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(WorkbookError, match=message) as caught:
        read_tables(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_a_workbook_error(share, tmp_path) -> None:
    data = write_xlsx(tmp_path / "b.xlsx").read_bytes()
    (tmp_path / "b.xlsx").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(WorkbookError):
        read_tables(tmp_path / "b.xlsx")


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_workbook_never_gives_a_foreign_error(seed, tmp_path) -> None:
    data = bytearray(write_xlsx(tmp_path / "b.xlsx").read_bytes())
    for step in range(8):
        data[(seed * 7919 + step * 104729) % len(data)] ^= 1 + (seed * 31 + step) % 255
    (tmp_path / "b.xlsx").write_bytes(bytes(data))
    said, frames = "", []
    try:
        frames = list(read_tables(tmp_path / "b.xlsx").frames.values())
    except WorkbookError as error:
        said = str(error)
    assert "\n" not in said
    assert not said or "b.xlsx" in said
    assert all({"source_sheet", "source_row"} <= set(frame.columns) for frame in frames)


def test_a_missing_file_and_an_empty_folder_are_workbook_errors(tmp_path) -> None:
    with pytest.raises(WorkbookError, match="no such file"):
        read_tables(tmp_path / "nothing.xlsx")
    with pytest.raises(WorkbookError, match="holds no"):
        read_tables(tmp_path)


def test_settings_of_a_folder_map_its_files(tmp_path) -> None:
    (tmp_path / "export_77.csv").write_text("a,b,c\n2024-01-05,x,2\n")
    (tmp_path / "Settings.csv").write_text(
        "setting,value\nmap.Sales,export_77.csv\nmap.Sales.date,a\nmap.Sales.sku,b\nmap.Sales.quantity,c\n"
    )
    assert read_tables(tmp_path).frames["Sales"]["sku"].tolist() == ["x"]


@pytest.mark.parametrize("by_column", [False, True])
def test_error_cells_are_named_wherever_the_sheet_begins(by_column, tmp_path, monkeypatch) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet = book.add_worksheet("Sales")
    sheet.write_row(3, 2, ["date", "sku", "quantity", "price"])
    for row in range(4, 90):
        sheet.write_row(row, 2, ["2024-01-05", "A", 1.0, 2.0])
    sheet.write_formula(80, 5, "=NA()", None, "#N/A")
    sheet.write_formula(81, 4, "=1/0", None, "#DIV/0!")
    if by_column:
        sheet.write(0, 0, "title")
        monkeypatch.setattr("invopt_xl.adapters.workbook_file.LARGE_SHEET", 10)
        monkeypatch.setattr(package_facts, "LARGE_SHEET", 10)
    book.close()
    tables = read_tables(tmp_path / "b.xlsx")
    said = [str(each) for each in tables.findings]
    assert any("row 81, column price (F): error value (such as #N/A) in F81" in each for each in said)
    assert any("row 82, column quantity (E)" in each and "left out" in each for each in said)
    assert len(tables.frames["Sales"]) == 85


def test_a_lone_cell_at_the_end_of_a_sheet_does_not_fill_the_memory(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet = book.add_worksheet("Sales")
    sheet.write_row(0, 0, ["date", "sku", "quantity"])
    sheet.write(1048575, 16383, "x")
    book.close()
    with pytest.raises(WorkbookError, match="column XFD"):
        read_tables(tmp_path / "b.xlsx")


def test_a_cell_that_is_only_formatted_takes_no_room(tmp_path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet = book.add_worksheet("Sales")
    sheet.write_row(0, 0, ["date", "sku", "quantity"])
    sheet.write_row(1, 0, ["2024-01-05", "A", 1])
    sheet.write_blank(1048575, 16383, None, book.add_format({"bold": True}))
    book.close()
    assert len(read_tables(tmp_path / "b.xlsx").frames["Sales"]) == 1
