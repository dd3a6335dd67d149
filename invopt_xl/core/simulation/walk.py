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


class Teams(NamedTuple):
    """Series that share the capacity of a supplier, G teams; a series that shares none is a team of its own."""

    first: np.ndarray  # (G + 1,) members of team g: series[first[g]] .. series[first[g + 1] - 1]
    series: np.ndarray  # (n,)
    capacity: np.ndarray  # (G,) [units per period]


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
def share_out(size: np.ndarray, moq: np.ndarray, pack: np.ndarray, most: float) -> None:
    """Cut the orders `size` (m,) in place so that together they are at most `most` [units].

    Every order gets the same share of what it wants, in full packs; below its minimum it gets nothing. What is left over goes round once, first to
    the orders that got the smallest share: each takes as many packs more as there are, up to what it wants.
    """
    total = size.sum()
    if total <= most * (1 + _DUST) + _DUST:
        return
    wanted = size.copy()
    left = most
    for j in range(len(size)):
        if wanted[j] > 0:
            size[j] = _in_packs(wanted[j] * (most / total), pack[j], moq[j])
            left -= size[j]
    share = np.full(len(size), np.inf)
    for j in range(len(size)):
        if wanted[j] > 0:
            # to a millionth, so that dust decides nothing
            share[j] = np.rint(1e6 * size[j] / wanted[j])
    for j in np.argsort(share, kind="mergesort"):
        if wanted[j] > 0:
            more = _in_packs(min(wanted[j], size[j] + left), pack[j], moq[j])
            if more > size[j]:
                left -= more - size[j]
                size[j] = more


@njit(cache=True)
def _in_packs(units: float, pack: float, moq: float) -> float:
    """Return units rounded down to full packs; 0 below the minimum order, and for dust."""
    down: float = np.floor(units / pack + _DUST) * pack if pack > 0 else units
    return 0.0 if down <= _DUST or down < moq * (1 - _DUST) else down


@njit(cache=True)
def walk_team(
    w: World,
    team: np.ndarray,
    capacity: float,
    seed: np.uint64,
    replication: int,
    periods: int,
    steps: int,
    warm_up: int,
    sums: np.ndarray,
    paths: np.ndarray,
) -> None:
    """Walk the series `team` (m,) side by side through `periods` x `steps`; fill their `sums` (n, R, 15), and `paths` (n, R, 9, T) unless empty.

    All orders of a step are sized before any of them is placed.
    """
    m = len(team)
    given, traced = w.demand.shape[1] > 0, paths.shape[3] > 0
    moving_s, moving_up_to = w.reorder_point.shape[1] > 1, w.order_up_to.shape[1] > 1
    calendar, season = w.open_for_orders.shape[1] > 1, w.factor.shape[1] > 1
    # rings of what is due in each step, and of what can be sold until each step, one after the other
    due_at, ages_at = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for j in range(m):
        due_at[j + 1] = due_at[j] + w.reach[team[j]] + 1
        ages_at[j + 1] = ages_at[j] + max(w.life[team[j]], 1)
    due, ages = np.zeros(due_at[m]), np.zeros(ages_at[m])
    start, shift = np.zeros(m, np.uint64), np.zeros(m, np.int64)
    on_hand, owed, on_order, before = np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m)
    oldest, last = np.zeros(m, np.int64), np.zeros(m, np.int64)
    # steps until the next review; the slot of `due` that is emptied in this step
    until_review, slot = np.zeros(m, np.int64), np.full(m, -1, np.int64)
    waiting, in_stockout, short_cycle = np.zeros(m, np.bool_), np.zeros(m, np.bool_), np.zeros(m, np.bool_)
    wanted, phase, in_units = np.zeros(m), np.zeros(m), np.zeros(m, np.bool_)
    served, short, ordered, received, wasted = np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m), np.zeros(m)
    orders, size = np.zeros(m, np.int64), np.zeros(m)
    shared = m > 1 or capacity < np.inf
    moq, pack = w.moq[team], w.pack_size[team]
    for j in range(m):
        i = team[j]
        start[j] = stream(seed, w.key[i], replication)
        # the first stretch of shared draws ends at a random step
        shift[j] = int(uniform(start[j], -1, LEAD_TIME) * w.hold[i])
        at_once = min(w.on_hand[i], w.owed[i])
        on_hand[j], owed[j] = w.on_hand[i] - at_once, w.owed[i] - at_once
        if w.life[i] > 0:
            ages[ages_at[j + 1] - 1] = on_hand[j]
        for line in range(w.first_line[i], w.first_line[i + 1]):
            due[due_at[j] + w.line_step[line]] += w.line_quantity[line]
            on_order[j] += w.line_quantity[line]
            last[j] = max(last[j], w.line_step[line])
        until_review[j] = w.first_review[i]
    step = -1
    for t in range(periods):
        counted = t >= warm_up
        left = capacity
        for j in range(m):
            i = team[j]
            if t == warm_up:
                short_cycle[j] = False
            if given:
                wanted[j] = w.demand[i, t]
            else:
                u = uniform(start[j], t, DEMAND)
                units = drawn(w.grid[i], w.cdf[i], w.whole[i], u) * w.factor[i, t if season else 0]
                wanted[j] = np.ceil(units - _DUST * max(1.0, units)) if w.whole[i] else units
            in_units[j] = steps > 1 and wanted[j] == np.floor(wanted[j])
            # half a notch away from where the rounding of the sums below would jump
            phase[j] = (np.floor(uniform(start[j], t, MOMENT) * steps) + 0.5) / steps if in_units[j] else 0.0
            served[j], short[j], ordered[j], received[j], wasted[j] = 0.0, 0.0, 0.0, 0.0, 0.0
            orders[j] = 0
        for part in range(steps):
            step += 1
            # size the orders
            for j in range(m):
                i = team[j]
                slot[j] = slot[j] + 1 if slot[j] < w.reach[i] else 0
                size[j] = 0.0
                if until_review[j] == 0:
                    waiting[j] = True
                    until_review[j] = w.review[i]
                until_review[j] -= 1
                if waiting[j] and w.open_for_orders[i, t if calendar else 0]:
                    waiting[j] = False
                    position = on_hand[j] + on_order[j] - owed[j]
                    size[j] = order_size(
                        position,
                        w.reorder_point[i, t if moving_s else 0],
                        w.order_up_to[i, t if moving_up_to else 0],
                        w.order_quantity[i],
                        moq[j],
                        pack[j],
                        min(w.capacity[i], w.max_stock[i] - position),
                    )
            if shared:
                share_out(size, moq, pack, left)
                left -= size.sum()
            for j in range(m):
                i = team[j]
                life, ring = w.life[i], w.reach[i] + 1
                # order
                if size[j] > 0:
                    away = drawn_lead(w.lead[i], start[j], step, (step + shift[j]) // w.hold[i])
                    if not w.crossover[i]:
                        away = max(away, last[j] - step)
                        last[j] = step + away
                    place = slot[j] + away
                    due[due_at[j] + (place if place < ring else place - ring)] += size[j]
                    on_order[j] += size[j]
                    ordered[j] += size[j]
                    orders[j] += 1
                # receive
                arrived = due[due_at[j] + slot[j]]
                if arrived > 0:
                    due[due_at[j] + slot[j]] = 0.0
                    on_order[j] -= arrived
                    received[j] += arrived
                    if counted:
                        sums[i, replication, _CYCLES] += 1
                        sums[i, replication, _SHORT_CYCLES] += short_cycle[j]
                    short_cycle[j] = False
                    paid = min(owed[j], arrived)
                    owed[j] -= paid
                    on_hand[j] += arrived - paid
                    if life > 0:
                        ages[ages_at[j] + (step + life - 1) % life] += arrived - paid
                    if on_hand[j] > _DUST:
                        in_stockout[j] = False
                # demand
                units = wanted[j]
                if in_units[j]:
                    until, since = units * (part + 1) / steps, units * part / steps
                    units = np.floor(until + phase[j]) - np.floor(since + phase[j])
                elif steps > 1:
                    units = units / steps
                sold = min(on_hand[j], units)
                missing = units - sold
                if missing > 0:
                    if missing <= _DUST * max(1.0, units):
                        sold = units
                    else:
                        short[j] += missing
                        if not w.lost[i]:
                            owed[j] += missing
                        if counted and not in_stockout[j]:
                            sums[i, replication, _OCCURRENCES] += 1
                        in_stockout[j], short_cycle[j] = True, True
                on_hand[j] = max(on_hand[j] - sold, 0.0)
                served[j] += sold
                if life > 0:
                    own = ages[ages_at[j] : ages_at[j + 1]]
                    oldest[j] = sell_oldest(own, oldest[j], step, sold)
                    gone = min(own[step % life], on_hand[j])
                    own[step % life] = 0.0
                    on_hand[j] -= gone
                    wasted[j] += gone
        for j in range(m):
            i = team[j]
            if counted:
                total = sums[i, replication]
                total[_DEMAND] += wanted[j]
                total[_SERVED] += served[j]
                total[_SHORT] += short[j]
                total[_SHORT_PERIODS] += short[j] > 0
                total[_ON_HAND] += on_hand[j]
                total[_IN_TRANSIT] += on_order[j]
                total[_OWED] += owed[j]
                total[_ORDERS] += orders[j]
                total[_ORDERED] += ordered[j]
                total[_RECEIVED] += received[j]
                total[_WASTED] += wasted[j]
                if t > warm_up:
                    total[_CHANGED] += abs(ordered[j] - before[j])
            before[j] = ordered[j]
            if traced:
                path = paths[i, replication]
                path[0, t], path[1, t], path[2, t] = wanted[j], served[j], short[j]
                path[3, t], path[4, t], path[5, t] = ordered[j], received[j], wasted[j]
                path[6, t], path[7, t], path[8, t] = on_hand[j], on_order[j], owed[j]
    for j in range(m):
        # the last cycle is unfinished; without it an item that never recovers would look well served
        sums[team[j], replication, _CYCLES] += 1
        sums[team[j], replication, _SHORT_CYCLES] += short_cycle[j]


@njit(cache=True, parallel=True)
def walk(
    w: World, teams: Teams, seed: np.uint64, replications: int, periods: int, steps: int, warm_up: int, traced: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Walk all series; return sums (n, replications, 15) and paths (n, replications, 9, T), with T = 0 unless `traced`."""
    n, number = len(w.key), len(teams.capacity)
    sums = np.zeros((n, replications, 15))
    paths = np.zeros((n, replications, 9, periods if traced else 0))
    for pair in prange(number * replications):
        g, r = pair // replications, pair % replications
        team = teams.series[teams.first[g] : teams.first[g + 1]]
        walk_team(w, team, teams.capacity[g], seed, r, periods, steps, warm_up, sums, paths)
    return sums, paths
