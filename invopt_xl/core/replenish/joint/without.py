"""What a plan would be without one of its limits: what each limit really costs, found by planning again.

A limit costs something only if the best plan without it does not keep it; a limit that has room to spare can do so, where packs or whole containers
leave no plan right at it. Small problems are solved again as a whole. In large ones a supplier's term concerns its own order, so that order alone is
solved again, at the prices of what orders share; of limits that orders share the price itself is what the next unit saves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from invopt_xl.core.replenish.joint.master import Solved, solve, solve_whole
from invopt_xl.core.replenish.joint.pricing import Pricing
from invopt_xl.core.replenish.joint.problem import JointProblem, Measure, OrderTerms
from invopt_xl.core.replenish.joint.shared_rows import MEASURES, SharedRows

#: Problems with at most this many candidates and limits are solved again as a whole, once or twice per limit.
_SMALL, _FEW = 250, 16

#: Smaller savings are dust of the search [share of the cost of the whole problem, of one order].
_DUST, _ORDER_DUST = 1e-4, 1e-4

#: Nodes of the branch-and-bound tree of a small problem without one limit.
_MOST_NODES = 300

#: Orders whose bound and cost are further apart than this are solved exactly [share], at most so many.
_UNSURE, _MOST_EXACT = 0.005, 50

#: A shared limit is raised by about this share of it to see what more of it saves.
_STEP = 0.05


@dataclass(frozen=True)
class Term:
    """A term of supplier orders: `column` of OrderTerms, what it counts, and the value that asks for nothing."""

    column: str
    measure: Measure
    none: float

    def asked(self, terms: OrderTerms) -> np.ndarray:
        """Return of which orders it asks something, bool (G,)."""
        value: np.ndarray = getattr(terms, self.column)
        result: np.ndarray = np.isfinite(value) & (value != self.none)
        return result


MIN_VALUE, MIN_UNITS = Term("min_value", "spend", 0.0), Term("min_units", "units", 0.0)
CAPACITY, CONTAINERS = Term("max_units", "units", np.inf), Term("container_volume", "volume", 0.0)
TERMS = (MIN_VALUE, MIN_UNITS, CAPACITY, CONTAINERS)


@dataclass(frozen=True)
class TermCost:
    """What one term, or several together, of one supplier order cost.

    Parameters
    ----------
    order : int
    terms : tuple of Term
        Several where only all of them together cost something.
    used, would : float
        What the order counts in the measure of the first term, with it and without [money, units or m3].
    saving : float
        Expected cost that the plan would save without [money].
    """

    order: int
    terms: tuple[Term, ...]
    used: float
    would: float
    saving: float


@dataclass(frozen=True)
class SharedCost:
    """What one limit that orders share costs.

    Parameters
    ----------
    limit, part : int
        Which of the problem's shared limits, and which part of it.
    used, would : float
        What orders count with it and, NaN where not known, without [money, units or m3].
    saving : float
        Expected cost that the plan would save without it; in large problems at most [money].
    step, step_saving : float
        A step by which it may be raised, and what that saves [its measure, money].
    """

    limit: int
    part: int
    used: float
    would: float
    saving: float
    step: float
    step_saving: float


def costs_of_limits(problem: JointProblem, solved: Solved) -> tuple[list[SharedCost], list[TermCost]]:
    """Return every limit that costs something in the plan `solved`."""
    finite = sum(int(np.isfinite(limit.most).sum()) for limit in problem.shared)
    asked = sum(int(term.asked(problem.terms).sum()) for term in TERMS)
    if problem.candidates.count.sum() <= _SMALL and finite + asked <= _FEW:
        return list(_shared_exactly(problem, solved)), list(_terms_exactly(problem, solved))
    return list(_shared_by_price(problem, solved)), list(_terms_by_price(problem, solved))


def step_of(limit: float, measure: Measure) -> float:
    """Return a step in which a planner would change a limit [its measure]: 1, 2 or 5 times a power of ten, about a twentieth of it.

    >>> step_of(23_000.0, "spend"), step_of(150.0, "volume"), step_of(0.0, "units")
    (1000.0, 5.0, 100.0)
    """
    about = _STEP * limit
    if about <= 0:
        return {"spend": 1000.0, "units": 100.0, "volume": 1.0}[measure]
    power = 10.0 ** np.floor(np.log10(about) + 1e-12)
    return float(max(m * power for m in (1.0, 2.0, 5.0) if m * power <= about * (1 + 1e-9)))


# small problems ------------------------------------------------------------------------------------------------------------------------


def _shared_exactly(problem: JointProblem, solved: Solved) -> Iterator[SharedCost]:
    amounts = problem.amounts(solved.chosen)
    for s, limit in enumerate(problem.shared):
        used = limit.used(amounts[limit.measure])
        for part in np.flatnonzero(np.isfinite(limit.most)):
            free = _with_shared(problem, s, int(part), np.inf)
            chosen = _planned(free)
            saving = solved.cost - free.cost(chosen)
            would = float(limit.used(problem.amounts(chosen)[limit.measure])[part])
            if saving <= _DUST * abs(solved.cost) or would <= limit.most[part]:
                continue
            step = step_of(float(limit.most[part]), limit.measure)
            more = _with_shared(problem, s, int(part), float(limit.most[part]) + step)
            gained = min(max(solved.cost - more.cost(_planned(more)), 0.0), saving)
            yield SharedCost(s, int(part), float(used[part]), would, saving, step, gained)


def _terms_exactly(problem: JointProblem, solved: Solved) -> Iterator[TermCost]:
    t = problem.terms
    for g in np.flatnonzero(t.any()):
        own = tuple(term for term in TERMS if term.asked(t)[g])
        single = [cost for term in own if (cost := _without(problem, solved, int(g), (term,))) is not None]
        if not single and len(own) > 1 and (both := _without(problem, solved, int(g), own)) is not None:
            single = [both]
        yield from single


def _without(problem: JointProblem, solved: Solved, g: int, terms: tuple[Term, ...]) -> TermCost | None:
    free = problem.relaxed(terms=_without_terms(problem.terms, terms, g))
    chosen = _planned(free)
    saving = solved.cost - free.cost(chosen)
    if saving <= _DUST * abs(solved.cost):
        return None
    used, would = (float(_totals(problem, each)[terms[0].measure][g]) for each in (solved.chosen, chosen))
    if len(terms) == 1 and not _breaks(problem.terms, terms[0], g, would):
        return None
    return TermCost(g, terms, used, would, saving)


def _planned(problem: JointProblem) -> np.ndarray:
    found = solve_whole(problem, gap=_DUST, most_nodes=_MOST_NODES)
    return solve(problem).chosen if found is None else found[0]


def _with_shared(problem: JointProblem, s: int, part: int, most: float) -> JointProblem:
    limit = problem.shared[s]
    changed = limit.most.copy()
    changed[part] = most
    shared = list(problem.shared)
    shared[s] = replace(limit, most=changed)
    return problem.relaxed(shared=tuple(shared))


# large problems ------------------------------------------------------------------------------------------------------------------------


def _shared_by_price(problem: JointProblem, solved: Solved) -> Iterator[SharedCost]:
    amounts, rows = problem.amounts(solved.chosen), SharedRows(problem)
    pricing = Pricing(problem, rows)
    every = _row_prices(problem, solved)
    for s, limit in enumerate(problem.shared):
        used = limit.used(amounts[limit.measure])
        for part in np.flatnonzero(every[rows.offset[s] : rows.offset[s + 1]] > 0):
            at = rows.offset[s] + part
            price, step = float(every[at]), step_of(float(limit.most[part]), limit.measure)
            without = np.where(np.arange(len(every)) == at, 0.0, every)
            saving = solved.cost - pricing.at(without)[1]
            would = np.nan
            if used[part] < limit.most[part] - step:
                # room to spare: whole orders do not fit, or the price is none
                free = solve(_with_shared(problem, s, int(part), np.inf))
                saving = solved.cost - free.cost
                would = float(limit.used(problem.amounts(free.chosen)[limit.measure])[part])
                price = 0.0
            if saving > _DUST * abs(solved.cost):
                yield SharedCost(s, int(part), float(used[part]), would, saving, step, min(price * step, saving))


def _terms_by_price(problem: JointProblem, solved: Solved) -> Iterator[TermCost]:
    t, price = problem.terms, _row_prices(problem, solved)
    pricing = Pricing(problem, SharedRows(problem))
    spend_price, unit_price = pricing.rows.line_prices(price)
    quantity, cost, spend = problem.candidates.at(solved.chosen)
    size = len(t.name)
    own = np.bincount(problem.order, weights=cost + spend_price * spend + unit_price * quantity, minlength=size)
    used = _totals(problem, solved.chosen)
    own += np.where(used["units"] > 0, t.order_cost, 0.0)
    best = np.minimum(own, _best_at(pricing, price)[1])
    asked = [term for term in TERMS if term.asked(t).any()]
    found: list[TermCost] = []
    together = [tuple(asked)] if len(asked) > 1 else []
    for terms in [*((term,) for term in asked), *together]:
        free = problem.relaxed(terms=_without_terms(t, terms, slice(None)))
        chosen, cheapest = _best_at(Pricing(free, SharedRows(free)), price)
        would, saving = _totals(problem, chosen), best - cheapest
        told = {each.order for each in found}
        for g in np.flatnonzero(saving > _ORDER_DUST * (1.0 + np.abs(best))):
            own_terms = tuple(term for term in terms if term.asked(t)[g])
            if not own_terms or (len(terms) > 1 and (len(own_terms) == 1 or int(g) in told)):
                continue
            m = own_terms[0].measure
            if len(own_terms) == 1 and not _breaks(t, own_terms[0], int(g), float(would[m][g])):
                continue
            found.append(TermCost(int(g), own_terms, float(used[m][g]), float(would[m][g]), float(saving[g])))
    yield from found


def _best_at(pricing: Pricing, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return columns (n,) and priced cost (G,) of all orders at row prices (R,)."""
    chosen, cost, bound = pricing.orders_at(price, pricing.everything)
    unsure = cost - bound > _UNSURE * np.abs(bound)
    for g in np.flatnonzero(unsure)[:_MOST_EXACT]:
        found = pricing.order_exactly(int(g), price)
        if found is not None and found[1] < cost[g]:
            chosen[pricing.lines_of(int(g))], cost[g] = found[0], found[1]
    return chosen, cost


def _breaks(t: OrderTerms, term: Term, g: int, amount: float) -> bool:
    """Return whether an order of `amount` breaks a term [units, money or m3]."""
    size = float(getattr(t, term.column)[g])
    if term is CAPACITY:
        return amount > size * (1 + 1e-9)
    if term is CONTAINERS:
        return bool(amount < t.container_fill * np.ceil(amount / size * (1 - 1e-9)) * size * (1 - 1e-9))
    return 0 < amount < size * (1 - 1e-9)


def _without_terms(t: OrderTerms, terms: tuple[Term, ...], orders: int | slice) -> OrderTerms:
    """Return the terms with those of `terms` lifted for `orders`."""
    columns: dict[str, Any] = {}
    for term in terms:
        columns[term.column] = getattr(t, term.column).copy()
        columns[term.column][orders] = term.none
    return replace(t, **columns)


def _row_prices(problem: JointProblem, solved: Solved) -> np.ndarray:
    """Return the prices of all shared rows (R,); limits added after the plan was found have none."""
    known = list(solved.shared_price)
    known += [np.zeros(len(limit.most)) for limit in problem.shared[len(known) :]]
    return np.concatenate([*known, np.zeros(0)])


def _totals(problem: JointProblem, chosen: np.ndarray) -> dict[Measure, np.ndarray]:
    """Return spend, units and volume of each order (G,)."""
    amounts, size = problem.amounts(chosen), len(problem.terms.name)
    return {m: np.bincount(problem.order, weights=amounts[m], minlength=size).astype(np.float64) for m in MEASURES}
