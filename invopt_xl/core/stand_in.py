"""History of a like item that stands in for a new item's missing one. Serves history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.series_index import of_sku, series_of

#: Periods that both items must share before the like item is scaled to the new one.
_LEAST_OVERLAP = 4
#: Bounds of that scale: a new item's first weeks are no proof of more.
_LEAST_SCALE, _MOST_SCALE = 0.1, 10.0


@dataclass(frozen=True)
class StandIns:
    """Series (positions) that borrow history, the series they borrow from, and the factor on it; shapes (k,)."""

    series: np.ndarray
    source: np.ndarray
    scale: np.ndarray


def find_stand_ins(
    items: pd.DataFrame, *, series: pd.DataFrame, demand: np.ndarray, first_period: np.ndarray, new_periods: float
) -> StandIns:
    """Return which new series borrow from which.

    Parameters
    ----------
    items : DataFrame
        Checked Items.
    series : DataFrame
        sku and location, n rows.
    demand : float array, shape (n, T)
        NaN before life [units].
    first_period : int array, shape (n,)
        T: never sold.
    new_periods : float
        A life shorter than this is new [periods].
    """
    width = demand.shape[1]
    wanted = of_sku(items, "like_sku", series["sku"])
    at = series_of(series, pd.DataFrame({"sku": wanted.astype("str"), "location": series["location"]}))
    own = np.arange(len(series))
    longer = first_period[np.maximum(at, 0)] < first_period
    chosen = np.flatnonzero(
        (at >= 0) & (at != own) & wanted.notna().to_numpy() & (width - first_period < new_periods) & longer
    )
    source = at[chosen]
    both = np.isfinite(demand[chosen]) & np.isfinite(demand[source])
    mine = np.where(both, demand[chosen], 0.0).sum(axis=1)
    theirs = np.where(both, demand[source], 0.0).sum(axis=1)
    enough = (both.sum(axis=1) >= _LEAST_OVERLAP) & (theirs > 0) & (mine > 0)
    scale = np.divide(mine, theirs, out=np.ones(len(chosen)), where=enough)
    return StandIns(chosen, source, np.clip(scale, _LEAST_SCALE, _MOST_SCALE))
