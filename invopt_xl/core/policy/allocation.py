"""Service targets of single items from one aggregate target or from one stock budget.

Marginal analysis (Sherbrooke 2004, Optimal Inventory Modeling of Systems, 2nd ed., ch. 2; Thonemann, Brown & Hausman 2002, Easy quantification of
improved spare parts inventory policies, Management Science 48, 1213-1225): the next unit of stock goes where it gains most service per money. As every
item's curve is concave, all units up to one common price of service are taken. That price is found by bisection, each item's level at a price being
a quantile of its demand, so millions of units need not be sorted one by one; only the few units right at the price are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from invopt_xl.core.policy.stock_to_service import ServiceCurves

#: Halvings of the price of service on a logarithmic scale: to about the resolution of a double.
_HALVINGS = 54

#: The price of service is searched within this factor of what service of the median item costs.
_PRICE_RANGE = 1e12

#: Service is reached when it is this close [share]: dust of sums.
_DUST = 1e-12


@dataclass(frozen=True)
class Allocation:
    """Stock levels of n items that serve the aggregate best.

    Parameters
    ----------
    level : float array, shape (n,)
        Reorder points [units].
    fill : float array, shape (n,)
        Fill rate of each item [share].
    service : float array, shape (S,)
        Aggregate fill rate of each segment, weighted [share].
    stock : float array, shape (S,)
        Cost of average stock of each segment [money].
    bound : float array, shape (S,)
        Proven: no allocation with the same target needs less stock [money], NaN where it cannot be reached; with the same budget none gives
        more service [share].
    price : float array, shape (S,)
        What one more point of aggregate service costs at the margin, per 100 % [money].
    reached : bool array, shape (S,)
        Whether the target can be reached (the budget kept) within the items' own limits.
    """

    level: np.ndarray
    fill: np.ndarray
    service: np.ndarray
    stock: np.ndarray
    bound: np.ndarray
    price: np.ndarray
    reached: np.ndarray


@dataclass(frozen=True)
class ServiceLimits:
    """Lowest and highest reorder point of each item (n,) [units]; both the same where the item is not to be changed."""

    low: np.ndarray
    high: np.ndarray


def limits_of(
    curves: ServiceCurves, *, least: np.ndarray | float = 0.0, most: np.ndarray | float = 0.9999
) -> ServiceLimits:
    """Return the reorder points that fill rates between `least` and `most`, in (0, 1), allow."""
    n = len(curves.cycle_units)
    low = curves.level_of(np.broadcast_to(np.asarray(least, dtype=float), (n,)))
    high = curves.level_of(np.broadcast_to(np.asarray(most, dtype=float), (n,)))
    return ServiceLimits(low=low, high=np.maximum(low, high))


def allocate_target(
    curves: ServiceCurves, target: np.ndarray | float, *, limits: ServiceLimits, segment: np.ndarray | None = None
) -> Allocation:
    """Return the levels that reach the aggregate fill rate of each segment at the least cost of stock.

    Parameters
    ----------
    curves : ServiceCurves
    target : float or float array, shape (S,)
        Aggregate fill rate, weighted by `curves.weight` [share in (0, 1)].
    limits : ServiceLimits
    segment : int array, shape (n,), optional
        Segment of each item in 0..S-1; default all one.

    >>> from invopt_xl.core.forecast.distribution import DemandDistribution
    >>> demand = DemandDistribution(np.array([[0.0, 20.0], [0.0, 20.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]), np.zeros(2, dtype=bool))
    >>> cheap_and_dear = ServiceCurves(demand, np.full(2, 10.0), np.ones(2), np.array([1.0, 9.0]))
    >>> found = allocate_target(cheap_and_dear, 0.9, limits=limits_of(cheap_and_dear))
    >>> found.fill.round(3), found.service.round(6)
    (array([0.994, 0.806]), array([0.9]))
    """
    group = _Group(curves, limits, segment, np.size(target))
    wanted = np.broadcast_to(np.asarray(target, dtype=float), (group.size,)) * group.total_weight
    below, above = group.search(lambda level: group.service(level) >= wanted - _DUST * group.total_weight)
    low, high = group.levels(below), group.levels(above)
    level = group.filled_up(low, high, need=wanted - group.service(low), budget=None)
    value = group.sum(curves.stock(high)) - above * (group.service(high) - wanted)
    reached = group.service(level) >= wanted - 1e-6 * group.total_weight
    bound = np.minimum(value, group.sum(curves.stock(level)))  # equal but for dust where steps are continuous
    return group.result(level, bound=np.where(reached, bound, np.nan), price=above, reached=reached)


def allocate_budget(
    curves: ServiceCurves, budget: np.ndarray | float, *, limits: ServiceLimits, segment: np.ndarray | None = None
) -> Allocation:
    """Return the levels that give most aggregate service for at most `budget` of average stock per segment; parameters as `allocate_target`.

    Parameters
    ----------
    curves : ServiceCurves
    budget : float or float array, shape (S,)
        [money], in the same measure as `curves.unit_cost`.
    limits : ServiceLimits
    segment : int array, shape (n,), optional
    """
    group = _Group(curves, limits, segment, np.size(budget))
    allowed = np.broadcast_to(np.asarray(budget, dtype=float), (group.size,))
    below, above = group.search(lambda level: group.sum(curves.stock(level)) > allowed)
    low, high = group.levels(below), group.levels(above)
    kept = group.sum(curves.stock(high)) <= allowed  # everything at its highest level fits
    left = allowed - group.sum(curves.stock(low))
    level = np.where(kept[group.segment], high, group.filled_up(low, high, need=None, budget=left))
    most = group.service(low) + np.maximum(left, 0.0) / below
    bound = np.minimum(np.where(kept, group.service(high), most), group.total_weight) / group.total_weight
    reached = group.sum(curves.stock(level)) <= allowed * (1 + _DUST)
    return group.result(level, bound=bound, price=above, reached=reached)


class _Group:
    """Items in segments, and the sums that allocation needs."""

    def __init__(self, curves: ServiceCurves, limits: ServiceLimits, segment: np.ndarray | None, size: int) -> None:
        n = len(curves.cycle_units)
        self.curves, self.limits = curves, limits
        self.segment = np.zeros(n, dtype=np.int64) if segment is None else segment
        self.size = max(size, int(self.segment.max(initial=0)) + 1)
        self.total_weight = np.maximum(self.sum(curves.weight), 1e-300)
        each = np.divide(curves.unit_cost * curves.cycle_units, curves.weight, out=np.ones(n), where=curves.weight > 0)
        self.scale = float(np.median(each[curves.weight > 0])) if (curves.weight > 0).any() else 1.0

    def sum(self, value: np.ndarray) -> np.ndarray:
        """Return the sum of `value` (n,) over each segment (S,)."""
        result: np.ndarray = np.bincount(self.segment, weights=value, minlength=self.size).astype(np.float64)
        return result

    def service(self, level: np.ndarray) -> np.ndarray:
        """Return weighted service of each segment (S,) at levels (n,)."""
        return self.sum(self.curves.weight * self.curves.fill(level))

    def levels(self, price: np.ndarray) -> np.ndarray:
        """Return the best levels (n,) at prices of service (S,)."""
        best = self.curves.level_at(price[self.segment])
        result: np.ndarray = np.clip(best, self.limits.low, self.limits.high)
        return result

    def search(self, enough: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return, per segment, the highest price at which the levels are not `enough` yet and the lowest at which they are (S,)."""
        below = np.full(self.size, self.scale / _PRICE_RANGE)
        above = np.full(self.size, self.scale * _PRICE_RANGE)
        for _ in range(_HALVINGS):
            middle = np.sqrt(below * above)
            done = enough(self.levels(middle))
            above, below = np.where(done, middle, above), np.where(done, below, middle)
        return below, above

    def filled_up(
        self, low: np.ndarray, high: np.ndarray, *, need: np.ndarray | None, budget: np.ndarray | None
    ) -> np.ndarray:
        """Return `low` with as many of the steps to `high` as are needed, or as the budget (S,) allows, best first within each segment."""
        items = np.flatnonzero(high > low)
        gain = (self.curves.weight * (self.curves.fill(high) - self.curves.fill(low)))[items]
        cost = (self.curves.stock(high) - self.curves.stock(low))[items]
        each = np.divide(gain, cost, out=np.full(len(items), np.inf), where=cost > 0)
        ranked = np.lexsort((-each, self.segment[items]))
        items, gain, cost = items[ranked], gain[ranked], cost[ranked]
        where = self.segment[items]
        amount = gain if budget is None else cost
        total = np.cumsum(amount)
        first = np.searchsorted(where, np.arange(self.size))
        before = np.where(first > 0, total[np.maximum(first - 1, 0)], 0.0) if len(total) else np.zeros(self.size)
        so_far = total - before[where]
        if budget is None:
            assert need is not None
            taken = so_far - amount < need[where] - _DUST * self.total_weight[where]
        else:
            taken = so_far <= budget[where] * (1 + _DUST)
        level = low.copy()
        level[items[taken]] = high[items[taken]]
        return level

    def result(self, level: np.ndarray, *, bound: np.ndarray, price: np.ndarray, reached: np.ndarray) -> Allocation:
        """Return the allocation of `level` (n,)."""
        return Allocation(
            level=level,
            fill=self.curves.fill(level),
            service=self.service(level) / self.total_weight,
            stock=self.sum(self.curves.stock(level)),
            bound=bound,
            price=price * self.total_weight,
            reached=reached,
        )
