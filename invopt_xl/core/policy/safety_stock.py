"""Safety stock, reorder point and fill rate from a mean and a spread, for either measure of service. For worksheet functions without a plan.

Demand over the protection interval (lead time + review) is taken as normal, periods as independent; the plan itself uses the actual
distribution (`policy.set_policy`). Source: Silver, Pyke & Thomas (2017), Inventory and Production Management in Supply Chains, 4th ed.,
sec. 6.7 (continuous review) and 6.9 (periodic review).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from invopt_xl.core.policy.loss import standard_normal_loss
from invopt_xl.core.policy.normal_stock import cycle_safety_stock, fill_rate, protection_sd

Numbers = np.ndarray | float

#: Steps of the inversion of the loss function; it converges quadratically: four leave 1e-13, the fifth what rounding leaves, for any loss.
_STEPS = 5
#: Loss at z = 0, which is the density there.
_LOSS_AT_MEAN = 1 / np.sqrt(2 * np.pi)

#: A spread of nothing at all, as a share of the mean, so that certain demand needs no formula of its own.
_CERTAIN = 1e-12


@dataclass(frozen=True)
class ProtectionDemand:
    """Demand over lead time and review of n series, each of shape (n,).

    Parameters
    ----------
    mean, sd : float array
        Of demand over the protection interval [units].
    cycle_units : float array
        Demand of one review period: what one replenishment brings [units].
    """

    mean: np.ndarray
    sd: np.ndarray
    cycle_units: np.ndarray


def protection_demand(
    *, mean: Numbers, sd: Numbers, lead_time: Numbers, lead_time_sd: Numbers = 0.0, review: Numbers = 1.0
) -> ProtectionDemand:
    """Return demand over lead time and review.

    Parameters
    ----------
    mean, sd : float or array
        Of demand per period [units].
    lead_time, lead_time_sd : float or array
        Mean and standard deviation of the lead time [periods].
    review : float or array
        Time between two order decisions; 0 for continuous review [periods].

    >>> found = protection_demand(mean=2500.0, sd=500.0, lead_time=7.0, lead_time_sd=1.0, review=0.0)
    >>> float(found.mean), round(float(found.sd), 2)
    (17500.0, 2828.43)
    """
    mean, periods = np.asarray(mean, dtype=float), np.asarray(lead_time, dtype=float) + review
    total_sd = protection_sd(sd_per_period=sd, periods=periods, demand_per_period=mean, sd_periods=lead_time_sd)
    return ProtectionDemand(mean=mean * periods, sd=total_sd, cycle_units=mean * np.asarray(review, dtype=float))


def safety_stock(demand: ProtectionDemand, *, service_level: Numbers, fill: bool = False) -> np.ndarray:
    """Return the safety stock for a service target [units].

    Parameters
    ----------
    demand : ProtectionDemand
    service_level : float or array in (0, 1)
        Chance of no stock-out per cycle, or with `fill` the share of units delivered from stock.
    fill : bool

    >>> week = protection_demand(mean=250.0, sd=150.0, lead_time=2.0, review=4.0)
    >>> stock = safety_stock(week, service_level=0.98, fill=True)
    >>> fill_rate(week.mean + stock, mean=week.mean, sd=week.sd, cycle_units=week.cycle_units).round(9)
    np.float64(0.98)
    """
    if not fill:
        return cycle_safety_stock(service_level, sd=demand.sd)
    return fill_safety_stock(service_level, sd=demand.sd, cycle_units=demand.cycle_units)


def fill_safety_stock(fill: Numbers, *, sd: Numbers, cycle_units: Numbers) -> np.ndarray:
    """Return the safety stock with which the share `fill` of units is delivered from stock [units].

    Parameters
    ----------
    fill : float or array in (0, 1)
    sd : float or array
        Of demand over the protection interval [units].
    cycle_units : float or array
        Units per replenishment cycle, above 0.

    >>> fill_safety_stock(1 - 43.861 / 1000, sd=150 * 2**0.5, cycle_units=1000).round(2)
    np.float64(100.0)
    """
    short = (1 - np.asarray(fill, dtype=float)) * cycle_units
    # with certain demand the shortage of a cycle is simply what stock falls short by
    spread = np.maximum(np.asarray(sd, dtype=float), _CERTAIN * np.maximum(short, np.finfo(float).tiny / _CERTAIN))
    stock: np.ndarray = spread * standard_normal_loss_inverse(short / spread)
    return stock


def standard_normal_loss_inverse(loss: Numbers) -> np.ndarray:
    """Return z with E(Z - z)+ = `loss`, which must be above 0.

    Newton's method on the logarithm of the loss, which is concave: from any start it ends up right of the root and closes in on it.
    It starts where the density has this value, for it lies above the loss; left of the mean at the loss itself, which is nearly -z there.

    >>> standard_normal_loss_inverse(np.array([0.0455279621, 0.3989422804, 3.0])).round(6)
    array([ 1.3     ,  0.      , -2.999617])
    """
    loss = np.asarray(loss, dtype=float)
    z: np.ndarray = np.where(loss < _LOSS_AT_MEAN, np.sqrt(-2 * np.log(np.minimum(loss / _LOSS_AT_MEAN, 1.0))), -loss)[
        ()
    ]
    for _ in range(_STEPS):
        now = standard_normal_loss(z)
        z = z + now / special.ndtr(-z) * np.log(now / loss)
    return z


def fill_rate_of_level(stock_level: Numbers, demand: ProtectionDemand) -> np.ndarray:
    """Return the share of units delivered from stock with this order-up-to level, within 0 and 1.

    >>> week = protection_demand(mean=10.0, sd=0.0, lead_time=1.0, review=1.0)
    >>> fill_rate_of_level(np.array([20.0, 15.0]), week)
    array([1. , 0.5])
    """
    certain = _CERTAIN * np.maximum(demand.mean, 1.0)
    return fill_rate(stock_level, mean=demand.mean, sd=np.maximum(demand.sd, certain), cycle_units=demand.cycle_units)
