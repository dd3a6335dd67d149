"""Which past periods had a promotion, and what planned ones multiply demand by. Serves history and forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Cover:
    """How promotions cover periods: one entry per promotion of a series and period that it touches.

    Parameters
    ----------
    series, column, line : int array, shape (m,)
        Series, period, and row of the promotions.
    days : int array, shape (m,)
        Days of the period within the promotion.
    share : float array, shape (n, width)
        Share of each period's days under any promotion; days of overlapping promotions count once.
    """

    series: np.ndarray
    column: np.ndarray
    line: np.ndarray
    days: np.ndarray
    share: np.ndarray


def promotions_of_series(
    promotions: pd.DataFrame, *, series: pd.DataFrame, successors: Mapping[str, str]
) -> pd.DataFrame:
    """Return one row per promotion and series it holds for: series (position), start_date, end_date, price, discount, uplift.

    Parameters
    ----------
    promotions : DataFrame
        Checked Promotions; an empty location means every location. Rows that end before they start are left out.
    series : DataFrame
        Columns sku and location, n rows.
    successors : mapping of str to str
        Last successor of each replaced item: its promotions count for that one too, as its sales do.
    """
    moved = promotions[promotions["sku"].isin(list(successors))]
    heirs = moved.assign(sku=moved["sku"].map(successors).astype("str"))
    pairs = _by_series(pd.concat([promotions, heirs], ignore_index=True), series)
    columns = ["series", "start_date", "end_date", "price", "discount", "uplift"]
    found: pd.DataFrame = pairs.loc[pairs["start_date"] <= pairs["end_date"], columns].reset_index(drop=True)
    return found


def promotion_cover(lines: pd.DataFrame, *, series: int, bounds: np.ndarray) -> Cover:
    """Return which periods the promotions cover, and by how much.

    Parameters
    ----------
    lines : DataFrame
        From `promotions_of_series`.
    series : int
        Number of series, n.
    bounds : datetime64[D] array, shape (width + 1,)
        First days of the periods, and the day after the last one.

    >>> one = pd.DataFrame({"series": [0], "start_date": pd.Timestamp("2026-03-05"), "end_date": pd.Timestamp("2026-03-10")})
    >>> weeks = np.array(["2026-03-02", "2026-03-09", "2026-03-16"], dtype="datetime64[D]")
    >>> promotion_cover(one, series=1, bounds=weeks).share.round(3)
    array([[0.571, 0.286]])
    """
    edge = bounds.astype(np.int64)
    width = len(edge) - 1
    owner, start, stop = (
        lines["series"].to_numpy(dtype=np.int64),
        _day(lines["start_date"]),
        _day(lines["end_date"]) + 1,
    )
    at, column, days = _pairs(start, stop, edge)
    order = np.lexsort((start, owner))
    merged_owner, merged_start, merged_stop = _merged(owner[order], start[order], stop[order])
    whole, where, covered = _pairs(merged_start, merged_stop, edge)
    total = np.bincount(merged_owner[whole] * width + where, weights=covered, minlength=series * width)
    share = total.reshape(series, width) / np.diff(edge)
    return Cover(owner[at], column, at, days, share)


def _day(dates: pd.Series) -> np.ndarray:
    numbers: np.ndarray = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    return numbers


def _pairs(start: np.ndarray, stop: np.ndarray, edge: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return line, period and days of each meeting of a span of days with a period."""
    begin, end = np.maximum(start, edge[0]), np.minimum(stop, edge[-1])
    meets = end > begin
    first = np.searchsorted(edge, begin, side="right") - 1
    last = np.searchsorted(edge, end, side="left") - 1
    number = np.where(meets, last - first + 1, 0)
    line = np.repeat(np.arange(len(start)), number)
    column = first[line] + np.arange(len(line)) - np.repeat(np.cumsum(number) - number, number)
    days = np.minimum(end[line], edge[column + 1]) - np.maximum(begin[line], edge[column])
    return line, column, days


def _merged(owner: np.ndarray, start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return spans without overlap; given ones are sorted by owner and start."""
    if not len(owner):
        return owner, start, stop
    # one long line of days for all owners, so that a running maximum never reaches into the next owner
    room = int(stop.max() - start.min()) + 1
    begin, end = owner * room + start - start.min(), owner * room + stop - start.min()
    reach = np.maximum.accumulate(end)
    fresh = np.r_[True, begin[1:] > reach[:-1]]
    block = np.flatnonzero(fresh)
    return owner[block], start[block], np.maximum.reduceat(stop, block)


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
    still to come. Where promotions overlap, the largest uplift of a day holds, and one that a planner gave before any estimated one. A
    promotion without an uplift changes nothing.

    Parameters
    ----------
    planned : DataFrame
        From `planned_promotions`. With a column `estimated` (bool), uplifts marked so are estimates.
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
    estimated = known["estimated"].to_numpy(dtype=bool) if "estimated" in known else np.zeros(len(known), dtype=bool)
    uplift = known["uplift"].to_numpy(dtype=float)
    own = line[~estimated[line]]
    np.maximum.at(daily, (place[own], day[~estimated[line]]), uplift[own])
    # an estimate counts only on days without an uplift of the planner's own
    open_to = estimated[line] & np.isneginf(daily[place[line], day])
    np.maximum.at(daily, (place[line[open_to]], day[open_to]), uplift[line[open_to]])
    daily[np.isneginf(daily)] = 1.0
    to_come = np.arange(bounds[0], bounds[-1]) >= begin
    cuts = bounds[:-1] - bounds[0]
    factor[rows] = np.add.reduceat(daily * to_come, cuts, axis=1) / np.add.reduceat(to_come.astype(float), cuts)
    return factor


def _by_series(promotions: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Return one row per promotion and series it holds for, with the position of the series."""
    own = series[["sku", "location"]].reset_index(drop=True).reset_index(names="series")
    wanted = ["sku", "location", "start_date", "end_date", "price", "discount", "uplift"]
    pairs = promotions[wanted].merge(own, on="sku", suffixes=("", "_of_series"))
    return pairs[pairs["location"].isna() | (pairs["location"] == pairs["location_of_series"])]
