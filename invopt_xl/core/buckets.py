"""Planning buckets: how finely sales are recorded, and days, Monday weeks and months as running numbers. Serves checks and history.

A bucket number counts periods since the epoch, so that arithmetic on periods is arithmetic on integers.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

Period = Literal["day", "week", "month"]

#: Mean length of a period [days].
DAYS_PER_PERIOD: dict[Period, float] = {"day": 1.0, "week": 7.0, "month": 30.4375}

#: Periods of a year, whole.
PERIODS_PER_YEAR: dict[Period, int] = {"day": 365, "week": 52, "month": 12}

#: From fine to coarse.
_ORDER: tuple[Period, ...] = ("day", "week", "month")

#: Share of rows on the same day of the month (or of the week) from which data counts as recorded by month (or week);
#: the rest are typing mistakes.
_RECORDED_SHARE = 0.99

#: 1970-01-01 was a Thursday: day number 4 is the first Monday.
_FIRST_MONDAY = 4


def recorded_by(days: np.ndarray) -> Period:
    """Return how finely sales are recorded: one date per month, one per week, or single days.

    Parameters
    ----------
    days : datetime64 array, shape (rows,)
        Dates of the sales rows, without NaT.

    >>> recorded_by(np.array(["2026-01-01", "2026-02-01", "2026-03-01"], dtype="datetime64[D]"))
    'month'
    >>> recorded_by(np.array(["2026-01-05", "2026-01-12", "2026-01-26"], dtype="datetime64[D]"))
    'week'
    """
    day = days.astype("datetime64[D]")
    different, rows = np.unique(day, return_counts=True)
    if len(different) < 2:
        return "day"
    share = rows / rows.sum()
    month = different.astype("datetime64[M]")
    day_of_month = (different - month.astype("datetime64[D]")).astype(np.int64)
    last_of_month = (different + 1).astype("datetime64[M]") != month
    same_day = np.bincount(day_of_month, weights=share).max()
    if max(same_day, share[last_of_month].sum()) >= _RECORDED_SHARE:
        return "month"
    weekday = different.astype(np.int64) % 7
    if len(different) > 2 and np.bincount(weekday, weights=share).max() >= _RECORDED_SHARE:
        return "week"
    return "day"


def coarser(one: Period, other: Period) -> Period:
    """Return the coarser of two periods.

    >>> coarser("week", "month")
    'month'
    """
    return max(one, other, key=_ORDER.index)


def bucket_numbers(days: np.ndarray, *, period: Period, recorded: Period = "day") -> np.ndarray:
    """Return the bucket number of each day.

    Parameters
    ----------
    days : datetime64 array
    period : {"day", "week", "month"}
    recorded : {"day", "week", "month"}
        For dates that stand for a whole week starting there, the Monday week that shares most days with it is meant.

    >>> saturday = np.array(["2026-01-03"], dtype="datetime64[D]")
    >>> bucket_starts(bucket_numbers(saturday, period="week"), period="week")
    array(['2025-12-29'], dtype='datetime64[D]')
    >>> bucket_starts(bucket_numbers(saturday, period="week", recorded="week"), period="week")
    array(['2026-01-05'], dtype='datetime64[D]')
    """
    day = days.astype("datetime64[D]")
    if period == "month":
        return day.astype("datetime64[M]").astype(np.int64)
    number = day.astype(np.int64)
    if period == "day":
        return number
    middle = 3 if recorded == "week" else 0
    weeks: np.ndarray = (number + middle - _FIRST_MONDAY) // 7
    return weeks


def bucket_starts(numbers: np.ndarray, *, period: Period) -> np.ndarray:
    """Return the first day of each bucket, datetime64[D].

    >>> bucket_starts(np.array([0, 1]), period="month")
    array(['1970-01-01', '1970-02-01'], dtype='datetime64[D]')
    """
    if period == "month":
        return numbers.astype("datetime64[M]").astype("datetime64[D]")
    if period == "week":
        return (numbers * 7 + _FIRST_MONDAY).astype("datetime64[D]")
    return numbers.astype("datetime64[D]")


def last_day(days: np.ndarray, *, recorded: Period) -> pd.Timestamp:
    """Return the last day that the sales rows speak of: the end of the last week or month for data recorded so.

    >>> last_day(np.array(["2026-01-01", "2026-02-01"], dtype="datetime64[D]"), recorded="month")
    Timestamp('2026-02-28 00:00:00')
    """
    last = days.max()
    if recorded == "day":
        return pd.Timestamp(last.astype("datetime64[s]"))
    number = bucket_numbers(np.array([last]), period=recorded, recorded=recorded)
    return pd.Timestamp((bucket_starts(number + 1, period=recorded)[0] - 1).astype("datetime64[s]"))


def last_full_bucket(as_of: pd.Timestamp, *, period: Period) -> int:
    """Return the number of the last bucket that ends at or before `as_of`.

    >>> last_full_bucket(pd.Timestamp("2026-01-31"), period="month") == (2026 - 1970) * 12
    True
    """
    day_after = np.array([np.datetime64(as_of, "D") + 1])
    return int(bucket_numbers(day_after, period=period)[0]) - 1
