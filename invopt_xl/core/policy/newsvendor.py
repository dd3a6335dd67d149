"""One order for one season: the quantity that weighs a unit too many against a unit too few.

Source: Snyder & Shen (2019), Fundamentals of Supply Chain Theory, 2nd ed., sec. 4.3; tests/worked_examples holds their numbers.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from invopt_xl.core.policy.loss import normal_loss, poisson_loss
from invopt_xl.errors import SettingError


def critical_ratio(*, underage_cost: float, overage_cost: float) -> float:
    """Return the service level that balances the cost of a missing unit and of a left-over unit.

    Raises
    ------
    SettingError
        A cost is not above 0.

    >>> round(critical_ratio(underage_cost=0.70, overage_cost=0.18), 6)
    0.795455
    """
    if not (underage_cost > 0 and overage_cost > 0):
        raise SettingError(
            f"Newsvendor: price must be above cost and cost above salvage; got a gain of {underage_cost:g} and a loss of {overage_cost:g} per unit."
        )
    return underage_cost / (underage_cost + overage_cost)


def normal_newsvendor(*, mean: float, sd: float, underage_cost: float, overage_cost: float) -> float:
    """Return the best order for normal demand [units].

    >>> round(normal_newsvendor(mean=50, sd=8, underage_cost=0.70, overage_cost=0.18), 10)
    56.6039559274
    """
    ratio = critical_ratio(underage_cost=underage_cost, overage_cost=overage_cost)
    return float(mean + sd * special.ndtri(ratio))


def normal_newsvendor_cost(
    quantity: float, *, mean: float, sd: float, underage_cost: float, overage_cost: float
) -> float:
    """Return the expected cost of units too many and too few for normal demand [money].

    >>> round(normal_newsvendor_cost(60, mean=50, sd=8, underage_cost=0.70, overage_cost=0.18), 10)
    2.1561315529
    """
    short = float(normal_loss(quantity, mean=mean, sd=sd))
    return overage_cost * (quantity - mean + short) + underage_cost * short


def poisson_newsvendor(*, mean: float, underage_cost: float, overage_cost: float) -> float:
    """Return the best order for Poisson demand [whole units].

    >>> poisson_newsvendor(mean=50, underage_cost=0.70, overage_cost=0.18)
    56.0
    """
    ratio = critical_ratio(underage_cost=underage_cost, overage_cost=overage_cost)
    quantity = float(np.ceil(special.pdtrik(ratio, mean) - 1e-9))
    # the inverse is solved to a tolerance: the exact distribution function decides
    while quantity > 0 and special.pdtr(quantity - 1, mean) >= ratio:
        quantity -= 1
    while special.pdtr(quantity, mean) < ratio:
        quantity += 1
    return max(quantity, 0.0)


def poisson_newsvendor_cost(quantity: float, *, mean: float, underage_cost: float, overage_cost: float) -> float:
    """Return the expected cost of units too many and too few for Poisson demand [money].

    >>> round(poisson_newsvendor_cost(56, mean=50, underage_cost=0.70, overage_cost=0.18), 10)
    1.7972352118
    """
    short = float(poisson_loss(quantity, mean=mean))
    return overage_cost * (quantity - mean + short) + underage_cost * short


def margin_costs(*, price: float, cost: float, salvage: float = 0.0) -> tuple[float, float]:
    """Return what a missing unit and a left-over unit cost, from prices [money per unit]: price - cost, cost - salvage.

    Raises
    ------
    SettingError
        The price is not above the cost, or the cost not above the salvage value.

    >>> underage, overage = margin_costs(price=1, cost=0.30, salvage=0.12)
    >>> round(underage, 10), round(overage, 10)
    (0.7, 0.18)
    """
    critical_ratio(underage_cost=price - cost, overage_cost=cost - salvage)
    return price - cost, cost - salvage


def normal_newsvendor_profit(
    quantity: float, *, mean: float, sd: float, price: float, cost: float, salvage: float = 0.0
) -> float:
    """Return the expected profit of an order for normal demand [money].

    >>> round(normal_newsvendor_profit(56.6039559274, mean=50, sd=8, price=1, cost=0.30, salvage=0.12), 10)
    33.0023948068
    """
    under, over = margin_costs(price=price, cost=cost, salvage=salvage)
    lost = normal_newsvendor_cost(quantity, mean=mean, sd=sd, underage_cost=under, overage_cost=over)
    # every unit asked for would earn the margin; what is missing or left over is lost from that
    return under * mean - lost


def poisson_newsvendor_profit(
    quantity: float, *, mean: float, price: float, cost: float, salvage: float = 0.0
) -> float:
    """Return the expected profit of an order for Poisson demand [money].

    >>> round(poisson_newsvendor_profit(56, mean=50, price=1, cost=0.30, salvage=0.12), 10)
    33.2027647882
    """
    under, over = margin_costs(price=price, cost=cost, salvage=salvage)
    return under * mean - poisson_newsvendor_cost(quantity, mean=mean, underage_cost=under, overage_cost=over)
