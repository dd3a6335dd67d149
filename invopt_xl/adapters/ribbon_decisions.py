"""Approve and Clear decisions: what the buttons write into the planner's columns, for the selected rows and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from invopt_xl.adapters.live_sheets import check_writable, stretches
from invopt_xl.adapters.restore_point import RestorePoint
from invopt_xl.adapters.ribbon_replies import ask, counted, done, listed, tell
from invopt_xl.adapters.ribbon_session import written
from invopt_xl.adapters.selected_items import Table, recommendations, selected_rows
from invopt_xl.adapters.workbook_settings import workbook_settings
from invopt_xl.adapters.xlwings_host import find_book
from invopt_xl.core.approvals import HELD, approvals
from invopt_xl.core.contracts import DECISIONS, PLANNER_COLUMNS
from invopt_xl.errors import WorkbookError
from invopt_xl.settings import Settings

_APPROVE = DECISIONS[0]


def approve(book: str, sheet: str, cells: str, answer: str = "") -> str:
    """Mark the selected recommendations as approved, with the quantity that is approved; rows without anything to order stay as they are."""
    live = find_book(book)
    table = decided_table(live)
    chosen = table.frame.loc[selected_rows(table, sheet, cells)]
    quantity = pd.to_numeric(chosen["order_quantity"], errors="coerce").fillna(0.0)
    rows = chosen[quantity > 0]
    nothing = len(chosen) - len(rows)
    if not len(rows):
        return tell("Nothing is recommended to be ordered in the selected rows, so there is nothing to approve.")
    doubts = _doubts(rows, workbook_settings(live))
    if doubts and answer != "yes":
        return ask(
            f"{counted(len(doubts), 'row')} of {len(rows):,} should be looked at first:",
            *listed(doubts),
            "Approve all the same?",
        )
    check_writable(live, ["Recommendations"])
    amounts = [float(each) for each in pd.to_numeric(rows["order_quantity"])]
    approved: dict[str, str | Sequence[float]] = {"decision": _APPROVE, "planner_quantity": amounts}
    written(live, "Approve", lambda point: write_decisions(point, table, approved, list(rows.index)))
    left = f" {counted(nothing, 'row')} without an order left as they were." if nothing else ""
    return done(f"{counted(len(rows), 'row')} approved.{left}")


def _doubts(rows: pd.DataFrame, settings: Settings) -> list[str]:
    """Return what Approve would write over, and the rows that a limit holds back until they have a reason."""
    given = rows["decision"].astype(object).where(rows["decision"].notna(), "").astype("str").str.strip()
    found = [
        f"{sku}: you decided '{word}', which would be written over."
        for sku, word in zip(rows["sku"], given, strict=True)
        if word and word.casefold() != _APPROVE.casefold()
    ]
    found += [
        f"{sku}: planner_quantity holds {own:,.12g}, which would be written over; choose Change to order it."
        for sku, word, own, amount in zip(
            rows["sku"],
            given,
            pd.to_numeric(rows["planner_quantity"], errors="coerce"),
            pd.to_numeric(rows["order_quantity"]),
            strict=True,
        )
        if not word and own == own and own != amount
    ]
    state = approvals(
        rows.assign(decision=_APPROVE, planner_quantity=rows["order_quantity"]),
        value_limit=settings.approval_value_limit or None,
        change_limit=settings.approval_change_limit,
    )
    held = state["state"] == HELD
    return found + [f"{sku}: {why}" for sku, why in zip(rows.loc[held, "sku"], state.loc[held, "why"], strict=True)]


def clear_decisions(book: str, sheet: str, cells: str) -> str:
    """Empty decision, quantity and reason of the selected rows."""
    live = find_book(book)
    table = decided_table(live)
    rows = selected_rows(table, sheet, cells)
    filled = table.frame.loc[rows, list(PLANNER_COLUMNS)].notna().any(axis=1)
    rows = [row for row, is_filled in zip(rows, filled, strict=True) if is_filled]
    if not rows:
        return done("The selected rows hold no decision.")
    check_writable(live, ["Recommendations"])
    written(
        live, "Clear decisions", lambda point: write_decisions(point, table, dict.fromkeys(PLANNER_COLUMNS, ""), rows)
    )
    return done(f"Decisions of {counted(len(rows), 'row')} cleared.")


def decided_table(live: Any) -> Table:
    """Return the Recommendations table with all of the planner's columns in it."""
    table = recommendations(live)
    missing = [name for name in (*PLANNER_COLUMNS, "order_quantity", "order_value") if name not in table.frame]
    if missing:
        raise WorkbookError(
            f"Sheet {table.place.sheet.name} has no column {', '.join(missing)} any more. Rename the sheet and press Refresh recommendations, which makes it as new."
        )
    return table


def write_decisions(
    point: RestorePoint, table: Table, values: Mapping[str, str | Sequence[float]], rows: Sequence[int]
) -> None:
    """Write into some planner's columns of some sheet rows, stretch by stretch: the same text for all, or a number for each of `rows`."""
    for name, value in values.items():
        column = table.place.columns[name]
        given = dict.fromkeys(rows, value) if isinstance(value, str) else dict(zip(rows, value, strict=True))
        for first, last in stretches(rows):
            cells = [[given[row]] for row in range(first, last + 1)]
            point.cells(table.place.sheet, first, column, cells, [None])
