"""A write that fails leaves the workbook as it was, whichever write it is; Restore takes the last action back, after a crash too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from invopt_xl.adapters import ribbon
from invopt_xl.adapters.live_sheets import write_live
from invopt_xl.adapters.restore_point import read_notes
from invopt_xl.adapters.ribbon_session import restore_file, written
from invopt_xl.core.report import sheet_specs
from tests.hosts import planner_book
from tests.hosts.planner_file import everything, planner_file, pressed

if TYPE_CHECKING:
    from tests.hosts.openpyxl_engine import Excel

PLANNERS = {*planner_book.sheets(), "My notes"}


@pytest.fixture
def book(application: Excel, tmp_path: Path) -> Any:
    """A workbook with a plan in which the planner has decided, with a column and a row of their own."""
    opened = application.open(planner_file(tmp_path))
    _write(opened, planner_book.plan())
    sheet = opened.impl.file["Recommendations"]
    names = [cell.value for cell in sheet[1]]
    sheet.cell(3, names.index("decision") + 1).value = "Reject"
    sheet.cell(4, 1).value = "GONE"
    sheet.cell(4, names.index("reason") + 1).value = "ask Jo"
    sheet.cell(5, sheet.max_column + 2).value = "=J5*2"
    sheet.cell(6, names.index("order_quantity") + 1).value = "=2+3"
    application.log.changes.clear()
    return opened


def _write(book: Any, plan: Any) -> None:
    written(book, "Refresh recommendations", lambda point: write_live(book, sheet_specs(plan), point))


def _next_plan() -> Any:
    """A plan in which all figures, the number of exceptions and that of orders are others, and a sheet is missing from the workbook."""
    plan = planner_book.plan()
    rows = plan.recommendations.assign(order_quantity=plan.recommendations["order_quantity"] + 11.0, why="because")
    return replace(
        plan,
        recommendations=rows,
        orders=plan.orders.head(2),
        exceptions=plan.exceptions.head(1),
        totals=plan.totals.head(70),
    )


def _writes(application: Excel, book: Any) -> int:
    application.log.count = 0
    _write(book, _next_plan())
    return application.log.count


def test_the_planners_formulas_and_the_old_values_come_back(application: Excel, book: Any) -> None:
    before = everything(book)
    _write(book, _next_plan())
    after = everything(book)
    assert after["Recommendations"]["J6"] != before["Recommendations"]["J6"]
    assert after["Dashboard: charts"] != before["Dashboard: charts"], "the chart follows its shorter table"
    assert ribbon.restore(book.fullname).startswith("ask\nPut InvOpt XL's sheets back to how they were before Refresh")
    assert everything(book) == after
    assert ribbon.restore(book.fullname, "yes").startswith("done\n")
    assert everything(book) == before
    assert ribbon.restore(book.fullname).startswith("tell\nThere is nothing to put back")


@pytest.mark.parametrize("drop", ["", "Exceptions"])
def test_a_failure_at_any_write_leaves_the_workbook_as_it_was(
    application: Excel, tmp_path: Path, book: Any, drop: str
) -> None:
    # with a sheet to be added among those to be refreshed, and without
    if drop:
        del book.impl.file[drop]
        del book.impl.file.defined_names[f"InvOpt.{drop}"]
    before = everything(book)
    total = _writes(application, book)
    ribbon.restore(book.fullname, "yes")
    assert everything(book) == before
    assert total > 40
    for number in [*range(1, 12), *range(12, total, 5), total]:
        application.log.count, application.log.fail_at = 0, number
        with pytest.raises(Exception, match=r"(did not let|All sheets are as they were)"):
            _write(book, _next_plan())
        application.log.fail_at = 0
        assert everything(book) == before, f"write {number} of {total}"
    assert not application.log.places("Planner.xlsx") & PLANNERS


def test_a_first_refresh_that_fails_leaves_no_sheet_behind(application: Excel, tmp_path: Path) -> None:
    new = application.open(planner_file(tmp_path, name="New.xlsx"))
    before = everything(new)
    for number in (1, 2, 3, 4, 9, 14, 20):
        application.log.count, application.log.fail_at = 0, number
        with pytest.raises(Exception, match="All sheets are as they were"):
            _write(new, planner_book.plan())
        application.log.fail_at = 0
        assert everything(new) == before, f"write {number}"
        assert [each.name for each in application.app.books] == ["New.xlsx"], "the workbook of new sheets was closed"


def test_when_nothing_can_be_taken_back_restore_does_it_later(application: Excel, book: Any) -> None:
    before = everything(book)
    application.log.count, application.log.fail_from = 0, 9
    with pytest.raises(Exception, match=r"could not be taken back .* Press Restore"):
        _write(book, _next_plan())
    application.log.fail_from = 0
    assert everything(book) != before
    reply = ribbon.restore(book.fullname)
    assert reply.startswith("ask\nPut InvOpt XL's sheets back to how they were before the last button, which did not")
    assert ribbon.restore(book.fullname, "yes").startswith("done")
    assert everything(book) == before


def test_a_crash_in_the_middle_is_restored_from_the_notes_on_disk(application: Excel, book: Any) -> None:
    before = everything(book)
    file = restore_file(book)
    application.log.count, application.log.fail_from = 0, 15
    with pytest.raises(Exception, match="Press Restore"):
        _write(book, _next_plan())
    application.log.fail_from = 0
    # the last line was being written when the power went
    file.write_text(file.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    assert read_notes(file)
    assert ribbon.restore(book.fullname, "yes").startswith("done")
    assert everything(book) == before


def test_rows_that_were_sorted_since_are_not_mixed_up(application: Excel, book: Any) -> None:
    _write(book, _next_plan())
    sheet = book.impl.file["Recommendations"]
    for column in range(1, sheet.max_column + 1):
        first, second = sheet.cell(2, column), sheet.cell(3, column)
        first.value, second.value = second.value, first.value
    before = everything(book)
    reply = ribbon.restore(book.fullname, "yes")
    assert reply.startswith("warn\nRows of sheet Recommendations were sorted, moved, renamed or deleted since Refresh")
    assert everything(book) == before


def test_approvals_are_taken_back_too(application: Excel, book: Any) -> None:
    before = everything(book)
    assert pressed(ribbon.approve, book.fullname, "Recommendations", "A2:A3", "yes").startswith("done")
    assert everything(book) != before
    assert ribbon.restore(book.fullname, "yes").startswith("done\nInvOpt XL's sheets are as they were before Approve")
    assert everything(book) == before


def test_excel_gets_its_state_back_when_writing_fails(application: Excel, book: Any) -> None:
    book.sheets["My notes"].activate()
    before = dict(application.app.impl.state)
    application.log.count, application.log.fail_at = 0, 5
    with pytest.raises(Exception, match="as they were"):
        _write(book, _next_plan())
    assert application.app.impl.state == before
    assert book.sheets.active.name == "My notes"
