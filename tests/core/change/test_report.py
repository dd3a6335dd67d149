"""The sheets of changed orders, and the kept inputs through a workbook and back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from invopt_xl.adapters.writing import read_own_table, write_sheets
from invopt_xl.core.change.basis import PARTS, order_basis
from invopt_xl.core.change.order_change import ARRIVED, order_change
from invopt_xl.core.change.report import BASIS_SHEET, basis_sheet, change_sheet, no_change_sheet
from tests.core.scenarios.plans import stages


def _runs() -> tuple[pd.DataFrame, pd.DataFrame]:
    before = order_basis(stages())
    now = before.assign(on_hand=before["on_hand"] - 7, order_quantity=before["order_quantity"] + 7)
    return before, now


def test_kept_inputs_survive_a_workbook(tmp_path: Path) -> None:
    before, now = _runs()
    write_sheets([basis_sheet(before)], tmp_path / "plan.xlsx")
    back = read_own_table(tmp_path / "plan.xlsx", BASIS_SHEET)
    assert back is not None
    pd.testing.assert_frame_equal(order_change(back, now).frame, order_change(before, now).frame)
    assert order_change(back, before).frame.empty


def test_every_column_is_explained_and_parts_are_summed() -> None:
    before, now = _runs()
    change = order_change(before, now)
    spec = change_sheet(change)
    totals, items = spec.blocks
    assert all(column.note for column in items.columns)
    assert [column.name for column in items.columns] == list(items.frame.columns)
    summed = totals.frame.set_index("part").sum(axis=1)
    assert summed.sum() == change.frame["change_units"].sum()
    assert list(summed.index) == [*PARTS, ARRIVED]
    assert spec.charts[0].row + spec.charts[0].height < items.row


def test_the_first_run_has_an_empty_sheet_of_changes(tmp_path: Path) -> None:
    before, _ = _runs()
    write_sheets([change_sheet(order_change(before, before))], tmp_path / "plan.xlsx")
    assert (tmp_path / "plan.xlsx").exists()


def test_the_sheet_says_how_many_orders_differ() -> None:
    before, now = _runs()
    frame = order_change(before, now).frame
    said = change_sheet(order_change(before, now)).texts[1].text
    assert said.startswith(f"{len(frame)} order lines differ, {frame['change_units'].sum():,.0f} units more in all.")
    assert change_sheet(order_change(before, before)).texts[1].text == "No order differs from that of the last run."
    assert no_change_sheet().texts[1].text == "There is no earlier run to compare the orders with."
