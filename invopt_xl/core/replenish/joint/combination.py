"""Plans of all orders combined: the best mixture (a linear program, which gives prices of shared limits) and the best choice of one plan per order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from invopt_xl.core.replenish.joint.pricing import Placing, Plans
from invopt_xl.core.replenish.joint.program import solver_options
from invopt_xl.core.replenish.joint.shared_rows import SharedRows
from invopt_xl.errors import ComputeError

#: Nodes of the branch-and-bound tree over order plans: a limit that does not depend on the machine's speed.
_MOST_NODES = 500


@dataclass(frozen=True)
class Mixture:
    """The best mixture of plans: its cost, the row prices (R,) that go with it, and, of each order, the mean number of containers (G,), the
    smallest and the largest in the mixture."""

    cost: float
    price: np.ndarray
    number: np.ndarray
    fewest: np.ndarray
    largest: np.ndarray


class PlanColumns:
    """Plans as C columns of a program over B blocks (orders with terms one by one, all others in block 0), only those that `placing` allows."""

    def __init__(self, plans: list[Plans], rows: SharedRows, block: np.ndarray, placing: Placing) -> None:
        blocks = int(block.max()) + 1
        finite = np.flatnonzero(rows.finite)
        costs, uses = [], []
        for each in plans:
            costs.append(np.bincount(block, weights=each.cost, minlength=blocks))
            uses.append(np.column_stack([np.bincount(block, weights=each.use[:, r], minlength=blocks) for r in finite]))
        # block 0 has no number of its own
        first = np.array([np.flatnonzero(block == b)[0] if (block == b).any() else 0 for b in range(blocks)])
        number = np.stack([each.number[first] for each in plans])
        allowed = Placing(placing.least[first], placing.most[first]).allows(number)
        allowed[:, 0] = True
        cost, use = np.concatenate(costs), np.concatenate(uses)
        which, plan = np.tile(np.arange(blocks), len(plans)), np.repeat(np.arange(len(plans)), blocks)
        seen = np.column_stack([which, number.ravel(), np.round(cost, 9), np.round(use, 9)])
        kept = np.sort(np.unique(seen, axis=0, return_index=True)[1])
        kept = kept[allowed.ravel()[kept] & np.isfinite(cost[kept])]
        self.cost, self.use, self.block, self.plan = cost[kept], use[kept].T, which[kept], plan[kept]
        self.number = number.ravel()[kept]
        self.most = rows.most[rows.finite]
        self.rows, self.blocks, self.of_order = rows, blocks, block

    def mixture(self) -> Mixture:
        """Return the best mixture; limits may be overrun, and blocks left without a plan, at a price above anything that plans differ by.

        Raises
        ------
        ComputeError
            The linear program was not solved.
        """
        from scipy.optimize import linprog
        from scipy.sparse import eye_array, hstack

        columns, scale = len(self.cost), np.maximum(self.most, 1e-9)
        none = csr_array((len(self.most), self.blocks))
        limits = hstack([csr_array(self.use / scale[:, None]), -eye_array(len(self.most)), none]).tocsr()
        over = csr_array((self.blocks, len(self.most)))
        picks = hstack([self._picks(), over, eye_array(self.blocks)]).tocsr()
        penalty = np.full(len(self.most) + self.blocks, self._penalty())
        found = linprog(
            np.concatenate([self.cost, penalty]),
            A_ub=limits,
            b_ub=self.most / scale,
            A_eq=picks,
            b_eq=np.ones(self.blocks),
            method="highs",
        )
        if found.status != 0:
            raise ComputeError(
                f"Joint orders: the linear program over order plans was not solved: {found.message}. Plan with fewer limits at once."
            )
        price = np.zeros(len(self.rows.most))
        price[self.rows.finite] = np.maximum(-found.ineqlin.marginals, 0.0) / scale
        share = np.asarray(found.x[:columns])
        used = share > 1e-7
        fewest, largest = np.full(self.blocks, np.inf), np.full(self.blocks, -np.inf)
        np.minimum.at(fewest, self.block[used], self.number[used])
        np.maximum.at(largest, self.block[used], self.number[used])
        mean = np.bincount(self.block, weights=share * self.number, minlength=self.blocks)
        at = self.of_order
        return Mixture(float(found.fun), price, mean[at], fewest[at], largest[at])

    def best_choice(self) -> list[tuple[int, int]] | None:
        """Return one (block, plan) per block that together keep all shared limits at the least cost; None where none was found."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        columns, scale = len(self.cost), np.maximum(self.most, 1e-9)
        if len(np.unique(self.block)) < self.blocks:
            return None
        found = milp(
            self.cost,
            constraints=[
                LinearConstraint(csr_array(self.use / scale[:, None]), ub=self.most / scale),
                LinearConstraint(self._picks(), lb=1.0, ub=1.0),
            ],
            integrality=np.ones(columns),
            bounds=Bounds(0.0, 1.0),
            options=solver_options(most_nodes=_MOST_NODES, gap=1e-5),
        )
        if found.x is None:
            return None
        return [(int(self.block[c]), int(self.plan[c])) for c in np.flatnonzero(found.x > 0.5)]

    def _picks(self) -> csr_array:
        """Return the rows that pick one plan per block (B, C)."""
        columns = len(self.cost)
        return csr_array((np.ones(columns), (self.block, np.arange(columns))), shape=(self.blocks, columns))

    def _penalty(self) -> float:
        """Return a price of overrunning a limit by all of it, above anything by which plans differ."""
        high, low = np.full(self.blocks, -np.inf), np.full(self.blocks, np.inf)
        np.maximum.at(high, self.block, self.cost)
        np.minimum.at(low, self.block, self.cost)
        known = np.isfinite(low)
        return 1e3 * (1.0 + float((high - low)[known].sum() + np.abs(low[known]).sum()))
