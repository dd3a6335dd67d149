"""The buttons on a workbook that is open in Excel: what they write, where, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import invopt_xl as iv
from invopt_xl.adapters import ribbon
from invopt_xl.adapters.plan_cache import PLANS
from invopt_xl.adapters.writing import read_own_table
from invopt_xl.adapters.xlwings_book import XlwingsBook
from tests.hosts import planner_book
from tests.hosts.desk import Desk, known_plan
from tests.hosts.planner_file import everything, pressed

PLANNERS = {*planner_book.sheets(), "My notes"}


def test_cells_are_read_from_excel_as_from_the_file(desk: Desk) -> None:
    live, file = iv.read_tables(XlwingsBook(desk.book)), iv.read_tables(desk.name)
    assert set(live.frames) == set(file.frames)
    for name, frame in file.frames.items():
        pd.testing.assert_frame_equal(live.frames[name], frame)


def test_check_data_writes_its_own_sheet_and_no_other(desk: Desk) -> None:
    reply = desk.press("check_data")
    assert reply.startswith(("done", "tell")), reply
    assert desk.excel.log.places("Planner.xlsx") == {"Data Check"}
    assert desk.cell("Data Check", "A1:C1") == ["severity", "table", "place"]


def test_refresh_plans_what_is_open_and_writes_the_file_writers_sheets(desk: Desk, tmp_path: Path) -> None:
    reply = desk.press("refresh")
    assert reply.startswith("done\n8 items planned"), reply
    tables = iv.read_tables(desk.name)
    iv.write_plan(iv.plan(tables), tmp_path / "by file.xlsx")
    desk.book.save(str(tmp_path / "by button.xlsx"))
    for sheet in ("Recommendations", "Exceptions", "Orders", "Forecast", "Explanations", "Accuracy"):
        by_file, by_button = (read_own_table(tmp_path / f"by {way}.xlsx", sheet) for way in ("file", "button"))
        assert by_file is not None
        assert by_button is not None
        pd.testing.assert_frame_equal(by_button, by_file)


def test_the_sheet_kept_for_the_next_run_is_hidden(planned: Desk) -> None:
    sheets = planned.book.impl.file
    assert sheets["Kept Inputs"].sheet_state == "hidden"
    assert sheets["Recommendations"].sheet_state == "visible"


def test_limits_that_come_and_go_are_written_at_each_refresh(planned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _column(planned, "Limits", "kind") == ["none"]
    plan = planner_book.plan()
    names = [f"supplier {number}" for number in range(12)]
    limits = pd.DataFrame({"kind": "supplier minimum", "limit": names, "measure": "spend", "sentence": names})
    limits = limits.reindex(columns=plan.limits.columns).astype({"allowed": float, "used": float})
    changed = replace(plan, limits=limits)
    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", lambda *_, **__: changed)
    assert planned.press("refresh").startswith("done")
    assert _column(planned, "Limits", "limit") == names
    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", lambda *_, **__: plan)
    assert planned.press("refresh").startswith("done")
    assert _column(planned, "Limits", "kind") == ["none"]


def _column(desk: Desk, sheet: str, name: str) -> list[Any]:
    file = desk.book.impl.file[sheet]
    header, *lines = file[file.tables[f"InvOpt_{sheet}"].ref]
    at = [cell.value for cell in header].index(name)
    return [line[at].value for line in lines]


def test_functions_answer_from_the_refreshed_plan(planned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("planned again")

    PLANS.forget(planned.name)
    planned.press("refresh")
    monkeypatch.setattr("invopt_xl.pipeline.plan", never)
    rows = PLANS.planned(planned.name).plan.recommendations
    assert rows["order_quantity"].tolist() == planner_book.plan().recommendations["order_quantity"].tolist()


def test_refresh_touches_no_sheet_of_the_planner(planned: Desk) -> None:
    before = {name: everything(planned.book)[name] for name in PLANNERS}
    assert planned.press("refresh").startswith("done")
    assert planned.excel.log.changes
    assert not planned.excel.log.places("Planner.xlsx") & PLANNERS
    assert {name: everything(planned.book)[name] for name in PLANNERS} == before


def test_refresh_writes_no_cell_in_the_planners_columns(planned: Desk) -> None:
    planned.type_in("Recommendations", 4, "decision", "Reject")
    sheet = planned.book.impl.file["Recommendations"]
    first = [cell.value for cell in sheet[1]].index("decision") + 1
    planned.press("refresh")
    for kind, _, place, what in planned.excel.log.changes:
        if place == "Recommendations" and kind == "cells":
            last = planned.book.sheets["Recommendations"].range(what).impl.column2
            assert last < first, f"{what} reaches into the planner's columns"
    assert sheet.cell(4, first).value == "Reject"


def test_a_sorted_table_keeps_its_order_and_decisions_stay_with_their_items(planned: Desk) -> None:
    sheet = planned.book.impl.file["Recommendations"]
    names = [cell.value for cell in sheet[1]]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for at, values in enumerate(reversed(rows), 2):
        for column, value in enumerate(values, 1):
            sheet.cell(at, column).value = value
    planned.type_in("Recommendations", planned.row_of("A-1"), "decision", "Approve")
    order = [row[0] for row in reversed(rows)]
    planned.press("refresh")
    now = planned.table("Recommendations")
    assert now["sku"].tolist() == order
    assert now.loc[now["decision"] == "Approve", "sku"].tolist() == ["A-1"]
    figures = planner_book.plan().recommendations.set_index(["sku", "location"])["order_quantity"]
    assert [figures[sku, place] for sku, place in zip(now["sku"], now["location"], strict=True)] == now[
        "order_quantity"
    ].tolist()
    assert names == list(now.columns)


def test_an_item_that_is_gone_keeps_its_row_while_the_planner_has_words_in_it(planned: Desk) -> None:
    row = planned.row_of("007")
    sheet = planned.book.impl.file["Recommendations"]
    sheet.cell(row, 1).value = "GONE"
    planned.type_in("Recommendations", row, "reason", "ask Jo")
    reply = planned.press("refresh")
    now = planned.table("Recommendations")
    assert reply.startswith("done"), reply
    kept = now[now["sku"] == "GONE"].iloc[0]
    assert (kept["reason"], kept["why"], kept["order_quantity"]) == ("ask Jo", "No longer in the plan.", None)
    assert sorted(now["sku"].tolist()) == sorted([*planner_book.plan().recommendations["sku"], "GONE"])
    # the item that lost its row got a new one at the end of the table
    assert now["sku"].iloc[-1] == "007"
    assert sheet.tables["InvOpt_Recommendations"].ref.endswith(str(len(now) + 1))


def test_columns_of_the_planner_beside_the_table_stay_with_their_rows(planned: Desk) -> None:
    sheet = planned.book.impl.file["Recommendations"]
    beside = sheet.max_column + 2
    row = planned.row_of("B", "YORK")
    sheet.cell(row, beside).value = "promised to Ann"
    planned.press("refresh")
    assert planned.row_of("B", "YORK") == row
    assert sheet.cell(row, beside).value == "promised to Ann"


def test_cells_below_a_table_are_never_written_over(planned: Desk) -> None:
    sheet = planned.book.impl.file["Recommendations"]
    planned.type_in("Recommendations", planned.row_of("007"), "reason", "ask Jo")
    sheet.cell(planned.row_of("007"), 1).value = "GONE"
    sheet.cell(sheet.max_row + 1, 3).value = "my total"
    before = everything(planned.book)
    reply = planned.press("refresh")
    assert reply.startswith("warn\nSheet Recommendations: cells below the table"), reply
    assert everything(planned.book) == before


def test_a_sheet_of_the_planner_with_our_name_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", known_plan)
    desk.book.impl.file["My notes"].title = "Exceptions"
    before = everything(desk.book)["Exceptions"]
    assert desk.press("refresh").startswith("done")
    assert everything(desk.book)["Exceptions"] == before
    assert "Exceptions (InvOpt)" in desk.book.impl.file.sheetnames


def test_the_sheet_in_front_and_the_state_of_excel_are_given_back(planned: Desk) -> None:
    planned.book.sheets["My notes"].activate()
    # one sheet is to be added
    del planned.book.impl.file["Accuracy"]
    before = dict(planned.excel.app.impl.state)
    planned.press("refresh")
    assert planned.book.sheets.active.name == "My notes"
    assert planned.excel.app.impl.state == before


def test_texts_that_look_like_numbers_stay_texts(planned: Desk) -> None:
    sheet = planned.book.impl.file["Recommendations"]
    planned.type_in("Recommendations", 2, "reason", "x")  # rows keep their places, so cells are written one by one
    planned.press("refresh")
    written = [row[0].value for row in sheet.iter_rows(min_row=2, max_col=1)]
    assert written == planner_book.plan().recommendations["sku"].tolist()
    assert "007" in written


def test_a_workbook_from_the_web_is_found_by_its_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", known_plan)
    address = "https://contoso.sharepoint.com/sites/Buying/Shared%20Documents/Planner.xlsx"
    desk.book.impl.full_name = address
    assert pressed(ribbon.refresh, address).startswith("done")
    assert PLANS.planned(address).plan is planner_book.plan()
    PLANS.forget(address)


def test_a_workbook_that_is_not_open_for_editing_is_said_so(desk: Desk) -> None:
    reply = ribbon.refresh("C:\\Downloads\\Other.xlsx")
    assert reply.startswith("warn\nC:\\Downloads\\Other.xlsx is not among the open workbooks")
    assert "Enable Editing" in reply


def test_a_read_only_workbook_is_planned_and_says_how_to_keep_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", known_plan)
    desk.book.impl.read_only = True
    reply = desk.press("refresh")
    assert reply.startswith("tell\n8 items planned")
    assert "read-only: save it under another name" in reply


def test_a_protected_structure_or_sheet_is_said_before_anything_is_computed(planned: Desk) -> None:
    planned.book.impl.file["Recommendations"].protection.sheet = True
    assert "Review, Unprotect Sheet" in planned.press("refresh")
    planned.book.impl.file["Recommendations"].protection.sheet = False
    planned.book.impl.fixed_structure = True
    assert planned.press("refresh").startswith("done"), "all sheets are there already"
    del planned.book.impl.file["Accuracy"]
    assert "structure of this workbook is protected" in planned.press("refresh")


def test_esc_stops_and_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    entered, go_on = threading.Event(), threading.Event()
    went_on: list[str] = []

    def slow(tables: Any, *, previous: Any, previous_basis: Any, learned: Any, progress: Any) -> Any:
        entered.set()
        go_on.wait(10)
        progress("forecast")
        went_on.append("forecast")

    monkeypatch.setattr("invopt_xl.adapters.ribbon_plan.plan", slow)
    before = everything(desk.book)
    assert ribbon.refresh(desk.name).startswith("working")
    assert entered.wait(10)
    assert ribbon.progress(desk.name).startswith("working\nreading the sheets")
    assert ribbon.cancel(desk.name).startswith("working\n")
    go_on.set()
    assert pressed(ribbon.progress, desk.name).startswith("stopped\nStopped. Nothing was changed.")
    assert not went_on, "the step after Esc was not begun"
    assert ribbon.progress(desk.name) == "done"
    assert everything(desk.book) == before


def test_only_selected_items_change_when_they_are_refreshed(planned: Desk) -> None:
    sheet = planned.book.impl.file["Recommendations"]
    chosen, other = planned.row_of("A-1"), planned.row_of("007")
    for row in (chosen, other):
        sheet.cell(row, 10).value = 123456.0
    reply = planned.press("refresh_selection", "Recommendations", f"C{chosen}")
    assert reply.startswith("done\n1 item planned"), reply
    assert sheet.cell(chosen, 10).value == planner_book.figure("A-1", "LEEDS", "order_quantity")
    assert sheet.cell(other, 10).value == 123456.0
    kept = PLANS.planned(planned.name).plan.recommendations.set_index("sku")["order_quantity"]
    assert kept["007"] == 123456.0
    assert {"Dashboard", "Accuracy", "Data Check"}.isdisjoint(planned.excel.log.places("Planner.xlsx"))


def test_approve_marks_the_selected_rows_that_order_something(planned: Desk) -> None:
    rows = planned.table("Recommendations")
    ordered = rows.index[rows["order_quantity"] > 0]
    reply = planned.press("approve", "Recommendations", f"B2:B{rows.index[-1]}")
    assert reply.startswith(f"done\n{len(ordered)} rows approved."), reply
    now = planned.table("Recommendations")
    assert now.index[now["decision"] == "Approve"].tolist() == ordered.tolist()
    assert {place for _, _, place, _ in planned.excel.log.changes} == {"Recommendations"}


def test_hidden_rows_are_never_approved(planned: Desk) -> None:
    rows = planned.table("Recommendations")
    hidden = int(rows.index[rows["order_quantity"] > 0][0])
    planned.book.impl.file["Recommendations"].row_dimensions[hidden].hidden = True
    planned.press("approve", "Recommendations", "A2:AD9")
    now = planned.table("Recommendations")
    assert now.loc[hidden, "decision"] is None
    assert (now["decision"] == "Approve").sum() == (rows["order_quantity"] > 0).sum() - 1


def test_approve_asks_before_it_writes_over_a_decision(planned: Desk) -> None:
    row = planned.row_of("A-1")
    planned.type_in("Recommendations", row, "decision", "Reject")
    where = ("Recommendations", f"A{row}")
    assert planned.press("approve", *where).startswith("ask\n1 row of 1 should be looked at first:")
    assert planned.table("Recommendations").loc[row, "decision"] == "Reject"
    assert planned.press("approve", *where, "yes").startswith("done\n1 row approved.")
    assert planned.table("Recommendations").loc[row, "decision"] == "Approve"


def test_clear_empties_the_selected_rows_and_no_others(planned: Desk) -> None:
    planned.press("approve", "Recommendations", "A2:A9")
    row = planned.row_of("A-1")
    planned.type_in("Recommendations", row, "reason", "why not")
    approved = int((planned.table("Recommendations")["decision"] == "Approve").sum())
    assert planned.press("clear_decisions", "Recommendations", f"A{row}").startswith("done\nDecisions of 1 row")
    now = planned.table("Recommendations")
    assert now.loc[row, ["decision", "planner_quantity", "reason"]].tolist() == [None, None, None]
    assert (now["decision"] == "Approve").sum() == approved - 1
    assert planned.press("clear_decisions", "Recommendations", f"A{row}") == "done\nThe selected rows hold no decision."


@pytest.mark.parametrize("cells", ["A1", "A500:B600"])
def test_a_selection_outside_the_table_is_said(planned: Desk, cells: str) -> None:
    assert planned.press("approve", "Recommendations", cells).startswith("warn\nNo row of the table")
    assert planned.press("approve", "My notes", cells).startswith("warn\nSelect the rows that you mean on sheet")


def test_decision_cells_are_coloured_and_take_decisions_only(planned: Desk) -> None:
    sheet = planned.book.impl.file["Recommendations"]
    names = [cell.value for cell in sheet[1]]
    letters = openpyxl.utils.get_column_letter(names.index("decision") + 1)
    lists = [each.formula1 for each in sheet.data_validations.dataValidation if str(each.sqref).startswith(letters)]
    assert lists == ['"Approve,Change,Reject"']
    assert sheet[f"{letters}2"].fill.fgColor.rgb == "FFFFF8E1"


def test_a_sheet_that_spans_everything_is_refused_before_it_is_read(desk: Desk) -> None:
    desk.book.impl.file["My notes"].cell(1048576, 40).value = "x"
    reply = desk.press("refresh")
    assert reply.startswith("warn\nSheet My notes: its last cell is in row 1,048,576, column AN"), reply


def test_item_numbers_are_read_as_their_format_shows_them(desk: Desk) -> None:
    for name in ("Sales", "Stock", "Items"):
        for row in desk.book.impl.file[name].iter_rows():
            for cell in row:
                if cell.value == 1001.0:
                    cell.number_format = "000000"
    skus = iv.read_tables(XlwingsBook(desk.book)).frames["Stock"]["sku"].tolist()
    assert "001001" in skus
    assert "1001" not in skus


def test_error_cells_are_findings_and_no_numbers(desk: Desk) -> None:
    stock = desk.book.impl.file["Stock"]
    stock["C2"].value, stock["C3"].value = "#N/A", -2146826243.0
    tables = iv.read_tables(XlwingsBook(desk.book))
    assert tables.frames["Stock"]["on_hand"].min() >= 0
    said = " ".join(str(each) for each in tables.findings)
    assert "error" in said
    assert "C2" in said or "row 2" in said, said


def test_a_chart_of_the_planner_on_our_sheet_keeps_its_cells(planned: Desk) -> None:
    from openpyxl.chart import BarChart, Reference

    sheet = planned.book.impl.file["Recommendations"]
    notes = planned.book.impl.file["My notes"]
    chart = BarChart()
    chart.add_data(Reference(notes, min_col=10, min_row=1, max_row=9), titles_from_data=True)
    chart.set_categories(Reference(notes, min_col=1, min_row=2, max_row=9))
    sheet.add_chart(chart, "AH2")
    before = everything(planned.book)["Recommendations: charts"]
    sheet.cell(planned.row_of("007"), 1).value = "GONE"
    planned.type_in("Recommendations", 2, "reason", "ask Jo")
    planned.press("refresh")
    assert sheet.tables["InvOpt_Recommendations"].ref.endswith("10")
    assert everything(planned.book)["Recommendations: charts"] == before
