"""The quantities that each line may be ordered in, with cost and spend: what joint optimisation chooses from.

Every multiple of the pack from the minimum order on is a candidate while there are few; long lines are thinned, and what thinning can hide is
bounded from the curve's slopes, so that the gap that is reported stays proven.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from invopt_xl.core.replenish.joint.curve import CostCurve
from invopt_xl.core.replenish.joint.price_breaks import PriceBreaks

#: Candidates per line before the policy's own quantity and those at price breaks are added.
MOST_CANDIDATES = 48

#: Quantities per candidate that thinning looks at.
_FINE = 3

#: A quantity this close to a whole number of packs is that number [packs].
_DUST = 1e-6


@dataclass(frozen=True)
class Candidates:
    """Candidate quantities of n lines, K each, ascending; lines with fewer repeat the last.

    Parameters
    ----------
    quantity, cost, spend : float array, shape (n, K)
        [units], expected cost [money], purchase [money]. `cost` counts what price breaks save.
    count : int array, shape (n,)
        Different candidates of each line.
    wanted : int array, shape (n,)
        Column of what the policy wants.
    hidden : float array, shape (n,)
        A quantity between two candidates costs at most this less than the line through them [money].
    """

    quantity: np.ndarray
    cost: np.ndarray
    spend: np.ndarray
    count: np.ndarray
    wanted: np.ndarray
    hidden: np.ndarray

    def at(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return quantity, cost and spend of the candidates in columns `chosen` (n,)."""
        rows = np.arange(len(chosen))
        return self.quantity[rows, chosen], self.cost[rows, chosen], self.spend[rows, chosen]


def list_candidates(
    curve: CostCurve,
    prices: PriceBreaks,
    *,
    wanted: np.ndarray,
    least: np.ndarray,
    moq: np.ndarray,
    step: np.ndarray,
    most: np.ndarray,
    most_candidates: int = MOST_CANDIDATES,
) -> Candidates:
    """Return the candidates of n lines.

    Parameters
    ----------
    curve : CostCurve
    prices : PriceBreaks
    wanted : float array, shape (n,)
        The policy's order; always a candidate, whatever the other limits [units].
    least : float array, shape (n,)
        Not less than this is ordered [units]; 0 leaves the line free.
    moq, step : float array, shape (n,)
        Minimum order, and multiple above 0 [units].
    most : float array, shape (n,)
        Not more than this is considered [units].
    most_candidates : int
    """
    first = np.maximum(np.ceil(np.maximum(moq, least) / step - _DUST), 1.0)
    last = np.floor(most / step + _DUST)
    steps = _steps(first, last, prices.min_quantity / step[:, None], most_candidates, curve, step)
    free = np.where(least > 0, np.nan, 0.0)
    extra = np.where((wanted >= least) & (wanted > 0), wanted, np.nan)
    raw = np.concatenate([free[:, None], extra[:, None], steps * step[:, None]], axis=1)
    # a line that must be ordered but cannot be keeps its smallest possible order: the conflict is found and named elsewhere
    stuck = np.isnan(raw).all(axis=1)
    raw[stuck, 0] = (first * step)[stuck]
    quantity, count = _ascending(raw)
    columns = range(quantity.shape[1])
    spend = np.column_stack([prices.spend(quantity[:, k]) for k in columns])
    cost = np.column_stack([curve.cost(quantity[:, k]) for k in columns])
    slope = np.column_stack([curve.slope(quantity[:, k]) for k in columns])
    usual = _usual_price(quantity, cost, spend, curve, prices.unit_cost)
    saved = spend - usual[:, None] * quantity
    return Candidates(
        quantity=quantity,
        cost=cost + saved,
        spend=spend,
        count=count,
        wanted=np.abs(quantity - wanted[:, None]).argmin(axis=1),
        hidden=_hidden(quantity, cost, slope, curve.line_cost, step),
    )


def _usual_price(
    quantity: np.ndarray, cost: np.ndarray, spend: np.ndarray, curve: CostCurve, unit_cost: np.ndarray
) -> np.ndarray:
    """Return what a unit costs in the long run (n,): with price breaks, purchase and what a larger order costs more, at the best size.

    What a break saves counts against this price, not against the price without breaks: the break will be there next time as well, so
    buying beyond it saves nothing more. It is the price at which the best order is worth exactly what it costs (renewal reward).
    """
    extra = cost - curve.cost(curve.aim - curve.position)[:, None]
    each = np.divide(spend + extra, quantity, out=np.full(quantity.shape, np.inf), where=quantity > 0)
    cheaper = each.min(axis=1, initial=np.inf)
    # without breaks the price is the price, whatever rounding says
    listed = (spend < unit_cost[:, None] * quantity * (1 - _DUST)).any(axis=1)
    return np.where(listed, np.minimum(cheaper, unit_cost), unit_cost)


def _steps(
    first: np.ndarray, last: np.ndarray, breaks: np.ndarray, most: int, curve: CostCurve, step: np.ndarray
) -> np.ndarray:
    """Return candidate multiples of the step (n, most + 2 B), NaN where there are none."""
    spaced = first[:, None] + np.arange(most, dtype=float)
    long = np.flatnonzero(last - first >= most)
    if len(long):
        spaced[long] = _thinned(first[long], last[long], most, curve.take(long), step[long])
    at = np.ceil(breaks - _DUST)
    everything = np.concatenate([spaced, at, at - 1], axis=1)
    inside = (everything >= first[:, None]) & (everything <= last[:, None]) & np.isfinite(everything)
    return np.where(inside, everything, np.nan)


def _thinned(first: np.ndarray, last: np.ndarray, most: int, curve: CostCurve, step: np.ndarray) -> np.ndarray:
    """Return `most` multiples per line, from the first to the last, so placed that what thinning hides is about the same between any two.

    That is at most width x change of slope / 4, so they stand at equal steps of the cumulated square root of it.
    """
    fine = np.rint(first[:, None] + np.linspace(0.0, 1.0, _FINE * most) * (last - first)[:, None])
    slope = np.column_stack([curve.slope(fine[:, k] * step) for k in range(fine.shape[1])])
    hidden = np.diff(fine, axis=1) * step[:, None] * np.maximum(np.diff(slope, axis=1), 0.0)
    # a little width everywhere, so that straight parts get candidates too
    wide = np.diff(fine, axis=1) / np.maximum(last - first, 1.0)[:, None]
    root = np.sqrt(hidden)
    measure = root + 0.25 * wide * np.maximum(root.sum(axis=1, keepdims=True), 1e-12)
    so_far = np.concatenate([np.zeros((len(first), 1)), np.cumsum(measure, axis=1)], axis=1)
    wanted = np.linspace(0.0, 1.0, most)[None, :] * so_far[:, -1:]
    cell = (so_far[:, :, None] < wanted[:, None, :] * (1 - 1e-12)).sum(axis=1)
    return np.asarray(np.take_along_axis(fine, np.minimum(cell, fine.shape[1] - 1), axis=1))


def _ascending(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return different values of each row ascending, the last one repeated, and their number; NaN left out."""
    sorted_rows = np.sort(raw, axis=1)  # NaN last
    known = ~np.isnan(sorted_rows)
    new = known.copy()
    new[:, 1:] &= np.diff(sorted_rows, axis=1) > _DUST * np.maximum(1.0, sorted_rows[:, 1:])
    count = new.sum(axis=1)
    packed = np.take_along_axis(sorted_rows, np.argsort(~new, axis=1, kind="stable"), axis=1)
    width = int(count.max(initial=1))
    column = np.minimum(np.arange(width)[None, :], count[:, None] - 1)
    return np.take_along_axis(packed, column, axis=1), count


def _hidden(
    quantity: np.ndarray, cost: np.ndarray, slope: np.ndarray, line_cost: np.ndarray, step: np.ndarray
) -> np.ndarray:
    """Return how far the convex cost may dip below the line between neighbouring candidates that skip a quantity, the largest per line."""
    plain = cost - np.where(quantity > 0, line_cost[:, None], 0.0)
    width = np.diff(quantity, axis=1)
    skipping = (width > 1.5 * step[:, None]) & (quantity[:, :-1] > 0)
    chord = np.divide(np.diff(plain, axis=1), width, out=np.zeros_like(width), where=width > 0)
    left, right = np.maximum(chord - slope[:, :-1], 0.0), np.maximum(slope[:, 1:] - chord, 0.0)
    both = left + right
    dip = np.divide(left * right * width, both, out=np.zeros_like(width), where=skipping & (both > 0))
    result: np.ndarray = dip.max(axis=1, initial=0.0)
    return result
