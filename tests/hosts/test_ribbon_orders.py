"""Order sheets: from approved lines only, with numbers that never come twice."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from invopt_xl.adapters import ribbon
from invopt_xl.adapters.order_ledger import ledger_file
from invopt_xl.adapters.ribbon_orders import read_register
from tests.hosts import planner_book
from tests.hosts.desk import Desk
from tests.hosts.planner_file import everything, planner_file, pressed


def _decide(desk: Desk, sku: str, decision: str, *, location: str = "LEEDS", **more: object) -> int:
    row = desk.row_of(sku, location)
    for name, value in {"decision": decision, **more}.items():
        desk.type_in("Recommendations", row, name, value)
    return row


def _lines(desk: Desk) -> pd.DataFrame:
    """Return the lines of all order sheets."""
    parts = []
    for sheet in desk.book.impl.file.worksheets:
        for table in sheet.tables.values():
            if table.displayName.startswith("InvOpt_Order_"):
                cells = [[cell.value for cell in row] for row in sheet[table.ref]]
                parts.append(pd.DataFrame(cells[1:], columns=cells[0]).assign(sheet=sheet.title))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["order_id", "sku", "sheet"])


def test_only_approved_lines_become_orders(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    _decide(planned, "007", "Reject")
    _decide(planned, "B", "Change", planner_quantity=70.0, reason="fair in May")
    reply = planned.press("create_orders")
    assert reply.startswith("tell\n2 orders to 2 suppliers with 2 lines"), reply
    lines = _lines(planned).set_index("sku")
    assert sorted(lines.index) == ["A-1", "B"]
    assert lines.loc["A-1", "quantity"] == planner_book.figure("A-1", "LEEDS", "order_quantity")
    assert lines.loc["B", "quantity"] == 70.0
    # what the planner notes is not for the supplier
    assert not {"decision", "reason"} & set(lines.columns)
    assert read_register(planned.book).set_index("sku").loc["B", "reason"] == "fair in May"
    assert lines["sheet"].nunique() == 2
    assert "Acme" in lines.loc["A-1", "sheet"]


def test_an_approval_is_used_up_by_its_order(planned: Desk) -> None:
    row = _decide(planned, "A-1", "Approve", reason="agreed")
    kept = _decide(planned, "007", "Reject")
    planned.press("create_orders")
    now = planned.table("Recommendations")
    assert now.loc[row, ["decision", "planner_quantity", "reason"]].tolist() == [None, None, None]
    assert now.loc[kept, "decision"] == "Reject"
    assert planned.press("create_orders").startswith("tell\nNo line is approved yet; ")
    assert len(_lines(planned)) == 1


def test_a_line_far_from_the_recommendation_is_held_until_it_has_a_reason(planned: Desk) -> None:
    row = _decide(planned, "A-1", "Change", planner_quantity=900.0)
    before = everything(planned.book)
    reply = planned.press("create_orders")
    assert reply.startswith("warn\nNo line can be ordered yet.\n- A-1, LEEDS: Your 900 is far from"), reply
    assert everything(planned.book) == before
    planned.type_in("Recommendations", row, "reason", "Jo agreed")
    assert planned.press("create_orders").startswith("tell\n1 order")


def test_numbers_rise_and_are_in_the_register(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    planned.press("create_orders")
    _decide(planned, "007", "Approve")
    planned.press("create_orders")
    first, second = sorted(_lines(planned)["order_id"])
    assert (first[:6], first[-5:], second[-5:]) == (second[:6], "00001", "00002")
    register = read_register(planned.book)
    assert register["order_id"].tolist() == [first, second]
    assert register["sku"].tolist() == ["A-1", "007"]


def test_an_item_that_was_ordered_lately_is_asked_about(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    planned.press("create_orders")
    _decide(planned, "A-1", "Approve")
    reply = planned.press("create_orders")
    assert reply.startswith(
        "ask\n1 approved line of 1 went into an order in the last 7 days already:\n- A-1, LEEDS: in "
    )
    assert len(_lines(planned)) == 1
    assert planned.press("create_orders", "yes").startswith("tell\n1 order")
    assert _lines(planned)["order_id"].nunique() == 2


@pytest.mark.parametrize(("days_ago", "asked"), [(0, True), (6, True), (7, False)])
def test_only_orders_of_the_last_days_are_asked_about(planned: Desk, days_ago: int, asked: bool) -> None:
    _decide(planned, "A-1", "Approve")
    planned.press("create_orders")
    day = datetime.now() - timedelta(days=days_ago)
    planned.book.impl.file["Issued Orders"].cell(2, 2).value = f"{day:%Y-%m-%d %H:%M}"
    _decide(planned, "A-1", "Approve")
    assert planned.press("create_orders").startswith("ask" if asked else "tell\n1 order")


def test_an_approval_holds_for_the_quantity_that_was_approved(planned: Desk) -> None:
    row = planned.row_of("A-1")
    assert planned.press("approve", "Recommendations", f"A{row}").startswith("done\n1 row approved")
    quantity = planner_book.figure("A-1", "LEEDS", "order_quantity")
    assert planned.table("Recommendations").loc[row, "planner_quantity"] == quantity
    planned.type_in("Recommendations", row, "order_quantity", 5 * quantity)
    reply = planned.press("create_orders")
    assert reply.startswith("warn\nNo line can be ordered yet.")
    assert f"approved with a quantity of {quantity:g}, but {5 * quantity:g} is recommended now" in reply
    assert planned.press("approve", "Recommendations", f"A{row}").startswith("done\n1 row approved")
    assert planned.press("create_orders").startswith("tell\n1 order")
    assert _lines(planned)["quantity"].tolist() == [5 * quantity]


def test_approve_asks_before_it_writes_over_a_quantity(planned: Desk) -> None:
    row = planned.row_of("A-1")
    planned.type_in("Recommendations", row, "planner_quantity", 7.0)
    reply = planned.press("approve", "Recommendations", f"A{row}")
    assert reply.startswith("ask\n1 row of 1 should be looked at first:\n- A-1: planner_quantity holds 7")


def test_a_copy_of_the_workbook_begins_a_series_of_its_own(planned: Desk, tmp_path: Path) -> None:
    _decide(planned, "A-1", "Approve")
    planned.press("create_orders")
    planned.book.save(str(tmp_path / "Copy.xlsx"))
    copy = planned.excel.open(tmp_path / "Copy.xlsx")
    for desk in (planned, Desk(planned.excel, copy, copy.fullname)):
        _decide(desk, "007", "Approve")
        assert desk.press("create_orders").startswith("tell")
    issued = set(_lines(planned)["order_id"]) | set(_lines(Desk(planned.excel, copy, ""))["order_id"])
    assert len(issued) == 3
    assert len({each[:5] for each in issued}) == 2


def test_a_workbook_put_back_from_a_backup_repeats_no_number(planned: Desk, tmp_path: Path) -> None:
    _decide(planned, "A-1", "Approve")
    planned.press("create_orders")
    planned.book.save(str(tmp_path / "backup.xlsx"))
    _decide(planned, "007", "Approve")
    planned.press("create_orders")
    issued = set(_lines(planned)["order_id"])
    planned.book.close()
    shutil.copy(tmp_path / "backup.xlsx", planned.name)
    again = Desk(planned.excel, planned.excel.open(planned.name), planned.name)
    _decide(again, "007", "Approve")
    again.press("create_orders")
    assert len(issued | set(_lines(again)["order_id"])) == 3


def test_restore_takes_orders_back_but_not_their_numbers(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    before = everything(planned.book)
    planned.press("create_orders")
    taken = set(_lines(planned)["order_id"])
    assert planned.press("restore", "yes").startswith("done")
    assert everything(planned.book) == before
    planned.press("create_orders")
    assert taken.isdisjoint(_lines(planned)["order_id"])


def test_a_failure_at_any_write_makes_no_order(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    _decide(planned, "B", "Approve")
    before = everything(planned.book)
    numbers = set()
    for number in range(1, 9):
        planned.excel.log.count, planned.excel.log.fail_at = 0, number
        reply = planned.press("create_orders")
        planned.excel.log.fail_at = 0
        assert reply.startswith("warn\nExcel did not let Create order sheets write"), (number, reply)
        assert everything(planned.book) == before
    planned.press("create_orders")
    numbers = {each[-5:] for each in _lines(planned)["order_id"]}
    # without a register each attempt began a series of its own
    assert numbers == {"00001", "00002"}
    assert not planned.excel.log.places("Planner.xlsx") & {*planner_book.sheets(), "My notes"}


def test_no_order_is_made_when_its_number_cannot_be_noted(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    ledger_file().parent.mkdir(parents=True, exist_ok=True)
    ledger_file().write_text("[broken", encoding="utf-8")
    before = everything(planned.book)
    reply = planned.press("create_orders")
    assert reply.startswith("warn\nThe record of issued order numbers cannot be read"), reply
    assert everything(planned.book) == before


def test_a_refresh_leaves_orders_and_register_alone(planned: Desk) -> None:
    _decide(planned, "A-1", "Approve")
    planned.press("create_orders")
    mine = [each for each in planned.book.impl.file.sheetnames if each.endswith("Acme") or each == "Issued Orders"]
    before = {name: everything(planned.book)[name] for name in mine}
    planned.excel.log.changes.clear()
    assert planned.press("refresh").startswith("done")
    assert {name: everything(planned.book)[name] for name in mine} == before
    assert not planned.excel.log.places("Planner.xlsx") & set(mine)


@pytest.mark.parametrize("button", ["create_orders", "restore", "settings"])
def test_buttons_on_a_workbook_without_a_plan_say_what_to_do(desk: Desk, button: str) -> None:
    reply = desk.press(button)
    assert reply.split("\n")[0] in ("warn", "tell", "done")
    assert "log file" not in reply


def test_planner_file_is_what_the_tests_take_it_for(tmp_path: Path) -> None:
    assert planner_file(tmp_path).exists()
    assert pressed(ribbon.progress, "no such book") == "done"
