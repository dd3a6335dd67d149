"""Order lines grouped by supplier and location: the `Orders` table. Follows the planner's decisions where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.contracts import ORDERS, PLANNER_COLUMNS
from invopt_xl.core.findings import Finding


@dataclass(frozen=True)
class SupplierOrders:
    """`frame`: the Orders table (contracts.ORDERS). `findings`: orders below a supplier's minimum, decisions that say nothing."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]


def group_orders(
    recommendations: pd.DataFrame,
    *,
    unit_cost: np.ndarray,
    suppliers: pd.DataFrame,
    as_of: pd.Timestamp,
    order_date: np.ndarray | None = None,
) -> SupplierOrders:
    """Return one line per recommended or planner-changed order, with one proposed order number per supplier and location.

    Parameters
    ----------
    recommendations : DataFrame
        The Recommendations table with the planner's columns filled in.
    unit_cost : array (n,)
        Cost of one unit per row of `recommendations`, NaN where unknown.
    suppliers : DataFrame
        The checked Suppliers table, for minimum order value and quantity.
    as_of : Timestamp
        Day of the plan, part of the proposed order numbers.
    order_date : datetime64 array (n,), optional
        Day on which each row's order is placed. Default: as_of.

    Notes
    -----
    "Reject" leaves the line out. "Change" with a planner_quantity takes that quantity. Anything else takes the recommended one.
    """
    rows = recommendations.assign(unit_cost=unit_cost, order_date=as_of if order_date is None else order_date)
    decision = rows["decision"].fillna("").astype("str").str.strip().str.casefold()
    wanted = pd.to_numeric(rows["planner_quantity"], errors="coerce")
    changed = (decision == "change") & wanted.notna()
    quantity = rows["order_quantity"].where(~changed, wanted).where(decision != "reject", 0.0)
    lines = rows.assign(quantity=quantity)[quantity > 0].copy()
    lines["supplier"] = lines["supplier"].fillna("")
    lines = lines.sort_values(["supplier", "location", "sku"], kind="stable")
    group = lines.groupby(["supplier", "location"], sort=True).ngroup() + 1
    lines["order_id"] = [f"{as_of:%Y%m%d}-{number:03d}" for number in group]
    lines["value"] = lines["quantity"] * lines["unit_cost"]
    frame = lines[[field.name for field in ORDERS]].reset_index(drop=True)
    silent = rows[(decision == "change") & wanted.isna()]
    return SupplierOrders(frame, (*_below_minimum(frame, suppliers), *_silent_changes(silent)))


def _below_minimum(orders: pd.DataFrame, suppliers: pd.DataFrame) -> list[Finding]:
    terms = suppliers.drop_duplicates("supplier").set_index("supplier")
    total = orders.groupby(["order_id", "supplier", "location"], sort=True)[["quantity", "value"]].sum().reset_index()
    findings = []
    for column, limit, word in (("value", "min_order_value", "value"), ("quantity", "min_order_quantity", "quantity")):
        least = total["supplier"].map(terms[limit]).astype("float64").fillna(0.0)
        short = total.assign(least=least, amount=total[column])
        for row in short[(total[column] < least) & (least > 0)].itertuples():
            findings.append(
                Finding(
                    "warning",
                    "Suppliers",
                    f"Order {row.order_id}, supplier {row.supplier}, location {row.location}",
                    f"The order's {word} of {row.amount:,.2f} is below the supplier's minimum of {row.least:,.2f}.",
                    "Add items that will be due soon, or wait for the next review.",
                )
            )
    return findings


def _silent_changes(rows: pd.DataFrame) -> list[Finding]:
    return [
        Finding(
            "warning",
            "Recommendations",
            f"Sheet Recommendations, sku {row.sku}, location {row.location}, column {PLANNER_COLUMNS[1]}",
            "The decision is Change, but no quantity is given; the recommended quantity was taken.",
            "Enter your quantity, or choose Approve or Reject.",
        )
        for row in rows.itertuples()
    ]
