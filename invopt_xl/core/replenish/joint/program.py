"""A joint problem as a mixed-integer program over candidates (HiGHS): exact for small problems, and the judge of what can be kept at all.

Variables: one per candidate (0 or 1), one per order (placed or not), one per order with containers (how many), one per limit (by what share of its
size it gives way; 0 unless asked for).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from invopt_xl.core.replenish.joint.problem import JointProblem

#: Sizes smaller than this count as this when overruns are measured by size.
_SMALLEST = 1e-6


@dataclass(frozen=True)
class Row:
    """One limit: sign x (sum of amounts of lines) <= sign x right; or, as "must", that its lines are ordered.

    `order`: the supplier order it belongs to, -1 for none. `shared`: which shared limit and part, -1 for none.
    """

    subject: str
    lines: np.ndarray
    measure: str
    sign: float = 1.0
    right: float = 0.0
    order: int = -1
    shared: tuple[int, int] = (-1, -1)

    @property
    def name(self) -> str:
        """Return the limit in words, with its size."""
        return f"{self.subject} of {self.right:,.6g}" if self.measure in ("spend", "units", "volume") else self.subject

    @property
    def size(self) -> float:
        """Return what overruns are measured by."""
        return max(abs(self.right), _SMALLEST)


@dataclass(frozen=True)
class Found:
    """A solution: column of each line in play (-1: left out), overrun of each limit as a share of its size, cost and its lower bound."""

    column: np.ndarray
    overrun: np.ndarray
    cost: float
    bound: float


def solver_options(*, most_nodes: int, gap: float) -> dict[str, float | bool]:
    """Return options of HiGHS: limits that do not depend on the machine's speed.

    Without presolve: these programs are solved faster without, and what presolve undoes at the end need not be mended. (Where HiGHS mends rounded
    solutions it says so on standard output, whatever it is told.)
    """
    return {"node_limit": most_nodes, "mip_rel_gap": gap, "presolve": False}


def limit_rows(problem: JointProblem, orders: np.ndarray) -> list[Row]:
    """Return the terms of `orders` and all finite shared limits."""
    t = problem.terms
    rows: list[Row] = []
    for g in orders:
        lines, name, g = np.flatnonzero(problem.order == g), t.name[g], int(g)
        if t.min_value[g] > 0:
            rows.append(Row(f"{name}: minimum order value", lines, "spend", -1.0, float(t.min_value[g]), g))
        if t.min_units[g] > 0:
            rows.append(Row(f"{name}: minimum order quantity", lines, "units", -1.0, float(t.min_units[g]), g))
        if np.isfinite(t.max_units[g]):
            rows.append(Row(f"{name}: capacity", lines, "units", 1.0, float(t.max_units[g]), g))
        if t.container_volume[g] > 0:
            full = f"{name}: containers of {t.container_volume[g]:,.6g} m3 at least {t.container_fill:.0%} full"
            rows.append(Row(full, lines, "container", -1.0, 0.0, g))
            rows.append(Row(f"{name}: goods fit into whole containers", lines, "container", 1.0, 0.0, g))
    for s, limit in enumerate(problem.shared):
        for part in np.flatnonzero(np.isfinite(limit.most)):
            lines = np.flatnonzero(limit.part == part)
            rows.append(
                Row(limit.label[part], lines, limit.measure, 1.0, float(limit.most[part]), shared=(s, int(part)))
            )
    return rows


class ColumnProgram:
    """The program of the lines `in_play` (indices) under limits `rows`.

    `ends` (m,) says of which lines only the first and the last candidate take part; default none. `prices` (n,) per money spent and per unit are added
    to the cost.
    """

    def __init__(
        self,
        problem: JointProblem,
        rows: list[Row],
        *,
        in_play: np.ndarray,
        ends: np.ndarray | None = None,
        prices: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        self.problem, self.rows, self.in_play = problem, rows, in_play
        count = problem.candidates.count[in_play]
        self.line = np.repeat(np.arange(len(in_play)), count)
        self.column = np.arange(len(self.line)) - np.repeat(np.cumsum(count) - count, count)
        if ends is not None:
            kept = ~ends[self.line] | (self.column == 0) | (self.column == count[self.line] - 1)
            self.line, self.column = self.line[kept], self.column[kept]
        at, c = in_play[self.line], problem.candidates
        quantity = c.quantity[at, self.column]
        self.amount = {"units": quantity, "spend": c.spend[at, self.column], "volume": quantity * problem.volume[at]}
        self.cost = c.cost[at, self.column]
        if prices is not None:
            spend_price, unit_price = prices
            self.cost = self.cost + spend_price[at] * self.amount["spend"] + unit_price[at] * quantity
        self.orders = np.unique(problem.order[in_play])
        place = np.zeros(len(problem.terms.name), dtype=np.int64)
        place[self.orders] = np.arange(len(self.orders))
        self.order_of = place[problem.order[in_play]]  # of each line in play
        self.place = place
        own = np.full(len(problem.order), -1, dtype=np.int64)
        own[in_play] = np.arange(len(in_play))
        # places of each limit's candidates, and of its lines in play
        self.lines_of = [own[row.lines][own[row.lines] >= 0] for row in rows]
        start = np.searchsorted(self.line, np.arange(len(in_play) + 1))
        self.inside = [_ranges(start[each], start[each + 1]) for each in self.lines_of]

    def solve(
        self,
        *,
        on: np.ndarray | None = None,
        elastic: bool = False,
        whole: bool = True,
        gap: float = 1e-6,
        most_nodes: int = 2000,
    ) -> Found | None:
        """Return the best plan, or, if `elastic`, the plan with the least overruns; None where none was found.

        Parameters
        ----------
        on : bool array, one per limit, optional
            Limits that hold; default all.
        elastic : bool
            Minimise the sum of overruns instead of cost.
        whole : bool
            False: candidates, orders and containers may be taken in parts (a relaxation).
        gap : float
            [share of the objective]
        most_nodes : int
            Of the branch-and-bound tree.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        holds = np.ones(len(self.rows), dtype=bool) if on is None else on
        x, g, m = len(self.line), len(self.orders), len(self.rows) if elastic else 0
        width = x + 2 * g + m  # candidates, orders placed, containers, overruns
        objective = np.zeros(width)
        if elastic:
            objective[x + 2 * g :] = 1.0
        else:
            objective[:x] = self.cost
            objective[x : x + g] = self.problem.terms.order_cost[self.orders]
        upper = np.concatenate([np.ones(x + g), np.full(g + m, np.inf)])
        limits, right = self._limits(holds, width, elastic=elastic)
        constraints = [*self._picks(holds, width)]
        if len(right):
            constraints.append(LinearConstraint(limits, ub=right))
        found = milp(
            objective,
            constraints=constraints,
            integrality=np.concatenate([np.full(x + 2 * g, float(whole)), np.zeros(m)]),
            bounds=Bounds(0.0, upper),
            options=solver_options(most_nodes=most_nodes, gap=gap),
        )
        if found.x is None:
            return None
        taken = found.x[:x] > 0.5
        column = np.full(len(self.in_play), -1, dtype=np.int64)
        column[self.line[taken]] = self.column[taken]
        bound = float(found.mip_dual_bound) if found.mip_dual_bound is not None else -np.inf
        return Found(column, np.asarray(found.x[x + 2 * g :]), float(found.fun), bound)

    def _picks(self, holds: np.ndarray, width: int):  # type: ignore[no-untyped-def]
        """Return one candidate per line, and nothing from orders that are not placed."""
        from scipy.optimize import LinearConstraint

        x, lines = len(self.line), len(self.in_play)
        one = csr_array((np.ones(x), (self.line, np.arange(x))), shape=(lines, width))
        need = np.ones(lines)
        for k, row in enumerate(self.rows):
            if row.measure == "must" and not holds[k]:
                need[self.lines_of[k]] = 0.0
        some = np.flatnonzero(self.amount["units"] > 0)
        entry = np.concatenate([np.ones(len(some)), -np.ones(lines)])
        at = (np.concatenate([self.line[some], np.arange(lines)]), np.concatenate([some, x + self.order_of]))
        return (
            LinearConstraint(one, lb=need, ub=1.0),
            LinearConstraint(csr_array((entry, at), shape=(lines, width)), ub=0.0),
        )

    def _limits(self, holds: np.ndarray, width: int, *, elastic: bool) -> tuple[csr_array, np.ndarray]:
        """Return the limits that hold, each divided by its size."""
        x, g, t = len(self.line), len(self.orders), self.problem.terms
        values: list[np.ndarray] = []
        rows: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        right: list[float] = []
        for k, row in enumerate(self.rows):
            if row.measure == "must" or not holds[k]:
                continue
            inside, r = self.inside[k], len(right)
            if row.measure == "container":
                box = t.container_volume[row.order]
                fill = t.container_fill if row.sign < 0 else 1.0
                value = np.append(row.sign * self.amount["volume"][inside] / box, -row.sign * fill)
                column = np.append(inside, x + g + self.place[row.order])
                right.append(0.0)
            elif row.sign < 0:
                # a least amount holds where the order is placed
                value = np.append(-self.amount[row.measure][inside] / row.size, row.right / row.size)
                column = np.append(inside, x + self.place[row.order])
                right.append(0.0)
            else:
                value, column = self.amount[row.measure][inside] / row.size, inside
                right.append(row.right / row.size)
            if elastic:
                value, column = np.append(value, -1.0), np.append(column, x + 2 * g + k)
            values.append(value)
            columns.append(column)
            rows.append(np.full(len(column), r))
        if not right:
            return csr_array((0, width)), np.zeros(0)
        entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return csr_array(entries, shape=(len(right), width)), np.array(right)


def _ranges(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return all whole numbers of the ranges [start, end), one after the other."""
    size = end - start
    return np.repeat(start - np.cumsum(size) + size, size) + np.arange(size.sum())
