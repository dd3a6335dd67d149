"""Explain, Projected stock, Scenario, Settings, Template, Doctor, and a button in a process of its own."""

from __future__ import annotations

import pytest

from invopt_xl.adapters import ribbon
from invopt_xl.adapters.plan_cache import PLANS
from invopt_xl.adapters.ribbon_alone import run_alone
from invopt_xl.core.whatif import RESULTS
from tests.hosts import planner_book
from tests.hosts.desk import Desk
from tests.hosts.planner_file import everything


def test_explain_says_the_sentence_of_the_row_and_changes_nothing(planned: Desk) -> None:
    before = everything(planned.book)
    row = planned.row_of("007")
    reply = planned.press("explain_row", "Recommendations", f"C{row}")
    assert reply.startswith("tell\n007, LEEDS: Item 007\n")
    assert planner_book.figure("007", "LEEDS", "why") in reply
    shares = [float(line.rsplit(": ", 1)[1].split(" ")[0].replace(",", "")) for line in reply.split("\n")[3:]]
    assert sum(shares) == pytest.approx(planner_book.figure("007", "LEEDS", "order_quantity"), abs=1e-9)
    assert all(share == round(share, 1) for share in shares), "tenths are enough for a person"
    assert everything(planned.book) == before
    assert not planned.excel.log.changes


def test_explain_finds_the_item_of_a_row_on_other_sheets_of_ours(planned: Desk) -> None:
    rows = planned.table("Forecast")
    at = int(rows.index[rows["sku"] == "Slow"][0])
    assert planned.press("explain_row", "Forecast", f"D{at}").startswith("tell\nSlow, YORK")


def test_projected_stock_is_drawn_for_the_selected_item(planned: Desk) -> None:
    row = planned.row_of("A-1")
    reply = planned.press("projected_stock", "Recommendations", f"A{row}:C{row + 1}")
    assert reply.startswith("done\nProjected stock of A-1"), reply
    sheet = planned.book.impl.file["Projected Stock"]
    table = sheet.tables["InvOpt_Projected_Stock"]
    cells = [[cell.value for cell in line] for line in sheet[table.ref]]
    periods = (planner_book.plan().forecast["sku"] == "A-1").sum()
    assert len(cells) == periods + 1
    assert cells[0][:3] == ["period_start", "orders_due", "recommended"]
    assert sum(line[2] for line in cells[1:]) == planner_book.figure("A-1", "LEEDS", "order_quantity")
    assert len(sheet._charts) == 1
    assert planned.book.sheets.active.name == "Projected Stock"
    # another item on the same sheet
    other = planned.row_of("B", "YORK")
    assert planned.press("projected_stock", "Recommendations", f"A{other}").startswith("done\nProjected stock of B")
    assert planned.cell("Projected Stock", "A1") == "Projected stock of B, YORK: Item B"
    assert planned.excel.log.places("Planner.xlsx") == {"Projected Stock"}


def test_a_scenario_shows_planned_and_changed_figures(planned: Desk) -> None:
    row = planned.row_of("A-1")
    before = everything(planned.book)["Recommendations"]
    reply = planned.press("scenario", "Recommendations", f"A{row}", "lead_time_days = 60")
    assert reply.startswith("tell\nWhat if lead time days were 60?\n  A-1, LEEDS: order "), reply
    sheet = planned.book.impl.file["Scenario"]
    lines = {line[3].value: line for line in sheet[sheet.tables["InvOpt_Scenario"].ref][1:]}
    assert set(lines) == set(RESULTS)
    assert lines["order_quantity"][4].value == planner_book.figure("A-1", "LEEDS", "order_quantity")
    assert lines["lead_time_days"][5].value == 60
    assert lines["order_quantity"][5].value > lines["order_quantity"][4].value
    assert everything(planned.book)["Recommendations"] == before
    assert PLANS.planned(planned.name).tables is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("lead time 21", "names no value"),
        ("led_time_days = 3", "Did you mean 'lead_time_days'?"),
        ("moq = -4", "from 0 to"),
    ],
)
def test_a_change_that_cannot_be_read_is_said(planned: Desk, change: str, said: str) -> None:
    reply = planned.press("scenario", "Recommendations", "A2", change)
    assert reply.startswith("warn\n")
    assert said in reply


def test_settings_shows_the_planners_sheet(desk: Desk) -> None:
    before = everything(desk.book)
    assert desk.press("settings").startswith("done\nSheet Settings:")
    assert desk.book.sheets.active.name == "Settings"
    assert everything(desk.book) == before


def test_settings_adds_a_sheet_where_there_is_none_and_restore_never_takes_it_away(desk: Desk) -> None:
    del desk.book.impl.file["Settings"]
    assert desk.press("settings").startswith("done\nSheet Settings was added")
    assert desk.cell("Settings", "A1:B1") == ["setting", "value"]
    assert {"Settings", "Read me"} <= set(desk.book.impl.file.sheetnames)
    assert not [each for each in desk.book.impl.file.defined_names if each.startswith("InvOpt.")]
    assert desk.press("restore").startswith("tell\nThere is nothing to put back")


def test_template_opens_a_new_workbook(desk: Desk) -> None:
    reply = ribbon.template(desk.name)
    assert reply.startswith("done")
    new = desk.excel.app.books.active
    assert new.name == "Book2"
    assert {"Sales", "Items", "Stock"} <= {sheet.name for sheet in new.sheets}


def test_doctor_says_what_it_found(desk: Desk) -> None:
    reply = ribbon.doctor(desk.name)
    assert reply.split("\n")[0] in ("tell", "warn")
    assert "Python" in reply


def test_an_inner_error_is_told_without_a_traceback(planned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("invopt_xl.adapters.ribbon_decisions.selected_rows", broken)
    reply = planned.press("approve", "Recommendations", "A2")
    assert reply.startswith("warn\nSomething went wrong inside InvOpt XL.")
    assert "server.log" in reply
    assert "division" not in reply


def test_a_button_alone_shows_its_reply_and_gives_the_status_bar_back(planned: Desk) -> None:
    app = planned.excel.app
    reply = run_alone(ribbon.refresh, [planned.name], progress=ribbon.progress, app=app, shown_for=0)
    assert reply.startswith("done\n8 items planned")
    assert app.status_bar is False
    planned.type_in("Recommendations", 2, "decision", "Reject")
    texts = [planned.name, "Recommendations", "A2"]
    assert run_alone(ribbon.approve, texts, progress=ribbon.progress, app=app).startswith("ask")
    app.impl.answer = "yes"
    assert run_alone(ribbon.approve, texts, progress=ribbon.progress, app=app, shown_for=0).startswith("done")
    assert app.impl.alerts[-1].startswith("1 row of 1 should be looked at first:")


def test_an_unknown_button_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert ribbon.main(["dance"]) == 2
    assert "dance is no button" in capsys.readouterr().err
