"""Which past periods had a promotion. Serves history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period, bucket_numbers


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
    own = series.reset_index(names="series")
    pairs = promotions[["sku", "location", "start_date", "end_date"]].merge(own, on="sku", suffixes=("", "_of_series"))
    pairs = pairs[pairs["location"].isna() | (pairs["location"] == pairs["location_of_series"])]
    start = bucket_numbers(pairs["start_date"].to_numpy(), period=period) - first_bucket
    end = bucket_numbers(pairs["end_date"].to_numpy(), period=period) - first_bucket
    seen = (end >= 0) & (start < width) & (start <= end)
    at = pairs["series"].to_numpy()[seen] * (width + 1)
    change = np.bincount(at + np.clip(start[seen], 0, width), minlength=len(series) * (width + 1)).astype(np.int64)
    change -= np.bincount(at + np.clip(end[seen] + 1, 0, width), minlength=len(series) * (width + 1))
    running = change.reshape(len(series), width + 1).cumsum(axis=1)
    inside: np.ndarray = running[:, :width] > 0
    return inside
