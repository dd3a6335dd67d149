"""All supplier orders together: whole orders are priced against shared limits, then combined (Dantzig-Wolfe) and settled line by line.

Prices of shared limits come from a small linear program over the order plans found so far; at those prices every order is solved anew, which gives
new plans and a proven lower bound (Lagrangian duality). At the end a mixed-integer program (HiGHS) picks one plan per order, and single lines use what
room is left. Orders without terms of their own are one block in the program, since their lines can be settled one by one. Where bound and plan stay
apart, because the mixture of plans half places an order, the search branches on how many containers an order takes, or whether it is placed
(`branching`).

Source: Luebbecke & Desrosiers (2005), Selected topics in column generation, Operations Research 53, 1007-1023; smoothing of prices: Wentges
(1997), International Transactions in Operational Research 4, 151-162.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.branching import branch
from invopt_xl.core.replenish.joint.pricing import Pricing
from invopt_xl.core.replenish.joint.problem import JointProblem
from invopt_xl.core.replenish.joint.program import ColumnProgram, limit_rows
from invopt_xl.core.replenish.joint.rounds import Best, price_in_rounds
from invopt_xl.core.replenish.joint.settling import cheapest_settled
from invopt_xl.core.replenish.joint.shared_rows import SharedRows

#: Rounds of pricing; ended earlier by the gap.
_MOST_ROUNDS = 60

#: Problems with at most this many candidates are solved as one mixed-integer program.
_SMALL = 1000

#: Prices near the best ones, as multiples: their plans give the choice of whole orders more to choose from.
_NEARBY = (0.7, 0.85, 0.93, 0.97, 1.03, 1.07, 1.15, 1.3)


@dataclass(frozen=True)
class Solved:
    """A plan for a joint problem.

    Parameters
    ----------
    chosen : int array, shape (n,)
        Column of the candidate of each line.
    cost, bound : float
        Expected cost, and a proven lower bound on that of any plan [money].
    shared_price : tuple of float arrays, one (P,) per shared limit
        What one unit more of each limit saves [money per unit of its measure].
    """

    chosen: np.ndarray
    cost: float
    bound: float
    shared_price: tuple[np.ndarray, ...]


def solve(
    problem: JointProblem, *, gap: float = 0.01, most_rounds: int = _MOST_ROUNDS, branching: bool = True
) -> Solved:
    """Return the best plan found and a bound that proves how good it is.

    Parameters
    ----------
    problem : JointProblem
        With at least one plan that keeps all limits.
    gap : float
        The search ends when plans and bound are this close [share of cost].
    most_rounds : int
        Of pricing.
    branching : bool
        Whether to search on where that leaves a larger gap.
    """
    rows = SharedRows(problem)
    pricing, small = Pricing(problem, rows), bool(problem.candidates.count.sum() <= _SMALL)
    zero = np.zeros(len(rows.most))
    first, bound = pricing.at(zero)
    best = Best(bound, zero, first.chosen)
    if not rows.finite.any() or rows.keeps(first.chosen):
        exact, bound = pricing.polished(zero, gap=gap)
        best = replace(best, bound=max(bound, best.bound))
        kept = [each.chosen for each in (first, exact) if rows.keeps(each.chosen)]
        chosen = min(kept, key=problem.cost)
    else:
        smallest = pricing.smallest()
        plans, best, _ = price_in_rounds(best, [first, smallest], pricing, gap=gap, most=most_rounds)
        exact, bound = pricing.polished(best.price, gap=gap)
        best = replace(best, bound=max(bound, best.bound))
        plans = [*plans, exact, *(pricing.at(best.price * factor)[0] for factor in _NEARBY)]
        chosen = cheapest_settled(plans, pricing, best.price, starts=[best.chosen, smallest.chosen])
        if branching and not small and not problem.breaches(chosen):
            chosen, bound = branch(chosen, best, plans, pricing, gap=gap)
            best = replace(best, bound=max(bound, best.bound))
    cost, bound = problem.cost(chosen), best.bound
    if small and (cost - bound) / max(abs(cost), 1e-12) > 1e-6:
        found = solve_whole(problem)
        if found is not None:
            bound = max(bound, found[1])
            if problem.cost(found[0]) < cost or problem.breaches(chosen):
                chosen = found[0]
    return Solved(chosen, problem.cost(chosen), bound, rows.split(best.price))


def least_plan(problem: JointProblem) -> np.ndarray:
    """Return columns (n,) that order what must be ordered and else as little of what is shared as the orders' own terms allow."""
    return Pricing(problem, SharedRows(problem)).smallest().chosen


def solve_whole(problem: JointProblem, *, gap: float = 1e-6, most_nodes: int = 2000) -> tuple[np.ndarray, float] | None:
    """Return the plan (n,) of a small problem from one mixed-integer program, and a bound; None where none was found that keeps all limits.

    The program ends at a `gap` [share of cost], or after `most_nodes`.
    """
    orders, lines = np.arange(len(problem.terms.name)), np.arange(len(problem.order))
    found = ColumnProgram(problem, limit_rows(problem, orders), in_play=lines).solve(gap=gap, most_nodes=most_nodes)
    if found is None or problem.breaches(found.column):
        return None
    return found.column, found.bound - float(problem.candidates.hidden.sum())
