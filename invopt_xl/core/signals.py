"""Outside variables, such as weather, per series and period. Serves the drivers of demand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period, bucket_numbers, coarser, recorded_by

#: Columns that say for which series a signal holds, from the weakest to the strongest.
_SCOPE = ("location", "category", "sku")


def signals_by_period(
    signals: pd.DataFrame, *, series: pd.DataFrame, category: np.ndarray, starts: np.ndarray, period: Period
) -> dict[str, np.ndarray]:
    """Return the mean of each signal per series and period; NaN where it is not known.

    Parameters
    ----------
    signals : DataFrame
        Checked Signals. A row holds for the series that match all of its sku, category and location; an empty one matches every series.
        Where rows of several kinds match a series in a period, the most specific kind counts: sku before category before location.
    series : DataFrame
        Columns sku and location, n rows.
    category : str array, shape (n,)
    starts : datetime64[D] array, shape (width,)
        First days of past and coming periods.
    period : {"day", "week", "month"}

    Returns
    -------
    dict of str to float array, shape (n, width)
        Sorted by name; not to be written to. A signal recorded more coarsely than it is planned (one value a month) holds for all periods
        whose middle lies in it.

    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2026-03-02", "2026-03-04"]), "name": "rain", "value": [1.0, 3.0],
    ...                      "sku": None, "category": None, "location": None})
    >>> one = pd.DataFrame({"sku": ["a"], "location": ["MAIN"]})
    >>> weeks = np.array(["2026-03-02", "2026-03-09"], dtype="datetime64[D]")
    >>> signals_by_period(rows, series=one, category=np.array([""]), starts=weeks, period="week")["rain"]
    array([[ 2., nan]])
    """
    own = {
        "location": series["location"].astype("object").to_numpy(),
        "category": np.asarray(category, dtype=object),
        "sku": series["sku"].astype("object").to_numpy(),
    }
    return {
        str(name): _of_one(rows, own, starts=starts, period=period)
        for name, rows in signals.groupby("name", sort=True, observed=True)
    }


def _of_one(rows: pd.DataFrame, own: dict[str, np.ndarray], *, starts: np.ndarray, period: Period) -> np.ndarray:
    days = rows["date"].to_numpy()
    recorded = recorded_by(days)
    grain = coarser(recorded, period)
    # the bucket of each column: that of its middle, where the signal is recorded more coarsely
    middle = starts + (3 if period == "week" and grain != period else 0)
    column = bucket_numbers(middle, period=grain)
    number = bucket_numbers(days, period=grain, recorded=recorded)
    given = rows[list(_SCOPE)].notna().to_numpy()  # (rows, 3)
    kind = given @ (1 << np.arange(len(_SCOPE)))
    n = len(own["sku"])
    known: np.ndarray = np.full((1, len(starts)), np.nan)
    for each in np.unique(kind):  # weakest first
        scope = [name for at, name in enumerate(_SCOPE) if each >> at & 1]
        at = kind == each
        values = rows["value"].to_numpy(dtype=float)[at]
        if not scope:
            known = _means(np.zeros(len(values), dtype=np.int64), number[at], values, column)
            continue
        codes, names = pd.factorize(
            pd.MultiIndex.from_arrays([rows[name].to_numpy(dtype=object)[at] for name in scope])
        )
        place = names.get_indexer(pd.MultiIndex.from_arrays([own[name] for name in scope]))
        found = np.flatnonzero(place >= 0)
        stronger = _means(codes, number[at], values, column)[place[found]]
        known = np.broadcast_to(known, (n, len(starts))).copy()
        known[found] = np.where(np.isfinite(stronger), stronger, known[found])
    return np.broadcast_to(known, (n, len(starts)))


def _means(code: np.ndarray, number: np.ndarray, values: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the mean of the values by code and the bucket of each column, shape (codes, columns); NaN without."""
    buckets, at = np.unique(column, return_inverse=True)
    place = np.searchsorted(buckets, number)
    inside = (place < len(buckets)) & (buckets[np.minimum(place, len(buckets) - 1)] == number)
    groups = int(code.max(initial=-1)) + 1
    cell = code[inside] * len(buckets) + place[inside]
    total = np.bincount(cell, weights=values[inside], minlength=groups * len(buckets))
    count = np.bincount(cell, minlength=groups * len(buckets))
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    by_column: np.ndarray = mean.reshape(groups, len(buckets))[:, at]
    return by_column
