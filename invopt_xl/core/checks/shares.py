"""How complete the tables are, and how long the sales go back."""

from __future__ import annotations

import pandas as pd

from invopt_xl.core.contracts import INPUT_TABLES
from invopt_xl.core.findings import Finding

_DAYS_PER_MONTH = 30.4375

#: Columns whose gaps change the plan; a gap in any other column means "none" or "everywhere".
_WANTED = {
    "Sales": ("price", "on_hand"),
    "Items": ("category", "supplier", "unit_cost", "unit_price"),
    "LeadTimes": ("sku", "supplier", "promised_date"),
    "Suppliers": ("lead_time_days",),
    "Sources": ("unit_cost",),
    "OpenOrders": ("due_date",),
}


def find_missing_shares(frames: dict[str, pd.DataFrame], *, limit: float) -> list[Finding]:
    """Return a warning for each column that is given, but empty in more than `limit` of its rows. A column not given is no gap."""
    findings = []
    for table in INPUT_TABLES:
        frame = frames[table.name]
        for column in _WANTED.get(table.name, ()):
            missing = int(frame[column].isna().sum())
            if 0 < missing < len(frame) and missing > limit * len(frame):
                text = f"{missing:,} of {len(frame):,} rows ({missing / len(frame):.0%}) have no {column}."
                fix = f"Fill in {column}, or accept that these rows are planned with a default."
                findings.append(
                    Finding("warning", table.name, f"Sheet {frame['source_sheet'].iloc[0]}, column {column}", text, fix)
                )
    undated = int(frames["OpenOrders"]["due_date"].isna().sum())
    if undated:
        text = f"{undated:,} open order lines have no due date; they are counted as due on the day of the plan."
        findings.append(
            Finding("warning", "OpenOrders", "column due_date", text, "Fill in the date on which they are expected.")
        )
    return findings


def find_short_history(sales: pd.DataFrame, *, as_of: pd.Timestamp, months: float) -> list[Finding]:
    """Return a warning when sales go back less than `months`."""
    known = ((as_of - sales["date"].min()).days + 1) / _DAYS_PER_MONTH
    # a history of whole months is not short by the length of a February
    if known > months - 0.1:
        return []
    text = f"Sales go back {known:.1f} months; {months:g} are needed to tell season from chance."
    return [
        Finding(
            "warning",
            "Sales",
            f"Sheet {sales['source_sheet'].iloc[0]}, column date",
            text,
            "Add older sales if there are any.",
        )
    ]
