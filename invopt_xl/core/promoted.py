"""Which past periods had a promotion, and what planned ones multiply demand by. Serves history and forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period, bucket_numbers, bucket_starts


def promoted_periods(
    promotions: pd.DataFrame, *, series: pd.DataFrame, first_bucket: int, width: int, period: Period
) -> np.ndarray:
    """Return the mask of periods that touch a promotion of the Promotions table.

    Parameters
    ----------
    promotions : DataFrame
        Checked Promotions; an empty location means every location.
    series : DataFrame
        Columns sku and location, n rows.
    first_bucket : int
        Bucket number of the first period.
    width : int
        Periods.

    Returns
    -------
    bool array, shape (n, width)
    """
    if not len(promotions):
        return np.zeros((len(series), width), dtype=bool)
    pairs = _by_series(promotions, series)
    start = bucket_numbers(pairs["start_date"].to_numpy(), period=period) - first_bucket
    end = bucket_numbers(pairs["end_date"].to_numpy(), period=period) - first_bucket
    seen = (end >= 0) & (start < width) & (start <= end)
    at = pairs["series"].to_numpy()[seen] * (width + 1)
    change = np.bincount(at + np.clip(start[seen], 0, width), minlength=len(series) * (width + 1)).astype(np.int64)
    change -= np.bincount(at + np.clip(end[seen] + 1, 0, width), minlength=len(series) * (width + 1))
    running = change.reshape(len(series), width + 1).cumsum(axis=1)
    inside: np.ndarray = running[:, :width] > 0
    return inside


def planned_promotions(promotions: pd.DataFrame, *, series: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the promotions that have days after `as_of`: series (position), start_date, end_date, uplift (NaN where not given).

    Parameters
    ----------
    promotions : DataFrame
        Checked Promotions; an empty location means every location.
    series : DataFrame
        Columns sku and location, n rows.
    as_of : Timestamp
    """
    pairs = _by_series(promotions, series)
    ahead = (pairs["end_date"] > as_of) & (pairs["start_date"] <= pairs["end_date"])
    return pairs.loc[ahead, list(PLANNED)].reset_index(drop=True)


#: Columns of planned promotions.
PLANNED = ("series", "start_date", "end_date", "uplift")


def no_promotions() -> pd.DataFrame:
    """Return planned promotions without a row."""
    date = np.zeros(0, dtype="datetime64[s]")
    columns = (np.zeros(0, dtype=np.int64), date, date, np.zeros(0))
    return pd.DataFrame(dict(zip(PLANNED, columns, strict=True)))


def uplift_ahead(
    planned: pd.DataFrame, *, series: int, last_start: np.datetime64, as_of: pd.Timestamp, period: Period, length: int
) -> np.ndarray:
    """Return what planned promotions multiply the expected demand of the coming periods by, shape (series, length).

    A promotion counts for the share of a period's days it covers; of the first period only the days after `as_of` count, since only those are
    still to come. Where promotions overlap, the largest uplift of a day holds. A promotion without an uplift changes nothing.

    Parameters
    ----------
    planned : DataFrame
        From `planned_promotions`.
    series : int
        Number of series.
    last_start : datetime64
        First day of the last full period.
    as_of : Timestamp
    period : {"day", "week", "month"}
    length : int
        Periods to come.

    >>> week = pd.DataFrame({"series": [0], "start_date": pd.Timestamp("2026-03-09"), "end_date": pd.Timestamp("2026-03-22"), "uplift": [2.0]})
    >>> uplift_ahead(week, series=1, last_start=np.datetime64("2026-03-02"), as_of=pd.Timestamp("2026-03-10"), period="week", length=3)
    array([[2., 2., 1.]])
    """
    factor = np.ones((series, length))
    known = planned[planned["uplift"].notna()]
    if not len(known):
        return factor
    first = bucket_numbers(np.array([last_start]), period=period)[0] + 1
    bounds = (bucket_starts(first + np.arange(length + 1), period=period)).astype(np.int64)
    begin = int((np.datetime64(as_of, "D") + 1).astype(np.int64))
    start = np.maximum(known["start_date"].to_numpy().astype("datetime64[D]").astype(np.int64), begin)
    stop = np.minimum(known["end_date"].to_numpy().astype("datetime64[D]").astype(np.int64) + 1, bounds[-1])
    days = np.maximum(stop - start, 0)
    rows, place = np.unique(known["series"].to_numpy(), return_inverse=True)
    # each promotion laid out day by day, only for the series that have one
    line = np.repeat(np.arange(len(known)), days)
    day = start[line] + np.arange(len(line)) - np.repeat(np.cumsum(days) - days, days) - bounds[0]
    daily = np.full((len(rows), int(bounds[-1] - bounds[0])), -np.inf)
    np.maximum.at(daily, (place[line], day), known["uplift"].to_numpy(dtype=float)[line])
    daily[np.isneginf(daily)] = 1.0
    to_come = np.arange(bounds[0], bounds[-1]) >= begin
    cuts = bounds[:-1] - bounds[0]
    factor[rows] = np.add.reduceat(daily * to_come, cuts, axis=1) / np.add.reduceat(to_come.astype(float), cuts)
    return factor


def _by_series(promotions: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return one row per promotion and series it holds for, with the position of the series."""
    own = series[["sku", "location"]].reset_index(drop=True).reset_index(names="series")
    wanted = ["sku", "location", "start_date", "end_date", "uplift"]
    pairs = promotions[wanted].merge(own, on="sku", suffixes=("", "_of_series"))
    return pairs[pairs["location"].isna() | (pairs["location"] == pairs["location_of_series"])]
