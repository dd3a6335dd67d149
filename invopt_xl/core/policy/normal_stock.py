"""The textbook formulas for normal demand: safety stock, reorder point and fill rate. For worksheet functions that get a mean and a spread.

The plan itself uses the actual distribution (`policy.set_policy`). Sources: Chopra & Meindl (2016), Supply Chain Management, 6th ed., ch. 12;
Silver, Pyke & Thomas (2017), 4th ed., sec. 6.7.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from invopt_xl.core.policy.loss import normal_loss

Numbers = np.ndarray | float


def protection_sd(
    *, sd_per_period: Numbers, periods: Numbers, demand_per_period: Numbers = 0.0, sd_periods: Numbers = 0.0
) -> np.ndarray:
    """Return the standard deviation of demand over an interval of random length [units]: sqrt(L sd^2 + d^2 sd_L^2).

    Parameters
    ----------
    sd_per_period : float or array
        Of demand per period, independent between periods [units].
    periods, sd_periods : float or array
        Mean and standard deviation of the interval's length [periods].
    demand_per_period : float or array
        [units]

    >>> protection_sd(sd_per_period=500, periods=7, demand_per_period=2500, sd_periods=1).round(2)
    np.float64(2828.43)
    """
    sd: np.ndarray = np.sqrt(
        np.asarray(periods, dtype=float) * np.square(sd_per_period)
        + np.square(demand_per_period) * np.square(sd_periods)
    )
    return sd


def cycle_safety_stock(service_level: Numbers, *, sd: Numbers) -> np.ndarray:
    """Return the safety stock for a chance of no stock-out per cycle [units].

    Parameters
    ----------
    service_level : float or array in (0, 1)
    sd : float or array
        Of demand over the protection interval [units].

    >>> cycle_safety_stock(0.9, sd=500 * 7**0.5).round(1)
    np.float64(1695.3)
    """
    stock: np.ndarray = special.ndtri(service_level) * np.asarray(sd, dtype=float)
    return stock


def cycle_service(reorder_point: Numbers, *, mean: Numbers, sd: Numbers) -> np.ndarray:
    """Return the chance of no stock-out per cycle.

    >>> cycle_service(600, mean=500, sd=150 * 2**0.5).round(4)
    np.float64(0.6813)
    """
    service: np.ndarray = special.ndtr((np.asarray(reorder_point, dtype=float) - mean) / sd)
    return service


def fill_rate(reorder_point: Numbers, *, mean: Numbers, sd: Numbers, cycle_units: Numbers) -> np.ndarray:
    """Return the share of units delivered from stock: one less expected shortage per cycle over units per cycle, within 0 and 1.

    >>> fill_rate(600, mean=500, sd=150 * 2**0.5, cycle_units=1000).round(4)
    np.float64(0.9561)
    """
    short = normal_loss(reorder_point, mean=mean, sd=sd)
    rate: np.ndarray = np.clip(1 - short / cycle_units, 0.0, 1.0)
    return rate
