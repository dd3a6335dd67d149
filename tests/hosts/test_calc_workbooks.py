"""Workbooks in a headless Calc: files from Excel, plans of saved and unsaved workbooks, several at a time, a worker process that dies."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from invopt_xl.adapters.function_registry import FUNCTIONS
from tests.hosts.calc_office import CalcOffice, needs_calc, office, plain_office
from tests.hosts.excel_files import save_formulas
from tests.hosts.situations import NA

pytestmark = pytest.mark.libreoffice

EOQ = 304.0467800264368
#: So long it may take until changed sheets are looked at again [s]: `LOOK_SECONDS` of `documents.py`, and the plan.
_PATIENCE_SECONDS = 30.0


@pytest.fixture
def calc() -> CalcOffice:
    needs_calc()
    return office()


#: A workbook that is quickly planned. Position = on hand (Stock, C2) + on order (D2).
POSITION = 'INV_REORDER("A-1";;"inventory_position")'


def small_book(*, on_hand: float = 10.0) -> dict[str, list[list[Any]]]:
    """Return the sheets of a workbook with one item; dates as serial numbers."""
    sales = [[45712.0 + 7 * week, "A-1", "LEEDS", 20.0 + week % 5] for week in range(12)]
    return {
        "Sales": [["date", "sku", "location", "quantity"], *sales],
        "Stock": [["sku", "location", "on_hand", "on_order"], ["A-1", "LEEDS", on_hand, 4.0]],
        "Settings": [["setting", "value"], ["boosted_trees", "off"]],
    }


def save_book(path: Path, *, on_hand: float = 10.0) -> None:
    """Save the small workbook as a file."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in small_book(on_hand=on_hand).items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)


def fill_book(calc: CalcOffice) -> int:
    """Return a new document with the small workbook in it, never saved."""
    document: int = calc.do("open_document")
    for name, rows in small_book().items():
        calc.do("add_sheet", document, name)
        calc.do("fill", document, name, 0, 0, rows)
    return document


def opened(calc: CalcOffice, path: Path) -> int:
    number: int = calc.do("open_document", path.as_uri())
    return number


def cell(calc: CalcOffice, document: int, sheet: str, address: str) -> Any:
    return calc.do("read", document, sheet, address)[0][0][1]


def recalculated(calc: CalcOffice, document: int, sheet: str, address: str, wanted: Any) -> Any:
    """Return what a cell shows after it was worked out anew until it shows `wanted`, or for a while."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        calc.do("calculate", document, True)
        found = cell(calc, document, sheet, address)
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(0.1)


@pytest.mark.parametrize("linked", [False, True], ids=["by name", "by a link to the add-in"])
def test_formulas_saved_by_excel_are_answered(calc: CalcOffice, tmp_path: Path, linked: bool) -> None:
    path = tmp_path / "from_excel.xlsx"
    save_formulas(path, linked=linked)
    document = opened(calc, path)
    shown = [[value for _, value in row] for row in calc.do("read", document, "Sheet1", "B1:C4")]
    assert shown[0][0] == pytest.approx(EOQ)
    assert shown[0][1] != "kept"
    assert shown[1] == [pytest.approx(2 * EOQ), 57.0], "a formula around ours, and one that refers to it"
    assert [shown[2][0], shown[3][0]] == ["A", "C"], "an array formula"
    assert shown[2][1] == 5.0, "a function that is not ours keeps its last value"
    assert shown[3][1] == "INV_EOQ(", "a quoted text is no formula"
    assert calc.do("properties", document)["modified"] is False
    calc.do("close", document)


@pytest.mark.parametrize("linked", [False, True], ids=["by name", "by a link to the add-in"])
def test_without_the_extension_formulas_keep_their_last_values(tmp_path: Path, linked: bool) -> None:
    needs_calc()
    calc, path = plain_office(), tmp_path / "from_excel.xlsx"
    save_formulas(path, linked=linked)
    document = opened(calc, path)
    shown = [[value for _, value in row] for row in calc.do("read", document, "Sheet1", "A1:C4")]
    assert shown[0] == [1300.0, 111.0, "kept"]
    assert shown[1] == [70.0, 222.0, 333.0]
    assert [shown[2][2], shown[3][2]] == [5.0, "kept, too"]
    # Calc works array formulas out anew whatever opens them: without the function that is #NAME?
    assert [cell for row in calc.do("read", document, "Sheet1", "B3:B4") for cell in row] == [["error", 525]] * 2
    before = _formulas(calc, document)
    calc.do("save", document, (tmp_path / "again.xlsx").as_uri(), "Calc MS Excel 2007 XML")
    calc.do("close", document)
    again = opened(calc, tmp_path / "again.xlsx")
    assert _formulas(calc, again) == before, "saving broke no formula"
    assert calc.do("read", again, "Sheet1", "A1:C1")[0][:2] == [["number", 1300.0], ["number", 111.0]]
    calc.do("close", again)


def _formulas(calc: CalcOffice, document: int) -> list[list[str]]:
    # names that Calc does not know may come back in other capitals
    return [[text.casefold() for text in row] for row in calc.do("formulas", document, "Sheet1", "A1:C4")]


def test_formulas_survive_saving_and_opening(calc: CalcOffice, tmp_path: Path) -> None:
    document = calc.do("open_document")
    assert calc.ask(document, "=INV_EOQ(1300;8;1;0.225)") == pytest.approx(EOQ)
    for name, kind in (("a.ods", "calc8"), ("a.xlsx", "Calc MS Excel 2007 XML"), ("a.xls", "MS Excel 97")):
        calc.do("save", document, (tmp_path / name).as_uri(), kind)
    calc.do("close", document)
    for name in ("a.ods", "a.xlsx", "a.xls"):
        again = opened(calc, tmp_path / name)
        calc.do("calculate", again, True)
        assert cell(calc, again, "Sheet1", "A1") == pytest.approx(EOQ), name
        calc.do("close", again)


def test_a_saved_workbook_is_planned_from_its_file_and_a_changed_one_from_the_screen(
    calc: CalcOffice, tmp_path: Path
) -> None:
    path = tmp_path / "Plan Ø.xlsx"
    save_book(path)
    document = opened(calc, path)
    calc.do("add_sheet", document, "Mine")
    calc.do("save", document)
    assert calc.ask(document, f"={POSITION}", sheet="Mine") == 14.0
    assert "Plan Ø.xlsx" in calc.ask(document, "=INV_STATUS()", sheet="Mine", cell="B1")
    calc.do("fill", document, "Stock", 2, 1, [[500.0]])
    assert recalculated(calc, document, "Mine", "A1", 504.0) == 504.0
    calc.do("fill", document, "Stock", 2, 1, [[30.0]])
    calc.do("save", document)
    assert recalculated(calc, document, "Mine", "A1", 34.0) == 34.0, "read from the file again"
    calc.do("close", document)


def test_workbooks_have_plans_of_their_own_whatever_their_kind(calc: CalcOffice, tmp_path: Path) -> None:
    unsaved = fill_book(calc)
    paths = [tmp_path / "one.xlsx", tmp_path / "two.ods"]
    calc.do("save", unsaved, paths[1].as_uri(), "calc8")
    calc.do("close", unsaved)
    save_book(paths[0], on_hand=500.0)
    documents = [*(opened(calc, path) for path in paths), fill_book(calc)]
    calc.do("fill", documents[2], "Stock", 2, 1, [[70.0]])
    for document in documents:
        calc.do("add_sheet", document, "Mine")
    assert [calc.ask(document, f"={POSITION}", sheet="Mine") for document in documents] == [504.0, 14.0, 74.0]
    for document in documents:
        calc.do("close", document)


def test_formulas_that_ask_for_the_plan_may_stand_on_the_sheets_it_is_made_from(calc: CalcOffice) -> None:
    document = fill_book(calc)
    for address, formula in (
        ("F2", '=INV_REORDER(A2;B2;"inventory_position")'),
        ("G2", "=F2*2"),
        ("H2", '=INDIRECT("F2")*3'),
        ("I2", "=C2+1"),
    ):
        calc.do("formula", document, "Stock", address, formula)
    calc.do("formula", document, "Settings", "F9", "=$Stock.F2*4")
    for on_hand in (10.0, 500.0):
        calc.do("fill", document, "Stock", 2, 1, [[on_hand]])
        position = on_hand + 4
        assert recalculated(calc, document, "Stock", "F2", position) == position
        values = [value for _, value in calc.do("read", document, "Stock", "F2:I2")[0]]
        assert values == [position, 2 * position, 3 * position, on_hand + 1]
        assert cell(calc, document, "Settings", "F9") == 4 * position
    calc.do("close", document)


def test_an_error_value_on_an_input_sheet_is_a_finding_not_an_empty_cell(calc: CalcOffice) -> None:
    document = fill_book(calc)
    assert calc.ask(document, f"={POSITION}") == 14.0
    before = calc.ask(document, "=INV_STATUS()", cell="A2")
    head, number = before.rstrip(".").rsplit(" ", 1)
    assert "findings in the data" in head
    calc.do("formula", document, "Sales", "D3", "=NA()")
    after = f"{int(number) + 1}."
    until = time.monotonic() + _PATIENCE_SECONDS
    while not (told := cell(calc, document, "Sheet1", "A2")).endswith(f" {after}") and time.monotonic() < until:
        calc.do("calculate", document, True)
    assert told.endswith(f" {after}"), "one more finding in the data"
    calc.do("close", document)


def test_a_workbook_whose_days_count_from_1904_is_read_from_its_file(calc: CalcOffice, tmp_path: Path) -> None:
    document = fill_book(calc)
    calc.do("count_days_from", document, 1904)
    assert calc.ask(document, f"={POSITION}") == NA
    assert "1904" in calc.ask(document, "=INV_STATUS()", cell="A2")
    calc.do("save", document, (tmp_path / "mac.xlsx").as_uri(), "Calc MS Excel 2007 XML")
    calc.do("calculate", document, True)
    assert cell(calc, document, "Sheet1", "A1") == 14.0
    calc.do("close", document)


def test_a_spilled_table_works_inside_other_functions(calc: CalcOffice) -> None:
    document = calc.do("open_document")
    calc.do("fill", document, "Sheet1", 0, 0, [[70.0], [20.0], [10.0]])
    assert calc.ask(document, "=ROWS(INV_ABC(A1:A3))", cell="C1") == 3.0
    assert calc.ask(document, "=INDEX(INV_ABC(A1:A3);3;1)", cell="C1") == "B"
    assert calc.ask(document, "=INV_ABC(A1:A3)", cell="C1") == "A", "a plain cell shows the first value"
    assert calc.ask(document, "=SUM(INV_EOQ({1300|5200};8;1;0.225))", cell="C1") == pytest.approx(3 * EOQ)
    calc.do("close", document)


def test_an_empty_cell_alone_arrives_as_nought(calc: CalcOffice) -> None:
    # Calc's, not ours: as a range of one cell it is empty, as in every other host
    document = calc.do("open_document")
    assert calc.ask(document, "=INV_EOQ(B9;8;1;0.225)") == 0.0
    assert calc.ask(document, "=INV_EOQ(B9:B9;8;1;0.225)") == ""
    calc.do("close", document)


def test_the_worker_may_die_and_is_started_again(calc: CalcOffice) -> None:
    document = calc.do("open_document")
    assert calc.ask(document, "=INV_EOQ(1300;8;1;0.225)") == pytest.approx(EOQ)
    for number in _worker_processes(calc):
        os.kill(number, signal.SIGKILL)
    assert calc.ask(document, "=INV_EOQ(1300;8;1;0.225)", cell="A2") == pytest.approx(EOQ)
    assert len(_worker_processes(calc)) == 1
    calc.do("close", document)


def _worker_processes(calc: CalcOffice) -> list[int]:
    """Return the worker processes of this office: known by their log file."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "invopt_xl.adapters.function_server" in words and any(word.startswith(str(calc.folder)) for word in words):
            found.append(int(entry.parent.name))
    assert found, "no worker process was found"
    return found


def test_the_function_wizard_shows_every_function_with_help(calc: CalcOffice) -> None:
    shown = calc.do("functions")
    assert sorted(shown) == sorted(each.name for each in FUNCTIONS)
    for each in FUNCTIONS:
        description, arguments = shown[each.name]
        assert description == each.description
        assert [name for name, _ in arguments] == [argument.name for argument in each.arguments]
        assert all(
            help_text.startswith(one.help) for (_, help_text), one in zip(arguments, each.arguments, strict=True)
        )


def test_an_unknown_item_is_not_available_and_the_status_says_why_there_is_no_plan(calc: CalcOffice) -> None:
    document = calc.do("open_document")
    assert calc.ask(document, '=INV_REORDER("zz")') == NA
    assert "Sales" in calc.ask(document, "=INV_STATUS()", cell="A2")
    assert calc.ask(document, '=ISNA(INV_REORDER("zz"))', cell="A3") == 1.0
    calc.do("close", document)
