"""Tasks with known effects, for the tests of the boosted trees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period
from invopt_xl.core.drivers import COMING, Drivers
from invopt_xl.core.forecast.boosted.task import Task

STARTS: dict[Period, np.ndarray] = {
    "month": np.arange("2020-01", "2030-01", dtype="datetime64[M]").astype("datetime64[D]"),
    "week": np.datetime64("2020-01-06") + 7 * np.arange(520),
    "day": np.datetime64("2020-01-06") + np.arange(900),
}


def moving_average(demand: np.ndarray, width: np.ndarray, *, span: int = 6) -> np.ndarray:
    """Return the mean of the last `span` known periods times width, shape (n, T): a reference that knows no season and no promotion."""
    result = np.full(demand.shape, np.nan)
    for t in range(demand.shape[1]):
        recent = demand[:, max(0, t - span + 1) : t + 1]
        known = ~np.isnan(recent)
        count = known.sum(axis=1)
        result[:, t] = np.where(count > 0, np.nansum(recent, axis=1) / np.maximum(count, 1), np.nan) * width
    return result


def planted(
    *,
    series: int = 40,
    periods: int = 48,
    period: Period = "month",
    seed: int = 0,
    season: float = 0.5,
    uplift: float = 2.0,
    width: int | None = None,
    held_back: int = 6,
    young: bool = True,
) -> Task:
    """Return Poisson demand with a yearly sine of the given amplitude and planned promotions that multiply by `uplift`.

    One series in five, if `young`, begins in the middle; widths are 1 .. 3 unless given.
    """
    rng = np.random.default_rng(seed)
    columns = periods + COMING[period]
    year = {"month": 12, "week": 52, "day": 365}[period]
    wave = 1 + season * np.sin(2 * np.pi * np.arange(columns) / year)
    promotion = (rng.random((series, columns)) < 0.12).astype(float)
    effect = 1 + (uplift - 1) * promotion
    level = rng.lognormal(3, 1, size=series)
    demand = rng.poisson(level[:, None] * wave * effect)[:, :periods].astype(float)
    if young:
        demand[::5, : periods // 2] = np.nan
    widths = np.full(series, width) if width else rng.integers(1, 4, size=series)
    cutoff = periods - held_back - int(widths.max())
    origins = np.arange(cutoff - 1, cutoff - 1 + held_back) * np.ones((series, 1), dtype=int)
    origins = np.where(np.isnan(demand[np.arange(series)[:, None], origins]), -1, origins)
    signals = {"Rain (mm)": rng.normal(size=(series, columns))}
    signals["Rain (mm)"][:, periods:] = np.nan
    drivers = Drivers(
        effect, promotion, 0.2 * promotion, 1 - 0.2 * promotion, rng.poisson(0.3, columns).astype(float), signals
    )
    attributes = pd.DataFrame(
        {
            "category": np.array(["Tea", "Coffee", ""])[np.arange(series) % 3],
            "supplier": "Acme",
            "location": np.array(["North", "South"])[np.arange(series) % 2],
            "abc": "A",
            "demand_class": "smooth",
            "unit_cost": rng.lognormal(1, 1, series),
            "unit_price": np.nan,
        }
    )
    return Task(
        demand=demand,
        censored=np.zeros(demand.shape, dtype=bool),
        width=widths,
        reference=moving_average(demand, widths),
        starts=STARTS[period][:periods],
        period=period,
        drivers=drivers,
        attributes=attributes,
        age_at_start=np.zeros(series),
        origins=origins,
        cutoff=cutoff,
    )


def with_other_demand_after(task: Task, last: int, *, seed: int = 9) -> Task:
    """Return the task with other demand, stock-outs and references after column `last`, as a different future would have brought."""
    rng = np.random.default_rng(seed)
    demand, censored, reference = task.demand.copy(), task.censored.copy(), task.reference.copy()
    shape = demand[:, last + 1 :].shape
    demand[:, last + 1 :] = np.where(np.isnan(demand[:, last + 1 :]), np.nan, rng.poisson(200, shape))
    censored[:, last + 1 :] = rng.random(shape) < 0.5
    reference[:, last + 1 :] = rng.lognormal(5, 2, shape)
    return replace(task, demand=demand, censored=censored, reference=reference)


def outcome(task: Task) -> np.ndarray:
    """Return the total of the window after each origin, shape (n, T), by the obvious loop; NaN where it is not complete."""
    n, periods = task.demand.shape
    result = np.full((n, periods), np.nan)
    for i in range(n):
        for t in range(periods - int(task.width[i])):
            if not np.isnan(task.demand[i, t]):
                result[i, t] = task.demand[i, t + 1 : t + 1 + task.width[i]].sum()
    return result
