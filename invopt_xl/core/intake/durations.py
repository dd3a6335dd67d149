"""Lead times and other columns in days that an export gives as clock times (168:00:00) or as seconds (604800)."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

_CLOCK = re.compile(r"^\s*(\d{1,6}):([0-5]\d)(?::([0-5]\d))?\s*$")
_HOUR, _DAY = 3600, 86400  # [seconds]


def clock_days(cell: object) -> float:
    """Return a clock time in days, NaN for anything else.

    >>> clock_days("168:00:00"), clock_days(dt.timedelta(hours=36)), clock_days("7")
    (7.0, 1.5, nan)
    """
    if isinstance(cell, dt.timedelta):
        return cell.total_seconds() / _DAY
    if isinstance(cell, dt.time):
        return (cell.hour * _HOUR + cell.minute * 60 + cell.second) / _DAY
    match = _CLOCK.match(cell) if isinstance(cell, str) else None
    if match is None:
        return np.nan
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (hours * _HOUR + minutes * 60 + seconds) / _DAY


def in_days(values: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Return a column in days, and which cells were clock times.

    >>> in_days(pd.Series(["168:00:00", 3], dtype=object))[0].tolist()
    [7.0, 3]
    """
    if values.dtype != object and not pd.api.types.is_string_dtype(values.dtype):
        return values, np.zeros(len(values), dtype=bool)
    raw = values.to_numpy(dtype=object)
    codes, distinct = pd.factorize(raw)
    days = np.array([*(clock_days(cell) for cell in distinct), np.nan], dtype=np.float64)[codes]
    clock = ~np.isnan(days)
    if not clock.any():
        return values, clock
    result = raw.copy()
    result[clock] = days[clock]
    return pd.Series(result, dtype=object), clock


def are_seconds(numbers: np.ndarray) -> bool:
    """Return whether numbers that should be days are seconds: all of them whole hours, and none below an hour but zero.

    As days, 3600 would be ten years.

    >>> are_seconds(np.array([604800.0, 0.0, np.nan])), are_seconds(np.array([14.0, 7200.0]))
    (True, False)
    """
    given = numbers[np.isfinite(numbers) & (numbers != 0)]
    return bool(len(given)) and bool((given >= _HOUR).all()) and bool((given % _HOUR == 0).all())


def days_of_seconds(numbers: np.ndarray) -> np.ndarray:
    """Return seconds in days.

    >>> days_of_seconds(np.array([604800.0])).tolist()
    [7.0]
    """
    return np.asarray(numbers, dtype=np.float64) / _DAY
