"""Periods far from their neighbours: marked, never deleted. Serves history."""

from __future__ import annotations

import numpy as np

#: Neighbours on each side that a period is compared with.
NEIGHBOURS = {"day": 28, "week": 13, "month": 6}
#: Fewer non-zero neighbours than this say nothing.
_LEAST_NEIGHBOURS = 5
#: Makes the median absolute deviation the standard deviation of normal data.
_MAD_TO_SD = 1.4826
#: Spread of even the steadiest series: this share of its median (and at least that of Poisson demand).
_LEAST_SPREAD = 0.1
#: A low period is an outlier only where so large a share of its neighbours has demand.
_REGULAR_SHARE = 0.9


def find_outliers(sales: np.ndarray, *, usable: np.ndarray, cut: float, neighbours: int, year: int) -> np.ndarray:
    """Return the mask of periods further than `cut` robust standard deviations from the median of their neighbours.

    Parameters
    ----------
    sales : float array, shape (n, T)
        NaN before life [units].
    usable : bool array, shape (n, T)
        Periods that count as neighbours and may be outliers: in life, not censored, not promoted.
    cut : float
        [robust standard deviations]
    neighbours : int
        On each side.
    year : int
        Periods of a year: a peak (or trough) that comes back at the same time of another year is a season, no outlier.

    Notes
    -----
    Zero periods of an intermittent series are no neighbours: the comparison is with other periods that have demand. The spread is
    1.4826 MAD, at least the root of the median (Poisson) and a tenth of it.

    References
    ----------
    Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers, ASQC, ch. 3.
    """
    marked = np.zeros(sales.shape, dtype=bool)
    row, column = _candidates(sales, usable=usable, cut=cut)
    if not len(row):
        return marked
    width = sales.shape[1]
    offsets = np.r_[-neighbours:0, 1 : neighbours + 1]
    at = column[:, None] + offsets  # (m, 2 neighbours)
    inside = (at >= 0) & (at < width)
    at = np.clip(at, 0, width - 1)
    known = inside & usable[row[:, None], at]
    values = np.where(known, sales[row[:, None], at], np.nan)
    with_demand = known & (values > 0)
    centre, spread = _robust(np.where(with_demand, values, np.nan))
    enough = with_demand.sum(axis=1) >= _LEAST_NEIGHBOURS
    regular = with_demand.sum(axis=1) >= _REGULAR_SHARE * np.maximum(known.sum(axis=1), 1)
    value = sales[row, column]
    score = (value - centre) / spread
    far = (score > cut) | ((score < -cut) & regular)
    marked[row, column] = enough & far & ~_comes_back(sales, row, column, centre=centre, year=year)
    return marked


def _comes_back(sales: np.ndarray, row: np.ndarray, column: np.ndarray, *, centre: np.ndarray, year: int) -> np.ndarray:
    """Return the mask of cells with at least half their distance from `centre` one year before or after, one period more or less."""
    away = sales[row, column] - centre
    back = np.zeros(len(row), dtype=bool)
    for lag in (-year - 1, -year, -year + 1, year - 1, year, year + 1):
        at = column + lag
        there = sales[row, np.clip(at, 0, sales.shape[1] - 1)]
        then = np.where((at >= 0) & (at < sales.shape[1]) & np.isfinite(there), there, centre) - centre
        back |= then * np.sign(away) >= 0.5 * np.abs(away)
    return back


def _candidates(sales: np.ndarray, *, usable: np.ndarray, cut: float) -> tuple[np.ndarray, np.ndarray]:
    """Return positions worth the local comparison: off the median of the whole series by half of what an outlier needs."""
    with_demand = np.where(usable & (np.nan_to_num(sales) > 0), sales, np.nan)
    enough = np.isfinite(with_demand).sum(axis=1) >= _LEAST_NEIGHBOURS
    centre, spread = _robust(with_demand)
    # half: the local spread may be smaller than that of the whole series, as under a trend or season
    far = np.abs(np.nan_to_num(sales) - centre[:, None]) > 0.5 * cut * spread[:, None]
    row, column = np.nonzero(usable & enough[:, None] & far)
    return row, column


def _robust(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return median and spread of each row, NaN left out; rows without values give median 0 and spread 1."""
    some = np.isfinite(values).any(axis=1)
    centre, spread = np.zeros(len(values)), np.ones(len(values))
    centre[some] = _row_median(values[some])
    deviation = _row_median(np.abs(values[some] - centre[some, None]))
    spread[some] = np.maximum.reduce([_MAD_TO_SD * deviation, np.sqrt(centre[some]), _LEAST_SPREAD * centre[some]])
    return centre, spread


def _row_median(values: np.ndarray) -> np.ndarray:
    """Return the median of each row without NaN; each row has a number. Sorting puts NaN last, far faster than nanmedian."""
    count = np.isfinite(values).sum(axis=1)
    ordered = np.sort(values, axis=1)
    rows = np.arange(len(values))
    median: np.ndarray = (ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2
    return median
