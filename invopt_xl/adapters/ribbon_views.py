"""Explain, Projected stock and Scenario: what the selected rows mean, and what would be if."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.adapters.live_sheets import check_writable, write_live
from invopt_xl.adapters.own_sheets import OwnSheets
from invopt_xl.adapters.plan_cache import PLANS, PlannedBook
from invopt_xl.adapters.reading import read_tables
from invopt_xl.adapters.ribbon_replies import counted, done, tell
from invopt_xl.adapters.ribbon_session import JOBS, written
from invopt_xl.adapters.selected_items import Item, Table, own_table, recommendations, selected_items
from invopt_xl.adapters.xlwings_book import XlwingsBook
from invopt_xl.adapters.xlwings_host import find_book
from invopt_xl.core.checks import check
from invopt_xl.core.delayed_lines import delayed_lines
from invopt_xl.core.projected_stock import PROJECTED_SHEET, projected_sheet
from invopt_xl.core.projected_stock import projected_stock as project
from invopt_xl.core.scenario import SCENARIO_SHEET, read_change, scenario_sheet
from invopt_xl.core.scenario import scenario as compare
from invopt_xl.core.settings_sheet import settings_of
from invopt_xl.core.sheets import SheetSpec
from invopt_xl.errors import InputError

Told = Callable[[str], None]
#: Items that one message explains, and one scenario compares.
_EXPLAINED, _COMPARED = 3, 200


def explain_row(book: str, sheet: str, cells: str) -> str:
    """Say why the selected items are ordered as they are, from the sheets as they stand; changes nothing."""
    live = find_book(book)
    items = selected_items(live, sheet, cells)
    rows = recommendations(live)
    drivers = own_table(live, "Explanations")
    lines: list[str] = []
    for item in items[:_EXPLAINED]:
        about = _row(rows, item)
        lines += [
            _name(item, about),
            str(about.get("why") or "No sentence is kept for this row; press Refresh."),
            *_drivers(drivers, item),
            "",
        ]
    if len(items) > _EXPLAINED:
        lines.append(f"... and {len(items) - _EXPLAINED} more selected; select fewer rows to see them.")
    return tell(*lines[:-1] if lines[-1] == "" else lines)


def _row(table: Table, item: Item) -> pd.Series:
    for at, each in enumerate(table.items):
        if each == item or (each[0] == item[0] and not each[1]):
            return table.frame.iloc[at]
    raise InputError(
        f"{item[0]} at {item[1]} is not on the Recommendations sheet. Press Refresh recommendations first."
    )


def _name(item: Item, about: pd.Series) -> str:
    description = about.get("description")
    return f"{item[0]}{', ' + item[1] if item[1] else ''}{': ' + str(description) if description else ''}"


def _drivers(table: Table | None, item: Item) -> list[str]:
    if table is None or not {"driver", "share_units"} <= set(table.frame.columns):
        return []
    mine = table.frame[[each == item for each in table.items]]
    exact = pd.to_numeric(mine["share_units"], errors="coerce").fillna(0.0).to_numpy(dtype=float)
    told = _rounded(exact)
    return [f"  {driver}: {share:+,.10g} units" for driver, share in zip(mine["driver"], told, strict=True) if share]


def _rounded(shares: np.ndarray) -> np.ndarray:
    """Return shares in tenths, hundredths where all are small, that still add up: what rounding moves goes on to the next one.

    >>> _rounded(np.array([24.301, 10.6755, -20.0002, 0.0237])).tolist()
    [24.3, 10.7, -20.0, 0.0]
    """
    digits = 1 if np.abs(shares).sum() >= 10 else 2
    whole = np.round(np.cumsum(shares), digits)
    found: np.ndarray = np.round(np.diff(whole, prepend=0.0), digits) + 0.0  # no -0
    return found


def projected_stock(book: str, sheet: str, cells: str) -> str:
    """Draw the coming stock of the first selected item on the sheet Projected Stock."""
    live = find_book(book)
    item = selected_items(live, sheet, cells)[0]
    check_writable(live, [PROJECTED_SHEET])
    table = recommendations(live)
    row = _row(table, item)
    forecast = own_table(live, "Forecast")
    if forecast is None:
        raise InputError(
            "The Forecast sheet is not there, and the projection needs it. Press Refresh recommendations first."
        )
    coming = forecast.frame[[each == item for each in forecast.items]].sort_values("period_start", kind="stable")
    if not len(coming):
        raise InputError(f"{item[0]} has no rows on the Forecast sheet. Press Refresh recommendations first.")
    source = XlwingsBook(live)

    def compute(told: Told) -> SheetSpec:
        told("reading open orders")
        tables = read_tables(source)
        checked = check(tables, settings=settings_of(tables, None)[0])
        due = checked.frames["OpenOrders"]
        place = item[1] or due["location"]
        mine = due[(due["sku"] == item[0]) & (due["location"] == place)]
        usual = "" if pd.isna(row["supplier"]) else str(row["supplier"])
        mine = delayed_lines(mine, usual=usual, suppliers=checked.frames["Suppliers"], as_of=checked.as_of)
        return projected_sheet(row, project(_typed(row), coming, mine))

    def finish(spec: SheetSpec) -> str:
        _show(find_book(book), spec, "Projected stock")
        return done(f"Projected stock of {item[0]} is on sheet {PROJECTED_SHEET}.")

    return JOBS.start(book, compute, finish)


def _typed(row: pd.Series) -> pd.Series:
    return row.copy().where(row.notna(), None)


def scenario(book: str, sheet: str, cells: str, change: str) -> str:
    """Write side by side what would be ordered if one input of the selected items were different."""
    live = find_book(book)
    field, value = read_change(change)
    items = selected_items(live, sheet, cells)
    if len(items) > _COMPARED:
        raise InputError(
            f"{len(items):,} items are selected; a scenario compares {_COMPARED} at most. Select fewer rows."
        )
    check_writable(live, [SCENARIO_SHEET])
    source = XlwingsBook(live)

    def compute(told: Told) -> pd.DataFrame:
        told("planning")
        planned = _planned_now(book, source)
        told("computing the scenario")
        rows = [planned.cells.row(*item) for item in items]
        known = [row for row in rows if row >= 0]
        if not known:
            raise InputError("None of the selected items is in the plan any more. Press Refresh recommendations first.")
        return compare(planned.plan, planned.stages, rows=known, field=field, value=value)

    def finish(frame: pd.DataFrame) -> str:
        _show(find_book(book), scenario_sheet(frame, field=field, value=value), "Scenario")
        orders = frame[frame["figure"] == "order_quantity"]
        return tell(
            f"What if {field.replace('_', ' ')} were {value:g}?",
            *_compared(orders),
            f"All figures of {counted(len(orders), 'item')} are on sheet {SCENARIO_SHEET}. No recommendation was changed.",
        )

    return JOBS.start(book, compute, finish)


def _compared(orders: pd.DataFrame) -> Sequence[str]:
    return [
        f"  {sku}, {location}: order {new:,.6g} instead of {old:,.6g}"
        for sku, location, old, new in orders[["sku", "location", "planned", "scenario"]]
        .head(5)
        .itertuples(index=False)
    ]


def _planned_now(book: str, source: XlwingsBook) -> PlannedBook:
    """Return the plan of the workbook as it is open now: the one in memory if its input is still the same."""
    PLANS.offer(book, source, stamp="")
    planned = PLANS.planned(book)
    # from here on, its file is what tells changes again
    PLANS.forget(book)
    PLANS.keep(book, planned.plan, tables=planned.tables)
    return planned


def _show(live: Any, spec: SheetSpec, action: str) -> None:
    written(live, action, lambda point: write_live(live, [spec], point))
    sheet = OwnSheets(live).sheet(spec.name)
    if sheet is not None:
        sheet.activate()
