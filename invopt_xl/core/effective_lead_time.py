"""Lead times of single orders -> the time that stock has to cover, when several orders are under way at once.

A marginal lead time tells when one order arrives. What counts for stock is what has not arrived. Orders come every T days; when the last one
was placed u days ago and N are under way, demand of u + N T days is not yet covered by what has arrived (of a rule that orders up to a level).

- Later orders may overtake (independent lead times): N = sum over orders j of 1{L_j > u + j T}, a sum of independent yes-or-no draws whose
  spread is far smaller than that of L. A late order is made up for by those that overtake it.
- Later orders wait for those before them: the order is away for max_j (L_j - j T), the running maximum, longer than L.
- One delay holds for many orders ("held"): then N T varies as L does, and the marginal lead time is right. So it is when T is longer than any
  lead time.

Everything is counted at the end of a cycle, right before goods are received: there stock is lowest, and there "no stock-out in a cycle" is
decided. Receipts do not come at a random moment: they come when much is under way.

With a review every R days and a lot that lasts T >= R days the reorder point has to cover u + N T - T + R days; with a single order under
way that is L + R, the protection interval as everybody knows it.

References
----------
Robinson, Bradley & Thomas (2001), Manufacturing & Service Operations Management 3, 175-188 (order crossover under order-up-to policies).
Bradley & Robinson (2005), Management Science 51, 1200-1211 (base stock by the number of orders outstanding).
Hayya, Bagchi, Kim & Sun (2008), International Journal of Production Economics 114, 404-414 (the effective lead time has less variance).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit, prange

from invopt_xl.core.weighted_nodes import DECIMALS

#: Orders under way that are told apart at most; of more, some are put together: by then demand varies far more than they do.
MOST_ORDERS = 48

#: Moments between two orders that are told apart at most.
_MOST_MOMENTS = 31

#: Distinct rows worked on at a time: bounds memory.
_CHUNK = 512

#: Smaller differences of lead times are dust [days].
_DUST = 1e-6


@dataclass(frozen=True)
class OrderStream:
    """How the orders of n series follow each other.

    Parameters
    ----------
    interval_days : float array, shape (n,)
        Days from one order to the next as far as lots decide it; 0 where the review does.
    chance : float array, shape (n,)
        Of any demand on a day: reviews without demand order nothing.
    independent : float array, shape (n,)
        How far orders draw lead times of their own and may overtake: 1, each for itself; 0, one delay holds for all under way.
    waits : bool array, shape (n,)
        Later orders wait for those before them.
    step_days : float
        Receipts are booked in steps of this length.
    """

    interval_days: np.ndarray
    chance: np.ndarray
    independent: np.ndarray
    waits: np.ndarray
    step_days: float = 1.0

    def take(self, rows: np.ndarray) -> OrderStream:
        """Return the stream of some series."""
        return OrderStream(
            self.interval_days[rows], self.chance[rows], self.independent[rows], self.waits[rows], self.step_days
        )

    def held(self, rows: np.ndarray) -> OrderStream:
        """Return the stream with one delay for all orders under way where `rows` (n,) is true."""
        return replace(self, independent=np.where(rows, 0.0, self.independent), waits=self.waits & ~rows)


def protection_days(lead_days: np.ndarray, *, review_days: np.ndarray, stream: OrderStream) -> np.ndarray:
    """Return equally likely lengths of the time that the reorder point has to cover, shape (n, J) [days].

    Parameters
    ----------
    lead_days : float array, shape (n, J)
        Equally likely lead times of a single order [days].
    review_days : float array, shape (n,)
        0 for continuous review.
    stream : OrderStream

    Returns
    -------
    float array, shape (n, J)
        Ascending. Lead time + review as it is where orders have nothing to do with each other.

    Examples
    --------
    Orders every week with lead times of one to five weeks: with orders that overtake the time to cover varies by nearly half less.

    >>> lead = np.array([[7.0, 14.0, 21.0, 28.0, 35.0]])
    >>> own = OrderStream(np.zeros(1), np.ones(1), np.ones(1), np.zeros(1, bool), step_days=7.0)
    >>> days = protection_days(lead, review_days=np.array([7.0]), stream=own)
    >>> (lead.std() / 7).round(2), (days.std() / 7).round(2), (days.mean() / 7).round(2)
    (np.float64(1.41), np.float64(0.78), np.float64(4.24))
    """
    plain: np.ndarray = lead_days + review_days[:, None]
    spread = lead_days.max(axis=1, initial=0.0) - lead_days.min(axis=1, initial=np.inf) > _DUST
    interval = np.maximum(np.maximum(stream.interval_days, review_days), stream.step_days)
    # with nothing else under way when an order is placed, none can overtake and none has to wait
    alone = interval >= lead_days.max(axis=1, initial=0.0) + stream.step_days
    rows = np.flatnonzero(spread & ~alone & (stream.waits | (stream.independent > 0)))
    if not len(rows):
        return plain
    waits = stream.waits[rows]
    chance = np.where(waits, 1 - (1 - np.clip(stream.chance[rows], 0.0, 1.0)) ** interval[rows], 1.0)
    # a lot is ordered when there was demand for it
    chance = np.where(stream.interval_days[rows] > review_days[rows] + _DUST, 1.0, chance)
    keys = np.column_stack(
        [lead_days[rows], interval[rows], chance, waits, np.where(waits, 1.0, stream.independent[rows])]
    )
    unique, back = np.unique(np.round(keys, DECIMALS), axis=0, return_inverse=True)
    lengths = np.concatenate([_lengths(unique[at : at + _CHUNK], stream) for at in range(0, len(unique), _CHUNK)])
    result = plain.copy()
    result[rows] = (
        np.maximum.accumulate(np.round(lengths[back.reshape(-1)], DECIMALS), axis=1) + review_days[rows][:, None]
    )
    return result


def _lengths(keys: np.ndarray, stream: OrderStream) -> np.ndarray:
    """Return effective lead times (rows, J) [days] of the distinct rows."""
    width = keys.shape[1] - 4
    lead, (interval, chance, waits, independent) = keys[:, :width], keys[:, width:].T
    longest = lead.max(axis=1)
    between = np.maximum(interval, longest / MOST_ORDERS)
    moments = np.maximum(np.rint(between / stream.step_days), 1.0)
    step = np.where(moments > _MOST_MOMENTS, between / _MOST_MOMENTS, between / moments)
    moments = np.minimum(moments, _MOST_MOMENTS).astype(np.int64)
    steps = np.ascontiguousarray(lead / step[:, None])
    most = int(np.ceil(steps.max())) + 2
    weight = effective_weights(steps, moments, chance, waits > 0.5, most)
    return _equal_nodes(weight, step, lead, independent)


@njit(cache=True, parallel=True)
def _equal_nodes(weight: np.ndarray, step: np.ndarray, lead: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return equally likely nodes (n, J) of a mixture: `weight` (n, W) on multiples of `step` (n,) with chance `share` (n,), else `lead` (n, J)."""
    n, nodes = lead.shape
    result = np.zeros((n, nodes))
    for i in prange(n):
        own = np.sort(lead[i])
        at_grid, at_own, slot, room = 0, 0, 0, 1.0 / nodes
        while at_grid < weight.shape[1] or at_own < nodes:
            # the next value of both, ascending
            if at_own >= nodes or (at_grid < weight.shape[1] and at_grid * step[i] <= own[at_own]):
                value, mass = at_grid * step[i], weight[i, at_grid] * share[i]
                at_grid += 1
            else:
                value, mass = own[at_own], (1 - share[i]) / nodes
                at_own += 1
            while mass > 0:
                taken = min(mass, room)
                result[i, slot] += value * taken * nodes
                mass -= taken
                room -= taken
                if room <= 0:
                    # what sums of chances leave as dust stays in the last slice
                    room = 1.0 / nodes if slot + 1 < nodes else np.inf
                    slot = min(slot + 1, nodes - 1)
    return result


@njit(cache=True, parallel=True)
def effective_weights(
    lead_steps: np.ndarray, moments: np.ndarray, chance: np.ndarray, waits: np.ndarray, most: int
) -> np.ndarray:
    """Return the distribution of the effective lead time, in steps, at the end of a cycle.

    Parameters
    ----------
    lead_steps : float array, shape (n, J)
        Equally likely lead times [steps]; a part of a step is rounded up or down at random, as in the simulator.
    moments : int array, shape (n,)
        Steps from one order to the next, at least 1.
    chance : float array, shape (n,)
        That a review orders; used where orders wait.
    waits : bool array, shape (n,)
        Later orders wait for those before them; otherwise they may overtake.
    most : int
        Larger than the longest lead time by 2 [steps].

    Returns
    -------
    float array, shape (n, most + the largest of `moments`)
        Each row sums to 1: chances of 0, 1, ... steps.
    """
    n = len(lead_steps)
    result = np.zeros((n, most + moments.max()))
    for i in prange(n):
        exact = np.zeros(most)
        for j in range(lead_steps.shape[1]):
            low = int(np.floor(lead_steps[i, j] + 1e-9))
            part = max(lead_steps[i, j] - low, 0.0)
            exact[low] += (1 - part) / lead_steps.shape[1]
            exact[low + 1] += part / lead_steps.shape[1]
        upto = np.minimum(np.cumsum(exact), 1.0)
        if waits[i]:
            _waiting(exact, upto, moments[i], chance[i], result[i])
        else:
            _overtaking(exact, upto, moments[i], result[i])
        result[i] /= result[i].sum()
    return result


@njit(cache=True)
def _waiting(exact: np.ndarray, upto: np.ndarray, m: int, chance: float, result: np.ndarray) -> None:
    """Fill chances of each effective lead time: an order ends a cycle after x steps if it takes x itself and all before it have come."""
    most = len(exact)
    for x in range(most):
        if exact[x] <= 0:
            continue
        before = 1.0
        age = x - 1 + m
        while age < most:
            before *= 1 - chance * (1 - upto[age])
            age += m
        result[x] = exact[x] * before


@njit(cache=True)
def _overtaking(exact: np.ndarray, upto: np.ndarray, m: int, result: np.ndarray) -> None:
    """Fill chances of each effective lead time by the number of orders under way, over all moments before a receipt."""
    most = len(exact)
    # beyond this age no order is under way
    oldest = 0
    while upto[oldest] < 1.0 - 1e-12:
        oldest += 1
    for u in range(m):
        orders = max((oldest - 1 - u) // m + 1, 0)
        # chances of n orders under way: all of them, and those where none arrives in the next step
        every, idle = np.zeros(orders + 1), np.zeros(orders + 1)
        every[0] = 1.0
        # right before a new order is placed: one that takes no time arrives as well
        idle[0] = 1.0 - exact[0] if u == m - 1 else 1.0
        for j in range(orders):
            age = j * m + u
            away = 1.0 - upto[age]
            later = 1.0 - upto[age + 1] if age + 1 < most else 0.0
            for count in range(j + 1, 0, -1):
                every[count] = every[count] * upto[age] + every[count - 1] * away
                idle[count] = idle[count] * upto[age] + idle[count - 1] * later
            every[0] *= upto[age]
            idle[0] *= upto[age]
        for count in range(orders + 1):
            length = u + 1 + m * count - m
            if length >= 0:
                result[length] += max(every[count] - idle[count], 0.0)
