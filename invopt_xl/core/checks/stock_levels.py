"""Stock figures that cannot be, or do not follow from the movements."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.checks.grouping import grouped
from invopt_xl.core.findings import Finding

#: Share of a series' rows that must follow from movements before the others are worth a word.
_LEDGER_SHARE = 0.5
#: A Stock row is doubted when it is further from the last recorded stock than this share of it, and so many units.
_FAR_SHARE, _FAR_UNITS = 0.5, 5.0
#: A recorded stock older than this says nothing of today's [days].
_FRESH_DAYS = 45


def find_negative_stock(frames: dict[str, pd.DataFrame]) -> list[Finding]:
    """Return a warning for negative stock on the Stock sheet, and one in Sales."""
    findings: list[Finding] = []
    for table in ("Stock", "Sales"):
        frame = frames[table]
        negative = (frame["on_hand"] < 0).to_numpy()
        effect = "counted as it is: what is missing is ordered" if table == "Stock" else "taken as out of stock"
        text = f"{{rows}} with negative stock ({{values}}); {effect}."
        findings += grouped(
            frame,
            negative,
            table=table,
            column="on_hand",
            severity="warning",
            text=text,
            fix="Count the stock, or enter backorders in their own column.",
        )
    return findings


def find_stock_without_movement(sales: pd.DataFrame) -> list[Finding]:
    """Return a note for stock that falls by more than the sales explain.

    Receipts are not in the record, so stock may rise at any time; but it cannot fall by more than what was sold. A series whose stock
    mostly does so is recorded in another way (net of transfers), and is left alone.
    """
    rows = sales.loc[sales["on_hand"].notna(), ["date", "sku", "location", "quantity", "on_hand"]]
    if len(rows) < 2:
        return []
    days = _by_day(rows)
    by = days.groupby("series", sort=False)
    fall = by["on_hand"].shift() - days["on_hand"]
    lost = fall - days["sold"].clip(lower=0)
    slack = 1e-9 * days["on_hand"].abs().clip(lower=1)
    bad = (lost > slack) & fall.notna()
    share = bad.groupby(days["series"]).transform("sum") / fall.notna().groupby(days["series"]).transform("sum").clip(
        lower=1
    )
    doubtful = (bad & (share < 1 - _LEDGER_SHARE)).to_numpy()
    mask = np.zeros(len(sales), dtype=bool)
    mask[days["row"].to_numpy()[doubtful]] = True
    units = float(lost.to_numpy()[doubtful].sum())
    text = f"{{rows}} after which more stock is gone than was sold ({units:,.6g} units in all): write-offs, transfers, or sales that are missing."
    return grouped(
        sales, mask, table="Sales", column="on_hand", severity="info", text=text, fix="Check the largest ones."
    )


def _by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per series and day: series, sold, on_hand at the end, row (position of the last sales row)."""
    series = rows.groupby(["sku", "location"], sort=False).ngroup()
    ordered = rows.assign(series=series, row=rows.index).sort_values(["series", "date"], kind="stable")
    by = ordered.groupby(["series", "date"], sort=False)
    days = by.agg(sold=("quantity", "sum"), on_hand=("on_hand", "last"), row=("row", "last"))
    return days.reset_index()


def find_stock_far_from_record(frames: dict[str, pd.DataFrame], *, as_of: pd.Timestamp) -> list[Finding]:
    """Return a note for Stock rows far from the last stock recorded with sales."""
    stock, sales = frames["Stock"], frames["Sales"]
    known = sales.loc[
        sales["on_hand"].notna() & (sales["date"] > as_of - pd.Timedelta(days=_FRESH_DAYS)),
        ["date", "sku", "location", "on_hand"],
    ]
    if not len(stock) or not len(known):
        return []
    last = known.sort_values("date", kind="stable").drop_duplicates(["sku", "location"], keep="last")
    total = stock.groupby(["sku", "location"])["on_hand"].transform("sum")
    both = stock[["sku", "location"]].merge(last, how="left", on=["sku", "location"])
    away = (total - both["on_hand"]).abs()
    far = ((away > _FAR_UNITS) & (away > _FAR_SHARE * np.maximum(both["on_hand"].abs(), total.abs()))).to_numpy()
    text = "{rows} whose stock ({values}) is far from the last stock recorded with sales."
    return grouped(
        stock,
        far,
        table="Stock",
        column="on_hand",
        severity="info",
        text=text,
        fix="Check that the Stock sheet is of the same day, unit and location.",
    )
