"""Approved lines -> one sheet per supplier, ready to be sent, and the lines that the register of issued orders gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from invopt_xl.core.approvals import APPROVED, HELD
from invopt_xl.core.order_ids import REGISTER
from invopt_xl.core.sheets import Block, Column, SheetSpec, Text

#: Name of the sheet that lists all issued orders.
REGISTER_SHEET = "Issued Orders"
#: Supplier of lines that name none.
NO_SUPPLIER = "(no supplier)"

# what goes to the supplier: the planner's decisions and reasons stay in the register
_LINES: tuple[Column, ...] = (
    Column("order_id", "text", "Order number; never issued twice.", 16),
    Column("sku", "key", "Item number."),
    Column("location", "key", "Where it goes."),
    Column("description", "text", "Name of the item."),
    Column("quantity", "units", "Units to order."),
    Column("unit_cost", "money", "Cost of one unit."),
    Column("value", "money", "Quantity x unit cost."),
    Column("expected_receipt", "date", "Day on which it is expected."),
)


@dataclass(frozen=True)
class OrderSheets:
    """`sheets`: one spec per supplier. `register`: the new lines of the register. `rows`: index labels of the ordered recommendations."""

    sheets: tuple[SheetSpec, ...]
    register: pd.DataFrame
    rows: pd.Index
    orders: int
    value: float


def order_sheets(
    rows: pd.DataFrame,
    approved: pd.DataFrame,
    *,
    numbers: Callable[[int], Sequence[str]],
    issued: pd.Timestamp,
    place: str,
    currency: str = "",
) -> OrderSheets:
    """Return the order sheets of the approved lines, and of no others: one sheet per supplier, one order per supplier and location.

    Parameters
    ----------
    rows : DataFrame
        The Recommendations table, n rows.
    approved : DataFrame
        `approvals.approvals` of the same rows.
    numbers : callable
        Gives so many new order numbers.
    issued : Timestamp
        When.
    place : str
        See `order_ids.next_order_ids`.
    currency : str
        Shown beside the total.
    """
    lines = rows.loc[(approved["state"] == APPROVED).to_numpy()].copy()
    lines["quantity"], lines["value"] = approved.loc[lines.index, "quantity"], approved.loc[lines.index, "value"]
    lines["unit_cost"] = lines["value"] / lines["quantity"]
    for name in ("supplier", "location", "sku", "description", "decision", "reason"):
        lines[name] = lines[name].astype(object).where(lines[name].notna(), "").astype("str").str.strip()
    lines["supplier"] = lines["supplier"].replace("", NO_SUPPLIER)
    lines = lines.sort_values(["supplier", "location", "sku"], kind="stable")
    group = lines.groupby(["supplier", "location"], sort=True).ngroup()
    given = list(numbers(int(group.max()) + 1)) if len(lines) else []
    lines["order_id"] = [given[at] for at in group]
    lines["issued"], lines["place"] = f"{issued:%Y-%m-%d %H:%M}", place
    sheets = tuple(
        _sheet(str(supplier), part, issued=issued, currency=currency)
        for supplier, part in lines.groupby("supplier", sort=True)
    )
    register = lines[[each.name for each in REGISTER]].reset_index(drop=True)
    return OrderSheets(sheets, register, lines.index, len(given), float(lines["value"].sum()))


def _sheet(supplier: str, lines: pd.DataFrame, *, issued: pd.Timestamp, currency: str) -> SheetSpec:
    frame = lines[[each.name for each in _LINES]].reset_index(drop=True)
    money = f" {currency}" if currency else ""
    numbers = ", ".join(dict.fromkeys(frame["order_id"]))
    total = f", {frame['value'].sum():,.2f}{money} at cost" if frame["value"].notna().all() else ""
    texts = (
        Text(f"Order to {supplier}", 1, 1, "heading"),
        Text(
            f"{numbers}, made on {issued:%d %B %Y}: {len(frame)} line{'s' if len(frame) != 1 else ''}{total}.",
            2,
            1,
            "note",
        ),
    )
    # the number is part of the names, so that a later order to the same supplier gets a sheet of its own
    first = str(frame["order_id"].iloc[0])
    block = Block(f"Order_{first}", frame, _LINES, row=4, key=("order_id", "sku", "location"))
    return SheetSpec(f"{first} {supplier}", blocks=(block,), texts=texts, freeze=(4, 0), tab="good")


def register_sheet(register: pd.DataFrame) -> SheetSpec:
    """Return the sheet of all issued orders."""
    block = Block("Issued_Orders", register, REGISTER, key=("order_id", "sku", "location"))
    return SheetSpec(REGISTER_SHEET, blocks=(block,), freeze=(1, 1), tab="muted")


def held_back(rows: pd.DataFrame, approved: pd.DataFrame) -> list[str]:
    """Return a sentence for each line that was decided but is held back."""
    held = (approved["state"] == HELD).to_numpy()
    names = zip(rows.loc[held, "sku"], rows.loc[held, "location"], approved.loc[held, "why"], strict=True)
    return [f"{sku}, {location}: {why}" for sku, location, why in names]
