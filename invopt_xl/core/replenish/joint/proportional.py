"""The common rule, to compare with: every order is scaled as a whole to its supplier's terms, then all orders to the limits they share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from invopt_xl.core.replenish.joint.problem import TOLERANCE, JointProblem

#: Halvings of the factor of one order, and of the common factor.
_HALVINGS = 16
_STEPS = 12

#: Shares of the orders that are left out in turn.
_LEFT_OUT = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)

#: An order is scaled up to at most this many times what is wanted.
_MOST_FACTOR = 64.0


def fill_proportionally(problem: JointProblem) -> np.ndarray:
    """Return the columns (n,) after proportional scaling: what is wanted times one factor, rounded to the nearest candidate.

    An order below its minimum is scaled up to it, one that starts a container is scaled up until it is full, one above capacity is scaled down.
    Where shared limits are exceeded all lines are scaled down by one more factor, orders held at their minimum. Where the minimums alone exceed
    them, orders are left out, first those that had to be scaled up most. Of several numbers of orders left out the cheapest plan counts.
    """
    wanted = problem.candidates.at(problem.candidates.wanted)[0]
    orders = len(problem.terms.name)
    whole = _scaled(problem, wanted, np.ones(orders))
    if not _shared_broken(problem, whole):
        return whole
    before = _totals(problem, problem.candidates.wanted)[0]
    raised = np.divide(_totals(problem, whole)[0], before, out=np.ones(orders), where=before > 0)
    ranked = np.lexsort((before, -raised))
    plans = [np.zeros(len(wanted), dtype=np.int64)]
    for share in _LEFT_OUT:
        kept = np.ones(orders)
        kept[ranked[: round(share * orders)]] = 0.0
        plans.extend(_scaled_down(problem, wanted, kept))
    result: np.ndarray = min(plans, key=problem.cost)
    return result


def _scaled_down(problem: JointProblem, wanted: np.ndarray, kept: np.ndarray) -> list[np.ndarray]:
    """Return the plan with the highest common factor that the shared limits allow, with only the orders `kept` (G,); none if there is none."""
    low, high, found = 0.0, 1.0, []
    for step in range(_STEPS):
        factor = 1.0 if step == 0 else 0.5 * (low + high)
        trial = _scaled(problem, wanted, kept * factor)
        if _shared_broken(problem, trial):
            high = factor
        else:
            low, found = factor, [trial]
            if step == 0:
                break
    return found


def _scaled(problem: JointProblem, wanted: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return the columns at `factor` (G,) of what is wanted, then at the factor that each order's terms ask for."""
    t = problem.terms
    column = _nearest(problem, wanted * factor[problem.order])
    total = _totals(problem, column)
    least_volume = _container_volume(problem, total[2])
    short = (total[1] > 0) & (
        (total[0] < t.min_value) | (total[1] < t.min_units) | (total[2] < least_volume * (1 - TOLERANCE))
    )
    column = _searched(
        problem,
        wanted,
        column,
        short,
        start=factor,
        end=_MOST_FACTOR,
        enough=lambda each: _enough(problem, each, least_volume),
    )
    above = _totals(problem, column)[1] > t.max_units * (1 + TOLERANCE)
    column = _searched(problem, wanted, column, above, start=np.zeros(len(factor)), end=1.0, enough=None)
    broken = _order_broken(problem, column)
    return np.where(broken[problem.order], 0, column)


def _searched(
    problem: JointProblem,
    wanted: np.ndarray,
    column: np.ndarray,
    which: np.ndarray,
    *,
    start: np.ndarray,
    end: float,
    enough: Callable[[np.ndarray], np.ndarray] | None,
) -> np.ndarray:
    """Return `column` with the orders `which` at the lowest factor that is enough, or, without `enough`, the highest within capacity."""
    if not which.any():
        return column
    low, high = start.astype(float).copy(), np.full(len(start), end)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        total = _totals(problem, _nearest(problem, wanted * middle[problem.order]))
        done = total[1] > problem.terms.max_units if enough is None else enough(total)
        high, low = np.where(done, middle, high), np.where(done, low, middle)
    final = high if enough is not None else low
    return np.where(which[problem.order], _nearest(problem, wanted * final[problem.order]), column)


def _enough(problem: JointProblem, total: np.ndarray, least_volume: np.ndarray) -> np.ndarray:
    t = problem.terms
    result: np.ndarray = (total[0] >= t.min_value) & (total[1] >= t.min_units) & (total[2] >= least_volume)
    return result


def _container_volume(problem: JointProblem, volume: np.ndarray) -> np.ndarray:
    box = problem.terms.container_volume
    boxes = np.ceil(np.divide(volume, box, out=np.zeros_like(volume), where=box > 0) * (1 - TOLERANCE))
    result: np.ndarray = boxes * box * problem.terms.container_fill
    return result


def _nearest(problem: JointProblem, target: np.ndarray) -> np.ndarray:
    column: np.ndarray = np.abs(problem.candidates.quantity - target[:, None]).argmin(axis=1)
    return column


def _totals(problem: JointProblem, column: np.ndarray) -> np.ndarray:
    """Return spend, units and volume of each order, shape (3, G)."""
    amounts, size = problem.amounts(column), len(problem.terms.name)
    sums = [np.bincount(problem.order, weights=amounts[m], minlength=size) for m in ("spend", "units", "volume")]
    return np.stack(sums).astype(np.float64)


def _order_broken(problem: JointProblem, column: np.ndarray) -> np.ndarray:
    """Return which orders do not keep their terms, bool (G,); such an order is left out."""
    t, (spend, units, volume) = problem.terms, _totals(problem, column)
    broken = (spend < t.min_value * (1 - TOLERANCE)) | (units < t.min_units * (1 - TOLERANCE))
    broken |= units > t.max_units * (1 + TOLERANCE)
    result: np.ndarray = (units > 0) & (broken | (volume < _container_volume(problem, volume) * (1 - TOLERANCE)))
    return result


def _shared_broken(problem: JointProblem, column: np.ndarray) -> bool:
    amounts = problem.amounts(column)
    return any(
        bool((limit.used(amounts[limit.measure]) > limit.most * (1 + TOLERANCE) + TOLERANCE).any())
        for limit in problem.shared
    )
