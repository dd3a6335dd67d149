"""Rounds of pricing: prices of shared limits from the best mixture of plans so far, new plans and a new bound at those prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.replenish.joint.combination import Mixture, PlanColumns
from invopt_xl.core.replenish.joint.pricing import Placing, Plans, Pricing

#: Prices are good enough when they leave at most this share of the gap that is asked for; the rest is for whole packs and orders.
_SHARE_OF_GAP = 0.02

#: Pricing also ends when the bound has not risen for this many rounds.
_PATIENCE = 8

#: Weight of the best prices so far in the prices tried next.
_SMOOTHING = 0.5


@dataclass(frozen=True)
class Best:
    """The best bound so far, the row prices (R,) that prove it, and the plan at these prices (n,)."""

    bound: float
    price: np.ndarray
    chosen: np.ndarray


def price_in_rounds(
    best: Best,
    plans: list[Plans],
    pricing: Pricing,
    *,
    gap: float,
    most: int,
    placing: Placing | None = None,
    enough: float = np.inf,
) -> tuple[list[Plans], Best, Mixture | None]:
    """Price orders until plans and bound are close, nothing is gained any more, or the bound reaches `enough`.

    Parameters
    ----------
    best : Best
        To start from.
    plans : list of Plans
        Found so far; not changed.
    pricing : Pricing
    gap : float
        [share of cost]
    most : int
        Rounds.
    placing : Placing, optional
        Which orders may be placed.
    enough : float
        A plan of this cost is known, so a bound above it ends the search [money].

    Returns
    -------
    plans, best, mixture
        All plans, the best bound, and the last mixture (None where no round was needed).
    """
    plans, idle, mixture = list(plans), 0, None
    for _ in range(most - 1):
        if idle >= _PATIENCE or best.bound >= enough:
            break
        mixture = PlanColumns(plans, pricing.rows, pricing.block, placing or pricing.everything).mixture()
        if mixture.cost - best.bound <= _SHARE_OF_GAP * gap * abs(mixture.cost):
            break
        price = _SMOOTHING * best.price + (1 - _SMOOTHING) * mixture.price
        found, bound = pricing.at(price, placing)
        idle = 0 if bound > best.bound + 1e-6 * abs(best.bound) else idle + 1
        if bound > best.bound:
            best = Best(bound, price, found.chosen)
        plans.append(found)
    return plans, best, mixture
