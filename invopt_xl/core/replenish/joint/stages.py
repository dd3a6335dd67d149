"""What each kind of limit moves: limits are added one kind after the other, and each plan differs from the one before by what that kind asks for.

The differences telescope, so the units (and the money) of all kinds add up to the whole change of every line exactly. The order of kinds is fixed: what
a line's own prices suggest, then the supplier's terms, then what suppliers share. A kind whose limits the plan keeps already moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.master import Solved, solve
from invopt_xl.core.replenish.joint.problem import JointProblem, OrderTerms, no_terms

#: Rounds of pricing for plans that only share out what moved an order; the last plan gets all rounds.
_ROUNDS_BETWEEN = 15

MUST, PRICE_BREAKS, ORDER_COST = "must be ordered", "price breaks", "order cost of the supplier"
MINIMUM, CAPACITY, CONTAINERS = "supplier minimum", "supplier capacity", "full containers"


@dataclass(frozen=True)
class Move:
    """What one kind of limit changes: `units` and `money` of each line, shape (n,); money is expected cost."""

    name: str
    units: np.ndarray
    money: np.ndarray


def solve_in_stages(problem: JointProblem, *, wanted: np.ndarray, gap: float) -> tuple[Solved, tuple[Move, ...]]:
    """Return the plan under all limits, and what each kind of limit moved on the way from `wanted` (n,) [units].

    Parameters
    ----------
    problem : JointProblem
        With at least one plan that keeps all limits.
    wanted : float array, shape (n,)
        What the policy orders [units].
    gap : float
        [share of cost]
    """
    steps = list(_steps(problem))
    chosen = problem.candidates.wanted.astype(np.int64)
    solved, moves = _unlimited(problem), []
    start, cost, _ = problem.candidates.at(chosen)
    if (start != wanted).any():
        moves.append(Move(MUST, start - wanted, np.zeros(len(wanted))))
    if problem.cost(chosen) <= solved.cost + 1e-9 * (1.0 + abs(solved.cost)):
        # nothing is cheaper than what is wanted: ties stay with the policy
        solved = replace(solved, chosen=chosen, cost=problem.cost(chosen))
    for name, step, always in steps:
        quantity, cost, _ = problem.candidates.at(chosen)
        if name == PRICE_BREAKS:
            after = solved.chosen
        elif not always and not step.breaches(chosen):
            continue
        else:
            last = name == steps[-1][0]
            solved = (
                solve(step, gap=gap) if last else solve(step, gap=gap, most_rounds=_ROUNDS_BETWEEN, branching=False)
            )
            if not last and solved.cost - solved.bound > gap * abs(solved.cost) and not problem.breaches(solved.chosen):
                # no later limit will ask for another plan: this is the last one
                solved = solve(step, gap=gap)
            after = solved.chosen
        new_quantity, new_cost, _ = problem.candidates.at(after)
        if (new_quantity != quantity).any():
            moves.append(Move(name, new_quantity - quantity, new_cost - cost))
        chosen = after
    return replace(solved, chosen=chosen, cost=problem.cost(chosen)), tuple(moves)


def _unlimited(problem: JointProblem) -> Solved:
    return solve(problem.relaxed(terms=no_terms(problem.terms.name), shared=()))


def _steps(problem: JointProblem) -> Iterator[tuple[str, JointProblem, bool]]:
    """Yield name, problem and whether the kind changes costs and so must always be solved."""
    t = problem.terms
    terms = no_terms(t.name)
    yield PRICE_BREAKS, problem.relaxed(terms=terms, shared=()), True
    for name, columns in (
        (ORDER_COST, ("order_cost",)),
        (MINIMUM, ("min_value", "min_units")),
        (CAPACITY, ("max_units",)),
        (CONTAINERS, ("container_volume", "container_fill")),
    ):
        terms = _with(terms, t, columns)
        if _asks(t, columns):
            yield name, problem.relaxed(terms=terms, shared=()), name == ORDER_COST
    for number, limit in enumerate(problem.shared):
        if np.isfinite(limit.most).any():
            yield limit.name, problem.relaxed(terms=terms, shared=problem.shared[: number + 1]), False


def _with(terms: OrderTerms, full: OrderTerms, columns: tuple[str, ...]) -> OrderTerms:
    return replace(terms, **{name: getattr(full, name) for name in columns})


def _asks(t: OrderTerms, columns: tuple[str, ...]) -> bool:
    if columns[0] == "max_units":
        return bool(np.isfinite(t.max_units).any())
    return any(bool((getattr(t, name) > 0).any()) for name in columns if name != "container_fill")
