"""What sales rows say of stock: which periods ended (or spent a day) without stock, and which were not reported at all. Serves history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import DAYS_PER_PERIOD, Period

#: A stock of nothing is believed for this long without a new row [days].
_BELIEVED_DAYS = 92.0
#: A series that has not reported for this long has ended rather than forgotten to report [days].
_SILENT_DAYS = 183.0
#: A table is a ledger, where a missing period means "no report", when so large a share of its rows has a stock figure and its series
#: report in so large a share of their periods.
_LEDGER_STOCK_SHARE, _LEDGER_PERIOD_SHARE = 0.9, 0.5


@dataclass(frozen=True)
class StockRecord:
    """Bool arrays of shape (n, T): `flagged` out of stock as recorded; `empty` by stock figures; `silent` without a report in a ledger."""

    flagged: np.ndarray
    empty: np.ndarray
    silent: np.ndarray


def read_stock_record(
    sales: pd.DataFrame,
    *,
    row_series: np.ndarray,
    row_bucket: np.ndarray,
    shape: tuple[int, int],
    recorded: Period,
    period: Period,
) -> StockRecord:
    """Return what the rows say of stock.

    Parameters
    ----------
    sales : DataFrame
        Checked Sales.
    row_series, row_bucket : int array, shape (rows,)
        Where each row belongs; a bucket outside 0..T-1 is left out.
    shape : (n, T)
    recorded, period : {"day", "week", "month"}
        How the rows are recorded, and the planning bucket.
    """
    inside = (row_bucket >= 0) & (row_bucket < shape[1]) & (row_series >= 0)
    cell = row_series * shape[1] + row_bucket
    rows = np.bincount(cell[inside], minlength=shape[0] * shape[1]).reshape(shape)
    flagged = np.zeros(shape, dtype=bool)
    flagged.flat[cell[inside & sales["stockout"].to_numpy()]] = True
    on_hand = sales["on_hand"].to_numpy()
    figures = inside & np.isfinite(on_hand)
    if not figures.any():
        return StockRecord(flagged, np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    closing = _closing_stock(sales["date"].to_numpy(), on_hand, cell, figures)
    empty = np.zeros(shape, dtype=bool)
    empty.flat[cell[figures & closing & (on_hand <= 0)]] = True
    known = np.zeros(shape, dtype=bool)
    known.flat[cell[figures]] = True
    silent = np.zeros(shape, dtype=bool)
    ledger = recorded == period != "day" and figures.sum() >= _LEDGER_STOCK_SHARE * inside.sum()
    if ledger and _reports_share(rows > 0) >= _LEDGER_PERIOD_SHARE:
        silent = _silent_periods(rows > 0, period=period)
    return StockRecord(flagged, empty | _still_empty(empty, rows == 0, known, period=period), silent)


def _closing_stock(date: np.ndarray, on_hand: np.ndarray, cell: np.ndarray, figures: np.ndarray) -> np.ndarray:
    """Return the mask of rows that hold the closing stock of their cell and day: the last row of that day."""
    rows = np.flatnonzero(figures)
    order = rows[np.lexsort((rows, date[rows], cell[rows]))]
    last = np.r_[(cell[order][1:] != cell[order][:-1]) | (date[order][1:] != date[order][:-1]), True]
    closing = np.zeros(len(on_hand), dtype=bool)
    closing[order[last]] = True
    return closing


def _still_empty(empty: np.ndarray, no_row: np.ndarray, known: np.ndarray, *, period: Period) -> np.ndarray:
    """Return periods without any row after one that ended empty, for as long as that is believed."""
    most = max(1, round(_BELIEVED_DAYS / DAYS_PER_PERIOD[period]))
    since = np.full(len(empty), most + 1)
    still = np.zeros(empty.shape, dtype=bool)
    for column in range(empty.shape[1]):
        since = np.where(empty[:, column], 0, np.where(no_row[:, column], since + 1, most + 1))
        still[:, column] = no_row[:, column] & (since <= most)
    return still


def _reports_share(reported: np.ndarray) -> float:
    some = reported.any(axis=1)
    first, last = reported[some].argmax(axis=1), reported.shape[1] - reported[some][:, ::-1].argmax(axis=1)
    return float(reported.sum() / max((last - first).sum(), 1))


def _silent_periods(reported: np.ndarray, *, period: Period) -> np.ndarray:
    """Return periods without a report between reports, and after the last one while the series may still report."""
    width = reported.shape[1]
    at = np.arange(width)
    some: np.ndarray = np.asarray(reported.any(axis=1))
    first = np.where(some, reported.argmax(axis=1), width)
    last = np.where(some, width - 1 - reported[:, ::-1].argmax(axis=1), -1)
    alive = width - 1 - last <= _SILENT_DAYS / DAYS_PER_PERIOD[period]
    after = (at > last[:, None]) & np.asarray(alive)[:, None]
    between = (at > first[:, None]) & (at < last[:, None])
    silent: np.ndarray = ~reported & some[:, None] & (between | after)
    return silent
