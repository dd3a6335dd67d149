"""What each series was sold for, period by period, against its usual price until then. Serves the drivers of demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numba import njit

from invopt_xl.core.buckets import Period

#: Latest prices outside promotions whose median is the usual price: short enough that a lasting change becomes usual within months.
_REMEMBERED: dict[Period, int] = {"day": 21, "week": 9, "month": 5}
#: Latest prices outside promotions whose median is the price of today: two of three must have changed.
_LATEST = 3
#: Prices further from usual than this factor are typing mistakes or another unit, and are cut back to it.
_FURTHEST = 5.0
#: Rows of one period whose prices differ by more than this [standard deviation of log price] are prices of customers, not of the item.
_ONE_PRICE = 0.01


@dataclass(frozen=True)
class PricePath:
    """Prices of n series over T past periods.

    Parameters
    ----------
    ratio : float array, shape (n, T)
        Price of the period, weighed by units, relative to the usual price of the periods before; the last price outside promotions holds
        where nothing was sold; 1 where unknown.
    seen : bool array, shape (n, T)
        Whether the period has a price of its own and a usual price to compare it with.
    mixed : bool array, shape (n, T)
        Whether rows of the period had different prices.
    offered : float array, shape (n, T)
        Price of the rows marked as promotion, relative to usual; NaN without.
    usual : float array, shape (n, T + 1)
        Usual price known before each period, the last one before the coming periods; NaN where unknown [money per unit].
    today : float array, shape (n,)
        Latest price outside promotions relative to the last usual price; 1 where unknown.
    """

    ratio: np.ndarray
    seen: np.ndarray
    mixed: np.ndarray
    offered: np.ndarray
    usual: np.ndarray
    today: np.ndarray


def price_path(
    rows: pd.DataFrame, *, series: np.ndarray, column: np.ndarray, promoted: np.ndarray, period: Period
) -> PricePath:
    """Return the prices of all series.

    Parameters
    ----------
    rows : DataFrame
        Checked Sales: quantity, price, promotion.
    series, column : int array, shape (rows,)
        Series and period of each row; rows outside 0 .. T - 1 are left out.
    promoted : bool array, shape (n, T)
        Periods of a promotion: their prices say nothing of the usual price, whichever row they stand on.
    period : {"day", "week", "month"}
    """
    shape = promoted.shape
    price, quantity = rows["price"].to_numpy(dtype=float), rows["quantity"].to_numpy(dtype=float)
    use = (price > 0) & (quantity >= 0) & (column >= 0) & (column < shape[1])
    if not use.any():
        return _no_prices(shape)
    cell = series[use] * shape[1] + column[use]
    log_price, units = np.log(price[use]), quantity[use]
    marked = rows["promotion"].to_numpy(dtype=bool)[use]
    mean, mixed = _per_cell(cell, log_price, price[use], units, shape)
    offer, _ = _per_cell(cell[marked], log_price[marked], price[use][marked], units[marked], shape)
    plain = np.where(promoted, np.nan, mean)
    usual, today = _usual_prices(plain, mixed, _REMEMBERED[period], _LATEST)
    before = usual[:, :-1]
    seen = np.isfinite(mean) & np.isfinite(before)
    last = _last_known(np.where(mixed, np.nan, plain))
    ratio = np.where(np.isfinite(mean), mean, last) / before
    return PricePath(
        ratio=_within(np.where(np.isfinite(ratio), ratio, 1.0)),
        seen=seen,
        mixed=mixed,
        offered=_within(offer / before),
        usual=usual,
        today=_within(np.where(np.isfinite(today), today / usual[:, -1], 1.0)),
    )


def _no_prices(shape: tuple[int, ...]) -> PricePath:
    n, width = shape
    no, unknown = np.zeros((n, width), dtype=bool), np.full((n, width + 1), np.nan)
    return PricePath(np.ones((n, width)), no, no, unknown[:, :-1], unknown, np.ones(n))


def _per_cell(
    cell: np.ndarray, log_price: np.ndarray, price: np.ndarray, units: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean price of each series and period, by units where any were sold, NaN without a price; and whether prices differ."""
    size = shape[0] * shape[1]
    sold = np.bincount(cell, weights=units, minlength=size)
    weight = np.where(sold[cell] > 0, units, 1.0)
    total = np.bincount(cell, weights=weight, minlength=size)
    known = total > 0
    mean = np.divide(
        np.bincount(cell, weights=weight * price, minlength=size), total, out=np.full(size, np.nan), where=known
    )
    # deviations from the cell's own mean, so that equal prices differ by nothing at all
    away = log_price - np.log(mean[cell])
    spread = np.divide(
        np.bincount(cell, weights=weight * away**2, minlength=size), total, out=np.zeros(size), where=known
    )
    return mean.reshape(shape), (spread > _ONE_PRICE**2).reshape(shape)


@njit(cache=True)
def _usual_prices(plain: np.ndarray, mixed: np.ndarray, remembered: int, latest: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the median of the last `remembered` prices before each period (n, T + 1), and of the `latest` at the end (n,); NaN without.

    Mixed prices are usual only where no other was seen for as many priced periods, and never those of today.
    """
    n, width = plain.shape
    usual = np.full((n, width + 1), np.nan)
    today = np.full(n, np.nan)
    kept = np.empty((2, remembered))  # prices of one kind, all prices
    for i in range(n):
        count = np.zeros(2, dtype=np.int64)
        since = remembered
        middle = np.nan
        for t in range(width):
            usual[i, t] = middle
            if not np.isfinite(plain[i, t]):
                continue
            since += 1
            for kind in range(2):
                if kind == 1 or not mixed[i, t]:
                    kept[kind, count[kind] % remembered] = plain[i, t]
                    count[kind] += 1
            if not mixed[i, t]:
                since = 0
            kind = 0 if since < remembered else 1
            middle = np.median(kept[kind, : min(count[kind], remembered)])
        usual[i, width] = middle
        few = min(count[0], latest)
        if few > 0 and since < remembered:
            last = np.empty(few)
            for back in range(few):
                last[back] = kept[0, (count[0] - 1 - back) % remembered]
            today[i] = np.median(last)
    return usual, today


def _last_known(values: np.ndarray) -> np.ndarray:
    """Return each row with gaps filled by the last value before; NaN before the first.

    >>> _last_known(np.array([[np.nan, 2.0, np.nan, 3.0]]))
    array([[nan,  2.,  2.,  3.]])
    """
    at = np.where(np.isfinite(values), np.arange(values.shape[1]), 0)
    filled: np.ndarray = np.take_along_axis(values, np.maximum.accumulate(at, axis=1), axis=1)
    return filled


def _within(ratio: np.ndarray) -> np.ndarray:
    """Return ratios cut back to at most `_FURTHEST` times usual, or a part of it as small."""
    cut: np.ndarray = np.clip(ratio, 1 / _FURTHEST, _FURTHEST)
    return cut
