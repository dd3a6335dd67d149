"""Slow, obvious versions of the forecast stage's parts: one series, one period at a time."""

from __future__ import annotations

import datetime as dt

import numpy as np


def simple_smoothing(values: list[float], alpha: float) -> list[float]:
    """Return levels; the weight is at least one over the number of observations."""
    level, seen, levels = 0.0, 0, []
    for value in values:
        if not np.isnan(value):
            seen += 1
            level += max(alpha, 1 / seen) * (value - level)
        levels.append(level)
    return levels


def croston(values: list[float], alpha: float) -> float:
    """Return Croston's rate after the last period, textbook start."""
    size = interval = 0.0
    since, started = 1, False
    for value in values:
        if np.isnan(value):
            continue
        if value > 0:
            if started:
                size += alpha * (value - size)
                interval += alpha * (since - interval)
            else:
                size, interval, started = value, float(since), True
            since = 1
        else:
            since += 1
    return size / interval if started else 0.0


def tsb(values: list[float], alpha_size: float, alpha_chance: float) -> float:
    """Return the rate of Teunter, Syntetos & Babai after the last period."""
    size = chance = None
    for value in values:
        if np.isnan(value):
            continue
        hit = 1.0 if value > 0 else 0.0
        chance = hit if chance is None else chance + alpha_chance * (hit - chance)
        if hit:
            size = value if size is None else size + alpha_size * (value - size)
    return (size or 0.0) * (chance or 0.0)


def moving_average_errors(values: list[float], periods: int, width: int) -> dict[int, float]:
    """Return error (forecast - actual) of the total of the next `width` periods by origin."""
    errors = {}
    for t in range(len(values) - width):
        window = [v for v in values[max(0, t + 1 - periods) : t + 1] if not np.isnan(v)]
        if window:
            errors[t] = width * sum(window) / len(window) - sum(values[t + 1 : t + 1 + width])
    return errors


def seasonal_totals(values: list[float], season: int, width: int) -> dict[int, float]:
    """Return the seasonal naive forecast of the total of the next `width` periods by origin."""
    totals = {}
    for t in range(season - 1, len(values)):
        total = 0.0
        for h in range(1, width + 1):
            at = t + h
            while at > t:
                at -= season
            total += values[at]
        totals[t] = total
    return totals


def uplift_of_period(
    promotions: list[tuple[dt.date, dt.date, float]], start: dt.date, stop: dt.date, as_of: dt.date
) -> float:
    """Return the mean over the days of [start, stop) after as_of of the largest uplift of a day, 1 on days without a promotion."""
    days = [start + dt.timedelta(days=i) for i in range((stop - start).days)]
    values = []
    for day in days:
        if day > as_of:
            values.append(max([uplift for first, last, uplift in promotions if first <= day <= last], default=1.0))
    return sum(values) / len(values)
