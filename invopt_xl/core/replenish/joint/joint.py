"""Orders of all lines together, at the least expected cost that the limits allow, with what binds and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from invopt_xl.core.replenish.joint.conflicts import resolve_conflicts
from invopt_xl.core.replenish.joint.master import Solved
from invopt_xl.core.replenish.joint.problem import JointProblem
from invopt_xl.core.replenish.joint.shadow import LIMIT_COLUMNS, limit_table
from invopt_xl.core.replenish.joint.stages import Move, solve_in_stages

__all__ = ["LIMIT_COLUMNS", "JointOrders", "plan_jointly"]


@dataclass(frozen=True)
class JointOrders:
    """Orders of n lines.

    Parameters
    ----------
    quantity : float array, shape (n,)
        [units]
    spend, cost : float array, shape (n,)
        Purchase, and expected cost of shortage, holding and ordering [money].
    total_cost, bound : float
        Expected cost of all lines and orders, and a proven lower bound on that of any plan [money].
    gap : float
        (total_cost - bound) / total_cost: no plan is cheaper by more than this [share].
    moves : tuple of Move
        What each kind of limit moved: the units add up to quantity - wanted for every line, exactly.
    limits : DataFrame
        One row per limit that binds (LIMIT_COLUMNS), dearest first.
    conflict, given_way : tuple of str
        Smallest set of limits that cannot be kept together, and how limits were relaxed; empty if all can be kept.
    problem : JointProblem
        What was solved: with relaxed limits where not all can be kept.
    """

    quantity: np.ndarray
    spend: np.ndarray
    cost: np.ndarray
    total_cost: float
    bound: float
    gap: float
    moves: tuple[Move, ...]
    limits: pd.DataFrame
    problem: JointProblem
    conflict: tuple[str, ...] = ()
    given_way: tuple[str, ...] = ()

    def moved_by(self) -> np.ndarray:
        """Return the kinds of limits that moved each line, in words, "" for none; shape (n,)."""
        text = np.full(len(self.quantity), "", dtype=object)
        for move in self.moves:
            at = move.units != 0
            text[at] = [f"{old}, {move.name}" if old else move.name for old in text[at]]
        return text


def plan_jointly(
    problem: JointProblem, *, wanted: np.ndarray, line_names: tuple[str, ...] = (), gap: float = 0.01
) -> JointOrders:
    """Return the orders of all lines together.

    Parameters
    ----------
    problem : JointProblem
    wanted : float array, shape (n,)
        What the policy orders [units].
    line_names : tuple of str, n of them
        For the words.
    gap : float, default 0.01
        Proven distance to the best plan at which the search may end [share of cost, 0 to 1].
    """
    conflict = resolve_conflicts(problem, line_names=line_names)
    solved, moves = solve_in_stages(conflict.problem, wanted=wanted, gap=gap)
    quantity, cost, spend = problem.candidates.at(solved.chosen)
    return JointOrders(
        quantity=quantity,
        spend=spend,
        cost=cost,
        total_cost=solved.cost,
        bound=min(solved.bound, solved.cost),
        gap=_gap(solved),
        moves=moves,
        limits=limit_table(conflict.problem, solved),
        problem=conflict.problem,
        conflict=conflict.limits,
        given_way=conflict.given_way,
    )


def _gap(solved: Solved) -> float:
    return max(solved.cost - solved.bound, 0.0) / max(abs(solved.cost), 1e-12)
