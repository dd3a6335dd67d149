"""Sheets that only some runs have: what an earlier run left is never shown as if it were of this one, and what the planner wrote stays."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook

from invopt_xl.adapters.writing import read_own_table, write_sheets
from invopt_xl.core.change.basis import order_basis
from invopt_xl.core.change.order_change import order_change
from invopt_xl.core.change.report import change_sheet, no_change_sheet
from invopt_xl.core.scenarios.change import read_changes
from invopt_xl.core.scenarios.compare import compare
from invopt_xl.core.scenarios.report import no_scenarios, sheet_specs
from invopt_xl.core.sheets import SheetSpec
from tests.core.scenarios.plans import asked, checked, plan, stages

SCENARIO_SHEETS = ["Scenarios", "Scenario Items", "Scenario Stock", "Scenario Disruption"]


def _of(*rows: tuple[object, ...]) -> list[SheetSpec]:
    return sheet_specs(compare(stages(), checked(), read_changes(asked(*rows)), settings=plan().settings))


@cache
def with_scenarios() -> list[SheetSpec]:
    return _of(("high", "all", "demand", "x1.4"), ("out", "Bolt", "disrupted", "2027-01-10"))


def headers(path: Path) -> list[str]:
    found = read_own_table(path, "Scenario Items")
    assert found is not None
    return [str(name) for name in found.columns]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with scenarios of an earlier run, in whose first item the planner wrote a remark beside the table."""
    path = tmp_path / "book.xlsx"
    write_sheets(with_scenarios(), path)
    opened = load_workbook(path)
    sheet = opened["Scenario Items"]
    (table,) = sheet.tables.values()
    first, last = table.ref.split(":")
    row, right = sheet[first].row + 1, sheet[last].column + 1
    sheet.cell(row, right, "ask Bolt for a date")
    opened["Scenario Stock"]["K1"] = "my own note"
    opened.save(path)
    return path


def test_a_new_workbook_gets_no_empty_sheets(tmp_path: Path) -> None:
    (first, *_), path = with_scenarios(), tmp_path / "new.xlsx"
    written = write_sheets([first, *no_scenarios(plan().as_of)[1:], no_change_sheet()], path)
    assert written.sheets == ("Scenarios",)
    assert load_workbook(path).sheetnames == ["Scenarios"]


def test_scenarios_of_an_earlier_run_are_emptied_and_the_planners_cells_stay(book: Path) -> None:
    written = write_sheets(no_scenarios(plan().as_of), book)
    assert list(written.sheets) == SCENARIO_SHEETS
    opened = load_workbook(book)
    sheet = opened["Scenarios"]
    assert "was made without scenarios" in sheet["A2"].value
    cells = {
        str(cell.value)
        for name in ("Scenarios", "Scenario Items")
        for row in opened[name]
        for cell in row
        if cell.value is not None
    }
    assert not any("high" in text or "order_quantity" in text for text in cells)
    assert "ask Bolt for a date" in cells
    assert opened["Scenario Stock"]["K1"].value == "my own note"
    assert opened["Scenario Stock"].max_row <= 2
    assert any("no longer in the plan" in finding.text for finding in written.findings)


def test_charts_of_an_earlier_run_go(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_sheets(with_scenarios(), path)
    assert len(load_workbook(path)["Scenarios"]._charts) == 2
    write_sheets(no_scenarios(plan().as_of), path)
    assert len(load_workbook(path)["Scenarios"]._charts) == 0


def test_the_table_on_an_emptied_sheet_has_headers_that_fit_its_cells(book: Path) -> None:
    """Else Excel repairs the workbook when it is opened."""
    write_sheets(no_scenarios(plan().as_of), book)
    for sheet in load_workbook(book):
        for table in sheet.tables.values():
            top = sheet[table.ref][0]
            assert [cell.value for cell in top] == [column.name for column in table.tableColumns]


def test_columns_of_other_scenarios_do_not_stay_when_new_ones_come(book: Path) -> None:
    write_sheets(_of(("low", "all", "demand", "x0.6")), book)
    found = headers(book)
    assert "order_quantity: low" in found
    assert not any(name.endswith((": high", ": out")) for name in found)
    # a disruption is asked for no more
    bridge = read_own_table(book, "Scenario Disruption")
    assert bridge is not None
    assert bridge.empty


def test_a_column_that_the_planner_added_stays_with_its_rows_from_scenario_to_scenario(book: Path) -> None:
    opened = load_workbook(book)
    sheet = opened["Scenario Items"]
    (table,) = sheet.tables.values()
    first, last = (sheet[end] for end in table.ref.split(":"))
    sheet.cell(first.row, last.column + 1, "remark")
    for row in range(first.row + 1, last.row + 1):
        sheet.cell(row, last.column + 1, f"about {sheet.cell(row, 1).value}")
    opened.save(book)
    write_sheets(_of(("low", "all", "demand", "x0.6")), book)
    sheet = load_workbook(book)["Scenario Items"]
    (table,) = sheet.tables.values()
    first, last = (sheet[end] for end in table.ref.split(":"))
    for row in range(first.row + 1, last.row + 1):
        assert sheet.cell(row, last.column + 1).value == f"about {sheet.cell(row, 1).value}"


def test_changes_of_an_earlier_run_do_not_stay_either(tmp_path: Path) -> None:
    path, before = tmp_path / "book.xlsx", order_basis(stages())
    now = before.assign(on_hand=before["on_hand"] - 7, order_quantity=before["order_quantity"] + 7)
    write_sheets([change_sheet(order_change(before, now))], path)
    full = read_own_table(path, "Order Changes")
    assert full is not None
    assert len(full) > 0
    write_sheets([no_change_sheet()], path)
    empty = read_own_table(path, "Order Changes")
    assert empty is not None
    assert empty.empty


def test_writing_twice_gives_the_same_sheets(book: Path) -> None:
    def texts() -> list[list[object]]:
        return [[cell.value for cell in row] for sheet in load_workbook(book) for row in sheet]

    write_sheets(no_scenarios(plan().as_of), book)
    once = texts()
    write_sheets(no_scenarios(plan().as_of), book)
    assert texts() == once
