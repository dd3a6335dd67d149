"""Order sheets hold the approved lines, all of them and no others."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.approvals import approvals
from invopt_xl.core.order_ids import REGISTER
from invopt_xl.core.order_sheets import NO_SUPPLIER, OrderSheets, held_back, order_sheets, register_sheet

_ROWS = pd.DataFrame(
    [
        ("b", "NORTH", "Acme", 4.0, 8.0, "Approve"),
        ("a", "NORTH", "Acme", 2.0, 6.0, "Approve"),
        ("a", "SOUTH", "Acme", 1.0, 3.0, "Approve"),
        ("c", "NORTH", "", 5.0, 5.0, "Approve"),
        ("d", "NORTH", "Best", 5.0, 5.0, "Reject"),
        ("e", "NORTH", "Best", 5.0, 5.0, ""),
        ("f", "NORTH", "Best", 5.0, 5.0, "hm"),
    ],
    columns=["sku", "location", "supplier", "order_quantity", "order_value", "decision"],
    index=range(2, 9),
).assign(description="", planner_quantity=float("nan"), reason="", expected_receipt=pd.Timestamp("2026-05-04"))


def _made() -> OrderSheets:
    return order_sheets(
        _ROWS,
        approvals(_ROWS),
        numbers=lambda count: [f"AAAAA-{number:05d}" for number in range(1, count + 1)],
        issued=pd.Timestamp("2026-04-20 09:30"),
        place="here",
        currency="EUR",
    )


def test_one_sheet_per_supplier_and_one_order_per_supplier_and_location() -> None:
    made = _made()
    assert [sheet.name for sheet in made.sheets] == [f"AAAAA-00001 {NO_SUPPLIER}", "AAAAA-00002 Acme"]
    acme = made.sheets[1].blocks[0].frame
    assert acme[["order_id", "sku", "location", "quantity", "unit_cost"]].to_numpy().tolist() == [
        ["AAAAA-00002", "a", "NORTH", 2.0, 3.0],
        ["AAAAA-00002", "b", "NORTH", 4.0, 2.0],
        ["AAAAA-00003", "a", "SOUTH", 1.0, 3.0],
    ]
    assert "3 lines, 17.00 EUR at cost" in made.sheets[1].texts[1].text
    assert (made.orders, made.value, sorted(made.rows)) == (3, 22.0, [2, 3, 4, 5])


def test_the_register_gets_every_line() -> None:
    made = _made()
    assert list(made.register.columns) == [each.name for each in REGISTER]
    assert made.register["issued"].unique().tolist() == ["2026-04-20 09:30"]
    assert len(made.register) == sum(len(sheet.blocks[0].frame) for sheet in made.sheets)
    assert register_sheet(made.register).blocks[0].frame is made.register


def test_lines_that_are_held_back_are_named() -> None:
    assert held_back(_ROWS, approvals(_ROWS)) == ["f, NORTH: The decision 'hm' is none of Approve, Change, Reject."]


def test_without_an_approved_line_no_number_is_asked_for() -> None:
    rows = _ROWS.assign(decision="")

    def never(count: int) -> list[str]:
        raise AssertionError

    made = order_sheets(rows, approvals(rows), numbers=never, issued=pd.Timestamp("2026-04-20"), place="here")
    assert (made.sheets, made.orders, len(made.register)) == ((), 0, 0)
