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

#: Like items of like items that are followed: a longer chain is a circle or a mistake.
_LONGEST_CHAIN = 10


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

    A like item that is new itself passes on to its own like item, and the longest life on the way is borrowed. Where the like item is not
    sold at the location, its longest life elsewhere is, by the ratio of what both locations sell of the items they share.

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
    new = demand.shape[1] - first_period < new_periods
    here = _of_like_item(items, series)
    step = np.where(here >= 0, here, _elsewhere(items, series, first_period))
    at = _followed(step, new=new, first_period=first_period)
    own = np.arange(len(series))
    chosen = np.flatnonzero((at >= 0) & (at != own) & new & (first_period[np.maximum(at, 0)] < first_period))
    scale, measured = _overlap_scale(demand, chosen, at[chosen])
    location = series["location"].to_numpy(dtype=object)
    moved = ~measured & (location[chosen] != location[at[chosen]])
    scale[moved] = _location_scale(series, demand, chosen[moved], at[chosen][moved])
    kept = scale > 0
    return StandIns(chosen[kept], at[chosen][kept], np.clip(scale[kept], _LEAST_SCALE, _MOST_SCALE))


def _of_like_item(items: pd.DataFrame, series: pd.DataFrame) -> np.ndarray:
    """Return the series of the like item at the same location (n,), -1 for none."""
    wanted = of_sku(items, "like_sku", series["sku"])
    at = series_of(series, pd.DataFrame({"sku": wanted.astype("str"), "location": series["location"]}))
    return np.where(wanted.notna().to_numpy(), at, -1)


def _elsewhere(items: pd.DataFrame, series: pd.DataFrame, first_period: np.ndarray) -> np.ndarray:
    """Return the series of the like item with the longest life, at any location (n,), -1 for none. The first of equals counts."""
    wanted = of_sku(items, "like_sku", series["sku"])
    order = np.argsort(first_period, kind="stable")
    longest = pd.Series(order, index=series["sku"].to_numpy(dtype=object)[order])
    longest = longest[~longest.index.duplicated()]
    found = longest.reindex(wanted.to_numpy(dtype=object)).fillna(-1).to_numpy(dtype=np.int64)
    return np.where(wanted.notna().to_numpy(), found, -1)


def _followed(step: np.ndarray, *, new: np.ndarray, first_period: np.ndarray) -> np.ndarray:
    """Return the longest life among the like item, and the like items of like items as long as these are new (n,), -1 for none."""
    best, now = step.copy(), step.copy()
    for _ in range(_LONGEST_CHAIN):
        going = (now >= 0) & new[np.maximum(now, 0)]
        now = np.where(going, step[np.maximum(now, 0)], -1)
        if (now < 0).all():
            break
        longer = (now >= 0) & (first_period[np.maximum(now, 0)] < first_period[np.maximum(best, 0)])
        best = np.where(longer, now, best)
    return best


def _overlap_scale(demand: np.ndarray, chosen: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ratio of demand in the periods that both share (k,), 1 where these are too few, and whether they were enough (k,)."""
    both = np.isfinite(demand[chosen]) & np.isfinite(demand[source])
    mine = np.where(both, demand[chosen], 0.0).sum(axis=1)
    theirs = np.where(both, demand[source], 0.0).sum(axis=1)
    enough = (both.sum(axis=1) >= _LEAST_OVERLAP) & (theirs > 0) & (mine > 0)
    return np.divide(mine, theirs, out=np.ones(len(chosen)), where=enough), enough


def _location_scale(series: pd.DataFrame, demand: np.ndarray, chosen: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Return demand per period of the items that both locations sell, at the one relative to the other (k,); 0 where they share none."""
    if not len(chosen):
        return np.zeros(0)
    known = np.isfinite(demand)
    rate = np.where(known, demand, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    sold = series[["sku", "location"]].assign(rate=np.where(rate > 0, rate, np.nan))
    table = sold.pivot_table(index="sku", columns="location", values="rate", dropna=False)
    places = series["location"].to_numpy(dtype=object)
    mine, theirs = table[places[chosen]].to_numpy(), table[places[source]].to_numpy()  # (skus, k)
    both = np.isfinite(mine) & np.isfinite(theirs)
    here, there = (np.where(both, one, 0.0).sum(axis=0) for one in (mine, theirs))
    result: np.ndarray = np.divide(here, there, out=np.zeros(len(chosen)), where=there > 0)
    return result
