"""What a written sheet says and how it looks, as other programs read it."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from invopt_xl.adapters.writing import read_own_table, write_sheets
from invopt_xl.adapters.xlsx.sheet_xml import ORDER
from invopt_xl.adapters.xlsx.xml_text import escape_text, unescape_text
from invopt_xl.core.sheets import Alert, Block, Chart, Choice, Column, Series, SheetSpec, Text
from invopt_xl.errors import WorkbookError

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
COLUMNS = (
    Column("sku", "key", "Item number."),
    Column("quantity", "units", "Units to order."),
    Column("value", "money"),
    Column("risk", "share"),
    Column("day", "date"),
    Column("severity", "severity"),
    Column("why", "sentence"),
    Column("decision", "input", "Yours."),
)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": ["001", "=1+1", "A&B <c>"],
            "quantity": [12.0, 2.5, np.nan],
            "value": [1234.5, 0.0, -3.0],
            "risk": [0.25, 0.5, 1.0],
            "day": pd.Series([pd.Timestamp("2026-11-15"), pd.NaT, pd.Timestamp("2027-01-01 12:00")]),
            "severity": ["error", "warning", "info"],
            "why": ["two\nlines", "-5 units", "\x07bell _x0041_"],
            "decision": ["", "Approve", ""],
        }
    )


def table_spec(data: pd.DataFrame | None = None) -> SheetSpec:
    alerts = (
        Alert("risk", ">", 0.4, "bad"),
        Alert("severity", "in", ("error", 'say "hi"'), "watch", whole_row=True),
        Alert("value", "bar"),
    )
    choices = (
        Choice("decision", allowed=("Approve", "Reject"), title="Yours", message="Choose."),
        Choice("quantity", minimum=0),
    )
    block = Block(
        "Recommendations",
        frame() if data is None else data,
        COLUMNS,
        key=("sku",),
        kept=("decision",),
        alerts=alerts,
        choices=choices,
    )
    return SheetSpec("Recommendations", blocks=(block,), freeze=(1, 1), tab="good")


def dashboard() -> SheetSpec:
    data = pd.DataFrame(
        {
            "month": pd.date_range("2026-01-01", periods=4, freq="MS"),
            "order_value": [5.0, np.nan, 7, 8],
            "stock_value": [1.0, 2, 3, 4],
        }
    )
    left = Block(
        "Months",
        data,
        (Column("month", "date"), Column("order_value", "money"), Column("stock_value", "money")),
        row=4,
        is_table=False,
        title="Per month",
    )
    right = Block(
        "Classes",
        pd.DataFrame({"abc": ["A", "B"], "units": [3, 4]}),
        (Column("abc", "text"), Column("units", "count")),
        row=4,
        column=5,
        is_table=False,
    )
    kinds = ("column", "bar", "line", "area", "stacked column", "stacked bar")
    charts = [
        Chart(
            kind,
            f"{kind} & more",
            "Months",
            "month",
            (Series("order_value"), Series("stock_value", "bad")),
            10 + 16 * at,
            1,
            value_title="EUR",
        )
        for at, kind in enumerate(kinds)
    ]  # type: ignore[arg-type]
    charts.append(Chart("pie", "Share", "Classes", "abc", (Series("units"),), 10, 10))
    return SheetSpec(
        "Dashboard",
        blocks=(left, right),
        charts=tuple(charts),
        texts=(Text("Inventory plan", 1, 1, "heading"), Text("small", 2, 1, "note")),
        freeze=(0, 0),
    )


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("write") / "new.xlsx"
    write_sheets([dashboard(), table_spec()], None, out=path)
    return path


def test_values_are_read_back_by_another_program(book: Path) -> None:
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows[0] == ("001", 12, 1234.5, 0.25, dt.datetime(2026, 11, 15), "error", "two\nlines", None)
    assert rows[1] == ("=1+1", 2.5, 0, 0.5, None, "warning", "-5 units", "Approve")
    assert rows[2][4] == dt.datetime(2027, 1, 1, 12)
    assert sheet["A3"].data_type != "f"


def test_texts_that_look_like_formulas_are_marked_as_text(book: Path) -> None:
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    assert [sheet[cell].quotePrefix for cell in ("A2", "A3", "G3")] == [False, True, True]


def test_number_formats_follow_roles(book: Path) -> None:
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    assert [cell.number_format for cell in sheet[2]][:5] == ["@", "#,##0.00", "#,##0.00", "0.0%", "mm-dd-yy"]
    assert (sheet["E1"].alignment.horizontal, sheet["E2"].alignment.horizontal) == ("right", None)


def test_the_decimal_points_of_a_column_stand_in_line(tmp_path: Path) -> None:
    data = pd.DataFrame({"small": [12.0, 2.5, np.nan], "large": [1200.5, 800.0, 3.0], "whole": [1.0, 2.0, 3.001]})
    block = Block("Levels", data, tuple(Column(name, "units") for name in data))
    path = write_sheets([SheetSpec("Levels", blocks=(block,))], None, out=tmp_path / "new.xlsx").path
    sheet = openpyxl.load_workbook(path)["Levels"]
    assert [[sheet.cell(row, at).number_format for row in (2, 3)] for at in (1, 2, 3)] == [
        ["#,##0.00"] * 2,
        ["#,##0.0"] * 2,
        ["#,##0"] * 2,
    ]


def test_tables_rules_notes_and_print_setup_are_there(book: Path) -> None:
    sheet = openpyxl.load_workbook(book)["Recommendations"]
    table = sheet.tables["InvOpt_Recommendations"]
    assert (table.ref, table.autoFilter.ref) == ("A1:H4", "A1:H4")
    assert sheet.freeze_panes == "B2"
    assert {each.sqref.__str__(): each.formula1 for each in sheet.data_validations.dataValidation} == {
        "H2:H4": '"Approve,Reject"',
        "B2:B4": "0",
    }
    formulas = {str(where.sqref): [rule.formula for rule in where.rules] for where in sheet.conditional_formatting}
    assert formulas["D2:D4"] == [["AND(ISNUMBER($D2),$D2>0.4)"]]
    assert formulas["A2:H4"] == [['OR($F2="error",$F2="say ""hi""")']]
    assert sheet["B1"].comment.text.endswith("Units to order.")
    setup = sheet.page_setup
    assert (setup.orientation, setup.paperSize, setup.fitToWidth, setup.fitToHeight) == ("portrait", 9, 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$1", "$A:$A")
    assert not sheet.merged_cells.ranges
    assert not sheet["H2"].protection.locked


def test_a_long_sentence_breaks_into_lines_and_covers_no_input(tmp_path: Path) -> None:
    data = frame().assign(why=["word " * 40, "short", ""])
    path = write_sheets([table_spec(data)], None, out=tmp_path / "new.xlsx").path
    sheet = openpyxl.load_workbook(path)["Recommendations"]
    assert sheet.column_dimensions["G"].width == 120
    assert [sheet.row_dimensions[row].height for row in (2, 3, 4)] == [30.0] * 3
    assert all(sheet[cell].alignment.wrap_text for cell in ("G2", "G3", "H2"))
    assert sheet["A2"].alignment.vertical == "center"


@pytest.mark.parametrize(("is_table", "heights"), [(False, [60.0, None, 120.0]), (True, [45.0, 45.0, 45.0])])
def test_rows_are_as_high_as_their_texts_where_nobody_sorts(
    tmp_path: Path, is_table: bool, heights: list[float | None]
) -> None:
    data = pd.DataFrame({"meaning": ["word " * 40, "short", "word " * 90]})
    columns = (Column("meaning", "sentence", width=50),)
    spec = SheetSpec("Words", blocks=(Block("Words", data, columns, is_table=is_table),))
    sheet = openpyxl.load_workbook(write_sheets([spec], None, out=tmp_path / "new.xlsx").path)["Words"]
    assert [sheet.row_dimensions[row].height for row in (2, 3, 4)] == heights


@pytest.mark.parametrize(
    ("columns", "across", "side"), [(5, 1, "portrait"), (12, 1, "landscape"), (30, 2, "landscape")]
)
def test_print_stays_readable_however_many_columns(tmp_path: Path, columns: int, across: int, side: str) -> None:
    data = pd.DataFrame({f"c{at:02d}": [1.0] for at in range(columns)})
    block = Block("Wide", data, tuple(Column(name, "units", width=14) for name in data))
    spec = SheetSpec("Wide", blocks=(block,), freeze=(1, 2))
    setup = openpyxl.load_workbook(write_sheets([spec], None, out=tmp_path / "new.xlsx").path)["Wide"].page_setup
    assert (setup.fitToWidth, setup.fitToHeight, setup.orientation) == (across, 0, side)
    # 146 characters stand across a landscape page at full size, 100 across an upright one
    assert (146 if side == "landscape" else 100) * across / (14 * columns) > 0.6


def test_a_dashboard_prints_on_one_page_until_the_planner_chooses_otherwise(tmp_path: Path) -> None:
    def area(rows: int) -> str:
        write_sheets([dataclasses.replace(dashboard(), printed_rows=rows)], tmp_path / "new.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "new.xlsx")["Dashboard"]
        assert sheet.page_setup.fitToHeight == 1
        return str(sheet.print_area).rpartition("!")[2]

    assert [area(20), area(25)] == ["$A$1:$Q$20", "$A$1:$Q$25"]
    own = openpyxl.load_workbook(tmp_path / "new.xlsx")
    own["Dashboard"].print_area = "A1:C9"
    own.save(tmp_path / "new.xlsx")
    assert area(30) == "$A$1:$C$9"


def test_charts_carry_their_values_and_titles(book: Path) -> None:
    own = openpyxl.load_workbook(book)["Dashboard"]
    assert len(own._charts) == 7
    with zipfile.ZipFile(book) as archive:
        text = archive.read("xl/charts/chart1.xml").decode()
    assert "'Dashboard'!$B$5:$B$8" in text
    assert "<c:v>5.0</c:v>" in text
    assert "column &amp; more" in text
    assert "<c:v>order value</c:v>" in text
    assert own["B4"].value == "order value"
    assert own["A3"].value == "Per month"


def test_the_children_of_a_worksheet_stand_in_the_order_of_the_schema(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
            found = [ORDER.index(etree.QName(each).localname) for each in etree.fromstring(archive.read(name))]
            assert found == sorted(found)


def test_a_table_without_rows_gets_one_empty_row(tmp_path: Path) -> None:
    path = write_sheets([table_spec(frame().iloc[:0])], None, out=tmp_path / "new.xlsx").path
    sheet = openpyxl.load_workbook(path)["Recommendations"]
    assert sheet.tables["InvOpt_Recommendations"].ref == "A1:H2"
    assert str(sheet.data_validations.dataValidation[0].sqref).startswith("H2:H5")
    assert read_own_table(path, "Recommendations").empty  # type: ignore[union-attr]


def test_what_excel_cannot_hold_is_said(tmp_path: Path) -> None:
    data = frame().assign(why=["x" * 40_000, "", ""], value=[np.inf, -np.inf, 1.0])
    result = write_sheets([table_spec(data)], None, out=tmp_path / "new.xlsx")
    assert ["32,767" in each.text or "infinite" in each.text for each in result.findings] == [True, True]
    sheet = openpyxl.load_workbook(result.path)["Recommendations"]
    assert len(sheet["G2"].value) == 32_767
    assert (sheet["C2"].value, sheet["C3"].value) == ("infinite", "minus infinite")


def test_a_sheet_with_too_many_rows_is_refused(tmp_path: Path) -> None:
    data = pd.DataFrame({"sku": ["1"] * 1_048_576})
    with pytest.raises(WorkbookError, match="an Excel sheet holds 1,048,575"):
        write_sheets(
            [SheetSpec("Big", blocks=(Block("Big", data, (Column("sku", "key"),)),))], None, out=tmp_path / "new.xlsx"
        )


def test_odd_values_are_written_as_what_they_are(tmp_path: Path) -> None:
    values = [
        None,
        True,
        2**60,
        1.5,
        dt.date(2026, 1, 2),
        "text",
        pd.NA,
        [1, 2],
        np.float64(3.0),
        dt.datetime(1850, 1, 1),
    ]
    block = Block(
        "Odd",
        pd.DataFrame({"value": pd.Series(values, dtype=object), "flag": pd.array([True, None] * 5, dtype="boolean")}),
        (Column("value", "number"), Column("flag", "text")),
        is_table=False,
    )
    path = write_sheets([SheetSpec("Odd", blocks=(block,))], None, out=tmp_path / "new.xlsx").path
    sheet = openpyxl.load_workbook(path)["Odd"]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        None,
        True,
        2**60,
        1.5,
        dt.datetime(2026, 1, 2),
        "text",
        None,
        "[1, 2]",
        3,
        "1850-01-01",
    ]
    assert [row[1] for row in sheet.iter_rows(min_row=2, max_row=3, values_only=True)] == [True, None]


def test_dates_follow_the_1904_calendar_of_the_workbook(tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    own = openpyxl.Workbook()
    own.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    own.save(path)
    write_sheets([table_spec()], path)
    assert openpyxl.load_workbook(path)["Recommendations"]["E2"].value == dt.datetime(2026, 11, 15)
    assert read_own_table(path, "Recommendations")["day"][0] == pd.Timestamp("2026-11-15")  # type: ignore[index]


def test_sheets_for_the_planner_are_not_marked_as_ours(tmp_path: Path) -> None:
    path = write_sheets([table_spec()], None, out=tmp_path / "template.xlsx", owned=False).path
    own = openpyxl.load_workbook(path)
    assert list(own.defined_names) == []
    assert list(own["Recommendations"].tables) == ["Recommendations"]


@given(st.text(max_size=40))
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_text_survives_xml(text: str) -> None:
    root = etree.fromstring(f"<t>{escape_text(text)}</t>")
    assert unescape_text(root.text or "") == text


@pytest.mark.libreoffice
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_finds_table_and_values(book: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", form, "--outdir", str(tmp_path), str(book)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with (tmp_path / "new-Recommendations.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == [each.name for each in COLUMNS]
    assert rows[1][:3] == ["001", "12", "1234.5"]
    assert rows[2][0] == "=1+1"
    text = (tmp_path / "new-Dashboard.csv").read_text(encoding="utf-8")
    assert "Inventory plan" in text
    assert not any(error in text for error in ("#REF!", "#NAME?", "#VALUE!", "Err:"))
