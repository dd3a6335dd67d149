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
_NOTE = (
    "Orders of later weeks are not in it, so stock runs down at the end. "
    "The reorder point is compared with stock and what is on order together, not with stock alone."
)


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
    It is walked through day by day: demand of a period is spread evenly over its days, receipts count from the morning of their day, and demand
    that finds no stock is lost. Demand of different days is taken as independent for the band: over some days, the distance from the mean to
    q05 and q95 is the root of the sum of squares of theirs, so that the band of one whole period is that of its forecast. After a day on which
    nothing is left, what was uncertain before no longer counts.

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
    days = _days(starts)
    on_hand, on_order = _number(row["on_hand"]), _number(row["on_order"])
    receipts = _by_day(starts, days, due["due_date"], due["quantity"])
    if not len(due) and on_order > 0 and len(receipts):
        receipts[0] += on_order
    quantity = _number(row["order_quantity"]) if order is None else order
    recommended = _by_day(starts, days, pd.Series([row["expected_receipt"]]), pd.Series([quantity]))
    with_order = receipts + recommended
    nothing = np.zeros(len(starts))
    return pd.DataFrame(
        {
            "period_start": starts.astype("datetime64[s]"),
            "orders_due": _per_period(receipts, days),
            "recommended": _per_period(recommended, days),
            "demand": mean,
            "stock": _levels(on_hand, with_order, days, mean, nothing),
            "stock_low": _levels(on_hand, with_order, days, mean, high - mean),
            "stock_high": _levels(on_hand, with_order, days, mean, low - mean),
            "without_order": _levels(on_hand, receipts, days, mean, nothing),
            "reorder_point": np.full(len(starts), _number(row["reorder_point"], missing=math.nan)),
        }
    )


def projected_sheet(row: pd.Series, table: pd.DataFrame) -> SheetSpec:
    """Return the sheet of one item's projected stock: a chart, and the table that it is drawn from."""
    name = f"{row['sku']}, {row['location']}" + (f": {row['description']}" if row.get("description") else "")
    texts = (
        Text(f"Projected stock of {name}", 1, 1, "heading"),
        Text("With the recommended order. The band is where stock ends up in 90 of 100 cases.", 2, 1, "note"),
        Text(_NOTE, 3, 1, "note"),
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
        5,
        1,
        len(COLUMNS),
        _CHART_ROWS,
        "",
        "units",
        "units",
    )
    block = Block("Projected_Stock", table, COLUMNS, row=5 + _CHART_ROWS + 1, key=("period_start",))
    return SheetSpec(PROJECTED_SHEET, blocks=(block,), charts=(chart,), texts=texts, freeze=(0, 0), tab="good")


def _number(value: object, *, missing: float = 0.0) -> float:
    number = float(pd.to_numeric(value, errors="coerce"))  # type: ignore[call-overload]
    return number if math.isfinite(number) else missing


def _days(starts: np.ndarray) -> np.ndarray:
    """Return how many days each period has; the last one, which has no end of its own, is as long as the one before it."""
    if len(starts) < 2:
        return np.full(len(starts), 31)
    days = np.diff(starts).astype(int)
    return np.append(days, days[-1])


def _by_day(starts: np.ndarray, days: np.ndarray, dates: pd.Series, quantities: pd.Series) -> np.ndarray:
    """Return the units that arrive on each day from the first period's start on: earlier ones on the first, undated ones never."""
    received = np.zeros(int(days.sum()))
    on = pd.to_datetime(dates, errors="coerce").to_numpy(dtype="datetime64[D]")
    units = pd.to_numeric(quantities, errors="coerce").to_numpy(dtype=float)
    known = ~np.isnat(on) & np.isfinite(units)
    if not len(received) or not known.any():
        return received
    at = np.maximum((on[known] - starts[0]).astype(int), 0)
    inside = at < len(received)
    np.add.at(received, at[inside], units[known][inside])
    return received


def _per_period(received: np.ndarray, days: np.ndarray) -> np.ndarray:
    return np.diff(np.concatenate([[0.0], np.cumsum(received)])[np.concatenate([[0], np.cumsum(days)])])


def _levels(on_hand: float, received: np.ndarray, days: np.ndarray, mean: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Return the stock at the end of each period if demand of a period is `away` [units] from its mean, less over longer times.

    Lindley's recursion in closed form: stock at the end of a day is the most that any earlier day, as the last one with nothing left, leads to.
    """
    if not len(days):
        return np.zeros(0)
    arrived = np.concatenate([[0.0], np.cumsum(received)])
    wanted = np.concatenate([[0.0], np.cumsum(np.repeat(mean / days, days))])
    spread = np.concatenate([[0.0], np.cumsum(np.repeat(away**2 * np.sign(away) / days, days))])
    ends = np.cumsum(days)[:, None]
    since = np.arange(len(arrived))[None, :]
    distance = spread[ends] - spread[since]
    demand = np.maximum(wanted[ends] - wanted[since] + np.sign(distance) * np.sqrt(np.abs(distance)), 0.0)
    left = np.where(since == 0, on_hand, 0.0) + arrived[ends] - arrived[since] - demand
    level: np.ndarray = np.maximum(np.where(since <= ends, left, 0.0).max(axis=1), 0.0)
    return level.round(9)  # without the dust of adding up
