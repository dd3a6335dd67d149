"""All supplier orders together: whole orders are priced against shared limits, then combined (Dantzig-Wolfe) and settled line by line.

Prices of shared limits come from a small linear program over the order plans found so far; at those prices every order is solved anew, which gives
new plans and a proven lower bound (Lagrangian duality). At the end a mixed-integer program (HiGHS) picks one plan per order, and single lines use what
room is left. Orders without terms of their own are one block in the program, since their lines can be settled one by one.

Source: Luebbecke & Desrosiers (2005), Selected topics in column generation, Operations Research 53, 1007-1023; smoothing of prices: Wentges
(1997), International Transactions in Operational Research 4, 151-162.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from invopt_xl.core.replenish.joint.problem import TOLERANCE, JointProblem, Measure
from invopt_xl.core.replenish.joint.program import ColumnProgram, limit_rows, solver_options
from invopt_xl.errors import ComputeError

#: Places of the measures in kernel arrays.
MEASURES: tuple[Measure, ...] = ("spend", "units", "volume")

#: Rounds of pricing; ended earlier by the gap.
_MOST_ROUNDS = 60

#: Prices are good enough when they leave at most this share of the gap that is asked for; the rest is for whole packs and orders.
_SHARE_OF_GAP = 0.02

#: Pricing also ends when the bound has not risen for this many rounds.
_PATIENCE = 8

#: Problems with at most this many candidates are solved as one mixed-integer program; larger ones up to the second number where few orders leave
#: a gap above the one asked for.
_SMALL, _MEDIUM = 1000, 5000

#: Orders with at most this many candidates are solved exactly at the final prices.
_SMALL_ORDER = 2500

#: Prices near the best ones, as multiples: their plans give the choice of whole orders more to choose from.
_NEARBY = (0.7, 0.85, 0.93, 0.97, 1.03, 1.07, 1.15, 1.3)

#: Orders are solved exactly until the others' own gaps leave at most this share of the gap that is asked for.
_LEFT_TO_ORDERS = 0.1

#: Most orders that are solved exactly at the final prices.
_MOST_EXACT = 100

#: Orders from which on they are solved in parallel.
_PARALLEL_FROM = 50

#: Weight of the best prices so far in the prices tried next.
_SMOOTHING = 0.5

#: Nodes of the branch-and-bound tree over order plans: a limit that does not depend on the machine's speed.
_MOST_NODES = 500


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
    term_price : float array, shape (G, 3)
        What one unit less of minimum value, one unit more or less of quantity, of volume saves.
    rounds : int
    """

    chosen: np.ndarray
    cost: float
    bound: float
    shared_price: tuple[np.ndarray, ...]
    term_price: np.ndarray
    rounds: int


@dataclass(frozen=True)
class _Plans:
    """Plans of all orders from one round: columns (n,), true cost (G,), use of each shared row (G, R)."""

    chosen: np.ndarray
    cost: np.ndarray
    use: np.ndarray


class _Rows:
    """Shared limits as rows: parts with a finite limit, numbered through."""

    def __init__(self, problem: JointProblem) -> None:
        self.problem = problem
        self.limits = problem.shared
        most = [limit.most for limit in self.limits]
        offset = np.concatenate([[0], np.cumsum([len(m) for m in most])]).astype(np.int64)
        self.most = np.concatenate([*most, np.zeros(0)])
        self.finite = np.isfinite(self.most)
        n = len(problem.order)
        self.of_line = np.full((n, len(self.limits)), -1, dtype=np.int64)
        for s, limit in enumerate(self.limits):
            row = np.where(limit.part >= 0, offset[s] + limit.part, -1)
            known = np.append(self.finite, False)
            self.of_line[:, s] = np.where(known[row], row, -1)
        self.measure = np.array([MEASURES.index(limit.measure) for limit in self.limits], dtype=np.int64)
        self.offset = offset

    def line_prices(self, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the price per money spent and per unit of each line (n,), from row prices (R,)."""
        volume, known = self.problem.volume, np.append(price, 0.0)
        spend, unit = np.zeros(len(volume)), np.zeros(len(volume))
        for s, limit in enumerate(self.limits):
            each = known[self.of_line[:, s]]
            if limit.measure == "spend":
                spend += each
            else:
                unit += each * (volume if limit.measure == "volume" else 1.0)
        return spend, unit

    def use(self, chosen: np.ndarray) -> np.ndarray:
        """Return what each order uses of each row, shape (G, R)."""
        amounts = self.problem.amounts(chosen)
        orders, rows = len(self.problem.terms.name), len(self.most)
        total = np.zeros((orders, rows))
        for s, limit in enumerate(self.limits):
            row = self.of_line[:, s]
            inside = row >= 0
            flat = self.problem.order[inside] * rows + row[inside]
            total += np.bincount(flat, weights=amounts[limit.measure][inside], minlength=orders * rows).reshape(
                orders, rows
            )
        return total

    def split(self, price: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return row prices (R,) per shared limit."""
        return tuple(price[self.offset[s] : self.offset[s + 1]] for s in range(len(self.limits)))


def solve(problem: JointProblem, *, gap: float = 0.01, most_rounds: int = _MOST_ROUNDS) -> Solved:
    """Return the best plan found and a bound that proves how good it is.

    Parameters
    ----------
    problem : JointProblem
        With at least one plan that keeps all limits.
    gap : float
        Pricing ends when plans and bound are this close [share of cost].
    most_rounds : int
    """
    rows = _Rows(problem)
    pricing = _Pricing(problem, rows)
    zero = np.zeros(len(rows.most))
    first, bound, term_price = pricing.at(zero)
    best = _Best(bound, zero, term_price, first.chosen)
    if not rows.finite.any() or _keeps(rows, first.chosen):
        exact, bound = pricing.polished(zero, gap=gap)
        best, rounds = replace(best, bound=max(bound, best.bound)), 1
        kept = [each.chosen for each in (first, exact) if _keeps(rows, each.chosen)]
        chosen = min(kept, key=problem.cost)
    else:
        plans, best, rounds = _rounds(best, [first, pricing.smallest()], rows, pricing, gap=gap, most=most_rounds)
        exact, bound = pricing.polished(best.price, gap=gap)
        best = replace(best, bound=max(bound, best.bound))
        near = [pricing.at(best.price * factor)[0] for factor in _NEARBY]
        chosen = _best_plan([*plans, exact, *near], rows, pricing, best)
    cost, bound = problem.cost(chosen), best.bound
    size, left = int(problem.candidates.count.sum()), (cost - bound) / max(abs(cost), 1e-12)
    if (size <= _SMALL and left > 1e-6) or (size <= _MEDIUM and left > gap):
        within = 1e-6 if size <= _SMALL else 0.2 * gap
        chosen, bound = _exact(problem, chosen, bound, hidden=pricing.hidden, gap=within)
    return Solved(chosen, problem.cost(chosen), bound, rows.split(best.price), best.term_price, rounds)


def _rounds(
    best: _Best, plans: list[_Plans], rows: _Rows, pricing: _Pricing, *, gap: float, most: int
) -> tuple[list[_Plans], _Best, int]:
    """Price orders until plans and bound are close, or nothing is gained any more."""
    idle, number = 0, 1
    while number < most and idle < _PATIENCE:
        number += 1
        value, out = _combine(plans, rows, pricing.block)
        if value - best.bound <= _SHARE_OF_GAP * gap * abs(value):
            break
        price = _SMOOTHING * best.price + (1 - _SMOOTHING) * out
        found, bound, term_price = pricing.at(price)
        idle = 0 if bound > best.bound + 1e-6 * abs(best.bound) else idle + 1
        if bound > best.bound:
            best = _Best(bound, price, term_price, found.chosen)
        plans.append(found)
    return plans, best, number


def _exact(
    problem: JointProblem, chosen: np.ndarray, bound: float, *, hidden: float, gap: float
) -> tuple[np.ndarray, float]:
    """Return the better of `chosen` and the plan of the whole program, and the better bound."""
    orders = np.arange(len(problem.terms.name))
    lines = np.arange(len(problem.order))
    program = ColumnProgram(problem, limit_rows(problem, orders), in_play=lines)
    found = program.solve(gap=gap)
    if found is None:
        return chosen, bound
    better = found.cost < problem.cost(chosen) or bool(problem.breaches(chosen))
    return (found.column if better and not problem.breaches(found.column) else chosen), max(bound, found.bound - hidden)


@dataclass(frozen=True)
class _Best:
    bound: float
    price: np.ndarray
    term_price: np.ndarray
    chosen: np.ndarray


def _keeps(rows: _Rows, chosen: np.ndarray) -> bool:
    return bool((rows.use(chosen).sum(axis=0) <= rows.most * (1 + TOLERANCE) + TOLERANCE).all())


class _Pricing:
    """Solves all orders at given row prices."""

    def __init__(self, problem: JointProblem, rows: _Rows) -> None:
        c, t = problem.candidates, problem.terms
        self.problem, self.rows = problem, rows
        self.data = (c.quantity, c.cost, c.spend, c.count.astype(np.int64), c.wanted.astype(np.int64), problem.volume)
        self.terms = (t.min_value, t.min_units, t.max_units, t.container_volume, t.order_cost)
        self.free = ~t.any()
        # free orders share block 0
        self.block = np.where(self.free, 0, np.cumsum(~self.free))
        self.hidden = float(c.hidden.sum())
        self.mended: dict[int, np.ndarray] = {}

    def polished(self, price: np.ndarray, *, gap: float) -> tuple[_Plans, float]:
        """Return the plans at row prices (R,) and their bound, with the orders of the largest gaps solved exactly.

        Orders are taken until the others' gaps are a small part of `gap` [share of cost].
        """
        chosen, cost, bound, _ = self._run(price)
        missing = np.where(np.isinf(cost), np.inf, cost - bound)
        ranked = np.argsort(-missing, kind="stable")
        left = np.cumsum(np.where(np.isfinite(missing), missing, 0.0)[ranked][::-1])[::-1]
        taken = ranked[
            : min(
                int((left > _LEFT_TO_ORDERS * gap * abs(np.where(np.isfinite(cost), cost, 0.0).sum())).sum()),
                _MOST_EXACT,
            )
        ]
        for g in taken:
            self._solve_exactly(int(g), price, chosen, bound)
        return self._plans(chosen), self._total(bound, price)

    def _solve_exactly(self, g: int, price: np.ndarray, chosen: np.ndarray, bound: np.ndarray) -> None:
        """Put order g's exact plan at row prices into `chosen` and its bound into `bound`."""
        p = self.problem
        lines = p.sorted_lines[p.order_start[g] : p.order_start[g + 1]]
        if p.candidates.count[lines].sum() > _SMALL_ORDER:
            return
        prices = self.rows.line_prices(price)
        found = self._program_of(g, lines, prices).solve(gap=1e-4, most_nodes=_MOST_NODES)
        if found is None:
            return
        bound[g] = max(bound[g], found.bound)
        chosen[lines] = found.column

    def _program_of(self, g: int, lines: np.ndarray, prices: tuple[np.ndarray, np.ndarray] | None) -> ColumnProgram:
        rows = [row for row in limit_rows(self.problem, np.array([g])) if row.order == g]
        return ColumnProgram(self.problem, rows, in_play=lines, prices=prices)

    def at(self, price: np.ndarray) -> tuple[_Plans, float, np.ndarray]:
        """Return the plans at row prices (R,), the bound they prove and the prices of the orders' own terms (G, 3)."""
        chosen, cost, bound, mu = self._run(price)
        for g in np.flatnonzero(np.isinf(cost)):
            self._mend(int(g), chosen)
        return self._plans(chosen), self._total(bound, price), mu

    def _run(self, price: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return columns (n,), priced cost and bound (G,), and prices of terms (G, 3) of all orders at row prices (R,)."""
        from invopt_xl.core.replenish.joint.order_kernel import best_orders, best_orders_in_parallel

        p = self.problem
        # waking threads takes longer than a few orders do
        run = best_orders_in_parallel if len(self.free) >= _PARALLEL_FROM else best_orders
        found: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] = run(
            p.sorted_lines, p.order_start, self.rows.line_prices(price), self.data, self.terms, p.terms.container_fill
        )
        return found

    def _total(self, bound: np.ndarray, price: np.ndarray) -> float:
        """Return the bound on the cost of all orders that bounds of single orders at row prices prove."""
        finite = self.rows.finite
        return float(bound.sum() - price[finite] @ self.rows.most[finite]) - self.hidden

    def _mend(self, g: int, chosen: np.ndarray) -> None:
        """Place order g, which must be placed, as the exact program does where single changes find no way to keep its terms."""
        p = self.problem
        lines = np.flatnonzero(p.order == g)
        if g not in self.mended:
            found = self._program_of(g, lines, None).solve(gap=1e-3)
            self.mended[g] = np.zeros(len(lines), dtype=np.int64) if found is None else found.column
        chosen[lines] = self.mended[g]

    def smallest(self) -> _Plans:
        """Return the plans that use least: what must be ordered, and nothing else."""
        scale = 1e3 * (1.0 + np.abs(self.problem.candidates.cost).max(initial=0.0))
        used = np.maximum(self.rows.use(np.zeros(len(self.problem.order), dtype=np.int64)).sum(axis=0), 1.0)
        return self.at(np.where(self.rows.finite, scale / used, 0.0))[0]

    def _plans(self, chosen: np.ndarray) -> _Plans:
        p = self.problem
        quantity, cost, _ = p.candidates.at(chosen)
        orders = len(p.terms.name)
        placed = np.bincount(p.order, weights=quantity, minlength=orders) > 0
        own = np.bincount(p.order, weights=cost, minlength=orders) + np.where(placed, p.terms.order_cost, 0.0)
        return _Plans(chosen, own, self.rows.use(chosen))


@dataclass(frozen=True)
class _Program:
    """The plans as columns of a program: cost (C,), use of rows (R, C), block and round of each column."""

    cost: np.ndarray
    use: np.ndarray
    block: np.ndarray
    plan: np.ndarray


def _program(plans: list[_Plans], rows: _Rows, block: np.ndarray) -> _Program:
    blocks = int(block.max()) + 1
    costs, uses = [], []
    for each in plans:
        costs.append(np.bincount(block, weights=each.cost, minlength=blocks))
        uses.append(
            np.column_stack(
                [np.bincount(block, weights=each.use[:, r], minlength=blocks) for r in np.flatnonzero(rows.finite)]
            )
        )
    cost, use = np.concatenate(costs), np.concatenate(uses)
    which, plan = np.tile(np.arange(blocks), len(plans)), np.repeat(np.arange(len(plans)), blocks)
    same = np.unique(np.column_stack([which, np.round(cost, 9), np.round(use, 9)]), axis=0, return_index=True)[1]
    kept = np.sort(same)
    return _Program(cost[kept], use[kept].T, which[kept], plan[kept])


def _matrix(program: _Program, most: np.ndarray):  # type: ignore[no-untyped-def]
    """Return the rows scaled to their limits, with one column of overrun per row, and the rows that pick one plan per block."""
    from scipy.sparse import csr_array, eye_array, hstack

    columns = len(program.cost)
    scale = np.maximum(most, 1e-9)
    limits = hstack([csr_array(program.use / scale[:, None]), -eye_array(len(most))]).tocsr()
    picks = csr_array(
        (np.ones(columns), (program.block, np.arange(columns))),
        shape=(int(program.block.max()) + 1, columns + len(most)),
    )
    return limits, picks, most / scale, scale


def _combine(plans: list[_Plans], rows: _Rows, block: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the cost of the best mixture of plans and the row prices (R,) that go with it."""
    from scipy.optimize import linprog

    program = _program(plans, rows, block)
    limits, picks, right, scale = _matrix(program, rows.most[rows.finite])
    penalty = np.full(len(right), _penalty(program))
    found = linprog(
        np.concatenate([program.cost, penalty]),
        A_ub=limits,
        b_ub=right,
        A_eq=picks,
        b_eq=np.ones(picks.shape[0]),
        method="highs",
    )
    if found.status != 0:
        raise _failed(found.message)
    price = np.zeros(len(rows.most))
    price[rows.finite] = np.maximum(-found.ineqlin.marginals, 0.0) / scale
    return float(found.fun), price


def _penalty(program: _Program) -> float:
    """Return a price of overrunning a limit by all of it, above anything that plans differ by."""
    blocks = int(program.block.max()) + 1
    high, low = np.full(blocks, -np.inf), np.full(blocks, np.inf)
    np.maximum.at(high, program.block, program.cost)
    np.minimum.at(low, program.block, program.cost)
    return 1e3 * (1.0 + float((high - low).sum()))


def _best_plan(plans: list[_Plans], rows: _Rows, pricing: _Pricing, best: _Best) -> np.ndarray:
    """Return the cheapest plan that keeps all limits: picked plans, and the plan at the best prices, both settled line by line."""
    problem = pricing.problem
    starts = [_pick(plans, rows, pricing, best), best.chosen, plans[1].chosen]
    settled = [_settled(start, rows, pricing, best.price) for start in starts]
    kept = [each for each in settled if _keeps(rows, each)]
    if not kept:
        # the caller has made sure that some plan keeps the limits; what comes nearest is told with its breaches
        return min(settled, key=lambda each: len(problem.breaches(each)))
    return min(kept, key=problem.cost)


def _pick(plans: list[_Plans], rows: _Rows, pricing: _Pricing, best: _Best) -> np.ndarray:
    """Return one plan per order, picked by a mixed-integer program; as at the best prices where it finds none."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    program = _program(plans, rows, pricing.block)
    limits, picks, right, _ = _matrix(program, rows.most[rows.finite])
    columns = len(program.cost)
    found = milp(
        program.cost,
        constraints=[
            LinearConstraint(limits[:, :columns], ub=right),
            LinearConstraint(picks[:, :columns], lb=1.0, ub=1.0),
        ],
        integrality=np.ones(columns),
        bounds=Bounds(0.0, 1.0),
        options=solver_options(most_nodes=_MOST_NODES, gap=1e-5),
    )
    chosen = best.chosen.copy()
    if found.x is None:
        return chosen
    for column in np.flatnonzero(found.x > 0.5):
        lines = pricing.block[pricing.problem.order] == program.block[column]
        chosen[lines] = plans[program.plan[column]].chosen[lines]
    return chosen


def least_plan(problem: JointProblem) -> np.ndarray:
    """Return columns (n,) that order what must be ordered and else as little of what is shared as the orders' own terms allow."""
    rows = _Rows(problem)
    return _Pricing(problem, rows).smallest().chosen


def _settled(start: np.ndarray, rows: _Rows, pricing: _Pricing, price: np.ndarray) -> np.ndarray:
    from invopt_xl.core.replenish.joint.line_kernel import settle

    problem, t = pricing.problem, pricing.problem.terms
    chosen = start.astype(np.int64).copy()
    amounts, orders = problem.amounts(chosen), len(t.name)
    totals = np.column_stack([np.bincount(problem.order, weights=amounts[m], minlength=orders) for m in MEASURES])
    placed = totals[:, 1] > 0
    boxed = t.container_volume > 0
    number = np.ceil(np.divide(totals[:, 2], t.container_volume, out=np.zeros(orders), where=boxed) * (1 - TOLERANCE))
    low = np.column_stack([t.min_value, t.min_units, t.container_fill * number * t.container_volume])
    high = np.column_stack([np.full(orders, np.inf), t.max_units, np.where(boxed, number * t.container_volume, np.inf)])
    # an order that is not placed stays so, unless it has no terms
    idle = ~placed & ~pricing.free
    low[idle], high[idle] = 0.0, 0.0
    low[pricing.free] = 0.0
    used = rows.use(chosen).sum(axis=0)
    room = np.where(rows.finite, rows.most - used, np.inf)
    c = problem.candidates
    settle(
        chosen,
        problem.order.astype(np.int64),
        (c.quantity, c.cost, c.spend, c.count.astype(np.int64), problem.volume),
        rows.of_line,
        rows.measure,
        room,
        np.where(rows.finite, np.maximum(rows.most, 1e-9), 1.0),
        price,
        totals,
        low,
        high,
    )
    return chosen


def _failed(message: str) -> ComputeError:
    return ComputeError(
        f"Joint orders: the linear program over order plans was not solved: {message}. Plan with fewer limits at once."
    )
