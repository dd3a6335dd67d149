"""What was known, forecast and agreed at the end of a past day: everything that an ordering rule may look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.checks import check
from invopt_xl.core.drivers import build_drivers
from invopt_xl.core.forecast.choose import Forecast, forecast
from invopt_xl.core.history import History, build_history
from invopt_xl.core.lead_times import LeadTimes, estimate_lead_times
from invopt_xl.core.segments import Segments, segment
from invopt_xl.core.tables import Tables
from invopt_xl.core.terms import Terms, resolve_terms
from invopt_xl.settings import Settings


@dataclass(frozen=True)
class View:
    """The stages of a plan up to the forecast, for n series, from tables cut at `history.as_of`."""

    history: History
    segments: Segments
    terms: Terms
    lead_times: LeadTimes
    forecast: Forecast
    settings: Settings

    @property
    def cover_periods(self) -> np.ndarray:
        """Expected lead time + review, shape (n,) [periods]."""
        days = self.lead_times.frame["mean_days"].to_numpy(dtype=float) + self.number("review_period_days")
        cover: np.ndarray = days / self.history.days_per_period
        return cover

    @property
    def own_target(self) -> np.ndarray:
        """Each series' own service target, shape (n,) [probability]."""
        return self.number("service_level")

    def number(self, name: str) -> np.ndarray:
        """Return a numeric column of the terms, shape (n,)."""
        column: np.ndarray = self.terms.frame[name].to_numpy(dtype=float)
        return column


def view_of(tables: Tables, *, as_of: pd.Timestamp, settings: Settings, step_days: float = 1.0) -> View:
    """Return what a plan at `as_of` looks at, from these tables alone.

    Parameters
    ----------
    tables : Tables
        As known then: see `replay.cut`.
    as_of : Timestamp
        Last day of a full period.
    settings : Settings
    step_days : float
        Receipts are booked in steps of this length.
    """
    checked = check(tables, settings=settings, as_of=as_of)
    history = build_history(checked, settings=settings)
    segments = segment(history, checked, settings=settings)
    terms = resolve_terms(checked, history, segments, settings=settings)
    lead_times = estimate_lead_times(checked, history, terms, settings=settings, step_days=step_days)
    drivers = build_drivers(checked, history, terms, settings=settings)
    demand = forecast(history, segments, terms, lead_times, settings=settings, drivers=drivers)
    return View(history, segments, terms, lead_times, demand, settings)
