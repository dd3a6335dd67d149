"""Replay: the tables as they were known at the end of a past day, and what the forecast said then. Serves the backtest.

What is cut away, so that nothing of what came later can be seen: sales of later periods, receipts after the day, values of outside signals that
were not known so far ahead, open orders, what is in stock now, and standing decisions (nobody knows since when they hold). Promotions stay,
since they are planned; items, suppliers, sources and settings are those of today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period, bucket_numbers, bucket_starts, recorded_by
from invopt_xl.core.checks import check
from invopt_xl.core.checks.checked import Checked
from invopt_xl.core.drivers import build_drivers
from invopt_xl.core.forecast.ahead import Ahead
from invopt_xl.core.forecast.choose import forecast
from invopt_xl.core.history import History, build_history
from invopt_xl.core.lead_times import estimate_lead_times
from invopt_xl.core.segments import segment
from invopt_xl.core.tables import SOURCE_ROW, SOURCE_SHEET, Tables
from invopt_xl.core.terms import resolve_terms
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class Look:
    """What was said of n series at the end of `as_of`.

    Parameters
    ----------
    as_of : Timestamp
        Last day of a period.
    period : {"day", "week", "month"}
    last_start : datetime64[D]
        First day of the last full period.
    series : DataFrame
        sku, location.
    segment : str array, shape (n,)
    service_level : float array, shape (n,)
        Service target [probability].
    unit_cost : float array, shape (n,)
        NaN where unknown [money].
    width : int array, shape (n,)
        Length of the protection interval, whole [periods].
    demand : float array, shape (n, T)
        As known then; NaN before life [units].
    aheads : tuple of Ahead
        What each method said of the total of the next `width` periods.
    """

    as_of: pd.Timestamp
    period: Period
    last_start: np.datetime64
    series: pd.DataFrame
    segment: np.ndarray
    service_level: np.ndarray
    unit_cost: np.ndarray
    width: np.ndarray
    demand: np.ndarray
    aheads: tuple[Ahead, ...]


@dataclass(frozen=True)
class Known:
    """All that is known today: the checked tables, the history, and how finely sales are recorded."""

    checked: Checked
    history: History

    @property
    def recorded(self) -> Period:
        return recorded_by(self.checked.frames["Sales"]["date"].to_numpy())

    def last_day(self, period: int) -> pd.Timestamp:
        """Return the last day of the full period number `period`, counted from 0."""
        number = bucket_numbers(self.history.starts[[period]], period=self.history.period)
        after = bucket_starts(number + 1, period=self.history.period)[0]
        return pd.Timestamp((after - 1).astype("datetime64[s]"))


def known_today(tables: Tables, *, settings: Settings, as_of: pd.Timestamp | None) -> Known:
    """Return what is known at the end of `as_of` (default: the last day with sales)."""
    checked = check(tables, settings=settings, as_of=as_of)
    return Known(checked, build_history(checked, settings=settings))


def cut(tables: Tables, known: Known, *, period: int) -> Tables:
    """Return the tables as they were known when period number `period` of today's history had just ended.

    Parameters
    ----------
    tables : Tables
    known : Known
        Of the same tables, today.
    period : int
        Counted from 0.
    """
    day = known.last_day(period)
    frames = {name: frame for name, frame in tables.frames.items() if name not in ("OpenOrders", "Overrides")}
    frames["Sales"] = _sales_until(frames["Sales"], known, period)
    if "LeadTimes" in frames and "receipt_date" in frames["LeadTimes"]:
        received = frames["LeadTimes"]
        frames["LeadTimes"] = received[(received["receipt_date"] <= day).to_numpy()]
    if "Stock" in frames:
        # where an item is kept is known; how much of it there is today is not
        places = [name for name in ("sku", "location", SOURCE_SHEET, SOURCE_ROW) if name in frames["Stock"]]
        frames["Stock"] = frames["Stock"][places].assign(on_hand=0.0)
    if "Signals" in frames:
        frames["Signals"] = _signals_until(frames["Signals"], day, known.checked.as_of)
    return replace(tables, frames=frames)


def _sales_until(sales: pd.DataFrame, known: Known, period: int) -> pd.DataFrame:
    """Return the sales rows of the periods up to `period`.

    By period, not by date: a row dated Saturday may stand for the week that starts on Monday.
    """
    dated = sales[sales["date"].notna().to_numpy()]
    starts = known.history.starts
    last = bucket_numbers(starts[[period]], period=known.history.period)[0]
    number = bucket_numbers(dated["date"].to_numpy(), period=known.history.period, recorded=known.recorded)
    until: pd.DataFrame = dated[number <= last]
    return until


def _signals_until(signals: pd.DataFrame, day: pd.Timestamp, today: pd.Timestamp) -> pd.DataFrame:
    """Return the signals that were known at `day`: a signal that reaches so far beyond today reached as far beyond then."""
    last = signals.groupby("name", dropna=False)["date"].transform("max")
    lead = (last - today).where(last > today, pd.Timedelta(0))
    until: pd.DataFrame = signals[(signals["date"] <= day + lead).to_numpy()]
    return until


def look_ahead(tables: Tables, *, as_of: pd.Timestamp, settings: Settings) -> Look:
    """Return what every method says of the protection interval after `as_of`, from these tables alone.

    Parameters
    ----------
    tables : Tables
        As known then: see `cut`.
    as_of : Timestamp
        Last day of a full period.
    settings : Settings
    """
    checked = check(tables, settings=settings, as_of=as_of)
    history = build_history(checked, settings=settings)
    segments = segment(history, checked, settings=settings)
    terms = resolve_terms(checked, history, segments, settings=settings)
    lead_times = estimate_lead_times(checked, history, terms, settings=settings)
    drivers = build_drivers(checked, history, terms, settings=settings)
    demand = forecast(history, segments, terms, lead_times, settings=settings, drivers=drivers, ahead=True)
    return Look(
        as_of=history.as_of,
        period=history.period,
        last_start=history.starts[-1],
        series=history.series[["sku", "location"]],
        segment=segments.frame["segment"].to_numpy(dtype=object),
        service_level=terms.frame["service_level"].to_numpy(dtype=float),
        unit_cost=terms.frame["unit_cost"].to_numpy(dtype=float),
        width=demand.tried_width,
        demand=history.demand,
        aheads=demand.tried_ahead,
    )
