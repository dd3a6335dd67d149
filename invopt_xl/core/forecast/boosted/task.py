"""What boosted trees learn from and what they say: the two values between them and the rest of the forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from invopt_xl.core.buckets import Period
from invopt_xl.core.drivers import Drivers

#: Probability levels whose quantiles of the interval total are learned; what lies between and beyond is read in the normal score.
LEVELS = (0.5, 0.8, 0.95)


@dataclass(frozen=True)
class Task:
    """Demand of n series over T full periods, and the interval whose total is wanted.

    Parameters
    ----------
    demand : float array, shape (n, T)
        Demand as it came, promotions included, stock-outs restored; NaN before the first period of life [units].
    censored : bool array, shape (n, T)
        Out of stock or not reported.
    width : int array, shape (n,)
        Length of the interval whose total is forecast [periods].
    reference : float array, shape (n, T)
        What the statistical forecast said at the end of each period of the total of the next `width` periods; NaN where it said nothing [units].
        Element t uses nothing after period t. The last column is its forecast of what is to come.
    starts : datetime64[D] array, shape (T,)
        First days of the periods.
    period : {"day", "week", "month"}
    drivers : Drivers
        Of the same series; columns 0 .. T + L - 1.
    attributes : DataFrame
        n rows: category, supplier, location, abc, demand_class (text, "" for unknown), unit_cost, unit_price (float, NaN for unknown).
    age_at_start : float array, shape (n,)
        Periods of life before column 0 (0 as far as is known).
    origins : int array, shape (n, K)
        Held-back origins: the total of periods origin + 1 .. origin + width is to be forecast; -1 for none. Ascending in each row.
    cutoff : int
        The models judged on the held-back origins may use windows that end before period `cutoff` only (origin + width < cutoff), and no
        held-back origin is below cutoff - 1.
    """

    demand: np.ndarray
    censored: np.ndarray
    width: np.ndarray
    reference: np.ndarray
    starts: np.ndarray
    period: Period
    drivers: Drivers
    attributes: pd.DataFrame
    age_at_start: np.ndarray
    origins: np.ndarray
    cutoff: int


@dataclass(frozen=True)
class Boosted:
    """What boosted trees say.

    Parameters
    ----------
    judged_total : float array, shape (n, K)
        Expected total at the held-back origins, by models that have not seen them; NaN where there is none [units].
    judged_quantiles : float array, shape (n, K, Q)
        Quantiles at LEVELS, ascending along the last axis.
    total : float array, shape (n,)
        Expected total of the interval after the last period, by models fitted on everything.
    quantiles : float array, shape (n, Q)
    groups : tuple of str
        Names of the groups of features, in words a planner knows; the first is the usual level.
    contributions : float array, shape (n, G)
        What each group adds to `total`; rows add up to it [units].
    learned : mapping
        The fitted models as plain values that JSON can hold: texts, numbers, lists (see `learned.py`).
    """

    judged_total: np.ndarray
    judged_quantiles: np.ndarray
    total: np.ndarray
    quantiles: np.ndarray
    groups: tuple[str, ...]
    contributions: np.ndarray
    learned: dict[str, Any]
