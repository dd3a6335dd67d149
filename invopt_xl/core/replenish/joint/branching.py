"""Branch and price: where the best mixture half places an order, or half fills a container, both ways are searched.

A bound from prices lets an order be placed by half: where a supplier's minimum takes much of a budget, that is far below any plan. So the order that
the mixture splits most is once held to at most k containers and once to at least k + 1 (of orders without containers: not placed, placed), each half
is priced in rounds again, and the lowest bound among the halves left is the new one. Each shared limit splits at most one order at a time, so few
orders have to be settled. The half with the lowest bound is split first.

Source: Barnhart, Johnson, Nemhauser, Savelsbergh & Vance (1998), Branch-and-price, Operations Research 46, 316-329.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.combination import Mixture
from invopt_xl.core.replenish.joint.pricing import Placing, Plans, Pricing
from invopt_xl.core.replenish.joint.rounds import Best, price_in_rounds
from invopt_xl.core.replenish.joint.settling import cheapest_settled

#: Rounds of pricing in each half.
_ROUNDS = 25

#: Most halves: a limit that does not depend on the machine's speed; fewer where a round takes longer, by this many lines in all.
_MOST_HALVES, _MOST_LINES = 120, 200_000

#: Branching begins where the gap is larger than asked for, and ends where it is this share of it.
_ENDS_AT = 0.2

#: An order is split where its mean number of containers is this far from a whole number.
_SPLIT = 1e-4


@dataclass(frozen=True)
class _Half:
    """A part of the search that is left: its bound and prices, what it allows, and the best mixture in it."""

    best: Best
    placing: Placing
    mixture: Mixture | None


def branch(
    chosen: np.ndarray, best: Best, plans: list[Plans], pricing: Pricing, *, gap: float
) -> tuple[np.ndarray, float]:
    """Return the best plan (n,) and a bound on the cost of any plan.

    Parameters
    ----------
    chosen : int array, shape (n,)
        A plan that keeps all limits.
    best : Best
        Bound and prices without branching.
    plans : list of Plans
        Found so far.
    pricing : Pricing
    gap : float
        Asked for [share of cost].
    """
    problem = pricing.problem
    cost = problem.cost(chosen)
    if cost - best.bound <= gap * abs(cost):
        return chosen, best.bound
    plans, root = list(plans), pricing.everything
    open_, closed = [_priced(best, root, plans, pricing, gap=gap, enough=np.inf)], np.inf
    left = int(np.clip(_MOST_LINES / max(len(chosen), 1), 10, _MOST_HALVES))
    while open_ and left > 0:
        open_.sort(key=lambda half: half.best.bound)
        if cost - open_[0].best.bound <= _ENDS_AT * gap * abs(cost):
            break
        half = open_.pop(0)
        split = _widest_split(half, pricing)
        if split is None:
            closed = min(closed, half.best.bound)
            continue
        for placing in half.placing.split(*split):
            left -= 1
            found = _priced(half.best, placing, plans, pricing, gap=gap, enough=cost)
            trial = cheapest_settled(plans, pricing, found.best.price, starts=[found.best.chosen], placing=placing)
            if not problem.breaches(trial) and problem.cost(trial) < cost:
                chosen, cost = trial, problem.cost(trial)
            if found.best.bound < cost:
                open_.append(found)
    bounds = [half.best.bound for half in open_]
    return chosen, min([cost, closed, *bounds])


def _priced(
    parent: Best, placing: Placing, plans: list[Plans], pricing: Pricing, *, gap: float, enough: float
) -> _Half:
    """Return a half of the search after pricing; `plans` grows."""
    found, bound = pricing.at(parent.price, placing)
    # a part holds at least the bound of the whole
    start = Best(max(bound, parent.bound), parent.price, found.chosen)
    grown, best, mixture = price_in_rounds(
        start, [*plans, found], pricing, gap=gap, most=_ROUNDS, placing=placing, enough=enough
    )
    plans.extend(grown[len(plans) :])
    return _Half(replace(best, bound=max(best.bound, parent.bound)), placing, mixture)


def _widest_split(half: _Half, pricing: Pricing) -> tuple[int, float] | None:
    """Return the order that the mixture splits most and the number of containers to split it at; None where no order is split."""
    mixture = half.mixture
    if mixture is None:
        return None
    below = np.floor(mixture.number)
    part = np.minimum(mixture.number - below, below + 1 - mixture.number)
    # a mean that is whole may still be a mixture of fewer and more
    mixed = ~pricing.free & (mixture.largest > mixture.fewest)
    part = np.where(mixed, np.maximum(part, 2 * _SPLIT), 0.0)
    order = int(part.argmax())
    if part[order] <= _SPLIT:
        return None
    return order, float(np.clip(below[order], mixture.fewest[order], mixture.largest[order] - 1.0))
