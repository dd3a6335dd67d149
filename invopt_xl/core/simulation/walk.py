"""The compiled walk through time of every series and replication. `invopt_xl.core.simulate` says what happens when, and calls it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from invopt_xl.core.simulation.streams import DEMAND, LEAD_TIME, MOMENT, PART_OF_STEP, stream, uniform

#: Smaller differences are dust of floating-point sums [share, units]; the same as in `replenish.orders`.
_DUST = 1e-9

#: Sums over the counted periods of one series and replication.
SUMS = (
    "demand",
    "served",  # at once, from stock
    "short",  # not at once: lost, or delivered later
    "short_periods",
    "occurrences",
    "cycles",
    "short_cycles",
    "on_hand",  # at the end of each period
    "in_transit",
    "owed",
    "orders",
    "ordered",
    "received",
    "wasted",
    "changed",  # absolute change of the quantity ordered from period to period
)
(
    _DEMAND,
    _SERVED,
    _SHORT,
    _SHORT_PERIODS,
    _OCCURRENCES,
    _CYCLES,
    _SHORT_CYCLES,
    _ON_HAND,
    _IN_TRANSIT,
    _OWED,
    _ORDERS,
    _ORDERED,
    _RECEIVED,
    _WASTED,
    _CHANGED,
) = range(len(SUMS))

#: What is kept of every period if asked for.
PATHS = ("demand", "served", "short", "ordered", "received", "wasted", "on_hand", "in_transit", "owed")


class World(NamedTuple):
    """Everything that the walk reads, as arrays with one row per series. Time is in steps of the clock unless a name says periods."""

    demand: np.ndarray  # (n, T) [units per period]; (n, 0) where it is drawn
    grid: np.ndarray  # (n, G)
    cdf: np.ndarray  # (n, G)
    whole: np.ndarray  # (n,)
    factor: np.ndarray  # (n, T or 1)
    reorder_point: np.ndarray  # (n, T or 1)
    order_up_to: np.ndarray  # (n, T or 1)
    order_quantity: np.ndarray  # (n,), 0 for an order-up-to rule
    review: np.ndarray  # (n,) at least 1
    first_review: np.ndarray  # (n,)
    open_for_orders: np.ndarray  # (n, T or 1)
    lead: np.ndarray  # (n, J)
    hold: np.ndarray  # (n,) at least 1
    crossover: np.ndarray  # (n,)
    moq: np.ndarray  # (n,)
    pack_size: np.ndarray  # (n,)
    capacity: np.ndarray  # (n,)
    max_stock: np.ndarray  # (n,)
    life: np.ndarray  # (n,), 0 for no limit
    lost: np.ndarray  # (n,)
    on_hand: np.ndarray  # (n,)
    owed: np.ndarray  # (n,)
    first_line: np.ndarray  # (n + 1,) rows of the open orders of series i: first_line[i] .. first_line[i + 1] - 1
    line_step: np.ndarray  # (m,)
    line_quantity: np.ndarray  # (m,)
    reach: np.ndarray  # (n,) steps that an order, open or to come, can be away
    key: np.ndarray  # (n,)


@njit(cache=True)
def drawn(grid: np.ndarray, cdf: np.ndarray, whole: bool, u: float) -> float:
    """Return the quantile of one distribution, as `DemandDistribution.quantile` defines it."""
    above = min(int(np.searchsorted(cdf, u)), len(grid) - 1)
    value: float = grid[0]
    if above > 0:
        low, high, below = grid[above - 1], grid[above], cdf[above - 1]
        share = (u - below) / (cdf[above] - below) if cdf[above] > below else 1.0
        value = low + (high - low) * min(max(share, 0.0), 1.0)
    return float(np.ceil(value - _DUST * max(1.0, value))) if whole else value


@njit(cache=True)
def order_size(position: float, s: float, up_to: float, quantity: float, moq: float, pack: float, most: float) -> float:
    """Return the order of one series at a review [units]: the rules of `replenish.orders` and `replenish.rounding`."""
    if quantity > 0:
        if position > s + _DUST * max(1.0, abs(s)):
            return 0.0
        needed = (np.floor((s - position) / quantity + _DUST) + 1.0) * quantity
    else:
        dust = _DUST * max(1.0, abs(up_to))
        if up_to - s > dust:
            if position > s + dust:
                return 0.0
        elif position >= s - dust:
            return 0.0
        needed = up_to - position
        if needed <= dust:
            return 0.0
    raised = max(needed, moq)
    size: float = np.ceil(raised / pack - _DUST) * pack if pack > 0 else raised
    if size > most * (1 + _DUST) + _DUST:
        size = max(min(raised, most), 0.0)
        size = np.floor(size / pack + _DUST) * pack if pack > 0 else size
        if size < moq * (1 - _DUST):
            size = 0.0
    return size


@njit(cache=True)
def drawn_lead(lead: np.ndarray, start: np.uint64, step: int, time: int) -> int:
    """Return the lead time of an order placed at `step` [whole steps]; orders with the same `time` share their draw."""
    length = lead[0]
    if len(lead) > 1:
        length = lead[int(uniform(start, time, LEAD_TIME) * len(lead))]
    near = np.rint(length)
    if abs(length - near) <= _DUST * max(1.0, length):
        return int(near)
    return int(np.floor(length + uniform(start, step, PART_OF_STEP)))


@njit(cache=True)
def sell_oldest(ages: np.ndarray, oldest: int, step: int, sold: float) -> int:
    """Take `sold` units from `ages` (life,), oldest first; return the last step in which the oldest units left can be sold.

    Units that can be sold until the end of step e lie in slot e modulo life.
    """
    life = len(ages)
    oldest = max(oldest, step)
    left = sold
    while left > 0:
        slot = oldest % life
        taken = min(ages[slot], left)
        ages[slot] -= taken
        left -= taken
        # beyond the newest units there is only dust
        if left <= 0 or oldest == step + life - 1:
            break
        oldest += 1
    return oldest


@njit(cache=True)
def walk_one(
    w: World,
    i: int,
    start: np.uint64,
    periods: int,
    steps: int,
    warm_up: int,
    sums: np.ndarray,
    path: np.ndarray,
) -> None:
    """Walk series i through `periods` x `steps`; fill `sums` (15,), and `path` (9, T) unless it is empty."""
    given, traced = w.demand.shape[1] > 0, path.shape[1] > 0
    moving_s, moving_up_to = w.reorder_point.shape[1] > 1, w.order_up_to.shape[1] > 1
    calendar, season = w.open_for_orders.shape[1] > 1, w.factor.shape[1] > 1
    s, up_to, takes_orders = w.reorder_point[i, 0], w.order_up_to[i, 0], w.open_for_orders[i, 0]
    quantity, moq, pack, capacity, max_stock = (
        w.order_quantity[i],
        w.moq[i],
        w.pack_size[i],
        w.capacity[i],
        w.max_stock[i],
    )
    crossover, lost, whole, lead = w.crossover[i], w.lost[i], w.whole[i], w.lead[i]
    hold = w.hold[i]
    # the first stretch of shared draws ends at a random step
    shift = int(uniform(start, -1, LEAD_TIME) * hold)
    ring = w.reach[i] + 1
    due = np.zeros(ring)
    life = w.life[i]
    ages = np.zeros(max(life, 1))
    on_hand, owed, on_order = w.on_hand[i], w.owed[i], 0.0
    at_once = min(on_hand, owed)
    on_hand -= at_once
    owed -= at_once
    if life > 0:
        ages[life - 1] = on_hand
    oldest, last = 0, 0
    for line in range(w.first_line[i], w.first_line[i + 1]):
        due[w.line_step[line]] += w.line_quantity[line]
        on_order += w.line_quantity[line]
        last = max(last, w.line_step[line])
    # steps until the next review; the slot of `due` that is emptied in this step
    until_review, review, slot = w.first_review[i], w.review[i], -1
    waiting, in_stockout, short_cycle, before = False, False, False, 0.0
    demand_sum, served_sum, short_sum, stock_sum, transit_sum, owed_sum = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ordered_sum, received_sum, wasted_sum, changed_sum = 0.0, 0.0, 0.0, 0.0
    short_periods, occurrences, cycles, short_cycles, order_count = 0, 0, 0, 0, 0
    step = -1
    for t in range(periods):
        counted = t >= warm_up
        if t == warm_up:
            short_cycle = False
        if moving_s:
            s = w.reorder_point[i, t]
        if moving_up_to:
            up_to = w.order_up_to[i, t]
        if calendar:
            takes_orders = w.open_for_orders[i, t]
        if given:
            wanted = w.demand[i, t]
        else:
            wanted = drawn(w.grid[i], w.cdf[i], whole, uniform(start, t, DEMAND)) * w.factor[i, t if season else 0]
            if whole:
                wanted = np.ceil(wanted - _DUST * max(1.0, wanted))
        in_units = steps > 1 and wanted == np.floor(wanted)
        # half a notch away from where the rounding of the sums below would jump
        phase = (np.floor(uniform(start, t, MOMENT) * steps) + 0.5) / steps if in_units else 0.0
        served, short, ordered, received, wasted = 0.0, 0.0, 0.0, 0.0, 0.0
        orders = 0
        for part in range(steps):
            step += 1
            slot = slot + 1 if slot + 1 < ring else 0
            # order
            if until_review == 0:
                waiting = True
                until_review = review
            until_review -= 1
            if waiting and takes_orders:
                waiting = False
                position = on_hand + on_order - owed
                most = min(capacity, max_stock - position)
                size = order_size(position, s, up_to, quantity, moq, pack, most)
                if size > 0:
                    away = drawn_lead(lead, start, step, (step + shift) // hold)
                    if not crossover:
                        away = max(away, last - step)
                        last = step + away
                    due[slot + away if slot + away < ring else slot + away - ring] += size
                    on_order += size
                    ordered += size
                    orders += 1
            # receive
            arrived = due[slot]
            if arrived > 0:
                due[slot] = 0.0
                on_order -= arrived
                received += arrived
                if counted:
                    cycles += 1
                    short_cycles += short_cycle
                short_cycle = False
                paid = min(owed, arrived)
                owed -= paid
                on_hand += arrived - paid
                if life > 0:
                    ages[(step + life - 1) % life] += arrived - paid
                if on_hand > _DUST:
                    in_stockout = False
            # demand
            units = wanted
            if in_units:
                units = np.floor(wanted * (part + 1) / steps + phase) - np.floor(wanted * part / steps + phase)
            elif steps > 1:
                units = wanted / steps
            sold = min(on_hand, units)
            missing = units - sold
            if missing > 0:
                if missing <= _DUST * max(1.0, units):
                    sold = units
                else:
                    short += missing
                    if not lost:
                        owed += missing
                    if counted and not in_stockout:
                        occurrences += 1
                    in_stockout, short_cycle = True, True
            on_hand = max(on_hand - sold, 0.0)
            served += sold
            if life > 0:
                oldest = sell_oldest(ages, oldest, step, sold)
                gone = min(ages[step % life], on_hand)
                ages[step % life] = 0.0
                on_hand -= gone
                wasted += gone
        if counted:
            demand_sum += wanted
            served_sum += served
            short_sum += short
            short_periods += short > 0
            stock_sum += on_hand
            transit_sum += on_order
            owed_sum += owed
            order_count += orders
            ordered_sum += ordered
            received_sum += received
            wasted_sum += wasted
            if t > warm_up:
                changed_sum += abs(ordered - before)
        before = ordered
        if traced:
            path[0, t], path[1, t], path[2, t] = wanted, served, short
            path[3, t], path[4, t], path[5, t] = ordered, received, wasted
            path[6, t], path[7, t], path[8, t] = on_hand, on_order, owed
    sums[_DEMAND], sums[_SERVED], sums[_SHORT] = demand_sum, served_sum, short_sum
    sums[_SHORT_PERIODS], sums[_OCCURRENCES] = short_periods, occurrences
    # the last cycle is unfinished; without it an item that never recovers would look well served
    sums[_CYCLES], sums[_SHORT_CYCLES] = cycles + 1, short_cycles + short_cycle
    sums[_ON_HAND], sums[_IN_TRANSIT], sums[_OWED] = stock_sum, transit_sum, owed_sum
    sums[_ORDERS], sums[_ORDERED], sums[_RECEIVED] = order_count, ordered_sum, received_sum
    sums[_WASTED], sums[_CHANGED] = wasted_sum, changed_sum


@njit(cache=True, parallel=True)
def walk(
    w: World, seed: np.uint64, replications: int, periods: int, steps: int, warm_up: int, traced: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Walk all series; return sums (n, replications, 15) and paths (n, replications, 9, T), with T = 0 unless `traced`."""
    n = len(w.key)
    sums = np.zeros((n, replications, 15))
    paths = np.zeros((n, replications, 9, periods if traced else 0))
    for pair in prange(n * replications):
        i, r = pair // replications, pair % replications
        start = stream(seed, w.key[i], r)
        walk_one(w, i, start, periods, steps, warm_up, sums[i, r], paths[i, r])
    return sums, paths
