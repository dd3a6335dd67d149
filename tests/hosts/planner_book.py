"""A small planner's workbook as rows of cells, the way Range.Value2 gives them: dates are serial numbers, numeric item numbers are numbers.

Every host plans it for itself; what it answers is compared with the plan that Python makes of the same rows.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import invopt_xl as iv
from invopt_xl.adapters.book import MemoryBook
from invopt_xl.core.plan import Plan
from invopt_xl.core.tables import Tables

#: What the calling workbook is called.
BOOK = "C:\\Plans\\Planner.xlsx"

#: Monday 2025-02-24, as a cell holds it; weeks of sales from there on.
_FIRST_MONDAY, WEEKS = 45712, 60

#: Usual weekly sales by item and place. "007" keeps its zeros, "1001" stands in its cells as a number, "Slow" seldom sells.
_LEVELS = {
    ("A-1", "LEEDS"): 30.0,
    ("007", "LEEDS"): 12.0,
    ("1001", "LEEDS"): 5.0,
    ("Tee Ø 5", "LEEDS"): 8.0,
    ("B", "LEEDS"): 20.0,
    ("B", "YORK"): 10.0,
    ("Slow", "YORK"): 0.3,
    ("No stock", "YORK"): 6.0,
}


@cache
def sheets() -> dict[str, list[list[Any]]]:
    """Return the sheets as rows of cells."""
    rng = np.random.default_rng(11)
    sales: list[list[Any]] = [["date", "sku", "location", "quantity"]]
    for (sku, location), level in _LEVELS.items():
        sold = rng.poisson(level, WEEKS)
        sales += [
            [float(_FIRST_MONDAY + 7 * week), _cell(sku), location, float(units)]
            for week, units in enumerate(sold)
            if units
        ]
    stock: list[list[Any]] = [["sku", "location", "on_hand", "on_order"]]
    stock += [
        [_cell(sku), location, float(place * 10), 4.0]
        for place, (sku, location) in enumerate(_LEVELS)
        if sku != "No stock"
    ]
    items: list[list[Any]] = [["sku", "description", "supplier", "unit_cost", "unit_price", "moq", "pack_size"]]
    items += [
        [_cell(sku), f"Item {sku}", "Acme" if place < 4 else "Slowboat", 2.0 + place, 9.0, 5.0, 5.0]
        for place, sku in enumerate(dict.fromkeys(sku for sku, _ in _LEVELS))
    ]
    receipts: list[list[Any]] = [["sku", "supplier", "order_date", "receipt_date"]]
    for number, days in enumerate((12, 14, 15, 13, 18, 14, 16, 12)):
        ordered = float(_FIRST_MONDAY + 30 * number)
        receipts.append(["A-1" if number % 2 else "007", "Acme", ordered, ordered + days])
    return {
        "Sales": sales,
        "Stock": stock,
        "Items": items,
        "LeadTimes": receipts,
        "Suppliers": [["supplier", "lead_time_days"], ["Acme", 14.0], ["Slowboat", 35.0]],
        "Settings": [["setting", "value"], ["boosted_trees", "off"], ["review_period_days", 7.0]],
    }


def _cell(sku: str) -> Any:
    return float(sku) if sku == "1001" else sku


def book() -> MemoryBook:
    """Return the workbook as a book."""
    return MemoryBook(sheets(), name="Planner.xlsx")


@cache
def tables() -> Tables:
    """Return the tables that are read from it."""
    return iv.read_tables(book())


@cache
def plan() -> Plan:
    """Return the plan that Python makes of it."""
    return iv.plan(tables())


def figure(sku: str, location: str, field: str) -> Any:
    """Return a figure of the recommendations as it stands in the plan."""
    rows = plan().recommendations
    return rows.loc[(rows["sku"] == sku) & (rows["location"] == location), field].item()
