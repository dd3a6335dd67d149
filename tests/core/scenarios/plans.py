"""One small plan that the tests of scenarios share: steady and lumpy items, two suppliers, open orders, alternatives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

import invopt_xl as iv
from invopt_xl.core.checks import check
from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.plan import Plan
from invopt_xl.core.stages import Stages
from tests.small_world import plan_of, weekly_sales, world

SETTINGS = {"boosted_trees": "off", "order_cost": 20.0}

#: Weekly demand; D and H in fractions of a unit.
LEVELS = dict(zip("ABCDEFGHIJ", (40, 6, 0.5, 15, 25, 9, 30, 12, 22, 300), strict=True))


@cache
def tables() -> dict[str, pd.DataFrame]:
    skus = list(LEVELS)
    sales = weekly_sales(LEVELS)
    fractions = sales["sku"].isin(["D", "H"])
    sales.loc[fractions, "quantity"] = (sales.loc[fractions, "quantity"] * 1.03).round(2)
    receipts = pd.DataFrame(
        {
            "sku": ["A", "A", "B", "B", "B"],
            "supplier": "Acme",
            "order_date": pd.to_datetime(["2026-01-05"] * 5),
            "receipt_date": pd.to_datetime(["2026-01-15", "2026-01-21", "2026-01-19", "2026-01-25", "2026-02-02"]),
        }
    )
    lines = pd.DataFrame(
        {
            "sku": ["A", "A"],
            "location": "MAIN",
            "quantity": [30.0, 20.0],
            "due_date": pd.to_datetime(["2026-11-20", "2026-12-20"]),
            "supplier": "Acme",
        }
    )
    stock = pd.DataFrame(
        {"sku": skus, "location": "MAIN", "on_hand": 30.0, "on_order": 0.0, "reserved": 0.0, "backorders": 0.0}
    )
    stock.loc[1:3, "on_hand"] = [0.0, 60.0, np.nan]
    stock.loc[1, ["on_order", "reserved"]] = [5.0, 1.0]
    supplier = ["Acme"] * 6 + ["Bolt"] * 4
    items = pd.DataFrame(
        {"sku": skus, "supplier": supplier, "unit_cost": 2.0, "unit_price": 9.0, "moq": 1.0, "pack_size": 1.0}
    )
    items.loc[:1, ["unit_cost", "moq", "pack_size"]] = [[2.0, 0.0, 6.0], [8.0, 12.0, 0.0]]
    suppliers = pd.DataFrame({"supplier": ["Acme", "Bolt", "Cord"], "lead_time_days": [14.0, 21.0, 5.0]})
    return world(
        LEVELS, Sales=sales, Stock=stock, Items=items, LeadTimes=receipts, OpenOrders=lines, Suppliers=suppliers
    )


@cache
def plan() -> Plan:
    return plan_of(tables(), **SETTINGS)


@cache
def stages() -> Stages:
    found = plan().stages
    assert found is not None
    return found


def checked(**more: pd.DataFrame) -> Checked:
    return check(iv.read_tables({**tables(), **more}), settings=plan().settings, as_of=plan().as_of)


def at(sku: str) -> int:
    return int(np.flatnonzero(plan().recommendations["sku"] == sku)[0])


def asked(*rows: tuple[object, ...]) -> list[dict[str, object]]:
    return [dict(zip(("scenario", "what", "field", "value"), row, strict=True)) for row in rows]
