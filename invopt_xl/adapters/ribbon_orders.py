"""Create order sheets: one sheet per supplier from the approved lines, each order with a number that is never issued twice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from invopt_xl.adapters.kept import key_text
from invopt_xl.adapters.live_sheets import check_writable, write_live
from invopt_xl.adapters.order_ledger import new_series, place_of, read_ledger, record
from invopt_xl.adapters.own_sheets import OwnSheets, find_place, read_table
from invopt_xl.adapters.restore_point import RestorePoint
from invopt_xl.adapters.ribbon_decisions import decided_table, write_decisions
from invopt_xl.adapters.ribbon_replies import ask, counted, listed, tell, warn
from invopt_xl.adapters.ribbon_session import written
from invopt_xl.adapters.selected_items import Table
from invopt_xl.adapters.workbook_settings import workbook_settings
from invopt_xl.adapters.xlwings_host import find_book, full_name_of, is_read_only
from invopt_xl.core.approvals import APPROVED, OPEN, approvals
from invopt_xl.core.contracts import DEFAULT_LOCATION, PLANNER_COLUMNS
from invopt_xl.core.order_ids import REGISTER, next_order_ids
from invopt_xl.core.order_sheets import REGISTER_SHEET, OrderSheets, held_back, order_sheets, register_sheet

#: For so long an order may be missing among the planner's open orders: until their next export.
_LATELY_DAYS = 7


def create_orders(book: str, answer: str = "") -> str:
    """Make order sheets from the approved lines; an approval is used up by its order."""
    live = find_book(book)
    table = decided_table(live)
    rows = _typed(table)
    limits = workbook_settings(live)
    state = approvals(rows, value_limit=limits.approval_value_limit or None, change_limit=limits.approval_change_limit)
    held = held_back(rows, state)
    approved = rows[state["state"] == APPROVED]
    if not len(approved):
        return _nothing(state, held)
    check_writable(live, ["Recommendations", REGISTER_SHEET])
    now = datetime.now()
    register = read_register(live)
    again = _ordered_lately(approved, register, now.date())
    if again and answer != "yes":
        return ask(
            f"{counted(len(again), 'approved line')} of {len(approved):,} went into an order in the last {_LATELY_DAYS} days already:",
            *listed(again),
            "If these orders are not yet among your open orders, the plan does not know them and recommends the same again. Order all the same?",
        )
    place = place_of(full_name_of(live))

    def numbers(count: int) -> list[str]:
        given = next_order_ids(register, count, place=place, new_series=new_series(), floor=read_ledger())
        record(given)
        return given

    made = order_sheets(
        rows, state, numbers=numbers, issued=pd.Timestamp(now), place=place, currency=workbook_settings(live).currency
    )
    written(live, "Create order sheets", lambda point: _write(live, made, register, table, point))
    return _told(made, held, read_only=is_read_only(live))


def _write(live: Any, made: OrderSheets, register: pd.DataFrame, table: Table, point: RestorePoint) -> None:
    lines = pd.concat([register, made.register], ignore_index=True) if len(register) else made.register
    # the register first: a number that is on a sheet is always in it
    write_live(live, [register_sheet(lines), *made.sheets], point)
    write_decisions(point, table, dict.fromkeys(PLANNER_COLUMNS, ""), [int(row) for row in made.rows])


def _typed(table: Table) -> pd.DataFrame:
    """Return the recommendations in the types that a plan has them in; the index is the sheet's row."""
    frame = table.frame.copy()
    skus, places = zip(*table.items, strict=True) if len(frame) else ((), ())
    frame["sku"], frame["location"] = list(skus), [each or DEFAULT_LOCATION for each in places]
    for name in ("supplier", "description", "decision", "reason"):
        frame[name] = [key_text(value) for value in frame[name]] if name in frame else ""
    for name in ("order_quantity", "order_value", "planner_quantity"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    receipts = frame["expected_receipt"] if "expected_receipt" in frame else pd.Series(index=frame.index, dtype=object)
    frame["expected_receipt"] = pd.to_datetime(receipts, errors="coerce")
    return frame


def read_register(live: Any) -> pd.DataFrame:
    """Return all lines issued so far, as the sheet has them."""
    sheet = OwnSheets(live).sheet(REGISTER_SHEET)
    empty = pd.DataFrame(columns=[each.name for each in REGISTER], dtype=object)
    place = None if sheet is None else find_place(sheet, register_sheet(empty).blocks[0])
    if place is None:
        return empty
    frame = read_table(place).reindex(columns=empty.columns)
    frame = frame[frame["order_id"].notna()].reset_index(drop=True)
    for each in REGISTER:
        if each.role in ("key", "text"):
            frame[each.name] = [key_text(value) for value in frame[each.name]]
        else:
            frame[each.name] = pd.to_numeric(frame[each.name], errors="coerce")
    return frame


def _ordered_lately(approved: pd.DataFrame, register: pd.DataFrame, today: date) -> list[str]:
    """Return the approved lines whose item went into an order in the last days."""
    days = pd.to_datetime(register["issued"].astype("str").str[:10], errors="coerce", format="%Y-%m-%d")
    issued = register[days > pd.Timestamp(today) - pd.Timedelta(days=_LATELY_DAYS)]
    # the last one wins
    lines = zip(*(issued[name].astype("str") for name in ("sku", "location", "order_id", "issued")), strict=True)
    numbers = {(sku, location): f"{order} of {day[:10]}" for sku, location, order, day in lines}
    pairs = zip(approved["sku"], approved["location"], strict=True)
    return [f"{sku}, {location}: in {numbers[sku, location]}" for sku, location in pairs if (sku, location) in numbers]


def _nothing(state: pd.DataFrame, held: list[str]) -> str:
    open_lines = int((state["state"] == OPEN).sum())
    if held:
        return warn("No line can be ordered yet.", *listed(held))
    if open_lines:
        return tell(
            f"No line is approved yet; {counted(open_lines, 'recommended line waits', 'recommended lines wait')} for your decision.",
            "Select rows on sheet Recommendations and press Approve, or choose in column decision.",
        )
    return tell("Nothing is recommended to be ordered, and no quantity of yours is entered.")


def _told(made: OrderSheets, held: list[str], *, read_only: bool) -> str:
    value = f", {made.value:,.2f} at cost" if made.value == made.value else ""
    lines = [
        f"{counted(made.orders, 'order')} to {counted(len(made.sheets), 'supplier')} with {counted(len(made.rows), 'line')}{value}. Sheet {REGISTER_SHEET} lists all orders.",
        "The decisions of these lines were cleared: an approval is used up by its order.",
    ]
    if held:
        lines += [f"{counted(len(held), 'line was', 'lines were')} held back:", *listed(held)]
    if read_only:
        lines.append("The workbook was opened read-only: save it under another name to keep the orders.")
    return warn(*lines) if held or read_only else tell(*lines)
