"""All supplier orders solved at prices of what they share: the plans that gives, and the bound that it proves (Lagrangian duality)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.problem import TOLERANCE, JointProblem
from invopt_xl.core.replenish.joint.program import ColumnProgram, limit_rows
from invopt_xl.core.replenish.joint.shared_rows import SharedRows

#: Orders with at most this many candidates can be solved exactly at prices.
_SMALL_ORDER = 2500

#: Orders are solved exactly until the others' own gaps leave at most this share of the gap that is asked for.
_LEFT_TO_ORDERS = 0.1

#: Most orders that are solved exactly at once.
_MOST_EXACT = 100

#: Orders from which on they are solved in parallel.
_PARALLEL_FROM = 50

#: Nodes of the branch-and-bound tree of one order: a limit that does not depend on the machine's speed.
_MOST_NODES = 500


@dataclass(frozen=True)
class Placing:
    """How many containers each of G orders may take, at least and at most; of orders without containers, whether they are placed (1) or not (0).

    Parameters
    ----------
    least, most : float array, shape (G,)
    """

    least: np.ndarray
    most: np.ndarray

    def allows(self, number: np.ndarray) -> np.ndarray:
        """Return for which orders `number` (..., G) is allowed, bool (..., G)."""
        result: np.ndarray = (number >= self.least) & (number <= self.most)
        return result

    def split(self, order: int, number: float) -> tuple[Placing, Placing]:
        """Return the two halves: `order` with at most `number`, and with more."""
        most, least = self.most.copy(), self.least.copy()
        most[order], least[order] = number, number + 1.0
        return replace(self, most=most), replace(self, least=least)


def any_placing(orders: int) -> Placing:
    """Return what leaves all orders free."""
    return Placing(np.zeros(orders), np.full(orders, np.inf))


@dataclass(frozen=True)
class Plans:
    """Plans of all G orders from one round of pricing.

    Parameters
    ----------
    chosen : int array, shape (n,)
        Columns of the candidates.
    cost : float array, shape (G,)
        Without prices; infinite for an order for which nothing was found that keeps its terms.
    use : float array, shape (G, R)
        Of each shared row.
    number : float array, shape (G,)
        Containers of each order, or 1 for an order that is placed without.
    """

    chosen: np.ndarray
    cost: np.ndarray
    use: np.ndarray
    number: np.ndarray


class Pricing:
    """Solves all orders of a problem at row prices. `free` (G,): orders without terms, which share block 0 of `block` (G,)."""

    def __init__(self, problem: JointProblem, rows: SharedRows) -> None:
        c, t = problem.candidates, problem.terms
        self.problem, self.rows = problem, rows
        self.data = (c.quantity, c.cost, c.spend, c.count.astype(np.int64), c.wanted.astype(np.int64), problem.volume)
        self.terms = (t.min_value, t.min_units, t.max_units, t.container_volume, t.order_cost)
        self.free = ~t.any()
        self.block = np.where(self.free, 0, np.cumsum(~self.free))
        self.hidden = float(c.hidden.sum())
        self.everything = any_placing(len(t.name))
        self._mended: dict[int, np.ndarray] = {}

    def at(self, price: np.ndarray, placing: Placing | None = None) -> tuple[Plans, float]:
        """Return the plans at row prices (R,), and the bound on the cost of any plan that they prove.

        Without `placing` every order gets a plan, as long as one keeps its terms.
        """
        chosen, cost, bound = self.orders_at(price, placing or self.everything)
        failed = np.isinf(cost)
        if placing is None:
            for g in np.flatnonzero(failed):
                self._mend(int(g), chosen)
            failed = np.zeros(len(cost), dtype=bool)
        return self._plans(chosen, failed), self.total(bound, price)

    def polished(self, price: np.ndarray, *, gap: float) -> tuple[Plans, float]:
        """Return the plans at row prices (R,) and their bound, with the orders of the largest gaps solved exactly.

        Orders are taken until the others' gaps are a small part of `gap` [share of cost].
        """
        chosen, cost, bound = self.orders_at(price, self.everything)
        missing = np.where(np.isinf(cost), np.inf, cost - bound)
        ranked = np.argsort(-missing, kind="stable")
        left = np.cumsum(np.where(np.isfinite(missing), missing, 0.0)[ranked][::-1])[::-1]
        worth = _LEFT_TO_ORDERS * gap * abs(np.where(np.isfinite(cost), cost, 0.0).sum())
        solved = [
            g
            for g in ranked[: min(int((left > worth).sum()), _MOST_EXACT)]
            if self._solve_exactly(int(g), price, chosen, bound)
        ]
        for g in np.setdiff1d(np.flatnonzero(np.isinf(cost)), solved):
            self._mend(int(g), chosen)
        return self._plans(chosen, np.zeros(len(cost), dtype=bool)), self.total(bound, price)

    def orders_at(self, price: np.ndarray, placing: Placing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return columns (n,), priced cost and bound (G,) of all orders at row prices (R,)."""
        from invopt_xl.core.replenish.joint.order_kernel import best_orders, best_orders_in_parallel

        p = self.problem
        # waking threads takes longer than a few orders do
        run = best_orders_in_parallel if len(self.free) >= _PARALLEL_FROM else best_orders
        terms = (*self.terms, placing.least, placing.most)
        prices = self.rows.line_prices(price)
        found: tuple[np.ndarray, np.ndarray, np.ndarray] = run(
            p.sorted_lines, p.order_start, prices, self.data, terms, p.terms.container_fill
        )
        return found

    def order_exactly(self, g: int, price: np.ndarray) -> tuple[np.ndarray, float, float] | None:
        """Return columns of the lines of order g, priced cost and bound, from the exact program; None where it is too large or nothing was found."""
        lines = self.lines_of(g)
        if self.problem.candidates.count[lines].sum() > _SMALL_ORDER:
            return None
        found = self._program_of(g, lines, self.rows.line_prices(price)).solve(gap=1e-4, most_nodes=_MOST_NODES)
        return None if found is None else (found.column, found.cost, found.bound)

    def lines_of(self, g: int) -> np.ndarray:
        """Return the lines of order g."""
        p = self.problem
        return p.sorted_lines[p.order_start[g] : p.order_start[g + 1]]

    def total(self, bound: np.ndarray, price: np.ndarray) -> float:
        """Return the bound on the cost of all orders that bounds (G,) of single orders at row prices (R,) prove."""
        finite = self.rows.finite
        return float(bound.sum() - price[finite] @ self.rows.most[finite]) - self.hidden

    def smallest(self) -> Plans:
        """Return the plans that use least: what must be ordered, and nothing else."""
        scale = 1e3 * (1.0 + np.abs(self.problem.candidates.cost).max(initial=0.0))
        used = np.maximum(self.rows.use(np.zeros(len(self.problem.order), dtype=np.int64)).sum(axis=0), 1.0)
        return self.at(np.where(self.rows.finite, scale / used, 0.0))[0]

    def _solve_exactly(self, g: int, price: np.ndarray, chosen: np.ndarray, bound: np.ndarray) -> bool:
        """Put order g's exact plan at row prices into `chosen` and its bound into `bound`; return whether there is one."""
        found = self.order_exactly(g, price)
        if found is not None:
            chosen[self.lines_of(g)], bound[g] = found[0], max(bound[g], found[2])
        return found is not None

    def _program_of(self, g: int, lines: np.ndarray, prices: tuple[np.ndarray, np.ndarray] | None) -> ColumnProgram:
        rows = [row for row in limit_rows(self.problem, np.array([g])) if row.order == g]
        return ColumnProgram(self.problem, rows, in_play=lines, prices=prices)

    def _mend(self, g: int, chosen: np.ndarray) -> None:
        """Place order g, which must be placed, as the exact program does where single changes find no way to keep its terms."""
        lines = np.flatnonzero(self.problem.order == g)
        if g not in self._mended:
            found = self._program_of(g, lines, None).solve(gap=1e-3)
            self._mended[g] = np.zeros(len(lines), dtype=np.int64) if found is None else found.column
        chosen[lines] = self._mended[g]

    def _plans(self, chosen: np.ndarray, failed: np.ndarray) -> Plans:
        p, t = self.problem, self.problem.terms
        quantity, cost, _ = p.candidates.at(chosen)
        orders = len(t.name)
        placed = np.bincount(p.order, weights=quantity, minlength=orders) > 0
        volume = np.bincount(p.order, weights=quantity * p.volume, minlength=orders)
        boxes = np.ceil(
            np.divide(volume, t.container_volume, out=np.zeros(orders), where=t.container_volume > 0) * (1 - TOLERANCE)
        )
        own = np.bincount(p.order, weights=cost, minlength=orders) + np.where(placed, t.order_cost, 0.0)
        return Plans(chosen, np.where(failed, np.inf, own), self.rows.use(chosen), np.maximum(boxes, placed))
