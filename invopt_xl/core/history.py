"""Demand history: sales rows -> a matrix of demand per series and planning period, with what hides or distorts it marked. Third stage."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import (
    DAYS_PER_PERIOD,
    PERIODS_PER_YEAR,
    Period,
    bucket_numbers,
    bucket_starts,
    coarser,
    last_full_bucket,
    recorded_by,
)
from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.checks.grouping import counted
from invopt_xl.core.findings import Finding
from invopt_xl.core.outliers import NEIGHBOURS, find_outliers
from invopt_xl.core.promoted import no_promotions, planned_promotions, promoted_periods
from invopt_xl.core.returns import cancelled_lines, settle
from invopt_xl.core.seasonal_level import seasons
from invopt_xl.core.series_index import SeriesIndex, index_series, of_sku
from invopt_xl.core.stand_in import find_stand_ins
from invopt_xl.core.stock_record import StockRecord, read_stock_record
from invopt_xl.core.stockouts import expected_demand, restore
from invopt_xl.errors import InputError
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class History:
    """Demand of n series over T full planning periods.

    Parameters
    ----------
    series : DataFrame
        n rows, sorted by sku and location: sku, location, first_period (index of the first period of `demand`, T if there is none),
        own_first_period (the same without a stand-in), launched (bool: ever sold), stand_in (sku whose history was borrowed, or "").
    period : {"day", "week", "month"}
    starts : datetime64[D] array, shape (T,)
        First days of the periods; the last one ends at or before `as_of`.
    days_per_period : float
    sales : float array, shape (n, T)
        Units sold less returns, at least 0; NaN before the first own period.
    demand : float array, shape (n, T)
        Units that would have been sold with stock; at least `sales`; NaN before first_period.
    censored : bool array, shape (n, T)
        Out of stock or not reported: sales are a lower bound of demand.
    promoted, outlier : bool array, shape (n, T)
    restored_units : float array, shape (n,)
        Demand added for censored periods.
    as_of : Timestamp
    findings : tuple of Finding
    promotions_ahead : DataFrame
        Promotions with days after as_of: series (position), start_date, end_date, uplift.
    """

    series: pd.DataFrame
    period: Period
    starts: np.ndarray
    days_per_period: float
    sales: np.ndarray
    demand: np.ndarray
    censored: np.ndarray
    promoted: np.ndarray
    outlier: np.ndarray
    restored_units: np.ndarray
    as_of: pd.Timestamp
    findings: tuple[Finding, ...] = ()
    promotions_ahead: pd.DataFrame = field(default_factory=no_promotions)


@dataclass(frozen=True)
class _Calendar:
    """Buckets of all rows (`row_bucket`, counted from `first`), and which of them are full: `skip` partial ones first, then `width`."""

    period: Period
    recorded: Period
    first: int
    row_bucket: np.ndarray
    all_width: int
    skip: int
    width: int

    @property
    def full(self) -> slice:
        return slice(self.skip, self.skip + self.width)


def build_history(checked: Checked, *, settings: Settings) -> History:
    """Return the demand history of all sku-locations.

    Parameters
    ----------
    checked : Checked
    settings : Settings

    Raises
    ------
    InputError
        The sales rows do not fill a single planning period.
    """
    rows = checked.frames["Sales"]
    calendar, said = _calendar(rows["date"].to_numpy(), checked.as_of, settings)
    index = index_series(checked)
    sales, uncovered = _settled_sales(rows, index, calendar)
    first = _first_periods(sales, index, checked.frames["Items"], calendar)
    sales = sales[:, calendar.full]
    in_life = np.arange(calendar.width) >= first[:, None]
    promoted = _promoted(rows, index, checked, calendar) & in_life
    record = _stock_record(rows, index, calendar)
    sales = np.where(in_life, sales, np.nan)
    censored, outlier, expected = _judge(sales, in_life, promoted, record, calendar, settings)
    demand = restore(sales, censored=censored, expected=expected)
    restored = np.where(in_life, demand - sales, 0.0).sum(axis=1)
    own = index.series.assign(
        first_period=first,
        own_first_period=first,
        launched=first < calendar.width,
        stand_in=pd.Series("", index=index.series.index, dtype="str"),
    )
    said += _findings(own, censored, restored, uncovered, index, calendar)
    ahead = planned_promotions(checked.frames["Promotions"], series=index.series, as_of=checked.as_of)
    history = History(
        series=own,
        period=calendar.period,
        starts=_starts(calendar),
        days_per_period=DAYS_PER_PERIOD[calendar.period],
        sales=sales,
        demand=demand,
        censored=censored,
        promoted=promoted,
        outlier=outlier,
        restored_units=restored,
        as_of=checked.as_of,
        findings=tuple(said),
        promotions_ahead=ahead,
    )
    return _with_stand_ins(history, checked.frames["Items"], new_days=settings.new_days)


def _calendar(days: np.ndarray, as_of: pd.Timestamp, settings: Settings) -> tuple[_Calendar, list[Finding]]:
    recorded = recorded_by(days)
    period, said = _choose_period(recorded, settings)
    for candidate in dict.fromkeys((period, recorded)):
        calendar = _buckets(days, as_of, period=candidate, recorded=recorded)
        if calendar.width > 0:
            if candidate != period:
                said.append(
                    Finding(
                        "warning",
                        "Sales",
                        "column date",
                        f"The history is shorter than one {period}; it is planned by {candidate}.",
                        "Add older sales.",
                    )
                )
            return calendar, said
    raise InputError(
        f"Sheet Sales: no full {recorded} of sales lies before {as_of:%Y-%m-%d}. Add sales, or choose a later day."
    )


def _choose_period(recorded: Period, settings: Settings) -> tuple[Period, list[Finding]]:
    """Return the planning bucket: as set, else months for monthly data, days for items reviewed daily, else weeks; never finer than recorded."""
    if settings.period == "auto":
        usual: Period = "day" if 0 < settings.review_period_days <= 1 else "week"
        return coarser(usual, recorded), []
    names: dict[str, Period] = {"day": "day", "week": "week", "month": "month"}
    wanted = names[settings.period]
    period = coarser(wanted, recorded)
    if period == wanted:
        return period, []
    text = f"Setting period is {wanted}, but sales are recorded by {recorded}; planned by {recorded}."
    return period, [Finding("warning", "Sales", "column date", text, f"Set period to {recorded}, or give finer sales.")]


def _buckets(days: np.ndarray, as_of: pd.Timestamp, *, period: Period, recorded: Period) -> _Calendar:
    number = bucket_numbers(days, period=period, recorded=recorded)
    first, last_full = int(number.min()), last_full_bucket(as_of, period=period)
    width = last_full - first + 1
    skip = 1 if width > 1 and _starts_partial(days, first, period=period, recorded=recorded) else 0
    return _Calendar(
        period,
        recorded,
        first,
        number - first,
        max(int(number.max()) - first, last_full - first) + 1,
        skip,
        width - skip,
    )


def _starts_partial(days: np.ndarray, first: int, *, period: Period, recorded: Period) -> bool:
    """Return whether recording began within the first bucket: more days are missing at its start than usually lie between sales."""
    if recorded != "day" or period == "day":
        return False
    different = np.unique(days.astype("datetime64[D]"))
    usual_gap = np.median(np.diff(different).astype(np.int64)) if len(different) > 1 else np.inf
    missing = int((different[0] - bucket_starts(np.array([first]), period=period)[0]).astype(np.int64))
    return bool(missing + 1 > usual_gap + (2 if period == "month" else 0))


def _starts(calendar: _Calendar) -> np.ndarray:
    numbers = calendar.first + calendar.skip + np.arange(calendar.width)
    return bucket_starts(numbers, period=calendar.period)


def _settled_sales(rows: pd.DataFrame, index: SeriesIndex, calendar: _Calendar) -> tuple[np.ndarray, np.ndarray]:
    """Return sales per series and bucket, partial buckets included, returns settled; and returns without a sale."""
    quantity = rows["quantity"].to_numpy()
    day = rows["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    gone = cancelled_lines(index.row_series, day, quantity)
    n = len(index.series)
    cell = index.row_series * calendar.all_width + calendar.row_bucket
    net = np.bincount(cell, weights=np.where(gone, 0.0, quantity), minlength=n * calendar.all_width)
    return settle(net.reshape(n, calendar.all_width))


def _first_periods(sales: np.ndarray, index: SeriesIndex, items: pd.DataFrame, calendar: _Calendar) -> np.ndarray:
    """Return the index of the first full period of life: the first with sales, or that of an earlier launch date; T if never sold."""
    sold = sales > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), calendar.all_width + calendar.skip)
    launch = of_sku(items, "launch_date", index.series["sku"])
    known = launch.notna().to_numpy()
    bucket = bucket_numbers(launch.to_numpy()[known], period=calendar.period) - calendar.first
    earlier = first.copy()
    earlier[known] = np.minimum(first[known], np.maximum(bucket, 0))
    first = np.where(sold.any(axis=1), earlier, first)
    full: np.ndarray = np.clip(first - calendar.skip, 0, calendar.width).astype(np.int64)
    return full


def _promoted(rows: pd.DataFrame, index: SeriesIndex, checked: Checked, calendar: _Calendar) -> np.ndarray:
    mask = np.zeros((len(index.series), calendar.all_width), dtype=bool)
    at = rows["promotion"].to_numpy()
    mask[index.row_series[at], calendar.row_bucket[at]] = True
    listed = promoted_periods(
        checked.frames["Promotions"],
        series=index.series,
        first_bucket=calendar.first + calendar.skip,
        width=calendar.width,
        period=calendar.period,
    )
    both: np.ndarray = mask[:, calendar.full] | listed
    return both


def _stock_record(rows: pd.DataFrame, index: SeriesIndex, calendar: _Calendar) -> StockRecord:
    # the stock of a replaced item says nothing of its successor's
    own = np.where(index.moved, -1, index.row_series)
    return read_stock_record(
        rows,
        row_series=own,
        row_bucket=calendar.row_bucket - calendar.skip,
        shape=(len(index.series), calendar.width),
        recorded=calendar.recorded,
        period=calendar.period,
    )


def _judge(
    sales: np.ndarray,
    in_life: np.ndarray,
    promoted: np.ndarray,
    record: StockRecord,
    calendar: _Calendar,
    settings: Settings,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return censored, outlier and expected demand, each of shape (n, T)."""
    doubtful = record.flagged | record.empty | record.silent
    usual = in_life & ~promoted & ~doubtful
    outlier = find_outliers(
        sales,
        usable=usual,
        cut=settings.outlier_cut,
        neighbours=NEIGHBOURS[calendar.period],
        year=PERIODS_PER_YEAR[calendar.period],
    )
    if not doubtful.any():
        return np.zeros(sales.shape, dtype=bool), outlier, sales
    starts = _starts(calendar)
    season = seasons(starts, period=calendar.period)
    expected = expected_demand(sales, usable=usual & ~outlier, season=season, period=calendar.period)
    low = np.nan_to_num(sales) < np.nan_to_num(expected)
    censored = in_life & (record.flagged | record.silent | (record.empty & low))
    return censored, outlier, expected


def _with_stand_ins(history: History, items: pd.DataFrame, *, new_days: float) -> History:
    first = history.series["first_period"].to_numpy()
    found = find_stand_ins(
        items,
        series=history.series,
        demand=history.demand,
        first_period=first,
        new_periods=new_days / history.days_per_period,
    )
    if not len(found.series):
        return history
    demand, censored, promoted, outlier = (
        m.copy() for m in (history.demand, history.censored, history.promoted, history.outlier)
    )
    before = np.arange(demand.shape[1]) < first[found.series][:, None]  # (k, T)
    demand[found.series] = np.where(before, history.demand[found.source] * found.scale[:, None], demand[found.series])
    for mask in (censored, promoted, outlier):
        mask[found.series] = np.where(before, mask[found.source], mask[found.series])
    series = history.series.copy()
    series.loc[found.series, "first_period"] = first[found.source]
    series.loc[found.series, "stand_in"] = history.series["sku"].to_numpy()[found.source]
    text = f"{counted(len(found.series), 'new item')} borrow history from a like item, such as {series['sku'].iloc[found.series[0]]} from {series['stand_in'].iloc[found.series[0]]}."
    said = Finding("info", "Items", "column like_sku", text, "Nothing; its own sales take over as they come.")
    return History(
        **{
            **vars(history),
            "series": series,
            "demand": demand,
            "censored": censored,
            "promoted": promoted,
            "outlier": outlier,
            "findings": (*history.findings, said),
        }
    )


def _findings(
    series: pd.DataFrame,
    censored: np.ndarray,
    restored: np.ndarray,
    uncovered: np.ndarray,
    index: SeriesIndex,
    calendar: _Calendar,
) -> list[Finding]:
    said: list[Finding] = []
    if censored.any():
        text = f"{counted(int(censored.sum()), calendar.period)} of {counted(int(censored.any(axis=1).sum()), 'series')} were out of stock or not reported; {restored.sum():,.0f} units of hidden demand were added."
        said.append(
            Finding(
                "info",
                "Sales",
                "columns stockout and on_hand",
                text.replace("seriess", "series"),
                "Nothing; the plan uses demand, not sales.",
            )
        )
    if (uncovered > 0).any():
        worst = int(np.argmax(uncovered))
        text = f"{uncovered.sum():,.0f} returned units are more than was ever sold, such as {uncovered[worst]:,.0f} of {series['sku'].iloc[worst]}; they are left out."
        said.append(
            Finding(
                "warning",
                "Sales",
                "column quantity",
                text,
                "Look for sales that are missing, or stock corrections among the sales.",
            )
        )
    if index.moved.any():
        text = f"{counted(int(index.moved.sum()), 'sales row')} of replaced items count for their successors."
        said.append(Finding("info", "Items", "column successor_sku", text, "Nothing."))
    return said
