"""Projected stock of one item: what will be on hand period by period, with what is on order and what is recommended, and how sure that is."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from invopt_xl.core.sheets import Block, Chart, Column, Series, SheetSpec, Text

PROJECTED_SHEET = "Projected Stock"
#: Columns of the table, all units but the first.
COLUMNS: tuple[Column, ...] = (
    Column("period_start", "date", "First day of the period."),
    Column("orders_due", "units", "Units of open orders due in the period; those overdue count in the first.", 13),
    Column("recommended", "units", "Units of the recommended order, in the period in which they are expected.", 13),
    Column("demand", "units", "Expected demand in the period.", 13),
    Column(
        "stock",
        "units",
        "Expected stock at the end of the period, with the recommended order. Never below 0: what is missing is lost.",
        13,
    ),
    Column("stock_low", "units", "Stock if demand is high: it will be more than this with 95% chance.", 13),
    Column("stock_high", "units", "Stock if demand is low: it will be less than this with 95% chance.", 13),
    Column("without_order", "units", "Expected stock if nothing is ordered now.", 13),
    Column("reorder_point", "units", "Order when the inventory position falls to this.", 13),
)
_CHART_ROWS = 20


def projected_stock(
    row: pd.Series, forecast: pd.DataFrame, due: pd.DataFrame, *, order: float | None = None
) -> pd.DataFrame:
    """Return the stock of one item by period.

    Parameters
    ----------
    row : Series
        Its recommendation: on_hand, on_order, order_quantity, expected_receipt and reorder_point are used [units, date].
    forecast : DataFrame
        Its rows of the Forecast table, periods ascending: period_start, mean, q05, q95.
    due : DataFrame
        Its open order lines: quantity [units], due_date. Without any, `on_order` is taken as due in the first period.
    order : float, optional
        Quantity ordered now instead of the recommended one [units].

    Returns
    -------
    DataFrame
        One row per period, columns `COLUMNS`.

    Notes
    -----
    Demand of different periods is taken as independent for the band: the distance from the mean to q05 and q95 grows with the root of the
    sum of its squares. Receipts count from the beginning of their period; the last known receipt day decides which period that is.

    Examples
    --------
    >>> row = pd.Series({"on_hand": 10.0, "on_order": 0.0, "order_quantity": 20.0, "expected_receipt": pd.Timestamp("2026-01-12"), "reorder_point": 8.0})
    >>> weeks = pd.DataFrame({"period_start": pd.to_datetime(["2026-01-05", "2026-01-12"]), "mean": 6.0, "q05": 2.0, "q95": 10.0})
    >>> due = pd.DataFrame({"quantity": [], "due_date": pd.to_datetime([])})
    >>> projected_stock(row, weeks, due)[["stock", "without_order"]].values.tolist()
    [[4.0, 4.0], [18.0, 0.0]]
    """
    starts = forecast["period_start"].to_numpy(dtype="datetime64[D]")
    mean, low, high = (forecast[name].to_numpy(dtype=float) for name in ("mean", "q05", "q95"))
    on_hand, on_order = _number(row["on_hand"]), _number(row["on_order"])
    receipts = _by_period(starts, due["due_date"], due["quantity"])
    if not len(due) and on_order > 0 and len(receipts):
        receipts[0] += on_order
    quantity = _number(row["order_quantity"]) if order is None else order
    recommended = _by_period(starts, pd.Series([row["expected_receipt"]]), pd.Series([quantity]))
    with_order = receipts + recommended
    return pd.DataFrame(
        {
            "period_start": starts.astype("datetime64[s]"),
            "orders_due": receipts,
            "recommended": recommended,
            "demand": mean,
            "stock": _walk(on_hand, with_order, mean),
            "stock_low": _walk(on_hand, with_order, _path(mean, high)),
            "stock_high": _walk(on_hand, with_order, _path(mean, low)),
            "without_order": _walk(on_hand, receipts, mean),
            "reorder_point": np.full(len(starts), _number(row["reorder_point"], missing=math.nan)),
        }
    )


def projected_sheet(row: pd.Series, table: pd.DataFrame) -> SheetSpec:
    """Return the sheet of one item's projected stock: a chart, and the table that it is drawn from."""
    name = f"{row['sku']}, {row['location']}" + (f": {row['description']}" if row.get("description") else "")
    texts = (
        Text(f"Projected stock of {name}", 1, 1, "heading"),
        Text("With the recommended order. The band is where stock ends up in 90 of 100 cases.", 2, 1, "note"),
    )
    chart = Chart(
        "line",
        "Stock at the end of each period [units]",
        "Projected_Stock",
        "period_start",
        (
            Series("stock"),
            Series("stock_low", "muted"),
            Series("stock_high", "muted"),
            Series("without_order", "watch"),
            Series("orders_due", "good"),
            Series("reorder_point", "bad"),
        ),
        4,
        1,
        len(COLUMNS),
        _CHART_ROWS,
        "",
        "units",
        "units",
    )
    block = Block("Projected_Stock", table, COLUMNS, row=4 + _CHART_ROWS + 1, key=("period_start",))
    return SheetSpec(PROJECTED_SHEET, blocks=(block,), charts=(chart,), texts=texts, freeze=(0, 0), tab="good")


def _number(value: object, *, missing: float = 0.0) -> float:
    number = float(pd.to_numeric(value, errors="coerce"))  # type: ignore[call-overload]
    return number if math.isfinite(number) else missing


def _by_period(starts: np.ndarray, days: pd.Series, quantities: pd.Series) -> np.ndarray:
    """Return the units that arrive in each period: earlier ones in the first, undated ones nowhere."""
    received = np.zeros(len(starts))
    dates = pd.to_datetime(days, errors="coerce").to_numpy(dtype="datetime64[D]")
    units = pd.to_numeric(quantities, errors="coerce").to_numpy(dtype=float)
    known = ~np.isnat(dates) & np.isfinite(units)
    if not len(starts) or not known.any():
        return received
    at = np.maximum(np.searchsorted(starts, dates[known], side="right") - 1, 0)
    # the last period has no end of its own; it is as long as the one before it
    length = starts[-1] - starts[-2] if len(starts) > 1 else np.timedelta64(31, "D")
    inside = dates[known] < starts[-1] + length
    np.add.at(received, at[inside], units[known][inside])
    return received


def _path(mean: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Return the demand per period whose running total is the bound of total demand so far."""
    distance = np.sqrt(np.cumsum((bound - mean) ** 2)) * np.sign(np.cumsum(bound - mean))
    return np.diff(np.cumsum(mean) + distance, prepend=0.0)


def _walk(on_hand: float, receipts: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Return the stock at the end of each period; what cannot be sold is lost."""
    stock, level = np.empty(len(demand)), on_hand
    for at, (received, sold) in enumerate(zip(receipts, demand, strict=True)):
        level = max(level + received - sold, 0.0)
        stock[at] = level
    return stock
